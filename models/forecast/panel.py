"""The history as a dense day x segment array."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SEGMENT = ("business_line", "channel", "tier", "region")


@dataclass(frozen=True)
class Panel:
    """Tickets per day and segment, every day from `first` on without a gap.

    counts: shape (days, segments). segments: one row per column of counts, in its order.
    """

    first: date
    counts: Floats
    segments: pl.DataFrame

    @property
    def days(self) -> int:
        return int(self.counts.shape[0])

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)


def dense_panel(history: pl.DataFrame, cutoff: date) -> Panel | None:
    """Spread the history over days and segments, as of the cutoff; None where there is none.

    history: date, business_line, channel, tier, region, tickets. A day without a row counts as zero
    between the first and the last day that any segment has. Rows after the cutoff are not looked at.
    Raises ValueError for a missing column, an empty value, a negative count or a day given twice.
    """
    missing = [name for name in ("date", *SEGMENT, "tickets") if name not in history.columns]
    if missing:
        raise ValueError(
            f"history lacks the column(s) {', '.join(missing)}; expected date, {', '.join(SEGMENT)}, tickets"
        )
    known = history.select("date", *SEGMENT, "tickets").filter(
        pl.col("date").is_null() | (pl.col("date") <= cutoff)
    )
    _reject_bad_rows(known)
    if known.is_empty():
        return None
    segments = known.select(SEGMENT).unique().sort(SEGMENT)
    first: date = known["date"].min()  # type: ignore[assignment]
    last: date = known["date"].max()  # type: ignore[assignment]
    rows = known.join(segments.with_row_index("segment"), on=SEGMENT, how="left")
    counts = np.zeros(((last - first).days + 1, segments.height))
    day = rows.select((pl.col("date") - first).dt.total_days()).to_series().to_numpy()
    counts[day, rows["segment"].to_numpy()] = rows["tickets"].to_numpy()
    return Panel(first, counts, segments)


def _reject_bad_rows(known: pl.DataFrame) -> None:
    for name in known.columns:
        if known[name].null_count():
            raise ValueError(
                f"history has {known[name].null_count()} row(s) without {name}; give every row a value "
                "('unknown' for a segment that is not known)"
            )
    bad = known.filter(~pl.col("tickets").cast(pl.Float64).is_finite() | (pl.col("tickets") < 0))
    if bad.height:
        raise ValueError(f"history has a count that is no count: {_describe(bad)}; expected 0 or more")
    twice = known.filter(pl.struct("date", *SEGMENT).is_duplicated())
    if twice.height:
        raise ValueError(
            f"history has a day twice for one segment: {_describe(twice)}; add the rows up before forecasting"
        )


def _describe(rows: pl.DataFrame) -> str:
    row = rows.row(0, named=True)
    return f"{row['date']} {' / '.join(str(row[name]) for name in SEGMENT)} with tickets = {row['tickets']}"
