"""What a card says a rise has cost where only some of its tickets can tell."""

from __future__ import annotations

import polars as pl
import pytest

from assets.reports.site import render_site
from tests.reports.conftest import write_snapshot
from tests.reports.parsed_page import parse


@pytest.fixture(scope="module")
def published(tables, tmp_path_factory):
    """Ratings of which a part has a match: theme 0's parts are all of ten and more, theme 1's leave 5 good ones."""
    parts = {
        "csat": 0.5,
        "csat_low": 0.377,
        "csat_high": 0.623,
        "rated": 60,
        "rated_matched": pl.Series([40, 45]),
        "csat_matched": 0.6,
        "csat_points": pl.Series([-10.0, 100 * (25 / 45 - 0.6)]),
        "requesters": pl.Series([0, 40]),
        "requesters_returned": pl.Series([0, 12]),
    }
    changed = tables | {"rise_impact": tables["rise_impact"].with_columns(**parts)}
    folder = tmp_path_factory.mktemp("costs")
    render_site(write_snapshot(folder / "published.duckdb", changed), folder / "reports")
    return folder / "reports"


def test_points_are_told_of_the_ratings_that_have_a_match(published):
    causes = parse(published / "root-causes.html").readable
    assert "50 % (38 to 62 %) of 60 ratings; −10 points (−14 to −4) against similar tickets" in causes
    assert "of other themes, which 40 of them have" in causes


def test_no_small_count_follows_from_the_ratings_that_have_a_match(published):
    """25 of 30 good ratings have one: with the points, the 5 others could be worked out."""
    hidden = pl.read_parquet(published / "data" / "rise_impact.parquet").filter(theme_id="1")
    assert hidden["csat"].to_list() == [0.5]
    assert hidden.select("rated_matched", "csat_matched", "csat_points").row(0) == (None, None, None)


def test_who_came_back_is_told_of_those_who_have_had_the_time(published):
    causes = parse(published / "root-causes.html").readable
    assert "Wrote again – too early: no ticket is 7 days old yet" in causes
    assert "Wrote again 12 of about 40 customers, within 7 days; newer tickets are not counted yet" in causes
