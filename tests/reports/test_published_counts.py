"""Counts under ten are in no table and on no page, and the page says that they are hidden."""

from __future__ import annotations

import polars as pl
import pytest

from assets.reports.privacy import SMALL_CELL
from tests.reports.parsed_page import parse


def test_no_published_table_holds_a_small_count(site):
    counts = {
        "theme_trends": ("tickets", "distinct_tickets"),
        "themes": (
            "tickets_total",
            "tickets_week",
            "distinct_week",
            "tickets_28d",
            "unsolved_28d",
            "csat_rated_28d",
        ),
        "repeated_texts": ("tickets_total", "tickets_week", "tickets_28d"),
        "theme_drivers": ("tickets",),
        "daily_arrivals": ("tickets",),
        "forecast_outcomes": ("came",),
        "surge_alarms": ("tickets", "template_tickets", "peak_hourly"),
        "surge_hours": ("tickets",),
        "weekly_kpis": ("tickets_created", "tickets_solved", "backlog", "csat_rated", "csat_offered"),
    }
    for table, columns in counts.items():
        frame = pl.read_parquet(site / "data" / f"{table}.parquet")
        assert frame.height, table
        for column in columns:
            assert not frame[column].is_between(1, SMALL_CELL - 1).any(), (table, column)


def test_a_hidden_count_is_said_to_be_hidden(site):
    drivers = pl.read_parquet(site / "data" / "theme_drivers.parquet")
    assert drivers.filter("is_hidden")["lift"].null_count() == drivers["is_hidden"].sum() > 0
    page = parse(site / "themes.html").readable
    assert "rare device" not in page
    assert "hidden" in page
    assert "Open dots: hidden, under 10" in page


@pytest.mark.parametrize("name", ["themes", "theme_trends"])
def test_a_theme_of_under_ten_tickets_is_nowhere(site, name):
    frame = pl.read_parquet(site / "data" / f"{name}.parquet")
    assert "13" not in frame["theme_id"].to_list()
    assert "seldom seen" not in (site / "themes.html").read_text()


def test_no_published_rate_tells_of_under_ten(tables, render):
    is_rate = pl.col("metric").is_in(["csat", "reopen_rate", "escalation_rate"])
    small = tables["kpi_signals"].with_columns(
        denominator=pl.when(is_rate).then((pl.col("denominator") / 3).round()).otherwise("denominator")
    )
    folder, _ = render(tables | {"kpi_signals": small})
    rates = pl.read_parquet(folder / "data" / "kpi_signals.parquet").filter(is_rate)
    shown = rates.drop_nulls("value")
    part = (shown["value"] * shown["denominator"]).round()
    for count in (part, shown["denominator"] - part):
        assert not count.is_between(1, SMALL_CELL - 1).any()
    assert 100 < shown.height < rates.height - 100
