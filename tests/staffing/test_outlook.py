"""The weeks ahead: who is needed, who is missing, what becomes of the backlog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.staffing.capacity_curve import Floats
from models.staffing.outlook import PlanInputs, outlook
from models.staffing.promises import ReplyTarget
from models.staffing.teams import Terms
from tests.staffing.conftest import DAYS, MADE_ON, OFFICE, Inputs, daily

MONDAYS = [date(2026, 3, day) for day in (2, 9, 16, 23)]
same_fixture = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_a_week_of_messages_takes_its_work_over_occupancy_and_shrinkage(inputs: Inputs) -> None:
    # 84 a day of 10 minutes: 98 hours a week, 115.3 at 85 % busy; a person gives 28 of 40. Nothing comes in bursts.
    weeks = outlook(inputs(daily(84))).weeks
    assert weeks["week"].to_list() == MONDAYS
    assert weeks["tickets"].to_list() == pytest.approx([588] * 4)
    assert weeks["hours"].to_list() == pytest.approx([98 / 0.85] * 4)
    assert weeks["people"].to_list() == pytest.approx([98 / 0.85 / 28] * 4)
    assert weeks["cost"].to_list() == pytest.approx([98 / 0.85 / 28 * 40 * 20] * 4)
    assert weeks["gap"].to_list() == pytest.approx([98 / 0.85 / 28 - 4] * 4)


def test_a_rush_takes_more_than_its_work_where_replies_are_promised_soon(inputs: Inputs) -> None:
    calm, rush = outlook(inputs(daily(84))).weeks, outlook(inputs(daily(84, d10=5.0))).weeks
    assert rush["tickets"][1] == pytest.approx(588 + 4 * 84)
    # The day alone is 70 hours of work, to be begun within 12 business hours: more than 11/7 of a calm week.
    assert rush["people"][1] > calm["people"][1] * 11 / 7 * 1.2
    assert rush["people"][2] == pytest.approx(calm["people"][2])


def test_a_weeks_range_is_the_forecasts_own_for_the_week(inputs: Inputs) -> None:
    weekly = pl.DataFrame({
        "business_line": "shop", "tier": "1", "week": MONDAYS[1], "expected": 500.0, "low_80": 400.0, "high_80": 650.0,
    })  # fmt: skip
    row = outlook(inputs(daily(84), weekly=weekly)).weeks.row(1, named=True)
    assert row["tickets_low"] == pytest.approx(588 * 0.8)
    assert row["tickets_high"] == pytest.approx(588 * 1.3)
    assert row["people_high"] == pytest.approx(row["people"] * 1.3)


def test_an_ask_names_the_event_and_the_day_to_decide(inputs: Inputs) -> None:
    effects = pl.DataFrame({
        "business_line": "shop", "tier": "1", "date": [date(2026, 3, 18)] * 3,
        "effect_kind": ["campaign", "holiday", "level"], "effect": ["Spring Sale", "St Patrick", "level"],
        "tickets": [250.0, -40.0, 84.0],
    })  # fmt: skip
    asks = outlook(inputs(daily(60, d17=5.0), effects=effects)).asks
    assert asks.height == 1
    ask = asks.row(0, named=True)
    assert (ask["from_date"], ask["to_date"]) == (MONDAYS[2], date(2026, 3, 22))
    assert ask["decide_by"] == date(2026, 3, 6)
    assert not ask["is_late"]
    assert ask["because"] == "Spring Sale +250"
    week = outlook(inputs(daily(60, d17=5.0), effects=effects)).weeks.row(2, named=True)
    assert week["because"] == "Spring Sale +250, St Patrick -40"
    assert ask["cost"] == pytest.approx(ask["people_more"] * 40 * 20)


def test_an_ask_for_next_week_is_late(inputs: Inputs) -> None:
    ask = outlook(inputs(daily(84, d1=3.0))).asks.row(0, named=True)
    assert ask["from_date"] == MONDAYS[0]
    assert ask["is_late"]
    assert ask["because"] == "no event: the usual volume takes more people"


def test_a_rush_leaves_a_backlog_unless_the_ask_is_met(inputs: Inputs) -> None:
    seen = outlook(inputs(daily(50, d10=8.0), people=3.0))
    assert seen.back["back_inside_sla_on"].to_list() == [date(2026, 3, 25), None]
    assert seen.back["note"].to_list() == [
        "Outside its targets from 11 March on, back inside on 25 March.",
        "Inside its targets on every day ahead.",
    ]
    staffed = seen.backlog.filter(pl.col("scenario") == "as staffed")
    assert staffed["backlog"].max() > 200
    assert staffed["backlog"][-1] == pytest.approx(50 * 4 / 24)  # what came since the evening


def test_tickets_that_wait_already_come_first(inputs: Inputs) -> None:
    waiting = pl.DataFrame({
        "business_line": "shop", "tier": "1", "arrived_at": [datetime(2026, 3, 1, 12)] * 300,
    })  # fmt: skip
    volume = daily(40)
    without, with_them = (outlook(inputs(volume, **more)).backlog for more in ({}, {"waiting": waiting}))
    assert with_them["backlog"][0] > without["backlog"][0] + 150
    assert with_them["oldest_hours"][0] > 24
    assert with_them["backlog"][-1] == pytest.approx(without["backlog"][-1], abs=0.1)


def test_tickets_of_the_running_day_are_those_of_its_forecast(inputs: Inputs) -> None:
    # The plan begins on 2 March at 0:00, and it is noon: what came since midnight is in the day's 84 already.
    arrived = [datetime(2026, 3, 1, 23, 59), datetime(2026, 3, 2), datetime(2026, 3, 2, 11)]
    waiting = pl.DataFrame({"business_line": "shop", "tier": "1", "arrived_at": arrived})
    nobody_works = [
        outlook(inputs(daily(84), people=0.0, waiting=rows)).backlog for rows in (waiting[:0], waiting)
    ]
    assert nobody_works[0]["backlog"][0] == pytest.approx(84)
    assert nobody_works[1]["backlog"][0] == pytest.approx(84 + 1)


def cut(made: PlanInputs, skipped: int, days: int, closed: Sequence[int] = ()) -> PlanInputs:
    """The plan of some days only; closed: those of them on which nobody is there."""
    first = MADE_ON + timedelta(days=skipped + 1)
    is_open = OFFICE[: days * 24].copy().reshape(days, 24)
    is_open[list(closed)] = 0
    teams = tuple(
        replace(team, is_open=is_open.ravel(), people=None if team.people is None else team.people[:days])
        for team in made.teams
    )
    here = made.daily.filter(pl.col("date").is_between(first, first + timedelta(days=days - 1)))
    return replace(made, made_on=first - timedelta(days=1), daily=here, teams=teams)


def done_by_day(made: PlanInputs) -> Floats:
    """Messages begun on each day by the people there are."""
    seen = outlook(made).backlog.filter(pl.col("scenario") == "as staffed")
    done: Floats = seen["arrivals"].to_numpy() - np.diff(seen["backlog"].to_numpy(), prepend=0.0)
    return done


def test_a_week_begun_on_a_wednesday_has_five_days_of_work(inputs: Inputs) -> None:
    # A person gives 28 of 40 hours a week, 4 a day over seven days; 4 people do 96 tickets of 10 minutes a day.
    done = done_by_day(cut(inputs(daily(1000)), skipped=2, days=24))
    assert done[:5].sum() == pytest.approx(5 * 96)
    assert done[5:12].sum() == pytest.approx(7 * 96)
    assert done[19:].sum() == pytest.approx(5 * 96)  # and to a Friday


def test_nobody_works_a_closed_day_elsewhere_in_its_week(inputs: Inputs) -> None:
    made = cut(inputs(daily(84)), skipped=0, days=28, closed=[9])
    busy = cut(inputs(daily(1000)), skipped=0, days=28, closed=[9])
    done = done_by_day(busy)
    assert done[9] == pytest.approx(0, abs=1e-6)
    assert done[7:14].sum() == pytest.approx(6 * 96)
    # The same hours on the floor take 7/6 of the people of a week without a closed day.
    weeks = outlook(made).weeks
    assert weeks["people"][1] == pytest.approx(weeks["hours"][1] / (28 * 6 / 7))
    assert weeks["people"][0] == pytest.approx(weeks["hours"][0] / 28)


def test_a_plan_of_one_closed_day_has_numbers(inputs: Inputs) -> None:
    seen = outlook(cut(inputs(daily(84)), skipped=6, days=1, closed=[0]))
    assert seen.backlog["backlog"].to_list() == pytest.approx([84])
    assert seen.backlog.select(pl.selectors.float().is_finite().all()).row(0) == (True,) * 4


def test_tier_2_gets_its_share_once_tier_1_has_got_round_to_them(inputs: Inputs) -> None:
    calm = outlook(inputs(daily(50, escalated=10), people=3.0))
    rush = outlook(inputs(daily(50, escalated=10, d10=4.0), people=3.0))
    arrivals = [
        seen.backlog.filter((pl.col("tier") == "2") & (pl.col("scenario") == "as staffed"))[
            "arrivals"
        ].to_numpy()
        for seen in (calm, rush)
    ]
    assert arrivals[0][3:] == pytest.approx(np.full(DAYS - 3, 10), abs=0.3)
    # The rush comes through over the following days, not on its own.
    assert arrivals[1][9] < 25
    assert arrivals[1][9:20].sum() - 110 == pytest.approx(30, abs=2)


def test_without_staffing_there_is_need_but_no_ask_and_no_backlog(inputs: Inputs) -> None:
    seen = outlook(inputs(daily(84), people=None))
    assert seen.weeks["people"].null_count() == 0
    assert seen.weeks["people_staffed"].null_count() == 4
    assert seen.asks.is_empty()
    assert seen.backlog.is_empty()
    assert "Where nobody says how many people there are" in seen.notes[-1]


def test_a_target_that_runs_while_closed_gets_the_best_there_is_and_a_note(inputs: Inputs) -> None:
    made = inputs(daily(84))
    promised = replace(made.promised, messages={("shop", "1"): (ReplyTarget(1.0, 60.0, False),)})
    seen = outlook(replace(made, promised=promised))
    assert seen.weeks["people"].is_finite().all()
    assert any("would keep the target for shop at tier 1" in note for note in seen.notes)


def test_it_is_said_that_nobody_is_taken_to_hang_up_where_somebody_calls(inputs: Inputs) -> None:
    without, with_chats = (outlook(inputs(daily(84, chats=chats))).notes for chats in (0, 30))
    assert not any("hang up" in note for note in without)
    assert any("nobody is taken to hang up" in note for note in with_chats)


def test_a_shrinkage_of_everything_is_refused(inputs: Inputs) -> None:
    made = inputs(daily(84))
    team = replace(made.teams[0], terms=Terms(shrinkage=1.0))
    with pytest.raises(ValueError, match="leave no time for tickets"):
        outlook(replace(made, teams=(team,)))


def test_no_forecast_is_said_so(inputs: Inputs) -> None:
    seen = outlook(inputs(daily(0)))
    assert seen.weeks.is_empty()
    assert seen.notes[-1] == "There is no forecast yet, so nothing to plan for."


@same_fixture
@given(messages=st.floats(1, 400), chats=st.floats(0, 200), factor=st.floats(1, 3))
def test_more_tickets_never_take_fewer_people(
    inputs: Inputs, messages: float, chats: float, factor: float
) -> None:
    few = outlook(inputs(daily(messages, chats))).weeks
    more = outlook(inputs(daily(messages * factor, chats * factor))).weeks
    assert (more["people"] >= few["people"] * (1 - 2e-3)).all()


@same_fixture
@given(messages=st.floats(5, 200), people=st.floats(0.5, 8), rush=st.floats(1, 6))
def test_the_backlog_is_conserved_and_more_people_never_leave_more_of_it(
    inputs: Inputs, messages: float, people: float, rush: float
) -> None:
    volume = daily(messages, d9=rush)
    few, more = (
        outlook(inputs(volume, people=employed)).backlog.filter(pl.col("scenario") == "as staffed")
        for employed in (people, people * 1.5)
    )
    for days in (few, more):
        left = days["backlog"].to_numpy()
        done = days["arrivals"].to_numpy() - np.diff(left, prepend=0.0)
        assert np.all(done >= -1e-6)
        # A person of 40 hours does at most 28 hours of 10 minutes a week.
        assert done.reshape(-1, 7).sum(axis=1).max() <= (people * 1.5) * 28 * 6 + 1e-6
    assert np.all(more["backlog"].to_numpy() <= few["backlog"].to_numpy() + 1e-6)
    assert np.all(more["within_sla"].to_numpy() >= few["within_sla"].to_numpy() - 1e-6)


def test_the_same_inputs_give_the_same_outlook(inputs: Inputs) -> None:
    made = inputs(daily(84, chats=30, escalated=9))
    first, second = outlook(made), outlook(replace(made))
    assert first.weeks.equals(second.weeks)
    assert first.backlog.equals(second.backlog)
    assert first.weeks["made_on"].unique().to_list() == [MADE_ON]
