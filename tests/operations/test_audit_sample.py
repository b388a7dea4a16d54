"""Which tickets to audit next, and what they say of all tickets."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.operations.audit_sample import allocate, draw_audits

DAY = date(2026, 3, 8)


def week(tickets=300, seed=0):
    """A week's tickets; a value each that differs by vendor and risk."""
    rng = np.random.default_rng(seed)
    vendor, at_risk = rng.choice(["North", "South"], tickets, p=[0.8, 0.2]), rng.uniform(size=tickets) < 0.1
    return pl.DataFrame({
        "source": "a",
        "ticket_id": [str(number) for number in range(tickets)],
        "vendor": vendor,
        "business_line": rng.choice(["shop", "live"], tickets, p=[0.9, 0.1]),
        "is_at_risk": at_risk,
        "value": 0.9 - 0.1 * (vendor == "South") - 0.4 * at_risk + rng.normal(0, 0.1, tickets),
    })  # fmt: skip


def test_the_weighted_mean_is_unbiased_where_the_plain_one_is_not():
    tickets = week()
    truth = tickets["value"].mean()
    plain, weighted = [], []
    for days in range(150):
        drawn = draw_audits(tickets, 40, DAY + timedelta(days=days))
        audited = drawn.tickets.join(tickets, on=["source", "ticket_id"])
        # Horvitz & Thompson 1952: each audited ticket counts one over its probability.
        weighted.append((audited["value"] * audited["weight"]).sum() / drawn.strata["tickets"].sum())
        plain.append(audited["value"].mean())
    assert np.mean(weighted) == pytest.approx(truth, abs=4 * np.std(weighted) / np.sqrt(150))
    assert abs(np.mean(plain) - truth) > 10 * np.std(weighted) / np.sqrt(
        300
    )  # tickets at risk are drawn more often


def test_every_ticket_is_drawn_as_often_as_its_probability_says():
    tickets = week(tickets=40)
    strata = draw_audits(tickets, 12, DAY).strata
    everyone = draw_audits(tickets, 40, DAY).tickets.select("ticket_id", "stratum")
    drawn = pl.concat([draw_audits(tickets, 12, DAY + timedelta(days=days)).tickets for days in range(200)])
    times = everyone.join(drawn.group_by("ticket_id").len("times"), on="ticket_id").join(strata, on="stratum")
    assert times.height == 40
    # Four standard errors of a share of one half in 200 draws.
    assert times["times"].to_numpy() / 200 == pytest.approx(times["probability"].to_numpy(), abs=0.14)


def test_the_sample_hangs_on_the_day_and_the_tickets_not_on_their_order():
    tickets = week()
    first = draw_audits(tickets, 40, DAY).tickets
    assert first.equals(draw_audits(tickets.sample(fraction=1, shuffle=True, seed=1), 40, DAY).tickets)
    other = draw_audits(tickets, 40, DAY + timedelta(days=7)).tickets
    assert set(first["ticket_id"]) != set(other["ticket_id"])
    assert first["rank"].to_list() == list(range(1, 41))


def test_the_weights_of_a_stratum_sum_to_its_tickets():
    drawn = draw_audits(week(), 40, DAY)
    sums = drawn.tickets.group_by("stratum").agg(pl.col("weight").sum()).join(drawn.strata, on="stratum")
    assert sums["weight"].to_numpy() == pytest.approx(sums["tickets"].to_numpy())
    assert sums.height == drawn.strata.height


def few(**counts):
    """Tickets by `vendor_line_risk`, as many as named."""
    rows = []
    for name, count in counts.items():
        vendor, line, risk = name.split("_")
        rows += [(vendor, line, risk == "risk")] * count
    found = pl.DataFrame(rows, schema=["vendor", "business_line", "is_at_risk"], orient="row")
    return found.with_columns(source=pl.lit("a"), ticket_id=pl.int_range(pl.len()).cast(pl.String))


def strata(**counts):
    return dict(draw_audits(few(**counts), 40, DAY).strata.select("stratum", "tickets").rows())


def test_a_weight_never_tells_of_fewer_than_ten_tickets():
    # North's tickets at risk make ten with its other line; South's 4 and 5 do with those of another vendor.
    assert strata(
        North_shop_plain=100,
        North_shop_risk=7,
        North_live_risk=3,
        South_shop_risk=4,
        South_live_risk=5,
        East_shop_risk=1,
    ) == {"North · shop · plain": 100, "North · other lines · at risk": 10, "other vendors · at risk": 10}
    # Nobody is left to put three tickets with, so the smallest stratum takes them in.
    assert strata(North_shop_plain=100, South_shop_plain=50, North_shop_risk=3) == {
        "North · shop · plain": 100,
        "others": 53,
    }


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=1, max_size=4))
def test_every_stratum_of_a_larger_week_has_ten_tickets(vendors):
    keys = ("shop_plain", "shop_risk", "live_plain", "live_risk")
    counts = {
        f"v{n}_{key}": count for n, row in enumerate(vendors) for key, count in zip(keys, row, strict=True)
    }
    if sum(counts.values()) >= 10:
        found = strata(**counts)
        assert min(found.values()) >= 10
        assert sum(found.values()) == sum(counts.values())


def test_the_first_half_of_the_list_is_spread_like_the_whole():
    drawn = draw_audits(week(tickets=2000), 60, DAY).tickets
    counts = drawn.group_by("stratum").agg(
        half=(pl.col("rank") <= 30).sum().cast(int), whole=pl.len().cast(int)
    )
    assert (counts["half"] * 2 - counts["whole"]).abs().max() <= 1


def test_allocation_by_hand():
    # Two each; then by (tickets x spread)^2 / (n (n + 1)): 100^2 against 100^2 x 4, which wins 1667 : 6667, ...
    assert allocate([100, 100], [1.0, 2.0], 9) == [3, 6]
    assert allocate([1, 100], [1.0, 1.0], 5) == [1, 4]
    assert allocate([3, 2], [1.0, 1.0], 60) == [3, 2]


@given(
    st.lists(st.tuples(st.integers(1, 200), st.sampled_from([1.0, 2.0])), min_size=1, max_size=8),
    st.integers(1, 60),
)
def test_an_allocation_never_takes_more_than_there_is_and_at_least_two_of_each(strata, size):
    tickets, spread = (list(column) for column in zip(*strata, strict=True))
    sample = allocate(tickets, spread, size)
    least = [min(2, count) for count in tickets]
    assert all(few <= drawn <= count for few, drawn, count in zip(least, sample, tickets, strict=True))
    assert sum(sample) == max(sum(least), min(size, sum(tickets)))
