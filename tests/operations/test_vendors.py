"""Vendors and groups on like tickets."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from benchmarks.vendors import is_worse, judge, main
from models.operations.vendors import compare

PERIOD = (date(2026, 3, 2), date(2026, 5, 31))
ATTRIBUTES = ["business_line", "region", "priority", "week"]


def operation(seed=1, size=6000, worse=None, factor=1.0):
    """Two vendors with eight groups each; South gets four of five urgent tickets, which take twice as long."""
    rng = np.random.default_rng(seed)
    is_urgent = rng.uniform(size=size) < 0.4
    vendor = np.where(rng.uniform(size=size) < np.where(is_urgent, 0.8, 0.25), "South", "North")
    line, region = rng.choice(["shop", "live"], size), rng.choice(["a", "b", "c", "d"], size)
    slower = np.where(vendor == worse, factor, 1.0)
    reopens = 0.05 + 0.1 * is_urgent + 0.1 * (slower > 1)
    return pl.DataFrame({
        "tier": 1,
        "vendor": vendor,
        "group_id": [f"{v} {x} {r}" for v, x, r in zip(vendor, line, region, strict=True)],
        "week": rng.choice([f"week {number}" for number in range(13)], size),
        "business_line": line,
        "region": region,
        "priority": np.where(is_urgent, "urgent", "normal"),
        "handle_minutes": np.exp(rng.normal(2, 0.5, size)) * (1 + is_urgent) * slower,
        "reopen_rate": (rng.uniform(size=size) < reopens).astype(float),
    })  # fmt: skip


def said(table, vendor):
    return dict(table.filter(pl.col("vendor") == vendor).select("metric", "verdict").iter_rows())


def test_a_vendor_that_only_gets_the_harder_tickets_is_as_expected():
    compared = compare(operation(), ATTRIBUTES, PERIOD).vendors
    south = compared.filter(pl.col("vendor") == "South", pl.col("metric") == "handle_minutes").row(
        0, named=True
    )
    assert south["observed"] / south["crude_others"] > 1.3
    assert south["expected"] == pytest.approx(south["observed"], rel=0.05)
    assert said(compared, "South") == {"handle_minutes": "as expected", "reopen_rate": "as expected"}


def test_a_share_has_its_own_interval_and_minutes_have_none():
    compared = compare(operation(), ATTRIBUTES, PERIOD).vendors
    shares, minutes = compared.filter(unit="share"), compared.filter(unit="minutes")
    for row in shares.iter_rows(named=True):
        # Wilson 1927 with z = 1.96.
        share, z2_n = row["observed"], 3.8415 / row["n"]
        middle, half = share + z2_n / 2, (z2_n * (share * (1 - share) + z2_n / 4)) ** 0.5
        assert row["observed_low"] == pytest.approx((middle - half) / (1 + z2_n), abs=1e-5)
        assert row["observed_high"] == pytest.approx((middle + half) / (1 + z2_n), abs=1e-5)
    assert shares.height == minutes["observed_low"].null_count() == 2


@pytest.mark.parametrize(("worse", "other"), [("South", "North"), ("North", "South")])
def test_a_vendor_that_is_worse_comes_out_as_worse_and_the_other_does_not(worse, other):
    compared = compare(operation(worse=worse, factor=1.25), ATTRIBUTES, PERIOD).vendors
    assert said(compared, worse) == {"handle_minutes": "worse", "reopen_rate": "worse"}
    assert "worse" not in said(compared, other).values()
    ratio = compared.filter(pl.col("vendor") == worse, pl.col("metric") == "handle_minutes")["ratio"].item()
    assert ratio == pytest.approx(1.25, rel=0.05)


def test_an_attribute_filled_in_because_of_the_result_does_not_hide_a_worse_vendor():
    rng = np.random.default_rng(0)
    tickets = operation(worse="South", factor=1.25).with_columns(app=pl.Series(rng.choice(["a", "b"], 6000)))
    reason = pl.when(pl.col("reopen_rate") == 1).then(pl.lit("not solved"))
    late = tickets.with_columns(why_reopened=reason)
    compared = compare(late, [*ATTRIBUTES, "app", "why_reopened"], PERIOD)
    assert compared.left_out == ["why_reopened"]
    assert said(compared.vendors, "South") == {"handle_minutes": "worse", "reopen_rate": "worse"}
    assert set(compared.case_mix["attribute"]) == {*ATTRIBUTES, "app"}


def test_one_group_that_stands_out_is_found_among_the_groups():
    slow = pl.col("group_id") == "North shop a"
    tickets = operation().with_columns(
        pl.when(slow).then(pl.col("handle_minutes") * 1.8).otherwise("handle_minutes")
    )
    groups = compare(tickets, ATTRIBUTES, PERIOD).groups
    worse = groups.filter(pl.col("verdict") == "worse")
    assert worse.select("group_id", "metric").rows() == [("North shop a", "handle_minutes")]
    assert worse["ratio"].item() > worse["limit_high_998"].item()


def test_vendors_without_like_tickets_are_not_told_apart():
    is_south = pl.col("vendor") == "South"
    tickets = operation().with_columns(
        business_line=pl.when(is_south).then(pl.lit("live")).otherwise(pl.lit("shop")),
        handle_minutes=pl.col("handle_minutes") * pl.when(is_south).then(1.3).otherwise(1.0),
    )
    compared = compare(tickets, ATTRIBUTES, PERIOD).vendors
    assert set(compared["verdict"]) <= {"too few", "as expected"}
    assert set(compared["confidence"]) == {"weak"}


def test_units_stand_in_the_order_of_their_names():
    compared = compare(operation(worse="North", factor=1.5), ATTRIBUTES, PERIOD)
    assert compared.vendors["vendor"].to_list() == sorted(compared.vendors["vendor"])
    assert compared.groups["group_id"].is_sorted()


def test_the_order_of_the_tickets_changes_nothing():
    tickets = operation(size=2000)
    shuffled = tickets.sample(fraction=1, shuffle=True, seed=3)
    one, other = (compare(frame, ATTRIBUTES, PERIOD).vendors for frame in (tickets, shuffled))
    assert one.select(pl.exclude(pl.Float64)).equals(other.select(pl.exclude(pl.Float64)))
    assert one["ratio"].to_numpy() == pytest.approx(other["ratio"].to_numpy())


def test_what_the_case_mix_explains_sums_to_expected_less_crude():
    compared = compare(operation(), ATTRIBUTES, PERIOD)
    keys = ["tier", "vendor", "metric"]
    explained = compared.case_mix.group_by(keys).agg(pl.col("effect_on_metric").sum())
    both = compared.vendors.join(explained, on=keys)
    change = (both["expected"] - both["crude_others"]).to_numpy()
    assert both["effect_on_metric"].to_numpy() == pytest.approx(change, abs=1e-4)
    south = compared.case_mix.filter(pl.col("vendor") == "South", pl.col("metric") == "handle_minutes")
    assert set(south.sort("effect_on_metric", descending=True)["attribute"].head(2)) == {"priority"}


def test_a_tier_with_one_vendor_has_its_groups_compared_only():
    tickets = operation().filter(pl.col("vendor") == "North")
    compared = compare(tickets, ATTRIBUTES, PERIOD)
    assert compared.vendors.is_empty()
    assert compared.groups["group_id"].n_unique() == 8


def test_no_tickets_give_empty_tables():
    compared = compare(operation().clear(), ATTRIBUTES, PERIOD)
    assert compared.vendors.is_empty()
    assert compared.groups.is_empty()
    assert compared.case_mix.is_empty()


def test_the_benchmark_finds_the_simulated_vendor_that_is_worse_and_not_the_other():
    found = judge(tickets=12_000, seed=1, worse="Halden")
    assert found.harder == "Halden"
    assert "handle_minutes" in found.worse("Halden")
    assert is_worse("Halden", [found])["judged_worse"] == 1
    assert is_worse("Halden", [found])["other_falsely_worse"] == 0


def test_the_benchmark_refuses_too_few_tickets(capsys):
    with pytest.raises(SystemExit):
        main(["--seeds", "1", "--tickets", "500"])
    assert "needs at least" in capsys.readouterr().err
