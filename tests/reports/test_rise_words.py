"""The sentences of a rise's card, each on a row of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from assets.reports.pages import rise_words
from assets.reports.pages.rise_cards import action_name

ONSET = datetime(2026, 11, 11, 14)
HOUR = timedelta(hours=1)


def rise(**changed: object) -> dict[str, object]:
    return {
        "kind": "risen",
        "onset_at": ONSET,
        "onset_low": ONSET - 2 * HOUR,
        "onset_high": ONSET + 2 * HOUR,
        "is_ongoing": True,
        "ended_at": None,
        "excess": 60.0,
        "excess_low": 48.0,
        "excess_high": 75.0,
        "rise_tickets": 150,
        "rate_measure": "orders",
        "from_customers": None,
        "from_rate": None,
        "from_mix": None,
    } | changed


def event(hours_before: float = 2.0, **changed: object) -> dict[str, object]:
    return {
        "name": "App 34.2",
        "kind": "release",
        "starts_at": ONSET - hours_before * HOUR,
        "hours_before_onset": hours_before,
        "segment_match": 0.95,
        "shared_segment": "platform: android, app_version: 34.2",
    } | changed


@pytest.mark.parametrize(
    ("hours_before", "about", "told"),
    [
        (2.0, 2, "2 h after"),
        (-2.0, 2, "2 h before"),
        (0.5, 2, "within the hour of"),
        (2.0, 12, "about the time of"),  # it may have begun before the event
        (26.0, 12, "14 to 38 h after"),
        (12.2, 12, "up to 24 h after"),
        (96.0, 12, "4 days after"),  # 84 to 108 hours
    ],
)
def test_how_long_after_an_event_a_rise_began_is_told_as_exactly_as_it_is_known(hours_before, about, told):
    known = rise(onset_low=ONSET - about * HOUR, onset_high=ONSET + about * HOUR)
    assert rise_words.event_in_short(event(hours_before), known) == f"{told} “App 34.2”"


@pytest.mark.parametrize(
    ("match", "told"),
    [
        (0.95, ", nearly only among those it concerns (platform: android, app version: 34.2)."),
        (0.6, ", mostly among those it concerns (platform: android, app version: 34.2)."),
        (
            0.2,
            ", but those it concerns (platform: android, app version: 34.2) are a poor match for those who write.",
        ),
    ],
)
def test_whether_those_who_write_are_those_an_event_concerns_is_told(match, told):
    text = rise_words.event(event(segment_match=match), rise())
    assert text == f"Starts 2 h after “App 34.2” (release){told}"


def test_nobody_is_named_where_an_event_concerns_everybody_or_nobody_of_them_writes():
    everybody = event(segment_match=0.7, shared_segment=None)
    assert rise_words.event(everybody, rise()) == "Starts 2 h after “App 34.2” (release)."
    nobody = rise_words.event(event(segment_match=0.0, shared_segment=None), rise())
    assert nobody.endswith(", but those it concerns are a poor match for those who write.")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"shared_segment": None}, "tickets rose as well where it did not reach or the rise went on where it was"),
        ({}, "tickets from other app versions rose as well or the rise went on where it was taken back"),
        ({"kind": "campaign", "shared_segment": "region: SG"}, "(other than region: SG) or the rise went on long after"),
    ],
)  # fmt: skip
def test_what_would_speak_against_an_event_is_told(changed, told):
    assert told in rise_words.against(event(**changed))


def test_a_burst_that_is_over_is_told_from_its_begin_to_its_end():
    over = rise(is_ongoing=False, ended_at=ONSET + 30 * HOUR)
    amount, rest = rise_words.headline(over, "UTC", near="2 h after “App 34.2”")
    assert amount == "60 tickets a week"
    assert rest == "more than usual (48 to 75) from 11 Nov 14:00 to 12 Nov 20:00, 2 h after “App 34.2”"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            (40.0, 20.0, 0.2),
            "Of the change of 60 a week, 40 come from more orders and 20 because customers write more often.",
        ),
        (
            (-9.0, 70.0, -1.0),
            "Of the change of 60 a week, −9 come from fewer orders, 70 because customers write more often and −1 from "
            "another mix of customers.",
        ),
        (
            (70.0, -10.0, 0.0),
            "Of the change of 60 a week, 70 come from more orders and −10 because customers write less often.",
        ),
        (
            (1.0, 58.0, 1.0),
            "Not because there were more orders: the same customers write more often. Of the change of 60 a week, "
            "1 comes from more orders and 1 from another mix of customers.",
        ),
    ],
)
def test_where_a_rise_comes_from_is_told_with_its_direction(parts, told):
    names = ("from_customers", "from_rate", "from_mix")
    assert rise_words.where_from(rise(**dict(zip(names, parts, strict=True)))) == told


def test_a_team_keeps_its_name():
    told = action_name({"name": "Retry", "action_id": "a", "kind": "fix", "team": "Trust and Safety"})
    assert told == "Retry (fix, Trust and Safety)"


@pytest.mark.parametrize(
    ("before", "after", "since", "between"),
    [
        (2, 2, "11 Nov 14:00", "It began between 11 Nov 12:00 and 11 Nov 16:00."),
        (24, 24, "11 Nov 14:00", "It began between 10 Nov 14:00 and 12 Nov 14:00."),
        (24, 25, "about 11 Nov", "It began between 10 Nov and 12 Nov."),
    ],
)
def test_a_begin_is_told_to_the_hour_where_it_is_known_to_two_days(before, after, since, between):
    row = rise(onset_low=ONSET - before * HOUR, onset_high=ONSET + after * HOUR)
    assert (rise_words.since(row, "UTC"), rise_words.since_between(row, "UTC")) == (since, between)


def test_a_begin_that_is_not_known_is_not_told():
    row = rise(onset_at=None, onset_low=None, onset_high=None)
    assert (rise_words.since(row, "UTC"), rise_words.since_between(row, "UTC")) == ("", "")
    assert rise_words.headline(row, "UTC")[1] == "more than usual (48 to 75)"
