"""When tickets are answered, solved, reopened and handed over; worked out by hand."""

from datetime import datetime

import pytest

AGENT = {"actor_kind": "agent"}
REQUESTER = {"actor_kind": "requester"}


@pytest.fixture
def operation(operation):
    return operation.only(
        "ticket_times", "ticket_groups", "daily_backlog", "escalations", "ticket_attributes"
    )


def times_of(warehouse, ticket_id):
    rows = warehouse.query("select * from ticket_times where ticket_id = ?", [ticket_id]).to_dicts()
    assert len(rows) == 1
    return rows[0]


def owners_of(warehouse, ticket_id):
    sql = "select group_id, tier, vendor, owned_from, is_escalation from ticket_groups where ticket_id = ? order by position"
    return warehouse.query(sql, [ticket_id]).rows()


def test_reply_and_resolution_are_minutes_from_the_creation(operation):
    operation.ticket(
        "1",
        "2026-03-02 09:00",
        status="closed",
        events=[
            ("2026-03-02 09:00", "created", REQUESTER),
            ("2026-03-02 09:05", "public_reply", {"actor_kind": "system"}),
            ("2026-03-02 09:10", "internal_note", AGENT),
            ("2026-03-02 09:20", "public_reply", REQUESTER),
            ("2026-03-02 09:30", "public_reply", AGENT),
            ("2026-03-02 10:00:30", "public_reply", AGENT),
            ("2026-03-02 10:00:30", "solved", {"from_value": "open", "to_value": "solved"}),
            ("2026-03-06 10:00", "status_changed", {"from_value": "solved", "to_value": "closed"}),
        ],
    )
    times = times_of(operation.build("2026-03-09"), "1")
    assert times["first_reply_minutes"] == 30
    assert times["touches"] == 2
    assert times["first_resolution_minutes"] == times["full_resolution_minutes"] == 60.5
    assert times["reopens"] == 0
    assert not times["is_open"]


def test_a_reopened_ticket_has_a_first_but_no_full_resolution_until_it_is_solved_again(operation):
    solved_once = [("2026-03-02 10:00", "solved"), ("2026-03-02 11:00", "reopened")]
    operation.ticket("open again", "2026-03-02 09:00", events=solved_once)
    solved_twice = [*solved_once, ("2026-03-02 12:00", "solved")]
    operation.ticket("solved again", "2026-03-02 09:00", status="solved", events=solved_twice)
    warehouse = operation.build("2026-03-09")

    times = times_of(warehouse, "open again")
    assert (times["first_resolution_minutes"], times["full_resolution_minutes"]) == (60, None)
    assert (times["reopens"], times["solved_at"], times["is_open"]) == (0, None, True)
    times = times_of(warehouse, "solved again")
    assert (times["first_resolution_minutes"], times["full_resolution_minutes"]) == (60, 180)
    assert (times["reopens"], times["solved_at"]) == (1, datetime(2026, 3, 2, 12))


def test_solving_and_reopening_in_one_update_does_not_count(operation):
    events = [
        ("2026-03-02 10:00", "solved"),
        ("2026-03-02 10:00", "reopened"),
        ("2026-03-02 12:00", "solved"),
    ]
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=events)
    times = times_of(operation.build("2026-03-09"), "1")
    assert (times["reopens"], times["first_resolution_minutes"]) == (0, 180)


def test_a_second_solved_event_without_a_reopening_changes_nothing(operation):
    events = [("2026-03-02 10:00", "solved"), ("2026-03-04 10:00", "solved")]
    operation.ticket("1", "2026-03-02 09:00", status="closed", events=events)
    warehouse = operation.build("2026-03-09")
    assert times_of(warehouse, "1")["full_resolution_minutes"] == 60
    assert warehouse.query("select sum(solved) as solved from daily_backlog").item() == 1


@pytest.mark.parametrize(
    ("replies", "minutes"),
    [
        (["2026-03-02 09:00", "2026-03-02 09:40"], 40),  # the comment it was created with, then an answer
        (["2026-03-02 09:00"], None),
        (["2026-03-02 09:15"], 15),  # created without a public comment
    ],
)
def test_the_first_comment_of_a_ticket_an_agent_created_is_no_reply(operation, replies, minutes):
    created = ("2026-03-02 09:00", "created", AGENT)
    operation.ticket(
        "1", "2026-03-02 09:00", events=[created, *((at, "public_reply", AGENT) for at in replies)]
    )
    assert times_of(operation.build("2026-03-09"), "1")["first_reply_minutes"] == minutes


def test_a_reply_at_the_creation_of_a_requesters_ticket_counts(operation):
    events = [("2026-03-02 09:00", "created", REQUESTER), ("2026-03-02 09:00", "public_reply", AGENT)]
    operation.ticket("1", "2026-03-02 09:00", events=events)
    assert times_of(operation.build("2026-03-09"), "1")["first_reply_minutes"] == 0


def test_a_source_without_events_has_no_times_but_its_status_says_what_is_open(operation):
    operation.ticket("1", "2026-03-02 09:00", status="solved", reported_solved_at="2026-03-02 12:00")
    operation.ticket("2", "2026-03-02 09:00", status="pending")
    warehouse = operation.build("2026-03-09")
    times = times_of(warehouse, "1")
    unknown = (
        "first_reply_minutes",
        "first_resolution_minutes",
        "full_resolution_minutes",
        "reopens",
        "touches",
    )
    assert [times[name] for name in unknown] == [None] * 5
    assert not times["is_open"]
    assert times_of(warehouse, "2")["is_open"]


def test_a_change_after_the_as_of_time_has_not_happened(operation):
    solved = {"status": "solved", "updated_at": "2026-03-04 09:00"}
    operation.ticket("1", "2026-03-02 09:00", **solved, events=[("2026-03-04 09:00", "solved")])
    operation.ticket("2", "2026-03-05 09:00")
    warehouse = operation.build("2026-03-03")
    assert times_of(warehouse, "1")["is_open"]
    assert warehouse.rows("ticket_times") == 1


def test_a_change_recorded_before_the_creation_counts_at_the_creation(operation):
    events = [("2026-03-02 08:59", "public_reply", AGENT), ("2026-03-02 08:59", "solved")]
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=events)
    times = times_of(operation.build("2026-03-09"), "1")
    assert (times["first_reply_minutes"], times["full_resolution_minutes"]) == (0, 0)


def test_a_ticket_assigned_to_three_agents_was_reassigned_twice(operation):
    hands = [(f"2026-03-02 1{hour}:00", "assigned", {"to_value": f"agent {hour}"}) for hour in range(3)]
    operation.ticket("1", "2026-03-02 09:00", events=hands)
    operation.ticket("2", "2026-03-02 09:00")
    warehouse = operation.build("2026-03-09")
    assert times_of(warehouse, "1")["reassignments"] == 2
    assert times_of(warehouse, "2")["reassignments"] == 0


def test_without_a_history_of_assignments_no_reassignments_are_told(operation):
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=[("2026-03-02 10:00", "solved")])
    assert times_of(operation.build("2026-03-09"), "1")["reassignments"] is None


def test_escalation_is_read_from_the_group_history_with_the_tiers_of_the_time(operation):
    operation.group("front", 1, valid_to="2026-03-05", vendor="north")
    operation.group("front", 2, valid_from="2026-03-05", vendor="south")
    operation.group("back", 2)
    move = ("2026-03-03 10:00", "group_changed", {"from_value": "front", "to_value": "back"})
    operation.ticket("escalated", "2026-03-03 09:00", group_id="back", events=[move])
    late = ("2026-03-06 10:00", "group_changed", {"from_value": "front", "to_value": "back"})
    operation.ticket("between equals", "2026-03-06 09:00", group_id="back", events=[late])
    operation.ticket("never moved", "2026-03-03 09:00", group_id="front")
    warehouse = operation.build("2026-03-09")

    times = times_of(warehouse, "escalated")
    assert (times["first_group_id"], times["first_tier"], times["first_vendor"]) == ("front", 1, "north")
    assert times["escalated_at"] == datetime(2026, 3, 3, 10)
    assert (times["escalated_to_group_id"], times["is_escalated"]) == ("back", True)
    assert owners_of(warehouse, "escalated") == [
        ("front", 1, "north", datetime(2026, 3, 3, 9), False),
        ("back", 2, "inhouse", datetime(2026, 3, 3, 10), True),
    ]
    times = times_of(warehouse, "between equals")
    assert (times["first_tier"], times["first_vendor"], times["is_escalated"]) == (2, "south", False)
    times = times_of(warehouse, "never moved")
    assert (times["first_group_id"], times["first_tier"], times["is_escalated"]) == ("front", 1, False)


def test_the_first_owner_is_the_group_the_ticket_was_routed_to_not_the_one_it_has_now(operation):
    operation.group("front", 1)
    operation.group("back", 2)
    routed = ("2026-03-02 09:01", "group_changed", {"to_value": "front"})
    moved = ("2026-03-02 11:00", "group_changed", {"from_value": "front", "to_value": "back"})
    operation.ticket("1", "2026-03-02 09:00", group_id="back", events=[routed, moved])
    warehouse = operation.build("2026-03-09")
    assert times_of(warehouse, "1")["first_group_id"] == "front"
    assert [owner[0] for owner in owners_of(warehouse, "1")] == ["front", "back"]


def test_escalations_are_the_escalated_tickets_with_text_or_all_where_nobody_says(operation):
    for source, flags in {"says": (True, False), "silent": (None, None)}.items():
        for number, flag in enumerate(flags):
            operation.ticket(
                f"{source} {number}", "2026-03-02", source=source, is_escalated=flag, body="card declined"
            )
    operation.ticket("no text", "2026-03-02", source="silent", body=" ")
    operation.ticket("deleted", "2026-03-02", source="silent", body="card declined", status="deleted")
    warehouse = operation.build("2026-03-09")
    found = warehouse.query("select ticket_id from escalations order by ticket_id")["ticket_id"].to_list()
    assert found == ["says 0", "silent 0", "silent 1"]


def test_attributes_are_the_sources_own_and_the_tickets_dimensions(operation):
    attributes = [{"key": "payment_method", "value": "wallet"}, {"key": "app_version", "value": None}]
    operation.ticket("1", "2026-03-02", region="eu", attributes=attributes)
    warehouse = operation.build("2026-03-09")
    assert dict(warehouse.query("select attribute, value from ticket_attributes").rows()) == {
        "payment_method": "wallet",
        "business_line": "ecommerce",
        "user_type": "unknown",
        "region": "eu",
        "channel": "email",
    }
