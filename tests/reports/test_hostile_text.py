"""Text of strangers in every column that can hold it: it is shown as text, and is nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from assets.reports import site
from assets.reports.data_tables import DataFolder, PublishedTable
from assets.reports.privacy import plain_text
from assets.reports.site import render_site
from tests.reports.conftest import HOSTILE, invented_tables, write_snapshot
from tests.reports.parsed_page import PAGES, ParsedPage, parse, strings

TEMPLATES = sorted((Path(site.__file__).parent / "templates").glob("*.html"))
TAGS = {tag for file in TEMPLATES for tag in re.findall(r"<([a-z][a-z0-9]*)", file.read_text())}
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def _hostile(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Hostile text behind every value, and a formula before every second one."""
    rows = pl.int_range(pl.len()) % 2 == 0
    return frame.with_columns(
        (pl.when(rows).then(pl.lit("=")).otherwise(pl.lit("")) + pl.col(name) + pl.lit(f" {HOSTILE}")).alias(
            name
        )
        for name in columns
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose every name and text is hostile."""
    tables = invented_tables(weeks=30)
    for name, columns in {
        "themes": ["name", "description"],
        "theme_examples": ["source", "ticket_id", "text"],
        "theme_drivers": ["attribute", "value"],
        "stg_calendar": ["name", "business_line"],
        "forecast_notes": ["note"],
        "raw.sources": ["source"],
        "rise_segments": ["attribute", "value", "attribute_2", "value_2"],
        "rise_events": ["name", "shared_segment"],
        "rise_quotes": ["text"],
        "rise_owners": ["team"],
        "rise_issues": ["issue_key", "team", "summary", "status"],
        "similar_solved": ["source", "ticket_id", "text"],
        "action_verdicts": ["name", "team", "kind", "status"],
        "stg_tickets": ["subject"],
        "source_summary": ["source"],
        "theme_history": ["detail"],
        "forecast_effects": ["effect"],
        "forecast_changes": ["effect"],
        "staffing_weeks": ["vendor", "because"],
        "staffing_asks": ["vendor", "because"],
        "staffing_intervals": ["vendor", "mode"],
        "staffing_notes": ["note"],
        "backlog_ahead": ["business_line"],
        "backlog_back": ["business_line", "note"],
        "surge_alarms": ["business_line", "region"],
        "surge_tickets": ["source", "ticket_id", "text"],
        "surge_people": ["tier"],
        "sla_open": ["vendor"],
        "backlog_days": ["vendor"],
        "backlog_flow_days": ["vendor"],
        "handoffs": ["from_group_id", "to_group_id", "from_vendor", "to_vendor"],
        "csat_reasons": ["reason"],
        "reconciliation_summary": ["source", "measure"],
        "kpi_change_points": ["event_names"],
        "volume_changes": ["rate_measure"],
        "contact_rate_weeks": ["user_type", "measure"],
        "issue_costs": ["issue_key", "team", "summary", "status"],
        "issue_status_minutes": ["issue_key", "team", "status"],
        "vendor_comparison": ["vendor"],
        "vendor_groups": ["group_id", "vendor"],
        "vendor_case_mix": ["attribute", "value"],
        "quality_agreement": ["category", "note"],
        "quality_scores": ["reviewer_kind"],
        "next_audits": ["source", "ticket_id", "stratum"],
        "audit_strata": ["stratum"],
    }.items():
        tables[name] = _hostile(tables[name], columns)
    for name in (
        "kpi_signals",
        "weekly_kpis",
        "forecast_daily",
        "daily_volume",
        "kpi_chart",
        "kpi_signals_now",
        "sla_weeks",
        "sla_breach_owners",
        "escalation_flow",
        "csat_weeks",
        "first_contact_weeks",
    ):
        column = pl.col("business_line")
        tables[name] = tables[name].with_columns(
            pl.when(column == "live").then(pl.lit(f"live {HOSTILE}")).otherwise(column).alias("business_line")
        )
    made = tmp_path_factory.mktemp("hostile")
    render_site(write_snapshot(made / "published.duckdb", tables), made / "reports")
    return made / "reports"


@pytest.fixture(scope="module")
def hostile(folder: Path) -> dict[str, ParsedPage]:
    return {name: parse(folder / f"{name}.html") for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_the_text_is_shown_as_text(hostile, name):
    assert "<script>alert('x')</script>" in hostile[name].text
    assert "<img src=x onerror=alert(1)>" in hostile[name].text


@pytest.mark.parametrize("name", PAGES)
def test_no_element_or_handler_comes_from_text(hostile, name):
    page = hostile[name]
    assert page.mismatched == []
    assert {tag for tag, _ in page.elements} <= TAGS
    for tag, attrs in page.elements:
        assert not [key for key in attrs if key.startswith("on")], (tag, attrs)
        if tag == "script":
            assert attrs.get("src") in ("plotly.min.js", "site.js") or attrs == {"type": "application/json"}
        if tag == "a":
            assert re.fullmatch(r"[\w./-]*(#[\w.-]+)?", attrs["href"] or ""), attrs
            assert ":" not in (attrs["href"] or "")


@pytest.mark.parametrize("name", PAGES)
def test_links_are_broken_and_invisible_characters_gone(folder, hostile, name):
    html = (folder / f"{name}.html").read_text(encoding="utf-8")
    assert not INVISIBLE.search(html)
    shown = [hostile[name].text, *(text for chart in hostile[name].charts for text in strings(chart))]
    for text in (html, *shown):
        assert not re.search(r"(?i)https?:\s*/|www\.evil", text)
    assert "hxxps://evil.example" in hostile[name].text


def test_no_label_of_a_chart_is_markup(hostile):
    labels = [text for page in hostile.values() for chart in page.charts for text in strings(chart)]
    assert any("‹script›" in label for label in labels)
    assert not any("<" in label for label in labels)
    for page in hostile.values():
        assert not any("<" in script for script in page.scripts)


def test_no_spreadsheet_runs_a_cell(folder):
    guarded = 0
    for file in sorted((folder / "data").glob("*.csv")):
        frame = pl.read_csv(file, infer_schema=False)
        for name, dtype in pl.read_parquet_schema(file.with_suffix(".parquet")).items():
            if dtype == pl.String:
                cells = frame[name].drop_nulls()
                assert not cells.str.contains(r"^[=+\-@\t\r]").any(), (file.name, name)
                guarded += cells.str.starts_with("'=").sum()
    assert guarded > 10


def test_a_text_starts_no_cell_in_a_spreadsheet_that_separates_by_semicolons(tmp_path):
    text = pl.DataFrame({"text": ['x;=1+1 "quoted"', None], "count": [3, None]})
    DataFolder(tmp_path).publish(PublishedTable("texts", "Texts", text))
    lines = (tmp_path / "texts.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1] == '"x;=1+1 ""quoted""",3'
    assert pl.read_csv(tmp_path / "texts.csv").equals(text)


def test_the_feed_holds_text_that_does_nothing(folder):
    raw = (folder / "feed.json").read_text(encoding="utf-8")
    assert not set("<>&") & set(raw)
    assert not INVISIBLE.search(raw)
    names = [rise["name"] for rise in json.loads(raw)["rises"]]
    assert any("<script>alert('x')</script>" in name for name in names)
    assert not any(re.search(r"(?i)https?:\s*/|www\.evil", text) for text in strings(json.loads(raw)))
    cells = pl.read_csv(folder / "feed.csv", infer_schema=False)
    assert cells["name"].str.starts_with("'=").any()
    for name in ("name", "top_segment", "top_event"):
        assert not cells[name].drop_nulls().str.contains(r"^[=+\-@\t\r]").any(), name


def test_a_link_hidden_by_an_invisible_character_is_broken_too():
    assert plain_text("ht\u200btp://evil.example") == "hxxp://evil.example"


@pytest.mark.parametrize("text", ["error 3:1, at 10:30", "hxxp://broken.example", "data: none", "a+b@c"])
def test_other_text_is_left_alone(text):
    assert plain_text(text) == text
