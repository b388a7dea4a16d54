"""What happened just before a rise: calendar events by how well their time and their segment match it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from models.causes.segments import LEAST_LIFT, MINIMUM, measure, with_share_of_rise

LOOKED_BACK = timedelta(days=7)
LISTED = 5
# An event this many hours before the earliest likely onset matches half as well in time.
_HALF_LIFE_HOURS = 24.0
# An onset known less sharply than this agrees with many events by chance, so that timing tells less.
_SHARP = timedelta(days=3)
# From this score on an event is named in the headline.
NAMED_FROM = 0.5
# How readily an event of a kind brings a problem into the world; what is not here is the first.
_KIND_WEIGHT = {"holiday": 0.4, "training": 0.4, "sop_change": 0.7}
_ORDINARY_KIND_WEIGHT = 1.0
# An attribute that nine in ten of the theme's tickets have anyway tells nothing.
_ALWAYS = 0.9
# What is left of the match where the rise does not clearly sit in the event's segment.
_UNCLEAR = 0.25
# What is left where a whole line or everybody is concerned, but the rise sits in a segment of its own.
_ELSEWHERE = 0.3
# Other themes that rose by this share, for sure, are as much evidence as there can be.
_BREADTH_FULL = 0.5
# Values too ordinary to be read from an event's name.
_NOT_NAMES = {"unknown", "other", "none", "all", "new"}
_NAMED_ATTRIBUTES = ("platform", "app_version", "payment_method", "error_code", "channel", "user_type")

RISE_EVENTS_SCHEMA = {
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


@dataclass(frozen=True)
class Compared:
    """The tickets a rise is compared with, each with one column an attribute."""

    rise: pl.DataFrame  # the theme's, since the onset
    before: pl.DataFrame  # the theme's, in the weeks before
    others_now: pl.DataFrame  # of themes that did not rise, since the onset
    others_before: pl.DataFrame
    all_now: pl.DataFrame  # of every other theme, since the onset
    all_before: pl.DataFrame
    weeks_now: float
    weeks_before: float
    excess_share: float  # of the rise's tickets, how many came on top


@dataclass(frozen=True)
class Onset:
    """When a rise began, and the 95 % interval."""

    at: datetime
    low: datetime
    high: datetime


def coincidences(
    calendar: pl.DataFrame,
    segments: dict[str, dict[str, str]],
    onset: Onset,
    compared: Compared,
    concentrated: float,
    from_customers: float,
) -> pl.DataFrame:
    """The events of the week before a rise, the best match first: RISE_EVENTS_SCHEMA.

    calendar: event_id, kind, name, starts_at, ends_at, business_line, region. segments: see event_segments.
    concentrated: how much of the rise
    sits in its most telling segment, 0 to 1. from_customers: share of the rise that more customers explain.
    An event that begins after the latest likely onset cannot explain it and is left out. Score: timing x segment.
    timing_match: 1 within the onset's interval, halved for every 24 hours before it, and less where the interval is
    wider than three days. segment_match: of an event
    that concerns a segment, the share of the rise in it, where the rise has clearly more of it than expected; of
    one that concerns a whole line, region or everybody, how far the other themes there rose as well, or how much
    of the rise is more customers.
    """
    near = calendar.filter(
        pl.col("starts_at").is_between(onset.low - LOOKED_BACK, onset.high)
        & (pl.col("ends_at").fill_null(pl.col("starts_at")) >= pl.col("starts_at"))
    )
    rows = []
    for event in near.iter_rows(named=True):
        segment = {
            name: value
            for name, value in segments[event["event_id"]].items()
            if not _is_always(compared, name, value)
        }
        if segment:
            match = _inside(compared, segment)
        else:
            whole = {name: event[name] for name in ("business_line", "region") if event[name] is not None}
            match = max(_breadth(compared, whole), from_customers)
            match *= 1.0 if concentrated < 0.5 else _ELSEWHERE
        rows.append(
            {
                **event,
                "hours_before_onset": (onset.at - event["starts_at"]) / timedelta(hours=1),
                "timing_match": (timing := _timing(onset, event["starts_at"])),
                "segment_match": match,
                "score": timing * match * _KIND_WEIGHT.get(event["kind"], _ORDINARY_KIND_WEIGHT),
                "shared_segment": ", ".join(f"{name}: {value}" for name, value in segment.items())
                if segment and match > 0
                else None,
            }
        )
    scored = pl.DataFrame(rows, schema_overrides=dict(RISE_EVENTS_SCHEMA), infer_schema_length=None)
    if scored.is_empty():
        return pl.DataFrame(schema=RISE_EVENTS_SCHEMA)
    return (
        scored.sort("score", "timing_match", "event_id", descending=[True, True, False])
        .head(LISTED)
        .with_row_index("rank", offset=1)
        .with_columns(is_named=(pl.col("rank") == 1) & (pl.col("score") >= NAMED_FROM))
        .select(pl.col(name).cast(kind) for name, kind in RISE_EVENTS_SCHEMA.items())
    )


def event_segments(calendar: pl.DataFrame, tickets: pl.DataFrame) -> dict[str, dict[str, str]]:
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
        name = f" {_words(event['name'])} "
        mentioned = dict(
            found for word, found in words.items() if word not in _NOT_NAMES and f" {word} " in name
        )
        columns = {at: event[at] for at in ("business_line", "region") if event[at] is not None}
        segments[event["event_id"]] = columns | mentioned
    return segments


def _timing(onset: Onset, starts_at: datetime) -> float:
    early = max((onset.low - starts_at) / timedelta(hours=1), 0.0)
    return float(0.5 ** (early / _HALF_LIFE_HOURS) * min(_SHARP / (onset.high - onset.low), 1.0))


def _is_always(compared: Compared, attribute: str, value: str) -> bool:
    """Nearly all of the theme's tickets have the value, rise or not."""
    known = pl.concat([compared.before, compared.rise])[attribute].drop_nulls()
    return len(known) > 0 and (known == value).mean() >= _ALWAYS and compared.before.height >= MINIMUM


def _inside(compared: Compared, segment: dict[str, str]) -> float:
    """The share of the rise inside a segment, little of it where the segment is not clearly over-represented."""
    counts: dict[str, int] = {}
    for frame, part, whole in (
        (compared.rise, "tickets", "with_attribute"),
        (compared.before, "before", "all_before"),
        (compared.others_now, "others", "all_others"),
        (compared.others_before, "others_before", "all_others_before"),
    ):
        # Outside where any value differs; not known where none differs but one is missing.
        inside = frame.select(pl.all_horizontal(pl.col(name) == value for name, value in segment.items()))
        counts |= {part: int(inside.to_series().sum()), whole: int(inside.to_series().count())}
    measured = with_share_of_rise(measure(pl.DataFrame([counts])), compared.excess_share).row(0, named=True)
    clear = measured["lift_low"] > LEAST_LIFT and measured["tickets"] >= MINIMUM
    return float(measured["share_of_rise"] * (1.0 if clear else _UNCLEAR))


def _breadth(compared: Compared, segment: dict[str, str]) -> float:
    """How far the other themes rose, too, where an event concerns them: 0 not at all, 1 by half or more, for sure."""
    inside = pl.all_horizontal(pl.lit(True), *(pl.col(name) == value for name, value in segment.items()))
    now, before = (frame.filter(inside).height for frame in (compared.all_now, compared.all_before))
    if min(now, before) < MINIMUM:
        return 0.0
    ratio = (now / compared.weeks_now) / (before / compared.weeks_before)
    surely = ratio * float(np.exp(-1.96 * np.sqrt(1 / now + 1 / before)))
    return float(np.clip((surely - 1) / _BREADTH_FULL, 0, 1))


def _words(text: str) -> str:
    """A name or a value in lower case, its words (and version numbers) apart by one space."""
    return " ".join(re.findall(r"[^\W_]+(?:\.[^\W_]+)*", text.lower()))
