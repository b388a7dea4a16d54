"""Who a rise is about: attribute values, and pairs of them, with more of its tickets than expected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import polars as pl

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
# An attribute did not change where the intervals of all its larger values lie within these.
_NO_CHANGE = (0.5, 2.0)
# A value determines an attribute that nearly all tickets with it have one value of: a version its platform.
_NEARLY_ALL = 0.95
# A value with under a tenth of its present share in the weeks before is new: an app version just released.
IS_NEW = 0.1
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


def no_change_by(compared: pl.DataFrame, besides: Collection[str] = ()) -> list[str]:
    """Attributes by which a rise is surely spread much as expected: no value clearly more or less frequent.

    besides: attributes left out as an event that is named concerns them; so are those that a told value determines.
    """
    large = pl.max_horizontal("share", "share_expected") >= LEAST_SHARE_UNCHANGED
    within = (pl.col("lift_low") > _NO_CHANGE[0]) & (pl.col("lift_high") < _NO_CHANGE[1])
    spread = (
        compared.filter(pl.col("attribute_2").is_null())
        .group_by("attribute")
        .agg(is_same=(pl.col("q_value") >= LARGEST_Q).all() & within.filter(large).all() & large.any())
    )
    left_out = {*besides, *_determined(compared)}
    return spread.filter("is_same", ~pl.col("attribute").is_in(list(left_out)))["attribute"].sort().to_list()


def _determined(compared: pl.DataFrame) -> set[str]:
    """Attributes of which the tickets with a told value nearly all have one value."""
    told = telling(compared, compared.height)
    first, second = ["attribute", "value"], ["attribute_2", "value_2"]
    values = pl.concat(
        [told.select(first), told.select(second).rename(dict(zip(second, first, strict=True)))]
    )
    everywhere = compared.with_columns(seen=pl.sum_horizontal(COUNTED))
    single = everywhere.filter(pl.col("attribute_2").is_null()).join(values.unique(), on=first, how="semi")
    single = single.select(*first, seen_single="seen")
    pairs = everywhere.filter(pl.col("attribute_2").is_not_null())
    swapped = {**dict(zip(first, second, strict=True)), **dict(zip(second, first, strict=True))}
    both_ways = pl.concat([pairs, pairs.rename(swapped)], how="diagonal")
    surely = pl.col("seen") >= _NEARLY_ALL * pl.col("seen_single")
    return set(both_ways.join(single, on=first).filter(surely)["attribute_2"])
