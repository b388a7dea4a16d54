"""Backtest the daily forecast on any series: WAPE, event days, coverage, interval score, seconds.

    python -m benchmarks.forecast --series FILE --time COL --value COL [--group COL] [--events FILE]
                                  [--regressors COL ...] [--horizon 90] [--cutoffs 5]
                                  [--against prophet autoets]
    python -m benchmarks.forecast --panel simulated --seeds 101 102 103 104 105 --against prophet autoets

Prints JSON. FILE is CSV (gzip too) or Parquet; times finer than a day are added up to days, days without a row
are not judged. Regressors are columns known ahead. An events file has the columns `holiday, ds, lower_window,
upper_window` or those of the calendar table. Prophet runs in its additive, multiplicative and log form; the one
with the least WAPE counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.forecast_data import BenchmarkError, Case, read_case, simulated_case
from benchmarks.forecast_rivals import FORECASTERS, Forecaster
from models.forecast.panel import SEGMENT


def judge(cases: list[Case], forecaster: Forecaster) -> tuple[pl.DataFrame, float]:
    """Every forecast day beside what came, and the seconds it took. Days without a known value are out."""
    seconds, judged = 0.0, []
    for at, case in enumerate(cases):
        for cutoff in case.cutoffs:
            started = time.perf_counter()
            made = forecaster(case, cutoff)
            seconds += time.perf_counter() - started
            days = made.with_columns(pl.col(SEGMENT).cast(pl.String)).join(
                case.history, on=[*SEGMENT, "date"]
            )
            on_event = case.event_days.with_columns(is_event=pl.lit(True))
            judged.append(
                days.join(on_event, on=[*SEGMENT, "date"], how="left").with_columns(
                    pl.col("is_event").fill_null(False), case=pl.lit(at), cutoff=pl.lit(cutoff)
                )
            )
    return pl.concat(judged, how="diagonal"), seconds


def figures(days: pl.DataFrame, seconds: float) -> dict[str, Any]:
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


def by_series(judged: dict[str, pl.DataFrame], labels: list[str]) -> list[dict[str, Any]]:
    """A row per series with every forecaster's WAPE, on event days too, and its coverage."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for name, days in judged.items():
        for key, found in days.group_by("case", *SEGMENT, maintain_order=True):
            parts = [labels[int(str(key[0]))], *(str(part) for part in key[1:] if part != "unknown")]
            row = rows.setdefault(key, {"series": " / ".join(part for part in parts if part)})
            score = figures(found, 0.0)
            row[name] = {
                figure: score[figure] for figure in ("wape", "wape_event", "coverage_80", "coverage_95")
            }
    return list(rows.values())


def run(cases: list[Case], names: Sequence[str], labels: list[str]) -> dict[str, Any]:
    """Every forecaster on every case; of several forms of one, the form with the least WAPE counts."""
    result: dict[str, Any] = {}
    counted: dict[str, pl.DataFrame] = {}
    for name in names:
        forms = {form: judge(cases, forecaster) for form, forecaster in FORECASTERS[name].items()}
        scores = {form: figures(*found) for form, found in forms.items()}
        best = min(scores, key=lambda form: scores[form]["wape"] or 0.0)
        result[name] = scores[best]
        counted[name] = forms[best][0]
        if len(forms) > 1:
            result[name] = {"form": best} | scores[best]
            result[f"{name}_forms"] = scores
    return result | {"by_series": by_series(counted, labels)}


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, print the JSON; 2 for a wrong argument or file."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.forecast", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--series", type=Path, help="CSV or Parquet")
    source.add_argument("--panel", choices=["simulated"])
    parser.add_argument("--time", help="column with the day or time")
    parser.add_argument("--value", help="column to forecast, added up by day")
    parser.add_argument("--group", help="column that tells series apart")
    parser.add_argument("--events", type=Path, help="events known ahead")
    parser.add_argument("--regressors", nargs="+", default=[], help="columns known ahead")
    parser.add_argument("--seeds", type=int, nargs="+", default=[101])
    parser.add_argument("--horizon", type=int, default=90)
    parser.add_argument(
        "--cutoffs", type=int, help="days to forecast from; default 5, of each seed's panel 1"
    )
    parser.add_argument("--against", nargs="*", choices=["prophet", "autoets"], default=[])
    arguments = parser.parse_args(given)
    if arguments.series and not (arguments.time and arguments.value):
        parser.error("--series needs --time and --value")
    try:
        cases, labels = _cases(arguments)
        result = run(cases, ["ours", "seasonal_naive", *arguments.against], labels)
    except (BenchmarkError, ValueError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(json.dumps(result, indent=1))
    return 0


def _cases(arguments: argparse.Namespace) -> tuple[list[Case], list[str]]:
    horizon, cutoffs = arguments.horizon, arguments.cutoffs
    if cutoffs is None:  # a panel has many series, and seeds take the place of cutoffs
        cutoffs = 5 if arguments.series else 1
    if horizon < 1 or cutoffs < 1:
        raise BenchmarkError(f"--horizon {horizon} and --cutoffs {cutoffs} must be 1 or more")
    if not arguments.series:
        cases = [simulated_case(seed, horizon, cutoffs) for seed in arguments.seeds]
        return cases, [f"seed {seed}" for seed in arguments.seeds]
    case = read_case(
        arguments.series,
        arguments.time,
        arguments.value,
        group=arguments.group,
        events=arguments.events,
        regressors=arguments.regressors,
        horizon=horizon,
        cutoffs=cutoffs,
    )
    return [case], [""]


if __name__ == "__main__":
    sys.exit(main())
