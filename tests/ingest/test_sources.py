"""The shipped mappings on small exports of the shape their source gives."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from dbt_like_sql.warehouse import Warehouse
from tests.ingest.conftest import Load

METRICS = {
    "solved_at": "2026-01-07T09:00:00Z",
    "reopens": 1,
    "replies": 2,
    "assignee_stations": 3,
    "reply_time_in_minutes": {"calendar": 30, "business": 12},
    "full_resolution_time_in_minutes": {"calendar": 2880, "business": None},
}


def zendesk_ticket(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": number,
        "requester_id": 5550 + number,
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-08T09:00:00Z",
        "generated_timestamp": 1767862800,
        "subject": "Payout missing",
        "description": "Write to me: jane@example.com",
        "status": "open",
        "priority": None,
        "group_id": 77,
        "tags": ["vip", "payout"],
        "custom_fields": [
            {"id": 901, "value": "card"},
            {"id": 902, "value": None},
            {"id": 903, "value": ["a"]},
        ],
        "fields": [{"id": 901, "value": "card"}],
        "via": {"channel": "native_messaging", "source": {"from": {}}},
        "satisfaction_rating": {"score": "offered"},
        "metric_set": None,
    } | changed


def stored(warehouse: Warehouse, table: str, order: str) -> list[dict[str, Any]]:
    return warehouse.query(f"select * from raw.{table} order by {order}").to_dicts()


def test_zendesk_pages_become_tickets(tmp_path: Path, warehouse: Warehouse, load_files: Load) -> None:
    tickets = [
        zendesk_ticket(
            1,
            status="solved",
            metric_set=METRICS,
            satisfaction_rating={"score": "good", "comment": "ok", "reason": "It was quick"},
        ),
        zendesk_ticket(2, satisfaction_rating="unoffered", priority="urgent", via={"channel": "voice"}),
        zendesk_ticket(3, status="deleted", custom_fields=[], tags=[], via={"channel": "carrier_pigeon"}),
    ]
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"tickets": tickets, "after_cursor": "x", "end_of_stream": True}))
    report = load_files((path, "zendesk_export"))
    assert report.errors == ()
    assert report.quarantined == {}
    first, second, third = stored(warehouse, "tickets", "ticket_id")

    assert (first["source"], first["ticket_id"], first["status"]) == ("zendesk", "1", "solved")
    assert (first["channel"], first["channel_raw"]) == ("in_app", "native_messaging")
    assert first["body"] == "Write to me: <EMAIL_1>"
    assert first["tags"] == ["vip", "payout"]
    assert first["group_id"] == "77"
    assert first["attributes"] == [{"key": "901", "value": "card"}, {"key": "903", "value": '["a"]'}]
    assert (first["csat_offered"], first["csat_score"], first["csat_comment"]) == (True, "good", "ok")
    assert (first["csat_reason"], second["csat_reason"]) == ("It was quick", None)
    assert first["reported_solved_at"] == datetime(2026, 1, 7, 9)
    assert (first["reported_reopens"], first["reported_replies"], first["reported_reassignments"]) == (
        1,
        2,
        2,
    )
    assert first["reported_first_reply_minutes"] == 30
    assert first["reported_first_reply_minutes_business"] == 12
    assert first["reported_full_resolution_minutes_business"] is None

    assert (second["csat_offered"], second["csat_score"], second["channel"]) == (False, None, "phone")
    assert (third["status"], third["channel"], third["attributes"]) == ("deleted", "other", None)


def test_zendesk_milestones_become_events(tmp_path: Path, warehouse: Warehouse, load_files: Load) -> None:
    tickets = [
        zendesk_ticket(1, status="solved", metric_set=METRICS),
        zendesk_ticket(2),
        zendesk_ticket(3, status="deleted"),
    ]
    path = tmp_path / "tickets.ndjson"
    path.write_text("\n".join(map(json.dumps, tickets)))
    load_files((path, "zendesk_export"))
    events = [
        (event["ticket_id"], event["kind"]) for event in stored(warehouse, "ticket_events", "ticket_id, kind")
    ]
    assert events == [("1", "created"), ("1", "solved"), ("2", "created"), ("3", "created"), ("3", "deleted")]


def test_zendesk_fields_get_names_in_a_users_mapping(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    shipped = Path("assets/ingest/mappings/zendesk_export.toml").read_text()
    mapping = tmp_path / "ours.toml"
    mapping.write_text(f'{shipped}\n[tickets.attribute_list.names]\n"901" = "payment_method"\n')
    path = tmp_path / "tickets.json"
    path.write_text(json.dumps([zendesk_ticket(1) | {"brand_new": 1}]))
    report = load_files((path, mapping))
    assert report.files[0].unknown_columns == ("brand_new",)
    (ticket,) = stored(warehouse, "tickets", "ticket_id")
    assert ticket["attributes"][0] == {"key": "payment_method", "value": "card"}


def jira_issue() -> dict[str, Any]:
    paragraph = [{"type": "text", "text": "Cards of "}, {"type": "text", "text": "jane@example.com"}]
    document = {"version": 1, "type": "doc", "content": [{"type": "paragraph", "content": paragraph}]}
    return {
        "id": "10001",
        "key": "PAY-7",
        "fields": {
            "project": {"key": "PAY", "name": "Payments"},
            "components": [{"name": "Cards"}],
            "summary": "Cards declined",
            "description": document,
            "priority": {"name": "High"},
            "status": {"name": "In Review", "statusCategory": {"key": "indeterminate"}},
            "created": "2026-01-05T10:00:00.000+0100",
            "updated": "2026-01-06T10:00:00.000+0100",
            "resolutiondate": None,
        },
        "changelog": {
            "histories": [
                {
                    "id": "500",
                    "author": {"displayName": "Jane Doe"},
                    "created": "2026-01-06T10:00:00.000+0100",
                    "items": [
                        {
                            "field": "status",
                            "from": "1",
                            "fromString": "To Do",
                            "to": "3",
                            "toString": "In Review",
                        },
                        {"field": "assignee", "fromString": None, "toString": "Jane Doe"},
                        {"field": "priority", "fromString": "Low", "toString": "High"},
                    ],
                }
            ]
        },
    }


def test_jira_issues_and_their_changelog(tmp_path: Path, warehouse: Warehouse, load_files: Load) -> None:
    path = tmp_path / "search.json"
    path.write_text(json.dumps({"issues": [jira_issue()], "isLast": True}))
    report = load_files((path, "jira_export"))
    assert (report.errors, report.quarantined) == ((), {})
    (issue,) = stored(warehouse, "issues", "issue_id")
    assert (issue["issue_key"], issue["project"], issue["team"]) == ("PAY-7", "PAY", "Cards")
    assert (issue["status"], issue["status_category"]) == ("In Review", "in_progress")
    assert issue["created_at"] == datetime(2026, 1, 5, 9)
    assert issue["description"] == "Cards of <EMAIL_1>"
    transitions = stored(warehouse, "issue_transitions", "transition_id")
    assert [(row["transition_id"], row["field"], row["to_value"]) for row in transitions] == [
        ("500-0", "status", "In Review"),
        ("500-2", "priority", "High"),
    ]


def test_a_jira_issue_without_changelog_is_still_an_issue(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    issue = jira_issue()
    del issue["changelog"]
    (tmp_path / "search.json").write_text(json.dumps({"issues": [issue]}))
    report = load_files((tmp_path / "search.json", "jira_export"))
    assert report.errors == ()
    assert len(stored(warehouse, "issues", "issue_id")) == 1


def test_servicenow_rows_are_states_of_tickets(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    columns = (
        "number,incident_state,opened_at,sys_updated_at,sys_mod_count,contact_type,priority,assignment_group,"
        "assigned_to,caller_id,made_sla,resolved_at,closed_at,reopen_count,reassignment_count,category,subcategory,"
        "u_symptom,cmdb_ci,impact,urgency,location,closed_code,knowledge,vendor"
    )
    start = "INC1,{state},05/01/2026 10:00,{updated},{count},Phone,2 - High,{group},?,Caller 1,true,"
    end = "05/01/2026 15:00,06/01/2026 09:00,0,1,c,s,?,?,i,u,l,?,false,?"
    states = [("New", "05/01/2026 10:05", 0, "A"), ("Resolved", "05/01/2026 15:30", 9, "B"),
              ("Active", "05/01/2026 15:30", 8, "B")]  # fmt: skip
    rows = [
        start.format(state=state, updated=updated, count=count, group=group) + end
        for state, updated, count, group in states
    ]
    path = tmp_path / "log.csv"
    path.write_text("\n".join([columns, *rows]))
    report = load_files((path, "servicenow_incidents"))
    assert (report.errors, report.quarantined) == ((), {})
    (ticket,) = stored(warehouse, "tickets", "ticket_id")
    assert (ticket["status"], ticket["priority"], ticket["channel"]) == ("solved", "high", "phone")
    assert ticket["reported_sla_met"] is True
    assert {"key": "symptom", "value": "?"} not in ticket["attributes"]
    events = stored(warehouse, "ticket_events", "occurred_at, kind")
    assert [(event["kind"], event["occurred_at"].hour, event["to_value"]) for event in events] == [
        ("created", 10, None),
        ("solved", 15, "solved"),
        ("group_changed", 15, "B"),
        ("status_changed", 15, "open"),
    ]
    assert events[1]["occurred_at"] == datetime(2026, 1, 5, 15)


def test_cfpb_complaints_load_with_the_headers_of_the_download(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    header = "Date received,Product,Issue,Consumer complaint narrative,Company,State,Submitted via,Date sent to company,"
    header += "Company response to consumer,Timely response?,Complaint ID"
    rows = [
        "03/06/2025,Credit card,Fees,Call +1 202-555-0143,Bank,CA,Web,03/07/2025,Closed with explanation,Yes,11",
        "03/06/2025,Mortgage,Other,,Bank,TX,,03/06/2025,In progress,No,12",
        ",Mortgage,Other,no id and no day,Bank,TX,,,,,",
    ]
    path = tmp_path / "complaints.csv"
    path.write_text("\n".join([header, *rows]))
    report = load_files((path, "cfpb_complaints"))
    assert report.errors == ()
    assert report.quarantined == {"ticket_id|nullability": 1}
    first, second = stored(warehouse, "tickets", "ticket_id")
    assert (first["status"], first["business_line"], first["channel"]) == ("closed", "Credit card", "web")
    assert first["created_at"] == datetime(2025, 3, 6, 5)
    assert (first["body"], first["reported_sla_met"]) == ("Call <PHONE_1>", True)
    assert {"key": "state", "value": "CA"} in first["attributes"]
    assert (second["status"], second["channel"], second["reported_sla_met"]) == ("open", "other", False)
