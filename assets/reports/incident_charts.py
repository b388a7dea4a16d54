"""Charts of the incident page: a wave by the hour, and how it is likely to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assets.reports.charts import (
    ACCENT,
    BAND,
    DATE_TICKS,
    HIDDEN_CAPTION,
    INK,
    SOFT,
    TONES,
    Chart,
    band,
    hidden_marks,
    line,
    spec,
)

_DAY_MS = 86_400_000
_DAYS_NAMED = 5  # on the axis: on a phone no more fit side by side


@dataclass(frozen=True)
class Hours:
    """A wave by the hour, or by `hours` at a time: tickets (None where hidden), usual and the level of an alarm."""

    begins: Sequence[datetime]
    hours: int
    tickets: Sequence[int | None]
    usual: Sequence[float]
    alarm_level: Sequence[float | None]
    started_at: datetime


def by_hour(wave: Hours, *, alt: str) -> Chart:
    """Tickets of each hour as bars, those since the start set off, over what is usual and what sets off an alarm."""
    colours = [TONES["worse"] if at >= wave.started_at else BAND for at in wave.begins]
    hidden = [count is None for count in wave.tickets]
    hover = "%{y:,.0f}"
    traces = [
        {
            "type": "bar",
            "x": list(wave.begins),
            "y": list(wave.tickets),
            "offset": 0,
            "width": wave.hours * 3_600_000 * 0.9,
            "marker": {"color": colours},
            "name": "came",
            "hovertemplate": hover,
        },
        line(wave.begins, wave.usual, "usual", SOFT, 2, hover=hover, shape="hv"),
    ]
    if any(level is not None for level in wave.alarm_level):
        traces.append(line(wave.begins, wave.alarm_level, "alarm from", INK, 1, dash="dot", shape="hv"))
    caption = "Tickets an hour." if wave.hours == 1 else f"Tickets in {wave.hours} hours each."
    if any(hidden):
        traces.append(hidden_marks(wave.begins, hidden))
        caption += f" {HIDDEN_CAPTION}"
    start = {"type": "line", "x0": wave.started_at, "x1": wave.started_at, "y0": 0, "y1": 1, "yref": "paper"}
    layout = {
        "bargap": 0,
        "shapes": [start | {"line": {"color": INK, "width": 2}}],
        "xaxis": {
            "hoverformat": "%a %-d %b %H:%M",
            "tickformat": "%-d %b",
            "dtick": _DAY_MS * max(1, round(len(wave.begins) * wave.hours / 24 / _DAYS_NAMED)),
        },
    }
    return Chart(spec(traces, layout), alt, caption, height=260)


@dataclass(frozen=True)
class Course:
    """Tickets above usual by day: so far, and expected with their likely range."""

    past: Sequence[date]
    came: Sequence[float | None]
    ahead: Sequence[date]
    expected: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def course(wave: Course, *, alt: str) -> Chart:
    """Bars of what came above usual, then the likely course in its range."""
    traces = [
        {
            "type": "bar",
            "x": list(wave.past),
            "y": list(wave.came),
            "marker": {"color": TONES["worse"]},
            "name": "above usual",
            "hovertemplate": "%{y:,.0f}",
        },
        *band(wave.ahead, wave.low, wave.high, BAND, "likely range"),
        line(wave.ahead, wave.expected, "expected above usual", ACCENT),
    ]
    layout = {"xaxis": {"hoverformat": "%a %-d %b %Y", "tickformatstops": DATE_TICKS}}
    hidden = any(value is None for value in wave.came)
    return Chart(spec(traces, layout), alt, "Days with small counts are left out." if hidden else "", 240)
