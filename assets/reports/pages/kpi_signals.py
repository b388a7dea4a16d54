"""KPIs that left what is usual for them, each with its control chart; and those that did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.metrics import Metric, kpi, of_a_day
from assets.reports.pages.kpi_cells import hide_small_kpis
from assets.reports.pages.metric_words import of_line
from assets.reports.privacy import plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

DAYS_CHARTED = 56
CHARTED = 8  # signals with a chart; the rest are in the table
_RULES = {
    "beyond a limit": "beyond the limit",
    "3 of 4 near a limit": "three of four days near the limit",
    "8 on one side": "eight days or more on one side of usual",
}
_COLUMNS = (
    Column("line", "Business line"),
    Column("label", "KPI"),
    Column("value_recent", "Since then", "row"),
    Column("usual", "Usual", "row"),
    Column("low", "Usual range", "row", "Nearly all ordinary days fall in it.", until="high"),
    Column("since", "Since", "day"),
    Column("rule_text", "Why it is a signal"),
)


@dataclass(frozen=True)
class Signal:
    """A KPI of a line that left its usual range: what changed, since when, and where it did not."""

    metric: Metric
    line: str
    since: date
    tone: str
    finding: str
    short: str  # the finding without the line
    context: str
    elsewhere: str
    chart: charts.Chart | None
    anchor: str


@dataclass(frozen=True)
class Signals:
    """What is a signal now, and what was watched in all. is_known: whether anything was looked at."""

    is_known: bool
    signals: tuple[Signal, ...]
    watched: int
    unchanged: str
    table: PublishedTable | None

    @property
    def charted(self) -> int:
        """How many signals have a chart."""
        return sum(signal.chart is not None for signal in self.signals)

    @property
    def finding(self) -> str:
        """`Eight numbers changed, six of them in ecommerce. 52 did not.`"""
        count = len(self.signals)
        if not count:
            return "Nothing unusual this week."
        text = (
            f"{wording.sentence(wording.number_word(count))} {'number' if count == 1 else 'numbers'} changed"
        )
        lines = [signal.line for signal in self.signals if signal.line != "all"]
        most = max(lines, key=lines.count, default="")
        if lines.count(most) > max(count / 2, 1):
            text += f", {wording.number_word(lines.count(most))} of them in {wording.readable(most)}"
        rest = self.watched - count
        return f"{text}. {wording.sentence(wording.number_word(rest))} did not." if rest > 0 else f"{text}."


def read_signals(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Signals:
    """The signals as of now; publishes `kpi_chart`, `kpi_signals_now`. Unknown for a past week of a later snapshot."""
    last = scope.week + timedelta(days=6)
    where = "true" if scope.is_latest else f"date <= date '{last}'"
    days = snapshot.table("kpi_chart", where=where)
    if not days.height:
        return Signals(False, (), 0, "", None)
    newest: date = days["date"].max()  # type: ignore[assignment]
    days = days.filter(pl.col("date") > newest - timedelta(days=DAYS_CHARTED))
    days = (
        hide_small_kpis(days, "date")
        .pipe(plain_texts, ["business_line", "metric", "rule"])
        .sort("business_line", "metric", "date")
    )
    data.publish(PublishedTable("kpi_chart", "Every KPI by day with its usual range", days))
    if not scope.is_latest:
        return Signals(False, (), 0, "", None)
    now = snapshot.table("kpi_signals_now", where=f"week = date '{scope.week}'").pipe(
        plain_texts, ["business_line", "metric", "rule", "direction"]
    )
    watched = days.select("business_line", "metric").unique()
    shown = _without_hidden(now, days)
    table = data.publish(
        PublishedTable("kpi_signals_now", "KPIs that left their usual range", _told(shown), _COLUMNS)
    )
    signals = tuple(
        _signal(row, place, days, now) for place, row in enumerate(shown.iter_rows(named=True), 1)
    )
    return Signals(True, signals, watched.height, _unchanged(watched, now), table)


def _without_hidden(now: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Signals whose days may be shown: first what is worse, the clearest of it first."""
    last = days.group_by("business_line", "metric").agg(_shown=pl.col("value").is_not_null().any())
    order = {"worse": 0, "better": 1}
    return (
        now.join(last.filter("_shown").drop("_shown"), on=["business_line", "metric"], how="semi")
        .with_columns(
            _line=pl.col("business_line") != "all",
            _tone=pl.col("direction").replace_strict(order, default=2, return_dtype=pl.Int64),
        )
        .sort("_tone", "_line", pl.col("q_value").fill_null(1.0), "metric", "business_line")
        .drop("_line", "_tone")
    )


def _told(now: pl.DataFrame) -> pl.DataFrame:
    metrics = {name: kpi(name) for name in now["metric"].unique().to_list()}
    return now.with_columns(
        line=pl.Series([of_line(line) for line in now["business_line"].to_list()], dtype=pl.String),
        label=pl.Series([metrics[name].label for name in now["metric"].to_list()], dtype=pl.String),
        unit=pl.Series([metrics[name].unit for name in now["metric"].to_list()], dtype=pl.String),
        rule_text=pl.col("rule").replace(_RULES),
    )


def _signal(row: dict[str, Any], place: int, days: pl.DataFrame, now: pl.DataFrame) -> Signal:
    metric, line = kpi(row["metric"]), row["business_line"]
    tone = row["direction"] if row["direction"] in ("worse", "better") else "changed"
    name = metric.label if line == "all" else f"{of_line(line)}, {metric.in_a_sentence}"
    value = of_a_day(metric, row["value_recent"])
    finding = f"{name}: {value}"
    context = _context(row, metric)
    own = days.filter(business_line=line, metric=row["metric"])
    return Signal(
        metric=metric,
        line=line,
        since=row["since"],
        tone=tone,
        finding=finding,
        short=f"{metric.label}: {value}",
        context=context,
        elsewhere=_elsewhere(row, days, now),
        chart=_chart(own, metric, tone, f"{finding}; {context}") if place <= CHARTED else None,
        anchor=f"signal-{place}",
    )


def _context(row: dict[str, Any], metric: Metric) -> str:
    """`usually 48 min (40 to 56), since 11 Nov: three of four days near the limit`."""
    parts = []
    if row["usual"] is not None:
        usual = f"usually {wording.show(metric.unit, row['usual'])}"
        if row["low"] is not None and row["high"] is not None:
            usual += f" ({wording.between(metric.unit, row['low'], row['high'])})"
        parts.append(usual)
    if row["since"] is not None:
        parts.append(f"since {wording.day(row['since'])}")
    if row["rule"]:
        parts.append(_RULES.get(row["rule"], row["rule"]))
    return "; ".join(parts)


def _elsewhere(row: dict[str, Any], days: pl.DataFrame, now: pl.DataFrame) -> str:
    """Where the same KPI did not change, so that nobody looks there."""
    others = days.filter(
        pl.col("metric") == row["metric"], ~pl.col("business_line").is_in(["all", row["business_line"]])
    )
    moved = now.filter(metric=row["metric"])["business_line"].to_list()
    quiet = [line for line in others["business_line"].unique().sort().to_list() if line not in moved]
    if not quiet:
        return ""
    if row["business_line"] == "all" and len(quiet) == others["business_line"].n_unique():
        return "In no business line by itself is it a signal."
    return f"Unchanged in {wording.listing([wording.readable(line) for line in quiet])}."


def _chart(own: pl.DataFrame, metric: Metric, tone: str, says: str) -> charts.Chart | None:
    if not own["value"].count():
        return None
    days = operations_charts.Days(
        days=own["date"].to_list(),
        values=own["value"].to_list(),
        low=own["low"].to_list(),
        high=own["high"].to_list(),
        is_signal=(own["rule"].is_not_null() & own["value"].is_not_null()).to_list(),
        hidden=own["is_hidden"].to_list(),
    )
    meaning = metric.meaning.replace("the week", "the day")
    caption = f"By day; dots: days that are a signal. {meaning}".strip()
    return operations_charts.control_chart(days, unit=metric.unit, tone=tone, alt=says, caption=caption)


def _unchanged(watched: pl.DataFrame, now: pl.DataFrame) -> str:
    """KPIs that are no signal in any line, and lines in which nothing is."""
    metrics = [kpi(name) for name in watched["metric"].unique().sort().to_list()]
    quiet = [metric.in_a_sentence for metric in metrics if metric.name not in now["metric"].to_list()]
    lines = watched.filter(pl.col("business_line") != "all")["business_line"].unique().sort().to_list()
    calm = [wording.readable(line) for line in lines if line not in now["business_line"].to_list()]
    parts = []
    if quiet:
        parts.append(f"In their usual range everywhere: {wording.listing(quiet)}.")
    if calm:
        parts.append(f"Nothing unusual in any KPI of {wording.listing(calm)}.")
    return " ".join(parts)
