"""Waiting follows from work and people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.simulation.queues import BusinessClock, Queue, staffing


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
    clock = BusinessClock.of(np.array([60.0, 0.0, 60.0]))
    assert clock.at(np.array([30.0, 90.0, 150.0])) == pytest.approx([30.0, 60.0, 90.0])
    assert clock.later(np.array([50.0]), np.array([20.0])) == pytest.approx([130.0])


@given(st.lists(st.floats(0, 50), min_size=5, max_size=60), st.floats(0.5, 30))
def test_work_is_never_begun_before_it_came_and_never_overtakes(work: list[float], capacity: float) -> None:
    queue = Queue.of(np.array(work), np.full(len(work) + 2000, capacity))
    moments = np.linspace(0, len(work) * 60.0, 40)
    begun = queue.begun(moments)
    assert np.all(begun >= moments)
    assert np.all(np.diff(begun) >= -1e-6)


def test_staff_for_steady_work_is_the_work_over_the_load() -> None:
    hours_open = np.tile([60.0] * 12 + [0.0] * 12, 35)
    work = np.full(28 * 24, 2.0)
    capacity = staffing(work, work, hours_open, load=0.8)
    # 48 of work a day over 12 open hours at a load of 0.8: 5 an hour, also in the run-on days.
    assert capacity[hours_open > 0] == pytest.approx(5.0)
    assert np.all(capacity[hours_open == 0] == 0)


def test_overtime_makes_up_for_a_surprise_after_two_days() -> None:
    hours_open = np.full(40 * 24, 60.0)
    usual = np.full(40 * 24, 1.0)
    surprise = usual.copy()
    surprise[20 * 24 : 21 * 24] += 10.0
    extra = (
        (staffing(usual, surprise, hours_open, 0.8) - staffing(usual, usual, hours_open, 0.8))
        .reshape(40, 24)
        .sum(axis=1)
    )
    assert np.all(extra[:22] == 0)
    assert extra.sum() == pytest.approx(240.0)
    assert np.all(extra[30:] == pytest.approx(0.0))
