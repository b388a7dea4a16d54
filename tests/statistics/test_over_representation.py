"""Over-represented attribute values: lift, interval, test and what is kept."""

import math
import time

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency

from models.statistics.over_representation import THEME_DRIVERS_SCHEMA, over_represented


def tickets_with(counts: dict[tuple[str, str], int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Members and attributes with so many tickets for each (theme, value of payment_method)."""
    rows = [(theme, value) for (theme, value), times in counts.items() for _ in range(times)]
    frame = pl.DataFrame(rows, schema=["theme_id", "value"], orient="row").with_columns(
        source=pl.lit("sim"),
        ticket_id=pl.int_range(pl.len()).cast(pl.String),
        attribute=pl.lit("payment_method"),
    )
    return frame.select("source", "ticket_id", "theme_id"), frame.select(
        "source", "ticket_id", "attribute", "value"
    )


def test_a_value_three_times_as_frequent_in_a_theme_is_found_with_its_shares():
    members, attributes = tickets_with(
        {("a", "card"): 60, ("a", "wallet"): 40, ("b", "card"): 100, ("b", "wallet"): 400}
    )
    drivers = over_represented(members, attributes)
    card = drivers.filter(theme_id="a", value="card").row(0, named=True)
    assert (card["tickets"], card["share_in_theme"], card["share_elsewhere"]) == (60, 0.6, 0.2)
    # Half a ticket is added to each count: (60.5 / 100.5) / (100.5 / 500.5).
    assert card["lift"] == pytest.approx(60.5 / 100.5 / (100.5 / 500.5))
    error = math.sqrt(1 / 60.5 - 1 / 100.5 + 1 / 100.5 - 1 / 500.5)
    assert card["lift_low"] == pytest.approx(card["lift"] * math.exp(-1.959964 * error))
    assert card["lift_high"] == pytest.approx(card["lift"] * math.exp(1.959964 * error))


def test_the_test_is_scipys_g_test():
    members, attributes = tickets_with(
        {("a", "card"): 25, ("a", "wallet"): 25, ("b", "card"): 30, ("b", "wallet"): 90}
    )
    found = over_represented(members, attributes).filter(theme_id="a", value="card")
    expected = chi2_contingency([[25, 25], [30, 90]], correction=False, lambda_="log-likelihood").pvalue
    # Four tests; both tables of a 2 x 2 layout and both themes have this same p, so that q equals p.
    assert found["q_value"].item() == pytest.approx(expected)


def test_equal_shares_give_no_driver():
    members, attributes = tickets_with(
        {("a", "card"): 50, ("a", "wallet"): 50, ("b", "card"): 200, ("b", "wallet"): 200}
    )
    assert over_represented(members, attributes).is_empty()


def test_a_value_in_fewer_tickets_than_the_minimum_is_not_named():
    members, attributes = tickets_with({("a", "card"): 9, ("a", "wallet"): 1, ("b", "wallet"): 500})
    of_theme_a = pl.col("theme_id") == "a"
    assert over_represented(members, attributes, minimum=10).filter(of_theme_a).is_empty()
    assert over_represented(members, attributes, minimum=9).filter(of_theme_a)["value"].to_list() == ["card"]


def test_a_value_seen_only_in_one_theme_has_a_finite_lift():
    members, attributes = tickets_with({("a", "card"): 40, ("b", "wallet"): 400})
    found = over_represented(members, attributes).filter(theme_id="a")
    assert found["share_elsewhere"].to_list() == [0.0]
    assert np.isfinite(found.select("lift", "lift_low", "lift_high").to_numpy()).all()


def test_tickets_without_the_attribute_are_left_out_of_its_shares():
    members, attributes = tickets_with(
        {("a", "card"): 60, ("a", "wallet"): 40, ("b", "card"): 100, ("b", "wallet"): 400}
    )
    silent = pl.DataFrame(
        {"source": ["sim"] * 300, "ticket_id": [f"x{i}" for i in range(300)], "theme_id": ["a"] * 300}
    )
    assert over_represented(pl.concat([members, silent]), attributes).equals(
        over_represented(members, attributes)
    )


def test_random_attributes_are_rarely_called_drivers():
    rng = np.random.default_rng(5)
    members = pl.DataFrame(
        {
            "source": "sim",
            "ticket_id": [str(i) for i in range(4000)],
            "theme_id": rng.integers(0, 20, 4000).astype(str),
        }
    )
    attributes = members.select("source", "ticket_id").with_columns(
        attribute=pl.lit("platform"), value=pl.Series(rng.integers(0, 5, 4000).astype(str))
    )
    assert over_represented(members, attributes).height == 0


@pytest.mark.parametrize("themes", [[], ["a", "a", "a"]])
def test_without_two_themes_nothing_is_compared(themes):
    members = pl.DataFrame(
        {
            "source": ["sim"] * len(themes),
            "ticket_id": [str(i) for i in range(len(themes))],
            "theme_id": themes,
        },
        schema={"source": pl.String, "ticket_id": pl.String, "theme_id": pl.String},
    )
    attributes = members.select("source", "ticket_id", attribute=pl.lit("region"), value=pl.lit("EU"))
    drivers = over_represented(members, attributes)
    assert drivers.is_empty()
    assert drivers.schema == THEME_DRIVERS_SCHEMA


def test_a_hundred_themes_by_two_hundred_values_take_under_two_seconds():
    rng = np.random.default_rng(0)
    members = pl.DataFrame(
        {
            "source": "sim",
            "ticket_id": np.arange(200_000).astype(str),
            "theme_id": rng.integers(0, 100, 200_000).astype(str),
        }
    )
    attributes = members.select("source", "ticket_id").with_columns(
        attribute=pl.lit("error_code"), value=pl.Series(rng.integers(0, 200, 200_000).astype(str))
    )
    started = time.perf_counter()
    over_represented(members, attributes, minimum=1)
    assert time.perf_counter() - started < 2
