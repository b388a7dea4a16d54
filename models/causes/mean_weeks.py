"""Weekly means of tickets that an action reached, less those of tickets it did not reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# A theme's mean in a segment is its own where so many tickets before the action tell it.
_LEAST_FOR_MEAN = 10


@dataclass(frozen=True)
class Mean:
    """A metric of single tickets. is_log: the mean is of logarithms, and a change of it is relative.

    drift: standard deviation of what it moves in a year by itself against other tickets, in the mean's unit.
    """

    is_log: bool
    more_is_better: bool
    drift: float


MEANS = {
    "handle_minutes": Mean(is_log=True, more_is_better=False, drift=0.1),
    "first_reply_minutes": Mean(is_log=True, more_is_better=False, drift=0.2),
    "csat": Mean(is_log=False, more_is_better=True, drift=0.05),
    "reopen_rate": Mean(is_log=False, more_is_better=False, drift=0.03),
}


@dataclass(frozen=True)
class MeanWeeks:
    """How many tickets have the metric, and its sum over them, by theme, segment and week."""

    tickets: Floats
    sums: Floats

    def level(self, reached: Flags, compared: Flags) -> float:
        """The mean of the reached groups in some weeks. reached: shape (themes, segments)."""
        chosen = reached[:, :, None] & compared
        return float(self.sums[chosen].sum() / max(self.tickets[chosen].sum(), 1.0))

    def difference(
        self, reached: Flags, untouched: Flags, before: Flags, by_segment: bool
    ) -> tuple[Floats, Floats]:
        """Each week's mean of the reached groups less that of the untouched ones, and what it rests on.

        Groups are themes in segments; of each its own mean before the action is taken off first, so that another mix of
        them moves nothing. by_segment: the untouched are weighed as the reached ones spread over the segments. NaN where
        a week has no ticket on one side.
        """
        apart = self.sums - self._usual(before)[:, :, None] * self.tickets
        with np.errstate(invalid="ignore", divide="ignore"):
            own_tickets = np.where(reached[:, :, None], self.tickets, 0).sum(axis=(0, 1))
            own = np.where(reached[:, :, None], apart, 0).sum(axis=(0, 1)) / own_tickets
            tickets = np.where(untouched[:, :, None], self.tickets, 0).sum(axis=0)
            others = np.where(untouched[:, :, None], apart, 0).sum(axis=0)
            if by_segment:
                spread = np.where(reached[:, :, None], self.tickets, 0)[:, :, before].sum(axis=(0, 2))
                weights = np.where(tickets > 0, spread[:, None], 0.0)
                weights /= weights.sum(axis=0)
                mean = np.where(weights > 0, weights * others / tickets, 0).sum(axis=0)
                variance = np.where(weights > 0, weights**2 / tickets, 0).sum(axis=0)
            else:
                mean, variance = others.sum(axis=0) / tickets.sum(axis=0), 1 / tickets.sum(axis=0)
            weight = 1 / (1 / own_tickets + variance)
            return own - mean, np.nan_to_num(weight)

    def _usual(self, before: Flags) -> Floats:
        """The mean of each group before the action; of its theme, or of all, where it has too few tickets then."""
        tickets, sums = self.tickets[:, :, before].sum(axis=2), self.sums[:, :, before].sum(axis=2)
        everything = sums.sum() / max(tickets.sum(), 1.0)
        of_theme = tickets.sum(axis=1, keepdims=True)
        theme = np.where(
            of_theme >= _LEAST_FOR_MEAN, sums.sum(axis=1, keepdims=True) / np.maximum(of_theme, 1), everything
        )
        return np.asarray(np.where(tickets >= _LEAST_FOR_MEAN, sums / np.maximum(tickets, 1), theme))
