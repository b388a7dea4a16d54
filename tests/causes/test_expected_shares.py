"""What a rise is compared with, on counts whose expected shares are worked out by hand."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.causes.expected_shares import compare, corrected_together, measure
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


@given(
    now=st.lists(st.integers(0, 200), min_size=3, max_size=3),
    before=st.lists(st.integers(20, 300), min_size=3, max_size=3),
    others=st.lists(st.integers(0, 500), min_size=3, max_size=3),
    others_before=st.lists(st.integers(0, 2000), min_size=3, max_size=3),
    without=st.tuples(*[st.integers(0, 500)] * 4),
)
@settings(max_examples=60, deadline=None)
def test_expected_shares_of_an_attribute_sum_to_one_at_most(now, before, others, others_before, without):
    places = [dict(zip("abc", numbers, strict=True)) for numbers in (now, before, others, others_before)]
    sizes = [sum(values.values()) + none for values, none in zip(places, without, strict=True)]
    found = measured(places, sizes)
    # Half a ticket is added to each of three counts.
    assert sum(row["share_expected"] for row in found.values()) <= 1 + 0.1


@given(
    others=st.integers(20, 2000),
    none_now=st.integers(0, 3000),
    others_before=st.integers(20, 5000),
    none_before=st.integers(0, 9000),
)
@settings(max_examples=60, deadline=None)
def test_an_unchanged_mix_is_no_finding_however_often_others_have_the_attribute(
    others, none_now, others_before, none_before
):
    """Sixty and forty of a hundred before, eighteen and twelve of thirty now."""
    places = [
        {"debit": 18, "credit": 12},
        {"debit": 60, "credit": 40},
        {"debit": others, "credit": others},
        {"debit": others_before, "credit": others_before},
    ]
    sizes = [30, 100, 2 * others + none_now, 2 * others_before + none_before]
    frame = compare([counted(values) for values in places], sizes)
    assert frame["q_value"].min() > 0.5
    assert frame.filter(value="debit")["lift"].item() == pytest.approx(1.0, abs=0.02)


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
