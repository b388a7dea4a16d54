"""What the Dagster UI loads: described, owned, checked, scheduled, and light to load."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.resources import WAREHOUSE_POOL
from assets.run_lock import writing
from assets.warehouse import sql_project
from dbt_like_sql.warehouse import Warehouse
from pipelines.definitions import definitions
from pipelines.instance import open_instance
from pipelines.sensors import inbox_sensor
from pipelines.settings import read_settings

_GROUPS = {"ingest", "staging", "intermediate", "marts", "themes", "forecasts", "operations", "reports"}
_HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "openvino", "matplotlib", "plotly")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> dg.Definitions:
    return definitions(read_settings(home=tmp_path_factory.mktemp("definitions")))


@pytest.fixture(scope="module")
def specs(loaded) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {spec.key: spec for spec in loaded.resolve_all_asset_specs()}


def test_loading_imports_nothing_heavy():
    code = f"import sys, pipelines.definitions as d; d.groundswell(); print([m for m in {_HEAVY} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert run.stdout.strip().splitlines()[-1] == "[]", run.stderr


def test_the_ui_finds_every_job(loaded):
    jobs = {job.name for job in loaded.get_repository_def().get_all_jobs()}
    assert {"refresh", "rebuild_week", "crisis", "what_if"} <= jobs


def test_every_asset_says_what_it_is_whose_it_is_and_where_it_belongs(specs):
    for key, spec in specs.items():
        assert spec.description, key
        assert spec.owners, key
        assert spec.kinds, key
        assert spec.group_name in _GROUPS, key
    assert {spec.group_name for spec in specs.values()} == _GROUPS


def test_every_sql_table_has_described_columns_and_a_lineage_to_columns_there_are(specs):
    for model in sql_project().models:
        metadata = specs[dg.AssetKey(model.name)].metadata
        columns = metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == [column.name for column in model.columns]
        assert all(column.description for column in columns), model.name
        lineage = metadata["dagster/column_lineage"].deps_by_column
        for origins in lineage.values():
            for origin in origins:
                assert origin.asset_key in specs, (model.name, origin)
        assert any(lineage.values()) or not model.reads, model.name


def test_every_sql_test_and_the_quarantine_share_are_checks(loaded):
    checks = {key.name for made in loaded.asset_checks or () for key in made.check_keys}
    checks |= {key.name for made in loaded.assets or () for key in made.check_keys}
    assert {test.name for test in sql_project().tests} <= checks
    assert {"quarantined_share", "every_file_was_read"} <= checks


def test_everything_that_writes_shares_the_pool_of_the_warehouse(loaded):
    for made in [*(loaded.assets or ()), *(loaded.asset_checks or ())]:
        assert made.op.pool == WAREHOUSE_POOL, made.keys


def test_a_refresh_every_day_and_a_report_every_week_in_the_accounts_zone(tmp_path):
    settings = read_settings(home=tmp_path, time_zone="Asia/Tokyo", daily_run_at="04:30")
    repository = definitions(settings).get_repository_def()
    daily = repository.get_schedule_def("daily_refresh")
    assert (daily.cron_schedule, daily.execution_timezone, daily.job_name) == (
        "30 4 * * *",
        "Asia/Tokyo",
        "refresh",
    )
    assert repository.get_schedule_def("weekly_report").job_name == "rebuild_week"


def test_a_new_file_in_the_inbox_starts_one_refresh(tmp_path):
    settings = read_settings(home=tmp_path)
    sensor = inbox_sensor(settings)
    context = dg.build_sensor_context()
    assert "is empty" in str(sensor(context).skip_message)
    (settings.inbox / "contract").mkdir(parents=True)
    (settings.inbox / "contract" / "tickets.csv").write_text("ticket_id\n")
    first = sensor(context)
    assert isinstance(first, dg.RunRequest)
    assert "nothing has changed" in str(sensor(context).skip_message)
    (settings.inbox / "contract" / "tickets.csv").write_text("ticket_id\n1\n")
    second = sensor(context)
    assert isinstance(second, dg.RunRequest)
    assert second.run_key != first.run_key


def test_a_past_week_is_rebuilt_with_nothing_from_after_it(copied):
    monday = date(2026, 5, 4)
    with Warehouse(copied.home / "published.duckdb") as warehouse:
        warehouse.execute(
            "update raw.ticket_events set occurred_at = '2026-05-11 12:00' where kind = 'rated'"
        )
    job = definitions(copied).resolve_job_def("rebuild_week")
    with writing(copied.home), open_instance(copied.dagster_home) as instance:
        assert job.execute_in_process(instance=instance, partition_key=str(monday)).success
    site = copied.home / "weeks" / str(monday)
    assert "4 to 10 May 2026" in (site / "index.html").read_text()
    sunday = monday + timedelta(days=6)
    tables = {path.stem: pl.read_parquet(path) for path in (site / "data").glob("*.parquet")}
    ahead = {name for name in tables if name.startswith(("forecast", "staffing")) or name.endswith("ahead")}
    assert tables["forecast_daily"]["date"].min() == sunday + timedelta(days=1)
    assert tables["staffing_shifts"]["date"].min() == sunday + timedelta(days=1)
    assert tables["backlog_ahead"]["date"].min() == sunday + timedelta(days=1)
    assert tables["forecast_outcomes"]["week"].max() == monday
    for name in tables.keys() - ahead:
        for column in {"week", "date"} & set(tables[name].columns):
            newest = tables[name][column].max()
            assert newest is None or newest <= sunday, (name, column)
    asked = tables["csat_weeks"].filter(pl.col("offered") >= 10)
    assert set(asked["answered"]) == {0}  # every rating was given the day after
    assert not list(copied.home.glob(".*.unfinished"))
