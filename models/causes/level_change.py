"""By how much a weekly series changed its level since an action: interrupted time series and difference in differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter
from scipy.stats import beta, poisson, t

from models.causes.expected_weeks import USUAL_DRIFT, WEEKS_A_YEAR

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Weeks over which what moves one week still moves the next.
_LAGS = 4
# A week whose count pure chance gives this rarely, and that is half above its side's usual, is a rush of its own.
_RARE, _CLEARLY_ABOVE = 0.001, 1.5
_WEEKS_AROUND = 13
_LEAST_FOR_MEDIAN = 3.0
_SURE = 0.975
# A trend so many standard deviations from none is no longer what themes do by themselves in an ordinary year.
_STEEP = 3.0
# An interval that reaches further than this, on the logarithm, says nothing on that side.
_UNBOUND = 10.0
# How many weeks before the action what moved may have begun to by itself, with so many weeks before that to tell it from.
_BEGAN = (1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 21, 26)
_LEAST_WEEKS = 4
# A course of its own that is so much likelier than the action, on the logarithm, has to be taken off first.
_LIKELIER = 3.0


@dataclass(frozen=True)
class Effect:
    """A change with its 95 % interval; None where it has no bound.

    Of a rate or a time it is relative, -0.4 is 40 % less; of a share it is in points of 1. began: how many weeks before
    the action the weeks had most likely begun to move by themselves, where they tell that rather than the action.
    """

    change: float | None
    low: float | None
    high: float | None
    began: int | None = None

    def relative(self) -> Effect:
        """Of a change of a logarithm, the relative one; without a bound where it may reach anywhere."""
        if self.change is None:
            return self
        low, high = (-1.0 if self.low is None else float(np.expm1(self.low))), None
        if self.high is not None and self.high - self.change < _UNBOUND:
            high = float(np.expm1(self.high))
        return Effect(float(np.expm1(self.change)), low, high, self.began)


@dataclass(frozen=True)
class _Fitted:
    values: Floats
    errors: Floats
    freedom: float
    deviance: float
    dispersion: float  # of the weeks; of counts at least 1, as chance makes them
    varied: float = 1.0  # how many times its chance variance the first column's has, at least 1


_Fit = Callable[[Floats, Floats], _Fitted]  # columns of the model, what is known of each week


def change_of_rate(own: Floats, expected: Floats, since: Floats, drift: float = USUAL_DRIFT) -> Effect:
    """Change of a theme's weekly tickets relative to what was expected of them, from before to after.

    own, expected: one value a week, expected up to a factor. since: weeks since the action, below 0 before it. drift:
    standard deviation of the logarithm by which such a rate moves in a year by itself. Interrupted time series: Poisson
    regression with the expected weeks as offset, a level for the weeks after, and a trend over all weeks as far as the
    weeks tell one from chance and as drift lets expect (a normal prior), so that a theme that was going away by itself is
    no success; how little is known of it widens the interval, and so does what began shortly before the action (see
    _moved). Weeks that stand out of their own side, as while a fault lasted, are left out. Standard errors: the largest
    of the usual one, one for counts that vary more than chance, and one for weeks that hang together (HAC, Newey & West
    1987). Where there is no ticket since, see _none_left; where there was none before: exact interval of a ratio of two
    Poisson rates (Clopper & Pearson 1934).
    """
    kept = ~_rushes(own, expected, since > 0)
    own, expected, since = own[kept], np.maximum(expected[kept], 1e-9), since[kept]
    counts, exposed = (
        [float(column[side].sum()) for side in (since < 0, since > 0)] for column in (own, expected)
    )
    from statsmodels.genmod import families

    def fit(weeks: Flags) -> _Fit:
        return _glm(own[weeks], families.Poisson(), np.log(expected[weeks]))

    if counts[0] == 0:
        return _exact(counts, exposed)
    if counts[1] == 0:
        return _none_left(fit, own, expected, since, drift)
    return _moved(fit(since != 0), since, drift, expected).relative()


def change_of_share(
    touched: Floats, untouched: Floats, expected: Floats, since: Floats, drift: float = USUAL_DRIFT
) -> Effect:
    """Change of a theme's tickets where an action reached, relative to its tickets elsewhere: difference in differences.

    touched, untouched: tickets a week. expected: the ratio of the two that other themes' tickets let expect, up to a
    factor. Logistic regression of where the week's tickets came from, which is a Poisson regression with an effect for
    every week and either place. Weeks, trend and errors as in change_of_rate; weeks without a ticket say nothing. None
    where a place had no ticket on a side, but for the touched one since then (see _none_left).
    """
    both = touched + untouched
    kept = (both > 0) & ~_rushes(touched, expected * np.maximum(untouched, 0.5), since > 0)
    touched, untouched, since = touched[kept], untouched[kept], since[kept]
    offset = np.log(np.maximum(expected[kept], 1e-9))
    cells = [float(column[side].sum()) for column in (touched, untouched) for side in (since < 0, since > 0)]
    if min(cells[0], *cells[2:]) == 0:
        return Effect(None, None, None)
    from statsmodels.genmod import families

    answers = np.column_stack([touched, untouched])

    def fit(weeks: Flags) -> _Fit:
        return _glm(answers[weeks], families.Binomial(), offset[weeks])

    if cells[1] == 0:
        return _none_left(fit, touched, np.exp(offset) * untouched, since, drift, chance=1 / cells[3])
    return _moved(fit(since != 0), since, drift, both[kept]).relative()


def change_of_mean(values: Floats, weights: Floats, since: Floats, drift: float) -> Effect:
    """Change of a weekly mean, less its control's, from before to after: least squares with a level and a trend.

    values: the week's mean less the control's, NaN for none. weights: what it rests on: the inverse of its variance, up to
    a factor. drift: standard deviation of what it moves in a year by itself, in its own unit. The change is in that unit
    too. Trend and errors as in change_of_rate.
    """
    kept = np.isfinite(values) & (weights > 0)
    values, weights, since = values[kept], weights[kept], since[kept]
    return _moved(_wls(values, weights), since, drift, weights)


def _glm(own: Floats, family: object, offset: Floats) -> _Fit:
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.stats.sandwich_covariance import cov_hac

    def fit(columns: Floats, known: Floats) -> _Fitted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what cannot be fitted has an interval without an end
            plain = GLM(own, columns, family=family, offset=offset + known).fit()
            try:
                robust = np.sqrt(np.diag(cov_hac(plain, nlags=_LAGS, use_correction=True)))
            except np.linalg.LinAlgError:  # where no ticket is, there is no end to how few they may be
                robust = np.full(columns.shape[1], np.inf)
            dispersion = max(1.0, plain.pearson_chi2 / max(plain.df_resid, 1))
            told = {"freedom": plain.df_resid, "deviance": plain.deviance, "dispersion": dispersion}
        if not plain.converged:  # through a handful of tickets there is no end to how steep a trend may be
            return _Fitted(plain.params, np.full(columns.shape[1], np.inf), **told)
        errors = np.maximum(plain.bse * np.sqrt(dispersion), np.where(np.isnan(robust), 0, robust))
        return _Fitted(plain.params, errors, **told, varied=float((errors[0] / plain.bse[0]) ** 2))

    return fit


def _wls(values: Floats, weights: Floats) -> _Fit:
    from statsmodels.regression.linear_model import WLS
    from statsmodels.stats.sandwich_covariance import cov_hac

    def fit(columns: Floats, known: Floats) -> _Fitted:
        plain = WLS(values - known, columns, weights=weights).fit()
        robust = np.sqrt(np.diag(cov_hac(plain, nlags=_LAGS, use_correction=True)))
        errors = np.maximum(plain.bse, np.nan_to_num(robust))
        return _Fitted(plain.params, errors, plain.df_resid, plain.ssr, plain.scale)

    return fit


def _moved(fit: _Fit, since: Floats, drift: float, weights: Floats) -> Effect:
    """The level's change with its interval, on the model's scale.

    Where it is beyond chance, the weeks may have begun to move before the action, at once or ever further by the same each
    week. Each such course that is clearly likelier than the action is taken off, and the interval holds what is left by
    every one of them: that of a theme that was already going away is as wide as its own fade leaves it.
    """
    change, half = _change(fit, since, drift, weights)
    if not half < _UNBOUND:
        return Effect(change, None, None)
    low, high = change - half, change + half
    began = None
    if not low <= 0 <= high:
        one, after, years = np.ones_like(since), (since > 0).astype(np.float64), since / WEEKS_A_YEAR
        for weeks, course in _own_courses(fit, since):
            began = began or weeks
            left = fit(np.column_stack([one, after, course, years]), np.zeros_like(since))
            half = t.ppf(_SURE, max(left.freedom, 1)) * left.errors[1]
            low, high = min(low, left.values[1] - half), max(high, left.values[1] + half)
    return Effect(change, float(low), float(high), began)


def _own_courses(fit: _Fit, since: Floats) -> list[tuple[int, Floats]]:
    """What tells of the weeks clearly better than the action does: since how many weeks before it, and the course.

    The likeliest first. All are fitted with a trend; likelihoods are those of counts that vary as much as these do.
    """
    one, years, none = np.ones_like(since), since / WEEKS_A_YEAR, np.zeros_like(since)
    action = fit(np.column_stack([one, since > 0, years]), none)
    tried = [
        (weeks, course, fit(np.column_stack([one, course, years]), none))
        for weeks in _BEGAN
        if (since < -weeks).sum() >= _LEAST_WEEKS
        for course in ((since >= -weeks).astype(np.float64), np.maximum(since + weeks, 0) / WEEKS_A_YEAR)
    ]
    dispersion = min(fitted.dispersion for fitted in (action, *(fitted for _, _, fitted in tried)))
    most = action.deviance - 2 * _LIKELIER * dispersion
    likelier = [each for each in tried if each[2].deviance <= most]
    return [(weeks, course) for weeks, course, _ in sorted(likelier, key=lambda each: each[2].deviance)]


def _change(fit: _Fit, since: Floats, drift: float, weights: Floats) -> tuple[float, float]:
    """The level's change and half of its 95 % interval, a trend taken off as far as it is one."""
    after = (since > 0).astype(np.float64)
    years = (since - since.mean()) / WEEKS_A_YEAR
    level = np.column_stack([np.ones_like(after), after])
    trended = fit(np.column_stack([level, years]), np.zeros_like(years))
    trend, trend_variance = _posterior(trended.values[2], trended.errors[2] ** 2, drift)
    flat = fit(level, trend * years)
    apart = np.average(years[after == 1], weights=weights[after == 1]) - np.average(
        years[after == 0], weights=weights[after == 0]
    )
    error = np.sqrt(flat.errors[1] ** 2 + apart**2 * trend_variance)
    return float(flat.values[1]), float(t.ppf(_SURE, max(flat.freedom - 1, 1)) * error)


def _posterior(trend: float, variance: float, drift: float) -> tuple[float, float]:
    """A trend and its variance under a normal prior around none, with drift as its standard deviation.

    A trend much steeper than drift and chance explain is one all the same: the prior is then as wide as it (moments).
    """
    if not np.isfinite(variance):
        return 0.0, drift**2
    is_steep = trend**2 > _STEEP**2 * (variance + drift**2)
    prior = trend**2 - variance if is_steep else drift**2
    known = prior / (prior + variance)
    return known * trend, prior * (1 - known)


def _none_left(
    fit: Callable[[Flags], _Fit],
    own: Floats,
    exposed: Floats,
    since: Floats,
    drift: float,
    chance: float = 0.0,
) -> Effect:
    """All tickets gone, with the most that may be left; no bound where they may have gone before the action.

    exposed: what own is expected to be, up to a factor. chance: variance of the logarithm of what was expected since.
    The bound is the wider one of two: that of the weeks before with their trend, and that of the last ones before, whose
    trend may differ from none as far as that of all does: what fades need not do so evenly. None where the tickets had
    stopped before: already the last weeks before have none, as chance seldom makes it. Nor where they tell rather of a
    fall of their own (see _own_courses).
    """
    for weeks, _ in _own_courses(fit(since != 0), since):
        return Effect(-1.0, -1.0, None, weeks)
    recent = (since < 0) & (since >= -_WEEKS_AROUND)
    stopped = recent & (since > since[own > 0].max())
    usual = own[recent].sum() / max(exposed[recent].sum(), 1e-9)
    if usual == 0 or np.exp(-usual * exposed[stopped].sum()) < 1 - _SURE:
        return Effect(-1.0, -1.0, None)
    all_say, trend = _most_left(fit(since < 0), exposed, since, since < 0, drift, chance)
    last_say, _ = _most_left(fit(recent), exposed, since, recent, abs(trend), chance)
    return Effect(-1.0, -1.0, max(all_say, last_say) - 1)


def _most_left(
    fit: _Fit, exposed: Floats, since: Floats, weeks: Flags, drift: float, chance: float
) -> tuple[float, float]:
    """Upper end of the share left where no ticket came since, as some weeks before let expect; and the trend of these.

    The expected number has a gamma distribution, which without a trend and with counts as chance makes them is the
    interval of Clopper & Pearson; where they vary more, none at all is likelier (negative binomial).
    """
    after = since > 0
    years = (since - np.average(since[weeks], weights=exposed[weeks])) / WEEKS_A_YEAR
    mean = np.ones((int(weeks.sum()), 1))
    trended = fit(np.column_stack([mean, years[weeks]]), np.zeros(len(mean)))
    trend, trend_variance = _posterior(trended.values[1], trended.errors[1] ** 2, drift)
    level = fit(mean, trend * years[weeks])
    expected = float((exposed[after] * np.exp(level.values[0] + trend * years[after])).sum())
    apart = np.average(years[after], weights=exposed[after])
    variance = level.errors[0] ** 2 + apart**2 * trend_variance + chance
    clustered = np.log(level.varied) / (level.varied - 1) if level.varied > 1.001 else 1.0
    return float(((1 - _SURE) ** -variance - 1) / (variance * max(expected, 1e-9) * clustered)), trend


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


def _exact(counts: list[float], exposed: list[float]) -> Effect:
    before, after = counts
    everything = before + after
    if everything == 0:
        return Effect(None, None, None)
    low = float(beta.ppf(0.025, after, before + 1)) if after else 0.0
    high = float(beta.ppf(0.975, after + 1, before)) if before else 1.0
    change = exposed[0] / max(exposed[1], 1e-9)
    found, lowest, highest = (
        share / (1 - share) * change - 1 if share < 1 else None for share in (after / everything, low, high)
    )
    return Effect(found, lowest, highest)
