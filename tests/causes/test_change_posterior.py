"""What is known of a change, against the exact answer where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import cauchy, norm, t

from models.causes.change_posterior import Likelihood, change_posterior
from models.causes.own_courses import own_courses

SINCE = np.array([*range(-20, 0), *range(1, 13)], dtype=float)
NOISE, DRIFT = 0.3, 0.3
CHANGES = np.linspace(-6, 4, 2001)


def exact(values: np.ndarray) -> np.ndarray:
    """Median and 95 % interval of the change of normal values, by the marginal density of each course: no Laplace."""
    after = (SINCE > 0).astype(float)
    trend = (SINCE - SINCE.mean()) / 52.18
    freedom = len(SINCE) - 4
    variance = NOISE**2 * (t.ppf(0.975, freedom) / norm.ppf(0.975)) ** 2  # what few weeks add
    density = []
    for course in own_courses(SINCE):
        columns = np.column_stack([np.ones_like(SINCE), trend, course.columns])
        spread = np.array([1e3, DRIFT, *course.spread])
        covariance = (columns * spread**2) @ columns.T + variance * np.eye(len(SINCE))
        root = np.linalg.cholesky(covariance)
        apart = np.linalg.solve(root, values - course.columns @ course.usual)
        distance = ((apart[:, None] - np.linalg.solve(root, after)[:, None] * CHANGES) ** 2).sum(axis=0)
        density.append(np.log(course.likely) - distance / 2 - np.log(np.diag(root)).sum())
    logarithm = np.array(density) + cauchy.logpdf(CHANGES, scale=0.7)
    reached = np.exp(logarithm - logarithm.max()).sum(axis=0).cumsum()
    return np.interp([0.025, 0.5, 0.975], reached / reached[-1], CHANGES)


@pytest.mark.parametrize(("step", "fade"), [(-1.0, 0.0), (-0.8, 1.2), (-2.0, 1.2)])
def test_the_average_over_all_courses_is_that_of_their_exact_densities(step, fade):
    """A step at the action, and a fade that began eight weeks before, clear enough that its misfit is no noise."""
    noise = np.random.default_rng(0).normal(0, 0.1, len(SINCE))
    values = 5 + noise + step * (SINCE > 0) - fade * np.maximum(SINCE + 9, 0) / 9

    def of(levels):
        apart = values - levels
        return -(apart**2) / 2 / NOISE**2, apart / NOISE**2, np.full(apart.shape, NOISE**-2)

    told = change_posterior(Likelihood(of, values.mean()), SINCE, DRIFT)
    assert [told.low, told.median, told.high] == pytest.approx(exact(values), abs=0.02)
    assert told.high < 0  # or else no course of its own is asked for
