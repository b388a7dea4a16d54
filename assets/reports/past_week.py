"""The snapshot as it would have been at the end of a past week."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from assets.causes import cause_frames
from assets.curation_file import read_curation_file
from assets.forecasts import forecast_frames
from assets.hourly_forecast import hourly_frame
from assets.quality import quality_frames
from assets.resources import StateFolder
from assets.signals import signal_frames
from assets.staffing import plan_inputs
from assets.surges import surge_frames, surge_people_frame
from assets.tables import THEME_TABLES
from assets.theme_registry import theme_frames_as_of
from assets.themes import driver_frame
from assets.vendors import vendor_frames
from assets.warehouse import sql_project
from dbt_like_sql.project import Model
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.text.embedding import Embedder


@contextmanager
def as_of_week(state: StateFolder, embedder: Embedder, monday: date) -> Iterator[Path]:
    """A temporary copy of the published snapshot, rebuilt as of the end of a week.

    Everything is made anew from what had happened by then: the SQL tables, the themes (under today's ids where
    they are the same), what rose and why, the signals, the forecast from that Sunday on, the people it takes
    and the waves known by then.
    """
    published = state.published
    copy = published.with_name(f".as-of-{monday}.duckdb.unfinished")
    shutil.copyfile(published, copy)
    try:
        with Warehouse(copy) as warehouse:
            _rewind(warehouse, state, embedder, monday + timedelta(days=6))
        yield copy
    finally:
        copy.unlink(missing_ok=True)
        copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)


def _rewind(warehouse: Warehouse, state: StateFolder, embedder: Embedder, sunday: date) -> None:
    from models.staffing.plan import staffing_plan

    zone = ZoneInfo(warehouse.query("select time_zone from raw.account").item())
    end = datetime.combine(sunday + timedelta(days=1), time(), zone).astimezone(ZoneInfo("UTC"))
    as_of = end.replace(tzinfo=None) - timedelta(microseconds=1)
    warehouse.execute("update raw.account set as_of = least(as_of, ?)", [as_of])
    warehouse.execute("update raw.sources set volume_until = least(volume_until, ?)", [sunday])
    before, after = _before_and_after_themes(sql_project().models)
    for model in before:
        warehouse.build(model)
    # A person's decisions are today's: who reads a past week again wants its themes under the names they know.
    decisions, _ = read_curation_file(state.tables)
    _store(warehouse, theme_frames_as_of(warehouse, embedder, decisions))
    for model in after:
        warehouse.build(model)
    _store(warehouse, {"theme_drivers": driver_frame(warehouse)})
    _store(warehouse, cause_frames(warehouse, embedder.embed, state.agent_hour_cost))
    _store(warehouse, quality_frames(warehouse))
    _store(warehouse, signal_frames(warehouse))
    _store(warehouse, vendor_frames(warehouse)[0])
    _store(warehouse, surge_frames(warehouse, state.surge_false_alarms_a_month))
    _store(warehouse, forecast_frames(warehouse, state.forecast_days))
    _store(warehouse, {"forecast_hourly": hourly_frame(warehouse)})
    _store(warehouse, staffing_plan(plan_inputs(warehouse, state.agent_hour_cost)))
    _store(warehouse, {"surge_people": surge_people_frame(warehouse)})


def _before_and_after_themes(models: Sequence[Model]) -> tuple[list[Model], list[Model]]:
    """The models that know nothing of themes, and those built on them; each in build order."""
    of_themes = set(THEME_TABLES)
    for model in models:
        if of_themes.intersection(model.reads):
            of_themes.add(model.name)
    return [model for model in models if model.name not in of_themes], [
        model for model in models if model.name in of_themes
    ]


def _store(warehouse: Warehouse, frames: dict[str, pl.DataFrame]) -> None:
    for table, frame in frames.items():
        warehouse.replace(table, frame)
