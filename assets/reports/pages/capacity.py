"""The capacity page: the forecast with its ranges and the calendar, and how earlier forecasts did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from assets.reports import charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.page import Figure, Line, Page
from assets.reports.pages.calendar_ahead import event_table, read_events
from assets.reports.pages.forecast_quality import LEVEL_LABELS, Backtest, read_backtest
from assets.reports.privacy import hide_small_cells, plain_text, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

PAST_DAYS = 91
A_YEAR = timedelta(weeks=52)  # whole weeks, so that weekdays stay on weekdays
_LEVELS = {"total": None, "business_line": "business_line", "tier": "tier", "region": "region"}


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


def build(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Page:
    """The page; publishes the forecast by day and week, the calendar ahead and the backtest."""
    if not scope.is_latest:
        return _no_forecast(
            "The forecast of a past week is not in this snapshot.",
            "Only the newest forecast is kept; it knows of what came later.",
            missing=("The forecast as it stood at the end of this week is not known.",),
        )
    forecast = _forecast(snapshot)
    backtest = read_backtest(snapshot, data)
    missing = scope.missing("tickets", "history", "groups", "calendar")
    if not forecast.height:
        return _no_forecast(
            "There is no forecast yet.",
            "A forecast needs at least a few weeks of daily volume.",
            missing=missing or ("The last run made no forecast.",),
            backtest=backtest,
            notes=_notes(snapshot),
        )
    data.publish(PublishedTable("forecast_daily", "Forecast by day", forecast))
    days = forecast["date"].sort()
    first, last = days[0], days[-1]
    past = _past(snapshot, first, data)
    series = _series(forecast, past)
    total = series[0]
    weekly = _weekly(forecast, past, data)
    events = read_events(snapshot, scope, first - timedelta(days=PAST_DAYS), last)
    ahead = events.filter(pl.col("last") >= first)
    return Page(
        name="capacity",
        label="Capacity",
        finding=_finding(total, first),
        lede=_lede(total, first, last, scope),
        content={
            "strip": _strip(total, first, ahead),
            "series": [(one, _chart(one, events), weekly[one.key]) for one in series],
            "events": event_table(ahead, total.ahead, data),
            "events_past": [
                f"{row['mark']} {row['name']}, {wording.days(row['first'], row['last'])}"
                for row in events.filter(pl.col("last") < first).iter_rows(named=True)
            ],
            "backtest": backtest,
            "notes": _notes(snapshot),
        },
        lines=_lines(total, first, ahead),
        missing=missing,
    )


def _no_forecast(
    finding: str,
    lede: str,
    missing: tuple[str, ...],
    backtest: Backtest | None = None,
    notes: Sequence[str] = (),
) -> Page:
    content = {"series": [], "events": None, "backtest": backtest, "notes": notes}
    return Page("capacity", "Capacity", finding, lede, content, missing=missing)


def _forecast(snapshot: Snapshot) -> pl.DataFrame:
    levels = ", ".join(f"'{level}'" for level in _LEVELS)
    forecast = snapshot.table("forecast_daily", where=f"level in ({levels})", order_by="level, date")
    if not forecast.height:
        return forecast
    name = pl.coalesce(
        *(pl.when(level=level).then(pl.col(column)) for level, column in _LEVELS.items() if column)
    )
    return (
        forecast.filter(pl.col("made_on") == pl.col("made_on").max())
        .with_columns(name=name.fill_null("all"))
        .select(
            "made_on",
            "level",
            "name",
            "date",
            "expected",
            "base",
            "low_80",
            "high_80",
            "low_95",
            "high_95",
        )
        .pipe(plain_texts, ["name"])
        .sort("level", "name", "date")
    )


def _past(snapshot: Snapshot, first: date, data: DataFolder) -> pl.DataFrame:
    """Daily arrivals by level since a year and a quarter before the forecast; small counts hidden."""
    since = first - A_YEAR - timedelta(days=PAST_DAYS)
    parts = []
    for level, dimension in _LEVELS.items():
        arrivals = snapshot.daily_arrivals(dimension, since).filter(pl.col("date") < first)
        parts.append(arrivals.with_columns(level=pl.lit(level)))
    # A value's count follows from the total and the other values.
    past = hide_small_cells(pl.concat(parts), "tickets", within=[["level", "date"]])
    past = (
        past.pipe(plain_texts, ["name"])
        .select("level", "name", "date", "tickets", "is_hidden")
        .sort("level", "name", "date")
    )
    data.publish(PublishedTable("daily_arrivals", "Arrivals by day", past))
    return past


def _series(forecast: pl.DataFrame, past: pl.DataFrame) -> list[Series]:
    found = []
    for level in _LEVELS:
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


def _weekly(forecast: pl.DataFrame, past: pl.DataFrame, data: DataFolder) -> dict[str, PublishedTable]:
    """Expected arrivals by week, by series: whole weeks, beside the same week a year before."""
    monday = pl.col("date").dt.truncate("1w")
    peak = pl.col("expected").arg_max()
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
    )
    year_before = (
        past.group_by("level", "name", week=monday + A_YEAR)
        .agg(days=pl.len(), year_before=pl.col("tickets").sum(), hidden=pl.col("is_hidden").any())
        .filter(pl.col("days") == 7, ~pl.col("hidden"))
        .select("level", "name", "week", "year_before")
    )
    weekly = ahead.join(year_before, on=["level", "name", "week"], how="left").sort("level", "name", "week")
    whole = PublishedTable("forecast_weekly", "Expected arrivals by week", weekly)
    data.publish(whole)
    columns = (
        Column("week", "Week from", "day"),
        Column(
            "expected", "Expected", "count", "The middle of what may come; half the time it will be more."
        ),
        Column("from_calendar", "Of it calendar", "signed", "Expected above or below a week without events."),
        Column("year_before", "A year before", "count", "What came in the same week 52 weeks earlier."),
        Column("busiest_day", "Busiest day", "day"),
        Column("busiest_expected", "Expected that day", "count"),
        Column(
            "busiest_low_80",
            "80 % range that day",
            "count",
            "Four of five such days should fall in it.",
            until="busiest_high_80",
        ),
    )
    return {
        f"{level}-{name}": PublishedTable(whole.name, whole.caption, part, columns)
        for (level, name), part in weekly.partition_by(
            ["level", "name"], as_dict=True, maintain_order=True
        ).items()
    }


def _chart(series: Series, events: pl.DataFrame) -> charts.Chart:
    since = series.ahead["date"][0] - timedelta(days=PAST_DAYS)
    past = series.past.filter(pl.col("date") >= since)
    column = series.ahead.get_column
    marked = events
    if series.level in ("business_line", "region"):
        marked = events.filter(pl.col(series.level).is_null() | (pl.col(series.level) == series.name))
    peak = series.ahead.sort("expected", descending=True).row(0, named=True)
    return charts.forecast(
        (past["date"].to_list(), past["tickets"].to_list()),
        column("date").to_list(),
        column("expected").to_list(),
        (column("low_80").to_list(), column("high_80").to_list()),
        (column("low_95").to_list(), column("high_95").to_list()),
        events=[
            charts.Event(str(row["mark"]), row["name"], row["first"], row["last"])
            for row in marked.iter_rows(named=True)
        ],
        alt=(
            f"{series.label}, a day: the last {PAST_DAYS} days and the next {series.ahead.height}. "
            f"The busiest day ahead is {wording.day(peak['date'])} with about {wording.count(peak['expected'])}."
        ),
    )


def _four_weeks(total: Series, first: date) -> tuple[float, float | None]:
    """Arrivals a week: expected over the next 28 days, and come over the last 28 where all are known."""
    ahead = total.ahead.head(28)
    past = total.past.filter(pl.col("date") >= first - timedelta(days=28))
    came = None
    if past.height == 28 and not past["is_hidden"].any():
        came = float(past["tickets"].sum()) / 4
    return float(ahead["expected"].sum()) / (ahead.height / 7), came


def _finding(total: Series, first: date) -> str:
    expected, came = _four_weeks(total, first)
    text = f"About {wording.count(expected)} arrivals a week are expected over the next four weeks"
    if came is None or not came:
        return f"{text}."
    change = expected / came - 1
    if abs(change) < 0.02:
        return f"{text}, about as many as in the last four."
    more = "more" if change > 0 else "fewer"
    return f"{text}, {wording.share(abs(change))} {more} than in the last four."


def _peak(total: Series) -> dict[str, object]:
    return total.ahead.sort("expected", descending=True).row(0, named=True)


def _range(row: dict[str, object]) -> str:
    return wording.between("count", row["low_80"], row["high_80"])  # type: ignore[arg-type]


def _lede(total: Series, first: date, last: date, scope: Scope) -> str:
    made_on = wording.day(total.ahead["made_on"][0], year=True)
    return (
        f"Arrivals a day from {wording.day(first, year=True)} to {wording.day(last, year=True)}, "
        f"forecast on {made_on} from {scope.source_names}. "
        "An arrival is a ticket that reaches a tier: an escalated ticket counts once at each tier, "
        "because both work on it, so there are more arrivals than tickets created."
    )


def _strip(total: Series, first: date, ahead: pl.DataFrame) -> list[Figure]:
    expected, came = _four_weeks(total, first)
    peak = _peak(total)
    return [
        Figure(
            "Arrivals a week, next four",
            wording.count(expected),
            f"{wording.count(came)} a week in the last four" if came is not None else "expected",
        ),
        Figure(
            "Busiest day",
            wording.day(peak["date"]),  # type: ignore[arg-type]
            f"about {wording.count(peak['expected'])} (80 % range {_range(peak)})",  # type: ignore[arg-type]
        ),
        Figure(
            "Calendar events ahead",
            str(ahead.height),
            f"campaigns, holidays, incidents, waves in {total.ahead.height} days",
        ),
    ]


def _lines(total: Series, first: date, ahead: pl.DataFrame) -> tuple[Line, ...]:
    peak = _peak(total)
    lines = [
        Line(
            finding=_finding(total, first).rstrip("."),
            context=f"busiest day {wording.day(peak['date'])}, about {wording.count(peak['expected'])} "  # type: ignore[arg-type]
            f"(80 % range {_range(peak)})",
            href="capacity.html#forecast",
        )
    ]
    if ahead.height:
        event = ahead.row(0, named=True)
        lines.append(
            Line(
                finding=f"Next in the calendar: {event['name']}, {wording.days(event['first'], event['last'])}",
                context=f"{wording.plural(ahead.height, 'event')} in the {total.ahead.height} days ahead",
                href="capacity.html#events",
            )
        )
    return tuple(lines)


def _notes(snapshot: Snapshot) -> list[str]:
    return [plain_text(note) for note in snapshot.table("forecast_notes")["note"].drop_nulls().to_list()]
