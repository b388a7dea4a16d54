"""Who a rise is about: attribute values, and pairs of them, with more of its tickets than expected."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import polars as pl
from scipy.stats import false_discovery_control

from models.statistics.over_representation import Z_95, g_test

# What tickets are compared by. Who answers them, or in which language, says nothing about a cause.
ATTRIBUTES = (
    "business_line",
    "user_type",
    "region",
    "channel",
    "payment_method",
    "error_code",
    "app_version",
    "platform",
)

MINIMUM = 5  # tickets of the rise with a value, below which nothing is said
LARGEST_Q = 0.05
LEAST_LIFT = 1.2  # a lift whose interval starts below this is not worth a reader's time
UNCHANGED = (0.7, 1.4)  # an interval of the lift within these says: not about this
LEAST_SHARE_UNCHANGED = 0.15
# A value with under a tenth of its present share in the weeks before is new: an app version just released.
IS_NEW = 0.1
_LEAST_BEFORE = (
    10  # tickets of the theme before, to be compared with; else with other themes' of the same time
)
_LEAST_OTHERS = 20  # other themes' tickets with a value, to say how its share has moved
# A pair is only told where its lift is so much larger than that of each of its values, and its lower end larger, too.
_PAIR_SAYS_MORE = 1.25

# A segment's tickets: of the rise, of the theme before, of the other themes now and before.
COUNTED = ["tickets", "before", "others", "others_before"]
KEY = ["attribute", "value", "attribute_2", "value_2"]


def singles_and_pairs(attributes: Sequence[str]) -> list[tuple[str, ...]]:
    """Every attribute, and every two of them."""
    return [(name,) for name in attributes] + list(combinations(attributes, 2))


def segment_counts(
    tickets: pl.DataFrame, attributes: Sequence[tuple[str, ...]], by: Sequence[str] = ()
) -> pl.DataFrame:
    """Tickets of every value of attributes and pairs of them: *by, KEY, tickets.

    tickets: one column an attribute, null where a ticket has none.
    """
    frames = []
    for names in attributes:
        second = names[1] if len(names) == 2 else None
        frames.append(
            tickets.lazy()
            .drop_nulls(list(names))
            .group_by(*by, *names)
            .agg(tickets=pl.len().cast(pl.Int64))
            .select(
                *by,
                pl.lit(names[0]).alias("attribute"),
                pl.col(names[0]).cast(pl.String).alias("value"),
                pl.lit(second, dtype=pl.String).alias("attribute_2"),
                (pl.col(second).cast(pl.String) if second else pl.lit(None, dtype=pl.String)).alias(
                    "value_2"
                ),
                "tickets",
            )
        )
    return pl.concat(pl.collect_all(frames))


def compare(counts: Sequence[pl.DataFrame], sizes: Sequence[int]) -> pl.DataFrame:
    """Every segment of a rise against what was to be expected: KEY, counts, shares, lift with interval, q_value.

    counts, sizes: segment_counts and number of tickets of the theme during the rise, of the theme in the weeks before,
    and of all other themes at these two times. A value is expected to keep its share in the theme, moved as the other
    themes moved it; a value that hardly existed before (or a theme that hardly did) is compared with the other themes'
    tickets of the same time, so that the newest app version is not found in every rise. Lift: log ratio of shares
    (Katz et al. 1978), half a ticket added to each count. p: G-test of the rise against the expected share in as
    many tickets as it was told from; q: Benjamini-Hochberg over all segments with MINIMUM tickets.
    """
    return measure(_joined(counts, sizes))


def measure(joined: pl.DataFrame) -> pl.DataFrame:
    """Shares, lift with its interval and q_value of segments, see `compare`, from four counts and four totals each."""
    joined = joined.with_columns(
        own_before_share=_share("before"),
        others_share=_share("others"),
        others_before_share=_share("others_before"),
        share_before=pl.col("before") / pl.col("before_total").clip(lower_bound=1),
    )
    moved = pl.min_horizontal("others", "others_before") >= _LEAST_OTHERS
    expected = joined.with_columns(
        is_new=(pl.col("others") > 0) & (pl.col("others_before_share") < IS_NEW * pl.col("others_share"))
        | (pl.col("before_total") < _LEAST_BEFORE),
        moved=pl.when(moved).then(pl.col("others_share") / pl.col("others_before_share")).otherwise(1.0),
        moved_variance=pl.when(moved).then(_variance("others") + _variance("others_before")).otherwise(0.0),
    ).with_columns(
        share_expected=pl.when("is_new")
        .then("others_share")
        .otherwise(pl.col("own_before_share") * pl.col("moved"))
        .clip(upper_bound=0.999),
        expected_variance=pl.when("is_new")
        .then(_variance("others"))
        .otherwise(_variance("before") + pl.col("moved_variance")),
        known_from=pl.when("is_new").then("others_total").otherwise("before_total").clip(lower_bound=1),
    )
    return _with_lift(_pairs_with_a_new_value(expected) if "attribute" in expected.columns else expected)


def _pairs_with_a_new_value(expected: pl.DataFrame) -> pl.DataFrame:
    """Of a new value and one that is not, a theme is expected to have the product of what it is expected of each."""
    single = expected.filter(pl.col("attribute_2").is_null()).select(
        "attribute", "value", "is_new", "share_expected", "expected_variance"
    )
    joined = expected.join(single, on=["attribute", "value"], suffix="_1", how="left").join(
        single.rename({"attribute": "attribute_2", "value": "value_2"}),
        on=["attribute_2", "value_2"],
        suffix="_2",
        how="left",
    )
    mixed = pl.col("is_new_1") != pl.col("is_new_2")  # null for single values
    return joined.with_columns(
        # Where one lies within the other, such as a version in a platform, both together are as frequent as one.
        share_expected=pl.when(mixed)
        .then(pl.max_horizontal(pl.col("share_expected_1") * pl.col("share_expected_2"), "others_share"))
        .otherwise("share_expected"),
        expected_variance=pl.when(mixed)
        .then(pl.col("expected_variance_1") + pl.col("expected_variance_2"))
        .otherwise("expected_variance"),
        is_new=pl.col("is_new") | mixed.fill_null(False),
    ).drop(pl.selectors.matches("^(is_new|share_expected|expected_variance)_[12]$"))


def _with_lift(expected: pl.DataFrame) -> pl.DataFrame:
    share = pl.col("tickets") / pl.col("tickets_total")
    lift = share / pl.col("share_expected")
    variance = _variance("tickets") + pl.col("expected_variance")
    error = Z_95 * variance.clip(lower_bound=0.0).sqrt()
    inside, everything, expected_share, known = (
        expected[name].to_numpy().astype(float)
        for name in ("tickets", "tickets_total", "share_expected", "known_from")
    )
    p_values = g_test(inside, everything, inside + expected_share * known, everything + known)
    q_values = false_discovery_control(np.clip(p_values, 0.0, 1.0)) if len(p_values) else p_values
    return expected.with_columns(
        share=share,
        lift=lift,
        lift_low=lift * (-error).exp(),
        lift_high=lift * error.exp(),
        q_value=pl.Series(q_values, dtype=pl.Float64),
    )


def with_share_of_rise(compared: pl.DataFrame, excess_share: float) -> pl.DataFrame:
    """Adds share_of_rise: how much of what came on top has the value. excess_share: of the rise's tickets, 0 to 1."""
    usual = 1 - excess_share
    return compared.with_columns(
        share_of_rise=((pl.col("share") - usual * pl.col("share_expected")) / max(excess_share, 1e-9)).clip(
            0.0, 1.0
        )
    )


def telling(compared: pl.DataFrame, largest: int) -> pl.DataFrame:
    """The clearly over-represented segments, the most telling first; pairs only where they say more than their values.

    Ranked by the rise's tickets x the logarithm of the lift's lower end: how much, and how surely.
    """
    over = compared.filter(pl.col("q_value") < LARGEST_Q, pl.col("lift_low") > LEAST_LIFT).with_columns(
        says=pl.col("tickets") * pl.col("lift_low").log()
    )
    single = compared.filter(pl.col("attribute_2").is_null()).select("attribute", "value", "lift", "lift_low")
    return (
        over.join(single, on=["attribute", "value"], suffix="_1", how="left")
        .join(
            single.rename({"attribute": "attribute_2", "value": "value_2"}),
            on=["attribute_2", "value_2"],
            suffix="_2",
            how="left",
        )
        .filter(
            pl.col("attribute_2").is_null()
            | (pl.col("lift") > _PAIR_SAYS_MORE * pl.max_horizontal("lift_1", "lift_2"))
            & (pl.col("lift_low") > pl.max_horizontal("lift_low_1", "lift_low_2"))
        )
        .sort("says", *KEY, descending=[True, False, False, False, False], nulls_last=True)
        .head(largest)
        .with_columns(verdict=pl.lit("over"))
    )


def unchanged(compared: pl.DataFrame, largest: int) -> pl.DataFrame:
    """Values that a rise has clearly no more and no less of than expected, the largest first."""
    return (
        compared.filter(
            pl.col("attribute_2").is_null(),
            pl.col("lift_low") > UNCHANGED[0],
            pl.col("lift_high") < UNCHANGED[1],
            pl.col("share").is_between(LEAST_SHARE_UNCHANGED, 0.95),
        )
        .sort("tickets", *KEY, descending=[True, False, False, False, False], nulls_last=True)
        .head(largest)
        .with_columns(verdict=pl.lit("unchanged"))
    )


def _joined(counts: Sequence[pl.DataFrame], sizes: Sequence[int]) -> pl.DataFrame:
    """The rise's segments of MINIMUM tickets with their counts at the other three places; 0 where there are none."""
    joined = counts[0].filter(pl.col("tickets") >= MINIMUM)
    for frame, name in zip(counts[1:], COUNTED[1:], strict=True):
        renamed = frame.select(*KEY, pl.col("tickets").alias(name))
        joined = joined.join(renamed, on=KEY, how="left", nulls_equal=True)
    totals = [pl.lit(size).alias(f"{name}_total") for name, size in zip(COUNTED, sizes, strict=True)]
    return joined.with_columns(pl.col(COUNTED).fill_null(0), *totals)


def _share(part: str) -> pl.Expr:
    return (pl.col(part) + 0.5) / (pl.col(f"{part}_total") + 1)


def _variance(part: str) -> pl.Expr:
    """Of the logarithm of a share."""
    return 1 / (pl.col(part) + 0.5) - 1 / (pl.col(f"{part}_total") + 1)


def no_change_by(compared: pl.DataFrame) -> list[str]:
    """Attributes of which values were tested and none is clearly more or less frequent than expected."""
    tested = (
        compared.filter(pl.col("attribute_2").is_null()).group_by("attribute").agg(pl.col("q_value").min())
    )
    return tested.filter(pl.col("q_value") >= LARGEST_Q)["attribute"].sort().to_list()
