"""What a rise has cost: agents' time, broken targets, ratings against those of like tickets, people who came back."""

from __future__ import annotations

from datetime import timedelta
from math import hypot
from typing import Any

import polars as pl

from models.statistics.over_representation import Z_95

# Ratings are few: other themes' tickets of at least this long are compared with.
_RATINGS_FROM = timedelta(days=28)
_STRATUM = ["business_line", "user_type", "channel"]
# Points are told where at least this share of a rise's ratings has others to be compared with.
_LEAST_MATCHED = 0.5

RISE_IMPACT_SCHEMA: dict[str, Any] = {
    "theme_id": pl.String,
    "tickets": pl.Int64,
    "handle_minutes": pl.Float64,
    "handle_minutes_excess": pl.Float64,
    "cost": pl.Float64,
    "sla_breached": pl.Int64,
    "sla_known": pl.Int64,
    "sla_breach_minutes": pl.Float64,
    "csat": pl.Float64,
    "csat_low": pl.Float64,
    "csat_high": pl.Float64,
    "csat_matched": pl.Float64,
    "csat_points": pl.Float64,
    "csat_points_low": pl.Float64,
    "csat_points_high": pl.Float64,
    "rated": pl.Int64,
    "rated_matched": pl.Int64,
    "requesters": pl.Int64,
    "requesters_returned": pl.Int64,
}


def impact(rises: pl.DataFrame, victims: pl.DataFrame, hour_cost: float | None) -> pl.DataFrame:
    """What every rise has cost since its onset: RISE_IMPACT_SCHEMA.

    rises: theme_rises with `until`, the end of what is counted. victims: theme_id, created_at, business_line,
    user_type, channel, handle_minutes, csat_score (good or bad), sla_breached (null: not known), sla_breach_minutes
    (past their targets; null: not measured), requester_key and wrote_again (within 7 days; null: too early to know).
    hour_cost: of an agent; null where it is not set.
    """
    rows = []
    for rise in rises.iter_rows(named=True):
        during = pl.col("created_at").is_between(rise["onset_at"], rise["until"])
        own = pl.col("theme_id") == rise["theme_id"]
        tickets = victims.filter(own & during)
        recent = pl.col("created_at").is_between(
            min(rise["onset_at"], rise["until"] - _RATINGS_FROM), rise["until"]
        )
        minutes = _sum(tickets["handle_minutes"])
        share = min(rise["rise_tickets"] / tickets.height, 1.0) if tickets.height else 0.0
        excess = None if minutes is None else minutes * share
        known = tickets["sla_breached"].drop_nulls()
        rows.append(
            {
                "theme_id": rise["theme_id"],
                "tickets": tickets.height,
                "handle_minutes": minutes,
                "handle_minutes_excess": excess,
                "cost": None if hour_cost is None or excess is None else excess / 60 * hour_cost,
                "sla_breached": int(known.sum()) if len(known) else None,
                "sla_known": len(known) or None,
                "sla_breach_minutes": _sum(tickets["sla_breach_minutes"]),
                **_satisfaction(tickets, victims.filter(~own & recent)),
                **_returned(tickets.drop_nulls("requester_key")),
            }
        )
    return pl.DataFrame(rows, schema=RISE_IMPACT_SCHEMA, orient="row")


def _sum(values: pl.Series) -> float | None:
    """The sum of what is known; None where nothing is."""
    return float(values.sum()) if values.count() else None


def _returned(tickets: pl.DataFrame) -> dict[str, int]:
    """Of those whose ticket is old enough to know, how many wrote again; nothing where no requester is known."""
    if tickets.is_empty():
        return {}
    followed = tickets.drop_nulls("wrote_again")
    return {
        "requesters": followed["requester_key"].n_unique(),
        "requesters_returned": followed.filter("wrote_again")["requester_key"].n_unique(),
    }


def _satisfaction(tickets: pl.DataFrame, others: pl.DataFrame) -> dict[str, float | int | None]:
    """Share of good ratings; and how far those that have a match are from other themes' tickets of the same strata.

    The other tickets' share is weighted by stratum as these ratings are (direct standardisation); interval of the
    difference: Newcombe 1998, method 10, with the effective number of the weighted ratings. No difference where too few
    of the ratings have a match.
    """
    rated, others_rated = (frame.drop_nulls("csat_score") for frame in (tickets, others))
    if not rated.height:
        return {"rated": 0}
    of_stratum = [pl.len().alias("n"), (pl.col("csat_score") == "good").sum().alias("good")]
    own = rated.group_by(_STRATUM).agg(of_stratum)
    csat, low, high = wilson(float(own["good"].sum()) / rated.height, rated.height)
    figures: dict[str, float | int | None] = {
        "rated": rated.height,
        "csat": csat,
        "csat_low": low,
        "csat_high": high,
    }
    like = others_rated.group_by(_STRATUM).agg(of_stratum)
    strata = own.join(like, on=_STRATUM, suffix="_others", nulls_equal=True)
    number = int(strata["n"].sum())
    if number < _LEAST_MATCHED * rated.height:
        return figures
    weight = pl.col("n") / number
    effective = float(1 / strata.select((weight**2 / pl.col("n_others")).sum()).item())
    share = strata.select((weight * pl.col("good_others") / pl.col("n_others")).sum()).item()
    ours, ours_low, ours_high = wilson(float(strata["good"].sum()) / number, number)
    theirs, theirs_low, theirs_high = wilson(share, effective)
    return figures | {
        "rated_matched": number,
        "csat_matched": theirs,
        "csat_points": 100 * (ours - theirs),
        "csat_points_low": 100 * (ours - theirs - hypot(ours - ours_low, theirs_high - theirs)),
        "csat_points_high": 100 * (ours - theirs + hypot(ours_high - ours, theirs - theirs_low)),
    }


def wilson(share: float, n: float) -> tuple[float, float, float]:
    """A share and the 95 % interval of it (Wilson 1927)."""
    z2 = Z_95**2 / n
    half = (z2 * (share * (1 - share) + z2 / 4)) ** 0.5
    return (
        share,
        max(0.0, (share + z2 / 2 - half) / (1 + z2)),
        min(1.0, (share + z2 / 2 + half) / (1 + z2)),
    )
