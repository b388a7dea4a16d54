"""The fewest hours on the floor that keep the promises, by team: live channels by interval, messages by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.staffing.capacity_curve import MINUTES, Floats
from models.staffing.erlang import Ints, agents_by_table
from models.staffing.opening_hours import Hours
from models.staffing.promises import LIVE_CHANNELS, Promises, ReplyTarget
from models.staffing.teams import Team

WEEK = 168
# Nobody keeps more people for a promise than this many times those the work takes (or one in all).
_MOST = 4.0
_HALVINGS = 12  # within a thousandth
_SHORT_WEEK = 0.5  # of a usual week's open hours


@dataclass(frozen=True, eq=False)
class LiveNeed:
    """Live channels, shape (..., teams, hours). agents: on the floor, by channel. hours: of the floor that they take.

    An hour in which one agent is enough counts for the time its tickets take at the occupancy cap: that agent works
    on messages meanwhile. Where two or more are needed, all of their time counts.
    """

    agents: dict[str, Ints]
    hours: Floats


@dataclass(frozen=True, eq=False)
class MessageNeed:
    """Messages, shape (teams, weeks). hours: on the floor. in_time: of the week's messages, begun within target.

    In a rush people work all of their hours; over the week the occupancy cap holds. best: of the
    worst day's, with four times the people the work takes; below 1 where the target runs while closed.
    """

    hours: Floats
    in_time: Floats
    best: Floats


@dataclass(frozen=True)
class Weeks:
    """The plan's hours as whole weeks from Monday on, padded where the plan begins or ends within a week."""

    before: int  # hours of padding
    count: int

    @classmethod
    def of(cls, hours: Hours) -> Weeks:
        """The weeks that these hours touch."""
        before = hours.first.weekday() * 24
        return cls(before, -(-(before + hours.count) // WEEK))

    def split(self, by_hour: Floats) -> Floats:
        """Values by hour as (..., weeks, 168), zero in the padding."""
        after = self.count * WEEK - self.before - by_hour.shape[-1]
        edges = [(0, 0)] * (by_hour.ndim - 1) + [(self.before, after)]
        return np.pad(by_hour, edges).reshape(*by_hour.shape[:-1], self.count, WEEK)

    def join(self, by_week: Floats, hours: int) -> Floats:
        """Values of (..., weeks, 168) by hour again."""
        joined: Floats = by_week.reshape(*by_week.shape[:-2], -1)[..., self.before : self.before + hours]
        return joined


def live_need(teams: Sequence[Team], tickets: dict[str, Floats], promised: Promises) -> LiveNeed:
    """Agents for chat and phone by interval (Erlang C). tickets: by channel, shape (..., teams, hours)."""
    agents: dict[str, Ints] = {}
    taken = np.zeros_like(tickets[LIVE_CHANNELS[0]])
    for channel in LIVE_CHANNELS:
        needed = np.zeros(taken.shape, dtype=np.int64)
        for row, team in enumerate(teams):
            rate = tickets[channel][..., row, :]
            if not rate.any():
                continue
            at_once = team.terms.chat_concurrency if channel == "chat" else 1
            agents_here = agents_by_table(
                rate,
                team.live_minutes * 60,
                promised.live_for(team.business_line, channel),
                occupancy_cap=team.terms.occupancy_cap,
                concurrency=at_once,
            )
            busy = rate * team.live_minutes / 60 / at_once / team.terms.occupancy_cap
            needed[..., row, :] = agents_here
            taken[..., row, :] += np.where(agents_here > 1, agents_here, np.minimum(busy, 1.0))
        agents[channel] = needed
    return LiveNeed(agents, taken)


def message_need(
    teams: Sequence[Team], tickets: Floats, hours: Hours, promised: Promises, scale: Floats | None = None
) -> MessageNeed:
    """Fewest hours a week in which each day's promised share of messages is begun in time, first in, first out.

    tickets: by team and hour. scale: factors on a week's tickets, shape (..., teams, weeks); the answer then has
    that shape. A week is looked at by itself: what the week before left is the backlog's matter.
    """
    weeks = Weeks.of(hours)
    handle = np.array([[team.message_minutes] for team in teams])
    work = weeks.split(tickets * handle)
    is_open = _open_weeks(weeks, teams)
    factors = np.ones((len(teams), weeks.count)) if scale is None else scale
    agents, in_time, best = (np.empty(factors.shape) for _ in range(3))
    for row, team in enumerate(teams):
        own = work[row] * factors[..., row, :, None]
        curves = _WeekCurves.of(
            own.reshape(-1, WEEK),
            np.broadcast_to(is_open[row], own.shape).reshape(-1, WEEK),
            promised.messages_for(team.business_line, team.tier),
        )
        found = _fewest(curves, promised.message_share)
        for into, values in zip((agents, in_time, best), found, strict=True):
            into[..., row, :] = values.reshape(own.shape[:-1])
    # At the plan's edges only the days within it count.
    there = weeks.split(np.stack([team.is_open for team in teams])).sum(axis=-1) * MINUTES
    cap = np.array([[team.terms.occupancy_cap] for team in teams])
    capped = work.sum(axis=-1) * factors / cap
    return MessageNeed(np.maximum(agents * there, capped) / 60, in_time, best)


def minutes_for_full_pay(teams: Sequence[Team], hours: Hours) -> Floats:
    """Open minutes over which a person's hours of a week are spread, shape (teams, weeks); at least 1.

    Those of a usual week of seven days (of a plan of fewer days, their mean times seven), or more where the week is
    open longer. A closed day, or one outside the plan, takes its part of the hours with it: nobody works it elsewhere.
    """
    is_open = np.stack([team.is_open for team in teams]) * MINUTES
    by_day = is_open.reshape(len(teams), -1, 24).sum(axis=2)
    whole = hours.days // 7 * 7
    usual = (
        np.median(by_day[:, :whole].reshape(len(teams), -1, 7).sum(axis=2), axis=1)
        if whole
        else by_day.mean(axis=1) * 7
    )
    own = Weeks.of(hours).split(is_open).sum(axis=-1)
    return np.maximum(np.maximum(usual[:, None], own), 1.0)


def share_worked(teams: Sequence[Team], hours: Hours) -> Floats:
    """The share of a person's weekly hours worked in each week, shape (teams, weeks): below 1 with closed days.

    A week open less than half as long as usual counts whole: its work is done in the weeks around it.
    """
    own = Weeks.of(hours).split(np.stack([team.is_open for team in teams])).sum(axis=-1) * MINUTES
    share = own / minutes_for_full_pay(teams, hours)
    return np.where(share < _SHORT_WEEK, 1.0, share)


def _open_weeks(weeks: Weeks, teams: Sequence[Team]) -> Floats:
    """Open minutes of the hours of each week; a padded or closed week borrows the hours of a usual one."""
    split = weeks.split(np.stack([team.is_open for team in teams])) * MINUTES
    usual = split[:, min(1, weeks.count - 1)]
    total = split.sum(axis=-1, keepdims=True)
    is_short = total < _SHORT_WEEK * usual.sum(axis=-1)[:, None, None]
    return np.where(is_short, usual[:, None, :], split)


@dataclass(frozen=True, eq=False)
class _WeekCurves:
    """Work arrived and minutes open by the edges of a week's hours, shape (rows, 169); hours repeat after the week.

    work: by hour, shape (rows, 168). due: for each target its share of the work, and the minutes open by the time
    that work arriving in an hour is due, counted from the hour's end, shape (rows, 168).
    """

    work: Floats
    arrived: Floats
    opened: Floats
    due: tuple[tuple[float, Floats], ...]

    @classmethod
    def of(cls, work: Floats, is_open: Floats, targets: tuple[ReplyTarget, ...]) -> _WeekCurves:
        opened = _cumulated(is_open)
        due = tuple((target.share, _deadlines(opened, target)) for target in targets)
        return cls(work, _cumulated(work), opened, due)

    def of_rows(self, rows: npt.NDArray[np.bool_]) -> _WeekCurves:
        """Only some of the weeks."""
        due = tuple((share, by[rows]) for share, by in self.due)
        return _WeekCurves(self.work[rows], self.arrived[rows], self.opened[rows], due)

    def in_time(self, agents: Floats) -> Floats:
        """The work of each day begun within its target by so many agents, in minutes, shape (rows, 7)."""
        given = self.opened * agents[:, None]
        begins = (self.arrived + np.maximum.accumulate(given - self.arrived, axis=1))[:, 1:]
        kept = np.zeros_like(self.work)
        for share, by in self.due:
            kept += share * (by * agents[:, None] >= begins - 1e-6)
        return _by_day(self.work * kept)


def _fewest(curves: _WeekCurves, promised: float) -> tuple[Floats, Floats, Floats]:
    """The fewest agents in every open minute that keep each day's promise; the share in time; the best share of a day."""
    by_day = _by_day(curves.work)
    total = by_day.sum(axis=1)
    agents = total / np.maximum(curves.opened[:, -1], 1e-9)  # as many minutes as there is work
    most = np.maximum(_MOST * agents, 1.0)
    reachable = curves.in_time(most)
    best = np.where(by_day > 0, reachable / np.maximum(by_day, 1e-12), 1.0)
    goal = np.minimum(promised * by_day, reachable) * (1 - 1e-9)
    rows: npt.NDArray[np.bool_] = np.any(curves.in_time(agents) < goal, axis=1)
    if rows.any():
        part, wanted = curves.of_rows(rows), goal[rows]
        low, high = agents[rows], most[rows]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            short = (part.in_time(middle) < wanted).any(axis=1)
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        agents[rows] = high
    in_time = np.where(total > 0, curves.in_time(agents).sum(axis=1) / np.maximum(total, 1e-12), 1.0)
    return agents, in_time, best.min(axis=1)


def _deadlines(opened: Floats, target: ReplyTarget) -> Floats:
    if target.is_business:
        return opened[:, 1:] + target.minutes
    later = np.arange(1, WEEK + 1) + target.minutes / MINUTES
    lap, left = np.divmod(later, WEEK)
    hour = left.astype(np.int64)
    part = opened[:, hour] + (left - hour) * np.diff(opened, axis=1)[:, hour]
    due: Floats = part + lap * opened[:, -1:]
    return due


def _by_day(by_hour: Floats) -> Floats:
    return by_hour.reshape(len(by_hour), 7, 24).sum(axis=2)


def _cumulated(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
