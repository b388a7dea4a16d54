"""Sums of whole weeks with an interval of their own: a week's error is less than its days' errors added up."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from models.forecast.backtest import Backtest, out_of_sample_bounds
from models.forecast.hierarchy import Level
from models.forecast.intervals import Bounds, bounds, calibrate
from models.forecast.panel import SEGMENT, Bools, Floats

DAYS = 7
WEEKLY_SCHEMA = (
    {"made_on": pl.Date, "level": pl.String}
    | dict.fromkeys(SEGMENT, pl.String)
    | {"week": pl.Date}
    | dict.fromkeys(("expected", "low_80", "high_80", "low_95", "high_95"), pl.Float64)
)


def weekly_points(
    level: Level, expected: Floats, backtest: Backtest, first: date, made_on: date
) -> pl.DataFrame:
    """Every whole week (Monday to Sunday) after `made_on`, one row per node and week.

    expected: shape (days, nodes), the first day being `first`. The interval is calibrated on every seven days
    in a row of the backtest, which tell how the errors of neighbouring days go together.
    """
    actual, tested, known = _in_weeks(level, backtest)
    sums = week_sums(expected)
    return _whole_weeks(level, sums, bounds(sums, calibrate(actual, tested, known)), first, made_on)


def past_weekly_points(level: Level, backtest: Backtest, made_on: list[date]) -> list[pl.DataFrame]:
    """The same as of each origin of the backtest, its interval learnt from the other origins.

    made_on: the last day each origin knew.
    """
    actual, tested, known = _in_weeks(level, backtest)
    made = zip(made_on, tested, out_of_sample_bounds(actual, tested, known), strict=True)
    return [_whole_weeks(level, sums, bound, day + timedelta(days=1), day) for day, sums, bound in made]


def past_daily_points(level: Level, backtest: Backtest, made_on: list[date]) -> list[pl.DataFrame]:
    """Daily forecasts as of each origin of the backtest, their intervals learnt from the other origins."""
    actual, tested = level.sum(backtest.actual), level.sum(backtest.expected)
    found = []
    for day, expected, bound in zip(
        made_on, tested, out_of_sample_bounds(actual, tested, backtest.known), strict=True
    ):
        dates = [day + timedelta(days=ahead + 1) for ahead in range(len(expected))]
        found.append(level.rows(day, "date", dates, {"expected": expected} | bound.from_day(0)))
    return found


def week_sums(daily: Floats) -> Floats:
    """Sums of every seven days in a row: (..., days, nodes) to (..., days - 6, nodes)."""
    if daily.shape[-2] < DAYS:
        return daily[..., :0, :]
    return np.lib.stride_tricks.sliding_window_view(daily, DAYS, axis=-2).sum(axis=-1)


def _in_weeks(level: Level, backtest: Backtest) -> tuple[Floats, Floats, Bools]:
    known = backtest.known[..., None].astype(float)
    whole: Bools = week_sums(known)[..., 0] == DAYS
    return week_sums(level.sum(backtest.actual)), week_sums(level.sum(backtest.expected)), whole


def _whole_weeks(level: Level, sums: Floats, bound: Bounds, first: date, made_on: date) -> pl.DataFrame:
    """The Mondays among the sums of seven days in a row, the first of which begins on `first`."""
    tomorrow = max(first, made_on + timedelta(days=1))
    monday = (tomorrow - first).days + (-tomorrow.weekday()) % DAYS
    weeks = [first + timedelta(days=day) for day in range(monday, len(sums), DAYS)]
    values = {"expected": sums[monday::DAYS]} | bound.from_day(monday, DAYS)
    return level.rows(made_on, "week", weeks, values).cast(WEEKLY_SCHEMA)  # type: ignore[arg-type]
