"""Limits, shrinkage and verdicts of observed over expected."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from models.operations.funnel import (
    LogMinutes,
    Shares,
    confidences,
    holm,
    ordinary_spread,
    possible_share,
    variance_between,
    verdicts,
)


def shares(observed, expected, tickets=400, variance=0.0):
    return Shares(np.array([tickets]), np.array([observed]), np.array([expected]), np.array([variance]))


def minutes(difference, variance, tickets=400):
    return LogMinutes(np.array([tickets]), np.array([difference]), np.array([0.0]), np.array([variance]))


def test_limits_of_a_share_are_those_of_chance_where_nothing_else_varies():
    low, high = shares(0.3, 0.3).limits(0.95)
    by_chance = binom.ppf([0.025, 0.975], 400, 0.3) / 400 / 0.3
    assert (low[0], high[0]) == pytest.approx(tuple(by_chance), abs=0.01)


def test_limits_are_wider_where_units_vary_beyond_chance():
    chance, more = shares(0.3, 0.3).limits(0.998), shares(0.3, 0.3, variance=0.002).limits(0.998)
    assert more[0] < chance[0] < 1 < chance[1] < more[1]


def test_the_interval_of_minutes_is_normal_on_the_logarithm():
    low, high = minutes(np.log(1.2), 0.01).interval(0.95)
    assert (low[0], high[0]) == pytest.approx((1.2 * np.exp(-0.195996), 1.2 * np.exp(0.195996)), rel=1e-5)


def test_a_ratio_is_drawn_to_1_as_far_as_it_is_uncertain():
    assert minutes(np.log(1.5), 0.04).shrunk(between=0.0)[0] == pytest.approx(1)
    assert minutes(np.log(1.5), 0.04).shrunk(between=0.04)[0] == pytest.approx(np.sqrt(1.5))
    # A prior worth 100 tickets, Beta(20, 80), and 30 of 100: posterior mean (20 + 30) / 200 = 0.25, over 0.2.
    prior_variance = 0.2 * 0.8 / 100
    assert shares(0.3, 0.2, tickets=100).shrunk(prior_variance)[0] == pytest.approx(1.25, abs=0.005)


def test_a_difference_nobody_would_act_on_is_no_finding_however_many_tickets_say_so():
    sure = shares(0.3 * 1.015, 0.3, tickets=10_000_000)
    assert sure.interval(0.95)[0][0] > 1
    assert sure.p_value()[0] > 0.5
    assert minutes(np.log(1.015), 1e-9).p_value()[0] > 0.5


def test_no_event_among_a_few_tickets_is_no_finding():
    assert shares(0.0, 0.05, tickets=40).p_value()[0] > 0.1
    assert shares(0.0, 0.05, tickets=400).p_value()[0] < 0.001


@pytest.mark.parametrize("observed", [0.0, 1.0, 0.025, 0.975])
def test_the_interval_of_a_share_holds_what_was_observed(observed):
    few = shares(observed, 0.5, tickets=40, variance=0.2)
    low, high = few.interval(0.95)
    assert low[0] <= few.ratio()[0] <= high[0]
    assert shares(0.0, 0.05, tickets=40).interval(0.95)[0][0] == 0
    assert shares(1.0, 0.9, tickets=40).interval(0.95)[1][0] == pytest.approx(1 / 0.9)


def test_p_values_of_shares_are_about_those_of_the_binomial():
    # 150 of 400 where 0.3 x 1.02 is the most that is nothing: twice the upper tail.
    exact = 2 * binom.sf(149, 400, 0.306)
    assert shares(150 / 400, 0.3).p_value()[0] == pytest.approx(exact, rel=0.15)


def test_an_expected_share_outside_the_possible_is_drawn_to_its_edge():
    assert possible_share(np.array([-0.01, 0.3, 1.02]), np.array([49, 49, 49])) == pytest.approx(
        [0.01, 0.3, 0.99]
    )


def test_variance_between_units_is_what_chance_leaves_over():
    # Weights 10 and 10 about no difference: (10 x 1 - 2) / 20.
    assert variance_between(np.array([0.0, 1.0]), np.array([0.1, 0.1])) == pytest.approx(0.4)
    assert variance_between(np.array([0.0, 0.1]), np.array([0.1, 0.1])) == 0


def test_the_ordinary_spread_is_that_of_most_units_about_their_parents():
    rng = np.random.default_rng(5)
    parent = np.repeat([0, 1], 200)
    variance = np.full(400, 0.01)
    difference = rng.normal(0, np.sqrt(0.01 + 0.04), 400) + 5 * parent
    assert ordinary_spread(difference, variance, parent) == pytest.approx(0.04, rel=0.2)
    difference[:20] += 10  # a few that stand out
    assert ordinary_spread(difference, variance, parent) == pytest.approx(0.04, rel=0.5)
    assert ordinary_spread(rng.normal(0, 0.1, 400), variance, parent) < 0.003
    assert ordinary_spread(np.array([0.0, 1.0]), np.array([0.1, 0.1]), np.array([0, 1])) == 0


def test_many_tests_are_corrected_by_steps():
    # Holm: 3 x 0.01, then 2 x 0.03, then no less than that.
    assert holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([])).shape == (0,)


@pytest.mark.parametrize(
    ("tickets", "ratio", "low", "high", "p", "lower_is_better", "verdict", "confidence"),
    [
        (500, 1.3, 1.2, 1.4, 1e-5, True, "worse", "strong"),
        (500, 1.3, 1.2, 1.4, 0.01, False, "better", "fair"),
        (500, 0.8, 0.7, 0.9, 0.01, False, "worse", "fair"),
        (500, 1.01, 0.97, 1.05, 1.0, True, "as expected", "strong"),
        (500, 1.01, 0.75, 1.3, 1.0, True, "as expected", "weak"),
        (500, 1.2, 0.7, 1.9, 1.0, True, "too few", "weak"),
        (29, 1.3, 1.2, 1.4, 1e-5, True, "too few", "weak"),
    ],
)  # fmt: skip
def test_verdicts(tickets, ratio, low, high, p, lower_is_better, verdict, confidence):
    interval = (np.array([low]), np.array([high]))
    found = verdicts(np.array([tickets]), np.array([ratio]), interval, np.array([p]), lower_is_better)
    assert found == [verdict]
    assert confidences(interval, np.array([p]), found) == [confidence]
