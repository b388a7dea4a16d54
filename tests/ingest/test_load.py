import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from assets.ingest.load import LoadReport
from assets.ingest.raw_tables import RAW_TABLES
from dbt_like_sql.warehouse import Warehouse
from tests.ingest.conftest import NOW, Load

HEADER = "source,ticket_id,created_at,updated_at,status,channel,requester_id,requester_name,body"


def ticket(number: int, updated: str = "2026-01-02", status: str = "open", body: str = "hello") -> str:
    return f"desk,{number},2026-01-01 10:00,{updated} 10:00,{status},email,r{number},Jane Doe,{body}"


def tickets_file(folder: Path, *rows: str, header: str = HEADER, name: str = "tickets.csv") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def everything(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(warehouse.query(f"select * from raw.{table}").rows(), key=repr) for table in RAW_TABLES
    }


def statuses(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query("select ticket_id, status from raw.tickets").rows())


def test_every_raw_table_is_there_after_an_empty_load(warehouse: Warehouse, load_files: Load) -> None:
    report = load_files()
    assert report.errors == ()
    assert {f"raw.{table}" for table in RAW_TABLES} <= set(warehouse.tables())
    assert warehouse.query("select * from raw.account").rows() == [(NOW, "UTC")]


def test_the_requester_is_hashed_and_never_stored(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    path = tickets_file(tmp_path / "in", ticket(1, body="I am Jane"), ticket(1 + 1).replace("r2", "r1"))
    load_files((path, "contract"))
    stored = warehouse.query("select distinct requester_key, body from raw.tickets order by body")
    assert stored["requester_key"].n_unique() == 1
    assert len(stored["requester_key"][0]) == 32
    assert stored["body"].to_list() == ["I am <NAME_1>", "hello"]
    other_salt = warehouse.query("select requester_key from raw.tickets limit 1").item()
    path.write_text(path.read_text() + ticket(3).replace("r3", "r1") + "\n")
    load_files((path, "contract"), salt="salt")
    assert warehouse.query("select requester_key from raw.tickets where ticket_id = '3'").item() != other_salt


def test_loading_the_same_file_twice_changes_nothing(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    path = tickets_file(tmp_path / "in", ticket(1), ticket(2), ticket(3, status="lost"), "cut")
    first = load_files((path, "contract"))
    before = everything(warehouse)
    second = load_files((path, "contract"), now=datetime(2026, 6, 2))
    assert everything(warehouse) == before
    assert first.files[0].rows_stored == 2
    assert second.files[0].is_known


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_the_newest_state_wins_in_any_order_of_arrival(
    tmp_path: Path, warehouse: Warehouse, load_files: Load, order: tuple[int, ...]
) -> None:
    states = [("2026-01-02", "open"), ("2026-01-03", "pending"), ("2026-01-04", "solved")]
    for place in order:
        updated, status = states[place]
        path = tickets_file(tmp_path / "in", ticket(1, updated, status), name=f"tickets-{place}.csv")
        load_files((path, "contract"))
    assert statuses(warehouse) == {"1": "solved"}


def test_of_several_states_in_one_file_the_newest_is_stored(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    rows = [ticket(1, "2026-01-04", "solved"), ticket(1, "2026-01-02", "open"), ticket(2)]
    result = load_files((tickets_file(tmp_path / "in", *rows), "contract")).files[0]
    assert statuses(warehouse) == {"1": "solved", "2": "open"}
    assert (result.rows_stored, result.rows_unchanged, result.rows_quarantined) == (2, 1, 0)


def test_an_invalid_newer_state_does_not_hide_a_valid_one(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    rows = [ticket(1, "2026-01-02", "open"), ticket(1, "2026-01-04", "lost")]
    load_files((tickets_file(tmp_path / "in", *rows), "contract"))
    assert statuses(warehouse) == {"1": "open"}


def test_a_corrected_mapping_loads_the_same_file_again(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    text = (
        'source = "desk"\n[times]\nzone = "UTC"\n[tickets.columns]\nticket_id = "ticket_id"\n'
        'created_at = "created_at"\nupdated_at = "updated_at"\nstatus = "status"\nchannel = "channel"\n'
    )
    mapping = tmp_path / "desk.toml"
    path = tickets_file(tmp_path / "in", ticket(1))
    mapping.write_text(text)
    load_files((path, mapping))
    mapping.write_text(text + 'body = "body"\n')
    load_files((path, mapping))
    assert warehouse.query("select body from raw.tickets").rows() == [("hello",)]


def test_events_are_stored_once(tmp_path: Path, warehouse: Warehouse, load_files: Load) -> None:
    header = "source,event_id,ticket_id,occurred_at,kind\n"
    rows = [f"desk,e{number},1,2026-01-01T10:0{number}:00Z,public_reply\n" for number in range(3)]
    for name, content in (("ticket_events_1.csv", rows[:2]), ("ticket_events_2.csv", rows[1:])):
        (tmp_path / name).write_text(header + "".join(content))
        result = load_files((tmp_path / name, "contract")).files[0]
    assert warehouse.query("select count(*) from raw.ticket_events").item() == 3
    assert (result.rows_stored, result.rows_unchanged) == (1, 1)


def test_a_rating_that_is_none_goes_to_quarantine(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    path = tmp_path / "ticket_events.csv"
    path.write_text(
        "source,event_id,ticket_id,occurred_at,kind,from_value,to_value\n"
        "desk,e1,1,2026-01-01 10:00,rated,offered,good\n"
        "desk,e2,1,2026-01-02 10:00,rated,good,bad\n"
        "desk,e3,1,2026-01-03 10:00,rated,bad,splendid\n"
        "desk,e4,1,2026-01-03 10:00,rated,,\n"
    )
    report = load_files((path, "contract"))
    assert report.quarantined == {"rated_as_offered_good_or_bad": 2}
    assert warehouse.query("select event_id from raw.ticket_events order by 1").rows() == [("e1",), ("e2",)]


def test_a_warehouse_from_before_a_column_gets_it_empty(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    load_files((tickets_file(tmp_path / "in", ticket(1)), "contract"))
    warehouse.execute("alter table raw.tickets drop column csat_reason")
    header = "source,ticket_id,created_at,updated_at,status,channel,csat_score,csat_reason"
    row = "desk,2,2026-01-01 10:00,2026-01-02 10:00,solved,email,bad,Too slow"
    load_files((tickets_file(tmp_path / "later", row, header=header), "contract"))
    reasons = warehouse.query("select ticket_id, csat_reason from raw.tickets order by 1").rows()
    assert reasons == [("1", None), ("2", "Too slow")]


def test_failing_rows_go_to_quarantine_with_their_reason(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    rows = [
        ticket(1),
        ticket(2, status="lost"),
        ticket(3, updated="2025-12-31"),
        ticket(4).replace("2026-01-01 10:00", "yesterday"),
        ticket(5).replace("desk,5,", "desk,,"),
        "desk,6,cut",
    ]
    report = load_files((tickets_file(tmp_path / "in", *rows), "contract"))
    assert statuses(warehouse) == {"1": "open"}
    assert report.quarantined == {
        "status|check": 1,
        "not_updated_before_created": 1,
        "created_at|format": 1,
        "ticket_id|nullability": 1,
        "broken_row": 1,
    }
    told = dict(warehouse.query("select row_number, message from raw.quarantine").rows())
    assert told[3].startswith("status is 'lost', expected one of new, open, pending")
    assert told[4].startswith("updated_at is before created_at")
    assert told[5].startswith("created_at is 'yesterday', expected a time such as")
    assert told[6].startswith("ticket_id has no value")
    assert told[7].startswith("3 fields, expected 9")


def test_the_first_row_of_each_broken_rule_is_told_with_the_number_of_others(
    tmp_path: Path, load_files: Load
) -> None:
    path = tickets_file(tmp_path / "in", ticket(1, status="lost"), ticket(2), ticket(3, status="gone"), "cut")
    broken, lost = load_files((path, "contract")).files[0].messages
    assert broken.startswith(f"{path}: row 5: 1 fields, expected 9 as in the header")
    assert lost.startswith(f"{path}: row 2: status is 'lost', expected one of")
    assert lost.endswith("(and 1 more rows: status|check)")


def test_no_raw_text_reaches_the_warehouse(
    tmp_path: Path, warehouse: Warehouse, load_files: Load, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "mail jane@example.com or 4111 1111 1111 1111"
    rows = [
        ticket(1, body=secret),
        ticket(2, status="jane@example.com", body=secret),
        ticket(3, updated="2025-12-31", body=secret).replace("r3", "requester-3"),
        f"desk,4,{secret}",
    ]
    report = load_files((tickets_file(tmp_path / "in", *rows), "contract"))
    held = f"{everything(warehouse)}{report}{caplog.text}"
    for hidden in ("jane@", "4111 1111", "Jane Doe", "requester-3"):
        assert hidden not in held
    values = warehouse.query("select raw_values from raw.quarantine where row_number = 3").item()
    assert json.loads(values)["body"] == "mail <EMAIL_1> or <CARD_1>"


def test_new_columns_are_reported_and_not_fatal(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    path = tickets_file(tmp_path / "in", f"{ticket(1)},x", header=f"{HEADER},mood")
    report = load_files((path, "contract"))
    assert report.files[0].unknown_columns == ("mood",)
    assert report.errors == ()
    assert warehouse.query("select unknown_columns from raw.loads").item().to_list() == ["mood"]


def test_an_unreadable_file_is_reported_and_the_others_load(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    folder = tickets_file(tmp_path / "in", ticket(1)).parent
    (folder / "tickets-2.parquet").write_text("no parquet")
    (folder / "tickets-3.csv").write_text("")
    report = load_files((folder, "contract"))
    assert statuses(warehouse) == {"1": "open"}
    assert len(report.errors) == 2
    assert all("\n" not in error for error in report.errors)
    assert warehouse.query("select count(error) from raw.loads").item() == 2


def test_a_repaired_file_loads_and_its_old_quarantine_goes(
    tmp_path: Path, warehouse: Warehouse, load_files: Load
) -> None:
    load_files((tickets_file(tmp_path / "in", ticket(1, status="lost")), "contract"))
    load_files((tickets_file(tmp_path / "in", ticket(1)), "contract"))
    assert statuses(warehouse) == {"1": "open"}
    assert warehouse.query("select count(*) from raw.quarantine").item() == 0


def test_a_mapping_that_names_an_unknown_column_says_which_and_what_is_close(
    tmp_path: Path, load_files: Load
) -> None:
    mapping = tmp_path / "desk.toml"
    mapping.write_text('source = "desk"\n[tickets.columns]\nticket_id = "tickt_id"\n')
    report = load_files((tickets_file(tmp_path / "in", ticket(1)), mapping))
    (error,) = report.errors
    assert "takes tickets.ticket_id from tickt_id, which the file does not have; closest: ticket_id" in error
    assert str(tmp_path / "in" / "tickets.csv") in error


def test_times_without_a_zone_where_none_is_declared_are_an_error(tmp_path: Path, load_files: Load) -> None:
    mapping = tmp_path / "desk.toml"
    mapping.write_text('[tickets]\nidentity = true\n[tickets.columns]\nrequester_key = "requester_id"\n')
    report = load_files((tickets_file(tmp_path / "in", ticket(1)), mapping))
    (error,) = report.errors
    assert "created_at has times without a zone (first in row 2)" in error
    assert "[times]" in error


def test_unknown_files_mappings_and_paths_are_one_line_each(tmp_path: Path, load_files: Load) -> None:
    stray = tickets_file(tmp_path / "in", ticket(1), name="notes.csv")
    report = load_files((stray, "contract"), (stray, "zendesk"), (tmp_path / "nowhere", "contract"))
    assert "has no table for a file of this name" in report.errors[0]
    assert "closest: zendesk_export" in report.errors[1]
    assert "no such file" in report.errors[2]


def test_a_failure_halfway_leaves_what_was_there_before(
    tmp_path: Path, warehouse: Warehouse, load_files: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_files((tickets_file(tmp_path / "in", ticket(1)), "contract"))
    before = everything(warehouse)
    monkeypatch.setattr("assets.ingest.load_file.record_load", _killed)
    with pytest.raises(KeyboardInterrupt):
        load_files((tickets_file(tmp_path / "in", ticket(1, "2026-01-05", "solved"), ticket(2)), "contract"))
    assert everything(warehouse) == before


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_progress_tells_the_file_and_its_rows(tmp_path: Path, load_files: Load) -> None:
    seen: list[tuple[str, int]] = []
    path = tickets_file(tmp_path / "in", ticket(1), ticket(2))
    load_files((path, "contract"), progress=lambda file, rows: seen.append((file, rows)))
    assert seen == [("tickets.csv", 2)]


def as_of_after(path: Path, load_files: Load, **options: object) -> datetime:
    report: LoadReport = load_files((path, "contract"), **options)
    return report.as_of


def test_as_of_is_the_end_of_the_last_day_in_the_accounts_zone(tmp_path: Path, load_files: Load) -> None:
    path = tickets_file(tmp_path / "in", ticket(1, "2026-01-02"))
    # 10:00 UTC on 2 January is still that day in Los Angeles, whose midnight is 08:00 UTC on the 3rd.
    expected = datetime(2026, 1, 3, 7, 59, 59, 999999)
    assert as_of_after(path, load_files, time_zone="America/Los_Angeles") == expected


def test_as_of_is_never_in_the_future_and_a_given_one_wins(tmp_path: Path, load_files: Load) -> None:
    path = tickets_file(tmp_path / "in", ticket(1, "2026-01-02"), ticket(2, "2031-01-01"))
    assert as_of_after(path, load_files, now=datetime(2026, 1, 2, 11)) == datetime(2026, 1, 2, 11)
    given = datetime(2025, 5, 1)
    assert as_of_after(path, load_files, as_of=given) == given


def test_a_source_is_described_by_what_it_has(tmp_path: Path, warehouse: Warehouse, load_files: Load) -> None:
    load_files((tickets_file(tmp_path / "in", ticket(1), ticket(2, body="")), "contract"))
    (source,) = warehouse.query("select * from raw.sources").to_dicts()
    assert (source["source"], source["mapping"], source["tickets"], source["events"]) == (
        "desk",
        "contract",
        2,
        0,
    )
    assert source["has_text"]
    assert not source["has_events"]
    assert not source["has_csat"]
    assert source["volume_until"].isoformat() == "2026-01-01"


def test_a_large_file_is_stored_whole_across_batches(
    tmp_path: Path, warehouse: Warehouse, load_files: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 250
    frame = pl.DataFrame(
        {
            "source": ["desk"] * rows,
            "ticket_id": [str(number % 200) for number in range(rows)],
            "created_at": [datetime(2026, 1, 1)] * rows,
            "updated_at": [datetime(2026, 1, 1, 0, number // 200) for number in range(rows)],
            "status": ["open"] * 200 + ["solved"] * 50,
            "channel": ["chat"] * rows,
            "requester_id": ["r"] * rows,
        }
    )
    path = tmp_path / "tickets.parquet"
    frame.write_parquet(path)
    monkeypatch.setattr("assets.ingest.files.BATCH_ROWS", 64)
    load_files((path, "contract"))
    assert warehouse.query("select status, count(*) from raw.tickets group by all order by 1").rows() == [
        ("open", 150),
        ("solved", 50),
    ]


def test_an_attribute_given_twice_keeps_its_first_value(tmp_path, warehouse, load_files):
    attributes = [{"key": "app", "value": "1"}, {"key": "os", "value": "x"}, {"key": "app", "value": "2"}]
    row = {
        "source": "desk",
        "ticket_id": "1",
        "created_at": datetime(2026, 1, 1),
        "updated_at": datetime(2026, 1, 1),
        "status": "open",
        "channel": "email",
        "attributes": attributes,
    }
    pl.DataFrame([row]).write_parquet(tmp_path / "tickets.parquet")
    report = load_files((tmp_path / "tickets.parquet", "contract"))
    assert not report.errors
    kept = warehouse.query("select map_from_entries(attributes) as attributes from raw.tickets").item()
    assert kept.to_list() == [{"key": "app", "value": "1"}, {"key": "os", "value": "x"}]
