"""Volume has the rhythms of a support desk, and what is planted shows in it."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.simulation import Operation, simulate
from models.simulation.calendar import Campaign, campaign_lift, nth_weekday
from tests.simulation.conftest import AS_OF


def test_shops_write_less_at_weekends_and_streams_more(large_operation: Operation) -> None:
    tickets = large_operation.tables["tickets"].with_columns(weekend=pl.col("created_at").dt.weekday() >= 6)
    share = dict(tickets.group_by("business_line").agg(pl.col("weekend").mean()).iter_rows())
    assert share["ecommerce"] < 0.26 < 2 / 7 < share["live"]


def test_nights_are_quiet_by_the_regions_own_clock(large_operation: Operation) -> None:
    for region, zone in (("Europe", "Europe/Berlin"), ("Southeast Asia", "Asia/Singapore")):
        tickets = large_operation.tables["tickets"].filter(region=region)
        hour = tickets["created_at"].dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.hour()
        assert hour.is_between(1, 5).mean() < 0.06  # type: ignore[operator]
        assert hour.is_between(9, 21).mean() > 0.68  # type: ignore[operator]


def test_a_campaign_lifts_its_line_and_no_other(large_operation: Operation) -> None:
    tickets = large_operation.tables["tickets"]
    real = large_operation.truth["campaigns"].filter(pl.col("name") == "Black Friday 2025").row(0, named=True)

    def daily(line: str, start: datetime, days: int) -> float:
        during = tickets.filter(
            pl.col("created_at").is_between(start, start + timedelta(days=days), closed="left")
        )
        return during.filter(business_line=line).height / days

    before = real["starts_at"] - timedelta(days=8)
    assert daily("ecommerce", real["starts_at"], 4) > 2 * daily("ecommerce", before, 5)
    assert daily("creator", real["starts_at"], 4) < 1.4 * daily("creator", before - timedelta(days=9), 14)


def test_a_campaign_builds_up_peaks_and_fades() -> None:
    start = datetime(2025, 11, 1)
    campaign = Campaign("Sale", datetime(2025, 11, 10), datetime(2025, 11, 12), "ecommerce", None, 2.0)
    lift = campaign_lift(campaign, start, 40 * 24)
    day = lift.reshape(40, 24)[:, 12]
    assert day[6] == 0
    assert day[8] == pytest.approx(0.36)  # a day and a half before: 0.18 x size 2
    assert day[9] == day[10] == pytest.approx(1.5)
    # Half a day after the end, with a half-life of 2.5 days: 0.5 x 2 x 0.5 ** 0.2.
    assert day[11] == pytest.approx(0.5**0.2)
    assert np.all(np.diff(day[11:25]) < 0)
    assert day[30] == 0


def test_weekdays_of_a_month_are_counted_from_its_start_or_its_end() -> None:
    assert nth_weekday(2025, 11, 3, 4) == datetime(2025, 11, 27).date()  # Thanksgiving 2025
    assert nth_weekday(2026, 5, 0, -1) == datetime(2026, 5, 25).date()  # Memorial Day 2026
    assert nth_weekday(2025, 9, 0, 1) == datetime(2025, 9, 1).date()  # Labor Day 2025


def test_a_faulty_release_shows_in_its_segment_from_its_hour_on(large_operation: Operation) -> None:
    tickets = large_operation.tables["tickets"].join(large_operation.truth["ticket_truth"], on="ticket_id")
    causes = large_operation.truth["planted_events"].filter(~pl.col("is_decoy"), pl.col("kind") == "release")
    assert causes.height >= 7
    for cause in causes.iter_rows(named=True):
        hit = tickets.filter(cause_id=cause["cause_id"])
        assert hit.height == cause["tickets"]
        assert (hit["theme"] == cause["theme"]).all()
        assert cause["starts_at"] <= hit["created_at"].min() < cause["starts_at"] + timedelta(days=3)
        assert hit["created_at"].max() < cause["ends_at"]
        segment = tickets.filter(pl.col("theme") == cause["theme"])
        for pair in cause["segment"]:
            segment = segment.filter(_value(pair["attribute"]) == pair["value"])
        weeks = timedelta(weeks=2)
        before, after = (
            segment.filter(pl.col("created_at").is_between(start, start + weeks, closed="left")).height
            for start in (cause["starts_at"] - weeks, cause["starts_at"])
        )
        # Two weeks of the effect, give or take its Poisson noise, on top of what was there.
        expected = (
            min(2.0, (cause["ends_at"] - cause["starts_at"]) / timedelta(weeks=1)) * cause["tickets_per_week"]
        )
        assert after - before > expected - 4 * np.sqrt(expected + 4)


def _value(attribute: str) -> pl.Expr:
    if attribute == "region":
        return pl.col("region")
    return (
        pl.col("attributes")
        .list.filter(pl.element().struct.field("key") == attribute)
        .list.first()
        .struct.field("value")
    )


def test_a_cause_is_at_work_at_the_as_of_date_and_a_wave_was_there_lately(operation: Operation) -> None:
    end = datetime.combine(AS_OF, datetime.min.time())
    newest = operation.truth["planted_events"].filter(cause_id="cause-1").row(0, named=True)
    assert newest["ends_at"] == end
    assert end - timedelta(days=32) < newest["starts_at"] < end - timedelta(days=5)
    wave = operation.truth["waves"].sort("starts_at").row(-1, named=True)
    assert end - timedelta(days=60) < wave["starts_at"] < end - timedelta(days=30)


def test_decoy_releases_are_in_the_calendar_and_cause_nothing(operation: Operation) -> None:
    decoys = operation.truth["planted_events"].filter("is_decoy")
    assert decoys.height > 40
    assert decoys["event_id"].is_in(operation.tables["calendar"]["event_id"].implode()).all()
    assert not operation.truth["ticket_truth"]["cause_id"].is_in(decoys["cause_id"].implode()).any()


def test_a_wave_rises_within_a_day_and_decays(large_operation: Operation) -> None:
    tickets = large_operation.tables["tickets"].join(large_operation.truth["ticket_truth"], on="ticket_id")
    wave = large_operation.truth["waves"].sort("tickets").row(-1, named=True)
    hit = tickets.filter(wave_id=wave["wave_id"])
    assert hit.height == wave["tickets"]
    assert hit["business_line"].unique().to_list() == ["account_security"]
    since = (hit["created_at"] - wave["starts_at"]).dt.total_hours() / 24
    half_life = wave["half_life_days"]
    early = since.is_between(0.5, 0.5 + half_life).sum()
    late = since.is_between(0.5 + half_life, 0.5 + 2 * half_life).sum()
    assert 0.3 < late / early < 0.75  # about a half


def test_calendar_errors_can_be_switched_off_and_are_told_in_the_truth() -> None:
    exact = simulate(tickets=300, seed=2, as_of=AS_OF, calendar_errors=0.0)
    truth = exact.truth["campaigns"]
    assert set(truth["calendar_error"]) == {"none"}
    recorded = (
        exact.tables["calendar"].filter(kind="campaign").select("event_id", "starts_at", "ends_at", "size")
    )
    both = truth.join(recorded, on=["event_id", "starts_at", "ends_at", "size"])
    assert both.height == truth.height
    wrong = simulate(tickets=300, seed=2, as_of=AS_OF, calendar_errors=1.0)
    assert set(wrong.truth["campaigns"]["calendar_error"]) == {"mis-timed", "mis-sized", "missing", "unseen"}


def test_exposure_moves_with_ordinary_volume_and_not_with_a_wave(large_operation: Operation) -> None:
    wave = large_operation.truth["waves"].filter(pl.col("region").is_null()).sort("tickets")
    if wave.is_empty():
        wave = large_operation.truth["waves"].sort("tickets")
    row = wave.row(-1, named=True)
    day = row["peak_at"].date()
    logins = (
        large_operation.tables["exposure"]
        .filter(business_line="account_security")
        .group_by("date")
        .agg(pl.col("value").sum())
    )
    usual = logins.filter(pl.col("date").is_between(day - timedelta(days=28), day + timedelta(days=28)))[
        "value"
    ].median()
    assert logins.filter(date=day)["value"].item() < 1.5 * usual  # type: ignore[operator]
