"""One forecast of every segment, from what was known on one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from models.forecast.carry_over import LOOKED_AT_DAYS, surge_carry_over
from models.forecast.closures import Closures, find_closures
from models.forecast.design import (
    SHORT_HISTORY_DAYS,
    YEARLY_HISTORY_DAYS,
    base_design,
    recency_weights,
)
from models.forecast.panel import Bools, Floats, Ints
from models.forecast.ridge import BlockFit, SeriesBlock, fit_blocks
from models.forecast.scopes import ScopedPanel

SPARSE_PER_DAY = 0.5  # under this a segment is forecast together with its sparse siblings and shares the sum
SHARE_HALF_LIFE_DAYS = 180.0
RECENT_DAYS = 365
FEWEST_LATE_TICKETS = 10.0
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
class SegmentForecast:
    """Tickets expected per day ahead and segment, shape (horizon, segments).

    expected: in all; base: without campaigns, holidays and waves; level: level and trend alone; surge: what
    each wave that is on still brings, by its name. sparse, ended: segments forecast by their share, and
    those that had stopped.
    """

    expected: Floats
    base: Floats
    level: Floats
    surge: dict[str, Floats]
    sparse: Bools
    ended: Bools


@dataclass(frozen=True)
class Units:
    """What is fitted: a segment, or sparse segments of one scope added up. share splits a unit again."""

    counts: Floats
    scope: Ints
    cell: Ints
    unit_of: Ints
    share: Floats
    sparse: Bools


@dataclass(frozen=True)
class UnitFit:
    """Units that share a design, and their fit. index: which units; lift: what lifts exp of the fitted log
    volume to tickets, by unit."""

    index: Ints
    scope: int
    block: SeriesBlock
    fit: BlockFit
    lift: Floats


@dataclass(frozen=True)
class SegmentFit:
    """Every unit fitted to the first `days` days of the panel."""

    scoped: ScopedPanel
    days: int
    units: Units
    closures: Closures
    blocks: tuple[UnitFit, ...]


def fit_forms(scoped: ScopedPanel, days: int, forms: Sequence[Form]) -> list[SegmentFit]:
    """Fit the first `days` days of the panel in each form, reading nothing after them."""
    units = _units(scoped, days)
    closures = find_closures(
        units.counts, [scoped.columns[scope] for scope in units.scope], days, scoped.horizon
    )
    if scoped.closed is not None:
        closed = scoped.closed[: days + scoped.horizon, _first_member(units)]
        closures = closures.told(closed, units.counts)
    members = _blocks_of(scoped, units, closures, days)
    fits = []
    for form in forms:
        blocks = [_block(scoped, units, closures, key, index, form) for key, index in members.items()]
        fitted = [
            UnitFit(index, key[0], block, fit, _lift(fit, block, units.counts[:, index], form))
            for (key, index), block, fit in zip(members.items(), blocks, fit_blocks(blocks), strict=True)
        ]
        fits.append(SegmentFit(scoped, days, units, closures, tuple(fitted)))
    return fits


def forecast_segments(scoped: ScopedPanel, days: int, form: Form) -> SegmentForecast:
    """Forecast the `horizon` days after the first `days` days of the panel."""
    return forecast_fit(fit_forms(scoped, days, [form])[0])


def forecast_fit(made: SegmentFit) -> SegmentForecast:
    """The `horizon` days after those fitted."""
    units = made.units
    shape = (made.scoped.horizon, units.counts.shape[1])
    planned, base, level = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    usual = np.zeros((min(LOOKED_AT_DAYS, made.days), shape[1]))
    for unit in made.blocks:
        days = unit.block.target.shape[0]
        season = unit.fit.without_events - unit.fit.trend
        usual_season = np.log(np.exp(season[:days][-RECENT_DAYS:]).mean(axis=0))
        fitted = unit.lift * np.exp(unit.fit.fitted)
        planned[:, unit.index] = unit.lift * np.exp(unit.fit.without_events[days:] + _events_ahead(unit))
        usual[max(len(usual) - days, 0) :, unit.index] = fitted[:days][-len(usual) :]
        base[:, unit.index] = unit.lift * np.exp(unit.fit.without_events[days:])
        level[:, unit.index] = unit.lift * np.exp(unit.fit.trend[days:] + usual_season)
    planned[made.closures.ahead] = 0.0
    base[made.closures.ahead & ~_holidays_ahead(made)] = 0.0
    ended = made.closures.ended[units.unit_of]
    split = units.share * ~ended
    by_segment = [values[:, units.unit_of] * split for values in (planned, base, level, usual)]
    surge = surge_carry_over(made.scoped, made.days, by_segment[3], by_segment[0])
    expected = by_segment[0] + sum(surge.values(), np.zeros(()))
    return SegmentForecast(expected, by_segment[1], by_segment[2], surge, units.sparse, ended)


def _events_ahead(unit: UnitFit) -> Floats:
    """Log effect of the events ahead, never beyond the strongest of the past.

    Effects of large or overlapping campaigns multiply into what nobody has seen. A series too young to have
    seen any is left to its siblings' effects.
    """
    days = unit.block.target.shape[0]
    effect = unit.fit.fitted - unit.fit.without_events
    if unit.block.borrows:
        return effect[days:]
    return np.clip(effect[days:], effect[:days].min(axis=0), effect[:days].max(axis=0))


def _holidays_ahead(made: SegmentFit) -> Bools:
    """Days ahead with a holiday, shape (horizon, units): closed for it, not by the week."""
    ahead = slice(made.days, made.days + made.scoped.horizon)
    by_scope = [[name != "" for name in columns.holidays[ahead]] for columns in made.scoped.columns]
    return np.array(by_scope, dtype=bool)[made.units.scope].T


def _first_member(units: Units) -> Ints:
    """One segment of each unit: members of a unit share their scope."""
    return np.unique(units.unit_of, return_index=True)[1]


def _units(scoped: ScopedPanel, days: int) -> Units:
    counts = scoped.panel.counts[:days]
    sparse = (counts[-RECENT_DAYS:].mean(axis=0) < SPARSE_PER_DAY) & ~_began_late(counts, _first_day(counts))
    dense = np.flatnonzero(~sparse)
    unit_of = np.zeros(len(sparse), dtype=np.int64)
    unit_of[dense] = np.arange(len(dense))
    scopes = np.unique(scoped.scope[sparse])
    unit_of[sparse] = len(dense) + np.searchsorted(scopes, scoped.scope[sparse])
    together = np.hstack([counts[:, dense], np.zeros((days, len(scopes)))])
    np.add.at(together.T, unit_of[sparse], counts[:, sparse].T)
    recent = recent_volume(counts)
    share = np.ones(len(sparse))
    totals = np.bincount(unit_of, weights=recent, minlength=together.shape[1])
    siblings = np.bincount(unit_of, minlength=together.shape[1])
    even = 1.0 / siblings[unit_of]
    share[sparse] = np.where(totals[unit_of] > 0, recent / np.maximum(totals[unit_of], 1e-12), even)[sparse]
    mixed = int(scoped.cell.max()) + 1 + np.arange(len(scopes))  # sums of channels pool by their scope
    return Units(
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
    scoped: ScopedPanel, units: Units, closures: Closures, days: int
) -> dict[tuple[int, int, bytes], Ints]:
    """Units by what makes their design: scope, start, closed weekdays."""
    starts = _starts(units.counts)
    members: dict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    for unit in range(units.counts.shape[1]):
        key = (int(units.scope[unit]), int(starts[unit]), closures.weekdays[:, unit].tobytes())
        members[key].append(unit)
    return {key: np.array(index) for key, index in members.items()}


def _starts(counts: Floats) -> Ints:
    """First day of history of each column, later than 0 where it plainly began later.

    On whole weeks where that leaves eight of them, so that series share a design.
    """
    days = counts.shape[0]
    first = _first_day(counts)
    whole_week = -(-first // 7) * 7
    start = np.where(days - whole_week >= SHORT_HISTORY_DAYS, whole_week, first)
    return np.where(_began_late(counts, first), start, 0)


def _first_day(counts: Floats) -> Ints:
    seen = counts > 0
    return np.where(seen.any(axis=0), seen.argmax(axis=0), 0)


def _began_late(counts: Floats, first: Ints) -> Bools:
    """Columns that were nothing at first and then came in numbers."""
    volume = counts.sum(axis=0)
    per_day = volume / (len(counts) - first)
    return (first > LATE_START_DAYS) & (per_day >= SPARSE_PER_DAY) & (volume >= FEWEST_LATE_TICKETS)


def _block(
    scoped: ScopedPanel,
    units: Units,
    closures: Closures,
    key: tuple[int, int, bytes],
    index: Ints,
    form: Form,
) -> SeriesBlock:
    scope, start, _ = key
    days = units.counts.shape[0]
    events = scoped.columns[scope]
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
        trend=design.trend,
        events=events.matrix[start : days + scoped.horizon],
        event_penalty=events.penalty,
        weights=weights,
        target=np.log(units.counts[start:, index] + 0.5),
        observed=~closed & (weights > 0)[:, None],
        cell=units.cell[index],
        borrows=days - start < YEARLY_HISTORY_DAYS <= days,
    )


def _lift(fit: BlockFit, block: SeriesBlock, counts: Floats, form: Form) -> Floats:
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
    return smearing * np.exp(form.level_trust * _late_residual(fit, block))


def _late_residual(fit: BlockFit, block: SeriesBlock) -> Floats:
    """Mean residual of the last weeks, the newest days weighing most: where the level stands by now."""
    days = block.target.shape[0]
    weight = 0.5 ** (np.arange(days - 1, -1, -1) / LEVEL_HALF_LIFE_DAYS)[:, None] * block.observed
    residual = fit.winsorised - fit.fitted[:days]
    return (weight * residual).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
