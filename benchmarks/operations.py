"""Seconds and peak memory of all operations tables on a simulated history, and of a day's increment on top of it.

    python -m benchmarks.operations --tickets 1000000

prints one JSON object. full_seconds, full_peak_mb: every table made from the raw tables, none there before.
increment_seconds, increment_peak_mb: the tables again after the history's last day was loaded, from opening the file to
having tidied it up. load_seconds: storing that day's rows. Themes are left out: they have benchmarks of their own.
slowest: the tables that took the longest, with their seconds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from assets.ingest.contract import CONTRACT, SOURCE_TABLES, USER_TABLES
from assets.ingest.raw_tables import create_raw_tables
from assets.ingest.store import Staging, replace_rows
from assets.tables import PYTHON_TABLES
from assets.warehouse import sql_project
from benchmarks.peak_memory import PeakMemory
from dbt_like_sql.warehouse import Warehouse

_AS_OF = date(2026, 6, 30)
_ENDED = ("solved", "closed", "deleted")
_SLOWEST = 12
_MEMORY_LIMIT = "2GB"  # the default of the settings


def known_by(tables: dict[str, pl.DataFrame], moment: datetime) -> dict[str, pl.DataFrame]:
    """The tickets and events of an operation as an export of that moment would have had them."""
    events = tables["ticket_events"].filter(pl.col("occurred_at") <= moment)
    sets_status = pl.col("kind").is_in(["created", "status_changed", "solved", "reopened", "deleted"])
    latest = events.group_by("ticket_id").agg(
        pl.col("occurred_at").max().alias("updated_at"),
        pl.when(pl.col("kind") == "deleted")
        .then(pl.lit("deleted"))
        .otherwise("to_value")
        .filter(sets_status)
        .sort_by(pl.col("occurred_at").filter(sets_status), maintain_order=True)
        .last()
        .alias("status"),
    )
    tickets = tables["tickets"].filter(pl.col("created_at") <= moment).drop("updated_at", "status")
    reported = [name for name in tickets.columns if name.startswith("reported_")]
    is_ended = pl.col("status").is_in(_ENDED)
    return tables | {
        "ticket_events": events,
        "tickets": tickets.join(latest, on="ticket_id").with_columns(
            pl.when(is_ended).then(pl.col(name)).alias(name) for name in reported
        ),
    }


def store(warehouse: Warehouse, tables: dict[str, pl.DataFrame], as_of: datetime) -> None:
    """Put an export into the raw tables as a load does."""
    with warehouse.transaction() as connection:
        staging = Staging(connection)
        for name in SOURCE_TABLES:
            staging.add(name, _in_contract(tables[name], name))
        staging.merge()
        for name in USER_TABLES:
            replace_rows(connection, name, _in_contract(tables[name], name))
        connection.execute("delete from raw.account; delete from raw.sources")
        connection.execute("insert into raw.account values (?, 'UTC')", [as_of])
        connection.execute(
            "insert into raw.sources by name select source, count(*) as tickets, "
            "cast(min(created_at) as date) as volume_from, cast(? as date) as volume_until from raw.tickets group by source",
            [as_of.date() - timedelta(days=1)],
        )


def _in_contract(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The contract's columns, a requester's number for the hash of it; those the simulation does not have are empty."""
    schema = CONTRACT[table].create_empty().schema
    known = frame.rename({"requester_id": "requester_key"}, strict=False)
    return known.select(
        (pl.col(name) if name in known.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )


def build_all(warehouse: Warehouse) -> dict[str, float]:
    """Build every table; seconds by table."""
    seconds = {}
    for model in sql_project().models:
        started = time.monotonic()
        warehouse.build(model)
        seconds[model.name] = time.monotonic() - started
    return seconds


def prepare(tickets: int, seed: int, folder: Path) -> dict[str, int]:
    """Simulate an operation, load it up to the day before the last, and put the last day's rows aside."""
    from models.simulation.operation import simulate

    operation = simulate(tickets=tickets, seed=seed, as_of=_AS_OF).tables
    before_the_day = _at(_AS_OF - timedelta(days=1))
    (folder / "day").mkdir()
    for name, frame in changed_since(operation, before_the_day).items():
        frame.write_parquet(folder / "day" / f"{name}.parquet")
    with _opened(folder) as warehouse:
        create_raw_tables(warehouse)
        for name, schema in PYTHON_TABLES.items():
            warehouse.replace(name, schema.create_empty())
        store(warehouse, known_by(operation, before_the_day), before_the_day)
    return {"tickets": tickets, "events": operation["ticket_events"].height}


def _at(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def measure(folder: Path) -> dict[str, Any]:
    """Seconds and memory of a full build of what `folder` holds, and of the day on top of it."""
    result: dict[str, Any] = {}
    with _opened(folder) as warehouse, PeakMemory() as memory:
        seconds = build_all(warehouse)
    result |= {"full_seconds": round(sum(seconds.values()), 1), "full_peak_mb": round(memory.mb)}
    day = {path.stem: pl.read_parquet(path) for path in (folder / "day").glob("*.parquet")}
    with _opened(folder) as warehouse:
        started = time.monotonic()
        store(warehouse, day, _at(_AS_OF))
        result |= {"load_seconds": round(time.monotonic() - started, 1)}
    result["day"] = {name: day[name].height for name in ("tickets", "ticket_events")}
    # A day's run opens the file anew, and closing it tidies it up.
    started = time.monotonic()
    with _opened(folder) as warehouse, PeakMemory() as memory:
        again = build_all(warehouse)
        checkpoint = time.monotonic()
        warehouse.execute("checkpoint")
        again["tidying the file up"] = time.monotonic() - checkpoint
    increment = time.monotonic() - started
    result |= {"increment_seconds": round(increment, 1), "increment_peak_mb": round(memory.mb)}
    return result | {"slowest": {"full": _slowest(seconds), "increment": _slowest(again)}}


def _opened(folder: Path) -> Warehouse:
    return Warehouse(folder / "warehouse.duckdb", memory_limit=_MEMORY_LIMIT, threads=2)


def changed_since(operation: dict[str, pl.DataFrame], moment: datetime) -> dict[str, pl.DataFrame]:
    """What an export of everything that changed since a moment brings."""
    events = operation["ticket_events"].filter(pl.col("occurred_at") > moment)
    tickets = operation["tickets"].join(events.select("ticket_id").unique(), on="ticket_id", how="semi")
    return operation | {"ticket_events": events, "tickets": tickets}


def _slowest(seconds: dict[str, float]) -> dict[str, float]:
    ordered = sorted(seconds.items(), key=lambda entry: -entry[1])
    return {name: round(spent, 2) for name, spent in ordered[:_SLOWEST]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="groundswell-bench-") as name:
        # Each in a process of its own, so that the simulation's memory does not count for the tables.
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            size = pool.submit(prepare, arguments.tickets, arguments.seed, Path(name)).result()
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            result = pool.submit(measure, Path(name)).result()
    print(json.dumps(size | result, indent=2))


if __name__ == "__main__":
    main()
