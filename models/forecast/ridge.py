"""Pooled event ridge: many log series on one design at once, event effects shared between siblings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from models.forecast.panel import Bools, Floats, Ints

PASSES = 3
WINSORISE_AT = 1.6  # robust standard deviations; keeps a past surge out of the base
LONE_SERIES_EASING = 0.1  # a series without siblings has no pool to lean on: a tenth of the event penalty
REJECT_AT = 8.0  # from here on a day says nothing of the base at all (Hampel 1974)
# How far effects differ, as standard deviations on the log scale: between everything and no effect at all,
# between a business line x channel and all of them.
EFFECT_SPREAD = 0.5
CELL_SPREAD = 0.15


@dataclass(frozen=True)
class SeriesBlock:
    """Series that share a design: the same history length, events and closed weekdays.

    base, events: shape (history + horizon days, columns); trend: how many of the first base columns are level
    and trend; weights: (history days,), 0 where no series of the
    block is read; target: log counts, shape (history days, series); observed: the same shape, False where a
    value says nothing (closed, surge); cell: the pool of each series, shape (series,). borrows: the history is
    too short for a year's shape of its own, it is taken from siblings.
    """

    base: Floats
    base_penalty: Floats
    trend: int
    events: Floats
    event_penalty: Floats
    weights: Floats
    target: Floats
    observed: Bools
    cell: Ints
    borrows: bool


@dataclass(frozen=True)
class BlockFit:
    """Fitted log volume, all days x series: whole, without events, and its level and trend alone.

    winsorised: the history as it was fitted. effects: of each event column, shape (event columns, series).
    precision: inverse of their posterior covariance for a noise of 1, shape (event columns, event columns).
    scale: the noise of each series.
    """

    fitted: Floats
    without_events: Floats
    trend: Floats
    winsorised: Floats
    effects: Floats
    precision: Floats
    scale: Floats


class _Equations:
    """The penalised normal equations of a block, factorised once."""

    def __init__(self, block: SeriesBlock, easing: float) -> None:
        days = block.target.shape[0]
        self.block = block
        self.split = block.base.shape[1]
        self.history = np.hstack([block.base[:days], block.events[:days]])
        self.weighted = self.history.T * block.weights
        self.penalty = np.concatenate([block.base_penalty, block.event_penalty * easing])
        gram = self.weighted @ self.history
        self.factor = cho_factor(gram + np.diag(self.penalty), lower=True)
        base = slice(0, self.split)
        events = slice(self.split, None)
        base_factor = cho_factor(gram[base, base] + np.diag(block.base_penalty), lower=True)
        self.base_out = cho_solve(base_factor, gram[base, events])
        self.event_information = gram[events, events] - gram[events, base] @ self.base_out
        self.borrowed = np.zeros((len(block.base), 1))
        self.target = block.target
        self.values = self._filled()
        self.coefficients = np.zeros((self.history.shape[1], block.target.shape[1]))
        self.scale = np.ones(block.target.shape[1])

    def _filled(self) -> Floats:
        """The history with the series' mean on days without a value; each pass then puts the fit there."""
        observed = self.block.observed
        mean = np.where(observed, self.target, 0.0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
        return np.where(observed, self.target, mean)

    def season(self) -> Floats:
        """Weekdays, year and month of every day, history and ahead, by series."""
        seasonal = slice(self.block.trend, self.split)
        return np.asarray(self.block.base[:, seasonal] @ self.coefficients[seasonal])

    def borrow(self, season: Floats) -> None:
        """Start again with the siblings' season taken off the history, shape (all days, series)."""
        self.borrowed = season[-len(self.block.base) :]
        self.target = self.block.target - self.borrowed[: len(self.block.target)]
        self.values = self._filled()

    def solve(self, prior: Floats) -> None:
        right = self.weighted @ self.values
        right[self.split :] += self.penalty[self.split :, None] * prior
        self.coefficients = cho_solve(self.factor, right)

    def winsorise(self) -> None:
        fitted = self.history @ self.coefficients
        residual = np.where(self.block.observed, self.target - fitted, 0.0)
        spread = 1.4826 * np.median(np.abs(residual), axis=0)
        # Counts have noise of their own: half of it is the least a residual's scale can be.
        count_noise = 0.5 / np.sqrt(np.exp(np.median(fitted, axis=0)) + 0.5)
        self.scale = np.maximum(spread, count_noise)
        limit = WINSORISE_AT * self.scale
        trust = np.clip((REJECT_AT - np.abs(residual) / self.scale) / (REJECT_AT - WINSORISE_AT), 0.0, 1.0)
        self.values = fitted + np.clip(residual, -limit, limit) * trust

    def event_signal(self) -> Floats:
        """What the history says of the events once the base is taken out, shape (event columns, series)."""
        right = self.weighted @ self.values
        return right[self.split :] - self.base_out.T @ right[: self.split]


def fit_blocks(blocks: list[SeriesBlock]) -> list[BlockFit]:
    """Fit every block, event effects pooled by cell and then over all cells.

    Ridge with a prior mean: three passes; after each one residuals beyond 1.6 robust standard deviations are
    drawn in and the pooled event effects become the prior of the next.
    """
    series = sum(block.target.shape[1] for block in blocks)
    easing = 1.0 if series > 1 else LONE_SERIES_EASING
    equations = [_Equations(block, easing) for block in blocks]
    priors = [np.zeros((block.events.shape[1], block.target.shape[1])) for block in blocks]
    _lend_seasons(equations, priors)
    for last in (False,) * (PASSES - 1) + (True,):
        for equation, prior in zip(equations, priors, strict=True):
            equation.solve(prior)
            equation.winsorise()
        if not last and series > 1 and blocks[0].events.shape[1]:
            priors = _pooled_effects(equations)
    return [_block_fit(equation) for equation in equations]


def _lend_seasons(equations: list[_Equations], priors: list[Floats]) -> None:
    """Give series too young for a season the mean season of their cell's older series, else of all."""
    young = [equation for equation in equations if equation.block.borrows]
    old = [(e, prior) for e, prior in zip(equations, priors, strict=True) if not e.block.borrows]
    if not young or not old:
        return
    for equation, prior in old:
        equation.solve(prior)
    seasons = np.hstack([equation.season()[-_shortest(old) :] for equation, _ in old])
    cells = np.concatenate([equation.block.cell for equation, _ in old])
    for equation in young:
        lent = [
            seasons[:, cells == cell].mean(axis=1) if (cells == cell).any() else seasons.mean(axis=1)
            for cell in equation.block.cell
        ]
        equation.borrow(np.column_stack(lent))


def _shortest(old: list[tuple[_Equations, Floats]]) -> int:
    return min(len(equation.block.base) for equation, _ in old)


def _pooled_effects(equations: list[_Equations]) -> list[Floats]:
    """Event effects of each series' cell, weighted by how precisely each series tells them."""
    width = equations[0].event_information.shape[0]
    cells = 1 + max(int(equation.block.cell.max()) for equation in equations)
    information = np.zeros((cells, width, width))
    signal = np.zeros((cells, width))
    for equation in equations:
        precision = equation.scale**-2
        np.add.at(signal, equation.block.cell, (equation.event_signal() * precision).T)
        share = np.bincount(equation.block.cell, weights=precision, minlength=cells)
        information += share[:, None, None] * equation.event_information
    overall = np.linalg.solve(information.sum(axis=0) + np.eye(width) / EFFECT_SPREAD**2, signal.sum(axis=0))
    tie = 1 / CELL_SPREAD**2
    effects = np.linalg.solve(information + tie * np.eye(width), (signal + tie * overall)[..., None])[..., 0]
    return [np.asarray(effects[equation.block.cell].T, dtype=float) for equation in equations]


def _block_fit(equation: _Equations) -> BlockFit:
    block, split = equation.block, equation.split
    without_events = block.base @ equation.coefficients[:split] + equation.borrowed
    effects = equation.coefficients[split:]
    return BlockFit(
        without_events + block.events @ effects,
        without_events,
        block.base[:, : block.trend] @ equation.coefficients[: block.trend],
        equation.values + equation.borrowed[: len(equation.values)],
        effects,
        np.asarray(equation.event_information + np.diag(equation.penalty[split:])),
        equation.scale,
    )
