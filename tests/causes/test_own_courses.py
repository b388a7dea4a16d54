"""The courses that a series may have taken by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.causes.change_posterior import Likelihood, change_posterior
from models.causes.own_courses import own_courses

ROUND = np.array([*range(-12, 0), *range(1, 13)], dtype=float)


@pytest.mark.parametrize("before", [8, 12, 52])
def test_the_first_is_none_of_its_own_and_all_are_everything_there_is(before):
    courses = own_courses(np.array([*range(-before, 0), *range(1, 13)], dtype=float))
    assert not courses[0].columns.any()
    assert courses[0].likely > 0.5
    assert sum(course.likely for course in courses) == pytest.approx(1)


def test_a_course_that_began_two_weeks_before_touches_the_last_two_weeks_and_all_since():
    began = [course for course in own_courses(ROUND) if course.began == 2]
    last_four = [course.columns[8:14, 0].tolist() for course in began]
    assert [0, 0, 1, 1, 1, 1] in last_four  # another level
    assert [0, 0, 1 / 3, 2 / 3, 4 / 3, 5 / 3] in last_four  # a fade; the action's own week is none of these
    assert [0, 0, 1, 1, 0, 0] in last_four  # a rush that ended at the action


def test_a_fall_in_a_line_leaves_a_tenth_or_less_since_the_action():
    """Over six weeks: a sixth of the former level in the last week before."""
    falls = [course for course in own_courses(ROUND) if course.usual[0] == 1 and course.began == 6]
    assert [np.exp(course.columns[11, 0]) for course in falls] == pytest.approx([1 / 6] * 3)
    assert [np.exp(course.columns[12, 0]) for course in falls] == pytest.approx([0.1, 0.03, 0.01])


def test_no_course_begins_with_fewer_than_four_weeks_before_it():
    began = [course.began for course in own_courses(ROUND)[1:] if course.began and course.began < 12]
    assert max(began) == 8


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=24, max_size=24), st.floats(-3, 3))
def test_the_level_of_a_mean_moves_no_end_of_its_change(values, level):
    def told(means):
        def of(levels):
            apart = means - levels
            return -(apart**2) / 2, apart, np.ones_like(apart)

        return change_posterior(Likelihood(of, means.mean(), 0.5, least_dispersion=0.01), ROUND, 0.1)

    means = np.array(values)
    plain, moved = told(means), told(means + level)
    assert plain.low <= plain.median <= plain.high
    assert (moved.low, moved.high) == pytest.approx((plain.low, plain.high), abs=1e-3)
