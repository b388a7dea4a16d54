"""Observed over expected, and how far from 1 chance alone may take it: limits, shrinkage, corrected verdicts.

Two kinds of results: shares (a beta distribution with a beta-binomial's mean and variance) and minutes on a
logarithmic scale (normal). Both allow for overdispersion: groups differ for reasons that no attribute shows, so a limit
drawn from chance alone would flag most of the large ones (Spiegelhalter 2005, additive random effects).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# A ratio closer to 1 is a difference that nobody would act on, however sure it is.
LEAST_RATIO = 1.02
FEWEST_TICKETS = 30
# With a wider interval of the ratio, "as expected" would only mean that nobody can tell.
WIDEST_FACTOR = 1.5
_WINSORISED_VARIANCE = 0.6787  # of a standard normal distribution whose outer tenths are drawn in
FALSE_ALARMS = 0.05  # chance of one wrong verdict or more among all that are given together


def possible_share(share: Floats, tickets: Ints) -> Floats:
    """An expected share within what tickets can have: a linear model leaves it where it knows few like them."""
    edge = 0.5 / (tickets + 1)
    return np.clip(share, edge, 1 - edge)


class Funnel(Protocol):
    """Units against what was expected of them, one value per unit; ratios are observed over expected."""

    @property
    def expected(self) -> Floats:
        """What was expected: shares, or logarithms of minutes."""

    def ratio(self) -> Floats:
        """Observed over expected."""

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Interval of the ratio."""

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Between which ratios a unit lies with that probability where nothing is the matter with it."""

    def shrunk(self, between: float) -> Floats:
        """The ratio drawn towards 1 as far as it is uncertain. between: variance of the units' true differences."""

    def p_value(self) -> Floats:
        """Chance of a result as far off where the true ratio is within the least one, two-sided."""


@dataclass(frozen=True)
class Shares:
    """Shares of tickets. expected: between 0 and 1, not at the ends. variance: of observed - expected, all causes."""

    tickets: Ints
    observed: Floats
    expected: Floats
    variance: Floats

    def ratio(self) -> Floats:
        """Observed over expected."""
        return self.observed / self.expected

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Interval of the ratio (Jeffreys, with the number of independent tickets that gives the variance).

        It holds what was observed, also where that is none or all of the tickets.
        """
        independent = self._concentration() + 1
        good = self.observed * independent + 0.5
        bad = (1 - self.observed) * independent + 0.5
        tail = (1 - level) / 2
        low = np.minimum(beta.ppf(tail, good, bad) / self.expected, self.ratio())
        return low, np.maximum(beta.ppf(1 - tail, good, bad) / self.expected, self.ratio())

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Quantiles of the beta distribution about the expected share, over it."""
        tail = (1 - level) / 2
        p, size = self.expected, self._concentration()
        return beta.ppf(tail, p * size, (1 - p) * size) / p, beta.ppf(1 - tail, p * size, (1 - p) * size) / p

    def shrunk(self, between: float) -> Floats:
        """Mean of the share under a beta prior about the expected share, over it (beta-binomial)."""
        p = self.expected
        prior = p * (1 - p) / max(between, 1e-12)
        weight = self._concentration() / (self._concentration() + prior)
        return 1 + weight * (self.ratio() - 1)

    def p_value(self) -> Floats:
        """Tail beyond the observed share, half a ticket nearer, about the nearer end of the least ratios."""
        half = 0.5 / self.tickets
        size = self._concentration()
        high = np.clip(self.expected * LEAST_RATIO, 0, 1 - 1e-6)
        low = self.expected / LEAST_RATIO
        above = beta.sf(self.observed - half, high * size, (1 - high) * size)
        below = beta.cdf(self.observed + half, low * size, (1 - low) * size)
        return np.minimum(1, 2 * np.minimum(above, below))

    def _concentration(self) -> Floats:
        p = self.expected
        by_chance = p * (1 - p) / self.tickets
        return np.maximum(p * (1 - p) / np.maximum(self.variance, by_chance) - 1, 1e-3)


@dataclass(frozen=True)
class LogMinutes:
    """Means of logarithms of minutes, so that ratios are of geometric means. variance as for shares."""

    tickets: Ints
    observed: Floats
    expected: Floats
    variance: Floats

    def ratio(self) -> Floats:
        """Observed over expected geometric mean."""
        return np.exp(self.observed - self.expected)

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Interval of the ratio (normal on the logarithmic scale)."""
        reach = norm.ppf((1 + level) / 2) * np.sqrt(self.variance)
        return np.exp(self.observed - self.expected - reach), np.exp(self.observed - self.expected + reach)

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Normal quantiles about no difference."""
        reach = norm.ppf((1 + level) / 2) * np.sqrt(self.variance)
        return np.exp(-reach), np.exp(reach)

    def shrunk(self, between: float) -> Floats:
        """Posterior mean under a normal prior about no difference, as a ratio (hierarchical normal)."""
        weight = between / np.maximum(between + self.variance, 1e-12)
        return np.exp(weight * (self.observed - self.expected))

    def p_value(self) -> Floats:
        """Normal tail beyond the observed difference, about the nearer end of the least ratios."""
        away = np.maximum(np.abs(self.observed - self.expected) - np.log(LEAST_RATIO), 0)
        return 2 * norm.sf(away / np.sqrt(np.maximum(self.variance, 1e-12)))


def variance_between(difference: Floats, variance: Floats) -> float:
    """Variance of units' true differences about none, by moments (DerSimonian & Laird 1986), at least 0.

    difference, variance: one value per unit, the variance that of chance.
    """
    weight = 1 / np.maximum(variance, 1e-12)
    return max(0.0, float((weight * difference**2).sum() - len(difference)) / float(weight.sum()))


def ordinary_spread(difference: Floats, variance: Floats, parent: Ints) -> float:
    """Variance by which units of one parent differ beyond chance, as most of them do, at least 0.

    The outer tenths on either side are drawn in (winsorised, Spiegelhalter 2005), so that a unit that stands out does
    not widen the limits it is to be seen by; what that takes off a normal distribution is given back.
    """
    weight = 1 / np.maximum(variance, 1e-12)
    centred = np.zeros_like(difference)
    for place in np.unique(parent):
        own = parent == place
        centred[own] = difference[own] - np.median(difference[own])
    freedom = len(difference) - len(np.unique(parent))
    if freedom < 1:
        return 0.0
    scores = centred * np.sqrt(weight)
    drawn_in = np.clip(scores, *np.quantile(scores, (0.1, 0.9)))
    excess = float((drawn_in**2).sum()) / _WINSORISED_VARIANCE - freedom
    sums, squares = np.bincount(parent, weight), np.bincount(parent, weight**2)
    scale = float(sums.sum() - (squares[sums > 0] / sums[sums > 0]).sum())
    return max(0.0, excess / scale)


def holm(p_values: Floats) -> Floats:
    """p-values corrected so that one false alarm or more is as rare as one test would have it (Holm 1979)."""
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(1, np.maximum.accumulate(steps))
    return corrected


def verdicts(
    tickets: Ints, ratio: Floats, interval: tuple[Floats, Floats], corrected: Floats, lower_is_better: bool
) -> list[str]:
    """worse, better, as expected or too few, for each unit and metric. corrected: p-values of all of them together."""
    low, high = interval
    differs = (corrected < FALSE_ALARMS) & (tickets >= FEWEST_TICKETS)
    is_vague = (tickets < FEWEST_TICKETS) | (high > WIDEST_FACTOR * ratio) | (low < ratio / WIDEST_FACTOR)
    words = np.where(
        differs,
        np.where((ratio > 1) == lower_is_better, "worse", "better"),
        np.where(is_vague, "too few", "as expected"),
    )
    return [str(word) for word in words]


def confidences(interval: tuple[Floats, Floats], corrected: Floats, verdict: list[str]) -> list[str]:
    """How sure a verdict is: of a difference by its corrected p-value, of none by how narrow the interval is."""
    width = np.maximum(interval[1], 1 / np.maximum(interval[0], 1e-12))
    words = []
    for word, p, factor in zip(verdict, corrected, width, strict=True):
        if word in ("worse", "better"):
            words.append("strong" if p < 0.001 else "fair")
        elif word == "as expected":
            words.append("strong" if factor < 1.1 else "fair" if factor < 1.25 else "weak")
        else:
            words.append("weak")
    return words
