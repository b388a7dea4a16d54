"""Individuals charts of days: is a day within what the weeks before let expect, once the weekday is taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.statistics.scales import Scale

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEEK = 7
# A day is compared with the 13 weeks before it: long enough for a steady range, short enough not to hold last season.
WEEKS_BEFORE = 13
LEAST_DAYS = 42
# A mean moving range of two normal draws is 1.128 standard deviations, which makes Shewhart's 3 the 2.66 of XmR.
MOVING_RANGE_PER_SD = 1.128
LIMIT, NEAR = 3.0, 2.0
# Of a median of n normal draws, times n: its variance; and what it takes from the variance of the draws themselves.
_MEDIAN_VARIANCE, _FITTED = 1.571, 0.429
_SD_PER_MEDIAN_DEVIATION = 1.4826  # of normal draws
_OF_FOUR, _NEAR_ONES, _RUN = 4, 3, 8

BEYOND, NEAR_ONE, ONE_SIDE = "beyond a limit", "3 of 4 near a limit", "8 on one side"
RULES = (BEYOND, NEAR_ONE, ONE_SIDE)


@dataclass(frozen=True)
class DailyChart:
    """One value a day. NaN where there is none or too little before it.

    weekday: the weekday's usual difference, in the figure's unit. expected, low, high: the usual range of the day.
    deviation: on the scale, from what is expected. sd: its standard deviation by the moving range, `spread` by all days
    before (their median deviation), which is larger where days hang together. rule: place in RULES, -1 for none.
    """

    weekday: Floats
    expected: Floats
    low: Floats
    high: Floats
    deviation: Floats
    sd: Floats
    spread: Floats
    rule: Ints


def daily_chart(
    values: Floats, denominators: Floats, counts: npt.NDArray[np.bool_], scale: Scale, shown: int
) -> DailyChart:
    """The XmR chart (Wheeler 1993) of one figure's last days, each against the up to 13 weeks before it.

    values: one a day, every day, NaN for none. shown: how many days at the end are charted. denominators: what a rate or
    time rests on. counts: whether a day may be a signal and be learned from; it may not where it is not whole or rests
    on too little. On the figure's scale the weekday's median difference is taken off; limits are the mean of the days
    before plus and minus 2.66 mean moving ranges, both in units of the day's own chance noise (Laney 2002), so that a
    day of few tickets has wider ones, and never narrower than chance. Rules: beyond a limit; 3 of 4 days in a row
    further than two thirds of the way to the same one; 8 days in a row on one side of what is expected. Days that do
    not count are passed over.
    """
    span, shown = WEEKS_BEFORE * WEEK, min(shown, len(values))
    usable = counts & np.isfinite(values)
    scaled = np.where(
        usable, scale.put(np.where(usable, values, 1.0), np.where(usable, denominators, 1.0)), np.nan
    )
    unit = scale.unit(np.where(np.isfinite(denominators) & (denominators > 0), denominators, 1.0))
    past = _windows(scaled, span)[-shown:]
    weekday = _weekday_effects(past)
    flat = past - np.tile(weekday, (1, WEEKS_BEFORE))
    units = _windows(unit, span)[-shown:]
    scaled, unit, denominators = scaled[-shown:], unit[-shown:], denominators[-shown:]
    centre, moving, spread = _past(flat, units, scale.chance)
    sd, spread = moving * unit, spread * unit
    middle = centre + weekday[:, 0]
    deviation = scaled - middle

    def in_unit(scaled_values: Floats) -> Floats:
        return scale.back(scaled_values, np.where(np.isfinite(denominators), denominators, 1.0))

    return DailyChart(
        weekday=in_unit(middle) - in_unit(middle - weekday[:, 0]),
        expected=in_unit(middle),
        low=in_unit(middle - LIMIT * sd),
        high=in_unit(middle + LIMIT * sd),
        deviation=deviation,
        sd=sd,
        spread=spread,
        rule=_rules(deviation / sd),
    )


def _past(flat: Floats, units: Floats, chance: float) -> tuple[Floats, Floats, Floats]:
    """Of the days before each day: their mean, and the standard deviation of a new day by moving range and by spread.

    flat: days without weekday, shape (days, span); units: their chance noise, in which the deviations are. NaN where
    there are too few days, or where they do not move at all.
    """
    weights = np.where(np.isfinite(flat), 1 / units**2, 0.0)
    days = (weights > 0).sum(axis=1)
    known = np.maximum(days, LEAST_DAYS)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(weights > 0, flat * weights, 0).sum(axis=1) / weights.sum(axis=1)
        standard = (flat - centre[:, None]) / units
        moving = np.maximum(_mean_moving_range(standard) / MOVING_RANGE_PER_SD, chance)
        spread = np.maximum(_median(np.abs(standard)) * _SD_PER_MEDIAN_DEVIATION, moving)
    # A new day differs from a weekday's median by more than the days the median was taken from.
    wider = np.sqrt((1 + _MEDIAN_VARIANCE * WEEK / known) / (1 - _FITTED * WEEK / known))
    told = (days >= LEAST_DAYS) & (moving > 0)
    centre, moving, spread = (
        np.where(told, column, np.nan) for column in (centre, moving * wider, spread * wider)
    )
    return centre, moving, spread


def _windows(values: Floats, span: int) -> Floats:
    """The days before each day, shape (days, span), the farthest first; NaN before the first."""
    padded = np.concatenate([np.full(span, np.nan), values[:-1]])
    return np.lib.stride_tricks.sliding_window_view(padded, span).astype(np.float64)


def _weekday_effects(past: Floats) -> Floats:
    """The median of each weekday less their mean, shape (days, 7), the day's own weekday first; 0 while unknown."""
    by_weekday = past.reshape(len(past), WEEKS_BEFORE, WEEK)
    known = np.isfinite(by_weekday).sum(axis=1)
    medians = np.full(known.shape, np.nan)
    rows, places = np.nonzero(known >= LEAST_DAYS // WEEK - 1)
    medians[rows, places] = _median(by_weekday.transpose(0, 2, 1)[rows, places])
    told = np.isfinite(medians)
    mean = np.where(told, medians, 0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    return np.where(told, medians - mean[:, None], 0.0)


def _median(rows: Floats) -> Floats:
    """The median of each row, missing values left out; NaN for a row of nothing else."""
    ordered = np.sort(rows, axis=1)  # what is missing stands last
    known = np.isfinite(rows).sum(axis=1)
    place = np.arange(len(rows))
    return np.asarray((ordered[place, (known - 1) // 2] + ordered[place, known // 2]) / 2)


def _mean_moving_range(standard: Floats) -> Floats:
    """Mean change from one day to the next, days without a value passed over."""
    present = np.isfinite(standard)
    place = np.maximum.accumulate(np.where(present, np.arange(standard.shape[1]), 0), axis=1)
    before = np.take_along_axis(standard, place[:, :-1], axis=1)
    change = np.abs(standard[:, 1:] - before)
    told = np.isfinite(change)
    return np.asarray(np.where(told, change, 0).sum(axis=1) / np.maximum(told.sum(axis=1), 1))


def _rules(standard: Floats) -> Ints:
    """The first of RULES that holds on each day, -1 for none."""
    present = np.flatnonzero(np.isfinite(standard))
    found = np.full(len(standard), -1, dtype=np.int64)
    z = standard[present]
    held = np.full(len(z), -1, dtype=np.int64)
    for side in (1, -1):
        beyond, near, on_side = side * z > LIMIT, side * z > NEAR, side * z > 0
        runs = _last(on_side, _RUN) == _RUN
        near_ones = near & (_last(near, _OF_FOUR) >= _NEAR_ONES)
        for place, holds in ((2, runs), (1, near_ones), (0, beyond)):
            held[holds] = place
    found[present] = held
    return found


def _last(flags: npt.NDArray[np.bool_], days: int) -> Ints:
    """How many of so many days up to each one hold."""
    sums = np.concatenate([np.zeros(days, dtype=np.int64), np.cumsum(flags)])
    return np.asarray(sums[days:] - sums[:-days])
