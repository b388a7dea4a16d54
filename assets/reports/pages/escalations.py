"""The way of tickets between tiers and teams: how many go up, come back, and go to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, in_a_sentence, of_line, of_vendor
from assets.reports.privacy import plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

HANDOFFS_SHOWN = 10
_COLUMNS = (
    Column("tickets_tier_1", "Tickets of tier 1", "count", "Created in the week, first owned by tier 1."),
    Column("escalated", "Escalated", "count"),
    Column("escalation_rate", "Rate", "share"),
    Column("low", "Likely", "share", "With 95 % confidence.", until="high"),
    Column(
        "to_partner", "To a partner", "count", "On hold with tier 2, or linked to a partner team’s issue."
    ),
    Column("returned", "Came back", "count", "Escalated tickets that tier 2 gave back to tier 1."),
    Column(
        "ping_pong",
        "To and fro",
        "count",
        "Tickets that changed tier at least twice more after the first time.",
    ),
    Column("tier_1_minutes_median", "In tier 1", "minutes", "Median time an escalated ticket spent there."),
    Column("tier_2_minutes_median", "In tier 2", "minutes"),
    Column("partner_hold_minutes_median", "On hold", "minutes", "Waiting for a partner team."),
)
_HANDOFFS = (
    Column("way", "From and to"),
    Column("tickets", "Tickets", "count", "In the last 28 days."),
    Column("handoffs", "Times", "count", "In the last 28 days; a ticket can go the same way twice."),
    Column("minutes_before_median", "After", "minutes", "Median time the first team had it."),
)
_TOLD_BY_ESCALATED = (
    "escalation_rate",
    "low",
    "high",
    "tier_1_minutes_median",
    "tier_2_minutes_median",
    "partner_hold_minutes_median",
)
_COUNTS = (
    Count("tickets_tier_1"),
    Count("to_partner", of="tickets_tier_1"),  # not only of escalated tickets
    Count("escalated", of="tickets_tier_1", tells=_TOLD_BY_ESCALATED),
    Count("returned", of="escalated"),
    Count("ping_pong", of="escalated"),
)


@dataclass(frozen=True)
class Escalations:
    """The section on escalations."""

    says: str
    flow: PublishedTable
    by_line: PublishedTable | None
    handoffs: PublishedTable | None


def read_escalations(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Escalations | None:
    """The section; publishes `escalation_flow` and `handoffs`. None where tiers are not known."""
    weeks = _weeks(snapshot, scope)
    week = weeks.filter(week=scope.week)
    if not week.height:
        return None
    data.publish(PublishedTable("escalation_flow", "Escalations by week", weeks))
    total = week.filter(business_line=ALL).sort(pl.col("vendor") != ALL, "vendor")
    lines = week.filter(pl.col("business_line") != ALL, pl.col("vendor") == ALL)
    return Escalations(
        says=_says(total, weeks, scope),
        flow=PublishedTable(
            "escalation_flow", "Escalations last week", total, _told(total, "team", "Tier 1 of")
        ),
        by_line=PublishedTable(
            "escalation_flow", "Escalations last week by line", lines, _told(lines, "line", "Business line")
        )
        if lines.height > 1
        else None,
        handoffs=_handoffs(snapshot, scope, data),
    )


def _told(frame: pl.DataFrame, first: str, label: str) -> tuple[Column, ...]:
    return Column(first, label), *(column for column in _COLUMNS if frame[column.name].count())


def _weeks(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table("escalation_flow", where=f"week between date '{first}' and date '{scope.week}'")
    frame = hide_summed_counts(frame, _COUNTS, keys=["week"], over=["business_line", "vendor"])
    frame = frame.pipe(plain_texts, ["business_line", "vendor"])
    return frame.with_columns(
        team=pl.Series([of_vendor(vendor) for vendor in frame["vendor"].to_list()], dtype=pl.String),
        line=pl.Series([of_line(line) for line in frame["business_line"].to_list()], dtype=pl.String),
    )


def _says(total: pl.DataFrame, weeks: pl.DataFrame, scope: Scope) -> str:
    """`16 % of last week's tickets of tier 1 were escalated by now (15 to 17 %; 812 of 4,310); ...`"""
    rows = total.filter(vendor=ALL).to_dicts()
    if not rows or rows[0]["escalation_rate"] is None:
        return "Too few tickets were escalated last week to tell of them."
    row: dict[str, Any] = rows[0]
    interval = wording.between("share", row["low"], row["high"])
    of = f"{wording.count(row['escalated'])} of {wording.count(row['tickets_tier_1'])}"
    rate = wording.share(row["escalation_rate"])
    text = f"{rate} of last week’s tickets of tier 1 were escalated by now ({interval}; {of})"
    before = weeks.filter(week=scope.week - timedelta(weeks=1), business_line=ALL, vendor=ALL)
    if before.height and before["escalation_rate"][0] is not None:
        then = wording.between("share", before["low"][0], before["high"][0])
        rate = wording.share(before["escalation_rate"][0])
        text += f"; {rate} ({then}) of those of the week before, which had longer"
    if row["returned"] and row["escalated"]:
        share = wording.share(row["returned"] / row["escalated"])
        text += f". {wording.count(row['returned'])} of the escalated came back to tier 1 ({share})"
    return f"{text}."


def _handoffs(snapshot: Snapshot, scope: Scope, data: DataFolder) -> PublishedTable | None:
    """The ways tickets are handed on most; as of now only."""
    if not scope.is_latest:
        return None
    frame = snapshot.table("handoffs", where="period = 'last 28 days'").pipe(
        plain_texts, ["from_group_id", "to_group_id", "from_tier", "from_vendor", "to_tier", "to_vendor"]
    )
    if not frame.height:
        return None
    counts = (
        Count("tickets", tells=("handoffs", "minutes_before_median")),
        Count("handoffs", tells=("tickets", "minutes_before_median")),
    )
    frame = hide_summed_counts(frame, counts, keys=[], over=["from_group_id", "to_group_id"])
    names = _names(snapshot)
    ways = [
        f"{_group(row, 'from', names)} → {_group(row, 'to', names)}" for row in frame.iter_rows(named=True)
    ]
    frame = frame.with_columns(way=pl.Series(ways, dtype=pl.String)).sort(
        pl.col("handoffs").fill_null(0), "way", descending=[True, False]
    )
    return data.publish(
        PublishedTable("handoffs", "Where tickets are handed on", frame, _HANDOFFS, shown=HANDOFFS_SHOWN)
    )


def _names(snapshot: Snapshot) -> dict[str, str]:
    """The present name of each group, where no other group has it."""
    groups = snapshot.table("stg_groups", order_by="group_id, valid_from").drop_nulls("name")
    groups = groups.pipe(plain_texts, ["group_id", "name"]).group_by("group_id").last()
    return dict(groups.filter(pl.col("name").is_unique()).select("group_id", "name").iter_rows())


def _group(row: dict[str, Any], end: str, names: Mapping[str, str]) -> str:
    """`Payments checkout (tier 2, in house)`; the group's id where it has no name of its own."""
    tier, vendor = row[f"{end}_tier"], row[f"{end}_vendor"]
    about = [
        f"tier {tier}" if tier not in (None, "unknown") else "",
        in_a_sentence(vendor) if vendor not in (None, "unknown") else "",
    ]
    told = ", ".join(part for part in about if part)
    group = row[f"{end}_group_id"]
    name = names.get(group) or group or "no group"
    return f"{name} ({told})" if told else name
