"""Every figure that is watched has its days, its week and its words."""

from __future__ import annotations

import duckdb
import pytest

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


@pytest.mark.parametrize("metric", ["one_touch_rate", "csat_coverage"])
def test_a_share_of_a_week_is_that_of_its_days_together(finished: Settings, metric):
    with duckdb.connect(finished.published, read_only=True) as published:
        shares = published.execute(
            "select any_value(watched.value), sum(days.value * days.denominator) / sum(days.denominator) "
            "from kpi_watched as watched join kpi_days as days using (business_line, metric) "
            "where metric = $1 and date_trunc('week', days.date) = watched.week group by business_line",
            [metric],
        ).fetchall()
    assert shares
    assert [week for week, _ in shares] == pytest.approx([days for _, days in shares])
