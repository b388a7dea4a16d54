"""What can go wrong between a SQL file and the warehouse; every message is one line for the reader."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb


class SqlLayerError(Exception):
    """Base of the errors below, for callers that only print the line."""


class SqlProjectError(SqlLayerError):
    """A SQL file that breaks a rule of the project, found while reading it."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class SqlModelError(SqlLayerError):
    """A SQL file that DuckDB refused or failed to run; the table it makes is as it was before."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class WarehouseBusy(SqlLayerError):  # noqa: N818 - reads as what it is: the warehouse is busy
    """Another process or connection holds the warehouse file."""


class WarehouseUnreadable(SqlLayerError):  # noqa: N818
    """The file is no DuckDB database, is damaged, or was written by a version this one cannot read."""


def duckdb_line(error: duckdb.Error) -> str:
    """The first paragraph of DuckDB's message as one line, with the number of the SQL line it is about."""
    message = str(error)
    first_paragraph = " ".join(re.split(r"\n\s*\n|\nLINE \d", message)[0].split())
    line = re.search(r"^LINE (\d+):", message, re.MULTILINE)
    return f"{first_paragraph} (line {line[1]})" if line else first_paragraph
