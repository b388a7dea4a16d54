"""The plan's intervals in the shape workforce management tools import."""

from __future__ import annotations

import polars as pl


def wfm_rows(intervals: pl.DataFrame) -> pl.DataFrame:
    """One row per interval and queue, from `staffing_intervals`.

    interval_start (account's zone), interval_minutes, queue (line / tier / vendor / mode), volume and volume_p90
    (contacts), aht_seconds, required_on_floor, required_on_floor_p90 (people for this queue alone) and
    required_incl_shrinkage (the queue's share of the people paid for: those of a vendor at a tier serve all its
    queues, and may be added up).
    """
    queue = pl.format("{} / tier {} / {} / {}", "business_line", "tier", "vendor", "mode")
    return intervals.select(
        interval_start="starts_at",
        interval_minutes="minutes",
        queue=queue,
        volume=pl.col("tickets").round(2),
        volume_p90=pl.col("tickets_high").round(2),
        aht_seconds=(pl.col("handle_minutes") * 60).round(0).cast(pl.Int64),
        required_on_floor="agents",
        required_on_floor_p90="agents_high",
        required_incl_shrinkage=pl.col("people").round(2),
    ).sort("interval_start", "queue")
