"""The price of a bug: what each issue of a partner team has cost in tickets, time, ratings and targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.privacy import (
    SMALL_CELL,
    hide_revealing_rate,
    hide_small_cells,
    hide_small_parts,
    plain_texts,
)
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

SHOWN = 10
RECENT = timedelta(days=28)  # an issue resolved longer ago is told of only where tickets still come
_COLUMNS = (
    Column("issue", "Issue"),
    Column("state", "State", "quote"),
    Column("tickets", "Tickets", "count", "Linked to the issue."),
    Column("hours", "Agent time", "hours", "Spent on these tickets."),
    Column("csat_points", "CSAT points", "signed", "CSAT against that of tickets alike in other ways."),
    Column("csat_points_low", "Likely", "signed", "With 95 % confidence.", until="csat_points_high"),
    Column("sla_breaches", "Targets broken", "count"),
    Column("waiting_now", "Still waiting", "count", "Linked tickets that are open now."),
    Column(
        "tickets_after_resolved", "After the fix", "count", "Linked tickets created after it was resolved."
    ),
)


_ISSUE = ["issue_id", "issue_key"]  # links name an issue by its id, which two trackers may both have


@dataclass(frozen=True)
class IssuePrices:
    """The section: a sentence on the dearest issue, the table, and how long each issue was in each status."""

    says: str
    table: PublishedTable
    statuses: PublishedTable | None


def read_issue_prices(snapshot: Snapshot, scope: Scope, data: DataFolder) -> IssuePrices | None:
    """The section as of now; publishes `issue_costs` and `issue_status_minutes`.

    None where no issue is linked, or for a past week.
    """
    if not scope.is_latest:
        return None
    frame = snapshot.table("issue_costs").filter(pl.col("tickets") >= SMALL_CELL)
    if not frame.height:
        return None
    known = {name for name in frame.columns if frame[name].count()} | {"issue", "state", "hours"}
    frame = _hidden(frame)
    stays = _stays(snapshot, frame)
    by_issue = stays.partition_by(_ISSUE, as_dict=True, maintain_order=True)
    rows = [
        {
            "issue": row["issue_key"] or row["issue_id"],
            "state": _state(row, by_issue.get((row["issue_id"], row["issue_key"]), stays.clear()), scope),
        }
        for row in frame.iter_rows(named=True)
    ]
    told = pl.DataFrame(rows, schema={"issue": pl.String, "state": pl.String})
    frame = frame.hstack(told).sort(
        _is_current(scope), pl.col("hours").fill_null(0), "issue", descending=[True, True, False]
    )
    current = int(frame.select(_is_current(scope).sum()).item())
    shown = min(max(current, 1), SHOWN)
    columns = tuple(column for column in _COLUMNS if column.name in known)
    table = PublishedTable("issue_costs", "What each issue has cost", frame, columns, shown=shown)
    statuses = PublishedTable("issue_status_minutes", "How long each issue was in each status", stays)
    return IssuePrices(
        says=_says(frame.row(0, named=True), is_current=current > 0),
        table=data.publish(table),
        statuses=data.publish(statuses) if stays.height else None,
    )


def _stays(snapshot: Snapshot, issues: pl.DataFrame) -> pl.DataFrame:
    """The time in each status of the issues told of: the present one first, then those before, the longest first."""
    stays = snapshot.table("issue_status_minutes").pipe(plain_texts, [*_ISSUE, "team", "status"])
    return stays.join(issues, on=_ISSUE, how="semi", nulls_equal=True).sort(
        "issue_id", "is_now", "minutes", "status", descending=[False, True, True, False]
    )


def _hidden(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(pl.col("tickets_after_resolved").fill_null(0))
    for count in ("waiting_now", "tickets_after_resolved"):
        frame = hide_small_parts(frame, count, "tickets")
    frame = hide_small_cells(frame, "sla_breaches", dependents=["breach_minutes"])
    frame = frame.with_columns(
        csat=pl.when(pl.col("csat_rated") > 0).then(pl.col("csat_good") / pl.col("csat_rated")),
        hours=pl.col("handle_minutes") / 60,
    )
    points = ("csat_points", "csat_points_low", "csat_points_high")
    frame = hide_small_cells(frame, "csat_rated", dependents=("csat", "csat_good", *points))
    frame = hide_revealing_rate(frame, "csat", "csat_rated", dependents=("csat_good", *points))
    frame = hide_small_cells(frame, "csat_matched", dependents=points)
    return frame.with_columns(breach_hours=pl.col("breach_minutes") / 60).pipe(
        plain_texts, ["issue_id", "issue_key", "team", "summary", "status"]
    )


def _is_current(scope: Scope) -> pl.Expr:
    if scope.as_of is None:
        return pl.col("resolved_at").is_null()
    return pl.col("resolved_at").is_null() | (pl.col("resolved_at") >= scope.as_of - RECENT)


def _state(row: dict[str, Any], stays: pl.DataFrame, scope: Scope) -> str:
    """`Card declined, Payments, In Review for 6.2 days (before: In Progress 19 days), open for 25 days`.

    And whether it came back after the fix. stays: the issue's time in each status, as of `_stays`.
    """
    parts = [part for part in (row["summary"], row["team"], _statuses(row, stays)) if part]
    if row["resolved_at"] is not None:
        parts.append(f"resolved {scope.day_of(row['resolved_at'])}")
    elif row["created_at"] is not None and scope.as_of is not None:
        parts.append(f"open for {wording.plural((scope.as_of - row['created_at']).days, 'day')}")
    if row["is_reopened_after_fix"]:
        parts.append("reopened after the fix")
    return ", ".join(parts)


def _statuses(row: dict[str, Any], stays: pl.DataFrame) -> str:
    """`In Review for 6.2 days (before: In Progress 19 days, To Do 6.2 days)`; of a resolved issue only what was before."""
    text = wording.readable(row["status"] or "")
    now = stays.filter("is_now")
    if now.height and row["resolved_at"] is None:
        text += f" for {wording.minutes(now['minutes'][0])}" + (" in all" if now["stays"][0] > 1 else "")
    before = [
        f"{wording.readable(stay['status'])} {wording.minutes(stay['minutes'])}"
        for stay in stays.filter(~pl.col("is_now")).iter_rows(named=True)
    ]
    return f"{text} (before: {', '.join(before)})" if before else text


def _says(row: dict[str, Any], *, is_current: bool) -> str:
    """`Of the issues open or resolved in the last four weeks, PAY-101 has cost the most: 118 h on 412 tickets; ...`"""
    hours = f"{wording.hours(row['hours'])} on " if row["hours"] is not None else ""
    of = "Of the issues open or resolved in the last four weeks, " if is_current else ""
    text = f"{of}{row['issue']} has cost the most: {hours}{wording.plural(row['tickets'], 'ticket')}"
    if row["waiting_now"]:
        text += f"; {wording.plural(row['waiting_now'], 'customer')} still {'waits' if row['waiting_now'] == 1 else 'wait'}"
    return f"{text}."
