"""What the raw tables hold by now: a row for each source, and the time everything is computed as of."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from assets.ingest.store import replace_rows
from dbt_like_sql.warehouse import Warehouse
from models.statistics.coverage import volume_window

_SUMMARY = """
select
    tickets.source,
    last(loads.mapping order by loads.source is not null, loads.loaded_at) as mapping,
    any_value(tickets.tickets) as tickets,
    any_value(coalesce(events.events, 0)) as events,
    any_value(tickets.first_created_at) as first_created_at,
    any_value(tickets.last_created_at) as last_created_at,
    any_value(tickets.last_updated_at) as last_updated_at,
    any_value(tickets.has_text) as has_text,
    any_value(coalesce(events.events, 0) > 0) as has_events,
    any_value(tickets.has_csat) as has_csat,
    any_value(tickets.has_groups) as has_groups,
    any_value(tickets.has_escalations or coalesce(events.escalations, 0) > 0) as has_escalations,
    (select count(*) > 0 from raw.calendar) as has_calendar
from (
    select
        source,
        count(*) as tickets,
        min(created_at) as first_created_at,
        max(created_at) as last_created_at,
        max(updated_at) as last_updated_at,
        count(*) filter (where subject is not null or body is not null) > 0 as has_text,
        count(csat_score) > 0 as has_csat,
        count(*) filter (where group_id in (select group_id from raw.groups)) > 0 as has_groups,
        count(is_escalated) > 0 as has_escalations
    from raw.tickets
    group by source
) as tickets
left join (
    select source, count(*) as events, count(*) filter (where kind = 'escalated') as escalations
    from raw.ticket_events
    group by source
) as events using (source)
left join raw.loads as loads
    on loads.error is null and (loads.source = tickets.source or loads.source is null)
    and loads.mapping <> 'tables'
group by tickets.source
"""

_DAYS = """
select source, cast(timezone(?, timezone('UTC', created_at)) as date) as day, count(*) as tickets
from raw.tickets
where created_at <= ?
group by source, day
"""

_LATEST = """
select max(latest) as latest
from (
    select max(created_at) as latest from raw.tickets where created_at <= $1
    union all
    select max(updated_at) from raw.tickets where updated_at <= $1
    union all
    select max(occurred_at) from raw.ticket_events where occurred_at <= $1
) as times
"""


def describe_coverage(
    warehouse: Warehouse, *, time_zone: str, as_of: datetime | None, now: datetime
) -> datetime:
    """Fill `raw.account` and `raw.sources`; the time everything is computed as of, in UTC.

    as_of, now: naive UTC. Without `as_of` it is the end of the day (in `time_zone`) of the latest time
    that a ticket or event has, and never in the future.
    """
    decided = as_of or _end_of_latest_day(warehouse, ZoneInfo(time_zone), now)
    sources = warehouse.query(_SUMMARY)
    days = warehouse.query(_DAYS, [time_zone, decided])
    # A day that is still going on at that time has not its full volume, unless it is all there is.
    today = _local(decided + timedelta(microseconds=1), ZoneInfo(time_zone)).date()
    complete = days.filter((pl.col("day") < today) | (pl.col("day").min().over("source") >= today))
    windows = [
        (str(source), *volume_window(daily["day"].to_list(), daily["tickets"].to_list()))
        for (source,), daily in complete.group_by("source")
    ]
    window_types = {"source": pl.String, "volume_from": pl.Date, "volume_until": pl.Date}
    described = sources.join(
        pl.DataFrame(windows, schema=window_types, orient="row"), on="source", how="left"
    )
    with warehouse.transaction():
        _refill(warehouse, "sources", described.sort("source"))
        _refill(warehouse, "account", pl.DataFrame({"as_of": [decided], "time_zone": [time_zone]}))
    return decided


def _end_of_latest_day(warehouse: Warehouse, zone: ZoneInfo, now: datetime) -> datetime:
    latest = warehouse.query(_LATEST, [now])["latest"][0]
    if latest is None:
        return now
    utc = ZoneInfo("UTC")
    local_day = _local(latest, zone).date()
    midnight = datetime.combine(local_day + timedelta(days=1), time(), tzinfo=zone)
    end = midnight.astimezone(utc).replace(tzinfo=None) - timedelta(microseconds=1)
    return min(end, now)


def _local(time_utc: datetime, zone: ZoneInfo) -> datetime:
    return time_utc.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)


def _refill(warehouse: Warehouse, table: str, frame: pl.DataFrame) -> None:
    """Replace a table's rows, keeping its column types."""
    with warehouse.transaction() as connection:
        replace_rows(connection, table, frame)
