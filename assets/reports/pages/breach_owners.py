"""Whose minutes the clocks of broken targets ran in."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, of_target
from assets.reports.privacy import HIDDEN, plain_texts
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

OWNERS = {
    "tier-1 queue": operations_charts.SHADES[3],
    "tier-2 queue": operations_charts.SHADES[1],
    "partner hold": "var(--holiday)",
    "requester": charts.SOFT,
    "off-hours": operations_charts.REST,
    "unowned queue": charts.LINE,
}
_NOTHING = 0.0005  # of the time: it would read as 0 %, as a second before the first assignment does
_COLUMNS = (
    Column("name", "Target"),
    Column("owner", "Whose minutes"),
    Column("share", "Share", "share", "Of all the time these clocks ran."),
    Column("hours", "Hours", "hours"),
)


@dataclass(frozen=True)
class BreachOwners:
    """What the page shows of it. names: each owner and its colour."""

    says: str
    chart: charts.Chart
    names: tuple[tuple[str, str], ...]
    table: PublishedTable


def read_breach_owners(snapshot: Snapshot, week: pl.DataFrame, data: DataFolder) -> BreachOwners | None:
    """Publishes `sla_breach_owners` of a week. None where no target was broken, or too few.

    week: the rows of `sla_weeks` of the week as they may be shown.
    """
    monday = week["week"][0]
    frame = snapshot.table("sla_breach_owners", where=f"week = date '{monday}'")
    if not frame.height:
        return None
    frame = _hidden(frame, week)
    data.publish(PublishedTable("sla_breach_owners", "Whose minutes broken targets were", frame))
    total = frame.filter(pl.col("business_line") == ALL, pl.col("share") >= _NOTHING)
    if not total["minutes"].sum():
        return None
    # Where all that is left out rounds to nothing, the rest is the whole.
    total = total.with_columns(
        pl.when(pl.col("share") >= 1 - _NOTHING).then(1.0).otherwise("share").alias("share")
    )
    names = total["name"].unique(maintain_order=True).to_list()
    shares = {(row["name"], row["owner"]): row["share"] for row in total.iter_rows(named=True)}
    there = {owner: colour for owner, colour in OWNERS.items() if owner in set(total["owner"])}
    parts = {
        owner: (colour, [shares.get((name, owner), 0.0) for name in names]) for owner, colour in there.items()
    }
    says = _says(total)
    chart = operations_charts.parts_of_whole(
        names, parts, hover="%{x:.0%}", alt=f"Whose minutes broken targets were, by target. {says}"
    )
    table = PublishedTable("sla_breach_owners", "Whose minutes", total, _COLUMNS)
    return BreachOwners(says, chart, tuple(there.items()), table)


def _hidden(frame: pl.DataFrame, week: pl.DataFrame) -> pl.DataFrame:
    rank = {owner: place for place, owner in enumerate(OWNERS)}
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
    return (
        frame.with_columns(
            name=pl.Series([of_target(metric) for metric in frame["metric"].to_list()], dtype=pl.String),
            hours=pl.col("minutes") / 60,
            _rank=pl.col("owner").replace_strict(rank, default=len(rank), return_dtype=pl.Int64),
        )
        .sort(pl.col("business_line") != ALL, "business_line", "metric", "_rank")
        .drop("_rank")
    )


def _says(total: pl.DataFrame) -> str:
    """`The clocks of broken targets ran 1,240 h in all: 61 % in the tier-1 queue, ...`"""
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
