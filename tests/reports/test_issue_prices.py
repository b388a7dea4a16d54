"""The price of a bug on the review page: what an issue cost, and how long the partner team had it in each status."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from assets.reports.scope import Scope
from tests.reports.conftest import WEEK
from tests.reports.parsed_page import ParsedPage, parse


@pytest.fixture(scope="module")
def reviewed(site: Path) -> ParsedPage:
    return parse(site / "review.html")


def test_the_price_of_a_bug_hides_small_counts_and_issues_of_few_tickets(reviewed, site):
    assert "PAY-101 has cost the most: 118 h on 412 tickets; 42 customers still wait." in reviewed.readable
    assert "reopened after the fix" in reviewed.readable
    costs = pl.read_parquet(site / "data" / "issue_costs.parquet")
    assert costs["issue_key"].to_list() == ["PAY-101", "PAY-88"]
    assert costs.filter(issue_key="PAY-88").select(
        "sla_breaches", "breach_minutes", "waiting_now", "csat_points"
    ).row(0) == ((None,) * 4)


def test_a_partner_teams_time_in_each_status_is_told(reviewed, site):
    text = reviewed.readable
    assert "In progress for 3.5 days in all (before: To Do 36 h), open for 12 days" in text
    stays = pl.read_parquet(site / "data" / "issue_status_minutes.parquet")
    # Of an issue with under ten tickets nothing is told.
    assert set(stays["issue_key"]) == {"PAY-101", "PAY-88"}
    assert "data/issue_status_minutes.csv" in reviewed.attributes("href")


def test_a_day_is_the_accounts_own_and_names_another_year():
    scope = Scope(
        week=WEEK, is_latest=True, as_of=None, zone="America/New_York", loaded_at=None, sources=(), gaps=()
    )
    assert scope.day_of(datetime(2026, 6, 6, 3)) == "5 Jun"
    assert scope.day_of(datetime(2026, 1, 1, 3)) == "31 Dec 2025"
