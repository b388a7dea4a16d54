"""The tables of the forecast and of its record: each forecast as it was made, and how it compares with what came."""

from __future__ import annotations

import dataframely as dy

from assets import table_columns as column

EFFECT_KINDS = ("level", "season", "holiday", "campaign", "surge")


class _Node(dy.Schema):
    made_on = column.date("last day the forecast knew")
    level = column.text(
        "total, business_line, tier, business_line_tier or region; of single days also segment"
    )
    business_line = column.text("business line; null where summed over", nullable=True)
    channel = column.text("channel, of a segment; null where summed over", nullable=True)
    tier = column.text("tier at which the tickets arrive; null where summed over", nullable=True)
    region = column.text("region; null where summed over", nullable=True)


class _Interval(dy.Schema):
    expected = column.number("tickets expected; sums of parts agree with totals")
    low_80 = column.number("lower end of the 80 % interval")
    high_80 = column.number("upper end of the 80 % interval")
    low_95 = column.number("lower end of the 95 % interval")
    high_95 = column.number("upper end of the 95 % interval")


class _Rebuilt(dy.Schema):
    is_rebuilt = column.flag("true where it was made after the fact, as of a past day")


class ForecastDaily(_Node, _Interval):
    """Tickets expected on a day to come, at every level from a segment to the total."""

    date = column.date("the day, in the account's zone")
    base = column.number("tickets expected without campaigns, holidays and waves that are on")


class ForecastEffects(_Node):
    """What a forecast is made of: level, season, and each campaign, holiday and wave by name."""

    date = column.date("the day, in the account's zone")
    effect_kind = column.choice("what kind of part it is", EFFECT_KINDS)
    effect = column.text("its name as in the calendar, without the year; level and season are called that")
    tickets = column.number(
        "tickets it brings, under 0 where it keeps them away; a day's parts sum to expected"
    )


class ForecastWeekly(_Node, _Interval):
    """Tickets expected in a whole week to come, with an interval of its own: a week is surer than its days."""

    week = column.date("Monday of the week")


class ForecastBacktest(dy.Schema):
    """How forecasts made from past dates compare with what came, by level and days ahead."""

    level = column.text("total, business_line, tier, business_line_tier, region or segment")
    horizon = column.text("days ahead, from-to")
    origins = column.count("past dates a forecast was made from")
    points = column.count("series and days compared")
    wape = column.number("sum of absolute errors over sum of tickets (WAPE)", nullable=True)
    bias = column.number(
        "sum of forecast minus actual over sum of tickets; above 0 is too high", nullable=True
    )
    coverage_80 = column.number("share of days inside the 80 % interval, judged out of sample", nullable=True)
    coverage_95 = column.number("share of days inside the 95 % interval, judged out of sample", nullable=True)
    wape_seasonal_naive = column.number(
        "WAPE of repeating the last known week, on the same days", nullable=True
    )


class ForecastNotes(dy.Schema):
    """What the forecast had to do without."""

    note = column.text("one plain sentence")


class ForecastLog(_Node, _Interval, _Rebuilt):
    """Every daily forecast as it was made. Until eight are stored, some made after the fact stand in."""

    date = column.date("the day forecast")


class ForecastWeekLog(_Node, _Interval, _Rebuilt):
    """The same for whole weeks."""

    week = column.date("Monday of the week forecast")


class ForecastEffectLog(_Node):
    """What every forecast was made of, week by week, as it was made."""

    week = column.date("Monday of the week forecast; whole weeks only")
    effect_kind = column.choice("what kind of part it is", EFFECT_KINDS)
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
    effect_kind = column.choice("what kind of part it is", EFFECT_KINDS)
    effect = column.text("its name, for example Black Friday")
    before = column.number("tickets it added in the earlier forecast")
    now = column.number("tickets it adds now")
    change = column.number("now minus before")


FORECAST_TABLES: dict[str, type[dy.Schema]] = {
    "forecast_daily": ForecastDaily,
    "forecast_effects": ForecastEffects,
    "forecast_weekly": ForecastWeekly,
    "forecast_backtest": ForecastBacktest,
    "forecast_notes": ForecastNotes,
}
RECORD_TABLES: dict[str, type[dy.Schema]] = {
    "forecast_log": ForecastLog,
    "forecast_week_log": ForecastWeekLog,
    "forecast_effect_log": ForecastEffectLog,
    "forecast_scores": ForecastScores,
    "forecast_outcomes": ForecastOutcomes,
    "forecast_changes": ForecastChanges,
}
