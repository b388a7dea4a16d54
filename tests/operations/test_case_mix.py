"""Expected results by the case mix: what others would have made of the same tickets."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.operations.case_mix import describe_cases, expected_of_others, learn_prior, with_attributes


def cases_of(**columns):
    return describe_cases(pl.DataFrame(columns), list(columns), [])


def routed(easy_to_first=900, easy_to_second=100, size=1000):
    """Two units with as many tickets each; easy ones take 10, hard ones 20."""
    is_easy = np.concatenate([np.arange(size) < easy_to_first, np.arange(size) < easy_to_second])
    return (
        cases_of(priority=np.where(is_easy, "low", "high")),
        np.where(is_easy, 10.0, 20.0),
        np.repeat([0, 1], size),
    )


def alone(result):
    """Every ticket a cluster of its own."""
    return np.arange(len(result))


def test_a_unit_with_the_harder_tickets_is_expected_to_take_longer():
    cases, result, unit = routed()
    found = expected_of_others(cases, result, unit, alone(result))
    assert found.observed == pytest.approx([11, 19])
    assert found.others == pytest.approx([19, 11])
    # 900 easy and 100 hard tickets: (900 x 10 + 100 x 20) / 1000. The prior draws by 4 tickets of a hundred.
    assert found.expected == pytest.approx([11, 19], abs=0.25)


def test_what_a_unit_does_worse_does_not_pass_for_its_case_mix():
    cases, result, unit = routed()
    found = expected_of_others(cases, result + 3 * (unit == 1), unit, alone(result))
    # The first is expected to be as slow as the second would be on its tickets, the second as fast as the first.
    assert found.observed - found.expected == pytest.approx([-3, 3], abs=0.3)


def test_a_kind_of_ticket_that_nobody_else_has_is_expected_to_be_ordinary_with_more_doubt():
    half = np.repeat(["shop", "live"], 500)
    own = cases_of(line=np.concatenate([half, np.repeat("shop", 500)]))
    unit = np.repeat([0, 1], [1000, 500])
    result = np.random.default_rng(1).normal(10, 1, 1500)
    found = expected_of_others(own, result, unit, alone(result))
    alike = expected_of_others(cases_of(line=np.tile(["shop", "live"], 750)), result, unit, alone(result))
    assert found.expected[0] == pytest.approx(10, abs=0.5)
    assert found.variance[0] > 5 * alike.variance[0]


def test_results_that_go_together_make_a_mean_less_certain():
    rng = np.random.default_rng(2)
    week = np.repeat(np.arange(20), 100)
    unit = week % 2
    cases = cases_of(line=rng.choice(["shop", "live"], 2000))
    apart = rng.normal(size=2000)
    together = apart + rng.normal(size=20)[week]
    certain, uncertain = (expected_of_others(cases, result, unit, week) for result in (apart, together))
    # About 1 + (100 - 1) x 1/2 times the variance of tickets on their own, which is twice as large itself.
    assert uncertain.variance[0] > 20 * certain.variance[0]


def test_what_units_of_a_cluster_have_in_common_cancels_out():
    rng = np.random.default_rng(3)
    week = np.repeat(np.arange(20), 100)
    unit = rng.integers(0, 2, 2000)
    cases = cases_of(line=rng.choice(["shop", "live"], 2000))
    result = rng.normal(size=2000) + 3 * rng.normal(size=20)[week]
    by_week, on_their_own = (
        expected_of_others(cases, result, unit, cluster) for cluster in (week, alone(result))
    )
    assert by_week.variance[0] < 1.5 * on_their_own.variance[0]


def test_one_unit_has_no_others():
    cases, result, unit = routed()
    with pytest.raises(ValueError, match="no others"):
        expected_of_others(cases, result, np.zeros_like(unit), alone(result))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_the_parts_sum_to_what_the_case_mix_explains(seed, units):
    rng = np.random.default_rng(seed)
    size = 400
    frame = pl.DataFrame(
        {name: rng.choice(["a", "b", "c"], size) for name in ("channel", "priority", "region")}
    )
    cases = describe_cases(frame, frame.columns, ["channel", "priority"])
    unit = np.concatenate([np.arange(units), rng.integers(0, units, size - units)])
    result = rng.normal(size=size) + (frame["priority"] == "a").to_numpy()
    found = expected_of_others(cases, result, unit, np.arange(size))
    assert found.parts.sum(axis=1) == pytest.approx(found.expected - found.others, abs=1e-6)


def test_pairs_of_values_count_as_much_as_the_results_show():
    rng = np.random.default_rng(4)
    frame = pl.DataFrame({name: rng.choice(["a", "b", "c", "d"], 4000) for name in ("line", "region")})
    cases = describe_cases(frame, frame.columns, frame.columns)
    noise = rng.normal(size=4000)
    own_worlds = rng.normal(size=(4, 4))[
        frame["line"].rank("dense").to_numpy() - 1, frame["region"].rank("dense").to_numpy() - 1
    ]
    assert learn_prior(cases, noise).pull[-1] > 100 > learn_prior(cases, noise + own_worlds).pull[-1]


def test_rare_values_are_taken_together_and_an_attribute_with_one_value_is_left_out():
    frame = pl.DataFrame({"channel": ["chat"] * 60 + ["email"] * 60 + ["fax", "post", None], "line": "shop"})
    values = [effect.value for effect in describe_cases(frame, frame.columns, ["channel", "line"]).effects]
    assert values == ["chat", "email", "other"]


def test_an_attribute_that_names_the_vendor_or_that_few_tickets_have_is_no_case_mix():
    tickets = pl.DataFrame({
        "source": "a",
        "ticket_id": [str(number) for number in range(200)],
        "tier": 1,
        "vendor": ["North", "South"] * 100,
        "attributes": [
            [
                {"key": "site", "value": f"site of {'NS'[number % 2]}"},
                {"key": "platform", "value": "ios" if number % 3 else "web"},
            ]
            + [{"key": "coupon", "value": "x"}] * (number < 3)
            for number in range(200)
        ],
    })  # fmt: skip
    known, names = with_attributes(tickets)
    assert names == ["platform"]
    assert known["platform"].value_counts().sort("platform").rows() == [("ios", 133), ("web", 67)]
