"""What the report of the week before said: as it was stored, whatever has changed since."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from assets.causes import _last_week
from dbt_like_sql.warehouse import Warehouse

WEEK = date(2026, 11, 9)
BEFORE = WEEK - timedelta(weeks=1)
RISES = pl.DataFrame(
    {"theme_id": ["t1"], "kind": ["new"], "tickets_week": [17], "usual_high": [5.0], "rank": [1]}
)
FOLLOWED = pl.DataFrame({"theme_id": ["t2"], "was": ["risen"], "tickets_then": [30], "usual_high": [9.0]})


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


def stored(warehouse: Warehouse, week: date, rises: pl.DataFrame, followed: pl.DataFrame) -> None:
    warehouse.replace("theme_rises", rises)
    warehouse.replace("rise_followup", followed)
    warehouse.replace("rise_week", pl.DataFrame({"week": [week]}))


def test_of_the_week_before_it_is_what_rose(warehouse):
    stored(warehouse, BEFORE, RISES, FOLLOWED)
    assert _last_week(warehouse, WEEK).rows() == [("t1", "new", 17, 5.0)]


def test_a_second_run_in_a_week_in_which_nothing_rose_follows_up_the_same(warehouse):
    stored(warehouse, WEEK, RISES.clear(), FOLLOWED)
    assert _last_week(warehouse, WEEK).rows() == [("t2", "risen", 30, 9.0)]


def test_of_a_week_before_that_reported_nothing_there_is_nothing_to_follow_up(warehouse):
    stored(warehouse, BEFORE, RISES.clear(), FOLLOWED)
    assert _last_week(warehouse, WEEK).rows() == []


@pytest.mark.parametrize("week", [BEFORE - timedelta(weeks=1), WEEK + timedelta(weeks=1)])
def test_of_another_week_nothing_is_known(warehouse, week):
    stored(warehouse, week, RISES, FOLLOWED)
    assert _last_week(warehouse, WEEK) is None


def test_without_a_report_nothing_is_known(warehouse):
    assert _last_week(warehouse, WEEK) is None
