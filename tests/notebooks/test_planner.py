"""The planner runs headless on a finished run: the plan as it stands, and scenarios beside it."""

from __future__ import annotations

import time
from datetime import datetime

import polars as pl
import pytest

from models.planning.scenario import Levers, Wave
from notebooks import planner as notebook

WAVE = Wave(2000, datetime(2026, 7, 14, 9), 3)


@pytest.fixture
def opened(finished, monkeypatch):
    """Run the planner on the finished run, with some cells' values given."""
    monkeypatch.setenv("GROUNDSWELL_HOME", str(finished.home))
    return lambda **given: notebook.app.run(defs=given or None)[1]


def test_it_opens_on_the_plan_as_it_stands(opened):
    found = opened()
    assert found["title"] == "The plan as it stands"
    assert found["by_day"]["expected"].to_list() == pytest.approx(
        found["by_day"]["expected_baseline"].to_list()
    )
    assert found["by_week"]["people"].to_list() == found["by_week"]["people_baseline"].to_list()
    assert found["levers"] == Levers()


def test_a_scenario_answers_within_a_second_once_it_is_open(opened, finished):
    found = opened(events=[WAVE], levers=Levers(handle_time=1.2))
    assert found["title"].startswith("ATO wave from 14 Jul 2026")
    assert found["by_week"]["people"].sum() > found["by_week"]["people_baseline"].sum()
    started = time.process_time()
    notebook.what_if(found["plan"], [WAVE], Levers(handle_time=1.3))
    assert time.process_time() - started < 1


def test_what_is_shown_adds_up_over_lines_and_tiers():
    frame = pl.DataFrame(
        {
            "week": ["w1", "w1", "w2"], "business_line": ["a", "b", "a"], "tier": ["1", "1", "2"],
            "tickets_baseline": [10.0, 30.0, 5.0], "tickets": [10.0, 30.0, 5.0],
            "within_sla_baseline": [1.0, 0.5, None], "within_sla": [0.0, 0.5, None],
        }
    )  # fmt: skip
    weeks = notebook.summed(frame, "week")
    assert weeks["tickets"].to_list() == [40, 5]
    assert weeks["within_sla_baseline"].to_list() == [0.625, None]  # (10 x 1 + 30 x 0.5) / 40
    assert notebook.shown_rows(frame, "a", "2")["week"].to_list() == ["w2"]


def test_without_a_snapshot_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path))
    outputs, _ = notebook.app.run()
    assert "make demo" in "".join(output.text for output in outputs if hasattr(output, "text"))
