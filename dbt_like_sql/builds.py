"""What each table was made from at its last build, kept in the database beside the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb


@dataclass(frozen=True)
class Build:
    """What a table was made from: a digest of code and settings, the as-of time, and the last load it knows.

    A view is made from its code alone.
    """

    digest: str
    as_of: datetime = datetime.min
    change: int = 0


def last_build(connection: duckdb.DuckDBPyConnection, model: str) -> Build | None:
    """The last build of a table or view; None for none."""
    connection.execute("create schema if not exists meta")
    connection.execute(
        "create table if not exists meta.builds "
        "(model varchar primary key, digest varchar, as_of timestamp, change bigint)"
    )
    found = connection.execute(
        "select digest, as_of, change from meta.builds where model = ?", [model]
    ).fetchall()
    return Build(*found[0]) if found else None


def store_build(connection: duckdb.DuckDBPyConnection, model: str, build: Build) -> None:
    """Take down what a table was made from, after its last build was asked for."""
    connection.execute(
        "insert or replace into meta.builds values (?, ?, ?, ?)",
        [model, build.digest, build.as_of, build.change],
    )
