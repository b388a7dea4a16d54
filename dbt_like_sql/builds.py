"""What each table was made from at its last build, kept in the database beside the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

BUILDS = "meta.builds"


@dataclass(frozen=True)
class Build:
    """What a table was made from: a digest of code and settings, the as-of time, and the last load it knows.

    A view is made from its code alone.
    """

    digest: str
    as_of: datetime = datetime.min
    change: int = 0


def create_builds(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table of builds, unless it is there."""
    connection.execute(
        "create schema if not exists meta; create table if not exists "
        f"{BUILDS} (model varchar primary key, digest varchar, as_of timestamp, change bigint)"
    )


def last_build(connection: duckdb.DuckDBPyConnection, model: str) -> Build | None:
    """The last build of a table or view; None for none."""
    found = connection.execute(
        f"select digest, as_of, change from {BUILDS} where model = ?", [model]
    ).fetchall()
    return Build(*found[0]) if found else None


def store_build(connection: duckdb.DuckDBPyConnection, model: str, build: Build) -> None:
    """Take down what a table was made from, after its last build was asked for."""
    connection.execute(
        f"insert or replace into {BUILDS} values (?, ?, ?, ?)",
        [model, build.digest, build.as_of, build.change],
    )
