"""Weeks add up their days and have an interval of their own."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.forecast.backtest import Backtest
from models.forecast.hierarchy import levels_of
from models.forecast.panel import SEGMENT
from models.forecast.weekly import past_weekly_points, week_sums, weekly_points

SEGMENTS = pl.DataFrame({name: ["a", "b"] for name in SEGMENT})
TOTAL = levels_of(SEGMENTS)[0]
ORIGINS, HORIZON = 8, 28
MONDAY = date(2026, 6, 1)


def _backtest(shared: float) -> Backtest:
    """Errors of 10 tickets a day: `shared` of their variance is one error for the whole of an origin."""
    rng = np.random.default_rng(5)
    shape = (ORIGINS, HORIZON, 2)
    error = np.sqrt(shared) * rng.normal(size=(ORIGINS, 1, 1)) + np.sqrt(1 - shared) * rng.normal(size=shape)
    expected = np.full(shape, 100.0)
    known = np.ones((ORIGINS, HORIZON), dtype=bool)
    return Backtest(expected + 10 * error, expected, expected, known, np.zeros(2, dtype=np.int64))


def test_a_week_is_the_sum_of_its_seven_days_from_monday_on():
    expected = np.arange(1.0, 29.0)[:, None]
    weeks = weekly_points(TOTAL, expected, _backtest(0.0), MONDAY - timedelta(2), MONDAY - timedelta(3))
    assert weeks["week"].to_list() == [MONDAY, MONDAY + timedelta(7), MONDAY + timedelta(14)]
    assert weeks["expected"].to_list() == [sum(range(3, 10)), sum(range(10, 17)), sum(range(17, 24))]


def test_a_week_that_has_begun_before_the_forecast_is_left_out():
    weeks = weekly_points(TOTAL, np.ones((20, 1)), _backtest(0.0), MONDAY, MONDAY + timedelta(1))
    assert weeks["week"].to_list() == [MONDAY + timedelta(7)]


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_errors_that_last_a_week_make_its_interval_wider(shared):
    weeks = weekly_points(TOTAL, np.full((28, 1), 200.0), _backtest(shared), MONDAY, MONDAY - timedelta(1))
    width = (weeks["high_80"] - weeks["low_80"]).mean()
    independent = 2 * 1.28 * 10 * np.sqrt(2 * 7)
    if shared:
        assert width > 1.6 * independent
    else:
        assert 0.7 * independent < width < 1.6 * independent


def test_as_of_an_origin_the_weeks_after_it_are_given():
    knew = [MONDAY - timedelta(1 + 28 * back) for back in reversed(range(ORIGINS))]
    past = pl.concat(past_weekly_points(TOTAL, _backtest(0.0), knew))
    assert past["made_on"].unique().sort().to_list() == knew
    assert past.filter(made_on=knew[0])["week"][0] == knew[0] + timedelta(1)
    assert past["expected"].to_list() == [1400.0] * past.height


def test_under_a_week_there_is_no_sum():
    assert week_sums(np.ones((3, 6, 2))).shape == (3, 0, 2)
