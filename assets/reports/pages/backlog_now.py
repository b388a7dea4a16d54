"""The backlog as it is: how much is open, how old it is, and what moved it in the week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.operations_columns import AGE_BANDS, UNTOUCHED_BANDS
from assets.reports.pages.team_tables import counts_by_team
from assets.reports.privacy import SMALL_CELL, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import ALL, hide_small_grid

DAYS_CHARTED = 56
TEAMS_SHOWN = 12
AGES = dict(
    zip(
        AGE_BANDS,
        ("under a day", "1 to 3 days", "3 to 7 days", "7 to 30 days", "over 30 days"),
        strict=True,
    )
)
HIDDEN_AGE = "age hidden"  # of days with under ten tickets of an age: these and as many more as hide them
_OLD = ("days_7_to_30", "over_30_days")
_UNTOUCHED = ("not_updated_7_to_30_days", "not_updated_over_30_days")
_STATUSES = {"new": "New", "open": "Open", "pending": "Pending", "hold": "On hold"}
_MOVES = ("open_at_start", "created", "reopened", "moved_in", "moved_out", "solved", "deleted", "open_at_end")
_AGE_COLUMNS = (
    Column("team", "Team"),
    Column("tickets", "Open", "count"),
    *(Column(name, wording.sentence(label), "count") for name, label in AGES.items()),
)
_STATUS_COLUMNS = (
    Column(
        "status_text", "Status", meaning="Pending tickets wait for the customer, those on hold for others."
    ),
    Column("tickets", "Tickets", "count"),
    *(
        Column(name, wording.sentence(label), "count", "Since the last reply, note or change by anybody.")
        for name, label in zip(UNTOUCHED_BANDS, AGES.values(), strict=True)
    ),
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
    """The section on the backlog. open_now: tickets at the end of the report's week; old: share older than 7 days.

    untouched_says: how many nobody touched for a week or more.
    """

    says: str
    open_now: int | None
    old: float | None
    chart: charts.Chart
    key: tuple[tuple[str, str], ...]  # of the chart: each age and its colour
    ages: PublishedTable
    flow: PublishedTable | None
    by_status: PublishedTable | None
    untouched_says: str


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
    now = shown.filter(date=sunday)
    says = _says(shown, sunday)
    ages = counts_by_team(days.filter(date=sunday), counts, total="tickets").pipe(_largest_first, "tickets")
    by_status, untouched_says = _by_status(days.filter(date=sunday), data)
    return Backlog(
        says=says,
        open_now=now["tickets"][0] or None if now.height else None,
        old=_part(now.row(0, named=True), _OLD) if now.height else None,
        chart=_chart(shown, says),
        key=tuple((label, colour) for label, (colour, _) in _parts(shown).items()),
        ages=data.publish(
            PublishedTable(
                "backlog_by_team", "Open tickets by team and age", ages, _AGE_COLUMNS, shown=TEAMS_SHOWN
            )
        ),
        flow=_flow(snapshot, scope, data),
        by_status=by_status,
        untouched_says=untouched_says,
    )


def _part(row: dict[str, Any], bands: Sequence[str]) -> float | None:
    """The share of the open tickets in some bands; None where one of them is hidden, which it might give away."""
    counts = [row[name] for name in (*bands, "tickets")]
    if None in counts or not counts[-1] or 0 < counts[-1] - sum(counts[:-1]) < SMALL_CELL:
        return None
    return float(sum(counts[:-1]) / counts[-1])


def _largest_first(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    return frame.sort(pl.col(by).fill_null(SMALL_CELL - 1), "team", descending=[True, False])


def _says(shown: pl.DataFrame, sunday: date) -> str:
    """`4,120 tickets were open on 15 Nov, 3,980 a week before; 12 % of them older than 7 days.`"""
    told = {row["date"]: row for row in shown.iter_rows(named=True)}
    now, before = told.get(sunday), told.get(sunday - timedelta(days=7))
    if now is None or not now["tickets"]:
        return f"Hardly any ticket was open on {wording.day(sunday)}."
    text = f"{wording.count(now['tickets'])} tickets were open on {wording.day(sunday)}"
    if before is not None and before["tickets"]:
        text += f", {wording.count(before['tickets'])} a week before"
    old, old_before = (_part(row, _OLD) if row else None for row in (now, before))
    if old is None:
        return f"{text}."
    text += f"; {wording.share(old)} of them older than 7 days"
    if old_before is not None:
        text += f" ({wording.share(old_before)} a week before)"
    return f"{text}."


def _by_status(days: pl.DataFrame, data: DataFolder) -> tuple[PublishedTable | None, str]:
    """The day's open tickets by status and how long nobody touched them, with a row of all; and a sentence on it."""
    counts = ["tickets", *UNTOUCHED_BANDS]
    by_status = days.pipe(plain_texts, ["status"]).group_by("status").agg(pl.col(counts).sum())
    if not by_status.select(pl.col(UNTOUCHED_BANDS).sum()).sum_horizontal().sum():
        return None, ""
    order = {status: place for place, status in enumerate((ALL, *_STATUSES))}
    table = (
        pl.concat([by_status.select(pl.lit(ALL).alias("status"), pl.col(counts).sum()), by_status])
        .pipe(hide_small_grid, UNTOUCHED_BANDS, total="tickets", over=["status"])
        .sort(pl.col("status").replace_strict(order, default=len(order), return_dtype=pl.Int64), "status")
    )
    names = {ALL: "All", "unknown": "Not known", **_STATUSES}
    table = table.with_columns(status_text=pl.col("status").replace(names))
    published = data.publish(
        PublishedTable("backlog_by_status", "Open tickets by status and last update", table, _STATUS_COLUMNS)
    )
    return published, _untouched(table.row(0, named=True))


def _untouched(row: dict[str, Any]) -> str:
    """`112 of the 4,120 open tickets (2.7 %) were not touched for a week or more.`"""
    share = _part(row, _UNTOUCHED)
    if share is None:
        return ""
    count = sum(row[band] for band in _UNTOUCHED)
    if not count:
        return "Every open ticket was touched in the last week."
    of = f"{wording.count(count)} of the {wording.count(row['tickets'])} open tickets"
    return f"{of} ({wording.share(share)}) were not touched for a week or more."


def _parts(shown: pl.DataFrame) -> dict[str, tuple[str, list[float | None]]]:
    """The days' tickets by age, the oldest first, each with its colour; what is hidden of a day stands together."""
    parts = {
        label: (shade, shown[band].to_list())
        for (band, label), shade in zip(AGES.items(), operations_charts.SHADES, strict=True)
    }
    rest = shown.select(pl.col("tickets") - pl.sum_horizontal(pl.col(AGE_BANDS).fill_null(0))).to_series()
    if rest.sum():
        parts[HIDDEN_AGE] = (charts.LINE, rest.to_list())
    return dict(reversed(parts.items()))  # the oldest at the foot, where their growth shows


def _chart(shown: pl.DataFrame, says: str) -> charts.Chart:
    return operations_charts.stacked_days(
        shown["date"].to_list(),
        _parts(shown),
        alt=f"Open tickets at the end of each day by age, over {shown.height} days. {says}",
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
