"""The vendor page: what tickets do not explain, what they do, where the SOP is read differently; no ranking."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.reports.data_tables import DataFolder
from assets.reports.pages import vendor_comparison, vendors
from assets.reports.scope import read_scope
from assets.reports.snapshot_tables import Snapshot
from tests.reports.conftest import write_snapshot
from tests.reports.parsed_page import ParsedPage, parse


@pytest.fixture(scope="module")
def page(site: Path) -> ParsedPage:
    return parse(site / "vendors.html")


def test_the_title_names_what_the_tickets_do_not_explain(page):
    assert "Brightline, tier 1, is worse than its tickets explain: reopen rate." in page.readable
    says = (
        "Reopen rate: 9.1 % (8.8 to 9.4 %, 9,200 tickets), where 6.8 % was to be expected of its tickets: 1.34 "
        "times (1.31 to 1.37). We are sure"
    )
    assert says in page.readable


def test_a_vendor_that_only_looks_worse_is_said_to_be_as_expected_and_why(page):
    told = page.readable.split("Looks worse, but its tickets and chance explain it")[1]
    assert told.strip().startswith(
        "Novacall, tier 1: as expected Handle time: 14 min (6,100 tickets) against 11 min of the others. 13 min was to"
    )
    assert (
        "mostly because of their priority and business line: that explains 67 % of the difference, and chance"
        in told
    )


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (0.61, "that explains the whole difference."),
        (0.65, "that explains 60 % of the difference, and chance could explain the rest."),
        (0.72, "they do not explain the difference, but chance could."),
    ],
)
def test_only_what_the_tickets_explain_is_said_to_be_explained(expected, told):
    row = {"tier": 1, "vendor": "halden", "metric": "csat", "unit": "share", "n": 540, "confidence": "fair"}
    row |= {
        "observed": 0.61,
        "observed_low": 0.57,
        "observed_high": 0.65,
        "crude_others": 0.71,
        "expected": expected,
    }
    mix = pl.DataFrame(schema=["tier", "vendor", "metric", "attribute", "value", "effect_on_metric"])
    numbers = vendor_comparison._explained(row, mix)[0].replace("\xa0", " ")
    assert numbers.startswith("CSAT: 61 % (57 to 65 %, 540 ratings) against 71 % of the others.")
    assert numbers.endswith(told)


def test_the_page_says_whose_ticket_it_is_and_what_a_dot_outside_its_bar_means(page):
    assert (
        "A ticket counts for the vendor that had it first in the tier, with all that came of it"
        in page.readable
    )
    assert "only the marked ones are told apart" in page.readable


def test_vendors_stand_in_the_order_of_names_not_of_results(site):
    compared = pl.read_parquet(site / "data" / "vendor_comparison.parquet")
    assert compared.select("tier", "vendor", "label").equals(
        compared.select("tier", "vendor", "label").sort("tier", "vendor", "label")
    )


def test_a_comparison_of_few_tickets_is_hidden_and_has_no_verdict(site):
    few = pl.read_parquet(site / "data" / "vendor_comparison.parquet").filter(vendor="kestrel", unit="share")
    assert few["observed"].null_count() == few.height > 0
    assert few["verdict"].unique().to_list() == ["too few"]


def test_the_funnel_sets_each_group_on_the_limits_of_its_own_tickets(page):
    outer, inner, dots = page.charts[0]["data"]
    assert len(dots["x"]) == 14
    assert [text for text in dots["text"] if text] == ["brightline-6"]
    place = dots["text"].index("brightline-6")
    assert dots["y"][place] > 1 + outer["error_y"]["array"][place] > 1 + inner["error_y"]["array"][place]
    assert "Reopen rate, tier 1" in page.readable.split("Groups of agents against chance")[1][:60]


def test_categories_read_differently_are_named_with_between_whom(page):
    assert "Read differently: Refund amount (tier 1 and QA)." in page.readable
    assert "Identity check tier 2 and QA hidden" in page.readable


def test_the_next_audits_give_no_chance_away_that_tells_of_a_small_part(site, page):
    audits = pl.read_parquet(site / "data" / "next_audits.parquet")
    small = audits.filter(stratum="creator, kestrel")
    assert small.select("probability", "weight").null_count().row(0) == (small.height, small.height)
    assert audits.filter(stratum="live, brightline")["probability"].to_list() == [0.01] * 12
    assert "35 tickets, drawn at random within each part" in page.readable
    assert set(audits["drawn_on"].cast(str)) == {"2026-06-28"}  # an earlier draw is not to be audited next


def test_a_quality_score_says_which_tickets_it_is_of(site, page):
    assert "The score is of the tickets reviewed, not of all" in page.readable
    scores = pl.read_parquet(site / "data" / "quality_scores.parquet")
    assert scores.filter(business_line="creator")["says_of"].to_list() == ["all tickets"]


def test_critical_failures_do_not_follow_from_those_of_the_others(site):
    scores = pl.read_parquet(site / "data" / "quality_scores.parquet")
    by_vendor = scores.filter(pl.col("vendor") != "all")["critical_failures"]
    assert by_vendor.null_count() == by_vendor.len()


def test_without_vendors_and_reviews_the_page_says_what_to_fill(tables, tmp_path):
    ground = {name: tables[name] for name in ("raw.account", "raw.sources", "weekly_kpis", "stg_calendar")}
    with Snapshot(write_snapshot(tmp_path / "published.duckdb", ground)) as snapshot:
        page = vendors.build(snapshot, read_scope(snapshot), DataFolder(tmp_path / "data"))
    assert page.finding == "There is nothing to compare yet."
    assert "tables/groups.csv" in page.lede
    assert not page.lines
