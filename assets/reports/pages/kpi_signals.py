"""KPIs that left what is usual for them, each with its control chart; and those that did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.metrics import Metric, is_contact_rate, kpi
from assets.reports.pages.kpi_cells import hide_small_kpis
from assets.reports.pages.metric_words import of_line
from assets.reports.privacy import plain_texts, share_at_least
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

DAYS_CHARTED = 56
CHARTED = 8  # signals with a chart; the rest are in the table
_RULES = {
    "beyond a limit": "beyond the limit",
    "3 of 4 near a limit": "three of four days near the limit",
    "8 on one side": "eight days or more on one side of usual",
}
_SERIES = ["business_line", "metric"]
_COLUMNS = (
    Column("line", "Business line"),
    Column("label", "KPI"),
    Column("value_week", "In the week", "row", "The week’s own figure, as on the Trends page."),
    Column("days", "Unusual days", "count"),
    Column("days_judged", "Days judged", "count", "Days of enough tickets, with enough days before them."),
    Column("farthest_on", "Farthest on", "day"),
    Column("value", "On that day", "row"),
    Column("low", "Usual of that day", "row", "Nearly all ordinary days fall in it.", until="high"),
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
    """What is a signal now, and what could be judged in all. is_known: whether anything was looked at.

    unchanged, unjudged: sentences on what did not change and on what could not be judged.
    """

    is_known: bool
    signals: tuple[Signal, ...]
    judged: int
    unchanged: str
    unjudged: str
    table: PublishedTable | None

    @property
    def told(self) -> tuple[Signal, ...]:
        """Those that are worse or better."""
        return tuple(signal for signal in self.signals if signal.tone != "changed")

    @property
    def neither(self) -> tuple[Signal, ...]:
        """Those that are neither good nor bad by themselves: volume."""
        return tuple(signal for signal in self.signals if signal.tone == "changed")

    @property
    def finding(self) -> str:
        """`Eight numbers changed, six of them in ecommerce. 52 did not.`"""
        count = len(self.signals)
        if not self.judged:
            return "It is too early to tell usual days from unusual ones."
        if not count:
            return "Nothing unusual this week."
        text = (
            f"{wording.sentence(wording.number_word(count))} {'number' if count == 1 else 'numbers'} changed"
        )
        lines = [signal.line for signal in self.signals if signal.line != "all"]
        most = max(lines, key=lines.count, default="")
        if lines.count(most) > max(count / 2, 1):
            text += f", {wording.number_word(lines.count(most))} of them in {wording.readable(most)}"
        rest = self.judged - count
        return f"{text}. {wording.sentence(wording.number_word(rest))} did not." if rest > 0 else f"{text}."


def read_signals(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Signals:
    """The signals as of now; publishes `kpi_chart`, `kpi_watched`, `kpi_signals_now`. Unknown for a past week of a later
    snapshot."""
    last = scope.week + timedelta(days=6)
    where = "true" if scope.is_latest else f"date <= date '{last}'"
    days = snapshot.table("kpi_chart", where=where)
    if not days.height:
        return _UNKNOWN
    newest: date = days["date"].max()  # type: ignore[assignment]
    days = days.filter(pl.col("date") > newest - timedelta(days=DAYS_CHARTED))
    days = (
        hide_small_kpis(_with_bounds(days), "date")
        .pipe(plain_texts, ["business_line", "metric", "rule"])
        .sort("business_line", "metric", "date")
    )
    data.publish(PublishedTable("kpi_chart", "Every KPI by day with its usual range", days))
    watched = snapshot.table("kpi_watched")
    if not scope.is_latest or not watched.height:
        return _UNKNOWN
    watched = hide_small_kpis(watched, "week").pipe(plain_texts, _SERIES).sort(_SERIES)
    data.publish(
        PublishedTable("kpi_watched", "Every KPI that is watched, and whether it could be judged", watched)
    )
    now = snapshot.table("kpi_signals_now", where=f"week <= date '{scope.week}'").pipe(
        plain_texts, ["business_line", "metric", "rule", "direction"]
    )
    judged = watched.filter(pl.col("days_judged") > 0)
    shown = _shown(now, days, watched)
    table = data.publish(
        PublishedTable("kpi_signals_now", "KPIs that left their usual range", _told(shown), _COLUMNS)
    )
    signals = tuple(
        _signal(row, place, days, judged, now, scope)
        for place, row in enumerate(shown.iter_rows(named=True), 1)
    )
    return Signals(
        is_known=True,
        signals=signals,
        judged=judged.height,
        unchanged=_unchanged(judged, watched, now),
        unjudged=" ".join(part for part in (_late(judged, scope), _unjudged(watched)) if part),
        table=table,
    )


def _with_bounds(days: pl.DataFrame) -> pl.DataFrame:
    """The days with `at_least`: where 1 to 9 are missing to a whole share that is good, how much it is at least.

    Otherwise nothing but bad days of a share near the whole would be seen.
    """
    good = [
        name for name in days["metric"].unique() if kpi(name).unit == "share" and kpi(name).worse == "below"
    ]
    bound = share_at_least("_count", "value")
    return (
        days.with_columns(_count=(pl.col("value") * pl.col("denominator")).round())
        .with_columns(at_least=pl.when(pl.col("metric").is_in(good)).then(bound))
        .drop("_count")
    )


def _shown(now: pl.DataFrame, days: pl.DataFrame, watched: pl.DataFrame) -> pl.DataFrame:
    """Signals whose days may be shown, with the week's own figure and the farthest day's: first what is worse."""
    order = {"worse": 0, "better": 1}
    of_days = days.select(*_SERIES, "date", "value", "denominator")
    return (
        now.drop("value", "denominator")
        .join(days.drop_nulls("value"), on=_SERIES, how="semi")
        .join(watched.select(*_SERIES, value_week="value", of="denominator"), on=_SERIES, how="left")
        .join(of_days, left_on=[*_SERIES, "farthest_on"], right_on=[*_SERIES, "date"], how="left")
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


def _signal(
    row: dict[str, Any],
    place: int,
    days: pl.DataFrame,
    judged: pl.DataFrame,
    now: pl.DataFrame,
    scope: Scope,
) -> Signal:
    metric, line = kpi(row["metric"]), row["business_line"]
    tone = row["direction"] if row["direction"] in ("worse", "better") else "changed"
    name = metric.label if line == "all" else f"{of_line(line)}, {metric.in_a_sentence}"
    value = f": {wording.show(metric.unit, row['value_week'])}" if row["value_week"] is not None else ""
    context = _context(row, metric, scope)
    own = days.filter(business_line=line, metric=row["metric"])
    return Signal(
        metric=metric,
        line=line,
        since=row["since"],
        tone=tone,
        finding=f"{name}{value}",
        short=f"{metric.label}{value}",
        context=context,
        elsewhere=_elsewhere(row, judged, now),
        chart=_chart(own, metric, tone, f"{name}{value}; {context}") if place <= CHARTED else None,
        anchor=f"signal-{place}",
    )


def _context(row: dict[str, Any], metric: Metric, scope: Scope) -> str:
    """`5 of 7 days beyond the limit, most of all 12 Nov: 71 min, where 36 to 60 min is usual; since 11 Nov`."""
    rule = _RULES.get(row["rule"], row["rule"])
    text = f"{row['days']} of {wording.plural(row['days_judged'], 'day')} unusual ({rule})"
    if row["value"] is not None:
        usual = wording.between(metric.unit, row["low"], row["high"])
        of_day = wording.show(metric.unit, row["value"])
        text += f", most of all {wording.day(row['farthest_on'])}: {of_day}, where {usual} is usual"
    parts = [text, f"since {wording.day(row['since'])}"]
    if row["of"] is not None and metric.denominator:
        parts.insert(0, f"of {wording.count(row['of'])} {metric.denominator}")
    if row["week"] < scope.week:
        parts.append(f"in the week of {wording.week(row['week'], year=False)}, the last that is all known")
    return "; ".join(parts)


def _elsewhere(row: dict[str, Any], judged: pl.DataFrame, now: pl.DataFrame) -> str:
    """In which lines that could be judged the same KPI did not change, so that nobody looks there."""
    others = judged.filter(
        pl.col("metric") == row["metric"], ~pl.col("business_line").is_in(["all", row["business_line"]])
    )["business_line"]
    moved = now.filter(metric=row["metric"])["business_line"].to_list()
    quiet = [line for line in others.unique().sort().to_list() if line not in moved]
    if not quiet:
        return ""
    names = wording.listing([wording.readable(line) for line in quiet])
    if row["business_line"] == "all" and len(quiet) == others.n_unique():
        return f"By itself it is a signal in no line that could be judged: {names}."
    return f"Unchanged in {names}."


def _chart(own: pl.DataFrame, metric: Metric, tone: str, says: str) -> charts.Chart | None:
    if not own["value"].count():
        return None
    days = operations_charts.Days(
        days=own["date"].to_list(),
        values=own["value"].to_list(),
        low=own["low"].to_list(),
        high=own["high"].to_list(),
        is_signal=(own["rule"].is_not_null() & own["value"].is_not_null()).to_list(),
        at_least=own.select(pl.when("is_hidden").then("at_least"))["at_least"].to_list(),
        hidden=own.select(pl.col("is_hidden") & pl.col("at_least").is_null()).to_series().to_list(),
    )
    caption = metric.meaning.replace("the week", "the day")
    return operations_charts.control_chart(days, unit=metric.unit, tone=tone, alt=says, caption=caption)


def _unchanged(judged: pl.DataFrame, watched: pl.DataFrame, now: pl.DataFrame) -> str:
    """KPIs that are no signal in any line, and lines in which nothing is; only of what could be judged."""
    few = watched.filter(pl.col("days_judged") == 0)
    moved = now["metric"].to_list()
    everywhere: list[str] = []
    elsewhere: list[str] = []
    for name in judged["metric"].unique().sort().to_list():
        if name not in moved:
            (elsewhere if name in few["metric"] else everywhere).append(name)
    lines = judged.filter(pl.col("business_line") != "all")["business_line"].unique().sort().to_list()
    calm = [wording.readable(line) for line in lines if line not in now["business_line"].to_list()]
    parts = []
    if everywhere:
        parts.append(f"In their usual range everywhere: {listed(everywhere)}.")
    if elsewhere:
        parts.append(f"In their usual range wherever they could be judged: {listed(elsewhere)}.")
    if calm:
        parts.append(f"Nothing unusual that could be judged in {wording.listing(calm)}.")
    return " ".join(parts)


def listed(metrics: list[str]) -> str:
    """`contact rates per 1,000 logins and orders, CSAT and first reply (median)`: KPIs by name, in a sentence."""
    rates = [name for name in metrics if is_contact_rate(name)]
    names = [kpi(name).in_a_sentence for name in metrics if name not in rates]
    # A comma within a name would look like one more of them.
    names = [f"{name.replace(', ', ' (', 1)})" if ", " in name else name for name in names]
    if len(rates) > 1:
        measures = wording.listing([kpi(name).denominator or "" for name in rates])
        return wording.listing([f"contact rates per 1,000 {measures}", *names], last="as well as")
    return wording.listing([*(kpi(name).in_a_sentence for name in rates), *names])


def _late(judged: pl.DataFrame, scope: Scope) -> str:
    """`CSAT and CSAT response rate are those of 2 to 8 November: later ones are not all in yet.`"""
    told = []
    for (week,), rows in judged.filter(pl.col("week") < scope.week).group_by("week", maintain_order=True):
        names = listed(rows["metric"].unique().sort().to_list())
        told.append(f"{wording.sentence(names)} of {wording.week(week, year=False)}")
    return (
        f"Judged in an earlier week, for later ratings and requests still come in: {'; '.join(told)}."
        if told
        else ""
    )


def _unjudged(watched: pl.DataFrame) -> str:
    """`Too few tickets a day to judge: CSAT in creator and live; reopened in creator.`"""
    few = watched.filter(pl.col("days_judged") == 0)
    if not few.height:
        return ""
    by_lines: dict[tuple[str, ...], list[str]] = {}
    for (name,), rows in few.group_by("metric", maintain_order=True):
        lines = tuple(wording.readable(line) for line in rows["business_line"].to_list())
        by_lines.setdefault(lines, []).append(str(name))
    told = [
        f"{listed(names)} in {wording.listing(['all lines' if line == 'all' else line for line in lines])}"
        for lines, names in by_lines.items()
    ]
    return f"Too few tickets a day, or too few days before, to judge: {'; '.join(told)}."


_UNKNOWN = Signals(is_known=False, signals=(), judged=0, unchanged="", unjudged="", table=None)
