"""Why volume changed: more customers, more trouble for each, or another mix of them; and contact rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import floor
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, of_line
from assets.reports.privacy import SMALL_CELL, plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

_BEFORE = {
    "week before": "Against the week before",
    "four weeks before": "Against a week of the four before",
}
_COLUMNS = (
    Column("line", "Business line"),
    Column("change", "Change", "signed", "Tickets in the week less those in the week compared with."),
    Column(
        "from_customers", "More customers", "signed", "What the same rate on more (or fewer) of them gives."
    ),
    Column("from_rate", "Rate", "signed", "What each customer writing more (or less) often gives."),
    Column("from_mix", "Mix", "signed", "What more of those who write often gives."),
    Column("measure", "Customers counted by"),
)
_TYPE_COLUMNS = (_COLUMNS[0], Column("who", "Customers"), *_COLUMNS[1:])
_PARTS = ("from_customers", "from_rate", "from_mix")
_RATE_COLUMNS = (
    Column("line", "Business line"),
    Column("who", "Customers"),
    Column("measure_text", "Per 1,000"),
    Column("per_1000", "Contact rate", "number", "Tickets for every 1,000."),
    Column(
        "per_1000_net",
        "Without repeats",
        "number",
        "A customer’s further tickets on a theme within 7 days left out.",
    ),
    Column("before", "Week before", "number"),
    Column(
        "tickets", "Tickets", "count", "Only of days on which nothing of what they are counted by is missing."
    ),
)


@dataclass(frozen=True)
class VolumeParts:
    """The section: sentences, the change by line against the week before and four weeks before, by customers, rates."""

    says: tuple[str, ...]
    change: float | None  # tickets in all, against the week before
    tables: tuple[tuple[str, PublishedTable], ...]
    by_type: PublishedTable | None
    rates: PublishedTable | None


def read_volume_parts(snapshot: Snapshot, scope: Scope, data: DataFolder) -> VolumeParts | None:
    """The section; publishes `volume_changes` and `contact_rate_weeks`. None where exposure is not known."""
    frame = _changes(snapshot, scope)
    rates = _rates(snapshot, scope, data)
    if not frame.height and rates is None:
        return None
    data.publish(PublishedTable("volume_changes", "Why volume changed, by line and customers", frame))
    lines = frame.filter(user_type=ALL)
    tables = tuple(
        (
            heading,
            PublishedTable(
                "volume_changes", f"Change of volume: {heading.lower()}", in_whole_tickets(own), _COLUMNS
            ),
        )
        for compared, heading in _BEFORE.items()
        if (own := lines.filter(compared_with=compared)).height
    )
    total = lines.filter(business_line=ALL)
    types = in_whole_tickets(frame.filter(pl.col("user_type") != ALL, compared_with="week before"))
    return VolumeParts(
        says=tuple(
            _says(row) for compared in _BEFORE for row in total.filter(compared_with=compared).to_dicts()
        ),
        change=next(iter(total.filter(compared_with="week before")["change"].to_list()), None),
        tables=tables,
        by_type=PublishedTable("volume_changes", "Change of volume by customers", types, _TYPE_COLUMNS)
        if types.height
        else None,
        rates=rates,
    )


def _changes(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """The changes of the report's week, of lines and customers with ten tickets or more in both weeks."""
    frame = snapshot.table("volume_changes", where=f"week = date '{scope.week}'")
    frame = frame.filter(pl.min_horizontal("tickets", "tickets_before") >= SMALL_CELL).pipe(
        plain_texts, ["business_line", "user_type", "rate_measure"]
    )
    return frame.with_columns(
        line=pl.Series([of_line(line) for line in frame["business_line"].to_list()], dtype=pl.String),
        who=pl.Series([_who(who) for who in frame["user_type"].to_list()], dtype=pl.String),
        measure=pl.Series(
            [wording.listing(_measures(measure)) for measure in frame["rate_measure"].to_list()],
            dtype=pl.String,
        ),
    ).sort(pl.col("business_line") != ALL, pl.col("change").abs(), descending=[False, True])


def _measures(told: str | None) -> list[str]:
    """`orders` and `active users` of `orders, active_users`."""
    return [wording.readable(name) for name in told.split(", ")] if told else []


def in_whole_tickets(changes: pl.DataFrame, total: str = "change") -> pl.DataFrame:
    """The changes with customers, rate and mix rounded so that they add up to the rounded total."""
    rows = []
    for row in changes.iter_rows(named=True):
        parts = _whole_parts(row, total)
        whole = {} if row[total] is None else {total: round(row[total])}
        rows.append(row | whole | (dict(zip(_PARTS, parts, strict=True)) if parts else {}))
    return pl.DataFrame(rows, schema=changes.schema)


def _whole_parts(row: dict[str, Any], total: str = "change") -> list[int] | None:
    """Customers, rate and mix in whole tickets: rounded down, and what is left to those with the largest remainders."""
    parts = [row[name] for name in _PARTS]
    if row[total] is None or any(part is None for part in parts):
        return None
    whole = [floor(part) for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: whole[place] - parts[place])
    for place in by_remainder[: round(row[total]) - sum(whole)]:
        whole[place] += 1
    return whole


def _says(row: dict[str, Any]) -> str:
    """`412 tickets more than the week before: +120 from more orders, +310 from ..., −18 from another mix.`"""
    change = round(row["change"] or 0.0)
    than = (
        "than the week before"
        if row["compared_with"] == "week before"
        else "than in a week of the four before"
    )
    if change == 0:
        return f"No more and no fewer tickets {than}."
    text = f"{wording.plural(abs(change), 'ticket')} {'more' if change > 0 else 'fewer'} {than}"
    parts = _whole_parts(row)
    if parts is None:
        return f"{text}."
    customers, rate, mix = parts
    measures = _measures(row["rate_measure"])
    # Orders and payouts are never added up: what both are more of is customers.
    whom = measures[0] if len(measures) == 1 else f"customers (by {wording.listing(measures)})"
    told = [
        f"{_signed(customers)} from {'more' if customers >= 0 else 'fewer'} {whom}",
        f"{_signed(rate)} because customers write {'more' if rate >= 0 else 'less'} often",
    ]
    if mix:
        told.append(f"{_signed(mix)} from another mix of customers")
    return f"{text}: {wording.listing(told)}."


def _signed(value: float) -> str:
    return wording.signed(value) if round(value) else "0"


def _rates(snapshot: Snapshot, scope: Scope, data: DataFolder) -> PublishedTable | None:
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table("contact_rate_weeks", where=f"week between date '{first}' and date '{scope.week}'")
    keys = ["business_line", "user_type", "measure"]
    counts = (Count("tickets", tells=("per_1000",)), Count("repeats", of="tickets", tells=("per_1000_net",)))
    frame = hide_summed_counts(
        frame, counts, keys=["week", "measure"], over=["business_line", "user_type"]
    ).pipe(plain_texts, keys)
    week = frame.filter(week=scope.week)
    if not week.height:
        return None
    data.publish(PublishedTable("contact_rate_weeks", "Contact rates by week", frame))
    before = frame.filter(week=scope.week - timedelta(weeks=1)).select(*keys, before="per_1000")
    week = week.join(before, on=keys, how="left", nulls_equal=True, maintain_order="left")
    week = week.with_columns(
        line=pl.Series([of_line(line) for line in week["business_line"].to_list()], dtype=pl.String),
        who=pl.Series([_who(who) for who in week["user_type"].to_list()], dtype=pl.String),
        measure_text=pl.Series(
            [wording.readable(name or "") for name in week["measure"].to_list()], dtype=pl.String
        ),
    ).sort(pl.col("business_line") != ALL, "line", pl.col("user_type") != ALL, "who", "measure_text")
    return PublishedTable("contact_rate_weeks", "Contact rates last week", week, _RATE_COLUMNS)


def _who(user_type: str | None) -> str:
    if user_type in (None, ALL):
        return "all"
    return wording.readable(str(user_type))
