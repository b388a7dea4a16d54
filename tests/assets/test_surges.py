"""The tables of surges, from tickets as a warehouse holds them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.forecasts import known_calendar, with_surges_on
from assets.surge_tables import SURGE_PEOPLE_TABLES, SURGE_TABLES
from assets.surges import surge_frames, surge_people_frame, watched_hours
from dbt_like_sql.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 15)
WAVE_FROM = NOW - timedelta(hours=40)
USUAL, WAVE, COPIES = "t1", "t2", "t3"


def _account(as_of: datetime) -> str:
    return f"select timestamp '{as_of}' as as_of, date '{as_of.date()}' as as_of_on, 'UTC' as time_zone"


def _tickets() -> pl.DataFrame:
    """Six an hour for 100 days in two lines; for 40 hours 12 more in account_security, 2 of them copies."""
    rng = np.random.default_rng(0)
    hours = 100 * 24
    at: list[datetime] = []
    line: list[str] = []
    theme: list[str | None] = []
    for hour in range(hours):
        begin = NOW - timedelta(hours=hours - hour)
        for name, per_hour, themes in (("ecommerce", 3, (USUAL,)), ("account_security", 3, (USUAL, WAVE))):
            for number in range(rng.poisson(per_hour)):
                at.append(begin + timedelta(minutes=number))
                line.append(name)
                theme.append(themes[number % len(themes)] if number % 5 else None)
        if begin >= WAVE_FROM:
            for number in range(12):
                at.append(begin + timedelta(minutes=20 + number))
                line.append("account_security")
                theme.append(COPIES if number < 2 else WAVE)
    return pl.DataFrame({"created_at": at, "business_line": line, "theme_id": theme}).with_row_index("number")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder: Path = tmp_path_factory.mktemp("surges")
    with Warehouse(folder / "warehouse.duckdb", memory_limit="1GB", spill=folder / "spill") as made:
        made.replace("made", _tickets())
        for sql in (
            f"create table stg_account as {_account(NOW)}",
            "create table stg_tickets as select 's' as source, 't' || number as ticket_id, created_at, "
            "created_at::date as created_on, created_at as updated_at, business_line, 'Europe' as region, "
            "number::varchar as requester_key, coalesce(theme_id, 'none') || ' words' as text from made",
            # The day that is going on is not whole yet.
            "create table source_coverage as select 's' as source, date '2020-01-01' as volume_from, "
            f"date '{NOW.date() - timedelta(days=1)}' as volume_until",
            "create table ticket_themes as select 's' as source, 't' || number as ticket_id, theme_id, 0.9 as similarity, "
            f"false as is_near_duplicate, theme_id = '{COPIES}' as copied, theme_id || number as copy_key from made "
            "where theme_id is not null",
            f"update ticket_themes set copy_key = 'one text' where theme_id = '{COPIES}'",
            "create table themes as select unnest(['t1', 't2', 't3']) as theme_id, "
            "unnest([false, false, true]) as is_template, false as is_other, false as is_ignored",
            "create table stg_calendar (event_id varchar, kind varchar, name varchar, business_line varchar, "
            "region varchar, size double, starts_at timestamp, ends_at timestamp)",
            "create table daily_volume as select created_on as date, business_line, 'chat' as channel, '1' as tier, "
            "region, count(*) as tickets_arrived from stg_tickets group by all",
            "create table staffing_weeks as select unnest(['account_security', 'ecommerce']) as business_line, "
            "unnest(['1', '1']) as tier, 500::double as tickets, 10::double as people",
            "create table ticket_times as select source, ticket_id, business_line, created_at, 1 as first_tier, "
            "false as is_escalated from stg_tickets",
        ):
            made.execute(sql)
        yield made


@pytest.fixture(scope="module")
def frames(warehouse) -> dict[str, pl.DataFrame]:
    return surge_frames(warehouse, 0.5)


def test_the_tables_are_as_they_say(frames):
    assert set(frames) == set(SURGE_TABLES)
    for name, schema in SURGE_TABLES.items():
        schema.validate(frames[name], cast=True)


def test_the_day_that_is_going_on_counts_up_to_the_last_hour_that_is_known(frames):
    hours = frames["surge_hours"].filter(pl.col("alarm_id").str.starts_with("business_line/account"))
    today = hours.filter(pl.col("hour").dt.date() == NOW.date())
    assert today["hour"].max() == NOW - timedelta(
        hours=2
    )  # of the hour before now, only its first half is known
    assert today["tickets"].min() >= 12


def test_public_holidays_are_watched_as_holidays_where_the_calendar_has_none(warehouse):
    watched = watched_hours(warehouse, NOW, "UTC")
    assert watched is not None
    assert {watched.at(int(hour)).date() for hour in np.flatnonzero(watched.holidays[:, 0])} == {
        date(2025, 12, 25),
        date(2025, 12, 26),
        date(2026, 1, 1),
    }


def test_an_export_that_ended_long_ago_is_known_to_its_end_and_not_quiet_since(warehouse):
    ended = NOW - timedelta(days=1)
    later = NOW + timedelta(days=20)
    warehouse.execute(f"create or replace table stg_account as {_account(later)}")
    hours = surge_frames(warehouse, 0.5)["surge_hours"]
    warehouse.execute(f"create or replace table stg_account as {_account(NOW)}")
    assert hours["hour"].max() == datetime(ended.year, ended.month, ended.day, 23)


def test_the_wave_is_on_for_its_line_and_its_theme_and_copies_are_counted_apart(frames):
    on = frames["surge_alarms"].filter("is_ongoing")
    assert set(on["scope"]) == {"total", "business_line", "region", "theme"}
    line = on.filter(scope="business_line").row(0, named=True)
    assert line["business_line"] == "account_security"
    assert line["template_tickets"] == 80
    assert on.filter(scope="theme")["theme_id"].to_list() == [WAVE]


def test_the_tickets_behind_it_are_its_victims_first(frames):
    line = frames["surge_tickets"].filter(
        pl.col("alarm_id").str.starts_with("business_line/account_security")
    )
    assert line["theme_id"].to_list() == [WAVE] * 20
    assert not line["is_template"].any()
    assert line["rank"].to_list() == list(range(1, 21))


@pytest.fixture(scope="module")
def stored(warehouse, frames) -> Warehouse:
    """The warehouse with the surges in it."""
    for name, frame in frames.items():
        warehouse.replace(name, frame)
    return warehouse


def test_the_people_follow_from_the_plan(stored, frames):
    people = SURGE_PEOPLE_TABLES["surge_people"].validate(surge_people_frame(stored), cast=True)
    people = people.filter(pl.col("alarm_id").str.starts_with("business_line"))
    course = frames["surge_course"].filter(pl.col("alarm_id").str.starts_with("business_line"))
    # Ten people work off 500 tickets a week.
    assert people["people_more"].to_list() == pytest.approx(
        (course["expected_excess"] * 7 * 10 / 500).to_list()
    )
    assert people.height == 14


def test_the_first_tiers_share_the_tickets_of_a_surge_and_tier_2_gets_what_is_escalated(stored, frames):
    with stored.transaction() as connection:
        connection.execute(
            "insert into staffing_weeks values ('account_security', 'unknown', 1500, 15), "
            "('account_security', '2', 100, 5)"
        )
        people = surge_people_frame(stored)
        connection.execute("delete from staffing_weeks where tier <> '1'")
    line = pl.col("alarm_id").str.starts_with("business_line")
    more = people.filter(line).group_by("tier").agg(pl.col("tickets_more", "people_more").sum())
    tickets = frames["surge_course"].filter(line)["expected_excess"].sum()
    assert dict(more.select("tier", "tickets_more").iter_rows()) == pytest.approx(
        {"1": tickets / 4, "unknown": 3 * tickets / 4, "2": 0}
    )
    unknown = more.filter(tier="unknown")["people_more"].item()
    assert unknown == pytest.approx(0.75 * tickets * 7 * 15 / 1500)


def test_the_forecast_takes_a_surge_for_a_wave_unless_the_calendar_has_it(stored):
    (wave,) = with_surges_on(stored, known_calendar(stored)).iter_rows(named=True)
    assert (wave["kind"], wave["business_line"], wave["region"]) == ("ato_wave", "account_security", None)
    assert wave["name"] == "Surge since 8 Mar"
    assert abs(wave["starts_at"] - WAVE_FROM) <= timedelta(hours=6)
    assert wave["ends_at"] == NOW
    with stored.transaction() as connection:
        connection.execute(
            "insert into stg_calendar values ('w', 'ato_wave', 'Wave', 'account_security', null, null, $1, $2)",
            [WAVE_FROM, NOW],
        )
        assert with_surges_on(stored, known_calendar(stored))["event_id"].to_list() == ["w"]
        connection.execute("delete from stg_calendar")


def test_without_tickets_the_tables_are_empty(warehouse):
    warehouse.execute(f"create or replace table stg_account as {_account(datetime(2019, 1, 1))}")
    assert all(frame.is_empty() for frame in surge_frames(warehouse, 1.0).values())
    warehouse.execute(f"create or replace table stg_account as {_account(NOW)}")
