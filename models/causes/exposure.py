"""A rise against how much there was to go wrong: orders, logins, payouts, active users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from models.causes.decomposition import Change, decompose

# Where a line's user type has several measures, the one nearest to what people do there.
MEASURES = ("orders", "payouts", "active_users", "logins")
_CELL = ["business_line", "user_type", "region"]
# With a smaller share of a theme's tickets in cells that have exposure, nothing is said.
_LEAST_COVERED = 0.8
_PER = 1_000


@dataclass(frozen=True)
class Exposed:
    """A change in victims a week, split up, and the contact rate before and after."""

    change: Change
    measure: str
    rate_before: float  # victims per 1,000 of the measure
    rate_after: float


def split_change(
    before: pl.DataFrame,
    after: pl.DataFrame,
    exposure: pl.DataFrame,
    usual: float,
    weeks: tuple[float, float],
    days: tuple[date, date, date],
) -> Exposed | None:
    """How much of a theme's change in victims a week is more customers, a higher contact rate, or mix.

    before, after: its victims in the weeks before and since the onset, with business_line, user_type and region.
    exposure: the table stg_exposure. usual: victims a week before. weeks: how long the rise lasted, and over how many
    it is told; the rest of them, in the week of a short burst, was as before. days: first day before, day of the onset,
    last day.
    Measures are not added up: each is split by itself over its lines, user types and regions, and the terms are
    summed. Victims without a denominator count as rate. None where fewer than 8 in 10 have one.
    """
    cells = (
        _exposure_by_cell(exposure, days)
        .join(_by_cell(before, "before"), on=_CELL, how="full", coalesce=True)
        .join(_by_cell(after, "after"), on=_CELL, how="full", coalesce=True)
    )
    lasted, told_over = weeks
    share = lasted / told_over
    cells = cells.with_columns(
        before=pl.col("before").fill_null(0) * usual / max(before.height, 1),
        after=pl.col("after").fill_null(0) / told_over,
    ).with_columns(
        after=pl.col("after") + (1 - share) * pl.col("before"),
        exposure_after=share * pl.col("exposure_after") + (1 - share) * pl.col("exposure_before"),
    )
    with_exposure = cells.drop_nulls("measure")
    victims, covered = _sums(cells, "after"), _sums(with_exposure, "after")
    if victims == 0 or covered < _LEAST_COVERED * victims:
        return None
    uncovered = victims - covered - (_sums(cells, "before") - _sums(with_exposure, "before"))
    change = Change(customers=0.0, rate=uncovered, mix=0.0)
    of_measures = with_exposure.partition_by("measure", maintain_order=True)
    for cell in of_measures:
        change += decompose(
            *(cell[name].to_numpy() for name in ("before", "after", "exposure_before", "exposure_after"))
        )
    main = max(of_measures, key=lambda cell: (_sums(cell, "after"), cell["measure"][0]))
    return Exposed(
        change,
        str(main["measure"][0]),
        rate_before=_PER * _sums(main, "before") / _sums(main, "exposure_before"),
        rate_after=_PER * _sums(main, "after") / _sums(main, "exposure_after"),
    )


def _sums(cells: pl.DataFrame, column: str) -> float:
    return float(cells[column].sum())


def _by_cell(tickets: pl.DataFrame, name: str) -> pl.DataFrame:
    return tickets.group_by(pl.col(column).cast(pl.String).fill_null("unknown") for column in _CELL).agg(
        pl.len().alias(name)
    )


def _exposure_by_cell(exposure: pl.DataFrame, days: tuple[date, date, date]) -> pl.DataFrame:
    """Mean exposure of a day in the two times, by cell, in the cell's first measure; only cells that have both."""
    start, onset, end = days
    return (
        exposure.filter(pl.col("date").is_between(start, end), pl.col("measure").is_in(MEASURES))
        .with_columns(
            is_after=pl.col("date") >= onset,
            place=pl.col("measure").replace_strict(list(MEASURES), list(range(len(MEASURES)))),
        )
        .filter(pl.col("place") == pl.col("place").min().over("business_line", "user_type"))
        .group_by(*_CELL, "measure")
        .agg(
            exposure_before=7 * pl.col("value").filter(~pl.col("is_after")).mean(),
            exposure_after=7 * pl.col("value").filter("is_after").mean(),
        )
        .filter(pl.col("exposure_before") > 0, pl.col("exposure_after") > 0)
        .sort(*_CELL)
    )
