"""Waiting follows from work and people, in order and within business hours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.staffing.backlog import Desk, backlog_at, is_in_time, work_off, work_off_two_tiers
from models.staffing.capacity_curve import CapacityCurve, Queue


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


def desk(agents: float, open_minutes: list[float]) -> Desk:
    clock = np.array(open_minutes)
    return Desk(CapacityCurve.of(clock * agents), CapacityCurve.of(clock))


def test_a_ticket_is_begun_when_those_before_it_are_done() -> None:
    # One agent, open from 1:00 to 3:00 and from 5:00 on. Three tickets of 60, 90 and 30 minutes.
    course = work_off(
        np.array([0.0, 10.0, 20.0]), np.array([60.0, 90.0, 30.0]), desk(1, [0, 60, 60, 0, 0, 60, 60, 60])
    )
    # The second is begun at 2:00, stays overnight half an hour short of done, and is finished at 5:30.
    assert course.begun == pytest.approx([60, 120, 330])
    assert course.finished == pytest.approx([120, 330, 360])
    assert course.wait == pytest.approx([60, 110, 310])
    assert backlog_at(course, np.array([15.0, 61.0, 200.0, 400.0])).tolist() == [2, 2, 1, 0]


def test_a_clock_of_business_hours_leaves_the_night_out() -> None:
    night = desk(1, [60, 0, 0, 60])
    course = work_off(np.array([0.0, 0.0]), np.array([60.0, 10.0]), night)
    # The second waits 60 open minutes, 180 by the calendar.
    targets = np.array([60.0, 60.0])
    assert is_in_time(course, targets, night.clock).tolist() == [True, True]
    assert is_in_time(course, targets, None).tolist() == [True, False]


def test_an_escalated_ticket_comes_to_tier_2_after_tier_1_is_done_with_it() -> None:
    always = desk(1, [60.0] * 10)
    first, second = work_off_two_tiers(
        np.array([0.0, 0.0]),
        (np.array([20.0, 20.0]), np.array([30.0, 30.0])),
        np.array([False, True]),
        60.0,
        (always, always),
    )
    assert first.finished == pytest.approx([20, 40])
    assert second.begun == pytest.approx([np.nan, 100], nan_ok=True)
    assert second.finished == pytest.approx([np.nan, 130], nan_ok=True)


tickets = st.lists(st.tuples(st.floats(0, 3_000), st.floats(0.1, 200)), min_size=1, max_size=60)
hours = st.lists(st.sampled_from([0.0, 30.0, 60.0]), min_size=50, max_size=50).filter(
    lambda day: sum(day) > 0
)


@settings(max_examples=80, deadline=None)
@given(tickets, hours, st.floats(0.5, 5), st.floats(1, 3))
def test_more_capacity_never_makes_a_ticket_later(
    given_tickets: list[tuple[float, float]], open_minutes: list[float], agents: float, factor: float
) -> None:
    arrived, work = np.array(given_tickets).T
    few = work_off(arrived, work, desk(agents, open_minutes))
    more = work_off(arrived, work, desk(agents * factor, open_minutes))
    assert np.all(more.begun <= few.begun + 1e-6)
    assert np.all(more.finished <= few.finished + 1e-6)


@settings(max_examples=80, deadline=None)
@given(tickets, hours, st.floats(0.5, 5))
def test_backlog_is_conserved_and_no_more_is_done_than_capacity_allows(
    given_tickets: list[tuple[float, float]], open_minutes: list[float], agents: float
) -> None:
    arrived, work = np.array(given_tickets).T
    team = desk(agents, open_minutes)
    course = work_off(arrived, work, team)
    moments = np.linspace(0, 3_000, 31)
    came = (arrived[:, None] <= moments).sum(axis=0)
    begun = (course.begun[:, None] <= moments).sum(axis=0)
    assert np.array_equal(backlog_at(course, moments), came - begun)
    assert np.all(came >= begun)
    order = np.argsort(arrived, kind="stable")
    assert np.all(np.diff(course.begun[order]) >= -1e-6)
    # Work begun before the last begun ticket has been done by then, within the capacity there was.
    before = np.cumsum(work[order]) - work[order]
    in_reach = course.begun[order] < 3_000
    assert np.all(before[in_reach] <= team.capacity.at(course.begun[order])[in_reach] + 1e-6)
