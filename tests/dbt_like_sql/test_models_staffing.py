"""What the staffing plan measures of the teams, worked out by hand."""

from datetime import datetime

import pytest

from assets.staffing import DELAY, HANDLE, MIX, SHARES, STAFFING, WAITING


@pytest.fixture
def warehouse(operation):
    operation.only(
        "ticket_groups", "ticket_times", "stg_groups", "stg_staffing", "stg_ticket_events", "stg_account"
    )
    operation.group("first", 1, vendor="Bluefin", schedule_id="day")
    operation.group("second", 2)
    moved = ("2026-03-02 11:00", "group_changed", {"from_value": "first", "to_value": "second"})
    reply = {"actor_kind": "agent"}
    solved = ("2026-03-02 15:00", "solved", {"from_value": "open", "to_value": "solved"})
    plain = {"group_id": "first", "priority": "low"}
    operation.ticket(
        "solved", "2026-03-02 09:00", status="solved", handle_minutes=10.0, events=[solved], **plain
    )
    operation.ticket(
        "escalated", "2026-03-02 09:00", status="solved", handle_minutes=34.0, group_id="second",
        events=[("2026-03-02 09:30", "public_reply", reply), moved, solved],
    )  # fmt: skip
    operation.ticket("waiting", "2026-03-02 20:00", **plain)
    operation.ticket("chat", "2026-03-02 20:00", channel="chat", **plain)
    operation.ticket(
        "answered", "2026-03-02 09:00", events=[("2026-03-02 10:00", "public_reply", reply)], **plain
    )
    operation.ticket(
        "waits at tier 2", "2026-03-02 09:00", group_id="second",
        events=[("2026-03-02 09:30", "public_reply", reply), moved],
    )  # fmt: skip
    operation.rows["raw.staffing"].append(
        {
            "tier": 1,
            "vendor": "Bluefin",
            "people": 3,
            "hours_week": 40.0,
            "valid_from": datetime(2026, 1, 1, 23),
        }
    )
    return operation.build("2026-03-03 00:00", time_zone="Europe/Berlin")


def test_the_teams_are_measured_by_the_tickets_they_had(warehouse):
    assert warehouse.query(SHARES).rows() == [
        ("ecommerce", "1", "Bluefin", "day", 6.0),
        ("ecommerce", "2", "inhouse", None, 2.0),
    ]
    # What an escalated ticket takes beyond the others is tier 2's.
    assert warehouse.query(HANDLE).rows() == [
        ("ecommerce", "1", False, 10.0),
        ("ecommerce", "2", False, 24.0),
    ]
    # A ticket waits until its tier has answered; on the account's clock.
    assert warehouse.query(WAITING).rows() == [
        ("ecommerce", "1", datetime(2026, 3, 2, 21)),
        ("ecommerce", "1", datetime(2026, 3, 2, 21)),
        ("ecommerce", "2", datetime(2026, 3, 2, 12)),
    ]
    assert warehouse.query(DELAY).item() == pytest.approx(1.5)
    mix = {(channel, priority): tickets for _, channel, priority, tickets in warehouse.query(MIX).rows()}
    assert mix == {("chat", "low"): 1.0, ("email", "low"): 3.0, ("email", None): 2.0}
    row = warehouse.query(STAFFING).row(0, named=True)
    assert (row["people"], str(row["valid_from"]), row["valid_to"]) == (3, "2026-01-02", None)
