"""One forecast of every segment, from what was known on one day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from models.forecast.calendar_features import CalendarEvent, EventColumns, event_columns
from models.forecast.closures import Closures, find_closures
from models.forecast.design import base_design, recency_weights
from models.forecast.panel import Bools, Floats, Ints, Panel
from models.forecast.ridge import BlockFit, SeriesBlock, fit_blocks

SPARSE_PER_DAY = 0.5  # under this a segment is forecast together with its sparse siblings and shares the sum
SHARE_HALF_LIFE_DAYS = 180.0
RECENT_DAYS = 365
LATE_START_DAYS = 28  # this many days without a ticket before the first one: the segment began later
LEVEL_HALF_LIFE_DAYS = 12.0
SURGE_SHARE_LIMIT = 0.25  # more of the year than this under surges is no exception any more


@dataclass(frozen=True)
class Form:
    """How readily a forecast follows recent change.

    hinge_penalty: L2 penalty of the trend's bends, small for a trend that bends easily. level_trust: share of
    the last weeks' mean residual that is carried forward, 0 to 1.
    """

    hinge_penalty: float
    level_trust: float


STEADY = Form(hinge_penalty=30.0, level_trust=0.7)
NIMBLE = Form(hinge_penalty=4.0, level_trust=1.0)
RESTLESS = Form(hinge_penalty=0.5, level_trust=1.0)
FORMS = (STEADY, NIMBLE, RESTLESS)


@dataclass(frozen=True)
class ScopedPanel:
    """A panel with the event columns of each scope (segments reached by the same events), to the horizon.

    scope: index into `events` by segment; cell: pool of event effects (business line x channel) by segment.
    """

    panel: Panel
    horizon: int
    scope: Ints
    events: tuple[EventColumns, ...]
    cell: Ints


@dataclass(frozen=True)
class SegmentForecast:
    """Tickets expected per day ahead and segment, with and without events, shape (horizon, segments).

    sparse, ended: segments forecast by their share, and those that had stopped.
    """

    expected: Floats
    base: Floats
    sparse: Bools
    ended: Bools


@dataclass(frozen=True)
class _Units:
    """What is fitted: a segment, or sparse segments of one scope added up. share splits a unit again."""

    counts: Floats
    scope: Ints
    cell: Ints
    unit_of: Ints
    share: Floats
    sparse: Bools


def scope_panel(panel: Panel, events: list[CalendarEvent], horizon: int) -> ScopedPanel:
    """Work out which events reach which segment."""
    scopes: dict[tuple[bool, ...], int] = {}
    cells: dict[tuple[str, str], int] = {}
    scope, cell = [], []
    for row in panel.segments.iter_rows(named=True):
        reached = tuple(event.applies_to(row["business_line"], row["region"]) for event in events)
        scope.append(scopes.setdefault(reached, len(scopes)))
        cell.append(cells.setdefault((row["business_line"], row["channel"]), len(cells)))
    columns = tuple(event_columns(events, reached, panel.first, panel.days + horizon) for reached in scopes)
    return ScopedPanel(panel, horizon, np.array(scope), columns, np.array(cell))


def forecast_segments(scoped: ScopedPanel, days: int, form: Form) -> SegmentForecast:
    """Forecast the `horizon` days after the first `days` days of the panel, reading nothing after them."""
    units = _units(scoped, days)
    closures = find_closures(
        units.counts, [scoped.events[scope] for scope in units.scope], days, scoped.horizon
    )
    members = _blocks_of(scoped, units, closures, days)
    blocks = [_block(scoped, units, closures, key, index, form) for key, index in members.items()]
    expected = np.zeros((scoped.horizon, units.counts.shape[1]))
    base = np.zeros_like(expected)
    for index, block, fit in zip(members.values(), blocks, fit_blocks(blocks), strict=True):
        expected[:, index], base[:, index] = _tickets(fit, block, units.counts[:, index], form)
    expected[closures.ahead] = 0.0
    ended = closures.ended[units.unit_of]
    split = units.share * ~ended
    return SegmentForecast(
        expected[:, units.unit_of] * split, base[:, units.unit_of] * split, units.sparse, ended
    )


def _units(scoped: ScopedPanel, days: int) -> _Units:
    counts = scoped.panel.counts[:days]
    sparse = counts[-RECENT_DAYS:].mean(axis=0) < SPARSE_PER_DAY
    dense = np.flatnonzero(~sparse)
    unit_of = np.zeros(len(sparse), dtype=np.int64)
    unit_of[dense] = np.arange(len(dense))
    scopes = np.unique(scoped.scope[sparse])
    unit_of[sparse] = len(dense) + np.searchsorted(scopes, scoped.scope[sparse])
    together = np.zeros((days, len(dense) + len(scopes)))
    np.add.at(together.T, unit_of, counts.T)
    recent = recent_volume(counts)
    share = np.ones(len(sparse))
    totals = np.bincount(unit_of, weights=recent, minlength=together.shape[1])
    siblings = np.bincount(unit_of, minlength=together.shape[1])
    even = 1.0 / siblings[unit_of]
    share[sparse] = np.where(totals[unit_of] > 0, recent / np.maximum(totals[unit_of], 1e-12), even)[sparse]
    mixed = int(scoped.cell.max()) + 1 + np.arange(len(scopes))  # sums of channels pool by their scope
    return _Units(
        together,
        np.concatenate([scoped.scope[dense], scopes]),
        np.concatenate([scoped.cell[dense], mixed]),
        unit_of,
        share,
        sparse,
    )


def recent_volume(counts: Floats) -> Floats:
    """Volume of each column with older days weighing less."""
    age = np.arange(counts.shape[0] - 1, -1, -1)
    return 0.5 ** (age / SHARE_HALF_LIFE_DAYS) @ counts


def _blocks_of(
    scoped: ScopedPanel, units: _Units, closures: Closures, days: int
) -> dict[tuple[int, int, bytes], Ints]:
    """Units by what makes their design: scope, start, closed weekdays."""
    starts = _starts(units.counts)
    members: dict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    for unit in range(units.counts.shape[1]):
        key = (int(units.scope[unit]), int(starts[unit]), closures.weekdays[:, unit].tobytes())
        members[key].append(unit)
    return {key: np.array(index) for key, index in members.items()}


def _starts(counts: Floats) -> Ints:
    """First day of history of each column: later than 0 where it plainly began later, on whole weeks."""
    days = counts.shape[0]
    seen = counts > 0
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), 0)
    per_day = counts.sum(axis=0) / np.maximum(days - first, 1)
    began_later = (first > LATE_START_DAYS) & (per_day >= SPARSE_PER_DAY)
    return np.where(began_later, np.minimum(-(-first // 7) * 7, days - 1), 0)


def _block(
    scoped: ScopedPanel,
    units: _Units,
    closures: Closures,
    key: tuple[int, int, bytes],
    index: Ints,
    form: Form,
) -> SeriesBlock:
    scope, start, _ = key
    days = units.counts.shape[0]
    events = scoped.events[scope]
    design = base_design(
        scoped.panel.first + timedelta(days=start), days - start, scoped.horizon, form.hinge_penalty
    )
    closed = closures.past[start:, index]
    weights = recency_weights(days - start)
    surge = events.surge[start:days]
    if surge[-RECENT_DAYS:].mean() <= SURGE_SHARE_LIMIT:
        weights = weights * ~surge
    weights = weights * ~closed.all(axis=1)
    return SeriesBlock(
        base=design.matrix,
        base_penalty=design.penalty,
        events=events.matrix[start : days + scoped.horizon],
        event_penalty=events.penalty,
        weights=weights,
        target=np.log(units.counts[start:, index] + 0.5),
        observed=~closed & (weights > 0)[:, None],
        cell=units.cell[index],
    )


def _tickets(fit: BlockFit, block: SeriesBlock, counts: Floats, form: Form) -> tuple[Floats, Floats]:
    """Back from logs to tickets: the mean of exp is not exp of the mean, so match the last year's sum.

    The last year is taken as winsorised, or a past surge would lift the whole forecast (Duan 1983).
    """
    days = block.target.shape[0]
    read = block.observed[-RECENT_DAYS:]
    seen = np.minimum(
        counts[-days:][-RECENT_DAYS:], np.maximum(np.exp(fit.winsorised[-RECENT_DAYS:]) - 0.5, 0.0)
    )
    smearing = (seen * read).sum(axis=0) / np.maximum(
        (np.exp(fit.fitted[:days][-RECENT_DAYS:]) * read).sum(axis=0), 1e-9
    )
    level = smearing * np.exp(form.level_trust * _late_residual(fit, block))
    return level * np.exp(fit.fitted[days:]), level * np.exp(fit.without_events[days:])


def _late_residual(fit: BlockFit, block: SeriesBlock) -> Floats:
    """Mean residual of the last weeks, the newest days weighing most: where the level stands by now."""
    days = block.target.shape[0]
    weight = 0.5 ** (np.arange(days - 1, -1, -1) / LEVEL_HALF_LIFE_DAYS)[:, None] * block.observed
    residual = fit.winsorised - fit.fitted[:days]
    return (weight * residual).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
