"""What a reader who can subtract finds in a published table: the sums of all lines, vendors, ... less what is shown."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from assets.reports.operations_columns import AGE_BANDS, UNTOUCHED_BANDS

ALL = "all"
# Tables each of whose rows is split into columns: the sum, and its parts.
SPLIT_ROWS = {
    "backlog_ages": ("tickets", AGE_BANDS),
    "backlog_by_team": ("tickets", AGE_BANDS),
    "backlog_by_status": ("tickets", UNTOUCHED_BANDS),
    "csat_weeks": ("answered", ("good", "bad")),
    "sla_weeks": ("judged", ("achieved", "breached")),
}
# Tickets of each target do not sum to the tickets: one has targets of several kinds.
NO_SUMS = {("sla_weeks", "metric"): ("tickets_judged", "tickets_achieved")}
# Of a whole in the same row, a part: what it leaves is a count, too.
PARTS = {
    "sla_weeks": (("judged", "breached"), ("tickets_judged", "tickets_achieved")),
    "escalation_flow": (
        ("tickets_tier_1", "escalated"),
        ("tickets_tier_1", "to_partner"),
        ("escalated", "returned"),
        ("escalated", "ping_pong"),
    ),
    "csat_weeks": (("answered", "good"),),
    "first_contact_weeks": (("tickets", "resolved_first"),),
    "contact_rate_weeks": (("tickets", "repeats"),),
}


def revealed(name: str, frame: pl.DataFrame) -> Iterator[str]:
    """Each hidden count that follows from the table, and each sum of hidden ones that is 1 to 9."""
    for column in _counts(frame):
        if frame[column].is_between(1, 9).any():
            yield f"{column}: shown"
    for whole, part in PARTS.get(name, ()):
        rest = frame[whole] - frame[part]
        if rest.is_between(1, 9).any():
            yield f"{part}: leaves {rest.filter(rest.is_between(1, 9)).to_list()[:3]} of {whole}"
    if name in SPLIT_ROWS:
        total, parts = SPLIT_ROWS[name]
        long = frame.with_row_index("_row").unpivot([total, *parts], index="_row", variable_name="_part")
        long = long.with_columns(pl.col("_part").replace(total, ALL))
        yield from _of_sums(long, "_part", ["_row"], "value")
    texts = _names(frame)
    for over in (text for text in texts if (frame[text] == ALL).any() and frame[text].n_unique() > 1):
        keys = [column for column in (*texts, *_days(frame)) if column != over]
        for count in (column for column in _counts(frame) if column not in NO_SUMS.get((name, over), ())):
            yield from _of_sums(frame, over, keys, count)
            for whole in (whole for whole, part in PARTS.get(name, ()) if part == count):
                left = frame.with_columns((pl.col(whole) - pl.col(count)).alias(f"{whole} less {count}"))
                yield from _of_sums(left, over, keys, f"{whole} less {count}")


def _of_sums(frame: pl.DataFrame, over: str, keys: list[str], count: str) -> Iterator[str]:
    is_sum = pl.col(over) == ALL
    sums = (
        frame.with_columns(_one=0)
        .group_by("_one", *keys)
        .agg(
            total=pl.col(count).filter(is_sum).first(),
            shown=pl.col(count).filter(~is_sum).sum(),
            hidden=pl.col(count).filter(~is_sum).is_null().sum(),
            has_parts=is_sum.any() & (~is_sum).any(),
        )
    )
    less = pl.col("total") - pl.col("shown")
    found = sums.with_columns(less=less).filter(
        (
            pl.col("total").is_not_null()
            & (pl.col("hidden") > 0)
            & (((pl.col("hidden") == 1) & (less != 0)) | less.is_between(1, 9))
        )
        | (pl.col("has_parts") & pl.col("total").is_null() & (pl.col("hidden") == 0))
    )
    for row in found.iter_rows(named=True):
        where = {key: row[key] for key in keys}
        yield f"{count} over {over}: {row['hidden']} hidden, together {row['less']}, at {where}"


def _counts(frame: pl.DataFrame) -> list[str]:
    return [
        name
        for name, dtype in frame.schema.items()
        if dtype.is_integer() and name not in ("rank", "days", "stays")
    ]


def _days(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == pl.Date]


def _names(frame: pl.DataFrame) -> list[str]:
    """The text columns that tell rows apart; not those that only say another one in words."""
    names: list[str] = []
    for name in (name for name, dtype in frame.schema.items() if dtype == pl.String):
        if not any(frame.select(known, name).n_unique() == frame[known].n_unique() for known in names):
            names.append(name)
    return names
