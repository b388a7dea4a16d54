"""Which calendar events, and which columns known ahead, reach which segment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from models.forecast.calendar_features import (
    CalendarEvent,
    EventColumns,
    EventLayout,
    event_columns,
    layout_of,
)
from models.forecast.panel import SEGMENT, Bools, Floats, Ints, Panel

REGRESSOR_PENALTY = 1.0
CLOSING_SHARE = 0.98  # of the days on which a 0/1 column has one of its values and nothing comes in
FEWEST_CLOSED_DAYS = 5


@dataclass(frozen=True)
class ScopedPanel:
    """A panel with the event columns of each scope (segments reached by the same events), to the horizon.

    scope: index into `columns` by segment; cell: pool of event effects (business line x channel) by segment;
    reached: by scope, a flag for each event. closed: days known to be closed, shape (history + horizon days,
    segments), or None where nothing tells.
    """

    panel: Panel
    horizon: int
    events: list[CalendarEvent]
    layout: EventLayout
    scope: Ints
    columns: tuple[EventColumns, ...]
    reached: tuple[tuple[bool, ...], ...]
    cell: Ints
    closed: Bools | None


def scope_panel(
    panel: Panel, events: list[CalendarEvent], horizon: int, regressors: pl.DataFrame | None = None
) -> ScopedPanel:
    """Work out which events and regressors reach which segment.

    regressors: date, business_line, channel, tier, region and one numeric column each. A 0/1 column that
    says on which days nothing comes in (a shop's "open") closes those days and is no effect.
    """
    days = panel.days + horizon
    known, closed = _known_ahead(panel, days, regressors)
    scopes: dict[tuple[tuple[bool, ...], bytes], int] = {}
    cells: dict[tuple[str, str], int] = {}
    scope, cell, columns = [], [], []
    layout = layout_of(events)
    for at, row in enumerate(panel.segments.iter_rows(named=True)):
        reached = tuple(event.applies_to(row["business_line"], row["region"]) for event in events)
        key = (reached, known[:, at].tobytes())
        if key not in scopes:
            scopes[key] = len(scopes)
            here = [event for event, applies in zip(events, reached, strict=True) if applies]
            own = event_columns(here, layout, panel.first, days)
            columns.append(_with_regressors(own, known[:, at], panel.first.weekday()))
        scope.append(scopes[key])
        cell.append(cells.setdefault((row["business_line"], row["channel"]), len(cells)))
    return ScopedPanel(
        panel,
        horizon,
        events,
        layout,
        np.array(scope),
        tuple(columns),
        tuple(reached for reached, _ in scopes),
        np.array(cell),
        closed,
    )


def _known_ahead(panel: Panel, days: int, regressors: pl.DataFrame | None) -> tuple[Floats, Bools | None]:
    """Regressors as an array, shape (days, segments, columns), and the days that one of them closes."""
    segments = panel.segments.height
    if regressors is None:
        return np.zeros((days, segments, 0)), None
    names = [name for name in regressors.columns if name not in ("date", *SEGMENT)]
    last = panel.first + timedelta(days=days - 1)
    rows = regressors.filter(pl.col("date").is_between(panel.first, last)).join(
        panel.segments.with_row_index("segment"), on=SEGMENT
    )
    day = rows.select((pl.col("date") - panel.first).dt.total_days()).to_series().to_numpy()
    values = np.full((days, segments, len(names)), np.nan)
    values[day, rows["segment"].to_numpy()] = rows.select(names).to_numpy()
    kept, closed = [], np.zeros((days, segments), dtype=bool)
    any_closing = False
    for at in range(len(names)):
        column = values[:, :, at]
        value = _closing_value(column, panel.counts)
        if value is None:
            usual = np.nan_to_num(np.nanmedian(column))
            kept.append(np.where(np.isnan(column), usual, column))
        else:
            closed |= column == value
            any_closing = True
    return np.stack(kept, axis=2) if kept else np.zeros((days, segments, 0)), closed if any_closing else None


def _closing_value(column: Floats, counts: Floats) -> float | None:
    """The value of a 0/1 column that goes with nothing coming in, if it has one."""
    if not np.isin(column[~np.isnan(column)], (0.0, 1.0)).all():
        return None
    past = column[: len(counts)]
    for value in (0.0, 1.0):
        here, other = past == value, past == 1 - value
        if here.sum() < FEWEST_CLOSED_DAYS or not other.any():
            continue
        if (counts[here] == 0).mean() >= CLOSING_SHARE and (counts[other] == 0).mean() < 1 - CLOSING_SHARE:
            return value
    return None


def _with_regressors(own: EventColumns, known: Floats, first_weekday: int) -> EventColumns:
    """Appends each regressor: a 0/1 column with its first day and its weekdays, any other in its own units."""
    if not known.shape[1]:
        return own
    weekday = (np.arange(len(known)) + first_weekday) % 7
    columns = [own.matrix]
    penalty = [own.penalty]
    active = own.active.copy()
    for column in known.T:
        if np.isin(column, (0.0, 1.0)).all():
            opening = column * (np.roll(column, 1) == 0)
            closing = np.roll(column, 1) * (column == 0)
            closing[0] = 0.0
            columns += [
                np.column_stack([column, opening, closing, *(column * (weekday == d) for d in range(7))])
            ]
            penalty.append(np.full(10, REGRESSOR_PENALTY))
            active |= (column == 1) & (column.mean() < 0.5)
        else:
            standard = (column - column.mean()) / max(float(column.std()), 1e-9)
            columns.append(np.column_stack([standard, standard**2 - 1]))
            penalty.append(np.full(2, REGRESSOR_PENALTY))
    return EventColumns(np.hstack(columns), np.concatenate(penalty), active, own.holidays, own.surge)
