"""Our numbers held against the helpdesk's own, ticket by ticket: how many agree, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.privacy import HIDDEN, hide_small_cells, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

SAME = "same"
UNKNOWN = "unknown"
UNMEASURED = "not measured"  # we have no figure
REASONS = {
    "last schedule": "the helpdesk uses a ticket’s last schedule for all its business minutes, we each while it applied",
    "snapshot hour": "the helpdesk’s number was taken at another hour",
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
    keys = ["source", "measure"]
    measured = pl.col("reason") != UNMEASURED
    sums = frame.group_by(keys).agg(total=pl.col("tickets").filter(measured).sum())
    frame = (
        frame.join(sums, on=keys)
        .pipe(hide_small_cells, "tickets", within=[keys])
        .pipe(plain_texts, [*keys, "reason"])
        .sort(*keys, pl.col("tickets").fill_null(0), descending=[False, False, True])
    )
    if not frame.height:
        return None
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
    return Reconciliation(_says(frame), table)


def _measure(own: pl.DataFrame) -> dict[str, object]:
    total = int(own["total"][0])
    same = own.filter(reason=SAME)
    rest = own.filter(~pl.col("reason").is_in([SAME, UNMEASURED]))
    parts = [
        f"{wording.share(row['tickets'] / total)} {row['reason']}"
        for row in rest.iter_rows(named=True)
        if row["tickets"] is not None
    ]
    if rest.height == rest["tickets"].null_count() == 1:
        parts.append("all but under 10 tickets agree")
    elif rest["tickets"].null_count():
        parts.append("under 10 tickets each for other reasons")
    hidden = bool(same.height and same["tickets"][0] is None)
    return {
        "source": own["source"][0],
        "what": _measure_name(own["measure"][0]),
        "tickets": total if total >= 10 else None,
        "same": None if hidden else (same["tickets"][0] / total if same.height else 0.0),
        "because": "; ".join(parts),
        HIDDEN: hidden or total < 10,
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


def _says(frame: pl.DataFrame) -> str:
    """`Of 58,210 numbers that the helpdesk reports itself, 97 % agree with ours. Most others differ because ...`"""
    known = frame.drop_nulls("tickets").filter(pl.col("reason") != UNMEASURED)
    total = int(known["tickets"].sum())
    if not total:
        return "Too few tickets to compare."
    same = int(known.filter(reason=SAME)["tickets"].sum())
    text = (
        f"Of {wording.count(total)} numbers that the source itself reports of its tickets, "
        f"{wording.share(same / total)} agree with ours."
    )
    rest = known.filter(pl.col("reason") != SAME).group_by("reason").agg(pl.col("tickets").sum())
    unknown = int(rest.filter(reason=UNKNOWN)["tickets"].sum())
    if unknown:
        text += f" Of {wording.count(unknown)} we do not know why they differ."
    rest = rest.filter(pl.col("reason") != UNKNOWN)
    if not rest.height:
        return text
    top = rest.sort("tickets", "reason", descending=[True, False])["reason"].to_list()[:2]
    why = wording.listing([REASONS.get(reason, reason) for reason in top])
    return f"{text} Others differ because {why}."
