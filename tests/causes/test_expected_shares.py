"""What a rise is compared with, on counts whose expected shares are worked out by hand."""

from __future__ import annotations

from math import exp

import numpy as np
import polars as pl
import pytest

from models.causes.expected_shares import compare, corrected_together, measure, with_share_of_rise
from models.causes.segments import no_change_by, segment_counts, telling

Counts = dict[str, int]
NOBODY: Counts = {}


def counted(values: Counts, attribute: str = "payment") -> pl.DataFrame:
    rows = [(attribute, value, None, None, tickets) for value, tickets in values.items()]
    names = ["attribute", "value", "attribute_2", "value_2"]
    return pl.DataFrame(rows, schema={**dict.fromkeys(names, pl.String), "tickets": pl.Int64}, orient="row")


def measured(places: list[Counts], sizes: list[int]) -> dict[str, dict[str, object]]:
    """By value. places, sizes: of the rise, of the theme before, of the other themes now and before."""
    frame = measure([counted(values) for values in places], sizes)
    return {row["value"]: row for row in frame.iter_rows(named=True)}


def of_everybody(places: list[Counts]) -> dict[str, dict[str, object]]:
    """The same where every ticket has the attribute."""
    return measured(places, [sum(values.values()) for values in places])


def told(places: list[Counts]) -> set[str]:
    frame = compare([counted(values) for values in places], [sum(values.values()) for values in places])
    return set(telling(frame, 9)["value"])


def test_a_value_keeps_its_share_where_nothing_else_moved():
    found = of_everybody([{"card": 30}, {"card": 50, "wallet": 50}, {"card": 100}, {"card": 400}])
    assert found["card"]["share_expected"] == pytest.approx(0.5, abs=0.002)
    assert found["card"]["lift"] == pytest.approx(2.0, abs=0.01)
    assert found["card"]["compared_with"] == "weeks before"


def test_a_value_moves_as_the_other_themes_move_it_and_the_rest_makes_room():
    """Cards double among the others, from 1 in 4 to 1 in 2: odds of 2 to 2/3 become those of 50 to 50."""
    before, others, others_before = (
        {"card": 500, "wallet": 500},
        {"card": 500, "wallet": 500},
        {"card": 250, "wallet": 750},
    )
    found = of_everybody([{"card": 30, "wallet": 10}, before, others, others_before])
    assert found["card"]["share_expected"] == pytest.approx(0.75, abs=0.002)
    assert found["wallet"]["share_expected"] == pytest.approx(0.25, abs=0.002)


def test_a_new_value_is_expected_as_often_as_others_have_it_and_the_old_ones_share_the_rest():
    found = of_everybody(
        [{"v2": 30, "v1": 10}, {"v1": 100}, {"v2": 60, "v1": 40}, {"v1": 1000}],
    )
    assert found["v2"]["share_expected"] == pytest.approx(60.5 / 101)
    assert found["v2"]["compared_with"] == "other themes"
    assert found["v1"]["share_expected"] == pytest.approx(0.4, abs=0.005)


def test_what_a_theme_has_always_been_about_is_not_new_where_it_is_new_to_the_others():
    found = of_everybody(
        [{"E1": 30, "E2": 70}, {"E1": 30, "E2": 70}, {"E1": 1, "E3": 99}, {"E3": 1000}],
    )
    assert found["E1"]["share_expected"] == pytest.approx(0.3, abs=0.005)
    assert found["E2"]["share_expected"] == pytest.approx(0.7, abs=0.01)
    assert found["E1"]["compared_with"] == "weeks before"


def test_the_newest_version_is_not_told_before_other_themes_could_have_it():
    """Three tickets of other themes since it came out: that none has it says nothing."""
    others_before = {"v1": 1000}
    assert told([{"v2": 9, "v1": 9}, {"v1": 100}, {"v1": 3}, others_before]) == set()
    assert told([{"v2": 9, "v1": 9}, {"v1": 100}, {"v1": 60}, others_before]) == {"v2"}


def test_few_tickets_before_count_and_other_themes_stand_for_those_missing_to_ten():
    """Four of five had a card, half a ticket added, and one of five among the others."""
    found = of_everybody(
        [{"card": 30}, {"card": 4, "wallet": 1}, {"card": 20, "wallet": 80}, {"card": 200, "wallet": 800}]
    )
    expected = 0.5 * 4.5 / 6 + 0.5 * 20.5 / 101
    assert found["card"]["share_expected"] == pytest.approx(expected, abs=0.005)
    assert found["card"]["compared_with"] == "both"


def test_as_many_tickets_as_before_are_expected_to_have_the_attribute_at_all():
    """Two of a hundred had a code, E1 both; half of the others' codes are E2."""
    places = [{"E2": 30}, {"E1": 2}, {"E1": 50, "E2": 50}, {"E1": 500, "E2": 500}]
    found = measured(places, [30, 100, 200, 2000])
    expected = 0.02 * (0.2 * 0.5 / 3 + 0.8 * 0.5)
    assert found["E2"]["share_expected"] == pytest.approx(expected, rel=0.01)
    assert found["E2"]["compared_with"] == "both"


def test_an_attribute_that_is_new_to_all_is_expected_as_often_as_others_have_it():
    """None of a thousand tickets had a code before; now half of the others' do, four in five of these E1."""
    found = measured([{"E1": 30}, NOBODY, {"E1": 80, "E2": 20}, {"E1": 1}], [30, 100, 200, 1000])
    assert found["E1"]["share_expected"] == pytest.approx(0.5 * 80.5 / 101, abs=0.005)


def test_an_attribute_that_more_of_the_others_have_now_is_expected_as_often_as_before():
    """A tenth of the others had a code before and half now; of the theme, always two in five."""
    found = measured([{"E1": 30}, {"E1": 400}, {"E1": 100}, {"E1": 100}], [100, 1000, 200, 1000])
    assert found["E1"]["share_expected"] == pytest.approx(0.4, abs=0.001)


def test_the_interval_of_a_lift_is_that_of_a_ratio_of_two_shares():
    """Katz et al. 1978, with half a ticket more: 30 of 40 now and 50 of 100 before, moved from 200 to 300 in 1000."""
    others, others_before = {"card": 300, "wallet": 700}, {"card": 200, "wallet": 800}
    places = [{"card": 30, "wallet": 10}, {"card": 50, "wallet": 50}, others, others_before]
    shares = [(30, 40), (50, 100), (300, 1000), (200, 1000)]
    error = 1.96 * sum(1 / (inside + 0.5) - 1 / (whole + 1) for inside, whole in shares) ** 0.5
    found = of_everybody(places)["card"]
    assert found["lift_low"] == pytest.approx(found["lift"] * exp(-error), rel=1e-4)
    assert found["lift_high"] == pytest.approx(found["lift"] * exp(error), rel=1e-4)


def test_a_pair_with_a_new_value_is_expected_as_often_as_both_by_chance():
    """Half of all tickets have a platform and a version: two in five of them the new one, half of them android."""

    def tickets(version: str, android: int, ios: int) -> pl.DataFrame:
        platforms = ["android"] * android + ["ios"] * ios
        return pl.DataFrame({"platform": platforms, "version": [version] * len(platforms)})

    frames = [
        tickets("2", 30, 0),
        tickets("1", 500, 500),
        pl.concat([tickets("2", 200, 200), tickets("1", 300, 300)]),
        tickets("1", 5000, 5000),
    ]
    attributes = [("platform",), ("version",), ("platform", "version")]
    counts = [segment_counts(frame, attributes) for frame in frames]
    found = measure(counts, [2 * frame.height for frame in frames])
    pair = found.filter(value="android", value_2="2").row(0, named=True)
    assert pair["share_expected"] == pytest.approx(0.5 * 0.4 * 0.5, rel=0.01)


@pytest.mark.parametrize(
    ("share", "expected", "on_top", "of_rise"),
    [
        (0.5, 0.2, 0.5, 0.8),
        (0.9, 0.2, 0.5, 1.0),
        (0.05, 0.2, 0.5, 0.0),
        (0.5, 0.2, 1.0, 0.5),
        (0.5, 0.2, 0.0, 1.0),
    ],
)
def test_the_share_of_what_came_on_top_is_what_the_expected_tickets_leave(share, expected, on_top, of_rise):
    """Of ten tickets five are on top: five have the value, and one of the five expected."""
    frame = pl.DataFrame({"share": [share], "share_expected": [expected]})
    assert with_share_of_rise(frame, on_top)["share_of_rise"].item() == pytest.approx(of_rise)


def test_a_theme_without_a_ticket_before_is_compared_with_the_other_themes():
    found = measured(
        [{"card": 30}, NOBODY, {"card": 20, "wallet": 80}, {"card": 200, "wallet": 800}], [30, 0, 100, 1000]
    )
    assert found["card"]["share_expected"] == pytest.approx(20.5 / 101)
    assert found["card"]["compared_with"] == "other themes"


@pytest.mark.parametrize("before", [7, 9, 10, 50])
def test_what_every_ticket_of_a_theme_has_always_had_is_no_finding(before):
    others = {"buyer": 30, "seller": 70}
    assert told([{"buyer": 30}, {"buyer": before}, others, {k: 10 * n for k, n in others.items()}]) == set()


def of_attributes(cases: list[list[Counts]]) -> list[pl.DataFrame]:
    """The counts of many attributes, each a case of its own, at the four places."""
    return [
        pl.concat([counted(places[place], f"attribute {number}") for number, places in enumerate(cases)])
        for place in range(4)
    ]


def test_the_expected_shares_of_an_attributes_values_sum_to_one():
    """Whatever the counts: 300 attributes at random, in every second place hardly anybody with a value."""
    rng = np.random.default_rng(2)

    def three(most: int, least: int = 0) -> Counts:
        few, many = rng.integers(0, 4, 3), rng.integers(0, most, 3)
        numbers = np.where(rng.random(3) < 0.5, few, many)
        numbers[rng.integers(3)] += least
        return dict(zip("abc", numbers.tolist(), strict=True))

    cases = [[three(200), three(300, least=100), three(500, least=10), three(2000)] for _ in range(300)]
    # So many other tickets that no attribute is new to the theme: it is expected as often as before.
    found = measure(of_attributes(cases), [600, 1000, 10**6, 10**6])
    sums = found.group_by("attribute").agg(
        sum=pl.col("share_expected").sum() / (pl.col("before").sum() / 1000)
    )
    # Half a ticket is added to each count, and moves as the others move.
    assert sums.filter(~pl.col("sum").is_between(0.95, 1.15)).is_empty()


def test_what_a_theme_has_always_been_about_and_what_is_new_to_all_share_what_there_is():
    """The others had neither before; 99 in 100 of the theme's tickets were E1, and 99 in 100 of theirs now are E2."""
    found = of_everybody(
        [{"E1": 30, "E2": 30}, {"E1": 99, "E3": 1}, {"E2": 990, "E1": 10}, {"E3": 1000}],
    )
    assert found["E1"]["is_new"]
    assert found["E1"]["share_expected"] == pytest.approx(0.5, abs=0.005)
    assert found["E2"]["share_expected"] == pytest.approx(0.5, abs=0.005)


def test_an_unchanged_mix_is_no_finding_however_often_others_have_the_attribute():
    """Sixty and forty of a hundred before, eighteen and twelve of thirty now; of the others 1 in 125 to 4 in 5."""
    cases = [
        [
            {"debit": 18, "credit": 12},
            {"debit": 60, "credit": 40},
            {"debit": others, "credit": others},
            {"debit": others_before, "credit": others_before},
        ]
        for others in (20, 100, 500, 2000)
        for others_before in (20, 50, 500, 1500, 5000)
    ]
    frame = compare(of_attributes(cases), [30, 100, 5000, 12500])
    assert frame["p_value"].min() > 0.5
    lifts = frame.filter(value="debit")["lift"].to_list()
    assert lifts == pytest.approx([1.0] * len(cases), abs=0.02)


def test_q_values_are_corrected_over_all_rises():
    """Benjamini-Hochberg of .01, .04 and .03: three tests, ranks 1, 3 and 2."""
    frames = [pl.DataFrame({"p_value": [0.01, 0.04]}), pl.DataFrame({"p_value": [0.03]})]
    first, second = corrected_together(frames)
    assert first["q_value"].to_list() == pytest.approx([0.03, 0.04])
    assert second["q_value"].to_list() == pytest.approx([0.04])


@pytest.mark.parametrize(("of_each", "named"), [(5, []), (40, ["payment"])])
def test_no_change_is_said_only_where_a_doubling_would_have_been_seen(of_each, named):
    """Four values, as often as ever: five tickets of each may well be half or twice what they should be."""
    found = compare(
        [counted(dict.fromkeys("abcd", n)) for n in (of_each, 50, 50, 500)], [4 * of_each, 200, 200, 2000]
    )
    assert no_change_by(found) == named
    assert no_change_by(found, besides=["payment"]) == []


def test_no_change_is_not_said_where_a_value_is_missing_and_all_others_share_its_tickets():
    """A quarter was to be expected of each of four; three have a third, which each alone may have by chance."""
    now, before = dict.fromkeys("abc", 20), dict.fromkeys("abcd", 500)
    frames = [counted(values) for values in (now, before, before, before)]
    found = compare(frames, [60, 2000, 2000, 2000])
    assert no_change_by(found) == []
    assert telling(found, 9).is_empty()


def test_no_change_is_not_said_of_what_a_told_value_determines():
    """Every ticket is on android, as ever; but that is where the new version is, with which they came."""

    def tickets(platform: str, version: str, number: int) -> pl.DataFrame:
        return pl.DataFrame({"platform": [platform] * number, "app_version": [version] * number})

    frames = [
        pl.concat([tickets("android", "3.1", 80), tickets("android", "3.0", 3)]),
        tickets("android", "3.0", 100),
        pl.concat([tickets("android", "3.1", 30), tickets("ios", "2.1", 70)]),
        pl.concat([tickets("android", "3.0", 300), tickets("ios", "2.0", 700)]),
    ]
    attributes = [("platform",), ("app_version",), ("platform", "app_version")]
    found = compare([segment_counts(frame, attributes) for frame in frames], [len(frame) for frame in frames])
    assert "3.1" in set(telling(found, 9)["value"])
    assert found.filter(pl.col("attribute_2").is_null(), value="android")["lift"].item() == pytest.approx(
        1.0, abs=0.02
    )
    assert no_change_by(found) == []
