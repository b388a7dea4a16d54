"""How many people each team needs in each of the coming weeks and hours, against those staffed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from assets.reports import capacity_charts, charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.staffing_asks import Asks
from assets.reports.pages.team_words import team, with_team
from assets.reports.privacy import plain_texts
from assets.reports.snapshot_tables import Snapshot

TEAMS_CHARTED = 12
DAYS_BY_HOUR = 14
_TEAM = ["business_line", "tier", "vendor"]
_COLUMNS = (
    Column("week", "Week from", "day"),
    Column("people", "Needed", "number", "The middle of what may be needed (p50), with shrinkage."),
    Column(
        "people_low",
        "Likely range",
        "number",
        "Eight of ten such weeks should need as many (p10 to p90). "
        "Plan for the upper end where a long wait costs more than an idle hour.",
        until="people_high",
    ),
    Column("people_staffed", "Staffed", "number", "From tables/staffing.csv."),
    Column("missing", "Missing", "number", "Needed less staffed; nothing where enough are there."),
    Column("tickets", "Tickets", "count", "Tickets expected at the team."),
    Column("hours", "Hours of work", "count"),
    Column("cost", "Cost", "count", "At the hourly cost in tables/staffing.csv."),
    Column("because", "With", "quote", "What stands out in that week."),
)


@dataclass(frozen=True)
class Team:
    """A team's need. hours: None where no need by the hour is known."""

    name: str
    chart: charts.Chart
    table: PublishedTable
    hours: charts.Chart | None


@dataclass(frozen=True)
class Need:
    """The need of all teams. weeks: as published, with `team` and `missing`; teams: those with a chart."""

    weeks: pl.DataFrame
    teams: tuple[Team, ...]

    @property
    def is_staffing_known(self) -> bool:
        return bool(self.weeks["people_staffed"].count())

    @property
    def weeks_ahead(self) -> int:
        return self.weeks["week"].n_unique()

    @property
    def teams_in_all(self) -> int:
        return self.weeks["team"].n_unique()

    @property
    def teams_without_staffing(self) -> int:
        """Teams of which nobody said how many are there."""
        known = self.weeks.drop_nulls("people_staffed")["team"].n_unique()
        return self.teams_in_all - known

    def busiest(self, column: str) -> tuple[date, float]:
        """The week with the largest sum of a column over all teams, and the sum."""
        sums = self.weeks.group_by("week").agg(pl.col(column).sum()).sort("week")
        week, value = sums.row(int(sums[column].arg_max() or 0))
        return week, float(value)


def read_need(snapshot: Snapshot, made_on: date, asks: Asks, data: DataFolder) -> Need | None:
    """The need of the plan that was made with the forecast; None without one. Publishes it by week."""
    weeks = (
        snapshot.table("staffing_weeks", where=f"made_on = date '{made_on}'")
        .drop_nulls("people")
        .pipe(plain_texts, [*_TEAM, "because"])
    )
    if not weeks.height:
        return None
    short = (pl.col("people") - pl.col("people_staffed")).clip(0)
    weeks = (
        with_team(weeks, _TEAM)
        .with_columns(
            # Less than a tenth of a person is no one.
            missing=pl.when(short >= 0.05).then(short).otherwise(pl.when(short.is_not_null()).then(0.0)),
        )
        .sort("team", "week")
    )
    whole = data.publish(PublishedTable("staffing_weeks", "People needed by week", weeks))
    intervals = _intervals(snapshot, made_on)
    teams = []
    for name in _order(weeks, asks)[:TEAMS_CHARTED]:
        own = weeks.filter(team=name)
        columns = tuple(column for column in _COLUMNS if own[column.name].count())
        teams.append(
            Team(
                name,
                _chart(name, own),
                PublishedTable(whole.name, whole.caption, own, columns),
                _hours(name, intervals.filter(team=name), made_on + timedelta(days=1)),
            )
        )
    return Need(weeks, tuple(teams))


def _order(weeks: pl.DataFrame, asks: Asks) -> list[str]:
    """Teams that are asked for in the order of the asks, then the shortest of people, then the largest."""
    asked = list(dict.fromkeys(team(row) for row in asks.rows))
    sizes = (
        weeks.group_by("team")
        .agg(pl.col("missing").max().fill_null(0), pl.col("people").max())
        .sort("missing", "people", "team", descending=[True, True, False])
    )
    known = sizes["team"].to_list()
    return [*(name for name in asked if name in known), *(name for name in known if name not in asked)]


def _chart(name: str, own: pl.DataFrame) -> charts.Chart:
    need = capacity_charts.Need(
        own["week"].to_list(),
        own["people"].to_list(),
        own["people_low"].fill_null(own["people"]).to_list(),
        own["people_high"].fill_null(own["people"]).to_list(),
        own["people_staffed"].to_list(),
    )
    peak = own.sort("people", descending=True).row(0, named=True)
    text = (
        f"{name}: people needed in each of {own.height} weeks with their likely range. "
        f"Most in the week of {wording.day(peak['week'])}: {wording.number(peak['people'])}"
    )
    if peak["people_staffed"] is not None:
        text += f", with {wording.number(peak['people_staffed'])} staffed"
    return capacity_charts.people(need, alt=f"{text}.")


def _intervals(snapshot: Snapshot, made_on: date) -> pl.DataFrame:
    """Agents on the floor for the coming days, of all ways to write together: columns team, starts_at, agents."""
    until = datetime.combine(made_on + timedelta(days=DAYS_BY_HOUR), time(23, 59))
    return (
        snapshot.table(
            "staffing_intervals",
            where=f"made_on = date '{made_on}' and starts_at <= timestamp '{until}'",
        )
        .group_by(*_TEAM, "starts_at")
        .agg(pl.col("agents").sum())
        .pipe(plain_texts, _TEAM)
        .pipe(with_team, _TEAM)
    )


def _hours(name: str, own: pl.DataFrame, first: date) -> charts.Chart | None:
    """The agents of every hour, the most of an hour's intervals; from the first day on."""
    if not own["agents"].sum():
        return None
    by_hour: dict[tuple[date, int], int] = {}
    for at, agents in own.select("starts_at", "agents").iter_rows():
        key = (at.date(), at.hour)
        by_hour[key] = max(by_hour.get(key, 0), agents)
    days = [first + timedelta(days=place) for place in range(DAYS_BY_HOUR)]
    days = [day for day in days if any(key[0] == day for key in by_hour)]
    if not days:
        return None
    most: Any = max(by_hour, key=lambda key: by_hour[key])
    return capacity_charts.hours(
        days,
        [[by_hour.get((day, hour)) for hour in range(24)] for day in days],
        alt=f"{name}: agents needed in every hour of {len(days)} days. Most: {by_hour[most]} on "
        f"{most[0]:%a} {wording.day(most[0])} from {most[1]}:00.",
    )
