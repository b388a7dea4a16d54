"""Stations, escalation flow and hand-offs by group history; every expected value is worked out by hand.

The cases are built together, each in a business line of its own. 2026-03-02 is a Monday.
"""

from itertools import pairwise
from pathlib import Path

import pytest

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

AS_OF = "2026-04-10 00:00"


def moved(time, old, new):
    return (time, "group_changed", {"from_value": old, "to_value": new})


def changed(time, old, new, kind="status_changed"):
    return (time, kind, {"from_value": old, "to_value": new})


def crossing(operation, line, name, hours=(), first="front", more=()):
    """A ticket that moves between its first group and `back` after each number of hours, and is solved after 20."""
    groups = pairwise([first, "back"] * (len(hours) + 1))
    moves = [moved(f"2026-03-02 {hour:02d}:00", *pair) for hour, pair in zip(hours, groups, strict=False)]
    solved = changed("2026-03-02 20:00", "open", "solved", "solved")
    columns = {"business_line": line, "status": "solved", "group_id": first}
    operation.ticket(f"{line} {name}", "2026-03-02 00:00", events=[*more, *moves, solved], **columns)


def add_tickets(operation):
    operation.ticket(
        "to and fro", "2026-03-02 09:00", business_line="stations", status="solved", group_id="front",
        events=[
            moved("2026-03-02 10:00", "front", "back"),
            changed("2026-03-02 11:00", "open", "hold"),
            changed("2026-03-02 13:00", "hold", "open"),
            moved("2026-03-02 14:00", "back", "front"),
            changed("2026-03-02 14:30", "open", "solved", "solved"),
            changed("2026-03-02 20:30", "solved", "open", "reopened"),
            moved("2026-03-02 20:40", "front", "south"),
            changed("2026-03-02 21:00", "open", "solved", "solved"),
        ],
    )  # fmt: skip
    # The office is open on Monday from 9 to 17; its group without hours is always open.
    operation.ticket(
        "hours", "2026-03-02 16:00", business_line="hours", status="solved",
        events=[moved("2026-03-02 18:00", "office", "back"), changed("2026-03-02 19:00", "open", "solved", "solved")],
    )  # fmt: skip
    never = {"source": "form", "business_line": "never solves"}
    operation.ticket("form", "2026-03-02 09:00", **never, events=[moved("2026-03-02 10:00", "front", "back")])
    times = {"source": "times", "business_line": "solved times", "reported_solved_at": "2026-03-02 10:00"}
    operation.ticket("times", "2026-03-02 09:00", **times, status="solved", group_id="front")

    crossing(operation, "flow", "stays")
    crossing(operation, "flow", "escalated", [4])
    crossing(operation, "flow", "returned", [4, 6])
    crossing(operation, "flow", "ping pong", [4, 6, 8])
    crossing(operation, "flow", "other vendor", first="south")
    crossing(operation, "flow", "born in tier 2", first="back")

    held = [changed("2026-03-02 06:00", "open", "hold"), changed("2026-03-02 09:00", "hold", "open")]
    crossing(operation, "partner", "held by tier 2", [4], more=held)
    crossing(operation, "partner", "held by tier 1", more=held)
    crossing(operation, "partner", "linked", [4])
    crossing(operation, "partner", "neither", [4])
    crossing(operation, "partner", "linked by tier 1")
    for name in ("linked", "linked by tier 1"):
        link = {"source": "desk", "ticket_id": f"partner {name}", "issue_id": "7"}
        operation.rows["raw.issue_links"].append(link)

    handed = [moved("2026-03-20 01:00", "east", "west"), moved("2026-03-20 03:00", "west", "nowhere")]
    operation.ticket("handed", "2026-03-20 00:00", events=handed)
    for name, hour in (("early", 2), ("late", 6)):
        operation.ticket(
            name, "2026-03-03 00:00", events=[moved(f"2026-03-03 {hour:02d}:00", "east", "west")]
        )
    back = [moved("2026-03-04 01:00", "east", "west"), moved("2026-03-04 02:00", "west", "east"),
            moved("2026-03-04 05:00", "east", "west")]  # fmt: skip
    operation.ticket("twice", "2026-03-04 00:00", events=back)


@pytest.fixture(scope="module")
def warehouse(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("escalation_flow", "handoffs")
        operation.group("front", 1, vendor="North")
        operation.group("south", 1, vendor="South")
        operation.group("back", 2)
        operation.group("office", 1, schedule_id="office")
        operation.group("east", 1, vendor="East")
        operation.group("west", 2, vendor="West")
        hours = {"start_minute": 1440 + 540, "end_minute": 1440 + 1020}
        operation.rows["raw.schedules"].append({"schedule_id": "office", "time_zone": "UTC"} | hours)
        add_tickets(operation)
        operation.build(AS_OF)
        yield opened


def stations(warehouse, ticket_id, *columns):
    return warehouse.query(
        f"select {', '.join(columns)} from ticket_stations where ticket_id = ? order by position", [ticket_id]
    ).rows()


def test_stations_have_the_unsolved_minutes_of_each_group_and_how_the_ticket_came(warehouse):
    assert stations(warehouse, "to and fro", "group_id", "came_by", "minutes", "hold_minutes") == [
        ("front", "first", 60, 0),
        ("back", "escalated", 240, 120),
        ("front", "returned", 40, 0),
        ("south", "moved", 20, 0),
    ]


def test_business_minutes_of_a_station_are_those_of_its_groups_hours(warehouse):
    assert stations(warehouse, "hours", "minutes", "business_minutes") == [(120, 60), (60, 60)]


def test_a_source_that_never_says_when_it_solves_has_stations_without_minutes(warehouse):
    assert stations(warehouse, "form", "came_by", "minutes", "hold_minutes") == [
        ("first", None, None),
        ("escalated", None, None),
    ]


def test_solved_times_without_a_history_of_the_status_give_minutes_and_no_hold(warehouse):
    assert stations(warehouse, "times", "minutes", "hold_minutes") == [(60, None)]


def flow(warehouse, line, vendor="all"):
    found = warehouse.query(
        "select * from escalation_flow where business_line = ? and vendor = ?", [line, vendor]
    )
    return found.row(0, named=True)


def test_the_flow_counts_escalations_returns_and_ping_pong_of_tickets_tier_1_owned_first(warehouse):
    north = flow(warehouse, "flow", "North")
    assert (north["tickets_tier_1"], north["escalated"], north["escalation_rate"]) == (4, 3, 0.75)
    # Wilson with n = 4: (0.75 + 0.4802) / 1.9604 -+ 0.3269.
    assert (north["low"], north["high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert (north["returned"], north["ping_pong"]) == (2, 1)
    # With tier 1: 20, 4, 4 + 14 and 4 + 2 hours; with tier 2: 16, 2 and 2 + 12.
    assert (north["tier_1_minutes_median"], north["tier_1_minutes_mean"]) == (12 * 60, 12 * 60)
    assert (north["tier_2_minutes_median"], north["tier_2_minutes_mean"]) == (14 * 60, 32 / 3 * 60)
    everyone = flow(warehouse, "flow")
    assert (everyone["tickets_tier_1"], everyone["escalated"]) == (5, 3)
    assert flow(warehouse, "flow", "South")["escalated"] == 0


def test_a_partner_team_has_what_tier_2_puts_on_hold_or_anyone_links_to_an_issue(warehouse):
    week = flow(warehouse, "partner")
    assert (week["escalated"], week["to_partner"]) == (3, 3)
    assert (week["partner_hold_minutes_median"], week["partner_hold_minutes_mean"]) == (180, 180)


def test_handoffs_are_counted_by_direction_in_the_last_28_days_and_before(warehouse):
    found = warehouse.query(
        "select * from handoffs where 'east' in (from_group_id, to_group_id) or to_group_id = 'nowhere' order by all"
    )
    assert found.rows() == [
        # Before: after 2, 6, 1 and 3 hours with tier 1. The last one of `twice` had come back.
        ("before", "east", "1", "East", "west", "2", "West", 3, 4, 150),
        ("before", "west", "2", "West", "east", "1", "East", 1, 1, 60),
        ("last 28 days", "east", "1", "East", "west", "2", "West", 1, 1, 60),
        ("last 28 days", "west", "2", "West", "nowhere", "unknown", "unknown", 1, 1, 120),
    ]


def test_tickets_of_groups_that_the_groups_table_does_not_have_are_in_no_flow(warehouse):
    assert warehouse.query("select count(*) from escalation_flow where vendor = 'unknown'").item() == 0
