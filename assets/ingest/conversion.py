"""Raw values as the contract's types: times to UTC, numbers, flags and lists; what does not convert is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.ingest.mapping import Times

_TRUE, _FALSE = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")
_EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}  # in microseconds


@dataclass(frozen=True)
class Converted:
    """Values of the contract's type, null where a value did not convert, and what was expected there.

    zoneless: rows whose time carries no zone although none is declared.
    """

    values: pl.Series
    expected: str = "text"
    zoneless: pl.Series | None = None


def convert(raw: pl.Series, dtype: pl.DataType, times: Times) -> Converted:
    """A raw column in a contract type."""
    if isinstance(dtype, pl.Datetime):
        return _utc(raw, times)
    if dtype == pl.Date:
        return Converted(_dates(raw), "a date such as 2026-01-31")
    if dtype == pl.Boolean:
        return Converted(_flags(raw), "true or false")
    if dtype == pl.Int64:
        return Converted(_whole_numbers(raw), "a whole number")
    if dtype == pl.Float64:
        return Converted(raw.cast(pl.Float64, strict=False), "a number")
    if isinstance(dtype, pl.List):
        return Converted(_lists(raw, dtype), "a list")
    return Converted(as_texts(raw))


def as_texts(raw: pl.Series) -> pl.Series:
    """Any raw column as stripped text; whole numbers lose the `.0` that a null beside them gives."""
    if raw.dtype.is_float():
        whole = (raw == raw.floor()).all()
        return raw.cast(pl.Int64, strict=False).cast(pl.String) if whole else raw.cast(pl.String)
    if raw.dtype.is_nested():
        return pl.Series(raw.name, [_json(value) for value in raw.to_list()], dtype=pl.String)
    return raw.cast(pl.String).str.strip_chars()


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str, ensure_ascii=False)


def _utc(raw: pl.Series, times: Times) -> Converted:
    expected = "a time such as 2026-01-31T10:00:00Z"
    if times.formats:
        expected += f" or in the format {', '.join(times.formats)}"
    if isinstance(raw.dtype, pl.Datetime) and raw.dtype.time_zone:
        return Converted(_naive_utc(raw), expected)
    if raw.dtype.is_temporal():
        aware = pl.Series(raw.name, [None], dtype=pl.Datetime("us")).new_from_index(0, raw.len())
        naive = raw.cast(pl.Datetime("us"))
    else:
        aware, naive = _parsed_times(raw.cast(pl.String).str.strip_chars(), times.formats)
    zoneless = naive.is_not_null() & aware.is_null()
    if times.zone is None:
        return Converted(aware, expected, zoneless if zoneless.any() else None)
    if times.zone == "UTC":
        return Converted(_first(aware, naive), expected)
    placed = naive.dt.replace_time_zone(times.zone, ambiguous="earliest", non_existent="null")
    return Converted(_first(aware, _naive_utc(placed)), expected)


def _naive_utc(times: pl.Series) -> pl.Series:
    return times.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us"))


def _first(preferred: pl.Series, other: pl.Series) -> pl.Series:
    return other.zip_with(preferred.is_null(), preferred)


def _parsed_times(text: pl.Series, formats: tuple[str, ...]) -> tuple[pl.Series, pl.Series]:
    """Texts as (times in UTC, times without a zone); each format is tried on what is left over."""
    nothing = pl.Series(text.name, [None], dtype=pl.Datetime("us")).new_from_index(0, text.len())
    aware, naive = nothing, nothing
    for unit in (name for name in formats if name in _EPOCHS):
        seconds = text.cast(pl.Float64, strict=False) * _EPOCHS[unit]
        aware = _first(aware, seconds.cast(pl.Int64, strict=False).cast(pl.Datetime("us")))
    iso = text.str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T").str.replace(r" ?(UTC|GMT)$", "Z")
    with_colon = iso.str.replace(r"([+-]\d\d)(\d\d)$", "${1}:${2}")
    with_seconds = with_colon.str.replace(r"T(\d\d:\d\d)(Z|[+-]\d\d:\d\d)$", "T${1}:00${2}")
    attempts = [(text, given) for given in formats if given not in _EPOCHS]
    attempts += [
        (with_seconds, "%+"),
        (iso, "%Y-%m-%dT%H:%M:%S%.f"),
        (iso, "%Y-%m-%dT%H:%M"),
        (iso, "%Y-%m-%d"),
    ]
    for candidate, given in attempts:
        left = candidate.is_not_null() & aware.is_null() & naive.is_null()
        if not left.any():
            break
        parsed = _strptime(candidate.set(~left, None), given)
        if isinstance(parsed.dtype, pl.Datetime) and parsed.dtype.time_zone:
            aware = _first(aware, _naive_utc(parsed))
        else:
            naive = _first(naive, parsed)
    return aware, naive


def _strptime(text: pl.Series, given: str) -> pl.Series:
    if not any(
        part in given for part in ("%H", "%I", "%+", "%T", "%R", "%s")
    ):  # a date without a time of day
        return text.str.to_date(given, strict=False).cast(pl.Datetime("us"))
    return text.str.to_datetime(given, strict=False, time_unit="us")


def _dates(raw: pl.Series) -> pl.Series:
    if raw.dtype.is_temporal():
        return raw.cast(pl.Date)
    return raw.cast(pl.String).str.strip_chars().str.to_date("%Y-%m-%d", strict=False)


def _flags(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.Boolean:
        return raw
    flags = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
    return as_texts(raw).str.to_lowercase().replace_strict(flags, default=None, return_dtype=pl.Boolean)


def _whole_numbers(raw: pl.Series) -> pl.Series:
    if raw.dtype.is_integer():
        return raw.cast(pl.Int64, strict=False)
    numbers = raw.cast(pl.Float64, strict=False)
    return numbers.set(numbers != numbers.floor(), None).cast(pl.Int64, strict=False)


def _lists(raw: pl.Series, dtype: pl.List) -> pl.Series:
    if isinstance(raw.dtype, pl.List):
        return raw.cast(dtype, strict=False)
    inner = dtype.inner
    parse: Callable[[str], list[Any] | None] = _structs if isinstance(inner, pl.Struct) else _plain_list
    parsed = [None if text is None else parse(text) for text in raw.cast(pl.String).to_list()]
    return pl.Series(raw.name, parsed, dtype=dtype, strict=False)


def _plain_list(text: str) -> list[Any] | None:
    """`["a", "b"]` or `a, b`."""
    if not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return [str(item) for item in json.loads(text)]
    except json.JSONDecodeError:
        return None


def _structs(text: str) -> list[Any] | None:
    """A list of objects, or one object whose names and values are the attributes."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    if isinstance(found, dict):
        return [{"key": key, "value": None if value is None else str(value)} for key, value in found.items()]
    return found if isinstance(found, list) and all(isinstance(item, dict) for item in found) else None
