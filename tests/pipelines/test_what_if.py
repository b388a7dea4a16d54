"""A what-if asked on the command line and as a Dagster run, on a finished run of a small operation."""

from __future__ import annotations

import json
import sys

import dagster as dg
import polars as pl
import pytest

from dbt_like_sql.warehouse import Warehouse
from pipelines import cli
from pipelines.definitions import definitions


@pytest.fixture
def ask(finished, monkeypatch, capfd):
    """Type a what-if; the exit code and what was said."""

    def typed(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["groundswell", "what-if", "--home", str(finished.home), *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        output, errors = capfd.readouterr()
        return int(end.value.code or 0), " ".join((output + errors).split())

    return typed


def test_a_wave_is_told_in_words_and_written_to_files(ask, tmp_path):
    code, said = ask(
        "--ato-wave", "--accounts", "2000", "--start", "2026-07-14 20:00", "--half-life", "2",
        "--csv", str(tmp_path / "weeks.csv"), "--json", str(tmp_path / "all.json"),
    )  # fmt: skip
    assert code == 0
    assert "What if: ATO wave from 14 Jul 2026 20:00, 2,000 accounts, half-life 2 days" in said
    assert "Account security, tier 1 needs" in said
    weeks, whole = pl.read_csv(tmp_path / "weeks.csv"), json.loads((tmp_path / "all.json").read_text())
    written = weeks.filter(pl.col("tier") == 1)["added"].sum()
    assert written == pytest.approx(600, rel=0.02)  # 2,000 accounts, 0.3 tickets each
    assert whole["added"]["p10"] < whole["added"]["added"] < whole["added"]["p90"]
    assert len(whole["weeks"]) == weeks.height


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--start", "2026-07-10"], "give either --campaign NAME or --ato-wave"),
        (["--campaign", "Sale", "--start", "2025-07-10"], "2025-07-10 is in the past"),
        (["--campaign", "Sale", "--start", "2026-07-10", "--line", "shoes"], "known are account_security"),
        (["--campaign", "", "--start", "2026-07-10"], "a campaign without a name"),
        (["--campaign", "Sale", "--start", "2026-07-10", "--size", "50"], "size 50 is too large: at most"),
        (
            ["--ato-wave", "--start", "2026-07-10", "--accounts", "1e12"],
            "accounts at 0.3 tickets each are too many",
        ),
        (["--ato-wave", "--start", "2026-07-10", "--half-life", "inf"], "at most 365 days"),
        (
            ["--ato-wave", "--start", "2026-07-10", "--accounts", "100", "--csv", "/nonexistent/weeks.csv"],
            "/nonexistent/weeks.csv cannot be written: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_line(ask, arguments, told):
    code, said = ask(*arguments)
    assert code == 1
    assert told in said
    assert "Traceback" not in said


def test_a_dagster_run_stores_what_its_configuration_asks(copied):
    job = definitions(copied).resolve_job_def("what_if")
    config = {
        "accounts": 2000.0,
        "start": "2026-07-14 20:00",
        "half_life": 2.0,
        "contact_rate": 0.2,
        "line": "ecommerce",
    }
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process({"ops": {"what_if_answer": {"config": config}}}, instance=instance)
    assert run.success
    with Warehouse(copied.home / "warehouse.duckdb", read_only=True) as warehouse:
        days = warehouse.query("select * from what_if_days")
        assert set(warehouse.query("select distinct scenario from what_if_weeks")["scenario"]) == set(
            days["scenario"]
        )
    written = days.filter(pl.col("business_line") == "ecommerce", pl.col("tier") == "1")["added"].sum()
    assert written == pytest.approx(400, rel=0.02)  # 2,000 accounts, 0.2 tickets each
    assert days.filter(pl.col("business_line") != "ecommerce")["added"].abs().max() == 0


def test_a_run_that_asks_nothing_says_what_to_give(copied):
    job = definitions(copied).resolve_job_def("what_if")
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(
            {"ops": {"what_if_answer": {"config": {"start": "2026-07-10"}}}},
            instance=instance,
            raise_on_error=False,
        )
    failed = next(event for event in run.all_node_events if event.is_step_failure)
    assert "either a campaign's name or a wave's number of accounts" in str(failed.event_specific_data)
