"""The one way in: sources and small tables into the raw tables of the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assets.ingest.coverage import describe_coverage
from assets.ingest.errors import IngestError
from assets.ingest.files import find_files
from assets.ingest.load_file import FileResult, LoadContext, Progress, load_file
from assets.ingest.mapping import load_mapping
from assets.ingest.raw_tables import create_raw_tables
from assets.ingest.user_tables import load_user_tables
from dbt_like_sql.warehouse import Warehouse


@dataclass(frozen=True)
class SourceFiles:
    """A file, folder or glob, and the mapping that reads it: a shipped one's name or a TOML file's path."""

    path: str | Path
    mapping: str | Path


@dataclass(frozen=True)
class LoadReport:
    """What a load did, file by file, and the time (UTC) everything is now computed as of."""

    files: tuple[FileResult, ...]
    as_of: datetime

    @property
    def quarantined(self) -> dict[str, int]:
        """Rows in quarantine by rule, most frequent first."""
        counts: Counter[str] = Counter()
        for result in self.files:
            counts.update(result.quarantined)
        return dict(counts.most_common())

    @property
    def errors(self) -> tuple[str, ...]:
        """One line for each file, folder or mapping that could not be used."""
        return tuple(result.error for result in self.files if result.error)

    @property
    def rows_read(self) -> int:
        """Rows of all files read."""
        return sum(result.rows_read for result in self.files)


def load(
    warehouse: Warehouse,
    sources: Sequence[SourceFiles],
    tables_folder: Path | None = None,
    *,
    salt: str,
    time_zone: str,
    now: datetime,
    as_of: datetime | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Load sources and the user's small tables; afterwards every raw table exists, empty ones included.

    Each file is one transaction: it is stored whole or not at all, and what is wrong with it is in the
    report while the others still load. now, as_of: naive UTC. salt: makes the requesters' hashes; keep
    it, or the same requester becomes another one.
    """
    create_raw_tables(warehouse)
    context = LoadContext(warehouse, salt, now, progress or (lambda file, rows: None))
    results: list[FileResult] = []
    for source in sources:
        try:
            mapping = load_mapping(source.mapping)
            results += [load_file(path, mapping, context) for path in find_files(source.path)]
        except IngestError as error:
            results.append(FileResult(str(source.path), str(source.mapping), error=str(error)))
    if tables_folder is not None:
        results += load_user_tables(tables_folder, time_zone, context)
    decided = describe_coverage(warehouse, time_zone=time_zone, as_of=as_of, now=now)
    return LoadReport(tuple(results), decided)
