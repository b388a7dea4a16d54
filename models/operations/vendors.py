"""Vendors and groups of a tier compared on like tickets, metric by metric; ordered by name, never ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from statsmodels.stats.proportion import proportion_confint

from models.operations.case_mix import (
    Cases,
    Expectation,
    Floats,
    Ints,
    describe_cases,
    expected_of_others,
    learn_prior,
    told_by_result,
)
from models.operations.funnel import (
    Funnel,
    LogMinutes,
    Shares,
    confidences,
    holm,
    ordinary_spread,
    possible_share,
    variance_between,
    verdicts,
)

# What decides who gets a ticket, as far as tickets say: pairs of these values have effects of their own.
ROUTED_BY = ("business_line", "user_type", "channel", "region", "priority")
ATTRIBUTES = (*ROUTED_BY, "language", "theme", "shift", "week")
_SHORTEST_MINUTES = 0.5  # shorter times count as this: below it a logarithm makes much of nothing
_SHARED_LUCK = ("business_line", "region", "week")
_FIRST_TIER = 1


@dataclass(frozen=True)
class Metric:
    """A result of a ticket. Minutes are compared by geometric means, shares as shares of the tickets that have one."""

    name: str
    is_share: bool
    lower_is_better: bool
    of_first_tier_only: bool = False


METRICS = (
    Metric("handle_minutes", is_share=False, lower_is_better=True),
    Metric("csat", is_share=True, lower_is_better=False),
    Metric("reopen_rate", is_share=True, lower_is_better=True),
    Metric("escalation_rate", is_share=True, lower_is_better=True, of_first_tier_only=True),
    Metric("one_touch", is_share=True, lower_is_better=False, of_first_tier_only=True),
    Metric("first_reply_minutes", is_share=False, lower_is_better=True, of_first_tier_only=True),
    Metric("first_reply_within_target", is_share=True, lower_is_better=False, of_first_tier_only=True),
)


@dataclass(frozen=True)
class Comparison:
    """The tables vendor_comparison, vendor_groups and vendor_case_mix.

    left_out: attributes that the source brings and that were filled in after the result.
    """

    vendors: pl.DataFrame
    groups: pl.DataFrame
    case_mix: pl.DataFrame
    left_out: list[str]


@dataclass(frozen=True)
class _Judged:
    """Units of one tier by one metric. names: tier and vendor, for groups the group too."""

    metric: Metric
    names: pl.DataFrame
    expectation: Expectation
    funnel: Funnel
    between: float


def compare(tickets: pl.DataFrame, attributes: Sequence[str], period: tuple[date, date]) -> Comparison:
    """Vendors and groups of each tier against what the others would have made of the same tickets.

    tickets: tier, vendor, group_id, week, the attributes as text, and a column for each metric that there is, null
    where a ticket has no value (shares: 0 or 1); one row per ticket and tier. Vendors are compared with the other
    vendors of their tier, groups with the other groups. Verdicts are corrected for all that stands in one table.
    Attributes beyond ATTRIBUTES that a metric's result decided (told_by_result) are left out.
    """
    left_out = _filled_in_afterwards(tickets, [name for name in attributes if name not in ATTRIBUTES])
    attributes = [name for name in attributes if name not in left_out]
    vendors: list[_Judged] = []
    groups: list[_Judged] = []
    mixes: list[pl.DataFrame] = []
    for (tier,), part in sorted(tickets.partition_by("tier", as_dict=True).items()):
        cases = describe_cases(part, attributes, [name for name in ROUTED_BY if name in attributes])
        for metric in METRICS:
            if metric.name not in part.columns or (metric.of_first_tier_only and tier != _FIRST_TIER):
                continue
            known = part[metric.name].is_not_null().to_numpy()
            measured = part.filter(known)
            if measured.n_unique(["vendor", "group_id"]) < 2:
                continue
            like = learn_prior(cases.of(known), _result(metric, measured))
            by_group, spread = _judge_groups(metric, measured, like)
            groups.append(by_group)
            if measured["vendor"].n_unique() > 1:
                by_vendor = _judge_vendors(metric, measured, like, spread, by_group.between)
                vendors.append(by_vendor)
                mixes.append(_case_mix(by_vendor, measured, like))
    return Comparison(_table(vendors, period), _table(groups, period), _joined(mixes), left_out)


def _filled_in_afterwards(tickets: pl.DataFrame, brought: list[str]) -> list[str]:
    """Attributes that tell too much of a metric in one of the tiers."""
    parts = tickets.partition_by("tier")
    metrics = [metric for metric in METRICS if metric.name in tickets.columns]
    return [
        name
        for name in brought
        if any(
            told_by_result(part, name, pl.Series(_result(metric, part)).fill_nan(None))
            for part in parts
            for metric in metrics
        )
    ]


def _judge_groups(metric: Metric, tickets: pl.DataFrame, cases: Cases) -> tuple[_Judged, float]:
    """Groups against the other groups of the tier; with how much groups of one vendor vary beyond chance."""
    names, group = _units(tickets, ["tier", "vendor", "group_id"])
    expectation = expected_of_others(cases, _result(metric, tickets), group, _weeks(tickets))
    difference = expectation.observed - expectation.expected
    _, vendor = _units(names, ["vendor"])
    spread = ordinary_spread(difference, expectation.variance, vendor)
    between = variance_between(difference, expectation.variance)
    funnel = _funnel(metric, expectation, expectation.variance + spread)
    return _Judged(metric, names, expectation, funnel, between), spread


def _judge_vendors(
    metric: Metric, tickets: pl.DataFrame, cases: Cases, spread: float, between: float
) -> _Judged:
    """Vendors against the other vendors of the tier. spread: what a vendor's groups vary by anyway, as a variance."""
    names, vendor = _units(tickets, ["tier", "vendor"])
    expectation = expected_of_others(cases, _result(metric, tickets), vendor, _weeks(tickets))
    _, group = _units(tickets, ["tier", "vendor", "group_id"])
    # A mean over groups varies less than a group: by the squares of their shares, of its own and of the others.
    squares = np.bincount(vendor, np.bincount(group)[group].astype(float))
    own = squares / expectation.tickets**2
    others = (squares.sum() - squares) / (len(vendor) - expectation.tickets) ** 2
    funnel = _funnel(metric, expectation, expectation.variance + spread * (own + others))
    return _Judged(metric, names, expectation, funnel, between)


def _result(metric: Metric, tickets: pl.DataFrame) -> Floats:
    value = tickets[metric.name].cast(pl.Float64).to_numpy()
    return value if metric.is_share else np.log(np.maximum(value, _SHORTEST_MINUTES))


def _funnel(metric: Metric, units: Expectation, variance: Floats) -> Funnel:
    if metric.is_share:
        expected = possible_share(units.expected, units.tickets)
        return Shares(units.tickets, units.observed, expected, variance)
    return LogMinutes(units.tickets, units.observed, units.expected, variance)


def _units(tickets: pl.DataFrame, columns: list[str]) -> tuple[pl.DataFrame, Ints]:
    """The units by name, and each ticket's place among them."""
    names = tickets.select(columns).unique().sort(columns)
    placed = tickets.select(columns).join(
        names.with_row_index("place"), on=columns, how="left", maintain_order="left"
    )
    return names, placed["place"].cast(pl.Int64).to_numpy()


def _weeks(tickets: pl.DataFrame) -> Ints:
    """A number for each line, region and week: its tickets share incidents and queues."""
    return tickets.select(pl.struct(_SHARED_LUCK).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def _table(judged: list[_Judged], period: tuple[date, date]) -> pl.DataFrame:
    """All units by all metrics, the verdicts corrected together."""
    if not judged:
        return pl.DataFrame()
    corrected = holm(np.concatenate([units.funnel.p_value() for units in judged]))
    frames = []
    start = 0
    for units in judged:
        size = units.names.height
        frames.append(_rows(units, corrected[start : start + size], period))
        start += size
    table = pl.concat(frames)
    return table.sort("tier", *(name for name in ("vendor", "group_id", "metric") if name in table.columns))


def _rows(units: _Judged, corrected: Floats, period: tuple[date, date]) -> pl.DataFrame:
    metric, found, funnel = units.metric, units.expectation, units.funnel
    ratio, interval = funnel.ratio(), funnel.interval(0.95)
    in_units = (lambda value: value) if metric.is_share else np.exp
    verdict = verdicts(found.tickets, ratio, interval, corrected, metric.lower_is_better)
    inner, outer = funnel.limits(0.95), funnel.limits(0.998)
    around = _around(found) if metric.is_share else (np.full(len(ratio), np.nan),) * 2
    return units.names.with_columns(
        metric=pl.lit(metric.name),
        unit=pl.lit("share" if metric.is_share else "minutes"),
        better=pl.lit("lower" if metric.lower_is_better else "higher"),
        period_from=pl.lit(period[0]),
        period_to=pl.lit(period[1]),
        n=pl.Series(found.tickets),
        observed=pl.Series(in_units(found.observed)),
        observed_low=pl.Series(around[0]).fill_nan(None),
        observed_high=pl.Series(around[1]).fill_nan(None),
        crude_others=pl.Series(in_units(found.others)),
        expected=pl.Series(in_units(funnel.expected)),
        ratio=pl.Series(ratio),
        shrunk_ratio=pl.Series(funnel.shrunk(units.between)),
        low=pl.Series(interval[0]),
        high=pl.Series(interval[1]),
        limit_low_95=pl.Series(inner[0]),
        limit_high_95=pl.Series(inner[1]),
        limit_low_998=pl.Series(outer[0]),
        limit_high_998=pl.Series(outer[1]),
        verdict=pl.Series(verdict),
        confidence=pl.Series(confidences(interval, corrected, verdict)),
    )


def _around(found: Expectation) -> tuple[Floats, Floats]:
    """95 % interval of each observed share (Wilson 1927)."""
    good = found.observed * found.tickets
    low, high = proportion_confint(good, found.tickets, method="wilson")
    return np.asarray(low), np.asarray(high)


def _case_mix(units: _Judged, tickets: pl.DataFrame, cases: Cases) -> pl.DataFrame:
    """What each attribute value does to a vendor's expected result: the effects sum to expected - crude_others.

    A pair's effect is split evenly between its two values. Minutes are split in proportion on the logarithmic scale
    (Ang 2005, LMDI), which keeps the sum.
    """
    found, metric = units.expectation, units.metric
    _, vendor = _units(tickets, ["tier", "vendor"])
    counts = np.stack(
        [
            np.asarray(cases.matrix[vendor == place].sum(axis=0)).ravel()[1:]
            for place in range(units.names.height)
        ]
    )
    frames = []
    for place, (tier, name) in enumerate(units.names.iter_rows()):
        parts = found.parts[place]
        if not metric.is_share:
            change = found.expected[place] - found.others[place]
            times = np.exp(found.others[place]) * (np.expm1(change) / change if change else 1.0)
            parts = parts * times
        share_others = (counts.sum(axis=0) - counts[place]) / (len(vendor) - found.tickets[place])
        frames.append(
            _by_value(cases, parts, counts[place] / found.tickets[place], share_others).select(
                tier=pl.lit(tier),
                vendor=pl.lit(name),
                metric=pl.lit(metric.name),
                attribute="attribute",
                value="value",
                share="share",
                share_others="share_others",
                effect_on_metric="effect",
            )
        )
    return pl.concat(frames)


def _by_value(cases: Cases, parts: Floats, share: Floats, share_others: Floats) -> pl.DataFrame:
    """Effects by attribute and value. share, share_others: of the tickets that an effect is on."""
    rows = [
        (effect.attribute, effect.value, own, of_others, part)
        if effect.attribute_2 is None
        else (effect.attribute, effect.value, None, None, part / 2)
        for effect, own, of_others, part in zip(cases.effects, share, share_others, parts, strict=True)
    ]
    rows += [
        (effect.attribute_2, str(effect.value_2), None, None, part / 2)
        for effect, part in zip(cases.effects, parts, strict=True)
        if effect.attribute_2 is not None
    ]
    schema = {
        "attribute": pl.String,
        "value": pl.String,
        "share": pl.Float64,
        "share_others": pl.Float64,
        "effect": pl.Float64,
    }
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .group_by("attribute", "value")
        .agg(pl.col("share", "share_others").max(), pl.col("effect").sum())
        .sort("attribute", "value")
    )


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return (
        pl.concat(frames).sort("tier", "vendor", "metric", "attribute", "value") if frames else pl.DataFrame()
    )
