"""Individuals charts: is a count within what its own past lets expect."""

from __future__ import annotations

import polars as pl

WEEKS_BEFORE = 26
LEAST_WEEKS = 8


def usual_ranges(weekly: pl.DataFrame) -> pl.DataFrame:
    """Each week of each theme against the up to 26 weeks before, as the table theme_trends has it.

    weekly: theme_id, week, distinct_tickets, every week of every theme. Adds usual_middle, usual_low, usual_high
    (mean +- 2.66 x mean moving range, XmR, Wheeler 1993, but at least three standard deviations of a chance count)
    and verdict: above, below, usual, or too early with fewer than 8 weeks before.
    """
    count = pl.col("distinct_tickets")
    ordered = weekly.sort("theme_id", "week").with_columns(
        usual_middle=count.cast(pl.Float64)
        .shift(1)
        .rolling_mean(WEEKS_BEFORE, min_samples=1)
        .over("theme_id"),
        moving_range=count.diff()
        .abs()
        .cast(pl.Float64)
        .shift(1)
        .rolling_mean(WEEKS_BEFORE - 1, min_samples=1)
        .over("theme_id"),
        weeks_used=pl.int_range(pl.len()).over("theme_id").clip(upper_bound=WEEKS_BEFORE),
    )
    by_chance = 3 * pl.col("usual_middle").clip(lower_bound=1.0).sqrt()
    # Without a move from week to week, before the third week, there is no range.
    half = pl.when(pl.col("moving_range").is_not_null()).then(
        pl.max_horizontal(2.66 * pl.col("moving_range"), by_chance)
    )
    ranged = ordered.with_columns(
        usual_low=(pl.col("usual_middle") - half).clip(lower_bound=0.0),
        usual_high=pl.col("usual_middle") + half,
    )
    return ranged.with_columns(
        verdict=pl.when(pl.col("weeks_used") < LEAST_WEEKS)
        .then(pl.lit("too early"))
        .when(count > pl.col("usual_high"))
        .then(pl.lit("above"))
        .when(count < pl.col("usual_middle") - half)
        .then(pl.lit("below"))
        .otherwise(pl.lit("usual"))
    ).drop("moving_range", "weeks_used")
