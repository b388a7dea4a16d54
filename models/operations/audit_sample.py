"""Which tickets to audit next: a stratified random sample with known probabilities, and what it says of all tickets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import polars as pl

# The score of a ticket that was reopened or rated bad varies about twice as much as that of others.
_SPREAD_AT_RISK, _SPREAD = 2.0, 1.0
FEWEST_OF_A_STRATUM = 2  # with one, nothing is known of how tickets of the stratum differ
# A weight tells how many tickets a stratum has, and numbers under ten are not published.
FEWEST_TICKETS = 10
_OTHERS = "others"

NEXT_AUDITS_SCHEMA = {
    "drawn_on": pl.Date,
    "rank": pl.Int64,
    "source": pl.String,
    "ticket_id": pl.String,
    "stratum": pl.String,
    "probability": pl.Float64,
    "weight": pl.Float64,
}
AUDIT_STRATA_SCHEMA = {
    "drawn_on": pl.Date,
    "stratum": pl.String,
    "tickets": pl.Int64,
    "sample": pl.Int64,
    "probability": pl.Float64,
}


@dataclass(frozen=True)
class AuditSample:
    """tickets: the sample, NEXT_AUDITS_SCHEMA. strata: what it was drawn from, AUDIT_STRATA_SCHEMA."""

    tickets: pl.DataFrame
    strata: pl.DataFrame


def draw_audits(tickets: pl.DataFrame, size: int, drawn_on: date) -> AuditSample:
    """Draw tickets to audit by vendor, line and risk; the same for the same day and tickets, in whatever order.

    tickets: source, ticket_id, vendor, business_line, is_at_risk, one row per ticket. size: how many in all, but at
    least two of every stratum, so that it may be more. Strata of under ten tickets are put together. Within a stratum
    it is a simple random sample without replacement, so that probability = sample / tickets of the stratum and weight =
    1 / probability. Any first part of the ranks is spread over the strata like the whole.
    """
    drawn = _with_strata(tickets).with_columns(
        luck=pl.Series([_luck(drawn_on, *key) for key in tickets.select("source", "ticket_id").iter_rows()]),
    )
    strata = (
        drawn.group_by("stratum")
        .agg(tickets=pl.len(), at_risk=pl.col("is_at_risk").mean())
        .sort("stratum")
        .with_columns(drawn_on=pl.lit(drawn_on))
    )
    spread = (_SPREAD + (_SPREAD_AT_RISK - _SPREAD) * strata["at_risk"]).to_list()
    samples = allocate(strata["tickets"].to_list(), spread, size)
    strata = strata.with_columns(sample=pl.Series(samples, dtype=pl.Int64)).with_columns(
        probability=pl.col("sample") / pl.col("tickets")
    )
    place = pl.col("luck").rank("ordinal").over("stratum")
    chosen = (
        drawn.sort("luck", "source", "ticket_id")
        .with_columns(place=place)
        .join(strata.select("drawn_on", "stratum", "sample", "probability"), on="stratum")
        .filter(pl.col("place") <= pl.col("sample"))
        .with_columns(weight=1 / pl.col("probability"))
        .sort((pl.col("place") - 0.5) / pl.col("sample"), "luck")
        .with_row_index("rank", offset=1)
    )
    return AuditSample(
        chosen.select(pl.col(name).cast(kind) for name, kind in NEXT_AUDITS_SCHEMA.items()),
        strata.select(pl.col(name).cast(kind) for name, kind in AUDIT_STRATA_SCHEMA.items()),
    )


def _with_strata(tickets: pl.DataFrame) -> pl.DataFrame:
    """Adds stratum: vendor, line and risk; parts of under ten tickets are put together, lines first, then vendors."""
    risk = pl.when("is_at_risk").then(pl.lit("at risk")).otherwise(pl.lit("plain"))
    placed = tickets.with_columns(stratum=pl.lit(None, dtype=pl.String))
    for parts in (
        ("vendor", "business_line", risk),
        ("vendor", pl.lit("other lines"), risk),
        (pl.lit("other vendors"), risk),
    ):
        left = pl.col("stratum").is_null()
        name = pl.concat_str(*parts, separator=" · ")
        is_large = left.sum().over(name) >= FEWEST_TICKETS
        placed = placed.with_columns(stratum=pl.when(left & is_large).then(name).otherwise("stratum"))
    placed = placed.with_columns(pl.col("stratum").fill_null(_OTHERS))
    sizes = placed.group_by("stratum").len("tickets").sort("tickets", "stratum")
    others = sizes.filter(stratum=_OTHERS)["tickets"].sum()
    if 0 < others < FEWEST_TICKETS and sizes.height > 1:
        smallest = sizes.filter(pl.col("stratum") != _OTHERS)["stratum"][0]
        placed = placed.with_columns(pl.col("stratum").replace(smallest, _OTHERS))
    return placed


def _luck(drawn_on: date, source: str, ticket_id: str) -> int:
    """A number that looks like chance, but is the same wherever and whenever it is asked for."""
    text = f"{drawn_on.isoformat()}\x1f{source}\x1f{ticket_id}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())


def allocate(tickets: list[int], spread: list[float], size: int) -> list[int]:
    """How many of each stratum: the allocation with the least variance of the estimated mean (Wright 2012).

    tickets: in each stratum. spread: standard deviation of what is measured, by any unit. Every stratum gets two, or
    all it has; then one at a time goes where it takes most off the variance.
    """
    sample = [min(FEWEST_OF_A_STRATUM, count) for count in tickets]
    for _ in range(size - sum(sample)):
        gains = [
            (count * deviation) ** 2 / (chosen * (chosen + 1)) if chosen < count else 0.0
            for count, deviation, chosen in zip(tickets, spread, sample, strict=True)
        ]
        if not any(gains):
            break
        sample[gains.index(max(gains))] += 1
    return sample
