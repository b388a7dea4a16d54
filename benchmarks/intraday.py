"""Backtest the intraday forecast on any series of hours or half hours: WAPE, coverage, seconds.

    python -m benchmarks.intraday --series FILE --time COL --value COL [--events FILE] [--minutes 30]
                                  [--horizon 14] [--cutoffs 5] [--against prophet seasonal_naive]

Prints JSON. FILE is CSV (gzip too) or Parquet; times finer than the slots are added up. An events file has
the columns `holiday, ds, lower_window, upper_window` or those of the calendar table.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from typing import Any

import numpy as np
import polars as pl

from benchmarks.forecast_data import BenchmarkError, spread_cutoffs
from benchmarks.hourly_series import SlotSeries, add_series_arguments, read_series
from models.forecast.forecast import forecast_daily
from models.forecast.intraday import IntradayHistory, PastForecast, forecast_intraday, four_week_mean

FEWEST_DAYS = 56
PAST_ORIGINS = 6


@dataclass(frozen=True)
class Made:
    """A forecast of shape (horizon, slots), with bounds where the forecaster has any."""

    expected: np.ndarray
    low_80: np.ndarray | None = None
    high_80: np.ndarray | None = None


# A forecaster gets the series and how many of its days are known.
Forecaster = Callable[[SlotSeries, int, int], Made]


def ours(series: SlotSeries, known: int, horizon: int) -> Made:
    """The daily forecast times profiles; how far to trust each is learnt from earlier forecasts."""
    origins = [known - back * horizon for back in range(1, PAST_ORIGINS + 1)]
    past = [
        PastForecast(days, _daily(series, days, horizon))
        for days in origins
        if days >= min(FEWEST_DAYS, known // 2)
    ]
    made = forecast_intraday(_history(series, known, horizon), _daily(series, known, horizon), past)
    return Made(made.expected[..., 0], made.low_80[..., 0], made.high_80[..., 0])


def _daily(series: SlotSeries, known: int, horizon: int) -> np.ndarray:
    history = pl.DataFrame(
        {"date": series.days(0, known), "tickets": series.counts[:known].sum(axis=1)}
    ).with_columns(pl.lit("all").alias(name) for name in ("business_line", "channel", "tier", "region"))
    cutoff = series.first + timedelta(days=known - 1)
    made = forecast_daily(history, series.calendar, cutoff=cutoff, horizon=horizon)
    return made.points.filter(level="segment").sort("date")["expected"].to_numpy()[:, None]


def _history(series: SlotSeries, known: int, horizon: int) -> IntradayHistory:
    weekday = np.array([day.weekday() for day in series.days(0, known + horizon)])
    return IntradayHistory(
        series.counts[:known, :, None], weekday, series.is_holiday(0, known + horizon)[:, None]
    )


def mean_of_four_weeks(series: SlotSeries, known: int, horizon: int) -> Made:
    """The mean of the last four same days of the week."""
    return Made(four_week_mean(_history(series, known, horizon))[..., 0])


def seasonal_naive(series: SlotSeries, known: int, horizon: int) -> Made:
    """The last week again."""
    return Made(np.resize(series.counts[known - 7 : known], (horizon, series.slots)))


@dataclass(frozen=True)
class ProphetForm:
    """Prophet on the slots themselves, additive or multiplicative, with the same events as holidays."""

    mode: str

    def __call__(self, series: SlotSeries, known: int, horizon: int) -> Made:
        try:
            from prophet import Prophet
        except ImportError as error:
            raise BenchmarkError("prophet is not installed; `make bench-setup` or leave it out") from error
        logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
        start = datetime.combine(series.first, clock())
        step = timedelta(days=1) / series.slots
        at = [start + step * place for place in range((known + horizon) * series.slots)]
        seen = known * series.slots
        model = Prophet(
            seasonality_mode=self.mode,
            holidays=_prophet_holidays(series),
            uncertainty_samples=200,
            interval_width=0.8,
        )
        model.fit(pl.DataFrame({"ds": at[:seen], "y": series.counts[:known].ravel()}).to_pandas())
        made = model.predict(pl.DataFrame({"ds": at[seen:]}).to_pandas())
        expected, low, high = (
            np.maximum(made[name].to_numpy(), 0).reshape(horizon, -1)
            for name in ("yhat", "yhat_lower", "yhat_upper")
        )
        return Made(expected, low, high)


def _prophet_holidays(series: SlotSeries) -> Any:
    rows = series.calendar.filter(pl.col("kind").is_in(["campaign", "holiday"]))
    if rows.is_empty():
        return None
    named = rows.select(
        holiday=pl.col("name").str.replace(r"\W*\b(19|20)\d\d\b.*", ""),
        ds=pl.col("starts_at").dt.date(),
        lower_window=pl.lit(0),
        upper_window=((pl.col("ends_at") - pl.col("starts_at")).dt.total_days() - 1).clip(0),
    )
    return named.unique(["holiday", "ds"], keep="first", maintain_order=True).to_pandas()


FORECASTERS: dict[str, dict[str, Forecaster]] = {
    "ours": {"": ours},
    "four_week_mean": {"": mean_of_four_weeks},
    "seasonal_naive": {"": seasonal_naive},
    "prophet": {"additive": ProphetForm("additive"), "multiplicative": ProphetForm("multiplicative")},
}


def judge(series: SlotSeries, cutoffs: list[int], horizon: int, forecaster: Forecaster) -> dict[str, Any]:
    """WAPE over all slots and cutoffs, coverage of the 80 % interval, seconds."""
    error, tickets, inside, seconds = 0.0, 0.0, [], 0.0
    for known in cutoffs:
        came = series.counts[known : known + horizon]
        started = time.perf_counter()
        made = forecaster(series, known, horizon)
        seconds += time.perf_counter() - started
        error += float(np.abs(came - made.expected).sum())
        tickets += float(came.sum())
        if made.low_80 is not None and made.high_80 is not None:
            inside.append((came >= made.low_80) & (came <= made.high_80))
    return {
        "wape": round(error / tickets, 4) if tickets else None,
        "coverage_80": round(float(np.mean(inside)), 4) if inside else None,
        "seconds": round(seconds, 2),
    }


def run(series: SlotSeries, horizon: int, cutoffs: int, against: Sequence[str]) -> dict[str, Any]:
    """Every forecaster at the same cutoffs; of several forms of one, the one with the least WAPE counts."""
    history = pl.DataFrame({"date": series.days(0, len(series.counts))})
    made_from = [(day - series.first).days + 1 for day in spread_cutoffs(history, horizon, cutoffs)]
    result: dict[str, Any] = {}
    for name in dict.fromkeys(("ours", "four_week_mean", "seasonal_naive", *against)):
        scores = {
            form: judge(series, made_from, horizon, forecaster)
            for form, forecaster in FORECASTERS[name].items()
        }
        best = min(scores, key=lambda form: scores[form]["wape"] or 0.0)
        result[name] = ({"form": best} if best else {}) | scores[best]
    return result


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, print the JSON; 2 for a wrong argument or file."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.intraday", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_series_arguments(parser)
    parser.add_argument("--minutes", type=int, choices=[30, 60], default=30)
    parser.add_argument("--horizon", type=int, default=14)
    parser.add_argument("--cutoffs", type=int, default=5)
    parser.add_argument("--against", nargs="*", choices=["prophet", "seasonal_naive"], default=[])
    arguments = parser.parse_args(given)
    if not (arguments.series and arguments.time and arguments.value):
        parser.error("--series, --time and --value are needed")
    if arguments.horizon < 1 or arguments.cutoffs < 1:
        parser.error("--horizon and --cutoffs must be 1 or more")
    try:
        series = read_series(arguments, arguments.minutes)
        result = run(series, arguments.horizon, arguments.cutoffs, arguments.against)
    except (BenchmarkError, ValueError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
