"""The record of forecasts: each as it was made, and how it compares with what came."""

from __future__ import annotations

import dataframely as dy

from assets import table_columns as column


class _Node(dy.Schema):
    made_on = column.date("last day the forecast knew")
    level = column.text("total, business_line, tier, business_line_tier or region")
    business_line = column.text("business line; null where summed over", nullable=True)
    channel = column.text("null: all channels together", nullable=True)
    tier = column.text("tier at which the tickets arrive; null where summed over", nullable=True)
    region = column.text("region; null where summed over", nullable=True)


class _Interval(dy.Schema):
    expected = column.number("tickets expected")
    low_80 = column.number("lower end of the 80 % interval")
    high_80 = column.number("upper end of the 80 % interval")
    low_95 = column.number("lower end of the 95 % interval")
    high_95 = column.number("upper end of the 95 % interval")


class _Rebuilt(dy.Schema):
    is_rebuilt = column.flag("true where it was made after the fact, as of a past day")


class ForecastLog(_Node, _Interval, _Rebuilt):
    """Every daily forecast as it was made. Until eight are stored, some made after the fact stand in."""

    date = column.date("the day forecast")


class ForecastWeekLog(_Node, _Interval, _Rebuilt):
    """The same for whole weeks."""

    week = column.date("Monday of the week forecast")


class ForecastEffectLog(_Node):
    """What every forecast was made of, week by week, as it was made."""

    week = column.date("Monday of the week forecast; whole weeks only")
    effect_kind = column.text("level, season, holiday, campaign or surge")
    effect = column.text("its name, for example Black Friday")
    tickets = column.number("tickets it adds, below 0 where it takes some away")


class ForecastScores(_Rebuilt):
    """Every forecast against what came, by level and days ahead."""

    made_on = column.date("last day the forecast knew")
    level = column.text("total, business_line, tier, business_line_tier or region")
    horizon = column.text("days ahead, from-to")
    days = column.count("series and days compared")
    wape = column.number("sum of absolute errors over sum of tickets (WAPE)", nullable=True)
    bias = column.number(
        "sum of forecast minus actual over sum of tickets; above 0 is too high", nullable=True
    )
    coverage_80 = column.number("share of days inside the 80 % interval")
    coverage_95 = column.number("share of days inside the 95 % interval")


class ForecastOutcomes(ForecastWeekLog):
    """Whole weeks as the last eight forecasts saw them, beside what came."""

    came = column.number("tickets that came; null while the week is not over", nullable=True)


class ForecastChanges(_Node):
    """What the newest forecast says of a coming week beside the one before it, effect by effect."""

    before_made_on = column.date("last day the earlier forecast knew")
    week = column.date("Monday of the week; only weeks that both forecasts cover")
    effect_kind = column.text("level, season, holiday, campaign or surge")
    effect = column.text("its name, for example Black Friday")
    before = column.number("tickets it added in the earlier forecast")
    now = column.number("tickets it adds now")
    change = column.number("now minus before")


RECORD_TABLES: dict[str, type[dy.Schema]] = {
    "forecast_log": ForecastLog,
    "forecast_week_log": ForecastWeekLog,
    "forecast_effect_log": ForecastEffectLog,
    "forecast_scores": ForecastScores,
    "forecast_outcomes": ForecastOutcomes,
    "forecast_changes": ForecastChanges,
}
