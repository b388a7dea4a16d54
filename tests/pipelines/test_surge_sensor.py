"""What starts when a surge begins, and what is said when it ends."""

import dagster as dg
import duckdb
import pytest

from pipelines.definitions import definitions
from pipelines.sensors import surge_sensor
from pipelines.settings import read_settings

WAVE = "business_line/account_security/2026-10-11T23"


@pytest.fixture
def settings(tmp_path):
    return read_settings(home=tmp_path)


def _publish(settings, *ongoing: str) -> None:
    with duckdb.connect(str(settings.published)) as snapshot:
        snapshot.execute("create or replace table surge_alarms (alarm_id varchar, is_ongoing boolean)")
        rows = [(alarm, True) for alarm in ongoing] + [("total/all/2026-09-01T00", False)]
        snapshot.executemany("insert into surge_alarms values (?, ?)", rows)


def test_a_surge_starts_the_crisis_job_once_and_its_end_is_told(settings):
    sensor, context = surge_sensor(settings), dg.build_sensor_context()
    assert "no surge is on" in str(sensor(context).skip_message)
    _publish(settings)
    assert "no surge is on" in str(sensor(context).skip_message)
    _publish(settings, WAVE)
    started = sensor(context)
    assert isinstance(started, dg.RunRequest)
    assert started.run_key == WAVE
    assert "still on" in str(sensor(context).skip_message)
    _publish(settings, "business_line/account_security/2026-10-11T21")  # its first hour is seen earlier now
    assert "still on" in str(sensor(context).skip_message)
    _publish(settings)
    assert "over: business_line/account_security" in str(sensor(context).skip_message)
    assert "no surge is on" in str(sensor(context).skip_message)


def test_surges_that_begin_together_are_one_run_and_a_later_one_another(settings):
    sensor, context = surge_sensor(settings), dg.build_sensor_context()
    _publish(settings, WAVE, "total/all/2026-10-12T01")
    first = sensor(context)
    _publish(settings, WAVE, "total/all/2026-10-12T01", "region/Europe/2026-10-12T05")
    second = sensor(context)
    assert first.run_key == f"{WAVE} total/all/2026-10-12T01"
    assert second.run_key == "region/Europe/2026-10-12T05"


def test_the_crisis_job_forecasts_plans_and_publishes_but_loads_nothing(settings):
    job = definitions(settings).resolve_job_def("crisis")
    made = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert {
        "forecast_daily",
        "forecast_hourly",
        "staffing_weeks",
        "surge_alarms",
        "published_snapshot",
    } <= made
    assert not made & {"raw/tickets", "stg_tickets", "themes", "ticket_themes"}
