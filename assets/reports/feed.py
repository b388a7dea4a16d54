"""The feed for other tools: the week's rises as `feed.json` and `feed.csv`, with the numbers of the page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.reports.pages import rise_cards, rise_words
from assets.reports.pages.rise_tables import Rises
from assets.reports.privacy import spreadsheet_safe
from assets.reports.scope import Scope

# The fields of a rise, in order, with what they mean.
FIELDS = {
    "id": "the theme; stays the same from week to week, unless it begins with a date: then it is of that week only",
    "name": "its name",
    "kind": "new, risen, or segment: risen in one group of customers only",
    "week": "Monday of the week reported on",
    "tickets_week": "tickets in that week, copies of one text counted once",
    "usual_low": "lower end of the usual range",
    "usual_high": "upper end of the usual range",
    "excess": "tickets a week more than usual, since the rise began",
    "excess_low": "lower end of its 95 % interval",
    "excess_high": "upper end of its 95 % interval",
    "rise_tickets": "tickets since the rise began beyond those expected, in steps of five",
    "onset_at": "when the rise began, UTC",
    "onset_low": "earliest likely begin, UTC",
    "onset_high": "latest likely begin, UTC",
    "is_ongoing": "whether it lasts",
    "confidence": "strong, fair or weak",
    "top_segment": "the customers it hits most, beyond what was expected",
    "top_event": "the event that coincides best, where one matches well; evidence, not a cause",
    "top_event_at": "when that event began, UTC",
    "link": "its card, relative to the feed",
}
_TIMES = ("onset_at", "onset_low", "onset_high", "top_event_at")


def write(rises: Rises, scope: Scope, folder: Path) -> tuple[Path, Path]:
    """Write both files into a site's folder. A hidden number is null (JSON) or empty (CSV)."""
    rows = [_row(row, rises) for row in rises.rises.iter_rows(named=True)]
    as_json, as_csv = folder / "feed.json", folder / "feed.csv"
    document = {
        "week": scope.week.isoformat(),
        "as_of": _iso(scope.as_of),
        "fields": FIELDS,
        "rises": rows,
    }
    text = json.dumps(document, indent=1, ensure_ascii=True)
    # Nothing of a stranger's text can end a script element that the feed is pasted into.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    as_json.write_text(text + "\n", encoding="utf-8")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS), infer_schema_length=None)
    spreadsheet_safe(frame).write_csv(as_csv, quote_style="non_numeric")
    return as_json, as_csv


def _row(row: dict[str, Any], rises: Rises) -> dict[str, Any]:
    over = rises.segments.filter(theme_id=row["theme_id"], verdict="over")
    over = over.filter(pl.coalesce("lift", "lift_over").is_not_null())
    named = rises.events.filter(pl.col("theme_id") == row["theme_id"], pl.col("is_named"))
    made = {
        **row,
        "id": row["theme_id"],
        "week": row["week"].isoformat(),
        "top_segment": rise_words.segment(over.row(0, named=True)) if over.height else None,
        "top_event": named["name"][0] if named.height else None,
        "top_event_at": named["starts_at"][0] if named.height else None,
        "link": f"root-causes.html#{rise_cards.anchor(row['theme_id'])}",
    }
    return {name: _iso(made[name]) if name in _TIMES else made[name] for name in FIELDS}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
