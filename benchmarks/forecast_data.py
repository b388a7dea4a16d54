"""What the daily forecast is benchmarked on: a file of series, its events and known columns, or a made-up panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks.forecast_panel import CALENDAR_SCHEMA, simulate_panel
from models.forecast.panel import SEGMENT

DAYS_BETWEEN_CUTOFFS = 60
MOST_CATEGORIES = 12
MISSING = ("", "-", "?", "na", "n/a", "nan", "none", "null")  # what files write where a value is not known


class BenchmarkError(Exception):
    """A wrong argument or file, told in one line."""


@dataclass(frozen=True)
class Case:
    """What is forecast.

    history: date, segment, tickets, a row for every day that is known. calendar: the contract's calendar.
    regressors: date, segment and columns known ahead, or None. event_days: segment and date of the days
    that count as event days. cutoffs: the days to forecast from, horizon days each.
    """

    history: pl.DataFrame
    calendar: pl.DataFrame
    regressors: pl.DataFrame | None
    event_days: pl.DataFrame
    cutoffs: list[date]
    horizon: int


def regressor_names(regressors: pl.DataFrame) -> list[str]:
    """The columns of a frame of regressors that are no key."""
    return [name for name in regressors.columns if name not in ("date", *SEGMENT)]


def read_case(
    path: Path,
    time: str,
    value: str,
    *,
    group: str | None = None,
    events: Path | None = None,
    regressors: list[str],
    horizon: int,
    cutoffs: int,
) -> Case:
    """The case of a file: times finer than a day are added up, regressors averaged over the day.

    So are the rows of a file in which days usually come more than once (an hour or a shop a row); in one of
    whole days a day that comes twice is an error. A missing value is a day that is not known.
    Event days are those of the events file; without one, days on which a 0/1 regressor is on, if it is on
    less than half of the time.
    """
    frame = read_table(path)
    wanted = [time, value, *([group] if group else []), *regressors]
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise BenchmarkError(f"{path} has no column {', '.join(absent)}; it has {', '.join(frame.columns)}")
    day = pl.col(time).cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    frame = frame.with_columns(
        date=day, business_line=pl.col(group).cast(pl.String) if group else pl.lit("all")
    ).with_columns(pl.lit("unknown").alias(name) for name in SEGMENT[1:])
    counts = (
        frame.with_columns(tickets=numbers(frame, value, path))
        .select("date", *SEGMENT, "tickets", clock=pl.col(time).cast(pl.String).str.slice(11, 8))
        .drop_nulls(["date", *SEGMENT, "tickets"])
        .filter(pl.col("tickets").is_finite())
    )
    if counts.is_empty():
        raise BenchmarkError(f"{path}: no row has a day (YYYY-MM-DD ...) in {time} and a number in {value}")
    _require_counts(counts, value, path)
    _require_days_once(counts, path)
    history = counts.group_by("date", *SEGMENT).agg(pl.col("tickets").sum()).sort(*SEGMENT, "date")
    calendar = read_events(events) if events else pl.DataFrame(schema=CALENDAR_SCHEMA)
    known = _read_regressors(frame, regressors, path) if regressors else None
    return Case(
        history,
        calendar,
        known,
        _calendar_days(calendar, history) if events or known is None else _regressor_days(known),
        spread_cutoffs(history, horizon, cutoffs),
        horizon,
    )


def numbers(frame: pl.DataFrame, name: str, path: Path) -> pl.Series:
    """A column as numbers, null where a value is missing; text that is no number is an error."""
    column = frame[name]
    if column.dtype != pl.String:
        return column.cast(pl.Float64, strict=False)
    text = column.str.strip_chars()
    found = text.cast(pl.Float64, strict=False)
    wrong = found.is_null() & text.is_not_null() & ~text.str.to_lowercase().is_in(MISSING)
    if wrong.any():
        at = int(wrong.arg_true()[0])
        raise BenchmarkError(
            f"{path}: {name} is '{text[at]}' in row {at + 1} (the header not counted); a number is expected, or "
            "nothing where it is not known"
        )
    return found


def _require_counts(counts: pl.DataFrame, value: str, path: Path) -> None:
    negative = counts.filter(pl.col("tickets") < 0)
    if negative.height:
        raise BenchmarkError(
            f"{path}: {value} is {negative['tickets'][0]:g} on {negative['date'][0]}; 0 or more is expected"
        )


def _require_days_once(counts: pl.DataFrame, path: Path) -> None:
    """No day twice where days are the rule: what is finer has times, or several rows on most days."""
    if counts["clock"].str.contains("[1-9]").any():
        return
    rows = counts.group_by("date", *SEGMENT).len().sort("date", *SEGMENT)
    twice = rows.filter(pl.col("len") > 1)
    if twice.height and rows["len"].median() == 1:
        day, line, times = twice.select("date", "business_line", "len").row(0)
        of = "" if line == "all" else f" of {line}"
        raise BenchmarkError(
            f"{path}: {day}{of} comes {times} times in a file of whole days; leave one row for a day, or name the "
            "column that tells series apart with --group"
        )


def read_table(path: Path) -> pl.DataFrame:
    """A CSV (gzip too) or Parquet file."""
    if not path.exists():
        raise BenchmarkError(f"{path} does not exist")
    try:
        return (
            pl.read_parquet(path)
            if path.suffix == ".parquet"
            else pl.read_csv(path, infer_schema_length=None)
        )
    except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise BenchmarkError(f"{path} is neither CSV nor Parquet: {str(error).splitlines()[0]}") from error


def _read_regressors(frame: pl.DataFrame, names: list[str], path: Path) -> pl.DataFrame:
    """Numbers as they are, text as one column for each value but the most frequent."""
    columns: list[pl.Expr] = []
    for name in names:
        kind = frame.schema[name]
        if kind.is_numeric() or kind == pl.Boolean:
            columns.append(pl.col(name).cast(pl.Float64).fill_null(strategy="forward").fill_null(0.0))
            continue
        values = frame[name].drop_nulls().cast(pl.String).value_counts(sort=True)[name].to_list()
        if len(values) > MOST_CATEGORIES:
            raise BenchmarkError(
                f"{path}: regressor {name} has {len(values)} values; "
                f"numbers or text of at most {MOST_CATEGORIES} values are expected"
            )
        columns += [
            (pl.col(name).cast(pl.String).fill_null("") == value).cast(pl.Float64).alias(f"{name} {value}")
            for value in values[1:]
        ]
    return (
        frame.select("date", *SEGMENT, *columns)
        .drop_nulls("date")
        .group_by("date", *SEGMENT)
        .mean()
        .sort(*SEGMENT, "date")
    )


def read_events(path: Path) -> pl.DataFrame:
    """A calendar from an events file: the calendar's own columns, or holiday, ds, lower_window, upper_window."""
    frame = read_table(path)
    if "holiday" in frame.columns:
        if "ds" not in frame.columns:
            raise BenchmarkError(f"{path} has the column holiday but no ds")
        for window in ("lower_window", "upper_window"):
            if window not in frame.columns:
                frame = frame.with_columns(pl.lit(0).alias(window))
        frame = frame.with_columns(pl.col("lower_window", "upper_window").cast(pl.Int64).fill_null(0))
        day = pl.col("ds").cast(pl.String).str.slice(0, 10).str.to_datetime("%Y-%m-%d", strict=False)
        if frame.select(day.is_null().any()).item():
            raise BenchmarkError(f"{path}: ds holds something else than days (YYYY-MM-DD)")
        frame = frame.with_row_index("row").select(
            event_id=pl.col("row").cast(pl.String),
            kind=_event_kind(day),
            name=pl.col("holiday").cast(pl.String),
            starts_at=day + pl.duration(days=pl.col("lower_window")),
            ends_at=day + pl.duration(days=pl.col("upper_window") + 1),
        )
    absent = [name for name in ("kind", "name", "starts_at", "ends_at") if name not in frame.columns]
    if absent:
        raise BenchmarkError(
            f"{path} lacks the column(s) {', '.join(absent)}; an events file has holiday, ds, lower_window, "
            "upper_window or the calendar's columns"
        )
    if "event_id" not in frame.columns:
        frame = frame.with_row_index("event_id")
    optional = [pl.lit(None).alias(name) for name in CALENDAR_SCHEMA if name not in frame.columns]
    times = [
        pl.col(name) if frame.schema[name].is_temporal() else _moment(pl.col(name))
        for name in ("starts_at", "ends_at")
    ]
    calendar = frame.with_columns(*optional, *times).select(
        pl.col(name).cast(kind) for name, kind in CALENDAR_SCHEMA.items()
    )
    if calendar.select(pl.any_horizontal(pl.col("starts_at", "ends_at").is_null().any())).item():
        raise BenchmarkError(f"{path}: starts_at or ends_at holds something else than times")
    return calendar


def _moment(text: pl.Expr) -> pl.Expr:
    """A day or a time out of ISO text; what stands behind the seconds (fraction, zone) is left out."""
    plain = text.cast(pl.String).str.replace("T", " ").str.slice(0, 19)
    return pl.coalesce(
        plain.str.to_datetime(form, strict=False, time_unit="us")
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
    )


def _event_kind(day: pl.Expr) -> pl.Expr:
    """Prophet's files do not tell campaigns from holidays: what lasts longer than a day is a campaign."""
    follows = (day - day.shift(1).over("holiday", order_by="ds")).dt.total_days() == 1
    lasts = follows.any() | (pl.col("lower_window") < pl.col("upper_window")).any()
    return pl.when(lasts.over("holiday")).then(pl.lit("campaign")).otherwise(pl.lit("holiday"))


def last_day(ends: str, starts: str) -> pl.Expr:
    """Days from an event's first to its last day; an end at midnight belongs to the day before."""
    last = (pl.col(ends) - pl.duration(microseconds=1)).dt.date()
    return pl.max_horizontal((last - pl.col(starts).dt.date()).dt.total_days(), pl.lit(0))


def _calendar_days(calendar: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Days with a campaign or holiday that reaches the series."""
    segments = history.select(SEGMENT).unique(maintain_order=True)
    days = (
        calendar.filter(pl.col("kind").is_in(["campaign", "holiday"]))
        .select(
            "business_line",
            "region",
            date=pl.date_ranges(
                pl.col("starts_at").dt.date(),
                pl.col("starts_at").dt.date() + pl.duration(days=last_day("ends_at", "starts_at")),
            ),
        )
        .explode("date")
    )
    return (
        segments.join(days, how="cross", suffix="_of_event")
        .filter(
            pl.col("business_line_of_event").is_null()
            | (pl.col("business_line_of_event") == pl.col("business_line")),
            pl.col("region_of_event").is_null() | (pl.col("region_of_event") == pl.col("region")),
        )
        .select(*SEGMENT, "date")
        .unique()
    )


def _regressor_days(regressors: pl.DataFrame) -> pl.DataFrame:
    flags = [
        name
        for name in regressor_names(regressors)
        if regressors[name].is_in([0.0, 1.0]).all() and float(regressors[name].mean()) < 0.5  # type: ignore[arg-type]
    ]
    on = pl.any_horizontal(pl.col(name) == 1 for name in flags) if flags else pl.lit(False)
    return regressors.filter(on).select(*SEGMENT, "date")


def spread_cutoffs(history: pl.DataFrame, horizon: int, cutoffs: int) -> list[date]:
    """Cutoffs back from the last one that leaves a whole horizon, half the history kept for learning."""
    first, last = history["date"].min(), history["date"].max()
    newest = last - timedelta(days=horizon)  # type: ignore[operator]
    oldest = first + (last - first) / 2  # type: ignore[operator]
    if newest < oldest:
        raise BenchmarkError(
            f"{first} to {last} is too short for a horizon of {horizon} days; try a shorter --horizon"
        )
    step = min(DAYS_BETWEEN_CUTOFFS, (newest - oldest).days // max(cutoffs - 1, 1))
    return sorted({newest - timedelta(days=step * back) for back in range(cutoffs)})


def simulated_case(seed: int, horizon: int, cutoffs: int) -> Case:
    """Two years and what comes after; event days are those planned and those on which a campaign truly ran."""
    first, known = date(2023, 1, 15), 730
    days = known + (cutoffs - 1) * DAYS_BETWEEN_CUTOFFS + horizon
    panel = simulate_panel(seed, first, days)
    made_from = [first + timedelta(known - 1 + DAYS_BETWEEN_CUTOFFS * at) for at in range(cutoffs)]
    true_days = panel.history.select(SEGMENT).unique().join(panel.event_days, on="business_line")
    event_days = pl.concat(
        [_calendar_days(panel.calendar, panel.history), true_days.select(*SEGMENT, "date")]
    ).unique()
    dense = (
        panel.mean.select("date", *SEGMENT)
        .join(panel.history, on=["date", *SEGMENT], how="left")
        .with_columns(pl.col("tickets").fill_null(0).cast(pl.Float64))
    )
    return Case(dense, panel.calendar, None, event_days, made_from, horizon)
