"""Asynchronous work, ticket by ticket: first in, first out on the cumulative capacity curve, over business hours.

E-mail and messages wait for hours, not seconds, so the backlog decides and not the chance of finding an agent free:
Erlang's formulas are for live channels. In the time in which capacity passes, a team is one worker without breaks,
and a ticket is begun once the work before it is done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.staffing.capacity_curve import CapacityCurve, Floats

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Desk:
    """Who works on one tier's tickets: agent minutes as they pass, and the open minutes of its schedule."""

    capacity: CapacityCurve
    clock: CapacityCurve


@dataclass(frozen=True)
class Course:
    """What becomes of tickets at a desk, in minutes since the start; NaN for tickets that never come there.

    wait: arrival to begun, calendar minutes. Past the end of the capacity curve, begun is the end of the curve.
    """

    arrived: Floats
    begun: Floats
    finished: Floats

    @property
    def wait(self) -> Floats:
        return self.begun - self.arrived


def begin_in_order(arrived: Floats, work: Floats, capacity: CapacityCurve) -> Floats:
    """When each ticket is begun, first in, first out (Lindley's recursion in closed form).

    arrived: minutes since the start, in any order; work: agent minutes each. Raises ValueError for negative work.
    """
    if np.any(work < 0):
        raise ValueError(f"a ticket has {float(work.min()):g} minutes of work; expected 0 or more")
    order = np.argsort(arrived, kind="stable")
    came, minutes = capacity.at(arrived[order]), work[order]
    through = np.cumsum(minutes)
    before = through - minutes
    # The capacity that passed unused before a ticket is the most by which arrivals ever ran behind it.
    begun_at = before + np.maximum.accumulate(came - before)
    begun = np.empty_like(arrived)
    begun[order] = np.maximum(capacity.when_next(begun_at), arrived[order])
    return begun


def work_off(arrived: Floats, handle_minutes: Floats, desk: Desk) -> Course:
    """The course of tickets at one desk: begun in order, finished after their own minutes of open time."""
    begun = begin_in_order(arrived, handle_minutes, desk.capacity)
    return Course(arrived, begun, desk.clock.later(begun, handle_minutes))


def work_off_two_tiers(
    arrived: Floats,
    handle_minutes: tuple[Floats, Floats],
    is_escalated: Bools,
    delay_minutes: float,
    desks: tuple[Desk, Desk],
) -> tuple[Course, Course]:
    """Tier 1's course of all tickets, and tier 2's of those escalated, so much later than tier 1 finished with them."""
    first = work_off(arrived, handle_minutes[0], desks[0])
    rows = np.flatnonzero(is_escalated)
    second = work_off(first.finished[rows] + delay_minutes, handle_minutes[1][rows], desks[1])
    return first, Course(
        *(_spread(values, rows, len(arrived)) for values in (second.arrived, second.begun, second.finished))
    )


def is_in_time(course: Course, target_minutes: Floats, clock: CapacityCurve | None) -> Bools:
    """Which tickets were begun within their target. clock: of business hours; None: every minute counts."""
    if clock is None:
        return course.wait <= target_minutes
    return clock.at(course.begun) - clock.at(course.arrived) <= target_minutes + 1e-6


def backlog_at(course: Course, moments: Floats) -> npt.NDArray[np.int64]:
    """Tickets that have arrived and are not begun at these moments (minutes since the start)."""
    came = np.searchsorted(np.sort(course.arrived[~np.isnan(course.arrived)]), moments, side="right")
    begun = np.searchsorted(np.sort(course.begun[~np.isnan(course.begun)]), moments, side="right")
    return came - begun


def _spread(values: Floats, rows: npt.NDArray[np.int64], size: int) -> Floats:
    everywhere = np.full(size, np.nan)
    everywhere[rows] = values
    return everywhere
