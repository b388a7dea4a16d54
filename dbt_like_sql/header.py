"""The comment at the head of a SQL file: what the table is, whose it is, what its columns and metrics mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dbt_like_sql.errors import SqlProjectError

MATERIALIZED = ("view", "table")
SEVERITIES = ("error", "warn")
_KEYS = ("grain", "owner", "materialized", "incremental", "unique", "severity")
_METRIC_KEYS = ("metric", "trap", "zendesk")
_COLUMN = re.compile(r"column\s+(?P<name>\w+)\s*:\s*(?P<text>[^\[]*?)\s*(?:\[(?P<tests>.*)\])?\s*$")


@dataclass(frozen=True)
class ColumnTest:
    """A rule for one column: `not_null`, `unique`, `accepted` (values) or `references` (table, column)."""

    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A documented column of a model."""

    name: str
    description: str
    tests: tuple[ColumnTest, ...] = ()


@dataclass(frozen=True)
class Metric:
    """A column that is published as a number of the operation; its definition is the column's description.

    title: as a reader knows it. traps: what misleads in reading it, a sentence each. zendesk: how the number of
    that name in Zendesk Explore differs; empty where nothing is said.
    """

    column: str
    title: str
    traps: tuple[str, ...] = ()
    zendesk: str = ""


@dataclass(frozen=True)
class Header:
    """What the head comment of a SQL file says; an entry it does not have is empty."""

    description: str = ""
    grain: str = ""
    owner: str = ""
    materialized: str = "table"
    incremental: str = ""
    severity: str = "error"
    unique: tuple[tuple[str, ...], ...] = ()
    columns: tuple[Column, ...] = ()
    metrics: tuple[Metric, ...] = ()


def read_header(path: Path, text: str) -> Header:
    """Read the comment lines at the head of a SQL file.

    An entry may go on in following lines indented by three blanks or more after the dashes.
    Raises SqlProjectError for an entry of the wrong form or given twice.
    """
    prose: list[str] = []
    single: dict[str, str] = {}
    unique: list[tuple[str, ...]] = []
    columns: dict[str, Column] = {}
    of_metrics: list[tuple[str, str, str]] = []
    for line in _entries(text):
        key, colon, value = line.partition(":")
        words = key.split()
        if key.split(" ")[0] == "column" and (colon or len(key.split()) == 2):
            column = _column(path, line)
            if column.name in columns:
                raise SqlProjectError(path, f"column {column.name} is documented twice")
            columns[column.name] = column
        elif len(words) == 2 and words[0] in _METRIC_KEYS:
            of_metrics.append((words[0], words[1].lower(), value.strip()))
        elif colon and key == "unique":
            unique.append(_names(value))
        elif colon and key in _KEYS:
            if key in single:
                raise SqlProjectError(path, f"the header says {key} twice")
            single[key] = value.strip()
        elif line:
            prose.append(line)
    _check_choice(path, "materialized", single, MATERIALIZED)
    _check_choice(path, "severity", single, SEVERITIES)
    return Header(
        description=" ".join(prose),
        grain=single.get("grain", ""),
        owner=single.get("owner", ""),
        materialized=single.get("materialized", "table"),
        incremental=single.get("incremental", ""),
        severity=single.get("severity", "error"),
        unique=tuple(unique),
        columns=tuple(columns.values()),
        metrics=_metrics(path, of_metrics),
    )


def _entries(text: str) -> Iterator[str]:
    """The head comment's lines without dashes, each joined with the lines that continue it."""
    entry = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            if line.strip():
                break
            continue
        content = line.removeprefix("--")
        if content.startswith("   ") and entry:
            entry = f"{entry} {content.strip()}"
            continue
        yield entry
        entry = content.strip()
    yield entry


def _column(path: Path, line: str) -> Column:
    match = _COLUMN.match(line)
    if match is None or not match["text"]:
        raise SqlProjectError(path, f"{line!r} is not of the form 'column name: what it means [tests]'")
    name = match["name"].lower()
    return Column(name, match["text"], tuple(_column_tests(path, name, match["tests"] or "")))


def _column_tests(path: Path, column: str, text: str) -> Iterator[ColumnTest]:
    """Split `not_null, accepted: a, b, references: table.column` into its tests."""
    parts = _names(text)
    position = 0
    while position < len(parts):
        kind, colon, first = (piece.strip() for piece in parts[position].partition(":"))
        position += 1
        if kind in ("not_null", "unique") and not colon:
            yield ColumnTest(kind)
        elif kind == "accepted" and first:
            values = [first]
            while position < len(parts) and not _starts_a_test(parts[position]):
                values.append(parts[position])
                position += 1
            yield ColumnTest(kind, tuple(values))
        elif kind == "references" and re.fullmatch(r"(\w+\.)?\w+\.\w+", first):
            yield ColumnTest(kind, tuple(first.rsplit(".", 1)))
        else:
            raise SqlProjectError(
                path,
                f"column {column} has an unknown test {parts[position - 1]!r}: "
                "expected not_null, unique, accepted: a, b or references: table.column",
            )


def _metrics(path: Path, lines: Iterable[tuple[str, str, str]]) -> tuple[Metric, ...]:
    """The metrics of lines (metric, trap or zendesk; column; text), in their order."""
    metrics: dict[str, Metric] = {}
    for key, column, text in lines:
        if not text:
            raise SqlProjectError(path, f"{key} {column} says nothing: expected '-- {key} {column}: text'")
        known = metrics.get(column)
        if key == "metric":
            if known:
                raise SqlProjectError(path, f"column {column} is a metric twice")
            metrics[column] = Metric(column, text)
        elif known is None:
            raise SqlProjectError(
                path, f"{key} {column} is of no metric: put '-- metric {column}: its title' before it"
            )
        elif key == "trap":
            metrics[column] = replace(known, traps=(*known.traps, text))
        elif known.zendesk:
            raise SqlProjectError(path, f"the header says zendesk {column} twice")
        else:
            metrics[column] = replace(known, zendesk=text)
    return tuple(metrics.values())


def _starts_a_test(part: str) -> bool:
    return part in ("not_null", "unique") or ":" in part


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _check_choice(path: Path, key: str, single: dict[str, str], choices: tuple[str, ...]) -> None:
    if single.get(key, choices[0]) not in choices:
        raise SqlProjectError(path, f"{key} is {single[key]!r}: expected {' or '.join(choices)}")
