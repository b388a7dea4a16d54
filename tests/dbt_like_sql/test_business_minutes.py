"""The business minutes of random intervals, as the benchmark computes them, against a count of every local minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from benchmarks.business_minutes import DAYS, FIRST, HOLIDAYS, SCHEDULES, measure
from dbt_like_sql.warehouse import Warehouse

BEGAN = datetime.combine(FIRST, datetime.min.time())


def open_seconds(schedule: str) -> np.ndarray:
    """How many seconds a schedule was open up to every minute of UTC."""
    zone, opens, closes, weekdays = SCHEDULES[schedule]
    minutes = pl.select(
        pl.datetime_range(BEGAN, BEGAN + timedelta(days=DAYS), "1m", closed="left", time_zone="UTC")
    ).to_series()
    local = pl.DataFrame({"at": minutes.dt.convert_time_zone(zone)}).select(
        pl.col("at").dt.weekday().cast(pl.Int64) % 7,
        minute=pl.col("at").dt.hour().cast(pl.Int64) * 60 + pl.col("at").dt.minute(),
        month_and_day=pl.col("at").dt.month().cast(pl.Int64) * 100 + pl.col("at").dt.day(),
    )
    is_open = (
        pl.col("at").is_in(list(weekdays))
        & pl.col("minute").is_between(opens, closes, closed="left")
        & ~pl.col("month_and_day").is_in([month * 100 + day for month, day in HOLIDAYS])
    )
    return np.append(0, local.select(is_open).to_series().cast(pl.Int64).cum_sum().to_numpy() * 60)


def test_business_minutes_are_the_open_minutes_of_the_local_clock(tmp_path):
    told = measure(2000, seed=1, folder=tmp_path)
    with Warehouse(tmp_path / "warehouse.duckdb", read_only=True) as warehouse:
        segments = warehouse.query(
            "select segments.*, last_schedule_id from segments join ticket_schedules using (ticket_id)"
        )
    assert segments.height == told["intervals"] == 2000
    assert round(segments["business_minutes"].sum()) == told["business_minutes"]
    for name, minutes in (("schedule_id", "business_minutes"), ("last_schedule_id", "business_minutes_last")):
        for schedule in SCHEDULES:
            its = segments.filter(pl.col(name) == schedule)
            assert its.height > 0
            clock = open_seconds(schedule)
            ends = [(its[end] - BEGAN).dt.total_seconds().to_numpy() for end in ("started_at", "ended_at")]
            started, ended = (np.interp(end, 60 * np.arange(len(clock)), clock) for end in ends)
            np.testing.assert_allclose(its[minutes].to_numpy() * 60, ended - started, atol=1e-3)
