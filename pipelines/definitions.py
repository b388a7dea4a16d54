"""Everything Dagster loads: assets with their checks, jobs, schedules, sensors and resources."""

from __future__ import annotations

import dagster as dg

from assets.causes import cause_tables
from assets.forecasts import forecast_tables
from assets.hourly_forecast import hourly_forecast_table
from assets.ingest.assets import contract_tables
from assets.quality import quality_tables
from assets.reports.assets import report_pages, weekly_report
from assets.resources import EmbeddingModel, StateFolder
from assets.signals import signal_tables
from assets.staffing import staffing_tables
from assets.surges import surge_people_table, surge_tables
from assets.tables import PYTHON_TABLES
from assets.themes import driver_tables, theme_tables
from assets.vendors import vendor_tables
from assets.warehouse import published_snapshot, sql_assets, sql_checks, sql_project
from assets.what_if import what_if_tables
from pipelines.jobs import crisis, rebuild_week, refresh, what_if
from pipelines.progress import progress_logger
from pipelines.schedules import schedules
from pipelines.sensors import inbox_sensor, surge_sensor
from pipelines.settings import Settings, read_settings


def definitions(settings: Settings) -> dg.Definitions:
    """All definitions on one state folder."""
    project = sql_project()
    tables = [model.name for model in project.models] + list(PYTHON_TABLES)
    return dg.Definitions(
        assets=[
            contract_tables,
            *sql_assets(project),
            theme_tables,
            driver_tables,
            cause_tables,
            signal_tables,
            vendor_tables,
            quality_tables,
            forecast_tables,
            staffing_tables,
            surge_tables,
            surge_people_table,
            hourly_forecast_table,
            published_snapshot(tables),
            report_pages,
            weekly_report,
            what_if_tables,
        ],
        asset_checks=sql_checks(project),
        jobs=[refresh, rebuild_week, crisis, what_if],
        schedules=schedules(settings),
        sensors=[inbox_sensor(settings), surge_sensor(settings)],
        resources={
            "state": StateFolder(
                home=str(settings.home),
                memory_limit=settings.memory_limit,
                time_zone=settings.time_zone,
                as_of=settings.as_of.isoformat() if settings.as_of else None,
                forecast_days=settings.forecast_days,
                agent_hour_cost=settings.agent_hour_cost,
                ticket_links=settings.ticket_links,
                surge_false_alarms_a_month=settings.surge_false_alarms_a_month,
            ),
            "embedding": EmbeddingModel(
                cache=str(settings.home / "cache" / "embeddings"), model=settings.embedding_model
            ),
        },
        # DuckDB has one writing process: steps of a run share it.
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
    )


@dg.definitions
def groundswell() -> dg.Definitions:
    """What the Dagster UI loads."""
    return definitions(read_settings())
