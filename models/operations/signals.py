"""Signal or noise: every daily figure's chart, what of it is a signal in the last whole week, and when levels changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import false_discovery_control, t

from models.operations.kpis import KPIS, meaning
from models.statistics.change_points import level_changes
from models.statistics.daily_chart import RULES, WEEK, WEEKS_BEFORE, DailyChart, daily_chart
from models.statistics.scales import Scale

# Half a year is charted, and levels are looked for in a year.
CHARTED, SEARCHED = 26 * WEEK, 52 * WEEK
# Chance of a false alarm in a week, over all figures and lines together.
FALSE_ALARMS = 0.05
# The standard deviation from 13 weeks of moving ranges is worth about so many degrees of freedom.
_FREEDOM = 60
_LEAST_WEEKS = 6
# How far from a change in level an event may begin or end to be named beside it, and how many are.
EVENT_DAYS, EVENTS_NAMED = 3, 3

Floats = npt.NDArray[np.float64]

_SERIES = {"business_line": pl.String, "metric": pl.String}
CHART_SCHEMA: dict[str, Any] = {"date": pl.Date} | _SERIES | dict.fromkeys(
    ("value", "weekday_effect", "expected", "low", "high"), pl.Float64
) | {"rule": pl.String, "denominator": pl.Float64}  # fmt: skip
WATCHED_SCHEMA: dict[str, Any] = _SERIES | {
    "week": pl.Date, "value": pl.Float64, "denominator": pl.Float64, "days_judged": pl.Int64, "q_value": pl.Float64,
}  # fmt: skip
SIGNALS_SCHEMA: dict[str, Any] = _SERIES | {
    "week": pl.Date, "since": pl.Date, "rule": pl.String, "days": pl.Int64, "days_judged": pl.Int64,
    "farthest_on": pl.Date, "value": pl.Float64, "usual": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "denominator": pl.Float64, "direction": pl.String, "q_value": pl.Float64,
}  # fmt: skip
CHANGE_POINTS_SCHEMA: dict[str, Any] = _SERIES | {
    "changed_on": pl.Date, "before": pl.Float64, "after": pl.Float64, "change_low": pl.Float64,
    "change_high": pl.Float64, "direction": pl.String, "event_ids": pl.String, "event_names": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class _Series:
    """One figure of one line by day, every day: NaN where it has no value."""

    line: str
    metric: str
    first: date
    values: Floats
    denominators: Floats
    counts: npt.NDArray[np.bool_]  # whole, and resting on enough
    settles_after: int  # days

    @property
    def scale(self) -> Scale:
        return KPIS[self.metric].scale

    def day(self, place: int) -> date:
        return self.first + timedelta(days=place)


def kpi_signals(
    days: pl.DataFrame, weeks: pl.DataFrame, calendar: pl.DataFrame, week: date | None
) -> dict[str, pl.DataFrame]:
    """The tables kpi_chart, kpi_watched, kpi_signals_now and kpi_change_points.

    days: the table kpi_days. weeks: week, business_line, metric, value, denominator of the same figures by week.
    calendar: stg_calendar. week: Monday of the last whole week, None while there is none. A figure that settles late is
    judged in the last week before it of which every day has settled.
    """
    charts, watched, signals, changes = [], [], [], []
    events = calendar.select("event_id", "kind", "name", "starts_on", "ends_on", "business_line").to_dicts()
    last = days.filter("is_whole")["date"].max()
    for series in _all_series(days, last):  # type: ignore[arg-type]
        chart = daily_chart(series.values, series.denominators, series.counts, series.scale, CHARTED)
        charts.append(_charted(series, chart))
        if week is not None:
            own = _settled_week(week, series.settles_after, last)  # type: ignore[arg-type]
            judged = _judged(series, chart, own)
            watched.append(judged)
            if (signal := _signal(series, chart, own)) is not None:
                signals.append(judged | signal)
        changes += _changes(series, events)
    watched = _with_q_values(watched)
    return {
        "kpi_chart": _chart_frame(charts),
        "kpi_watched": _with_figures(watched, weeks),
        "kpi_signals_now": _clear_ones(signals, watched),
        "kpi_change_points": pl.DataFrame(changes, schema=CHANGE_POINTS_SCHEMA, orient="row"),
    }


def _settled_week(week: date, settles_after: int, last: date) -> date:
    """Monday of the last week, up to a given one, whose Sunday has settled by the last whole day."""
    late = (week - last).days + WEEK - 1 + settles_after
    return week - timedelta(weeks=max(-(-late // WEEK), 0))


def _all_series(days: pl.DataFrame, last: date | None) -> list[_Series]:
    """Every figure up to the last whole day, or to the last that has settled."""
    found = []
    if last is None:
        return []
    # What comes after the last whole day, as leftovers of an export, would fill the chart with days that are not judged;
    # a day whose ratings still come in would look like a fall.
    settled = pl.duration(days=pl.col("settles_after"))
    inside = (pl.col("date") + settled <= last) & (pl.col("date") > last - timedelta(days=SEARCHED))
    known = days.filter(pl.col("metric").is_in(list(KPIS)), inside)
    lines = set(known["business_line"])
    if "all" in lines and len(lines) == 2:  # a line by itself is all lines
        known = known.filter(pl.col("business_line") == "all")
    known = known.sort("business_line", "metric", "date")
    for (line, metric), rows in known.group_by("business_line", "metric", maintain_order=True):
        first = rows["date"][0]
        place = (rows["date"] - first).dt.total_days().to_numpy()
        values, denominators = (np.full(place[-1] + 1, np.nan) for _ in range(2))
        values[place] = rows["value"].to_numpy()
        denominators[place] = rows["denominator"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        whole = np.zeros(len(values), dtype=np.bool_)
        whole[place] = rows["is_whole"].to_numpy()
        values_whole = np.where(whole, values, np.nan)
        counts = KPIS[str(metric)].scale.tells(values_whole, denominators)
        late = int(rows["settles_after"][0])
        found.append(_Series(str(line), str(metric), first, values, denominators, counts, late))
    return [series for series in found if not _is_of_one_line(series, found)]


def _is_of_one_line(series: _Series, every: list[_Series]) -> bool:
    """Whether a figure of all lines is that of one of them again, as the contact rate of a measure that one line has."""
    return series.line == "all" and any(
        other.line != "all"
        and other.metric == series.metric
        and np.array_equal(other.values, series.values, equal_nan=True)
        for other in every
    )


def _charted(series: _Series, chart: DailyChart) -> dict[str, Any]:
    """The chart's columns by name: arrays, or one value for every day."""
    shown = len(chart.expected)
    return {
        "date": np.datetime64(series.day(len(series.values) - shown)) + np.arange(shown),
        "business_line": [series.line] * shown,
        "metric": [series.metric] * shown,
        "value": series.values[-shown:],
        "weekday_effect": chart.weekday,
        "expected": chart.expected,
        "low": chart.low,
        "high": chart.high,
        "rule": [RULES[rule] if rule >= 0 else None for rule in chart.rule],
        "denominator": series.denominators[-shown:],
    }


def _chart_frame(charts: list[dict[str, Any]]) -> pl.DataFrame:
    if not charts:
        return pl.DataFrame(schema=CHART_SCHEMA)
    columns = {
        name: np.concatenate([chart[name] for chart in charts])
        if isinstance(charts[0][name], np.ndarray)
        else [value for chart in charts for value in chart[name]]
        for name in CHART_SCHEMA
    }
    return pl.DataFrame(columns, schema_overrides=CHART_SCHEMA).fill_nan(None).drop_nulls("value")


def _places(series: _Series, chart: DailyChart, week: date) -> tuple[int, npt.NDArray[np.int64]]:
    """Where a week begins in a chart, and the places of its days that are judged."""
    start = (week - series.first).days - (len(series.values) - len(chart.expected))
    inside = np.arange(start, start + WEEK)
    inside = inside[(inside >= 0) & (inside < len(chart.deviation))]
    return start, inside[np.isfinite(chart.deviation[inside] / chart.spread[inside])]


def _judged(series: _Series, chart: DailyChart, week: date) -> dict[str, Any]:
    """How many days of the week could be judged, with the week's p-value where any could."""
    start, inside = _places(series, chart, week)
    standard = chart.deviation / chart.spread
    return {
        "business_line": series.line,
        "metric": series.metric,
        "week": week,
        "days_judged": len(inside),
        "p_value": _p_value(standard, inside, start) if len(inside) else None,
    }


def _signal(series: _Series, chart: DailyChart, week: date) -> dict[str, Any] | None:
    """What the week says, with the day farthest out of those on which its strongest rule held; None for nothing."""
    offset = len(series.values) - len(chart.expected)
    _, inside = _places(series, chart, week)
    held = inside[chart.rule[inside] >= 0]
    if not len(held):
        return None
    is_more = bool(chart.deviation[held].sum() > 0)
    same_side = (chart.deviation > 0) == is_more
    held = held[same_side[held]]
    rule = int(chart.rule[held].min())
    strongest = held[chart.rule[held] == rule]
    farthest = int(strongest[np.abs(chart.deviation / chart.sd)[strongest].argmax()])
    rests_on = series.denominators[offset + farthest]
    return {
        "since": series.day(offset + _begin(chart, same_side, int(held[0]))),
        "rule": RULES[rule],
        "days": len(held),
        "farthest_on": series.day(offset + farthest),
        "value": float(series.values[offset + farthest]),
        "usual": float(chart.expected[farthest]),
        "low": float(chart.low[farthest]),
        "high": float(chart.high[farthest]),
        "denominator": float(rests_on) if np.isfinite(rests_on) else None,
        "direction": meaning(series.metric, is_more),
    }


def _begin(chart: DailyChart, same_side: npt.NDArray[np.bool_], first: int) -> int:
    """The first of the days in a row, up to the first signal of the week, that lie on its side; at most those charted.

    Days that do not count are passed over. A single day beyond a limit began on that day.
    """
    if RULES[chart.rule[first]] != RULES[-1]:
        return first
    began = first
    for place in range(first - 1, -1, -1):
        if np.isfinite(chart.deviation[place]):
            if not same_side[place]:
                break
            began = place
    return began


def _p_value(standard: Floats, inside: npt.NDArray[np.int64], start: int) -> float:
    """Chance of a day as far out, or of a week as far out on the whole, when nothing has changed (twice the smaller).

    standard: days in standard deviations. The week's mean is judged against the means of the 13 weeks before, which
    vary more than days that do not hang together would.
    """
    p_day = len(inside) * 2 * t.sf(np.abs(standard[inside]).max(), _FREEDOM)
    before = [
        standard[max(start - WEEK * (n + 1), 0) : max(start - WEEK * n, 0)] for n in range(WEEKS_BEFORE)
    ]
    means = np.array([week[np.isfinite(week)].mean() for week in before if np.isfinite(week).any()])
    if len(means) < _LEAST_WEEKS:
        return float(min(p_day, 1.0))
    usual = np.sqrt((means**2).mean())
    p_week = 2 * t.sf(abs(standard[inside].mean()) / max(usual, 1e-9), len(means))
    return float(min(2 * min(p_day, p_week), 1.0))


def _with_q_values(watched: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each p-value corrected for the number of figures that could be judged (Benjamini & Hochberg 1995)."""
    judged = [row for row in watched if row["p_value"] is not None]
    if not judged:
        return [row | {"q_value": None} for row in watched]
    q_values = iter(false_discovery_control([row["p_value"] for row in judged]))
    return [
        row | {"q_value": float(next(q_values)) if row["p_value"] is not None else None} for row in watched
    ]


def _with_figures(watched: list[dict[str, Any]], weeks: pl.DataFrame) -> pl.DataFrame:
    keys = ["week", "business_line", "metric"]
    schema = {name: kind for name, kind in WATCHED_SCHEMA.items() if name not in ("value", "denominator")}
    return (
        pl.DataFrame(watched, schema=schema)
        .join(weeks.select(*keys, "value", "denominator"), on=keys, how="left")
        .select(pl.col(name).cast(kind) for name, kind in WATCHED_SCHEMA.items())
        .sort("business_line", "metric")
    )


def _clear_ones(signals: list[dict[str, Any]], watched: list[dict[str, Any]]) -> pl.DataFrame:
    """Of all the week's figures those on which a rule holds and that chance does not explain, the clearest first: with
    a hundred charts some rule holds somewhere every week."""
    q_values = {(row["business_line"], row["metric"]): row["q_value"] for row in watched}
    rows = [
        signal | {"q_value": q_values[signal["business_line"], signal["metric"]]}
        for signal in signals
        if q_values[signal["business_line"], signal["metric"]] <= FALSE_ALARMS
    ]
    return pl.DataFrame(rows, schema=SIGNALS_SCHEMA).sort("q_value", "business_line", "metric")


def _changes(series: _Series, calendar: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    found = level_changes(series.values, series.denominators, series.counts, series.scale)
    rows = []
    for change in found:
        day = series.day(change.place)
        events = _events_about(day, series.line, calendar)
        names = [event["name"] or event["kind"] for event in events]
        direction = meaning(series.metric, change.after > change.before)
        levels = change.before, change.after, change.low, change.high
        told = (
            "; ".join(dict.fromkeys(texts)) or None
            for texts in ([event["event_id"] for event in events], names)
        )
        rows.append((series.line, series.metric, day, *levels, direction, *told))
    return rows


def _events_about(day: date, line: str, calendar: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of the line, or of every line, that began or ended within days of a change, the nearest first."""

    def apart(event: dict[str, Any]) -> int:
        return min(abs((event[edge] - day).days) for edge in ("starts_on", "ends_on"))

    near = [
        event
        for event in calendar
        if (line == "all" or event["business_line"] in (None, line)) and apart(event) <= EVENT_DAYS
    ]
    return sorted(near, key=lambda event: (apart(event), event["event_id"]))[:EVENTS_NAMED]
