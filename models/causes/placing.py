"""Rises placed in time: to the hour, in the segment that holds them, with what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.causes.compared import Compared, Floats, Onset, all_equal
from models.causes.expected_shares import corrected_together
from models.causes.onset import DAY, WEEK, Ints, Moment, Stretch, find_stretch, joint_moment
from models.causes.rises import find_rises
from models.causes.segments import ATTRIBUTES, KEY, singles_and_pairs, telling
from models.statistics.control_chart import WEEKS_BEFORE

_HOUR = timedelta(hours=1)
# A segment that holds this much of a rise is where its beginning is looked for.
_HOLDS_THE_RISE = 0.5
_SEGMENTS_LOOKED_AT = 12
# Fewer tickets before the rise of themes that did not rise: hardly any is quiet, and all others are compared with.
_LEAST_QUIET = 200
_HOURS_SMOOTHED = 3
_LEAST_RATE = 0.05  # of the mean hour: nobody writes at no hour at all

Attributes = list[tuple[str, ...]]


@dataclass(frozen=True)
class Known:
    """What is known at the end of a week. Frames as the warehouse has them, times naive UTC."""

    week: date  # the last whole week's Monday
    starts_at: datetime  # when it began, UTC
    ends_at: datetime
    # The tickets of the week and the 27 before it (one more than compared with, for last week's report): source,
    # ticket_id, theme_id, created_at, week (Monday), is_near_duplicate, copy_key (equal for copies of one text),
    # is_long (see models.text.duplicates), requester_key, one column an attribute, and what `evidence` and `impact` read.
    tickets: pl.DataFrame
    themes: pl.DataFrame  # theme_id, is_new: those that may be reported
    trends: pl.DataFrame  # the table theme_trends
    calendar: pl.DataFrame  # the table stg_calendar
    exposure: pl.DataFrame  # the table stg_exposure

    @property
    def weeks_before(self) -> int:
        """Whole weeks before this one that are known, 26 at most: no ticket is known of those before the first."""
        first: date = self.trends["week"].min()  # type: ignore[assignment]
        return min((self.week - first).days // 7, WEEKS_BEFORE)

    @property
    def window_starts_at(self) -> datetime:
        """When the weeks before began."""
        return self.starts_at - timedelta(weeks=self.weeks_before)

    @property
    def hours(self) -> int:
        """Length of the window: the weeks before and the week."""
        return (self.weeks_before + 1) * WEEK


@dataclass(frozen=True)
class Rise:
    """One theme's rise and the tickets it is compared with."""

    theme_id: str
    found: dict[str, Any]  # the theme's row of find_rises
    onset: Onset
    ended_at: datetime | None
    compared: Compared
    segments: pl.DataFrame  # every segment, see expected_shares.compare; q_value over all rises of the week
    expected: float  # victims that the rise's time would have had anyway

    @property
    def victims(self) -> int:
        """Victims since the onset."""
        return self.compared.rise.height


def find_and_place(known: Known) -> list[Rise]:
    """Every rise of the week, placed in time and compared with the weeks before and the other themes."""
    victims, attributes = _victims(known)
    found = rises_of(known)
    risen = found["theme_id"].to_list()
    sketches = [_sketched(known, victims, row, risen, attributes) for row in found.iter_rows(named=True)]
    rises = [_placed(known, victims, sketch, sketches, risen, attributes) for sketch in sketches]
    if not rises:
        return []
    segments = corrected_together([rise.segments for rise in rises])
    return [replace(rise, segments=own) for rise, own in zip(rises, segments, strict=True)]


def rises_of(known: Known) -> pl.DataFrame:
    """The themes that rose in the week, see find_rises."""
    victims, attributes = _victims(known)
    return find_rises(victims, known.themes, known.trends, known.week, attributes)


def _victims(known: Known) -> tuple[pl.DataFrame, Attributes]:
    """The victims of the window, with their hour in it, and what they are compared by."""
    victims = known.tickets.filter(
        ~pl.col("is_near_duplicate"),
        pl.col("created_at").is_between(known.window_starts_at, known.ends_at, closed="left"),
    ).with_columns(hour=(pl.col("created_at") - known.window_starts_at).dt.total_seconds() / 3600)
    return victims, singles_and_pairs([name for name in ATTRIBUTES if name in victims.columns])


@dataclass(frozen=True)
class _Sketch:
    """A first look at a rise: when, and in which attribute values and pairs most of it sits."""

    found: dict[str, Any]
    stretch: Stretch
    sits_in: list[tuple[str, ...]]  # KEY without what is not there, the most telling first


def _sketched(
    known: Known, victims: pl.DataFrame, row: dict[str, Any], risen: list[str], attributes: Attributes
) -> _Sketch:
    """Find the stretch in all of the theme's tickets, then again in the segment that holds the rise."""
    theme = victims.filter(pl.col("theme_id") == row["theme_id"])
    rest = victims.filter(pl.col("theme_id") != row["theme_id"])
    first = _stretch(known, rest, theme.filter(all_equal(_segment(row))))
    segments = _compared(known, theme, rest, risen, first).segments(attributes)
    # A value that is new, such as an app version, would make every rise begin with its release: it has no tickets before.
    holding = _holding(segments.filter(~pl.col("is_new")))
    sharper = holding.row(0, named=True) if holding.height else row
    stretch = _stretch(known, rest, theme.filter(all_equal(_segment(sharper))))
    keys = [
        tuple(part for part in key if part is not None) for key in _holding(segments).select(KEY).iter_rows()
    ]
    return _Sketch(row, stretch, keys)


def _placed(
    known: Known,
    victims: pl.DataFrame,
    sketch: _Sketch,
    sketches: list[_Sketch],
    risen: list[str],
    attributes: Attributes,
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
    stretch = replace(sketch.stretch, onset=onset_together(sketch.stretch, together))
    theme = victims.filter(pl.col("theme_id") == theme_id)
    compared = _compared(known, theme, victims.filter(pl.col("theme_id") != theme_id), risen, stretch)
    start = known.window_starts_at
    return Rise(
        theme_id=theme_id,
        found=sketch.found,
        onset=_onset(start, stretch.onset),
        ended_at=start + stretch.ended.at * _HOUR if stretch.ended else None,
        compared=compared,
        segments=compared.segments(attributes),
        expected=compared.rise.height * (1 - compared.excess_share),
    )


def onset_together(stretch: Stretch, others: Sequence[Moment]) -> Moment:
    """When a rise began, told from others that began with it as well; from itself where that is after its end."""
    joint = joint_moment([stretch.onset, *others])
    return joint if stretch.ended is None or joint.at < stretch.ended.at else stretch.onset


def _onset(start: datetime, moment: Moment) -> Onset:
    weights: Floats = np.exp(moment.log_posterior - moment.log_posterior.max())
    hours: Floats = moment.start + 0.5 + np.arange(len(weights), dtype=np.float64) - moment.at
    at, low, high = (start + hour * _HOUR for hour in (moment.at, moment.low, moment.high))
    likely: Floats = weights / weights.sum()
    return Onset(at, low, high, hours, likely)


def _holding(segments: pl.DataFrame) -> pl.DataFrame:
    """The segments that hold most of the rise, the most telling first."""
    return telling(segments, _SEGMENTS_LOOKED_AT).filter(pl.col("share_of_rise") >= _HOLDS_THE_RISE)


def _segment(row: dict[str, Any]) -> dict[str, str]:
    """The attribute values of a row with KEY; none where a rise is one of the whole theme."""
    values = (("attribute", "value"), ("attribute_2", "value_2"))
    return {row[attribute]: row[value] for attribute, value in values if row[attribute] is not None}


def _stretch(known: Known, rest: pl.DataFrame, events: pl.DataFrame) -> Stretch:
    usual = usual_count(_weekly(events, known.weeks_before)) / 7
    return find_stretch(events["hour"].to_numpy(), usual, _rhythm(known, rest, events))


def _weekly(events: pl.DataFrame, weeks: int) -> Ints:
    """Tickets in each of the window's first weeks."""
    return np.bincount((events["hour"].to_numpy() // WEEK).astype(np.int64), minlength=weeks)[:weeks]


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
    shifts = range(-(_HOURS_SMOOTHED // 2), _HOURS_SMOOTHED // 2 + 1)
    smooth = np.mean([np.roll(by_hour, shift) for shift in shifts], axis=0)
    smooth += max(smooth.mean(), 1.0) * _LEAST_RATE
    return np.resize(smooth / smooth.mean(), known.hours)


def _compared(
    known: Known, theme: pl.DataFrame, rest: pl.DataFrame, risen: list[str], stretch: Stretch
) -> Compared:
    start, end = stretch.onset.at, stretch.ended.at if stretch.ended else float(known.hours)
    during, before = pl.col("hour").is_between(start, end), pl.col("hour") < start
    quiet = rest.filter(~pl.col("theme_id").is_in(risen))
    others = quiet if quiet.filter(before).height >= _LEAST_QUIET else rest
    usual = usual_count(_weekly(theme.filter(before), max(int(start // WEEK), 1)))
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
