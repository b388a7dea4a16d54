"""The hourly forecast, from the tables that a warehouse holds."""

from __future__ import annotations

from datetime import date

from assets.hourly_forecast import hourly_frame
from dbt_like_sql.warehouse import Warehouse


def test_public_holidays_that_the_calendar_lacks_are_holidays_of_the_hours(tmp_path):
    queue = "'live' as business_line, 'chat' as channel, '1' as tier, 'Germany' as region"
    with Warehouse(tmp_path / "warehouse.duckdb", memory_limit="1GB", spill=tmp_path / "spill") as warehouse:
        for sql in (
            "create table stg_account as select timestamp '2025-12-20 23:59' as as_of, 'UTC' as time_zone",
            "create table stg_calendar (event_id varchar, kind varchar, name varchar, business_line varchar, "
            "region varchar, size double, starts_at timestamp, ends_at timestamp)",
            f"create table forecast_daily as select date '2025-12-20' as made_on, 'segment' as level, {queue}, "
            "cast(range as date) as date, 24::double as expected "
            "from range(timestamp '2025-12-21', timestamp '2026-01-18', interval 1 day)",
            f"create table hourly_volume as select {queue}, range as hour, 1 as tickets_arrived "
            "from range(timestamp '2025-10-01', timestamp '2025-12-21', interval 1 hour)",
        ):
            warehouse.execute(sql)
        made = hourly_frame(warehouse)
    holidays = made.filter("is_holiday")["starts_at"].dt.date().unique().sort().to_list()
    assert holidays == [date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1)]
