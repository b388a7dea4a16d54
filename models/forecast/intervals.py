"""Intervals from past errors: conformal on residuals standardised for counts, by horizon bucket."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from models.forecast.panel import Bools, Floats, Ints

BUCKETS = ((1, 7), (8, 14), (15, 28), (29, 60), (61, 90))
COVERAGES = (0.80, 0.95)
POOLING = 16.0  # a node's own overdispersion counts as much as the pool's after this many origins
FEWEST_ORIGINS = 3  # fewer past forecasts than this say next to nothing of the tails
UNTESTED_DISPERSION = 0.25  # squared relative error assumed where no backtest is possible
UNTESTED_WIDENING = 1.5
BEYOND_WIDENING = 1.2  # per bucket that lies beyond what the backtest reached
SYMMETRY_AT = 20.0  # node-origins at which the two tails are told apart as much as held alike


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bounds, each shape (horizon, nodes)."""

    low_80: Floats
    high_80: Floats
    low_95: Floats
    high_95: Floats

    def from_day(self, first: int, step: int = 1) -> dict[str, Floats]:
        """The bounds by column name, from a day of the horizon on, every `step` days."""
        return {
            "low_80": self.low_80[first::step],
            "high_80": self.high_80[first::step],
            "low_95": self.low_95[first::step],
            "high_95": self.high_95[first::step],
        }


@dataclass(frozen=True)
class Calibration:
    """What the backtest says of one level's errors.

    dispersion: v by node, in var = mean + v mean^2. quantile: by coverage, bucket and side (down, up), how
    many standard deviations from the point the bound lies.
    """

    dispersion: Floats
    quantile: Floats


def bucket_of(horizon: int) -> Ints:
    """Index of the bucket of each day ahead, 1 .. horizon; days past the last bucket belong to it."""
    ends = [end for _, end in BUCKETS]
    return np.minimum(np.searchsorted(ends, np.arange(1, horizon + 1)), len(BUCKETS) - 1)


def bucket_name(index: int) -> str:
    """'15-28' and the like."""
    return f"{BUCKETS[index][0]}-{BUCKETS[index][1]}"


def calibrate(actual: Floats, expected: Floats, known: Bools) -> Calibration:
    """Learn a level's error from its backtest.

    actual, expected: shape (origins, horizon, nodes); known: shape (origins, horizon), False for days after
    the history's end. The tails are inflated as a t interval's are for the number of origins there were
    (few independent looks at one sum), less so the more nodes share them.
    """
    _, horizon, nodes = expected.shape
    if known.any(axis=1).sum() < FEWEST_ORIGINS:
        return _uncalibrated(nodes)
    dispersion = _dispersion(actual, expected, known)
    # Closed days are forecast as exactly 0 and say nothing of the spread of open ones.
    z = np.where(expected > 0, _standardised(actual, expected, dispersion), np.nan)
    buckets = bucket_of(horizon)
    quantile = np.zeros((len(COVERAGES), len(BUCKETS), 2))
    reached: int | None = None
    for bucket in range(len(BUCKETS)):
        cells = known & (buckets == bucket)
        open_days = z[cells][~np.isnan(z[cells])]
        if not open_days.size:
            if reached is not None:
                quantile[:, bucket] = quantile[:, bucket - 1] * BEYOND_WIDENING
            continue
        looks = int(cells.any(axis=1).sum())
        for which, coverage in enumerate(COVERAGES):
            quantile[which, bucket] = _tails(open_days, coverage, looks, nodes)
        reached = bucket
    if reached is None:
        return _uncalibrated(nodes)
    quantile[1] = np.maximum(quantile[1], quantile[0])
    return Calibration(dispersion, quantile)


def bounds(expected: Floats, calibration: Calibration) -> Bounds:
    """Bounds round the expected tickets, shape (horizon, nodes); never under 0, the point always inside."""
    deviation = _deviation(expected, calibration.dispersion)
    by_day = calibration.quantile[:, bucket_of(expected.shape[0])][..., None]
    low = np.maximum(expected - by_day[:, :, 0] * deviation, 0.0)
    high = expected + by_day[:, :, 1] * deviation
    return Bounds(low[0], high[0], low[1], high[1])


def _uncalibrated(nodes: int) -> Calibration:
    wide = np.array([special.ndtri(0.5 + coverage / 2) * UNTESTED_WIDENING for coverage in COVERAGES])
    return Calibration(
        np.full(nodes, UNTESTED_DISPERSION), np.broadcast_to(wide[:, None, None], (2, len(BUCKETS), 2)).copy()
    )


def _deviation(expected: Floats, dispersion: Floats) -> Floats:
    return np.sqrt(expected + dispersion * expected**2 + 0.25)


def _standardised(actual: Floats, expected: Floats, dispersion: Floats) -> Floats:
    return (actual - expected) / _deviation(expected, dispersion)


def _dispersion(actual: Floats, expected: Floats, known: Bools) -> Floats:
    """Moment estimate of v by node, drawn to the pool; a surge's error counts no more than twice the mean."""
    error = np.clip(actual - expected, -2 * expected - 1, 2 * expected + 1)
    weight = known[..., None] & (expected > 0)
    excess = ((error**2 - expected) * weight).sum(axis=(0, 1))
    square = (expected**2 * weight).sum(axis=(0, 1))
    pool = max(excess.sum() / max(square.sum(), 1e-9), 1e-4)
    own = np.clip(excess / np.maximum(square, 1e-9), 0.2 * pool, None)
    # The less volume, the less a node's own errors say beyond the noise of counts.
    looks = known.any(axis=1).sum() * square / (square + (expected * weight).sum(axis=(0, 1)) + 1e-9)
    return (looks * own + POOLING * pool) / (looks + POOLING)


def _tails(z: Floats, coverage: float, looks: int, nodes: int) -> Floats:
    """Distance of the lower and upper bound, in standard deviations."""
    tail = (1 - coverage) / 2
    both = float(np.quantile(np.abs(z), coverage))
    apart = np.quantile(z, [tail, 1 - tail]) * [-1, 1]
    independent = looks * np.sqrt(nodes)
    trust = independent / (independent + SYMMETRY_AT)
    degrees = max(independent - 1, 1)
    inflation = special.stdtrit(degrees, 1 - tail) / special.ndtri(1 - tail) * np.sqrt(1 + 1 / independent)
    return np.maximum(trust * apart + (1 - trust) * both, 0.0) * inflation
