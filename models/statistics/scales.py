"""Scales on which a figure's chance noise is even: roots for counts and rates, angles for shares, logs for times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kind = Literal["count", "rate", "share", "minutes"]

_LEAST_COUNT, _LEAST_RARE = 3.0, 1.0
_SHORTEST = 0.5  # minutes: a time of nothing has no logarithm


@dataclass(frozen=True)
class Scale:
    """A figure's kind. count: things in a day. rate: things by `per` of a denominator, which may be above 1.
    share: of a denominator, 0 to 1. minutes: a typical time of so many tickets. least: tickets or ratings that a share or
    a time of a day must rest on.
    """

    kind: Kind
    per: float = 1.0
    least: int = 10

    def put(self, values: Floats, denominators: Floats) -> Floats:
        """Onto the scale; NaN stays NaN. denominators: same shape, not read for counts.

        2 sqrt(k + 3/8) for counts, the like for rates, asin sqrt((k + 3/8) / (n + 3/4)) for shares (Anscombe 1948), so
        that a day with three ratings cannot lie far out; logarithms for minutes.
        """
        if self.kind == "count":
            return 2 * np.sqrt(values + 0.375)
        if self.kind == "rate":
            return np.sqrt(values / self.per + 0.375 / denominators)
        if self.kind == "share":
            counted = np.clip(values, 0, 1) * denominators
            return np.arcsin(np.sqrt((counted + 0.375) / (denominators + 0.75)))
        return np.log(np.maximum(values, _SHORTEST))

    def unit(self, denominators: Floats) -> Floats:
        """Standard deviation by chance alone on the scale; for minutes up to a factor."""
        if self.kind == "count":
            return np.ones_like(denominators)
        if self.kind == "minutes":
            return 1 / np.sqrt(denominators)
        return 0.5 / np.sqrt(denominators + (0.5 if self.kind == "share" else 0.0))

    @property
    def chance(self) -> float:
        """The least spread of days in units of `unit`; 0 where chance alone does not say it."""
        return 0.0 if self.kind == "minutes" else 1.0

    def tells(self, values: Floats, denominators: Floats) -> npt.NDArray[np.bool_]:
        """On which days a figure rests on enough to be compared: not so on a day with three ratings.

        Minutes and shares: `least` tickets. Of a rarer outcome one, of counted things three are to be expected, or
        one day without any stands on one side of the usual as often as it does not.
        """
        known = np.isfinite(values)
        if self.kind == "count":
            return known & (np.median(values[known]) >= _LEAST_COUNT if known.any() else False)
        enough = known & (denominators >= (1 if self.kind == "rate" else self.least))
        if self.kind == "minutes" or not enough.any():
            return enough
        usual = np.average(values[enough], weights=denominators[enough]) / self.per
        if self.kind == "rate":
            return enough & (usual * denominators >= _LEAST_COUNT)
        return enough & (min(usual, 1 - usual) * denominators >= _LEAST_RARE)

    def back(self, scaled: Floats, denominators: Floats) -> Floats:
        """From the scale to the figure, within what it can be."""
        if self.kind == "count":
            return np.maximum((np.maximum(scaled, 0) / 2) ** 2 - 0.375, 0)
        if self.kind == "rate":
            return np.maximum(np.maximum(scaled, 0) ** 2 - 0.375 / denominators, 0) * self.per
        if self.kind == "share":
            counted = np.sin(np.clip(scaled, 0, np.pi / 2)) ** 2 * (denominators + 0.75) - 0.375
            return np.clip(counted / denominators, 0, 1)
        return np.exp(scaled)
