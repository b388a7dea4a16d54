"""What the newest forecast says other than the one before it, part by part, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.forecast_quality import LEVEL_LABELS
from assets.reports.pages.volume_ahead import LEVELS, level_names, of_levels
from assets.reports.privacy import plain_texts
from assets.reports.snapshot_tables import Snapshot

PARTS_SHOWN = 8
LEAST_SHARE = 0.05  # of the largest change of a part: smaller ones are not listed
SMALL_CHANGE = 0.01  # of what the forecast before said: not worth a reader's time
_PART = ["effect_kind", "effect"]
_FIGURES = (
    Column("before", "Said before", "count"),
    Column("now", "Says now", "count"),
    Column("change", "Change", "signed"),
)
_PART_COLUMNS = (Column("part", "Part of the forecast"), *_FIGURES, Column("why", "Why", "quote"))
_SERIES_COLUMNS = (Column("series", "Forecast of"), *_FIGURES, Column("mainly", "Mainly", "quote"))
_NAMES = {"level": "Ordinary level", "season": "Time of the week and year"}


@dataclass(frozen=True)
class Changes:
    """What changed. parts: of all arrivals; series: by line, tier and region, None where there is only one."""

    says: str
    parts: PublishedTable | None
    series: PublishedTable | None


def read_changes(snapshot: Snapshot, made_on: date, data: DataFolder) -> Changes | None:
    """What changed since the forecast before; None where there was none. Publishes the changes by week."""
    rows = snapshot.table("forecast_changes", where=f"{of_levels()} and made_on = date '{made_on}'")
    rows = rows.pipe(level_names).pipe(plain_texts, ["effect"]).drop_nulls("change")
    total = rows.filter(level="total")
    if not total.height:
        return None
    data.publish(PublishedTable("forecast_changes", "What changed since the forecast before, by week", rows))
    parts = _sums(total, _PART).sort(pl.col("change").abs(), descending=True)
    size = pl.col("change").abs()
    parts = parts.filter(size >= 0.5, size >= LEAST_SHARE * size.max())
    told = parts.head(PARTS_SHOWN).to_dicts()
    frame = parts.head(PARTS_SHOWN).with_columns(
        part=pl.Series([part_name(row) for row in told], dtype=pl.String),
        why=pl.Series([why(row) for row in told], dtype=pl.String),
    )
    series = _by_series(rows)
    name, caption = "forecast_changes", "What changed since the forecast before"
    return Changes(
        _says(total, parts),
        PublishedTable(name, caption, frame, _PART_COLUMNS) if frame.height else None,
        PublishedTable(name, f"{caption}, by line, tier and region", series, _SERIES_COLUMNS)
        if series.height
        else None,
    )


def _sums(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return rows.group_by(keys).agg(pl.col("before", "now", "change").sum())


def _by_series(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines, tiers and regions that changed, and the parts that moved each most."""
    keys = ["level", "name"]
    finer = rows.filter(pl.col("level") != "total")
    largest: dict[tuple[str, str], list[str]] = {}
    parts = _sums(finer, [*keys, *_PART]).sort(pl.col("change").abs(), descending=True)
    for row in parts.iter_rows(named=True):
        if abs(row["change"]) >= 0.5:
            largest.setdefault((row["level"], row["name"]), []).append(
                f"{part_name(row)} {wording.signed(row['change'])}"
            )
    place = {level: number for number, level in enumerate(LEVELS)}
    return (
        _sums(finer, keys)
        .filter(pl.col("change").abs() >= 0.5)
        .with_columns(
            series=pl.struct(keys).map_elements(
                lambda row: f"{LEVEL_LABELS[row['level']]}: {wording.readable(row['name'])}",
                return_dtype=pl.String,
            ),
            mainly=pl.struct(keys).map_elements(
                lambda row: ", ".join(largest.get((row["level"], row["name"]), [])[:2]),
                return_dtype=pl.String,
            ),
            _place=pl.col("level").replace_strict(place, return_dtype=pl.Int64),
        )
        .sort("_place", "name")
        .drop("_place")
    )


def _says(total: pl.DataFrame, parts: pl.DataFrame) -> str:
    before, now = float(total["before"].sum()), float(total["now"].sum())
    since = wording.day(total["before_made_on"][0], year=True)
    weeks = total["week"].n_unique()
    over = f"the {wording.number_word(weeks)} weeks" if weeks > 1 else "the week"
    change = now - before
    if abs(change) < SMALL_CHANGE * max(before, 1.0):
        return (
            f"Next to nothing in all: {wording.count(now)} arrivals in {over} that both cover, "
            f"{wording.count(before)} in the forecast of {since}."
        )
    more = "more" if change > 0 else "fewer"
    text = (
        f"{wording.count(abs(change))} {more} arrivals than the forecast of {since} said for {over} that both "
        f"cover: {wording.count(now)} instead of {wording.count(before)}"
    )
    if before > 0:
        text += f", {wording.share(abs(change) / before)} {more}"
    most = parts.row(0, named=True) if parts.height else None
    if most is None:
        return f"{text}."
    return f"{text}. The largest change: {part_name(most)} {wording.signed(most['change'])}."


def part_name(row: dict[str, Any]) -> str:
    """A part of a forecast as a reader knows it."""
    return _NAMES.get(str(row["effect_kind"]), str(row["effect"]))


def why(row: dict[str, Any]) -> str:
    """Why a part changed, as far as the two forecasts tell."""
    kind, before, now = row["effect_kind"], row["before"], row["now"]
    higher = now > before
    if kind == "level":
        return f"With the newest days, an ordinary day is judged {'higher' if higher else 'lower'}."
    if kind == "season":
        return "With the newest days, weekdays and months weigh differently."
    if kind == "surge":
        return "A wave is on that was not, or was smaller." if higher else "A wave is over, or fading."
    if abs(before) < 0.5:
        return "New: it was not in the calendar, or had no known effect."
    if abs(now) < 0.5:
        return "No longer in the calendar, or without a known effect."
    return "In both; its dates, its size or what past ones did is now judged differently."
