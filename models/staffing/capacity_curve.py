"""Time in which work can be done, cumulated over the hours: business hours of a schedule, agent minutes of a team."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MINUTES = 60.0  # the edges of a curve lie an hour apart


@dataclass(frozen=True)
class CapacityCurve:
    """Working minutes passed since the start, at the edges of the hours. Beyond the last hour it stands still.

    The curve of one agent is the clock of business hours; that of a team passes as many minutes as it has people.
    """

    passed: Floats

    @classmethod
    def of(cls, minutes_per_hour: Floats) -> CapacityCurve:
        """The curve from the working minutes of each hour."""
        return cls(np.concatenate([[0.0], np.cumsum(minutes_per_hour)]))

    def at(self, minute: Floats) -> Floats:
        """Working minutes passed by a moment (minutes since the start)."""
        return np.interp(minute, self._edges(), self.passed)

    def when(self, passed: Floats) -> Floats:
        """The moment by which so many working minutes have passed."""
        return np.interp(passed, self.passed, self._edges())

    def when_next(self, passed: Floats) -> Floats:
        """The moment at which work goes on after so many working minutes: at a closing hour, the next opening."""
        # np.interp takes the right end of a flat piece.
        return self.when(passed + 1e-9)

    def later(self, minute: Floats, working_minutes: Floats) -> Floats:
        """The moment by which so many more working minutes have passed."""
        return self.when(self.at(minute) + working_minutes)

    def _edges(self) -> Floats:
        return np.arange(len(self.passed), dtype=np.float64) * MINUTES


@dataclass(frozen=True)
class Queue:
    """A team's work and capacity, cumulated at the edges of the hours, in the same unit.

    due: the capacity that must have passed before work arriving at an edge is begun: arrivals so far plus
    the capacity lost so far for want of work (Lindley's recursion on cumulative curves; Newell 1982).
    """

    due: Floats
    capacity: CapacityCurve

    @classmethod
    def of(cls, work: Floats, capacity: Floats) -> Queue:
        """A queue from work arriving and capacity given per hour; capacity may run on past the arrivals."""
        arrived = np.concatenate([[0.0], np.cumsum(work)])
        given = CapacityCurve.of(capacity)
        lost = np.maximum.accumulate(given.passed[: len(arrived)] - arrived)
        return cls(arrived + lost, given)

    def begun(self, minute: Floats) -> Floats:
        """When work that arrives at these moments (minutes since the start) is begun."""
        due = np.interp(minute, np.arange(len(self.due)) * MINUTES, self.due)
        return np.maximum(self.capacity.when_next(due), minute)
