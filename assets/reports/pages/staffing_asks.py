"""What to decide: how many more people, where, from when, and by when to say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.team_words import more_people, team
from assets.reports.privacy import plain_texts
from assets.reports.snapshot_tables import Snapshot

_COLUMNS = (
    Column("team", "Who"),
    Column("people_more", "More people", "count", "With shrinkage: people to employ, not seats."),
    Column("from_date", "Needed", "day", until="to_date"),
    Column("decide_by", "Decide by", "day", "The first day they are needed, less the vendor's lead time."),
    Column("verdict", "In time?"),
    Column("cost", "Cost", "count", "For all their hours, at the hourly cost in tables/staffing.csv."),
    Column("because", "Because", "quote"),
)


@dataclass(frozen=True)
class Asks:
    """The asks, the most pressing first. table: all of them as the page shows them."""

    rows: tuple[dict[str, Any], ...]
    table: PublishedTable

    @property
    def any_late(self) -> bool:
        return any(row["is_late"] for row in self.rows)

    @property
    def first(self) -> dict[str, Any] | None:
        return self.rows[0] if self.rows else None

    def title(self) -> str:
        """The first ask as the decision to take; how many follow."""
        assert self.first is not None
        text = f"{in_a_sentence(self.first)}."
        rest = len(self.rows) - 1
        if not rest:
            return text
        follow = "ask follows" if rest == 1 else "asks follow"
        return f"{text} {wording.sentence(wording.number_word(rest))} more {follow}."


def read_asks(snapshot: Snapshot, today: date, data: DataFolder) -> Asks:
    """The asks of the newest plan; publishes them. today: what a deadline is early or late against."""
    rows = (
        snapshot.table("staffing_asks", order_by="rank")
        .filter(pl.col("people_more") > 0)
        .pipe(plain_texts, ["business_line", "tier", "vendor", "because"])
        .with_columns(is_late=pl.col("is_late").fill_null(False))
    )
    told = rows.to_dicts()
    frame = rows.with_columns(
        team=pl.Series([team(row) for row in told], dtype=pl.String),
        verdict=pl.Series([in_time(row, today) for row in told], dtype=pl.String),
    )
    table = PublishedTable(
        "staffing_asks",
        "What to decide",
        frame,
        tuple(column for column in _COLUMNS if column.name != "cost" or frame["cost"].count()),
        tones=tuple("worse" if row["is_late"] else "usual" for row in told),
    )
    return Asks(tuple(told), data.publish(table))


def in_a_sentence(row: dict[str, Any]) -> str:
    """`12 more tier-1 people at Brightline from 24 Nov, decide by 10 Nov`, or that this day is past."""
    text = more_people(row)
    if row["from_date"] is not None:
        text += f" from {wording.day(row['from_date'])}"
    if row["decide_by"] is None:
        return text
    if row["is_late"]:
        return f"{text}: the day to decide, {wording.day(row['decide_by'])}, is past"
    return f"{text}, decide by {wording.day(row['decide_by'])}"


def in_time(row: dict[str, Any], today: date) -> str:
    """`in 5 days`, `today`, or by how much the deadline is missed."""
    if row["decide_by"] is None:
        return "lead time not known"
    left = (row["decide_by"] - today).days
    if row["is_late"]:
        by = f" by {wording.plural(-left, 'day')}" if left < 0 else ""
        return f"too late{by}"
    if left <= 0:
        return "decide today"
    return f"{wording.plural(left, 'day')} left"
