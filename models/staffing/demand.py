"""How much arrives in each hour at each team: the daily forecast spread over the hours, shared out among vendors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.staffing.capacity_curve import Floats
from models.staffing.opening_hours import Hours
from models.staffing.promises import LIVE_CHANNELS
from models.staffing.teams import Team

MESSAGES = "messages"
LANES = (*LIVE_CHANNELS, MESSAGES)


@dataclass(frozen=True, eq=False)
class Demand:
    """Tickets by hour, shape (queues, hours), for each of LANES; queues are (business_line, tier)."""

    queues: list[tuple[str, str]]
    tickets: dict[str, Floats]

    def of_teams(self, teams: Sequence[Team]) -> dict[str, Floats]:
        """Tickets by hour of each team, shape (teams, hours). What comes to a closed live channel waits as a message."""
        place = [self.queues.index((team.business_line, team.tier)) for team in teams]
        share = np.array([[team.share] for team in teams])
        is_open = np.stack([team.is_open for team in teams]) > 0
        lanes = {lane: self.tickets[lane][place] * share for lane in LANES}
        for channel in LIVE_CHANNELS:
            lanes[MESSAGES] = lanes[MESSAGES] + np.where(is_open, 0.0, lanes[channel])
            lanes[channel] = np.where(is_open, lanes[channel], 0.0)
        return lanes


def spread(daily: pl.DataFrame, hourly: pl.DataFrame, hours: Hours) -> Demand:
    """Tickets by hour from the daily forecast, each day in the shape the hourly forecast gives it.

    daily: business_line, channel, tier, date, expected (regions may be apart); hourly: business_line, channel, tier,
    starts_at, expected, for as many days as it has; later days take the mean shape of their weekday. At tier 2
    nobody is on the line any more: what came by chat or phone is worked on like a message.
    """
    series = ["business_line", "channel", "tier"]
    volume = daily.group_by(*series, "date").agg(pl.col("expected").sum()).sort(series)
    shapes = _shapes(hourly, series, hours)
    queues = sorted(set(volume.select("business_line", "tier").iter_rows()))
    tickets = {lane: np.zeros((len(queues), hours.count)) for lane in LANES}
    for (line, channel, tier), days in volume.group_by(series, maintain_order=True):
        by_day = np.zeros(hours.days)
        place = np.array([(day - hours.first).days for day in days["date"]], dtype=np.int64)
        inside = (place >= 0) & (place < hours.days)
        by_day[place[inside]] = days["expected"].to_numpy()[inside]
        shape = shapes.get((line, channel, tier))
        if shape is None:
            shape = np.full((hours.days, 24), 1 / 24)
        lane = str(channel) if channel in LIVE_CHANNELS and tier != "2" else MESSAGES
        tickets[lane][queues.index((str(line), str(tier)))] += (by_day[:, None] * shape).ravel()
    return Demand(queues, tickets)


def _shapes(hourly: pl.DataFrame, series: list[str], hours: Hours) -> dict[tuple[object, ...], Floats]:
    """The share of each hour in its day, shape (days, 24), by series."""
    weekdays = np.array([day.weekday() for day in hours.dates()])
    counted = hourly.select(
        *series,
        day=(pl.col("starts_at").dt.date() - pl.lit(hours.first)).dt.total_days(),
        hour=pl.col("starts_at").dt.hour(),
        expected="expected",
    ).filter(pl.col("day").is_between(0, hours.days - 1))
    found = {}
    for name, rows in counted.group_by(series, maintain_order=True):
        grid = np.zeros((hours.days, 24))
        np.add.at(grid, (rows["day"].to_numpy(), rows["hour"].to_numpy()), rows["expected"].to_numpy())
        usual = np.full((7, 24), grid.sum(axis=0) if grid.sum() > 0 else 1.0)
        for weekday in range(7):
            on_it = grid[weekdays == weekday].sum(axis=0)
            usual[weekday] = on_it if on_it.sum() > 0 else usual[weekday]
        is_known = grid.sum(axis=1) > 0
        shape = np.where(is_known[:, None], grid, usual[weekdays])
        found[name] = shape / shape.sum(axis=1, keepdims=True)
    return found


def coming_week(past: pl.DataFrame, first: date) -> pl.DataFrame:
    """Past hours as an hourly forecast's shape: moved by whole weeks into the seven days from `first` on.

    past: business_line, channel, tier, hour, tickets.
    """
    ahead = (pl.lit(first) - pl.col("hour").dt.date()).dt.total_days()
    weeks = (ahead + 6) // 7
    return past.select(
        "business_line", "channel", "tier",
        starts_at=pl.col("hour") + pl.duration(days=weeks * 7),
        expected=pl.col("tickets"),
    )  # fmt: skip


def day_ratios(
    bounds: pl.DataFrame, queues: Sequence[tuple[str, str]], dates: Sequence[date], column: str, when: str
) -> Floats:
    """A bound over what is expected, shape (queues, dates): 1 where nothing is known of it.

    bounds: business_line, tier, `when` (a date), expected and the bound's column.
    """
    ratio = np.ones((len(queues), len(dates)))
    place = {name: number for number, name in enumerate(queues)}
    day = {name: number for number, name in enumerate(dates)}
    for line, tier, on, expected, bound in bounds.select(
        "business_line", "tier", when, "expected", column
    ).iter_rows():
        if (line, tier) in place and on in day and expected > 0:
            ratio[place[line, tier], day[on]] = bound / expected
    return ratio
