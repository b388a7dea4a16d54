"""Our numbers held against the helpdesk's own, ticket by ticket: how many agree, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.privacy import HIDDEN, SMALL_CELL, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

SAME = "same"
UNKNOWN = "unknown"
UNMEASURED = "not measured"  # we have no figure
_FEW = 0.001  # of all numbers: their share rounds to nothing
REASONS = {
    "last schedule": "the helpdesk uses a ticket’s last schedule for all its business minutes, we each while it applied",
    "snapshot hour": "the helpdesk’s number was taken at another hour",
    "reopened now": "the helpdesk counts a reopening at once, we when the ticket is solved again",
    "deleted": "the ticket was deleted",
    "zero-touch": "nobody answered before it was solved",
}
_COLUMNS = (
    Column("source", "Source"),
    Column("what", "Number"),
    Column("tickets", "Tickets", "count", "Of which both we and the source have a number."),
    Column("same", "Agree", "share"),
    Column("because", "The rest", "quote"),
)


@dataclass(frozen=True)
class Reconciliation:
    """The section: a sentence and a table."""

    says: str
    table: PublishedTable


def read_reconciliation(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Reconciliation | None:
    """The section, over the whole history; None where no source reports numbers of its own, or for a past week."""
    if not scope.is_latest:
        return None
    frame = snapshot.table("reconciliation_summary").filter(pl.col("tickets") > 0)
    if not frame.height:
        return None
    keys = ["source", "measure"]
    measured = pl.col("reason") != UNMEASURED
    sums = frame.group_by(keys).agg(total=pl.col("tickets").filter(measured).sum())
    frame = frame.join(sums.filter(pl.col("total") >= SMALL_CELL), on=keys)
    known = frame.filter(measured)
    agree = int(known.filter(reason=SAME)["tickets"].sum())
    frame = (
        frame.with_columns(is_measured=measured)
        .pipe(hide_summed_counts, [Count("tickets")], keys=[*keys, "is_measured"], over=["reason"])
        .drop("is_measured")
        .pipe(plain_texts, [*keys, "reason"])
        .sort(*keys, pl.col("tickets").fill_null(0), descending=[False, False, True])
    )
    data.publish(
        PublishedTable("reconciliation_summary", "Our numbers and the helpdesk's own, by reason", frame)
    )
    rows = [_measure(own) for _, own in frame.group_by(keys, maintain_order=True)]
    told = pl.DataFrame(
        rows,
        schema={
            "source": pl.String,
            "what": pl.String,
            "tickets": pl.Int64,
            "same": pl.Float64,
            "because": pl.String,
            HIDDEN: pl.Boolean,
        },
    )
    table = data.publish(
        PublishedTable("reconciliation", "Our numbers against the helpdesk's own", told, _COLUMNS)
    )
    return Reconciliation(_says(agree, int(known["tickets"].sum()), frame), table)


def _measure(own: pl.DataFrame) -> dict[str, object]:
    total = int(own["total"][0])
    same = own.filter(reason=SAME)
    rest = own.filter(~pl.col("reason").is_in([SAME, UNMEASURED]))
    parts = [
        f"{_part(row['tickets'], total)} {row['reason']}"
        for row in rest.iter_rows(named=True)
        if row["tickets"] is not None
    ]
    hidden = bool(same.height and same["tickets"][0] is None)
    if hidden and rest.height == rest["tickets"].null_count():
        parts.append("all but under 10 tickets agree")
    elif rest["tickets"].null_count():
        parts.append("under 10 tickets each for other reasons")
    return {
        "source": own["source"][0],
        "what": _measure_name(own["measure"][0]),
        "tickets": total,
        "same": None if hidden else (same["tickets"][0] / total if same.height else 0.0),
        "because": "; ".join(parts),
        HIDDEN: hidden,
    }


def _measure_name(measure: str) -> str:
    """`First reply`, `Full resolution, business minutes`."""
    name = (
        measure.removesuffix("_minutes")
        .replace("_minutes_business", "_business")
        .replace("_business_minutes", "_business")
    )
    if name.endswith("_business"):
        return f"{wording.sentence(wording.readable(name.removesuffix('_business')))}, business minutes"
    return "Targets met" if name == "sla_met" else wording.sentence(wording.readable(name))


def _says(same: int, total: int, shown: pl.DataFrame) -> str:
    """`Of 58,210 numbers that the helpdesk reports itself, 97 % agree with ours. Most others differ because ...`

    same, total: of all numbers, hidden or not. shown: as it is published.
    """
    if not total:
        return "Too few tickets to compare."
    text = (
        f"Of {wording.count(total)} numbers that the source itself reports of its tickets, "
        f"{_agreeing(same, total)} with ours."
    )
    rest = shown.filter(~pl.col("reason").is_in([SAME, UNMEASURED]))
    unknown = rest.filter(reason=UNKNOWN)["tickets"]
    of_unknown = int(unknown.sum())
    if of_unknown:
        few_more = " and a few more" if unknown.null_count() else ""
        text += f" Of {wording.count(of_unknown)}{few_more} we do not know why they differ."
    reasons = rest.filter(pl.col("reason") != UNKNOWN).group_by("reason").agg(pl.col("tickets").sum())
    if not reasons.height:
        return text
    top = reasons.sort("tickets", "reason", descending=[True, False])["reason"].to_list()[:2]
    why = wording.listing([REASONS.get(reason, reason) for reason in top])
    return f"{text} Others differ because {why}."


def _agreeing(same: int, total: int) -> str:
    """`97 % agree`, `over 99.9 % agree`: nearly all never reads as all."""
    others = total - same
    if not others:
        return "all agree"
    if 0 < same < SMALL_CELL:
        return "under 10 agree"
    if others < SMALL_CELL:
        return "all but under 10 agree"
    if others < _FEW * total:  # not how many: less the others shown, that would tell a hidden one
        return f"over {wording.share(1 - _FEW)} agree"
    return f"{wording.share(same / total)} agree"


def _part(tickets: int, total: int) -> str:
    return wording.share(tickets / total) if tickets >= _FEW * total else wording.plural(tickets, "ticket")
