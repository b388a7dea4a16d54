"""KPIs as they may be shown, whatever period a row is about."""

from __future__ import annotations

import polars as pl

from assets.reports.metrics import is_per_1000, kpi
from assets.reports.privacy import hide_revealing_rate, hide_small_cells
from assets.reports.summed_counts import Count, hide_summed_counts

_LEVEL = "backlog"  # the only count that does not sum over days
_USUAL = ("expected", "low", "high", "usual_middle", "usual_low", "usual_high")


def hide_small_kpis(frame: pl.DataFrame, period: str) -> pl.DataFrame:
    """The KPIs with small counts hidden, and with them rates of few tickets and rates that tell of few.

    frame: columns business_line, metric, value, denominator and one of the period, `week` or `date`. The days of a week
    sum to what is told of the week. Adds `is_hidden`. What is usual of a count becomes a whole number: a mean with all
    its digits is a sum.
    """
    frame = frame.with_columns(is_line=pl.col("business_line") != "all")
    units = {name: kpi(name).unit for name in frame["metric"].unique().to_list()}
    unit = pl.col("metric").replace_strict(units, default="count", return_dtype=pl.String)
    is_count, is_share, is_contact = unit == "count", unit == "share", is_per_1000(pl.col("metric"))
    # A line's count follows from the total and the other lines.
    within = [["metric", period, "is_line"]]
    counts = _counts_hidden(frame.filter(is_count), period)
    rates = frame.filter(~is_count).pipe(hide_small_cells, "denominator", dependents=["value"])
    shares = rates.filter(is_share).pipe(hide_revealing_rate, "value", "denominator", within=within)
    contacts = rates.filter(is_contact).with_columns(_share=pl.col("value") / 1000)
    contacts = contacts.pipe(
        hide_revealing_rate, "_share", "denominator", within=within, dependents=["value"]
    ).drop("_share")
    rest = rates.filter(~is_share & ~is_contact)
    return pl.concat([counts, rest, shares, contacts]).drop("is_line")


def _counts_hidden(counts: pl.DataFrame, period: str) -> pl.DataFrame:
    counts = counts.with_columns(
        pl.col(name).round(0) for name in _USUAL if name in counts.columns
    ).with_columns(_week=pl.col(period).dt.truncate("1w"), _day=pl.col(period).cast(pl.String))
    is_flow = pl.col("metric") != _LEVEL
    over = ["business_line", "_day"] if period == "date" else ["business_line"]
    flows = hide_summed_counts(counts.filter(is_flow), [Count("value")], keys=["metric", "_week"], over=over)
    levels = hide_summed_counts(
        counts.filter(~is_flow), [Count("value")], keys=["metric", "_week", "_day"], over=["business_line"]
    )
    return pl.concat([flows, levels]).drop("_week", "_day")
