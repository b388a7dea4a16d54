"""Days against the weeks before them."""

import numpy as np
import pytest

from models.statistics.daily_chart import BEYOND, NEAR_ONE, ONE_SIDE, RULES, daily_chart
from models.statistics.scales import Scale

DAYS = 126
NO_DENOMINATOR = np.full(DAYS, np.nan)
WEEKDAYS = np.array([1.4, 1.2, 1.1, 1.0, 1.0, 0.7, 0.6])[np.arange(DAYS) % 7]


def chart(values, denominators=NO_DENOMINATOR, scale=Scale("count"), counts=None):
    values = np.asarray(values, dtype=float)
    counts = scale.tells(values, denominators) if counts is None else counts
    return daily_chart(values, np.asarray(denominators, dtype=float), counts, scale, shown=28)


def rules(told):
    return [RULES[rule] if rule >= 0 else None for rule in told.rule]


def test_the_limits_are_2_66_mean_moving_ranges_from_the_mean_of_the_days_before():
    """Minutes of e, e^2, e^3 in turn: no weekday, for each has all three; the 90 moves are 1, 1 and 2 on the log scale.

    A weekday's median of 13 draws errs: a new day's limits are wider by sqrt((1 + 1.571 / 13) / (1 - 0.429 / 13)).
    """
    told = chart(np.exp(1 + np.arange(DAYS) % 3), np.full(DAYS, 100.0), Scale("minutes"))
    assert told.expected[-1] == pytest.approx(np.exp(2), rel=0.02)
    assert told.weekday[-1] == 0
    half = np.log(told.high[-1] / told.expected[-1])
    assert half == pytest.approx(2.66 * (4 / 3) * 1.0768, rel=1e-3)
    assert np.log(told.expected[-1] / told.low[-1]) == pytest.approx(half)


def test_a_quiet_sunday_is_no_signal_and_a_monday_like_a_sunday_is():
    values = 100 * WEEKDAYS
    assert set(rules(chart(values))) == {None}
    values[-7] = 60  # the last Monday, as few as on Sundays
    told = chart(values)
    assert rules(told)[-7] == BEYOND
    assert told.expected[-7] == pytest.approx(140, rel=0.01)
    assert told.weekday[-7] > 0 > told.weekday[-1]


def in_turn(*last):
    """Days of 0, 0.1 and 0.2 in turn on the log scale, centre 0.1, a standard deviation 0.127; then the given ones."""
    levels = 0.1 * (np.arange(DAYS) % 3)
    levels[DAYS - len(last) :] = last
    return rules(chart(np.exp(levels), np.full(DAYS, 50.0), Scale("minutes")))


def test_three_of_four_days_near_one_limit_are_a_signal_on_the_third():
    assert in_turn(0.42, 0.42, 0.1, 0.42)[-4:] == [None, None, None, NEAR_ONE]
    assert in_turn(0.42, 0.42, 0.1, -0.22)[-4:] == [None] * 4


def test_the_eighth_day_on_one_side_is_a_signal():
    assert in_turn(0, *[0.14] * 8)[-8:] == [None] * 7 + [ONE_SIDE]


def test_a_day_with_three_ratings_is_no_signal_however_bad_and_counts_to_no_row():
    rated = np.full(DAYS, 40.0)
    good = np.tile([0.9, 0.95], DAYS // 2)
    rated[-2], good[-2] = 3, 0.0
    assert rules(chart(good, rated, Scale("share")))[-2] is None
    rated[-2] = 40
    assert rules(chart(good, rated, Scale("share")))[-2] == BEYOND


def test_days_that_are_not_whole_are_neither_judged_nor_learned_from():
    values = 100 * WEEKDAYS
    values[-3:] = 5
    counts = np.arange(DAYS) < DAYS - 3
    assert set(rules(chart(values, counts=counts))) == {None}


@pytest.mark.parametrize("kind", ["count", "share", "rate", "minutes"])
def test_chance_alone_is_seldom_a_signal(kind):
    """Draws around one level: the three rules together call about one day in a hundred."""
    rng = np.random.default_rng(5)
    called = []
    for _ in range(12):
        base = np.round(40 * WEEKDAYS + 20)
        drawn = {
            "count": lambda: rng.poisson(40 * WEEKDAYS),
            "share": lambda n=base: rng.binomial(n.astype(int), 0.8) / n,
            "rate": lambda n=base: rng.poisson(0.4 * n) / n,
            "minutes": lambda n=base: np.exp(rng.normal(4, 1.25 / np.sqrt(n))),
        }[kind]()
        called.append(chart(drawn, base, Scale(kind)).rule >= 0)
    assert np.mean(called) < 0.025


@pytest.mark.parametrize("kind", ["count", "share", "rate", "minutes"])
def test_a_figure_comes_back_from_its_scale(kind):
    denominators = np.array([10.0, 200.0])
    values = np.array([0.2, 0.65]) if kind in ("share", "rate") else np.array([4.0, 90.0])
    scale = Scale(kind)
    assert scale.back(scale.put(values, denominators), denominators) == pytest.approx(values)
