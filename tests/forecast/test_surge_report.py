"""What is told of surges."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.forecast.surge_report import (
    REPORTED_DAYS,
    SERIES,
    SurgeReport,
    campaign_lifts,
    holiday_days,
    people_for,
    watch_hours,
    watched_from,
)

NOW = datetime(2026, 3, 10, 15)
NO_LIFTS = pl.DataFrame(schema=dict.fromkeys(SERIES[:-1], pl.String) | {"date": pl.Date, "lift": pl.Float64})
NO_HOLIDAYS = pl.DataFrame(schema={"region": pl.String, "date": pl.Date})
WAVE_HOURS = 50


def _hourly(wave_hours: int) -> pl.DataFrame:
    """Ten an hour in Europe and five in Asia; a wave of 40 an hour more in Europe until now."""
    rng = np.random.default_rng(0)
    hours = 24 * (REPORTED_DAYS + 70)
    frames = []
    for scope, region, usual, more in (
        ("total", None, 15, 40),
        ("region", "Europe", 10, 40),
        ("region", "Asia", 5, 0),
    ):
        wave = np.arange(hours) >= hours - wave_hours
        frames.append(
            pl.DataFrame(
                {
                    "scope": scope,
                    "region": region,
                    "hour": [NOW - timedelta(hours=hours - hour) for hour in range(hours)],
                    "tickets": rng.poisson(usual + more * wave),
                },
                schema_overrides={"region": pl.String},
            )
        )
    empty = [pl.lit(None, dtype=pl.String).alias(name) for name in ("business_line", "theme_id")]
    return pl.concat(frames).with_columns(*empty, known_until=pl.lit(NOW))


@pytest.fixture(scope="module")
def report() -> SurgeReport:
    return SurgeReport.of(watch_hours(_hourly(WAVE_HOURS), NO_HOLIDAYS, NO_LIFTS, NOW, "UTC"), 0.5)


def test_a_wave_that_is_on_is_told_with_its_size_and_only_where_it_is(report):
    on = report.alarms().filter("is_ongoing").sort("scope")
    assert on["scope"].to_list() == ["region", "total"]
    wave = on.row(0, named=True)
    assert wave["region"] == "Europe"
    assert wave["ended_at"] is None
    assert abs(wave["started_at"] - (NOW - timedelta(hours=WAVE_HOURS))) <= timedelta(hours=2)
    assert timedelta(0) < wave["detected_at"] - wave["started_at"] <= timedelta(hours=3)
    assert wave["usual_hourly"] == pytest.approx(10, rel=0.15)
    assert wave["excess_low"] < 40 * WAVE_HOURS < wave["excess_high"]
    assert wave["tickets"] == pytest.approx(50 * WAVE_HOURS, rel=0.1)


def test_the_hours_begin_three_days_before_and_reach_to_now(report):
    wave = report.alarms().filter("is_ongoing", scope="region").row(0, named=True)
    hours = report.hours().filter(alarm_id=wave["alarm_id"])
    assert hours["hour"].min() == wave["started_at"] - timedelta(days=3)
    assert hours["hour"].max() == NOW - timedelta(hours=1)
    assert (hours["alarm_level"] > hours["usual"]).all()


def test_the_course_is_told_for_two_weeks_and_fades(report):
    course = report.course()
    assert set(course["alarm_id"]) == set(report.alarms().filter("is_ongoing")["alarm_id"])
    days = course.filter(pl.col("alarm_id").str.starts_with("region"))
    assert days["date"].to_list() == [date(2026, 3, 10) + timedelta(day) for day in range(14)]
    assert days["expected_excess"][1] > 2 * days["expected_excess"][13] > 0
    assert (days["low_80"] <= days["expected_excess"]).all()
    assert (days["expected_excess"] <= days["high_80"]).all()


def test_tomorrow_finds_the_same_alarm(report):
    tomorrow = watch_hours(
        _hourly(WAVE_HOURS + 24).with_columns(pl.col("hour", "known_until") + timedelta(days=1)),
        NO_HOLIDAYS,
        NO_LIFTS,
        NOW + timedelta(days=1),
        "UTC",
    )
    assert watched_from(NOW) == watched_from(NOW + timedelta(days=1))
    ids = set(SurgeReport.of(tomorrow, 0.5).alarms().filter("is_ongoing")["alarm_id"].str.slice(0, 24))
    assert ids >= set(report.alarms().filter("is_ongoing")["alarm_id"].str.slice(0, 24))


def test_hours_that_are_not_known_are_no_quiet_ones(report):
    ended = (
        pl.when(region="Asia").then(NOW - timedelta(days=30)).otherwise(NOW - timedelta(hours=5, minutes=20))
    )
    known = _hourly(WAVE_HOURS).filter(pl.col("hour") < ended).with_columns(known_until=ended)
    watched = watch_hours(known, NO_HOLIDAYS, NO_LIFTS, NOW, "UTC")
    assert watched.at(len(watched.counts)) == NOW - timedelta(hours=6)
    hours_of = dict(zip(watched.series["region"], watched.known.tolist(), strict=True))
    assert hours_of["Europe"] - hours_of["Asia"] == 30 * 24 - 6
    told = SurgeReport.of(watched, 0.5)
    on = told.alarms().filter("is_ongoing")
    assert set(on["alarm_id"]) == set(report.alarms().filter("is_ongoing")["alarm_id"])
    assert on["tickets"].to_list() == pytest.approx([50 * (WAVE_HOURS - 6), 55 * (WAVE_HOURS - 6)], rel=0.1)
    assert told.hours()["hour"].max() == NOW - timedelta(hours=7)


def test_a_holiday_counts_for_its_region_and_where_half_the_tickets_come_from_there():
    day = NOW.date() - timedelta(days=10)

    def on(*regions: str | None) -> dict[tuple[str, str | None], bool]:
        holidays = pl.DataFrame({"region": regions, "date": [day] * len(regions)}, schema=NO_HOLIDAYS.schema)
        watched = watch_hours(_hourly(0), holidays, NO_LIFTS, NOW, "UTC")
        found = watched.holidays[(day - watched.first.date()).days * 24 + 3]
        return dict(zip(watched.series.select("scope", "region").iter_rows(), found.tolist(), strict=True))

    assert on("Asia") == {("region", "Asia"): True, ("region", "Europe"): False, ("total", None): False}
    assert on("Europe") == {("region", "Asia"): False, ("region", "Europe"): True, ("total", None): True}
    assert all(on(None).values())


def test_holidays_and_campaigns_are_days_of_the_accounts_zone():
    calendar = pl.DataFrame(
        {
            "kind": ["holiday", "holiday", "campaign"],
            "business_line": [None, "live", None],
            "region": [None, None, None],
            "starts_at": [datetime(2026, 3, 8), datetime(2026, 3, 2), datetime(2026, 3, 2)],
            "ends_at": [datetime(2026, 3, 9), datetime(2026, 3, 3), datetime(2026, 3, 3)],
        },
        schema_overrides={"business_line": pl.String, "region": pl.String},
    )
    holidays = holiday_days(calendar)
    assert holidays.rows() == [(None, date(2026, 3, 8))]
    lifts = NO_LIFTS.vstack(
        pl.DataFrame([("total", None, None, date(2026, 3, 8), 2.0)], schema=NO_LIFTS.schema, orient="row")
    )
    watched = watch_hours(_hourly(0), holidays, lifts, NOW, "America/Los_Angeles")
    # On that day clocks there go from 8 to 7 hours behind UTC: it has 23 hours.
    its_hours = [datetime(2026, 3, 8, 8) + timedelta(hours=hour) for hour in range(23)]
    total = watched.series["scope"].index_of("total")
    assert [watched.at(int(hour)) for hour in np.flatnonzero(watched.holidays[:, total])] == its_hours
    assert [watched.at(int(hour)) for hour in np.flatnonzero(watched.planned[:, total] == 2)] == its_hours


def test_a_campaign_lifts_the_usual_of_its_line_by_what_it_did_before():
    rng = np.random.default_rng(1)
    days = [date(2024, 3, 1) + timedelta(day) for day in range(739)]
    sale = [day.day in (10, 11) for day in days]
    history = pl.concat(
        pl.DataFrame(
            {"date": days, "business_line": line, "channel": "chat", "tier": "1", "region": "Europe"}
        ).with_columns(tickets=pl.Series(rng.poisson(100 * (1 + np.array(sale) * (line == "ecommerce")))))
        for line in ("ecommerce", "live")
    )
    starts = [datetime(day.year, day.month, day.day) for day in days if day.day == 10]
    calendar = pl.DataFrame(
        {
            "event_id": [str(start) for start in starts],
            "kind": "campaign",
            "name": "Sale",
            "business_line": "ecommerce",
            "region": None,
            "size": 1.0,
            "starts_at": starts,
            "ends_at": [start + timedelta(days=2) for start in starts],
        },
        schema_overrides={"region": pl.String},
    )
    lifts = campaign_lifts(history, calendar, NOW)
    of_sale = lifts.filter(date=date(2026, 2, 10)).sort("scope", "business_line")
    by_line = dict(of_sale.filter(scope="business_line").select("business_line", "lift").iter_rows())
    assert by_line["ecommerce"] == pytest.approx(2, rel=0.2)
    assert by_line["live"] == pytest.approx(1, rel=0.05)
    assert of_sale.filter(scope="total")["lift"].item() == pytest.approx(1.5, rel=0.2)
    assert campaign_lifts(history.clear(), calendar, NOW).is_empty()


def test_people_follow_from_the_tickets_each_tier_gets():
    course = pl.DataFrame(
        {
            "alarm_id": "a",
            "date": [date(2026, 3, 1)],
            "expected_excess": [100.0],
            "low_80": [50.0],
            "high_80": [200.0],
        }
    )
    work = pl.DataFrame(
        {"alarm_id": "a", "tier": ["1", "2"], "share": [1.0, 0.2], "people_a_ticket": [0.005, 0.01]}
    )
    found = people_for(course, work)
    assert found["tickets_more"].to_list() == [100.0, 20.0]
    # 100 tickets on one day are worked off at the pace of 700 a week.
    assert found["people_more"].to_list() == pytest.approx([3.5, 1.4])
    assert found["people_more_high"].to_list() == pytest.approx([7.0, 2.8])
