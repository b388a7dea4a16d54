"""The root-cause tables of a whole run, and what they are read from."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.cause_tables import CAUSE_TABLES
from assets.causes import cause_frames
from dbt_like_sql.warehouse import Warehouse
from models.statistics.control_chart import usual_ranges


@pytest.fixture
def warehouse(copied):
    with Warehouse(copied.published) as opened:
        yield opened


def nothing_alike(texts: pl.Series) -> np.ndarray:
    return np.zeros((len(texts), 2), dtype=np.float32)


def test_every_table_is_published_as_described(warehouse):
    for name, schema in CAUSE_TABLES.items():
        schema.validate(warehouse.query(f"select * from {name}"), cast=True)
    assert warehouse.rows("action_verdicts") == warehouse.rows("stg_actions") > 0


def test_ranges_are_those_of_theme_trends(warehouse):
    """The benchmark has them from Python, the report from SQL."""
    columns = ["theme_id", "week", "distinct_tickets", "usual_middle", "usual_low", "usual_high", "verdict"]
    trends = warehouse.query(f"select {', '.join(columns)} from theme_trends order by theme_id, week")
    again = usual_ranges(trends.select(columns[:3])).select(columns)
    assert_frame_equal(again, trends, check_dtypes=False)


def test_a_burst_in_one_theme_is_reported_with_its_hour_cost_and_quotes(warehouse):
    """Sixty tickets of one theme move into the last week, half an hour apart from Wednesday on."""
    week = warehouse.query("select max(week) as week from theme_trends")["week"].item()
    onset = datetime.combine(week, datetime.min.time()) + timedelta(days=2, hours=9)
    theme = warehouse.query(
        "select theme_id from themes where not is_other and not is_template order by tickets desc limit 1"
    ).item()
    warehouse.execute(
        """
        create temp table moved as
        select source, ticket_id, row_number() over (order by ticket_id) as place from ticket_themes limit 60
        """
    )
    warehouse.execute(
        "update ticket_themes set theme_id = ?, is_near_duplicate = false "
        "where (source, ticket_id) in (select source, ticket_id from moved)",
        [theme],
    )
    warehouse.execute(
        "update raw.tickets set created_at = ? + moved.place * interval 30 minute "
        "from moved where moved.source = tickets.source and moved.ticket_id = tickets.ticket_id",
        [onset],
    )
    warehouse.execute(
        "insert into raw.ticket_changes select source, ticket_id, (select max(change) + 1 from raw.ticket_changes), ? "
        "from moved",
        [onset],
    )
    _rebuild(warehouse)
    frames = cause_frames(warehouse, nothing_alike, 30.0)
    rise = frames["theme_rises"].row(0, named=True)
    assert (rise["theme_id"], rise["week"], rise["kind"]) == (theme, week, "risen")
    assert abs(rise["onset_at"] - onset) < timedelta(hours=3)
    assert 55 <= frames["rise_impact"]["tickets"][0] <= 65  # give or take the hour at which it began
    assert frames["rise_impact"]["cost"][0] > 0
    # Nobody's ticket is 7 days old.
    assert frames["rise_impact"].select("requesters", "requesters_returned").row(0) == (0, 0)
    assert frames["rise_quotes"].filter(theme_id=theme).height > 0


def test_last_weeks_report_is_followed_up_as_it_was_stored(warehouse):
    """Its theme is no more, so that it could not be found again."""
    week = warehouse.query("select max(week) as week from theme_trends")["week"].item()
    kept = cause_frames(warehouse, nothing_alike, None)["theme_rises"].clear()
    row = dict.fromkeys(kept.columns) | {"theme_id": "t999", "kind": "new", "tickets_week": 17}
    stored = pl.DataFrame([row | {"week": week - timedelta(weeks=1), "rank": 1}], schema=kept.schema)
    warehouse.replace("theme_rises", stored)
    warehouse.replace("rise_week", pl.DataFrame({"week": [week - timedelta(weeks=1)]}))
    frames = cause_frames(warehouse, nothing_alike, None)
    told = frames["rise_followup"].select("theme_id", "was", "tickets_then", "outcome")
    assert told.rows() == [("t999", "new", 17, "theme retired")]
    assert frames["rise_week"]["week"].to_list() == [week]


def test_without_a_whole_week_there_is_nothing_to_say(warehouse):
    warehouse.execute("delete from theme_trends")
    frames = cause_frames(warehouse, nothing_alike, None)
    assert set(frames) == set(CAUSE_TABLES)
    assert all(frame.is_empty() for frame in frames.values())


def _rebuild(warehouse: Warehouse) -> None:
    from assets.warehouse import sql_project

    for model in sql_project().models:
        if model.name in ("stg_tickets", "ticket_times", "theme_trends"):
            warehouse.build(model)
