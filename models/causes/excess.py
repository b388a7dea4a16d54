"""How sure it is how many of a rise's tickets came on top."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

Ints = npt.NDArray[np.int64]

# Weeks further above the usual, in standard deviations of a chance count, are rises of their own.
_ANOTHER_RISE = 4.5


def excess_interval(
    victims: int, usual: float, weeks: float, before: Ints, since: Ints
) -> tuple[float, float]:
    """The 95 % interval of the victims beyond those expected: of the whole rise, not of a week.

    usual: tickets a week before the rise. weeks: how long it lasted. before, since: counts of the whole weeks before it,
    at least one, and since it began. Both the victims and the weeks that the usual count is told from are chance counts:
    each has its exact Poisson interval (Garwood 1936), wider where weeks vary more than by chance (quasi-Poisson), and
    the two are joined as the limits of a difference (Zou & Donner 2008).
    """
    expected = usual * weeks
    calm = before[before <= usual + _ANOTHER_RISE * max(usual, 1.0) ** 0.5]
    spread = _dispersion(calm, since)
    low, high = _interval(victims, spread)
    usual_low, usual_high = _interval(usual * len(before), spread)
    expected_low, expected_high = (end * weeks / len(before) for end in (usual_low, usual_high))
    excess = victims - expected
    return (
        excess - float(np.hypot(victims - low, expected_high - expected)),
        excess + float(np.hypot(high - victims, expected - expected_low)),
    )


def _interval(count: float, spread: float) -> tuple[float, float]:
    """95 % interval of a count's mean, where its variance is `spread` times its mean."""
    low = gammaincinv(count / spread, 0.025) if count else 0.0
    return spread * float(low), spread * float(gammaincinv(count / spread + 1, 0.975))


def _dispersion(*stretches: Ints) -> float:
    """Variance of a week's count over its mean, at least 1, from how weeks next to each other differ.

    Of two counts of one mean, the squared difference over the sum is 1 on average if they vary by chance alone.
    """
    sums = np.concatenate([weeks[1:] + weeks[:-1] for weeks in stretches])
    squares = np.concatenate([np.diff(weeks) ** 2 for weeks in stretches])
    return max(1.0, float((squares[sums > 0] / sums[sums > 0]).mean())) if (sums > 0).any() else 1.0
