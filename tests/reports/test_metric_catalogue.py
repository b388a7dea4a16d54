"""The metric catalogue: one definition for each number, whatever tables hold it."""

from __future__ import annotations

import re

import pytest

from assets.reports.pages.metric_catalogue import catalogue
from dbt_like_sql.header import read_header
from dbt_like_sql.project import PROJECT_FOLDER
from tests.reports.parsed_page import parse

HEAD = "-- Prose.\n-- owner: team:support\n-- grain: {grain}\n"


@pytest.fixture(scope="module")
def page(site):
    return parse(site / "metrics.html")


def test_every_metric_of_the_sql_headers_is_on_the_page_with_its_table(page):
    headers = {path.stem: read_header(path, path.read_text()) for path in PROJECT_FOLDER.glob("*/*.sql")}
    metrics = [(table, metric) for table, header in headers.items() for metric in header.metrics]
    assert len(metrics) > 20
    for table, metric in metrics:
        assert metric.title in page.readable
        assert f"{table}.{metric.column}" in page.readable


def test_every_metric_says_how_zendesks_differs():
    for entry in catalogue(PROJECT_FOLDER, ()):
        assert entry.zendesk, f"{entry.title} ({entry.places}): a line '-- zendesk' is missing in every table"


def test_every_metric_is_defined_by_words_not_by_names_of_columns():
    for entry in catalogue(PROJECT_FOLDER, ()):
        words = re.findall(r"[a-z]{2,}", re.sub(r"\w+_\w+", "", entry.definition.lower()))
        is_formula = re.fullmatch(r"[\w ()+]+ / [\w ()+]+\.?", entry.definition)
        assert len(words) > 3, f"{entry.title} ({entry.places}): {entry.definition}"
        assert not is_formula or len(words) > 6, f"{entry.title} ({entry.places}): {entry.definition}"


def test_columns_of_one_title_are_one_entry_defined_where_the_most_is_said(tmp_path):
    head = "-- column n: {text}\n-- metric n: Number\n{more}select n from t\n"
    for name, grain, text, more in (
        ("by_day", "day", "short", ""),
        (
            "by_week",
            "`week`",
            "good_ones / `all`",
            "-- trap n: a\n--   trap\n-- trap n: another\n-- zendesk n: the same\n",
        ),
    ):
        path = tmp_path / "marts" / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD.format(grain=grain) + head.format(text=text, more=more))
    (entry,) = catalogue(tmp_path, {"by_week"})
    assert (entry.title, entry.definition, entry.zendesk) == ("Number", "Good ones / “all”.", "The same.")
    assert entry.traps == ["A trap.", "Another."]
    assert [(place.table, place.grain, place.is_published) for place in entry.places] == [
        ("by_day", "day", False),
        ("by_week", "“week”", True),
    ]


def test_a_table_links_to_its_rows_where_published_and_to_its_sql_always(site, page):
    links = page.attributes("href")
    assert {"data/weekly_kpis.csv", "data/weekly_kpis.sql", "data/daily_backlog.sql"} <= set(links)
    assert "data/daily_backlog.csv" not in links
    assert "open_at_end" in (site / "data" / "daily_backlog.sql").read_text()


def test_numbers_of_tables_that_sql_does_not_make_are_there_too(page):
    told = page.readable.split("Reviews and comparisons")[1]
    assert "Quality score (IQS) Mean score of the reviews, 0 to 1" in told
    assert "pair of reviewers and category quality_agreement.kappa CSV" in told
    assert "data/quality_scores.sql" not in page.attributes("href")


def test_the_catalogue_can_be_searched_and_says_what_words_of_confidence_mean(page):
    assert "search" in page.attributes("type")
    assert any("searched" in name for name in page.attributes("class"))
    for word in ("Usual range", "Worked, worse, no evidence, too early", "as expected", "Kappa"):
        assert word in page.readable
