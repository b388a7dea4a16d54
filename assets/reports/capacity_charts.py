"""Charts of the capacity page: what a forecast is made of, people, backlog, hours of the day, earlier forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from assets.reports import wording
from assets.reports.charts import (
    ACCENT,
    BAND,
    BAND_OUTER,
    DATE_TICKS,
    INK,
    LINE,
    SOFT,
    TONES,
    Chart,
    band,
    dot,
    line,
    rounded,
    spec,
)
from assets.reports.privacy import plot_label

_WEEK = timedelta(days=7)
_KINDS = {
    "campaign": ("campaigns", ACCENT),
    "holiday": ("holidays", "var(--holiday)"),
    "surge": ("wave still on", TONES["worse"]),
}
_WEEK_AXIS = {"hoverformat": "week of %-d %b %Y", "tickformatstops": DATE_TICKS}


def _few_weeks(weeks: Sequence[date]) -> dict[str, Any]:
    """An axis with every third week named by its Monday: on a phone no more fit side by side."""
    return {"hoverformat": "week of %-d %b %Y", "tickvals": list(weeks)[::3], "tickformat": "%-d %b"}


def parts(
    weeks: Sequence[date],
    ordinary: Sequence[float],
    added: Mapping[str, Sequence[float]],
    *,
    names: Mapping[str, Sequence[str]],
    marks: Mapping[date, Sequence[int]],
    alt: str,
) -> Chart:
    """A bar for each week: ordinary volume, and on it what each kind of effect adds (below zero: takes away).

    added, names: by kind of effect, a value and its names for each week. marks: numbers of effects, over a week's bar.
    """
    bars = [_bar(weeks, ordinary, "ordinary", BAND, ["%{y:,.0f}"] * len(weeks))]
    for kind, values in added.items():
        label, colour = _KINDS[kind]
        told = [
            f"{wording.signed(value)} ({plot_label(name)})" if name else "none"
            for value, name in zip(values, names[kind], strict=True)
        ]
        bars.append(_bar(weeks, values, label, colour, told))
    annotations = [
        {
            "x": week,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "text": ", ".join(str(number) for number in numbers[:3]) + (" …" if len(numbers) > 3 else ""),
            "showarrow": False,
            "font": {"size": 11, "color": INK},
        }
        for week, numbers in marks.items()
    ]
    layout = {
        "barmode": "relative",
        "bargap": 0.25,
        "annotations": annotations,
        "yaxis": {"zeroline": True, "zerolinecolor": LINE},
        "xaxis": _few_weeks(weeks),
    }
    return Chart(spec(bars, layout), alt, height=260)


def _bar(
    x: Sequence[date], y: Sequence[float], name: str, colour: str, hover: Sequence[str]
) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(x),
        "y": rounded(y),
        "name": name,
        "marker": {"color": colour},
        "hovertemplate": list(hover),
    }


@dataclass(frozen=True)
class Need:
    """People needed by a team each week: the middle and the ends of the likely range; staffed where known."""

    weeks: Sequence[date]
    people: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    staffed: Sequence[float | None]


def people(need: Need, *, alt: str) -> Chart:
    """People needed each week with their likely range, against those staffed; what is missing is filled in."""
    weeks = [*need.weeks, need.weeks[-1] + _WEEK]

    def steps(values: Sequence[float | None]) -> list[float | None]:
        return [*values, values[-1]]  # the last week has a width, too

    hover = "%{y:,.1f}"
    traces = [
        *band(weeks, steps(need.low), steps(need.high), BAND, "likely range", shape="hv"),
        line(weeks, steps(need.people), "needed", hover=hover, shape="hv"),
    ]
    missing = [
        {
            "type": "rect",
            "x0": week,
            "x1": week + _WEEK,
            "y0": staffed,
            "y1": needed,
            "fillcolor": TONES["worse"],
            "opacity": 0.3,
            "line": {"width": 0},
        }
        for week, needed, staffed in zip(need.weeks, need.people, need.staffed, strict=True)
        if staffed is not None and staffed < needed
    ]
    if any(value is not None for value in need.staffed):
        traces.append(
            line(weeks, steps(need.staffed), "staffed", INK, 2, hover=hover, dash="dash", shape="hv")
        )
    layout = {"shapes": missing, "xaxis": _few_weeks(need.weeks)}
    return Chart(spec(traces, layout), alt, height=260)


@dataclass(frozen=True)
class Backlog:
    """Tickets waiting at the end of each day under one scenario; back_on: the day it is back inside SLA."""

    label: str
    days: Sequence[date]
    waiting: Sequence[float]
    back_on: date | None


def backlog(scenarios: Sequence[Backlog], *, alt: str) -> Chart:
    """Tickets waiting by day, as staffed (dashed) and with the ask; a dot where each is back inside SLA."""
    looks: tuple[dict[str, Any], ...] = (
        {"colour": SOFT, "dash": "dash"} if len(scenarios) > 1 else {"colour": ACCENT},
        {"colour": ACCENT},
    )
    traces = []
    for scenario, look in zip(scenarios, looks, strict=False):
        traces.append(line(scenario.days, scenario.waiting, scenario.label, **look))
        at = dict(zip(scenario.days, scenario.waiting, strict=True))
        if scenario.back_on in at:
            traces.append(dot(scenario.back_on, at[scenario.back_on], look["colour"]))
    layout = {"xaxis": {"hoverformat": "%a %-d %b %Y", "tickformatstops": DATE_TICKS}}
    return Chart(spec(traces, layout), alt, height=240)


def hours(days: Sequence[date], agents: Sequence[Sequence[int | None]], *, alt: str) -> Chart:
    """Agents needed on the floor in every hour of the coming days: a row for each day, darker where more.

    agents: by day, then by hour of the day.
    """
    labels = [f"{day:%a} {wording.day(day)}" for day in days]
    traces = [
        {
            "type": "heatmap",
            "x": list(range(24)),
            "y": labels,
            "z": [list(row) for row in agents],
            "text": [[str(count) if count else "" for count in row] for row in agents],
            "zmin": 0,
            "colorscale": [[0, "var(--band-outer)"], [1, ACCENT]],
            "showscale": False,
            "xgap": 1,
            "ygap": 1,
            "texttemplate": "%{text}",
            "hovertemplate": "%{y}, %{x}:00 to %{x}:59: %{z} agents",
            "hoverlabel": {"namelength": 0},
        }
    ]
    layout = {
        "hovermode": "closest",
        "margin": {"l": 76, "r": 4, "t": 24, "b": 8},
        "xaxis": {
            "side": "top",
            "ticks": "",
            "tickvals": list(range(0, 24, 4)),
            "ticktext": [f"{hour}:00" for hour in range(0, 24, 4)],
            "showline": False,
            "zeroline": False,
        },
        "yaxis": {
            "autorange": "reversed",
            "showgrid": False,
            "nticks": len(days),
            "type": "category",
            "ticks": "",
        },
    }
    return Chart(spec(traces, layout), alt, height=40 + 22 * len(days))


@dataclass(frozen=True)
class Earlier:
    """An earlier forecast, by week."""

    label: str
    weeks: Sequence[date]
    expected: Sequence[float]


def outcomes(
    weeks: Sequence[date],
    came: Sequence[float | None],
    earlier: Sequence[Earlier],
    likely: tuple[Sequence[date], Sequence[float], Sequence[float]],
    *,
    alt: str,
) -> Chart:
    """What came by week as points over what each earlier forecast said; the oldest the faintest.

    likely: weeks and likely range of the first forecast that covered each.
    """
    traces = band(*likely, BAND_OUTER, "likely range")
    for place, forecast in enumerate(earlier):
        trace = line(forecast.weeks, forecast.expected, plot_label(forecast.label), width=1.5)
        traces.append(trace | {"opacity": 0.35 + 0.65 * (place + 1) / len(earlier)})
    traces.append(
        line(weeks, came, "came", INK, 0)
        | {"mode": "markers", "marker": {"color": INK, "size": 7}, "connectgaps": False}
    )
    # Not from zero: how far points lie from lines is what matters.
    return Chart(spec(traces, {"xaxis": _WEEK_AXIS, "yaxis": {"rangemode": "normal"}}), alt, height=260)
