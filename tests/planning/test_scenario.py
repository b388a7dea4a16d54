"""A scenario beside the plan as it stands: one line with a yearly sale, another without."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from models.planning.comparison import compare_days, compare_weeks
from models.planning.scenario import Campaign, Levers, Planner, Wave, planner, what_if
from models.staffing.outlook import NO_EFFECTS, PlanInputs
from models.staffing.promises import Promises, ReplyTarget
from models.staffing.teams import Team, Terms

MADE_ON = date(2026, 3, 1)  # a Sunday
DAYS = 28
SALE = date(2026, 3, 10)
WAVE = Wave(300, datetime(2026, 3, 11, 20), 2, contact_rate=0.5, business_line="shop")
PER_DAY = {("shop", "1"): 40, ("shop", "2"): 8, ("games", "1"): 30}


def volume() -> pl.DataFrame:
    """Two years of every day the same, but for a sale of four days every half year that triples the shop's."""
    rng = np.random.default_rng(0)
    first = MADE_ON - timedelta(days=729)
    rows = []
    for (line, tier), usual in PER_DAY.items():
        for day in range(730):
            lift = 3 if line == "shop" and day % 180 in (100, 101, 102, 103) else 1
            rows.append(
                (first + timedelta(days=day), line, "email", tier, "EU", int(rng.poisson(usual * lift)))
            )
    columns = ["date", "business_line", "channel", "tier", "region", "tickets"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def sales() -> pl.DataFrame:
    first = MADE_ON - timedelta(days=729)
    starts = [first + timedelta(days=180 * half + 100) for half in range(4)]
    return pl.DataFrame(
        {
            "event_id": [f"sale {number}" for number in range(4)],
            "kind": "campaign",
            "name": "Sale",
            "business_line": "shop",
            "region": None,
            "size": 1.0,
            "starts_at": [datetime(day.year, day.month, day.day) for day in starts],
            "ends_at": [datetime(day.year, day.month, day.day) + timedelta(days=4) for day in starts],
        },
        schema_overrides={"region": pl.String},
    )


def inputs() -> PlanInputs:
    """Ten people at tier 1 of the shop, four at tier 2, nobody known for games; 10 minutes a ticket."""
    days = [MADE_ON + timedelta(days=day + 1) for day in range(DAYS)]
    daily = pl.DataFrame(
        [
            (line, "email", tier, "EU", day, float(usual))
            for (line, tier), usual in PER_DAY.items()
            for day in days
        ],
        schema=["business_line", "channel", "tier", "region", "date", "expected"],
        orient="row",
    )
    bounds = {
        "business_line": pl.String,
        "tier": pl.String,
        "expected": pl.Float64,
        "low_80": pl.Float64,
        "high_80": pl.Float64,
    }
    people = {("shop", "1"): np.full(DAYS, 3.0), ("shop", "2"): np.full(DAYS, 1.0), ("games", "1"): None}
    return PlanInputs(
        made_on=MADE_ON,
        daily=daily,
        bounds=pl.DataFrame(schema=bounds | {"date": pl.Date}),
        weekly=pl.DataFrame(schema=bounds | {"week": pl.Date}),
        hourly=pl.DataFrame(
            schema={
                "business_line": pl.String,
                "channel": pl.String,
                "tier": pl.String,
                "starts_at": pl.Datetime("us"),
                "expected": pl.Float64,
            }
        ),
        effects=NO_EFFECTS,
        waiting=pl.DataFrame(
            schema={"business_line": pl.String, "tier": pl.String, "arrived_at": pl.Datetime("us")}
        ),
        teams=tuple(
            Team(line, tier, "Bluefin", 1.0, 10.0, 10.0, Terms(), np.ones(DAYS * 24), people[line, tier])
            for line, tier in PER_DAY
        ),
        promised=Promises({}, {key: (ReplyTarget(1.0, 720.0, False),) for key in PER_DAY}),
    )


@pytest.fixture(scope="module")
def plan() -> Planner:
    return planner(volume(), sales(), inputs())


def sale(size: float = 1.0, days: int = 4, line: str | None = "shop") -> Campaign:
    return Campaign("Sale", SALE, days, size, line)


def people_of(plan: Planner, events: list[Campaign | Wave], levers: Levers = Levers()) -> float:
    return float(compare_weeks(plan, what_if(plan, events, levers))["people"].sum())


@pytest.mark.parametrize(
    "events", [[], [sale(size=0)], [replace(WAVE, accounts=0)], [sale(size=0), replace(WAVE, accounts=0)]]
)
def test_an_event_of_size_zero_changes_nothing(plan, events):
    scenario = what_if(plan, events)
    weeks, days = compare_weeks(plan, scenario), compare_days(plan, scenario)
    for column in ("tickets", "people", "backlog", "within_sla"):
        assert weeks[column].to_list() == weeks[f"{column}_baseline"].to_list()
    assert days["expected"].to_list() == days["expected_baseline"].to_list()
    assert_frame_equal(scenario.outlook.asks, plan.baseline.asks)


def test_a_campaign_lifts_its_own_days_and_line_and_no_other(plan):
    days = compare_days(plan, what_if(plan, [sale()]))
    shop = days.filter(pl.col("business_line") == "shop", pl.col("tier") == "1")
    on_sale = shop.filter(pl.col("date").is_between(SALE, SALE + timedelta(days=3)))
    assert on_sale["expected"].to_list() == pytest.approx([120] * 4, rel=0.15)
    before = days.filter((pl.col("date") < SALE - timedelta(days=7)) | (pl.col("business_line") == "games"))
    assert before["added"].abs().max() == 0
    assert before["backlog"].to_list() == pytest.approx(before["backlog_baseline"].to_list(), abs=0.5)


def test_more_tickets_take_more_people_and_a_longer_backlog(plan):
    scenario = what_if(plan, [sale()])
    week = (
        compare_weeks(plan, scenario)
        .filter(pl.col("week") == date(2026, 3, 9), pl.col("business_line") == "shop", pl.col("tier") == "1")
        .row(0, named=True)
    )
    # 280 tickets a week and 320 more, at 10 minutes each: people go with the work.
    assert week["people"] / week["people_baseline"] == pytest.approx(600 / 280, rel=0.2)
    assert week["people_low"] <= week["people"] <= week["people_high"]
    assert week["backlog"] > week["backlog_baseline"]
    assert (
        "Sale"
        in scenario.outlook.weeks.filter(pl.col("week") == date(2026, 3, 9))["because"]
        .drop_nulls()
        .to_list()[0]
    )


def test_a_wave_writes_its_tickets_and_escalates_as_usual(plan):
    by_tier = dict(what_if(plan, [WAVE]).added.by("tier").select("tier", "added").rows())
    # 300 accounts at 0.5 tickets each, nearly all of them within the 28 days; 8 of 40 are escalated.
    assert by_tier["1"] == pytest.approx(150, rel=0.02)
    assert by_tier["2"] == pytest.approx(30, rel=0.02)


def test_events_at_once_add_up(plan):
    both = what_if(plan, [sale(), WAVE]).added.by().row(0, named=True)
    alone = [what_if(plan, [event]).added.by()["added"].item() for event in (sale(), WAVE)]
    assert both["added"] == pytest.approx(sum(alone))
    assert both["p10"] < both["added"] < both["p90"]


def test_lines_that_an_event_does_not_reach_stay_as_they_are(plan):
    weeks = compare_weeks(plan, what_if(plan, [sale()])).filter(pl.col("business_line") == "games")
    assert weeks["people"].to_list() == weeks["people_baseline"].to_list()
    assert weeks["backlog"].null_count() == weeks.height  # nobody says how many people there are


def test_levers_change_the_work_and_not_the_tickets_written(plan):
    usual = people_of(plan, [])
    assert people_of(plan, [], Levers(handle_time=2.0)) > 1.5 * usual
    assert people_of(plan, [], Levers(shrinkage=0.5)) == pytest.approx(usual * 0.7 / 0.5, rel=0.01)
    weeks = compare_weeks(plan, what_if(plan, [], Levers(escalations=2.0)))
    second = weeks.filter(pl.col("tier") == "2")
    assert second["tickets"].to_list() == pytest.approx((2 * second["tickets_baseline"]).to_list())
    first = weeks.filter(pl.col("tier") == "1")
    assert first["tickets"].to_list() == first["tickets_baseline"].to_list()


def test_days_and_weeks_tell_of_the_same_tickets(plan):
    scenario = what_if(plan, [WAVE], Levers(escalations=2.0))
    days, weeks = compare_days(plan, scenario), compare_weeks(plan, scenario)
    for column in ("expected", "expected_baseline", "added"):
        assert days[column].sum() == pytest.approx(weeks[column.replace("expected", "tickets")].sum())
    second = days.filter(pl.col("tier") == "2")
    # 8 a day escalated now, 30 more of the wave, twice each.
    assert second["expected"].sum() == pytest.approx(2 * (8 * DAYS + 30), rel=0.01)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            Campaign("Sale", date(2026, 2, 1), 4, 1.0),
            "2026-02-01 is in the past: the forecast runs from 2026-03-02",
        ),
        (sale(days=0), "0 days"),
        (sale(line="shoes"), "known are games, shop"),
        (replace(WAVE, accounts=-1), "-1 accounts"),
        (replace(WAVE, onset=datetime(2027, 1, 1)), "after the forecast ends"),
    ],
)
def test_an_event_that_cannot_be_says_so(plan, asked, told):
    with pytest.raises(ValueError, match=told):
        what_if(plan, [asked])


@pytest.mark.parametrize(
    "levers",
    [Levers(shrinkage=1.0), Levers(handle_time=0), Levers(escalations=-1), Levers(message_share=1.2)],
)
def test_a_lever_out_of_range_says_what_is_expected(plan, levers):
    with pytest.raises(ValueError, match="cannot be; expected"):
        what_if(plan, [], levers)


@settings(max_examples=8, deadline=None)
@given(accounts=st.tuples(st.integers(0, 3000), st.integers(0, 3000)))
def test_a_larger_wave_never_needs_fewer_people_or_leaves_fewer_waiting(plan, accounts):
    small, large = (
        compare_weeks(plan, what_if(plan, [replace(WAVE, accounts=count)])) for count in sorted(accounts)
    )
    assert large["people"].sum() >= small["people"].sum() - 1e-6
    assert large["backlog"].sum() >= small["backlog"].sum() - 1e-6
