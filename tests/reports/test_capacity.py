"""The capacity page: the decision as its title, each part from its table, and what it says where one is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.reports.data_tables import DataFolder
from assets.reports.page import Page
from assets.reports.pages import capacity, forecast_changes, staffing_asks, team_words
from assets.reports.pages.earlier_forecasts import lean
from assets.reports.scope import read_scope
from assets.reports.snapshot_tables import Snapshot
from tests.reports.conftest import invented_tables, write_snapshot
from tests.reports.parsed_page import ParsedPage, parse

PLAN = ("staffing_weeks", "staffing_asks", "staffing_intervals", "staffing_shifts", "backlog_ahead")
ASK = {"business_line": "ecommerce", "tier": "1", "vendor": "Brightline", "people_more": 12}
NO_ACTIONS = pl.DataFrame(schema={"verdict": pl.String})
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def page(site: Path) -> ParsedPage:
    return parse(site / "capacity.html")


@pytest.fixture(scope="module")
def small() -> Tables:
    """A snapshot whose forecast is of all arrivals only, so that its page is made fast."""
    tables = invented_tables(weeks=9)
    only_total = pl.col("level") == "total"
    return tables | {"forecast_daily": tables["forecast_daily"].filter(only_total)}


@pytest.fixture
def build(tmp_path: Path) -> Callable[[Tables], Page]:
    """The page before it becomes HTML."""

    def built(tables: Tables) -> Page:
        path = tmp_path / "published.duckdb"
        path.unlink(missing_ok=True)
        with Snapshot(write_snapshot(path, tables)) as snapshot:
            return capacity.build(snapshot, read_scope(snapshot), DataFolder(tmp_path / "data"), NO_ACTIONS)

    return built


def test_the_title_is_the_decision_and_says_when_it_is_late(page):
    assert (
        "12 more tier-1 people for ecommerce at Brightline from 24 Nov: the day to decide, 10 Nov, is past. "
        "One more ask follows." in page.readable
    )
    assert "too late by 7 days" in page.readable
    assert "3 days left" in page.readable


def test_the_top_ask_is_in_the_overview(site):
    assert "12 more tier-1 people for ecommerce at Brightline" in parse(site / "index.html").readable


def test_people_needed_stand_against_those_staffed(site, page):
    weeks = pl.read_parquet(site / "data" / "staffing_weeks.parquet")
    short = weeks.filter(pl.col("missing") > 0)
    assert short.select("team", "week", "missing").rows() == [
        ("Ecommerce, tier 1, Brightline", date(2026, 11, 23), pytest.approx(12.0))
    ]
    names = {trace["name"] for chart in page.charts for trace in chart["data"] if "name" in trace}
    assert {"needed", "likely range", "staffed"} <= names


def test_the_backlog_is_told_with_and_without_the_ask(page):
    assert (
        "Back inside SLA by Thursday 3 Dec with 12 more; as staffed: not back inside SLA within 60 days."
        in page.readable
    )


def test_a_forecast_is_taken_apart_into_named_effects(site, page):
    shown = pl.read_parquet(site / "data" / "forecast_effects.parquet")
    assert shown["effect"].to_list() == ["wave of 10 Nov", "Black Friday", "Christmas Day"]
    assert shown.filter(effect="Black Friday")["lines"].to_list() == ["all"]
    parts = pl.read_parquet(site / "data" / "forecast_parts.parquet")
    weekly = pl.read_parquet(site / "data" / "forecast_weekly.parquet")
    black_friday = {"level": "total", "name": "all", "week": date(2026, 11, 23), "effect": "Black Friday"}
    moved = parts.filter(**black_friday)["tickets"].item()
    week = weekly.filter(level="total", name="all", week=date(2026, 11, 23))
    assert moved == pytest.approx(week["from_calendar"].item())
    assert "New Year's Day, 1 Jan" in page.readable.split("days like any other")[1]


def test_hours_of_the_day_are_a_heat_map_of_two_weeks(page):
    maps = [trace for chart in page.charts for trace in chart["data"] if trace["type"] == "heatmap"]
    assert len(maps) == 3
    assert all(len(trace["z"]) == 14 and len(trace["z"][0]) == 24 for trace in maps)


def test_the_hours_are_there_in_the_shape_of_wfm_tools(site, tables):
    rows = pl.read_parquet(site / "data" / "wfm_intervals.parquet")
    intervals = tables["staffing_intervals"]
    assert rows.height == intervals.height
    assert rows["required_on_floor"].sum() == intervals["agents"].sum()
    assert set(rows["aht_seconds"]) == {540}


def test_the_last_eight_forecasts_are_held_against_what_came(page):
    assert "The last eight forecasts were off by 8.1 % of a day’s arrivals on average" in page.readable
    assert "2.1 % too high in all; 78 % of the days fell in the likely range" in page.readable
    assert "Six of the eight were made afterwards, as if on that day" in page.readable


def test_what_changed_is_told_with_its_reason(page):
    assert "1,470 more arrivals than the forecast of 2 Nov 2026 said" in page.readable
    assert "The largest change: Black Friday +1,620." in page.readable
    assert "New: it was not in the calendar" in page.readable


def test_without_a_staffing_table_it_says_what_to_fill_in(build, small):
    weeks = small["staffing_weeks"].with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("people_staffed", "gap", "cost")
    )
    made = build(small | {"staffing_weeks": weeks, "staffing_asks": small["staffing_asks"].clear()})
    assert made.finding == "About 85 people are needed in the busiest week, from 23 Nov."
    assert any("Fill tables/staffing.csv" in gap for gap in made.missing)


def test_with_enough_people_nobody_is_missing(build, small):
    made = build(small | {"staffing_asks": small["staffing_asks"].clear()})
    assert made.finding == "Nobody is missing in the next 13 weeks."
    assert made.lines[0].tone == "usual"


def test_a_team_without_a_line_in_the_table_is_said(build, small):
    weeks = small["staffing_weeks"].with_columns(
        people_staffed=pl.when(business_line="live").then(None).otherwise("people_staffed")
    )
    made = build(small | {"staffing_weeks": weeks, "staffing_asks": small["staffing_asks"].clear()})
    assert made.finding == "Nobody is missing in the next 13 weeks where staffing is known."
    assert any("says nothing of one of 3 teams" in gap for gap in made.missing)


def test_a_plan_made_for_another_forecast_is_left_out(build, small):
    weeks = small["staffing_weeks"].with_columns(made_on=pl.lit(date(2026, 10, 1)))
    made = build(small | {"staffing_weeks": weeks})
    assert made.content["plan"] is None
    assert any("made on 1 Oct 2026, for another forecast" in gap for gap in made.missing)


@pytest.mark.parametrize(
    "missing",
    [
        PLAN,
        ("forecast_effects",),
        ("forecast_scores", "forecast_outcomes"),
        ("staffing_intervals", "backlog_back"),
    ],
)
def test_the_page_is_there_without_a_table(build, small, missing):
    made = build({name: frame for name, frame in small.items() if name not in missing})
    assert made.finding
    assert (made.content["plan"] is None) == (missing == PLAN)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "12 more tier-1 people for ecommerce at Brightline"),
        ({"people_more": 1, "vendor": "inhouse"}, "1 more tier-1 person for ecommerce in house"),
        ({"tier": "unknown", "vendor": None}, "12 more people for ecommerce"),
    ],
)
def test_an_ask_in_words(row, words):
    assert team_words.more_people(ASK | row) == words


@pytest.mark.parametrize(
    ("decide_by", "is_late", "words"),
    [
        (date(2026, 11, 20), False, "4 days left"),
        (date(2026, 11, 16), False, "decide today"),
        (date(2026, 11, 15), True, "too late by 1 day"),
        (None, False, "lead time not known"),
    ],
)
def test_a_deadline_in_words(decide_by, is_late, words):
    row = {"decide_by": decide_by, "is_late": is_late}
    assert staffing_asks.in_time(row, date(2026, 11, 16)) == words


@pytest.mark.parametrize(
    ("bias", "words"), [(0.021, "2.1 % too high"), (-0.2, "20 % too low"), (0.004, "neither")]
)
def test_a_bias_in_words(bias, words):
    assert lean(bias).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("kind", "before", "now", "words"),
    [
        ("level", 100, 90, "judged lower"),
        ("campaign", 0, 90, "New"),
        ("campaign", 90, 0, "No longer in the calendar"),
        ("surge", 90, 0, "fading"),
        ("holiday", 90, 60, "judged differently"),
    ],
)
def test_a_change_has_a_reason(kind, before, now, words):
    assert words in forecast_changes.why({"effect_kind": kind, "before": before, "now": now})
