"""The backlog of messages day by day: how much waits, for how long, and when it is back inside its targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.staffing.capacity_curve import MINUTES, CapacityCurve, Floats, Queue
from models.staffing.promises import ReplyTarget

# Hours before the plan in which waiting tickets can have arrived (older ones count as that old), and hours after it
# in which the last tickets are worked off at the last week's pace.
BEFORE, AFTER = 14 * 24, 28 * 24
DAY, WEEK = 24, 168
_ROUNDING = 0.005
_BETWEEN = 3  # days from one outside to the next within one time


@dataclass(frozen=True, eq=False)
class Load:
    """What a queue's people face, by hour of the plan.

    tickets: messages arriving. waiting: tickets waiting already, by hour before the plan, shape (BEFORE,).
    handle_minutes: agent minutes of one. capacity: agent minutes they can give. is_open: the queue's business minutes.
    """

    tickets: Floats
    waiting: Floats
    handle_minutes: float
    capacity: Floats
    is_open: Floats


@dataclass(frozen=True, eq=False)
class BurnDown:
    """By day: messages arrived, left at its end, age of the oldest of them in hours, share begun within target.

    reachable: the share that any number of people could begin in time; below 1 where a target runs while closed.
    in_time and reachable are 1 on days on which nothing arrives. begun: messages begun, by hour of the plan.
    """

    arrivals: Floats
    backlog: Floats
    oldest_hours: Floats
    in_time: Floats
    reachable: Floats
    begun: Floats


def burn_down(load: Load, targets: Sequence[ReplyTarget]) -> BurnDown:
    """Work a queue off first in, first out, hour by hour."""
    hours = len(load.tickets)
    tickets = np.concatenate([load.waiting, load.tickets])
    capacity = np.concatenate([np.zeros(BEFORE), load.capacity, np.resize(load.capacity[-WEEK:], AFTER)])
    queue = Queue.of(tickets * load.handle_minutes, capacity)
    arrived = np.concatenate([[0.0], np.cumsum(tickets)])
    edges = np.arange(BEFORE, BEFORE + hours + 1)
    # Capacity passed less what was lost for want of work is work done, in tickets.
    lost = queue.due - arrived * load.handle_minutes
    done = np.clip((queue.capacity.passed[edges] - lost[edges]) / load.handle_minutes, 0, arrived[edges])
    left = arrived[edges] - done
    since = np.interp(done + 1e-6, arrived, np.arange(len(arrived)))
    days = slice(DAY, None, DAY)
    oldest = np.where(left[days] >= 0.5, np.maximum(edges[days] - since[days], 0), 0.0)
    kept, reachable = (_by_day(load.tickets, share) for share in _kept(load, queue, targets))
    arrivals = load.tickets.reshape(-1, DAY).sum(axis=1)
    return BurnDown(arrivals, left[days], oldest, kept, reachable, np.diff(done))


def _kept(load: Load, queue: Queue, targets: Sequence[ReplyTarget]) -> tuple[Floats, Floats]:
    """Of the messages of each hour of the plan, the shares that are and that could be begun within their target."""
    clock = CapacityCurve.of(
        np.concatenate([np.zeros(BEFORE), load.is_open, np.resize(load.is_open[-WEEK:], AFTER)])
    )
    came: Floats = (BEFORE + np.arange(len(load.tickets), dtype=np.float64) + 0.5) * MINUTES
    begun = queue.begun(came)
    business, calendar = clock.at(begun) - clock.at(came), begun - came
    opens = clock.when_next(clock.at(came)) - came
    kept, reachable = np.zeros(len(came)), np.zeros(len(came))
    for target in targets:
        kept += target.share * ((business if target.is_business else calendar) <= target.minutes + 1e-6)
        reachable += target.share * (target.is_business | (opens < target.minutes))
    return kept, reachable


def _by_day(tickets: Floats, share: Floats) -> Floats:
    by_day = tickets.reshape(-1, DAY)
    total = by_day.sum(axis=1)
    part = (by_day * share.reshape(-1, DAY)).sum(axis=1) / np.maximum(total, 1e-12)
    return np.where(total > 0, part, 1.0)


def back_inside(course: BurnDown, promised: float, dates: Sequence[date]) -> tuple[date | None, str]:
    """The day on which the longest time outside the targets is over, and what to say about it.

    A day is outside where less than the promised share is begun in time, or less than anybody could where that is
    not to be had. Null where the targets are always kept, or not again within the days ahead. Days outside with up
    to two days between them are one time.
    """
    outside = np.flatnonzero(course.in_time < np.minimum(promised, course.reachable) - _ROUNDING)
    if not len(outside):
        return None, "Inside its targets on every day ahead."
    times = np.split(outside, np.flatnonzero(np.diff(outside) > _BETWEEN) + 1)
    longest = max(times, key=lambda days: days[-1] - days[0])
    since = f"Outside its targets from {_day(dates[longest[0]])} on"
    if longest[-1] + 1 >= len(dates):
        return None, f"{since}, and not back within the {len(dates)} days ahead."
    back = dates[longest[-1] + 1]
    others = len(outside) - len(longest)
    rest = f" Outside on {others} other day{'s' if others > 1 else ''}, too." if others else ""
    return back, f"{since}, back inside on {_day(back)}.{rest}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def escalated(finished: Floats, expected_first: Floats, expected_second: Floats, delay_hours: int) -> Floats:
    """Escalations by hour: the usual share of what tier 1 finishes, after the delay (by forecast until then).

    finished: tickets tier 1 finishes; expected_first, expected_second: tickets forecast at either tier; by hour.
    """
    total = expected_first.sum()
    if total <= 0:
        return expected_second
    share = expected_second.sum() / total
    coming = expected_second.copy()
    coming[delay_hours:] = share * finished[: len(finished) - delay_hours]
    return coming
