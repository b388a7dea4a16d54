"""Campaigns and holidays as columns of the design, past surges as days to leave out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.forecast.panel import Bools, Floats

# Days around a campaign that share an effect: before its start, during it, after its end (Christmas shopping
# questions come before, parcels and refunds after).
CAMPAIGN_LEADS = ((-2, -1),)
CAMPAIGN_LAGS = ((1, 1), (2, 3), (4, 6), (7, 9), (10, 14))
SURGE_KINDS = ("ato_wave", "incident")
# What a calendar may hold; releases, changed procedures and trainings do not move the forecast.
EVENT_KINDS = ("campaign", "holiday", *SURGE_KINDS, "release", "sop_change", "training")
SURGE_AFTERMATH_DAYS = 3

EVENT_PENALTY = 3.0
NAMED_EVENT_PENALTY = 4.0
WEEKDAY_PENALTY = 6.0  # weekday x campaign: useful only where campaigns are frequent


@dataclass(frozen=True)
class CalendarEvent:
    """A campaign, holiday, ATO wave or incident on whole days; None as scope means everywhere."""

    kind: str
    name: str
    first: date
    last: date
    business_line: str | None
    region: str | None
    size: float

    @property
    def key(self) -> str:
        """The name however it is spelled."""
        return self.name.casefold()

    def applies_to(self, business_line: str, region: str) -> bool:
        return self.business_line in (None, business_line) and self.region in (None, region)


@dataclass(frozen=True)
class EventLayout:
    """Which event columns a design has, the same for every scope, so that effects can be pooled.

    campaigns, holidays: whether the calendar has any. campaign_names, holiday_names: names that come back:
    only they can have an effect of their own.
    """

    campaigns: bool
    holidays: bool
    campaign_names: tuple[str, ...]
    holiday_names: tuple[str, ...]


@dataclass(frozen=True)
class EventColumns:
    """Event columns of one scope, shape (days, columns), and the penalty of each.

    active: days with a campaign or holiday on. holidays: the holiday's name by day, '' on other days.
    surge: days of an ATO wave or incident and shortly after.
    """

    matrix: Floats
    penalty: Floats
    active: Bools
    holidays: tuple[str, ...]
    surge: Bools


def read_calendar(calendar: pl.DataFrame, cutoff: date) -> list[CalendarEvent]:
    """The events a forecast made at the cutoff may know.

    Campaigns and holidays are planned, so future ones are known; an ATO wave or an incident is known once it
    has begun. An end at midnight belongs to the day before. Other kinds (releases, training) do not enter.
    Days listed one by one are joined. A size that is not given is the median of those given; sizes are
    relative to that median, and a campaign of size 0 is none. Raises ValueError for an event without a name,
    a start or an end, or one that ends before it starts.
    """
    if calendar.is_empty():
        return []
    rows = calendar.filter(pl.col("kind").is_in(["campaign", "holiday", *SURGE_KINDS]))
    usual = usual_size(calendar)
    events = _joined([_event(row, usual) for row in rows.iter_rows(named=True)])
    return [
        event for event in events if (event.first <= cutoff if event.kind in SURGE_KINDS else event.size > 0)
    ]


def usual_size(calendar: pl.DataFrame) -> float:
    """The median size of the campaigns that give one; 1 where none does."""
    sizes = calendar.filter(pl.col("kind") == "campaign", pl.col("size") > 0)["size"]
    return float(np.median(sizes)) if len(sizes) else 1.0


def _event(row: dict[str, Any], median_size: float) -> CalendarEvent:
    absent = [column for column in ("name", "starts_at", "ends_at") if row[column] is None]
    if absent:
        raise ValueError(f"calendar event {row['event_id']} has no {' and no '.join(absent)}; give it one")
    first, last = _day(row["starts_at"]), _day(row["ends_at"])
    if last < first:
        raise ValueError(
            f"calendar event {row['event_id']} ends ({row['ends_at']}) before it starts "
            f"({row['starts_at']}); correct its times"
        )
    ends = row["ends_at"]
    if isinstance(ends, datetime) and ends > row["starts_at"] and ends.time() == ends.min.time():
        last -= timedelta(days=1)
    size = 1.0 if row["size"] is None else row["size"] / median_size
    return CalendarEvent(
        row["kind"], recurring_name(row["name"]), first, last, row["business_line"], row["region"], size
    )


def _joined(events: list[CalendarEvent]) -> list[CalendarEvent]:
    """Events of one name and scope that touch or overlap as one: a campaign may be listed day by day."""

    def what(event: CalendarEvent) -> tuple[str, ...]:
        return (event.kind, event.key, event.business_line or "", event.region or "")

    joined: list[CalendarEvent] = []
    for event in sorted(events, key=lambda event: (what(event), event.first)):
        before = joined[-1] if joined else None
        if before and what(before) == what(event) and (event.first - before.last).days <= 1:
            joined[-1] = replace(before, last=max(before.last, event.last), size=max(before.size, event.size))
        else:
            joined.append(event)
    return joined


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def recurring_name(name: str) -> str:
    """The name without its year, so that Black Friday 2025 and 2026 are one event that comes back."""
    return re.sub(r"\W*\b(19|20)\d\d\b\W*", " ", name).strip() or name


def layout_of(events: list[CalendarEvent]) -> EventLayout:
    """The event columns that a calendar calls for."""
    kinds = {event.kind for event in events}
    return EventLayout(
        "campaign" in kinds,
        "holiday" in kinds,
        _names_that_come_back(events, "campaign"),
        _names_that_come_back(events, "holiday"),
    )


def _names_that_come_back(events: list[CalendarEvent], kind: str) -> tuple[str, ...]:
    starts = {(event.key, event.first) for event in events if event.kind == kind}
    seen = Counter(name for name, _ in starts)
    return tuple(sorted(name for name, times in seen.items() if times >= 2))


def event_columns(events: list[CalendarEvent], layout: EventLayout, first: date, days: int) -> EventColumns:
    """Columns of the events that reach a scope, from `first` on for `days` days; 0 where nothing applies."""
    campaigns = [event for event in events if event.kind == "campaign"]
    holidays = [event for event in events if event.kind == "holiday"]
    matrix: list[Floats] = []
    penalty: list[float] = []
    campaign_on, holiday_on = np.zeros(days), np.zeros(days)
    if layout.campaigns:
        campaign_on = _campaign_columns(campaigns, layout.campaign_names, first, days, matrix, penalty)
    if layout.holidays:
        holiday_on = _holiday_columns(holidays, layout.holiday_names, first, days, matrix, penalty)
    surge = np.zeros(days)
    for event in events:
        if event.kind in SURGE_KINDS:
            _mark(surge, first, event.first, event.last + timedelta(days=SURGE_AFTERMATH_DAYS), 1.0)
    return EventColumns(
        np.column_stack(matrix) if matrix else np.zeros((days, 0)),
        np.array(penalty),
        (campaign_on > 0) | (holiday_on > 0),
        _holiday_names(holidays, first, days),
        surge > 0,
    )


def _campaign_columns(
    campaigns: list[CalendarEvent],
    names: tuple[str, ...],
    first: date,
    days: int,
    matrix: list[Floats],
    penalty: list[float],
) -> Floats:
    """Appends size x days before, during and after, an on / off flag, weekdays and a column per name."""
    for from_lead, to_lead in CAMPAIGN_LEADS:
        column = np.zeros(days)
        for event in campaigns:
            _mark(
                column,
                first,
                event.first + timedelta(from_lead),
                event.first + timedelta(to_lead),
                event.size,
            )
        matrix.append(column)
    during, active = np.zeros(days), np.zeros(days)
    for event in campaigns:
        _mark(during, first, event.first, event.last, event.size)
        _mark(active, first, event.first, event.last, 1.0)
    active = np.minimum(active, 1.0)
    opening = np.zeros(days)
    for event in campaigns:
        _mark(opening, first, event.first, event.first, event.size)
    matrix += [during, active, opening]
    for from_lag, to_lag in CAMPAIGN_LAGS:
        column = np.zeros(days)
        for event in campaigns:
            _mark(column, first, event.last + timedelta(from_lag), event.last + timedelta(to_lag), event.size)
        matrix.append(column)
    penalty += [EVENT_PENALTY] * (len(CAMPAIGN_LEADS) + 3 + len(CAMPAIGN_LAGS))
    weekday = (np.arange(days) + first.weekday()) % 7
    matrix += [active * (weekday == day) for day in range(7)]
    penalty += [WEEKDAY_PENALTY] * 7
    for name in names:
        column = np.zeros(days)
        for event in campaigns:
            if event.key == name:
                _mark(column, first, event.first, event.last, event.size)
        matrix.append(column)
        penalty.append(NAMED_EVENT_PENALTY)
    return active


def _holiday_columns(
    holidays: list[CalendarEvent],
    names: tuple[str, ...],
    first: date,
    days: int,
    matrix: list[Floats],
    penalty: list[float],
) -> Floats:
    """Appends the day before, the day itself, the day after, and one column per recurring name."""
    before, active, after = np.zeros(days), np.zeros(days), np.zeros(days)
    for event in holidays:
        _mark(before, first, event.first - timedelta(1), event.first - timedelta(1), 1.0)
        _mark(active, first, event.first, event.last, 1.0)
        _mark(after, first, event.last + timedelta(1), event.last + timedelta(1), 1.0)
    active = np.minimum(active, 1.0)
    matrix += [np.minimum(before, 1.0), active, np.minimum(after, 1.0)]
    penalty += [EVENT_PENALTY] * 3
    for name in names:
        column = np.zeros(days)
        for event in holidays:
            if event.key == name:
                _mark(column, first, event.first, event.last, 1.0)
        matrix.append(np.minimum(column, 1.0))
        penalty.append(NAMED_EVENT_PENALTY)
    return active


def _holiday_names(holidays: list[CalendarEvent], first: date, days: int) -> tuple[str, ...]:
    names = [""] * days
    for event in holidays:
        for day in range(max((event.first - first).days, 0), min((event.last - first).days + 1, days)):
            names[day] = event.key
    return tuple(names)


def _mark(column: Floats, first: date, start: date, end: date, value: float) -> None:
    begin, stop = max((start - first).days, 0), max((end - first).days + 1, 0)
    column[begin:stop] += value
