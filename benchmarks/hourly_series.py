"""A series of hours or half hours from a file, for the benchmarks of the intraday forecast and of surges."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.forecast_data import BenchmarkError, last_day, numbers, read_events, read_table
from benchmarks.forecast_panel import CALENDAR_SCHEMA as CALENDAR

HOUR_COLUMNS = ("hr", "hour", "hour_of_day")
LONGEST_GAP_DAYS = 14
WHOLE_SHARE = 0.8  # with more of the slots there, one without a row is unknown; with fewer, nothing came


@dataclass(frozen=True)
class SlotSeries:
    """counts: shape (days, slots of the day), NaN where not known. holidays: days of campaigns and holidays."""

    counts: np.ndarray
    first: date
    calendar: pl.DataFrame
    holidays: frozenset[date]

    @property
    def slots(self) -> int:
        return int(self.counts.shape[1])

    def days(self, start: int, stop: int) -> list[date]:
        return [self.first + timedelta(days=day) for day in range(start, stop)]

    def is_holiday(self, start: int, stop: int) -> np.ndarray:
        return np.array([day in self.holidays for day in self.days(start, stop)])


def add_series_arguments(parser: argparse.ArgumentParser) -> None:
    """--series, --time, --value, --hour and --events."""
    parser.add_argument("--series", type=Path, help="CSV or Parquet")
    parser.add_argument("--time", help="column with the time")
    parser.add_argument("--value", help="column to add up")
    parser.add_argument("--hour", help="column with the hour of the day, where --time holds days only")
    parser.add_argument("--events", type=Path, help="holidays and campaigns known ahead")


def read_series(arguments: argparse.Namespace, minutes: int) -> SlotSeries:
    """The series of the arguments, added up to slots, from the last long gap on.

    A time given twice with the same value counts once (a log repeated for another column), one with other values
    is added up, and both are said. Raises BenchmarkError for a column that is not there or a file without times.
    """
    frame = read_table(arguments.series)
    wanted = [arguments.time, arguments.value, *([arguments.hour] if arguments.hour else [])]
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise BenchmarkError(
            f"{arguments.series} has no column {', '.join(absent)}; it has {', '.join(frame.columns)}"
        )
    rows = frame.select(
        at=_times(frame, arguments), value=numbers(frame, arguments.value, arguments.series)
    ).filter(pl.col("at").is_not_null(), pl.col("value").is_finite())
    if rows.is_empty():
        raise BenchmarkError(f"{arguments.series}: no row has a time in {arguments.time} and a number")
    if rows["value"].min() < 0:  # type: ignore[operator]
        raise BenchmarkError(
            f"{arguments.series}: {arguments.value} is under zero somewhere; expected counts"
        )
    if rows["value"].n_unique() > 1:
        _tell_repeated(rows, arguments.series)
        rows = rows.unique(["at", "value"])
    slots = rows.group_by(pl.col("at").dt.truncate(f"{minutes}m")).agg(pl.col("value").sum()).sort("at")
    counts, first = _dense(slots, minutes)
    counts, first = _after_gaps(counts, first)
    calendar = read_events(arguments.events) if arguments.events else pl.DataFrame(schema=CALENDAR)
    return SlotSeries(counts, first, calendar, frozenset(_event_days(calendar)))


def _tell_repeated(rows: pl.DataFrame, path: Path) -> None:
    """Say on stderr which times are there more than once, and what is made of them."""
    by_time = rows.group_by("at").agg(rows=pl.len(), values=pl.col("value").n_unique()).sort("at")
    for repeated, told in (
        (by_time.filter(pl.col("values") > 1), "with other values, which are added up"),
        (by_time.filter(pl.col("rows") > pl.col("values")), "with the same value, which counts once"),
    ):
        if repeated.height:
            print(
                f"note: {path}: times given more than once {told}: {repeated.height}, first {repeated['at'][0]}",
                file=sys.stderr,
            )


def _times(frame: pl.DataFrame, arguments: argparse.Namespace) -> pl.Expr:
    if frame.schema[arguments.time].is_temporal():
        at = pl.col(arguments.time).cast(pl.Datetime("us"))
    else:
        text = pl.col(arguments.time).cast(pl.String).str.slice(0, 19).str.replace("T", " ")
        at = pl.coalesce(
            text.str.to_datetime(form, time_unit="us", strict=False)
            for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
        )
    hour = arguments.hour or next((name for name in HOUR_COLUMNS if name in frame.columns), None)
    on_midnight = frame.select((at.dt.time() == time(0)).all()).item()
    if not on_midnight:
        return at
    if hour is None:
        raise BenchmarkError(
            f"{arguments.series}: {arguments.time} holds days only; name the column with --hour"
        )
    return at + pl.duration(hours=pl.col(hour).cast(pl.Int64))


def _dense(slots: pl.DataFrame, minutes: int) -> tuple[np.ndarray, date]:
    first: datetime = slots["at"][0].replace(hour=0, minute=0, second=0)
    place = (slots["at"] - first).dt.total_minutes().to_numpy() // minutes
    per_day = 24 * 60 // minutes
    counts = np.full((int(place[-1]) // per_day + 1) * per_day, np.nan)
    counts[place] = slots["value"].to_numpy()
    counts = counts[: len(counts)]
    inside = slice(int(place[0]), int(place[-1]) + 1)
    if np.isfinite(counts[inside]).mean() < WHOLE_SHARE and slots["value"].median() < 20:  # type: ignore[operator]
        counts[inside] = np.nan_to_num(counts[inside])
    counts = counts.reshape(-1, per_day)
    whole = np.isfinite(counts).mean(axis=1) >= 0.5
    start, stop = int(np.argmax(whole)), len(whole) - int(np.argmax(whole[::-1]))
    return counts[start:stop], first.date() + timedelta(days=start)


def _after_gaps(counts: np.ndarray, first: date) -> tuple[np.ndarray, date]:
    """Only what follows the last gap of more than two weeks; single slots that are missing are filled."""
    known = np.isfinite(counts).any(axis=1)
    empty_days = 0
    start = 0
    for day, is_known in enumerate(known):
        if is_known and empty_days > LONGEST_GAP_DAYS:
            start = day
        empty_days = 0 if is_known else empty_days + 1
    return _filled(counts[start:]), first + timedelta(days=start)


def _filled(counts: np.ndarray) -> np.ndarray:
    """A missing slot is what it was a week before, or a week after at the very start."""
    filled = counts.copy()
    for day in range(7, len(filled)):
        filled[day] = np.where(np.isfinite(filled[day]), filled[day], filled[day - 7])
    for day in reversed(range(len(filled) - 7)):
        filled[day] = np.where(np.isfinite(filled[day]), filled[day], filled[day + 7])
    return np.nan_to_num(filled)


def _event_days(calendar: pl.DataFrame) -> list[date]:
    rows = calendar.filter(pl.col("kind").is_in(["campaign", "holiday"])).with_columns(
        days=last_day("ends_at", "starts_at")
    )
    return [
        row["starts_at"].date() + timedelta(days=day)
        for row in rows.iter_rows(named=True)
        for day in range(row["days"] + 1)
    ]
