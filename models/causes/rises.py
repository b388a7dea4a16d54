"""Which themes rose in the last whole week: new ones, those above their usual range, and those where one segment did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.stats import false_discovery_control, nbinom

from models.causes.segments import IS_NEW, KEY, MINIMUM, segment_counts
from models.statistics.control_chart import WEEKS_BEFORE

# A new theme is reported from this many victims in the week on.
LEAST_OF_A_NEW_THEME = 5
# A rise hidden in a segment: at most this share of those told is expected to be chance, and it doubles the segment.
_LARGEST_Q = 0.01
_LEAST_RATIO = 2.0

RISES_SCHEMA = {
    "theme_id": pl.String,
    "kind": pl.String,
    "tickets_week": pl.Int64,
    "usual_middle": pl.Float64,
    "usual_low": pl.Float64,
    "usual_high": pl.Float64,
    "attribute": pl.String,  # of the segment that rose, for kind segment
    "value": pl.String,
    "attribute_2": pl.String,
    "value_2": pl.String,
}


def find_rises(
    tickets: pl.DataFrame,
    themes: pl.DataFrame,
    trends: pl.DataFrame,
    week: date,
    attributes: Sequence[tuple[str, ...]],
) -> pl.DataFrame:
    """The themes that rose in a week: RISES_SCHEMA, one row a theme, those with the largest excess first.

    tickets: victims with theme_id, week (Monday) and one column an attribute. themes: theme_id and is_new of the
    themes that may be reported. trends: the table theme_trends. attributes: see singles_and_pairs. A theme is `new`,
    else `risen` above its control limits (XmR), else a `segment` of it rose: one attribute value or pair with clearly
    more tickets than its weeks before and the other themes' week let expect.
    """
    of_week = trends.filter(pl.col("week") == week).join(themes, on="theme_id")
    counted = of_week.with_columns(
        kind=pl.when(pl.col("is_new") & (pl.col("distinct_tickets") >= LEAST_OF_A_NEW_THEME))
        .then(pl.lit("new"))
        .when(pl.col("verdict") == "above")
        .then(pl.lit("risen")),
        tickets_week=pl.col("distinct_tickets"),
    )
    quiet = counted.filter(pl.col("kind").is_null(), pl.col("verdict") != "too early")
    hidden = _risen_segments(tickets, quiet, week, attributes)
    whole = counted.drop_nulls("kind")
    found = pl.concat([whole, quiet.drop("kind").join(hidden, on="theme_id")], how="diagonal_relaxed")
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in KEY if name not in found.columns]
    return (
        found.with_columns(absent)
        .sort(
            pl.col("tickets_week") - pl.col("usual_middle").fill_null(0.0),
            "theme_id",
            descending=[True, False],
        )
        .select(pl.col(name).cast(kind) for name, kind in RISES_SCHEMA.items())
    )


def _risen_segments(
    tickets: pl.DataFrame, quiet: pl.DataFrame, week: date, attributes: Sequence[tuple[str, ...]]
) -> pl.DataFrame:
    """The clearest risen segment of each theme that has one: theme_id, kind, KEY."""
    counts = _counts_of_week_and_before(tickets, quiet, week, attributes)
    mean = counts["expected"].to_numpy()
    # Variance of a count whose mean is told from the weeks before: its own, and that of the mean.
    variance = mean * counts["dispersion"].to_numpy() + mean**2 / np.maximum(
        counts["known_from"].to_numpy(), 1.0
    )
    p_values = _upper_tail(counts["tickets"].to_numpy(), mean, np.maximum(variance, mean * 1.0001 + 1e-9))
    tested = counts.with_columns(p=pl.Series(p_values, dtype=pl.Float64)).with_columns(
        # Segments too small to be told count among the tests all the same.
        p=pl.when(pl.col("tickets") >= MINIMUM).then("p").otherwise(1.0)
    )
    if tested.is_empty():
        return tested.select("theme_id", *KEY).with_columns(kind=pl.lit("segment"))
    return (
        tested.with_columns(q=pl.Series(false_discovery_control(tested["p"].to_numpy())))
        .filter(
            pl.col("q") < _LARGEST_Q,
            pl.col("tickets") >= _LEAST_RATIO * pl.col("expected"),
            pl.col("tickets") - pl.col("expected") >= MINIMUM,
        )
        .sort("p", *KEY, nulls_last=False)
        .unique("theme_id", keep="first", maintain_order=True)
        .select("theme_id", *KEY, kind=pl.lit("segment"))
    )


def _counts_of_week_and_before(
    tickets: pl.DataFrame, quiet: pl.DataFrame, week: date, attributes: Sequence[tuple[str, ...]]
) -> pl.DataFrame:
    """Every segment of the quiet themes this week, with what its theme's weeks before let expect."""
    of_theme = [*KEY, "theme_id"]
    past = tickets.filter(
        pl.col("week").is_between(week - timedelta(weeks=WEEKS_BEFORE), week, closed="left")
    )
    weeks = max(past["week"].n_unique(), 1)
    this_week = tickets.filter(pl.col("week") == week)
    now = segment_counts(this_week, attributes, by=["theme_id"])
    before = segment_counts(past, attributes, by=["theme_id"])
    totals = [frame.group_by(KEY).agg(pl.col("tickets").sum()) for frame in (now, before)]
    joined = (
        now.join(before, on=of_theme, how="left", suffix="_before", nulls_equal=True)
        .join(totals[0], on=KEY, suffix="_all", nulls_equal=True)
        .join(totals[1], on=KEY, how="left", suffix="_all_before", nulls_equal=True)
        .with_columns(pl.col("^.*_before$").fill_null(0))
        .join(this_week.group_by("theme_id").agg(of_theme=pl.len()), on="theme_id")
        .join(quiet.select("theme_id", "usual_middle", "usual_high"), on="theme_id")
    )
    others = pl.col("tickets_all") - pl.col("tickets")
    others_before = pl.col("tickets_all_before") - pl.col("tickets_before")
    others_share = (others + 0.5) / (this_week.height - pl.col("of_theme") + 1)
    # As before, and more where the other themes have more of it, too.
    as_before = (
        (pl.col("tickets_before") + 0.5) / weeks * ((others + 1) / (others_before / weeks + 1)).clip(1.0)
    )
    return joined.with_columns(is_new=others_before / weeks < IS_NEW * others).with_columns(
        expected=pl.when("is_new")
        .then(pl.max_horizontal(as_before, pl.col("of_theme") * others_share))
        .otherwise(as_before),
        known_from=pl.when("is_new").then(others + 0.5).otherwise(pl.col("tickets_before") + 0.5),
        dispersion=_dispersion(),
    )


def _dispersion() -> pl.Expr:
    """Variance of the theme's weeks over their mean, at least 1; its usual range is three standard deviations wide."""
    deviation = (pl.col("usual_high") - pl.col("usual_middle")) / 3
    return (deviation**2 / pl.col("usual_middle").clip(lower_bound=1.0)).fill_null(1.0).clip(lower_bound=1.0)


def _upper_tail(counts: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """P(count or more) under a negative binomial with this mean and variance."""
    shape = mean**2 / (variance - mean)
    return np.asarray(nbinom.sf(counts - 1, shape, mean / variance))
