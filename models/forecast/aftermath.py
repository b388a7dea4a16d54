"""How a surge is likely to fade: 60 % of the peak on its first day, then halving every half-life.

excess(0) = 0.6 A, excess(t) = A x 0.5^((t - 1) / half-life), t in days of 24 hours since the surge began. The
half-life has a log-normal prior learnt from past waves, so three days are enough for a sober answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.forecast.panel import Floats

FIRST_DAY_SHARE = 0.6  # of the peak: a wave begins in the middle of a day
HALF_LIVES = np.geomspace(0.3, 20.0, 80)  # days
DRAWS = 400
WAVE_NOISE = 0.35  # how far a day of a wave strays from its smooth course, relative
PRIOR_WAVES = 3.0  # the assumed prior counts as much as this many waves seen


@dataclass(frozen=True)
class HalfLifePrior:
    """Log-normal: the median in days and the standard deviation of the logarithm."""

    median_days: float = 2.5
    spread: float = 0.6


@dataclass(frozen=True)
class Aftermath:
    """A fitted course. excess: tickets above the usual per day since the start, shape (draws, days)."""

    half_life_days: float
    excess: Floats

    def between(self, from_days: Floats, to_days: Floats) -> Floats:
        """Excess between moments in days since the start, shape (draws, moments); even within a day."""
        grown = np.concatenate([np.zeros((len(self.excess), 1)), np.cumsum(self.excess, axis=1)], axis=1)
        places = np.arange(grown.shape[1])
        return np.stack(
            [np.interp(to_days, places, row) - np.interp(from_days, places, row) for row in grown]
        )


def fit_aftermath(
    excess: Floats, deviation: Floats, days: int, prior: HalfLifePrior = HalfLifePrior()
) -> Aftermath:
    """Fit the course of a surge and draw from it, `days` days from its start on.

    excess: tickets above the usual in each day of 24 hours since the start; a last day not yet over is left out
    unless it is the first. deviation: the standard deviation of each from the noise of counts alone. Raises
    ValueError where nothing is known or the shapes disagree.
    """
    if excess.shape != deviation.shape or not excess.size:
        raise ValueError(
            f"excess {excess.shape} and deviation {deviation.shape} must be of one length, 1 or more"
        )
    rng = np.random.default_rng(0)
    shape = course(HALF_LIVES, max(days, len(excess)))
    seen = shape[:, : len(excess)]
    variance = deviation**2 + (WAVE_NOISE * np.maximum(excess, 0.0)) ** 2 + 1.0
    information = (seen**2 / variance).sum(axis=1)
    peak = np.maximum((seen * excess / variance).sum(axis=1) / information, 0.0)
    misfit = ((excess - peak[:, None] * seen) ** 2 / variance).sum(axis=1)
    log_prior = -0.5 * (np.log(HALF_LIVES / prior.median_days) / prior.spread) ** 2
    log_weight = log_prior - 0.5 * misfit - 0.5 * np.log(information)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    chosen = rng.choice(len(HALF_LIVES), DRAWS, p=weight)
    peaks = np.maximum(peak[chosen] + rng.standard_normal(DRAWS) / np.sqrt(information[chosen]), 0.0)
    strays = np.exp(WAVE_NOISE * rng.standard_normal((DRAWS, shape.shape[1])) - WAVE_NOISE**2 / 2)
    half_life = float(np.exp(weight @ np.log(HALF_LIVES)))
    return Aftermath(half_life, peaks[:, None] * shape[chosen] * strays)


def course(half_life_days: Floats, days: int) -> Floats:
    """The excess per day as shares of the peak, shape (half-lives, days)."""
    since_peak = np.maximum(np.arange(days) - 1.0, 0.0)
    shape = 0.5 ** (since_peak[None, :] / half_life_days[:, None])
    shape[:, 0] = FIRST_DAY_SHARE
    return shape


def course_shares(half_life_days: Floats, days: int) -> Floats:
    """The share of all of a wave's excess that each day brings, shape (half-lives, days)."""
    decay = 0.5 ** (1 / half_life_days)
    return course(half_life_days, days) / (FIRST_DAY_SHARE + 1 / (1 - decay))[:, None]


def learn_half_life(waves: Sequence[Floats], deviations: Sequence[Floats]) -> HalfLifePrior:
    """The prior that past waves suggest, each given as its excess per day from start to end.

    A wave counts one, what is assumed without any counts PRIOR_WAVES.
    """
    assumed = HalfLifePrior()
    found = [
        np.log(
            fit_aftermath(
                excess, deviation, len(excess), HalfLifePrior(assumed.median_days, 1.5)
            ).half_life_days
        )
        for excess, deviation in zip(waves, deviations, strict=True)
        if len(excess) >= 3
    ]
    total = PRIOR_WAVES + len(found)
    middle = (PRIOR_WAVES * np.log(assumed.median_days) + sum(found)) / total
    spread = (PRIOR_WAVES * assumed.spread**2 + sum((value - middle) ** 2 for value in found)) / total
    return HalfLifePrior(float(np.exp(middle)), float(np.sqrt(spread)))
