"""Small counts hidden in tables some of whose rows are the sums of others: by line, by vendor, by target, by age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.reports.privacy import HIDDEN, SMALL_CELL

ALL = "all"  # in a row that holds the sums of the others
_NAMES = 10**4  # more than there are lines, vendors, ...
_LAST = 10**12  # more than any count: a sum is hidden only where no part of it is left to hide


@dataclass(frozen=True)
class Count:
    """A column of counts, and how it hangs together with others.

    of: the column it is a part of. tells: columns it could be worked out from, or nearly. sums_over: the only columns
    along which it sums up; tickets of every target do not sum to the tickets.
    """

    name: str
    of: str | None = None
    tells: tuple[str, ...] = ()
    sums_over: tuple[str, ...] | None = None

    @property
    def mark(self) -> str:
        return f"_hide_{self.name}"


def hide_summed_counts(
    frame: pl.DataFrame, counts: Sequence[Count], *, keys: Sequence[str], over: Sequence[str]
) -> pl.DataFrame:
    """Null instead of every count from 1 to 9, and of as many more as it takes that no subtraction gives one away.

    A row that holds `all` in a column of `over` is the sum of the rows with the same `keys` and the same other columns
    of `over`; without such a row the reader is taken to know the sum. A part is hidden with its whole, and where it
    leaves 1 to 9 of it. What is hidden of a sum is two counts or more and ten tickets or more together. Adds or extends
    the column `is_hidden`: an empty count in a row of which something is hidden already is one of the hidden. A count
    of 0 is shown.
    """
    already = pl.col(HIDDEN) if HIDDEN in frame.columns else pl.lit(False)
    marked = frame.with_columns(
        (_is_small(count) | already & _is_empty(count)).alias(count.mark) for count in counts
    )
    marked = marked.with_columns(_size(count, keys, column) for count in counts for column in over)
    hidden, before = _marks(marked, counts), -1
    while hidden > before:
        marked = marked.with_columns(_with_its_like(count, counts) for count in counts)
        for column in over:
            marked = marked.with_columns(
                _with_a_further_one(count, keys, over, column)
                for count in counts
                if count.sums_over is None or column in count.sums_over
            )
        hidden, before = _marks(marked, counts), hidden
    told_by: dict[str, list[str]] = {}
    for count in counts:
        for name in (count.name, *count.tells):
            told_by.setdefault(name, []).append(count.mark)
    return marked.with_columns(
        *(
            pl.when(~pl.any_horizontal(marks)).then(pl.col(name)).alias(name)
            for name, marks in told_by.items()
        ),
        (already | pl.any_horizontal(count.mark for count in counts)).alias(HIDDEN),
    ).select(*(name for name in frame.columns if name != HIDDEN), HIDDEN)


def hide_small_grid(
    frame: pl.DataFrame,
    counts: Sequence[str],
    *,
    total: str | None = None,
    keys: Sequence[str] = (),
    over: Sequence[str] = (),
) -> pl.DataFrame:
    """`hide_summed_counts` in a table whose rows sum up: to its column `total`, or to a number known elsewhere.

    keys: rows that differ in these are no parts of one sum. over: along these the rows sum up as well as the columns.
    """
    columns = [*counts, *([total] if total else [])]
    numbered = frame.with_row_index("_row")
    long = (
        numbered.unpivot(columns, index=["_row", *keys, *over], variable_name="_column", value_name="_count")
        .with_columns(pl.when(pl.col("_column") != (total or "")).then("_column").otherwise(pl.lit(ALL)))
        .pipe(hide_summed_counts, [Count("_count")], keys=keys, over=[*over, "_column"])
    )
    cells = [
        long.filter(_column=ALL if name == total else name).select("_row", pl.col("_count").alias(name))
        for name in columns
    ]
    hidden = long.group_by("_row").agg(_hidden=pl.col(HIDDEN).any())
    shown = numbered.drop(columns)
    for cell in (*cells, hidden):
        shown = shown.join(cell, on="_row", how="left", maintain_order="left")
    already = pl.col(HIDDEN) if HIDDEN in frame.columns else pl.lit(False)
    names = [name for name in frame.columns if name != HIDDEN]
    return shown.with_columns((already | pl.col("_hidden")).alias(HIDDEN)).select(*names, HIDDEN)


def _is_small(count: Count) -> pl.Expr:
    small = pl.col(count.name).is_between(1, SMALL_CELL - 1)
    if count.of is not None:
        small |= (pl.col(count.of) - pl.col(count.name)).is_between(1, SMALL_CELL - 1)
    return small.fill_null(False)


def _is_empty(count: Count) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_null() for name in (count.name, count.of) if name is not None)


def _marks(marked: pl.DataFrame, counts: Sequence[Count]) -> int:
    return sum(int(marked[count.mark].sum()) for count in counts)


def _with_its_like(count: Count, counts: Sequence[Count]) -> pl.Expr:
    """Whether the count is hidden itself, or one that it could be worked out by."""
    told_by = [other for other in counts if other.name == count.of or count.name in other.tells]
    return pl.any_horizontal(count.mark, *(other.mark for other in told_by)).alias(count.mark)


def _size(count: Count, keys: Sequence[str], column: str) -> pl.Expr:
    """How large the row's line (vendor, ...) is in all, sums last; of two as large the same one comes first everywhere."""
    size = pl.col(count.name).sum().over(*keys, column) + (pl.col(column) == ALL).cast(pl.Int64) * _LAST
    return (size * _NAMES + pl.col(column).rank("dense")).alias(f"_size_{count.name}_{column}")


def _with_a_further_one(count: Count, keys: Sequence[str], over: Sequence[str], column: str) -> pl.Expr:
    """Whether the count is hidden, or is the next that must be, because too little of its sum is.

    The next is that of the smallest line (vendor, ...) in all, so that it is the same one for every target.
    """
    value, mark, is_sum = pl.col(count.name), pl.col(count.mark), pl.col(column) == ALL
    group = [pl.col(name) for name in (*keys, *over) if name != column] or [pl.lit(0)]
    alone = mark.sum().over(group) == 1
    few = pl.lit(False)
    for number in (value,) if count.of is None else (value, pl.col(count.of) - value):
        together = pl.when(mark & ~is_sum).then(number).sum().over(group)
        few |= together.is_between(1, SMALL_CELL - 1)
    few &= ~(mark & is_sum).any().over(group)
    shown = pl.when(~mark & (value > 0)).then(f"_size_{count.name}_{column}")
    further = (alone | few) & (shown.rank("ordinal").over(group) == 1)
    return (mark | further.fill_null(False)).alias(count.mark)
