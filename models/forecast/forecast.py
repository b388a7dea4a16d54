"""The daily forecast: history and calendar in, points, intervals and backtest out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.forecast.backtest import Backtest, choose_origins, pick_forms, run_backtest, score
from models.forecast.calendar_features import EVENT_KINDS, CalendarEvent, read_calendar
from models.forecast.design import FULL_HISTORY_DAYS, SHORT_HISTORY_DAYS, YEARLY_HISTORY_DAYS
from models.forecast.effects import EFFECTS_SCHEMA, effect_rows, effects_of
from models.forecast.hierarchy import Level, levels_of
from models.forecast.intervals import FEWEST_ORIGINS, bounds, calibrate
from models.forecast.panel import SEGMENT, Floats, Ints, Panel, dense_panel
from models.forecast.scopes import scope_panel
from models.forecast.segments import FORMS, SegmentForecast, fit_forms, forecast_fit
from models.forecast.weekly import WEEKLY_SCHEMA, past_daily_points, past_weekly_points, weekly_points

POINTS_SCHEMA = (
    {"made_on": pl.Date, "level": pl.String}
    | dict.fromkeys(SEGMENT, pl.String)
    | {"date": pl.Date}
    | dict.fromkeys(("expected", "low_80", "high_80", "low_95", "high_95", "base"), pl.Float64)
)


@dataclass(frozen=True)
class Forecast:
    """A forecast as of one day.

    points: a row per level, node and day ahead: made_on, level, business_line, channel, tier, region (null
    where summed over), date, expected, low_80, high_80, low_95, high_95, base (expected without campaigns,
    holidays and waves that are on).
    effects: what it is made of, a row per level but segment, node, day and part: tickets of an effect (its
    name) of an effect_kind (level, season, holiday, campaign, surge); they sum to expected, level and season
    to base (what regressors bring has no part).
    weekly: sums of whole weeks with intervals of their own, every level but segment.
    past_points, past_weekly: the same as of the backtest's origins, without segments and without base.
    backtest: a row per level and horizon bucket: origins, points, wape, bias, coverage_80, coverage_95 (out of
    sample), wape_seasonal_naive.
    notes: what was missing or fallen back to, for readers.
    """

    points: pl.DataFrame
    effects: pl.DataFrame
    weekly: pl.DataFrame
    past_points: pl.DataFrame
    past_weekly: pl.DataFrame
    backtest: pl.DataFrame
    notes: list[str]


def forecast_daily(
    history: pl.DataFrame,
    calendar: pl.DataFrame,
    *,
    cutoff: date,
    horizon: int = 90,
    origins: int = 8,
    regressors: pl.DataFrame | None = None,
) -> Forecast:
    """Tickets per day for the `horizon` days after the cutoff, by segment and for every level above.

    history: date, business_line, channel, tier, region, tickets; days without a row count as zero, rows after
    the cutoff are ignored. calendar: the contract's calendar table, times in the history's time zone; future
    campaigns and holidays count as known, ATO waves and incidents only once begun. regressors: columns known
    ahead: date, business_line, channel, tier, region and numbers.
    Raises ValueError for a horizon under one day, and for a history or calendar that is wrong.
    """
    if horizon < 1:
        raise ValueError(f"a horizon of {horizon} days is no forecast; expected 1 or more")
    events = read_calendar(calendar, cutoff)
    panel = dense_panel(history, cutoff)
    if panel is None:
        return _no_forecast(cutoff)
    lag = (cutoff - panel.last).days
    scoped = scope_panel(panel, events, horizon + lag, regressors)
    tested_from = choose_origins(panel.days, horizon, origins)
    backtest = run_backtest(scoped, tested_from)
    fits = fit_forms(scoped, panel.days, FORMS)
    made = _in_chosen_forms([forecast_fit(fit) for fit in fits], backtest.form)
    parts = effects_of(fits, made, backtest.form)
    levels = levels_of(panel.segments)
    notes = _history_notes(panel, made, len(tested_from), lag) + _calendar_notes(calendar, events, panel)
    points = pl.concat([_level_points(level, made, backtest, cutoff, lag) for level in levels])
    above = [level for level in levels if level.name != "segment"]
    starts = panel.last + timedelta(days=1)
    weekly = [weekly_points(level, level.sum(made.expected), backtest, starts, cutoff) for level in above]
    knew = [panel.first + timedelta(days=days - 1) for days in tested_from]
    past = [frame for level in above for frame in past_daily_points(level, backtest, knew)]
    past_weekly = [frame for level in above for frame in past_weekly_points(level, backtest, knew)]
    return Forecast(
        points,
        pl.concat([effect_rows(parts, level, cutoff, lag) for level in above]),
        pl.concat(weekly),
        pl.concat(past) if past else points.drop("base").clear(),
        pl.concat(past_weekly) if past_weekly else weekly[0].clear(),
        score(backtest, levels),
        notes,
    )


def _no_forecast(cutoff: date) -> Forecast:
    return Forecast(
        pl.DataFrame(schema=POINTS_SCHEMA),
        pl.DataFrame(schema=EFFECTS_SCHEMA),
        pl.DataFrame(schema=WEEKLY_SCHEMA),
        pl.DataFrame(schema=POINTS_SCHEMA).drop("base"),
        pl.DataFrame(schema=WEEKLY_SCHEMA),
        score(_no_backtest(), []),
        [f"There are no tickets up to {cutoff}, so there is no forecast."],
    )


def _in_chosen_forms(made: list[SegmentForecast], form: Ints) -> SegmentForecast:
    def picked(values: list[Floats]) -> Floats:
        return pick_forms(np.stack(values), form)

    return replace(
        made[0],
        expected=picked([one.expected for one in made]),
        base=picked([one.base for one in made]),
        level=picked([one.level for one in made]),
        surge={
            name: picked([one.surge.get(name, np.zeros(one.base.shape)) for one in made])
            for name in {name: None for one in made for name in one.surge}
        },
    )


def _level_points(
    level: Level, made: SegmentForecast, backtest: Backtest, cutoff: date, lag: int
) -> pl.DataFrame:
    """Points and bounds of one level; the first `lag` days lie before the cutoff and are dropped."""
    expected, base = level.sum(made.expected), level.sum(made.base)
    calibration = calibrate(level.sum(backtest.actual), level.sum(backtest.expected), backtest.known)
    bound = bounds(expected, calibration)
    ahead = len(expected) - lag
    values = {"expected": expected[lag:]} | bound.from_day(lag) | {"base": base[lag:]}
    dates = [cutoff + timedelta(days=day) for day in range(1, ahead + 1)]
    return level.rows(cutoff, "date", dates, values)


def _no_backtest() -> Backtest:
    nothing = np.zeros((0, 1, 0))
    return Backtest(nothing, nothing, nothing, np.zeros((0, 1), dtype=bool), np.zeros(0, dtype=np.int64))


def _history_notes(panel: Panel, made: SegmentForecast, origins: int, lag: int) -> list[str]:
    notes = []
    days = panel.days
    if days < SHORT_HISTORY_DAYS:
        notes.append(
            f"There are {days} days of history, under eight weeks: the forecast is the usual level of each "
            "weekday, without trend or season."
        )
    elif days < YEARLY_HISTORY_DAYS:
        notes.append(
            f"There are {days} days of history, under a year: the time of year is not in the forecast."
        )
    elif days < FULL_HISTORY_DAYS:
        notes.append(
            f"There are {days} days of history, under two years: the time of year enters with caution."
        )
    if lag:
        notes.append(f"The history ends on {panel.last}, {lag} days before the forecast starts.")
    if not panel.counts.any():
        notes.append("The history holds no tickets at all, so none are expected.")
    if made.ended.any():
        notes.append(
            f"{int(made.ended.sum())} segments have had no ticket for four weeks and are "
            "expected to stay at 0."
        )
    sparse = int((made.sparse & ~made.ended).sum())
    if sparse and panel.counts.any():
        notes.append(
            f"{sparse} of {len(made.sparse)} segments have fewer than one ticket in two days: they are "
            "forecast together, by business line and region, and each gets its share."
        )
    if origins < FEWEST_ORIGINS:
        notes.append("The history is too short for a real backtest: the intervals are a wide guess.")
    return notes


def _calendar_notes(calendar: pl.DataFrame, events: list[CalendarEvent], panel: Panel) -> list[str]:
    unknown = calendar.filter(~pl.col("kind").is_in(EVENT_KINDS))["kind"].unique().sort()
    notes = (
        [f"Calendar events of an unknown kind do not enter: {', '.join(unknown)}."] if len(unknown) else []
    )
    if not any(event.kind in ("campaign", "holiday") for event in events):
        return [*notes, "The calendar has no campaigns or holidays, so the forecast knows of none."]
    lines, regions = set(panel.segments["business_line"]), set(panel.segments["region"])
    lost = sorted(
        {
            event.name
            for event in events
            if event.business_line not in (None, *lines) or event.region not in (None, *regions)
        }
    )
    if not lost:
        return notes
    return [
        *notes,
        f"{len(lost)} calendar events are for a business line or region without tickets and reach no forecast "
        f"({', '.join(lost[:3])}{' and others' if len(lost) > 3 else ''}).",
    ]
