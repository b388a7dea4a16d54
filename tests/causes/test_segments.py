"""Which segments of a rise are told, on shares and lifts given by hand."""

from __future__ import annotations

import polars as pl
import pytest

from models.causes.segments import telling, unchanged

PLAIN = {
    "attribute": "platform",
    "value": "android",
    "attribute_2": None,
    "value_2": None,
    "tickets": 30,
    "share": 0.5,
    "lift": 2.0,
    "lift_low": 1.5,
    "lift_high": 2.7,
    "q_value": 0.001,
}
TEXTS = dict.fromkeys(("attribute", "value", "attribute_2", "value_2"), pl.String)
BUYERS = {"attribute": "user_type", "value": "buyer", "lift": 1.0, "lift_low": 0.9, "lift_high": 1.1}


def compared(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([PLAIN | row for row in rows], schema_overrides=TEXTS)


def pair(lift: float, lift_low: float) -> dict[str, object]:
    second = {"attribute_2": "user_type", "value_2": "buyer"}
    return second | {"lift": lift, "lift_low": lift_low, "lift_high": lift**2 / lift_low}


@pytest.mark.parametrize("changed", [{"q_value": 0.06}, {"lift_low": 1.1}])
def test_what_may_be_chance_or_is_hardly_more_is_not_told(changed):
    assert telling(compared({}), 9)["value"].to_list() == ["android"]
    assert telling(compared(changed), 9).is_empty()


@pytest.mark.parametrize(
    ("lift", "lift_low", "is_told"),
    [(3.0, 2.0, True), (2.4, 2.0, False), (3.0, 1.4, False)],  # a quarter above 2.0, and surely above 1.5
)
def test_a_pair_is_told_only_where_it_says_more_than_either_of_its_values(lift, lift_low, is_told):
    one, other = {}, BUYERS
    assert (telling(compared(one, other, pair(lift, lift_low)), 9).height == 2) == is_told


def test_what_holds_more_tickets_and_is_surer_is_told_first():
    """Tickets times the logarithm of the least lift: 30 x ln 1.5 is less than 40 x ln 1.4 and 20 x ln 2.5."""
    large = {"value": "ios", "tickets": 40, "lift_low": 1.4}
    sure = {"value": "web", "tickets": 20, "lift_low": 2.5}
    assert telling(compared({}, large, sure), 9)["value"].to_list() == ["web", "ios", "android"]
    assert telling(compared({}, large, sure), 1)["value"].to_list() == ["web"]


@pytest.mark.parametrize(
    ("changed", "is_told"),
    [
        ({}, True),
        ({"lift_low": 0.71, "lift_high": 1.39}, True),
        ({"lift_low": 0.69}, False),
        ({"lift_high": 1.41}, False),
        ({"share": 0.14}, False),  # too few to matter
        ({"share": 0.96}, False),  # nearly all: there is nobody else
        ({"attribute_2": "region", "value_2": "SG"}, False),
    ],
)
def test_what_is_told_not_to_have_changed_is_surely_near_what_was_expected(changed, is_told):
    assert unchanged(compared(BUYERS | changed), 9).height == is_told
