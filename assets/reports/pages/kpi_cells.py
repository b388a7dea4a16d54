"""KPIs as they may be shown, whatever period a row is about."""

from __future__ import annotations

import polars as pl

from assets.reports.metrics import is_per_1000, kpi
from assets.reports.privacy import hide_revealing_rate, hide_small_cells


def hide_small_kpis(frame: pl.DataFrame, period: str) -> pl.DataFrame:
    """The KPIs with small counts hidden, and with them rates of few tickets and rates that tell of few.

    frame: columns business_line, metric, value, denominator and one of the period. Adds `is_hidden`.
    """
    frame = frame.with_columns(is_line=pl.col("business_line") != "all")
    units = {name: kpi(name).unit for name in frame["metric"].unique().to_list()}
    unit = pl.col("metric").replace_strict(units, default="count", return_dtype=pl.String)
    is_count, is_share, is_contact = unit == "count", unit == "share", is_per_1000(pl.col("metric"))
    # A line's count follows from the total and the other lines.
    within = [["metric", period, "is_line"]]
    counts = frame.filter(is_count).pipe(hide_small_cells, "value", within=within)
    rates = frame.filter(~is_count).pipe(hide_small_cells, "denominator", dependents=["value"])
    shares = rates.filter(is_share).pipe(hide_revealing_rate, "value", "denominator", within=within)
    contacts = rates.filter(is_contact).with_columns(_share=pl.col("value") / 1000)
    contacts = contacts.pipe(
        hide_revealing_rate, "_share", "denominator", within=within, dependents=["value"]
    ).drop("_share")
    rest = rates.filter(~is_share & ~is_contact)
    return pl.concat([counts, rest, shares, contacts]).drop("is_line")
