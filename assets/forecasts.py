"""How many tickets are coming, day by day and segment by segment, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import polars as pl
from threadpoolctl import threadpool_limits

from assets.forecast_record import CHECK, forecasts_hold, record_frames
from assets.forecast_tables import FORECAST_TABLES, RECORD_TABLES
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.table_assets import store_tables, table_specs
from dbt_like_sql.warehouse import Warehouse

_SURGES_ON = """
    with alarms as (
        select
            *,
            started_at at time zone 'UTC' at time zone time_zone as starts_at,
            as_of at time zone 'UTC' at time zone time_zone as ends_at
        from surge_alarms
        cross join stg_account
        where is_ongoing and scope in ('business_line', 'region', 'total')
    )
    select
        alarm_id as event_id,
        'ato_wave' as kind,
        'Surge since ' || strftime(starts_at, '%-d %b') as name,
        business_line,
        region,
        null as size,
        starts_at,
        ends_at
    from alarms
    where
        scope = (select scope from alarms order by array_position(['business_line', 'region', 'total'], scope) limit 1)
        and not exists (
            select 1
            from stg_calendar as known
            where known.kind in ('ato_wave', 'incident')
                and known.starts_at < alarms.as_of
                and known.ends_at > alarms.started_at
                and coalesce(known.business_line = alarms.business_line, true)
                and coalesce(known.region = alarms.region, true)
        )
    order by all
"""
_TABLES = FORECAST_TABLES | RECORD_TABLES


@dg.multi_asset(
    name="forecasts",
    specs=table_specs(
        _TABLES,
        group="forecasts",
        deps=["daily_volume", "stg_calendar", "stg_account", "surge_alarms"],
        kinds={"polars", "numpy"},
        owner="team:capacity-planning",
    ),
    check_specs=[CHECK],
    pool=WAREHOUSE_POOL,
)
def forecast_tables(
    state: StateFolder,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Forecast daily arrivals for every segment from the last complete day, and judge past forecasts."""
    with state.warehouse() as warehouse:
        frames = forecast_frames(warehouse, state.forecast_days)
        yield from store_tables(warehouse, frames, _TABLES)
    yield forecasts_hold(frames["forecast_scores"])


def forecast_frames(warehouse: Warehouse, horizon: int) -> dict[str, pl.DataFrame]:
    """The forecast's tables and its record, made from the volume and the calendar that a warehouse knows."""
    from models.forecast.forecast import forecast_daily

    history = known_history(warehouse)
    last_day = history["date"].max()
    if not isinstance(last_day, date):
        return _no_forecast() | record_frames(warehouse, history, date.max, None)
    calendar, holiday_notes = calendar_ahead(warehouse, history, horizon)
    # The matrices are small: more threads cost more than they bring.
    with threadpool_limits(1):
        forecast = forecast_daily(history, calendar, cutoff=last_day, horizon=horizon)
    made = {
        "forecast_daily": forecast.points,
        "forecast_effects": forecast.effects,
        "forecast_weekly": forecast.weekly,
        "forecast_backtest": forecast.backtest,
        "forecast_notes": pl.DataFrame(
            {"note": [*forecast.notes, *holiday_notes]}, schema={"note": pl.String}
        ),
    }
    return made | record_frames(warehouse, history, last_day, forecast)


def known_history(warehouse: Warehouse) -> pl.DataFrame:
    """Tickets by day and segment, as the daily forecast takes them."""
    return warehouse.query(
        "select date, business_line, channel, tier, region, sum(tickets_arrived)::bigint as tickets "
        "from daily_volume group by all order by all"
    )


def calendar_ahead(
    warehouse: Warehouse, history: pl.DataFrame, horizon: int
) -> tuple[pl.DataFrame, list[str]]:
    """The calendar to the forecast's end, with what it lacks: surges that are on, and public holidays.

    Second come notes on the holidays that were added.
    """
    first, last = history["date"].min(), history["date"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return with_surges_on(warehouse, known_calendar(warehouse)), []
    calendar, notes = calendar_with_holidays(
        warehouse, history["region"], first, last + timedelta(days=horizon)
    )
    return with_surges_on(warehouse, calendar), notes


def calendar_with_holidays(
    warehouse: Warehouse, regions: pl.Series, first: date, last: date
) -> tuple[pl.DataFrame, list[str]]:
    """The calendar with public holidays from `first` to `last` where it has none for a region, and notes on them."""
    from models.forecast.public_holidays import with_public_holidays

    return with_public_holidays(
        known_calendar(warehouse), regions.drop_nulls().unique().sort().to_list(), first, last
    )


def known_calendar(warehouse: Warehouse) -> pl.DataFrame:
    """The calendar with its times in the account's zone."""
    return warehouse.query(
        "select event_id, kind, name, business_line, region, size, "
        "starts_at at time zone 'UTC' at time zone time_zone as starts_at, "
        "ends_at at time zone 'UTC' at time zone time_zone as ends_at "
        "from stg_calendar cross join stg_account"
    )


def with_surges_on(warehouse: Warehouse, calendar: pl.DataFrame) -> pl.DataFrame:
    """The calendar with the surges that are on, each until now, as waves that nobody has written down yet.

    The lines that surge stand for the regions and the total that surge with them.
    """
    if "surge_alarms" not in warehouse.tables():
        return calendar
    return pl.concat([calendar, warehouse.query(_SURGES_ON).cast(dict(calendar.schema))])  # type: ignore[arg-type]


def _no_forecast() -> dict[str, pl.DataFrame]:
    frames: dict[str, pl.DataFrame] = {
        name: schema.create_empty() for name, schema in FORECAST_TABLES.items()
    }
    return frames | {
        "forecast_notes": pl.DataFrame({"note": ["There are no tickets yet, so nothing to forecast."]})
    }
