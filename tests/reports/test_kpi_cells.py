"""Small counts of KPIs: no day follows from its week, no line from all of them, nothing from what is usual."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.reports.pages.kpi_cells import hide_small_kpis

MONDAY = date(2026, 11, 2)
LINES = {"ecommerce": 40, "live": 13, "creator": 8}


@pytest.fixture(scope="module", params=[1, 2, 3])
def days(request) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Four weeks of days as counted, and as shown."""
    rng = np.random.default_rng(request.param)
    rows = [
        (MONDAY + timedelta(days=day), line, metric, float(rng.poisson(mean)), mean + 0.384615)
        for metric in ("tickets_created", "backlog")
        for line, mean in LINES.items()
        for day in range(28)
    ]
    parts = pl.DataFrame(rows, schema=["date", "business_line", "metric", "value", "expected"], orient="row")
    whole = parts.group_by("date", "metric").agg(pl.col("value", "expected").sum())
    whole = whole.with_columns(business_line=pl.lit("all")).select(parts.columns)
    counted = pl.concat([parts, whole]).with_columns(denominator=pl.lit(None, pl.Float64))
    return counted, hide_small_kpis(counted, "date")


@pytest.mark.parametrize(
    ("metric", "keys"),
    [
        ("tickets_created", ["business_line", pl.col("date").dt.truncate("1w")]),
        ("tickets_created", ["date"]),
        ("backlog", ["date"]),
    ],
)
def test_what_is_hidden_of_a_known_sum_is_two_counts_and_ten_tickets_or_more(days, metric, keys):
    counted, shown = days
    is_part = pl.lit(True) if len(keys) == 2 else pl.col("business_line") != "all"
    both = counted.join(shown, on=["date", "business_line", "metric"], suffix="_shown").filter(
        is_part, metric=metric
    )
    hidden = both.filter(pl.col("value_shown").is_null())
    if len(keys) == 1:  # of a day whose sum is hidden, too, nothing follows
        sums = shown.filter(business_line="all", metric=metric).drop_nulls("value")
        hidden = hidden.join(sums, on="date", how="semi")
    groups = hidden.group_by(keys).agg(rows=pl.len(), tickets=pl.col("value").sum())
    assert groups.height
    assert groups["rows"].min() >= 2
    assert groups["tickets"].min() >= 10


def test_small_counts_are_hidden_and_most_others_are_not(days):
    counted, shown = days
    assert not shown["value"].is_between(1, 9).any()
    large = counted.filter(pl.col("value") >= 10).height
    assert shown["value"].is_not_null().sum() > 0.7 * large


def test_what_is_usual_of_a_count_is_a_whole_number(days):
    _, shown = days
    assert shown.filter(business_line="live")["expected"].unique().to_list() == [13.0]
