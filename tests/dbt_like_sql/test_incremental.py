"""A day's increment gives what a build of everything gives, and leaves alone what did not change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ingest.raw_tables import create_raw_tables
from assets.tables import PYTHON_TABLES
from assets.warehouse import sql_project
from benchmarks.operations import changed_since, known_by, store
from dbt_like_sql.incremental import is_by_ticket
from dbt_like_sql.project import Model
from dbt_like_sql.warehouse import Warehouse
from models.simulation.operation import simulate

AS_OF = datetime(2026, 6, 30)
DAY_BEFORE = AS_OF - timedelta(days=1)
INCREMENTAL = [model for model in sql_project().models if model.upstream is not None]


def needed(*wanted: str) -> list[Model]:
    """Models (the incremental ones where none is named) and all they are made from, in build order."""
    names = set(wanted or (model.name for model in INCREMENTAL))
    for model in reversed(sql_project().models):
        if model.name in names:
            names.update(model.reads)
    return [model for model in sql_project().models if model.name in names]


@pytest.fixture(scope="module")
def history() -> dict[str, pl.DataFrame]:
    """A small operation in which nobody knows who wrote one ticket of five."""
    tables = simulate(tickets=800, seed=3, as_of=date(2026, 6, 30), days=90).tables
    is_known = pl.col("ticket_id").str.tail(1).is_in(["5", "9"]).not_()
    tickets = tables["tickets"].with_columns(pl.when(is_known).then("requester_id").alias("requester_id"))
    return known_by(tables | {"tickets": tickets}, AS_OF)


def opened() -> Warehouse:
    warehouse = Warehouse(Path(":memory:"), threads=1)
    create_raw_tables(warehouse)
    for name, schema in PYTHON_TABLES.items():
        warehouse.replace(name, schema.create_empty())
    return warehouse


def build(warehouse: Warehouse, *names: str) -> None:
    for model in needed(*names):
        warehouse.build(model)


@pytest.fixture(scope="module")
def grown(history) -> Warehouse:
    """Built the day before, then again after a day; the rows of a ticket whose requester has no news were marked between."""
    warehouse = opened()
    store(warehouse, known_by(history, DAY_BEFORE), DAY_BEFORE)
    build(warehouse)
    without_news = (
        "select min(ticket_id) from stg_tickets where status = 'closed' and requester_key in "
        "(select requester_key from stg_tickets group by all having bool_and(status = 'closed'))"
    )
    warehouse.execute(f"update ticket_times set channel = 'marked' where ticket_id = ({without_news})")
    warehouse.execute(f"update ticket_repeats set region = 'marked' where ticket_id = ({without_news})")
    store(warehouse, changed_since(history, DAY_BEFORE), AS_OF)
    build(warehouse)
    return warehouse


@pytest.fixture(scope="module")
def whole(history) -> Warehouse:
    warehouse = opened()
    store(warehouse, history, AS_OF)
    build(warehouse)
    return warehouse


def marked(grown: Warehouse) -> list[str]:
    return grown.query("select ticket_id from ticket_times where channel = 'marked'")["ticket_id"].to_list()


@pytest.mark.parametrize("table", [model.name for model in INCREMENTAL])
def test_a_day_on_top_gives_what_a_build_of_everything_gives(grown, whole, table):
    rows, expected = (each.query(f"select * from {table} order by all") for each in (grown, whole))
    if "ticket_id" in rows.columns:
        is_marked = pl.col("ticket_id").is_in(marked(grown))
        rows, expected = rows.filter(~is_marked), expected.filter(~is_marked)
    assert rows.height > 0
    assert_frame_equal(rows, expected)


@pytest.mark.parametrize("table", ["raw.tickets", *(m.name for m in INCREMENTAL if is_by_ticket(m))])
def test_rows_by_ticket_are_stored_in_the_tickets_order(whole, table):
    tickets = whole.query(f"select source, ticket_id from {table} order by rowid").rows()
    assert tickets == sorted(tickets)


def test_a_ticket_without_news_is_not_made_again(grown):
    assert grown.query("select count(*) as tickets from ticket_times where channel = 'marked'").item() == 1
    assert grown.query("select count(*) as tickets from ticket_repeats where region = 'marked'").item() == 1


def test_a_table_that_was_added_to_keeps_its_descriptions(grown):
    described = grown.query(
        "select comment from duckdb_tables() where table_name = 'ticket_times' and comment <> ''"
    )
    assert described.height == 1


def test_a_table_that_was_left_behind_takes_up_what_changed_since(history, whole):
    """A run ended before some tables were made; then another day was loaded."""
    left_behind = ("ticket_segments", "sla_clocks")
    two_days_before = DAY_BEFORE - timedelta(days=1)
    with opened() as warehouse:
        store(warehouse, known_by(history, two_days_before), two_days_before)
        build(warehouse)
        store(warehouse, changed_since(known_by(history, DAY_BEFORE), two_days_before), DAY_BEFORE)
        for model in needed():
            if model.name not in left_behind:
                warehouse.build(model)
        store(warehouse, changed_since(history, DAY_BEFORE), AS_OF)
        build(warehouse)
        for table in (*left_behind, "sla_attribution", "ticket_metrics"):
            rows = warehouse.query(f"select * from {table} order by all")
            assert_frame_equal(rows, whole.query(f"select * from {table} order by all"))


def tell_apart(warehouse: Warehouse, requester: str) -> None:
    """Say that every ticket of a requester is on a theme of its own."""
    themes, assigned = (PYTHON_TABLES[name].create_empty() for name in ("themes", "ticket_themes"))
    tickets = warehouse.query(
        "select source, ticket_id, ticket_id as theme_id, requester_key from raw.tickets"
    )
    told = tickets.select("theme_id", is_other=pl.lit(False))
    tickets = tickets.filter(pl.col("requester_key") == requester).drop("requester_key")
    warehouse.replace("themes", pl.concat([themes, told], how="diagonal"))
    warehouse.replace("ticket_themes", pl.concat([assigned, tickets], how="diagonal"))


def test_other_themes_of_known_tickets_change_the_repeats_of_their_requesters_alone(history):
    with opened() as warehouse:
        store(warehouse, history, AS_OF)
        writes_again = (
            "select requester_key from raw.tickets group by all having count(*) > 1 order by all limit 3"
        )
        first, second, marked = warehouse.query(writes_again)["requester_key"]
        tell_apart(warehouse, first)
        build(warehouse, "ticket_repeats")
        before = "select requester_key from ticket_repeats where previous_at is not null"
        assert {second, marked} <= set(warehouse.query(before)["requester_key"])
        warehouse.execute("update ticket_repeats set previous_at = null where requester_key = ?", [marked])
        tell_apart(warehouse, second)
        build(warehouse, "ticket_repeats")
        after = warehouse.query(before)["requester_key"].to_list()
        assert first in after
        assert second not in after
        assert marked not in after


def test_nothing_new_makes_nothing_and_other_settings_and_an_earlier_date_make_everything_again(history):
    with opened() as warehouse:
        store(warehouse, history, AS_OF)
        build(warehouse)
        warehouse.execute("update ticket_groups set tier = 9")
        build(warehouse)
        assert warehouse.query("select distinct tier from ticket_groups")["tier"].to_list() == [9]
        warehouse.execute("update raw.groups set tier = 1")
        warehouse.execute("update raw.account set as_of = ?", [DAY_BEFORE])
        build(warehouse)
        assert warehouse.query("select count(*) as others from ticket_groups where tier <> 1").item() == 0
        late = "select count(*) as late from ticket_times where created_at > $1 or solved_at > $1"
        assert warehouse.query(late, [DAY_BEFORE]).item() == 0
