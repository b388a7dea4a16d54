"""What the sources say of themselves, beside what their ticket histories say: a section of the trends page."""

from __future__ import annotations

from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, PublishedTable
from assets.reports.privacy import SMALL_CELL, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

_COLUMNS = (
    Column("source", "Source"),
    Column("what", "What"),
    Column("ours", "By the ticket histories", "row", "Computed here from what happened to each ticket."),
    Column("reported", "By the source's own word", "row", "As the source's export reports it."),
    Column("base", "Tickets it speaks of", "count"),
)
# What is compared: label, unit, our column, the source's, and the tickets the source speaks of.
_MEASURES = (
    ("SLA met", "share", None, "reported_sla_share", "reported_sla_known"),
    (
        "Time to resolution, median",
        "minutes",
        "full_resolution_hours_median",
        "reported_full_resolution_hours_median",
        "reported_resolved_tickets",
    ),
    (
        "Time to resolution, mean",
        "minutes",
        "full_resolution_hours_mean",
        "reported_full_resolution_hours_mean",
        "reported_resolved_tickets",
    ),
    (
        "Time to resolution, slowest tenth",
        "minutes",
        "full_resolution_hours_p90",
        "reported_full_resolution_hours_p90",
        "reported_resolved_tickets",
    ),
    ("Time to closing, median", "minutes", None, "reported_closed_hours_median", "reported_closed_tickets"),
    ("Reopened", "share", "reopened_share", "reported_reopened_share", "tickets"),
    ("Reassigned", "share", "reassigned_share", "reported_reassigned_share", "tickets"),
)


def table(snapshot: Snapshot, scope: Scope) -> PublishedTable:
    """A row per source and measure that the source reports; empty where none reports any, or for a past week."""
    rows = [
        told
        for row in snapshot.table("source_summary").iter_rows(named=True)
        if scope.is_latest
        for told in _of_source(row)
    ]
    schema = {
        "source": pl.String,
        "what": pl.String,
        "unit": pl.String,
        "ours": pl.Float64,
        "reported": pl.Float64,
        "base": pl.Int64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row").pipe(plain_texts, ["source"])
    return PublishedTable("source_words", "What the sources say themselves", frame, _COLUMNS)


def _of_source(row: dict[str, Any]) -> list[dict[str, Any]]:
    known = row["reported_sla_known"]
    figures = row | {"reported_sla_share": row["reported_sla_met"] / known if known else None}
    told = []
    for what, unit, ours, reported, base in _MEASURES:
        value, tickets = figures[reported], figures[base] or 0
        own = figures[ours] if ours else None
        if value is None or tickets < SMALL_CELL:
            continue
        if unit == "share" and not all(_tells_of_none(part, tickets) for part in (value, own)):
            continue
        hours = 60 if unit == "minutes" else 1  # the table is in hours, the page in minutes
        told.append(
            {
                "source": row["source"],
                "what": what,
                "unit": unit,
                "ours": None if own is None else own * hours,
                "reported": value * hours,
                "base": tickets,
            }
        )
    return told


def _tells_of_none(share: float | None, base: int) -> bool:
    """Whether a share of a known base leaves neither 1 to 9 tickets in nor out of it."""
    if share is None:
        return True
    part = round(share * base)
    return all(count == 0 or count >= SMALL_CELL for count in (part, base - part))


def differs(table: PublishedTable) -> str:
    """In a sentence: whether the source's word and the histories agree."""
    both = table.frame.drop_nulls(["ours", "reported"])
    if not both.height:
        return ""
    apart = both.filter(
        (pl.col("ours") - pl.col("reported")).abs()
        > 0.02 * pl.max_horizontal(pl.col("ours").abs(), pl.col("reported").abs())
    )
    if not apart.height:
        return "Where both are known they agree within 2 %."
    names = [name[:1].lower() + name[1:] for name in apart["what"].unique(maintain_order=True).to_list()]
    return f"They differ in {wording.listing(names)}. Elsewhere on these pages the ticket histories count."
