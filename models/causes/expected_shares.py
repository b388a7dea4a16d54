"""The share of a rise's tickets that every attribute value was to be expected in, and how far the rise is from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.stats import false_discovery_control

from models.causes.segments import COUNTED, IS_NEW, KEY, MINIMUM
from models.statistics.over_representation import Z_95, g_test

# What a share was compared with.
BEFORE, OTHERS, BOTH = "weeks before", "other themes", "both"
# Fewer tickets of the theme before: other themes' shares count for those that are missing.
_ENOUGH_BEFORE = 10
_LEAST_MOVED = 20  # other themes' tickets with a value, at both times, to say how its share has moved
_LEAST_SEEN = 10  # other themes' tickets now, of which none has a value, to say that they do not have it
_OF_AN_ATTRIBUTE = ["attribute", "attribute_2"]


def compare(counts: Sequence[pl.DataFrame], sizes: Sequence[int]) -> pl.DataFrame:
    """The segments of MINIMUM tickets of a rise (see `measure`) with p_value, and q_value over them.

    A value that so many tickets were to be expected of is among them too: that it is missing is a change.
    """
    expected = pl.col("share_expected") * pl.col("tickets_total")
    is_missed = pl.col("attribute_2").is_null() & (expected >= MINIMUM)
    large = measure(counts, sizes).filter((pl.col("tickets") >= MINIMUM) | is_missed)
    return corrected_together([large.with_columns(p_value=_p_values(large))])[0]


def corrected_together(compared: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The same frames with q_value: Benjamini-Hochberg over all their tests together."""
    p_values = np.concatenate([frame["p_value"].to_numpy() for frame in compared])
    q_values = false_discovery_control(p_values) if len(p_values) else p_values
    ends = np.cumsum([frame.height for frame in compared])[:-1]
    return [
        frame.with_columns(q_value=pl.Series(part, dtype=pl.Float64))
        for frame, part in zip(compared, np.split(q_values, ends), strict=True)
    ]


def measure(counts: Sequence[pl.DataFrame], sizes: Sequence[int]) -> pl.DataFrame:
    """Every segment of a rise against what was to be expected: KEY, counts, shares, lift with interval.

    counts, sizes: segment_counts and number of tickets of the theme during the rise, of the theme in the weeks before,
    and of the other themes at these two times. Expected: as many of the theme's tickets have the attribute at all as
    before, and among those every value keeps its share, moved as the other themes moved it, so that the shares of an
    attribute's values still sum to one. A value that hardly anybody had before is expected as often as among the other
    themes now, so that the newest app version is not found in every rise. compared_with says which of the two it was.
    Lift: ratio of the rise's share to the expected, with the interval of its logarithm (Katz et al. 1978).
    """
    joined = _joined(counts, sizes)
    single = _expected(_with_newness(joined.filter(pl.col("attribute_2").is_null())))
    pairs = joined.filter(pl.col("attribute_2").is_not_null())
    if pairs.is_empty():
        return _with_lift(single)
    return _with_lift(pl.concat([single, _expected(_of_new_values(_with_newness(pairs), single))]))


def with_share_of_rise(compared: pl.DataFrame, excess_share: float) -> pl.DataFrame:
    """Adds share_of_rise: how much of what came on top has the value. excess_share: of the rise's tickets, 0 to 1."""
    usual = 1 - excess_share
    return compared.with_columns(
        share_of_rise=((pl.col("share") - usual * pl.col("share_expected")) / max(excess_share, 1e-9)).clip(
            0.0, 1.0
        )
    )


def _joined(counts: Sequence[pl.DataFrame], sizes: Sequence[int]) -> pl.DataFrame:
    """Every segment's tickets at the four places, those there in all, and those that have the attribute (`_with`)."""
    stacked = pl.concat(
        frame.select(
            *KEY,
            *(
                (pl.col("tickets") if place == name else pl.lit(0, dtype=pl.Int64)).alias(name)
                for name in COUNTED
            ),
        )
        for frame, place in zip(counts, COUNTED, strict=True)
    )
    totals = [
        pl.lit(size, dtype=pl.Int64).alias(f"{name}_total") for name, size in zip(COUNTED, sizes, strict=True)
    ]
    return (
        stacked.group_by(KEY)
        .agg(pl.col(COUNTED).sum())
        .sort(KEY, nulls_last=True)  # sums of floats depend on the order
        .with_columns(*totals, pl.col(COUNTED).sum().over(_OF_AN_ATTRIBUTE).name.suffix("_with"))
    )


def _with_newness(joined: pl.DataFrame) -> pl.DataFrame:
    """Which values are new, and what they are expected in, of the tickets with the attribute: new_*."""
    own, others, others_before = _share("before"), _share("others"), _share("others_before")
    seen = (pl.col("others") > 0) | (pl.col("others_with") < _LEAST_SEEN)
    return joined.with_columns(
        is_new=seen & (others_before < IS_NEW * others),
        new_share=pl.max_horizontal(own, others),
        new_variance=pl.when(own >= others).then(_variance("before")).otherwise(_variance("others")),
        new_mass=pl.max_horizontal(_raw_share("before"), _raw_share("others")),
        others_new=others > own,
    )


def _of_new_values(pairs: pl.DataFrame, single: pl.DataFrame) -> pl.DataFrame:
    """A pair with a new value is new, and expected in the product of what is expected of each."""
    names = ["is_new", "share_expected", "expected_variance"]
    one = single.select("attribute", "value", *names)
    joined = pairs.join(one.rename({name: f"{name}_1" for name in names}), on=["attribute", "value"]).join(
        one.rename({"attribute": "attribute_2", "value": "value_2"} | {name: f"{name}_2" for name in names}),
        on=["attribute_2", "value_2"],
    )
    has_new = pl.col("is_new_1") | pl.col("is_new_2")
    # Where one lies within the other, such as a version in a platform, both together are as frequent as one.
    share = pl.max_horizontal(
        pl.col("share_expected_1") * pl.col("share_expected_2") / _coverage()[0], _raw_share("others")
    ).clip(upper_bound=1.0)
    variance = pl.col("expected_variance_1") + pl.col("expected_variance_2")
    return (
        joined.with_columns(
            new_share=pl.when(has_new).then(share).otherwise("new_share"),
            new_mass=pl.when(has_new).then(share).otherwise("new_mass"),
            new_variance=pl.when(has_new).then(variance).otherwise("new_variance"),
            others_new=pl.col("others_new") | has_new,
            is_new=pl.col("is_new") | has_new,
        )
        .drop(pl.selectors.matches("^(is_new|share_expected|expected_variance)_[12]$"))
        .sort(KEY)
    )


def _expected(known: pl.DataFrame) -> pl.DataFrame:
    """share_expected of all tickets, the variance of its logarithm, share_before and compared_with."""
    moved = pl.min_horizontal("others", "others_before") >= _LEAST_MOVED
    new = pl.col("new_mass").filter("is_new").sum().over(_OF_AN_ATTRIBUTE)
    parts = known.with_columns(
        moved=pl.when(moved).then(_share("others") / _share("others_before")).otherwise(1.0),
        moved_variance=pl.when(moved).then(_variance("others") + _variance("others_before")).otherwise(0.0),
        left=(1 - new).clip(lower_bound=1 / (pl.col("others_with") + 1)),  # by the new values to the others
        missing=_missing("before_with"),
    ).with_columns(
        kept=(_raw_share("before") * pl.col("moved")).filter(~pl.col("is_new")).sum().over(_OF_AN_ATTRIBUTE),
    )
    # What the theme has always been about and what is new to all may both be new: together they are all, at most.
    own = pl.when("is_new").then(pl.col("new_share") / new.clip(lower_bound=1.0)).otherwise(
        _share("before") * pl.col("moved") * pl.col("left")
        / pl.when(pl.col("kept") > 0).then("kept").otherwise(1.0)
    ).clip(upper_bound=1.0)  # fmt: skip
    own_variance = pl.when("is_new").then("new_variance").otherwise(
        _variance("before")
        + pl.col("moved_variance")
        + (1 - pl.col("left")) / (pl.col("left") * (pl.col("others_with") + 1))
    )  # fmt: skip
    share, variance = _blended(own, own_variance, _share("others"), _variance("others"), pl.col("missing"))
    coverage, coverage_variance = _coverage()
    return parts.with_columns(
        share_before=pl.col("before") / pl.col("before_total").clip(lower_bound=1),
        share_expected=(share * coverage).clip(upper_bound=0.999),
        expected_variance=variance + coverage_variance,
        compared_with=pl.when((pl.col("before_total") == 0) | pl.col("is_new") & pl.col("others_new"))
        .then(pl.lit(OTHERS))
        .when(pl.col("before_with") < _ENOUGH_BEFORE)
        .then(pl.lit(BOTH))
        .otherwise(pl.lit(BEFORE)),
    ).drop(
        "moved", "moved_variance", "left", "missing", "kept", pl.selectors.matches("^(new_.*|others_new)$")
    )


def _coverage() -> tuple[pl.Expr, pl.Expr]:
    """How many of the theme's tickets are expected to have the attribute at all, and the variance of its logarithm.

    As before: that other themes' tickets have it more often, as in a sale, is no reason that these do; unless hardly
    anybody's had it before.
    """
    own, others, others_before = (_with_attribute(name) for name in ("before", "others", "others_before"))
    share, variance = _blended(
        own, _coverage_variance("before"), others, _coverage_variance("others"), _missing("before_total")
    )
    is_new = (pl.col("others_with") > 0) & (others_before < IS_NEW * others) & (others > own)
    return (
        pl.when(is_new).then(others).otherwise(share),
        pl.when(is_new).then(_coverage_variance("others")).otherwise(variance),
    )


def _missing(tickets: str) -> pl.Expr:
    """How many are missing to enough tickets before, as a share of these: the weight of the other themes."""
    return (1 - pl.col(tickets) / _ENOUGH_BEFORE).clip(lower_bound=0.0)


def _blended(
    own: pl.Expr, own_variance: pl.Expr, others: pl.Expr, others_variance: pl.Expr, missing: pl.Expr
) -> tuple[pl.Expr, pl.Expr]:
    """Two shares weighed, and the variance of the logarithm of that, from those of each. missing: weight of others."""
    share = (1 - missing) * own + missing * others
    variance = ((1 - missing) * own) ** 2 * own_variance + (missing * others) ** 2 * others_variance
    return share, variance / share**2


def _with_lift(expected: pl.DataFrame) -> pl.DataFrame:
    share = pl.col("tickets") / pl.col("tickets_total").clip(lower_bound=1)
    lift = share / pl.col("share_expected")
    whole = pl.col("tickets_total")
    variance = 1 / (pl.col("tickets") + 0.5) - 1 / (whole + 1) + pl.col("expected_variance")
    error = Z_95 * variance.clip(lower_bound=0.0).sqrt()
    return expected.with_columns(
        share=share,
        lift=lift,
        lift_low=lift * (-error).exp(),
        lift_high=lift * error.exp(),
    )


def _p_values(measured: pl.DataFrame) -> pl.Series:
    """G-test of the rise against the expected share in as many tickets as would make it known as well as it is."""
    # A share p seen in n tickets has a logarithm of variance (1 - p) / (p n).
    known = (1 - pl.col("share_expected")) / (pl.col("share_expected") * pl.col("expected_variance"))
    inside, everything, expected_share, known_from = (
        column.to_numpy().astype(float)
        for column in measured.select("tickets", "tickets_total", "share_expected", known=known.clip(1.0))
    )
    p_values = g_test(inside, everything, inside + expected_share * known_from, everything + known_from)
    return pl.Series(np.clip(p_values, 0.0, 1.0), dtype=pl.Float64)


def _share(part: str) -> pl.Expr:
    """Of the tickets with the attribute, those with the value."""
    return (pl.col(part) + 0.5) / (pl.col(f"{part}_with") + 1)


def _variance(part: str) -> pl.Expr:
    """Of the logarithm of `_share`."""
    return 1 / (pl.col(part) + 0.5) - 1 / (pl.col(f"{part}_with") + 1)


def _raw_share(part: str) -> pl.Expr:
    return pl.col(part) / pl.col(f"{part}_with").clip(lower_bound=1)


def _with_attribute(part: str) -> pl.Expr:
    """Of all tickets, those with the attribute; half a ticket where there is none."""
    return pl.col(f"{part}_with").cast(pl.Float64).clip(lower_bound=0.5) / pl.col(f"{part}_total").clip(
        lower_bound=1
    )


def _coverage_variance(part: str) -> pl.Expr:
    share = _with_attribute(part)
    return (1 - share) / (share * pl.col(f"{part}_total").clip(lower_bound=1))
