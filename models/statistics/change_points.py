"""When a figure's level changed for good: change points in its days, once the weekday is taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.statistics.over_representation import Z_95
from models.statistics.scales import Scale

Floats = npt.NDArray[np.float64]

WEEK = 7
LEAST_DAYS = 8 * WEEK
# A level lasts at least two weeks: what is over sooner is a signal of its days, not another level.
_SHORTEST = 2 * WEEK
# Each further change point must explain this much of the squared deviations, per logarithm of the days. BIC for one
# change is 2; days that hang together and the search over every day ask for more: on noise one series in twenty has one.
_PENALTY_PER_LOG_DAY = 3.0


@dataclass(frozen=True)
class LevelChange:
    """place: first day of the new level. before, after: the levels, in the figure's unit; low, high: 95 % interval of
    the difference."""

    place: int
    before: float
    after: float
    low: float
    high: float


def level_changes(
    values: Floats, denominators: Floats, counts: npt.NDArray[np.bool_], scale: Scale
) -> list[LevelChange]:
    """The days on which a figure's level changed.

    values, denominators, counts: as for a daily chart. On the figure's scale, square roots for counts, the weekday's
    median is taken off and days are weighed by what they rest on. Change points: PELT (Killick et al. 2012) on squared
    deviations in units of the noise of whole weeks, which is larger than that of days where these hang together.
    """
    import ruptures

    days = np.flatnonzero(counts & np.isfinite(values))
    if len(days) < LEAST_DAYS:
        return []
    scaled, unit = scale.put(values[days], denominators[days]), scale.unit(denominators[days])
    flat = scaled - _weekday_medians(days, scaled)
    noise = _noise_by_weeks(flat / unit)
    if noise == 0:
        return []
    # Weighing by chance noise: every day counts as what it is worth, on the scale of an ordinary day.
    usual = float(np.median(unit))
    standard = (flat - np.median(flat)) / (np.maximum(unit, usual) * noise)
    search = ruptures.KernelCPD(kernel="linear", min_size=_SHORTEST).fit(standard.reshape(-1, 1))
    bounds = [0, *(int(place) for place in search.predict(pen=_PENALTY_PER_LOG_DAY * np.log(len(days))))]
    weights = 1 / unit**2
    typical = float(np.nanmedian(denominators[days])) if np.isfinite(denominators[days]).any() else 1.0
    found = []
    for start, place, end in zip(bounds[:-2], bounds[1:-1], bounds[2:], strict=True):
        sides = [slice(start, place), slice(place, end)]
        levels = [float(np.average(flat[side], weights=weights[side])) for side in sides]
        error = noise * float(np.sqrt(sum(1 / weights[side].sum() for side in sides)))
        before, after, low, high = scale.back(
            np.array([levels[0], levels[1], levels[1] - Z_95 * error, levels[1] + Z_95 * error]),
            np.full(4, typical),
        )
        found.append(
            LevelChange(
                int(days[place]), float(before), float(after), float(low - before), float(high - before)
            )
        )
    return found


def _weekday_medians(days: npt.NDArray[np.int64], scaled: Floats) -> Floats:
    """Each day's usual difference by its weekday, from the median of the weeks around it, so that a changed level is no
    weekday."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(scaled, WEEK // 2, mode="edge"), WEEK)
    left = scaled - np.median(around, axis=1)
    effects = np.array([np.median(left[days % WEEK == weekday]) if (days % WEEK == weekday).any() else 0.0
                        for weekday in range(WEEK)])  # fmt: skip
    return np.asarray((effects - effects.mean())[days % WEEK])


def _noise_by_weeks(standard: Floats) -> float:
    """Standard deviation of a day such that whole weeks vary as they do, at least as days do.

    By changes from one to the next, so that a changed level adds nothing: their median absolute value is 0.954 standard
    deviations for normal draws.
    """
    weeks = standard[len(standard) % WEEK :].reshape(-1, WEEK).mean(axis=1)
    by_days = np.median(np.abs(np.diff(standard))) / 0.954
    by_weeks = np.median(np.abs(np.diff(weeks))) / 0.954 * np.sqrt(WEEK)
    return float(max(by_days, by_weeks))
