"""What happened just before a rise: calendar events by how well their time and their segment match it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.causes.compared import Compared, Onset, all_equal
from models.causes.expected_shares import measure, with_share_of_rise
from models.causes.segments import ATTRIBUTES, LEAST_LIFT, MINIMUM, segment_counts, telling
from models.statistics.over_representation import Z_95

LOOKED_BACK = timedelta(days=7)
LISTED = 5
# From this score on an event is named in the headline.
NAMED_FROM = 0.4
# An event this many hours before the onset matches half as well in time; clocks are right to the hour.
_HALF_LIFE_HOURS = 48.0
_CLOCK_HOURS = 1.0
# How readily an event of a kind brings a problem into the world; kinds not named here do fully.
_KIND_WEIGHT = {"holiday": 0.4, "training": 0.4, "sop_change": 0.7}
# Kinds that bring more people at once. The others break something for those whom they concern.
_BRINGS_PEOPLE = ("campaign", "holiday", "ato_wave")
# An attribute value that nine in ten of the theme's tickets have anyway tells nothing.
_ALWAYS = 0.9
# What is left of the match where the rise does not clearly sit in the event's segment.
_UNCLEAR = 0.25
# What is left where the rise sits in a narrower segment than the one an event brings people to.
_NARROWER = 0.3
_MOST = 0.5
# Other themes that rose by this share, for sure, are as much evidence as there can be.
_BREADTH_FULL = 0.5
# Attributes whose values are looked for in an event's name, and values too ordinary for that.
_NAMED_ATTRIBUTES = ("platform", "app_version", "payment_method", "error_code", "channel", "user_type")
_NOT_NAMES = {"unknown", "other", "none", "all", "new"}

RISE_EVENTS_SCHEMA: dict[str, Any] = {
    "rank": pl.Int64,
    "event_id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "starts_at": pl.Datetime("us"),
    "ends_at": pl.Datetime("us"),
    "hours_before_onset": pl.Float64,
    "timing_match": pl.Float64,
    "segment_match": pl.Float64,
    "score": pl.Float64,
    "shared_segment": pl.String,
    "is_named": pl.Boolean,
}
Segments = dict[str, dict[str, str]]


def coincidences(
    calendar: pl.DataFrame, segments: Segments, onset: Onset, compared: Compared, from_customers: float
) -> pl.DataFrame:
    """The events of the week before a rise, the best match first: RISE_EVENTS_SCHEMA.

    calendar: event_id, kind, name, starts_at, ends_at. segments: see event_segments. from_customers: share of the
    rise that more customers explain, 0 to 1. What begins after the latest likely onset cannot explain it and is left
    out. Score: timing x segment x how readily its kind brings problems; the first is named from NAMED_FROM on.
    """
    near = calendar.filter(pl.col("starts_at").is_between(onset.low - LOOKED_BACK, onset.high))
    rows = []
    for event in near.iter_rows(named=True):
        concerned = segments[event["event_id"]]
        telling_part = {
            name: value for name, value in concerned.items() if not _is_always(compared, name, value)
        }
        if telling_part and event["kind"] not in _BRINGS_PEOPLE:
            match = _inside(compared, telling_part)
        else:
            match = _with_everybody(compared, concerned, from_customers)
        timing = _timing(onset, event["starts_at"])
        rows.append(
            {
                **event,
                "hours_before_onset": (onset.at - event["starts_at"]) / timedelta(hours=1),
                "timing_match": timing,
                "segment_match": match,
                "score": timing * match * _KIND_WEIGHT.get(event["kind"], 1.0),
                "shared_segment": _words_of(telling_part or concerned) if match > 0 else None,
            }
        )
    if not rows:
        return pl.DataFrame(schema=RISE_EVENTS_SCHEMA)
    return (
        pl.DataFrame(rows, schema_overrides=RISE_EVENTS_SCHEMA, infer_schema_length=None)
        .sort("score", "timing_match", "event_id", descending=[True, True, False])
        .head(LISTED)
        .with_columns(rank=pl.int_range(1, pl.len() + 1))
        .with_columns(is_named=(pl.col("rank") == 1) & (pl.col("score") >= NAMED_FROM))
        .select(pl.col(name).cast(kind) for name, kind in RISE_EVENTS_SCHEMA.items())
    )


def event_segments(calendar: pl.DataFrame, tickets: pl.DataFrame) -> Segments:
    """What each event says it concerns, by event_id: its line and region, and attribute values that its name mentions.

    tickets: one column an attribute; their values are what a name is searched for, such as the platform and the
    version in "App 34.2 on android".
    """
    words = {
        _words(value): (attribute, value)
        for attribute in _NAMED_ATTRIBUTES
        if attribute in tickets.columns
        for value in tickets[attribute].drop_nulls().unique().cast(pl.String).sort()
    }
    segments = {}
    for event in calendar.iter_rows(named=True):
        name = f" {_words(event['name'] or '')} "
        mentioned = dict(
            found for word, found in words.items() if word not in _NOT_NAMES and f" {word} " in name
        )
        columns = {at: event[at] for at in ("business_line", "region") if event[at] is not None}
        segments[event["event_id"]] = columns | mentioned
    return segments


def _words(text: str) -> str:
    """A name or a value in lower case, its words (and version numbers) apart by one space."""
    return " ".join(re.findall(r"[^\W_]+(?:\.[^\W_]+)*", text.lower()))


def _words_of(segment: dict[str, str]) -> str | None:
    return ", ".join(f"{name}: {value}" for name, value in segment.items()) or None


def _timing(onset: Onset, starts_at: datetime) -> float:
    """1 at the onset, halved for every 48 hours before it, 0 after it, averaged over what the onset may be."""
    waited = (onset.at - starts_at) / timedelta(hours=1) + onset.hours
    match = np.where(waited < -_CLOCK_HOURS, 0.0, 0.5 ** (np.maximum(waited, 0.0) / _HALF_LIFE_HOURS))
    return float((onset.weights * match).sum())


def _is_always(compared: Compared, attribute: str, value: str) -> bool:
    """Nearly all of the theme's tickets have the value, rise or not."""
    shares = [
        frame.select((pl.col(attribute) == value).mean()).item() for frame in (compared.before, compared.rise)
    ]
    return compared.before.height >= MINIMUM and all(
        share is not None and share >= _ALWAYS for share in shares
    )


def _inside(compared: Compared, segment: dict[str, str]) -> float:
    """The share of the rise inside a segment, little of it where the segment is not clearly over-represented."""
    named = pl.when(all_equal(segment)).then(pl.lit("inside")).otherwise(pl.lit("outside"))
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in segment)
    frames = [
        frame.select(segment=pl.when(known).then(named))
        for frame in (compared.rise, compared.before, compared.others_now, compared.others_before)
    ]
    counts = [segment_counts(frame, [("segment",)]) for frame in frames]
    measured = with_share_of_rise(measure(counts, [frame.height for frame in frames]), compared.excess_share)
    inside = measured.filter(value="inside")
    if inside.is_empty():
        return 0.0
    clear = inside["lift_low"].item() > LEAST_LIFT and inside["tickets"].item() >= MINIMUM
    return float(inside["share_of_rise"].item()) * (1.0 if clear else _UNCLEAR)


def _with_everybody(compared: Compared, segment: dict[str, str], from_customers: float) -> float:
    """How far the other themes rose among those an event concerns, or more customers explain the rise.

    Only as far as the rise is among them, and little of it where most of the rise sits in one attribute value.
    """
    concerned = compared.within(segment)
    among_them = concerned.rise.height / max(compared.rise.height, 1)
    attributes: list[tuple[str, ...]] = [(name,) for name in ATTRIBUTES if name in concerned.rise.columns]
    narrower = telling(concerned.segments(attributes), 1).filter(pl.col("share_of_rise") > _MOST)
    return among_them * max(_breadth(concerned), from_customers) * (_NARROWER if narrower.height else 1.0)


def _breadth(concerned: Compared) -> float:
    """How far the other themes rose: 0 not at all, 1 by half or more, for sure."""
    now, before = concerned.all_now.height, concerned.all_before.height
    if min(now, before) < MINIMUM:
        return 0.0
    ratio = (now / concerned.weeks_now) / (before / concerned.weeks_before)
    surely = ratio * float(np.exp(-Z_95 * np.sqrt(1 / now + 1 / before)))
    return float(np.clip((surely - 1) / _BREADTH_FULL, 0, 1))
