"""The backlog as it is: how much is open, how old it is, and what moved it in the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.operations_columns import AGE_BANDS
from assets.reports.pages.team_tables import counts_by_team
from assets.reports.privacy import SMALL_CELL
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import hide_small_grid

DAYS_CHARTED = 56
TEAMS_SHOWN = 12
AGES = dict(
    zip(
        AGE_BANDS,
        ("under a day", "1 to 3 days", "3 to 7 days", "7 to 30 days", "over 30 days"),
        strict=True,
    )
)
_OLD = ("days_7_to_30", "over_30_days")
_MOVES = ("open_at_start", "created", "reopened", "moved_in", "moved_out", "solved", "deleted", "open_at_end")
_AGE_COLUMNS = (
    Column("team", "Team"),
    Column("tickets", "Open", "count"),
    *(Column(name, wording.sentence(label), "count") for name, label in AGES.items()),
)
_FLOW_COLUMNS = (
    Column("team", "Team"),
    Column("open_at_start", "Open before", "count", "At the end of the Sunday before the week."),
    Column("created", "Created", "count"),
    Column("reopened", "Reopened", "count"),
    Column("moved_in", "Moved in", "count", "From another team."),
    Column("moved_out", "Moved out", "count", "To another team."),
    Column("solved", "Solved", "count"),
    Column("deleted", "Deleted", "count"),
    Column("open_at_end", "Open after", "count", "Open before + created + reopened + moved in − the rest."),
)


@dataclass(frozen=True)
class Backlog:
    """The section on the backlog. open_now: tickets at the end of the report's week; old: share older than 7 days."""

    says: str
    open_now: int | None
    old: float | None
    chart: charts.Chart
    ages: PublishedTable
    flow: PublishedTable | None


def read_backlog_now(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Backlog | None:
    """The section as of the week's Sunday; publishes ages and flow by team. None where no backlog is known."""
    sunday = scope.week + timedelta(days=6)
    first = sunday - timedelta(days=DAYS_CHARTED - 1)
    days = snapshot.table("backlog_days", where=f"date between date '{first}' and date '{sunday}'")
    if not days["tickets"].sum():
        return None
    counts = ["tickets", *AGE_BANDS]
    totals = days.group_by("date").agg(pl.col(counts).sum()).sort("date")
    shown = hide_small_grid(totals, AGE_BANDS, total="tickets", keys=["date"])
    data.publish(PublishedTable("backlog_ages", "Open tickets by day and age", shown))
    now = totals.filter(date=sunday)
    says = _says(totals, sunday)
    ages = counts_by_team(days.filter(date=sunday), counts, total="tickets").pipe(_largest_first, "tickets")
    old = float(now.select(pl.col(*_OLD).sum()).sum_horizontal()[0]) if now.height else 0.0
    count = int(now["tickets"].sum())
    return Backlog(
        says=says,
        open_now=count if count >= SMALL_CELL else None,
        old=old / count if count >= SMALL_CELL and _tells(old, count) else None,
        chart=_chart(shown, says),
        ages=data.publish(
            PublishedTable(
                "backlog_by_team", "Open tickets by team and age", ages, _AGE_COLUMNS, shown=TEAMS_SHOWN
            )
        ),
        flow=_flow(snapshot, scope, data),
    )


def _tells(part: float, whole: float) -> bool:
    return all(value == 0 or value >= SMALL_CELL for value in (part, whole - part))


def _largest_first(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    return frame.sort(pl.col(by).fill_null(SMALL_CELL - 1), "team", descending=[True, False])


def _says(totals: pl.DataFrame, sunday: date) -> str:
    """`4,120 tickets were open on 15 Nov, 3,980 a week before; 12 % were older than 7 days.`"""
    told = {row["date"]: row for row in totals.iter_rows(named=True)}
    now, before = told.get(sunday), told.get(sunday - timedelta(days=7))
    if now is None or now["tickets"] < SMALL_CELL:
        return f"Hardly any ticket was open on {wording.day(sunday)}."
    text = f"{wording.count(now['tickets'])} tickets were open on {wording.day(sunday)}"
    if before is not None and before["tickets"] >= SMALL_CELL:
        text += f", {wording.count(before['tickets'])} a week before"
    old = [sum(row[band] for band in _OLD) if row else 0 for row in (now, before)]
    if not _tells(old[0], now["tickets"]):
        return f"{text}."
    text += f"; {wording.share(old[0] / now['tickets'])} of them older than 7 days"
    if before is not None and before["tickets"] >= SMALL_CELL and _tells(old[1], before["tickets"]):
        text += f" ({wording.share(old[1] / before['tickets'])} a week before)"
    return f"{text}."


def _chart(totals: pl.DataFrame, says: str) -> charts.Chart:
    parts = {
        label: (shade, totals[band].to_list())
        for (band, label), shade in zip(AGES.items(), operations_charts.SHADES, strict=True)
    }
    return operations_charts.stacked_days(
        totals["date"].to_list(),
        dict(reversed(parts.items())),  # the oldest at the foot, where their growth shows
        alt=f"Open tickets at the end of each day by age, over {totals.height} days. {says}",
    )


def _flow(snapshot: Snapshot, scope: Scope, data: DataFolder) -> PublishedTable | None:
    """What moved each team's backlog over the week."""
    sunday = scope.week + timedelta(days=6)
    days = snapshot.table(
        "backlog_flow_days",
        where=f"date between date '{scope.week}' and date '{sunday}'",
        order_by="business_line, tier, vendor, date",
    )
    if not days.height:
        return None
    first, last = pl.col("date") == scope.week, pl.col("date") == sunday
    week = days.with_columns(
        pl.when(first).then("open_at_start").otherwise(0).alias("open_at_start"),
        pl.when(last).then("open_at_end").otherwise(0).alias("open_at_end"),
    )
    table = counts_by_team(week, list(_MOVES)).pipe(_largest_first, "open_at_end")
    return data.publish(
        PublishedTable(
            "backlog_flow", "What moved each team's backlog", table, _FLOW_COLUMNS, shown=TEAMS_SHOWN
        )
    )
