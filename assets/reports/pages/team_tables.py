"""Counts by team as they may be shown; by line, or in all, where hardly any team has ten of anything."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from assets.reports.pages.team_words import with_team
from assets.reports.privacy import plain_texts
from assets.reports.summed_counts import hide_small_grid

TEAM = ["business_line", "tier", "vendor"]
_SHOWN_AT_LEAST = 0.5  # of the cells that are not zero; a table of hidden cells tells nothing


def counts_by_team(frame: pl.DataFrame, counts: Sequence[str], *, total: str | None = None) -> pl.DataFrame:
    """The counts summed by team, small ones hidden, each with its name in the column `team`.

    frame: columns of `TEAM` and the counts. total: the count that the others of a row sum to. Where more than half of
    what is not zero would be hidden, the teams of a line are summed up, and then the lines.
    """
    frame = frame.pipe(plain_texts, TEAM)
    for keys in (TEAM, TEAM[:1], []):
        kept = [pl.col(name) if name in keys else pl.lit("all").alias(name) for name in TEAM]
        sums = frame.with_columns(kept).group_by(TEAM, maintain_order=True).agg(pl.col(counts).sum())
        row = pl.int_range(pl.len()).cast(pl.String).alias("_team")
        parts = [name for name in counts if name != total]
        shown = hide_small_grid(sums.with_columns(row), parts, total=total, over=["_team"]).drop("_team")
        filled = int(sums.select((pl.col(counts) > 0).sum()).sum_horizontal()[0])
        left = int(shown.select((pl.col(counts) > 0).sum()).sum_horizontal()[0])
        if left >= _SHOWN_AT_LEAST * filled:
            break
    return with_team(shown, TEAM)
