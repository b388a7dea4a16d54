"""What surge detection is tried on: simulated hours, surges planted into hours, and waves that rise and fade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DAY, WEEK = 24, 168
# Share of contacts by hour of the day and by weekday, as in a support operation.
BY_HOUR = np.array(
    [1.6, 1.0, 0.7, 0.5, 0.5, 0.7, 1.3, 2.4, 3.9, 5.1, 5.8, 6.1, 5.9, 5.6, 5.7, 5.7, 5.6, 5.5, 5.6, 5.9, 6.2, 6.0, 4.6, 2.9]
)  # fmt: skip
BY_WEEKDAY = np.array([1.14, 1.1, 1.05, 1.02, 1.0, 0.84, 0.8])
SIZES = (1.5, 2.0, 3.0, 5.0)
PLANTED_HOURS = 48
HISTORY_HOURS = 20 * WEEK  # seen before a planted surge
WAVE_DAYS = 20
DAY_NOISE = 0.1  # how far a day without a wave strays from its usual


def simulate_hours(per_hour: float, days: int, series: int, seed: int) -> np.ndarray:
    """Quiet hourly counts, shape (hours, series): a rhythm, a slow drift, days that differ, and overdispersed hours."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * DAY)
    rhythm = BY_HOUR[hours % DAY] / BY_HOUR.mean() * BY_WEEKDAY[hours // DAY % 7] / BY_WEEKDAY.mean()
    drift = np.exp(np.cumsum(rng.normal(0, 0.01, (days, series)), axis=0))
    day = (drift * rng.gamma(150, 1 / 150, (days, series))).repeat(DAY, axis=0)
    mean = per_hour * rhythm[:, None] * day * rng.gamma(50, 1 / 50, (len(hours), series))
    return rng.poisson(mean).astype(float)


@dataclass(frozen=True)
class Planted:
    """Copies of a series, each with one surge, shape (hours, copies); size, hour and usual volume at it by copy."""

    counts: np.ndarray
    holidays: np.ndarray
    size: np.ndarray
    hour: np.ndarray
    usual: np.ndarray


def plant_surges(counts: np.ndarray, holidays: np.ndarray, places: int, seed: int) -> Planted:
    """Add a surge of every size at random hours of a series, shape (hours,): so many times the usual for two days.

    What is usual at an hour is the median of that hour in the five weeks around it.
    """
    rng = np.random.default_rng(seed)
    history = min(HISTORY_HOURS, (len(counts) - PLANTED_HOURS) * 3 // 4) // DAY * DAY
    first = rng.integers(history, len(counts) - PLANTED_HOURS, places)
    columns, off, hour, usual = [], [], [], []
    for start in first:
        begin = (start - history) // DAY * DAY
        part = slice(begin, start + PLANTED_HOURS)
        around = np.clip(
            np.arange(start, start + PLANTED_HOURS)[:, None] + WEEK * np.arange(-2, 3), 0, len(counts) - 1
        )
        expected = np.nanmedian(counts[around], axis=1)
        for size in SIZES:
            column = np.full(history + DAY + PLANTED_HOURS, np.nan)
            column[: start + PLANTED_HOURS - begin] = counts[part]
            column[start - begin : start - begin + PLANTED_HOURS] += rng.poisson((size - 1) * expected)
            is_off = np.zeros(len(column), dtype=bool)
            is_off[: start + PLANTED_HOURS - begin] = holidays[part]
            columns.append(column)
            off.append(is_off)
            hour.append(start - begin)
            usual.append(float(expected[:6].mean()))
    return Planted(
        np.stack(columns, axis=1),
        np.stack(off, axis=1),
        np.tile(SIZES, places),
        np.array(hour),
        np.array(usual),
    )


def simulate_wave(usual_a_day: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A wave over quiet days: tickets and what would have come without it, per day of 24 hours since its start.

    Its shape is not the aftermath model's: it rises for 4 to 36 hours, fades as a stretched exponential and
    every day strays by a fifth.
    """
    hours = np.arange(WAVE_DAYS * DAY)
    rise = rng.uniform(4, 36)
    half_life = np.exp(rng.normal(np.log(2.8), 0.5))
    faded = 0.5 ** ((np.maximum(hours - rise, 0) / DAY / half_life) ** rng.uniform(0.75, 1.3))
    peak = usual_a_day / DAY * rng.uniform(0.7, 5)
    strays = rng.gamma(25, 1 / 25, WAVE_DAYS).repeat(DAY)
    rhythm = np.roll(BY_HOUR / BY_HOUR.mean(), -int(rng.integers(DAY)))[hours % DAY]
    usual = usual_a_day / DAY * rhythm
    came = rng.poisson(usual * rng.gamma(1 / DAY_NOISE**2, DAY_NOISE**2, WAVE_DAYS).repeat(DAY))
    wave = rng.poisson(peak * np.clip(hours / rise, 0, 1) * faded * strays * rhythm)
    return (came + wave).reshape(-1, DAY).sum(axis=1).astype(float), usual.reshape(-1, DAY).sum(axis=1)
