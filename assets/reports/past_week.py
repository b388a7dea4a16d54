"""The snapshot as it would have been at the end of a past week."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from assets.forecasts import forecast_frames
from assets.themes import driver_frame
from assets.warehouse import sql_project
from dbt_like_sql.warehouse import Warehouse

# Themes keep the names and borders they have today; what a past week shows is which tickets they had then.
_THEMES_AS_OF_THEN = """
    delete from ticket_themes where not exists (
        select 1 from stg_tickets as known
        where known.source = ticket_themes.source and known.ticket_id = ticket_themes.ticket_id
    );
    delete from theme_examples where not exists (
        select 1 from ticket_themes as known
        where known.source = theme_examples.source and known.ticket_id = theme_examples.ticket_id
    );
    create temp table theme_sizes as
        select theme_id, count(*) as tickets, count(*) filter (where not is_near_duplicate) as distinct_tickets
        from ticket_themes group by theme_id;
    delete from themes where theme_id not in (select theme_id from theme_sizes);
    update themes set
        tickets = theme_sizes.tickets,
        distinct_tickets = theme_sizes.distinct_tickets,
        share = theme_sizes.tickets / (select sum(tickets) from theme_sizes)
    from theme_sizes where theme_sizes.theme_id = themes.theme_id;
"""


@contextmanager
def as_of_week(published: Path, monday: date, horizon: int) -> Iterator[Path]:
    """A temporary copy of the published snapshot, rebuilt as of the end of a week.

    Every SQL table is built anew from what had happened by then, the forecast is made from that Sunday,
    and themes hold only the tickets of then. horizon: days to forecast.
    """
    copy = published.with_name(f".as-of-{monday}.duckdb.unfinished")
    shutil.copyfile(published, copy)
    try:
        with Warehouse(copy) as warehouse:
            _rewind(warehouse, monday + timedelta(days=6), horizon)
        yield copy
    finally:
        copy.unlink(missing_ok=True)
        copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)


def _rewind(warehouse: Warehouse, sunday: date, horizon: int) -> None:
    zone = ZoneInfo(warehouse.query("select time_zone from raw.account").item())
    end = datetime.combine(sunday + timedelta(days=1), time(), zone).astimezone(ZoneInfo("UTC"))
    as_of = end.replace(tzinfo=None) - timedelta(microseconds=1)
    warehouse.execute("update raw.account set as_of = least(as_of, ?)", [as_of])
    warehouse.execute("update raw.sources set volume_until = least(volume_until, ?)", [sunday])
    warehouse.execute(_THEMES_AS_OF_THEN)
    for model in sql_project().models:
        warehouse.build(model)
    warehouse.replace("theme_drivers", driver_frame(warehouse))
    for table, frame in forecast_frames(warehouse, horizon).items():
        warehouse.replace(table, frame)
