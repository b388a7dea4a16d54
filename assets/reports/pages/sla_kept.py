"""Targets: how many were kept, whose minutes the broken ones were, and what is about to break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.breach_owners import BreachOwners, read_breach_owners
from assets.reports.pages.metric_words import ALL, of_line, of_target
from assets.reports.pages.team_tables import counts_by_team
from assets.reports.privacy import SMALL_CELL, plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

TEAMS_SHOWN = 12
_BANDS = {
    "50-75": "to_75",
    "76-85": "to_85",
    "86-95": "to_95",
    "over 95": "over_95",
    "breached": "broken",
}
_COLUMNS = (
    Column("name", "Target"),
    Column(
        "target_share",
        "Kept",
        "share",
        "Targets kept out of those kept or broken; clocks still running are in neither.",
    ),
    Column("target_low", "Likely", "share", "With 95 % confidence.", until="target_high"),
    Column("judged", "Targets", "count", "Kept or broken in the week."),
    Column(
        "before_low",
        "Week before",
        "share",
        "What was likely then, with 95 % confidence.",
        until="before_high",
    ),
    Column(
        "ticket_share", "Tickets with all kept", "share", "Of the tickets none of whose clocks still runs."
    ),
    Column("ticket_low", "Likely", "share", "With 95 % confidence.", until="ticket_high"),
    Column("tickets_judged", "Tickets", "count", "With no clock that still runs."),
    Column(
        "breach_minutes_median", "Late by, median", "minutes", "Of broken targets: completion less target."
    ),
)
# Most tickets have one clock of a metric: what is hidden of targets is hidden of tickets, too.
_COUNTS = (
    Count("judged", tells=("tickets_judged",)),
    Count("tickets_judged", sums_over=("business_line",)),
    Count(
        "breached",
        of="judged",
        tells=(
            "achieved",
            "target_share",
            "target_low",
            "target_high",
            "breach_minutes_median",
            "breach_minutes_sum",
            "tickets_achieved",
        ),
    ),
    Count(
        "tickets_achieved",
        of="tickets_judged",
        tells=("ticket_share", "ticket_low", "ticket_high"),
        sums_over=("business_line",),
    ),
)
_OPEN_COLUMNS = (
    Column("team", "Team"),
    Column("broken", "Broken", "count", "Already past the target, and still open."),
    Column("over_95", "Over 95 %", "count", "Of the time to the target that is gone."),
    Column("to_95", "86 to 95 %", "count"),
    Column("to_85", "76 to 85 %", "count"),
    Column("to_75", "50 to 75 %", "count"),
)


@dataclass(frozen=True)
class Sla:
    """The section on targets. says: its sentences; share, interval, judged, before: of all targets in the week."""

    says: tuple[str, ...]
    share: float | None
    interval: str
    judged: int | None
    targets: PublishedTable
    by_line: PublishedTable | None
    owners: BreachOwners | None
    running: PublishedTable | None
    running_says: str


def read_sla(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Sla | None:
    """The section; publishes the weeks, the owners and what runs now. None where no target was ever judged."""
    weeks = read_weeks(snapshot, scope)
    week = weeks.filter(week=scope.week)
    if not week.height:
        return None
    data.publish(PublishedTable("sla_weeks", "Targets kept by week", weeks))
    week = _with_before(week, weeks, scope)
    total = week.filter(business_line=ALL)
    targets = PublishedTable("sla_last_week", "Targets kept last week", total, _columns(total))
    lines = week.filter(pl.col("business_line") != ALL)
    by_line = PublishedTable(
        "sla_last_week_by_line",
        "Targets kept last week by line",
        lines,
        (Column("line", "Business line"), *_columns(lines)),
    )
    for table in (targets, by_line):
        data.publish(table)
    running_says, running = _running(snapshot, scope, data)
    head = next(iter(total.filter(metric=ALL).to_dicts() or total.head(1).to_dicts()), {})
    return Sla(
        says=(_says(head),),
        share=head.get("target_share"),
        interval=wording.between("share", head.get("target_low"), head.get("target_high")),
        judged=head.get("judged"),
        targets=targets,
        by_line=by_line if lines["business_line"].n_unique() > 1 else None,
        owners=read_breach_owners(snapshot, week, data),
        running=running,
        running_says=running_says,
    )


def _columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    return tuple(column for column in _COLUMNS if column.name == "name" or frame[column.name].count())


def read_weeks(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """The rows of `sla_weeks` as they may be shown, up to the report's week; judged: achieved and breached."""
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table("sla_weeks", where=f"week between date '{first}' and date '{scope.week}'")
    return (
        frame.with_columns(judged=pl.col("achieved") + pl.col("breached"))
        .pipe(hide_summed_counts, _COUNTS, keys=["week"], over=["business_line", "metric"])
        .pipe(plain_texts, ["business_line", "metric"])
        .sort("week", "business_line", "metric")
    )


def _with_before(week: pl.DataFrame, weeks: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    before = weeks.filter(week=scope.week - timedelta(weeks=1)).select(
        "business_line", "metric", before="target_share", before_low="target_low", before_high="target_high"
    )
    joined = week.join(before, on=["business_line", "metric"], how="left", maintain_order="left")
    return joined.with_columns(
        name=pl.Series([of_target(metric) for metric in joined["metric"].to_list()], dtype=pl.String),
        line=pl.Series([of_line(line) for line in joined["business_line"].to_list()], dtype=pl.String),
    ).filter(pl.col("judged") > 0)


def _says(row: dict[str, Any]) -> str:
    """`91 % of targets were kept last week (90 to 92 %; 4,630 judged); 90 % (88 to 91 %) the week before.`"""
    if row.get("target_share") is None:
        return "Too few targets were judged last week to say how many were kept."
    what = "targets" if row["metric"] == ALL else f"targets on {row['name'].lower()}"
    interval = wording.between("share", row["target_low"], row["target_high"])
    of = f"{wording.count(row['judged'])} judged"
    text = f"{wording.share(row['target_share'])} of {what} were kept last week ({interval}; {of})"
    if row["before"] is None:
        return f"{text}."
    then = wording.between("share", row["before_low"], row["before_high"])
    return f"{text}; {wording.share(row['before'])} ({then}) the week before."


def _running(snapshot: Snapshot, scope: Scope, data: DataFolder) -> tuple[str, PublishedTable | None]:
    """Clocks of open tickets by team and how much of the time to their target is gone; as of now only.

    A ticket with several clocks counts with each.
    """
    frame = snapshot.table("sla_open")
    if not scope.is_latest or not frame.height:
        return "", None
    bands = [
        pl.when(pl.col("band") == band).then("tickets").otherwise(0).alias(name)
        for band, name in _BANDS.items()
    ]
    table = counts_by_team(frame.with_columns(bands), list(_BANDS.values())).sort(
        pl.col("over_95").fill_null(SMALL_CELL) + pl.col("to_95").fill_null(SMALL_CELL),
        "team",
        descending=[True, False],
    )
    says = _running_says(dict(frame.group_by("band").agg(pl.col("tickets").sum()).iter_rows()))
    return says, data.publish(
        PublishedTable("sla_open", "Clocks that run now, by team", table, _OPEN_COLUMNS, shown=TEAMS_SHOWN)
    )


def _running_says(clocks: Mapping[str, int]) -> str:
    """`64 clocks of open tickets are past their target; 21 more have used over 85 % of their time ...`; by band."""
    broken = clocks.get("breached", 0)
    near = [clocks.get(band, 0) for band in ("86-95", "over 95")]
    # A count under ten must not follow from the sum of both bands less the other.
    shown = sum(count for count in near if count >= SMALL_CELL)
    at_least = "at least " if any(0 < count < SMALL_CELL for count in near) else ""
    are = "No clock of an open ticket is" if not broken else "Under 10 clocks of open tickets are"
    if broken >= SMALL_CELL:
        are = f"{wording.count(broken)} clocks of open tickets are"
    if shown:
        more = f"{at_least}{wording.count(shown)} more have used over 85\u00a0% of their time and can still be kept"
    else:
        more = "hardly any other has used over 85\u00a0% of its time"
    return (
        f"{are} past the target; {more}. Which tickets these are is in the table sla_instances of the snapshot, "
        "by its column band."
    )
