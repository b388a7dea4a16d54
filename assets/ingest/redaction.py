"""Redaction of whole tables: a fast search finds the few texts that hold something, only those are worked on."""

from __future__ import annotations

import polars as pl

from assets.ingest.map_rows import NAMES
from assets.ingest.personal_data import INVISIBLE, TicketRedactor

# Columns of free text by table; one redactor works on all texts of a row, so that its tokens agree.
TEXT_COLUMNS: dict[str, tuple[str, ...]] = {
    "tickets": ("subject", "body", "csat_comment"),
    "issues": ("summary", "description"),
}
# Columns of few different values, in which personal data is an accident.
VALUE_COLUMNS: dict[str, tuple[str, ...]] = {
    "tickets": ("channel_raw", "business_line", "user_type", "region", "csat_reason"),
    "ticket_events": ("from_value", "to_value"),
    "issue_transitions": ("from_value", "to_value"),
    "qa_reviews": ("disposition",),
}
_NAME_PARTS = 4  # parts of a name that are looked for

# What a text must hold to be worth a closer look (Rust's regular expressions).
_SUSPICIOUS = (
    r"@|\d\D{0,3}\d\D{0,3}\d\D{0,3}\d"  # an address or handle; four digits near each other
    r"|(?i:cv[vcn]|\bc(?:id|sc)\b|card code|security code|card verification)"
    r"|(?i:[(\[{<]\s?at\s?[)\]}>])|(?i:\bat\b.{1,60}\b(?:dot\b|gmail|googlemail|hotmail|yahoo|outlook|icloud))"
    r"|(?i:\bat\s+(?:proton|aol|gmx|live|qq|mail|web)\b)"
    r"|(?i:[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:)"
)


def redact_rows(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A table's rows without personal data in their texts and values.

    frame: the contract's columns, and `known_names` (lists of persons' names) where the source has them;
    that column is used and dropped.
    """
    for column in VALUE_COLUMNS.get(table, ()):
        frame = frame.with_columns(_redacted_values(frame[column]))
    columns = TEXT_COLUMNS.get(table, ())
    if columns and frame.height:
        frame = frame.with_columns(_made_readable(column) for column in columns)
        frame = _redacted_texts(frame, columns)
    if table == "tickets":
        frame = frame.with_columns(_redacted_tags(frame["tags"]), _redacted_attributes(frame["attributes"]))
    return frame.drop(NAMES, strict=False)


def _made_readable(column: str) -> pl.Expr:
    return pl.col(column).str.normalize("NFKC").str.replace_all(INVISIBLE, "")


def _redacted_texts(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    suspicious = pl.any_horizontal(
        expression.fill_null(False)
        for column in columns
        for expression in (pl.col(column).str.contains(_SUSPICIOUS), *_mentions_name(frame, column))
    )
    rows = frame.select(suspicious.arg_true()).to_series()
    if not rows.len():
        return frame
    held = [*columns, *(name for name in (NAMES, "region") if name in frame.columns)]
    done = [_redacted_row(row, columns) for row in frame[rows].select(held).iter_rows(named=True)]
    texts = dict(zip(columns, zip(*done, strict=True), strict=True))
    return frame.with_columns(
        frame[column].scatter(rows, pl.Series(values, dtype=pl.String)) for column, values in texts.items()
    )


def _redacted_row(row: dict[str, object], columns: tuple[str, ...]) -> tuple[str | None, ...]:
    redactor = TicketRedactor(row.get(NAMES) or (), row.get("region"))  # type: ignore[arg-type]
    return tuple(None if row[column] is None else redactor.redact(str(row[column])) for column in columns)


def _mentions_name(frame: pl.DataFrame, column: str) -> list[pl.Expr]:
    """Whether a text holds a part of a known name."""
    if NAMES not in frame.columns:
        return []
    text = pl.col(column).str.to_lowercase()
    persons = int(frame[NAMES].list.len().max() or 0)  # type: ignore[arg-type]
    parts = [
        pl.col(NAMES).list.get(person, null_on_oob=True).str.normalize("NFKC").str.to_lowercase()
        .str.split(" ").list.get(part, null_on_oob=True)
        for person in range(persons)
        for part in range(_NAME_PARTS)
    ]  # fmt: skip
    return [
        pl.when(part.str.len_chars() >= 3).then(text.str.contains(part, literal=True)).otherwise(False)
        for part in parts
    ]


def _redacted_values(values: pl.Series) -> pl.Series:
    """Values redacted once for each different one."""
    distinct = values.drop_nulls().unique()
    suspects = distinct.filter(distinct.str.contains(_SUSPICIOUS)).to_list()
    changed = {value: redacted for value in suspects if (redacted := _redact_plain(value)) != value}
    return values.replace(changed) if changed else values


def _redact_plain(value: str) -> str:
    return TicketRedactor().redact(value)


def _redacted_tags(tags: pl.Series) -> pl.Series:
    distinct = tags.explode().drop_nulls().unique()
    redacted = _redacted_values(distinct)
    changed = dict(zip(distinct.to_list(), redacted.to_list(), strict=True))
    if all(before == after for before, after in changed.items()):
        return tags
    return tags.list.eval(pl.element().replace(changed))


def _redacted_attributes(attributes: pl.Series) -> pl.Series:
    values = attributes.list.eval(pl.element().struct.field("value"))
    distinct = values.explode().drop_nulls().unique()
    redacted = _redacted_values(distinct)
    before, after = distinct.to_list(), redacted.to_list()
    changed = {old: new for old, new in zip(before, after, strict=True) if old != new}
    if not changed:
        return attributes
    pair = pl.struct(
        pl.element().struct.field("key"), pl.element().struct.field("value").replace(changed).alias("value")
    )
    return attributes.list.eval(pair)
