"""One asset per SQL file, its tests as asset checks, and the published snapshot."""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from assets import pictures
from assets.ingest.raw_tables import RAW_TABLES
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.tables import PYTHON_TABLES
from dbt_like_sql.errors import SqlLayerError
from dbt_like_sql.project import PROJECT_FOLDER, Model, Project, SqlTest, read_project
from dbt_like_sql.warehouse import Warehouse, duckdb_type

# How many wrong rows a failed check shows.
_ROWS_SHOWN = 5
_COLUMNS_TOLD = 4  # of a wrong row, on the command line


def sql_sources() -> dict[str, dict[str, str]]:
    """The tables the SQL files may read that no SQL file makes, each a map from column to DuckDB type."""
    raw = {f"raw.{name}": dict(columns) for name, columns in RAW_TABLES.items()}
    made_in_python = {
        name: {column: duckdb_type(dtype) for column, dtype in schema.create_empty().schema.items()}
        for name, schema in PYTHON_TABLES.items()
    }
    return raw | made_in_python


def asset_key(table: str) -> dg.AssetKey:
    """`raw.tickets` -> raw/tickets; `daily_volume` -> daily_volume."""
    return dg.AssetKey(table.split("."))


def sql_assets(project: Project) -> list[dg.AssetsDefinition]:
    """One asset for every model of the project, in build order, with the tests that read it alone."""
    return [
        _model_asset(model, [test for test in project.tests_of(model.name) if _reads_one_table(test)])
        for model in project.models
    ]


def sql_checks(project: Project) -> list[dg.AssetChecksDefinition]:
    """The tests that compare tables: each a step of its own, run once all the tables it reads are there."""
    return [_comparing_check(test) for test in project.tests if not _reads_one_table(test)]


@functools.cache
def sql_project() -> Project:
    """The SQL files of this application. Raises SqlProjectError with the file's path."""
    return read_project(PROJECT_FOLDER, sql_sources())


def _reads_one_table(test: SqlTest) -> bool:
    return set(test.reads) <= {test.table}


def _comparing_check(test: SqlTest) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        name=test.name,
        asset=asset_key(test.table),
        additional_deps=[asset_key(table) for table in test.reads if table != test.table],
        description=test.description,
        blocking=_is_blocking(test),
        pool=WAREHOUSE_POOL,
    )
    def compare(state: StateFolder) -> dg.AssetCheckResult:
        try:
            with state.warehouse() as warehouse:
                return _check_result(warehouse, test)
        except SqlLayerError as error:
            raise dg.Failure(str(error), allow_retries=False) from None

    return compare


def _is_blocking(test: SqlTest) -> bool:
    """An error stops everything that is built on the table; a warning is only shown."""
    return test.severity == "error"


def _check_result(warehouse: Warehouse, test: SqlTest) -> dg.AssetCheckResult:
    """Run a test; a failed one carries how many rows are wrong and the first of them."""
    wrong = warehouse.count_failures(test)
    metadata: dict[str, dg.MetadataValue] = {"wrong_rows": dg.MetadataValue.int(wrong)}
    description = test.description
    if wrong:
        sample = warehouse.failures(test, limit=_ROWS_SHOWN)
        description = f"{wrong_rows_told(wrong, sample.row(0, named=True))}. {test.description}"
        metadata["first_wrong_rows"] = dg.MetadataValue.md(pictures.markdown_table(sample))
    return dg.AssetCheckResult(
        asset_key=asset_key(test.table),
        check_name=test.name,
        passed=wrong == 0,
        severity=dg.AssetCheckSeverity.ERROR if _is_blocking(test) else dg.AssetCheckSeverity.WARN,
        description=description,
        metadata=metadata,
    )


def wrong_rows_told(count: int, first: Mapping[str, object]) -> str:
    """`1 row is wrong: event 7 of ticket 3: ...`: how many, and which; by its message, else by its first columns."""
    which = first.get("message") or ", ".join(
        f"{name} {value}" for name, value in itertools.islice(first.items(), _COLUMNS_TOLD)
    )
    return f"1 row is wrong: {which}" if count == 1 else f"{count} rows are wrong, the first: {which}"


def _model_asset(model: Model, tests: Sequence[SqlTest]) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(model.name),
        deps=[asset_key(table) for table in model.reads],
        group_name=model.layer,
        kinds={"duckdb", "sql"},
        owners=[model.owner],
        description=_description(model),
        metadata=_column_metadata(model),
        check_specs=[
            dg.AssetCheckSpec(
                test.name,
                asset=asset_key(model.name),
                description=test.description,
                blocking=_is_blocking(test),
            )
            for test in tests
        ],
        pool=WAREHOUSE_POOL,
    )
    def build(state: StateFolder) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        started = time.monotonic()
        try:
            with state.warehouse() as warehouse:
                warehouse.build(model)
                metadata: dict[str, Any] = {
                    # Only now are the columns' types known: the definitions hold the same without them.
                    "dagster/column_schema": _column_schema(model, warehouse.columns(model.name)),
                    "seconds": round(time.monotonic() - started, 2),
                    **pictures.of_table(model.name, warehouse),
                }
                if model.materialized == "table":  # to count a view's rows is to make them
                    metadata["dagster/row_count"] = warehouse.rows(model.name)
                yield dg.MaterializeResult(metadata=metadata)
                for test in tests:
                    yield _check_result(warehouse, test)
        except SqlLayerError as error:
            raise dg.Failure(str(error), allow_retries=False) from None

    return build


def _description(model: Model) -> str:
    """What the catalogue says of a model: its meaning, its grain, its metrics with what misleads, its SQL."""
    columns = {column.name: column.description for column in model.columns}
    metrics = []
    for metric in model.metrics:
        said = [f"- **{metric.title}** (`{metric.column}`): {columns[metric.column]}"]
        said += [f"  - Beware: {trap}" for trap in metric.traps]
        said += [f"  - In Zendesk Explore: {metric.zendesk}"] if metric.zendesk else []
        metrics.append("\n".join(said))
    parts = [model.description, f"One row is: {model.grain}."]
    if metrics:
        parts.append("Metrics:\n\n" + "\n".join(metrics))
    return "\n\n".join([*parts, f"```sql\n{_query(model)}\n```"])


def _query(model: Model) -> str:
    """The model's SQL without its head comment, which the catalogue shows as description and columns."""
    lines = model.sql.splitlines()
    return "\n".join(itertools.dropwhile(lambda line: line.startswith("--") or not line.strip(), lines))


def _column_metadata(model: Model) -> dict[str, object]:
    lineage = {
        column: [
            dg.TableColumnDep(asset_key=asset_key(table), column_name=source)
            for table, source in sorted(origins)
        ]
        for column, origins in model.lineage.items()
    }
    return {
        "dagster/column_schema": _column_schema(model, types={}),
        "dagster/column_lineage": dg.TableColumnLineage(lineage),
    }


def _column_schema(model: Model, types: Mapping[str, str]) -> dg.TableSchema:
    """A model's columns as the catalogue shows them. types: the DuckDB type of each, where known."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                type=types.get(column.name, ""),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=not any(test.kind == "not_null" for test in column.tests),
                    unique=any(test.kind == "unique" for test in column.tests),
                ),
            )
            for column in model.columns
        ]
    )


def published_snapshot(tables: Sequence[str]) -> dg.AssetsDefinition:
    """The asset that publishes the warehouse once every one of `tables` is built."""

    @dg.asset(
        name="published_snapshot",
        deps=[asset_key(table) for table in tables],
        group_name="reports",
        kinds={"duckdb"},
        owners=["team:support-analytics"],
        pool=WAREHOUSE_POOL,
    )
    def publish(state: StateFolder) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """The file that reports, notebooks and analysts read: replaced whole at the end of a run, never half written."""
        try:
            with state.warehouse() as warehouse:
                warehouse.publish(state.published)
        except SqlLayerError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        megabytes = state.published.stat().st_size / 1e6
        return dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(state.published), "MB": round(megabytes, 1)}
        )

    return publish
