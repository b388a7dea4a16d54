"""Each theme that rose: since when, how much, for whom, and what happened just before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import chi2

from models.causes.coincidences import RISE_EVENTS_SCHEMA, Compared, Onset, coincidences, event_segments
from models.causes.exposure import Exposed, split_change
from models.causes.onset import DAY, WEEK, Floats, Ints, Stretch, find_stretch, joint_moment
from models.causes.rises import WEEKS_BEFORE, find_rises
from models.causes.segments import (
    ATTRIBUTES,
    KEY,
    compare,
    segment_counts,
    telling,
    unchanged,
    with_share_of_rise,
)

_HOUR = timedelta(hours=1)
_OVER_LISTED, _UNCHANGED_LISTED = 12, 6
# A segment that holds this much of a rise is where its beginning is looked for.
_HOLDS_THE_RISE = 0.5
# Fewer tickets of themes that did not rise: compared with all other themes instead.
_LEAST_OTHERS = 200
_HOURS_SMOOTHED = 3
_LEAST_RATE = 0.05  # of the mean hour: nobody writes at no hour at all
# A rise of fewer tickets is weak; a strong one has twice as many, this many deviations of a chance count above.
_FEW = 10
_STRONG_DEVIATIONS = 6.0

THEME_RISES_SCHEMA = {
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
    "confidence": pl.String,
    "rank": pl.Int64,
}
RISE_SEGMENTS_SCHEMA = {
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
}


@dataclass(frozen=True)
class Known:
    """What is known at the end of a week. Frames as the warehouse has them, times naive UTC."""

    week: date  # the last whole week's Monday
    starts_at: datetime  # when it began, UTC
    ends_at: datetime
    # theme_id, created_at, created_on, week, is_near_duplicate, requester_key and one column an attribute: the
    # tickets of the week and the 26 before it
    tickets: pl.DataFrame
    themes: pl.DataFrame  # theme_id, is_new: those that may be reported
    trends: pl.DataFrame  # the table theme_trends
    calendar: pl.DataFrame  # the table stg_calendar
    exposure: pl.DataFrame  # the table stg_exposure

    @property
    def window_starts_at(self) -> datetime:
        """When the 26 weeks before began."""
        return self.starts_at - timedelta(weeks=WEEKS_BEFORE)


@dataclass(frozen=True)
class Rise:
    """One theme's rise and the tickets it is compared with."""

    theme_id: str
    found: dict[str, Any]  # the theme's row of find_rises
    onset: Onset
    ended_at: datetime | None
    compared: Compared
    segments: pl.DataFrame  # every segment, see segments.compare
    expected: float  # victims that the rise's time would have had anyway

    @property
    def victims(self) -> int:
        """Victims since the onset."""
        return self.compared.rise.height


def explain_rises(known: Known) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The tables theme_rises, rise_segments and rise_events of a week, and what each rise was told from."""
    rises, segments, events = [], [], []
    concerned = event_segments(known.calendar, known.tickets)
    for rise in find_and_place(known):
        exposed = _exposed(known, rise)
        rises.append(_row(known, rise, exposed))
        told = telling(rise.segments, _OVER_LISTED)
        segments += [
            listed.with_row_index("rank", offset=1).with_columns(theme_id=pl.lit(rise.theme_id))
            for listed in (told, unchanged(rise.segments, _UNCHANGED_LISTED))
        ]
        change = exposed.change if exposed else None
        more_customers = change.customers / change.total if change and change.total > 0 else 0.0
        events.append(
            coincidences(
                known.calendar,
                concerned,
                rise.onset,
                rise.compared,
                concentrated=float(told["share_of_rise"][0]) if told.height else 0.0,
                from_customers=min(max(more_customers, 0.0), 1.0),
            ).with_columns(theme_id=pl.lit(rise.theme_id))
        )
    return (
        _ranked(pl.DataFrame(rises, schema_overrides=THEME_RISES_SCHEMA, infer_schema_length=None)),
        _stacked(segments, RISE_SEGMENTS_SCHEMA),
        _stacked(events, {"theme_id": pl.String, **RISE_EVENTS_SCHEMA}),
    )


def find_and_place(known: Known) -> list[Rise]:
    """Every rise of the week, placed in time and compared with the weeks before and the other themes."""
    victims = known.tickets.filter(~pl.col("is_near_duplicate")).with_columns(
        hour=(pl.col("created_at") - known.window_starts_at).dt.total_seconds() / 3600
    )
    attributes = [name for name in ATTRIBUTES if name in victims.columns]
    found = find_rises(victims, known.themes, known.trends, known.week, attributes)
    risen = found["theme_id"].to_list()
    sketches = [_sketched(known, victims, row, risen, attributes) for row in found.iter_rows(named=True)]
    return [_placed(known, victims, sketch, sketches, risen, attributes) for sketch in sketches]


@dataclass(frozen=True)
class _Sketch:
    """A first look at a rise: when, and in which attribute values and pairs most of it sits."""

    found: dict[str, Any]
    stretch: Stretch
    sits_in: list[tuple[str, ...]]  # KEY without what is not there, the most telling first


def _sketched(
    known: Known, victims: pl.DataFrame, row: dict[str, Any], risen: list[str], attributes: list[str]
) -> _Sketch:
    """Find the stretch in all of the theme's tickets, then again in the segment that holds the rise."""
    theme = victims.filter(pl.col("theme_id") == row["theme_id"])
    rest = victims.filter(pl.col("theme_id") != row["theme_id"])
    hidden = {
        row[a]: row[v] for a, v in (("attribute", "value"), ("attribute_2", "value_2")) if row[a] is not None
    }
    first = _stretch(known, rest, theme.filter(_all_equal(hidden)))
    segments = _segments(_compared(theme, rest, risen, first), attributes)
    stretch = _stretch(known, rest, theme.filter(_all_equal(_holding(segments) or hidden)))
    sits_in = telling(segments, _OVER_LISTED).filter(pl.col("share_of_rise") >= _HOLDS_THE_RISE)
    keys = [tuple(part for part in key if part is not None) for key in sits_in.select(KEY).iter_rows()]
    return _Sketch(row, stretch, keys)


def _placed(
    known: Known,
    victims: pl.DataFrame,
    sketch: _Sketch,
    sketches: list[_Sketch],
    risen: list[str],
    attributes: list[str],
) -> Rise:
    """Place a rise, together with those that sit in the same segment and may have begun at the same hour."""
    own, theme_id = sketch.stretch.onset, sketch.found["theme_id"]
    together = [
        other.stretch.onset
        for other in sketches
        if other is not sketch
        and sketch.sits_in
        and sketch.sits_in[0] in other.sits_in
        and other.stretch.onset.low <= own.high
        and own.low <= other.stretch.onset.high
    ]
    stretch = replace(sketch.stretch, onset=joint_moment([own, *together]))
    theme = victims.filter(pl.col("theme_id") == theme_id)
    compared = _compared(theme, victims.filter(pl.col("theme_id") != theme_id), risen, stretch)
    start = known.window_starts_at
    return Rise(
        theme_id=theme_id,
        found=sketch.found,
        onset=Onset(
            *(start + at * _HOUR for at in (stretch.onset.at, stretch.onset.low, stretch.onset.high))
        ),
        ended_at=start + stretch.ended.at * _HOUR if stretch.ended else None,
        compared=compared,
        segments=_segments(compared, attributes),
        expected=compared.rise.height * (1 - compared.excess_share),
    )


def _segments(compared: Compared, attributes: list[str]) -> pl.DataFrame:
    frames = (compared.rise, compared.before, compared.others_now, compared.others_before)
    counts = [segment_counts(frame, attributes) for frame in frames]
    return with_share_of_rise(compare(*counts), compared.excess_share)


def _holding(segments: pl.DataFrame) -> dict[str, str]:
    """The segment that holds most of the rise, by which its beginning is seen more sharply.

    A value that is new, such as an app version, is left out: it cannot have tickets before it exists, and would
    make every rise begin with its release.
    """
    holding = telling(segments.filter(~pl.col("is_new")), _OVER_LISTED).filter(
        pl.col("share_of_rise") >= _HOLDS_THE_RISE
    )
    if holding.is_empty():
        return {}
    first = holding.row(0, named=True)
    return {
        first[a]: first[v]
        for a, v in (("attribute", "value"), ("attribute_2", "value_2"))
        if first[a] is not None
    }


def _all_equal(segment: dict[str, str]) -> pl.Expr:
    return pl.all_horizontal(pl.lit(True), *(pl.col(name) == value for name, value in segment.items()))


def _stretch(known: Known, rest: pl.DataFrame, events: pl.DataFrame) -> Stretch:
    weekly = np.bincount((events["hour"].to_numpy() // WEEK).astype(np.int64), minlength=WEEKS_BEFORE + 1)
    usual = usual_count(weekly[:WEEKS_BEFORE]) / 7
    return find_stretch(events["hour"].to_numpy(), usual, _rhythm(known, rest, events))


def usual_count(weekly: Ints) -> float:
    """Mean count of the weeks, those beyond three standard deviations of a chance count left out."""
    mean = float(weekly.mean()) if len(weekly) else 0.0
    for _ in weekly:
        kept = weekly[weekly <= mean + 3 * max(mean, 1.0) ** 0.5]
        if len(kept) == 0 or kept.mean() == mean:
            break
        mean = float(kept.mean())
    return mean


def _rhythm(known: Known, rest: pl.DataFrame, events: pl.DataFrame) -> Floats:
    """Relative rate of every hour of the window, mean 1: the other themes' day in the regions of these tickets."""
    hours = (WEEKS_BEFORE + 1) * WEEK
    shares = events["region"].value_counts(normalize=True) if "region" in events.columns else None
    weighted = rest.with_columns(weight=pl.lit(1.0))
    if shares is not None and shares.height:
        usual = rest["region"].value_counts(normalize=True)
        weighted = rest.join(
            shares.join(usual, on="region", suffix="_usual").select(
                "region", weight=pl.col("proportion") / pl.col("proportion_usual")
            ),
            on="region",
        )
    by_hour = np.bincount(
        weighted["hour"].to_numpy().astype(np.int64) % DAY,
        weights=weighted["weight"].to_numpy(),
        minlength=DAY,
    )
    smooth = sum(
        np.roll(by_hour, shift) for shift in range(-(_HOURS_SMOOTHED // 2), _HOURS_SMOOTHED // 2 + 1)
    )
    smooth = smooth + max(smooth.mean(), 1.0) * _LEAST_RATE
    return np.resize(smooth / smooth.mean(), hours)


def _compared(theme: pl.DataFrame, rest: pl.DataFrame, risen: list[str], stretch: Stretch) -> Compared:
    start, end = stretch.onset.at, stretch.ended.at if stretch.ended else float((WEEKS_BEFORE + 1) * WEEK)
    during, before = pl.col("hour").is_between(start, end), pl.col("hour") < start
    quiet = rest.filter(~pl.col("theme_id").is_in(risen))
    others = quiet if quiet.filter(during).height >= _LEAST_OTHERS else rest
    weekly = np.bincount((theme.filter(before)["hour"].to_numpy() // WEEK).astype(np.int64), minlength=1)
    usual = usual_count(weekly[: max(int(start // WEEK), 1)])
    rise = theme.filter(during)
    expected = usual * (end - start) / WEEK
    return Compared(
        rise=rise,
        before=theme.filter(before),
        others_now=others.filter(during),
        others_before=others.filter(before),
        all_now=rest.filter(during),
        all_before=rest.filter(before),
        weeks_now=(end - start) / WEEK,
        weeks_before=start / WEEK,
        excess_share=max(1 - expected / rise.height, 0.0) if rise.height else 0.0,
    )


def _exposed(known: Known, rise: Rise) -> Exposed | None:
    return split_change(
        rise.compared.before,
        rise.compared.rise,
        known.exposure,
        weeks=(rise.compared.weeks_before, _weeks(rise)),
        days=(known.window_starts_at.date(), rise.onset.at.date(), (rise.ended_at or known.ends_at).date()),
    )


def _weeks(rise: Rise) -> float:
    """Weeks over which a rise is counted: a burst that is over counts as one week."""
    return max(rise.compared.weeks_now, 1.0) if rise.ended_at else rise.compared.weeks_now


def _row(known: Known, rise: Rise, exposed: Exposed | None) -> dict[str, Any]:
    weeks = _weeks(rise)
    low, high = chi2.ppf([0.025, 0.975], [2 * rise.victims, 2 * rise.victims + 2]) / 2
    excess, excess_low, excess_high = (
        (float(count) - rise.expected) / weeks for count in (rise.victims, np.nan_to_num(low), high)
    )
    figures = {
        "excess": excess,
        "excess_low": excess_low,
        "excess_high": excess_high,
        "rise_tickets": max(round(rise.victims - rise.expected), 0),
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
    """Near-duplicates in the rise, and those of them whose account wrote nothing else in the theme at the time."""
    theme = known.tickets.filter(
        pl.col("theme_id") == rise.theme_id,
        pl.col("created_at").is_between(rise.onset.at, rise.ended_at or known.ends_at),
    )
    alone = pl.col("requester_key").is_null() | (pl.len().over("requester_key") == 1)
    copies = theme.with_columns(is_alone=alone).filter("is_near_duplicate")
    return {"copies": copies.height, "template_tickets": int(copies["is_alone"].sum())}


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
