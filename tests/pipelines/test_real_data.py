"""Known answers on real tickets: the UCI incident log and the CFPB complaints, where a data folder is given."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from dbt_like_sql.warehouse import Warehouse
from pipelines.run import SourceArgument, run_refresh
from pipelines.settings import Settings, read_settings

pytestmark = pytest.mark.usefixtures("without_history")

_PAGES = ("index.html", "trends.html", "root-causes.html", "themes.html", "capacity.html")


def _real(file: str) -> Path:
    folder = os.environ.get("GROUNDSWELL_REAL_DATA")
    path = Path(folder or "") / file
    if not folder or not path.exists():
        pytest.skip(f"GROUNDSWELL_REAL_DATA is not a folder that holds {file}")
    return path


def _finished_run(path: Path, mapping: str, home: Path) -> Settings:
    settings = read_settings(home=home)
    run_refresh(settings, [SourceArgument(str(path), mapping)])
    return settings


@pytest.fixture(scope="module")
def incidents(tmp_path_factory) -> Settings:
    path = _real("tickets/uci_incident_event_log.parquet")
    return _finished_run(path, "servicenow_incidents", tmp_path_factory.mktemp("incidents"))


@pytest.fixture(scope="module")
def complaints(tmp_path_factory) -> Settings:
    """A run on every fourth row, as embedding takes its time; what all of them hold is tested where they are loaded."""
    home = tmp_path_factory.mktemp("complaints")
    path = home / "every_fourth.parquet"
    pl.read_parquet(_real("cfpb/cfpb_complaints.parquet")).gather_every(4).write_parquet(path)
    return _finished_run(path, "cfpb_complaints", home)


def test_the_incident_log_gives_its_known_totals_in_the_snapshot(incidents):
    with Warehouse(incidents.published, read_only=True) as snapshot:
        summary = snapshot.query("select * from source_summary").row(0, named=True)
    assert summary["tickets"] == 24_918
    assert summary["reported_sla_share"] == pytest.approx(15_803 / 24_918)
    assert summary["resolved_tickets"] == 24_918 - 1_556
    for whose in ("", "reported_"):
        assert summary[f"{whose}full_resolution_hours_mean"] == pytest.approx(178.17, abs=0.005)
        assert summary[f"{whose}full_resolution_hours_median"] == pytest.approx(22.10, abs=0.005)
        assert summary[f"{whose}full_resolution_hours_p90"] == pytest.approx(381.55, abs=0.005)
    assert summary["reported_reopened_share"] == pytest.approx(0.0110, abs=5e-5)
    assert summary["reported_reassigned_share"] == pytest.approx(0.4563, abs=5e-5)
    assert summary["reported_mean_reassignments"] == pytest.approx(0.940, abs=5e-4)


def test_the_incident_logs_own_word_on_its_targets_is_kept_by_priority(incidents):
    """It has no policies to measure by: what it claims stands beside an empty figure of ours, 63.42 % in all."""
    with Warehouse(incidents.published, read_only=True) as snapshot:
        claims = snapshot.query(
            "select metrics.priority, count(*) as tickets, avg(claims.reported) as met, count(claims.ours) as measured "
            "from sla_reconciliation as claims join ticket_metrics as metrics using (source, ticket_id) "
            "where claims.measure = 'sla_met' group by metrics.priority"
        )
        reasons = snapshot.query(
            "select reason, tickets, reported_mean from reconciliation_summary where measure = 'sla_met'"
        ).rows()
    shares = {row["priority"]: (row["tickets"], row["met"]) for row in claims.iter_rows(named=True)}
    assert claims["measured"].sum() == 0
    assert shares == {
        "urgent": (270, pytest.approx(0.0185, abs=5e-5)),
        "high": (408, pytest.approx(0.0049, abs=5e-5)),
        "normal": (23_466, pytest.approx(0.6454, abs=5e-5)),
        "low": (774, pytest.approx(0.8411, abs=5e-5)),
    }
    assert reasons == [("not measured", 24_918, pytest.approx(15_803 / 24_918))]


def test_the_incident_logs_volume_stops_where_only_leftovers_follow(incidents):
    with Warehouse(incidents.published, read_only=True) as snapshot:
        last = snapshot.query("select max(date) as last from daily_volume")["last"].item()
        first_forecast = snapshot.query("select min(date) as first from forecast_daily")["first"].item()
    assert (last, first_forecast) == (date(2016, 5, 31), date(2016, 6, 1))


def test_the_incident_logs_reports_open_and_say_what_is_missing(incidents):
    pages = {page: (incidents.reports / page).read_text() for page in _PAGES}
    assert "has no ticket text, so there are no themes" in pages["index.html"]
    assert "has no ticket text" in pages["root-causes.html"]
    assert "has no satisfaction ratings, so there is no CSAT" in pages["trends.html"]
    assert "has no groups, so tier and vendor of its tickets are not known" in pages["capacity.html"]


def test_the_complaints_give_themes_trends_and_a_forecast(complaints):
    with Warehouse(complaints.published, read_only=True) as snapshot:
        tickets = snapshot.rows("stg_tickets")
        quarantined = snapshot.query("select sum(rows_quarantined)::bigint as n from raw.loads")["n"].item()
        texts = snapshot.rows("escalations")
        themes = snapshot.query("select name, tickets, is_other from themes order by tickets desc")
        days = snapshot.query("select count(*) as n from forecast_daily where level = 'total'")["n"].item()
        weeks = snapshot.rows("weekly_kpis")
    # The quarantined rows hold a narrative and nothing else: no id and no day to count them on.
    assert (tickets, quarantined, texts) == (9_159, 1_829, 796)
    assert themes.filter(~themes["is_other"]).height >= 10
    assert themes["tickets"].sum() == texts
    assert not themes["name"].str.contains(r"(?i)xx").any()
    assert days == complaints.forecast_days
    assert weeks > 0


def test_the_complaints_reports_open_and_say_what_is_missing(complaints):
    pages = {page: (complaints.reports / page).read_text() for page in _PAGES}
    for part in ("no satisfaction ratings", "no groups", "no ticket history"):
        assert f"has {part}, so" in pages["index.html"]
    assert "<blockquote" in pages["themes.html"]
    assert "has no campaigns or holidays, so the forecast knows of none" in pages["capacity.html"]
