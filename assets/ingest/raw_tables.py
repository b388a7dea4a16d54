"""The tables of the schema `raw`: the contract's, and what is known about loads, sources and the account."""

from __future__ import annotations

from assets.ingest.contract import CONTRACT
from dbt_like_sql.warehouse import Warehouse, duckdb_type

_BOOKKEEPING: dict[str, dict[str, str]] = {
    "quarantine": {
        "loaded_at": "TIMESTAMP",
        "source": "VARCHAR",
        "mapping": "VARCHAR",
        "file": "VARCHAR",
        "row_number": "BIGINT",
        "table_name": "VARCHAR",
        "rule": "VARCHAR",
        "message": "VARCHAR",
        "raw_values": "VARCHAR",  # redacted, JSON
    },
    "loads": {
        "file": "VARCHAR",
        "content_hash": "VARCHAR",
        "mapping": "VARCHAR",
        "mapping_hash": "VARCHAR",
        "source": "VARCHAR",
        "loaded_at": "TIMESTAMP",
        "rows_read": "BIGINT",
        "rows_stored": "BIGINT",
        "rows_unchanged": "BIGINT",
        "rows_quarantined": "BIGINT",
        "unknown_columns": "VARCHAR[]",
        "error": "VARCHAR",
    },
    # Which tickets each load brought something new of, and until when what it brought reaches: what has to be made again.
    "ticket_changes": {
        "source": "VARCHAR",
        "ticket_id": "VARCHAR",
        "change": "BIGINT",  # counts the loads
        "changes_until": "TIMESTAMP",
    },
    "account": {"as_of": "TIMESTAMP", "time_zone": "VARCHAR"},
    "sources": {
        "source": "VARCHAR",
        "mapping": "VARCHAR",
        "tickets": "BIGINT",
        "events": "BIGINT",
        "first_created_at": "TIMESTAMP",
        "last_created_at": "TIMESTAMP",
        "last_updated_at": "TIMESTAMP",
        "volume_from": "DATE",
        "volume_until": "DATE",
        "has_text": "BOOLEAN",
        "has_events": "BOOLEAN",
        "has_csat": "BOOLEAN",
        "has_groups": "BOOLEAN",
        "has_escalations": "BOOLEAN",
        "has_calendar": "BOOLEAN",
    },
}

# table -> column -> DuckDB type
RAW_TABLES: dict[str, dict[str, str]] = {
    table: {name: duckdb_type(dtype) for name, dtype in schema.create_empty().schema.items()}
    for table, schema in CONTRACT.items()
} | _BOOKKEEPING


# What a load notes of the rows it brings, for a warehouse whose loads did not note it yet.
_FIRST_CHANGES = """
    insert into raw.ticket_changes
    select source, ticket_id, 1, max(until)
    from (
        select source, ticket_id, greatest(updated_at, reported_solved_at, reported_closed_at) as until
        from raw.tickets
        union all
        select source, ticket_id, occurred_at
        from raw.ticket_events
    )
    group by source, ticket_id
"""


def create_raw_tables(warehouse: Warehouse) -> None:
    """Make the raw tables that are not there yet, empty; note tickets from before changes were noted as changed."""
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists raw")
        for table, columns in RAW_TABLES.items():
            described = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table if not exists raw.{table} ({described})")
            # A warehouse from before the contract had a column gets it, empty.
            held = {name for name, *_ in connection.execute(f"describe raw.{table}").fetchall()}
            for name in columns.keys() - held:
                connection.execute(f'alter table raw.{table} add column "{name}" {columns[name]}')
        if connection.execute("select 1 from raw.ticket_changes limit 1").fetchone() is None:
            connection.execute(_FIRST_CHANGES)
