"""Public data sets with known figures; the folder that holds them is named by GROUNDSWELL_REAL_DATA."""

import os
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from assets.ingest.load import LoadReport, SourceFiles, load
from dbt_like_sql.warehouse import Warehouse

FOLDER = Path(os.environ.get("GROUNDSWELL_REAL_DATA", ""))
INCIDENTS = FOLDER / "tickets" / "uci_incident_event_log.parquet"
COMPLAINTS = FOLDER / "cfpb" / "cfpb_complaints.parquet"

pytestmark = pytest.mark.skipif(
    not os.environ.get("GROUNDSWELL_REAL_DATA"), reason="GROUNDSWELL_REAL_DATA names no folder of real data"
)

Loaded = tuple[Warehouse, LoadReport, float]


def loaded(folder: Path, path: Path, mapping: str) -> Iterator[Loaded]:
    with Warehouse(folder / "warehouse.duckdb") as warehouse:
        started = time.process_time()
        report = load(
            warehouse, [SourceFiles(path, mapping)], salt="s", time_zone="UTC", now=datetime(2026, 1, 1)
        )
        yield warehouse, report, time.process_time() - started


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    yield from loaded(tmp_path_factory.mktemp("incidents"), INCIDENTS, "servicenow_incidents")


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    yield from loaded(tmp_path_factory.mktemp("complaints"), COMPLAINTS, "cfpb_complaints")


# The figures of the incident log come from the file itself: the last row of each incident, by plain counting.


def test_incidents_are_all_there_with_what_they_report(incidents: Loaded) -> None:
    warehouse, report, seconds = incidents
    assert report.files[0].rows_read == 141_712
    assert report.errors == ()
    assert report.quarantined == {"status|unknown_value": 5}  # the log's state "-100", never a last one
    assert report.files[0].unknown_columns == ()
    assert seconds < 30
    figures = warehouse.query(
        "select count(*), avg(reported_sla_met::int), avg((reported_reopens > 0)::int), "
        "avg((reported_reassignments > 0)::int), avg(reported_reassignments), "
        "count(*) filter (where status = 'closed') from raw.tickets"
    ).row(0)
    assert figures == pytest.approx((24_918, 0.6342, 0.0110, 0.4563, 0.940, 24_918), abs=5e-4)


def test_solved_events_give_the_times_to_resolution(incidents: Loaded) -> None:
    warehouse, _, _ = incidents
    median, mean, never = warehouse.query(
        "with solved as (select ticket_id, max(occurred_at) as solved_at from raw.ticket_events "
        "where kind = 'solved' group by ticket_id) "
        "select median(date_diff('second', created_at, solved_at) / 3600), "
        "avg(date_diff('second', created_at, solved_at) / 3600), count(*) - count(solved_at) "
        "from raw.tickets left join solved using (ticket_id)"
    ).row(0)
    assert median == pytest.approx(22.10, abs=0.005)
    assert mean == pytest.approx(178.17, abs=0.005)
    assert never == 1_556


def test_the_volume_of_incidents_ends_before_the_leftovers(incidents: Loaded) -> None:
    warehouse, _, _ = incidents
    window = warehouse.query("select volume_from, volume_until from raw.sources").row(0)
    assert window == (date(2016, 2, 29), date(2016, 5, 31))


def test_complaints_with_a_day_are_tickets_and_the_others_are_in_quarantine(complaints: Loaded) -> None:
    warehouse, report, _ = complaints
    tickets, with_body, reporting, met = warehouse.query(
        "select count(*), count(body), count(reported_sla_met), count(*) filter (where reported_sla_met) "
        "from raw.tickets"
    ).row(0)
    # 43,952 rows; 7,316 of them are a narrative alone, without id, day or response.
    assert (tickets, with_body) == (36_636, 3_181)
    assert report.quarantined == {"ticket_id|nullability": 7_316}
    assert (reporting, met) == (36_636, 36_044)
