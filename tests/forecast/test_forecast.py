"""What a forecast promises, on panels small enough to know the answer."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.forecast_panel import CALENDAR_SCHEMA, simulate_panel
from models.forecast.forecast import Forecast, forecast_daily

FIRST = date(2024, 1, 1)  # a Monday
NO_EVENTS = pl.DataFrame(schema=CALENDAR_SCHEMA)
BOUNDS = ["low_95", "low_80", "expected", "high_80", "high_95"]


def history_of(*series: np.ndarray, first: date = FIRST) -> pl.DataFrame:
    """One segment per array of daily counts: line a, line b, ... in turn."""
    return pl.concat(
        pl.DataFrame(
            {
                "date": [first + timedelta(days=day) for day in range(len(counts))],
                "business_line": "abcdefgh"[at],
                "channel": "chat",
                "tier": "12"[at % 2],
                "region": "eu",
                "tickets": np.asarray(counts, dtype=float),
            }
        )
        for at, counts in enumerate(series)
    )


def event(
    kind: str, name: str, start: date, days: int = 1, line: str | None = None, size: float | None = None
):
    """A calendar of one row; the event takes up `days` whole days."""
    begins = datetime(start.year, start.month, start.day)
    row = (f"{name} {start}", kind, name, begins, begins + timedelta(days=days), line, None, size)
    return pl.DataFrame([row], schema=NO_EVENTS.schema, orient="row")


def last_day(days: int) -> date:
    return FIRST + timedelta(days=days - 1)


def rows(forecast: Forecast, level: str, column: str = "expected") -> np.ndarray:
    return forecast.points.filter(level=level).sort("business_line", "tier", "date")[column].to_numpy()


def noisy(mean: np.ndarray | float, days: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(np.broadcast_to(mean, days)).astype(float)


def test_a_steady_series_is_forecast_at_its_level():
    forecast = forecast_daily(history_of(noisy(100, 400)), NO_EVENTS, cutoff=last_day(400))
    assert rows(forecast, "total") == pytest.approx(np.full(90, 100), rel=0.08)


def test_the_weekday_pattern_is_carried_on():
    pattern = np.tile([150, 120, 120, 120, 120, 50, 20], 60)
    forecast = forecast_daily(history_of(noisy(pattern, 420)), NO_EVENTS, cutoff=last_day(420), horizon=14)
    assert rows(forecast, "total")[:7] == pytest.approx([150, 120, 120, 120, 120, 50, 20], rel=0.15)


def test_a_surge_seen_before_the_cutoff_does_not_lift_the_base_forecast():
    quiet = noisy(50, 500)
    surged = quiet.copy()
    surged[460:475] += np.round(300 * 0.5 ** (np.arange(15) / 2))
    calm, stirred = (
        forecast_daily(history_of(counts), NO_EVENTS, cutoff=last_day(500), origins=2)
        for counts in (quiet, surged)
    )
    stirred_base, calm_base = rows(stirred, "total", "base"), rows(calm, "total", "base")
    assert stirred_base.mean() == pytest.approx(calm_base.mean(), rel=0.03)
    assert stirred_base == pytest.approx(calm_base, rel=0.10)


def test_a_long_known_wave_is_left_out_of_the_base():
    quiet = noisy(50, 500)
    surged = quiet.copy()
    surged[440:490] *= 4
    wave = event("ato_wave", "wave", FIRST + timedelta(days=440), 50, line="a")
    known, unknown = (
        forecast_daily(history_of(surged), calendar, cutoff=last_day(500), origins=2)
        for calendar in (wave, NO_EVENTS)
    )
    assert rows(known, "total").mean() == pytest.approx(50, rel=0.08)
    assert rows(unknown, "total").mean() > 55


def test_a_coming_campaign_lifts_its_days_and_not_the_base():
    counts, sales = np.full(700, 40.0), [60, 200, 340, 480, 620]
    for start in sales:
        counts[start : start + 4] *= 3
    calendar = pl.concat(
        event("campaign", "Sale", FIRST + timedelta(days=start), 4) for start in [*sales, 730]
    )
    forecast = forecast_daily(history_of(noisy(counts, 700)), calendar, cutoff=last_day(700), origins=2)
    expected, base = rows(forecast, "total"), rows(forecast, "total", "base")
    assert expected[30:34] == pytest.approx(np.full(4, 120), rel=0.15)
    assert base[30:34] == pytest.approx(np.full(4, 40), rel=0.15)
    assert expected[60:] == pytest.approx(base[60:], rel=0.02)


def test_a_campaign_of_one_line_leaves_the_others_alone():
    counts = np.full(700, 40.0)
    sales = [60, 200, 340, 480, 620]
    for start in sales:
        counts[start : start + 4] *= 3
    calendar = pl.concat(
        event("campaign", "Sale", FIRST + timedelta(days=start), 4, line="a") for start in [*sales, 730]
    )
    history = history_of(noisy(counts, 700), noisy(40, 700, seed=1))
    forecast = forecast_daily(history, calendar, cutoff=last_day(700), origins=2)
    lines = forecast.points.filter(level="business_line")
    other = lines.filter(business_line="b")
    assert lines.filter(business_line="a")["expected"][30:34].min() > 90
    assert other["expected"].to_list() == other["base"].to_list()


def test_a_wave_or_a_campaign_of_size_zero_in_the_future_changes_nothing():
    history = history_of(noisy(40, 700))
    past = event("campaign", "Sale", FIRST + timedelta(days=300), 3)
    plain = forecast_daily(history, past, cutoff=last_day(700), origins=2)
    future = FIRST + timedelta(days=720)
    for extra in (event("ato_wave", "wave", future), event("campaign", "Sale", future, 3, size=0.0)):
        with_extra = forecast_daily(history, pl.concat([past, extra]), cutoff=last_day(700), origins=2)
        assert rows(with_extra, "total") == pytest.approx(rows(plain, "total"), rel=1e-9)


def test_closed_weekdays_and_holidays_are_forecast_as_closed():
    counts = noisy(60, 730)
    counts[6::7] = 0
    holidays = [date(2024, 5, 1), date(2025, 5, 1), date(2026, 1, 1)]
    counts[[(day - FIRST).days for day in holidays[:2]]] = 0
    calendar = pl.concat(event("holiday", "Closing day", day) for day in holidays)
    forecast = forecast_daily(history_of(counts), calendar, cutoff=last_day(730), origins=2)
    points = forecast.points.filter(level="total")
    closed = points.filter((pl.col("date").dt.weekday() == 7) | (pl.col("date") == holidays[2]))
    assert closed["expected"].max() == 0
    assert points.join(closed, on="date", how="anti")["expected"].to_numpy() == pytest.approx(
        np.full(90 - len(closed), 60), rel=0.1
    )


def test_a_gap_in_the_history_is_not_taken_for_quiet_days():
    counts = noisy(80, 400)
    counts[330:360] = 0
    forecast = forecast_daily(history_of(counts), NO_EVENTS, cutoff=last_day(400))
    assert rows(forecast, "total") == pytest.approx(np.full(90, 80), rel=0.1)


def test_a_segment_that_stopped_is_expected_to_stay_stopped():
    stopped = noisy(30, 400)
    stopped[350:] = 0
    forecast = forecast_daily(history_of(stopped, noisy(50, 400)), NO_EVENTS, cutoff=last_day(400))
    lines = forecast.points.filter(level="business_line")
    assert lines.filter(business_line="a")["expected"].max() == 0
    assert any("no ticket for four weeks" in note for note in forecast.notes)


def test_a_segment_that_began_late_is_forecast_at_its_own_level():
    late = np.concatenate([np.zeros(350), noisy(30, 50)])
    forecast = forecast_daily(history_of(noisy(50, 400), late), NO_EVENTS, cutoff=last_day(400))
    line = forecast.points.filter(level="business_line", business_line="b")
    assert line["expected"].to_numpy() == pytest.approx(np.full(90, 30), rel=0.15)


def test_sparse_segments_share_their_sum():
    series = [noisy(0.2, 600, seed) for seed in range(3)]
    history = history_of(*series).with_columns(business_line=pl.lit("a"), channel=pl.col("business_line"))
    forecast = forecast_daily(history, NO_EVENTS, cutoff=last_day(600), origins=2)
    assert rows(forecast, "total").mean() == pytest.approx(0.6, rel=0.25)
    assert any("fewer than one ticket in two days" in note for note in forecast.notes)


def test_nothing_after_the_cutoff_is_read():
    panel = simulate_panel(3, FIRST, 200, tickets_per_day=300)
    cutoff = FIRST + timedelta(days=150)
    later = pl.col("date") > cutoff
    changed = panel.history.with_columns(
        tickets=pl.when(later).then(pl.col("tickets") * 7 + 1).otherwise(pl.col("tickets"))
    )
    cut = panel.history.filter(~later)
    made = [
        forecast_daily(history, panel.calendar, cutoff=cutoff, origins=2)
        for history in (panel.history, changed, cut)
    ]
    for other in made[1:]:
        assert made[0].points.equals(other.points)
        assert made[0].backtest.equals(other.backtest)


def test_levels_add_up_to_the_same_total():
    panel = simulate_panel(4, FIRST, 250, tickets_per_day=400)
    points = forecast_daily(panel.history, panel.calendar, cutoff=last_day(250), origins=2).points
    totals = points.group_by("level", "date").agg(pl.col("expected", "base").sum()).sort("level", "date")
    by_level = {level: frame for (level,), frame in totals.group_by("level")}
    assert len(by_level) == 6
    for frame in by_level.values():
        for column in ("expected", "base"):
            assert frame[column].to_numpy() == pytest.approx(by_level["total"][column].to_numpy(), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=90), min_size=1, max_size=3),
    st.integers(1, 95),
    st.integers(0, 80),
)
def test_bounds_never_cross_and_are_never_negative(series, horizon, campaign_at):
    history = history_of(*[np.array(counts) for counts in series])
    calendar = event("campaign", "Sale", FIRST + timedelta(days=campaign_at), 2, size=2.0)
    forecast = forecast_daily(history, calendar, cutoff=history["date"].max(), horizon=horizon)
    bounds = forecast.points.select(BOUNDS).to_numpy()
    assert np.isfinite(bounds).all()
    assert (bounds >= 0).all()
    assert (np.diff(bounds, axis=1) >= 0).all()
    nodes = 1 + len(series) + min(len(series), 2) + len(series) + 1 + len(series)
    assert forecast.points.height == horizon * nodes
    sums = forecast.points.group_by("level", "date").agg(pl.col("expected").sum()).sort("date", "level")
    by_level = sums["expected"].to_numpy().reshape(horizon, 6)
    assert by_level == pytest.approx(np.repeat(by_level[:, :1], 6, axis=1))


def test_intervals_hold_what_they_promise_on_days_not_seen():
    rng = np.random.default_rng(5)
    days, ahead = 600, 60
    level = 3.5 + np.cumsum(rng.normal(0, 0.015, (days + ahead, 16)), axis=0)
    week = np.tile([0.1, 0.0, 0.0, 0.0, 0.0, -0.3, -0.4], 100)[: days + ahead, None]
    counts = rng.poisson(np.exp(level + week) * rng.gamma(30, 1 / 30, level.shape)).astype(float)
    history = pl.concat(history_of(counts[:, at]).with_columns(region=pl.lit(f"{at:02}")) for at in range(16))
    forecast = forecast_daily(history, NO_EVENTS, cutoff=last_day(days), horizon=ahead)
    judged = forecast.points.filter(level="segment").join(history, on=["region", "date"])
    assert judged.height == 16 * ahead
    for coverage, at_least, at_most in ((80, 0.70, 0.90), (95, 0.90, 0.995)):
        inside = pl.col("tickets").is_between(pl.col(f"low_{coverage}"), pl.col(f"high_{coverage}"))
        assert at_least <= judged.select(inside.mean()).item() <= at_most
    tested = forecast.backtest.filter(level="segment")
    assert tested["horizon"].to_list() == ["1-7", "8-14", "15-28", "29-60"]
    assert tested["points"].to_list() == [8 * 16 * 7, 8 * 16 * 7, 8 * 16 * 14, 8 * 16 * 32]
    assert tested["coverage_80"].to_numpy() == pytest.approx(np.full(4, 0.8), abs=0.1)
    assert (tested["wape"] < tested["wape_seasonal_naive"]).all()


def test_one_day_of_history_gives_a_wide_forecast_and_says_so():
    forecast = forecast_daily(history_of(np.array([12.0])), NO_EVENTS, cutoff=FIRST, horizon=7)
    assert rows(forecast, "total") == pytest.approx(np.full(7, 12), rel=0.1)
    assert (rows(forecast, "total", "high_95") > 20).all()
    assert forecast.backtest.is_empty()
    assert any("too short for a real backtest" in note for note in forecast.notes)


def test_five_weeks_of_history_give_weekday_levels():
    counts = np.tile([40, 40, 40, 40, 40, 10, 10], 5)
    forecast = forecast_daily(history_of(noisy(counts, 35)), NO_EVENTS, cutoff=last_day(35), horizon=28)
    assert rows(forecast, "total").reshape(4, 7)[:, :5].mean() == pytest.approx(40, rel=0.15)
    assert rows(forecast, "total").reshape(4, 7)[:, 5:].mean() == pytest.approx(10, rel=0.4)
    assert any("under eight weeks" in note for note in forecast.notes)


def test_no_history_gives_no_points_and_a_note():
    forecast = forecast_daily(history_of(noisy(5, 30)).clear(), NO_EVENTS, cutoff=FIRST)
    assert forecast.points.is_empty()
    assert forecast.notes == ["There are no tickets up to 2024-01-01, so there is no forecast."]


def test_a_history_of_zeros_is_forecast_as_none():
    forecast = forecast_daily(history_of(np.zeros(100)), NO_EVENTS, cutoff=last_day(100))
    assert rows(forecast, "total").max() < 0.05
    assert any("no tickets at all" in note for note in forecast.notes)


def test_a_history_that_ends_early_is_forecast_from_where_it_ends():
    forecast = forecast_daily(history_of(noisy(20, 200)), NO_EVENTS, cutoff=last_day(210), horizon=10)
    assert forecast.points["date"].min() == last_day(211)
    assert forecast.points["date"].max() == last_day(220)
    assert any("10 days before the forecast starts" in note for note in forecast.notes)


def test_wrong_input_is_told_in_one_line():
    history = history_of(noisy(5, 30))
    cutoff = last_day(30)
    twice = pl.concat([history, history.head(1)])
    negative = history.with_columns(tickets=pl.lit(-1.0))
    wrong = {
        "2024-01-01 a / chat / 1 / eu": twice,
        "0 or more": negative,
        "lacks the column\\(s\\) region": history.drop("region"),
        "without channel": history.with_columns(channel=pl.lit(None, dtype=pl.String)),
    }
    for message, frame in wrong.items():
        with pytest.raises(ValueError, match=message):
            forecast_daily(frame, NO_EVENTS, cutoff=cutoff)
    backwards = event("campaign", "Sale", FIRST, days=-3)
    with pytest.raises(ValueError, match="before it starts"):
        forecast_daily(history, backwards, cutoff=cutoff)
    with pytest.raises(ValueError, match="horizon of 0 days"):
        forecast_daily(history, NO_EVENTS, cutoff=cutoff, horizon=0)


def test_an_event_for_a_line_without_tickets_is_named():
    calendar = event("campaign", "Sale", FIRST + timedelta(days=40), 2, line="no such line")
    forecast = forecast_daily(history_of(noisy(5, 30)), calendar, cutoff=last_day(30), horizon=14)
    assert any("without tickets" in note and "Sale" in note for note in forecast.notes)
    assert rows(forecast, "total") == pytest.approx(rows(forecast, "total", "base"))


def test_an_event_of_an_unknown_kind_is_named_and_left_out():
    history = history_of(noisy(20, 60))
    party = event("party", "Party", FIRST + timedelta(days=65))
    forecast = forecast_daily(history, party, cutoff=last_day(60), horizon=14, origins=1)
    plain = forecast_daily(history, NO_EVENTS, cutoff=last_day(60), horizon=14, origins=1)
    assert any("unknown kind" in note and "party" in note for note in forecast.notes)
    assert forecast.points.equals(plain.points)


def test_a_campaign_listed_day_by_day_is_one_campaign():
    history = history_of(noisy(40, 400))
    days = [FIRST + timedelta(days=day) for day in (100, 101, 102, 410, 411, 412)]
    whole = pl.concat(event("campaign", "Sale", day, 3) for day in (days[0], days[3]))
    by_day = pl.concat(event("campaign", "Sale", day) for day in days)
    made = [
        forecast_daily(history, calendar, cutoff=last_day(400), origins=2) for calendar in (whole, by_day)
    ]
    assert made[0].points.equals(made[1].points)


def test_a_line_three_weeks_old_has_its_own_level_and_its_siblings_shape():
    days, ahead = 800, 90
    when = np.arange(days + ahead)
    season = 1 + 0.5 * np.sin(2 * np.pi * when / 365.25)
    week = np.tile([1.2, 1.2, 1.1, 1.1, 1.0, 0.8, 0.6], 200)[: days + ahead]
    old = [noisy(level * season[:days] * week[:days], days, seed) for seed, level in enumerate((80, 50))]
    young = noisy(20 * season[:days] * week[:days], days, 9) * (when[:days] >= days - 21)
    forecast = forecast_daily(history_of(*old, young), NO_EVENTS, cutoff=last_day(days), origins=2)
    expected = forecast.points.filter(level="business_line", business_line="c")["expected"].to_numpy()
    truth = (20 * season * week)[days:]
    assert np.abs(expected - truth).sum() < 0.2 * truth.sum()
    assert expected[-28:].sum() / expected[:28].sum() == pytest.approx(
        truth[-28:].sum() / truth[:28].sum(), rel=0.15
    )


def test_a_line_that_began_yesterday_is_not_forecast_at_nothing():
    young = np.append(np.zeros(399), 30.0)
    forecast = forecast_daily(history_of(noisy(50, 400), young), NO_EVENTS, cutoff=last_day(400), origins=2)
    line = forecast.points.filter(level="business_line", business_line="b")
    assert 5 < line["expected"].mean() < 60


def test_a_gap_in_the_history_does_not_widen_the_intervals():
    whole, gap = noisy(80, 300), noisy(80, 300)
    gap[220:250] = 0
    widths = [
        (rows(made, "total", "high_95") - rows(made, "total", "low_95")).mean()
        for made in (
            forecast_daily(history_of(counts), NO_EVENTS, cutoff=last_day(300), horizon=28, origins=4)
            for counts in (whole, gap)
        )
    ]
    assert widths[1] < 1.3 * widths[0]
