"""What a forecast is made of adds up to the forecast."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.forecast_panel import simulate_panel
from models.forecast.forecast import forecast_daily
from tests.forecast.test_forecast import FIRST, event, history_of, last_day, noisy

NODE = ["level", "business_line", "channel", "tier", "region", "date"]


def test_parts_sum_to_the_forecast_and_level_and_season_to_the_base():
    panel = simulate_panel(7, FIRST, 460, tickets_per_day=600)
    made = forecast_daily(panel.history, panel.calendar, cutoff=last_day(400), horizon=60, origins=2)
    is_base = pl.col("effect_kind").is_in(["level", "season"])
    parts = made.effects.group_by(NODE).agg(
        pl.col("tickets").sum(), base_parts=pl.col("tickets").filter(is_base).sum()
    )
    points = made.points.filter(pl.col("level") != "segment")
    both = points.join(parts, on=NODE, nulls_equal=True)
    assert both.height == points.height
    # Parts under 0.005 tickets have no row.
    assert both["tickets"].to_numpy() == pytest.approx(both["expected"].to_numpy(), abs=0.1)
    assert both["base_parts"].to_numpy() == pytest.approx(both["base"].to_numpy(), abs=0.01)
    assert set(made.effects["effect_kind"]) >= {"level", "season", "campaign"}


def test_a_campaign_is_named_without_its_year_and_told_from_a_holiday():
    counts = np.full(700, 60.0)
    for start in (100, 300, 500):
        counts[start : start + 4] *= 3
        counts[start + 50] *= 0.5
    days = [FIRST + timedelta(days=start) for start in (100, 300, 500, 720)]
    calendar = pl.concat(
        [event("campaign", f"Big Sale {day.year}", day, 4) for day in days]
        + [event("holiday", "Day off", day + timedelta(days=50)) for day in days]
    )
    made = forecast_daily(history_of(noisy(counts, 700)), calendar, cutoff=last_day(700), origins=2)
    total = made.effects.filter(level="total")
    sale = dict(total.filter(effect="Big Sale").select("date", "tickets").rows())
    rest = dict(total.filter(effect="Day off").select("date", "tickets").rows())
    assert sale[days[3]] == pytest.approx(120, rel=0.2)
    assert rest[days[3] + timedelta(days=50)] == pytest.approx(-30, rel=0.35)
    assert days[3] not in rest or abs(rest[days[3]]) < 3


def test_campaigns_that_overlap_share_what_they_bring_together():
    counts = np.full(700, 60.0)
    starts = (100, 250, 400, 550)
    for start in starts:
        counts[start : start + 6] *= 2
    calendar = pl.concat(
        event("campaign", name, FIRST + timedelta(days=start + shift), 4)
        for start in (*starts, 720)
        for name, shift in (("Early", 0), ("Late", 2))
    )
    made = forecast_daily(history_of(noisy(counts, 700)), calendar, cutoff=last_day(700), origins=2)
    on = made.effects.filter(level="total", date=FIRST + timedelta(days=722))
    points = made.points.filter(level="total", date=FIRST + timedelta(days=722))
    assert on["tickets"].sum() == pytest.approx(points["expected"][0], abs=0.05)
    assert on.filter(effect_kind="campaign")["tickets"].min() > 0


def test_no_campaign_is_expected_to_bring_more_than_the_strongest_of_the_past():
    counts = np.full(700, 60.0)
    starts = (100, 250, 400, 550)
    for start in starts:
        counts[start : start + 4] *= 3
    calendar = pl.concat(
        event("campaign", "Sale", FIRST + timedelta(days=start), 4, size=size)
        for start, size in (*((start, 1.0) for start in starts), (720, 6.0))
    )
    made = forecast_daily(history_of(noisy(counts, 700)), calendar, cutoff=last_day(700), origins=2)
    assert 150 < made.points.filter(level="total")["expected"].max() < 240


def test_a_wave_that_is_on_carries_over_and_dies_away():
    counts = noisy(50, 500)
    counts[497:500] += [120, 200, 160]
    wave = event("ato_wave", "Wave 2025", FIRST + timedelta(days=497), 30)
    made = forecast_daily(history_of(counts), wave, cutoff=last_day(500), origins=2)
    surge = made.effects.filter(level="total", effect_kind="surge").sort("date")
    assert surge["effect"][0] == "Wave"
    assert 80 < surge["tickets"][0] < 180
    assert surge["tickets"][7] < 0.5 * surge["tickets"][0]
    calm = made.points.filter(level="total")
    assert calm["base"].mean() == pytest.approx(50, rel=0.08)
