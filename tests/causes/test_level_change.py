"""By how much a weekly series changed its level."""

from __future__ import annotations

import numpy as np
import pytest

from models.causes.level_change import Effect, change_of_mean, change_of_rate, change_of_share

ROUND = np.array([*range(-12, 0), *range(1, 13)], dtype=float)  # weeks since an action
YEAR = np.array([*range(-26, 0), *range(1, 27)], dtype=float)
LONG = np.array([*range(-52, 0), *range(1, 17)], dtype=float)


def verdict(effect: Effect) -> str:
    if effect.high is not None and effect.high < 0:
        return "worked"
    return "worse" if effect.low is not None and effect.low > 0 else "no evidence"


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "no evidence"), (0.5, "worked")])
def test_a_theme_that_falls_all_year_is_judged_against_its_own_fall(factor, expected):
    """3 % fewer every week for a year; an action in the middle does nothing, or halves what is left."""
    since = np.array([*range(-26, 0), *range(1, 27)], dtype=float)
    own = np.round(60 * 0.97 ** (since + 26) * np.where(since > 0, factor, 1.0))
    effect = change_of_rate(own, np.full(52, 500.0), since)
    assert verdict(effect) == expected
    assert effect.change == pytest.approx(factor - 1, abs=0.05)


def test_a_small_theme_that_goes_away_by_itself_is_hardly_ever_a_success():
    """Three tickets a week fall to less than one within a year; with a trend only where it is sure, half say worked."""
    since = np.array([*range(-26, 0), *range(1, 27)], dtype=float)
    rng = np.random.default_rng(0)
    fallen = [rng.poisson(3 * 0.25 ** ((since + 26) / 52)).astype(float) for _ in range(40)]
    told = [verdict(change_of_rate(own, np.full(52, 500.0), since)) for own in fallen]
    assert told.count("worked") <= 4


@pytest.mark.parametrize("size", [2.0, 5.0, 30.0])
@pytest.mark.parametrize("drift", [0.2, 1.5])
def test_a_fix_that_ends_a_steady_theme_worked(size, drift):
    effect = change_of_rate(np.where(LONG > 0, 0.0, size), np.full(68, 500.0), LONG, drift)
    assert verdict(effect) == "worked"
    assert effect.change == -1


def test_large_counts_without_a_trend_are_judged_as_an_ordinary_poisson_regression_does():
    """120 to 100 a week: 1.96 / sqrt of what either side counted, for weeks that vary no more than chance makes them."""
    own = np.where(YEAR > 0, 100.0, 120.0) + np.tile([-10, 10], 26)
    effect = change_of_rate(own, np.full(52, 500.0), YEAR, drift=1e-6)
    half = 1.96 * np.sqrt(1 / (26 * 120) + 1 / (26 * 100))
    assert np.log1p(effect.change) == pytest.approx(np.log(100 / 120), abs=0.01)
    assert np.log1p([effect.low, effect.high]) == pytest.approx(
        np.log(100 / 120) + half * np.array([-1, 1]), abs=0.015
    )


def test_a_theme_that_was_not_there_before_has_no_bound():
    effect = change_of_rate(np.where(LONG > 0, 5.0, 0.0), np.full(68, 500.0), LONG, drift=0.2)
    assert (effect.change, effect.high) == (None, None)
    assert effect.low > 10


@pytest.mark.parametrize(
    "before",
    [
        np.where(np.arange(52) < 26, 8.0, 0.0),  # gone half a year before
        np.round(20 * 0.5 ** (np.arange(52) / 8)),  # by half every eight weeks
        np.maximum(8 - np.arange(52) // 6, 0.0),  # by one every six weeks, to none
        np.where(np.arange(52) < 49, 5.0, 0.0),  # gone three weeks before
    ],
)
def test_a_theme_that_had_gone_or_was_about_to_is_no_success(before):
    since = np.array([*range(-52, 0), *range(1, 13)], dtype=float)
    own = np.concatenate([before, np.zeros(12)])
    for drift in (0.2, 1.5):
        assert verdict(change_of_rate(own, np.full(64, 50.0), since, drift)) == "no evidence"
        shared = change_of_share(own, np.full(64, 8.0), np.ones(64), since, drift)
        assert verdict(shared) == "no evidence"


def test_a_fix_that_ends_a_theme_in_one_place_worked_there():
    touched = np.where(LONG > 0, 0.0, 4.0)
    effect = change_of_share(touched, np.full(68, 4.0), np.ones(68), LONG, drift=0.2)
    assert effect.change == -1
    assert verdict(effect) == "worked"


def test_no_ticket_on_either_side_says_nothing():
    effect = change_of_rate(np.zeros(24), np.full(24, 100.0), ROUND)
    assert (effect.change, verdict(effect)) == (None, "no evidence")


def test_a_trend_through_a_handful_of_tickets_still_has_a_verdict():
    """One ticket in the last week before, some in the very last one: no end to how steep a trend may be."""
    own = np.where((ROUND == -1) | (ROUND == 12), [2.0], 0.0)
    effect = change_of_rate(own, np.full(24, 100.0), ROUND)
    assert verdict(effect) == "no evidence"
    assert effect.change == pytest.approx(0, abs=0.1)


def test_a_fault_that_came_and_went_before_the_action_is_no_success():
    """Ten tickets a week, sixty in four weeks that ended before; since then ten again."""
    rng = np.random.default_rng(3)
    own = rng.poisson(10, 52).astype(float)
    own[15:19] += 50
    effect = change_of_rate(own, np.full(52, 500.0), YEAR, drift=0.2)
    assert verdict(effect) == "no evidence"
    assert effect.change == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize(
    ("rate", "began"),
    [
        (np.where(LONG < -4, 12.0, 1.5), 4),  # dropped four weeks before, with a ticket or two left
        (30 * 0.5 ** (np.maximum(LONG + 10, 0) / 4), 10),  # by half every four weeks for ten weeks
        (40 * np.clip(-LONG / 20, 0.04, 1), 20),  # in a straight line that ended at the action
        (
            np.where((LONG >= -6) & (LONG < 0), 20.0, 6.0),
            None,
        ),  # a rush of six weeks that ended at the action
        (30 * np.exp(0.6 * np.cos(2 * np.pi * (LONG + 10) / 52)), None),  # with the year
    ],
)
def test_a_theme_that_was_going_away_when_the_action_came_is_no_success(rate, began):
    effect = change_of_rate(np.round(rate), np.full(68, 500.0), LONG, drift=0.2)
    assert verdict(effect) == "no evidence"
    assert effect.began is None if began is None else abs(effect.began - began) <= 1


def test_what_an_action_took_from_a_theme_that_was_going_away_is_still_seen():
    """Half gone every eight weeks for sixteen weeks; then at once only a fifth of that."""
    fading = 100 * 0.5 ** (np.maximum(LONG + 16, 0) / 8)
    own = np.round(np.where(LONG > 0, 0.2, 1) * fading)
    effect = change_of_rate(own, np.full(68, 500.0), LONG, drift=0.2)
    assert verdict(effect) == "worked"
    assert effect.began > 8
    assert effect.low < -0.8 < effect.high


def test_a_theme_that_fell_silent_weeks_after_it_began_to_fade_says_nothing_sure():
    own = np.where(LONG > 0, 0.0, np.round(30 * 0.5 ** (np.maximum(LONG + 8, 0) / 1.5)))
    effect = change_of_rate(own, np.full(68, 500.0), LONG, drift=0.2)
    assert effect.change == -1
    assert verdict(effect) == "no evidence"
    assert abs(effect.began - 8) <= 2


def test_a_mean_that_had_moved_before_the_action_is_no_success():
    values = np.where(LONG < -5, 0.5, 0.8) + np.tile([-0.02, 0.02], 34)
    effect = change_of_mean(values, np.full(68, 30.0), LONG, drift=0.05)
    assert (verdict(effect), effect.began) == ("no evidence", 5)


def test_where_rates_drift_more_less_is_certain():
    own = np.random.default_rng(4).poisson(np.where(YEAR > 0, 7, 10)).astype(float)
    steady, drifting = (change_of_rate(own, np.full(52, 500.0), YEAR, drift) for drift in (0.2, 1.0))
    assert steady.high - steady.low < drifting.high - drifting.low
    assert verdict(steady) == "worked"


def test_a_share_of_places_changes_relative_to_the_other_place():
    """Twenty here and forty there; then ten here: half. What others' tickets tell does not move."""
    touched = np.where(ROUND > 0, 10.0, 20.0) + np.tile([0, 1], 12)
    effect = change_of_share(touched, np.full(24, 40.0), np.ones(24), ROUND, drift=0.2)
    assert effect.change == pytest.approx(10.5 / 20.5 - 1, abs=0.03)
    assert verdict(effect) == "worked"


def test_a_place_where_others_fell_as_much_is_no_evidence():
    touched = np.where(ROUND > 0, 10.0, 20.0) + np.tile([0, 1], 12)
    expected = np.where(ROUND > 0, 0.5, 1.0)
    assert verdict(change_of_share(touched, np.full(24, 40.0), expected, ROUND)) == "no evidence"


def test_a_place_that_had_none_before_says_nothing():
    touched = np.where(ROUND > 0, 3.0, 0.0)
    assert change_of_share(touched, np.full(24, 40.0), np.ones(24), ROUND) == Effect(None, None, None)


def test_a_mean_changes_in_its_own_unit_and_weeks_count_by_what_they_rest_on():
    values = np.where(ROUND > 0, 0.7, 0.5) + np.tile([-0.01, 0.01], 12)
    values[3], weights = 0.0, np.full(24, 30.0)
    weights[3] = 0.001  # one ticket or so
    values[5] = np.nan
    effect = change_of_mean(values, weights, ROUND, drift=0.05)
    assert effect.change == pytest.approx(0.2, abs=0.02)
    assert effect.low < 0.2 < effect.high
    assert effect.low > 0


@pytest.mark.parametrize("counted", [True, False])
def test_chance_alone_seldom_has_a_verdict(counted):
    rng = np.random.default_rng(8)
    told = []
    for _ in range(60):
        if counted:
            own = rng.poisson(6, 52).astype(float)
            told.append(verdict(change_of_rate(own, rng.poisson(500, 52).astype(float), YEAR, drift=0.2)))
        else:
            values = rng.normal(0, 0.1, 52)
            told.append(verdict(change_of_mean(values, np.full(52, 20.0), YEAR, drift=0.05)))
    assert told.count("no evidence") >= 54
