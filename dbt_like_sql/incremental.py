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
_OF_CHANGED = "semi join temp.changed_tickets using (source, ticket_id)"
_RAW_EVENTS = "raw.ticket_events"
_RAW_BY_TICKET = ("raw.tickets", _RAW_EVENTS)
# Above this share of all tickets, making the whole table is faster than deleting and inserting.
_MOST_CHANGED = 0.3


@dataclass(frozen=True)
class Upstream:
    """What an incremental model is made from.

    tickets: the models it reads that hold rows by ticket, each with the select of the changed tickets' rows in it.
    code: its SQL and that of views and time models on the way to it. settings: selects over small tables; while their
    results stay the same, so do the rows of unchanged tickets.
    """

    tickets: Mapping[str, str]
    code: tuple[str, ...]
    settings: tuple[str, ...]


def upstream(model: Model, models: Mapping[str, Model]) -> Upstream:
    """What a model with `incremental: ticket` is made from. models: every model, by name."""
    code, settings = [model.sql], _settings(model, models)
    for read in _passed(model, models):
        code.append(read.sql)
        settings += _settings(read, models)
    tickets = {
        name: _rows_of_changed(models[name], sorted(columns | {"source", "ticket_id"}))
        for name, columns in _columns_read(model).items()
        if name in models and models[name].incremental == "ticket"
    }
    return Upstream(tickets, tuple(code), tuple(dict.fromkeys(settings)))


def _rows_of_changed(model: Model, columns: list[str]) -> str:
    """A select of the changed tickets' rows. {database}: where the model's own table is, not the temporary one.

    A view of raw events is made of the changed tickets' events: it would work on all there are first.
    """
    selected = f"select {', '.join(columns)} from"
    if model.materialized == "view" and _RAW_EVENTS in model.reads:
        return f"{selected} ({model.sql}\n)"
    return f'{selected} "{{database}}".main.{model.name} {_OF_CHANGED}'


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
) -> None:
    """Make a table hold what its SQL gives: rows of changed tickets anew, or all of it where it must be.

    Inside a transaction. exists: the table is there from an earlier build.
    """
    connection.execute("create schema if not exists meta")
    connection.execute(
        "create table if not exists meta.builds "
        "(model varchar primary key, digest varchar, as_of timestamp, change bigint)"
    )
    stored = _stored_state(connection, model.name) if exists else None
    now = _present_state(connection, made_from)
    if stored and _can_be_kept(stored, now) and _collect_changed(connection, stored, now):
        _replace_changed(connection, model, made_from)
    else:
        connection.execute(f"create or replace table {model.name} as {model.sql}")
    connection.execute("drop table if exists temp.changed_tickets")
    connection.execute(
        "insert or replace into meta.builds values (?, ?, ?, ?)",
        [model.name, now.digest, now.as_of, now.change],
    )


def _can_be_kept(stored: _State, now: _State) -> bool:
    return stored.digest == now.digest and stored.as_of <= now.as_of


def _collect_changed(connection: duckdb.DuckDBPyConnection, stored: _State, now: _State) -> bool:
    """Fill temp.changed_tickets; False where so many changed that the whole table is the faster way."""
    moved = stored.as_of < now.as_of
    connection.execute(
        "create or replace temp table changed_tickets as "
        f"select distinct source, ticket_id from {CHANGES} where change > ? or (? and changes_until > ?)",
        [stored.change, moved, stored.as_of],
    )
    changed = _number(connection, "select count(*) from temp.changed_tickets")
    return changed <= _MOST_CHANGED * _number(connection, "select count(*) from raw.tickets")


def _replace_changed(connection: duckdb.DuckDBPyConnection, model: Model, made_from: Upstream) -> None:
    """Temporary tables of the same names let the model's own SQL see the changed tickets alone."""
    database = _row(connection, "select current_database()")[0]
    reading = {read: rows.replace("{database}", database) for read, rows in made_from.tickets.items()}
    made_anew = {**reading, "made_anew": model.sql}
    if any(_RAW_EVENTS in sql for sql in made_anew.values()):
        made_anew = {"changed_events": f"select * from {_RAW_EVENTS} {_OF_CHANGED}"} | {
            table: sql.replace(_RAW_EVENTS, "temp.changed_events") for table, sql in made_anew.items()
        }
    for table, sql in made_anew.items():
        connection.execute(f"create temp table {table} as {sql}")
    connection.execute(
        f"delete from {model.name} as old using temp.changed_tickets as changed "
        "where old.source = changed.source and old.ticket_id = changed.ticket_id"
    )
    connection.execute(f"insert into {model.name} by name select * from temp.made_anew")
    for table in made_anew:
        connection.execute(f"drop table temp.{table}")


def _present_state(connection: duckdb.DuckDBPyConnection, made_from: Upstream) -> _State:
    """What the table would be made from now. A table upstream may be older than what is loaded."""
    parts = [*made_from.code, *(_digest_of_rows(connection, select) for select in made_from.settings)]
    as_of: datetime = _row(connection, "select max(as_of) from raw.account")[0]
    change = _number(connection, f"select coalesce(max(change), 0) from {CHANGES}")
    for read in made_from.tickets:
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
