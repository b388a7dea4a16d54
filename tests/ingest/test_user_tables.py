import shutil
from datetime import datetime
from pathlib import Path

import pytest

from assets.ingest.contract import USER_TABLES
from assets.ingest.load import LoadReport
from dbt_like_sql.warehouse import Warehouse
from tests.ingest.conftest import Load

EXAMPLES = Path("assets/ingest/examples")
CALENDAR = "event_id,kind,name,starts_at,ends_at\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tables"
    made.mkdir()
    return made


def load_tables(load_files: Load, folder: Path, time_zone: str = "UTC") -> LoadReport:
    return load_files(tables_folder=folder, time_zone=time_zone)


def test_the_shipped_examples_load_without_a_complaint(warehouse: Warehouse, load_files: Load) -> None:
    report = load_tables(load_files, EXAMPLES)
    assert report.errors == ()
    assert report.quarantined == {}
    assert {Path(result.file).stem for result in report.files} == set(USER_TABLES)
    assert all(result.rows_stored for result in report.files)
    assert all(result.unknown_columns == () for result in report.files)


def test_a_time_without_a_zone_is_in_the_accounts(
    folder: Path, warehouse: Warehouse, load_files: Load
) -> None:
    rows = (
        "a,campaign,A,2026-01-05 10:00,2026-01-06\nb,campaign,B,2026-01-05T10:00:00Z,2026-01-06T00:00:00Z\n"
    )
    (folder / "calendar.csv").write_text(CALENDAR + rows)
    load_tables(load_files, folder, "Europe/Berlin")
    starts = warehouse.query("select starts_at, ends_at from raw.calendar order by event_id").rows()
    assert starts == [
        (datetime(2026, 1, 5, 9), datetime(2026, 1, 5, 23)),
        (datetime(2026, 1, 5, 10), datetime(2026, 1, 6)),
    ]


def test_a_calendar_row_that_ends_before_it_starts_is_told_in_one_line(
    folder: Path, warehouse: Warehouse, load_files: Load
) -> None:
    rows = "a,campaign,A,2026-01-05,2026-01-04\nb,campaign,B,2026-01-05,2026-01-06\n"
    (folder / "calendar.csv").write_text(CALENDAR + rows)
    report = load_tables(load_files, folder)
    assert report.quarantined == {"ends_after_it_starts": 1}
    assert report.files[0].messages == (
        f"{folder}/calendar.csv: row 2: it ends before it starts; swap or correct the two times",
    )
    assert warehouse.query("select event_id from raw.calendar").rows() == [("b",)]


def test_overlapping_versions_of_a_group_are_caught(
    folder: Path, warehouse: Warehouse, load_files: Load
) -> None:
    header = "group_id,tier,vendor,valid_from,valid_to\n"
    rows = "g1,1,A,2025-01-01,\ng1,1,B,2025-06-01,\ng2,2,inhouse,2025-01-01,2025-06-01\ng2,2,B,2025-06-01,\n"
    (folder / "groups.csv").write_text(header + rows)
    report = load_tables(load_files, folder)
    assert report.quarantined == {"overlapping_validity": 1}
    assert "row 3: group_id 'g1' already holds at valid_from (row 2)" in report.files[0].messages[0]
    assert warehouse.query("select count(*) from raw.groups").item() == 3


def test_hours_of_a_schedule_that_overlap_are_caught(
    folder: Path, warehouse: Warehouse, load_files: Load
) -> None:
    header = "schedule_id,time_zone,start_minute,end_minute\n"
    rows = "s,UTC,540,720\ns,UTC,720,1020\ns,UTC,1000,1100\nother,UTC,600,700\n"
    (folder / "schedules.csv").write_text(header + rows)
    report = load_tables(load_files, folder)
    assert report.quarantined == {"overlapping_hours": 1}
    assert "row 4: schedule_id 's' is already open at start_minute (row 3)" in report.files[0].messages[0]
    assert warehouse.query("select count(*) from raw.schedules").item() == 3


@pytest.mark.parametrize(
    ("table", "header", "rows"),
    [
        (
            "groups",
            "group_id,tier,vendor,valid_from,valid_to",
            "g,1,A,2025-01-01,2026-01-01\ng,1,B,2025-06-01,\ng,1,C,2026-01-01,\ng,1,D,2026-02-01,",
        ),
        (
            "schedules",
            "schedule_id,time_zone,start_minute,end_minute",
            "s,UTC,540,720\ns,UTC,700,2000\ns,UTC,1020,1100\ns,UTC,1050,1200",
        ),
    ],
)
def test_a_row_that_overlaps_takes_no_time_from_later_ones(
    folder: Path, warehouse: Warehouse, load_files: Load, table: str, header: str, rows: str
) -> None:
    (folder / f"{table}.csv").write_text(f"{header}\n{rows}\n")
    report = load_tables(load_files, folder)
    assert warehouse.query(f"select count(*) from raw.{table}").item() == 2
    told = warehouse.query("select row_number, message from raw.quarantine order by row_number").rows()
    assert [row for row, _ in told] == [3, 5]
    assert "(row 2)" in told[0][1]
    assert "(row 4)" in told[1][1]
    assert sum(report.quarantined.values()) == 2


@pytest.mark.parametrize(
    ("table", "header", "row", "told"),
    [
        (
            "schedules",
            "schedule_id,time_zone,start_minute,end_minute",
            "s,Pacific Time,540,720",
            "row 2: time_zone is no IANA name such as America/Chicago",
        ),
        (
            "schedules",
            "schedule_id,time_zone,start_minute,end_minute",
            "s,UTC,720,540",
            "row 2: it ends before it starts",
        ),
        (
            "sla_policies",
            "policy_id,metric,target_minutes,clock,valid_from",
            "p,first_reply,,business,2026-01-01",
            "row 2: target_minutes has no value, and every row needs one",
        ),
        (
            "sla_policies",
            "policy_id,metric,target_minutes,clock,valid_from",
            "p,first_reply,0,business,2026-01-01",
            "row 2: target_minutes is '0.0', expected more than 0",
        ),
    ],
)
def test_a_schedule_or_target_that_cannot_be_is_told_with_its_row(
    folder: Path, load_files: Load, table: str, header: str, row: str, told: str
) -> None:
    (folder / f"{table}.csv").write_text(f"{header}\n{row}\n")
    report = load_tables(load_files, folder)
    assert sum(report.quarantined.values()) == 1
    assert f"{folder}/{table}.csv: {told}" in report.files[0].messages[0]


def test_the_same_key_twice_is_a_mistake(folder: Path, load_files: Load) -> None:
    rows = "a,campaign,A,2026-01-05,2026-01-06\na,campaign,A,2026-01-05,2026-01-06\n"
    (folder / "calendar.csv").write_text(CALENDAR + rows)
    assert load_tables(load_files, folder).quarantined == {"primary_key": 2}


def test_a_policy_has_a_target_for_each_priority_but_one_at_a_time(
    folder: Path, warehouse: Warehouse, load_files: Load
) -> None:
    header = "policy_id,metric,priority,target_minutes,clock,valid_from,valid_to\n"
    rows = "p,resolution,high,60,business,2025-01-01,\np,resolution,low,600,business,2025-01-01,\n"
    twice = "p,resolution,,30,calendar,2025-01-01,\np,resolution,,40,calendar,2025-01-01,\n"
    overlapping = "p,resolution,high,90,business,2025-06-01,\n"
    (folder / "sla_policies.csv").write_text(header + rows + twice + overlapping)
    report = load_tables(load_files, folder)
    assert report.quarantined == {"one_target_at_a_time": 2, "overlapping_validity": 1}
    assert any("another row has the same policy" in message for message in report.files[0].messages)
    loaded = warehouse.query("select priority, target_minutes from raw.sla_policies order by priority")
    assert loaded.rows() == [("high", 60), ("low", 600)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,sale,A,2026-01-05,2026-01-06", "kind is 'sale', expected one of campaign, holiday"),
        ("a,campaign,A,soon,2026-01-06", "starts_at is 'soon', expected a time such as"),
        (",campaign,A,2026-01-05,2026-01-06", "event_id has no value"),
        ("a,campaign", "2 fields, expected 5"),
    ],
)
def test_a_bad_row_says_what_was_expected(folder: Path, load_files: Load, row: str, told: str) -> None:
    (folder / "calendar.csv").write_text(CALENDAR + row + "\n" + "b,campaign,B,2026-01-05,2026-01-06\n")
    (message,) = load_tables(load_files, folder).files[0].messages
    assert message.startswith(f"{folder}/calendar.csv: row 2: ")
    assert told in message


def test_the_folder_is_the_truth(folder: Path, warehouse: Warehouse, load_files: Load) -> None:
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    load_tables(load_files, folder)
    (folder / "holidays.csv").unlink()
    (folder / "actions.csv").write_text("no,such,columns\n1,2,3\n")
    report = load_tables(load_files, folder)
    assert warehouse.query("select count(*) from raw.holidays").item() == 0
    assert warehouse.query("select count(*) from raw.actions").item() == 2
    (error,) = report.errors
    assert "actions.action_id" in error


def test_a_file_that_is_no_table_offers_the_closest(folder: Path, load_files: Load) -> None:
    (folder / "calender.csv").write_text(CALENDAR)
    (error,) = load_tables(load_files, folder).errors
    assert "no table is called calender; closest: calendar" in error


def test_a_missing_folder_is_told(folder: Path, load_files: Load) -> None:
    (error,) = load_tables(load_files, folder / "nowhere").errors
    assert "no such folder" in error


STAFFING = "tier,vendor,people,hours_week,shrinkage,occupancy_cap,chat_concurrency,lead_days,valid_from\n"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1,A,5,40,1.0,0.85,2,28,2026-01-01", "shrinkage is '1.0', expected at least 0 and less than 1"),
        ("1,A,5,0,0.3,0.85,2,28,2026-01-01", "hours_week is '0.0', expected more than 0"),
        (
            "1,A,5,40,0.3,1.2,2,28,2026-01-01",
            "occupancy_cap is '1.2', expected more than 0 and at most 1",
        ),
        ("1,A,-1,40,0.3,0.85,2,28,2026-01-01", "people is '-1', expected at least 0"),
        ("3,A,5,40,0.3,0.85,2,28,2026-01-01", "tier is '3'"),
    ],
)
def test_impossible_staffing_is_told(folder: Path, load_files: Load, row: str, told: str) -> None:
    (folder / "staffing.csv").write_text(STAFFING + row + "\n")
    (message,) = load_tables(load_files, folder).files[0].messages
    assert told in message


def test_two_rows_for_the_same_team_at_once_are_caught(
    folder: Path, warehouse: Warehouse, load_files: Load
) -> None:
    rows = "1,A,5,40,0.3,0.85,2,28,2026-01-01\n1,A,6,40,0.3,0.85,2,28,2026-02-01\n2,A,6,40,0.3,0.85,2,28,2026-01-01\n"
    (folder / "staffing.csv").write_text(STAFFING + rows)
    report = load_tables(load_files, folder)
    assert report.quarantined == {"overlapping_validity": 1}
    assert warehouse.query("select count(*) from raw.staffing").item() == 2
