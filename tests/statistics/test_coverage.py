from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.statistics.coverage import volume_window

MONDAY = date(2026, 1, 5)
WEEK = [400, 380, 390, 370, 360, 40, 50]  # Monday to Sunday


def window(counts: list[int], start: date = MONDAY) -> tuple[int, int]:
    """The window as positions of its first and last day."""
    days = [start + timedelta(days=place) for place in range(len(counts))]
    first, last = volume_window(days, counts)
    return (first - start).days, (last - start).days


def test_a_source_that_simply_ends_is_kept_whole() -> None:
    assert window(WEEK * 8) == (0, 55)


@pytest.mark.parametrize("ends_on", range(7))
def test_leftovers_are_cut_at_the_last_full_day_whatever_its_weekday(ends_on: int) -> None:
    full = WEEK * 10 + WEEK[: ends_on + 1]
    leftovers = [0, 1, 0, 0, 2, 1, 0, 3] * 20
    assert window(full + leftovers) == (0, len(full) - 1)


def test_leftovers_before_the_period_are_cut_too() -> None:
    assert window([1, *[0] * 60, 2, *[0] * 33, *WEEK * 10]) == (95, 164)


def test_a_low_weekend_or_holiday_at_the_end_is_kept() -> None:
    quiet_end = WEEK * 8 + [400, 380, 60, 55, 50, 40, 50]
    assert window(quiet_end) == (0, len(quiet_end) - 1)


def test_a_last_day_caught_half_way_is_not_complete() -> None:
    assert window([*WEEK * 8, 90]) == (0, 55)


def test_a_short_series_is_never_cut() -> None:
    assert window([100, 1, 0, 0, 0, 2]) == (0, 5)


def test_a_fall_to_a_tenth_is_news_and_no_leftover() -> None:
    counts = WEEK * 10 + [count // 10 for count in WEEK] * 10
    assert window(counts) == (0, len(counts) - 1)


def test_days_without_tickets_may_be_left_out() -> None:
    days = [MONDAY + timedelta(days=place) for place in range(70)] + [MONDAY + timedelta(days=200)]
    assert volume_window(days, [100] * 70 + [1]) == (MONDAY, MONDAY + timedelta(days=69))


def test_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="no days"):
        volume_window([], [])


@given(st.lists(st.integers(20, 60), min_size=1, max_size=120))
def test_a_steady_series_is_never_cut(counts: list[int]) -> None:
    first, last = window(counts)
    assert first == 0
    # At most a last day below half of its weekday's lowest count.
    assert last >= len(counts) - 2
