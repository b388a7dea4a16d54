"""Stations, escalation flow and hand-offs by group history; every expected value is worked out by hand."""

import pytest

AS_OF = "2026-04-10 00:00"
# 2026-03-02 is a Monday.


@pytest.fixture
def operation(operation):
    operation.group("front", 1, vendor="North")
    operation.group("back", 2)
    operation.group("south", 1, vendor="South")
    return operation


def moved(ticket_id_time, old, new):
    return (ticket_id_time, "group_changed", {"from_value": old, "to_value": new})


def changed(time, old, new):
    return (time, "status_changed", {"from_value": old, "to_value": new})


def stations(operation):
    warehouse = operation.only("ticket_stations").build(AS_OF)
    return warehouse.query("select * from ticket_stations order by ticket_id, position").to_dicts()


def test_stations_have_the_unsolved_minutes_of_each_group_and_how_the_ticket_came(operation):
    operation.ticket(
        "1",
        "2026-03-02 09:00",
        status="solved",
        group_id="front",
        events=[
            moved("2026-03-02 10:00", "front", "back"),
            changed("2026-03-02 11:00", "open", "hold"),
            changed("2026-03-02 13:00", "hold", "open"),
            moved("2026-03-02 14:00", "back", "front"),
            ("2026-03-02 14:30", "solved", {"from_value": "open", "to_value": "solved"}),
            ("2026-03-02 20:30", "reopened", {"from_value": "solved", "to_value": "open"}),
            moved("2026-03-02 20:40", "front", "south"),
            ("2026-03-02 21:00", "solved", {"from_value": "open", "to_value": "solved"}),
        ],
    )
    found = [
        (row["group_id"], row["came_by"], row["minutes"], row["hold_minutes"]) for row in stations(operation)
    ]
    assert found == [
        ("front", "first", 60, 0),
        ("back", "escalated", 240, 120),
        ("front", "returned", 40, 0),
        ("south", "moved", 20, 0),
    ]


def test_business_minutes_of_a_station_are_those_of_its_groups_hours(operation):
    # Open Monday 9 to 17, UTC.
    hours = {
        "schedule_id": "office",
        "time_zone": "UTC",
        "start_minute": 1440 + 540,
        "end_minute": 1440 + 1020,
    }
    operation.rows["raw.schedules"].append(hours)
    operation.group("office", 1, schedule_id="office")
    operation.ticket(
        "1",
        "2026-03-02 16:00",
        status="solved",
        events=[
            moved("2026-03-02 18:00", "office", "back"),
            ("2026-03-02 19:00", "solved", {"from_value": "open", "to_value": "solved"}),
        ],
    )
    assert [(row["minutes"], row["business_minutes"]) for row in stations(operation)] == [(120, 60), (60, 60)]


def test_a_source_that_never_says_when_it_solves_has_stations_without_minutes(operation):
    operation.ticket("1", "2026-03-02 09:00", events=[moved("2026-03-02 10:00", "front", "back")])
    assert [(row["came_by"], row["minutes"], row["hold_minutes"]) for row in stations(operation)] == [
        ("first", None, None),
        ("escalated", None, None),
    ]


def test_solved_times_without_a_history_of_the_status_give_minutes_and_no_hold(operation):
    operation.ticket(
        "1", "2026-03-02 09:00", status="solved", group_id="front", reported_solved_at="2026-03-02 10:00"
    )
    assert [(row["minutes"], row["hold_minutes"]) for row in stations(operation)] == [(60, None)]


def flow(operation):
    warehouse = operation.only("escalation_flow").build(AS_OF)
    rows = warehouse.query("select * from escalation_flow").to_dicts()
    return {(str(row["week"]), row["business_line"], row["vendor"]): row for row in rows}


def crossing(operation, ticket_id, hours, first="front", **columns):
    """A ticket that moves between its first group and `back` after each number of hours, and is solved after 20."""
    groups = [first, "back"] * len(hours)
    moves = [
        moved(f"2026-03-02 {hour:02d}:00", old, new)
        for hour, old, new in zip(hours, groups, groups[1:], strict=False)
    ]
    solved = ("2026-03-02 20:00", "solved", {"from_value": "open", "to_value": "solved"})
    columns = {"status": "solved", "group_id": first} | columns
    operation.ticket(
        ticket_id, "2026-03-02 00:00", events=[*columns.pop("more", ()), *moves, solved], **columns
    )


def test_the_flow_counts_escalations_returns_and_ping_pong_of_tickets_tier_1_owned_first(operation):
    crossing(operation, "stays", [])
    crossing(operation, "escalated", [4])
    crossing(operation, "returned", [4, 6])
    crossing(operation, "ping pong", [4, 6, 8])
    crossing(operation, "other vendor", [], first="south")
    crossing(operation, "born in tier 2", [], first="back")
    found = flow(operation)
    north = found["2026-03-02", "ecommerce", "North"]
    assert (north["tickets_tier_1"], north["escalated"], north["escalation_rate"]) == (4, 3, 0.75)
    # Wilson with n = 4, as for any three of four.
    assert (north["low"], north["high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert (north["returned"], north["ping_pong"]) == (2, 1)
    # With tier 1: 20, 4, 4 + 14 and 4 + 2 hours; with tier 2: 16, 2 and 2 + 12.
    assert (north["tier_1_minutes_median"], north["tier_1_minutes_mean"]) == (12 * 60, 12 * 60)
    assert (north["tier_2_minutes_median"], north["tier_2_minutes_mean"]) == (14 * 60, 32 / 3 * 60)
    everyone = found["2026-03-02", "all", "all"]
    assert (everyone["tickets_tier_1"], everyone["escalated"]) == (5, 3)
    assert found["2026-03-02", "all", "South"]["escalated"] == 0


def test_a_partner_team_has_what_tier_2_puts_on_hold_or_links_to_an_issue(operation):
    held = [changed("2026-03-02 06:00", "open", "hold"), changed("2026-03-02 09:00", "hold", "open")]
    crossing(operation, "held by tier 2", [4], more=held)
    crossing(operation, "held by tier 1", [], more=held)
    crossing(operation, "linked", [4])
    crossing(operation, "neither", [4])
    operation.rows["raw.issue_links"].append({"source": "desk", "ticket_id": "linked", "issue_id": "7"})
    week = flow(operation)["2026-03-02", "all", "all"]
    assert (week["escalated"], week["to_partner"]) == (3, 2)
    assert (week["partner_hold_minutes_median"], week["partner_hold_minutes_mean"]) == (180, 180)


def test_handoffs_are_counted_by_direction_in_the_last_28_days_and_before(operation):
    crossing(operation, "1", [4, 6, 8])
    crossing(operation, "2", [10])
    operation.ticket(
        "3",
        "2026-03-20 00:00",
        events=[moved("2026-03-20 01:00", "front", "back"), moved("2026-03-20 03:00", "back", "south")],
    )
    rows = operation.only("handoffs").build(AS_OF).query("select * from handoffs order by all").to_dicts()
    assert [tuple(row.values()) for row in rows] == [
        ("before", "back", "2", "inhouse", "front", "1", "North", 1, 1, 120),
        # 4 hours, 2 hours and 10 hours with tier 1 before.
        ("before", "front", "1", "North", "back", "2", "inhouse", 2, 3, 240),
        ("last 28 days", "back", "2", "inhouse", "south", "1", "South", 1, 1, 120),
        ("last 28 days", "front", "1", "North", "back", "2", "inhouse", 1, 1, 60),
    ]


def test_without_a_groups_table_there_is_no_flow_but_there_are_handoffs(operation):
    operation.rows["raw.groups"].clear()
    crossing(operation, "1", [4])
    warehouse = operation.only("escalation_flow", "handoffs").build(AS_OF)
    assert warehouse.rows("escalation_flow") == 0
    found = warehouse.query("select from_group_id, from_tier, to_vendor, handoffs from handoffs").rows()
    assert found == [("front", "unknown", "unknown", 1)]
