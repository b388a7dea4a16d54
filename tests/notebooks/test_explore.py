"""The analysts' notebook runs headless on a finished run, and its numbers are the snapshot's."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from notebooks import explore as notebook
from notebooks.explore import app
from tests.conftest import AS_OF


@pytest.fixture
def explore(finished, monkeypatch):
    """Run the notebook on the finished run, with some cells' values given; lets go of the snapshot at the end."""
    monkeypatch.setenv("GROUNDSWELL_HOME", str(finished.home))
    opened = []

    def run(**given):
        _, found = app.run(defs=given or None)
        opened.append(found["snapshot"])
        return found

    yield run
    for snapshot in opened:
        snapshot.close()


def test_it_opens_on_all_lines_and_the_last_ninety_days(explore):
    found = explore()
    assert found["chosen_line"] == "all"
    assert (found["last_day"] - found["first_day"]).days == 90
    assert (AS_OF - found["last_day"]).days == 1
    assert found["totals"]["created"] > 0
    assert found["theme_table"].height > 0
    assert found["ahead"].height > 0


@pytest.mark.parametrize("line", ["all", "live"])
def test_the_kpis_of_a_line_and_period_equal_a_query_of_ones_own(line, explore):
    first, last = date(2026, 3, 1), date(2026, 5, 31)
    found = explore(chosen_line=line, first_day=first, last_day=last)
    created = found["snapshot"].execute(
        "select count(*) from stg_tickets where (? = 'all' or business_line = ?) and created_on between ? and ?",
        [line, line, first, last],
    )
    assert found["totals"]["created"] == created.fetchall()[0][0] > 0


def test_another_line_has_other_themes_and_another_forecast(explore):
    of_all, of_one = explore(), explore(chosen_line="ecommerce", first_day=date(2026, 1, 1), last_day=AS_OF)
    counted = of_one["snapshot"].execute(
        "select count(*) from ticket_themes join stg_tickets using (source, ticket_id) "
        "where business_line = 'ecommerce' and created_on >= '2026-01-01'"
    )
    assert of_one["theme_table"]["tickets"].sum() == counted.fetchall()[0][0] > 0
    assert of_one["ahead"]["date"].equals(of_all["ahead"]["date"])
    assert 0 < of_one["ahead"]["expected"].sum() < of_all["ahead"]["expected"].sum()


def test_a_week_that_has_not_ended_says_so_and_is_not_judged(explore):
    found = explore()
    assert found["weekly_kpis"]["week from"].to_list()[:2] == ["2026-06-29 (in part)", "2026-06-22"]
    judged = found["snapshot"].execute(
        "select value from kpi_signals "
        "where week = '2026-06-22' and business_line = 'all' and metric = 'tickets_created'"
    )
    shown = dict(found["verdicts"].select("KPI", "in the week").iter_rows())
    assert int(shown["Tickets created"].replace(",", "")) == judged.fetchall()[0][0]


def test_a_line_without_forecast_or_themes_still_has_its_kpis(explore):
    found = explore(chosen_line="unknown", first_day=date(2026, 6, 1), last_day=date(2026, 6, 30))
    assert found["totals"]["rated"] == 0
    assert found["theme_table"].is_empty()
    assert found["ahead"].is_empty()


def test_sql_of_ones_own_is_run_and_a_mistake_is_told(explore):
    found = explore(sql_text="select 6 * 7 as answer")
    assert found["answer"]["answer"].to_list() == [42]
    found = explore(sql_text="select nothing from nowhere")
    assert found["answer"] is None
    assert "nowhere" in str(found["sql_problem"])


def test_sql_of_ones_own_cannot_change_or_leave_the_snapshot(explore, finished):
    found = explore(sql_text="delete from raw.tickets")
    assert found["sql_problem"]
    found = explore(sql_text=f"select * from read_csv('{finished.tables}/groups.csv')")
    assert found["sql_problem"]


def test_without_a_snapshot_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path))
    outputs, found = app.run()
    assert "totals" not in found
    assert any("make demo" in str(getattr(output, "text", "")) for output in outputs)


def test_it_is_a_notebook_that_marimo_finds_nothing_wrong_with():
    notebooks = sorted(map(str, Path(notebook.__file__).parent.glob("*.py")))
    check = [sys.executable, "-m", "marimo", "check", "--strict", *notebooks]
    told = subprocess.run(check, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
