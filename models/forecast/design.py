"""The base of a day's volume: level, trend, weekdays, the year and the month, as penalised columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from models.forecast.panel import Floats, Ints

YEAR = 365.25
FULL_HISTORY_DAYS = 730  # two years: from here on the year's shape is seen twice
YEARLY_HISTORY_DAYS = 300  # under this a yearly shape is guesswork and left out
SHORT_HISTORY_DAYS = 56  # under eight weeks: weekdays and level only
HINGE_EVERY_DAYS = 91
HINGES_END_DAYS = 60  # a bend younger than this is noise as often as news
TREND_DAMPING_DAYS = 30.0
YEARLY_WAVES = 6
CAUTION = 20.0  # on the yearly shape while the year has not been seen twice
RECENCY_HALF_LIFE_DAYS = 1000.0


@dataclass(frozen=True)
class Design:
    """Base columns, shape (history days + horizon days, columns), and each one's L2 penalty.

    trend: how many of the first columns are level and trend; the rest are weekdays, year and month.
    """

    matrix: Floats
    penalty: Floats
    trend: int


@lru_cache(maxsize=32)
def base_design(first: date, days: int, horizon: int, hinge_penalty: float) -> Design:
    """Columns for `days` days of history from `first` on and `horizon` days after.

    The trend runs in years before the last day of history, 0 there, and is damped after it. Under two years
    of history the yearly shape is held back the more strongly; under eight weeks only level and
    weekdays are left. The arrays are shared between calls: they are not to be changed.
    """
    since_first = np.arange(days + horizon, dtype=float)
    weekday = (since_first.astype(int) + first.weekday()) % 7
    columns = [np.ones(days + horizon)]
    penalty = [1e-6]
    short = days < SHORT_HISTORY_DAYS
    if not short:
        ahead = since_first - (days - 1)
        damped = np.where(
            ahead > 0, TREND_DAMPING_DAYS * -np.expm1(-np.maximum(ahead, 0) / TREND_DAMPING_DAYS), ahead
        )
        years = damped / YEAR
        columns.append(years)
        penalty.append(1.0)
        for knot in range(HINGES_END_DAYS, days - HINGE_EVERY_DAYS, HINGE_EVERY_DAYS):
            columns.append(np.maximum(years + knot / YEAR, 0.0))
            penalty.append(hinge_penalty)
    trend = len(columns)
    columns += [(weekday == day).astype(float) for day in range(7)]
    penalty += [0.5] * 7
    if short:
        return Design(np.column_stack(columns), np.array(penalty), trend)

    dates = np.datetime64(first) + np.arange(days + horizon)
    if days >= YEARLY_HISTORY_DAYS:
        since_2000 = (dates - np.datetime64("2000-01-01")).astype(float)
        caution = 1.0 if days >= FULL_HISTORY_DAYS else CAUTION
        _add_year(2 * np.pi * since_2000 / YEAR, weekday, caution, columns, penalty)
    months = dates.astype("datetime64[M]")
    in_month = (
        2
        * np.pi
        * (dates - months).astype(float)
        / ((months + 1).astype("datetime64[D]") - months).astype(float)
    )
    for wave in (1, 2):
        columns += [np.sin(wave * in_month), np.cos(wave * in_month)]
        penalty += [3.0] * 2
    return Design(np.column_stack(columns), np.array(penalty), trend)


def _add_year(
    in_year: Floats, weekday: Ints, caution: float, columns: list[Floats], penalty: list[float]
) -> None:
    """Appends the year's shape, and how it differs on working days, Saturdays and Sundays."""
    for wave in range(1, YEARLY_WAVES + 1):
        columns += [np.sin(wave * in_year), np.cos(wave * in_year)]
        penalty += [caution * 0.5 * wave**2] * 2
    for days_of_kind in (weekday < 5, weekday == 5, weekday == 6):
        kind = days_of_kind.astype(float)
        for wave in (1, 2):
            columns += [kind * np.sin(wave * in_year), kind * np.cos(wave * in_year)]
            penalty += [caution * 3.0] * 2


def recency_weights(days: int) -> Floats:
    """Weight of each day of history: half after RECENCY_HALF_LIFE_DAYS."""
    return 0.5 ** (np.arange(days - 1, -1, -1) / RECENCY_HALF_LIFE_DAYS)
