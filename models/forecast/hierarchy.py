"""The levels a forecast is given at, as sums of segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

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
        total = np.zeros((*by_segment.shape[:-1], self.nodes.height))
        np.add.at(np.moveaxis(total, -1, 0), self.node_of, np.moveaxis(by_segment, -1, 0))
        return total


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
