"""Every figure that is watched has its days, its week and its words."""

from __future__ import annotations

import duckdb

from assets.reports.metrics import kpi
from models.operations.kpis import KPIS
from pipelines.settings import Settings


def test_every_kpi_is_watched_by_day_and_week_and_explained(finished: Settings):
    with duckdb.connect(finished.published, read_only=True) as published:
        days, weeks = (
            {metric for (metric,) in published.execute(select).fetchall()}
            for select in (
                "select distinct metric from kpi_chart",
                "select distinct metric from kpi_watched where value is not null",
            )
        )
    assert days == set(KPIS)
    assert days - weeks <= {"iqs"}  # audits are few: there may be none in a week
    assert all(kpi(metric).meaning for metric in KPIS)
