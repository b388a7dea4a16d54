"""The trends page: every KPI last week against its usual range, in all and by business line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.metrics import METRIC, METRICS, Metric
from assets.reports.page import Figure, Line, Page
from assets.reports.pages import source_words
from assets.reports.pages.kpi_cells import hide_small_kpis
from assets.reports.privacy import hide_revealing_rate, hide_small_cells, plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot

LINES_CHARTED = 8
_STRIP = ("tickets_created", "backlog", "first_reply_minutes_median", "csat")
# What each rate of `weekly_kpis` is a share of, and the columns that follow from it.
_RATES = (
    ("escalation_rate", "tickets_created", ()),
    ("reopen_rate", "tickets_solved", ()),
    ("csat", "csat_rated", ("csat_low", "csat_high")),
    ("csat_response_rate", "csat_offered", ()),
)
TOO_EARLY = "It is too early to tell usual weeks from unusual ones."
_NO_VERDICT = ("too early", "not all in yet")
_USUAL_MEANING = (
    "Nearly all ordinary weeks fall in it: the mean of up to 26 weeks before, "
    "plus and minus 2.66 times the mean change from week to week."
)
_WEEK_COLUMNS = (
    Column("value", "Last week", "row"),
    Column("likely_low", "Likely", "row", "With 95 % confidence; of a CSAT.", until="likely_high"),
    Column("usual_low", "Usual range", "row", _USUAL_MEANING, until="usual_high"),
    Column("before", "Week before", "row"),
    Column("denominator", "Out of", "count", "The tickets or ratings that the number is computed from."),
    Column("verdict", "Verdict"),
)


@dataclass(frozen=True)
class Kpi:
    """A KPI of one week and business line."""

    metric: Metric
    line: str
    value: float | None
    usual_low: float | None
    usual_high: float | None
    before: float | None
    verdict: str
    is_hidden: bool
    evidence: str  # what a share rests on: `of 4,812`; of a CSAT its interval, ratings and response rate

    @property
    def tone(self) -> str:
        return self.metric.tone(self.verdict)

    @property
    def is_unusual(self) -> bool:
        return self.verdict in ("above", "below") and self.value is not None

    @property
    def shown(self) -> str:
        return "hidden" if self.is_hidden else wording.show(self.metric.unit, self.value)

    @property
    def usual(self) -> str:
        """`usual range 4,100 to 4,700`, or why there is none."""
        if self.verdict == "not all in yet":
            return wording.VERDICTS[self.verdict]
        if self.usual_low is None or self.usual_high is None:
            return "no usual range yet"
        return f"usual range {wording.between(self.metric.unit, self.usual_low, self.usual_high)}"

    @property
    def name(self) -> str:
        """`Backlog`, or `Live, backlog`."""
        if self.line == "all":
            return self.metric.label
        return f"{wording.sentence(wording.readable(self.line))}, {self.metric.in_a_sentence}"


def build(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Page:
    """The page; publishes `kpi_signals`, `weekly_kpis`, `source_words` and last week's KPIs, in all and by line."""
    signals = _signals(snapshot, scope)
    data.publish(PublishedTable("kpi_signals", "Every KPI by week with its usual range", signals))
    weekly = _weekly_kpis(snapshot, scope)
    data.publish(PublishedTable("weekly_kpis", "KPIs by week and business line", weekly))
    week = _week(signals, weekly, scope)
    total, by_line = (
        week.filter(business_line="all"),
        week.filter(pl.col("business_line").is_in(_lines_shown(signals))),
    )
    kpis, line_kpis = _kpis(total), _kpis(by_line)
    said = data.publish(source_words.table(snapshot, scope))
    unusual = [kpi for kpi in (*kpis, *line_kpis) if kpi.is_unusual]
    return Page(
        name="trends",
        label="Trends",
        finding=_finding(kpis, unusual),
        lede=_lede(kpis, scope),
        content={
            "strip": _strip(kpis),
            "stands_out": [_line(kpi) for kpi in unusual],
            "unchanged": _unchanged([*kpis, *line_kpis]),
            "kpis": _table(data, total, "kpis_last_week", Column("label", "KPI")),
            "by_line": _table(
                data,
                by_line,
                "kpis_by_line_last_week",
                Column("business_line", "Business line", "name"),
                Column("label", "KPI"),
            ),
            "charts": [_chart(signals, kpi, scope) for kpi in kpis],
            "line_charts": _line_charts(signals, line_kpis, scope),
            "source_words": said if said.frame.height else None,
            "source_differs": source_words.differs(said),
        },
        lines=_overview(kpis, line_kpis),
        missing=scope.missing("tickets", "history", "service", "csat", "escalations"),
    )


def _signals(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """`kpi_signals` of the weeks shown; small counts, rates of few tickets and rates that tell of few are hidden."""
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    signals = snapshot.table("kpi_signals", where=f"week between date '{first}' and date '{scope.week}'")
    order = {metric.name: place for place, metric in enumerate(METRICS)}
    return (
        hide_small_kpis(signals, "week")
        .filter(pl.col("metric").is_in(list(METRIC)))
        .sort(pl.col("metric").replace_strict(order, default=None), "business_line", "week")
        .pipe(plain_texts, ["business_line"])
    )


def _weekly_kpis(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table(
        "weekly_kpis",
        where=f"week between date '{first}' and date '{scope.week}'",
        order_by="week, business_line",
    ).with_columns(is_line=pl.col("business_line") != "all")
    # A week that the data only touches would look like a fall.
    frame = frame.filter(pl.col("is_whole").fill_null(True)).drop("is_whole")
    within = [["week", "is_line"]]
    dependents = {
        "tickets_created": ("escalation_rate",),
        "tickets_solved": (
            "reopen_rate",
            "first_reply_minutes_median",
            "first_reply_minutes_p90",
            "full_resolution_minutes_median",
            "full_resolution_minutes_p90",
        ),
        "csat_rated": ("csat", "csat_low", "csat_high", "csat_response_rate"),
        "csat_offered": ("csat_response_rate",),
        "backlog": (),
    }
    for column, rates in dependents.items():
        frame = hide_small_cells(frame, column, within=within, dependents=rates)
    for rate, base, follow in _RATES:
        frame = hide_revealing_rate(frame, rate, base, within=within, dependents=follow)
    return frame.drop("is_line").pipe(plain_texts, ["business_line"])


def _week(signals: pl.DataFrame, weekly: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """The rows of the week, with the value of the week before; a CSAT with its interval and response rate instead."""
    before = signals.filter(week=scope.week - timedelta(weeks=1)).select(
        "metric", "business_line", before="value"
    )
    csat = weekly.filter(week=scope.week).select(
        "business_line",
        metric=pl.lit("csat"),
        likely_low="csat_low",
        likely_high="csat_high",
        answered="csat_response_rate",
    )
    keys = ["metric", "business_line"]
    is_csat = pl.col("metric") == "csat"
    return (
        signals.filter(week=scope.week)
        .join(before, on=keys, how="left", maintain_order="left")
        .join(csat, on=keys, how="left", maintain_order="left")
        .with_columns(
            # A bare percentage of the week before says little: the usual range is of 26 weeks.
            before=pl.when(~is_csat).then("before"),
            likely_low=pl.when(pl.col("value").is_not_null()).then("likely_low"),
            likely_high=pl.when(pl.col("value").is_not_null()).then("likely_high"),
            label=pl.col("metric").replace_strict({m.name: m.label for m in METRICS}, return_dtype=pl.String),
            unit=pl.col("metric").replace_strict({m.name: m.unit for m in METRICS}, return_dtype=pl.String),
        )
    )


def _lines_shown(signals: pl.DataFrame) -> list[str]:
    """Business lines with tickets in the weeks shown, the largest first; none where there is only one.

    A single line is what all lines together are, and says nothing more.
    """
    created = signals.filter(pl.col("business_line") != "all", metric="tickets_created")
    sizes = (
        created.group_by("business_line")
        .agg(tickets=pl.col("value").sum(), hidden=pl.col("is_hidden").any())
        .filter((pl.col("tickets") > 0) | pl.col("hidden"))
        .sort("tickets", "business_line", descending=[True, False])
    )
    return sizes["business_line"].to_list() if sizes.height > 1 else []


def _kpis(week: pl.DataFrame) -> list[Kpi]:
    return [
        Kpi(
            metric=METRIC[row["metric"]],
            line=row["business_line"],
            value=row["value"],
            usual_low=row["usual_low"],
            usual_high=row["usual_high"],
            before=row["before"],
            verdict=row["verdict"] or "too early",
            is_hidden=row["is_hidden"] and row["value"] is None,
            evidence=_evidence(row),
        )
        for row in week.iter_rows(named=True)
        if row["value"] is not None or row["is_hidden"]
    ]


def _evidence(row: dict[str, Any]) -> str:
    """`62 to 70 %, of 312 ratings; 24 % of those asked answered`, `of 1,012 tickets`."""
    metric = METRIC[row["metric"]]
    if metric.unit != "share" or row["value"] is None or row["denominator"] is None:
        return ""
    of = f"of {wording.count(row['denominator'])} {metric.denominator}"
    if row["likely_low"] is None:
        return of
    text = f"{wording.between('share', row['likely_low'], row['likely_high'])}, {of}"
    return (
        text
        if row["answered"] is None
        else f"{text}; {wording.share(row['answered'])} of those asked answered"
    )


def _finding(kpis: list[Kpi], unusual: list[Kpi]) -> str:
    if not kpis:
        return "There are no whole weeks to report on yet."
    if all(kpi.verdict in _NO_VERDICT for kpi in kpis):
        return TOO_EARLY
    volume = next((kpi for kpi in kpis if kpi.metric.name == "tickets_created"), None)
    others = [kpi for kpi in unusual if kpi is not volume]
    first = ""
    if volume is not None and not volume.is_hidden:
        first = f"Volume was {wording.VERDICTS[volume.verdict]}."
    if not others:
        if first and volume is not None and not volume.is_unusual:
            return f"{first} So was everything else."
        return (
            f"{first} Everything else was in its usual range." if first else "Nothing left its usual range."
        )
    these = wording.plural(len(others), "other number", "other numbers")
    if len(others) <= 10:
        these = f"{wording.number_word(len(others))} other {'number' if len(others) == 1 else 'numbers'}"
    return f"{first} {wording.sentence(these)} left {'its' if len(others) == 1 else 'their'} usual range.".strip()


def _lede(kpis: list[Kpi], scope: Scope) -> str:
    if not kpis:
        return "Trends need at least one whole week of tickets."
    lines = "all business lines"
    text = f"Week of {scope.period}, {lines}, {scope.source_names}. "
    quiet = sum(kpi.verdict == "usual" for kpi in kpis)
    judged = sum(kpi.verdict not in _NO_VERDICT for kpi in kpis)
    if judged > 1:
        text += f"{quiet} of the {judged} overall KPIs stayed in the usual range of a whole week."
    return text


def _strip(kpis: list[Kpi]) -> list[Figure]:
    shown = {kpi.metric.name: kpi for kpi in kpis}
    return [_figure(shown[name]) for name in _STRIP if name in shown]


def _figure(kpi: Kpi) -> Figure:
    context = f"{kpi.evidence}; {kpi.usual}" if kpi.evidence else kpi.usual
    return Figure(kpi.metric.label, kpi.shown, context, kpi.tone if kpi.is_unusual else "usual")


def _line(kpi: Kpi) -> Line:
    before = (
        f"; {wording.show(kpi.metric.unit, kpi.before)} the week before" if kpi.before is not None else ""
    )
    return Line(
        finding=f"{kpi.name}: {kpi.shown}",
        context="; ".join(part for part in (kpi.evidence, f"{kpi.usual}{before}") if part),
        href=f"trends.html#{_anchor(kpi)}",
        tone=kpi.tone if kpi.is_unusual else "usual",
    )


def _anchor(kpi: Kpi) -> str:
    return f"chart-{kpi.metric.name}" if kpi.line == "all" else "by-line"


def _unchanged(kpis: list[Kpi]) -> str:
    """What stayed in its usual range, so that nobody looks there."""
    quiet = [kpi.metric.in_a_sentence for kpi in kpis if kpi.line == "all" and kpi.verdict == "usual"]
    noisy_lines = {kpi.line for kpi in kpis if kpi.is_unusual}
    quiet_lines = sorted(
        {kpi.line for kpi in kpis if kpi.line != "all" and kpi.verdict == "usual"} - noisy_lines
    )
    parts = []
    if quiet:
        parts.append(f"In their usual range over all lines: {wording.listing(quiet)}.")
    if quiet_lines:
        lines = wording.listing([wording.readable(line) for line in quiet_lines])
        parts.append(f"Nothing unusual in any KPI of {lines}.")
    return " ".join(parts)


def _overview(kpis: list[Kpi], line_kpis: list[Kpi]) -> tuple[Line, ...]:
    shown = {kpi.metric.name: kpi for kpi in kpis}
    lines = [_line(kpi) for name, kpi in shown.items() if name in _STRIP or kpi.is_unusual]
    unusual = [kpi for kpi in line_kpis if kpi.is_unusual]
    if unusual:
        lines.append(
            Line(
                finding=_unusual_lines(unusual),
                context=f"{len(unusual)} of {len(line_kpis)} numbers by line left their usual range",
                href="trends.html#by-line",
                tone="changed",
            )
        )
    elif line_kpis and any(kpi.verdict not in _NO_VERDICT for kpi in line_kpis):
        lines.append(
            Line(
                finding="No business line stands out",
                context=f"all {len(line_kpis)} numbers by line are in their usual range or too new to judge",
                href="trends.html#by-line",
            )
        )
    return tuple(lines)


def _unusual_lines(unusual: list[Kpi]) -> str:
    """`Ecommerce: tickets created and backlog left their usual range`, for the line with the most of them."""
    by_line: dict[str, list[Kpi]] = {}
    for kpi in unusual:
        by_line.setdefault(kpi.line, []).append(kpi)
    line = max(by_line, key=lambda name: len(by_line[name]))
    numbers = [kpi.metric.in_a_sentence for kpi in by_line[line]]
    if len(numbers) > 3:
        numbers = [*numbers[:2], f"{wording.number_word(len(numbers) - 2)} more"]
    its = "its" if len(by_line[line]) == 1 else "their"
    text = f"{wording.sentence(wording.readable(line))}: {wording.listing(numbers)} left {its} usual range"
    others = [wording.readable(name) for name in by_line if name != line]
    return f"{text}; so did numbers of {wording.listing(others)}" if others else text


def _table(data: DataFolder, frame: pl.DataFrame, name: str, *first: Column) -> PublishedTable:
    captions = {
        "kpis_last_week": "KPIs last week",
        "kpis_by_line_last_week": "KPIs last week by business line",
    }
    tones = tuple(
        METRIC[metric].tone(verdict) for metric, verdict in frame.select("metric", "verdict").iter_rows()
    )
    return data.publish(PublishedTable(name, captions[name], frame, (*first, *_WEEK_COLUMNS), tones))


def _line_charts(signals: pl.DataFrame, kpis: list[Kpi], scope: Scope) -> list[tuple[str, str, charts.Chart]]:
    """Volume of the largest business lines."""
    volume = {kpi.line: kpi for kpi in kpis if kpi.metric.name == "tickets_created"}
    largest = [volume[line] for line in _lines_shown(signals) if line in volume]
    return [_chart(signals, kpi, scope) for kpi in largest[:LINES_CHARTED]]


def _chart(signals: pl.DataFrame, kpi: Kpi, scope: Scope) -> tuple[str, str, charts.Chart]:
    """The anchor, the heading and the chart of a KPI."""
    history = signals.filter(metric=kpi.metric.name, business_line=kpi.line).sort("week")
    chart = charts.usual_range(
        history["week"].to_list(),
        history["value"].to_list(),
        history["usual_low"].to_list(),
        history["usual_high"].to_list(),
        unit=kpi.metric.unit,
        tone=kpi.tone if kpi.is_unusual else "usual",
        hidden=history["is_hidden"].to_list(),
        alt=f"{kpi.name} by week up to the week of {scope.period}: {kpi.shown}, {kpi.usual}.",
        caption=f"{kpi.shown} last week{f' ({kpi.evidence})' if kpi.evidence else ''}, {kpi.usual}. {kpi.metric.meaning}",
    )
    heading = kpi.metric.label if kpi.line == "all" else wording.readable(kpi.line)
    return _anchor(kpi), wording.sentence(heading), chart
