"""Which rows of a table a build has to make again: those of the tickets that changed since the last build.

A model whose header says `incremental: ticket` promises that a ticket's rows depend on nothing but that ticket's rows
in other such models, on small tables, and on the as-of time only while the ticket is unsolved. One that says
`incremental: time` promises that its rows only become more as the as-of time goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp
from sqlglot.optimizer.scope import build_scope

if TYPE_CHECKING:
    from dbt_like_sql.header import Header
    from dbt_like_sql.project import Model

# The model that says in which load a ticket changed, and until when it changes with the as-of time.
CHANGES = "stg_ticket_changes"
_OF_THE_RUN = {"as_of", "as_of_on"}
_RAW_BY_TICKET = ("raw.tickets", "raw.ticket_events")
# The rows of the changed tickets, made or looked up once by the first model that needs them: every later one reads them
# here instead of searching the whole tables. They hold for one span, from one state of the tables to another.
_SCHEMA = "changed"
_TICKETS = f"{_SCHEMA}.tickets"
_SPAN = f"{_SCHEMA}.span"
# Which of these tables there are: DuckDB's own list of tables takes ten times as long to read.
_MADE = f"{_SCHEMA}.made"
# Above this share of all tickets, making the whole table is faster than deleting and inserting.
_MOST_CHANGED = 0.3


@dataclass(frozen=True)
class Upstream:
    """What an incremental model is made from.

    tables: the tables by ticket that it reads. views: the SQL of the views by ticket that it reads, by name.
    code: its SQL and that of views and time models on the way to it. settings: selects over small tables; while their
    results stay the same, so do the rows of unchanged tickets.
    """

    tables: tuple[str, ...]
    views: Mapping[str, str]
    code: tuple[str, ...]
    settings: tuple[str, ...]


def upstream(model: Model, models: Mapping[str, Model]) -> Upstream:
    """What a model with `incremental: ticket` is made from. models: every model, by name."""
    by_ticket = [
        models[name] for name in model.reads if name in models and models[name].incremental == "ticket"
    ]
    code, settings = [model.sql], _settings(model, models)
    for read in _passed(model, models):
        code.append(read.sql)
        settings += _settings(read, models)
    return Upstream(
        tables=tuple(read.name for read in by_ticket if read.materialized == "table"),
        views={read.name: read.sql for read in by_ticket if read.materialized == "view"},
        code=tuple(code),
        settings=tuple(dict.fromkeys(settings)),
    )


def _passed(model: Model, models: Mapping[str, Model]) -> Iterable[Model]:
    """The views by ticket and the time models that stand between a model and the tables that are stored."""
    for name in model.reads:
        read = models.get(name)
        if read is not None and _is_passed(read):
            yield read
            yield from _passed(read, models)


def _is_passed(model: Model) -> bool:
    return model.incremental == "time" or (model.incremental == "ticket" and model.materialized == "view")


def _settings(model: Model, models: Mapping[str, Model]) -> list[str]:
    """Selects of the columns a model reads from small tables; the as-of time is no setting."""
    read = {name: columns - _OF_THE_RUN for name, columns in _columns_read(model).items()}
    return [
        f"select distinct {', '.join(sorted(columns))} from {name}"
        for name, columns in sorted(read.items())
        if columns and not (name in models and models[name].incremental) and name not in _RAW_BY_TICKET
    ]


def _columns_read(model: Model) -> dict[str, set[str]]:
    """The columns a model's SQL names, by table."""
    read: dict[str, set[str]] = {}
    scope = build_scope(model.query)
    for part in scope.traverse() if scope else ():
        for column in part.columns:
            source = part.sources.get(column.table)
            if isinstance(source, exp.Table):
                name = source.name if source.db in ("", "main") else f"{source.db}.{source.name}"
                read.setdefault(name, set()).add(column.name)
    return read


def is_by_ticket(model: Model | Header) -> bool:
    """Whether it is a table of which only the rows of changed tickets are made again."""
    return model.incremental == "ticket" and model.materialized == "table"


@dataclass(frozen=True)
class _State:
    """What a table was made from: a digest of code and settings, the as-of time, and the last load it knows."""

    digest: str
    as_of: datetime
    change: int


def build_by_ticket(
    connection: duckdb.DuckDBPyConnection, model: Model, made_from: Upstream, *, exists: bool
) -> bool:
    """Make a table hold what its SQL gives: rows of changed tickets anew, or all of it where it must be.

    Inside a transaction. exists: the table is there from an earlier build. Whether all of it was made.
    """
    connection.execute("create schema if not exists meta")
    connection.execute(
        "create table if not exists meta.builds "
        "(model varchar primary key, digest varchar, as_of timestamp, change bigint)"
    )
    stored = _stored_state(connection, model.name) if exists else None
    newest = _newest(connection)
    now = _present_state(connection, made_from, newest)
    if stored == now and (now.change, now.as_of) == newest:
        return False
    is_kept = bool(stored and _can_be_kept(stored, now) and _collect_changed(connection, stored, newest))
    if is_kept:
        _replace_changed(connection, model, made_from)
    else:
        connection.execute(f"create or replace table {model.name} as {model.sql}")
        _forget_rows(connection, model.name)
    connection.execute(
        "insert or replace into meta.builds values (?, ?, ?, ?)",
        [model.name, now.digest, now.as_of, now.change],
    )
    return not is_kept


def forget_changed(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what builds hand on to one another; the next build looks it up again."""
    connection.execute(f"drop schema if exists {_SCHEMA} cascade")


def _can_be_kept(stored: _State, now: _State) -> bool:
    return stored.digest == now.digest and stored.as_of <= now.as_of


def _newest(connection: duckdb.DuckDBPyConnection) -> tuple[int, datetime]:
    """The last load and the as-of time of what is loaded."""
    change = _number(connection, "select coalesce(max(change), 0) from raw.ticket_changes")
    return change, _row(connection, "select max(as_of) from raw.account")[0]


def _collect_changed(
    connection: duckdb.DuckDBPyConnection, stored: _State, newest: tuple[int, datetime]
) -> bool:
    """See to it that the changed tickets are known; False where so many changed that the whole table is faster."""
    span = [stored.change, stored.as_of, *newest]
    if not _is_collected(connection, span):
        forget_changed(connection)
        connection.execute(f"create schema {_SCHEMA}")
        connection.execute(
            f"create table {_TICKETS} as select distinct source, ticket_id from {CHANGES} "
            "where change > ? or (? and changes_until > ?)",
            [stored.change, stored.as_of < newest[1], stored.as_of],
        )
        connection.execute(f"create table {_MADE} (name varchar)")
        connection.execute(
            f"create table {_SPAN} as select ?::bigint as change, ?::timestamp as as_of, "
            "?::bigint as until_change, ?::timestamp as until_as_of",
            span,
        )
    changed = _number(connection, f"select count(*) from {_TICKETS}")
    return changed <= _MOST_CHANGED * _number(connection, "select count(*) from raw.tickets")


def _is_collected(connection: duckdb.DuckDBPyConnection, span: list[Any]) -> bool:
    return _has_changed(connection) and _row(connection, f"select * from {_SPAN}") == tuple(span)


def _has_changed(connection: duckdb.DuckDBPyConnection) -> bool:
    found = (
        "select count(*) from duckdb_schemas() where database_name = current_database() and schema_name = ?"
    )
    return bool(connection.execute(found, [_SCHEMA]).fetchall()[0][0])


def _forget_rows(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    if _has_changed(connection):
        connection.execute(f"drop table if exists {_SCHEMA}.{name}")
        connection.execute(f"delete from {_MADE} where name = ?", [name])


def _replace_changed(connection: duckdb.DuckDBPyConnection, model: Model, made_from: Upstream) -> None:
    """Temporary views of the same names let the model's own SQL see the changed tickets alone."""
    database = _row(connection, "select current_database()")[0]
    seen = {
        table: f"select * from {_rows_of_changed(connection, table, database)}" for table in made_from.tables
    }
    seen |= {view: _of_changed(connection, sql, database) for view, sql in made_from.views.items()}
    made = _of_changed(connection, model.sql, database)
    for name, sql in seen.items():
        connection.execute(f"create temp view {name} as {sql}")
    _forget_rows(connection, model.name)
    _keep_rows(connection, model.name, made)
    for name in seen:
        connection.execute(f"drop view temp.{name}")
    connection.execute(
        f"delete from {model.name} as old using {_TICKETS} as changed "
        "where old.source = changed.source and old.ticket_id = changed.ticket_id"
    )
    connection.execute(f"insert into {model.name} by name select * from {_SCHEMA}.{model.name}")


def _rows_of_changed(connection: duckdb.DuckDBPyConnection, table: str, database: str) -> str:
    """The table with the changed tickets' rows of another, made if nobody needed it yet."""
    name = table.replace(".", "_")
    if not connection.execute(f"select 1 from {_MADE} where name = ?", [name]).fetchall():
        whole = table if "." in table else f'"{database}".main.{table}'
        # Rows by their number: what is wide (texts) is then read of the changed tickets alone.
        rows = f"select rowid from {whole} semi join {_TICKETS} using (source, ticket_id)"
        _keep_rows(connection, name, f"select * from {whole} where rowid in ({rows})")
    return f"{_SCHEMA}.{name}"


def _keep_rows(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    connection.execute(f"create table {_SCHEMA}.{name} as {select}")
    connection.execute(f"insert into {_MADE} values (?)", [name])


def _of_changed(connection: duckdb.DuckDBPyConnection, sql: str, database: str) -> str:
    """SQL that reads the changed tickets' rows where it read raw tables by ticket."""
    for table in _RAW_BY_TICKET:
        if table in sql:
            sql = sql.replace(table, _rows_of_changed(connection, table, database))
    return sql


def _present_state(
    connection: duckdb.DuckDBPyConnection, made_from: Upstream, newest: tuple[int, datetime]
) -> _State:
    """What the table would be made from now. A table upstream may be older than what is loaded."""
    parts = [*made_from.code, *(_digest_of_rows(connection, select) for select in made_from.settings)]
    change, as_of = newest
    for read in made_from.tables:
        state = _stored_state(connection, read)
        if state is not None:
            parts.append(state.digest)
            as_of, change = min(as_of, state.as_of), min(change, state.change)
    return _State(hashlib.sha256("\n".join(parts).encode()).hexdigest(), as_of, change)


def _digest_of_rows(connection: duckdb.DuckDBPyConnection, select: str) -> str:
    lines = f"select setting::varchar as line from ({select}) as setting"
    digest = f"select md5(coalesce(string_agg(line, chr(10) order by line), '')) from ({lines})"
    return str(_row(connection, digest)[0])


def _stored_state(connection: duckdb.DuckDBPyConnection, table: str) -> _State | None:
    found = connection.execute(
        "select digest, as_of, change from meta.builds where model = ?", [table]
    ).fetchall()
    return _State(*found[0]) if found else None


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(_row(connection, sql)[0])


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return connection.execute(sql).fetchall()[0]
