"""The raw tables of a warehouse that is older than what is noted of loads."""

from datetime import datetime
from pathlib import Path

from assets.ingest.raw_tables import create_raw_tables
from dbt_like_sql.warehouse import Warehouse


def test_tickets_from_before_changes_were_noted_count_as_changed_by_the_first_load():
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        create_raw_tables(warehouse)
        warehouse.execute(
            "insert into raw.tickets by name "
            "select 'desk' as source, '1' as ticket_id, timestamp '2026-03-02' as updated_at"
        )
        warehouse.execute(
            "insert into raw.ticket_events by name "
            "select 'desk' as source, '1' as ticket_id, timestamp '2026-03-03' as occurred_at"
        )
        warehouse.execute("drop table raw.ticket_changes")
        for _ in range(2):
            create_raw_tables(warehouse)
            changes = warehouse.query("select * from raw.ticket_changes").rows()
            assert changes == [("desk", "1", 1, datetime(2026, 3, 3))]
