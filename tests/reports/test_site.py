"""The site as a whole: its pages, links and tables, and what every page says of its ground."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import plotly.graph_objects as go
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.reports import assets
from assets.reports import site as site_module
from assets.reports.data_tables import PublishedTable
from assets.reports.privacy import spreadsheet_safe
from assets.reports.scope import read_scope
from assets.reports.site import SiteResult, render_site
from assets.reports.snapshot_tables import Snapshot
from tests.reports.conftest import write_snapshot
from tests.reports.parsed_page import PAGES, ParsedPage, parse


@pytest.fixture(scope="module")
def parsed(site: Path) -> dict[str, ParsedPage]:
    return {name: parse(site / f"{name}.html") for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_has_one_headline(parsed, name):
    page = parsed[name]
    assert page.mismatched == []
    assert page.open == []
    assert [tag for tag, _ in page.elements].count("h1") == 1
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))


def test_every_link_leads_to_a_file_and_a_place_that_are_there(site, parsed):
    followed = 0
    for name, page in parsed.items():
        for href in page.attributes("href") + page.attributes("src"):
            if href == "data:,":  # the empty icon, which keeps a browser from asking for one
                continue
            parts = urlsplit(href)
            target = unquote(parts.path) or f"{name}.html"
            assert (site / target).is_file(), (name, href)
            if parts.fragment:
                assert unquote(parts.fragment) in parsed[Path(target).stem].attributes("id"), (name, href)
            followed += 1
    assert followed > 60


def test_nothing_is_asked_of_a_network(site, parsed):
    for page in parsed.values():
        for attribute in ("href", "src", "action", "srcset", "poster"):
            assert not any("//" in value for value in page.attributes(attribute))
        policies = [attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs]
        assert len(policies) == 1
        assert "default-src 'none'" in str(policies[0])
        assert "connect-src" not in str(policies[0])
    for file in ("style.css", "site.js"):
        text = (site / file).read_text()
        assert not any(word in text for word in ("http", "url(", "@import", "fetch("))
    assert (site / "plotly.min.js").stat().st_size > 1_000_000


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_follows_light_dark_and_print(site, parsed, name):
    metas = [attrs for tag, attrs in parsed[name].elements if tag == "meta"]
    contents = {attrs.get("name"): attrs.get("content") for attrs in metas}
    assert contents["viewport"] == "width=device-width, initial-scale=1"
    assert contents["color-scheme"] == "light dark"
    style = (site / "style.css").read_text()
    for rule in ("prefers-color-scheme: dark", "max-width: 760px", "@media print"):
        assert rule in style


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_its_week_as_of_when_from_where_and_how_fresh(parsed, name):
    text = parsed[name].readable
    assert "Week 9 to 15 November 2026" in text
    assert "As of 16 Nov 2026 02:30 Europe/London" in text
    assert "Newest ticket 16 Nov 2026" in text
    assert "Loaded 16 Nov 2026 02:40" in text
    assert "From helpdesk" in text


@pytest.mark.parametrize("name", PAGES)
def test_no_value_of_the_program_shows_in_the_words(parsed, name):
    assert not {"None", "nan", "NaN", "null", "{{", "{%", "True", "False"} & set(
        parsed[name].readable.split()
    )


def test_every_chart_is_described_for_those_who_cannot_see_it(parsed):
    for page in parsed.values():
        drawn = [attrs for _, attrs in page.elements if attrs.get("role") == "img"]
        assert sum(attrs.get("class") == "plot" for attrs in drawn) == len(page.charts)
        assert all(len(attrs["aria-label"] or "") > 40 for attrs in drawn)


def test_every_chart_is_one_that_plotly_knows(parsed):
    for name, count in (("trends", 2), ("root-causes", 1), ("capacity", 99), ("incident", 99)):
        charts = parsed[name].charts[:count]
        assert charts
        for chart in charts:
            go.Figure(chart)  # raises for an unknown name or value


def test_the_table_of_all_themes_can_be_searched_and_sorted(site, parsed):
    themes = pl.read_parquet(site / "data" / "themes.parquet")
    assert f"All {themes.height} themes" in parsed["themes"].readable
    assert "search" in parsed["themes"].attributes("type")
    assert "sortable" in parsed["themes"].attributes("class")


def test_a_text_sent_by_many_accounts_is_ranked_apart(site, parsed):
    listed = pl.read_parquet(site / "data" / "themes.parquet")
    repeated = pl.read_parquet(site / "data" / "repeated_texts.parquet")
    assert repeated["name"].to_list() == ["new phone locked out"]
    assert not set(repeated["theme_id"]) & set(listed["theme_id"])
    assert "One text sent by many accounts" in parsed["themes"].readable


def test_a_theme_is_held_against_its_range_with_copies_counted_once(tables, render):
    impact = tables["theme_impact"].with_columns(
        distinct_tickets=pl.when(theme_id="0").then(40).otherwise(pl.col("distinct_tickets"))
    )
    trends = tables["theme_trends"].with_columns(
        distinct_tickets=pl.when(pl.col("theme_id") == "0", pl.col("week") == pl.col("week").max())
        .then(40)
        .otherwise(pl.col("distinct_tickets"))
    )
    folder, _ = render(tables | {"theme_impact": impact, "theme_trends": trends})
    assert "40 tickets last week and 174 copies of one text" in parse(folder / "themes.html").readable
    chart = parse(folder / "root-causes.html").charts[0]
    week = [trace for trace in chart["data"] if trace.get("name") == "week"]
    assert week[0]["y"][-1] == 40


def test_the_forecast_is_compared_with_arrivals_not_with_tickets_created(tables, site, parsed):
    volume = tables["daily_volume"].filter(pl.col("date") > date(2026, 10, 18))
    arrived, created = (volume[name].sum() / 4 for name in ("tickets_arrived", "tickets_created"))
    assert round(arrived) != round(created)
    assert f"{round(arrived):,} a week in the last four" in parsed["capacity"].readable
    assert "An arrival is a ticket that reaches a tier" in parsed["capacity"].readable


@pytest.fixture(scope="module")
def published(
    tables, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, SiteResult, list[PublishedTable]]:
    """A site, its result, and the tables its pages were made of."""
    folder = tmp_path_factory.mktemp("published")
    kept: list[PublishedTable] = []

    class Remembering(site_module.DataFolder):
        def publish(self, table: PublishedTable) -> PublishedTable:
            kept.append(table)
            return super().publish(table)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_module, "DataFolder", Remembering)
        result = render_site(write_snapshot(folder / "published.duckdb", tables), folder / "reports")
    return folder / "reports", result, kept


def test_every_table_is_there_as_csv_and_parquet_with_the_pages_figures(published):
    folder, result, tables = published
    assert len(result.tables) == len(tables) > 8
    for table in tables:
        assert_frame_equal(pl.read_parquet(folder / table.parquet), table.frame)
        csv = pl.read_csv(folder / table.csv, infer_schema=False)
        assert (csv.columns, csv.height) == (table.frame.columns, table.frame.height)
        shown = spreadsheet_safe(table.frame)
        for name, dtype in table.frame.schema.items():
            if dtype == pl.String:
                assert csv[name].fill_null("").to_list() == shown[name].fill_null("").to_list()
            elif dtype.is_numeric():
                assert_frame_equal(csv.select(pl.col(name).cast(dtype)), table.frame.select(name))


def test_every_page_is_an_asset(published):
    _, result, _ = published
    assert [page.name for page in result.pages] == [file for file, _ in assets.PAGES.values()]


def test_a_week_may_be_given_by_any_of_its_days(tables, tmp_path):
    path = write_snapshot(tmp_path / "published.duckdb", tables)
    with Snapshot(path) as snapshot:
        weeks = {read_scope(snapshot, date(2026, 11, day)).week for day in range(9, 16)}
    assert weeks == {date(2026, 11, 9)}


def test_without_a_snapshot_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no published snapshot there; run `groundswell run` first"):
        render_site(tmp_path / "published.duckdb", tmp_path / "reports")


def test_each_page_explains_the_usual_range_that_it_uses(site):
    """Weeks are held against 26 weeks before them, days against 13 weeks of days; other pages use neither."""
    weeks, days = "the mean of up to 26 weeks before", "the mean of up to 13 weeks of days before"
    uses = {
        "index": {weeks, days},
        "trends": {weeks},
        "root-causes": {weeks},
        "themes": {weeks},
        "operations": {days},
        "review": {days},
        "vendors": set(),
        "metrics": set(),
        "capacity": set(),
    }
    for name, told in uses.items():
        text = parse(site / f"{name}.html").readable.split("How to read this")[1]
        assert {words for words in (weeks, days) if words in text} == told, name
    assert "holds each day against the days before" in parse(site / "trends.html").readable
    assert "holds whole weeks against whole weeks" in parse(site / "operations.html").readable


def test_a_csat_on_trends_stands_with_its_interval_ratings_and_response_rate(site):
    page = parse(site / "trends.html").readable
    week = pl.read_parquet(site / "data" / "kpis_last_week.parquet").filter(metric="csat").row(0, named=True)
    assert week["likely_high"] - week["likely_low"] == pytest.approx(0.06)
    assert week["before"] is None  # bare, it would say nothing
    told = f"{round(100 * week['likely_low'])} to {round(100 * week['likely_high'])} %, of 600 ratings; 25 % of those asked"
    for text in (page.split("Nothing left")[0].split("What left")[0], page.split("CSAT", 2)[2]):
        assert told in text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_share_in_the_overview_says_of_how_many_and_how_sure(site):
    text = parse(site / "index.html").readable.replace("\N{NO-BREAK SPACE}", " ")
    assert "Targets kept: 91 % 90 to 92 % likely, of 4,600 judged" in text
