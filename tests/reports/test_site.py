"""The produced site: whole, offline, safe against what strangers wrote, and honest about what it lacks."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from tests.reports.conftest import HOSTILE, WEEK, invented_tables

PAGES = ("index.html", "trends.html", "root-causes.html", "capacity.html")
SMALL = 10


class Elements(HTMLParser):
    """Every element with its attributes, and the text outside of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.found if name in attributes]

    def links(self) -> list[str]:
        """Every address; the empty icon, which keeps a browser from asking for one, is none."""
        return [link for link in self.attributes("href") + self.attributes("src") if link != "data:,"]


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, str]:
    return {page: (site / page).read_text(encoding="utf-8") for page in PAGES}


def test_every_link_leads_to_a_file_or_a_place_that_is_there(site, pages):
    for page, html in pages.items():
        elements = Elements(html)
        places = set(elements.attributes("id"))
        for link in elements.links():
            file, _, place = link.partition("#")
            assert (site / (file or page)).is_file(), (page, link)
            if place and not file:
                assert place in places, (page, link)


def test_nothing_is_asked_of_a_network(site, pages):
    for html in pages.values():
        elements = Elements(html)
        assert not any(":" in link for link in elements.links())
    assert not re.search(r"url\(|@import", (site / "style.css").read_text())
    assert (site / "plotly.min.js").stat().st_size > 1_000_000


def test_what_strangers_wrote_is_shown_as_text_and_as_nothing_else(pages):
    html = pages["root-causes.html"]
    elements = Elements(html)
    text = " ".join(elements.text)
    assert "<script>alert(" in text  # shown
    assert "onerror=alert(1)" in text
    for tag, attributes in elements.found:
        assert "onerror" not in attributes
        assert "evil" not in str(attributes.get("href", ""))
        assert tag != "img"
    for page in pages.values():
        assert "alert('x')</script>" not in page
        assert "http://evil.example" not in page
        assert "https://evil.example" not in page
        assert not set(page) & {"\u202e", "\u200b"}
        for script in re.findall(r"<script[^>]*>(.*?)</script>", page, flags=re.S):
            assert "<img" not in script
            assert "<a href" not in script


def test_a_spreadsheet_does_not_run_what_a_csv_holds(site):
    for file in (site / "data").glob("*.csv"):
        frame = pl.read_csv(file, infer_schema=False)
        for column in frame.iter_columns():
            texts = pl.read_parquet(file.with_suffix(".parquet")).get_column(column.name)
            if texts.dtype == pl.String:
                assert not column.str.contains(r"^[=+\-@\t\r]").any(), (file.name, column.name)
    assert any("HYPERLINK" in file.read_text() for file in (site / "data").glob("*.csv"))


def test_each_table_is_there_as_csv_and_parquet_with_the_same_rows(site):
    files = sorted((site / "data").glob("*.csv"))
    assert len(files) >= 10
    for file in files:
        parquet = pl.read_parquet(file.with_suffix(".parquet"))
        csv = pl.read_csv(file, infer_schema=False)
        assert (csv.columns, csv.height) == (parquet.columns, parquet.height), file.name


def test_no_count_under_ten_is_published(site):
    trends = pl.read_parquet(site / "data" / "theme_trends.parquet")
    given = invented_tables()["theme_trends"]
    assert given.filter(pl.col("tickets").is_between(1, SMALL - 1)).height > 0
    assert trends.filter(pl.col("tickets").is_between(1, SMALL - 1)).is_empty()
    assert trends["tickets"].null_count() > 0


def test_pages_are_made_for_phones_and_the_dark_and_say_when_and_from_where(site, pages):
    style = (site / "style.css").read_text()
    assert "prefers-color-scheme" in style
    for html in pages.values():
        assert 'name="viewport"' in html
        assert "9 to 15 November 2026" in html
        assert "helpdesk" in html
        assert "As of" in html


@pytest.mark.parametrize(
    ("missing", "page", "sentence"),
    [
        ("text", "root-causes.html", "has no ticket text, so there are no themes"),
        (
            "events",
            "trends.html",
            "has no ticket history, so its reply times, backlog and reopens are not known",
        ),
        ("csat", "trends.html", "has no satisfaction ratings, so there is no CSAT"),
        ("groups", "capacity.html", "has no groups, so tier and vendor of its tickets are not known"),
    ],
)
def test_a_source_with_a_missing_part_is_named_on_the_page_it_matters_to(render, missing, page, sentence):
    folder, result = render(invented_tables(weeks=12, has={missing: False}))
    assert sentence in (folder / page).read_text()
    assert any(sentence in note for note in result.notes)


def test_without_a_single_row_every_page_still_says_what_it_would_show(render):
    empty = {name: frame.clear() for name, frame in invented_tables(weeks=12).items()}
    folder, result = render(empty)
    assert {path.name for path in result.pages} == set(PAGES)
    for page in PAGES:
        assert "<h1" in (folder / page).read_text()
    assert result.notes


def test_a_past_week_shows_nothing_that_came_later(render):
    past = date(2026, 10, 5)
    folder, _ = render(invented_tables(), week=past)
    assert "5 to 11 October 2026" in (folder / "index.html").read_text()
    for name in ("theme_trends", "kpi_signals", "weekly_kpis"):
        frame = pl.read_parquet(folder / "data" / f"{name}.parquet")
        assert frame.height > 0
        assert frame["week"].max() <= past < WEEK


def test_the_invented_text_is_as_hostile_as_these_tests_think():
    assert "<script>" in HOSTILE
    assert "\u202e" in HOSTILE
