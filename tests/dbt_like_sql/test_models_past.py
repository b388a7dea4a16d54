"""Tables of a past date know nothing of what came later, though the tickets' own columns do.

The cases are built together, each ticket in a business line of its own; 2026-03-02 is a Monday, the run's date the end
of that week. Every expected value is worked out by hand.
"""

from pathlib import Path

import pytest

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

AS_OF = "2026-03-08 23:59:59"
SOLVED = ("2026-03-03 10:00", "solved", {"actor_kind": "agent"})
REPLY = ("2026-03-03 09:00", "public_reply", {"actor_kind": "agent"})
RATINGS = {"csat_offered": True, "csat_score": "bad", "csat_reason": "Too slow"}


def rated(time, before, after):
    return (time, "rated", {"from_value": before, "to_value": after, "actor_kind": "requester"})


def add_tickets(operation):
    def ticket(name, *events, updated_at="2026-03-09 12:00", **columns):
        columns = {"business_line": name, "status": "closed", "updated_at": updated_at} | columns
        operation.ticket(name, "2026-03-02 09:00", events=[REPLY, *events], **columns)

    ticket("rated in time", SOLVED, rated("2026-03-08 12:00", "offered", "bad"), **RATINGS)
    ticket("rated the day after", SOLVED, rated("2026-03-09 12:00", "offered", "bad"), **RATINGS)
    ticket(
        "thought again the day after",
        SOLVED,
        rated("2026-03-07 12:00", "offered", "good"),
        rated("2026-03-09 12:00", "good", "bad"),
        **RATINGS,
    )
    ticket(
        "asked the day after",
        SOLVED,
        rated("2026-03-09 11:00", None, "offered"),
        rated("2026-03-09 12:00", "offered", "bad"),
        **RATINGS,
    )
    ticket(
        "solved and rated the day after",
        ("2026-03-09 10:00", "solved"),
        rated("2026-03-09 12:00", "offered", "bad"),
        **RATINGS,
    )
    ticket("rated nobody knows when", SOLVED, **RATINGS)
    ticket("rated nobody knows when, but by then", SOLVED, updated_at="2026-03-08 12:00", **RATINGS)

    # A desk that tells of ratings, but not when they were given.
    ticket("no history", SOLVED, source="other desk", **RATINGS)
    ticket("no history, unsolved", source="other desk", **RATINGS)

    moved = {"from_value": "north", "to_value": "experts"}
    escalated = {"group_id": "experts", "is_escalated": True, "status": "open"}
    ticket("moved the day after", ("2026-03-09 12:00", "group_changed", moved), **escalated)
    ticket("moved in time", ("2026-03-08 12:00", "group_changed", moved), **escalated)
    ticket("said to be escalated", source="other desk", is_escalated=True)

    time = {"handle_minutes": 30.0, "reported_replies": 2, "reported_reopens": 0}
    ticket(
        "closed the day after",
        SOLVED,
        ("2026-03-09 12:00", "status_changed", {"actor_kind": "system"}),
        **time,
    )
    ticket("answered the day after", SOLVED, ("2026-03-09 12:00", *REPLY[1:]), **time)
    ticket("unchanged", SOLVED, updated_at="2026-03-03 10:00", **time)


@pytest.fixture(scope="module")
def warehouse(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("csat_weeks", "csat_reasons", "sla_reconciliation")
        operation.group("north", 1)
        operation.group("experts", 2)
        add_tickets(operation)
        operation.build(AS_OF)
        yield opened


def week(warehouse, name):
    found = warehouse.query(
        "select tickets, offered, answered, good, bad from csat_weeks where business_line = ? and vendor = 'all'",
        [name],
    )
    return found.row(0) if found.height else None


def test_a_rating_counts_from_the_day_it_was_given(warehouse):
    assert week(warehouse, "rated in time") == (1, 1, 1, 0, 1)
    assert week(warehouse, "rated the day after") == (1, 1, 0, 0, 0)
    assert week(warehouse, "thought again the day after") == (1, 1, 1, 1, 0)


def test_who_was_asked_later_was_not_asked_yet(warehouse):
    assert week(warehouse, "asked the day after") == (1, 0, 0, 0, 0)


def test_a_ticket_that_was_not_solved_yet_is_in_no_week_of_ratings(warehouse):
    assert week(warehouse, "solved and rated the day after") is None


def test_a_rating_without_its_time_counts_where_the_ticket_has_not_changed_since(warehouse):
    assert week(warehouse, "rated nobody knows when") == (1, 1, 0, 0, 0)
    assert week(warehouse, "rated nobody knows when, but by then") == (1, 1, 1, 0, 1)


def test_a_source_that_never_says_when_it_was_rated_has_the_ratings_of_now_of_what_was_solved_then(warehouse):
    assert week(warehouse, "no history") == (1, 1, 1, 0, 1)
    assert week(warehouse, "no history, unsolved") is None


def test_the_reason_is_that_of_a_rating_given_by_then(warehouse):
    lines = warehouse.query("select business_line from csat_reasons where reason = 'Too slow' order by all")
    assert set(lines["business_line"]) == {
        "all", "rated in time", "rated nobody knows when, but by then", "no history",
    }  # fmt: skip


def test_a_ticket_of_tier_1_is_escalated_once_its_history_says_so(warehouse):
    found = dict(warehouse.query("select ticket_id, is_escalated from ticket_times").rows())
    assert found["moved in time"] is True
    assert found["moved the day after"] is False
    assert found["said to be escalated"] is True


def test_agents_minutes_count_where_no_agent_went_on_with_the_ticket(warehouse):
    found = dict(warehouse.query("select ticket_id, handle_minutes from ticket_times").rows())
    assert found["closed the day after"] == found["unchanged"] == 30
    assert found["answered the day after"] is None


def test_figures_a_source_reports_of_a_ticket_that_changed_since_are_not_compared(warehouse):
    assert set(warehouse.query("select ticket_id from sla_reconciliation")["ticket_id"]) == {"unchanged"}
