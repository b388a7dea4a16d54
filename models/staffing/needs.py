"""The fewest hours on the floor that keep the promises, by team: live channels by interval, messages by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.staffing.capacity_curve import MINUTES, Floats
from models.staffing.erlang import Ints, agents_by_table
from models.staffing.opening_hours import Hours
from models.staffing.promises import LIVE_CHANNELS, Promises, ReplyTarget
from models.staffing.teams import Team

WEEK = 168
# How often the fewest minutes are halved in on; 12 halvings come within a thousandth.
_HALVINGS, _DOUBLINGS = 12, 10


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
    """Messages, shape (teams, weeks). hours: on the floor. in_time: share begun within target.

    In a rush people work all of their hours; over the week the occupancy cap holds. best: the share that any number
    of people could begin in time; below 1 where the target runs while closed.
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
    """Fewest hours a week in which the promised share of messages is begun in time, first in, first out.

    tickets: by team and hour. scale: factors on a week's tickets, shape (..., teams, weeks); the answer then has
    that shape. A week is looked at by itself: what the week before left is the backlog's matter.
    """
    weeks = Weeks.of(hours)
    shape = (len(teams), weeks.count) if scale is None else scale.shape
    handle = np.array([[team.message_minutes] for team in teams])
    work = weeks.split(tickets * handle)
    is_open = _open_weeks(weeks, teams)
    cap = np.array([[team.terms.occupancy_cap] for team in teams])
    found = [np.empty(shape) for _ in range(3)]
    factors = np.ones(shape) if scale is None else scale
    for row, team in enumerate(teams):
        rows = factors[..., row, :]
        own = work[row] * rows[..., None]
        curves = _WeekCurves.of(
            own.reshape(-1, WEEK), np.broadcast_to(is_open[row], own.shape).reshape(-1, WEEK)
        )
        solved = _fewest(curves, promised.messages_for(team.business_line, team.tier), promised.message_share)
        for into, values in zip(found, solved, strict=True):
            into[..., row, :] = values.reshape(rows.shape)
    minutes, in_time, best = found
    capped = (work.sum(axis=-1) * factors) / cap
    return MessageNeed(np.maximum(minutes, capped) / 60, in_time, best)


def open_minutes_of_weeks(teams: Sequence[Team], hours: Hours) -> Floats:
    """Minutes of a whole week in which each team is on duty, shape (teams, weeks)."""
    return _open_weeks(Weeks.of(hours), teams).sum(axis=-1)


def _open_weeks(weeks: Weeks, teams: Sequence[Team]) -> Floats:
    """Open minutes of the hours of each week; a padded or closed week borrows the hours of a usual one."""
    split = weeks.split(np.stack([team.is_open for team in teams])) * MINUTES
    usual = split[:, min(1, weeks.count - 1)]
    total = split.sum(axis=-1, keepdims=True)
    is_short = total < 0.5 * usual.sum(axis=-1)[:, None, None]
    return np.where(is_short, usual[:, None, :], split)


@dataclass(frozen=True, eq=False)
class _WeekCurves:
    """Work arrived and minutes open by the edges of a week's hours, shape (rows, 169); hours repeat after the week."""

    work: Floats
    arrived: Floats
    opened: Floats

    @classmethod
    def of(cls, work: Floats, is_open: Floats) -> _WeekCurves:
        return cls(work, _cumulated(work), _cumulated(is_open))

    def deadlines(self, target: ReplyTarget) -> Floats:
        """Minutes open by the time that work arriving in an hour is due, counted from the hour's end."""
        if target.is_business:
            return self.opened[:, 1:] + target.minutes
        later = np.arange(1, WEEK + 1) + target.minutes / MINUTES
        lap, left = np.divmod(later, WEEK)
        hour = left.astype(np.int64)
        part = self.opened[:, hour] + (left - hour) * np.diff(self.opened, axis=1)[:, hour]
        due: Floats = part + lap * self.opened[:, -1:]
        return due

    def keep(self, rows: npt.NDArray[np.bool_]) -> _WeekCurves:
        return replace(self, work=self.work[rows], arrived=self.arrived[rows], opened=self.opened[rows])


def _fewest(
    curves: _WeekCurves, targets: tuple[ReplyTarget, ...], promised: float
) -> tuple[Floats, Floats, Floats]:
    """The fewest productive minutes a week that begin the promised share in time; that share; the best share."""
    total = curves.arrived[:, -1]
    due = [(target.share, curves.deadlines(target)) for target in targets]
    weight = curves.work / np.maximum(total, 1e-12)[:, None]
    reachable = sum(share * (weight * (by > curves.opened[:, 1:] + 1e-6)).sum(axis=1) for share, by in due)
    best = np.where(total > 0, reachable, 1.0)
    goal = np.minimum(promised, best) - 1e-9

    def in_time(agents: Floats, at: _WeekCurves, weight: Floats, due: list[tuple[float, Floats]]) -> Floats:
        given = at.opened * agents[:, None]
        begins = (at.arrived + np.maximum.accumulate(given - at.arrived, axis=1))[:, 1:]
        kept = sum(
            share * (weight * (by * agents[:, None] >= begins - 1e-6)).sum(axis=1) for share, by in due
        )
        return np.where(total_of(at) > 0, kept, 1.0)

    def total_of(at: _WeekCurves) -> Floats:
        last: Floats = at.arrived[:, -1]
        return last

    opened = np.maximum(curves.opened[:, -1], 1e-9)
    enough = total / opened  # as many minutes as there is work
    reached = in_time(enough, curves, weight, due)
    rows = (reached < goal) & (total > 0)
    if rows.any():
        part, weight, due = curves.keep(rows), weight[rows], [(share, by[rows]) for share, by in due]
        low, high = enough[rows], enough[rows] * 2
        for _ in range(_DOUBLINGS):
            short = in_time(high, part, weight, due) < goal[rows]
            low, high = np.where(short, high, low), np.where(short, high * 2, high)
            if not short.any():
                break
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            short = in_time(middle, part, weight, due) < goal[rows]
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        enough[rows] = high
        reached[rows] = in_time(high, part, weight, due)
    return enough * opened, reached, best


def _cumulated(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
