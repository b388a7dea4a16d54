"""Each theme that rose: since when, how much, for whom, and what happened just before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from models.causes.coincidences import RISE_EVENTS_SCHEMA, coincidences, event_segments
from models.causes.excess import Ints, excess_interval
from models.causes.exposure import Exposed, split_change
from models.causes.onset import WEEK
from models.causes.placing import Known, Rise, find_and_place
from models.causes.segments import no_change_by, telling, unchanged
from models.text.duplicates import is_template

_OVER_LISTED, _UNCHANGED_LISTED = 12, 6
# A rise of fewer tickets is weak; a strong one has twice as many, this many deviations of a chance count above.
_FEW = 10
_STRONG_DEVIATIONS = 6.0
# A few hours tell nothing of a week: a rise that began within them is told as if it had lasted a day.
_LEAST_WEEKS = 1 / 7

THEME_RISES_SCHEMA: dict[str, Any] = {
    "theme_id": pl.String,
    "week": pl.Date,
    "kind": pl.String,
    "tickets_week": pl.Int64,
    "usual_middle": pl.Float64,
    "usual_low": pl.Float64,
    "usual_high": pl.Float64,
    "excess": pl.Float64,
    "excess_low": pl.Float64,
    "excess_high": pl.Float64,
    "rise_tickets": pl.Int64,
    "onset_at": pl.Datetime("us"),
    "onset_low": pl.Datetime("us"),
    "onset_high": pl.Datetime("us"),
    "is_ongoing": pl.Boolean,
    "ended_at": pl.Datetime("us"),
    "rate_measure": pl.String,
    "rate_before": pl.Float64,
    "rate_after": pl.Float64,
    "from_customers": pl.Float64,
    "from_rate": pl.Float64,
    "from_mix": pl.Float64,
    "copies": pl.Int64,
    "template_tickets": pl.Int64,
    "no_change_by": pl.String,
    "confidence": pl.String,
    "rank": pl.Int64,
}
RISE_SEGMENTS_SCHEMA: dict[str, Any] = {
    "theme_id": pl.String,
    "rank": pl.Int64,
    "attribute": pl.String,
    "value": pl.String,
    "attribute_2": pl.String,
    "value_2": pl.String,
    "tickets": pl.Int64,
    "share": pl.Float64,
    "share_before": pl.Float64,
    "share_expected": pl.Float64,
    "share_of_rise": pl.Float64,
    "lift": pl.Float64,
    "lift_low": pl.Float64,
    "lift_high": pl.Float64,
    "q_value": pl.Float64,
    "verdict": pl.String,
    "compared_with": pl.String,
}


def explain_rises(known: Known) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The tables theme_rises, rise_segments and rise_events of a week."""
    rises, segments, events = [], [], []
    concerned = event_segments(known.calendar, known.tickets)
    for rise in find_and_place(known):
        exposed = _exposed(known, rise)
        listed = [telling(rise.segments, _OVER_LISTED), unchanged(rise.segments, _UNCHANGED_LISTED)]
        told = pl.concat(listed, how="diagonal_relaxed").with_row_index("rank", offset=1)
        segments.append(told.with_columns(theme_id=pl.lit(rise.theme_id)))
        change = exposed.change if exposed else None
        more_customers = change.customers / change.total if change and change.total > 0 else 0.0
        near = coincidences(
            known.calendar,
            concerned,
            rise.onset,
            rise.compared,
            from_customers=min(max(more_customers, 0.0), 1.0),
        )
        events.append(near.with_columns(theme_id=pl.lit(rise.theme_id)))
        named = [name for event in near.filter("is_named")["event_id"] for name in concerned[event]]
        same = ", ".join(no_change_by(rise.segments, besides=named)) or None
        rises.append(_row(known, rise, exposed) | {"no_change_by": same})
    return (
        _ranked(pl.DataFrame(rises, schema_overrides=THEME_RISES_SCHEMA, infer_schema_length=None)),
        _stacked(segments, RISE_SEGMENTS_SCHEMA),
        _stacked(events, {"theme_id": pl.String, **RISE_EVENTS_SCHEMA}),
    )


def _exposed(known: Known, rise: Rise) -> Exposed | None:
    return split_change(
        rise.compared.before,
        rise.compared.rise,
        known.exposure,
        usual=_usual(rise),
        weeks=(rise.compared.weeks_now, _weeks(rise)),
        days=(known.window_starts_at.date(), rise.onset.at.date(), (rise.ended_at or known.ends_at).date()),
    )


def _weeks(rise: Rise) -> float:
    """Weeks over which a rise is told: a burst that is over as that of one week, one of a few hours as that of a day."""
    return max(rise.compared.weeks_now, 1.0 if rise.ended_at else _LEAST_WEEKS)


def _usual(rise: Rise) -> float:
    """Tickets a week that there would have been anyway."""
    return rise.expected / rise.compared.weeks_now if rise.compared.weeks_now else 0.0


def _weekly(tickets: pl.DataFrame, since: datetime, weeks: int) -> Ints:
    """Tickets in each of so many whole weeks since then."""
    hours = (tickets["created_at"] - since).dt.total_hours().to_numpy()
    return np.bincount(hours // WEEK, minlength=weeks)[:weeks]


def _row(known: Known, rise: Rise, exposed: Exposed | None) -> dict[str, Any]:
    weeks = _weeks(rise)
    compared = rise.compared
    low, high = excess_interval(
        rise.victims,
        _usual(rise),
        compared.weeks_now,
        before=_weekly(compared.before, known.window_starts_at, max(int(compared.weeks_before), 1)),
        since=_weekly(compared.rise, rise.onset.at, int(compared.weeks_now)),
    )
    excess = rise.victims - rise.expected
    figures = {
        "excess": excess / weeks,
        "excess_low": low / weeks,
        "excess_high": high / weeks,
        "rise_tickets": max(round(excess), 0),
    }
    return {
        "theme_id": rise.theme_id,
        "week": known.week,
        **{
            name: rise.found[name]
            for name in ("kind", "tickets_week", "usual_middle", "usual_low", "usual_high")
        },
        **figures,
        "onset_at": rise.onset.at,
        "onset_low": rise.onset.low,
        "onset_high": rise.onset.high,
        "is_ongoing": rise.ended_at is None,
        "ended_at": rise.ended_at,
        "rate_measure": exposed.measure if exposed else None,
        "rate_before": exposed.rate_before if exposed else None,
        "rate_after": exposed.rate_after if exposed else None,
        "from_customers": exposed.change.customers if exposed else None,
        "from_rate": exposed.change.rate if exposed else None,
        "from_mix": exposed.change.mix if exposed else None,
        **_copies(known, rise),
        "confidence": _confidence(rise, figures),
    }


def _confidence(rise: Rise, figures: dict[str, float]) -> str:
    if figures["rise_tickets"] < _FEW or figures["excess_low"] <= 0:
        return "weak"
    deviations = (rise.victims - rise.expected) / max(rise.expected, 1.0) ** 0.5
    return "strong" if deviations >= _STRONG_DEVIATIONS and figures["rise_tickets"] >= 2 * _FEW else "fair"


def _copies(known: Known, rise: Rise) -> dict[str, int]:
    """Near-duplicates in the rise, and those of them whose text many accounts sent (`is_template`)."""
    theme = known.tickets.filter(pl.col("theme_id") == rise.theme_id)
    sent = is_template(
        theme["copy_key"].rank("dense").to_numpy(), theme["requester_key"], theme["is_long"].to_numpy()
    )
    copies = theme.with_columns(is_template=pl.Series(sent, dtype=pl.Boolean)).filter(
        "is_near_duplicate", pl.col("created_at").is_between(rise.onset.at, rise.ended_at or known.ends_at)
    )
    return {"copies": copies.height, "template_tickets": int(copies["is_template"].sum())}


def _ranked(rises: pl.DataFrame) -> pl.DataFrame:
    if rises.is_empty():
        return pl.DataFrame(schema=THEME_RISES_SCHEMA)
    return (
        rises.sort(pl.col("confidence") == "weak", "excess", "theme_id", descending=[False, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1))
        .select(pl.col(name).cast(kind) for name, kind in THEME_RISES_SCHEMA.items())
    )


def _stacked(frames: list[pl.DataFrame], schema: dict[str, Any]) -> pl.DataFrame:
    """Frames one beneath the other, with these columns."""
    casts = [pl.col(name).cast(kind) for name, kind in schema.items()]
    return pl.concat([pl.DataFrame(schema=schema), *(frame.select(casts) for frame in frames)])
