"""The history of a ticket must hang together, and its state follow from it."""

from datetime import datetime

import numpy as np
import polars as pl

from models.simulation import Operation
from models.simulation.event_log import EventLog, state

STATUS_KINDS = ["created", "status_changed", "solved", "reopened", "deleted"]


def test_an_event_is_kept_up_to_the_end_and_until_the_ticket_is_deleted() -> None:
    # Ticket 0 lives on, ticket 1 is deleted at minute 5, ticket 2 is solved after the end.
    log = EventLog(end=100.0, deleted=np.array([np.nan, 5.0, np.nan]))
    log.add("created", np.array([0.0, 1.0, 50.0]), "requester", None, "new")
    log.add("solved", np.array([10.0, 20.0, 120.0]), "agent", "open", "solved")
    log.add("deleted", log.deleted, "agent")
    frame = log.frame(0, pl.Series(["a", "b", "c"]))
    assert frame.select("ticket_id", "kind").rows() == [
        ("a", "created"), ("a", "solved"), ("b", "created"), ("b", "deleted"), ("c", "created"),
    ]  # fmt: skip
    assert frame["occurred_at"][1] == datetime(1970, 1, 1, 0, 10)
    now = state(log, 3)
    assert now.status.to_list() == ["solved", "deleted", "new"]
    assert now.updated.tolist() == [600, 300, 3000]


def test_every_ticket_begins_with_one_created_event_at_its_creation(operation: Operation) -> None:
    tickets, events = operation.tables["tickets"], operation.tables["ticket_events"]
    created = events.filter(kind="created").join(tickets, on="ticket_id")
    assert created.height == tickets.height == created["ticket_id"].n_unique()
    assert (created["occurred_at"] == created["created_at"]).all()
    first = events.group_by("ticket_id", maintain_order=True).first()
    assert (first["kind"] == "created").all()


def test_events_are_in_order_of_time(operation: Operation) -> None:
    events = operation.tables["ticket_events"]
    seconds = events.select(pl.col("occurred_at").diff().over("ticket_id").dt.total_seconds()).to_series()
    assert seconds.drop_nulls().ge(0).all()


def test_each_change_of_status_starts_from_the_status_before(operation: Operation) -> None:
    events = operation.tables["ticket_events"].filter(
        pl.col("kind").is_in(STATUS_KINDS), pl.col("kind") != "deleted"
    )
    after_first = events.with_columns(before=pl.col("to_value").shift().over("ticket_id")).filter(
        pl.col("kind") != "created"
    )
    assert (after_first["before"] == after_first["from_value"]).all()


def test_a_ticket_stands_where_its_last_event_left_it(operation: Operation) -> None:
    tickets, events = operation.tables["tickets"], operation.tables["ticket_events"]
    last = (
        events.filter(pl.col("kind").is_in(STATUS_KINDS))
        .with_columns(status_then=pl.when(kind="deleted").then(pl.lit("deleted")).otherwise("to_value"))
        .group_by("ticket_id", maintain_order=True)
        .last()
    )
    joined = tickets.join(last.select("ticket_id", "status_then"), on="ticket_id")
    assert (joined["status"] == joined["status_then"]).all()
    newest = events.group_by("ticket_id").agg(pl.col("occurred_at").max())
    assert (
        (tickets.join(newest, on="ticket_id").select(pl.col("updated_at") == pl.col("occurred_at")))
        .to_series()
        .all()
    )


def test_escalated_tickets_move_from_tier_1_to_tier_2(operation: Operation) -> None:
    tier = operation.tables["groups"].select("group_id", "tier")
    moves = operation.tables["ticket_events"].filter(kind="escalated")
    moves = moves.join(tier, left_on="from_value", right_on="group_id").join(
        tier, left_on="to_value", right_on="group_id"
    )
    assert (moves["tier"] == 1).all()
    assert (moves["tier_right"] == 2).all()
    escalated = operation.tables["tickets"].filter("is_escalated")
    assert set(escalated["ticket_id"]) == set(moves["ticket_id"])
    assert 0.10 < escalated.height / operation.tables["tickets"].height < 0.16


def test_open_tickets_are_left_at_the_end(operation: Operation) -> None:
    status = operation.tables["tickets"].tail(300)["status"]
    assert {"open", "solved"} <= set(status)
    assert operation.tables["tickets"].head(9000)["status"].is_in(["closed", "deleted"]).mean() > 0.98  # type: ignore[operator]


def test_reported_figures_agree_with_the_events(operation: Operation) -> None:
    events = operation.tables["ticket_events"]
    by_agent = events.filter(kind="public_reply", actor_kind="agent").group_by("ticket_id")
    replies = by_agent.agg(pl.len().alias("replies"), pl.col("occurred_at").min().alias("first"))
    joined = operation.tables["tickets"].join(replies, on="ticket_id")
    assert (joined["replies"] == joined["reported_replies"]).all()
    minutes = (joined["first"] - joined["created_at"]).dt.total_seconds() / 60
    assert (minutes - joined["reported_first_reply_minutes"]).abs().max() < 0.2  # type: ignore[operator]
