"""When a rise began and ended, on counts with a known step."""

from __future__ import annotations

import numpy as np
import pytest

from models.causes.onset import DAY, WEEK, Moment, Stretch, find_stretch, joint_moment
from models.causes.placing import onset_together

HOURS = 27 * WEEK
FLAT = np.ones(HOURS)


def events(rate: float, start: float, end: float, seed: int) -> np.ndarray:
    """Hours of tickets that come evenly by chance, `rate` a day."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(start, end, rng.poisson(rate * (end - start) / DAY)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("days_ago", [2, 10])
def test_a_step_is_found_within_hours_and_lies_in_its_interval(seed, days_ago):
    step = HOURS - days_ago * DAY - 5
    both = np.concatenate([events(0.5, 0, step, seed), events(12, step, HOURS, seed + 100)])
    found = find_stretch(both, usual=0.5, rhythm=FLAT)
    assert found.onset.at == pytest.approx(step, abs=12)
    assert found.onset.low - 1 <= step <= found.onset.high + 1
    assert found.ended is None


def test_the_first_of_steady_tickets_after_none_is_the_onset():
    step = HOURS - 3 * DAY
    found = find_stretch(np.arange(step, HOURS, 1.0), usual=0.0, rhythm=FLAT)
    assert found.onset.at == pytest.approx(step, abs=1)
    assert found.onset.high - found.onset.low <= 4


@pytest.mark.parametrize("lasted", [8, 40])
def test_a_burst_has_a_beginning_and_an_end(lasted):
    begin = HOURS - 5 * DAY
    burst = events(120, begin, begin + lasted, 2)
    found = find_stretch(np.concatenate([events(0.3, 0, HOURS, 1), burst]), usual=0.3, rhythm=FLAT)
    assert found.onset.at == pytest.approx(begin, abs=3)
    assert found.ended is not None
    assert found.ended.at == pytest.approx(begin + lasted, abs=5)
    assert found.ended.low - 1 <= begin + lasted <= found.ended.high + 1


def test_an_earlier_burst_is_not_taken_for_the_beginning_of_this_one():
    step = HOURS - 2 * DAY
    both = [events(0.3, 0, HOURS, 1), events(60, 1000, 1012, 2), events(15, step, HOURS, 3)]
    found = find_stretch(np.concatenate(both), usual=0.3, rhythm=FLAT)
    assert found.onset.at == pytest.approx(step, abs=8)


def test_without_a_step_the_interval_is_wide():
    found = find_stretch(events(1.0, 0, HOURS, 4), usual=1.0, rhythm=FLAT)
    assert found.onset.high - found.onset.low > WEEK


def test_a_silent_night_is_not_taken_for_the_time_before():
    """Nobody writes in the first half of a day, so a rise that begins at midnight shows at noon."""
    rhythm = np.resize(np.repeat([0.02, 1.98], DAY // 2), HOURS)
    step = HOURS - 4 * DAY
    seen = [hour for hour in events(24, step, HOURS, 5) if hour % DAY >= DAY / 2]
    low = find_stretch(np.array(seen), usual=0.05, rhythm=rhythm).onset.low
    assert low <= step


def test_what_began_together_is_placed_more_sharply_together():
    step = HOURS - 6 * DAY
    single = [
        find_stretch(
            np.concatenate([events(0.5, 0, step, seed), events(4, step, HOURS, seed + 50)]),
            usual=0.5,
            rhythm=FLAT,
        ).onset
        for seed in range(4)
    ]
    together = joint_moment(single)
    assert together.high - together.low < min(one.high - one.low for one in single)
    assert together.at == pytest.approx(step, abs=12)


def moment(at: int, certain: float) -> Moment:
    """A change most likely in the hour `at`, within the first hundred hours."""
    return Moment(at + 0.5, at, at + 1, 0, -certain * np.abs(np.arange(100.0) - at))


def test_what_began_together_did_not_begin_after_its_end():
    """A burst from hour 20 to 30, and a rise that surely began in hour 60, which the burst's interval holds."""
    burst, later = moment(20, certain=0.05), moment(60, certain=5)
    assert onset_together(Stretch(burst, moment(30, certain=1)), [later]) == burst
    assert onset_together(Stretch(burst, None), [later]).at == pytest.approx(60.5, abs=1)
