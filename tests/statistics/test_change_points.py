"""When a level changed."""

import numpy as np
import pytest

from models.statistics.change_points import level_changes
from models.statistics.scales import Scale

DAYS = 182
WEEKDAYS = np.array([1.4, 1.2, 1.1, 1.0, 1.0, 0.7, 0.6])[np.arange(DAYS) % 7]
EVERY_DAY = np.ones(DAYS, dtype=bool)
NO_DENOMINATOR = np.full(DAYS, np.nan)


def test_a_third_more_tickets_from_a_day_on_are_found_within_days():
    rng = np.random.default_rng(3)
    counts = rng.poisson(60 * WEEKDAYS * np.where(np.arange(DAYS) >= 100, 4 / 3, 1)).astype(float)
    (change,) = level_changes(counts, NO_DENOMINATOR, EVERY_DAY, Scale("count"))
    assert abs(change.place - 100) <= 3
    assert change.before == pytest.approx(60, rel=0.05)
    assert change.low < 20 < change.high
    assert change.low > 0


def test_a_share_that_fell_is_found_where_days_rest_on_few():
    rng = np.random.default_rng(4)
    rated = rng.poisson(20, DAYS) + 10.0
    good = rng.binomial(rated.astype(int), np.where(np.arange(DAYS) >= 120, 0.6, 0.85)) / rated
    (change,) = level_changes(good, rated, EVERY_DAY, Scale("share"))
    assert abs(change.place - 120) <= 5
    assert change.high < 0


def test_noise_and_weekdays_have_no_change_in_level():
    rng = np.random.default_rng(6)
    found = [
        level_changes(rng.poisson(30 * WEEKDAYS).astype(float), NO_DENOMINATOR, EVERY_DAY, Scale("count"))
        for _ in range(40)
    ]
    assert sum(bool(changes) for changes in found) <= 2


def test_a_rush_of_three_days_is_no_change_in_level():
    rng = np.random.default_rng(7)
    counts = rng.poisson(60 * WEEKDAYS).astype(float)
    counts[100:103] *= 2
    assert level_changes(counts, NO_DENOMINATOR, EVERY_DAY, Scale("count")) == []


def test_days_that_do_not_count_are_passed_over():
    """The last two weeks are leftovers of an export: a fall that is none."""
    rng = np.random.default_rng(8)
    counts = rng.poisson(60 * WEEKDAYS).astype(float)
    counts[-14:] = 1
    assert level_changes(counts, NO_DENOMINATOR, np.arange(DAYS) < DAYS - 14, Scale("count")) == []


def test_six_weeks_are_too_few():
    counts = np.where(np.arange(42) < 21, 10.0, 100.0)
    assert level_changes(counts, np.full(42, np.nan), np.ones(42, dtype=bool), Scale("count")) == []
