"""Numbers, ranges and dates as a reader sees them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from assets.reports import wording
from assets.reports.pages import action_words, rise_words


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("count", 4811.6, "4,812"),
        ("count", -0.4, "0"),
        ("number", 0.0, "0"),
        ("number", 3.14, "3.1"),
        ("number", 9.97, "10"),
        ("signed", 374, "+374"),
        ("signed", -12, "−12"),
        ("share", 0.71, "71 %"),
        ("share", 0.057, "5.7 %"),
        ("share", -0.0001, "0 %"),
        ("share", 0.9983, "99.8 %"),
        ("share", 0.9997, "99.9 %"),
        ("share", 1.0, "100 %"),
        ("minutes", 42, "42 min"),
        ("minutes", 186, "3.1 h"),
        ("minutes", 3456, "2.4 days"),
        ("name", "debit_card", "debit card"),
        ("name", "Android_34 <b>", "Android_34 <b>"),
        ("day", date(2026, 11, 9), "9 Nov"),
        ("count", None, "–"),
    ],
)
def test_a_value_of_a_unit_in_words(unit, value, words):
    assert _plain(wording.show(unit, value)) == words


@pytest.mark.parametrize(
    ("unit", "low", "high", "words"),
    [
        ("minutes", 0, 252, "0 to 4.2 h"),
        ("minutes", 94, 252, "94 min to 4.2 h"),
        ("share", 0.49, 0.85, "49 to 85 %"),
        ("count", 4, 4.2, "4"),
        ("count", None, 3, "–"),
    ],
)
def test_a_range_names_its_unit_once(unit, low, high, words):
    assert _plain(wording.between(unit, low, high)) == words


def test_a_moment_is_in_the_readers_zone():
    assert wording.moment(datetime(2026, 7, 1, 23, 30), "Asia/Tokyo") == "2 Jul 08:30"


@pytest.mark.parametrize(
    ("monday", "words"),
    [
        (date(2026, 11, 9), "9 to 15 November 2026"),
        (date(2026, 11, 30), "30 November to 6 December 2026"),
        (date(2026, 12, 28), "28 December 2026 to 3 January 2027"),
    ],
)
def test_a_week_is_named_by_its_first_and_last_day(monday, words):
    assert wording.week(monday) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.52, -0.28, "likely 28 to 52 % fewer"),
        (-0.3, 0.25, "likely between 30 % fewer and 25 % more"),
        (0.1, float("inf"), "likely 10 % more at least; how much more cannot be told"),
    ],
)
def test_a_change_is_told_with_its_interval(low, high, words):
    row = {"verdict": "worked", "change": low, "change_low": low, "change_high": high}
    assert words in _plain(action_words.verdict(row | {"weeks_before": 8, "weeks_after": 4}))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {
                "metric": "handle_minutes",
                "effect": -2.1,
                "effect_low": -3.4,
                "effect_high": -0.8,
                "before": 12.0,
            },
            "Worked: handle time −2.1 min (−3.4 to −0.8 min), measured against region GB; it was 12 min "
            "(difference in differences; 4 weeks since, 8 weeks before).",
        ),
        (
            {"metric": "csat", "effect": 0.032, "effect_low": 0.01, "effect_high": 0.054, "before": 0.8},
            "Worked: CSAT +3.2 points (+1.0 to +5.4 points), measured against region GB; it was 80 %",
        ),
        ({"metric": "csat", "effect": None}, "Worked: too few tickets with a CSAT to compare"),
    ],
)
def test_an_action_is_judged_in_the_unit_of_what_it_should_move(told, words):
    row = {"verdict": "worked", "method": "difference in differences", "control": "region GB", "change": None}
    row |= {"weeks_before": 8, "weeks_after": 4}
    assert _plain(action_words.verdict(row | told)).startswith(words)


def test_an_action_on_what_is_not_followed_is_not_measured():
    row = {"verdict": "not measured", "metric": "revenue", "weeks_after": 0, "weeks_before": 0}
    assert action_words.verdict(row) == "Not measured: revenue is no metric that actions are judged by."


@pytest.mark.parametrize(
    ("hours", "low", "high", "words"),
    [
        (2.4, 0, 5, "Starts 2 h after “X”"),
        (-5, -7, -2, "Starts 5 h before “X”"),
        (0.5, -2, 3, "Starts within the hour of “X”"),
        (100, 98, 103, "Starts 4 days after “X”"),
        (4, -13, 10, "Starts about the time of “X”"),  # its begin may be 13 h before the event
        (12, 3, 26, "Starts 3 to 26 h after “X”"),
        (12, 0.2, 26, "Starts up to 26 h after “X”"),
        (60, 30, 100, "Starts 1 to 4 days after “X”"),
        (4, None, None, "Starts about the time of “X”"),
    ],
)
def test_a_coincidence_is_told_by_its_distance_no_more_exact_than_the_begin_is_known(hours, low, high, words):
    start = datetime(2026, 11, 11, 12)
    row = {"name": "X", "kind": "release", "starts_at": start, "hours_before_onset": hours}
    ends = zip(("onset_low", "onset_high"), (low, high), strict=True)
    rise = {name: None if hour is None else start + timedelta(hours=hour) for name, hour in ends}
    told = rise_words.event(row | {"segment_match": 0.9, "shared_segment": None}, rise)
    assert told == f"{words} (release)."


def test_more_customers_are_told_apart_from_customers_who_write_more_often():
    row = {
        "rate_measure": "logins",
        "from_customers": 30.0,
        "from_rate": 28.0,
        "from_mix": -2.0,
        "excess": 56.0,
    }
    words = rise_words.where_from(row)
    assert "Of the change of 56 a week, 30 come from more logins, 28 because" in words
    assert "28 because customers write more often and −2 from another mix of customers." in words
    assert rise_words.where_from(row | {"from_mix": None}) == ""
