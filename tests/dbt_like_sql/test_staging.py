import datetime as dt
import shutil

import polars as pl
import pytest
import sqlglot

from assets.ingest.contract import CONTRACT
from dbt_like_sql.project import PROJECT_FOLDER, Project, read_project
from dbt_like_sql.warehouse import Warehouse, duckdb_type

RAW_ACCOUNT = {"as_of": pl.Datetime("us"), "time_zone": pl.String}
RAW_SOURCES = {
    "source": pl.String,
    "mapping": pl.String,
    "tickets": pl.Int64,
    "events": pl.Int64,
    "first_created_at": pl.Datetime("us"),
    "last_created_at": pl.Datetime("us"),
    "last_updated_at": pl.Datetime("us"),
    "volume_from": pl.Date,
    "volume_until": pl.Date,
    "has_text": pl.Boolean,
    "has_events": pl.Boolean,
    "has_csat": pl.Boolean,
    "has_groups": pl.Boolean,
    "has_escalations": pl.Boolean,
    "has_calendar": pl.Boolean,
}
RAW_CHANGES = {
    "source": pl.String,
    "ticket_id": pl.String,
    "change": pl.Int64,
    "changes_until": pl.Datetime("us"),
}
SCHEMAS = {name: dict(schema.create_empty().schema) for name, schema in CONTRACT.items()} | {
    "account": RAW_ACCOUNT,
    "sources": RAW_SOURCES,
    "ticket_changes": RAW_CHANGES,
}
NOON = dt.datetime(2026, 7, 1, 12)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The staging layer by itself, so that it is tested without the layers above it."""
    folder = tmp_path_factory.mktemp("sql")
    shutil.copytree(PROJECT_FOLDER / "staging", folder / "staging")
    return read_project(
        folder,
        {
            f"raw.{table}": {column: duckdb_type(_instance(dtype)) for column, dtype in columns.items()}
            for table, columns in SCHEMAS.items()
        },
    )


def _instance(dtype) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype


@pytest.fixture
def staged(tmp_path, project):
    """Stores rows as raw tables (a column that is not given is null) and builds the staging layer."""
    with Warehouse(tmp_path / "warehouse.duckdb", threads=2) as warehouse:

        def build(
            as_of: dt.datetime = NOON, time_zone: str = "Europe/Berlin", **rows: list[dict]
        ) -> Warehouse:
            rows["account"] = [{"as_of": as_of, "time_zone": time_zone}]
            for table, columns in SCHEMAS.items():
                frame = pl.DataFrame(rows.get(table, []), schema=columns)
                warehouse.replace(f"raw.{table}", frame)
            for model in project.models:
                warehouse.build(model)
            return warehouse

        yield build


def ticket(ticket_id: str = "1", **columns: object) -> dict:
    return {
        "source": "desk",
        "ticket_id": ticket_id,
        "created_at": dt.datetime(2026, 6, 30, 10),
        "updated_at": dt.datetime(2026, 6, 30, 11),
        "status": "open",
        "channel": "chat",
    } | columns


def test_every_contract_table_is_staged_with_all_its_columns(project):
    for table, columns in SCHEMAS.items():
        staged_columns = [column.name for column in project.model(f"stg_{table}").columns]
        assert [column for column in columns if column not in staged_columns] == []


def test_staging_without_a_single_row_builds_and_passes_its_tests(staged, project):
    warehouse = staged()
    assert {model.name: warehouse.rows(model.name) for model in project.models} == {
        model.name: int(model.name == "stg_account") for model in project.models
    }
    assert [test.name for test in project.tests if warehouse.count_failures(test)] == []


def test_days_and_hours_are_those_of_the_account(staged):
    late = ticket(created_at=dt.datetime(2026, 6, 30, 22, 30))
    row = staged(tickets=[late]).query("select created_at, created_on, created_hour from stg_tickets").row(0)
    assert row == (
        dt.datetime(2026, 6, 30, 22, 30),
        dt.date(2026, 7, 1),
        dt.datetime(2026, 7, 1),
    )
    account = staged(as_of=dt.datetime(2026, 6, 30, 22), time_zone="America/Los_Angeles").query(
        "select as_of, as_of_on from stg_account"
    )
    assert account.row(0) == (dt.datetime(2026, 6, 30, 22), dt.date(2026, 6, 30))


def test_what_happened_after_the_as_of_time_is_not_known_yet(staged):
    before, after = NOON, NOON + dt.timedelta(microseconds=1)
    warehouse = staged(
        tickets=[ticket("before", created_at=before), ticket("after", created_at=after)],
        ticket_events=[
            {"source": "desk", "event_id": name, "ticket_id": "1", "occurred_at": at, "kind": "created"}
            for name, at in (("before", before), ("after", after))
        ],
        issue_links=[
            {"source": "desk", "ticket_id": "1", "issue_id": name, "linked_at": at}
            for name, at in (("before", before), ("after", after), ("unknown", None))
        ],
    )
    assert warehouse.query("select ticket_id from stg_tickets")["ticket_id"].to_list() == ["before"]
    assert warehouse.query("select event_id from stg_ticket_events")["event_id"].to_list() == ["before"]
    linked = warehouse.query("select issue_id from stg_issue_links order by issue_id")
    assert linked["issue_id"].to_list() == ["before", "unknown"]


def test_an_issue_and_an_action_stand_where_they_stood_then(staged):
    hour = dt.timedelta(hours=1)
    issue = {
        "source": "jira", "issue_id": "1", "issue_key": "PAY-1", "status": "Released", "status_category": "done",
        "created_at": NOON - hour, "updated_at": NOON + 2 * hour, "resolved_at": NOON + 2 * hour,
    }  # fmt: skip
    change = {"source": "jira", "issue_id": "1", "field": "status"}
    action = {"kind": "fix", "name": "Repair", "status": "running"}
    warehouse = staged(
        issues=[issue, issue | {"issue_id": "2", "resolved_at": NOON}],
        issue_transitions=[
            change
            | {
                "transition_id": "b",
                "occurred_at": NOON + 2 * hour,
                "from_value": "Review",
                "to_value": "Released",
            },
            change
            | {"transition_id": "a", "occurred_at": NOON + hour, "from_value": "Doing", "to_value": "Review"},
        ],
        actions=[
            action | {"action_id": "begun", "started_at": NOON},
            action | {"action_id": "later", "started_at": NOON + hour},
        ],
    )
    issues = warehouse.query("select status, status_category, resolved_at from stg_issues order by issue_id")
    assert issues.rows() == [("Doing", "in_progress", None), ("Released", "done", NOON)]
    actions = warehouse.query("select status, started_at from stg_actions order by action_id")
    assert actions.rows() == [("running", NOON), ("planned", None)]


def test_a_deleted_ticket_stays(staged):
    warehouse = staged(tickets=[ticket(status="deleted")])
    assert warehouse.query("select status from stg_tickets")["status"].to_list() == ["deleted"]


def test_an_unknown_dimension_is_called_so(staged):
    rows = staged(tickets=[ticket(region="emea")]).query(
        "select business_line, user_type, region, channel from stg_tickets"
    )
    assert rows.row(0) == ("unknown", "unknown", "emea", "chat")


@pytest.mark.parametrize(
    ("subject", "body", "text"),
    [
        ("Refund", "Where is it?", "Refund\nWhere is it?"),
        (None, " Where is it? ", "Where is it?"),
        ("Refund", "  ", "Refund"),
        (" ", None, None),
        (None, None, None),
    ],
)
def test_text_is_subject_and_body_or_nothing(staged, subject, body, text):
    warehouse = staged(tickets=[ticket(subject=subject, body=body)])
    assert warehouse.query("select text from stg_tickets").item() == text


def test_attributes_are_looked_up_by_name(staged):
    warehouse = staged(
        tickets=[
            ticket("1", attributes=[{"key": "platform", "value": "ios"}, {"key": "version", "value": None}]),
            ticket("2"),
            ticket("3", attributes=[]),
        ]
    )
    found = warehouse.query(
        "select attributes['platform'] as platform, attributes['version'] as version, attributes['none'] as none "
        "from stg_tickets order by ticket_id"
    )
    assert found.rows() == [("ios", None, None), (None, None, None), (None, None, None)]


def test_a_value_the_contract_does_not_know_is_a_warning_and_a_repeated_ticket_an_error(staged, project):
    warehouse = staged(tickets=[ticket("1", status="parked"), ticket("2"), ticket("2")])
    wrong = {test.name: test.severity for test in project.tests if warehouse.count_failures(test)}
    assert wrong == {
        "stg_tickets_status_accepted": "warn",
        "stg_tickets_source_ticket_id_unique": "error",
    }


def test_a_campaign_covers_whole_days_of_the_account(staged):
    campaign = {
        "event_id": "sale",
        "kind": "campaign",
        "name": "Sale",
        "starts_at": dt.datetime(2026, 7, 9, 22),
        "ends_at": dt.datetime(2026, 7, 11, 21, 59),
    }
    days = staged(calendar=[campaign]).query("select starts_on, ends_on from stg_calendar")
    assert days.row(0) == (dt.date(2026, 7, 10), dt.date(2026, 7, 11))


def test_staging_also_parses_as_spark_sql(project):
    for model in project.models:
        spark = sqlglot.transpile(
            model.sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
        )
        assert sqlglot.parse_one(spark[0], read="spark").named_selects == [c.name for c in model.columns]
