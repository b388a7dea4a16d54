"""Which rows of a table a build has to make again: those of the tickets that changed since the last build.

A model whose header says `incremental: ticket` promises that a ticket's rows depend on nothing but that ticket's rows
in other such models, on small tables, and on the as-of time only while the ticket is unsolved. One that names a column
instead promises that the rows with a value of it depend on nothing but the rows with that value in the one table by
ticket that it reads, and on small tables. One that says `incremental: time` promises that its rows only become more as
the as-of time goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
from sqlglot import exp
from sqlglot.optimizer.scope import build_scope

from dbt_like_sql.builds import Build, last_build, store_build
from dbt_like_sql.changed_rows import (
    RAW_BY_TICKET,
    SCHEMA,
    TICKETS,
    collect_changed,
    forget_rows,
    is_collected,
    is_kept,
    keep_rows,
    rows_of_changed,
)
from dbt_like_sql.errors import SqlProjectError
from dbt_like_sql.macros import MACROS

if TYPE_CHECKING:
    from dbt_like_sql.header import Header
    from dbt_like_sql.project import Model

_OF_THE_RUN = {"as_of", "as_of_on"}
# Above this share of all tickets, making the whole table is faster than deleting and inserting.
_MOST_CHANGED = 0.3
_KEYS, _ROWS = "changed_keys", "made_anew"


@dataclass(frozen=True)
class Upstream:
    """What an incremental model is made from.

    tables: the tables by ticket that it reads. views: the SQL of the views by ticket that it reads, by name.
    code: its SQL, the functions it may use, and the SQL of views and time models on the way to it. settings: selects
    over small tables; while their results stay the same, so do the rows of unchanged tickets. keys: the columns whose
    values other models need of the changed tickets. assigned: selects over what else says something of tickets (themes,
    links), by the tables' names.
    """

    tables: tuple[str, ...]
    views: Mapping[str, str]
    code: tuple[str, ...]
    settings: tuple[str, ...]
    keys: tuple[str, ...]
    assigned: Mapping[str, str]


def upstream(model: Model, models: Mapping[str, Model]) -> Upstream:
    """What an incremental model is made from. models: every model, by name.

    Raises SqlProjectError where a model cannot be made anew by the column it names.
    """
    by_ticket = [
        models[name] for name in model.reads if name in models and models[name].incremental == "ticket"
    ]
    if is_by_key(model):
        _check_key(model, by_ticket)
    assigned = _assigned(model, models) if is_by_key(model) else {}
    code, settings = [MACROS, model.sql], _settings(model, models)
    for read in _passed(model, models):
        code.append(read.sql)
        settings += _settings(read, models)
    return Upstream(
        tables=tuple(read.name for read in by_ticket if read.materialized == "table"),
        views={read.name: read.sql for read in by_ticket if read.materialized == "view"},
        code=tuple(code),
        settings=tuple(select for select in dict.fromkeys(settings) if select not in assigned.values()),
        keys=tuple(sorted({each.incremental for each in models.values() if _takes_keys(each, model)})),
        assigned=assigned,
    )


def _check_key(model: Model, by_ticket: Sequence[Model]) -> None:
    """It is a table that has the column, and so is the one model by ticket that it reads."""
    key = model.incremental
    fits = [each.materialized == "table" and key in _names(each) for each in (model, *by_ticket)]
    if len(by_ticket) != 1 or not all(fits):
        raise SqlProjectError(
            model.path,
            f"'incremental: {key}' needs a table with the column {key} that reads one table with "
            f"'incremental: ticket', which has it too",
        )


def _names(model: Model) -> set[str]:
    return {column.name for column in model.columns}


def _takes_keys(model: Model, of: Model) -> bool:
    return is_by_key(model) and of.name in model.reads and is_by_ticket(of)


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
    """Selects of the columns a model reads from small tables; for rows by ticket the as-of time is no setting."""
    left_out = _OF_THE_RUN if model.incremental in ("ticket", "time") else set()
    read = {name: columns - left_out for name, columns in _columns_read(model).items()}
    return [
        _distinct(name, columns)
        for name, columns in sorted(read.items())
        if columns and not _is_followed(name, models)
    ]


def _assigned(model: Model, models: Mapping[str, Model]) -> dict[str, str]:
    """Selects of the columns a model reads from what says something of tickets and is not made by ticket."""
    return {
        name: _distinct(name, columns)
        for name, columns in _columns_read(model).items()
        if {"source", "ticket_id"} <= columns and not _is_followed(name, models)
    }


def _is_followed(table: str, models: Mapping[str, Model]) -> bool:
    """Whether what changes in a table is known without looking at its rows."""
    return table in RAW_BY_TICKET or (table in models and models[table].incremental in ("ticket", "time"))


def _distinct(table: str, columns: set[str]) -> str:
    return f"select distinct {', '.join(sorted(columns))} from {table}"


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


def is_by_key(model: Model | Header) -> bool:
    """Whether it is a table of which only the rows with a changed ticket's value of a column are made again."""
    return model.incremental not in ("", "ticket", "time")


def build_incremental(
    connection: duckdb.DuckDBPyConnection, model: Model, made_from: Upstream, *, exists: bool
) -> bool:
    """Make a table hold what its SQL gives: rows of what changed anew, or all of it where it must be.

    Inside a transaction. exists: the table is there from an earlier build. Whether all of it was made.
    """
    stored = last_build(connection, model.name) if exists else None
    newest = _newest(connection)
    now = _present_state(connection, made_from, newest)
    if stored is None or stored.digest != now.digest or stored.as_of > now.as_of:
        is_kept = False
    elif is_by_key(model):
        is_kept = _replace_keys(connection, model, made_from, stored, now)
    elif stored == now and (now.change, now.as_of) == newest:
        return False
    else:
        is_kept = _replace_changed(connection, model, made_from, [stored.change, stored.as_of, *newest])
    if not is_kept:
        connection.execute(f"create or replace table {model.name} as {_in_order(model)}")
        forget_rows(connection, model.name, *(_by(key, model.name) for key in made_from.keys))
    for name, select in made_from.assigned.items():
        connection.execute(f"create or replace table {_seen(model, name)} as {select}")
    store_build(connection, model.name, now)
    return not is_kept


def _in_order(model: Model) -> str:
    """The SQL of the whole table, by ticket in the tickets' order: who looks for the last weeks' skips the rest.

    DuckDB keeps the least and greatest value of each column for every 122,880 rows, and sources count their tickets up.
    """
    return f"from (\n{model.sql}\n) order by source, ticket_id" if is_by_ticket(model) else model.sql


def _newest(connection: duckdb.DuckDBPyConnection) -> tuple[int, datetime]:
    """The last load and the as-of time of what is loaded."""
    change = "select coalesce(max(change), 0) from raw.ticket_changes"
    change, as_of = _row(connection, f"select ({change}), (select max(as_of) from raw.account)")
    return int(change), as_of


def _replace_changed(
    connection: duckdb.DuckDBPyConnection, model: Model, made_from: Upstream, span: list[Any]
) -> bool:
    """Make the rows of changed tickets anew; False where so many changed that the whole table is faster."""
    collect_changed(connection, span)
    changed = _number(connection, f"select count(*) from {TICKETS}")
    if changed > _MOST_CHANGED * _number(connection, "select count(*) from raw.tickets"):
        return False
    database = _row(connection, "select current_database()")[0]
    seen = {
        table: f"select * from {rows_of_changed(connection, table, database)}" for table in made_from.tables
    }
    seen |= {view: _of_changed(connection, sql, database) for view, sql in made_from.views.items()}
    made = _of_changed(connection, model.sql, database)
    keys = {key: _by(key, model.name) for key in made_from.keys}
    forget_rows(connection, model.name, *keys.values())
    with _seen_as(connection, seen):
        keep_rows(connection, model.name, made)
    _delete_changed(connection, model.name, keys)
    connection.execute(f"insert into {model.name} by name select * from {SCHEMA}.{model.name}")
    return True


def _delete_changed(connection: duckdb.DuckDBPyConnection, table: str, keys: Mapping[str, str]) -> None:
    """Delete the changed tickets' rows; keep the values of keys that they have, or have now, by the names to keep them."""
    delete = (
        f"delete from {table} as old using {TICKETS} as changed "
        "where old.source = changed.source and old.ticket_id = changed.ticket_id"
    )
    if not keys:
        connection.execute(delete)
        return
    deleted = connection.execute(f"{delete} returning {', '.join(keys)}").fetchall()
    connection.register(_ROWS, pl.DataFrame(list(set(deleted)), schema=list(keys), orient="row"))
    for key, name in keys.items():
        keep_rows(connection, name, f"select {key} from {_ROWS} union select {key} from {SCHEMA}.{table}")
    connection.unregister(_ROWS)


def _replace_keys(
    connection: duckdb.DuckDBPyConnection, model: Model, made_from: Upstream, stored: Build, now: Build
) -> bool:
    """Make the rows with a changed ticket's value of the key anew; False where nobody knows these values."""
    key, table = model.incremental, made_from.tables[0]
    values = [
        f"select {key} from {table} semi join ({changed}) using (source, ticket_id)"
        for changed in _assigned_anew(model, made_from)
    ]
    if stored != now:
        if not is_collected(connection, [stored.change, stored.as_of, now.change, now.as_of]):
            return False
        if not is_kept(connection, _by(key, table)):
            return False
        values.append(f"select {key} from {SCHEMA}.{_by(key, table)}")
    if not values:
        return True
    connection.execute(f"create or replace temp table {_KEYS} as {' union '.join(values)}")
    database = _row(connection, "select current_database()")[0]
    with _seen_as(connection, {table: _with_keys(f'"{database}".main.{table}', key)}):
        connection.execute(f"create temp table {_ROWS} as {model.sql}")
    connection.execute(
        f"delete from {model.name} as old using {_KEYS} as changed where old.{key} = changed.{key}"
    )
    connection.execute(f"delete from {model.name} where {_is_null_changed(key)}")
    connection.execute(f"insert into {model.name} by name select * from {_ROWS}")
    connection.execute(f"drop table {_ROWS}; drop table {_KEYS}")
    return True


def _with_keys(table: str, key: str) -> str:
    """The rows with a changed value. Equality and null apart: only by equality DuckDB skips what lies outside the values."""
    return (
        f"select whole.* from {table} as whole semi join {_KEYS} as changed on whole.{key} = changed.{key} "
        f"union all select * from {table} where {_is_null_changed(key)}"
    )


def _is_null_changed(key: str) -> str:
    return f"{key} is null and exists (select 1 from {_KEYS} where {key} is null)"


def _assigned_anew(model: Model, made_from: Upstream) -> Iterator[str]:
    """Selects of the tickets of which themes or links no longer say what they said at the last build."""
    for name, now in made_from.assigned.items():
        before = f"select * from {_seen(model, name)}"
        yield f"select source, ticket_id from (({now} except {before}) union all ({before} except {now}))"


def _seen(model: Model, table: str) -> str:
    return f"meta.{model.name}_saw_{table}"


def _by(key: str, table: str) -> str:
    return f"{key}_of_{table}"


@contextmanager
def _seen_as(connection: duckdb.DuckDBPyConnection, seen: Mapping[str, str]) -> Iterator[None]:
    """Temporary views of the same names let a model's own SQL see some rows of its tables alone."""
    for name, sql in seen.items():
        connection.execute(f"create temp view {name} as {sql}")
    yield
    for name in seen:
        connection.execute(f"drop view temp.{name}")


def _of_changed(connection: duckdb.DuckDBPyConnection, sql: str, database: str) -> str:
    """SQL that reads the changed tickets' rows where it read raw tables by ticket."""
    for table in RAW_BY_TICKET:
        if table in sql:
            sql = sql.replace(table, rows_of_changed(connection, table, database))
    return sql


def _present_state(
    connection: duckdb.DuckDBPyConnection, made_from: Upstream, newest: tuple[int, datetime]
) -> Build:
    """What the table would be made from now. A table upstream may be older than what is loaded."""
    parts = [*made_from.code, *(_digest_of_rows(connection, select) for select in made_from.settings)]
    change, as_of = newest
    for read in made_from.tables:
        state = last_build(connection, read)
        if state is not None:
            parts.append(state.digest)
            as_of, change = min(as_of, state.as_of), min(change, state.change)
    return Build(hashlib.sha256("\n".join(parts).encode()).hexdigest(), as_of, change)


def _digest_of_rows(connection: duckdb.DuckDBPyConnection, select: str) -> str:
    lines = f"select setting::varchar as line from ({select}) as setting"
    digest = f"select md5(coalesce(string_agg(line, chr(10) order by line), '')) from ({lines})"
    return str(_row(connection, digest)[0])


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(_row(connection, sql)[0])


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return connection.execute(sql).fetchall()[0]
