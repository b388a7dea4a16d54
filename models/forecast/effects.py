"""What a forecast is made of: level, season, each holiday and campaign by name, and waves that are on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.forecast.calendar_features import CAMPAIGN_LAGS, CAMPAIGN_LEADS, CalendarEvent, event_columns
from models.forecast.hierarchy import Level
from models.forecast.panel import SEGMENT, Bools, Floats, Ints
from models.forecast.segments import SegmentFit, SegmentForecast

LEAST_TICKETS = 0.005  # smaller effects have no row
EFFECTS_SCHEMA = (
    {"made_on": pl.Date, "level": pl.String}
    | dict.fromkeys(SEGMENT, pl.String)
    | {"date": pl.Date, "effect_kind": pl.String, "effect": pl.String, "tickets": pl.Float64}
)


@dataclass(frozen=True)
class Effect:
    """Tickets that one part of the forecast brings, shape (horizon, segments); they may be negative."""

    kind: str
    name: str
    tickets: Floats


def effects_of(fits: Sequence[SegmentFit], made: SegmentForecast, form: Ints) -> list[Effect]:
    """The parts of a forecast, which sum to what is expected; level and season sum to the base.

    fits: one for each form; form: which of them each segment's forecast comes from. Events multiply, so the
    tickets of a day are shared out by logarithmic means, which leave no remainder (LMDI-I: Ang 2005).
    """
    logs = _event_logs(fits, form)
    planned = made.expected - sum(made.surge.values(), np.zeros(()))
    lift = planned - made.base
    told = sum(logs.values(), np.zeros(planned.shape))
    # Campaigns that overlap count once in a few columns: their logs are brought to the sum that was used.
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where((planned > 0) & (made.base > 0), np.log(planned / made.base), 0.0)
    strength = sum((np.abs(log) for log in logs.values()), np.zeros(planned.shape))
    mean = np.divide(lift, used, out=made.base.copy(), where=np.abs(used) > 1e-9)
    closed = (planned <= 0) & (made.base > 0)
    events = []
    for (kind, name), log in logs.items():
        share = np.divide(np.abs(log), strength, out=np.zeros_like(log), where=strength > 0)
        own = mean * (log + share * (used - told))
        on_it = _names_on(fits[0], kind, name)
        events.append(Effect(kind, name, np.where(closed, lift * on_it, own)))
    return [
        Effect("level", "level", made.level),
        Effect("season", "season", made.base - made.level),
        *events,
        *(Effect("surge", name, tickets) for name, tickets in made.surge.items()),
    ]


def effect_rows(effects: list[Effect], level: Level, cutoff: date, lag: int) -> pl.DataFrame:
    """The effects at one level as rows of EFFECTS_SCHEMA; the first `lag` days are before the cutoff."""
    tickets = level.sum(np.stack([effect.tickets[lag:] for effect in effects]))
    kept = np.abs(tickets) >= LEAST_TICKETS
    kept[0] = True
    which, day, node = np.nonzero(kept)
    names = pl.DataFrame({"effect_kind": [e.kind for e in effects], "effect": [e.name for e in effects]})
    dates = pl.Series("date", [cutoff + timedelta(days=1 + at) for at in range(tickets.shape[1])])
    return (
        level.nodes[node]
        .hstack(names[which])
        .with_columns(
            pl.lit(cutoff).alias("made_on"),
            pl.lit(level.name).alias("level"),
            dates[day],
            pl.Series("tickets", tickets[kept]),
        )
        .select(pl.col(name).cast(kind) for name, kind in EFFECTS_SCHEMA.items())
    )


def _event_logs(fits: Sequence[SegmentFit], form: Ints) -> dict[tuple[str, str], Floats]:
    """What each named event adds to the log of the volume, shape (horizon, segments), by kind and name."""
    scoped = fits[0].scoped
    first = scoped.panel.first + timedelta(days=fits[0].days)
    logs: dict[tuple[str, str], Floats] = {}
    for (kind, _), events in _by_name(scoped.events, first, scoped.horizon).items():
        total = np.zeros((scoped.horizon, len(form)))
        for scope, reached in enumerate(scoped.reached):
            here = [event for at, event in events if reached[at]]
            if not here:
                continue
            columns = event_columns(here, scoped.layout, first, scoped.horizon).matrix
            for which in np.unique(form[scoped.scope == scope]):
                segments = (scoped.scope == scope) & (form == which)
                total[:, segments] = (columns @ _effects_by_segment(fits[which], columns.shape[1]))[
                    :, segments
                ]
        logs[kind, events[0][1].name] = total
    return logs


def _by_name(
    events: list[CalendarEvent], first: date, horizon: int
) -> dict[tuple[str, str], list[tuple[int, CalendarEvent]]]:
    """Campaigns and holidays that can be felt in the days ahead, with their place in the calendar."""
    found: dict[tuple[str, str], list[tuple[int, CalendarEvent]]] = {}
    last = first + timedelta(days=horizon - 1 - CAMPAIGN_LEADS[0][0])
    for at, event in enumerate(events):
        felt_to = event.last + timedelta(days=CAMPAIGN_LAGS[-1][1])
        if event.kind in ("campaign", "holiday") and event.first <= last and felt_to >= first:
            found.setdefault((event.kind, event.key), []).append((at, event))
    return found


def _effects_by_segment(fit: SegmentFit, columns: int) -> Floats:
    effects = np.zeros((columns, fit.units.counts.shape[1]))
    for unit in fit.blocks:
        effects[:, unit.index] = unit.fit.effects[:columns]
    return effects[:, fit.units.unit_of]


def _names_on(fit: SegmentFit, kind: str, name: str) -> Bools:
    """Days ahead on which a holiday of this name closes, shape (horizon, segments)."""
    ahead = slice(fit.days, fit.days + fit.scoped.horizon)
    on = [
        [kind == "holiday" and day == name.casefold() for day in columns.holidays[ahead]]
        for columns in fit.scoped.columns
    ]
    return np.array(on, dtype=bool)[fit.scoped.scope].T
