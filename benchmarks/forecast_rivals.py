"""What the daily forecast is compared with: the last week again, Prophet in three forms, AutoETS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks.forecast_data import BenchmarkError, Case, last_day, regressor_names
from models.forecast.forecast import forecast_daily
from models.forecast.panel import SEGMENT

LEVELS = (0.025, 0.10, 0.90, 0.975)
BOUNDS = ("low_95", "low_80", "high_80", "high_95")
FEWEST_DAYS = 14  # a series seen for less is forecast by its last week, whoever is asked

# A forecaster gives segment, date, expected, low_95, low_80, high_80, high_95.
Forecaster = Callable[[Case, date], pl.DataFrame]


def ours(case: Case, cutoff: date) -> pl.DataFrame:
    """The forecast of models/forecast, its segments."""
    with threadpool_limits(1):
        made = forecast_daily(
            case.history, case.calendar, cutoff=cutoff, horizon=case.horizon, regressors=case.regressors
        )
    return made.points.filter(level="segment").drop("level", "made_on", "base")


def seasonal_naive(case: Case, cutoff: date) -> pl.DataFrame:
    """The last week again, with the spread of its own past errors as a normal interval."""
    known = case.history.filter(pl.col("date") <= cutoff)
    return pl.concat(
        _frame(key, cutoff, *_last_week_again(rows, cutoff, case.horizon))
        for key, rows in known.group_by(SEGMENT, maintain_order=True)
    )


def _last_week_again(rows: pl.DataFrame, cutoff: date, horizon: int) -> tuple[np.ndarray, list[np.ndarray]]:
    first = rows["date"].min()
    days = (cutoff - first).days + 1  # type: ignore[operator]
    counts = np.zeros(days)
    counts[rows.select((pl.col("date") - first).dt.total_days()).to_series().to_numpy()] = rows["tickets"]
    last_week = counts[-7:] if days >= 7 else np.full(7, counts.mean())
    ahead = np.arange(1, horizon + 1)
    expected = last_week[(ahead - 1) % 7]
    # The error of a random walk of weeks grows with the number of weeks (Hyndman, Athanasopoulos 2021).
    change = float(np.sqrt(np.mean((counts[7:] - counts[:-7]) ** 2))) if days > 7 else float(counts.mean())
    spread = change * np.sqrt((ahead - 1) // 7 + 1)
    return expected, [expected + z * spread for z in (-1.96, -1.2816, 1.2816, 1.96)]


def _frame(
    key: tuple[Any, ...], cutoff: date, expected: np.ndarray, bounds: list[np.ndarray]
) -> pl.DataFrame:
    """A forecaster's rows of one series; nothing is under zero."""
    return pl.DataFrame(
        dict(zip(SEGMENT, key, strict=True))
        | {"date": [cutoff + timedelta(days=day) for day in range(1, len(expected) + 1)]}
        | {"expected": np.maximum(expected, 0)}
        | {name: np.maximum(bound, 0) for name, bound in zip(BOUNDS, bounds, strict=True)}
    )


@dataclass(frozen=True)
class ProphetForm:
    """Prophet with the same calendar as holidays and the same columns as regressors, in one of its forms."""

    mode: str  # additive, multiplicative, or log: additive on log(1 + y)

    def __call__(self, case: Case, cutoff: date) -> pl.DataFrame:
        known = case.history.filter(pl.col("date") <= cutoff)
        return pl.concat(
            _frame(key, cutoff, *self._series(case, key, rows, cutoff))
            if rows.height >= FEWEST_DAYS
            else _frame(key, cutoff, *_last_week_again(rows, cutoff, case.horizon))
            for key, rows in known.group_by(SEGMENT, maintain_order=True)
        )

    def _series(
        self, case: Case, key: tuple[Any, ...], rows: pl.DataFrame, cutoff: date
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        try:
            from prophet import Prophet
        except ImportError as error:
            raise BenchmarkError("prophet is not installed; `make bench-setup` or leave it out") from error
        logging.getLogger("cmdstanpy").disabled = True
        log = self.mode == "log"
        model = Prophet(
            seasonality_mode="additive" if log else self.mode,
            holidays=_prophet_holidays(case.calendar, *key),
            uncertainty_samples=1000,
        )
        seen = rows.sort("date").select(
            ds="date", y=pl.col("tickets").log1p() if log else pl.col("tickets").cast(pl.Float64)
        )
        days = pl.DataFrame({"ds": [cutoff + timedelta(days=day) for day in range(1, case.horizon + 1)]})
        if case.regressors is not None:
            columns = case.regressors.filter(
                pl.all_horizontal(pl.col(name) == value for name, value in zip(SEGMENT, key, strict=True))
            ).drop(SEGMENT)
            columns = columns.rename({"date": "ds"})
            seen, days = (frame.join(columns, on="ds", how="left").fill_null(0.0) for frame in (seen, days))
            for name in regressor_names(case.regressors):
                model.add_regressor(name)
        np.random.seed(0)  # Prophet draws from numpy's global state
        model.fit(seen.to_pandas())
        future = days.with_columns(pl.col("ds").cast(pl.Datetime("ns"))).to_pandas()
        draws = model.predictive_samples(future)["yhat"]
        model.uncertainty_samples = 0
        expected = model.predict(future)["yhat"].to_numpy()
        bounds = list(np.quantile(draws, LEVELS, axis=1))
        return (np.expm1(expected), [np.expm1(bound) for bound in bounds]) if log else (expected, bounds)


def _prophet_holidays(calendar: pl.DataFrame, line: str, _channel: str, _tier: str, region: str) -> Any:
    here = calendar.filter(
        pl.col("kind").is_in(["campaign", "holiday"]),
        pl.col("business_line").is_null() | (pl.col("business_line") == line),
        pl.col("region").is_null() | (pl.col("region") == region),
    )
    if here.is_empty():
        return None
    named = here.select(
        holiday=pl.col("name").str.replace(r"\W*\b(19|20)\d\d\b.*", ""),
        ds=pl.col("starts_at").dt.date(),
        lower_window=pl.lit(0),
        upper_window=last_day("ends_at", "starts_at"),
    )
    return named.unique(["holiday", "ds"], keep="first", maintain_order=True).to_pandas()


def autoets(case: Case, cutoff: date) -> pl.DataFrame:
    """AutoETS of statsforecast with a weekly season; a day without a row is filled from its neighbours."""
    try:
        from statsforecast import StatsForecast
        from statsforecast.models import AutoETS, Naive
    except ImportError as error:
        raise BenchmarkError("statsforecast is not installed; `make bench-setup` or leave it out") from error
    known = case.history.filter(pl.col("date") <= cutoff)
    names = known.select(SEGMENT).unique(maintain_order=True).with_row_index("unique_id")
    seen = known.join(names, on=SEGMENT).sort("unique_id", "date")
    dense = seen.upsample("date", every="1d", group_by="unique_id").select(
        pl.col("unique_id").forward_fill(),
        pl.col("date").alias("ds"),
        pl.col("tickets").cast(pl.Float64).interpolate().alias("y"),
    )
    model = StatsForecast(models=[AutoETS(season_length=7)], freq="1d", fallback_model=Naive())
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


FORECASTERS: dict[str, dict[str, Forecaster]] = {
    "ours": {"": ours},
    "seasonal_naive": {"": seasonal_naive},
    "prophet": {mode: ProphetForm(mode) for mode in ("additive", "multiplicative", "log")},
    "autoets": {"": autoets},
}
