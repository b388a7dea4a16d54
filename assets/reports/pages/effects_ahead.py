"""What moves the forecast: campaigns, holidays and waves by name, each with the tickets it adds or takes away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from assets.reports import capacity_charts, charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.volume_ahead import Series, level_names, of_levels
from assets.reports.privacy import plain_texts
from assets.reports.snapshot_tables import Snapshot

EFFECTS_LISTED = 15
ACTS_FROM = 0.2  # of its largest day: what is less is an echo of days or weeks
_ORDINARY = ("level", "season")
_KINDS = {"campaign": "campaign", "holiday": "holiday", "surge": "wave still on"}
_COLUMNS = (
    Column("effect", "What"),
    Column("mark", "No.", "count", "The number in the charts."),
    Column("kind", "Kind"),
    Column(
        "first",
        "Acts on",
        "day",
        "The days on which it moves the forecast by a fifth of its largest day or more.",
        until="last",
    ),
    Column("lines", "Lines", "name"),
    Column("tickets", "Arrivals more or fewer", "signed", "All its days together, over all lines."),
    Column("peak_day", "Most on", "day"),
    Column("peak_tickets", "That day", "signed"),
)


@dataclass(frozen=True)
class Effects:
    """The effects of a forecast. rows: those of `forecast_effects`, with `name` and `week`."""

    rows: pl.DataFrame
    table: PublishedTable
    smaller: str

    def marks(self, series: Series) -> list[charts.Event]:
        """The listed effects that touch a series, as marks of its charts."""
        touching = set(self.rows.filter(level=series.level, name=series.name)["effect"])
        return [
            charts.Event(str(row["mark"]), row["effect"], row["first"], row["last"])
            for row in self.table.frame.iter_rows(named=True)
            if row["effect"] in touching
        ]

    def parts(self, series: Series) -> charts.Chart | None:
        """The whole weeks of a series as bars of their parts."""
        days = series.ahead.group_by(week=pl.col("date").dt.truncate("1w")).len().filter(len=7)
        own = self.rows.filter(level=series.level, name=series.name).join(days, on="week", how="semi")
        if not own.height:
            return None
        numbers = dict(self.table.frame.select("effect", "mark").iter_rows())
        weeks = own["week"].unique().sort().to_list()
        named = own.filter(~pl.col("effect_kind").is_in(_ORDINARY))
        return capacity_charts.parts(
            weeks,
            _by_week(own.filter(pl.col("effect_kind").is_in(_ORDINARY)), weeks),
            {kind: _by_week(part, weeks) for kind, part in _by_kind(named).items()},
            names={kind: _names_by_week(part, weeks) for kind, part in _by_kind(named).items()},
            marks=_marks(named, numbers),
            alt=_alt(series, named),
        )


def read_effects(snapshot: Snapshot, made_on: date, data: DataFolder) -> Effects | None:
    """The parts of the newest forecast; None where it was not taken apart. Publishes them by week, and the list."""
    rows = snapshot.table("forecast_effects", where=f"{of_levels()} and made_on = date '{made_on}'")
    rows = (
        rows.pipe(level_names)
        .pipe(plain_texts, ["effect"])
        .drop_nulls("tickets")
        .with_columns(week=pl.col("date").dt.truncate("1w"))
    )
    if not rows.height:
        return None
    weekly = rows.group_by("level", "name", "week", "effect_kind", "effect").agg(pl.col("tickets").sum())
    data.publish(
        PublishedTable(
            "forecast_parts",
            "What the forecast of each week is made of",
            weekly.sort("level", "name", "week", "effect_kind", "effect"),
        )
    )
    named = rows.filter(~pl.col("effect_kind").is_in(_ORDINARY))
    everything = _listed(named)
    shown = everything.sort(pl.col("tickets").abs(), descending=True).head(EFFECTS_LISTED)
    shown = shown.sort("first", "effect").with_row_index("mark", 1)
    table = PublishedTable("forecast_effects", "What moves the forecast", shown, _COLUMNS)
    data.publish(table)
    return Effects(rows, table, _smaller(everything, shown))


def _listed(named: pl.DataFrame) -> pl.DataFrame:
    """A row for each effect on the total: when it acts, on which lines, how much it moves."""
    peak = pl.col("tickets").abs().arg_max()
    acts = pl.col("tickets").abs() >= ACTS_FROM * pl.col("tickets").abs().max()
    total = (
        named.filter(level="total")
        .group_by("effect_kind", "effect")
        .agg(
            first=pl.col("date").filter(acts).min(),
            last=pl.col("date").filter(acts).max(),
            peak_day=pl.col("date").get(peak),
            peak_tickets=pl.col("tickets").get(peak),
            tickets=pl.col("tickets").sum(),
        )
        .filter(pl.col("peak_tickets").abs() >= 0.5)
    )
    return (
        total.join(_lines(named), on=["effect_kind", "effect"], how="left")
        .with_columns(
            lines=pl.col("lines").fill_null("all"),
            kind=pl.col("effect_kind").replace(_KINDS),
        )
        .select("effect", "kind", "first", "last", "lines", "tickets", "peak_day", "peak_tickets")
    )


def _lines(named: pl.DataFrame) -> pl.DataFrame:
    """The lines that carry an effect: those with a tenth of it or more; `all` where that is every line."""
    by_line = (
        named.filter(level="business_line")
        .group_by("effect_kind", "effect", "name")
        .agg(moved=pl.col("tickets").abs().sum())
    )
    carries = pl.col("moved") >= 0.1 * pl.col("moved").sum().over("effect_kind", "effect")
    every = by_line["name"].n_unique()
    readable = pl.col("name").map_elements(wording.readable, return_dtype=pl.String)
    return (
        by_line.filter(carries)
        .group_by("effect_kind", "effect")
        .agg(lines=readable.sort().str.join(", "), count=pl.len())
        .with_columns(lines=pl.when(pl.col("count") == every).then(pl.lit("all")).otherwise("lines"))
        .drop("count")
    )


def _smaller(everything: pl.DataFrame, shown: pl.DataFrame) -> str:
    left = everything.height - shown.height
    if not left:
        return ""
    rest = float(everything["tickets"].sum()) - float(shown["tickets"].sum())
    them = "smaller effect is" if left == 1 else "smaller effects are"
    return f"{wording.count(left)} {them} not listed; together {wording.signed(rest)} arrivals."


def _by_kind(named: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    return {kind: part for kind in _KINDS if (part := named.filter(effect_kind=kind)).height}


def _by_week(rows: pl.DataFrame, weeks: list[date]) -> list[float]:
    sums = dict(rows.group_by("week").agg(pl.col("tickets").sum()).iter_rows())
    return [float(sums.get(week, 0.0)) for week in weeks]


def _names_by_week(rows: pl.DataFrame, weeks: list[date]) -> list[str]:
    """`Black Friday +820, Cyber Monday +91` for each week."""
    sums = (
        rows.group_by("week", "effect")
        .agg(pl.col("tickets").sum())
        .filter(pl.col("tickets").abs() >= 0.5)
        .sort(pl.col("tickets").abs(), descending=True)
    )
    told: dict[date, list[str]] = {}
    for week, effect, tickets in sums.iter_rows():
        told.setdefault(week, []).append(f"{effect} {wording.signed(tickets)}")
    return [", ".join(told.get(week, [])[:4]) for week in weeks]


def _marks(named: pl.DataFrame, numbers: dict[str, int]) -> dict[date, list[int]]:
    """The numbers of the listed effects by the week in which each moves most."""
    sums = named.group_by("effect", "week").agg(moved=pl.col("tickets").sum().abs())
    most = sums.sort("moved", "week", descending=[True, False]).unique(
        "effect", keep="first", maintain_order=True
    )
    marks: dict[date, list[int]] = {}
    for effect, week, moved in most.iter_rows():
        if effect in numbers and moved >= 0.5:
            marks.setdefault(week, []).append(numbers[effect])
    return {week: sorted(found) for week, found in marks.items()}


def _alt(series: Series, named: pl.DataFrame) -> str:
    sums = (
        named.group_by("effect").agg(pl.col("tickets").sum()).sort(pl.col("tickets").abs(), descending=True)
    )
    largest = [f"{row[0]} {wording.signed(row[1])}" for row in sums.head(3).iter_rows()]
    moved = f"; the largest effects: {wording.listing(largest)}" if largest else "; no named effect moves it"
    return f"{series.label}, a week, as bars of ordinary volume and what campaigns and holidays add{moved}."


def without_effect(events: pl.DataFrame, effects: Effects) -> list[str]:
    """Names of calendar events ahead that the forecast takes for ordinary days.

    events: rows of the calendar with `name`, `first` and `last`.
    """
    named = effects.rows.filter(~pl.col("effect_kind").is_in(_ORDINARY))
    known = [str(effect).casefold() for effect in named["effect"].unique()]

    def is_known(row: dict[str, Any]) -> bool:
        return any(effect in str(row["name"]).casefold() for effect in known)

    return [
        f"{row['name']}, {wording.days(row['first'], row['last'])}"
        for row in events.iter_rows(named=True)
        if not is_known(row)
    ]
