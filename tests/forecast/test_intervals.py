"""Calibration on errors whose spread is known."""

import numpy as np
import pytest

from models.forecast.intervals import bounds, bucket_of, calibrate


def test_days_ahead_fall_into_the_five_buckets():
    assert np.bincount(bucket_of(90)).tolist() == [7, 7, 14, 32, 30]
    assert bucket_of(120)[-1] == 4


def test_bounds_of_poisson_counts_hold_eighty_and_ninety_five_percent():
    rng = np.random.default_rng(1)
    expected = np.full((8, 90, 40), 50.0)
    calibration = calibrate(rng.poisson(expected), expected, np.ones((8, 90), dtype=bool))
    bound = bounds(expected[0], calibration)
    came = rng.poisson(expected[0])
    assert ((came >= bound.low_80) & (came <= bound.high_80)).mean() == pytest.approx(0.8, abs=0.04)
    assert ((came >= bound.low_95) & (came <= bound.high_95)).mean() == pytest.approx(0.95, abs=0.02)


def test_one_sum_seen_a_few_times_gets_wider_bounds_than_many():
    rng = np.random.default_rng(2)
    known = np.ones((8, 30), dtype=bool)
    expected = np.full((8, 30, 100), 50.0)
    came = rng.poisson(expected)
    many = bounds(expected[0], calibrate(came, expected, known))
    alone = bounds(expected[0, :, :1], calibrate(came[..., :1], expected[..., :1], known))
    assert (alone.high_95 - alone.low_95).mean() > 1.1 * (many.high_95 - many.low_95).mean()


def test_a_horizon_the_backtest_did_not_reach_is_wider_than_the_last_it_did():
    rng = np.random.default_rng(3)
    known = np.zeros((4, 60), dtype=bool)
    known[:, :14] = True
    expected = np.full((4, 60, 10), 30.0)
    bound = bounds(expected[0], calibrate(rng.poisson(expected), expected, known))
    width = (bound.high_80 - bound.low_80)[:, 0]
    assert width[20] == pytest.approx(1.2 * width[10])
    assert width[40] == pytest.approx(1.2 * width[20])


def test_a_day_forecast_as_closed_does_not_widen_open_days():
    rng = np.random.default_rng(4)
    expected = np.full((6, 28, 10), 40.0)
    came = rng.poisson(expected).astype(float)
    known = np.ones((6, 28), dtype=bool)
    usual = bounds(expected[0], calibrate(came, expected, known))
    expected[:, 6::7], came[:, 6::7] = 0.0, 500.0
    surprised = bounds(np.full((28, 10), 40.0), calibrate(came, expected, known))
    assert surprised.high_95 == pytest.approx(usual.high_95, rel=0.15)


def test_a_single_past_forecast_that_failed_does_not_blow_up_the_bounds():
    expected = np.full((1, 7, 1), 20.0)
    calibration = calibrate(np.full((1, 7, 1), 2_000.0), expected, np.ones((1, 7), dtype=bool))
    bound = bounds(expected[0], calibration)
    assert 40 < bound.high_95.max() < 100
