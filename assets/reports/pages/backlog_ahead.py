"""The backlog to come, as staffed and with the people asked for, and when it is back inside SLA."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from assets.reports import capacity_charts, charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.staffing_asks import Asks
from assets.reports.pages.team_words import team, with_team
from assets.reports.privacy import plain_texts
from assets.reports.snapshot_tables import Snapshot

AS_STAFFED, WITH_ASK = "as staffed", "with the ask"
_QUEUE = ["business_line", "tier"]
_COLUMNS = (
    Column("queue", "Queue"),
    Column("scenario", "Staffing"),
    Column("back_inside_sla_on", "Back inside SLA on", "day"),
    Column(
        "most_open", "Most waiting", "count", "Tickets without a first answer at the end of the worst day."
    ),
    Column("least_within_sla", "Inside SLA at worst", "share", "The lowest share of a day's tickets."),
    Column("oldest_hours", "Oldest waits up to", "hours"),
    Column("note", "Note", "quote"),
)


@dataclass(frozen=True)
class Queue:
    """The backlog of a business line and tier."""

    name: str
    business_line: str
    says: str
    chart: charts.Chart


@dataclass(frozen=True)
class BacklogAhead:
    """All queues, those with asks first, and the table of when each is back inside SLA."""

    queues: tuple[Queue, ...]
    table: PublishedTable


def read_backlog(snapshot: Snapshot, made_on: date, asks: Asks, data: DataFolder) -> BacklogAhead | None:
    """The backlog of the newest plan; None without one. Publishes it by day, and the ends of each scenario."""
    days = snapshot.table("backlog_ahead", where=f"made_on = date '{made_on}'", order_by="date")
    days = days.drop_nulls("backlog").pipe(plain_texts, _QUEUE).pipe(with_team, _QUEUE, "queue")
    if not days.height:
        return None
    back = (
        snapshot.table("backlog_back").pipe(plain_texts, [*_QUEUE, "note"]).pipe(with_team, _QUEUE, "queue")
    )
    data.publish(PublishedTable("backlog_ahead", "Backlog to come by day", days))
    ends = (
        days.group_by("queue", "scenario")
        .agg(
            most_open=pl.col("backlog").max(),
            least_within_sla=pl.col("within_sla").min(),
            oldest_hours=pl.col("oldest_hours").max(),
        )
        .join(
            back.select("queue", "scenario", "back_inside_sla_on", "note"),
            on=["queue", "scenario"],
            how="left",
        )
    )
    asked = _asked(asks)
    order = ends.with_columns(
        _asked=pl.col("queue").is_in(list(asked)), _most=pl.col("most_open").max().over("queue")
    ).sort("_asked", "_most", "queue", "scenario", descending=[True, True, False, False])
    ends = order.drop("_asked", "_most")
    table = PublishedTable(
        "backlog_back",
        "When each queue is back inside SLA",
        ends,
        tuple(column for column in _COLUMNS if ends[column.name].count()),
    )
    data.publish(table)
    names = ends["queue"].unique(maintain_order=True).to_list()
    return BacklogAhead(
        tuple(
            _queue(name, ends.filter(queue=name), days.filter(queue=name), asked.get(name, 0))
            for name in names
        ),
        table,
    )


def _asked(asks: Asks) -> dict[str, int]:
    """People asked for by queue, over its vendors."""
    people: dict[str, int] = {}
    for row in asks.rows:
        name = team({**row, "vendor": None})
        people[name] = people.get(name, 0) + row["people_more"]
    return people


def _queue(name: str, ends: pl.DataFrame, days: pl.DataFrame, more: int) -> Queue:
    told = {row["scenario"]: row for row in ends.iter_rows(named=True)}
    scenarios = [
        capacity_charts.Backlog(
            label, own["date"].to_list(), own["backlog"].to_list(), told[label]["back_inside_sla_on"]
        )
        for label in (AS_STAFFED, WITH_ASK)
        if (own := days.filter(scenario=label)).height
    ]
    says = _says(told, more)
    chart = capacity_charts.backlog(
        scenarios, alt=f"{name}, tickets waiting for a first answer by day. {says}"
    )
    return Queue(name, days["business_line"][0], says, chart)


def _says(told: dict[str, dict[str, Any]], more: int) -> str:
    """`Back inside SLA by Thu 26 Nov with 12 more; as staffed, not in the days looked at.`"""
    asked, staffed = told.get(WITH_ASK), told.get(AS_STAFFED)
    with_more = f"with {wording.count(more)} more" if more else "with the people asked for"
    if asked is None or staffed is None:
        only = asked or staffed
        assert only is not None  # a queue has days of one scenario at least
        return _plain(only, with_more if asked else "as staffed")
    if (asked["back_inside_sla_on"], asked["note"]) == (staffed["back_inside_sla_on"], staffed["note"]):
        return _plain(staffed, "as staffed" if not more else f"as staffed, and {with_more} alike")
    first = _plain(asked, with_more).rstrip(".")
    rest = _plain(staffed, "as staffed")
    return f"{first}; {rest[:1].lower()}{rest[1:]}"


def _plain(row: dict[str, Any], how: str) -> str:
    back = row["back_inside_sla_on"]
    if back is not None:
        return f"Back inside SLA by {back:%A} {wording.day(back)} {how}."
    if row["note"]:
        return f"{wording.sentence(how)}: {row['note'][:1].lower()}{row['note'][1:].rstrip('.')}."
    return f"Not back inside SLA {how} in the days looked at."
