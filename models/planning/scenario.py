"""What if a campaign ran, a wave of account takeovers hit, or the work were done differently: a scenario beside the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import polars as pl

from models.forecast.added_volume import AddedVolume
from models.forecast.what_if import FittedForecast, added_by_campaign, added_by_wave, fit_for_what_if
from models.staffing.outlook import Outlook, PlanInputs, outlook

# Tickets that an account hit by a wave writes, where nobody says: assumed, as the wave's guess is wide anyway.
CONTACT_RATE = 0.3
WAVE_LINE = "account_security"
_SEGMENT = ("business_line", "channel", "tier", "region")
_QUEUE = ("business_line", "tier")


@dataclass(frozen=True)
class Campaign:
    """A campaign, its size in the calendar's units; a line or region of None is all of them."""

    name: str
    start: date
    days: int
    size: float
    business_line: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Wave:
    """A wave of account takeovers; onset in the account's zone, contact_rate in tickets an account hit."""

    accounts: float
    onset: datetime
    half_life_days: float
    contact_rate: float = CONTACT_RATE
    business_line: str = WAVE_LINE
    region: str | None = None


Event = Campaign | Wave


@dataclass(frozen=True)
class Levers:
    """How the work is done, of every team; the defaults leave everything as it is.

    handle_time, escalations: times what they are. shrinkage: share of paid time not at work, message_share: the share
    of messages for which the promise must be kept, both 0 to 1; None leaves what holds.
    """

    handle_time: float = 1.0
    escalations: float = 1.0
    shrinkage: float | None = None
    message_share: float | None = None


AS_IT_IS = Levers()


@dataclass(frozen=True, eq=False)
class Planner:
    """The plan as it stands, ready to be asked: the fitted forecast, what the plan is made from, and its outlook."""

    fitted: FittedForecast
    inputs: PlanInputs
    baseline: Outlook


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a what-if gives.

    added: by the events. daily: the forecast with them, columns business_line, channel, tier, region, date, expected.
    outlook: with what the events are expected to add; low, high: with their p10 and p90.
    """

    added: AddedVolume
    daily: pl.DataFrame
    outlook: Outlook
    low: Outlook
    high: Outlook


def planner(history: pl.DataFrame, calendar: pl.DataFrame, inputs: PlanInputs) -> Planner:
    """A planner that can be asked: about a second, each question after it a fraction of one.

    history, calendar: as `forecast_daily` takes them. Raises ValueError where there is no forecast to add to.
    """
    if inputs.hours.days == 0:
        raise ValueError("there is no forecast yet, so there is nothing to add to")
    fitted = fit_for_what_if(history, calendar, cutoff=inputs.made_on, horizon=inputs.hours.days)
    return Planner(fitted, inputs, outlook(inputs))


def what_if(plan: Planner, events: Sequence[Event], levers: Levers = AS_IT_IS) -> Scenario:
    """The plan with these events, worked off under these conditions. Nothing asked is the plan as it stands.

    Events add up, each as uncertain as it is alone. Raises ValueError for an event or a lever that cannot be:
    in the past, outside the forecast, of an unknown line or region, or out of range.
    """
    changed = _with_levers(plan.inputs, levers)
    single = [_added(plan, event, levers.escalations, seed) for seed, event in enumerate(events)]
    added = _together(plan.fitted, single)
    usual = plan.baseline if levers == AS_IT_IS else outlook(changed)
    if not added.dates:
        return Scenario(added, changed.daily, usual, usual, usual)
    whole = added.by().row(0, named=True)
    named = pl.concat([_effect(event, volume) for event, volume in zip(events, single, strict=True)])
    changed = replace(changed, effects=pl.concat([changed.effects.select(named.columns), named]))
    low, middle, high = (
        _outlook_with(changed, added, factor, usual)
        for factor in (_ratio(whole["p10"], whole["added"]), 1.0, _ratio(whole["p90"], whole["added"]))
    )
    return Scenario(added, _with_added(changed.daily, added, 1.0), middle, low, high)


def _outlook_with(inputs: PlanInputs, added: AddedVolume, factor: float, usual: Outlook) -> Outlook:
    """The outlook with what is added, times a factor. Lines share no people: those it does not reach stay as usual."""
    lines = added.segments["business_line"].unique().to_list()
    here = pl.col("business_line").is_in(lines)
    reached = outlook(
        replace(
            inputs,
            daily=_with_added(inputs.daily, added, factor).filter(here),
            teams=tuple(team for team in inputs.teams if team.business_line in lines),
        )
    )
    weeks, asks, backlog, back = (
        pl.concat([getattr(usual, name).filter(~here), getattr(reached, name)])
        for name in ("weeks", "asks", "backlog", "back")
    )
    asks = asks.sort("decide_by", maintain_order=True).with_columns(rank=pl.int_range(1, pl.len() + 1))
    return Outlook(weeks, asks, backlog, back, usual.notes)


def _added(plan: Planner, event: Event, escalations: float, seed: int) -> AddedVolume:
    """What one event adds at every tier; escalations: times today's."""
    fitted = plan.fitted
    first = event.start if isinstance(event, Campaign) else event.onset.date()
    if first < fitted.dates[0]:
        raise ValueError(
            f"{first} is in the past: the forecast runs from {fitted.dates[0]} to {fitted.dates[-1]}; "
            "choose a day in it"
        )
    if isinstance(event, Campaign):
        added = added_by_campaign(
            fitted, event.name, event.start, event.days, event.size, event.business_line, event.region, seed=seed
        )  # fmt: skip
    else:
        added = added_by_wave(
            fitted, event.accounts, event.onset, event.half_life_days, event.contact_rate, event.business_line,
            event.region, seed=seed,
        )  # fmt: skip
        added = _escalated_as_usual(added, plan.inputs.daily)
    if not added.dates:
        return added
    factor = np.where(added.segments["tier"] == "2", escalations, 1.0)
    return replace(added, expected=added.expected * factor, draws=added.draws * factor)


def _escalated_as_usual(added: AddedVolume, daily: pl.DataFrame) -> AddedVolume:
    """A wave's tickets as those that are written, and on top, at tier 2, the share that is escalated in the forecast."""
    second = (added.segments["tier"] == "2").to_numpy()
    first_added, second_added = added.expected[:, ~second].sum(), added.expected[:, second].sum()
    if not first_added > 0:
        return added
    forecast = daily.join(added.segments, on=_SEGMENT, how="semi")
    at_second = float(forecast.filter(pl.col("tier") == "2")["expected"].sum())
    written = float(forecast["expected"].sum()) - at_second
    to_first = (first_added + second_added) / first_added
    to_second = _ratio(first_added * to_first * _ratio(at_second, written), second_added)
    factor = np.where(second, to_second, to_first)
    return replace(added, expected=added.expected * factor, draws=added.draws * factor)


def _together(fitted: FittedForecast, events: Sequence[AddedVolume]) -> AddedVolume:
    """Several events as one, draw by draw; what adds nothing is left out."""
    notes = " ".join(event.note for event in events if event.note)
    events = [event for event in events if event.dates]
    if len(events) == 1:
        return replace(events[0], note=notes)
    reached = [event.segments for event in events]
    segments = pl.concat(reached).unique(maintain_order=True) if reached else fitted.segments
    dates = tuple(sorted({day for event in events for day in event.dates}))
    draws = min((len(event.draws) for event in events), default=0)
    place = {segment: number for number, segment in enumerate(segments.select(_SEGMENT).iter_rows())}
    expected = np.zeros((len(dates), len(place)))
    drawn = np.zeros((draws, len(dates), len(place)))
    for event in events:
        days = np.searchsorted(
            np.array(dates, dtype="datetime64[D]"), np.array(event.dates, dtype="datetime64[D]")
        )
        columns = np.array(
            [place[segment] for segment in event.segments.select(_SEGMENT).iter_rows()], dtype=np.int64
        )
        expected[np.ix_(days, columns)] += event.expected
        drawn[np.ix_(np.arange(draws), days, columns)] += event.draws[:draws]
    return AddedVolume(dates, segments, expected, drawn, notes)


def _effect(event: Event, added: AddedVolume) -> pl.DataFrame:
    """The event as a named effect, so that people needed for it are said to be for it."""
    kind, name = (
        ("campaign", event.name)
        if isinstance(event, Campaign)
        else ("surge", f"ATO wave {event.onset:%-d %b}")
    )
    return _cells(added).select(
        *_QUEUE, "date", effect_kind=pl.lit(kind), effect=pl.lit(name), tickets="tickets"
    )


def _cells(added: AddedVolume) -> pl.DataFrame:
    """Tickets expected to be added, a row per segment and day."""
    dates = pl.DataFrame({"date": added.dates}, schema={"date": pl.Date})
    cells = added.segments.select(_SEGMENT).join(dates, how="cross", maintain_order="left_right")
    return cells.with_columns(tickets=pl.Series(added.expected.T.ravel(), dtype=pl.Float64))


def _with_added(daily: pl.DataFrame, added: AddedVolume, factor: float) -> pl.DataFrame:
    """The forecast of every segment and day with what is added, times a factor; never below nothing."""
    more = _cells(added).with_columns(more=pl.col("tickets") * factor)
    columns = [*_SEGMENT, "date", "expected"]
    return (
        daily.select(columns)
        .join(more, on=[*_SEGMENT, "date"], how="full", coalesce=True)
        .with_columns(expected=pl.sum_horizontal("expected", "more").clip(0))
        .select(columns)
    )


def _with_levers(inputs: PlanInputs, levers: Levers) -> PlanInputs:
    _require(levers.handle_time > 0, f"a handle time of {levers.handle_time:g} times today's", "more than 0")
    _require(levers.escalations >= 0, f"{levers.escalations:g} times today's escalations", "0 or more")
    for name, share in (("shrinkage", levers.shrinkage), ("share in time", levers.message_share)):
        _require(share is None or 0 <= share < 1, f"a {name} of {share}", "0 or more and less than 1")
    if levers == AS_IT_IS:
        return inputs
    teams = [
        replace(
            team,
            live_minutes=team.live_minutes * levers.handle_time,
            message_minutes=team.message_minutes * levers.handle_time,
            terms=team.terms if levers.shrinkage is None else replace(team.terms, shrinkage=levers.shrinkage),
        )
        for team in inputs.teams
    ]
    promised = inputs.promised
    if levers.message_share is not None:
        promised = replace(promised, message_share=levers.message_share)
    escalated = pl.when(pl.col("tier") == "2").then(levers.escalations).otherwise(1.0)
    return replace(
        inputs,
        teams=tuple(teams),
        promised=promised,
        daily=inputs.daily.with_columns(expected=pl.col("expected") * escalated),
    )


def _require(holds: bool, what: str, expected: str) -> None:
    if not holds:
        raise ValueError(f"{what} cannot be; expected {expected}")


def _ratio(part: float, whole: float) -> float:
    return part / whole if abs(whole) > 1e-9 else 1.0
