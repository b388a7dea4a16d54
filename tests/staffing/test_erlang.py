"""Erlang C and A: published values, and what must hold for any load."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.staffing.erlang import (
    ServiceLevel,
    agents_by_table,
    agents_needed,
    erlang_a,
    erlang_c,
    people_needed,
)

EIGHTY_TWENTY = ServiceLevel(0.8, 20)


def test_a_hundred_calls_in_half_an_hour() -> None:
    # The textbook case, the same in every Erlang calculator: 200 an hour, 180 s, 80 % within 20 s.
    assert agents_needed(200, 180, EIGHTY_TWENTY).tolist() == [14]
    reached = erlang_c(200, 180, [13, 14], 20)
    assert reached.waiting[1] == pytest.approx(0.1741, abs=5e-5)
    assert reached.service_level == pytest.approx([0.796, 0.8884], abs=5e-4)
    assert reached.service_level[1] == pytest.approx(0.8884, abs=5e-5)
    assert reached.asa_seconds[1] == pytest.approx(7.84, abs=5e-3)
    assert reached.occupancy[1] == pytest.approx(0.714, abs=5e-4)
    assert people_needed(14, 0.3) == pytest.approx(20.0)


def test_fifty_five_agents() -> None:
    reached = erlang_c(720, 240, 55, 15)
    assert reached.waiting[0] == pytest.approx(0.2387, abs=5e-5)
    assert reached.service_level[0] == pytest.approx(0.8459, abs=5e-5)
    assert reached.asa_seconds[0] == pytest.approx(8.18, abs=5e-3)


def test_a_hundred_calls_in_an_hour() -> None:
    assert agents_needed(100, 180, EIGHTY_TWENTY).tolist() == [8]
    assert erlang_c(100, 180, [7, 8], 20).service_level == pytest.approx([0.740, 0.880], abs=5e-4)


def test_people_who_give_up() -> None:
    # 50 agents, 48 a minute, a minute each, patience of two (Mandelbaum and Zeltyn).
    reached = erlang_a(48 * 60, 60, 50, 20, 120)
    assert reached.abandonment[0] == pytest.approx(0.0309, abs=5e-5)
    assert reached.asa_seconds[0] == pytest.approx(3.71, abs=5e-3)
    assert reached.occupancy[0] == pytest.approx(0.930, abs=5e-4)


def test_thirteen_agents_are_enough_when_some_give_up() -> None:
    reached = erlang_a(200, 180, 13, 20, 300)
    assert reached.service_level[0] == pytest.approx(0.858, abs=5e-4)
    assert reached.abandonment[0] == pytest.approx(0.025, abs=5e-4)
    assert reached.waiting[0] == pytest.approx(0.226, abs=5e-4)
    assert reached.asa_seconds[0] / 60 == pytest.approx(0.125, abs=5e-4)
    assert agents_needed(200, 180, EIGHTY_TWENTY, patience_seconds=300).tolist() == [13]


def test_one_agent_by_hand() -> None:
    # One server: all wait with probability load, service level 1 - load e^(-(1-load) t / handle).
    reached = erlang_c(6, 300, 1, 300)
    assert reached.waiting[0] == pytest.approx(0.5)
    assert reached.service_level[0] == pytest.approx(1 - 0.5 * np.exp(-0.5))
    assert reached.asa_seconds[0] == pytest.approx(300.0)


def test_endless_patience_is_erlang_c() -> None:
    patient, staying = erlang_a(200, 180, 14, 20, 1e9), erlang_c(200, 180, 14, 20)
    assert patient.waiting == pytest.approx(staying.waiting, rel=1e-5)
    assert patient.service_level == pytest.approx(staying.service_level, rel=1e-5)
    assert patient.abandonment == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("agents", [60, 5_000, 5_200, 50_000])
def test_thousands_of_agents_give_sane_shares(agents: int) -> None:
    for reached in (erlang_c(60_000, 300, agents, 20), erlang_a(60_000, 300, agents, 20, 600)):
        for share in (reached.waiting, reached.service_level, reached.occupancy, reached.abandonment):
            assert np.all((share >= 0) & (share <= 1))
    if agents < 5000:  # about what cannot be served gives up
        assert reached.abandonment[0] == pytest.approx(1 - agents / 5000, abs=1e-3)


def test_too_few_agents_only_let_the_queue_grow() -> None:
    reached = erlang_c(200, 180, [0, 10], 20)
    assert reached.service_level.tolist() == [0, 0]
    assert np.isinf(reached.asa_seconds).all()
    assert reached.occupancy.tolist() == [1, 1]


def test_nothing_arriving_needs_nobody() -> None:
    assert agents_needed([0, 0], [180, 0], EIGHTY_TWENTY).tolist() == [0, 0]
    assert erlang_c(0, 180, 0, 20).service_level.tolist() == [1]


def test_an_occupancy_cap_asks_for_more() -> None:
    # 90 erlangs: 80/20 is met with 95 or so; at most 85 % busy takes 106.
    assert agents_needed(1800, 180, EIGHTY_TWENTY, occupancy_cap=0.85).tolist() == [106]


def test_an_agent_with_two_chats_is_two_places() -> None:
    assert agents_needed(200, 180, EIGHTY_TWENTY, concurrency=2).tolist() == [7]


@pytest.mark.parametrize("share", [0.0, 1.0, 1.2])
def test_a_promise_no_staffing_can_keep_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="cannot be planned for"):
        ServiceLevel(share, 20)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="handle_seconds is 0"):
        agents_needed(10, 0, EIGHTY_TWENTY)
    with pytest.raises(ValueError, match="arrivals_per_hour is -1"):
        agents_needed(-1, 180, EIGHTY_TWENTY)
    with pytest.raises(ValueError, match="shrinkage is 1"):
        people_needed(10, 1.0)
    with pytest.raises(ValueError, match="occupancy_cap is 0"):
        agents_needed(10, 180, EIGHTY_TWENTY, occupancy_cap=0)


rates = st.floats(0.01, 20_000)
handles = st.floats(20, 3_000)
targets = st.builds(ServiceLevel, st.floats(0.3, 0.99), st.floats(0, 2_000))


@settings(max_examples=60, deadline=None)
@given(rates, st.floats(1, 3), handles, targets, st.integers(1, 4), st.sampled_from([None, 60.0, 600.0]))
def test_more_arrivals_never_need_fewer_agents(
    rate: float, factor: float, handle: float, target: ServiceLevel, chats: int, patience: float | None
) -> None:
    needed = agents_needed(
        [rate, rate * factor], handle, target, concurrency=chats, occupancy_cap=0.9, patience_seconds=patience
    )
    assert needed[1] >= needed[0]


@settings(max_examples=60, deadline=None)
@given(rates, handles, st.floats(0, 600), st.floats(10, 3_000))
def test_more_agents_never_lower_the_service_level(
    rate: float, handle: float, within: float, patience: float
) -> None:
    load = rate * handle / 3600
    agents = np.unique(
        np.ceil(load * np.array([0.3, 0.8, 0.95, 1.0, 1.02, 1.1, 1.5]) + [1, 1, 1, 2, 3, 4, 5])
    )
    assert np.all(np.diff(erlang_c(rate, handle, agents, within).service_level) >= -1e-9)
    assert np.all(np.diff(erlang_a(rate, handle, agents, within, patience).service_level) >= -1e-9)


@settings(max_examples=60, deadline=None)
@given(rates, handles, targets)
def test_the_fewest_agents_meet_the_target_and_one_less_does_not(
    rate: float, handle: float, target: ServiceLevel
) -> None:
    needed = int(agents_needed(rate, handle, target)[0])
    reached = erlang_c(rate, handle, [needed, needed - 1], target.within_seconds).service_level
    assert reached[0] >= target.share - 1e-9
    assert reached[1] < target.share


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 500), min_size=1, max_size=30), handles, targets, st.integers(1, 3))
def test_the_table_says_what_the_formula_says(
    rates: list[float], handle: float, target: ServiceLevel, chats: int
) -> None:
    options = {"occupancy_cap": 0.85, "concurrency": chats}
    table = agents_by_table(np.array(rates), handle, target, **options)  # type: ignore[arg-type]
    one_by_one = agents_needed(rates, handle, target, **options)  # type: ignore[arg-type]
    assert table.tolist() == one_by_one.tolist()
