"""Targets: how many were kept, whose minutes the broken ones were, and what is about to break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, of_line, of_target
from assets.reports.pages.team_tables import counts_by_team
from assets.reports.privacy import HIDDEN, SMALL_CELL, plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

TEAMS_SHOWN = 12
OWNERS = {
    "tier-1 queue": operations_charts.SHADES[3],
    "tier-2 queue": operations_charts.SHADES[1],
    "partner hold": "var(--holiday)",
    "requester": charts.SOFT,
    "off-hours": operations_charts.REST,
    "unowned queue": charts.LINE,
}
_BANDS = {
    "50-75": "to_75",
    "76-85": "to_85",
    "86-95": "to_95",
    "over 95": "over_95",
    "breached": "broken",
}
_COLUMNS = (
    Column("name", "Target"),
    Column(
        "target_share",
        "Kept",
        "share",
        "Targets kept out of those kept or broken; clocks still running are in neither.",
    ),
    Column("target_low", "Likely", "share", "With 95 % confidence.", until="target_high"),
    Column("before", "Week before", "share"),
    Column("judged", "Targets", "count", "Kept or broken in the week."),
    Column(
        "ticket_share", "Tickets with all kept", "share", "Of the tickets none of whose clocks still runs."
    ),
    Column(
        "breach_minutes_median", "Late by, median", "minutes", "Of broken targets: completion less target."
    ),
)
# Most tickets have one clock of a metric: what is hidden of targets is hidden of tickets, too.
_COUNTS = (
    Count("judged", tells=("tickets_judged",)),
    Count("tickets_judged", sums_over=("business_line",)),
    Count(
        "breached",
        of="judged",
        tells=(
            "achieved",
            "target_share",
            "target_low",
            "target_high",
            "breach_minutes_median",
            "breach_minutes_sum",
            "tickets_achieved",
        ),
    ),
    Count(
        "tickets_achieved",
        of="tickets_judged",
        tells=("ticket_share", "ticket_low", "ticket_high"),
        sums_over=("business_line",),
    ),
)
_OPEN_COLUMNS = (
    Column("team", "Team"),
    Column("broken", "Broken", "count", "Already past the target, and still open."),
    Column("over_95", "Over 95 %", "count", "Of the time to the target that is gone."),
    Column("to_95", "86 to 95 %", "count"),
    Column("to_85", "76 to 85 %", "count"),
    Column("to_75", "50 to 75 %", "count"),
)
_OWNER_COLUMNS = (
    Column("name", "Target"),
    Column("owner", "Whose minutes"),
    Column("share", "Share", "share"),
    Column("hours", "Hours", "hours"),
)


@dataclass(frozen=True)
class Sla:
    """The section on targets. says: its sentences; share, interval, judged, before: of all targets in the week."""

    says: tuple[str, ...]
    share: float | None
    interval: str
    judged: int | None
    targets: PublishedTable
    by_line: PublishedTable | None
    owners: charts.Chart | None
    owner_names: tuple[tuple[str, str], ...]  # name and colour
    owners_say: str
    owners_table: PublishedTable | None
    running: PublishedTable | None
    running_says: str


def read_sla(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Sla | None:
    """The section; publishes the weeks, the owners and what runs now. None where no target was ever judged."""
    weeks = read_weeks(snapshot, scope)
    week = weeks.filter(week=scope.week)
    if not week.height:
        return None
    data.publish(PublishedTable("sla_weeks", "Targets kept by week", weeks))
    week = _with_before(week, weeks, scope)
    total = week.filter(business_line=ALL)
    targets = PublishedTable("sla_last_week", "Targets kept last week", total, _columns(total))
    lines = week.filter(pl.col("business_line") != ALL)
    by_line = PublishedTable(
        "sla_last_week_by_line",
        "Targets kept last week by line",
        lines,
        (Column("line", "Business line"), *_columns(lines)),
    )
    for table in (targets, by_line):
        data.publish(table)
    owners, owners_table, owners_say = _owners(snapshot, week, data)
    running_says, running = _running(snapshot, scope, data)
    head = next(iter(total.filter(metric=ALL).to_dicts() or total.head(1).to_dicts()), {})
    return Sla(
        says=(_says(head),),
        share=head.get("target_share"),
        interval=wording.between("share", head.get("target_low"), head.get("target_high")),
        judged=head.get("judged"),
        targets=targets,
        by_line=by_line if lines["business_line"].n_unique() > 1 else None,
        owners=owners,
        owner_names=tuple(OWNERS.items()),
        owners_say=owners_say,
        owners_table=owners_table,
        running=running,
        running_says=running_says,
    )


def _columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    return tuple(column for column in _COLUMNS if column.name == "name" or frame[column.name].count())


def read_weeks(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """The rows of `sla_weeks` as they may be shown, up to the report's week; judged: achieved and breached."""
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    frame = snapshot.table("sla_weeks", where=f"week between date '{first}' and date '{scope.week}'")
    return (
        frame.with_columns(judged=pl.col("achieved") + pl.col("breached"))
        .pipe(hide_summed_counts, _COUNTS, keys=["week"], over=["business_line", "metric"])
        .pipe(plain_texts, ["business_line", "metric"])
        .sort("week", "business_line", "metric")
    )


def _with_before(week: pl.DataFrame, weeks: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    before = weeks.filter(week=scope.week - timedelta(weeks=1)).select(
        "business_line", "metric", before="target_share"
    )
    joined = week.join(before, on=["business_line", "metric"], how="left", maintain_order="left")
    return joined.with_columns(
        name=pl.Series([of_target(metric) for metric in joined["metric"].to_list()], dtype=pl.String),
        line=pl.Series([of_line(line) for line in joined["business_line"].to_list()], dtype=pl.String),
    ).filter(pl.col("judged") > 0)


def _says(row: dict[str, Any]) -> str:
    """`91 % of targets were kept last week (90 to 92 %, of 4,630); 90 % the week before.`"""
    if row.get("target_share") is None:
        return "Too few targets were judged last week to say how many were kept."
    what = "targets" if row["metric"] == ALL else f"targets on {row['name'].lower()}"
    interval = wording.between("share", row["target_low"], row["target_high"])
    of = f"{wording.count(row['judged'])} judged"
    text = f"{wording.share(row['target_share'])} of {what} were kept last week ({interval}; {of})"
    return (
        f"{text}; {wording.share(row['before'])} the week before."
        if row["before"] is not None
        else f"{text}."
    )


def _owners(
    snapshot: Snapshot, week: pl.DataFrame, data: DataFolder
) -> tuple[charts.Chart | None, PublishedTable | None, str]:
    """Whose minutes the clocks of the week's broken targets ran in: chart, table, and the sentence."""
    monday = week["week"][0]
    frame = snapshot.table("sla_breach_owners", where=f"week = date '{monday}'")
    if not frame.height:
        return None, None, ""
    frame = (
        frame.pipe(plain_texts, ["business_line", "metric", "owner"])
        .join(week.select("business_line", "metric", "breached"), on=["business_line", "metric"], how="left")
        .with_columns(pl.col("breached").is_null().alias(HIDDEN))
        .pipe(
            hide_summed_counts,
            [Count("breaches", of="breached")],
            keys=["metric"],
            over=["business_line", "owner"],
        )
        # Minutes of fewer than ten broken targets would be those of tickets one could name.
        .with_columns(pl.when(pl.col("breached").is_not_null()).then(pl.col("minutes", "share")))
        .drop("breached")
    )
    rank = {owner: place for place, owner in enumerate(OWNERS)}
    frame = frame.with_columns(
        name=pl.Series([of_target(metric) for metric in frame["metric"].to_list()], dtype=pl.String),
        hours=pl.col("minutes") / 60,
        _rank=pl.col("owner").replace_strict(rank, default=len(rank), return_dtype=pl.Int64),
    ).sort(pl.col("business_line") != ALL, "business_line", "metric", "_rank")
    frame = frame.drop("_rank")
    data.publish(PublishedTable("sla_breach_owners", "Whose minutes broken targets were", frame))
    total = frame.filter(pl.col("business_line") == ALL, pl.col("minutes").is_not_null())
    if not total["minutes"].sum():
        return None, None, ""
    names = total["name"].unique(maintain_order=True).to_list()
    shares = {(row["name"], row["owner"]): row["share"] or 0.0 for row in total.iter_rows(named=True)}
    parts = {
        owner: (colour, [shares.get((name, owner), 0.0) for name in names])
        for owner, colour in OWNERS.items()
    }
    says = _owners_say(total)
    chart = operations_charts.parts_of_whole(
        names, parts, hover="%{x:.0%}", alt=f"Whose minutes broken targets were, by target. {says}"
    )
    return chart, PublishedTable("sla_breach_owners", "Whose minutes", total, _OWNER_COLUMNS), says


def _owners_say(total: pl.DataFrame) -> str:
    """`The clocks of broken targets ran 1,240 h: 61 % in the tier-1 queue, ...`"""
    own = total.filter(metric=ALL) if (total["metric"] == ALL).any() else total
    by_owner = (
        own.group_by("owner").agg(pl.col("minutes").sum()).sort("minutes", "owner", descending=[True, False])
    )
    minutes = float(by_owner["minutes"].sum())
    places = {
        "requester": "waiting for the requester",
        "off-hours": "outside opening hours",
        "partner hold": "on hold for a partner team",
        "unowned queue": "with nobody known",
    }
    parts = [
        f"{wording.share(row['minutes'] / minutes)} {places.get(row['owner'], 'in the ' + row['owner'])}"
        for row in by_owner.iter_rows(named=True)
        if row["minutes"] >= 0.01 * minutes
    ]
    return f"The clocks of broken targets ran {wording.hours(minutes / 60)} in all: {wording.listing(parts)}."


def _running(snapshot: Snapshot, scope: Scope, data: DataFolder) -> tuple[str, PublishedTable | None]:
    """Clocks of open tickets by team and how much of the time to their target is gone; as of now only.

    A ticket with several clocks counts with each.
    """
    frame = snapshot.table("sla_open")
    if not scope.is_latest or not frame.height:
        return "", None
    bands = [
        pl.when(pl.col("band") == band).then("tickets").otherwise(0).alias(name)
        for band, name in _BANDS.items()
    ]
    table = counts_by_team(frame.with_columns(bands), list(_BANDS.values())).sort(
        pl.col("over_95").fill_null(SMALL_CELL) + pl.col("to_95").fill_null(SMALL_CELL),
        "team",
        descending=[True, False],
    )
    near = int(frame.filter(pl.col("band").is_in(["86-95", "over 95"]))["tickets"].sum())
    says = "Hardly any clock that runs now is near its target."
    if near >= SMALL_CELL:
        says = f"{wording.count(near)} clocks have used more than 85 % of their time and can still be kept."
    return says, data.publish(
        PublishedTable("sla_open", "Clocks that run now, by team", table, _OPEN_COLUMNS, shown=TEAMS_SHOWN)
    )
