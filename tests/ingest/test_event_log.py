from datetime import datetime, timedelta

import polars as pl

from assets.ingest.contract import Tickets
from assets.ingest.event_log import events_of_log, events_of_milestones, latest_states

START = datetime(2026, 1, 5, 8)
SCHEMA = Tickets.create_empty().schema


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def log(
    *states: tuple[float, str, str | None], resolved: float | None = None, milestone: bool = False
) -> pl.DataFrame:
    """States of ticket T as (hours after its creation, status, group)."""
    rows = [
        {
            "source": "desk", "ticket_id": "T", "created_at": START, "updated_at": hour(hours), "status": status,
            "group_id": group, "log_order.0": hour(hours), "log_order.1": float(place), "row_number": place,
        }
        for place, (hours, status, group) in enumerate(states)
    ]  # fmt: skip
    extra = {"log_order.0": pl.Datetime("us"), "log_order.1": pl.Float64, "row_number": pl.Int64}
    frame = pl.DataFrame(rows, schema={**SCHEMA, **extra})
    if not milestone:
        return frame
    stated = None if resolved is None else hour(resolved)
    return frame.with_columns(pl.lit(stated, dtype=pl.Datetime("us")).alias("milestone.solved"))


def told(states: pl.DataFrame) -> list[tuple[float, str, str | None, str | None]]:
    """Events as (hours, kind, from, to) in the order they happened."""
    events = events_of_log(states).sort("occurred_at", "kind", maintain_order=True)
    return [
        ((when - START).total_seconds() / 3600, kind, before, after)
        for when, kind, before, after in events.select(
            "occurred_at", "kind", "from_value", "to_value"
        ).iter_rows()
    ]


def test_the_last_state_wins_and_the_events_are_the_differences() -> None:
    states = log(
        (0, "new", "g1"), (1, "open", "g1"), (2, "open", "g2"), (3, "solved", "g2"), (9, "closed", "g2")
    )
    assert latest_states(states).select("status", "group_id").rows() == [("closed", "g2")]
    assert told(states) == [
        (0, "created", None, None),
        (1, "status_changed", "new", "open"),
        (2, "group_changed", "g1", "g2"),
        (3, "solved", "open", "solved"),
        (9, "status_changed", "solved", "closed"),
    ]


def test_states_count_in_their_order_however_they_lie_in_the_file() -> None:
    states = log((0, "new", "g1"), (1, "open", "g1"), (3, "solved", "g1"))
    assert told(states.reverse()) == told(states)
    assert latest_states(states.reverse())["status"].to_list() == ["solved"]


def test_leaving_solved_is_reopened_and_each_change_is_one_event() -> None:
    kinds = [kind for _, kind, _, _ in told(log((1, "solved", None), (2, "open", None), (3, "closed", None)))]
    assert kinds == ["created", "solved", "reopened", "solved"]


def test_a_deleted_ticket_has_one_deleted_event() -> None:
    assert [kind for _, kind, _, _ in told(log((0, "new", None), (2, "deleted", None)))] == [
        "created",
        "deleted",
    ]


def test_the_stated_resolution_is_the_time_of_the_last_solved() -> None:
    states = log((0, "new", None), (5, "solved", None), (9, "closed", None), resolved=4, milestone=True)
    assert told(states)[1:] == [(4, "solved", "new", "solved"), (9, "status_changed", "solved", "closed")]


def test_an_earlier_solved_and_reopened_stay_beside_the_stated_resolution() -> None:
    states = log((1, "solved", None), (2, "open", None), (6, "solved", None), resolved=5, milestone=True)
    assert [(when, kind) for when, kind, _, _ in told(states)] == [
        (0, "created"),
        (1, "solved"),
        (2, "reopened"),
        (5, "solved"),
    ]


def test_a_ticket_closed_without_a_stated_resolution_was_never_solved() -> None:
    states = log((0, "new", None), (5, "closed", None), milestone=True)
    assert [kind for _, kind, _, _ in told(states)] == ["created", "status_changed"]


def test_a_resolution_that_no_state_shows_is_an_event() -> None:
    states = log((0, "new", None), (1, "open", None), resolved=4, milestone=True)
    assert told(states)[-1] == (4, "solved", None, None)


def test_the_same_history_read_again_has_the_same_event_ids() -> None:
    states = log((0, "open", "g1"), (1, "open", "g2"), (1, "open", "g1"), (1, "open", "g2"))
    ids = events_of_log(states)["event_id"]
    assert ids.n_unique() == ids.len() == 4
    assert events_of_log(states)["event_id"].to_list() == ids.to_list()


def test_changes_within_one_minute_sort_by_their_ids_as_the_log_has_them() -> None:
    states = log(
        (0, "open", "g9"), (1, "solved", "g10"), (1, "open", "g2"), (1, "pending", "g10"), (1, "solved", "g1")
    )
    events = events_of_log(states).sort("occurred_at", "event_id")
    groups = events.filter(kind="group_changed")["to_value"].to_list()
    statuses = events.filter(pl.col("kind").is_in(["solved", "reopened", "status_changed"]))[
        "to_value"
    ].to_list()
    assert groups == ["g10", "g2", "g10", "g1"]
    assert statuses == ["solved", "open", "pending", "solved"]


def test_milestones_of_a_plain_ticket_are_events() -> None:
    ticket = log((3, "solved", None), resolved=2, milestone=True)
    events = events_of_milestones(ticket)
    assert events.select("kind", "occurred_at").rows() == [("created", START), ("solved", hour(2))]


def test_a_plain_ticket_that_is_deleted_has_that_event() -> None:
    kinds = events_of_milestones(log((3, "deleted", None), milestone=True))["kind"].to_list()
    assert kinds == ["created", "deleted"]
