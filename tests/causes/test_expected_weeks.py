"""What other themes' weeks let expect of a theme, and means less those of what was not reached."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.causes.expected_weeks import LEAST_DRIFT, USUAL_DRIFT, WeeklyTickets
from models.causes.mean_weeks import MeanWeeks

WEEKS = 52
FIRST = date(2025, 1, 6)
BEFORE = np.arange(WEEKS) < 30


def cube(tickets: np.ndarray) -> WeeklyTickets:
    """tickets: shape (themes, segments, weeks)."""
    return WeeklyTickets(
        [f"t{n}" for n in range(len(tickets))],
        pl.DataFrame({"business_line": [f"line {n}" for n in range(tickets.shape[1])]}),
        [FIRST + timedelta(weeks=n) for n in range(tickets.shape[2])],
        tickets.astype(float),
    )


def test_a_theme_is_expected_to_move_as_its_own_lines_do():
    """Line 0 doubles, line 1 stays; the theme has three in four of its tickets in line 1."""
    tickets = np.full((3, 2, WEEKS), 40.0)
    tickets[:, 0, 30:] = 80
    tickets[0] = 10
    tickets[0, 1] = 30
    expected = cube(tickets).expected("t0", np.array([True, True]), BEFORE)
    assert expected[-1] / expected[0] == pytest.approx((2 * 10 + 30) / 40)
    only_there = cube(tickets).expected("t0", np.array([False, True]), BEFORE)
    assert only_there[-1] / only_there[0] == pytest.approx(1)


def test_a_fault_in_another_theme_moves_nothing():
    tickets = np.full((6, 1, WEEKS), 30.0)
    tickets[3, 0, 40:44] += 120
    expected = cube(tickets).expected("t0", np.array([True]), BEFORE)
    assert expected[41] == pytest.approx(expected[0], rel=0.02)


def test_themes_that_only_vary_by_chance_drift_least_and_some_that_drift_are_seen():
    rng = np.random.default_rng(2)
    steady = cube(rng.poisson(10, (30, 1, WEEKS)))
    assert steady.drift == pytest.approx(LEAST_DRIFT, abs=0.05)
    slopes = rng.normal(0, 0.7, 30)[:, None, None]
    drifting = cube(rng.poisson(10 * np.exp(slopes * np.arange(WEEKS) / WEEKS)))
    assert 0.4 < drifting.drift <= USUAL_DRIFT


def test_a_handful_of_themes_cannot_tell_how_themes_drift():
    assert cube(np.full((3, 1, WEEKS), 10.0)).drift == USUAL_DRIFT


def test_weeks_and_segments_without_a_ticket_are_zeros():
    weekly = pl.DataFrame(
        {
            "week": [FIRST, FIRST + timedelta(weeks=2)],
            "theme_id": ["a", "b"],
            "business_line": ["shop", None],
            "tickets": [3.0, 4.0],
        }
    )
    every = WeeklyTickets.of(weekly, ["business_line"])
    assert every.tickets.shape == (2, 2, 3)
    assert every.tickets.sum() == 7


def test_another_mix_of_themes_moves_no_mean():
    """Ten minutes in theme 0 and thirty in theme 1; since the action theme 1 has three times the tickets."""
    tickets = np.full((3, 1, WEEKS), 20.0)
    tickets[1, 0, 30:] = 60
    sums = tickets * np.array([10.0, 30.0, 15.0])[:, None, None]
    weeks = MeanWeeks(tickets, sums)
    reached = np.array([[True], [True], [False]])
    values, weights = weeks.difference(reached, ~reached, BEFORE, by_segment=False)
    assert values == pytest.approx(np.zeros(WEEKS))
    assert weights[0] == pytest.approx(1 / (1 / 40 + 1 / 20))
    assert weeks.level(reached, BEFORE) == pytest.approx(20)


def test_the_untouched_are_weighed_as_the_reached_spread_over_segments():
    """The reached theme is all in segment 0; only there the others' mean rises, by 2."""
    tickets = np.full((2, 2, WEEKS), 50.0)
    tickets[0, 1] = 0
    sums = tickets * 5.0
    sums[:, 0, 30:] += tickets[:, 0, 30:] * 2
    reached = np.array([[True, True], [False, False]])
    values, _ = MeanWeeks(tickets, sums).difference(reached, ~reached, BEFORE, by_segment=True)
    assert values == pytest.approx(np.zeros(WEEKS))
