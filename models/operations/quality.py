"""The internal quality score (IQS): what audits of tickets come to, with its interval."""

from __future__ import annotations

import numpy as np
import polars as pl

ALL = "all"
FAILED_BELOW = 0.5  # a critical category under half its range fails the review
RESAMPLES = 1000
FEWEST_REVIEWS = 5  # fewer say nothing of an interval
_MEAN_SCORE = (pl.col("score") * pl.col("weight")).sum() / pl.col("weight").sum()

QUALITY_SCORES_SCHEMA = {
    "week": pl.Date,
    "business_line": pl.String,
    "vendor": pl.String,
    "reviewer_kind": pl.String,
    "reviews": pl.Int64,
    "iqs": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "critical_failures": pl.Int64,
    "is_of_all_tickets": pl.Boolean,
}


def category_scores(reviews: pl.DataFrame) -> pl.DataFrame:
    """One row per review and category with `share`, the score within its range from 0 to 1.

    reviews: source, review_id and scores, a list of category, score, min, max, weight, is_critical. A category without
    a score, or whose range is empty, was not judged and is left out.
    """
    part = pl.col("scores").struct
    spread = part.field("max") - part.field("min")
    return (
        reviews.select("source", "review_id", "scores")
        .explode("scores")
        .drop_nulls("scores")
        .with_columns(
            category=part.field("category"),
            weight=part.field("weight").fill_null(1.0),
            is_critical=part.field("is_critical").fill_null(False),
            share=pl.when(spread > 0).then((part.field("score") - part.field("min")) / spread),
        )
        .drop("scores")
        .drop_nulls("share")
    )


def review_scores(reviews: pl.DataFrame) -> pl.DataFrame:
    """Each review's score from 0 to 1: the weighted mean of its categories, 0 if a critical one is under half.

    reviews: as in category_scores. Adds score and is_critical_failure; reviews that judged nothing, or nothing that
    has weight, are left out.
    """
    scored = (
        category_scores(reviews)
        .group_by("source", "review_id")
        .agg(
            score=(pl.col("share") * pl.col("weight")).sum() / pl.col("weight").sum(),
            is_critical_failure=(pl.col("is_critical") & (pl.col("share") < FAILED_BELOW)).any(),
        )
        .with_columns(score=pl.when("is_critical_failure").then(0.0).otherwise("score"))
        .filter(pl.col("score").is_finite())
    )
    return reviews.drop("scores").join(scored, on=["source", "review_id"], maintain_order="left")


def weigh(reviews: pl.DataFrame, draws: pl.DataFrame) -> pl.DataFrame:
    """Adds weight to reviews: how many tickets a ticket stood for when it was last drawn; null if it never was.

    reviews: source, ticket_id. draws: source, ticket_id, drawn_on, weight, as `draw_audits` gave them.
    """
    last = draws.sort("drawn_on").unique(["source", "ticket_id"], keep="last", maintain_order=True)
    return reviews.join(
        last.select("source", "ticket_id", "weight"),
        on=["source", "ticket_id"],
        how="left",
        maintain_order="left",
    )


def quality_scores(scored: pl.DataFrame) -> pl.DataFrame:
    """IQS by week, line, vendor and who reviewed, and of all of them together; QUALITY_SCORES_SCHEMA.

    scored: week, business_line, vendor, reviewer_kind, score, is_critical_failure, weight, one row per review. week is
    null in the rows of the whole period. Where at least half of a row's reviews, and five, are of tickets drawn at
    random, their weighted mean stands for all tickets (Hajek 1971) and the others are left out; elsewhere it is the
    mean of the reviews there are, whatever they were chosen for. low, high: 95 % interval of the mean (percentile
    bootstrap over reviews, the same for the same reviews), null with fewer than five.
    """
    keys = ["week", "business_line", "vendor", "reviewer_kind"]
    ordered = scored.select(*keys, "score", "is_critical_failure", "weight").sort(*keys, "score", "weight")
    whole = pl.concat([ordered, ordered.with_columns(week=pl.lit(None, dtype=pl.Date))])
    whole = pl.concat([whole, whole.with_columns(business_line=pl.lit(ALL))])
    whole = pl.concat([whole, whole.with_columns(vendor=pl.lit(ALL))])
    cells = (
        _standing_for(whole, keys)
        .group_by(keys)
        .agg(
            reviews=pl.len().cast(pl.Int64),
            iqs=_MEAN_SCORE,
            critical_failures=pl.col("is_critical_failure").sum().cast(pl.Int64),
            is_of_all_tickets=pl.col("is_of_all_tickets").first(),
            scores=pl.concat_arr("score", "weight").sort_by("score", "weight"),
        )
        .sort(keys)
    )
    intervals = [_interval(scores.to_numpy()) for scores in cells["scores"]]
    return cells.with_columns(
        low=pl.Series([low for low, _ in intervals], dtype=pl.Float64),
        high=pl.Series([high for _, high in intervals], dtype=pl.Float64),
    ).select(pl.col(name).cast(kind) for name, kind in QUALITY_SCORES_SCHEMA.items())


def scores_by(scored: pl.DataFrame, period: str) -> pl.DataFrame:
    """IQS of each period by line and of all lines, by the rule of `quality_scores`: period, business_line, value,
    denominator (reviews).

    scored: the period's column, business_line, score, weight, one row per review.
    """
    keys = [period, "business_line"]
    ordered = scored.select(*keys, "score", "weight").sort(*keys, "score", "weight")
    whole = pl.concat([ordered, ordered.with_columns(business_line=pl.lit(ALL))])
    return (
        _standing_for(whole, keys)
        .group_by(keys)
        .agg(value=_MEAN_SCORE, denominator=pl.len().cast(pl.Float64))
        .sort(keys)
    )


def _standing_for(reviews: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The reviews that make up a row of keys, each with the weight it has there; adds is_of_all_tickets."""
    drawn = pl.col("weight").count().over(keys)
    is_of_all = (drawn >= FEWEST_REVIEWS) & (drawn * 2 >= pl.len().over(keys))
    return (
        reviews.with_columns(is_of_all_tickets=is_of_all)
        .filter(~pl.col("is_of_all_tickets") | pl.col("weight").is_not_null())
        .with_columns(weight=pl.when("is_of_all_tickets").then("weight").otherwise(1.0))
    )


def _interval(scores: np.ndarray) -> tuple[float | None, float | None]:
    """Percentile bootstrap of the weighted mean (Efron 1979), by how often each different review is drawn.

    scores: each review's score and weight, shape (reviews, 2).
    """
    if len(scores) < FEWEST_REVIEWS:
        return None, None
    different, counts = np.unique(scores, axis=0, return_counts=True)
    drawn = np.random.default_rng(0).multinomial(len(scores), counts / len(scores), size=RESAMPLES)
    values, weights = different.T
    low, high = np.quantile(drawn @ (values * weights) / (drawn @ weights), (0.025, 0.975))
    return float(low), float(high)
