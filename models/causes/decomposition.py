"""How much of a rise is more customers, customers writing in more often, or other customers than before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """A change in tickets, split into three terms that sum to it."""

    customers: float
    rate: float
    mix: float

    def __add__(self, other: Change) -> Change:
        return Change(self.customers + other.customers, self.rate + other.rate, self.mix + other.mix)

    @property
    def total(self) -> float:
        """All of it."""
        return self.customers + self.rate + self.mix


def decompose(before: Floats, after: Floats, exposure_before: Floats, exposure_after: Floats) -> Change:
    """Split a change in tickets into exposure, contact rate and mix.

    All arguments have shape (segments,) and are in the same unit of time; exposure is above 0. Tickets are
    total exposure x share of the segment in it x rate of the segment, summed; every order in which the three may
    change counts the same (Shapley value; Sun 1998), so that the terms sum exactly to the change.
    Raises ValueError for an exposure of 0 or less.
    """
    if (exposure_before <= 0).any() or (exposure_after <= 0).any():
        raise ValueError("a segment has no exposure; leave it out, or its contact rate is not defined")
    total = exposure_before.sum(), exposure_after.sum()
    share = exposure_before / total[0], exposure_after / total[1]
    rate = before / exposure_before, after / exposure_after
    return Change(
        customers=float(((total[1] - total[0]) * _mean_product(share, rate)).sum()),
        rate=float(((rate[1] - rate[0]) * _mean_product(share, total)).sum()),
        mix=float(((share[1] - share[0]) * _mean_product(rate, total)).sum()),
    )


def _mean_product(one: tuple[Floats, Floats], other: tuple[Floats, Floats] | tuple[float, float]) -> Floats:
    """What a third factor is multiplied by, averaged over the orders in which these two change."""
    together = one[0] * other[0] + one[1] * other[1]
    apart = one[0] * other[1] + one[1] * other[0]
    return np.asarray(together / 3 + apart / 6)
