"""Every forecast is stored as it was made and scored by later runs."""

from __future__ import annotations

import dagster as dg
import numpy as np
import polars as pl
import pytest

from assets.forecast_record import FEWEST_DAYS, forecasts_hold, record_frames
from assets.forecast_tables import RECORD_TABLES
from dbt_like_sql.warehouse import Warehouse
from models.forecast.forecast import forecast_daily
from tests.forecast.test_forecast import FIRST, NO_EVENTS, history_of, last_day

DAYS = 120


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


def _run(warehouse: Warehouse, days: int) -> dict[str, pl.DataFrame]:
    """A run that knows so many days of ten tickets a day, give or take a weekday's difference."""
    history = history_of(10.0 + np.arange(days) % 7)
    made = forecast_daily(history, NO_EVENTS, cutoff=last_day(days), horizon=28, origins=4)
    frames = record_frames(warehouse, history, last_day(days), made)
    for name, schema in RECORD_TABLES.items():
        warehouse.replace(name, schema.validate(frames[name], cast=True))
    return frames


def test_a_later_run_keeps_the_earlier_forecast_and_scores_it(warehouse):
    first = _run(warehouse, DAYS)
    assert not first["forecast_scores"].filter(~pl.col("is_rebuilt")).height
    second = _run(warehouse, DAYS + 10)
    kept = second["forecast_log"].filter(~pl.col("is_rebuilt"), made_on=last_day(DAYS))
    assert kept.equals(first["forecast_log"].filter(~pl.col("is_rebuilt")))
    scored = second["forecast_scores"].filter(~pl.col("is_rebuilt"), level="total")
    assert scored.select("made_on", "horizon", "days").rows() == [
        (last_day(DAYS), "1-7", 7),
        (last_day(DAYS), "8-14", 3),
    ]
    changed = second["forecast_changes"].filter(level="total")
    assert changed["before_made_on"].unique().to_list() == [last_day(DAYS)]
    assert set(changed["effect"]) == {"level", "season"}


def test_running_again_on_the_same_day_changes_nothing(warehouse):
    first = _run(warehouse, DAYS)
    again = _run(warehouse, DAYS)
    assert all(again[name].equals(first[name]) for name in RECORD_TABLES)


def test_a_past_day_knows_no_forecast_made_after_it(warehouse):
    _run(warehouse, DAYS)
    _run(warehouse, DAYS + 10)
    past = _run(warehouse, DAYS + 5)
    assert past["forecast_log"].filter(~pl.col("is_rebuilt"))["made_on"].unique().sort().to_list() == [
        last_day(DAYS),
        last_day(DAYS + 5),
    ]


def _scores(coverage: float, bias: float, days: int = FEWEST_DAYS) -> pl.DataFrame:
    return pl.DataFrame(
        [(FIRST, False, "total", "1-7", days, 0.1, bias, coverage, 0.95)],
        schema=RECORD_TABLES["forecast_scores"].create_empty().select(
            "made_on", "is_rebuilt", "level", "horizon", "days", "wape", "bias", "coverage_80", "coverage_95"
        ).schema,
        orient="row",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "passed"),
    [
        (_scores(0.8, 0.02), True),
        (_scores(0.6, 0.02), False),
        (_scores(0.8, -0.2), False),
        (_scores(0.6, 0.02, days=FEWEST_DAYS - 1), True),
    ],
)
def test_drift_of_coverage_or_bias_warns_once_there_is_enough_to_judge(scores, passed):
    check = forecasts_hold(scores)
    assert check.passed is passed
    assert check.severity == dg.AssetCheckSeverity.WARN
