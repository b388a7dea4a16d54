"""The user's own small tables: CSV files named after them in one folder, which is the truth about them."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.ingest.checks import check_rows
from assets.ingest.contract import CONTRACT, SLA_KEY, USER_TABLES
from assets.ingest.errors import IngestError, closest
from assets.ingest.files import content_hash, read_batches
from assets.ingest.load_file import FileResult, LoadContext, first_of_each_rule, record_load
from assets.ingest.map_rows import PROBLEMS, map_rows, unknown_columns, wanted_paths
from assets.ingest.mapping import Mapping, Section, Times
from assets.ingest.store import add_rows, quarantine_rows, replace_rows

MAPPING_NAME = "tables"  # what quarantine and loads call it
# What rows are versions or pieces of, of which no two may cover the same time.
_EXCLUSIVE = {
    "groups": ["group_id"],
    "sla_policies": [*SLA_KEY],
    "staffing": ["vendor", "tier", "business_line"],
    "schedules": ["schedule_id"],
}
CURATION = "themes"  # decisions about themes, which the asset of the themes reads itself
_FOREVER = datetime(9999, 12, 31)


def load_user_tables(folder: Path, time_zone: str, context: LoadContext) -> list[FileResult]:
    """Make the raw tables of the user's own hold what the folder's CSV files say.

    Rows that break the contract go to the quarantine; a file that cannot be read leaves its table as it
    was; a table without a file is empty. Times without a zone are in `time_zone`.
    """
    if not folder.is_dir():
        return [
            FileResult(str(folder), MAPPING_NAME, error=f"{folder}: there is no such folder of small tables")
        ]
    known = (*USER_TABLES, CURATION)
    results = [_stranger(path) for path in sorted(folder.glob("*.csv")) if path.stem not in known]
    for table in USER_TABLES:
        path = folder / f"{table}.csv"
        if path.exists():
            results.append(_load_table(path, table, time_zone, context))
        else:
            with context.warehouse.transaction() as connection:
                _store(connection, table, path, pl.DataFrame(schema=CONTRACT[table].create_empty().schema))
    return results


def _stranger(path: Path) -> FileResult:
    told = f"{path}: no table is called {path.stem}; {closest(path.stem, (*USER_TABLES, CURATION))}; rename the file"
    return FileResult(str(path), MAPPING_NAME, error=told)


def _load_table(path: Path, table: str, time_zone: str, context: LoadContext) -> FileResult:
    mapping = Mapping(
        name=MAPPING_NAME,
        times=Times(zone=time_zone),
        tables={table: Section(identity=True, files=(path.name,))},
        digest=hashlib.sha256(time_zone.encode()).hexdigest(),
    )
    try:
        with context.warehouse.transaction() as connection:
            result = _read_into(connection, path, table, mapping, context)
            record_load(connection, result, content_hash(path), mapping, context.loaded_at)
    except IngestError as error:
        result = FileResult(str(path), MAPPING_NAME, error=str(error))
        with context.warehouse.transaction() as connection:
            connection.execute(
                "delete from raw.loads where file = ? and mapping = ?", [str(path), MAPPING_NAME]
            )
            record_load(connection, result, None, mapping, context.loaded_at)
    return result


def _read_into(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, mapping: Mapping, context: LoadContext
) -> FileResult:
    section = mapping.tables[table]
    good: list[pl.DataFrame] = []
    failures: list[pl.DataFrame] = []
    raw: list[pl.DataFrame] = []
    unknown: set[str] = set()
    rows_read = 0
    for batch in read_batches(path, mapping.file, wanted_paths(table, section)):
        mapped = map_rows(batch, table, section, mapping, context.salt, path)
        good.append(mapped.frame.join(mapped.problems, on="row_number", how="anti", maintain_order="left"))
        broken = [(row.row_number, "broken_row", row.message) for row in batch.broken]
        failures += [mapped.problems, pl.DataFrame(broken, schema=PROBLEMS, orient="row")]
        raw.append(batch.frame)
        unknown |= unknown_columns(batch, mapping)
        rows_read += batch.frame.height + len(batch.broken)
    if not good:  # a header alone: an empty table
        _store(connection, table, path, pl.DataFrame(schema=CONTRACT[table].create_empty().schema))
        return FileResult(str(path), mapping.name)
    rows, broken_rules = check_rows(table, pl.concat(good), repeats=False)
    rows, overlaps = without_overlaps(table, rows)
    _store(connection, table, path, rows)
    quarantined = quarantine_rows(
        pl.concat([*failures, broken_rules, overlaps]), pl.concat(raw), (),
        loaded_at=context.loaded_at, source=None, mapping=mapping.name, file=str(path), table_name=table,
    )  # fmt: skip
    add_rows(connection, "quarantine", quarantined)
    return FileResult(
        str(path), mapping.name, rows_read, rows.height, 0,
        dict(Counter(quarantined["rule"].to_list())), tuple(sorted(unknown)),
        messages=first_of_each_rule(path, quarantined),
    )  # fmt: skip


def _store(connection: duckdb.DuckDBPyConnection, table: str, path: Path, rows: pl.DataFrame) -> None:
    for told in ("quarantine", "loads"):
        connection.execute(
            f"delete from raw.{told} where file = ? and mapping = ?", [str(path), MAPPING_NAME]
        )
    replace_rows(connection, table, rows)


def without_overlaps(table: str, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the same thing that hold at different times, and those that overlap an earlier one that holds.

    An earlier version without an end ends where the next one begins only if it says so. A schedule's intervals
    may touch. What overlaps takes no time from later rows.
    """
    if table not in _EXCLUSIVE:
        return rows, pl.DataFrame(schema=PROBLEMS)
    key = _EXCLUSIVE[table]
    if table == "schedules":
        begin, ends, rule = "start_minute", pl.col("end_minute"), "overlapping_hours"
        told = "{} '{}' is already open at start_minute (row {}); let this interval begin where that one ends"
    else:
        begin, ends, rule = "valid_from", pl.col("valid_to").fill_null(_FOREVER), "overlapping_validity"
        told = "{} '{}' already holds at valid_from (row {}); set valid_to there to when this row begins"
    ordered = rows.sort([*key, begin], maintain_order=True)
    kept: dict[tuple[object, ...], tuple[Any, int]] = {}
    failures: list[tuple[int, str, str]] = []
    for row_number, starts, until, *thing in ordered.select("row_number", begin, ends, *key).iter_rows():
        held_until, holder = kept.get(tuple(thing), (starts, 0))
        if held_until > starts:
            failures.append((row_number, rule, told.format(key[0], thing[0], holder)))
        else:
            kept[tuple(thing)] = (until, row_number)
    overlaps = pl.DataFrame(failures, schema=PROBLEMS, orient="row")
    return rows.join(overlaps, on="row_number", how="anti", maintain_order="left"), overlaps
