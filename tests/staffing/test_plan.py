"""People by hour and by shift."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.staffing.plan import staffing_plan
from models.staffing.shifts import fewest_shifts
from models.staffing.wfm import wfm_rows
from tests.staffing.conftest import Inputs, daily


def test_the_agents_of_a_week_of_messages_add_up_to_its_hours(inputs: Inputs) -> None:
    frames = staffing_plan(inputs(daily(84)))
    messages = frames["staffing_intervals"].filter(pl.col("mode") == "async")
    in_week = messages.filter(pl.col("starts_at") < datetime(2026, 3, 9))
    assert in_week["agents"].sum() == np.ceil(98 / 0.85)
    assert in_week["tickets"].sum() == pytest.approx(588)
    assert in_week["occupancy"].unique().to_list() == pytest.approx([0.85])
    # Nobody before eight or after twenty.
    assert in_week.filter(pl.col("agents") > 0)["starts_at"].dt.hour().is_between(8, 19).all()
    assert in_week["people"].sum() == pytest.approx(98 / 0.85 / 0.7)


def test_a_live_hour_has_the_agents_that_keep_its_service_level(inputs: Inputs) -> None:
    # 480 chats a day are 20 an hour of 10 minutes: 3.33 erlangs, two at once; 3 agents answer 80 % within a minute.
    live = staffing_plan(inputs(daily(10, chats=480)))["staffing_intervals"].filter(pl.col("mode") == "live")
    assert live["starts_at"].dt.hour().unique().to_list() == list(range(8, 20))
    assert live["agents"].unique().to_list() == [3]
    assert (live["service_level"] >= 0.8).all()
    assert live["occupancy"].unique().to_list() == pytest.approx([20 / 6 / 6])


def test_a_busy_day_has_a_busier_high_case(inputs: Inputs) -> None:
    bounds = pl.DataFrame({
        "business_line": "shop", "tier": "1", "date": [datetime(2026, 3, 2).date()],
        "expected": 490.0, "low_80": 400.0, "high_80": 735.0,
    })  # fmt: skip
    live = staffing_plan(inputs(daily(10, chats=480), bounds=bounds))["staffing_intervals"].filter(
        (pl.col("mode") == "live") & (pl.col("starts_at") < datetime(2026, 3, 3))
    )
    assert live["tickets_high"].to_list() == pytest.approx([30.0] * 12)
    assert (live["agents_high"] > live["agents"]).all()


def test_shifts_cover_every_hour_and_give_every_day_its_hours(inputs: Inputs) -> None:
    frames = staffing_plan(inputs(daily(84, chats=480)))
    shifts, intervals = frames["staffing_shifts"], frames["staffing_intervals"]
    begun = shifts.select(
        starts_at=pl.col("date").dt.combine(pl.col("shift_start").str.to_time("%H:%M")), people="people"
    )
    needed = intervals.filter(pl.col("mode") == "live").select("starts_at", "people")
    for moment, people in needed.iter_rows():
        on = begun.filter(
            (pl.col("starts_at") <= moment) & (pl.col("starts_at") > moment - pl.duration(hours=8))
        )
        assert on["people"].sum() >= people - 1e-6
    paid = shifts.group_by("date").agg(pl.col("people").sum() * 8).sort("date")["people"]
    total = intervals.group_by(pl.col("starts_at").dt.date()).agg(pl.col("people").sum()).sort("starts_at")
    # Whole shifts, rounded up over the days so far.
    assert (paid.cum_sum() >= total["people"].cum_sum() - 1e-6).all()


def test_a_lone_agent_is_shared_by_the_lines_and_counted_once(inputs: Inputs) -> None:
    # Two lines of 1.2 chats and 0.5 messages a day of 10 minutes: in each of 12 open hours one person is there for both,
    # and has time for the messages. Two shifts of 8 hours cover the day.
    made = inputs(daily(0.5, chats=1.2), people=1.0)
    other = made.daily.with_columns(business_line=pl.lit("salon"))
    teams = (*made.teams, replace(made.teams[0], business_line="salon"))
    frames = staffing_plan(replace(made, daily=pl.concat([made.daily, other]), teams=teams))
    in_week = frames["staffing_intervals"].filter(pl.col("starts_at") < datetime(2026, 3, 9))
    live = in_week.filter(pl.col("mode") == "live")
    assert live.group_by("starts_at").agg(pl.col("people").sum())["people"].to_list() == pytest.approx(
        [1.0] * 84
    )
    assert live.filter(pl.col("business_line") == "salon")["people"].sum() == pytest.approx(42)
    assert live["agents"].unique().to_list() == [1]  # on the floor each line needs somebody
    assert in_week["people"].sum() == pytest.approx(84)
    shifts = frames["staffing_shifts"].filter(pl.col("date") < datetime(2026, 3, 9).date())
    assert (shifts["people"] * shifts["shift_hours"]).sum() == 7 * 16
    # Two people of 40 hours: 112 are more than they have.
    assert "take 112 paid hours" in frames["staffing_notes"]["note"][-1]
    assert "people employed have 80." in frames["staffing_notes"]["note"][-1]


def test_an_hour_over_does_not_take_another_shift_every_day(inputs: Inputs) -> None:
    # 32.13 a day of 10 minutes: 9 paid hours a day, 63 a week, 252 in four: 32 shifts of 8 hours.
    shifts = staffing_plan(inputs(daily(9 * 6 * 0.85 * 0.7)))["staffing_shifts"]
    assert shifts["people"].sum() == 32


def test_a_wfm_tool_gets_its_columns(inputs: Inputs) -> None:
    rows = wfm_rows(staffing_plan(inputs(daily(84, chats=480)))["staffing_intervals"])
    first = rows.filter(pl.col("queue").str.ends_with("live")).row(0, named=True)
    assert first == {
        "interval_start": datetime(2026, 3, 2, 8), "interval_minutes": 60, "queue": "shop / tier 1 / Bluefin / live",
        "volume": 20.0, "volume_p90": 20.0, "aht_seconds": 600, "required_on_floor": 3, "required_on_floor_p90": 3,
        "required_incl_shrinkage": 4.29,
    }  # fmt: skip


def test_no_forecast_gives_empty_tables(inputs: Inputs) -> None:
    frames = staffing_plan(inputs(daily(0)))
    assert all(frame.is_empty() for name, frame in frames.items() if name != "staffing_notes")


def test_three_shifts_cover_a_day_of_one() -> None:
    begin = fewest_shifts(np.ones(24), np.zeros(1), np.ones(24, dtype=bool))
    assert begin.sum() == 3
    assert begin[:8].sum() >= 1


def test_a_peak_is_covered_where_shifts_overlap() -> None:
    # One from 8 to 20, three from 12 to 14: two shifts in a row and one more across noon make 1 + 2.
    needed = np.zeros(24)
    needed[8:20] = 1
    needed[12:14] = 3
    begin = fewest_shifts(needed, np.zeros(1), np.arange(24) % 24 < 16)
    assert begin.sum() == 3


def test_a_shift_of_no_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="a shift of 0 hours"):
        fewest_shifts(np.ones(24), np.zeros(1), np.ones(24, dtype=bool), shift_hours=0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=48, max_size=48), st.integers(2, 12))
def test_any_need_is_covered(needed: list[int], shift_hours: int) -> None:
    wanted = np.array(needed, dtype=float)
    begin = fewest_shifts(wanted, wanted.reshape(2, 24).sum(axis=1), np.ones(48, dtype=bool), shift_hours)
    on = np.convolve(begin, np.ones(shift_hours))[:48]
    assert np.all(on >= wanted)
    assert np.all(begin.reshape(2, 24).sum(axis=1) * shift_hours >= wanted.reshape(2, 24).sum(axis=1))
