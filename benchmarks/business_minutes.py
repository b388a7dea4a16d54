"""Seconds and peak memory of the business minutes of many intervals, by the SQL that every time metric is made with.

    python -m benchmarks.business_minutes [--intervals 10000000]

prints one JSON object. The intervals lie at random in two years and are up to two weeks long; six schedules in five time
zones, over changes of the clocks and with holidays, take turns. Of each interval both the minutes by its schedule and those
by another one, the ticket's last, are computed, as for a ticket's segments. seconds: the schedules' clocks and the minutes
of all intervals; making the intervals does not count. business_minutes: their sum, to compare runs by.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from assets.ingest.raw_tables import create_raw_tables
from assets.warehouse import sql_project
from benchmarks.peak_memory import PeakMemory
from dbt_like_sql.warehouse import Warehouse

FIRST, DAYS = date(2024, 1, 1), 731
LONGEST_SECONDS = 14 * 86_400
_MEMORY_LIMIT = "2GB"  # the default of the settings
_HOUR, _DAY = 60, 1440
# Time zone, open from and until in minutes of the local day, weekdays counted from Sunday.
SCHEDULES = {
    "berlin": ("Europe/Berlin", 9 * _HOUR, 17 * _HOUR, range(1, 6)),
    "london": ("Europe/London", 8 * _HOUR, 20 * _HOUR, range(7)),
    "new york": ("America/New_York", 9 * _HOUR, 18 * _HOUR, range(1, 7)),
    "new york at night": ("America/New_York", 0, 6 * _HOUR, range(7)),
    "kolkata": ("Asia/Kolkata", 9 * _HOUR + 30, 18 * _HOUR + 30, range(1, 6)),
    "lord howe": ("Australia/Lord_Howe", 7 * _HOUR, 15 * _HOUR, range(1, 6)),
}
HOLIDAYS = ((1, 1), (5, 1), (12, 25), (12, 26))  # month and day, every year and for every schedule


def schedule_tables() -> dict[str, pl.DataFrame]:
    """The schedules and their holidays as the raw tables have them."""
    intervals = [
        (name, name, zone, weekday * _DAY + opens, weekday * _DAY + closes)
        for name, (zone, opens, closes, weekdays) in SCHEDULES.items()
        for weekday in weekdays
    ]
    closed = [
        (name, date(FIRST.year + year, month, day), "holiday")
        for name in SCHEDULES
        for year in range(3)
        for month, day in HOLIDAYS
    ]
    columns = ["schedule_id", "name", "time_zone", "start_minute", "end_minute"]
    return {
        "raw.schedules": pl.DataFrame(intervals, schema=columns, orient="row"),
        "raw.holidays": pl.DataFrame(closed, schema=["schedule_id", "date", "name"], orient="row"),
    }


def load(warehouse: Warehouse, intervals: int, seed: int) -> None:
    """Put schedules and random intervals where ticket_segments reads them: as pieces of the life of tickets.

    There is a ticket for each pair of a schedule and a last schedule.
    """
    create_raw_tables(warehouse)
    for name, frame in schedule_tables().items():
        warehouse.replace(name, frame)
    warehouse.replace("days", pl.DataFrame({"date": [FIRST + timedelta(days=day) for day in range(DAYS)]}))
    began = datetime.combine(FIRST, datetime.min.time())
    pairs = [(one, last) for one in SCHEDULES for last in SCHEDULES]
    tickets = pl.DataFrame(pairs, schema=["schedule_id", "last_schedule_id"], orient="row")
    unknown = dict.fromkeys(("group_id", "vendor"), pl.lit(None, dtype=pl.String))
    same = {"source": pl.lit("any"), "stretch": pl.lit(1), "created_at": pl.lit(began), "tier": pl.lit(1)}
    offsets = dict.fromkeys(("clock_offset", "last_clock_offset"), pl.lit(0.0))
    numbered = pl.int_range(pl.len()).cast(pl.String).alias("ticket_id")
    warehouse.replace("ticket_schedules", tickets.with_columns(numbered, **same, **unknown, **offsets))
    warehouse.execute("select setseed(?)", [1 / (1 + seed)])
    warehouse.execute(
        """
        create table pieces as
        select
            'any' as source, cast(position % $1 as varchar) as ticket_id, position, 1 as stretch,
            $2 + to_seconds(started) as started_at,
            $2 + to_seconds(started + cast(floor(random() * $3) as bigint)) as ended_at,
            false as is_current, 'open' as status, cast(null as varchar) as priority
        from (
            select range as position, cast(floor(random() * $4) as bigint) as started
            from range(cast($5 as bigint))
        )
        """,
        [len(pairs), began, LONGEST_SECONDS, DAYS * 86_400 - LONGEST_SECONDS, intervals],
    )


def minutes_of_pieces() -> str:
    """The part of ticket_segments that reads the business clocks, for a table `pieces` made elsewhere."""
    query = sql_project().model("ticket_segments").query.copy()
    for part in list(query.ctes):
        if part.alias != "clocks":
            part.pop()
    return query.sql("duckdb")


def measure(intervals: int, seed: int, folder: Path) -> dict[str, Any]:
    """Load intervals, then compute their business minutes into the table `segments` of a warehouse in `folder`."""
    path, project = folder / "warehouse.duckdb", sql_project()
    with Warehouse(path, memory_limit=_MEMORY_LIMIT, threads=2) as warehouse:
        load(warehouse, intervals, seed)
    query = minutes_of_pieces()
    with Warehouse(path, memory_limit=_MEMORY_LIMIT, threads=2) as warehouse:
        started = time.monotonic()
        with PeakMemory() as memory:
            for name in ("stg_schedules", "stg_holidays", "clock_begin", "business_clock"):
                warehouse.build(project.model(name))
            warehouse.execute(f"create table segments as {query}")
        seconds = time.monotonic() - started
        total = warehouse.query("select sum(business_minutes) from segments").item()
    return {
        "intervals": intervals,
        "seconds": round(seconds, 1),
        "peak_mb": round(memory.mb),
        "business_minutes": round(total),
    }


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--intervals", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="groundswell-bench-") as name:
        print(json.dumps(measure(arguments.intervals, arguments.seed, Path(name)), indent=2))


if __name__ == "__main__":
    main()
