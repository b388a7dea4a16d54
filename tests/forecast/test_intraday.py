"""How a day is spread over its hours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.intraday import main
from models.forecast.intraday import IntradayHistory, PastForecast, forecast_intraday, four_week_mean

DAYS, AHEAD = 70, 7


def _history(counts: np.ndarray, holidays: np.ndarray | None = None) -> IntradayHistory:
    days = len(counts) + AHEAD
    none = np.zeros((days, counts.shape[2]), dtype=bool)
    return IntradayHistory(counts, np.arange(days) % 7, none if holidays is None else holidays)


def _weeks(working_day: tuple[float, ...], day_off: tuple[float, ...]) -> np.ndarray:
    return np.array([working_day if day % 7 < 5 else day_off for day in range(DAYS)], dtype=float)[..., None]


def test_a_day_is_spread_as_the_same_days_of_the_week_were():
    history = _history(_weeks((1000.0, 3000.0), (2000.0, 2000.0)))
    made = forecast_intraday(history, np.full((AHEAD, 1), 8000.0), keep_totals=True)
    assert made.expected[:, 0, 0] == pytest.approx([2000.0] * 5 + [4000.0] * 2, rel=0.02)
    assert made.expected.sum(axis=1) == pytest.approx(8000.0)


def test_a_holiday_has_a_profile_of_its_own():
    counts = _weeks((1000.0, 3000.0), (2000.0, 2000.0))
    holidays = np.zeros((DAYS + AHEAD, 1), dtype=bool)
    holidays[[9, 23, 37, 51, DAYS + 2]] = True
    counts[[9, 23, 37, 51]] = np.array([[3600.0], [400.0]])
    made = forecast_intraday(_history(counts, holidays), np.full((AHEAD, 1), 4000.0), keep_totals=True)
    # Four holidays with 90 % in the morning, and two days' worth of Sunday with half.
    assert made.expected[2, 0, 0] == pytest.approx(4000 * (4 * 0.9 + 2 * 0.5) / 6, rel=0.02)
    assert made.expected[1, 0, 0] == pytest.approx(1000, rel=0.02)


def test_a_series_of_one_ticket_a_day_borrows_its_shape_from_all_days():
    counts = np.zeros((DAYS, 24, 1))
    counts[np.arange(DAYS), np.arange(DAYS) % 12 + 8] = 1.0
    made = forecast_intraday(_history(counts), np.ones((AHEAD, 1)), keep_totals=True)
    assert made.expected.max() < 0.25


def test_a_daily_forecast_that_was_always_wrong_is_trusted_less():
    history = _history(_weeks((10.0, 30.0), (20.0, 20.0)))
    right = np.full((AHEAD, 1), 40.0)
    trusts = [
        forecast_intraday(
            history, right, [PastForecast(days, right * factor) for days in (49, 56, 63)]
        ).trust[0]
        for factor in (1.0, 3.0)
    ]
    assert trusts == [0.7, 0.3]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5000), st.integers(1, 80), st.integers(0, 300))
def test_slots_sum_to_the_day_and_bounds_never_cross(seed, days, per_day):
    rng = np.random.default_rng(seed)
    daily = rng.uniform(0, 50, (AHEAD, 2))
    made = forecast_intraday(
        _history(rng.poisson(per_day / 24, (days, 24, 2)).astype(float)), daily, keep_totals=True
    )
    assert made.expected.sum(axis=1) == pytest.approx(daily)
    assert (made.low_80 >= 0).all()
    assert (made.low_80 <= made.expected).all()
    assert (made.expected <= made.high_80).all()


def test_intervals_cover_what_was_not_seen_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    usual = _weeks((60.0, 20.0, 10.0, 30.0), (20.0, 30.0, 30.0, 10.0)).repeat(30, axis=2)
    came = rng.poisson(usual * rng.gamma(50, 1 / 50, (DAYS, 1, 30))).astype(float)
    made = forecast_intraday(_history(came), usual[:AHEAD].sum(axis=1), keep_totals=True)
    future = rng.poisson(usual[:AHEAD] * rng.gamma(50, 1 / 50, (AHEAD, 1, 30)))
    assert 0.7 < ((future >= made.low_80) & (future <= made.high_80)).mean() < 0.95


def test_the_four_week_mean_is_that_of_the_same_days():
    counts = np.arange(DAYS, dtype=float)[:, None, None].repeat(2, axis=1)
    assert four_week_mean(_history(counts))[0, 0, 0] == np.mean([42, 49, 56, 63])


def test_a_forecast_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="expected \\(days ahead, series\\)"):
        forecast_intraday(_history(np.ones((DAYS, 2, 1))), np.ones((3, 1)))


def test_the_benchmark_scores_half_hours_and_reads_an_hour_column(tmp_path, capsys):
    start = datetime(2024, 1, 1)
    rows = [
        (at := start + timedelta(hours=hour), at.hour, 100 + 50 * (at.hour > 8) + 30 * (at.weekday() > 4))
        for hour in range(24 * 90)
    ]
    frame = pl.DataFrame(rows, schema=["at", "hr", "calls"], orient="row")
    path = tmp_path / "calls.csv"
    frame.with_columns(pl.col("at").dt.date()).write_csv(path)
    asked = ["--series", str(path), "--time", "at", "--value", "calls", "--minutes", "60", "--cutoffs", "1"]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ours"]["wape"] < 0.05
    assert set(result) == {"ours", "four_week_mean", "seasonal_naive"}
    frame.select("at", "calls").with_columns(pl.col("at").dt.date()).write_csv(path)
    assert main(asked) == 2
    assert "--hour" in capsys.readouterr().err


def test_the_benchmark_names_the_row_of_text_that_is_no_number(tmp_path, capsys):
    path = tmp_path / "calls.csv"
    path.write_text("at,calls\n2024-01-01 00:00,3\n2024-01-01 01:00,many\n")
    assert main(["--series", str(path), "--time", "at", "--value", "calls"]) == 2
    assert "calls is 'many' in row 2 " in capsys.readouterr().err
