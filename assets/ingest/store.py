"""Checked and redacted rows into the raw tables: a newer state replaces an older one, in any order of arrival."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from assets.ingest.contract import CONTRACT
from assets.ingest.personal_data import redact_value
from assets.ingest.raw_tables import RAW_TABLES

# The column that says which of two states of the same thing is the newer. Tables that are not here hold
# things that happened: what is stored once stays as it is.
_VERSION = {"tickets": "updated_at", "issues": "updated_at", "qa_reviews": "reviewed_at"}
# Until when what a row says of its ticket reaches.
_REACHES_UNTIL = {
    "tickets": "greatest(updated_at, reported_solved_at, reported_closed_at)",
    "ticket_events": "occurred_at",
}
_ROWS_WITH_VALUES = 1000  # of those that fail in one batch
_LONGEST_VALUE = 200  # characters of a value kept in the quarantine


@dataclass(frozen=True)
class Stored:
    """How many of the rows were new or newer, and how many changed nothing."""

    rows_stored: int
    rows_unchanged: int


class Staging:
    """Rows of one file on their way into the raw tables, kept in DuckDB's temporary tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._arrived: dict[str, int] = {}
        self._change = 0  # counts the loads

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Stage rows in the contract's columns; further columns are left behind."""
        arrived = self._arrived.get(table, 0)
        if table not in self._arrived:
            self._connection.execute(
                f"create or replace temp table staged_{table} as "
                f"select *, 0::bigint as arrival from raw.{table} limit 0"
            )
        rows = frame.select(
            *CONTRACT[table].column_names(), pl.int_range(arrived, arrived + pl.len()).alias("arrival")
        )
        _insert(self._connection, f"staged_{table}", rows)
        self._arrived[table] = arrived + frame.height

    def merge(self) -> Stored:
        """Move everything staged into the raw tables."""
        self._change = _count(self._connection, "(select distinct change from raw.ticket_changes)") + 1
        stored = {table: self._merge(table) for table in self._arrived}
        return Stored(sum(stored.values()), sum(self._arrived.values()) - sum(stored.values()))

    def _merge(self, table: str) -> int:
        """Rows of one table that were new or newer."""
        keys = CONTRACT[table].primary_key()
        key_list = ", ".join(keys)
        version = _VERSION.get(table)
        newest = f"{version} desc, arrival desc" if version else "arrival"
        same = " and ".join(f"stored.{key} = incoming.{key}" for key in keys)
        self._connection.execute(
            f"create or replace temp view incoming_{table} as select * exclude (arrival) from staged_{table}"
            + (
                f" qualify row_number() over (partition by {key_list} order by {newest}) = 1"
                if self._repeats(table, key_list)
                else ""
            )
        )
        if version:
            # Of equal age the later arrival wins: it comes of a corrected mapping or a repeated export.
            self._connection.execute(
                f"delete from raw.{table} as stored using incoming_{table} as incoming "
                f"where {same} and stored.{version} <= incoming.{version}"
            )
        new = f"select * from incoming_{table} as incoming anti join raw.{table} as stored on {same}"
        if table in _REACHES_UNTIL:
            self._connection.execute(
                f"insert into raw.ticket_changes select source, ticket_id, ?, max({_REACHES_UNTIL[table]}) "
                f"from ({new}) group by source, ticket_id",
                [self._change],
            )
        before = _count(self._connection, f"raw.{table}")
        # In the tickets' order, so that who looks for some of the last skips the rows of the others.
        order = " order by source, ticket_id" if table in _REACHES_UNTIL else ""
        self._connection.execute(f"insert into raw.{table} by name {new}{order}")
        stored = _count(self._connection, f"raw.{table}") - before
        self._connection.execute(f"drop view incoming_{table}; drop table staged_{table}")
        return stored

    def _repeats(self, table: str, key_list: str) -> bool:
        distinct = _count(self._connection, f"(select distinct {key_list} from staged_{table})")
        return distinct < self._arrived[table]


def replace_rows(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Make a raw table hold exactly these rows."""
    connection.execute(f"delete from raw.{table}")
    _insert(connection, f"raw.{table}", frame.select(list(RAW_TABLES[table])))


def add_rows(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Append rows to a raw table."""
    _insert(connection, f"raw.{table}", frame)


def quarantine_rows(
    failures: pl.DataFrame, raw: pl.DataFrame, personal: Collection[str], **about: str | datetime | None
) -> pl.DataFrame:
    """Failures as rows of the quarantine, one for each row of the file, with redacted raw values.

    failures: row_number, rule, message. raw: the rows as they were read, with row_number.
    personal: columns whose values are a person's name or id, and are not kept even redacted.
    about: the other columns of the quarantine. Only the first thousand rows keep their values: by then
    they say what is wrong, and a file that is wrong from end to end is told of in seconds.
    """
    first = failures.unique("row_number", keep="first", maintain_order=True)
    shown = first["row_number"].head(_ROWS_WITH_VALUES)
    hidden = [name for name in raw.columns if name in personal]
    held = raw.filter(pl.col("row_number").is_in(shown.implode())).drop(hidden)
    values = {row.pop("row_number"): _redacted_json(row) for row in held.iter_rows(named=True)}
    return first.with_columns(
        *(pl.lit(value).alias(name) for name, value in about.items()),
        pl.Series("raw_values", [values.get(number) for number in first["row_number"]], dtype=pl.String),
    )


def _redacted_json(row: dict[str, object]) -> str:
    return json.dumps(
        {name: redact_value(str(value))[:_LONGEST_VALUE] for name, value in row.items() if value is not None},
        ensure_ascii=False,
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    if frame.is_empty():
        return
    connection.register("rows_to_insert", frame)
    try:
        connection.execute(f"insert into {table} by name select * from rows_to_insert")
    finally:
        connection.unregister("rows_to_insert")


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    row = connection.execute(f"select count(*) from {source}").fetchone()
    return int(row[0]) if row else 0
