"""Which tickets vendors are compared on."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from assets.vendor_tables import VENDOR_TABLES
from assets.vendors import _TICKETS, vendor_frames
from dbt_like_sql.warehouse import Warehouse

FIRST, LAST = date(2026, 3, 2), date(2026, 5, 31)
# Tables as the SQL project has them, with the columns that are read.
TABLES = {
    "stg_account": "time_zone varchar",
    "weeks": "week date, is_whole boolean",
    "stg_groups": "group_id varchar, time_zone varchar, valid_from timestamp",
    "ticket_groups": "source varchar, ticket_id varchar, position int, tier int, vendor varchar, group_id varchar",
    "stg_tickets": "source varchar, ticket_id varchar, reported_solved_at timestamp, reported_reopens int, "
    "language varchar, attributes map(varchar, varchar)",
    "ticket_metrics": "source varchar, ticket_id varchar, created_at timestamp, solved_at timestamp, is_deleted boolean, "
    "reopens int, is_one_touch boolean, first_reply_minutes double, first_reply_business_minutes double, "
    "business_line varchar, user_type varchar, channel varchar, region varchar, priority varchar",
    "ticket_times": "source varchar, ticket_id varchar, is_escalated boolean, handle_minutes double",
    "ticket_ratings": "source varchar, ticket_id varchar, score varchar",
    "sla_instances": "source varchar, ticket_id varchar, metric varchar, instance int, state varchar, is_breached boolean",
    "ticket_themes": "source varchar, ticket_id varchar, theme_id varchar",
    "themes": "theme_id varchar, name varchar",
}


@pytest.fixture
def warehouse(tmp_path: Path):
    with Warehouse(tmp_path / "warehouse.duckdb") as opened:
        for name, columns in TABLES.items():
            opened.execute(f"create table {name} ({columns})")
        opened.execute("insert into stg_account values ('America/New_York')")
        opened.execute("insert into stg_groups values ('t1', 'Asia/Tokyo', '2025-01-01')")
        opened.execute("insert into themes values ('th1', 'Refund not there')")
        yield opened


def add(warehouse: Warehouse, ticket: str, solved_at: datetime | None, **given):
    """A ticket created on a Saturday 20:00 UTC, first with a group of tier 1, then perhaps with one of tier 2."""
    warehouse.execute(
        "insert into ticket_metrics values "
        "('a', ?, '2026-03-07 20:00', ?, ?, 1, true, 9, 4, 'shop', 'buyer', 'chat', 'EU', 'low')",
        [ticket, solved_at, given.get("is_deleted", False)],
    )
    warehouse.execute(
        "insert into stg_tickets values ('a', ?, ?, 0, 'en', map())", [ticket, given.get("reported")]
    )
    is_escalated = given.get("is_escalated", False)
    warehouse.execute("insert into ticket_times values ('a', ?, ?, 12)", [ticket, is_escalated])
    owners = [(1, "North", "t1"), (1, "South", "t1b")] + [(2, "inhouse", "t2")] * is_escalated
    for position, owner in enumerate(given.get("owners", owners), start=1):
        warehouse.execute("insert into ticket_groups values ('a', ?, ?, ?, ?, ?)", [ticket, position, *owner])


def read(warehouse: Warehouse, *columns: str):
    return warehouse.query(_TICKETS, [FIRST, LAST]).select(columns).rows()


def test_an_escalated_ticket_counts_in_each_tier_under_its_first_group_there(warehouse):
    add(warehouse, "1", datetime(2026, 3, 9), is_escalated=True)
    warehouse.execute("insert into ticket_themes values ('a', '1', 'th1')")
    assert read(warehouse, "tier", "vendor", "group_id", "escalation_rate") == [
        (1, "North", "t1", 1),
        (2, "inhouse", "t2", 1),
    ]
    # In tier 1 a theme would give away that the ticket was escalated.
    assert read(warehouse, "tier", "theme") == [(1, None), (2, "Refund not there")]


def test_tickets_count_by_the_day_they_were_last_solved_in_the_accounts_zone(warehouse):
    add(warehouse, "before", datetime(2026, 3, 2, 4, 59))  # 1 March in New York
    add(warehouse, "first", datetime(2026, 3, 2, 5, 0))
    add(warehouse, "last", datetime(2026, 6, 1, 3, 59))
    add(warehouse, "after", datetime(2026, 6, 1, 4, 0))
    add(warehouse, "open", None)
    add(warehouse, "as the source says", None, reported=datetime(2026, 4, 1))
    add(warehouse, "deleted", datetime(2026, 4, 1), is_deleted=True)
    assert {ticket for (ticket,) in read(warehouse, "ticket_id")} == {"first", "last", "as the source says"}


def test_a_group_whose_vendor_nobody_knows_is_compared_with_nobody(warehouse):
    add(warehouse, "1", datetime(2026, 3, 9), owners=[(1, None, "x"), (None, "North", "y")])
    assert read(warehouse, "ticket_id") == []


def test_the_shift_is_by_the_clock_of_the_group(warehouse):
    add(warehouse, "1", datetime(2026, 3, 9), is_escalated=True)
    # 20:00 UTC is Sunday 05:00 in Tokyo and, for a group without a zone, Saturday 15:00 in New York.
    assert read(warehouse, "shift") == [("weekend 3 to 6",), ("weekend 15 to 18",)]


def test_results_of_a_ticket(warehouse):
    add(warehouse, "1", datetime(2026, 3, 9))
    warehouse.execute("insert into ticket_ratings values ('a', '1', 'bad')")
    warehouse.execute("insert into sla_instances values ('a', '1', 'first_reply', 1, 'breached', true)")
    columns = (
        "handle_minutes",
        "csat",
        "reopen_rate",
        "one_touch",
        "first_reply_minutes",
        "first_reply_within_target",
    )
    assert read(warehouse, *columns) == [(12.0, 0, 1, 1, 4.0, 0)]


def test_without_a_whole_week_or_without_vendors_the_tables_are_empty(warehouse):
    assert all(vendor_frames(warehouse)[0][name].is_empty() for name in VENDOR_TABLES)
    warehouse.execute("insert into weeks values (?, true)", [LAST - timedelta(days=6)])
    frames, _ = vendor_frames(warehouse)
    assert {name: frames[name].height for name in VENDOR_TABLES} == dict.fromkeys(VENDOR_TABLES, 0)
