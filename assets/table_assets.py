"""How an asset that makes tables in Python declares and stores them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from assets import pictures
from assets.warehouse import asset_key, wrong_rows_told
from dbt_like_sql.warehouse import Warehouse, duckdb_type


def table_specs(
    tables: Mapping[str, type[dy.Schema]], *, group: str, deps: list[str], kinds: set[str], owner: str
) -> list[dg.AssetSpec]:
    """An asset for each table, described by its schema."""
    return [
        dg.AssetSpec(
            asset_key(name),
            deps=[asset_key(table) for table in deps],
            group_name=group,
            kinds=kinds,
            owners=[owner],
            description=schema.__doc__,
            metadata={"dagster/column_schema": column_schema(schema)},
        )
        for name, schema in tables.items()
    ]


def column_schema(schema: type[dy.Schema]) -> dg.TableSchema:
    """A dataframely schema as the catalogue shows it."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                type=duckdb_type(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for name, column in schema.columns().items()
        ]
    )


def store_tables(
    warehouse: Warehouse,
    frames: Mapping[str, pl.DataFrame],
    schemas: Mapping[str, type[dy.Schema]],
    metadata: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Replace all tables in one transaction, then report each. Raises when a frame breaks its schema.

    metadata: what else to report, by table.
    """
    checked = {name: schema.validate(frames[name], cast=True) for name, schema in schemas.items()}
    with warehouse.transaction():
        rows = {name: warehouse.replace(name, frame) for name, frame in checked.items()}
        for name, schema in schemas.items():
            _describe(warehouse, name, schema)
    for name, count in rows.items():
        yield dg.MaterializeResult(
            asset_key=asset_key(name),
            metadata={
                "dagster/row_count": count,
                **metadata.get(name, {}),
                **pictures.of_table(name, warehouse),
            },
        )


def no_wrong_rows(table: str, check: str, wrong: pl.DataFrame) -> dg.AssetCheckResult:
    """A check that warns where there are wrong rows, and says how many and which is the first."""
    told = "" if wrong.is_empty() else wrong_rows_told(wrong.height, wrong.row(0, named=True))
    return dg.AssetCheckResult(
        description=told or None,
        asset_key=asset_key(table),
        check_name=check,
        passed=wrong.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"wrong_rows": wrong.height},
    )


def _describe(warehouse: Warehouse, name: str, schema: type[dy.Schema]) -> None:
    """Store the descriptions in the database, where every tool that opens the snapshot finds them."""
    described = {f"table {name}": schema.__doc__} | {
        f'column {name}."{column}"': definition.description for column, definition in schema.columns().items()
    }
    for what, text in described.items():
        quoted = (text or "").replace("'", "''")
        warehouse.execute(f"comment on {what} is '{quoted}'")
