"""The site's charts, with one shared look.

Colours are names of the stylesheet's variables (`var(--accent)`); `site.js` puts in their values when it draws,
so that a chart follows light, dark and print.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from assets.reports import wording
from assets.reports.privacy import SMALL_CELL, plot_label

INK, SOFT, LINE = "var(--ink)", "var(--soft)", "var(--line)"
ACCENT, BAND, BAND_OUTER, MARK = "var(--accent)", "var(--band)", "var(--band-outer)", "var(--mark)"
TONES = {
    "worse": "var(--worse)",
    "better": "var(--better)",
    "changed": "var(--accent)",
    "usual": "var(--accent)",
}
HIDDEN_CAPTION = f"Open circles: under {SMALL_CELL}, hidden."
MARKS_APART = 7  # days; events that begin closer to each other share a mark
MARKS_STAGGERED = 18  # days; marks closer than this stand at two heights
_HOVER_FORMATS = {"count": ",.0f", "share": ".1%", "minutes": ",.0f"}
_WEEK = timedelta(days=7)
_WEEK_MS = _WEEK / timedelta(milliseconds=1)  # plotly measures the width of a bar over dates in milliseconds
_BELOW = {"type": "rect", "line": {"width": 0}, "layer": "below"}
# Plotly takes no list items from a template, so each figure gets these.
DATE_TICKS = [
    {"dtickrange": [None, "M1"], "value": "%-d %b"},
    {"dtickrange": ["M1", None], "value": "%b %Y"},
]

TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {
            "family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
            "size": 12,
            "color": SOFT,
        },
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 44, "r": 14, "t": 32, "b": 28},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": LINE, "font": {"color": INK, "size": 12}},
        "dragmode": False,
        "xaxis": {
            "showgrid": False,
            "linecolor": LINE,
            "tickcolor": LINE,
            "ticks": "outside",
            "fixedrange": True,
        },
        "yaxis": {
            "gridcolor": LINE,
            "zeroline": False,
            "fixedrange": True,
            "nticks": 5,
            "rangemode": "tozero",
            "automargin": True,
        },
    }
}


@dataclass(frozen=True)
class Chart:
    """A figure with its text: `alt` says in a sentence what it shows, for those who cannot see it.

    figure: `data` and `layout` as plotly.js takes them; plotly's own figure classes take a tenth of a second each.
    """

    figure: dict[str, Any]
    alt: str
    caption: str = ""
    height: int = 220

    @property
    def json(self) -> Markup:
        """The figure as JSON that can stand inside a `<script>` element."""
        text = json.dumps(self.figure, default=_written, allow_nan=False, ensure_ascii=False)
        return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _written(value: date) -> str:
    return value.isoformat()


@dataclass(frozen=True)
class Event:
    """Something of the calendar, marked in a chart by its number."""

    mark: str
    name: str
    first: date
    last: date


def usual_range(
    weeks: Sequence[date],
    values: Sequence[float | None],
    low: Sequence[float | None],
    high: Sequence[float | None],
    *,
    unit: str,
    alt: str,
    caption: str = "",
    tone: str = "changed",
    hidden: Sequence[bool] | None = None,
    events: Sequence[Event] = (),
    height: int = 220,
) -> Chart:
    """A weekly line over its usual range; the last week stands out where it left the range.

    hidden: weeks whose count is not shown; they get an open circle at the foot of the chart, and the caption says so.
    """
    scale = minutes_scale([*values, *high]) if unit == "minutes" else (1.0, "")

    def scaled(numbers: Sequence[float | None]) -> list[float | None]:
        return [None if value is None else value / scale[0] for value in numbers]

    hover = f"%{{y:{_HOVER_FORMATS.get(unit, ',.0f')}}}"
    if unit == "minutes":
        hover = f"%{{y:,.1f}}{scale[1]}"
    shown = scaled(values)
    traces = [
        *band(weeks, scaled(low), scaled(high), BAND, "usual range"),
        line(weeks, shown, "week", hover=hover),
    ]
    if hidden is not None and any(hidden):
        traces.append(hidden_marks(weeks, hidden))
        caption = f"{caption} {HIDDEN_CAPTION}".strip()
    if shown and shown[-1] is not None:
        traces.append(dot(weeks[-1], shown[-1], TONES[tone]))
    yaxis: dict[str, Any] = {"tickformat": ".0%"} if unit == "share" else {}
    layout = {
        **marked_events(events),
        "yaxis": yaxis | ({"ticksuffix": scale[1]} if scale[1] else {}),
        "xaxis": {"hoverformat": "week of %-d %b %Y", "tickformatstops": DATE_TICKS},
    }
    return Chart(spec(traces, layout), alt, caption, height)


def rise(
    weeks: Sequence[date],
    values: Sequence[float | None],
    usual: tuple[Sequence[float | None], Sequence[float | None]],
    onset: tuple[datetime, datetime, datetime] | None,
    *,
    alt: str,
    hidden: Sequence[bool],
    events: Sequence[Event] = (),
) -> Chart:
    """A bar for each week over its usual range, the weeks of a rise set off, its begin and what coincides marked.

    onset: the rise's begin in the account's zone with the ends of its interval. hidden: weeks whose count is not shown.
    """
    since = onset[0].date() if onset else date.max
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": list(weeks),
            "y": list(values),
            "offset": 0,
            "width": _WEEK_MS * 0.88,
            "marker": {"color": [TONES["worse" if week + _WEEK > since else "usual"] for week in weeks]},
            "name": "week",
            "hovertemplate": "%{y:,.0f}",
        }
    ]
    if any(hidden):
        traces.append(hidden_marks([week + _WEEK / 2 for week in weeks], hidden))
    marks = marked_events(events, apart=2)
    top = max((value for value in (*values, *usual[1]) if value is not None), default=0)
    layout = {
        "annotations": marks["annotations"],
        "shapes": [*_week_bands(weeks, *usual), *_onset_shapes(onset), *marks["shapes"]],
        "yaxis": {"range": [0, 1.12 * max(top, 1)]},
        "xaxis": {
            "range": [weeks[0], weeks[-1] + _WEEK],
            "hoverformat": "week of %-d %b %Y",
            "tickformatstops": DATE_TICKS,
        },
    }
    caption = "Tickets a week, copies of one text counted once. Shaded: usual range."
    if onset:
        caption += " Thick line: the rise begins; the strip beside it: begins between."
    if any(hidden):
        caption += f" {HIDDEN_CAPTION}"
    return Chart(spec(traces, layout), alt, caption, height=240)


def _week_bands(
    weeks: Sequence[date], low: Sequence[float | None], high: Sequence[float | None]
) -> list[dict[str, Any]]:
    return [
        {"x0": week, "x1": week + _WEEK, "y0": least, "y1": most} | _BELOW | {"fillcolor": BAND}
        for week, least, most in zip(weeks, low, high, strict=True)
        if least is not None and most is not None
    ]


def _onset_shapes(onset: tuple[datetime, datetime, datetime] | None) -> list[dict[str, Any]]:
    if onset is None:
        return []
    at, low, high = onset
    span = {"y0": 0, "y1": 1, "yref": "paper"}
    line = {"type": "line", "x0": at, "x1": at, "line": {"color": INK, "width": 2}}
    strip = {"x0": low, "x1": high, "fillcolor": MARK, "opacity": 0.6} | _BELOW | {"layer": "above"}
    return [strip | span, line | span]


def forecast(
    past: tuple[Sequence[date], Sequence[float | None]],
    ahead: Sequence[date],
    expected: Sequence[float],
    inner: tuple[Sequence[float], Sequence[float]],
    outer: tuple[Sequence[float], Sequence[float]],
    *,
    alt: str,
    events: Sequence[Event] = (),
) -> Chart:
    """Arrivals a day: what came, then what is expected inside its 80 % (`inner`) and 95 % (`outer`) range."""
    traces = [
        *band(ahead, outer[0], outer[1], BAND_OUTER, "95 % range"),
        *band(ahead, inner[0], inner[1], BAND, "80 % range"),
        line(past[0], past[1], "came", SOFT, 1.5),
        line(ahead, expected, "expected"),
    ]
    layout = {
        **marked_events(events, area=True),
        "xaxis": {"hoverformat": "%a %-d %b %Y", "tickformatstops": DATE_TICKS},
    }
    # A range that reaches far beyond all else would press the rest of the chart flat.
    top = max(value for value in (*past[1], *expected, *inner[1], 1.0) if value is not None)
    if max(outer[1], default=0) <= 2 * top:
        return Chart(spec(traces, layout), alt, height=320)
    layout["yaxis"] = {"range": [0, 1.5 * top]}
    return Chart(spec(traces, layout), alt, "The 95 % range reaches beyond the top of the chart.", height=320)


def spec(traces: Sequence[dict[str, Any]], layout: dict[str, Any]) -> dict[str, Any]:
    """A figure of traces in the shared look."""
    return {"data": list(traces), "layout": {"template": TEMPLATE, **layout}}


def line(
    x: Sequence[date],
    y: Sequence[float | None],
    name: str,
    colour: str = ACCENT,
    width: float = 2,
    *,
    hover: str = "%{y:,.0f}",
    **look: object,
) -> dict[str, Any]:
    """A line over time. look: what else plotly takes for `line`, such as `dash` or `shape`."""
    return {
        "type": "scatter",
        "x": list(x),
        "y": rounded(y),
        "mode": "lines",
        "line": {"color": colour, "width": width, **look},
        "name": name,
        "hovertemplate": hover,
    }


def dot(x: date, y: float, colour: str) -> dict[str, Any]:
    """A point that stands out of its line."""
    return {
        "type": "scatter",
        "x": [x],
        "y": [y],
        "mode": "markers",
        "marker": {"color": colour, "size": 9, "line": {"color": "var(--card)", "width": 2}},
        "hoverinfo": "skip",
    }


def band(
    dates: Sequence[date],
    low: Sequence[float | None],
    high: Sequence[float | None],
    colour: str,
    name: str,
    shape: str = "linear",
) -> list[dict[str, Any]]:
    """The area between two lines."""
    edge = {
        "type": "scatter",
        "x": list(dates),
        "mode": "lines",
        "line": {"width": 0, "color": colour, "shape": shape},
        "fillcolor": colour,
        "name": name,
        "hoverinfo": "skip",
    }
    return [edge | {"y": rounded(low)}, edge | {"y": rounded(high), "fill": "tonexty"}]


def rounded(values: Sequence[float | None]) -> list[float | None]:
    """Values as a chart needs them: all their digits would double the size of a page."""
    top = max((abs(value) for value in values if value is not None), default=0)
    digits = 2 if top >= 2 else 4
    return [None if value is None else round(value, digits) for value in values]


def hidden_marks(dates: Sequence[date], hidden: Sequence[bool], foot: float = 0) -> dict[str, Any]:
    """Open circles at the foot of a chart, where a count is not shown."""
    at = [day for day, is_hidden in zip(dates, hidden, strict=True) if is_hidden]
    return {
        "type": "scatter",
        "x": at,
        "y": [foot] * len(at),
        "mode": "markers",
        "marker": {"symbol": "circle-open", "color": SOFT, "size": 5},
        "cliponaxis": False,
        "name": "week",
        "hovertemplate": "hidden (small count)",
    }


def marked_events(
    events: Sequence[Event], *, area: bool = False, apart: int = MARKS_APART
) -> dict[str, list[dict[str, Any]]]:
    """Lines (or areas) with numbers; events that begin fewer than `apart` days from each other share a number."""
    return {
        "shapes": [_event_shape(event, as_area=area and event.last > event.first) for event in events],
        "annotations": _marks(events, apart),
    }


def _marks(events: Sequence[Event], apart: int) -> list[dict[str, Any]]:
    """The numbers over a chart: of events close to each other `13–15`, and raised where two would still touch."""
    groups: list[list[Event]] = []
    for event in sorted(events, key=lambda event: event.first):
        if groups and (event.first - groups[-1][0].first).days < apart:
            groups[-1].append(event)
        else:
            groups.append([event])
    marks = []
    raised = True
    for place, group in enumerate(groups):
        near = place and (group[0].first - groups[place - 1][0].first).days < MARKS_STAGGERED
        raised = bool(near) and not raised
        marks.append(
            {
                "x": group[0].first,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "yshift": 13 if raised else 0,
                "text": plot_label(_label([event.mark for event in group])),
                "hovertext": plot_label(", ".join(event.name for event in group)),
                "showarrow": False,
                "font": {"size": 11, "color": INK},
            }
        )
    return marks


def _label(marks: Sequence[str]) -> str:
    """`7`, `13–15`; letters and numbers apart: `b, 1–3`."""
    kinds = [[mark for mark in marks if mark.isdecimal() is numbers] for numbers in (False, True)]
    told = [kind[0] if len(kind) == 1 else f"{kind[0]}–{kind[-1]}" for kind in kinds if kind]
    return ", ".join(told)


def _event_shape(event: Event, *, as_area: bool) -> dict[str, Any]:
    span = {"x0": event.first, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    if as_area:
        look = {"type": "rect", "x1": event.last, "fillcolor": MARK, "line": {"width": 0}, "opacity": 0.8}
    else:
        look = {"type": "line", "x1": event.first, "line": {"color": SOFT, "width": 1, "dash": "dot"}}
    return span | look


def minutes_scale(values: Sequence[float | None]) -> tuple[float, str]:
    """What minutes are divided by to read well, and the unit that then stands at the axis."""
    top = max((value for value in values if value is not None), default=0)
    if top < 240:
        return 1.0, wording.minutes(1)[-4:]
    return (60.0, " h") if top < 72 * 60 else (1440.0, " days")
