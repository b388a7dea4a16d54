"""Event logs and milestones: tickets at their last known state, and the events between their states."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from assets.ingest.contract import TicketEvents
from assets.ingest.map_rows import ASSIGNEE, LOG_ORDER, MILESTONE

_KEY = ["source", "ticket_id"]
_SOLVED = ("solved", "closed")
_CHANGES = {"group_id": "group_changed", "priority": "priority_changed", ASSIGNEE: "assigned"}
_STATUS_KINDS = ("status_changed", "solved", "reopened", "deleted")
_EVENT_COLUMNS = ["source", "ticket_id", "occurred_at", "kind", "from_value", "to_value"]


def latest_states(states: pl.DataFrame) -> pl.DataFrame:
    """The last state of each ticket, without the columns that only order the log."""
    return in_log_order(states).unique(_KEY, keep="last", maintain_order=True)


def in_log_order(states: pl.DataFrame) -> pl.DataFrame:
    """States sorted by ticket and then as the log orders them; equal ones as they came."""
    order = sorted(name for name in states.columns if name.startswith(LOG_ORDER))
    return states.sort([*_KEY, *order], maintain_order=True, nulls_last=False)


def events_of_log(states: pl.DataFrame) -> pl.DataFrame:
    """The events between the states of tickets, as `ticket_events`.

    states: rows of the tickets table, several for a ticket. A `created` at its creation, one event for
    each change of status, group, priority or assignee, and the milestones. Where the log has the time
    of the resolution (milestone `solved`), that time is the one of the last `solved`.
    """
    ordered = in_log_order(states)
    first = ~pl.struct(_KEY).is_first_distinct()
    ordered = ordered.with_columns(first.alias("follows"), pl.int_range(pl.len()).alias("place"))
    changes = [_status_changes(ordered)]
    changes += [
        _column_changes(ordered, column, kind)
        for column, kind in _CHANGES.items()
        if column in ordered.columns
    ]
    last = ordered.unique(_KEY, keep="last", maintain_order=True)
    if f"{MILESTONE}solved" in states.columns:
        changes[0] = _with_resolution_times(changes[0], last)
    log_kinds = ("created", "solved", "deleted")
    others = [frame for kind, frame in _milestones(last) if kind not in log_kinds]
    return _as_events([_created(last), *(change.select(_EVENT_COLUMNS) for change in changes), *others])


def events_of_milestones(tickets: pl.DataFrame) -> pl.DataFrame:
    """The events that tickets' own columns tell: created, the milestones, deleted."""
    deleted = tickets.filter(pl.col("status") == "deleted").select(
        *_KEY,
        pl.col("updated_at").alias("occurred_at"),
        pl.lit("deleted").alias("kind"),
        pl.lit(None, dtype=pl.String).alias("from_value"),
        pl.lit("deleted").alias("to_value"),
    )
    return _as_events([_created(tickets), *(frame for _, frame in _milestones(tickets)), deleted])


def without_companions(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame without the columns that only served to derive events."""
    return frame.select(
        pl.exclude(f"^{_escaped(MILESTONE)}.*$", f"^{_escaped(LOG_ORDER)}.*$", ASSIGNEE, "follows", "place")
    )


def _escaped(prefix: str) -> str:
    return prefix.replace(".", r"\.")


def _created(tickets: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    return tickets.select(
        *_KEY,
        pl.col("created_at").alias("occurred_at"),
        pl.lit("created").alias("kind"),
        nothing.alias("from_value"),
        nothing.alias("to_value"),
    )


def _milestones(tickets: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    made = []
    for column in (name for name in tickets.columns if name.startswith(MILESTONE)):
        kind = column.removeprefix(MILESTONE)
        to_value = pl.col("status") if kind == "solved" else pl.lit(None, dtype=pl.String)
        frame = tickets.filter(pl.col(column).is_not_null()).select(
            *_KEY,
            pl.col(column).alias("occurred_at"),
            pl.lit(kind).alias("kind"),
            pl.lit(None, dtype=pl.String).alias("from_value"),
            pl.when(to_value.is_in(_SOLVED)).then(to_value).alias("to_value"),
        )
        made.append((kind, frame))
    return made


def _column_changes(ordered: pl.DataFrame, column: str, kind: str) -> pl.DataFrame:
    with_before = ordered.with_columns(pl.col(column).shift(1).alias("from_value"))
    return with_before.filter(pl.col("follows") & pl.col(column).ne_missing(pl.col("from_value"))).select(
        *_KEY,
        pl.col("updated_at").alias("occurred_at"),
        pl.lit(kind).alias("kind"),
        "from_value",
        pl.col(column).alias("to_value"),
    )


def _status_changes(ordered: pl.DataFrame) -> pl.DataFrame:
    """One event for each change of status, and for a first state that is already solved or deleted."""
    before = pl.when("follows").then(pl.col("status").shift(1))
    changed = ordered.with_columns(before.alias("from_value"), pl.col("status").alias("to_value")).filter(
        pl.when("follows")
        .then(pl.col("to_value") != pl.col("from_value"))
        .otherwise(pl.col("to_value").is_in([*_SOLVED, "deleted"]))
    )
    was_solved, is_solved = (
        pl.col(name).is_in(_SOLVED).fill_null(False) for name in ("from_value", "to_value")
    )
    kind = (
        pl.when(pl.col("to_value") == "deleted").then(pl.lit("deleted"))
        .when(is_solved & ~was_solved).then(pl.lit("solved"))
        .when(was_solved & ~is_solved).then(pl.lit("reopened"))
        .otherwise(pl.lit("status_changed"))
    )  # fmt: skip
    return changed.select(
        *_KEY,
        pl.col("updated_at").alias("occurred_at"),
        kind.alias("kind"),
        "from_value",
        "to_value",
        "place",
    )


def _with_resolution_times(changes: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """Status changes whose last `solved` has the time of the resolution that the log states.

    A ticket that ends solved or closed without such a time was never resolved: its changes of status are
    mere `status_changed`. So is what the log claims to have been solved or reopened between the stated
    time and the state that shows it. A resolution that no state shows gets an event of its own.
    """
    resolution = pl.col(f"{MILESTONE}solved")
    stated = last.select(*_KEY, resolution.alias("resolved_at"), pl.col("status").alias("final_status"))
    solved = changes.filter(pl.col("kind") == "solved")
    final = solved.group_by(_KEY).agg(pl.col("place").max().alias("last_solved"))
    joined = changes.join(stated, on=_KEY, how="left", maintain_order="left").join(
        final, on=_KEY, how="left", maintain_order="left"
    )
    is_solving = pl.col("kind").is_in(["solved", "reopened"])
    is_last_solved = (pl.col("kind") == "solved") & (pl.col("place") == pl.col("last_solved"))
    never_resolved = is_solving & pl.col("resolved_at").is_null() & pl.col("final_status").is_in(_SOLVED)
    overtaken = (
        is_solving
        & (pl.col("place") < pl.col("last_solved"))
        & (pl.col("occurred_at") > pl.col("resolved_at"))
    )
    timed = joined.with_columns(
        pl.when(never_resolved | overtaken).then(pl.lit("status_changed")).otherwise("kind").alias("kind"),
        pl.when(is_last_solved & pl.col("resolved_at").is_not_null())
        .then("resolved_at").otherwise("occurred_at").alias("occurred_at"),
    )  # fmt: skip
    unseen = stated.filter(pl.col("resolved_at").is_not_null()).join(solved, on=_KEY, how="anti")
    added = unseen.select(
        *_KEY,
        pl.col("resolved_at").alias("occurred_at"),
        pl.lit("solved").alias("kind"),
        pl.lit(None, dtype=pl.String).alias("from_value"),
        pl.when(pl.col("final_status").is_in(_SOLVED)).then("final_status").alias("to_value"),
    )
    return pl.concat([timed.select(_EVENT_COLUMNS), added])


def _as_events(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Parts as `ticket_events`, with ids that are the same whenever the same history is read again.

    Where several changes of one thing share a second (many logs know only minutes), their ids sort in the log's order.
    """
    schema = TicketEvents.create_empty().schema
    types = pl.Schema({name: schema[name] for name in _EVENT_COLUMNS})
    events = pl.concat([part.select(_EVENT_COLUMNS).cast(types) for part in parts])
    second = pl.col("occurred_at").dt.strftime("%Y%m%dT%H%M%S")
    values = (pl.col(name).fill_null("") for name in ("from_value", "to_value"))
    told = pl.concat_str("ticket_id", "kind", second, *values, separator="/")
    changed = pl.when(pl.col("kind").is_in(_STATUS_KINDS)).then(pl.lit("status")).otherwise("kind")
    together = [*_KEY, changed, second]
    nth = pl.int_range(pl.len()).over(together).cast(pl.String).str.zfill(4)
    told_in_order = pl.concat_str("ticket_id", changed, second, nth, separator="/")
    return events.with_columns(
        pl.when(pl.len().over(together) == 1).then(told).otherwise(told_in_order).alias("event_id"),
        pl.lit(None, dtype=pl.String).alias("actor_kind"),
    ).select(list(schema))
