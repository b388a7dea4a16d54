"""What a check says of the rows it finds wrong."""

from pathlib import Path

import polars as pl

from assets.table_assets import no_wrong_rows
from assets.warehouse import _check_result, sql_project
from dbt_like_sql.warehouse import Warehouse


def told(*events: tuple[str, str]) -> str:
    """The description of the check of events before the creation; events are (event, time) of ticket 1."""
    (test,) = [test for test in sql_project().tests if test.name == "events_follow_the_creation"]
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.execute("create table stg_tickets as select 'a' as source, '1' as ticket_id, "
                          "timestamp '2026-03-02 09:00' as created_at")  # fmt: skip
        warehouse.execute(
            "create table stg_ticket_events (source text, event_id text, ticket_id text, kind text, occurred_at timestamp)"
        )
        for event_id, occurred_at in events:
            warehouse.execute(
                "insert into stg_ticket_events values ('a', ?, '1', 'solved', ?)", [event_id, occurred_at]
            )
        return str(_check_result(warehouse, test).description)


def test_an_event_before_the_creation_is_told_with_its_row():
    assert told(("e0000", "2026-03-02 08:50")).startswith(
        "1 row is wrong: event e0000 of ticket 1: 2026-03-02 08:50, before its creation 2026-03-02 09:00. Events"
    )
    both = told(("e0000", "2026-03-02 08:50"), ("e0001", "2026-03-01 08:50"), ("e0002", "2026-03-02 10:00"))
    assert both.startswith("2 rows are wrong, the first: event e0000 of ticket 1: ")
    assert told(("e0002", "2026-03-02 10:00")).startswith("Events recorded before their ticket")


def test_a_wrong_row_without_a_message_is_told_by_its_first_columns():
    wrong = pl.DataFrame({"tier": [1], "vendor": ["North"], "metric": ["csat"], "n": [12], "ratio": [1.5]})
    check = no_wrong_rows("vendor_comparison", "verdicts_lie_on_their_side", wrong)
    assert check.description == "1 row is wrong: tier 1, vendor North, metric csat, n 12"
    assert no_wrong_rows("vendor_comparison", "verdicts_lie_on_their_side", wrong.clear()).passed
