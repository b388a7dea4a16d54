"""How sure it is how many tickets came on top."""

from __future__ import annotations

import numpy as np
import pytest

from models.causes.excess import excess_interval
from models.causes.placing import usual_count


def test_with_nothing_before_it_is_the_interval_of_the_count():
    """Garwood 1936: 10 events have a 95 % interval of 4.80 to 18.39; none before in 26 weeks, 0 to 3.69."""
    low, high = excess_interval(10, 0.0, 1.0, before=np.zeros(26, dtype=int), since=np.array([10]))
    assert high == pytest.approx(18.39, abs=0.01)
    assert low == pytest.approx(10 - np.hypot(10 - 4.795, 3.689 / 26), abs=0.01)


def test_what_was_usual_is_no_surer_than_the_weeks_it_is_told_from():
    """40 in one week, usually 10: told from a single week, the 10 are 4.80 to 18.39 themselves."""
    few = excess_interval(40, 10.0, 1.0, before=np.array([10]), since=np.array([40]))
    many = excess_interval(40, 10.0, 1.0, before=np.full(26, 10), since=np.array([40]))
    assert few[0] == pytest.approx(30 - np.hypot(40 - 28.58, 18.39 - 10), abs=0.01)
    assert few[0] < many[0] < 30 < many[1] < few[1]


def test_weeks_that_vary_more_than_by_chance_make_it_wider():
    """5 and 15 by turns: (15 - 5)² / (15 + 5), so that each week varies 5 times as much as by chance."""
    restless, even = np.tile([5, 15], 13), np.full(26, 10)
    since = np.array([], dtype=int)
    wide, narrow = (excess_interval(9000, 10.0, 0.9, before, since) for before in (restless, even))
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(5**0.5, abs=0.05)


def test_a_rise_of_long_ago_does_not_make_it_wider():
    once = np.full(26, 10)
    once[4] = 100
    told = [excess_interval(100, 10.0, 1.0, before, np.array([100])) for before in (once, np.full(26, 10))]
    assert told[0] == told[1]


@pytest.mark.parametrize("weeks", [1, 6, 12, 20])
@pytest.mark.parametrize("dispersion", [1.0, 1.6])
def test_nineteen_of_twenty_intervals_hold_what_was_planted(weeks, dispersion):
    """30 tickets a week, 25 more since the onset; weeks vary by chance, or 1.6 times as much (negative binomial)."""
    rng = np.random.default_rng(5)

    def counts(mean: float, size: int) -> np.ndarray:
        if dispersion == 1:
            return rng.poisson(mean, size)
        return rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion, size)

    held = []
    for _ in range(400):
        before, since = counts(30, 27 - weeks), counts(55, weeks)
        low, high = excess_interval(int(since.sum()), usual_count(before), weeks, before, since)
        held.append(low <= 25 * weeks <= high)
    assert 0.91 <= np.mean(held) <= 0.985
