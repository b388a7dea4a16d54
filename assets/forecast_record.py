"""Forecasts judged in public: each is stored as it was made, and scored once its days have come."""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from assets.forecast_tables import RECORD_TABLES
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.forecast.forecast import Forecast

# Outside these a planner should no longer take the forecast at its word.
COVERAGE_80 = (0.70, 0.90)
COVERAGE_95_LEAST = 0.90
MOST_BIAS = 0.10
_LOGS = ("forecast_log", "forecast_week_log", "forecast_effect_log")
FEWEST_DAYS = 140  # series x days compared: fewer say nothing of a share near 80 %

CHECK = dg.AssetCheckSpec(
    "forecasts_hold",
    asset=asset_key("forecast_scores"),
    description=(
        f"of the last eight stored forecasts, up to four weeks ahead, {COVERAGE_80[0]:.0%} to {COVERAGE_80[1]:.0%} of the "
        f"days fell into their 80 % range, at least {COVERAGE_95_LEAST:.0%} into the 95 % range, and they were at most "
        f"{MOST_BIAS:.0%} too high or too low"
    ),
)


def record_frames(
    warehouse: Warehouse, history: pl.DataFrame, made_on: date, made: "Forecast | None"
) -> dict[str, pl.DataFrame]:
    """The record, with the forecast just made on `made_on`, the history's last day, if one was.

    What earlier runs stored is read from the warehouse; what they made after `made_on` is left out.
    """
    from models.forecast import judgement

    log, weeks, effects = (_stored(warehouse, table, made_on) for table in _LOGS)
    if made is not None:
        log = judgement.keep(log, made.points.drop("base"), made.past_points)
        weeks = judgement.keep(weeks, made.weekly, made.past_weekly)
        now = judgement.weekly_effects(made.effects).select(effects.columns)
        effects = pl.concat([effects.filter(pl.col("made_on") != made_on), now])
    came = judgement.what_came(history, made_on)
    return dict(zip(_LOGS, (log, weeks, effects), strict=True)) | {
        "forecast_scores": judgement.score_log(log, came, made_on),
        "forecast_outcomes": judgement.weekly_outcomes(weeks, came, made_on),
        "forecast_changes": judgement.changes(effects, made_on),
    }


def _stored(warehouse: Warehouse, table: str, made_on: date) -> pl.DataFrame:
    """What earlier runs left; where a past day is looked at again, what was made after it is not known."""
    schema = RECORD_TABLES[table]
    if table not in warehouse.tables():
        return schema.create_empty()
    columns = ", ".join(schema.column_names())
    return schema.cast(warehouse.query(f"select {columns} from {table} where made_on <= ?", [made_on]))


def forecasts_hold(scores: pl.DataFrame) -> dg.AssetCheckResult:
    """Warns when coverage or bias of the stored forecasts drifts."""
    from models.forecast.judgement import recent_quality

    found = recent_quality(scores)
    if not found or found["days"] < FEWEST_DAYS:
        passed, told = True, "too few days of stored forecasts have come to judge them"
    else:
        passed = (
            COVERAGE_80[0] <= found["coverage_80"] <= COVERAGE_80[1]
            and found["coverage_95"] >= COVERAGE_95_LEAST
            and abs(found["bias"]) <= MOST_BIAS
        )
        told = (
            f"{found['coverage_80']:.0%} of the days in the 80 % range, {found['coverage_95']:.0%} in the 95 % range, "
            f"{abs(found['bias']):.1%} too {'high' if found['bias'] > 0 else 'low'}"
        )
    return dg.AssetCheckResult(
        asset_key=CHECK.asset_key,
        check_name=CHECK.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=told,
        metadata={name: round(value, 3) for name, value in found.items()},
    )
