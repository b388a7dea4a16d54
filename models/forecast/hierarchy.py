"""The levels a forecast is given at, as sums of segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from models.forecast.panel import SEGMENT, Floats, Ints

LEVELS: dict[str, tuple[str, ...]] = {
    "total": (),
    "business_line": ("business_line",),
    "tier": ("tier",),
    "business_line_tier": ("business_line", "tier"),
    "region": ("region",),
    "segment": SEGMENT,
}


@dataclass(frozen=True)
class Level:
    """A level of the hierarchy. nodes: one row per node, null where summed over; node_of: node by segment."""

    name: str
    nodes: pl.DataFrame
    node_of: Ints

    def sum(self, by_segment: Floats) -> Floats:
        """Add segments up to nodes along the last axis: (..., segments) to (..., nodes)."""
        segments = len(self.node_of)
        belongs = csr_array(
            (np.ones(segments), (np.arange(segments), self.node_of)), shape=(segments, self.nodes.height)
        )
        total = by_segment.reshape(-1, segments) @ belongs
        return np.asarray(total).reshape(*by_segment.shape[:-1], self.nodes.height)

    def rows(
        self, made_on: date, when: str, dates: Sequence[date], values: Mapping[str, Floats]
    ) -> pl.DataFrame:
        """A row per node and date: made_on, level, the segment's columns, the date in column `when`, the values.

        values: by column, each of shape (dates, nodes).
        """
        nodes = self.nodes[np.repeat(np.arange(self.nodes.height), len(dates))]
        return nodes.select(
            pl.lit(made_on).alias("made_on"),
            pl.lit(self.name).alias("level"),
            *SEGMENT,
            pl.Series(when, list(dates) * self.nodes.height, dtype=pl.Date),
            *(pl.Series(name, array.T.ravel()) for name, array in values.items()),
        )


def levels_of(segments: pl.DataFrame) -> list[Level]:
    """Every level of LEVELS for these segments (one row each, columns SEGMENT)."""
    return [_level(name, kept, segments) for name, kept in LEVELS.items()]


def _level(name: str, kept: tuple[str, ...], segments: pl.DataFrame) -> Level:
    keys = segments.with_columns(
        pl.lit(None, dtype=pl.String).alias(column) for column in SEGMENT if column not in kept
    ).select(SEGMENT)
    nodes = keys.unique(maintain_order=True)
    found = keys.join(
        nodes.with_row_index("node"), on=list(SEGMENT), how="left", nulls_equal=True, maintain_order="left"
    )
    return Level(name, nodes, found["node"].cast(pl.Int64).to_numpy())
