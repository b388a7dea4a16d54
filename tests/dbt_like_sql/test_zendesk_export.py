"""What is known of a ticket export of Zendesk, which tells when a ticket was solved last and nothing in between."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from assets.ingest.load import SourceFiles, load
from assets.tables import PYTHON_TABLES
from assets.warehouse import sql_project
from dbt_like_sql.warehouse import Warehouse

TIMES = {
    "reply_time": 30,
    "first_resolution_time": 600,
    "full_resolution_time": 2880,
    "agent_wait_time": 2400,
    "requester_wait_time": 180,
    "on_hold_time": 60,
}
TICKET = {
    "id": 11,
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-04T09:00:00Z",
    "status": "solved",
    "priority": "high",
    "via": {"channel": "email"},
    "group_id": 1,
    "requester_id": 7,
    "subject": "a",
    "description": "b",
    "tags": [],
    "satisfaction_rating": {"score": "unoffered"},
    "custom_fields": [],
    "metric_set": {
        "solved_at": "2026-03-04T09:00:00Z",
        "reopens": 1,
        "replies": 2,
        "assignee_stations": 2,
        **{f"{name}_in_minutes": {"calendar": value, "business": value} for name, value in TIMES.items()},
    },
}
POLICIES = """policy_id,metric,target_minutes,clock,valid_from,valid_to,priority
p,agent_work,240,calendar,2020-01-01,,
p,requester_wait,240,calendar,2020-01-01,,
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    export, tables = folder / "tickets.json", folder / "tables"
    export.write_text(json.dumps({"tickets": [TICKET], "end_of_stream": True}))
    tables.mkdir()
    (tables / "sla_policies.csv").write_text(POLICIES)
    with Warehouse(Path(":memory:"), threads=1) as opened:
        now = {"now": datetime(2026, 3, 10), "as_of": datetime(2026, 3, 6)}
        files = [SourceFiles(export, "zendesk_export")]
        loaded = load(opened, files, tables, salt="s", time_zone="UTC", **now)
        assert not loaded.errors
        for name, schema in PYTHON_TABLES.items():
            opened.replace(name, schema.create_empty())
        needed = {"sla_reconciliation", "sla_attribution", "weekly_kpis"}
        for model in reversed(sql_project().models):
            if model.name in needed:
                needed.update(model.reads)
        for model in sql_project().models:
            if model.name in needed:
                opened.build(model)
        yield opened


def test_only_the_full_resolution_is_measured_and_the_rest_is_told_as_reported(warehouse):
    compared = warehouse.query("select measure, ours, reported, reason from sla_reconciliation").rows()
    measured = {measure: (ours, reported) for measure, ours, reported, reason in compared if ours is not None}
    assert measured == dict.fromkeys(
        ("full_resolution_minutes", "full_resolution_minutes_business"), (2880, 2880)
    )
    unmeasured = {measure for measure, ours, _, reason in compared if reason == "not measured"}
    assert unmeasured >= {
        "first_resolution_minutes",
        "agent_wait_minutes",
        "requester_wait_minutes",
        "on_hold_minutes",
        "reopens",
        "agent_replies",
        "reassignments",
    }


def test_no_target_on_times_that_are_not_known_is_judged(warehouse):
    assert warehouse.rows("sla_instances") == warehouse.rows("sla_attribution") == 0


def test_solvings_are_counted_and_reopenings_are_not(warehouse):
    week = warehouse.query(
        "select tickets_solved, reopened_tickets from weekly_kpis "
        "where business_line = 'all' and tickets_created > 0"
    )
    assert week.rows() == [(1, None)]
