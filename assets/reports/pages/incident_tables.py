"""The waves of the last 90 days as the incident page may show them: counts under ten hidden, names made harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import DataFolder, PublishedTable
from assets.reports.privacy import HIDDEN, SMALL_CELL, hide_small_cells, hide_small_parts, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

DAYS_SHOWN = 14  # of a wave so far, beside its likely course
BIN_HOURS = (1, 2, 3, 6, 12, 24)
HIDDEN_BINS_ALLOWED = 0.1  # of a chart's bars; beyond it the bars take more hours each
_DEPENDENTS = ("excess", "excess_low", "excess_high")


@dataclass(frozen=True)
class Growth:
    """Tickets above usual in the last hours of a wave, and in as many hours before.

    is_told: whether the two may be told as numbers; with a hidden hour among them it would follow from them.
    """

    last: float
    before: float
    hours: int
    is_told: bool


@dataclass(frozen=True)
class Waves:
    """Alarms, and what is known of those that go on: times in the account's zone.

    hours: `begins`, `hours` (how many a row takes together), tickets, usual, alarm_level (null where they are
    more than one); days: tickets above usual since the start by `date`; growth: by alarm, None where too early.
    """

    alarms: pl.DataFrame
    hours: pl.DataFrame
    days: pl.DataFrame
    growth: dict[str, Growth | None]
    course: pl.DataFrame
    people: pl.DataFrame
    tickets: pl.DataFrame

    @property
    def ongoing(self) -> pl.DataFrame:
        return self.alarms.filter("is_ongoing")

    @property
    def ended(self) -> pl.DataFrame:
        return self.alarms.filter(~pl.col("is_ongoing")).sort("ended_at", descending=True, nulls_last=True)


def read_waves(snapshot: Snapshot, scope: Scope, themes: pl.DataFrame, data: DataFolder) -> Waves:
    """The waves known by the report's time; publishes them, and of those that go on all that the page shows."""
    alarms = snapshot.table("surge_alarms", order_by="started_at, alarm_id").drop_nulls("started_at")
    if scope.as_of is not None:
        alarms = alarms.filter(pl.col("started_at") <= scope.as_of)
    alarms = _named(_hidden(alarms), themes, scope.zone)
    data.publish(PublishedTable("surge_alarms", "Waves of the last 90 days", alarms))
    ongoing = alarms.filter("is_ongoing")
    keys = ongoing.select("alarm_id", "started_at")
    counts = snapshot.table("surge_hours", order_by="alarm_id, hour").join(
        keys, on="alarm_id", how="semi", maintain_order="left"
    )
    counts = counts.with_columns(hour=_local("hour", scope.zone))
    hours = _bins(counts, keys)
    course, people = (
        snapshot.table(name, order_by="alarm_id, date").join(
            keys, on="alarm_id", how="semi", maintain_order="left"
        )
        for name in ("surge_course", "surge_people")
    )
    people = people.pipe(plain_texts, ["tier"])
    quoted = _quoted(snapshot, ongoing)
    for name, caption, frame in (
        ("surge_hours", "Tickets of the waves that go on, by the hour", hours),
        ("surge_course_ahead", "How the waves are likely to go on", course),
        ("surge_people_ahead", "People the waves take", people),
        ("surge_tickets", "Tickets of the waves", quoted),
    ):
        if frame.height:
            data.publish(PublishedTable(name, caption, frame))
    growths = {
        alarm: growth(
            counts.filter(pl.col("alarm_id") == alarm, pl.col("hour") >= started),
            hours.filter(pl.col("alarm_id") == alarm, pl.col(HIDDEN)),
        )
        for alarm, started in keys.iter_rows()
    }
    return Waves(alarms, hours, _days(counts, keys), growths, course, people, quoted)


def _hidden(alarms: pl.DataFrame) -> pl.DataFrame:
    """The alarms without small counts, nor what they follow from; a template's share of a wave is a part of it."""
    hidden = hide_small_parts(alarms, "template_tickets", "tickets")
    hidden = hide_small_cells(hidden, "tickets", dependents=("template_tickets", *_DEPENDENTS))
    return hide_small_cells(hidden, "peak_hourly")


def _local(column: str, zone: str) -> pl.Expr:
    """A moment of the account's zone, naive, of one in UTC."""
    return pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _named(alarms: pl.DataFrame, themes: pl.DataFrame, zone: str) -> pl.DataFrame:
    """With `place`, what the alarm is about in a few words, and its times in the account's zone."""
    names = dict(themes.select("theme_id", "name").iter_rows())
    alarms = alarms.pipe(plain_texts, ["business_line", "region"])
    return alarms.with_columns(
        *(_local(column, zone).alias(column) for column in ("started_at", "detected_at", "ended_at")),
        pl.col("is_ongoing").fill_null(False),
        place=pl.Series([place(row, names) for row in alarms.iter_rows(named=True)], dtype=pl.String),
    )


def place(row: dict[str, Any], themes: dict[str, str]) -> str:
    """`account security`, `region US`, `“code never arrives”`, `all lines`: what an alarm is about."""
    if row["scope"] == "business_line" and row["business_line"]:
        return wording.readable(row["business_line"])
    if row["scope"] == "region" and row["region"]:
        return f"region {row['region']}"
    if row["scope"] == "theme":
        name = themes.get(row["theme_id"] or "")
        return f"“{name}”" if name else "one theme"
    return "all lines"


def _bins(counts: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The hours of each alarm, as many taken together as it needs for few to be hidden."""
    parts = [
        _binned(counts.filter(alarm_id=alarm), started).with_columns(alarm_id=pl.lit(alarm))
        for alarm, started in keys.iter_rows()
    ]
    columns = ["alarm_id", "begins", "hours", "tickets", "usual", "alarm_level", HIDDEN]
    return pl.concat(parts).select(columns) if parts else pl.DataFrame(schema=dict.fromkeys(columns, pl.Null))


def _binned(own: pl.DataFrame, started: datetime) -> pl.DataFrame:
    binned = own
    for hours in BIN_HOURS:
        every = f"{hours}h"
        binned = (
            own.group_by(begins=pl.col("hour").dt.truncate(every))
            .agg(
                hours=pl.len().cast(pl.Int64),
                tickets=pl.col("tickets").sum(),
                usual=pl.col("usual").sum(),
                alarm_level=pl.col("alarm_level").first() if hours == 1 else pl.lit(None, pl.Float64).first(),
            )
            .filter(hours=hours)  # not the first and the last, where they are cut
            .sort("begins")
            .with_columns(_since=pl.col("begins") >= started, _day=pl.col("begins").dt.date())
        )
        small = binned["tickets"].is_between(1, SMALL_CELL - 1).mean() or 0.0
        if small <= HIDDEN_BINS_ALLOWED:  # type: ignore[operator]
            break
    # The tickets since the start are known in all, and those of each day.
    within = [["_since"]] if hours == BIN_HOURS[-1] else [["_since"], ["_day"]]
    return hide_small_cells(binned, "tickets", within=within)


def _days(counts: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Tickets above usual by day since the start; a day with a small count is left empty."""
    days = (
        counts.join(keys, on="alarm_id")
        .filter(pl.col("hour") >= pl.col("started_at").dt.truncate("1h"))
        .group_by("alarm_id", date=pl.col("hour").dt.date())
        .agg(pl.col("tickets").sum(), pl.col("usual").sum())
        .with_columns(excess=pl.col("tickets") - pl.col("usual"))
        .sort("alarm_id", "date")
    )
    hidden = hide_small_cells(days, "tickets", within=[["alarm_id"]], dependents=["excess"])
    return hidden.group_by("alarm_id", maintain_order=True).tail(DAYS_SHOWN)


def growth(since: pl.DataFrame, hidden: pl.DataFrame) -> Growth | None:
    """How a wave goes on; None when too early or too small to tell.

    since: the hours of an alarm from its start; hidden: the rows of its chart that are hidden. A day is held against
    the day before, so that night and day do not count; in a wave's first two days one half against the other.
    """
    hours = min(24, since.height // 2)
    if hours < 2:
        return None
    last, before = since.tail(hours), since.tail(2 * hours).head(hours)
    if min(last["tickets"].sum(), before["tickets"].sum()) < SMALL_CELL:
        return None
    above = [float(part["tickets"].sum()) - float(part["usual"].sum()) for part in (last, before)]
    is_told = not (hidden["begins"] >= before["hour"][0]).any()
    return Growth(above[0], above[1], hours, is_told)


def _quoted(snapshot: Snapshot, ongoing: pl.DataFrame) -> pl.DataFrame:
    """The tickets behind the waves that go on, each text once; none of a wave too small to show."""
    told = snapshot.table("surge_tickets", order_by="alarm_id, rank")
    large = ongoing.drop_nulls("tickets").select("alarm_id")
    return (
        told.join(large, on="alarm_id", how="semi", maintain_order="left")
        .join(
            snapshot.subjects("surge_tickets"), on=["source", "ticket_id"], how="left", maintain_order="left"
        )
        .pipe(plain_texts, ["source", "ticket_id", "text", "subject"])
        .with_columns(text=_without_subject())
        .unique(["alarm_id", "text"], keep="first", maintain_order=True)
    )


def _without_subject() -> pl.Expr:
    """A ticket's text without its subject before it, which a quote shows by itself."""
    return (
        pl.when(pl.col("text").str.starts_with(pl.col("subject")))
        .then(pl.col("text").str.slice(pl.col("subject").str.len_chars()).str.strip_chars())
        .otherwise("text")
    )
