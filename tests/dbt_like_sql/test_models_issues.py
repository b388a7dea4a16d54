"""The price of a bug and a partner team's time in each status; every expected value is worked out by hand."""

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation, moment

AS_OF = "2026-03-12 00:00"


def add_issue(operation, issue_id, status="To Do", category="to_do", resolved=None, moves=(), source="jira"):
    """An issue created on 2 March; `moves` are (time, field, from, to)."""
    operation.rows["raw.issues"].append(
        {
            "source": source,
            "issue_id": issue_id,
            "issue_key": f"PAY-{issue_id}",
            "team": "Payments",
            "status": status,
            "status_category": category,
            "created_at": moment("2026-03-02 00:00"),
            "updated_at": moment("2026-03-02 00:00"),
            "resolved_at": moment(resolved) if resolved else None,
        }
    )
    for time, field, old, new in moves:
        number = len(operation.rows["raw.issue_transitions"])
        operation.rows["raw.issue_transitions"].append(
            {
                "source": source,
                "transition_id": f"m{number}",
                "issue_id": issue_id,
                "occurred_at": moment(time),
                "field": field,
                "from_value": old,
                "to_value": new,
            }
        )


def link(operation, ticket_id, issue_id, linked="2026-03-03 00:00", solved=None, **columns):
    """A ticket of 3 March linked to an issue; solved if a time is given."""
    opened = ("2026-03-03 00:00", "status_changed", {"from_value": "new", "to_value": "open"})
    events = [("2026-03-03 00:00", "created"), opened, *([(solved, "solved")] if solved else [])]
    columns = {"status": "solved" if solved else "open"} | columns
    operation.ticket(ticket_id, "2026-03-03 00:00", events=events, **columns)
    if issue_id:
        operation.rows["raw.issue_links"].append(
            {
                "source": "desk",
                "ticket_id": ticket_id,
                "issue_id": issue_id,
                "issue_key": f"OLD-{issue_id}",
                "linked_at": moment(linked) if linked else None,
            }
        )


def add_costs(operation):
    done = ("2026-03-06 00:00", "status", "In Progress", "Done")
    add_issue(operation, "1", "Done", "done", "2026-03-06 00:00",
              [("2026-03-03 12:00", "status", "To Do", "In Progress"), done])  # fmt: skip
    link(
        operation,
        "a",
        "1",
        solved="2026-03-03 05:00",
        handle_minutes=10.0,
        csat_score="bad",
        csat_offered=True,
    )
    link(
        operation,
        "b",
        "1",
        solved="2026-03-03 01:00",
        handle_minutes=20.0,
        csat_score="good",
        csat_offered=True,
    )
    link(operation, "c", "1", linked="2026-03-06 00:01", channel="chat", csat_score="bad")
    link(operation, "d", "1", linked=None)
    # Like a and b: three of four are content. Nobody like c rated, and a VIP line is no match.
    for number, score in enumerate(["good", "good", "good", "bad"]):
        link(operation, f"like {number}", None, solved="2026-03-03 01:00", csat_score=score)
    link(operation, "unlike", None, solved="2026-03-03 01:00", csat_score="bad", business_line="vip")
    operation.policy("resolution", 120)

    add_issue(operation, "2", "In Progress", "in_progress", None,
              [done, ("2026-03-08 00:00", "status", "Done", "In Progress"),
               ("2026-03-08 00:00", "team", "Payments", "Risk")])  # fmt: skip
    link(operation, "e", "2")
    link(operation, "f", "not loaded")

    fixed, not_fixed = (("resolution", *values) for values in ((None, "Fixed"), ("Fixed", None)))
    moves = [("2026-03-04 00:00", *fixed), ("2026-03-05 00:00", *not_fixed)]
    add_issue(operation, "3", "Done", "done", "2026-03-06 00:00", moves)
    link(operation, "g", "3")
    add_issue(operation, "4")
    add_issue(operation, "5", source="tracker without history")
    link(operation, "h", "5")


@pytest.fixture(scope="module")
def warehouse(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("issue_costs", "issue_status_minutes")
        add_costs(operation)
        operation.build(AS_OF)
        yield opened


@pytest.fixture
def costs(warehouse):
    return {row["issue_id"]: row for row in warehouse.query("select * from issue_costs").to_dicts()}


def test_an_issue_costs_what_its_tickets_cost(costs):
    first = costs["1"]
    assert (first["issue_key"], first["team"], first["status"]) == ("PAY-1", "Payments", "Done")
    assert (first["tickets"], first["handle_minutes"], first["waiting_now"]) == (4, 30.0, 2)
    # Targets of 2 hours: a took 5; c and d have been open for 9 days.
    assert (first["sla_breaches"], first["breach_minutes"]) == (3, 180 + 2 * (9 * 24 - 2) * 60)


def test_csat_points_are_against_rated_tickets_like_them_without_an_issue(costs):
    first = costs["1"]
    assert (first["csat_good"], first["csat_rated"], first["csat_matched"]) == (1, 3, 2)
    # One of two content, where three of four are: 25 points fewer. Wilson with n = 2: 0.5 -+ 0.4055.
    assert first["csat_points"] == pytest.approx(-25)
    assert (first["csat_points_low"], first["csat_points_high"]) == pytest.approx((-65.55, 15.55), abs=0.01)


def test_tickets_linked_after_the_fix_are_counted_once_there_is_one(costs):
    # d has no time of its link: its creation counts.
    assert (costs["1"]["tickets_after_resolved"], costs["2"]["tickets_after_resolved"]) == (1, None)


def test_a_fix_taken_up_again_is_told_by_status_or_resolution_and_unknown_without_a_history(costs):
    assert {name: row["is_reopened_after_fix"] for name, row in costs.items()} == {
        "1": False,
        "2": True,
        "3": True,
        "5": None,
        "not loaded": None,
    }


def test_an_issue_that_was_not_loaded_has_its_tickets_and_the_key_of_the_link(costs):
    assert (costs["not loaded"]["issue_key"], costs["not loaded"]["tickets"]) == ("OLD-not loaded", 1)
    assert costs["not loaded"]["status"] is None


def test_time_in_each_status_runs_from_the_creation_to_now(warehouse):
    found = warehouse.query(
        "select issue_id, status, stays, minutes / 1440, is_now from issue_status_minutes order by issue_id, status"
    ).rows()
    assert found == [
        ("1", "Done", 1, 6, True),
        ("1", "In Progress", 1, 2.5, False),
        ("1", "To Do", 1, 1.5, False),
        ("2", "Done", 1, 2, False),
        ("2", "In Progress", 2, 8, True),
        ("3", "Done", 1, 10, True),
        ("4", "To Do", 1, 10, True),
        ("5", "To Do", 1, 10, True),
    ]


SEEDS = Path(os.environ.get("GROUNDSWELL_REAL_DATA", "")) / "tickets/dbt_jira_seeds"


@pytest.mark.skipif(not SEEDS.is_dir(), reason="GROUNDSWELL_REAL_DATA names no folder with Jira's tables")
def test_issues_as_a_warehouse_of_jira_has_them_have_their_whole_age_in_their_present_status(operation):
    # Four issues, whose history has other fields than the status; their statuses are ids.
    issues = pl.read_csv(SEEDS / "issue.csv", infer_schema=False).with_columns(
        pl.col("created", "updated").str.to_datetime("%Y-%m-%d %H:%M:%S")
    )
    history = pl.read_csv(SEEDS / "issue_field_history.csv", infer_schema=False)
    operation.rows["raw.issues"] += [
        {"source": "jira", "issue_id": row["id"], "issue_key": row["key"], "status": row["status"],
         "status_category": "in_progress", "created_at": row["created"], "updated_at": row["updated"] or row["created"]}
        for row in issues.iter_rows(named=True)
    ]  # fmt: skip
    operation.rows["raw.issue_transitions"] += [
        {"source": "jira", "transition_id": str(number), "issue_id": row["issue_id"], "field": row["field_id"],
         "occurred_at": moment(row["time"]), "to_value": row["value"]}
        for number, row in enumerate(history.iter_rows(named=True))
    ]  # fmt: skip
    operation.ticket("1", "2020-12-01 00:00")
    as_of = datetime(2021, 1, 1)
    warehouse = operation.only("issue_status_minutes").build(str(as_of))
    found = warehouse.query("select issue_id, status, minutes from issue_status_minutes order by 1").rows()
    ages = (pl.lit(as_of) - pl.col("created")).dt.total_seconds() / 60
    assert found == issues.sort("id").select("id", "status", ages).rows()
