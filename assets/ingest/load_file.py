"""One file through the whole way: parse, map, check, redact, store; in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from assets.ingest import event_log
from assets.ingest.checks import check_rows
from assets.ingest.errors import IngestError, MappingError
from assets.ingest.files import Batch, content_hash, read_batches
from assets.ingest.map_rows import NAMES, PROBLEMS, Mapped, map_rows, unknown_columns, wanted_paths
from assets.ingest.mapping import Mapping, Section
from assets.ingest.redaction import redact_rows
from assets.ingest.store import Staging, add_rows, quarantine_rows
from dbt_like_sql.warehouse import Warehouse

Progress = Callable[[str, int], None]  # file, rows read so far


@dataclass(frozen=True)
class FileResult:
    """What became of one file. Rows are rows of the file, stored ones rows of the raw tables."""

    file: str
    mapping: str
    rows_read: int = 0
    rows_stored: int = 0
    rows_unchanged: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)  # rule -> rows
    unknown_columns: tuple[str, ...] = ()
    error: str | None = None
    messages: tuple[str, ...] = ()  # for each broken rule its first row, and how many more there are
    is_known: bool = False  # loaded before with the same content and mapping: nothing was done

    @property
    def rows_quarantined(self) -> int:
        """Rows of the file that broke a rule."""
        return sum(self.quarantined.values())


@dataclass(frozen=True)
class LoadContext:
    """What is the same for every file of a load."""

    warehouse: Warehouse
    salt: str
    loaded_at: datetime
    progress: Progress


def load_file(path: Path, mapping: Mapping, context: LoadContext) -> FileResult:
    """Load a file; whatever is wrong with it is in the result, and nothing of it is then stored."""
    try:
        digest = content_hash(path)
        if _is_loaded(context.warehouse, digest, mapping):
            return FileResult(str(path), mapping.name, is_known=True)
        sections = mapping.sections_for(path.name)
        if not sections:
            expected = ", ".join(pattern for section in mapping.tables.values() for pattern in section.files)
            raise MappingError(
                f"{path}: the mapping {mapping.name} has no table for a file of this name; it expects {expected}"
            )
        with context.warehouse.transaction() as connection:
            connection.execute(
                "delete from raw.quarantine where file = ? and mapping = ?", [str(path), mapping.name]
            )
            result = _FileLoad(path, mapping, context, connection).run(sections)
            record_load(connection, result, digest, mapping, context.loaded_at)
    except IngestError as error:
        result = FileResult(str(path), mapping.name, error=str(error))
        with context.warehouse.transaction() as connection:
            record_load(connection, result, None, mapping, context.loaded_at)
    return result


def record_load(
    connection: duckdb.DuckDBPyConnection,
    result: FileResult,
    digest: str | None,
    mapping: Mapping,
    loaded_at: datetime,
) -> None:
    """A row of `raw.loads`."""
    connection.execute(
        "insert into raw.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            result.file, digest, mapping.name, mapping.digest, mapping.source, loaded_at, result.rows_read,
            result.rows_stored, result.rows_unchanged, result.rows_quarantined, list(result.unknown_columns),
            result.error,
        ],
    )  # fmt: skip


def first_of_each_rule(path: Path, quarantined: pl.DataFrame) -> tuple[str, ...]:
    """For each rule a line with its first row in quarantine and the number of the others."""
    rules = quarantined.group_by("rule", maintain_order=True).agg(
        pl.col("row_number").first(), pl.col("message").first(), pl.len().alias("rows")
    )
    return tuple(
        f"{path}: row {row}: {message}" + (f" (and {rows - 1:,} more rows: {rule})" if rows > 1 else "")
        for rule, row, message, rows in rules.iter_rows()
    )


def _is_loaded(warehouse: Warehouse, digest: str, mapping: Mapping) -> bool:
    found = warehouse.query(
        "select 1 as found from raw.loads "
        "where content_hash = ? and mapping_hash = ? and mapping = ? and error is null limit 1",
        [digest, mapping.digest, mapping.name],
    )
    return found.height > 0


class _FileLoad:
    """The state of one file's load: what is staged and counted so far."""

    def __init__(
        self, path: Path, mapping: Mapping, context: LoadContext, connection: duckdb.DuckDBPyConnection
    ) -> None:
        self.path, self.mapping, self.context = path, mapping, context
        self.connection = connection
        self.staging = Staging(connection)
        self.quarantined: list[pl.DataFrame] = []
        self.unknown: set[str] = set()
        self.rows_read = 0

    def run(self, sections: dict[str, Section]) -> FileResult:
        for place, (table, section) in enumerate(sections.items()):
            states: list[pl.DataFrame] = []  # of an event log, whose events need a ticket's whole history
            for batch in read_batches(
                self.path, self.mapping.file, wanted_paths(table, section), section.each
            ):
                if place == 0:
                    self._note(batch)
                mapped = map_rows(batch, table, section, self.mapping, self.context.salt, self.path)
                good = self._without_problems(table, section, batch, mapped)
                if section.event_log:
                    states.append(good)
                    continue
                if section.milestones:
                    self._stage("ticket_events", event_log.events_of_milestones(good))
                self._check_and_stage(table, section, batch.frame, event_log.without_companions(good))
            if states:
                self._stage_log(section, pl.concat(states, how="diagonal_relaxed"))
        stored = self.staging.merge()
        quarantined = pl.concat([pl.DataFrame(schema=PROBLEMS), *self.quarantined])
        return FileResult(
            str(self.path), self.mapping.name, self.rows_read, stored.rows_stored, stored.rows_unchanged,
            dict(Counter(quarantined["rule"].to_list()).most_common()), tuple(sorted(self.unknown)),
            messages=first_of_each_rule(self.path, quarantined),
        )  # fmt: skip

    def _note(self, batch: Batch) -> None:
        """Count a batch, report columns nobody knows, and set broken rows aside."""
        self.rows_read += batch.frame.height + len(batch.broken)
        if not self.unknown:
            self.unknown = unknown_columns(batch, self.mapping)
        if batch.broken:
            told = [(row.row_number, "broken_row", row.message) for row in batch.broken]
            self._quarantine("", pl.DataFrame(told, schema=PROBLEMS, orient="row"), batch.frame, Section())
        self.context.progress(self.path.name, self.rows_read)

    def _without_problems(self, table: str, section: Section, batch: Batch, mapped: Mapped) -> pl.DataFrame:
        if mapped.problems.is_empty():
            return mapped.frame
        self._quarantine(table, mapped.problems, batch.frame, section)
        return mapped.frame.join(mapped.problems, on="row_number", how="anti", maintain_order="left")

    def _check_and_stage(self, table: str, section: Section, raw: pl.DataFrame, frame: pl.DataFrame) -> None:
        good, failures = check_rows(table, frame, repeats=True)
        if failures.height:
            self._quarantine(table, failures, raw, section)
        self._stage(table, redact_rows(table, good))

    def _stage_log(self, section: Section, states: pl.DataFrame) -> None:
        events = event_log.events_of_log(states)
        latest = event_log.without_companions(event_log.latest_states(states))
        self._check_and_stage("tickets", section, latest.drop(NAMES, strict=False), latest)
        self._stage("ticket_events", events)

    def _stage(self, table: str, frame: pl.DataFrame) -> None:
        if table == "ticket_events" and "row_number" not in frame.columns:
            # Derived from rows that passed the mapping: an event without a time has nothing to tell.
            frame = redact_rows(table, frame.drop_nulls(["source", "ticket_id", "occurred_at"]))
        self.staging.add(table, frame)

    def _quarantine(self, table: str, failures: pl.DataFrame, raw: pl.DataFrame, section: Section) -> None:
        personal = {*section.names, "requester_key"}
        if "requester_key" in section.columns:
            personal |= set(section.columns["requester_key"].paths)
        rows = quarantine_rows(
            failures,
            raw,
            personal,
            loaded_at=self.context.loaded_at,
            source=self.mapping.source,
            mapping=self.mapping.name,
            file=str(self.path),
            table_name=table or next(iter(self.mapping.sections_for(self.path.name)), None),
        )
        self.quarantined.append(rows.select(list(PROBLEMS)))
        add_rows(self.connection, "quarantine", rows)
