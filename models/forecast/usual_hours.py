"""What is usual for an hour of the week, and how far counts stray from it."""

from __future__ import annotations

import numpy as np

from models.forecast.panel import Floats

DAY = 24
FEWEST_WEEKS = 3  # an hour of the week needs so many without a surge; else those with one count as well
PROFILE_PRIOR = 30.0  # tickets: an hour of the week with fewer borrows the shape of its kind of day
WEEK_PRIOR = 100.0  # tickets by which the level of a week is held near that of the others
FIRST_DISPERSION = 0.05
DISPERSION_PRIOR = 0.1  # of the weight of a day's hours, drawn to all hours
LARGEST_RESIDUAL = 3.0  # standard deviations; what is beyond tells of surges, not of noise


def usual_week(counts: Floats, quiet: Floats) -> Floats:
    """Usual counts of the hours of the week that follows some whole weeks, shape (7, 24, series).

    counts, quiet: those weeks, shape (hours, series); quiet is NaN in surges and around holidays. An hour of the
    week is the median over the weeks, each brought to the level of the last one, drawn to the mean of its hour on days
    like it where it holds few tickets.
    """
    weeks, quiet_weeks = (part.reshape(-1, 7, DAY, part.shape[1]) for part in (counts, quiet))
    mean = _nanmean(quiet_weeks)
    mean = np.where(np.isfinite(mean), mean, _nanmean(weeks))
    level = _week_levels(quiet_weeks, mean)
    level = (level[-1] / level)[:, None, None, :]
    enough = np.isfinite(quiet_weeks).sum(axis=0) >= FEWEST_WEEKS
    chosen = np.where(enough, quiet_weeks, weeks) * level
    known = np.isfinite(chosen).sum(axis=0)
    alike = np.maximum(_days_alike(_nanmean(chosen)), 1e-3)
    return (known * np.nan_to_num(_nanmedian(chosen)) + PROFILE_PRIOR) / (known + PROFILE_PRIOR / alike)


def _week_levels(quiet_weeks: Floats, mean: Floats) -> Floats:
    """Tickets of each week's quiet hours over what the mean week has in them, shape (weeks, series)."""
    known = np.isfinite(quiet_weeks)
    seen = np.where(known, quiet_weeks, 0.0).sum(axis=(1, 2))
    expected = np.where(known, np.nan_to_num(mean), 0.0).sum(axis=(1, 2))
    return (seen + WEEK_PRIOR) / (expected + WEEK_PRIOR)


def _days_alike(by_weekday: Floats) -> Floats:
    """Mean by hour over a weekday and the two others with the nearest totals, shape (7, 24, series)."""
    totals = by_weekday.sum(axis=1)
    distance = np.nan_to_num(np.abs(totals[:, None] - totals[None, :]), nan=np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :3]
    return _nanmean(np.moveaxis(np.take_along_axis(by_weekday[None], nearest[:, :, None, :], axis=1), 1, 0))


def _nanmedian(values: Floats) -> Floats:
    """Median over the first, short axis without what is NaN; NaN where nothing is known."""
    known = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values, axis=0)
    low, high = np.maximum((known - 1) // 2, 0), np.maximum(known // 2, 0)
    high = np.minimum(high, len(values) - 1)
    middle = np.take_along_axis(ordered, np.stack([low, high]), axis=0).mean(axis=0)
    return np.where(known > 0, middle, np.nan)


def _nanmean(values: Floats) -> Floats:
    known = np.isfinite(values).sum(axis=0)
    return np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan)


def dispersion_by_hour(clean: Floats, expected: Floats, before: Floats) -> Floats:
    """v by hour of the day, shape (24, series), by moments; drawn to that of all hours."""
    known = np.isfinite(clean) & np.isfinite(expected)
    mean = np.where(known, expected, 0.0)
    variance = mean + np.tile(before, (len(clean) // DAY + 1, 1))[: len(clean)] * mean**2
    error = np.where(known, np.clip(clean - mean, -LARGEST_RESIDUAL * np.sqrt(variance), None), 0.0)
    # What was clipped off above came back as a wider spread before: 1.03 makes good for clipping at 3.
    excess = (error**2 * 1.03 - mean).reshape(-1, DAY, clean.shape[1]).sum(axis=0)
    square = (mean**2).reshape(-1, DAY, clean.shape[1]).sum(axis=0)
    prior = 0.2 * np.maximum(square.max(axis=0), 1.0)
    pool = (excess.sum(axis=0) + 0.05 * FIRST_DISPERSION * prior) / (square.sum(axis=0) + 0.05 * prior)
    pool = np.maximum(pool, 1e-3)
    weight = DISPERSION_PRIOR * square.sum(axis=0) / DAY + 1.0
    return np.maximum((np.maximum(excess, 0) + weight * pool) / (square + weight), 1e-3)
