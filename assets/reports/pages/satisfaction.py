"""CSAT, never without its interval, response rate and coverage; why ratings are bad; solved at the first contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, of_line
from assets.reports.privacy import plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

REASONS_SHOWN = 8
_COUNTS = (
    Count("tickets", tells=("coverage",)),
    Count("offered", tells=("response_rate",)),
    Count("answered", tells=("response_rate", "coverage", "good_to_bad", "bad_to_good")),
    Count("good", of="answered", tells=("bad", "csat", "low", "high")),
    Count("good_to_bad"),
    Count("bad_to_good"),
)
_BEFORE = Column(
    "before_low", "Week before", "share", "What was likely then, with 95 % confidence.", until="before_high"
)
_COLUMNS = (
    Column("line", "Business line"),
    Column("csat", "CSAT", "share", "Good ratings out of good and bad ones."),
    Column("low", "Likely", "share", "With 95 % confidence.", until="high"),
    Column("answered", "Ratings", "count"),
    Column("response_rate", "Answered", "share", "Of those who were asked for a rating."),
    Column("coverage", "Of all tickets", "share", "Ratings out of all tickets solved."),
    _BEFORE,
    Column("good_to_bad", "Good to bad", "count", "Ratings a customer changed from good to bad."),
    Column("bad_to_good", "Bad to good", "count"),
)
_REASONS = (
    Column("reason_text", "Reason given for a bad rating"),
    Column("bad", "Ratings", "count"),
    Column("share", "Of all bad ratings", "share"),
    Column("before", "Ratings the week before", "count"),
)
_FIRST_COLUMNS = (
    Column("line", "Business line"),
    Column("rate", "Solved at first contact", "share"),
    Column("low", "Likely", "share", "With 95 % confidence.", until="high"),
    Column("tickets", "Tickets", "count"),
    _BEFORE,
)


@dataclass(frozen=True)
class Satisfaction:
    """The section on satisfaction. total: the row of all lines, or nothing."""

    says: str
    total: dict[str, Any]
    table: PublishedTable | None
    reasons: PublishedTable | None
    first_contact_says: str
    first_contact: PublishedTable | None


def read_satisfaction(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Satisfaction | None:
    """The section; publishes `csat_weeks`, `csat_reasons`, `first_contact_weeks`. None where nothing is known."""
    weeks = _csat(snapshot, scope)
    table = None
    if weeks.height:
        data.publish(PublishedTable("csat_weeks", "CSAT by week, line and vendor", weeks))
        week = _of_week(weeks.filter(vendor=ALL), scope.week)
        table = PublishedTable("csat_weeks", "CSAT last week by line", week, _filled(_COLUMNS, week))
    first_says, first = _first_contact(snapshot, scope, data)
    reasons = _reasons(snapshot, scope, data)
    if (table is None or not table.frame.height) and first is None:
        return None
    total = next(iter(table.frame.filter(business_line=ALL).to_dicts()), {}) if table else {}
    return Satisfaction(
        says=in_a_sentence(total),
        total=total,
        table=table if table and table.frame.height else None,
        reasons=reasons,
        first_contact_says=first_says,
        first_contact=first,
    )


def in_a_sentence(row: dict[str, Any]) -> str:
    """`CSAT was 82 % (79 to 85 %, of 600 ratings); 25 % of those asked answered, 4 % of all tickets.`"""
    if row.get("csat") is None:
        return "Too few ratings last week for a CSAT."
    interval = wording.between("share", row["low"], row["high"])
    text = (
        f"CSAT was {wording.share(row['csat'])} ({interval}) from {wording.plural(row['answered'], 'rating')}"
    )
    parts = []
    if row["response_rate"] is not None:
        parts.append(f"{wording.share(row['response_rate'])} of those asked answered")
    if row["coverage"] is not None:
        parts.append(f"ratings cover {wording.share(row['coverage'])} of the tickets solved")
    return f"{text}; {wording.listing(parts)}." if parts else f"{text}."


def _filled(columns: tuple[Column, ...], frame: pl.DataFrame) -> tuple[Column, ...]:
    """Columns that hold something, or of which something is hidden."""
    return tuple(column for place, column in enumerate(columns) if place < 2 or frame[column.name].count())


def _csat(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table("csat_weeks", where=f"week between date '{first}' and date '{scope.week}'")
    return (
        frame.pipe(hide_summed_counts, _COUNTS, keys=["week"], over=["business_line", "vendor"])
        .pipe(plain_texts, ["business_line", "vendor"])
        .sort("week", "business_line", "vendor")
    )


def _of_week(weeks: pl.DataFrame, week: date) -> pl.DataFrame:
    """The rows of a week, all lines first, with the interval of the week before."""
    before = weeks.filter(week=week - timedelta(weeks=1)).select(
        "business_line", before_low="low", before_high="high"
    )
    own = weeks.filter(week=week).join(before, on="business_line", how="left", maintain_order="left")
    return own.with_columns(
        line=pl.Series([of_line(line) for line in own["business_line"].to_list()], dtype=pl.String)
    ).sort(pl.col("business_line") != ALL, "line")


def _reasons(snapshot: Snapshot, scope: Scope, data: DataFolder) -> PublishedTable | None:
    since = scope.week - timedelta(weeks=1)
    frame = snapshot.table(
        "csat_reasons", where=f"week between date '{since}' and date '{scope.week}' and business_line = 'all'"
    )
    frame = hide_summed_counts(frame, [Count("bad", tells=("share",))], keys=["week"], over=["reason"]).pipe(
        plain_texts, ["reason"]
    )
    before = frame.filter(week=since).select("reason", before="bad")
    week = frame.filter(week=scope.week).join(before, on="reason", how="left", maintain_order="left")
    if not week["bad"].count():
        return None
    week = week.with_columns(
        reason_text=pl.Series([_reason(reason) for reason in week["reason"].to_list()])
    ).sort(pl.col("bad").fill_null(0), "reason", descending=[True, False])
    return data.publish(
        PublishedTable("csat_reasons", "Why ratings were bad last week", week, _REASONS, shown=REASONS_SHOWN)
    )


def _reason(reason: str | None) -> str:
    return (
        "No reason given"
        if reason in (None, "none given")
        else wording.sentence(wording.readable(str(reason)))
    )


def _first_contact(snapshot: Snapshot, scope: Scope, data: DataFolder) -> tuple[str, PublishedTable | None]:
    """Solved at the first contact, of the last week of which that can be known."""
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table(
        "first_contact_weeks", where=f"week between date '{first}' and date '{scope.week}'"
    )
    counts = (Count("tickets"), Count("resolved_first", of="tickets", tells=("rate", "low", "high")))
    frame = hide_summed_counts(frame, counts, keys=["week"], over=["business_line"]).pipe(
        plain_texts, ["business_line"]
    )
    known = frame.filter(pl.col("rate").is_not_null(), pl.col("business_line") == ALL)
    if not known.height:
        return "", None
    data.publish(PublishedTable("first_contact_weeks", "Solved at the first contact by week", frame))
    last: date = max(known["week"].to_list())
    row = known.filter(week=last).to_dicts()[0]
    week = _of_week(frame, last)
    likely = wording.between("share", row["low"], row["high"])
    says = (
        f"{wording.share(row['rate'])} of the {wording.count(row['tickets'])} tickets of the week from "
        f"{wording.day(last)} were solved at the first contact ({likely}): not reopened, and no new ticket of the same "
        "customer on the same theme within 7 days. Later weeks cannot be known yet."
    )
    return says, PublishedTable("first_contact_weeks", "Solved at the first contact", week, _FIRST_COLUMNS)
