"""The rows of the tickets that changed since the last build, in tables of their own for one build after the other.

They are made or looked up once, by the first model that needs them: every later one reads them here instead of
searching the whole tables. They hold for one span, from one state of the tables to another.
"""

from __future__ import annotations

from typing import Any

import duckdb

# The model that says in which load a ticket changed, and until when it changes with the as-of time.
CHANGES = "stg_ticket_changes"
RAW_BY_TICKET = ("raw.tickets", "raw.ticket_events")
SCHEMA = "changed"
TICKETS = f"{SCHEMA}.tickets"
_SPAN = f"{SCHEMA}.span"
# Which of these tables there are: DuckDB's own list of tables takes ten times as long to read.
_MADE = f"{SCHEMA}.made"


def collect_changed(connection: duckdb.DuckDBPyConnection, span: list[Any]) -> None:
    """See to it that the tickets that changed in a span are known.

    span: the last load and the as-of time of before, and those of now.
    """
    if is_collected(connection, span):
        return
    forget_changed(connection)
    connection.execute(f"create schema {SCHEMA}")
    change, as_of, _, until = span
    connection.execute(
        f"create table {TICKETS} as select distinct source, ticket_id from {CHANGES} "
        "where change > ? or (? and changes_until > ?)",
        [change, as_of < until, as_of],
    )
    connection.execute(f"create table {_MADE} (name varchar)")
    connection.execute(
        f"create table {_SPAN} as select ?::bigint as change, ?::timestamp as as_of, "
        "?::bigint as until_change, ?::timestamp as until_as_of",
        span,
    )


def is_collected(connection: duckdb.DuckDBPyConnection, span: list[Any]) -> bool:
    """Whether what is here holds for a span."""
    return _has_changed(connection) and connection.execute(f"select * from {_SPAN}").fetchall() == [
        tuple(span)
    ]


def forget_changed(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what builds hand on to one another; the next build looks it up again."""
    connection.execute(f"drop schema if exists {SCHEMA} cascade")


def rows_of_changed(connection: duckdb.DuckDBPyConnection, table: str, database: str) -> str:
    """The table with the changed tickets' rows of another, made if nobody needed it yet."""
    name = table.replace(".", "_")
    if not is_kept(connection, name):
        whole = table if "." in table else f'"{database}".main.{table}'
        # Rows by their number: what is wide (texts) is then read of the changed tickets alone.
        rows = f"select rowid from {whole} semi join {TICKETS} using (source, ticket_id)"
        keep_rows(connection, name, f"select * from {whole} where rowid in ({rows})")
    return f"{SCHEMA}.{name}"


def keep_rows(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    """Keep what a select gives for later models of this span."""
    connection.execute(f"create table {SCHEMA}.{name} as {select}")
    connection.execute(f"insert into {_MADE} values (?)", [name])


def is_kept(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether rows of that name were kept."""
    return bool(connection.execute(f"select 1 from {_MADE} where name = ?", [name]).fetchall())


def forget_rows(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Drop rows that no longer are what their table has."""
    if not _has_changed(connection):
        return
    for name in names:
        connection.execute(f"drop table if exists {SCHEMA}.{name}")
        connection.execute(f"delete from {_MADE} where name = ?", [name])


def _has_changed(connection: duckdb.DuckDBPyConnection) -> bool:
    found = (
        "select count(*) from duckdb_schemas() where database_name = current_database() and schema_name = ?"
    )
    return bool(connection.execute(found, [SCHEMA]).fetchall()[0][0])
