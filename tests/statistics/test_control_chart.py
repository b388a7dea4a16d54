"""Weeks against their own past."""

from datetime import date, timedelta

import polars as pl
import pytest

from models.statistics.control_chart import usual_ranges


def chart(counts: list[int]) -> pl.DataFrame:
    weeks = [date(2026, 1, 5) + timedelta(weeks=n) for n in range(len(counts))]
    return usual_ranges(pl.DataFrame({"theme_id": "t1", "week": weeks, "distinct_tickets": counts}))


def test_the_range_is_the_mean_and_2_66_mean_moving_ranges():
    """Weeks of 100 and 120 in turn: mean 110, every move 20; 2.66 x 20 is more than 3 x sqrt(110)."""
    last = chart([100, 120] * 5 + [170]).row(-1, named=True)
    assert (last["usual_middle"], last["verdict"]) == (110, "above")
    assert last["usual_high"] == pytest.approx(110 + 53.2)
    assert last["usual_low"] == pytest.approx(110 - 53.2)


def test_equal_weeks_still_move_by_chance():
    last = chart([4] * 10 + [10]).row(-1, named=True)
    assert last["usual_high"] == pytest.approx(4 + 3 * 2)
    assert last["verdict"] == "usual"


def test_seven_weeks_before_are_too_early_and_eight_are_not():
    verdicts = chart([2] * 8 + [50])["verdict"].to_list()
    assert verdicts[:8] == ["too early"] * 8
    assert verdicts[8] == "above"


def test_only_the_last_26_weeks_count():
    assert chart([500] * 5 + [3] * 26 + [3])["usual_middle"][-1] == 3
