"""A change in tickets, split into customers, rate and mix."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.causes.decomposition import decompose
from models.causes.exposure import split_change

_SIZES = st.lists(
    st.tuples(
        st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0.1, 1e6), st.floats(0.1, 1e6)
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(_SIZES)
def test_the_terms_sum_to_the_change(cells):
    before, after, exposure_before, exposure_after = (np.array(column) for column in zip(*cells, strict=True))
    change = decompose(before, after, exposure_before, exposure_after)
    assert change.total == pytest.approx(
        after.sum() - before.sum(), abs=1e-6 * (1 + before.sum() + after.sum())
    )


def test_twice_the_customers_explain_twice_the_tickets():
    change = decompose(
        np.array([10.0, 30.0]), np.array([20.0, 60.0]), np.array([100.0, 100.0]), np.array([200.0, 200.0])
    )
    assert (change.customers, change.rate, change.mix) == pytest.approx((40, 0, 0))


def test_a_higher_rate_among_the_same_customers_is_rate():
    change = decompose(np.array([10.0]), np.array([25.0]), np.array([500.0]), np.array([500.0]))
    assert (change.customers, change.rate, change.mix) == pytest.approx((0, 15, 0))


def test_more_of_those_who_write_often_is_mix():
    """Rates stay at 10 % and 30 %; the 200 customers move from half and half to one in four and three in four."""
    change = decompose(
        np.array([10.0, 30.0]), np.array([5.0, 45.0]), np.array([100.0, 100.0]), np.array([50.0, 150.0])
    )
    assert (change.customers, change.rate, change.mix) == pytest.approx((0, 0, 10))


def test_a_segment_without_customers_has_no_rate():
    with pytest.raises(ValueError, match="no exposure"):
        decompose(np.array([1.0]), np.array([2.0]), np.array([0.0]), np.array([5.0]))


DAYS = (date(2026, 1, 5), date(2026, 1, 19), date(2026, 1, 25))


def victims(start: datetime, number: int, line: str = "shop") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "created_at": [start + timedelta(hours=hour) for hour in range(number)],
            "business_line": [line] * number,
            "user_type": ["buyer"] * number,
            "region": ["Europe"] * number,
        }
    )


def orders(before: float, after: float) -> pl.DataFrame:
    days = pl.date_range(DAYS[0], DAYS[2], eager=True)
    return pl.DataFrame({"date": days}).select(
        "date",
        business_line=pl.lit("shop"),
        region=pl.lit("Europe"),
        user_type=pl.lit("buyer"),
        measure=pl.lit("orders"),
        value=pl.when(pl.col("date") < DAYS[1]).then(before).otherwise(after),
    )


def test_rates_are_per_thousand_orders_and_terms_are_a_week():
    """20 victims in two weeks at 1,000 orders a day; then 30 in one week at 1,500."""
    exposed = split_change(
        victims(datetime(2026, 1, 5), 20),
        victims(datetime(2026, 1, 19), 30),
        orders(1000, 1500),
        usual=10.0,
        weeks=(1.0, 1.0),
        days=DAYS,
    )
    assert exposed is not None
    assert exposed.measure == "orders"
    assert exposed.rate_before == pytest.approx(10 / 7)
    assert exposed.rate_after == pytest.approx(30 / 10.5)
    assert exposed.change.total == pytest.approx(20)
    assert exposed.change.customers == pytest.approx((10.5 - 7) * (10 / 7 + 30 / 10.5) / 2)


def test_without_a_denominator_nothing_is_said():
    tickets = victims(datetime(2026, 1, 5), 20, line="live"), victims(datetime(2026, 1, 19), 30, line="live")
    assert split_change(*tickets, orders(1000, 1500), usual=10.0, weeks=(1.0, 1.0), days=DAYS) is None


def test_the_rest_of_the_week_of_a_burst_was_as_before():
    """14 a week at 1,000 orders a day; then 20 in half a week at twice as many orders. The other half: 7 at 3,500."""
    exposed = split_change(
        victims(datetime(2026, 1, 5), 28),
        victims(datetime(2026, 1, 19), 20),
        orders(1000, 2000),
        usual=14.0,
        weeks=(0.5, 1.0),
        days=DAYS,
    )
    assert exposed is not None
    assert exposed.change.total == pytest.approx(27 - 14)
    assert exposed.rate_after == pytest.approx(27 / 10.5)
    assert exposed.change.customers == pytest.approx((10.5 - 7) * (2 + 27 / 10.5) / 2)
