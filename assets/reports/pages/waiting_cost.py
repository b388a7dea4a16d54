"""What waiting cost last week: targets broken, how late, and how much of their time the queues had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, of_line
from assets.reports.pages.sla_kept import read_weeks
from assets.reports.privacy import HIDDEN, SMALL_CELL
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

_QUEUES = {"tier-1 queue": "tier_1_hours", "tier-2 queue": "tier_2_hours"}
_COLUMNS = (
    Column("line", "Business line"),
    Column("breached", "Targets broken", "count"),
    Column("late_hours", "Late by, in all", "hours", "Completion less target, over the targets broken."),
    Column("tier_1_hours", "In the tier-1 queue", "hours", "Of the time their clocks ran."),
    Column("tier_2_hours", "In the tier-2 queue", "hours", "Of the time their clocks ran."),
    Column(
        "queue_share",
        "In the queues",
        "share",
        "Of all the time their clocks ran: what more people can shorten.",
    ),
)


@dataclass(frozen=True)
class Waiting:
    """The section: a sentence, and a row for each business line."""

    says: str
    table: PublishedTable


def read_waiting(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Waiting | None:
    """The section for the report's week; publishes `sla_waiting`. None where no target was broken, or too few."""
    weeks = read_weeks(snapshot, scope).filter(week=scope.week, metric=ALL)
    owners = snapshot.table("sla_breach_owners", where=f"week = date '{scope.week}'")
    spent = owners.group_by("business_line").agg(
        *(pl.col("minutes").filter(owner=owner).sum().alias(name) for owner, name in _QUEUES.items()),
        _minutes=pl.col("minutes").sum(),
    )
    follow = ["late_hours", *_QUEUES.values(), "queue_share"]
    frame = (
        weeks.filter(pl.col("breached").is_null() | (pl.col("breached") > 0))
        .join(spent, on="business_line", how="left")
        .with_columns(
            late_hours=pl.col("breach_minutes_sum") / 60,
            queue_share=pl.sum_horizontal(*_QUEUES.values()) / pl.col("_minutes"),
        )
        .with_columns(pl.col(*_QUEUES.values()) / 60)
        .with_columns(pl.when(pl.col("breached").is_not_null()).then(pl.col(follow)))
        .select("week", "business_line", "breached", *follow, pl.col("breached").is_null().alias(HIDDEN))
    )
    total = frame.filter(business_line=ALL).to_dicts()
    if not total or total[0]["breached"] is None:
        return None
    frame = frame.with_columns(
        line=pl.Series([of_line(line) for line in frame["business_line"].to_list()], dtype=pl.String)
    ).sort(
        pl.col("business_line") != ALL,
        pl.col("breached").fill_null(SMALL_CELL),
        "line",
        descending=[False, True, False],
    )
    table = data.publish(PublishedTable("sla_waiting", "What waiting cost last week", frame, _COLUMNS))
    return Waiting(_says(total[0]), table)


def _says(row: dict[str, Any]) -> str:
    """`412 targets were broken last week, by 183 h in all; 66 % of the time their clocks ran was in the queues, ...`"""
    text = f"{wording.plural(row['breached'], 'target')} were broken last week"
    if row["late_hours"] is not None:
        text += f", by {wording.hours(row['late_hours'])} in all"
    if row["queue_share"] is None:
        return f"{text}."
    return (
        f"{text}. {wording.share(row['queue_share'])} of the time their clocks ran was in the queues, which more people "
        "shorten; the rest was with customers, partner teams or outside opening hours."
    )
