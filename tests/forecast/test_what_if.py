"""What an event would add: the difference to the forecast with the calendar as it stands."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecast.what_if import added_by_campaign, added_by_wave, fit_for_what_if
from tests.forecast.test_forecast import FIRST, event, history_of, last_day, noisy

SALES = (60, 200, 340, 480, 620)
CUTOFF = last_day(700)
COMING = CUTOFF + timedelta(days=31)


@pytest.fixture(scope="module")
def sales():
    """Line a triples for four days on every sale, line b does not notice; the next sale is planned."""
    counts = np.full(700, 40.0)
    for start in SALES:
        counts[start : start + 4] *= 3
    history = history_of(noisy(counts, 700), noisy(40, 700, seed=1))
    past = [event("campaign", "Sale 2024", FIRST + timedelta(days=start), 4, line="a") for start in SALES]
    return history, pl.concat(past)


@pytest.fixture(scope="module")
def fitted(sales):
    return fit_for_what_if(*sales, cutoff=CUTOFF, horizon=90)


def test_a_campaign_adds_what_past_ones_did(fitted):
    added = added_by_campaign(fitted, "Sale 2026", COMING, 4, 1.0, business_line="a")
    by_day = dict(added.by("date").select("date", "added").rows())
    assert [by_day[COMING + timedelta(days=day)] for day in range(4)] == pytest.approx([80] * 4, rel=0.2)
    whole = added.by().row(0, named=True)
    assert whole["added"] == pytest.approx(320, rel=0.2)
    assert whole["p10"] < whole["added"] < whole["p90"]
    assert added.segments["business_line"].to_list() == ["a"]


def test_the_answer_is_the_difference_to_the_forecast_with_it_planned(sales, fitted):
    history, calendar = sales
    planned = pl.concat([calendar, event("campaign", "Sale 2026", COMING, 4, line="a")])
    with_it, without = (
        fit_for_what_if(history, events, cutoff=CUTOFF, horizon=90).baseline for events in (planned, calendar)
    )
    added = added_by_campaign(fitted, "Sale 2026", COMING, 4, 1.0, business_line="a").by("date")
    assert added["added"].sum() == pytest.approx((with_it - without).sum(), rel=1e-6)


def test_a_campaign_that_is_planned_already_is_compared_with_the_plan(sales):
    history, calendar = sales
    planned = pl.concat([calendar, event("campaign", "Sale 2026", COMING, 4, line="a")])
    fitted = fit_for_what_if(history, planned, cutoff=CUTOFF, horizon=90)
    same = added_by_campaign(fitted, "Sale", COMING, 4, 1.0, business_line="a")
    assert np.abs(same.expected).sum() == 0
    assert "already has Sale" in same.note
    left = added_by_campaign(fitted, "Sale", COMING, 4, 0.0, business_line="a")
    assert not left.dates
    assert "0 means as planned, not cancelled" in left.note
    later = added_by_campaign(fitted, "Sale", COMING + timedelta(days=2), 4, 1.0, business_line="a")
    moved = dict(later.by("date").select("date", "added").rows())
    assert moved[COMING] < -50
    assert moved[COMING + timedelta(days=5)] > 50


def test_a_campaign_larger_than_any_before_is_said_to_be_extrapolated(fitted):
    usual, large = (
        added_by_campaign(fitted, "Sale", COMING, 4, size, business_line="a") for size in (1.0, 2.0)
    )
    assert usual.note == ""
    assert "larger than 1:" in large.note
    assert large.by()["added"][0] > usual.by()["added"][0]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 80), st.integers(1, 10), st.sampled_from([None, "a", "b"]))
def test_a_size_of_zero_changes_nothing(fitted, ahead, days, line):
    start = CUTOFF + timedelta(days=1 + ahead)
    onset = datetime(start.year, start.month, start.day)
    for added in (
        added_by_campaign(fitted, "Sale", start, days, 0.0, business_line=line),
        added_by_wave(fitted, 0, onset, 3.0, 0.3, business_line="a"),
    ):
        assert not added.expected.any()
        assert not added.draws.any()
        assert added.by().row(0) == (0.0, 0.0, 0.0, 0.0)


def test_a_wave_brings_its_tickets_to_the_line_that_is_hit(fitted):
    onset = datetime(COMING.year, COMING.month, COMING.day, 15)
    added = added_by_wave(fitted, 1000, onset, 2.0, 0.3, business_line="a")
    by_day = added.by("date")["added"].to_list()
    peak = by_day[1]
    assert sum(by_day) == pytest.approx(300, rel=1e-3)
    assert by_day[0] == pytest.approx(0.6 * peak)
    assert by_day[3] == pytest.approx(0.5 * peak)
    whole = added.by().row(0, named=True)
    assert whole["p10"] < 300 < whole["p90"]


def test_a_wave_under_way_adds_what_is_left_of_it(fitted):
    begun = datetime.combine(CUTOFF - timedelta(days=1), datetime.min.time())
    added = added_by_wave(fitted, 1000, begun, 2.0, 0.3, business_line="a")
    whole = added_by_wave(fitted, 1000, begun + timedelta(days=2), 2.0, 0.3, business_line="a")
    left = whole.by("date")["added"].to_list()[2:]
    assert added.by("date")["added"].to_list()[: len(left)] == pytest.approx(left)
    assert "before the forecast" in added.note
    assert whole.note == ""


def test_quantiles_of_a_sum_are_those_of_the_summed_draws(fitted):
    added = added_by_campaign(fitted, "Sale", COMING, 4, 1.0)
    sums = added.draws.sum(axis=(1, 2))
    assert added.by().row(0)[1:] == pytest.approx(np.quantile(sums, [0.1, 0.5, 0.9]))
    assert added.by("business_line")["added"].sum() == pytest.approx(added.expected.sum())


def test_a_wave_is_at_most_twenty_usual_months_and_the_largest_is_accepted(sales, fitted):
    onset = datetime(COMING.year, COMING.month, COMING.day)
    last_year = sales[0].filter(pl.col("business_line") == "a", pl.col("date") > CUTOFF - timedelta(days=365))
    most = int(20 * last_year["tickets"].sum() / 365 * 30 / 0.5)
    assert added_by_wave(fitted, most, onset, 3.0, 0.5, business_line="a").expected.any()
    for accounts in (most + 1, 1e12):
        with pytest.raises(ValueError, match=f"too many: at most {most:,} accounts, 20 times the"):
            added_by_wave(fitted, accounts, onset, 3.0, 0.5, business_line="a")


def test_what_cannot_be_answered_is_told_in_one_line(sales, fitted):
    wrong = {
        "size -1": lambda: added_by_campaign(fitted, "Sale", COMING, 4, -1),
        "0 days": lambda: added_by_campaign(fitted, "Sale", COMING, 0, 1),
        "expected 1 to 90 days": lambda: added_by_campaign(fitted, "Sale", COMING, 10**10, 1),
        "without a name": lambda: added_by_campaign(fitted, " ", COMING, 4, 1),
        "size nan": lambda: added_by_campaign(fitted, "Sale", COMING, 4, float("nan")),
        "size 50 is too large: at most 3, ": lambda: added_by_campaign(fitted, "Sale", COMING, 4, 50),
        "size inf is too large": lambda: added_by_campaign(fitted, "Sale", COMING, 4, float("inf")),
        "known are a, b": lambda: added_by_campaign(fitted, "Sale", COMING, 4, 1, business_line="c"),
        "outside the forecast": lambda: added_by_campaign(fitted, "Sale", date(2030, 1, 1), 4, 1),
        "half-life 0": lambda: added_by_wave(fitted, 10, datetime(2026, 1, 1), 0, 0.3, business_line="a"),
        "lies outside": lambda: added_by_campaign(fitted, "Sale", date.max, 4, 1),
        "inf accounts": lambda: added_by_wave(
            fitted, float("inf"), datetime(2026, 1, 1), 2, 0.0, business_line="a"
        ),
        "half-life inf": lambda: added_by_wave(
            fitted, 10, datetime(2026, 1, 1), float("inf"), 0.3, business_line="a"
        ),
        "half-life nan": lambda: added_by_wave(
            fitted, 10, datetime(2026, 1, 1), float("nan"), 0.3, business_line="a"
        ),
        "begins after": lambda: added_by_wave(fitted, 10, datetime(2030, 1, 1), 2, 0.3, business_line="a"),
        "nothing to learn from": lambda: added_by_campaign(
            fit_for_what_if(sales[0], sales[1].clear(), cutoff=CUTOFF, horizon=30), "Sale", COMING, 4, 1
        ),
    }
    for message, ask in wrong.items():
        with pytest.raises(ValueError, match=message):
            ask()
