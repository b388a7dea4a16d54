"""Who is asked for: no more people and no longer than they are missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.staffing.asks import _layers


@pytest.mark.parametrize(
    ("short", "asked"),
    [
        ([0, 0, 0], {}),
        ([2, 2, 2], {(0, 2): 2}),
        # A peak of two weeks on a lasting shortage of one is asked for apart.
        ([11, 11, 1, 1, 1], {(0, 4): 1, (0, 1): 10}),
        # One week that is not short does not end a run, two do.
        ([1, 0, 1, 0, 0, 1], {(0, 2): 1, (5, 5): 1}),
    ],
)
def test_people_are_asked_for_as_long_as_they_are_missing(short, asked):
    assert _layers(short) == asked


@given(st.lists(st.integers(0, 5), max_size=13))
def test_every_week_gets_the_people_it_misses_and_no_week_more_than_the_weeks_beside_it(short):
    given_to = [
        sum(people for (first, last), people in _layers(short).items() if first <= week <= last)
        for week in range(len(short))
    ]
    for week, missing in enumerate(short):
        near = max(missing, min(max(short[:week][-1:], default=0), max(short[week + 1 :][:1], default=0)))
        assert given_to[week] == near
