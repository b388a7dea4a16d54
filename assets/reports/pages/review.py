"""The weekly business review: what changed, why volume did, what bugs cost, whether actions worked, what did not move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import DataFolder, PublishedTable
from assets.reports.metrics import kpi
from assets.reports.page import Line, Page, PageForm
from assets.reports.pages import action_register
from assets.reports.pages.issue_prices import read_issue_prices
from assets.reports.pages.kpi_signals import Signal, Signals, listed
from assets.reports.pages.metric_words import of_line
from assets.reports.pages.volume_parts import read_volume_parts
from assets.reports.privacy import SMALL_CELL, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

LEVELS_OF = timedelta(weeks=8)  # changes of level older than this are no news
LEVELS_SHOWN = 6
_FORM = PageForm(
    "review",
    "Review",
    {
        "strip": (),
        "signals": None,
        "changed": (),
        "levels": None,
        "volume": None,
        "issues": None,
        "actions": (),
    },
)


@dataclass(frozen=True)
class Level:
    """A change of level of a KPI: what changed by how much, and what the calendar has near it."""

    finding: str
    near: str
    tone: str


@dataclass(frozen=True)
class Levels:
    """The newest changes of level, how many more the table has of these weeks, and which KPIs had none."""

    changes: tuple[Level, ...]
    more: int
    unchanged: str


def build(
    snapshot: Snapshot,
    scope: Scope,
    data: DataFolder,
    signals: Signals,
    actions: pl.DataFrame,
    operations: Page,
) -> Page:
    """The page; publishes the changes of level, volume's parts and the price of issues.

    actions: `rise_tables.actions`; operations: that page, whose numbers stand under this title too.
    """
    levels = _levels(snapshot, scope, data)
    volume = read_volume_parts(snapshot, scope, data)
    issues = read_issue_prices(snapshot, scope, data)
    register = action_register.items(actions, scope)
    missing = scope.missing("tickets", "history")
    if not signals.is_known and not (levels.changes or volume or issues or register):
        return _FORM.page(
            "There is nothing to review yet.",
            "The review needs a few weeks of tickets.",
            missing=missing or ("The last run did not work out operations.",),
        )
    return _FORM.page(
        signals.finding if signals.is_known else "What is unusual cannot be told for this week.",
        f"Week of {scope.period}, {scope.source_names}. Only what is more than noise; each with the table behind it.",
        {
            "strip": operations.content["strip"],
            "signals": signals,
            "changed": _by_line(signals),
            "levels": levels,
            "volume": volume,
            "issues": issues,
            "actions": register,
        },
        missing=missing,
    )


def _by_line(signals: Signals) -> list[tuple[str, list[tuple[Line, str]], str]]:
    """The signals line by line: its name, each signal with where it is not one, and that once if it is all the same."""
    groups: dict[str, list[Signal]] = {}
    for signal in signals.signals:
        groups.setdefault(signal.line, []).append(signal)
    told = []
    for line, own in groups.items():
        everywhere = {signal.elsewhere for signal in own}
        same = own[0].elsewhere if len(everywhere) == 1 and len(own) > 1 else ""
        rows = [
            (
                Line(signal.short, signal.context, f"operations.html#{signal.anchor}", signal.tone),
                "" if same else signal.elsewhere,
            )
            for signal in own
        ]
        told.append((of_line(line), rows, same))
    return told


def _levels(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Levels:
    """Changes of level of the last weeks, the newest first; publishes all that are known."""
    last = scope.week + timedelta(days=6)
    where = "true" if scope.is_latest else f"changed_on <= date '{last}'"
    frame = snapshot.table("kpi_change_points", where=where)
    recent_ones = pl.col("changed_on") > last - LEVELS_OF
    moved = frame.filter(recent_ones)["metric"].unique().to_list()
    # The level of a count under ten would tell of it.
    units = {name: kpi(name).unit for name in frame["metric"].unique().to_list()}
    is_count = pl.col("metric").replace_strict(units, default="count", return_dtype=pl.String) == "count"
    frame = frame.filter(~is_count | (pl.min_horizontal("before", "after") >= SMALL_CELL)).pipe(
        plain_texts, ["business_line", "metric", "event_names"]
    )
    data.publish(PublishedTable("kpi_change_points", "Changes of level of KPIs", frame))
    recent = frame.filter(recent_ones).sort(
        pl.col("business_line") != "all", "changed_on", "metric", descending=[False, True, False]
    )
    watched = snapshot.table("kpi_watched")["metric"].unique().sort().to_list() if scope.is_latest else []
    quiet = [name for name in watched if name not in moved]
    return Levels(
        changes=tuple(_level(row) for row in recent.head(LEVELS_SHOWN).iter_rows(named=True)),
        more=max(recent.height - LEVELS_SHOWN, 0),
        unchanged=f"No change of level in any line: {listed(quiet)}." if quiet else "",
    )


def _level(row: dict[str, Any]) -> Level:
    """`First reply, median: from 48 to 71 min on 11 Nov (+15 to +31 min)`."""
    metric = kpi(row["metric"])
    name = (
        metric.label
        if row["business_line"] == "all"
        else f"{of_line(row['business_line'])}, {metric.in_a_sentence}"
    )
    levels = wording.between(metric.unit, row["before"], row["after"])
    text = f"{name}: from {levels} on {wording.day(row['changed_on'])}"
    if row["change_low"] is not None and row["change_high"] is not None:
        text += f" (a change of {_change(metric.unit, row['change_low'], row['change_high'])})"
    near = f"Near it: {row['event_names']}." if row["event_names"] else "Nothing in the calendar near it."
    return Level(f"{text}.", near, row["direction"] or "changed")


def _change(unit: str, low: float, high: float) -> str:
    """`14 to 26 min`, `15 to 24 points` of a share."""
    if unit != "share":
        return wording.between(unit, low, high)
    return f"{wording.between('number', low * 100, high * 100)} points"
