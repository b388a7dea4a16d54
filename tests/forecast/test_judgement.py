"""Stored forecasts, what came, and what the next one says."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from models.forecast import judgement
from models.forecast.panel import SEGMENT

MONDAY = date(2026, 6, 1)
NO_NODE = dict.fromkeys(SEGMENT)


def _forecast(made_on: date, expected: list[float], level: str = "total") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"made_on": made_on, "level": level, **NO_NODE, "date": made_on + timedelta(ahead + 1)}
            | {"expected": value, "low_80": value - 2, "high_80": value + 2}
            | {"low_95": value - 4, "high_95": value + 4}
            for ahead, value in enumerate(expected)
        ],
        schema_overrides=dict.fromkeys(SEGMENT, pl.String),
    )


def _log(*forecasts: pl.DataFrame, rebuilt: pl.DataFrame | None = None) -> pl.DataFrame:
    log = forecasts[0].with_columns(is_rebuilt=pl.lit(False)).clear()
    for made in forecasts:
        log = judgement.keep(log, made, rebuilt)
    return log


def _came(counts: list[int], first: date = MONDAY) -> pl.DataFrame:
    days = [first + timedelta(day) for day in range(len(counts))]
    history = pl.DataFrame({"date": days, "tickets": counts}).with_columns(
        pl.lit("x").alias(name) for name in SEGMENT
    )
    return judgement.what_came(history.filter(pl.col("tickets") > 0), days[-1])


def test_a_forecast_made_again_on_the_same_day_replaces_the_earlier_one():
    log = _log(_forecast(MONDAY, [5, 5]), _forecast(MONDAY, [6, 6]), _forecast(MONDAY + timedelta(1), [7]))
    assert log["expected"].to_list() == [6, 6, 7]


def test_segments_are_not_stored():
    assert _log(_forecast(MONDAY, [5], level="segment")).is_empty()


def test_rebuilt_forecasts_stand_in_until_eight_were_stored():
    rebuilt = _forecast(MONDAY - timedelta(100), [1])
    real = [_forecast(MONDAY + timedelta(day), [5]) for day in range(9)]
    assert _log(*real[:8], rebuilt=rebuilt)["is_rebuilt"].sum() == 1
    assert _log(*real, rebuilt=rebuilt)["is_rebuilt"].sum() == 0


def test_a_forecast_is_scored_by_hand():
    # 10 a day said; 8, 13, a day without a row, which had none, and 10 came. 80 %: 8 to 12, 95 %: 6 to 14.
    log = _log(_forecast(MONDAY - timedelta(1), [10, 10, 10, 10, 10]))
    scores = judgement.score_log(log, _came([8, 13, 0, 10]), MONDAY + timedelta(3))
    assert scores.select("horizon", "days").rows() == [("1-7", 4)]
    assert scores["wape"].item() == pytest.approx((2 + 3 + 10 + 0) / 31)
    assert scores["bias"].item() == pytest.approx((2 - 3 + 10 + 0) / 31)
    assert scores["coverage_80"].item() == pytest.approx(2 / 4)
    assert scores["coverage_95"].item() == pytest.approx(3 / 4)


def test_days_whose_data_is_missing_judge_no_forecast():
    log = _log(_forecast(MONDAY - timedelta(1), [10] * 21))
    came = _came([10] * 7 + [0] * 7 + [10] * 7)
    scores = judgement.score_log(log, came, MONDAY + timedelta(20))
    assert scores.select("horizon", "days", "wape").rows() == [("1-7", 7, 0.0), ("15-28", 7, 0.0)]
    weeks = log.filter(pl.col("date").dt.weekday() == 1).rename({"date": "week"})
    outcomes = judgement.weekly_outcomes(weeks, came, MONDAY + timedelta(20))
    assert outcomes["came"].to_list() == [70.0, None, 70.0]


def test_days_ahead_are_told_apart():
    log = _log(_forecast(MONDAY - timedelta(1), [10.0] * 90))
    scores = judgement.score_log(log, _came([10] * 90), MONDAY + timedelta(89))
    assert scores["horizon"].to_list() == ["1-7", "8-14", "15-28", "29-60", "61-90"]
    assert scores["days"].to_list() == [7, 7, 14, 32, 30]


def test_a_week_that_is_not_over_has_no_outcome():
    weeks = _forecast(MONDAY - timedelta(1), [70.0, 70.0]).with_columns(
        week=pl.Series([MONDAY, MONDAY + timedelta(7)])
    )
    log = _log(weeks.drop("date"))
    outcomes = judgement.weekly_outcomes(log, _came([9] * 10), MONDAY + timedelta(9))
    assert outcomes["came"].to_list() == [63.0, None]


def _effects(made_on: date, parts: dict[str, float], days: int = 14) -> pl.DataFrame:
    rows = [
        {"made_on": made_on, "level": "total", **NO_NODE, "date": MONDAY + timedelta(day)}
        | {"effect_kind": "campaign" if name == "Spring Sale" else name, "effect": name, "tickets": value}
        for day in range(days)
        for name, value in parts.items()
    ]
    return judgement.weekly_effects(pl.DataFrame(rows, schema_overrides=dict.fromkeys(SEGMENT, pl.String)))


def test_a_campaign_new_in_the_calendar_shows_as_its_whole_size():
    before, after = MONDAY - timedelta(8), MONDAY - timedelta(1)
    effects = pl.concat([
        _effects(before, {"level": 10.0}),
        _effects(after, {"level": 11.0, "Spring Sale": 3.0}, days=10),
    ])  # fmt: skip
    changed = judgement.changes(effects, after)
    assert changed.select("week", "effect", "change").rows() == [
        (MONDAY, "Spring Sale", 21.0),
        (MONDAY, "level", 7.0),
    ]
    assert changed["before_made_on"].unique().to_list() == [before]


def test_without_an_earlier_forecast_nothing_has_changed():
    assert judgement.changes(_effects(MONDAY, {"level": 1.0}), MONDAY).is_empty()


def test_quality_is_judged_on_what_was_stored_as_it_was_made():
    log = _log(
        _forecast(MONDAY - timedelta(1), [10] * 7), rebuilt=_forecast(MONDAY - timedelta(30), [50] * 40)
    )
    scores = judgement.score_log(log, _came([10] * 7), MONDAY + timedelta(6))
    assert judgement.recent_quality(scores) == {
        "days": 7.0, "bias": 0.0, "coverage_80": 1.0, "coverage_95": 1.0,
    }  # fmt: skip
    assert judgement.recent_quality(scores.filter("is_rebuilt")) == {}
