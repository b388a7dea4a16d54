"""Draws of tickets to audit are kept from run to run."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.quality import quality_frames
from assets.quality_tables import QUALITY_TABLES
from dbt_like_sql.warehouse import Warehouse

SUNDAY = date(2026, 3, 8)
# Tables as the SQL project has them, with the columns that are read.
TABLES = {
    "stg_account": "time_zone varchar",
    "weeks": "week date, is_whole boolean",
    "stg_qa_reviews": "source varchar, review_id varchar, ticket_id varchar, reviewed_at timestamp, reviewed_on date, "
    "reviewer_kind varchar, disposition varchar, scores struct(category varchar, score double, min double, max double, "
    "weight double, is_critical boolean)[]",
    "ticket_metrics": "source varchar, ticket_id varchar, business_line varchar, first_vendor varchar, reopens int, "
    "is_deleted boolean, solved_at timestamp",
    "ticket_ratings": "source varchar, ticket_id varchar, score varchar",
}


@pytest.fixture
def warehouse(tmp_path: Path):
    with Warehouse(tmp_path / "warehouse.duckdb") as opened:
        for name, columns in TABLES.items():
            opened.execute(f"create table {name} ({columns})")
        opened.execute("insert into stg_account values ('UTC')")
        for week in (0, 1):
            opened.execute("insert into weeks values (?, true)", [SUNDAY + timedelta(days=7 * week - 6)])
            opened.execute(
                "insert into ticket_metrics select 'a', ?::varchar || '-' || i, 'shop', 'North', 0, false, ?::timestamp "
                "from range(200) as numbers(i)",
                [week, SUNDAY + timedelta(days=7 * week - 1)],
            )
        yield opened


def run(warehouse: Warehouse, until: date) -> dict[str, pl.DataFrame]:
    """The tables of a run at the end of a week, stored."""
    warehouse.execute("update weeks set is_whole = week <= ?", [until])
    frames = quality_frames(warehouse)
    for name, frame in frames.items():
        QUALITY_TABLES[name].validate(frame)
        warehouse.replace(name, frame)
    return frames


def test_a_weeks_draw_is_kept_as_it_was_first_drawn(warehouse):
    first = run(warehouse, SUNDAY)["next_audits"]
    warehouse.execute("update ticket_metrics set reopens = 1 where ticket_id < '0-150'")
    later = run(warehouse, SUNDAY + timedelta(days=7))
    assert later["next_audits"].filter(drawn_on=SUNDAY).sort("rank").equals(first.sort("rank"))
    assert (
        later["next_audits"]["drawn_on"].unique().len()
        == later["audit_strata"]["drawn_on"].unique().len()
        == 2
    )
    assert run(warehouse, SUNDAY)["next_audits"].sort("rank").equals(first.sort("rank"))


def test_a_review_of_a_drawn_ticket_counts_as_many_tickets_as_it_stands_for(warehouse):
    warehouse.execute("update ticket_metrics set reopens = 1 where ticket_id >= '0-8' and ticket_id < '1'")
    drawn = run(warehouse, SUNDAY)["next_audits"]
    at_risk = pl.col("stratum").str.ends_with("at risk")
    for row in drawn.with_columns(score=pl.when(at_risk).then(0.0).otherwise(1.0)).iter_rows(named=True):
        warehouse.execute(
            "insert into stg_qa_reviews values ('a', ?, ?, '2026-03-09', '2026-03-09', 'qa', null, "
            "[{'category': 'tone', 'score': ?, 'min': 0, 'max': 1, 'weight': 1, 'is_critical': false}])",
            [row["ticket_id"], row["ticket_id"], row["score"]],
        )
    scores = run(warehouse, SUNDAY + timedelta(days=7))["quality_scores"]
    row = scores.filter(pl.col("week").is_null(), business_line="all", vendor="all").row(0, named=True)
    # 22 of the 200 tickets were at risk, which are drawn twice as often.
    assert row["is_of_all_tickets"]
    assert row["iqs"] == pytest.approx(178 / 200)
    assert drawn.filter(at_risk).height / drawn.height > 0.15
