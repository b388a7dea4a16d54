"""What the weeks say of a change of level at an action, averaged over what a series may have done by itself (Bayes)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import cauchy, norm, t

from models.causes.expected_weeks import WEEKS_A_YEAR
from models.causes.own_courses import PARTS, OwnCourse, none_of_its_own, own_courses

Floats = npt.NDArray[np.float64]

# What is usual of a change at an action before the weeks are seen, on the logarithm: half of actions change less than
# this, but some end a theme (Cauchy, as Jeffreys 1961 has it). Where the change is looked for first: about anywhere.
_USUAL_CHANGE, _ANY_CHANGE = 0.7, 3.0
# So wide that the level is known from the weeks alone.
_LEVEL = 1e3
# Weeks over which what moves one week still moves the next.
_LAGS = 4
_PARAMETERS = 4  # that the weeks tell: level, trend, change and about one of a course
_SURE, _LIKELIER_THAN_NOT = 0.975, 0.5
# Courses less likely than the likeliest by this, on the logarithm, move no end of the interval.
_UNLIKELY = 7.0
# The change is integrated over so many standard deviations either side of its mode, in so many steps.
_REACH, _STEPS = 4.0, 25
_ROUNDS, _CLOSE, _LONGEST_STEP = 50, 1e-6, 2.0


@dataclass(frozen=True)
class Likelihood:
    """What some values say of the model's level in each week.

    of: of levels, shape (..., weeks), the log likelihood, its first derivative and less its second. level: about where the
    level is. unit: what a logarithm of 1 is on the model's scale. least_dispersion: variance relative to the likelihood's
    that there is at least: 1 for counts, as chance makes them.
    """

    of: Callable[[Floats], tuple[Floats, Floats, Floats]]
    level: float
    unit: float = 1.0
    least_dispersion: float = 1.0


@dataclass(frozen=True)
class ChangePosterior:
    """The change's median and 95 % interval.

    began: weeks before the action, where it is likelier than not that the series had begun to move by itself.
    """

    low: float
    median: float
    high: float
    began: int | None


@dataclass(frozen=True)
class _Models:
    """One model a course; the last column is the change. Shapes (models, weeks, columns), else (models, columns)."""

    courses: list[OwnCourse]
    columns: Floats
    usual: Floats
    precision: Floats

    def only(self, chosen: npt.NDArray[np.int64]) -> _Models:
        courses = [self.courses[place] for place in chosen]
        return _Models(courses, self.columns[chosen], self.usual[chosen], self.precision[chosen])

    def without_change(self) -> _Models:
        return _Models(self.courses, self.columns[..., :-1], self.usual[:, :-1], self.precision[:, :-1])


@dataclass(frozen=True)
class _Fitted:
    """Most likely values, shape (models, held, columns), with what they say. evidence: logarithm, by Laplace."""

    values: Floats
    curvature: Floats
    evidence: Floats
    score: Floats
    information: Floats


def change_posterior(likelihood: Likelihood, since: Floats, drift: float) -> ChangePosterior:
    """What is known of the change from before to after.

    since: weeks since the action, none 0. drift: standard deviation of what the level moves in a year by itself. Every
    model has a level, a trend, the change and a course of its own (see own_courses), with normal priors. Models are
    averaged by how likely the weeks make them (Hoeting et al. 1999), each by Laplace's approximation given the change, which
    is integrated numerically (Rue, Martino & Chopin 2009): few tickets tell courses badly apart, and the interval is then
    as wide as they leave it. The likelihood is taken to the power of 1 / dispersion: the larger of that of the weeks
    (quasi-likelihood) and, of the change, that of weeks that hang together (HAC, Newey & West 1987).

    Courses of its own only where without one the change is beyond chance: most are not.
    """
    plain = _averaged(likelihood, _models(likelihood, since, drift, [none_of_its_own(since)]))
    if plain.low <= 0 <= plain.high:
        return plain
    return _averaged(likelihood, _models(likelihood, since, drift, own_courses(since)))


def _models(likelihood: Likelihood, since: Floats, drift: float, courses: list[OwnCourse]) -> _Models:
    years, unit = (since - since.mean()) / WEEKS_A_YEAR, likelihood.unit
    fixed, after = np.column_stack([np.ones_like(since), years]), since[:, None] > 0
    spreads = [[_LEVEL * unit, drift, *(unit * course.spread), _ANY_CHANGE * unit] for course in courses]
    return _Models(
        courses,
        np.stack([np.hstack([fixed, course.columns, after]) for course in courses]),
        np.array([[0, 0, *(unit * course.usual), 0] for course in courses]),
        np.array(spreads) ** -2.0,
    )


def _averaged(likelihood: Likelihood, models: _Models) -> ChangePosterior:
    start = np.zeros((len(models.courses), 1, PARTS + 3))
    start[..., 0] = likelihood.level
    dispersion = max(likelihood.unit**2, 1e-12) if likelihood.least_dispersion == 0 else 1.0
    for _ in range(2):
        fitted = _fit(likelihood, models, start, dispersion)
        dispersion = _dispersion(models, fitted, likelihood.least_dispersion)
        start = fitted.values
    fitted = _fit(likelihood, models, start, dispersion)
    likely = np.flatnonzero(fitted.evidence[:, 0] > fitted.evidence.max() - _UNLIKELY)
    models = models.only(likely)
    mode, error = fitted.values[likely, 0, -1], _errors(fitted.curvature[likely, 0])[:, -1]
    changes = mode[:, None] + error[:, None] * np.linspace(-_REACH, _REACH, _STEPS)
    held = np.repeat(fitted.values[likely][..., :-1], _STEPS, axis=1)
    given = _fit(
        likelihood,
        models.without_change(),
        held,
        dispersion,
        changes[..., None] * models.columns[:, None, :, -1],
    )
    prior = cauchy.logpdf(changes, scale=_USUAL_CHANGE * likelihood.unit)
    density = given.evidence + prior + np.log(error)[:, None]
    weights = np.exp(density - density.max())
    weights /= weights.sum()
    low, median, high = _quantiles(changes.ravel(), weights.ravel(), (1 - _SURE, 0.5, _SURE))
    began = [
        (weight, course.began) for weight, course in zip(weights.sum(axis=1), models.courses, strict=True)
    ]
    dated = [each for each in began if each[1] is not None]
    told = max(dated)[1] if sum(weight for weight, _ in dated) > _LIKELIER_THAN_NOT else None
    return ChangePosterior(low, median, high, told)


def _fit(
    likelihood: Likelihood, models: _Models, start: Floats, dispersion: float, known: Floats | float = 0.0
) -> _Fitted:
    """Newton's method, for all models at once. start: shape (models, held, columns); known: of the level, (models, held,
    weeks)."""
    values, columns = start.copy(), models.columns
    usual, precision = models.usual[:, None], models.precision[:, None]
    penalty = precision[..., None] * np.eye(columns.shape[2])
    for _ in range(_ROUNDS):
        told, score, information = likelihood.of(values @ columns.transpose(0, 2, 1) + known)
        gradient = score @ columns / dispersion - precision * (values - usual)
        weighed = information[..., None] * columns[:, None]
        curvature = columns.transpose(0, 2, 1)[:, None] @ weighed / dispersion + penalty
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        longest = np.abs(step).max(axis=-1, keepdims=True)
        if longest.max() < _CLOSE * likelihood.unit:
            break
        values += step / np.maximum(1, longest / (_LONGEST_STEP * likelihood.unit))
    prior = (np.log(precision) - precision * (values - usual) ** 2).sum(axis=-1) / 2
    likely = np.log([course.likely for course in models.courses])[:, None]
    evidence = likely + told.sum(axis=-1) / dispersion + prior - np.linalg.slogdet(curvature)[1] / 2
    return _Fitted(values, curvature, evidence, score, information)


def _dispersion(models: _Models, fitted: _Fitted, least: float) -> float:
    """Of the likeliest model: how many times the likelihood's variance the weeks have, and what few weeks add to that."""
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    best = int(fitted.evidence[:, 0].argmax())
    columns, score, information = models.columns[best], fitted.score[best, 0], fitted.information[best, 0]
    freedom = max(len(score) - _PARAMETERS, 1)
    of_weeks = float((score**2 / np.maximum(information, 1e-9)).sum()) / freedom
    scatter = (columns * information[:, None]).T @ columns + np.diag(models.precision[best])
    to_change = np.linalg.inv(scatter)[-1]
    together = to_change @ S_hac_simple(columns * score[:, None], nlags=_LAGS) @ to_change
    of_change = float(together / to_change[-1]) * len(score) / freedom
    by_t = (t.ppf(_SURE, freedom) / norm.ppf(_SURE)) ** 2
    return max(of_weeks, of_change, least, 1e-12) * float(by_t)


def _errors(curvature: Floats) -> Floats:
    return np.asarray(np.sqrt(np.diagonal(np.linalg.inv(curvature), axis1=-2, axis2=-1)))


def _quantiles(values: Floats, weights: Floats, wanted: tuple[float, ...]) -> list[float]:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - weights[order] / 2
    return [float(value) for value in np.interp(wanted, reached, values[order])]
