"""Files as batches of raw rows: CSV, JSON, NDJSON and Parquet, each also gzipped, with row numbers."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from itertools import islice
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet

from assets.ingest.csv_records import csv_records
from assets.ingest.errors import FileError, IngestError
from assets.ingest.json_records import JsonError, as_text, at_path, exploded, field_names, records
from assets.ingest.mapping import FileLayout

BATCH_ROWS = 100_000
_FORMATS = {".csv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet"}
_FIRST_BYTES = {b"PAR1": "a Parquet file", b"PK\x03\x04": "a zip or Excel file", b"%PDF": "a PDF"}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class BrokenRow:
    """A row that could not be parsed; its text is not kept, since nobody can say which of it is personal."""

    row_number: int
    message: str


@dataclass(frozen=True)
class Batch:
    """Raw rows with their `row_number` (a CSV's header is row 1), the names the file has, and what broke."""

    frame: pl.DataFrame
    fields: tuple[str, ...]
    broken: tuple[BrokenRow, ...] = ()


def find_files(path: str | Path) -> list[Path]:
    """The files of a source: one file, all files below a folder, or a glob; sorted.

    Raises IngestError when there are none.
    """
    given = Path(path)
    if given.is_dir():
        found = [file for file in given.rglob("*") if file.is_file() and _format_of(file)]
        expected = f"no file in it ends in {', '.join(_FORMATS)} (or the same with .gz)"
    elif given.exists():
        found, expected = [given], ""
    else:
        found = [Path(file) for file in glob(str(path), recursive=True) if Path(file).is_file()]
        expected = "there is no such file, folder or match of a glob"
    visible = sorted(file for file in found if not file.name.startswith("."))
    if not visible:
        raise IngestError(f"{path}: {expected}")
    return visible


def content_hash(path: Path) -> str:
    """Hash of a file's bytes: the same content is not loaded twice."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error


def read_batches(
    path: Path, layout: FileLayout, paths: Sequence[str], each: tuple[str, ...] = (), rows: int = BATCH_ROWS
) -> Iterator[Batch]:
    """A file's rows in batches of at most `rows`; in bounded memory unless it is one JSON page.

    paths: the columns (or JSON paths) wanted; a name the file lacks is left out of the frame.
    Raises FileError when the file is empty, damaged or not what its name says.
    """
    kind = _format_of(path)
    if kind is None:
        raise FileError(path, f"cannot tell its format; expected {', '.join(_FORMATS)}, also with .gz")
    _check_first_bytes(path, kind)
    wanted = list(dict.fromkeys(paths))
    try:
        if kind == "parquet":
            yield from _parquet(path, wanted, rows)
        elif kind == "csv":
            yield from _csv(path, layout, wanted, rows)
        else:
            yield from _json(path, layout, wanted, each, rows)
    except (pa.ArrowInvalid, JsonError, UnicodeDecodeError) as error:
        raise FileError(path, _reason(kind, layout, error)) from None
    except (OSError, EOFError) as error:
        raise FileError(path, f"cannot be read to its end ({error})") from error


def _reason(kind: str, layout: FileLayout, error: Exception) -> str:
    """Why a file cannot be read, without any of its text."""
    if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
        return f"is not in {layout.encoding}; save it so, or name its encoding under [file] in the mapping"
    if isinstance(error, JsonError):
        return str(error)
    return f"is not a readable {kind} file; save or export it again"


def _format_of(path: Path) -> str | None:
    name = path.with_suffix("") if path.suffix == ".gz" else path
    return _FORMATS.get(name.suffix.lower())


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.open(raw) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield raw


def _check_first_bytes(path: Path, kind: str) -> None:
    """Stop early, and plainly, at a file that is empty or not what its name says."""
    try:
        with path.open("rb") as stream:
            first = stream.read(4)
        if first and (first[:2] == _GZIP) != (path.suffix == ".gz"):
            says = (
                "is not gzipped, though its name says so" if path.suffix == ".gz" else "is gzipped: add .gz"
            )
            raise FileError(path, f"{says}; rename it")
        with _opened(path) as unpacked:
            start = unpacked.read(4096)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error})") from error
    if not start.strip():
        raise FileError(path, "is empty; export it again or take it away")
    really = _FIRST_BYTES.get(start[:4])
    if kind == "parquet" and start[:4] != b"PAR1":
        raise FileError(path, "is named .parquet but is no Parquet file; rename it or export it again")
    if kind != "parquet" and really:
        raise FileError(path, f"is named as {kind} but is {really}; rename it or export it again")
    text_start = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if kind in ("json", "ndjson") and text_start not in (b"{", b"["):
        raise FileError(path, f"is named as {kind} but does not begin with {{ or [; export it again")
    if kind == "csv" and text_start in (b"{", b"["):
        raise FileError(path, "is named .csv but looks like JSON; rename it")
    if kind == "csv" and b"\x00" in start and start[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise FileError(path, "is named .csv but is a binary file; export it again")


def _parquet(path: Path, wanted: list[str], rows: int) -> Iterator[Batch]:
    with tempfile.TemporaryDirectory() as folder:
        readable = path
        if path.suffix == ".gz":  # Parquet is read from its end, so it must be unpacked first
            readable = Path(folder) / path.stem
            with _opened(path) as packed, readable.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        file = pyarrow.parquet.ParquetFile(readable)
        fields = tuple(file.schema_arrow.names)
        columns = [name for name in wanted if name in fields]
        first_row = 1
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            frame = pl.DataFrame(pl.from_arrow(batch)) if columns else pl.DataFrame()
            yield Batch(_numbered(frame, range(first_row, first_row + batch.num_rows)), fields)
            first_row += batch.num_rows
        if first_row == 1:
            yield Batch(_numbered(pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), range(0)), fields)


def _csv(path: Path, layout: FileLayout, wanted: list[str], rows: int) -> Iterator[Batch]:
    with _opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding=layout.encoding, newline="")
        records = csv_records(text, layout.delimiter)
        header = next(records, (1, []))[1]
        if isinstance(header, str):
            raise FileError(path, f"has no readable header: {header}")
        fields = tuple(name.strip().removeprefix("\ufeff") for name in header)
        twice = sorted({name for name in fields if fields.count(name) > 1})
        if twice:
            raise FileError(path, f"has the column {twice[0]} twice; rename one of them")
        held = {name: place for place, name in enumerate(fields) if name in wanted}
        while chunk := list(islice(records, rows)):
            broken = tuple(BrokenRow(number, row) for number, row in chunk if isinstance(row, str))
            good = [(number, row) for number, row in chunk if not isinstance(row, str)]
            columns = {name: [row[place] for _, row in good] for name, place in held.items()}
            frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
            yield Batch(_numbered(frame, [number for number, _ in good]), fields, broken)
        text.detach()


def _json(
    path: Path, layout: FileLayout, wanted: list[str], each: tuple[str, ...], rows: int
) -> Iterator[Batch]:
    with _opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding=layout.encoding)
        numbered = enumerate(records(text, layout.records), start=1)
        elements_before = 0
        while chunk := list(islice(numbered, rows)):
            broken = tuple(
                BrokenRow(number, str(record)) for number, record in chunk if isinstance(record, JsonError)
            )
            parents = [(number, record) for number, record in chunk if not isinstance(record, JsonError)]
            elements = parents
            if (
                each
            ):  # an element's row is its place among all elements: the record's would not tell them apart
                inner = (element for _, record in parents for element in exploded(record, each))
                elements = list(enumerate(inner, start=elements_before + 1))
                elements_before += len(elements)
            found: dict[str, None] = {}
            for _, record in parents:
                found.update(dict.fromkeys(record))
            for _, element in elements[:100]:
                found.update(dict.fromkeys(field_names(element)))
            yield Batch(_json_frame(elements, wanted), tuple(found), broken)
        text.detach()


def _json_frame(elements: list[tuple[int, dict[str, Any]]], wanted: list[str]) -> pl.DataFrame:
    """Wanted paths as columns of text; a path that no element has a value for is left out."""
    columns = {path: [as_text(at_path(element, path)) for _, element in elements] for path in wanted}
    held = {path: values for path, values in columns.items() if any(value is not None for value in values)}
    frame = pl.DataFrame(held, schema=dict.fromkeys(held, pl.String))
    return _numbered(frame, [number for number, _ in elements])


def _numbered(frame: pl.DataFrame, numbers: Sequence[int]) -> pl.DataFrame:
    row_numbers = pl.Series("row_number", numbers, dtype=pl.Int64)
    return frame.with_columns(row_numbers) if frame.width else row_numbers.to_frame()
