"""Waiting follows from work and people, in order and within business hours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.staffing.burn_down import BEFORE, Load, burn_down, escalated
from models.staffing.capacity_curve import CapacityCurve, Queue
from models.staffing.promises import ReplyTarget


def test_work_waits_for_the_work_before_it_and_for_the_opening() -> None:
    # Two hours with 3 and 1 of work; closed in the first, then 2 an hour can be done.
    queue = Queue.of(work=np.array([3.0, 1.0]), capacity=np.array([0.0, 2.0, 2.0, 2.0]))
    # At 0:00 nothing is ahead: begun at the opening, 1:00. At 1:00, 3 are ahead: 1.5 hours after the opening.
    # At 2:00 4 have come and 2 are done: another hour.
    assert queue.begun(np.array([0.0, 60.0, 120.0])) == pytest.approx([60.0, 150.0, 180.0])


def test_without_a_queue_work_is_begun_at_once() -> None:
    queue = Queue.of(work=np.array([1.0, 1.0, 1.0]), capacity=np.array([5.0, 5.0, 5.0]))
    assert queue.begun(np.array([30.0, 95.0])) == pytest.approx([30.0, 95.0], abs=1e-5)


def test_business_minutes_stand_still_while_closed() -> None:
    # Open in the first and the third hour.
    clock = CapacityCurve.of(np.array([60.0, 0.0, 60.0]))
    assert clock.at(np.array([30.0, 90.0, 150.0])) == pytest.approx([30.0, 60.0, 90.0])
    assert clock.later(np.array([50.0]), np.array([20.0])) == pytest.approx([130.0])


@given(st.lists(st.floats(0, 50), min_size=5, max_size=60), st.floats(0.5, 30))
def test_work_is_never_begun_before_it_came_and_never_overtakes(work: list[float], capacity: float) -> None:
    queue = Queue.of(np.array(work), np.full(len(work) + 2000, capacity))
    moments = np.linspace(0, len(work) * 60.0, 40)
    begun = queue.begun(moments)
    assert np.all(begun >= moments)
    assert np.all(np.diff(begun) >= -1e-6)


def load(tickets: list[float], capacity: list[float], waiting: dict[int, float] | None = None) -> Load:
    """Two days of tickets of an hour each; waiting: tickets by hours before the plan."""
    before = np.zeros(BEFORE)
    for hours, count in (waiting or {}).items():
        before[-hours] = count
    by_hour = np.zeros(48)
    by_hour[: len(tickets)] = tickets
    minutes = np.tile(np.pad(np.array(capacity), (0, 24 - len(capacity))), 2)
    return Load(by_hour, before, 60.0, minutes, np.where(minutes > 0, 60.0, 0.0))


def test_a_day_leaves_what_its_capacity_did_not_reach() -> None:
    # Three tickets in the first hour; one person from 2:00 to 4:00 on both days: two are done, the third the day after.
    course = burn_down(load([3.0], [0, 0, 60, 60]), [ReplyTarget(1.0, 60.0, is_business=True)])
    assert course.arrivals.tolist() == [3, 0]
    assert course.backlog == pytest.approx([1, 0])
    # The third came after two thirds of the hour, 23 hours and 20 minutes before midnight.
    assert course.oldest_hours == pytest.approx([23 + 1 / 3, 0], abs=1e-4)
    assert np.flatnonzero(course.begun > 1e-9).tolist() == [2, 3, 26]
    # Half an hour of tickets is ahead of the hour's middle: 90 minutes of work, too late for an open hour's wait.
    assert course.in_time.tolist() == [0, 1]
    assert burn_down(load([3.0], [0, 0, 60, 60]), [ReplyTarget(1.0, 90.0, True)]).in_time[0] == 1


def test_what_waits_already_is_worked_off_first() -> None:
    course = burn_down(load([1.0], [60, 60], {5: 2.0}), [ReplyTarget(1.0, 60.0, is_business=True)])
    assert course.backlog == pytest.approx([1, 0])
    assert course.arrivals.tolist() == [1, 0]
    assert course.oldest_hours[0] == pytest.approx(24)


def test_tier_2_gets_the_usual_share_of_what_tier_1_finishes_after_the_delay() -> None:
    finished, forecast = np.array([0.0, 4.0, 8.0, 0.0]), np.array([6.0, 6.0, 0.0, 0.0])
    second = escalated(finished, forecast, np.array([1.0, 1.0, 1.0, 0.0]), delay_hours=1)
    # A quarter of what is finished, an hour later; the first hour's come from before, by forecast.
    assert second == pytest.approx([1, 0, 1, 2])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 20), min_size=48, max_size=48), st.floats(0.2, 5), st.floats(1, 3))
def test_more_capacity_never_leaves_more_and_no_more_is_done_than_it_allows(
    arriving: list[float], agents: float, factor: float
) -> None:
    minutes = [0.0] * 8 + [60.0 * agents] * 10
    few, more = (
        burn_down(load(arriving, [at * by for at in minutes]), [ReplyTarget(1.0, 120.0, True)])
        for by in (1, factor)
    )
    assert np.all(more.backlog <= few.backlog + 1e-6)
    assert few.backlog == pytest.approx(
        np.cumsum(few.arrivals - few.begun.reshape(2, 24).sum(axis=1)), abs=1e-6
    )
    assert np.all(few.begun <= np.tile(np.pad(minutes, (0, 6)), 2) / 60 + 1e-6)
