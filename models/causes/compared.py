"""A rise's tickets and those it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from models.causes.expected_shares import compare, with_share_of_rise
from models.causes.segments import segment_counts

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Onset:
    """When a rise began, the 95 % interval, and how likely every hour is."""

    at: datetime
    low: datetime
    high: datetime
    hours: Floats  # from `at`: where the rise may have begun
    weights: Floats  # how likely each is, summing to 1


@dataclass(frozen=True)
class Compared:
    """The tickets a rise is compared with, each with one column an attribute; victims only."""

    rise: pl.DataFrame  # the theme's, since the onset
    before: pl.DataFrame  # the theme's, in the weeks before
    # Of themes that did not rise, since the onset and before; of all others where hardly any did not.
    others_now: pl.DataFrame
    others_before: pl.DataFrame
    all_now: pl.DataFrame  # of every other theme, since the onset
    all_before: pl.DataFrame
    weeks_now: float
    weeks_before: float
    excess_share: float  # of the rise's tickets, how many came on top

    def within(self, segment: dict[str, str]) -> Compared:
        """The same for the tickets of a segment."""
        inside = all_equal(segment)
        names = ("rise", "before", "others_now", "others_before", "all_now", "all_before")
        return replace(self, **{name: getattr(self, name).filter(inside) for name in names})

    def segments(self, attributes: list[tuple[str, ...]]) -> pl.DataFrame:
        """Every attribute value, or pair of them, of the rise against what was to be expected."""
        frames = (self.rise, self.before, self.others_now, self.others_before)
        counts = [segment_counts(frame, attributes) for frame in frames]
        return with_share_of_rise(compare(counts, [frame.height for frame in frames]), self.excess_share)


def all_equal(segment: dict[str, str]) -> pl.Expr:
    """Which tickets have all these attribute values; all of them for an empty segment."""
    return pl.all_horizontal(pl.lit(True), *(pl.col(name) == value for name, value in segment.items()))
