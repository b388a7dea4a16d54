"""The raw tables: everything that comes from outside, on the contract, checked and redacted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from pydantic import Field

from assets.ingest.contract import CONTRACT
from assets.ingest.load import LoadReport, SourceFiles, load
from assets.ingest.raw_tables import RAW_TABLES
from assets.resources import WAREHOUSE_POOL, StateFolder
from dbt_like_sql.errors import SqlLayerError
from dbt_like_sql.warehouse import Warehouse

# Above this share of quarantined rows the load is worth a look before anyone trusts the numbers.
QUARANTINE_SHARE_WARNED = 0.01

_DESCRIPTIONS = {
    "quarantine": "Rows that broke a rule of the contract: file, row, rule, and the redacted values.",
    "loads": "Every file read so far: when, with which mapping, how many rows, or why it could not be read.",
    "ticket_changes": "Which tickets each load brought something new of: what tables made by ticket make again.",
    "account": "One row: the time everything is computed as of, and the zone in which days are counted.",
    "sources": "Each source: its span, to which day its volume is complete, and which parts it lacks.",
}


class SourceConfig(dg.Config):
    """Files to load and the mapping that reads them."""

    path: str = Field(description="a file, a folder or a pattern such as exports/*.json.gz")
    mapping: str = Field(description="a shipped mapping's name or the path of a TOML file")


class IngestConfig(dg.Config):
    """What to load beside the files in the inbox."""

    sources: list[SourceConfig] = Field(default=[], description="files to load in this run")


def _spec(table: str) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, type=kind) for name, kind in RAW_TABLES[table].items()]
    return dg.AssetSpec(
        dg.AssetKey(["raw", table]),
        group_name="ingest",
        kinds={"duckdb", "polars"},
        owners=["team:support-analytics"],
        description=_DESCRIPTIONS.get(table) or CONTRACT[table].__doc__,
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
    )


@dg.multi_asset(
    name="ingest",
    specs=[_spec(table) for table in RAW_TABLES],
    check_specs=[
        dg.AssetCheckSpec(
            "quarantined_share",
            asset=dg.AssetKey(["raw", "quarantine"]),
            description=f"at most {QUARANTINE_SHARE_WARNED:.0%} of the rows read in this run broke a rule",
        ),
        dg.AssetCheckSpec(
            "every_file_was_read",
            asset=dg.AssetKey(["raw", "loads"]),
            description="no file of this run was unreadable",
        ),
    ],
    pool=WAREHOUSE_POOL,
)
def contract_tables(
    context: dg.AssetExecutionContext, config: IngestConfig, state: StateFolder
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Load what is new in the inbox, in the sources given, and in the small tables.

    Fails when nothing could be read at all; a single bad file is reported and the others load.
    """
    given = [SourceFiles(source.path, source.mapping) for source in config.sources]
    try:
        with state.warehouse() as warehouse:
            report = load(
                warehouse,
                [*inbox_sources(state.inbox), *given],
                state.tables if state.tables.exists() else None,
                salt=state.requester_salt(),
                time_zone=state.time_zone,
                now=datetime.now(UTC).replace(tzinfo=None),
                as_of=state.as_of_time,
            )
            for error in report.errors:
                context.log.warning(error)
            if report.errors and len(report.errors) == len(report.files):
                raise dg.Failure("\n".join(report.errors), allow_retries=False)
            yield from _results(warehouse, report)
    except SqlLayerError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def inbox_sources(inbox: Path) -> list[SourceFiles]:
    """The inbox's folders: each is named after the mapping that reads its files."""
    if not inbox.exists():
        return []
    folders = sorted(path for path in inbox.iterdir() if path.is_dir() and any(path.iterdir()))
    return [SourceFiles(folder, folder.name) for folder in folders]


def _results(
    warehouse: Warehouse, report: LoadReport
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    quarantined = sum(report.quarantined.values())
    for table in RAW_TABLES:
        metadata: dict[str, int | list[str] | dict[str, int]] = {
            "dagster/row_count": warehouse.rows(f"raw.{table}")
        }
        if table == "loads":
            metadata |= {"lines": report_lines(report), "files_failed": list(report.errors)}
        if table == "quarantine":
            metadata |= {"quarantined_by_rule": report.quarantined}
        yield dg.MaterializeResult(asset_key=dg.AssetKey(["raw", table]), metadata=metadata)
    share = quarantined / report.rows_read if report.rows_read else 0.0
    yield dg.AssetCheckResult(
        asset_key=dg.AssetKey(["raw", "quarantine"]),
        check_name="quarantined_share",
        passed=share <= QUARANTINE_SHARE_WARNED,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{quarantined} of {report.rows_read} rows read broke a rule ({share:.1%})",
        metadata={"quarantined": quarantined, "rows_read": report.rows_read, "share": share},
    )
    yield dg.AssetCheckResult(
        asset_key=dg.AssetKey(["raw", "loads"]),
        check_name="every_file_was_read",
        passed=not report.errors,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(report.errors) or f"{len(report.files)} files were read",
    )


def report_lines(report: LoadReport) -> list[str]:
    """The load in plain lines: totals, quarantine by rule, and what was unexpected."""
    known = sum(result.is_known for result in report.files)
    stored = sum(result.rows_stored for result in report.files)
    files = "1 file" if len(report.files) == 1 else f"{len(report.files)} files"
    lines = [
        f"{files}, {known} of them unchanged; {report.rows_read:,} rows read, "
        f"{stored:,} rows stored; everything is as of {report.as_of:%d %b %Y %H:%M} UTC"
    ]
    lines += [
        f"quarantined {rows:,} {'row' if rows == 1 else 'rows'}: {rule}"
        for rule, rows in report.quarantined.items()
    ]
    for result in report.files:
        lines += result.messages
        if result.unknown_columns:
            lines.append(
                f"{result.file}: columns the mapping does not name: {', '.join(result.unknown_columns)}"
            )
    return lines
