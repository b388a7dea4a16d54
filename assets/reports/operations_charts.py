"""Charts of the operations, review and vendor pages: control charts, whose minutes, ages of the backlog, funnels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from assets.reports import wording
from assets.reports.charts import (
    BAND,
    BAND_OUTER,
    DATE_TICKS,
    HIDDEN_CAPTION,
    INK,
    SOFT,
    TONES,
    Chart,
    band,
    hidden_marks,
    line,
    minutes_scale,
    rounded,
    spec,
)
from assets.reports.privacy import plot_label

_DAY_AXIS = {"hoverformat": "%a %-d %b %Y", "tickformatstops": DATE_TICKS}
# From the first to the last of a few ordered parts: each darker than the one before.
SHADES = ("var(--shade-1)", "var(--shade-2)", "var(--shade-3)", "var(--shade-4)", "var(--shade-5)")
REST = "var(--shade-0)"


@dataclass(frozen=True)
class Days:
    """A KPI day by day. is_signal: days that a rule of the control chart marks; hidden: days not shown; at_least: of
    such a day, how much it was at least, where that may be told."""

    days: Sequence[date]
    values: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    is_signal: Sequence[bool]
    hidden: Sequence[bool]
    at_least: Sequence[float | None]


def control_chart(kpi: Days, *, unit: str, tone: str, alt: str, caption: str = "") -> Chart:
    """The days of a KPI over their usual range, with the days that are a signal as dots."""
    by, suffix = minutes_scale([*kpi.values, *kpi.high]) if unit == "minutes" else (1.0, "")

    def scaled(values: Sequence[float | None]) -> list[float | None]:
        return [None if value is None else value / by for value in values]

    values = scaled(kpi.values)
    formats = {"share": "%{y:.1%}", "number": "%{y:,.2f}", "minutes": f"%{{y:,.1f}}{suffix}"}
    marked = [
        (day, value) for day, value, is_one in zip(kpi.days, values, kpi.is_signal, strict=True) if is_one
    ]
    traces = [
        *band(kpi.days, scaled(kpi.low), scaled(kpi.high), BAND, "usual range"),
        line(kpi.days, values, "day", width=1.5, hover=formats.get(unit, "%{y:,.0f}")),
        {
            "type": "scatter",
            "x": [day for day, _ in marked],
            "y": rounded([value for _, value in marked]),
            "mode": "markers",
            "marker": {"color": TONES[tone], "size": 7, "line": {"color": "var(--card)", "width": 1}},
            "hoverinfo": "skip",
        },
    ]
    if any(bound is not None for bound in kpi.at_least):
        traces.append(_bounds(kpi, formats[unit]))
        caption = f"{caption} Triangles: at least so much, where fewer than 10 are missing.".strip()
    if any(kpi.hidden):
        lowest = (value for value in (*values, *scaled(kpi.low)) if value is not None)
        foot = 0.0 if unit == "count" else min(lowest, default=0.0)
        traces.append(hidden_marks(kpi.days, kpi.hidden, foot))
        caption = f"{caption} {HIDDEN_CAPTION}".strip()
    axis: dict[str, Any] = {"tickformat": ".0%"} if unit == "share" else {}
    if unit in ("share", "number", "minutes"):
        axis["rangemode"] = "normal"  # how far a day lies from its range is what matters
    layout = {"yaxis": axis | ({"ticksuffix": suffix} if suffix else {}), "xaxis": _DAY_AXIS}
    return Chart(spec(traces, layout), alt, caption, height=210)


def _bounds(kpi: Days, hover: str) -> dict[str, Any]:
    """A triangle upwards where a day is known to lie no lower."""
    known = [(day, bound) for day, bound in zip(kpi.days, kpi.at_least, strict=True) if bound is not None]
    return {
        "type": "scatter",
        "x": [day for day, _ in known],
        "y": rounded([bound for _, bound in known]),
        "mode": "markers",
        "marker": {"color": SOFT, "symbol": "triangle-up-open", "size": 5},
        "hovertemplate": f"at least {hover}",
        "name": "at least",
    }


def parts_of_whole(
    rows: Sequence[str], parts: Mapping[str, tuple[str, Sequence[float]]], *, hover: str, alt: str
) -> Chart:
    """A bar for each row, split into parts that sum to the whole. parts: by name, a colour and a share for each row."""
    labels = [plot_label(row) for row in rows]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "y": labels,
            "x": rounded(shares),
            "name": plot_label(name),
            "marker": {"color": colour, "line": {"color": "var(--card)", "width": 1}},
            "text": [wording.share(share) if share >= 0.08 else "" for share in shares],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "insidetextfont": {"color": "var(--card)" if colour not in (REST, BAND) else INK},
            "textangle": 0,
            "hovertemplate": f"%{{y}}, {plot_label(name)}: {hover}",
            "hoverlabel": {"namelength": 0},
        }
        for name, (colour, shares) in parts.items()
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0.35,
        "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 4, "b": 4},
        "xaxis": {"visible": False, "range": [0, 1]},
        "yaxis": {
            "autorange": "reversed",
            "showgrid": False,
            "ticks": "",
            "type": "category",
            "automargin": True,
        },
    }
    return Chart(spec(traces, layout), alt, height=30 + 38 * len(rows))


def stacked_days(
    days: Sequence[date], parts: Mapping[str, tuple[str, Sequence[float | None]]], *, alt: str
) -> Chart:
    """Counts a day, one part upon the other. parts: by name, a colour and the counts."""
    traces = [
        line(days, counts, name, colour, 0.5)
        | {"stackgroup": "all", "fillcolor": colour, "hovertemplate": "%{y:,.0f}"}
        for name, (colour, counts) in parts.items()
    ]
    return Chart(spec(traces, {"xaxis": _DAY_AXIS}), alt, height=240)


@dataclass(frozen=True)
class Point:
    """A group in a funnel: its tickets, observed over expected, and between which ratios an ordinary one would lie.

    limits_95, limits_998: 19 of 20 and 499 of 500 ordinary groups with these tickets.
    """

    name: str
    n: float
    ratio: float
    tone: str
    limits_95: tuple[float, float]
    limits_998: tuple[float, float]
    hover: str


_SYMBOLS = {"worse": "diamond", "better": "square", "usual": "circle", "changed": "circle"}
_WIDE = 30  # times as many tickets in the largest group as in the smallest: more needs a logarithmic axis


def funnel(points: Sequence[Point], *, alt: str) -> Chart:
    """Each group's observed over expected against its tickets, on the limits within which chance may take it."""
    sizes = [point.n for point in points]
    dots = {
        "type": "scatter",
        "x": sizes,
        "y": rounded([point.ratio for point in points]),
        "mode": "markers+text",
        "text": [plot_label(point.name) if point.tone != "usual" else "" for point in points],
        "textposition": "top center",
        "textfont": {"size": 11, "color": INK},
        "marker": {
            "color": [TONES[point.tone] if point.tone != "usual" else SOFT for point in points],
            "symbol": [_SYMBOLS[point.tone] for point in points],
            "size": 9,
            "line": {"color": "var(--card)", "width": 1},
        },
        "hovertemplate": [plot_label(point.hover) for point in points],
        "hoverlabel": {"namelength": 0},
    }
    traces = [
        _limits(sizes, [point.limits_998 for point in points], BAND_OUTER, 8),
        _limits(sizes, [point.limits_95 for point in points], BAND, 8),
        dots,
    ]
    is_wide = bool(sizes) and max(sizes) > _WIDE * min(sizes)
    even = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "layer": "below"}
    layout = {
        "hovermode": "closest",
        "margin": {"l": 44, "r": 14, "t": 20, "b": 46},
        "xaxis": {"title": {"text": "tickets", "font": {"size": 12}}, "tickformat": ",.0f", "zeroline": False}
        | ({"type": "log", "dtick": 1} if is_wide else {"rangemode": "tozero"}),
        "yaxis": {"rangemode": "normal", "title": {"text": "times expected", "font": {"size": 12}}},
        "shapes": [even | {"line": {"color": SOFT, "width": 1}}],
    }
    return Chart(spec(traces, layout), alt, height=330)


def _limits(
    x: Sequence[float], limits: Sequence[tuple[float, float]], colour: str, width: float
) -> dict[str, Any]:
    """A bar for each group from its lower to its upper limit."""
    return {
        "type": "scatter",
        "x": list(x),
        "y": [1] * len(x),
        "mode": "markers",
        "marker": {"size": 1, "color": colour},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": rounded([high - 1 for _, high in limits]),
            "arrayminus": rounded([1 - low for low, _ in limits]),
            "color": colour,
            "thickness": width,
            "width": 0,
        },
        "hoverinfo": "skip",
    }
