"""Rows against the contract: the good ones, and the others with the rule they break and a plain message."""

from __future__ import annotations

from functools import cache

import dataframely as dy
import polars as pl

from assets.ingest.contract import CONTRACT
from assets.ingest.map_rows import PROBLEMS
from assets.ingest.personal_data import redact_value

_RULES = {
    "not_updated_before_created": "updated_at is before created_at; check which columns the mapping takes them from",
    "ends_after_it_starts": "it ends before it starts; swap or correct the two times",
    "rated_as_offered_good_or_bad": "a rating is from and to offered, good or bad; correct from_value or to_value",
    "one_target_at_a_time": "another row has the same policy, metric, conditions and valid_from; keep one of them",
    "known_time_zone": "time_zone is no IANA name such as America/Chicago; correct it",
    "primary_key": "another row has the same key; keep one of them",
}
_BOUNDS = {
    "min": "at least",
    "min_exclusive": "more than",
    "max": "at most",
    "max_exclusive": "less than",
}
_SHOWN = 60  # characters of a value in a message


def check_rows(table: str, frame: pl.DataFrame, *, repeats: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A table's rows as (good rows, failures with row_number, rule and message).

    frame: the contract's columns and `row_number`; further columns stay. repeats: whether a key that
    occurs again is another state of the same thing (it then stays) or a mistake.
    """
    schema = _with_row_index(table)
    if frame.is_empty():
        return frame, pl.DataFrame(schema=PROBLEMS)
    narrow = frame.select(*CONTRACT[table].column_names()).with_row_index("row_index")
    _, failure = schema.filter(narrow)
    if len(failure) == 0:
        return frame, pl.DataFrame(schema=PROBLEMS)
    details = failure.details()
    rules = [name for name in details.columns if name not in narrow.columns]
    if repeats and "primary_key" in rules:
        rules.remove("primary_key")
    broken = details.filter(pl.any_horizontal(pl.col(rule) == "invalid" for rule in rules))
    failing = broken["row_index"].to_list()
    row_numbers = frame["row_number"].gather(failing).to_list()
    columns = schema.columns()
    told = [
        _told(columns, rules, row, number)
        for row, number in zip(broken.iter_rows(named=True), row_numbers, strict=True)
    ]
    failures = pl.DataFrame(told, schema=PROBLEMS, orient="row")
    good = frame.filter(~pl.int_range(pl.len()).is_in(failing)) if failing else frame
    return good, failures


@cache
def _with_row_index(table: str) -> type[dy.Schema]:
    """A table's schema that keeps, beside the contract's columns, which row a failure is about."""
    return type(table, (CONTRACT[table],), {"row_index": dy.UInt32(nullable=False)})


def _told(columns: dict, rules: list[str], row: dict, row_number: int) -> tuple[int, str, str]:  # type: ignore[type-arg]
    broken = [rule for rule in rules if row[rule] == "invalid"]
    # A key without a value breaks the key's own rule too; the missing value says more.
    broken.sort(key=lambda rule: rule == "primary_key")
    return row_number, broken[0], "; ".join(_message(columns, rule, row) for rule in broken[:3])


def _message(columns: dict, rule: str, row: dict) -> str:  # type: ignore[type-arg]
    if rule in _RULES:
        return _RULES[rule]
    column, _, kind = rule.partition("|")
    if kind in ("nullability", "min_length"):
        return f"{column} has no value, and every row needs one"
    value = redact_value(str(row[column]))[:_SHOWN]
    choices = (columns[column].metadata or {}).get("one_of") if column in columns else None
    if choices:
        return f"{column} is '{value}', expected one of {', '.join(choices)}"
    bounds = [
        f"{words} {bound}"
        for name, words in _BOUNDS.items()
        if (bound := getattr(columns.get(column), name, None)) is not None
    ]
    return f"{column} is '{value}', expected {' and '.join(bounds) or f'a value that passes {kind}'}"
