"""The capacity page: the forecast with its ranges and the calendar, and how earlier forecasts did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from assets.reports import charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.page import Figure, Line, Page
from assets.reports.privacy import hide_small_cells, plain_text, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

PAST_DAYS = 91
A_YEAR = timedelta(weeks=52)  # whole weeks, so that weekdays stay on weekdays
_LEVELS = {"total": None, "business_line": "business_line", "tier": "tier", "region": "region"}
_LEVEL_LABELS = {
    "total": "All tickets",
    "business_line": "Business line",
    "tier": "Tier",
    "region": "Region",
    "business_line_tier": "Line and tier",
    "segment": "Line, channel, region and tier",
}
_MOVES_VOLUME = ("campaign", "holiday", "ato_wave", "incident")
_HORIZONS = ("1-7", "8-14", "15-28", "29-60", "61-90")


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
            return "All tickets"
        return f"{_LEVEL_LABELS[self.level]}: {wording.readable(plain_text(self.name))}"


def build(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Page:
    """The page; publishes the forecast by day and week, the calendar ahead and the backtest."""
    forecast = _forecast(snapshot)
    backtest = _backtest(snapshot, data)
    missing = scope.missing("tickets", "history", "groups", "calendar")
    if not forecast.height:
        return Page(
            name="capacity",
            label="Capacity",
            finding="There is no forecast yet.",
            lede="A forecast needs at least a few weeks of daily volume.",
            content={"series": [], "events": None, "backtest": backtest, "notes": _notes(snapshot)},
            missing=missing or ("The last run made no forecast.",),
        )
    data.publish(PublishedTable("forecast_daily", "Forecast by day", forecast))
    days = forecast["date"].sort()
    first, last = days[0], days[-1]
    past = _past(snapshot, first, data)
    series = _series(forecast, past)
    total = series[0]
    weekly = _weekly(forecast, past, data)
    events = _events(snapshot, scope, first - timedelta(days=PAST_DAYS), last)
    ahead = events.filter(pl.col("last") >= first)
    return Page(
        name="capacity",
        label="Capacity",
        finding=_finding(total, first),
        lede=_lede(total, first, last, scope),
        content={
            "strip": _strip(total, first, ahead),
            "series": [(one, _chart(one, events), weekly[one.key]) for one in series],
            "events": _event_table(ahead, total, data),
            "backtest": backtest,
            "backtest_says": _backtest_says(backtest),
            "notes": _notes(snapshot),
        },
        lines=_lines(total, first, ahead),
        missing=missing,
    )


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
        .sort("level", "name", "date")
    )


def _past(snapshot: Snapshot, first: date, data: DataFolder) -> pl.DataFrame:
    """Daily tickets by level since a year and a quarter before the forecast; small counts hidden."""
    since = first - A_YEAR - timedelta(days=PAST_DAYS)
    parts = []
    for level, dimension in _LEVELS.items():
        arrivals = snapshot.daily_arrivals(dimension, since).filter(pl.col("date") < first)
        parts.append(arrivals.with_columns(level=pl.lit(level)))
    # A value's count follows from the total and the other values.
    past = hide_small_cells(pl.concat(parts), "tickets", within=[["level", "date"]])
    past = past.select("level", "name", "date", "tickets", "is_hidden").sort("level", "name", "date")
    data.publish(PublishedTable("daily_tickets", "Tickets by day", past))
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
    """Expected tickets by week, by series: whole weeks, beside the same week a year before."""
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
    whole = PublishedTable("forecast_weekly", "Expected tickets by week", weekly)
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


def _events(snapshot: Snapshot, scope: Scope, first: date, last: date) -> pl.DataFrame:
    """Calendar events that may move volume, between two days: with `first` and `last` day in the account's zone."""
    kinds = ", ".join(f"'{kind}'" for kind in _MOVES_VOLUME)
    events = snapshot.table("stg_calendar", where=f"kind in ({kinds})", order_by="starts_at, name")
    zone = ZoneInfo(scope.zone)

    def local_day(moment: datetime) -> date:
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()

    ends = pl.max_horizontal("starts_at", pl.col("ends_at") - pl.duration(seconds=1))  # ends are exclusive
    return (
        events.with_columns(
            first=pl.col("starts_at").map_elements(local_day, return_dtype=pl.Date),
            last=ends.map_elements(local_day, return_dtype=pl.Date),
        )
        .filter(pl.col("last") >= first, pl.col("first") <= last)
        .pipe(plain_texts, ["name", "kind", "business_line", "region"])
        .unique(["name", "first", "last", "business_line"], keep="first", maintain_order=True)
        .with_row_index("mark", 1)
    )


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
            f"{series.label}, tickets a day: the last {PAST_DAYS} days and the next {series.ahead.height}. "
            f"The busiest day ahead is {wording.day(peak['date'])} with about {wording.count(peak['expected'])}."
        ),
    )


def _four_weeks(total: Series, first: date) -> tuple[float, float | None]:
    """Tickets a week: expected over the next 28 days, and come over the last 28 where all are known."""
    ahead = total.ahead.head(28)
    past = total.past.filter(pl.col("date") >= first - timedelta(days=28))
    came = None
    if past.height == 28 and not past["is_hidden"].any():
        came = float(past["tickets"].sum()) / 4
    return float(ahead["expected"].sum()) / (ahead.height / 7), came


def _finding(total: Series, first: date) -> str:
    expected, came = _four_weeks(total, first)
    text = f"About {wording.count(expected)} tickets a week are expected over the next four weeks"
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
        f"Tickets a day from {wording.day(first, year=True)} to {wording.day(last, year=True)}, "
        f"forecast on {made_on} from {scope.source_names}. "
        "The shaded ranges say how sure it is: four of five days should fall in the inner one. "
        "An escalated ticket counts once at each tier, because both work on it."
    )


def _strip(total: Series, first: date, ahead: pl.DataFrame) -> list[Figure]:
    expected, came = _four_weeks(total, first)
    peak = _peak(total)
    return [
        Figure(
            "A week, next four weeks",
            wording.count(expected),
            f"{wording.count(came)} a week in the last four" if came is not None else "expected",
        ),
        Figure(
            "Busiest day",
            wording.day(peak["date"]),  # type: ignore[arg-type]
            f"about {wording.count(peak['expected'])} (80 % range {_range(peak)})",  # type: ignore[arg-type]
        ),
        Figure("Calendar events ahead", str(ahead.height), "campaigns, holidays, incidents, waves"),
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


def _event_table(ahead: pl.DataFrame, total: Series, data: DataFolder) -> PublishedTable:
    """The events ahead, each with what the forecast adds on its days (with whatever else falls on them)."""
    days = total.ahead.select("date", extra=pl.col("expected") - pl.col("base"))
    extra = [
        days.filter(pl.col("date").is_between(first, last))["extra"].sum() if days["extra"].count() else None
        for first, last in ahead.select("first", "last").iter_rows()
    ]
    frame = ahead.select("mark", "name", "kind", "first", "last", "business_line", "region").with_columns(
        pl.col("kind").str.replace_all("_", " "),
        pl.col("business_line", "region").fill_null("all"),
        extra_on_its_days=pl.Series(extra, dtype=pl.Float64),
    )
    return data.publish(
        PublishedTable(
            "calendar_ahead",
            "Calendar events ahead",
            frame,
            (
                Column("mark", "No.", "count", "The number in the charts."),
                Column("name", "Event"),
                Column("kind", "Kind"),
                Column("first", "From", "day"),
                Column("last", "To", "day"),
                Column("business_line", "Line"),
                Column("region", "Region"),
                Column(
                    "extra_on_its_days",
                    "Tickets more or fewer",
                    "signed",
                    "Over all lines on the days of the event, with whatever else falls on them.",
                ),
            ),
        )
    )


def _backtest(snapshot: Snapshot, data: DataFolder) -> PublishedTable | None:
    frame = snapshot.table("forecast_backtest")
    if not frame.height:
        return None
    levels, horizons = list(_LEVEL_LABELS), list(_HORIZONS)
    frame = (
        frame.with_columns(
            level_label=pl.col("level").replace(_LEVEL_LABELS),
            _level=pl.col("level").replace_strict({v: i for i, v in enumerate(levels)}, default=99),
            _horizon=pl.col("horizon").replace_strict({v: i for i, v in enumerate(horizons)}, default=99),
        )
        .sort("_level", "_horizon")
        .drop("_level", "_horizon")
    )
    columns = (
        Column("level_label", "Forecast of"),
        Column("horizon", "Days ahead"),
        Column("wape", "Off by", "share", "All misses added up, as a share of the tickets that came (WAPE)."),
        Column(
            "wape_seasonal_naive",
            "Simple repeat off by",
            "share",
            "The same for a forecast that repeats the same weekday of the last known week.",
        ),
        Column("bias", "Too high or low", "share", "Above zero: forecast more than came."),
        Column("coverage_80", "In 80 % range", "share", "Days that fell in the 80 % range; 80 % is right."),
        Column("coverage_95", "In 95 % range", "share", "Days that fell in the 95 % range; 95 % is right."),
        Column("origins", "Test forecasts", "count"),
    )
    return data.publish(PublishedTable("forecast_backtest", "How test forecasts did", frame, columns))


def _backtest_says(backtest: PublishedTable | None) -> str:
    """The backtest of the total in plain words."""
    if backtest is None:
        return ""
    total = backtest.frame.filter(level="total")
    if not total.height:
        return ""
    near, far = total.row(0, named=True), total.row(-1, named=True)
    text = (
        f"In {wording.count(near['origins'])} test forecasts, each made as if on an earlier day and compared "
        f"with what then came, the total was off by {wording.share(near['wape'])} a day "
        f"{near['horizon'].replace('-', ' to ')} days ahead"
    )
    if far["horizon"] != near["horizon"]:
        text += f" and by {wording.share(far['wape'])} {far['horizon'].replace('-', ' to ')} days ahead"
    text += f". {wording.share(near['coverage_80'])} of the nearest days fell in the 80 % range."
    if near["wape_seasonal_naive"] is not None:
        text += (
            f" Repeating the last known week would have been off by {wording.share(near['wape_seasonal_naive'])}"
            " on the nearest days."
        )
    return text


def _notes(snapshot: Snapshot) -> list[str]:
    return [plain_text(note) for note in snapshot.table("forecast_notes")["note"].drop_nulls().to_list()]
