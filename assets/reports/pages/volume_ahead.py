"""How many tickets are expected, by day and week: all together, by line, by tier and by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.reports import charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.forecast_quality import LEVEL_LABELS
from assets.reports.privacy import hide_small_cells, plain_texts
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import ALL, Count, hide_summed_counts

PAST_DAYS = 91
A_YEAR = timedelta(weeks=52)  # whole weeks, so that weekdays stay on weekdays
LEVELS = {"total": None, "business_line": "business_line", "tier": "tier", "region": "region"}
_FIGURES = ("made_on", "date", "expected", "base", "low_80", "high_80", "low_95", "high_95")
_RANGE_MEANING = "Eight of ten such weeks should fall in it: one in ten below (p10), one in ten above (p90)."


@dataclass(frozen=True)
class Series:
    """A forecast series and what came before it."""

    level: str
    name: str  # value of the level; `all` for the total
    ahead: pl.DataFrame
    past: pl.DataFrame

    @property
    def key(self) -> str:
        return f"{self.level}-{self.name}"

    @property
    def label(self) -> str:
        if self.level == "total":
            return LEVEL_LABELS["total"]
        return f"{LEVEL_LABELS[self.level]}: {wording.readable(self.name)}"


@dataclass(frozen=True)
class Volume:
    """The newest forecast. series: the total first. weekly: expected arrivals by week, by `Series.key`."""

    made_on: date
    first: date
    last: date
    series: tuple[Series, ...]
    weekly: Mapping[str, PublishedTable]

    @property
    def total(self) -> Series:
        return self.series[0]

    @property
    def peak(self) -> dict[str, Any]:
        """The busiest day to come."""
        return self.total.ahead.sort("expected", descending=True).row(0, named=True)

    @property
    def peak_range(self) -> str:
        return wording.between("count", self.peak["low_80"], self.peak["high_80"])

    def four_weeks(self) -> tuple[float, float | None]:
        """Arrivals a week: expected over the next 28 days, and come over the last 28 where all are known."""
        ahead = self.total.ahead.head(28)
        past = self.total.past.filter(pl.col("date") >= self.first - timedelta(days=28))
        came = None
        if past.height == 28 and not past["is_hidden"].any():
            came = float(past["tickets"].sum()) / 4
        return float(ahead["expected"].sum()) / (ahead.height / 7), came

    def says(self) -> str:
        """How much is coming, against what came, in a sentence."""
        expected, came = self.four_weeks()
        text = f"About {wording.count(expected)} arrivals a week are expected over the next four weeks"
        if came is None or not came:
            return f"{text}."
        change = expected / came - 1
        if abs(change) < 0.02:
            return f"{text}, about as many as in the last four."
        more = "more" if change > 0 else "fewer"
        return f"{text}, {wording.share(abs(change))} {more} than in the last four."


def level_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a column `name`: the value of the row's level, `all` for the total."""
    name = pl.coalesce(
        *(pl.when(level=level).then(pl.col(column)) for level, column in LEVELS.items() if column)
    )
    return frame.with_columns(name=name.fill_null("all")).pipe(plain_texts, ["name"])


def of_levels() -> str:
    """The SQL condition for the levels that the page shows."""
    return f"level in ({', '.join(repr(level) for level in LEVELS)})"


def read_volume(snapshot: Snapshot, data: DataFolder) -> Volume | None:
    """The newest forecast; None where there is none. Publishes it by day and week, and the arrivals before it."""
    forecast = snapshot.table("forecast_daily", where=of_levels(), order_by="level, date")
    if not forecast.height:
        return None
    forecast = (
        forecast.filter(pl.col("made_on") == pl.col("made_on").max())
        .pipe(level_names)
        .select("level", "name", *_FIGURES)
        .sort("level", "name", "date")
    )
    data.publish(PublishedTable("forecast_daily", "Forecast by day", forecast))
    first: date = forecast["date"].min()  # type: ignore[assignment]
    last: date = forecast["date"].max()  # type: ignore[assignment]
    made_on: date = forecast["made_on"][0]
    past = _past(snapshot, first, data)
    weekly = _weekly(forecast, past, _week_ranges(snapshot, made_on), data)
    return Volume(made_on, first, last, tuple(_series(forecast, past)), weekly)


def _past(snapshot: Snapshot, first: date, data: DataFolder) -> pl.DataFrame:
    """Daily arrivals by level since a year and a quarter before the forecast; small counts hidden."""
    since = first - A_YEAR - timedelta(days=PAST_DAYS)
    parts = []
    for level, dimension in LEVELS.items():
        arrivals = snapshot.daily_arrivals(dimension, since).filter(pl.col("date") < first)
        parts.append(arrivals.with_columns(level=pl.lit(level)))
    past = (
        _hidden(pl.concat(parts))
        .pipe(plain_texts, ["name"])
        .select("level", "name", "date", "tickets", "is_hidden")
        .sort("level", "name", "date")
    )
    data.publish(PublishedTable("daily_arrivals", "Arrivals by day", past))
    return past


def _hidden(arrivals: pl.DataFrame) -> pl.DataFrame:
    """Small counts hidden, and those that follow from the total of a day and the other values of its level."""
    is_total = pl.col("level") == "total"
    total, parts = arrivals.filter(is_total), arrivals.filter(~is_total)
    sums = parts.select("level").unique(maintain_order=True).join(
        total.select("date", "tickets", name=pl.lit(ALL)), how="cross"
    )  # fmt: skip
    stacked = pl.concat([parts, sums.select(parts.columns)])
    hidden = hide_summed_counts(stacked, [Count("tickets")], keys=["level", "date"], over=["name"])
    return pl.concat([hide_small_cells(total, "tickets"), hidden.filter(pl.col("name") != ALL)])


def _series(forecast: pl.DataFrame, past: pl.DataFrame) -> list[Series]:
    found = []
    for level in LEVELS:
        names = forecast.filter(level=level)["name"].unique().sort().to_list()
        if level != "total" and len(names) < 2:
            continue
        for name in names:
            found.append(
                Series(
                    level,
                    name,
                    forecast.filter(level=level, name=name),
                    past.filter(level=level, name=name),
                )
            )
    return found


def _week_ranges(snapshot: Snapshot, made_on: date) -> pl.DataFrame:
    """The range of whole weeks: those of days do not add up."""
    weeks = snapshot.table("forecast_weekly", where=f"{of_levels()} and made_on = date '{made_on}'")
    return weeks.pipe(level_names).select("level", "name", "week", "low_80", "high_80")


def _weekly(
    forecast: pl.DataFrame, past: pl.DataFrame, ranges: pl.DataFrame, data: DataFolder
) -> dict[str, PublishedTable]:
    """Expected arrivals by week, by series: whole weeks, beside the same week a year before."""
    monday = pl.col("date").dt.truncate("1w")
    peak = pl.col("expected").arg_max()
    keys = ["level", "name", "week"]
    ahead = (
        forecast.group_by("level", "name", week=monday)
        .agg(
            days=pl.len(),
            expected=pl.col("expected").sum(),
            from_calendar=(pl.col("expected") - pl.col("base")).sum(),
            busiest_day=pl.col("date").get(peak),
            busiest_expected=pl.col("expected").max(),
            busiest_low_80=pl.col("low_80").get(peak),
            busiest_high_80=pl.col("high_80").get(peak),
        )
        .filter(days=7)
        .join(ranges, on=keys, how="left")
    )
    year_before = (
        past.group_by("level", "name", week=monday + A_YEAR)
        .agg(days=pl.len(), year_before=pl.col("tickets").sum(), hidden=pl.col("is_hidden").any())
        .filter(pl.col("days") == 7, ~pl.col("hidden"))
        .select(*keys, "year_before")
    )
    weekly = ahead.join(year_before, on=keys, how="left").sort(keys)
    whole = data.publish(PublishedTable("forecast_weekly", "Expected arrivals by week", weekly))
    columns = tuple(column for column in _WEEK_COLUMNS if weekly[column.name].count())
    return {
        f"{level}-{name}": PublishedTable(whole.name, whole.caption, part, columns)
        for (level, name), part in weekly.partition_by(
            ["level", "name"], as_dict=True, maintain_order=True
        ).items()
    }


_WEEK_COLUMNS = (
    Column("week", "Week from", "day"),
    Column("expected", "Expected", "count", "The middle of what may come; half the time it will be more."),
    Column("low_80", "Likely range", "count", _RANGE_MEANING, until="high_80"),
    Column("from_calendar", "Of it calendar", "signed", "Expected above or below a week without events."),
    Column("year_before", "A year before", "count", "What came in the same week 52 weeks earlier."),
    Column("busiest_day", "Busiest day", "day"),
    Column("busiest_expected", "Expected that day", "count"),
    Column(
        "busiest_low_80",
        "Likely range that day",
        "count",
        "Eight of ten such days should fall in it (p10 to p90).",
        until="busiest_high_80",
    ),
)


def chart(series: Series, events: Sequence[charts.Event]) -> charts.Chart:
    """A series by day: the last quarter and what is expected, with the events that touch it."""
    since = series.ahead["date"][0] - timedelta(days=PAST_DAYS)
    past = series.past.filter(pl.col("date") >= since)
    column = series.ahead.get_column
    peak = series.ahead.sort("expected", descending=True).row(0, named=True)
    return charts.forecast(
        (past["date"].to_list(), past["tickets"].to_list()),
        column("date").to_list(),
        column("expected").to_list(),
        (column("low_80").to_list(), column("high_80").to_list()),
        (column("low_95").to_list(), column("high_95").to_list()),
        events=events,
        alt=(
            f"{series.label}, a day: the last {PAST_DAYS} days and the next {series.ahead.height}. "
            f"The busiest day ahead is {wording.day(peak['date'])} with about {wording.count(peak['expected'])}."
        ),
    )
