"""Backtest the daily forecast on any series: WAPE, event days, coverage, interval score, seconds.

    python -m benchmarks.forecast --series FILE --time COL --value COL [--group COL] [--events FILE]
                                  [--horizon 90] [--cutoffs 5] [--against prophet autoets]
    python -m benchmarks.forecast --panel simulated --seeds 101 102

Prints JSON. FILE is CSV (gzip too) or Parquet; times finer than a day are added up to days. An events file has
the columns `holiday, ds, lower_window, upper_window` or those of the calendar table.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.forecast_panel import simulate_panel
from models.forecast.forecast import forecast_daily
from models.forecast.panel import SEGMENT

DAYS_BETWEEN_CUTOFFS = 60
CALENDAR_SCHEMA = {
    "event_id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "starts_at": pl.Datetime("us"),
    "ends_at": pl.Datetime("us"),
    "business_line": pl.String,
    "region": pl.String,
    "size": pl.Float64,
}


class BenchmarkError(Exception):
    """A wrong argument or file, told in one line."""


@dataclass(frozen=True)
class Case:
    """What is forecast: a history by segment, a calendar, and the days to forecast from."""

    history: pl.DataFrame
    calendar: pl.DataFrame
    cutoffs: list[date]
    horizon: int


# A forecaster gives segment, date, expected and, where it has intervals, low_80, high_80, low_95, high_95.
Forecaster = Callable[[Case, date], pl.DataFrame]


def ours(case: Case, cutoff: date) -> pl.DataFrame:
    """The forecast of models/forecast, its segments."""
    made = forecast_daily(case.history, case.calendar, cutoff=cutoff, horizon=case.horizon)
    return made.points.filter(level="segment").drop("level", "made_on", "base")


def seasonal_naive(case: Case, cutoff: date) -> pl.DataFrame:
    """The last week again, with the spread of its own past errors as a normal interval."""
    known = case.history.filter(pl.col("date") <= cutoff)
    first = known["date"].min()
    days = (cutoff - first).days + 1  # type: ignore[operator]
    frames = []
    for key, rows in known.group_by(SEGMENT, maintain_order=True):
        counts = np.zeros(days)
        counts[rows.select((pl.col("date") - first).dt.total_days()).to_series().to_numpy()] = rows["tickets"]
        last_week = counts[-7:] if days >= 7 else np.full(7, counts.mean())
        ahead = np.arange(1, case.horizon + 1)
        expected = last_week[(ahead - 1) % 7]
        # The error of a random walk of weeks grows with the number of weeks (Hyndman, Athanasopoulos 2021).
        change = (
            float(np.sqrt(np.mean((counts[7:] - counts[:-7]) ** 2))) if days > 7 else float(counts.mean())
        )
        spread = change * np.sqrt((ahead - 1) // 7 + 1)
        frames.append(
            pl.DataFrame(
                dict(zip(SEGMENT, key, strict=True))
                | {"date": [cutoff + timedelta(days=int(day)) for day in ahead], "expected": expected}
                | {
                    f"{side}_{coverage}": np.maximum(expected + sign * z * spread, 0)
                    for coverage, z in ((80, 1.2816), (95, 1.96))
                    for side, sign in (("low", -1), ("high", 1))
                }
            )
        )
    return pl.concat(frames)


def prophet(case: Case, cutoff: date) -> pl.DataFrame:
    """Prophet, multiplicative, with the same calendar as holidays."""
    try:
        from prophet import Prophet
    except ImportError as error:
        raise BenchmarkError("prophet is not installed; `pip install prophet` or leave it out") from error
    frames = []
    for key, rows in case.history.filter(pl.col("date") <= cutoff).group_by(SEGMENT, maintain_order=True):
        seen = (
            rows.sort("date").upsample("date", every="1d").select(ds="date", y=pl.col("tickets").fill_null(0))
        )
        holidays = _prophet_holidays(case.calendar, *key)
        forms: dict[str, pl.DataFrame] = {}
        for width in (0.80, 0.95):
            model = Prophet(seasonality_mode="multiplicative", interval_width=width, holidays=holidays)
            model.fit(seen.to_pandas())
            future = model.make_future_dataframe(case.horizon, include_history=False)
            forms[f"{width:.0%}"] = pl.from_pandas(
                model.predict(future)[["ds", "yhat", "yhat_lower", "yhat_upper"]]
            )
        narrow, wide = forms["80%"], forms["95%"]
        frames.append(
            narrow.select(
                *(pl.lit(value).alias(name) for name, value in zip(SEGMENT, key, strict=True)),
                pl.col("ds").cast(pl.Date).alias("date"),
                pl.col("yhat").clip(0).alias("expected"),
                pl.col("yhat_lower").clip(0).alias("low_80"),
                pl.col("yhat_upper").clip(0).alias("high_80"),
                wide["yhat_lower"].clip(0).alias("low_95"),
                wide["yhat_upper"].clip(0).alias("high_95"),
            )
        )
    return pl.concat(frames)


def _prophet_holidays(calendar: pl.DataFrame, line: str, _channel: str, _tier: str, region: str):
    here = calendar.filter(
        pl.col("kind").is_in(["campaign", "holiday"]),
        pl.col("business_line").is_null() | (pl.col("business_line") == line),
        pl.col("region").is_null() | (pl.col("region") == region),
    )
    if here.is_empty():
        return None
    return here.select(
        holiday=pl.col("name").str.replace(r"\W*\b(19|20)\d\d\b.*", ""),
        ds=pl.col("starts_at").dt.date(),
        lower_window=pl.lit(0),
        upper_window=_last_day("ends_at", "starts_at"),
    ).to_pandas()


def _last_day(ends: str, starts: str) -> pl.Expr:
    """Days from an event's first to its last day; an end at midnight belongs to the day before."""
    last = (pl.col(ends) - pl.duration(microseconds=1)).dt.date()
    return pl.max_horizontal((last - pl.col(starts).dt.date()).dt.total_days(), pl.lit(0))


def autoets(case: Case, cutoff: date) -> pl.DataFrame:
    """AutoETS of statsforecast with a weekly season."""
    try:
        from statsforecast import StatsForecast
        from statsforecast.models import AutoETS
    except ImportError as error:
        raise BenchmarkError(
            "statsforecast is not installed; `pip install statsforecast` or leave autoets out"
        ) from error
    known = case.history.filter(pl.col("date") <= cutoff)
    names = known.select(SEGMENT).unique(maintain_order=True).with_row_index("unique_id")
    seen = known.join(names, on=SEGMENT).sort("unique_id", "date")
    dense = seen.upsample("date", every="1d", group_by="unique_id").select(
        pl.col("unique_id").forward_fill(),
        pl.col("date").alias("ds"),
        pl.col("tickets").fill_null(0).alias("y"),
    )
    model = StatsForecast(models=[AutoETS(season_length=7)], freq="1d")
    made = model.forecast(df=dense, h=case.horizon, level=[80, 95])
    return made.join(names, on="unique_id").select(
        *SEGMENT,
        pl.col("ds").cast(pl.Date).alias("date"),
        pl.col("AutoETS").clip(0).alias("expected"),
        *(
            pl.col(f"AutoETS-{side[:2]}-{coverage}").clip(0).alias(f"{side}_{coverage}")
            for side in ("low", "high")
            for coverage in (80, 95)
        ),
    )


FORECASTERS: dict[str, Forecaster] = {
    "ours": ours,
    "seasonal_naive": seasonal_naive,
    "prophet": prophet,
    "autoets": autoets,
}


def judge(case: Case, forecaster: Forecaster) -> tuple[pl.DataFrame, float]:
    """Every forecast day beside what came, and the seconds it took. Days the history does not reach are out."""
    started = time.perf_counter()
    made = pl.concat(forecaster(case, cutoff).with_columns(cutoff=pl.lit(cutoff)) for cutoff in case.cutoffs)
    seconds = time.perf_counter() - started
    days = made.with_columns(pl.col(SEGMENT).cast(pl.String)).join(
        case.history, on=[*SEGMENT, "date"], how="left"
    )
    days = days.with_columns(pl.col("tickets").fill_null(0)).filter(
        pl.col("date") <= case.history["date"].max()
    )
    return days.with_columns(is_event=pl.col("date").is_in(list(event_days(case.calendar)))), seconds


def event_days(calendar: pl.DataFrame) -> set[date]:
    """Days with a campaign or holiday anywhere."""
    found = set()
    rows = calendar.filter(pl.col("kind").is_in(["campaign", "holiday"])).with_columns(
        long=_last_day("ends_at", "starts_at")
    )
    for row in rows.iter_rows(named=True):
        found |= {row["starts_at"].date() + timedelta(days=day) for day in range(row["long"] + 1)}
    return found


def figures(days: pl.DataFrame, seconds: float) -> dict[str, float | None]:
    """The scores of one forecaster. interval_score_95 is divided by the mean of the series (Gneiting 2007)."""
    on_events = days.filter("is_event")
    inside = {
        coverage: pl.col("tickets").is_between(pl.col(f"low_{coverage}"), pl.col(f"high_{coverage}"))
        for coverage in (80, 95)
    }
    low, high, came = (pl.col(name) for name in ("low_95", "high_95", "tickets"))
    missed = (low - came).clip(0) + (came - high).clip(0)
    return {
        "wape": _ratio(days, (pl.col("expected") - came).abs()),
        "bias": _ratio(days, pl.col("expected") - came),
        "wape_event": _ratio(on_events, (pl.col("expected") - came).abs()),
        "bias_event": _ratio(on_events, pl.col("expected") - came),
        "coverage_80": round(days.select(inside[80].mean()).item(), 4),
        "coverage_95": round(days.select(inside[95].mean()).item(), 4),
        "interval_score_95": _ratio(days, high - low + 2 / 0.05 * missed),
        "seconds": round(seconds, 2),
    }


def _ratio(days: pl.DataFrame, error: pl.Expr) -> float | None:
    total = days["tickets"].sum()
    return round(days.select(error.sum()).item() / total, 4) if total else None


def by_series(days: pl.DataFrame) -> list[dict[str, object]]:
    """WAPE and coverage of each series."""
    rows = []
    for key, found in days.group_by("business_line", "channel", "tier", "region", maintain_order=True):
        name = " / ".join(str(part) for part in key if part != "unknown") or "all"
        score = figures(found, 0.0)
        rows.append({"series": name} | {key: score[key] for key in ("wape", "coverage_80", "coverage_95")})
    return rows


def read_case(arguments: argparse.Namespace) -> Case:
    """The case of --series and its columns."""
    frame = _read(arguments.series)
    wanted = [arguments.time, arguments.value, *([arguments.group] if arguments.group else [])]
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise BenchmarkError(
            f"{arguments.series} has no column {', '.join(absent)}; it has {', '.join(frame.columns)}"
        )
    group = pl.col(arguments.group).cast(pl.String) if arguments.group else pl.lit("unknown")
    when = pl.col(arguments.time)
    day = when.cast(pl.String).str.slice(0, 10).str.to_date(strict=False)
    history = (
        frame.select(
            date=day, business_line=group, tickets=pl.col(arguments.value).cast(pl.Float64, strict=False)
        )
        .drop_nulls()
        .group_by("date", "business_line")
        .agg(pl.col("tickets").sum())
        .with_columns(channel=pl.lit("unknown"), tier=pl.lit("unknown"), region=pl.lit("unknown"))
        .sort("business_line", "date")
    )
    if history.is_empty():
        raise BenchmarkError(f"{arguments.series}: no row has a day in {arguments.time} and a number")
    calendar = read_events(arguments.events) if arguments.events else pl.DataFrame(schema=CALENDAR_SCHEMA)
    return Case(history, calendar, spread_cutoffs(history, arguments), arguments.horizon)


def _read(path: Path) -> pl.DataFrame:
    if not path.exists():
        raise BenchmarkError(f"{path} does not exist")
    try:
        return (
            pl.read_parquet(path)
            if path.suffix == ".parquet"
            else pl.read_csv(path, infer_schema_length=None)
        )
    except pl.exceptions.PolarsError as error:
        raise BenchmarkError(f"{path} is neither CSV nor Parquet: {str(error).splitlines()[0]}") from error


def read_events(path: Path) -> pl.DataFrame:
    """A calendar from an events file: the calendar's own columns, or holiday, ds, lower_window, upper_window."""
    frame = _read(path)
    if "holiday" in frame.columns:
        for window in ("lower_window", "upper_window"):
            if window not in frame.columns:
                frame = frame.with_columns(pl.lit(0).alias(window))
        day = pl.col("ds").cast(pl.String).str.slice(0, 10).str.to_datetime("%Y-%m-%d")
        frame = frame.with_row_index("row").select(
            event_id=pl.col("row").cast(pl.String),
            kind=_event_kind(day),
            name=pl.col("holiday"),
            starts_at=day + pl.duration(days=pl.col("lower_window")),
            ends_at=day + pl.duration(days=pl.col("upper_window") + 1),
        )
    absent = [
        name for name in ("event_id", "kind", "name", "starts_at", "ends_at") if name not in frame.columns
    ]
    if absent:
        raise BenchmarkError(f"{path} lacks the column(s) {', '.join(absent)}")
    optional = [pl.lit(None).alias(name) for name in CALENDAR_SCHEMA if name not in frame.columns]
    times = [
        pl.col(name) if frame.schema[name].is_temporal() else pl.col(name).str.to_datetime()
        for name in ("starts_at", "ends_at")
    ]
    return frame.with_columns(*optional, *times).select(
        pl.col(name).cast(kind) for name, kind in CALENDAR_SCHEMA.items()
    )


def _event_kind(day: pl.Expr) -> pl.Expr:
    """Prophet's files do not tell campaigns from holidays: what lasts longer than a day is a campaign."""
    follows = (day - day.shift(1).over("holiday", order_by="ds")).dt.total_days() == 1
    lasts = follows.any() | (pl.col("lower_window") < pl.col("upper_window")).any()
    return pl.when(lasts.over("holiday")).then(pl.lit("campaign")).otherwise(pl.lit("holiday"))


def spread_cutoffs(history: pl.DataFrame, arguments: argparse.Namespace) -> list[date]:
    """Cutoffs back from the last one that leaves a whole horizon, half the history kept for learning."""
    first, last = history["date"].min(), history["date"].max()
    newest = last - timedelta(days=arguments.horizon)  # type: ignore[operator]
    oldest = first + (last - first) / 2  # type: ignore[operator]
    if newest < oldest:
        raise BenchmarkError(
            f"{first} to {last} is too short for a horizon of {arguments.horizon} days; try a shorter --horizon"
        )
    step = min(DAYS_BETWEEN_CUTOFFS, (newest - oldest).days // max(arguments.cutoffs - 1, 1))
    return sorted({newest - timedelta(days=step * back) for back in range(arguments.cutoffs)})


def simulated_case(seed: int, arguments: argparse.Namespace) -> Case:
    """Two years and what comes after, for one unseen seed."""
    first, known = date(2023, 1, 15), 730
    days = known + (arguments.cutoffs - 1) * DAYS_BETWEEN_CUTOFFS + arguments.horizon
    panel = simulate_panel(seed, first, days)
    cutoffs = [first + timedelta(known - 1 + DAYS_BETWEEN_CUTOFFS * at) for at in range(arguments.cutoffs)]
    return Case(panel.history, panel.calendar, cutoffs, arguments.horizon)


def run(cases: list[Case], names: Sequence[str]) -> dict[str, object]:
    """Every forecaster on every case."""
    result: dict[str, object] = {}
    for name in names:
        judged = [judge(case, FORECASTERS[name]) for case in cases]
        days = pl.concat([found for found, _ in judged], how="diagonal")
        result[name] = figures(days, sum(seconds for _, seconds in judged))
        if name == "ours":
            result["by_series"] = by_series(days)
    return result


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, print the JSON; 2 for a wrong argument or file."""
    parser = argparse.ArgumentParser(prog="benchmarks.forecast", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--series", type=Path, help="CSV or Parquet")
    source.add_argument("--panel", choices=["simulated"])
    parser.add_argument("--time", help="column with the day or time")
    parser.add_argument("--value", help="column to forecast, added up by day")
    parser.add_argument("--group", help="column that tells series apart")
    parser.add_argument("--events", type=Path, help="events known ahead")
    parser.add_argument("--seeds", type=int, nargs="+", default=[101])
    parser.add_argument("--horizon", type=int, default=90)
    parser.add_argument("--cutoffs", type=int, default=5)
    parser.add_argument("--against", nargs="*", choices=["prophet", "autoets"], default=[])
    arguments = parser.parse_args(given)
    if arguments.series and not (arguments.time and arguments.value):
        parser.error("--series needs --time and --value")
    try:
        cases = (
            [read_case(arguments)]
            if arguments.series
            else [simulated_case(seed, arguments) for seed in arguments.seeds]
        )
        print(json.dumps(run(cases, ["ours", "seasonal_naive", *arguments.against]), indent=1))
    except (BenchmarkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
