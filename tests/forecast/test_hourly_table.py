"""The hourly forecast as a table."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from models.forecast.hourly_table import forecast_hours

MADE_ON = date(2026, 3, 1)
QUEUE = {"business_line": "live", "channel": "chat", "tier": "1"}


def _made(calendar: list[tuple[str, str | None]]) -> pl.DataFrame:
    hourly = pl.DataFrame(
        [
            QUEUE | {"hour": datetime(2026, 3, 1) - timedelta(hours=back), "tickets": 5.0}
            for back in range(-10, 24 * 60, 2)
        ]
    )
    daily = pl.DataFrame(
        [
            QUEUE | {"region": region, "date": MADE_ON + timedelta(day), "expected": tickets}
            for region, tickets in (("Europe", 90.0), ("Asia", 30.0))
            for day in range(1, 41)
        ]
    )
    events = pl.DataFrame(
        [
            {"kind": "holiday", "business_line": line, "region": region}
            | {"starts_at": datetime(2026, 3, 4), "ends_at": datetime(2026, 3, 5)}
            for region, line in calendar
        ],
        schema={"kind": pl.String, "business_line": pl.String, "region": pl.String}
        | dict.fromkeys(("starts_at", "ends_at"), pl.Datetime),
    )
    return forecast_hours(daily, hourly, events, MADE_ON)


def test_the_hours_of_a_day_sum_to_its_forecast_over_all_regions():
    made = _made([])
    assert made.height == 28 * 24
    assert made["starts_at"].min() == datetime(2026, 3, 2)
    by_day = made.group_by(pl.col("starts_at").dt.date()).agg(pl.col("expected").sum())
    assert by_day["expected"].to_list() == pytest.approx([120.0] * 28)


def test_a_day_is_a_holiday_where_most_of_the_tickets_come_from():
    assert _made([("Europe", None)])["is_holiday"].sum() == 24
    assert _made([("Asia", None)])["is_holiday"].sum() == 0
    assert _made([("Europe", "creator")])["is_holiday"].sum() == 0
    assert _made([(None, None)]).filter("is_holiday")["starts_at"].min() == datetime(2026, 3, 4)
