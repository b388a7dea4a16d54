"""The themes that an action is judged on though it did nothing: they move before it, not at it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.actions import fading_summary
from benchmarks.fading_themes import FADING, HALVED, SIZES, fading_themes

SINCE = np.arange(-60.0, 27)
UNTIL = date(2026, 11, 16)


@pytest.mark.parametrize("shape", FADING)
def test_a_fading_theme_has_no_step_at_the_action_beyond_its_own_course(shape):
    """Of every shape the last weeks before and the first since are apart by no more than weeks before are."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        course = FADING[shape](SINCE, rng)
        assert 0 <= course.min() <= course.max() <= 1
        steps = np.abs(np.diff(course))
        at_action = steps[(SINCE[1:] == 0) | (SINCE[1:] == 1)].max()
        assert at_action <= steps[SINCE[1:] < 0].max() + 0.05


def test_every_shape_comes_in_every_size_with_weeks_on_both_sides():
    cases = list(fading_themes(3, UNTIL))
    assert Counter((case.shape, case.size) for case in cases) == {
        (shape, size): 4 for shape in (*FADING, HALVED) for size in SIZES
    }
    for case in cases[::16]:
        own = case.weekly.filter(theme_id=case.theme).group_by("week").agg(pl.col("tickets").sum())
        assert own["week"].max() == UNTIL - timedelta(weeks=1)
        assert 4 <= (UNTIL - case.began).days // 7 - 1 <= 26
        assert case.began - own["week"].min() >= timedelta(weeks=52)


def test_the_summary_counts_false_verdicts_and_found_ones_apart():
    told = Counter({("drops", 3, "worked"): 1, ("drops", 3, "no evidence"): 3, ("fades", 10, "worse"): 1})
    told |= Counter({(HALVED, 3, "worked"): 3, (HALVED, 3, "no evidence"): 1})
    assert fading_summary(told) == {
        "false_verdicts": 0.4,
        "by_shape": {"drops": 0.25, "fades": 1.0},
        "by_size": {"3": 0.25, "10": 1.0},
        "placebos": 5,
        "halved_told": {"3": 0.75},
    }
