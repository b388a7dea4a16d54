"""How much of every weekly change in tickets is more customers, a higher contact rate, or other customers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.causes.decomposition import Change, decompose
from models.causes.exposure import MEASURES

_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_FOUR = 4
# With a smaller share of the tickets in segments that have exposure, nothing is said of why.
_LEAST_COVERED = 0.8
# Nor with a greater share in segments of which one of the times has the exposure and the other has not.
_MOST_ONE_SIDED = 0.02
Floats = npt.NDArray[np.float64]
_CELL = ["business_line", "user_type", "region"]

CHANGES_SCHEMA: dict[str, Any] = {
    "week": pl.Date, "business_line": pl.String, "user_type": pl.String, "compared_with": pl.String,
    "tickets": pl.Float64, "tickets_before": pl.Float64, "change": pl.Float64, "from_customers": pl.Float64,
    "from_rate": pl.Float64, "from_mix": pl.Float64, "rate_measure": pl.String,
}  # fmt: skip


def volume_changes(
    volume: pl.DataFrame, exposure: pl.DataFrame, lines: pl.DataFrame, weeks: list[date]
) -> pl.DataFrame:
    """Each whole week against the week before and against the mean of the four before: the table volume_changes.

    volume: week, business_line, user_type, region, tickets. exposure: week, the same and measure, value, days (how many
    days of the week value has). lines: business_line, volume_from, volume_until, first and last day of which all its
    tickets are here. weeks: Mondays of whole weeks. By line and user type, of all lines or user types together too.
    Each segment is counted against its user type's own measure; measures are never added up: each is split by itself,
    and the terms are summed. Tickets without a denominator count as rate. The terms are empty where fewer than 8 in 10
    tickets have one, and where the exposure of more than 2 in 100 is there in one of the times only: a file that came
    late would look like fewer customers. A line has no row where some of its tickets of the two times are missing, and
    all lines have none where one of them has not.
    """
    cells = _cells(volume, exposure)
    windows = {line: (start, end) for line, start, end in lines.iter_rows() if start and end}
    of_week = {key[0]: frame for key, frame in cells.partition_by("week", as_dict=True).items()}
    nothing = cells.clear()
    known = set(weeks)
    rows = []
    for week in sorted(weeks):
        for name, count in (("week before", 1), ("four weeks before", _FOUR)):
            before = [week - n * _WEEK for n in range(1, count + 1)]
            if not known.issuperset(before):
                continue
            earlier = pl.concat([of_week.get(day, nothing) for day in before])
            joined = _joined(of_week.get(week, nothing), earlier, count)
            whole = [
                line
                for line, (start, end) in windows.items()
                if start <= before[-1] and week + _WEEK <= end + _DAY
            ]
            rows += _changes_of(week, name, joined, whole)
    return pl.DataFrame(rows, schema=CHANGES_SCHEMA, orient="row")


def _cells(volume: pl.DataFrame, exposure: pl.DataFrame) -> pl.DataFrame:
    """Tickets of each week and segment with the exposure to its user type's own measure, where it has all of it.

    A week of a segment has all its exposure if it has as many days as the segment's median week: seven, or fewer where
    nothing is counted on weekends. Segments that no ticket ever came from are left out.
    """
    place = pl.col("measure").replace_strict(
        list(MEASURES), list(range(len(MEASURES))), return_dtype=pl.Int64
    )
    own = (
        exposure.filter(pl.col("measure").is_in(MEASURES), pl.col("value") > 0)
        .with_columns(place=place)
        .filter(pl.col("place") == pl.col("place").min().over("business_line", "user_type"))
        .filter(pl.col("days") >= pl.col("days").median().over(*_CELL))
        .join(volume, on=_CELL, how="semi")
        .select("week", *_CELL, "measure", "value")
    )
    joined = volume.join(own, on=["week", *_CELL], how="full", coalesce=True)
    return joined.with_columns(pl.col("tickets").fill_null(0).cast(pl.Float64)).select(
        "week", *_CELL, "tickets", "measure", "value"
    )


def _joined(now: pl.DataFrame, earlier: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """Segments with both times' tickets a week and exposure; the measure only where both times have it every week."""
    before = earlier.group_by(_CELL).agg(
        before=pl.col("tickets").sum() / weeks,
        value_before=pl.when(pl.col("value").count() == weeks).then(pl.col("value").sum() / weeks),
        known_before=pl.col("value").count() > 0,
    )
    both = now.rename({"tickets": "after", "value": "value_after"}).join(
        before, on=_CELL, how="full", coalesce=True
    )
    exposed = pl.col("value_after").is_not_null() & pl.col("value_before").is_not_null()
    one_sided = ~exposed & (pl.col("value_after").is_not_null() | pl.col("known_before"))
    return both.with_columns(
        pl.col("before", "after").fill_null(0.0),
        measure=pl.when(exposed).then("measure"),
        is_one_sided=one_sided.fill_null(value=False),
    ).sort(_CELL)


def _changes_of(
    week: date, compared_with: str, cells: pl.DataFrame, whole: list[str]
) -> list[tuple[Any, ...]]:
    """The rows of a week, of the lines that are whole in both times and, if all of them are, of all lines."""
    segments = _Segments.of(cells)
    lines, types = cells["business_line"].to_numpy(), cells["user_type"].to_numpy()
    rows = []
    present = cells["business_line"].unique().sort().to_list()
    shown = [line for line in present if line in whole]
    for line in (None, *shown) if shown == present else shown:
        of_line = np.full(len(lines), True) if line is None else lines == line
        for user_type in (None, *np.unique(types[of_line])):
            chosen = segments.where(of_line if user_type is None else of_line & (types == user_type))
            told = float(chosen.after.sum()), float(chosen.before.sum())
            split = _split(chosen)
            rows.append(
                (week, line or "all", user_type or "all", compared_with, *told, told[0] - told[1], *split)
            )
    return rows


@dataclass(frozen=True)
class _Segments:
    """Tickets and exposure of segments in two times. measure: place in MEASURES, -1 where it is not known for both.

    is_one_sided: it is known for one of them, or for some of the weeks before.
    """

    before: Floats
    after: Floats
    value_before: Floats
    value_after: Floats
    measure: npt.NDArray[np.int64]
    is_one_sided: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, cells: pl.DataFrame) -> _Segments:
        places = cells["measure"].replace_strict(
            list(MEASURES), list(range(len(MEASURES))), default=-1, return_dtype=pl.Int64
        )
        return cls(
            before=cells["before"].to_numpy(),
            after=cells["after"].to_numpy(),
            value_before=cells["value_before"].to_numpy(),
            value_after=cells["value_after"].to_numpy(),
            measure=places.fill_null(-1).to_numpy(),
            is_one_sided=cells["is_one_sided"].to_numpy(),
        )

    def where(self, chosen: npt.NDArray[np.bool_]) -> _Segments:
        return _Segments(*(getattr(self, column.name)[chosen] for column in fields(self)))


def _split(segments: _Segments) -> tuple[float | None, float | None, float | None, str | None]:
    """Customers, rate and mix, and the measures that the tickets are counted against, most tickets first."""
    measured = segments.where(segments.measure >= 0)
    either = segments.after.sum() + segments.before.sum()
    covered = measured.after.sum() + measured.before.sum()
    one_sided = segments.where(segments.is_one_sided)
    unsure = one_sided.after.sum() + one_sided.before.sum()
    if either == 0 or covered < _LEAST_COVERED * either or unsure > _MOST_ONE_SIDED * either:
        return None, None, None, None
    left = (segments.after.sum() - measured.after.sum()) - (segments.before.sum() - measured.before.sum())
    change = Change(customers=0.0, rate=float(left), mix=0.0)
    tickets = {}
    for measure in np.unique(measured.measure):
        part = measured.where(measured.measure == measure)
        change += decompose(part.before, part.after, part.value_before, part.value_after)
        tickets[int(measure)] = float(part.after.sum() + part.before.sum())
    measures = [
        MEASURES[place] for place in sorted(tickets, key=lambda place: -tickets[place]) if tickets[place]
    ]
    return change.customers, change.rate, change.mix, ", ".join(measures)
