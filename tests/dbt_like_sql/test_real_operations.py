"""Times of public data sets with known figures; the folder that holds them is named by GROUNDSWELL_REAL_DATA."""

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from assets.ingest.load import SourceFiles, load
from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import SCHEMAS

FOLDER = Path(os.environ.get("GROUNDSWELL_REAL_DATA", "")) / "tickets"
SEEDS = FOLDER / "dbt_zendesk_seeds"

pytestmark = pytest.mark.skipif(
    not os.environ.get("GROUNDSWELL_REAL_DATA"), reason="GROUNDSWELL_REAL_DATA names no folder of real data"
)


@pytest.fixture(scope="module")
def incidents(tmp_path_factory, sql_project):
    """The incident log's tables up to ticket_metrics."""
    with Warehouse(tmp_path_factory.mktemp("incidents") / "warehouse.duckdb", threads=2) as warehouse:
        source = SourceFiles(FOLDER / "uci_incident_event_log.parquet", "servicenow_incidents")
        load(warehouse, [source], salt="s", time_zone="UTC", now=datetime(2026, 1, 1))
        for name, schema in SCHEMAS.items():
            if not name.startswith("raw.") or name.removeprefix("raw.") in (
                "groups",
                "schedules",
                "holidays",
            ):
                warehouse.replace(name, pl.DataFrame(schema=schema))
        warehouse.replace(
            "raw.account", pl.DataFrame({"as_of": [datetime(2017, 3, 1)], "time_zone": ["UTC"]})
        )
        needed = {"ticket_metrics"}
        for model in reversed(sql_project.models):
            if model.name in needed:
                needed.update(model.reads)
        for model in sql_project.models:
            if model.name in needed:
                warehouse.build(model)
        yield warehouse


# The figures come from the log itself, by plain counting over the last row of each incident: number, share whose target
# was met by the log's own word, mean and median hours to the resolution.
@pytest.mark.parametrize(
    ("priority", "incidents_of_it", "met", "mean", "median"),
    [
        ("urgent", 270, 0.0185, 266.1, 80.2),
        ("high", 408, 0.0049, 152.5, 38.2),
        ("normal", 23_466, 0.6454, 174.4, 21.6),
        ("low", 774, 0.8411, 283.2, 5.0),
    ],
)
def test_incidents_of_each_priority_take_their_known_hours(
    incidents, priority, incidents_of_it, met, mean, median
):
    found = incidents.query(
        "select count(*), avg(reported_sla_met::int), avg(full_resolution_minutes) / 60, "
        "median(full_resolution_minutes) / 60 from ticket_metrics as metrics "
        "join stg_tickets as tickets using (source, ticket_id) where metrics.priority = ?",
        [priority],
    ).row(0)
    assert found[0] == incidents_of_it
    assert found[1] == pytest.approx(met, abs=5e-5)
    assert found[2:] == pytest.approx((mean, median), abs=0.051)


def test_all_incidents_take_their_known_hours_to_the_resolution(incidents):
    found = incidents.query(
        "select count(*), count(solved_at), avg(full_resolution_minutes) / 60, median(full_resolution_minutes) / 60, "
        "quantile_cont(full_resolution_minutes, 0.9) / 60 from ticket_metrics"
    ).row(0)
    assert found[:2] == (24_918, 24_918 - 1_556)
    assert found[2:] == pytest.approx((178.17, 22.10, 381.55), abs=0.005)


def test_all_incidents_take_their_known_hours_until_they_are_closed(incidents):
    found = incidents.query(
        "select avg(date_diff('second', created_at, reported_closed_at)) / 3600, "
        "median(date_diff('second', created_at, reported_closed_at)) / 3600 from stg_tickets"
    ).row(0)
    assert found == pytest.approx((315.33, 145.87), abs=0.005)


def test_the_incidents_are_with_their_known_groups(incidents):
    # The last rows of the incidents name 71, of which `?` is none.
    found = incidents.query("select count(distinct group_id), count(*) > count(group_id) from stg_tickets")
    assert found.row(0) == (71 - 1, True)


def test_without_schedules_the_incidents_business_minutes_are_the_calendars(incidents):
    wrong = incidents.query(
        "select count(*) from ticket_metrics where abs(full_resolution_business_minutes - full_resolution_minutes) > 1e-6"
    )
    assert wrong.item() == 0


@pytest.fixture
def zendesk(operation):
    """The seeds' schedule and holidays, a group that has them, and the ticket whose fields changed, by its history.

    The seed's time zone has Zendesk's name; its holidays belong to a schedule the seed does not have.
    """
    schedules = pl.read_csv(SEEDS / "schedule_data.csv")
    operation.rows["raw.schedules"] = [
        {
            "schedule_id": str(row["id"]),
            "name": row["name"],
            "time_zone": {"Pacific Time (US & Canada)": "America/Los_Angeles"}[row["time_zone"]],
            "start_minute": row["start_time"],
            "end_minute": row["end_time"],
        }
        for row in schedules.iter_rows(named=True)
    ]
    schedule = operation.rows["raw.schedules"][0]["schedule_id"]
    operation.group("support", 1, schedule_id=schedule)
    history = pl.read_csv(SEEDS / "ticket_field_history_data.csv", schema_overrides={"ticket_id": pl.String})
    changes = history.filter((pl.col("ticket_id") == "11071") & (pl.col("field_name") == "status"))
    before, created = None, None
    for row in changes.sort("updated").iter_rows(named=True):
        status = row["value"].replace("on-hold", "hold")
        created = created or row["updated"]
        kind = "created" if before is None else "solved" if status == "solved" else "status_changed"
        operation.event("11071", row["updated"], kind, from_value=before, to_value=status)
        before = status
    operation.ticket("11071", created, status=before, group_id="support")
    return operation.only("ticket_metrics")


def test_the_seeds_ticket_waits_the_minutes_of_its_schedule(zendesk):
    # The schedule is open from Monday to Friday, 08:00 to 20:00 in California, 720 minutes a day; until 1 November 2020
    # 11:01:27 UTC is 04:01:27 there, then 03:01:27, so every change of the ticket lies in the night and every weekday
    # from one change up to the day before the next counts whole.
    # open: 28 Aug to 29 Aug (a Friday), 15 to 30 Sep (11 weekdays), 15 to 17 Oct (2), 2 to 14 Nov (10);
    # pending: 29 Aug to 2 Sep (2), 5 to 15 Sep (6), 30 Sep to 1 Oct (1), 20 Oct to 2 Nov (9);
    # on hold: 2 to 5 Sep (3), 1 to 15 Oct (10), 17 to 20 Oct (1, the Monday).
    warehouse = zendesk.build("2020-12-01")
    metrics = warehouse.query("select * from ticket_metrics").row(0, named=True)
    days = {"agent_work": 1 + 11 + 2 + 10, "agent_wait": 2 + 6 + 1 + 9, "on_hold": 3 + 10 + 1}
    for name, weekdays in days.items():
        assert metrics[f"{name}_business_minutes"] == pytest.approx(720 * weekdays)
        assert metrics[f"{name}_business_minutes_last_schedule"] == pytest.approx(720 * weekdays)
    assert metrics["requester_wait_business_minutes"] == pytest.approx(720 * (24 + 14))
    assert metrics["full_resolution_business_minutes"] == pytest.approx(720 * (24 + 18 + 14))
    assert metrics["full_resolution_minutes"] == 78 * 1440  # 28 August to 14 November


def test_a_holiday_of_the_seeds_closes_its_days(zendesk):
    # Boxing Day 2022 and the day after, Monday and Tuesday, are one holiday of the seed: of the week from Saturday, 24
    # December, to Saturday, 31 December, Wednesday to Friday are left, less the 29th, which is one, too.
    schedule = zendesk.rows["raw.schedules"][0]["schedule_id"]
    holidays = pl.read_csv(SEEDS / "schedule_holiday_data.csv", try_parse_dates=True)
    zendesk.rows["raw.holidays"] = [
        {"schedule_id": schedule, "date": day, "name": row["name"]}
        for row in holidays.iter_rows(named=True)
        for day in pl.date_range(row["start_date"], row["end_date"], eager=True)
    ]
    zendesk.ticket("over the holidays", "2022-12-24 12:00", status="open", group_id="support")
    warehouse = zendesk.build("2022-12-31 12:00")
    metrics = warehouse.query("select * from ticket_metrics where ticket_id = 'over the holidays'").row(
        0, named=True
    )
    assert metrics["agent_work_business_minutes"] == pytest.approx(720 * 2)
