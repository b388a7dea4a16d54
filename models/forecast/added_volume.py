"""Tickets that an event adds, by day and segment, with draws for how far that may stray."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.forecast.panel import Floats

QUANTILES = {"p10": 0.10, "p50": 0.50, "p90": 0.90}


@dataclass(frozen=True)
class AddedVolume:
    """Tickets that an event adds, over what is forecast without it.

    dates: the days it touches. segments: a row (business_line, channel, tier, region) per segment in its scope,
    the others get nothing. expected: shape (dates, segments). draws: shape (draws, dates, segments). note: what
    the reader should know, or "".
    """

    dates: tuple[date, ...]
    segments: pl.DataFrame
    expected: Floats
    draws: Floats
    note: str

    def by(self, *columns: str) -> pl.DataFrame:
        """Added tickets summed to `columns`, out of date, business_line, channel, tier and region.

        Columns: those, then added, p10, p50, p90; the quantiles are those of the summed draws. Without
        columns it is one row: the whole event.
        """
        cells = self.segments.with_row_index("segment").join(
            pl.DataFrame({"date": self.dates}, schema={"date": pl.Date}).with_row_index("day"), how="cross"
        )
        keys = cells.select(columns).unique(maintain_order=True) if columns else pl.DataFrame({"all": [""]})
        group = (
            cells.join(keys.with_row_index("group"), on=columns, how="left", maintain_order="left")["group"]
            if columns
            else pl.zeros(cells.height, pl.UInt32, eager=True)
        )
        order = group.to_numpy()
        place = cells["day"].to_numpy(), cells["segment"].to_numpy()
        added = np.bincount(order, weights=self.expected[place], minlength=keys.height)
        draws = np.zeros((keys.height, len(self.draws)))
        np.add.at(draws, order, self.draws[:, place[0], place[1]].T)
        found = {"added": added}
        if self.draws.size:
            quantiles = np.quantile(draws, list(QUANTILES.values()), axis=1)
            found |= dict(zip(QUANTILES, quantiles, strict=True))
        else:
            found |= dict.fromkeys(QUANTILES, added)
        return (keys if columns else keys.drop("all")).hstack([pl.Series(k, v) for k, v in found.items()])
