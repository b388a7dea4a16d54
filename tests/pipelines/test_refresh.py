"""A whole run on a simulated operation: what is published is complete, agrees with itself, and is repeatable."""

from __future__ import annotations

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ingest.simulated import HoldsOtherData, simulate_into
from dbt_like_sql.warehouse import Warehouse
from pipelines.instance import open_instance
from pipelines.run import run_refresh
from tests.conftest import AS_OF, TICKETS

_RAW = ("tickets", "ticket_events", "groups", "calendar", "exposure", "issue_links", "issues", "qa_reviews")


@pytest.fixture(scope="module")
def snapshot(finished):
    with Warehouse(finished.published, read_only=True) as opened:
        yield opened


def test_every_simulated_row_arrives_and_none_is_quarantined(finished, snapshot):
    for name in _RAW:
        folder = (
            finished.tables if (finished.tables / f"{name}.csv").exists() else finished.inbox / "contract"
        )
        path = next(folder.glob(f"{name}.*"))
        given = pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)
        assert snapshot.rows(f"raw.{name}") == given.height, name
    assert snapshot.rows("raw.tickets") == TICKETS
    assert snapshot.rows("raw.quarantine") == 0


def test_no_requester_id_and_no_personal_data_reach_the_snapshot(finished, snapshot):
    given = pl.read_parquet(finished.inbox / "contract" / "tickets.parquet")
    stored = snapshot.query("select ticket_id, requester_key, subject, body from raw.tickets")
    assert not set(given["requester_id"]) & set(stored["requester_key"])
    addresses = r"[a-z0-9._]+@example\.(com|org)"
    assert given["body"].str.contains(addresses).sum() > 0
    text = stored.select(pl.concat_str(["subject", "body"], ignore_nulls=True)).to_series()
    assert text.str.contains(addresses).sum() == 0
    assert text.str.contains("4242 ?4242").sum() == 0
    assert text.str.contains("<EMAIL_1>").sum() > 0


def test_themes_and_forecast_cover_what_they_should(snapshot):
    escalated = snapshot.rows("escalations")
    assert 0 < escalated < TICKETS
    assert snapshot.rows("ticket_themes") == escalated
    assert snapshot.query("select sum(tickets)::bigint as n from themes")["n"].item() == escalated
    days = snapshot.query(
        "select min(date) as first, count(*) as days from forecast_daily where level = 'total'"
    )
    assert days.row(0) == (AS_OF, 90)
    parts = snapshot.query(
        "select max(abs(total - parts)) as gap from "
        "(select date, sum(expected) filter (where level = 'total') as total, "
        "sum(expected) filter (where level = 'segment') as parts from forecast_daily group by date)"
    )
    assert parts["gap"].item() < 1e-6


@pytest.mark.usefixtures("without_history")
def test_running_again_without_anything_new_changes_no_number(finished, copied, snapshot):
    run_refresh(copied)
    with Warehouse(copied.published, read_only=True) as again:
        for table in (
            "raw.tickets",
            "daily_kpis",
            "themes",
            "ticket_themes",
            "theme_impact",
            "forecast_daily",
        ):
            columns = "all" if table != "raw.tickets" else "source, ticket_id"
            query = f"select * from {table} order by {columns}"
            # DuckDB adds floats up in whatever order its threads finish, so the last digits may differ.
            assert_frame_equal(again.query(query), snapshot.query(query), rel_tol=1e-9, abs_tol=1e-9)


def test_the_command_lines_run_is_in_the_history_with_its_assets_and_checks(finished):
    with open_instance(finished.dagster_home) as instance:
        run = instance.get_runs(limit=1)[0]
        assert (run.job_name, run.status) == ("refresh", dg.DagsterRunStatus.SUCCESS)
        latest = instance.get_latest_materialization_event(dg.AssetKey("daily_volume"))
        assert latest is not None
        materialization = latest.asset_materialization
        assert materialization is not None
        assert materialization.metadata["dagster/row_count"].value > 0
        assert "data:image/png;base64," in str(materialization.metadata["picture"].value)


def test_another_simulation_replaces_the_first_and_real_tickets_are_never_replaced(tmp_path):
    simulate_into(tmp_path, tickets=300, seed=1, as_of=AS_OF)
    first = (tmp_path / "inbox" / "contract" / "tickets.parquet").read_bytes()
    simulate_into(tmp_path, tickets=300, seed=1, as_of=AS_OF)
    assert (tmp_path / "inbox" / "contract" / "tickets.parquet").read_bytes() == first
    simulate_into(tmp_path, tickets=200, seed=2, as_of=AS_OF)
    assert pl.read_parquet(tmp_path / "inbox" / "contract" / "tickets.parquet").height == 200

    own = tmp_path / "own"
    (own / "tables").mkdir(parents=True)
    with pytest.raises(HoldsOtherData, match="holds tickets of your own"):
        simulate_into(own, tickets=200, seed=2, as_of=AS_OF)
