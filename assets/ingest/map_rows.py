"""Raw rows onto the contract's columns, by a mapping's section."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.ingest.contract import CONTRACT
from assets.ingest.conversion import as_texts, convert
from assets.ingest.errors import MappingError, closest
from assets.ingest.files import Batch
from assets.ingest.json_records import flattened_document
from assets.ingest.mapping import ANY_OTHER, ColumnSource, Mapping, Section
from assets.ingest.personal_data import redact_value

PROBLEMS = {"row_number": pl.Int64, "rule": pl.String, "message": pl.String}
NAMES = "known_names"  # list of persons' names, for the redaction
MILESTONE = "milestone."  # prefix of the columns with the times of milestones
LOG_ORDER = "log_order."  # prefix of the columns that put the states of a ticket in order
ASSIGNEE = "assignee"
_SHOWN = 60  # characters of a value in a message

# An attribute that a source gives twice: a map holds one value a key, so the first one stands.
_FIRST_OF_EACH_KEY = pl.col("attributes").list.eval(
    pl.element().filter(pl.element().struct.field("key").is_first_distinct())
)


@dataclass(frozen=True)
class Mapped:
    """Rows in the contract's columns beside `row_number` and what is needed until they are stored.

    problems: row_number, rule and message of rows with values that do not convert.
    """

    frame: pl.DataFrame
    problems: pl.DataFrame


def map_rows(batch: Batch, table: str, section: Section, mapping: Mapping, salt: str, path: Path) -> Mapped:
    """A batch of raw rows as rows of one table.

    Raises MappingError when the mapping names a column that the file lacks, or when no time of a
    column carries a zone and the mapping declares none.
    """
    reader = _ColumnReader(batch, table, section, mapping, path)
    schema = CONTRACT[table].create_empty().schema
    columns = [reader.column(name, dtype) for name, dtype in schema.items()]
    frame = batch.frame.select("row_number").with_columns(columns)
    frame = frame.with_columns(reader.companions())
    if table == "tickets":
        frame = frame.with_columns(reader.attributes(frame["attributes"]))
        frame = frame.with_columns(_FIRST_OF_EACH_KEY)
        frame = frame.with_columns(_hashed(frame, salt))
    for column, wanted in section.only.items():
        frame = frame.filter(pl.col(column).is_in(list(wanted)))
    problems = pl.concat([pl.DataFrame(schema=PROBLEMS), *reader.problems])
    return Mapped(frame, problems.join(frame, on="row_number", how="semi"))


def unknown_columns(batch: Batch, mapping: Mapping) -> set[str]:
    """Columns of the file that the mapping neither uses nor lists as ignored."""
    known = {
        name for section in mapping.tables.values() for path in section.paths() for name in _prefixes(path)
    }
    if any(section.identity for section in mapping.tables.values()):
        known |= {name for table in mapping.tables for name in CONTRACT[table].column_names()}
    known |= {section.each[0].split(".")[0] for section in mapping.tables.values() if section.each}
    top_level = {field for field in batch.fields if field in batch.frame.columns or "." not in field}
    return top_level - known - set(mapping.ignored) - {"parent", "position"}


def wanted_paths(table: str, section: Section) -> list[str]:
    """Every column or JSON path to read for a section."""
    identity = CONTRACT[table].column_names() if section.identity else []
    return [*section.paths(), *(name for name in identity if name not in section.columns)]


def _prefixes(path: str) -> set[str]:
    return {path, path.split(".")[0]}


def _hashed(frame: pl.DataFrame, salt: str) -> pl.Series:
    """The requester's salted hash: the same requester can be recognised, but not named."""
    keys = frame.select("source", "requester_key").unique().drop_nulls()
    hashes = [
        hashlib.sha256(f"{salt}:{source}:{requester}".encode()).hexdigest()[:32]
        for source, requester in keys.iter_rows()
    ]
    lookup = keys.with_columns(pl.Series("hashed", hashes, dtype=pl.String))
    joined = frame.select("source", "requester_key").join(
        lookup, on=["source", "requester_key"], how="left", maintain_order="left"
    )
    return joined["hashed"].alias("requester_key")


class _ColumnReader:
    """Reads one batch's columns for one section, collecting the values that do not convert."""

    def __init__(self, batch: Batch, table: str, section: Section, mapping: Mapping, path: Path) -> None:
        self.batch, self.table, self.section = batch, table, section
        self.mapping, self.path = mapping, path
        self.problems: list[pl.DataFrame] = []

    def column(self, name: str, dtype: pl.DataType) -> pl.Series:
        """A contract column."""
        section = self.section
        source = section.columns.get(name)
        if source is None and section.identity and (name in self.batch.frame.columns or self._needed(name)):
            source = ColumnSource(paths=(name,))
        if source is None and name == "source" and self.mapping.source:
            source = ColumnSource(constant=self.mapping.source)
        if source is None:
            return self._nothing(name, dtype)
        raw = self._raw(name, source)
        if name in section.values:
            raw = self._translated(name, raw, section.values[name])
        if source.default is not None:
            raw = as_texts(raw).fill_null(source.default)
        values = self._converted(name, raw, dtype)
        if source.add is not None:
            values = (values + source.add).clip(lower_bound=0).cast(dtype)
        if source.format == "adf":
            values = values.map_elements(flattened_document, return_dtype=pl.String)
        return values.alias(name)

    def companions(self) -> list[pl.Series]:
        """Columns that are not the contract's: names, times of milestones, the order of a log."""
        made = []
        held = [name for name in self.section.names if name in self.batch.frame.columns]
        if held:
            made.append(self.batch.frame.select(pl.concat_list(held).list.drop_nulls().alias(NAMES))[NAMES])
        for kind, source in self.section.milestones.items():
            values = self._converted(kind, self._raw(kind, source), pl.Datetime("us"))
            made.append(values.alias(MILESTONE + kind))
        log = self.section.event_log
        if log:
            for place, path in enumerate(log.order):
                made.append(
                    self._sortable(self._raw(path, ColumnSource(paths=(path,))), f"{LOG_ORDER}{place}")
                )
            if log.assignee:
                made.append(
                    as_texts(self._raw(ASSIGNEE, ColumnSource(paths=(log.assignee,)))).alias(ASSIGNEE)
                )
        return made

    def attributes(self, given: pl.Series) -> pl.Series:
        """The attributes of tickets: mapped columns, custom fields, or what the file has as `attributes`."""
        parts = [given.fill_null([])]
        for name, source in self.section.attributes.items():
            values = as_texts(self._raw(name, source))
            pair = pl.struct(pl.lit(name).alias("key"), pl.col("value"))
            frame = values.alias("value").to_frame()
            pairs = frame.select(
                pl.when(pl.col("value").is_null()).then(pl.lit([])).otherwise(pl.concat_list(pair))
            )
            parts.append(pairs.to_series().cast(given.dtype))
        fields = self.section.attribute_list
        if fields and fields.path in self.batch.frame.columns:
            texts = self.batch.frame[fields.path].to_list()
            listed = [_custom_fields(text, fields.key, fields.value, fields.names) for text in texts]
            parts.append(pl.Series(listed, dtype=given.dtype))
        frame = pl.DataFrame([part.alias(str(place)) for place, part in enumerate(parts)])
        joined = frame.select(pl.concat_list(pl.all()).alias("attributes"))["attributes"]
        return joined.set(joined.list.len() == 0, None) if joined.len() else joined

    def _raw(self, name: str, source: ColumnSource) -> pl.Series:
        """The raw values of a source: the first of its columns that has one, missing texts as null."""
        frame = self.batch.frame
        if source.constant is not None:
            return pl.Series(name, [source.constant], dtype=pl.String).new_from_index(0, frame.height)
        held = [path for path in source.paths if path in frame.columns]
        if not held:
            self._require(name, source)
            return pl.Series(name, [None], dtype=pl.String).new_from_index(0, frame.height)
        if source.join is not None:
            return frame.select(pl.concat_str(held, separator=source.join).alias(name)).to_series()
        columns = [self._without_missing(frame[path]) for path in held]
        if len({column.dtype for column in columns}) > 1:
            columns = [column.cast(pl.String) for column in columns]
        first = columns[0]
        for column in columns[1:]:
            first = column.zip_with(first.is_null(), first)
        return first.alias(name)

    def _without_missing(self, raw: pl.Series) -> pl.Series:
        if raw.dtype != pl.String:
            return raw
        stripped = raw.str.strip_chars()
        return stripped.set(stripped.is_in(["", *self.mapping.file.missing]), None)

    def _require(self, name: str, source: ColumnSource) -> None:
        """Complain about a mapped column that the file lacks, unless it may be missing."""
        optional = (
            self.section.optional or self.section.identity or any(_nested(path) for path in source.paths)
        )
        needed = name in CONTRACT[self.table].column_names() and self._needed(name)
        if self.section.each and self.batch.frame.is_empty():
            return  # records whose lists are empty have no rows to miss a column
        if not needed and (optional or self._is_json()):
            return
        named = " or ".join(source.paths)
        raise MappingError(
            f"{self.path}: the mapping {self.mapping.name} takes {self.table}.{name} from {named}, "
            f"which the file does not have; {closest(source.paths[0], self.batch.fields)}"
        )

    def _is_json(self) -> bool:
        return any(suffix in (".json", ".ndjson", ".jsonl") for suffix in self.path.suffixes)

    def _needed(self, name: str) -> bool:
        if name == "source" and self.mapping.source:
            return False
        return not CONTRACT[self.table].columns()[name].nullable

    def _nothing(self, name: str, dtype: pl.DataType) -> pl.Series:
        return pl.Series(name, [None], dtype=dtype).new_from_index(0, self.batch.frame.height)

    def _translated(self, name: str, raw: pl.Series, values: dict[str, str | bool]) -> pl.Series:
        """Values through a value map, in any spelling of upper and lower case; `*` is every other value."""
        texts = as_texts(raw)
        known = {key.casefold(): _as_value(value) for key, value in values.items() if key != ANY_OTHER}
        found = texts.drop_nulls().unique().to_list()
        lookup = {text: known[text.casefold()] for text in found if text.casefold() in known}
        others = [text for text in found if text not in lookup]
        if ANY_OTHER in values:
            lookup |= dict.fromkeys(others, _as_value(values[ANY_OTHER]))
        elif others:
            hint = f"one of the mapping's values; add it under [{self.table}.values.{name}]"
            self._report(texts.is_in(others), texts, f"{name}|unknown_value", name, hint)
        lookup_frame = pl.DataFrame(
            {"from": list(lookup), "to": list(lookup.values())}, schema={"from": pl.String, "to": pl.String}
        )
        joined = (
            texts.alias("from").to_frame().join(lookup_frame, on="from", how="left", maintain_order="left")
        )
        return joined["to"].alias(name)

    def _converted(self, name: str, raw: pl.Series, dtype: pl.DataType) -> pl.Series:
        converted = convert(raw, dtype, self.mapping.times)
        failed = raw.is_not_null() & converted.values.is_null()
        if converted.zoneless is not None:
            if (converted.zoneless == failed).all() and converted.values.null_count() == raw.len():
                row = self.batch.frame["row_number"].filter(converted.zoneless).first()
                raise MappingError(
                    f"{self.path}: {name} has times without a zone (first in row {row!s}) and the mapping "
                    f'{self.mapping.name} declares none; set zone = "UTC" (or theirs) under [times]'
                )
            expected = "a time with a zone, since the mapping declares none"
            self._report(converted.zoneless, as_texts(raw), f"{name}|time_without_zone", name, expected)
            failed = failed & ~converted.zoneless
        if failed.any():
            self._report(failed, as_texts(raw), f"{name}|format", name, converted.expected)
        return converted.values

    def _report(self, rows: pl.Series, texts: pl.Series, rule: str, name: str, expected: str) -> None:
        selected = rows.fill_null(False)
        found = texts.filter(selected).to_list()
        self.problems.append(
            pl.DataFrame(
                {
                    "row_number": self.batch.frame["row_number"].filter(selected),
                    "rule": [rule] * len(found),
                    "message": [
                        f"{name} is '{redact_value(text)[:_SHOWN]}', expected {expected}" for text in found
                    ],
                },
                schema=PROBLEMS,
            )
        )

    def _sortable(self, raw: pl.Series, name: str) -> pl.Series:
        """A column of a log's order as numbers or times, so that 10 comes after 9."""
        if raw.dtype != pl.String:
            return raw.alias(name)
        numbers = raw.cast(pl.Float64, strict=False)
        if numbers.null_count() == raw.null_count():
            return numbers.alias(name)
        return convert(raw, pl.Datetime("us"), self.mapping.times).values.alias(name)


def _nested(path: str) -> bool:
    return "." in path


def _as_value(value: str | bool) -> str | None:
    """A value map's target: a TOML flag as text, an empty text as no value."""
    return str(value).lower() if isinstance(value, bool) else value or None


def _custom_fields(text: str | None, key: str, value: str, names: dict[str, str]) -> list[dict[str, str]]:
    if text is None:
        return []
    try:
        fields = json.loads(text)
    except json.JSONDecodeError:
        return []
    made = []
    for field in fields if isinstance(fields, list) else ():
        held = field.get(value) if isinstance(field, dict) else None
        if held in (None, "", []):
            continue
        name = str(field.get(key))
        shown = held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
        made.append({"key": names.get(name, name), "value": shown})
    return made
