"""Time and memory of the daily forecast on many series.

    python -m benchmarks.forecast_scale [--series 3000] [--years 3]

Prints JSON: seconds to fit and predict once, and with backtest, intervals and every level, on one thread; the
peak memory of the process before and after. Series are the simulated panel's, drawn again for as many regions
as it takes.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks.forecast_panel import CHANNELS, LINES, REGIONS, TIERS, simulate_panel
from models.forecast.calendar_features import read_calendar
from models.forecast.forecast import forecast_daily
from models.forecast.panel import dense_panel
from models.forecast.scopes import scope_panel
from models.forecast.segments import STEADY, forecast_segments

HORIZON = 90


def many_series(series: int, days: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A history of `series` segments and its calendar."""
    panel = simulate_panel(1, date(2023, 1, 1), days)
    copies = -(-series // (len(LINES) * len(CHANNELS) * len(TIERS) * len(REGIONS)))
    rng = np.random.default_rng(1)
    history = pl.concat(
        panel.mean.with_columns(
            pl.col("region") + f" {copy}",
            pl.Series("tickets", rng.poisson(panel.mean["tickets"].to_numpy() * rng.uniform(0.3, 1.5))),
        )
        for copy in range(copies)
    )
    keys = history.select("business_line", "channel", "tier", "region").unique(maintain_order=True)
    return history.join(keys.head(series), on=keys.columns, how="semi"), panel.calendar


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, print the JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.forecast_scale", description=__doc__)
    parser.add_argument("--series", type=int, default=3000)
    parser.add_argument("--years", type=int, default=3)
    arguments = parser.parse_args(given)
    days = 365 * arguments.years
    history, calendar = many_series(arguments.series, days)
    cutoff = date(2023, 1, 1) + timedelta(days=days - 1)
    with threadpool_limits(1):
        panel = dense_panel(history, cutoff)
        assert panel is not None
        loaded = _peak_mb()
        started = time.perf_counter()
        scoped = scope_panel(panel, read_calendar(calendar, cutoff), HORIZON)
        forecast_segments(scoped, panel.days, STEADY)
        once = time.perf_counter() - started
        started = time.perf_counter()
        made = forecast_daily(history, calendar, cutoff=cutoff, horizon=HORIZON)
        whole = time.perf_counter() - started
    found = {
        "series": panel.segments.height,
        "days": days,
        "fit_and_predict_seconds": round(once, 2),
        "with_backtest_and_intervals_seconds": round(whole, 2),
        "points": made.points.height,
        "peak_mb_with_the_data": loaded,
        "peak_mb": _peak_mb(),
    }
    print(json.dumps(found, indent=1))
    return 0


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
