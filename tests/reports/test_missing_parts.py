"""Sources with missing parts: every page is there and says what the data cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.reports.site import SiteResult, render_site
from tests.reports.conftest import invented_tables, write_snapshot
from tests.reports.parsed_page import PAGES, ParsedPage, parse

THEMES = ("themes", "theme_trends", "theme_impact", "theme_examples", "theme_drivers")
Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Made:
    """A rendered site, parsed."""

    folder: Path
    result: SiteResult
    pages: dict[str, ParsedPage]

    def says(self, page: str) -> str:
        return self.pages[page].readable


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """Renders the site of given tables."""

    def made(tables: Tables, week: date | None = None) -> Made:
        folder = tmp_path_factory.mktemp("missing")
        result = render_site(
            write_snapshot(folder / "published.duckdb", tables), folder / "reports", week=week
        )
        assert {page.stem for page in result.pages} == set(PAGES)
        pages = {name: parse(folder / "reports" / f"{name}.html") for name in PAGES}
        for page in pages.values():
            assert page.mismatched == []
            assert not {"None", "nan", "NaN"} & set(page.readable.split())
        return Made(folder / "reports", result, pages)

    return made


def _without(tables: Tables, *names: str) -> Tables:
    return {name: frame.clear() if name in names else frame for name, frame in tables.items()}


def _without_metrics(tables: Tables, *metrics: str) -> Tables:
    signals = tables["kpi_signals"].filter(~pl.col("metric").is_in(metrics))
    return tables | {"kpi_signals": signals}


def test_a_snapshot_without_a_row_gives_every_page_with_what_it_lacks(make):
    made = make({name: frame.clear() for name, frame in invented_tables(weeks=9).items()})
    assert made.result.notes == ("No tickets have been loaded yet.",)
    for name in PAGES:
        assert "What the data cannot tell No tickets have been loaded yet." in made.says(name)
    assert "There is nothing to report yet." in made.says("index")
    assert "There are no themes to report on." in made.says("root-causes")
    assert "There are no whole weeks to report on yet." in made.says("trends")
    assert "There is no forecast yet." in made.says("capacity")
    assert "No wave is on." in made.says("incident")


def test_a_snapshot_without_a_table_reads_as_one_without_rows(make):
    made = make({"raw.account": invented_tables(weeks=2)["raw.account"]})
    assert "No tickets have been loaded yet." in made.result.notes
    assert "Waves were not looked for." in made.says("incident")


def test_no_text(make):
    made = make(_without(invented_tables(weeks=12, has={"text": False}), *THEMES))
    assert "helpdesk has no ticket text, so there are no themes from it." in made.says("root-causes")
    assert "There are no themes to report on." in made.says("root-causes")
    assert made.pages["trends"].charts
    assert made.pages["capacity"].charts


def test_no_events(make):
    service = ("backlog", "first_reply_minutes_median", "full_resolution_minutes_median", "reopen_rate")
    made = make(_without_metrics(invented_tables(weeks=12, has={"events": False}), *service))
    assert "its reply times, backlog and reopens are not known" in made.says("trends")
    kpis = pl.read_parquet(made.folder / "data" / "kpis_last_week.parquet")
    assert not set(service) & set(kpis["metric"])


def test_no_csat(make):
    tables = _without_metrics(invented_tables(weeks=12, has={"csat": False}), "csat")
    tables["theme_impact"] = tables["theme_impact"].with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("csat_28d", "csat_low_28d", "csat_high_28d")
    )
    made = make(tables)
    for name in ("index", "trends", "root-causes"):
        assert "there is no CSAT from it" in made.says(name)


def test_no_groups(make):
    made = make(invented_tables(weeks=12, has={"groups": False}))
    assert "tier and vendor of its tickets are not known" in made.says("capacity")


def test_no_calendar(make):
    made = make(_without(invented_tables(weeks=12), "stg_calendar", "forecast_effects"))
    assert "The calendar is empty" in made.says("capacity")
    assert "The forecast assumes none." in made.says("capacity")
    layouts = [chart["layout"] for chart in made.pages["capacity"].charts]
    assert not any(layout.get("annotations") for layout in layouts)


def test_less_than_eight_weeks_of_history(make):
    made = make(invented_tables(weeks=5))
    assert "The history has only 5 whole weeks; a usual range needs 8" in made.says("trends")
    assert "It is too early to tell" in made.says("trends")
    assert "too early" in made.says("root-causes")


def test_what_cannot_be_judged_yet_is_not_called_usual(tables, make):
    early = tables["kpi_signals"].with_columns(verdict=pl.lit("too early"))
    unjudged = tables["kpi_watched"].with_columns(days_judged=0)
    quiet = {
        name: tables[name].clear() for name in tables if name.startswith(("surge", "vendor", "forecast"))
    }
    quiet |= {name: tables[name].clear() for name in ("kpi_signals_now", "theme_rises", "rise_followup")}
    quiet |= {"action_verdicts": tables["action_verdicts"].clear(), "themes": tables["themes"].clear()}
    made = make(tables | quiet | {"kpi_signals": early, "kpi_watched": unjudged})
    for page in ("index", "operations", "review"):
        assert "Nothing unusual" not in made.says(page).split("Nothing unusual that")[0], page
        assert "It is too early to tell usual" in made.says(page), page


def test_a_past_week_shows_nothing_that_came_later(make):
    week = date(2026, 9, 7)
    sunday = date(2026, 9, 13)
    made = make(invented_tables(weeks=40), week)
    for name in PAGES:
        text = made.says(name)
        assert "Week 7 to 13 September 2026" in text
        assert "Newest ticket 13 Sep 2026" in text
        assert "Singles' Day" not in text
        assert "Black Friday" not in text
    for file in (made.folder / "data").glob("*.parquet"):
        frame = pl.read_parquet(file)
        for column, dtype in frame.schema.items():
            if dtype.is_temporal() and frame[column].count():
                assert frame[column].max() <= sunday, (file.name, column)
    assert pl.read_parquet(made.folder / "data" / "theme_examples.parquet").height == 0
    totals = pl.read_parquet(made.folder / "data" / "themes.parquet").select("theme_id", "tickets_total")
    given = invented_tables(weeks=40)["theme_trends"].filter(pl.col("week") <= week)
    expected = given.group_by("theme_id").agg(pl.col("tickets").sum())
    both = totals.join(expected, on="theme_id")
    assert both.height == totals.height > 0
    assert both["tickets_total"].to_list() == both["tickets"].to_list()
    for page in made.pages.values():
        for chart in page.charts:
            for trace in chart["data"]:
                assert max(str(day) for day in trace["x"]) <= f"{sunday}T23"
