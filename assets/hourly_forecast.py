"""How the daily forecast spreads over the hours of the coming four weeks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import polars as pl
from threadpoolctl import threadpool_limits

from assets.forecasts import calendar_with_holidays
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.surge_tables import HOURLY_TABLES
from assets.table_assets import store_tables, table_specs
from dbt_like_sql.warehouse import Warehouse


@dg.multi_asset(
    name="forecast_hourly",
    specs=table_specs(
        HOURLY_TABLES,
        group="forecasts",
        deps=["forecast_daily", "hourly_volume", "stg_calendar", "stg_account"],
        kinds={"polars", "numpy"},
        owner="team:capacity-planning",
    ),
    pool=WAREHOUSE_POOL,
)
def hourly_forecast_table(state: StateFolder) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Give every hour of the coming four weeks its share of the daily forecast, by line, channel and tier."""
    with state.warehouse() as warehouse:
        yield from store_tables(warehouse, {"forecast_hourly": hourly_frame(warehouse)}, HOURLY_TABLES)


def hourly_frame(warehouse: Warehouse) -> pl.DataFrame:
    """The table forecast_hourly, from the daily forecast and the past hours that a warehouse knows."""
    from models.forecast.hourly_table import AHEAD_DAYS, PAST_DAYS, forecast_hours

    daily = warehouse.query(
        "select made_on, business_line, channel, tier, region, date, expected from forecast_daily "
        "where level = 'segment' order by all"
    )
    if daily.is_empty():
        return HOURLY_TABLES["forecast_hourly"].create_empty()
    hourly = warehouse.query(
        "select business_line, channel, tier, hour, sum(tickets_arrived)::double as tickets from hourly_volume "
        "group by all order by all"
    )
    made_on: date = daily["made_on"][0]
    calendar, _ = calendar_with_holidays(
        warehouse,
        daily["region"],
        made_on - timedelta(days=PAST_DAYS),
        made_on + timedelta(days=AHEAD_DAYS),
    )
    with threadpool_limits(1):
        return forecast_hours(daily.drop("made_on"), hourly, calendar, made_on)
