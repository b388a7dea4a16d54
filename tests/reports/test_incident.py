"""The incident page: a wave that is on, told with its course and its people; or that there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.reports.data_tables import DataFolder
from assets.reports.page import Page
from assets.reports.pages import incident, incident_words
from assets.reports.pages.incident_tables import Growth, growth
from assets.reports.scope import read_scope
from assets.reports.snapshot_tables import Snapshot
from tests.reports.conftest import invented_tables, write_snapshot
from tests.reports.parsed_page import ParsedPage, parse

NAMES = pl.DataFrame(
    {"theme_id": ["1"], "name": ["code never arrives"], "is_other": [False], "is_template": [False]}
)
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def page(site: Path) -> ParsedPage:
    return parse(site / "incident.html")


@pytest.fixture(scope="module")
def small() -> Tables:
    return invented_tables(weeks=2)


@pytest.fixture
def build(tmp_path: Path) -> Callable[[Tables], Page]:
    """The page before it becomes HTML."""

    def built(tables: Tables) -> Page:
        with Snapshot(write_snapshot(tmp_path / "published.duckdb", tables)) as snapshot:
            data = DataFolder(tmp_path / "data")
            return incident.build(snapshot, read_scope(snapshot), data, NAMES, ())

    return built


def test_the_title_says_where_how_big_since_when_and_how_it_goes(page):
    assert "A wave is on in account security: 1,007 tickets more than usual since 14 Nov 08:00, holding." in (
        page.readable
    )
    assert "Found 14 Nov 11:00, 3 hours after it began." in page.readable


def test_a_wave_that_is_on_comes_first_in_the_overview(site):
    text = parse(site / "index.html").readable
    assert text.count("A wave is on in account security") == 2
    assert text.index("A wave is on") < text.index("card declined")


def test_the_course_and_the_people_are_told_in_words(page):
    assert "About 2,043 more tickets than usual are likely still to come in 14 days" in page.readable
    assert "half of them by Wednesday 18 Nov" in page.readable
    assert "Most on one day: 17 in tier 1 on Monday 16 Nov (up to 26)" in page.readable


def test_attackers_templates_stand_apart_and_themes_are_linked(page):
    victims, attackers = page.readable.split("Not customers’ words")
    assert "somebody is in my account" in victims
    assert "urgent: unlock my account" not in victims
    assert attackers.count("urgent: unlock my account") == 1
    assert "420 tickets of the wave are one text sent by many accounts" in attackers
    links = [attrs["href"] for tag, attrs in page.elements if tag == "a"]
    assert "themes.html#theme-1" in links


def test_a_quote_names_its_subject_once(page):
    assert page.readable.count("Payment fails") == 1
    assert "Payment fails help, my phone number was replaced" in page.readable


def test_hours_are_taken_together_until_few_are_hidden(site):
    hours = pl.read_parquet(site / "data" / "surge_hours.parquet")
    width = dict(hours.select("alarm_id", "hours").unique().iter_rows())
    assert width == {"a1": 1, "a2": 1, "a3": 2}
    shares = hours.group_by("alarm_id").agg(pl.col("is_hidden").mean())
    assert (shares["is_hidden"] <= 0.2).all()


def test_a_wave_of_a_few_tickets_keeps_its_size_to_itself(site):
    alarms = pl.read_parquet(site / "data" / "surge_alarms.parquet")
    few = alarms.filter(alarm_id="a5").row(0, named=True)
    assert (few["tickets"], few["excess"], few["excess_low"]) == (None, None, None)
    part = alarms.filter(alarm_id="a3").row(0, named=True)
    assert (part["tickets"], part["template_tickets"]) == (640, None)


def test_without_a_wave_it_says_so_and_lists_those_that_ended(build, small):
    over = small["surge_alarms"].filter(~pl.col("is_ongoing"))
    made = build(small | {"surge_alarms": over})
    assert made.finding == "No wave is on."
    assert "The last one, in live, ended 5 Oct 12:00." in made.lede
    assert made.content["ended"].frame.height == 2
    assert made.lines == ()


def test_a_wave_that_came_later_than_the_report_is_left_out(build, small):
    as_of = small["raw.account"].with_columns(as_of=pl.lit(datetime(2026, 11, 1)))
    made = build(small | {"raw.account": as_of})
    assert made.finding == "No wave is on."
    assert made.content["ended"].frame["place"].to_list() == ["Live"]


def test_several_lines_at_once_are_told_as_one_wave_over_all(build, small):
    alarms = small["surge_alarms"]
    line = alarms.filter(alarm_id="a1").with_columns(alarm_id=pl.lit("a9"), business_line=pl.lit("live"))
    total = alarms.filter(alarm_id="a1").with_columns(alarm_id=pl.lit("a0"), scope=pl.lit("total"))
    made = build(small | {"surge_alarms": pl.concat([alarms, line, total])})
    assert made.finding.startswith("A wave is on across all lines: 1,007 tickets more")
    assert {wave.name for wave in made.content["waves"]} == {
        "All lines",
        "Account security",
        "Live",
        "Region SG",
        "“code never arrives”",
    }


@pytest.mark.parametrize("missing", ["surge_hours", "surge_course", "surge_people", "surge_tickets"])
def test_the_page_is_there_without_a_table(build, small, missing):
    made = build({name: frame for name, frame in small.items() if name != missing})
    assert made.finding.startswith("A wave is on in account security")


def _hours(above: list[float], usual: float = 20.0) -> pl.DataFrame:
    first = datetime(2026, 11, 14)
    return pl.DataFrame(
        {
            "hour": [first + timedelta(hours=place) for place in range(len(above))],
            "tickets": [round(usual + more) for more in above],
            "usual": [usual] * len(above),
        }
    )


NONE_HIDDEN = pl.DataFrame({"begins": pl.Series([], dtype=pl.Datetime)})


def test_a_young_wave_is_held_against_its_own_first_half():
    assert growth(_hours([10.0] * 6 + [30.0] * 6), NONE_HIDDEN) == Growth(180.0, 60.0, 6, is_told=True)
    assert growth(_hours([10.0] * 3), NONE_HIDDEN) is None


def test_a_day_is_held_against_the_day_before():
    found = growth(_hours([99.0] * 12 + [40.0] * 24 + [10.0] * 24), NONE_HIDDEN)
    assert found == Growth(240.0, 960.0, 24, is_told=True)


def test_a_hidden_hour_keeps_the_sums_that_would_tell_of_it():
    hours = _hours([10.0] * 12)
    found = growth(hours, pl.DataFrame({"begins": [hours["hour"][7]]}))
    assert found is not None
    assert "usual" not in incident_words.state_in_numbers(found)


@pytest.mark.parametrize(
    ("last", "before", "words"),
    [
        (200, 100, "still growing"),
        (105, 100, "holding"),
        (60, 100, "falling"),
        (-3, 100, "back at the usual"),
    ],
)
def test_how_a_wave_goes_in_words(last, before, words):
    assert words in incident_words.state(Growth(last, before, 24, is_told=True))
