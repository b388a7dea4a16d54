"""What an event that is not planned, or not like this, would add to the forecast.

Fit once (`fit_for_what_if`, about a second), then ask as often as liked (`added_by_campaign`, `added_by_wave`:
milliseconds). The answer is the difference to the forecast with the calendar as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from models.forecast.added_volume import AddedVolume
from models.forecast.aftermath import course_shares
from models.forecast.calendar_features import (
    CAMPAIGN_LEADS,
    CalendarEvent,
    event_columns,
    read_calendar,
    recurring_name,
)
from models.forecast.calendar_features import usual_size as usual_campaign_size
from models.forecast.panel import Floats, Ints, dense_panel
from models.forecast.scopes import scope_panel
from models.forecast.segments import STEADY, SegmentFit, UnitFit, fit_forms, forecast_fit
from models.forecast.segments import recent_volume as recent_volume_of

# How far campaigns differ from what their kind, name and size say, as a share of their effect: assumed, and
# worth this many past campaigns beside what the history's own show.
USUAL_CAMPAIGN_SPREAD = 0.3
USUAL_CAMPAIGNS = 4.0
# A wave's half-life and contact rate are guesses when one asks: about a third and a quarter either way.
HALF_LIFE_SPREAD = 0.35
CONTACT_RATE_SPREAD = 0.25
# Effects multiply, so far beyond what has been seen an answer would be a made-up number.
LARGEST_CAMPAIGN = 3  # times the largest past one
LARGEST_WAVE_MONTHS = 20  # of the tickets usual where it hits
LONGEST_HALF_LIFE_DAYS = 365
MONTH_DAYS, YEAR_DAYS = 30, 365


@dataclass(frozen=True)
class FittedForecast:
    """A forecast that can be asked what an event would add.

    dates: the days ahead. baseline: tickets expected with the calendar as it stands, shape (dates, segments);
    segments: a row per column of it. usual_size: the campaign size that counts as 1. campaign_spread: how far
    past campaigns strayed from what was to be expected of them, as a share of their effect.
    """

    fit: SegmentFit
    dates: tuple[date, ...]
    baseline: Floats
    usual_size: float
    campaign_spread: float

    @property
    def segments(self) -> pl.DataFrame:
        return self.fit.scoped.panel.segments


def fit_for_what_if(
    history: pl.DataFrame, calendar: pl.DataFrame, *, cutoff: date, horizon: int
) -> FittedForecast:
    """Fit the daily forecast once, to be asked about campaigns and waves.

    history, calendar: as `forecast_daily` takes them. Raises ValueError for a horizon under one day, for wrong
    input and for a history without tickets up to the cutoff.
    """
    if horizon < 1:
        raise ValueError(f"a horizon of {horizon} days is no forecast; expected 1 or more")
    panel = dense_panel(history, cutoff)
    if panel is None:
        raise ValueError(f"there are no tickets up to {cutoff}, so there is nothing to add to")
    lag = (cutoff - panel.last).days
    scoped = scope_panel(panel, read_calendar(calendar, cutoff), horizon + lag)
    with threadpool_limits(1):  # the matrices are small: more threads cost more than they bring
        fit = fit_forms(scoped, panel.days, [STEADY])[0]
    return FittedForecast(
        fit,
        tuple(cutoff + timedelta(days=day) for day in range(1, horizon + 1)),
        forecast_fit(fit).expected[lag:],
        usual_campaign_size(calendar),
        _campaign_spread(fit),
    )


def added_by_campaign(
    fitted: FittedForecast,
    name: str,
    start: date,
    days: int,
    size: float,
    business_line: str | None = None,
    region: str | None = None,
    draws: int = 200,
    seed: int = 0,
) -> AddedVolume:
    """What a campaign adds: `days` days from `start` on, of a size in the calendar's units, in its scope.

    A campaign that the calendar has already (the same name but for the year, overlapping days) is replaced,
    and the answer is the difference to it. The draws are the ridge posterior of the effects times one factor
    for the whole campaign, as wide as past campaigns strayed. A size of 0 changes nothing. Raises ValueError
    for no name, days under 1 or more than are forecast, a size that is negative or over LARGEST_CAMPAIGN times
    the largest past one, a line or region without tickets, days outside the forecast, and where no past
    campaign tells anything.
    """
    reached = _in_scope(fitted, business_line, region)
    event = _campaign(fitted, name, start, days, size, business_line, region)
    planned = _already_planned(fitted, event)
    if size == 0:
        note = "A campaign of size 0 adds nothing." if not planned else _planned_note(planned[0])
        return AddedVolume((), fitted.segments, *_nothing(len(reached), draws), note)
    _require_size_in_reach(fitted, event)
    with threadpool_limits(1):
        days_touched, lift, drawn = _drawn_lift(fitted, event, planned, reached, draws, seed)
    if not len(days_touched) and not planned:
        raise _outside(fitted, name, start)
    baseline = fitted.baseline[np.ix_(days_touched, reached)]
    dates = tuple(fitted.dates[day] for day in days_touched)
    note = _campaign_note(fitted, event, planned)
    return AddedVolume(dates, fitted.segments[reached], baseline * lift, baseline * drawn, note)


def _campaign(
    fitted: FittedForecast,
    name: str,
    start: date,
    days: int,
    size: float,
    line: str | None,
    region: str | None,
) -> CalendarEvent:
    if not 1 <= days <= len(fitted.dates) or not size >= 0:
        raise ValueError(
            f"a campaign of {days} days and size {size}; expected 1 to {len(fitted.dates)} days (the forecast's "
            "length) and a size of 0 or more"
        )
    if not name.strip():
        raise ValueError("a campaign without a name; give that of a past one that it is like, or a new one")
    if (start - fitted.dates[-1]).days > -CAMPAIGN_LEADS[0][0]:
        raise _outside(fitted, name, start)
    last = start + timedelta(days=days - 1)
    return CalendarEvent(
        "campaign", recurring_name(name), start, last, line, region, size / fitted.usual_size
    )


def _outside(fitted: FittedForecast, name: str, start: date) -> ValueError:
    return ValueError(
        f"{name} from {start} on lies outside the forecast ({fitted.dates[0]} to {fitted.dates[-1]}); "
        "choose days inside it"
    )


def _planned_note(planned: CalendarEvent) -> str:
    return (
        f"The calendar already has {planned.name} from {planned.first} to {planned.last}: this is the difference "
        "to it, and a size of 0 means as planned, not cancelled."
    )


def _campaign_note(fitted: FittedForecast, event: CalendarEvent, planned: list[CalendarEvent]) -> str:
    notes = [_planned_note(planned[0])] if planned else []
    largest = _largest_past_campaign(fitted)
    if event.size > largest:
        notes.append(
            f"No past campaign was larger than {largest * fitted.usual_size:.3g}: "
            "what a larger one brings is extrapolated."
        )
    return " ".join(notes)


def added_by_wave(
    fitted: FittedForecast,
    accounts: float,
    onset: datetime,
    half_life_days: float,
    contact_rate: float,
    business_line: str = "account_security",
    region: str | None = None,
    draws: int = 200,
    seed: int = 0,
) -> AddedVolume:
    """What a wave of account takeovers adds: accounts x contact rate tickets in all, on the line's segments.

    60 % of the peak on the first day, then the peak falling by half every half-life; split over segments by
    their share of the line's recent volume. The draws vary half-life and contact rate, both log-normal.
    No accounts change nothing. Raises ValueError for negative numbers, a half-life of 0 or over a year, a line
    or region without tickets, an onset after the forecast's end, and more tickets than LARGEST_WAVE_MONTHS
    usual months of those segments.
    """
    reached = _in_scope(fitted, business_line, region)
    _require_wave_in_reach(fitted, accounts, half_life_days, contact_rate, reached)
    first = onset.date()
    if first > fitted.dates[-1]:
        raise ValueError(f"a wave from {first} on begins after the forecast ends ({fitted.dates[-1]})")
    tickets = accounts * contact_rate
    if tickets == 0:
        return AddedVolume(
            (), fitted.segments[reached], *_nothing(len(reached), draws), "A wave of size 0 adds nothing."
        )
    ahead = (first - fitted.dates[0]).days
    dates = fitted.dates[max(ahead, 0) :]
    missed = max(-ahead, 0)  # days of the wave before the forecast
    rng = np.random.default_rng(seed)
    half_lives = half_life_days * np.exp(HALF_LIFE_SPREAD * rng.standard_normal(draws))
    totals = tickets * np.exp(CONTACT_RATE_SPREAD * rng.standard_normal(draws))
    recent = recent_volume_of(fitted.fit.scoped.panel.counts)[reached] + 1e-9
    share = recent / recent.sum()
    course = course_shares(np.array([half_life_days]), missed + len(dates))[0, missed:]
    drawn = totals[:, None] * course_shares(half_lives, missed + len(dates))[:, missed:]
    return AddedVolume(
        dates,
        fitted.segments[reached],
        tickets * course[:, None] * share,
        drawn[:, :, None] * share,
        "" if not missed else "Part of the wave lies before the forecast and is left out.",
    )


def _in_scope(fitted: FittedForecast, business_line: str | None, region: str | None) -> Ints:
    """Indices of the segments an event reaches."""
    applies = np.ones(fitted.segments.height, dtype=bool)
    for column, wanted in (("business_line", business_line), ("region", region)):
        if wanted is None:
            continue
        known = fitted.segments[column]
        if wanted not in known:
            raise ValueError(
                f"there are no tickets of {column} {wanted}; known are {', '.join(sorted(known.unique()))}"
            )
        applies &= (known == wanted).to_numpy()
    if not applies.any():
        raise ValueError(f"there are no tickets of {business_line} in {region}")
    return np.flatnonzero(applies)


def _nothing(segments: int, draws: int) -> tuple[Floats, Floats]:
    return np.zeros((0, segments)), np.zeros((draws, 0, segments))


def _largest_past_campaign(fitted: FittedForecast) -> float:
    """The size of the largest campaign seen so far, 1 being the usual one; 0 without any."""
    last = fitted.fit.scoped.panel.last
    campaigns = (event for event in fitted.fit.scoped.events if event.kind == "campaign")
    return max((event.size for event in campaigns if event.first <= last), default=0.0)


def _require_size_in_reach(fitted: FittedForecast, event: CalendarEvent) -> None:
    largest = _largest_past_campaign(fitted)
    if not largest:
        raise ValueError(
            "the calendar has no campaign in the past, so there is nothing to learn from; "
            "add past campaigns to the calendar"
        )
    if event.size > LARGEST_CAMPAIGN * largest * (1 + 1e-9):
        raise ValueError(
            f"size {event.size * fitted.usual_size:g} is too large: at most "
            f"{LARGEST_CAMPAIGN * largest * fitted.usual_size:.3g}, {LARGEST_CAMPAIGN} times the largest past "
            "campaign; what a larger one brings nobody can know"
        )


def _require_wave_in_reach(
    fitted: FittedForecast, accounts: float, half_life_days: float, contact_rate: float, reached: Ints
) -> None:
    if not (0 <= accounts < np.inf and contact_rate >= 0 and 0 < half_life_days <= LONGEST_HALF_LIFE_DAYS):
        raise ValueError(
            f"a wave of {accounts} accounts, half-life {half_life_days} days, contact rate {contact_rate}; "
            f"expected numbers of 0 or more and a half-life above 0 and at most {LONGEST_HALF_LIFE_DAYS} days"
        )
    last_year = fitted.fit.scoped.panel.counts[-YEAR_DAYS:][:, reached]
    month = float(last_year.sum()) / len(last_year) * MONTH_DAYS
    if not accounts * contact_rate <= LARGEST_WAVE_MONTHS * month:
        raise ValueError(
            f"{accounts:,.15g} accounts at {contact_rate:g} tickets each are too many: at most "
            f"{int(LARGEST_WAVE_MONTHS * month / contact_rate):,} accounts, {LARGEST_WAVE_MONTHS} times the "
            f"{month:,.0f} tickets usual in a month where the wave hits"
        )


def _already_planned(fitted: FittedForecast, event: CalendarEvent) -> list[CalendarEvent]:
    return [
        other
        for other in fitted.fit.scoped.events
        if (other.kind, other.key) == (event.kind, event.key)
        and other.first <= event.last
        and event.first <= other.last
    ]


def _drawn_lift(
    fitted: FittedForecast,
    event: CalendarEvent,
    planned: list[CalendarEvent],
    reached: Ints,
    draws: int,
    seed: int,
) -> tuple[Ints, Floats, Floats]:
    """Days ahead that the event touches, its lift (days, segments) and draws of it (draws, days, segments)."""
    unit_of = fitted.fit.units.unit_of[reached]
    blocks = [unit for unit in fitted.fit.blocks if np.isin(unit.index, unit_of).any()]
    change = {unit.scope: _changed_columns(fitted, unit.scope, event, planned) for unit in blocks}
    touched = np.flatnonzero(np.any([columns.any(axis=1) for columns in change.values()], axis=0))
    rng = np.random.default_rng(seed)
    factor = np.maximum(1 + fitted.campaign_spread * rng.standard_normal(draws), 0.0)
    shape = (len(touched), len(fitted.fit.units.scope))
    lift, drawn = np.zeros(shape), np.zeros((draws, *shape))
    for unit in blocks:
        columns = change[unit.scope][touched]
        lift[:, unit.index] = np.expm1(columns @ unit.fit.effects)
        drawn[:, :, unit.index] = np.expm1(_drawn_effects(unit, columns, factor, rng))
    return touched, lift[:, unit_of], drawn[:, :, unit_of]


def _changed_columns(
    fitted: FittedForecast, scope: int, event: CalendarEvent, planned: list[CalendarEvent]
) -> Floats:
    """What changes in a scope's event columns, over the days ahead."""
    scoped = fitted.fit.scoped
    here = [other for other, reaches in zip(scoped.events, scoped.reached[scope], strict=True) if reaches]
    kept = [other for other in here if other not in planned]
    first, days = fitted.dates[0], len(fitted.dates)
    before, after = (
        event_columns(events, scoped.layout, first, days).matrix for events in (here, [*kept, event])
    )
    return np.asarray(after - before)


def _drawn_effects(unit: UnitFit, columns: Floats, factor: Floats, rng: np.random.Generator) -> Floats:
    """Effects on the log scale, shape (draws, days, series); exp of them has the mean of exp of the middle."""
    mean = columns @ unit.fit.effects
    # Days of one campaign err together: their joint errors, in as few numbers as days.
    spread = np.linalg.qr((columns @ np.linalg.cholesky(np.linalg.inv(unit.fit.precision))).T).R.T
    error = spread @ rng.standard_normal((len(factor), spread.shape[1], mean.shape[1]))
    error -= 0.5 * np.square(spread).sum(axis=1)[:, None] * unit.fit.scale
    return factor[:, None, None] * mean + error * unit.fit.scale


def _campaign_spread(fit: SegmentFit) -> float:
    """How far past campaigns strayed from the fit, as a share of their effect on the log scale."""
    panel = fit.scoped.panel
    strayed, effect = [], []
    for at, event in enumerate(fit.scoped.events):
        if event.kind != "campaign" or event.first > panel.last:
            continue
        total, weight, fitted = 0.0, 0.0, 0.0
        for unit in fit.blocks:
            if not fit.scoped.reached[unit.scope][at]:
                continue
            start = (event.first - panel.first).days - (panel.days - unit.block.target.shape[0])
            days = slice(max(start, 0), max(start + (event.last - event.first).days + 1, 0))
            history = unit.block.target.shape[0]
            expected = unit.fit.fitted[:history][days]
            volume = np.exp(expected) * unit.block.observed[days]
            total += float((volume * np.clip(unit.block.target[days] - expected, -1, 1)).sum())
            fitted += float((volume * (expected - unit.fit.without_events[:history][days])).sum())
            weight += float(volume.sum())
        if weight > 0:
            strayed.append(total / weight)
            effect.append(fitted / weight)
    if not effect:
        return USUAL_CAMPAIGN_SPREAD
    usual = USUAL_CAMPAIGNS * float(np.mean(np.square(effect)))
    found = float(np.square(strayed).sum()) + USUAL_CAMPAIGN_SPREAD**2 * usual
    return float(np.sqrt(found / max(float(np.square(effect).sum()) + usual, 1e-12)))
