"""By how much a weekly series changed its level since an action: interrupted time series and difference in differences."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter
from scipy.special import expit
from scipy.stats import poisson

from models.causes.change_posterior import ChangePosterior, Likelihood, change_posterior
from models.causes.expected_weeks import USUAL_DRIFT

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# A week whose count pure chance gives this rarely, and that is half above its side's usual, is a rush of its own.
_RARE, _CLEARLY_ABOVE = 0.001, 1.5
_WEEKS_AROUND = 13
_LEAST_FOR_MEDIAN = 3.0
# The logarithm of a weekly rate, far beyond any, so that no step of a fit overflows.
_HIGHEST = 30.0


@dataclass(frozen=True)
class Effect:
    """A change with its 95 % interval; None where it has no bound.

    Of a rate or a time it is relative, -0.4 is 40 % less; of a share it is in points of 1. began: how many weeks before
    the action the weeks had most likely begun to move by themselves, where they tell that rather than the action alone; the
    change is then what that does not explain.
    """

    change: float | None
    low: float | None
    high: float | None
    began: int | None = None

    def relative(self) -> Effect:
        """Of a change of a logarithm, the relative one."""
        change, low, high = (
            None if end is None else float(np.expm1(end)) for end in (self.change, self.low, self.high)
        )
        return Effect(change, low, high, self.began)


def change_of_rate(own: Floats, expected: Floats, since: Floats, drift: float = USUAL_DRIFT) -> Effect:
    """Change of a theme's weekly tickets relative to what was expected of them, from before to after.

    own, expected: one value a week, expected up to a factor. since: weeks since the action, below 0 before it. drift:
    standard deviation of the logarithm by which such a rate moves in a year by itself. Interrupted time series: Poisson
    regression with the expected weeks as offset, a level for the weeks after, a trend and what else the theme may have
    done by itself (see change_posterior), so that a theme that was going away is no success. Weeks that stand out of their
    own side, as while a fault lasted, are left out. All gone is -1, and nothing before has no bound.
    """
    kept = (since != 0) & ~_rushes(own, expected, since > 0)
    own, expected, since = own[kept], np.maximum(expected[kept], 1e-9), since[kept]
    if own.sum() == 0:
        return Effect(None, None, None)
    offset = np.log(expected)

    def of(level: Floats) -> tuple[Floats, Floats, Floats]:
        logarithm = np.minimum(level + offset, _HIGHEST)
        mean = np.exp(logarithm)
        return own * logarithm - mean, own - mean, mean

    likelihood = Likelihood(of, float(np.log(own.sum() / expected.sum())))
    return _of_counts(change_posterior(likelihood, since, drift), own, since)


def change_of_share(
    touched: Floats, untouched: Floats, expected: Floats, since: Floats, drift: float = USUAL_DRIFT
) -> Effect:
    """Change of a theme's tickets where an action reached, relative to its tickets elsewhere: difference in differences.

    touched, untouched: tickets a week. expected: the ratio of the two that other themes' tickets let expect, up to a
    factor. Logistic regression of where the week's tickets came from, which is a Poisson regression with an effect for
    every week and either place. The rest is as in change_of_rate; weeks without a ticket say nothing. None where a place
    had no ticket on a side, but for the touched one since then.
    """
    both = touched + untouched
    kept = (since != 0) & (both > 0) & ~_rushes(touched, expected * np.maximum(untouched, 0.5), since > 0)
    touched, untouched, both, since = touched[kept], untouched[kept], both[kept], since[kept]
    before, after = since < 0, since > 0
    if min(touched[before].sum(), untouched[before].sum(), untouched[after].sum()) == 0:
        return Effect(None, None, None)
    offset = np.log(np.maximum(expected[kept], 1e-9))

    def of(level: Floats) -> tuple[Floats, Floats, Floats]:
        odds = level + offset
        share = expit(odds)
        return (
            touched * odds - both * np.logaddexp(0, odds),
            touched - both * share,
            both * share * (1 - share),
        )

    level = np.log(touched.sum() / untouched.sum()) - np.average(offset, weights=both)
    return _of_counts(change_posterior(Likelihood(of, float(level)), since, drift), touched, since)


def change_of_mean(values: Floats, weights: Floats, since: Floats, drift: float) -> Effect:
    """Change of a weekly mean, less its control's, from before to after: least squares, the rest as in change_of_rate.

    values: the week's mean less the control's, NaN for none. weights: what it rests on: the inverse of its variance, up to
    a factor. drift: standard deviation of what it moves in a year by itself, in its own unit. The change is in that unit
    too; what is usual of changes on a logarithm is so here of changes in standard deviations of a week.
    """
    kept = (since != 0) & np.isfinite(values) & (weights > 0)
    values, weights, since = values[kept], weights[kept] / weights[kept].mean(), since[kept]
    level = float(np.average(values, weights=weights))
    unit = float(np.sqrt(np.average((values - level) ** 2, weights=weights)))
    if unit == 0:
        return Effect(0.0, 0.0, 0.0)

    def of(level: Floats) -> tuple[Floats, Floats, Floats]:
        apart = values - level
        return -weights * apart**2 / 2, weights * apart, np.broadcast_to(weights, apart.shape)

    told = change_posterior(Likelihood(of, level, unit, least_dispersion=0.0), since, drift)
    return Effect(told.median, told.low, told.high, told.began)


def _of_counts(told: ChangePosterior, own: Floats, since: Floats) -> Effect:
    effect = Effect(told.median, told.low, told.high, told.began).relative()
    if own[since > 0].sum() == 0:
        return replace(effect, change=-1.0, low=-1.0)
    if own[since < 0].sum() == 0:
        return replace(effect, change=None, high=None)
    return effect


def _rushes(own: Floats, expected: Floats, is_after: Flags) -> Flags:
    """Weeks far above the usual of the weeks around them on their side of the action."""
    found = np.zeros(len(own), dtype=np.bool_)
    for side in (is_after, ~is_after):
        counts, exposed = own[side], np.maximum(expected[side], 1e-9)
        if not len(counts):
            continue
        # The median of a handful of tickets is mostly none.
        few = np.median(counts) < _LEAST_FOR_MEDIAN
        usual = counts.sum() / exposed.sum() if few else median_filter(counts / exposed, _WEEKS_AROUND)
        mean = usual * exposed
        found[side] = (poisson.sf(counts - 1, mean) < _RARE) & (counts > _CLEARLY_ABOVE * mean)
    return found
