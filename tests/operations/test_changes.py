"""Weekly changes split into customers, contact rate and mix."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.operations.changes import volume_changes

FIRST = date(2026, 3, 2)
WEEKS = [FIRST + timedelta(weeks=n) for n in range(5)]
CELLS = [("shop", "buyer", "Europe"), ("shop", "buyer", "America"), ("live", "creator", "Europe")]
MEASURES = {"buyer": "orders", "creator": "payouts"}


def frames(tickets, exposure, days=(), until=None):
    """One list a week, one number a cell of CELLS; exposure of None is not known.

    days: how many days of the week the exposure of a (week's number, cell's number) has, where not 7. until: last days
    of lines, where their tickets end before the others'.
    """
    volume = [(week, *cell, float(n)) for week, row in zip(WEEKS, tickets, strict=False)
              for cell, n in zip(CELLS, row, strict=True)]  # fmt: skip
    exposed = [
        (week, *cell, MEASURES[cell[1]], float(n), dict(days).get((place, number), 7))
        for place, (week, row) in enumerate(zip(WEEKS, exposure, strict=False))
        for number, (cell, n) in enumerate(zip(CELLS, row, strict=True))
        if n is not None
    ]
    cell = {"week": pl.Date, "business_line": pl.String, "user_type": pl.String, "region": pl.String}
    return (
        pl.DataFrame(volume, schema=cell | {"tickets": pl.Float64}, orient="row"),
        pl.DataFrame(
            exposed, schema=cell | {"measure": pl.String, "value": pl.Float64, "days": pl.Int64}, orient="row"
        ),
        pl.DataFrame(
            [(line, FIRST, (until or {}).get(line, FIRST + timedelta(days=34))) for line in ("live", "shop")],
            schema={"business_line": pl.String, "volume_from": pl.Date, "volume_until": pl.Date},
            orient="row",
        ),
        WEEKS[: len(tickets)],
    )


def row_of(changes, line="all", user_type="all", compared_with="week before"):
    keys = {"business_line": line, "user_type": user_type, "compared_with": compared_with}
    return changes.filter(**keys).row(-1, named=True)


def test_more_orders_at_the_same_rate_are_customers():
    changes = volume_changes(*frames([(10, 10, 5), (20, 20, 5)], [(100, 100, 50), (200, 200, 50)]))
    row = row_of(changes, "shop", "buyer")
    assert (row["tickets"], row["tickets_before"], row["change"]) == (40, 20, 20)
    assert (row["from_customers"], row["from_rate"], row["from_mix"]) == pytest.approx((20, 0, 0))
    assert row["rate_measure"] == "orders"


def test_orders_that_move_to_a_region_that_writes_more_are_mix():
    """200 orders each week; from half in a region of rate 0.3 instead of 0.1 to all of them: 40 tickets, then 60."""
    changes = volume_changes(*frames([(30, 10, 0), (45, 5, 0)], [(100, 100, 0), (150, 50, 0)]))
    row = row_of(changes, "shop")
    assert (row["from_customers"], row["from_rate"], row["from_mix"]) == pytest.approx((0, 0, 10))


def test_all_is_the_sum_of_measures_that_are_never_added_up():
    changes = volume_changes(*frames([(10, 10, 5), (20, 20, 15)], [(100, 100, 50), (200, 200, 50)]))
    row = row_of(changes)
    assert row["from_customers"] == pytest.approx(20)  # of the orders; payouts stayed
    assert row["from_rate"] == pytest.approx(10)  # of the payouts
    assert row["rate_measure"] == "orders, payouts"


def test_the_mean_of_four_weeks_is_compared_too():
    tickets = [(10, 10, 0)] * 2 + [(14, 10, 0), (6, 10, 0), (20, 10, 0)]
    row = row_of(volume_changes(*frames(tickets, [(100, 100, 0)] * 5)), compared_with="four weeks before")
    assert (row["tickets_before"], row["change"]) == (20, 10)
    assert row["from_rate"] == pytest.approx(10)


def test_without_a_denominator_nothing_is_said_of_why():
    row = row_of(volume_changes(*frames([(10, 10, 5), (20, 20, 5)], [(None, None, 50)] * 2)), "shop")
    assert row["change"] == 20
    assert row["from_customers"] is row["from_rate"] is row["from_mix"] is row["rate_measure"] is None


def test_tickets_of_a_segment_whose_exposure_is_not_known_are_rate():
    row = row_of(volume_changes(*frames([(50, 3, 0), (50, 9, 0)], [(100, None, 0)] * 2)), "shop")
    assert (row["from_customers"], row["from_rate"], row["from_mix"]) == pytest.approx((0, 6, 0))


def test_a_week_whose_orders_came_late_is_not_split():
    """100 orders and 10 tickets a week throughout; of the third week, five of seven days of orders are here."""
    late = frames([(10, 0, 0)] * 3, [(100, 0, 0), (100, 0, 0), (71, 0, 0)], days={(2, 0): 5})
    row = row_of(volume_changes(*late), "shop")
    assert (row["week"], row["change"]) == (WEEKS[2], 0)
    assert row["from_customers"] is row["from_rate"] is row["from_mix"] is row["rate_measure"] is None


def test_orders_that_are_never_counted_on_weekends_are_whole_weeks_of_five_days():
    five = {(week, 0): 5 for week in range(2)}
    row = row_of(volume_changes(*frames([(10, 0, 0), (20, 0, 0)], [(100, 0, 0), (200, 0, 0)], five)), "shop")
    assert (row["from_customers"], row["from_rate"]) == pytest.approx((10, 0))


def test_one_region_late_leaves_the_split_out_only_if_it_has_more_than_2_in_100_tickets():
    days = {(2, 1): 6}
    orders = [(1000, 1000, 0), (1000, 1000, 0), (2000, 900, 0)]
    small = row_of(volume_changes(*frames([(99, 1, 0)] * 2 + [(198, 1, 0)], orders, days)), "shop")
    assert (small["from_customers"], small["from_rate"]) == pytest.approx((99, 0))
    large = row_of(volume_changes(*frames([(96, 4, 0)] * 2 + [(192, 4, 0)], orders, days)), "shop")
    assert (large["change"], large["from_customers"]) == (96, None)


def test_a_line_whose_tickets_end_has_no_change_from_then_on_nor_have_all_lines():
    """The line live ends on the last day of the first week."""
    given_frames = frames([(10, 0, 5), (10, 0, 0)], [(100, 0, 50)] * 2, until={"live": date(2026, 3, 8)})
    assert set(volume_changes(*given_frames)["business_line"]) == {"shop"}


_COUNTS = st.tuples(*[st.integers(0, 50)] * 3)
_EXPOSED = st.tuples(*[st.none() | st.integers(1, 500)] * 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(_COUNTS, min_size=2, max_size=5), st.data())
def test_the_terms_sum_to_the_change(tickets, data):
    exposure = data.draw(st.lists(_EXPOSED, min_size=len(tickets), max_size=len(tickets)))
    changes = volume_changes(*frames(tickets, exposure)).drop_nulls("from_customers")
    for row in changes.iter_rows(named=True):
        total = row["from_customers"] + row["from_rate"] + row["from_mix"]
        assert total == pytest.approx(row["change"], abs=1e-9)
