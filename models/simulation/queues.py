"""Waiting for people: first in, first out on a cumulative capacity curve, over business hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.simulation.world import Floats

# How full the agents' time is planned; chat needs slack to answer at once.
TIER1_LOAD = 0.84
CHAT_LOAD = 0.62
TIER2_LOAD = 0.86


@dataclass(frozen=True)
class BusinessClock:
    """Open minutes passed since the start, at the edges of the hours. Beyond the last hour it stands still."""

    passed: Floats

    @classmethod
    def of(cls, open_minutes: Floats) -> BusinessClock:
        """The clock of a schedule, from its open minutes per hour."""
        return cls(np.concatenate([[0.0], np.cumsum(open_minutes)]))

    def at(self, minute: Floats) -> Floats:
        """Open minutes passed by a moment (minutes since the start)."""
        return np.interp(minute, self._edges(), self.passed)

    def later(self, minute: Floats, open_minutes: Floats) -> Floats:
        """The moment at which so many more open minutes have passed."""
        return np.interp(self.at(minute) + open_minutes, self.passed, self._edges())

    def _edges(self) -> Floats:
        return np.arange(len(self.passed), dtype=np.float64) * 60.0


@dataclass(frozen=True)
class Queue:
    """A team's work and capacity, cumulated at the edges of the hours, in the same unit.

    due: the capacity that must have passed before work arriving at an edge is begun: arrivals so far plus
    the capacity lost so far for want of work (Lindley's recursion on cumulative curves; Newell 1982).
    """

    due: Floats
    capacity: Floats

    @classmethod
    def of(cls, work: Floats, capacity: Floats) -> Queue:
        """A queue from work arriving and capacity given per hour; capacity may run on past the arrivals."""
        arrived = np.concatenate([[0.0], np.cumsum(work)])
        given = np.concatenate([[0.0], np.cumsum(capacity)])
        lost = np.maximum.accumulate(given[: len(arrived)] - arrived)
        return cls(arrived + lost, given)

    def begun(self, minute: Floats) -> Floats:
        """When work that arrives at these moments (minutes since the start) is begun."""
        due = np.interp(minute, np.arange(len(self.due)) * 60.0, self.due)
        # Due exactly at a closing hour means the next opening: np.interp takes the right end of a flat piece.
        begun = np.interp(due + 1e-9, self.capacity, np.arange(len(self.capacity)) * 60.0)
        return np.maximum(begun, minute)


def staffing(ordinary: Floats, expected: Floats, open_minutes: Floats, load: float) -> Floats:
    """Capacity per hour of a team that plans for ordinary volume and reacts to the rest.

    ordinary, expected: work per hour as planned for and as it will come; open_minutes: per hour, at least as
    many hours as work. Planned is the four-week mean and six tenths of what a day lies well above it. Overtime
    makes up for an unplanned excess, beginning after two days and over the eight days that follow.
    """
    days = len(ordinary) // 24
    usual = _rolling_mean(ordinary.reshape(days, 24).sum(axis=1), 28)
    planned_days = ordinary.reshape(days, 24).sum(axis=1)
    planned = usual + 0.6 * np.maximum(planned_days - 1.25 * usual, 0)
    excess = np.maximum(expected.reshape(days, 24).sum(axis=1) - planned_days, 0)
    overtime = np.convolve(excess, [0, 0, *[1 / 8] * 8])[:days]
    per_day = np.concatenate(
        [planned / load + overtime, np.full(len(open_minutes) // 24 - days, usual[-1] / load)]
    )
    open_days = open_minutes.reshape(-1, 24).sum(axis=1)
    # The same number of people in every open hour: a short day gives less, a week gives what it must.
    usual_open = np.maximum(_rolling_mean(open_days, 28), 1.0)
    return np.repeat(per_day / usual_open, 24) * open_minutes


def _rolling_mean(values: Floats, window: int) -> Floats:
    """Centred mean over a window, shorter at the ends."""
    window = min(window, len(values))
    ones = np.ones(window)
    counts = np.convolve(np.ones(len(values)), ones, mode="same")
    mean: Floats = np.convolve(values, ones, mode="same") / counts
    return mean
