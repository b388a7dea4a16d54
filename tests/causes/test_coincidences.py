"""How well events of the calendar match a rise, in time and in whom they concern."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import exp

import numpy as np
import polars as pl
import pytest

from models.causes.coincidences import coincidences, event_segments
from models.causes.compared import Compared, Onset
from tests.causes.conftest import CALENDAR

ONSET = datetime(2026, 5, 5, 10)
HOUR = timedelta(hours=1)
EXACT = Onset(ONSET, ONSET, ONSET, np.array([0.0]), np.array([1.0]))
ANDROID = {"platform": "android"}


def people(android: int, ios: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"platform": ["android"] * android + ["ios"] * ios, "business_line": "shop"},
        schema={"platform": pl.String, "business_line": pl.String},
    )


# Thirty on top of ten, all of them on android; of the others as many as ever.
FAULT = Compared(
    rise=people(35, 5),
    before=people(130, 130),
    others_now=people(50, 50),
    others_before=people(1300, 1300),
    all_now=people(50, 50),
    all_before=people(1300, 1300),
    weeks_now=1.0,
    weeks_before=26.0,
    excess_share=0.75,
)


def calendar(*events: tuple[str, str, datetime]) -> pl.DataFrame:
    """event_id, kind and begin of each."""
    rows = [(name, kind, name, begin, None, None, None) for name, kind, begin in events]
    return pl.DataFrame(rows, schema=CALENDAR, orient="row")


def match(
    kind: str = "release",
    hours_before: float = 0.0,
    concerned: dict[str, str] | None = None,
    onset: Onset = EXACT,
    compared: Compared = FAULT,
    from_customers: float = 0.0,
) -> dict[str, object]:
    """The only event's row; empty where it is not listed."""
    events = calendar(("e", kind, ONSET - hours_before * HOUR))
    concerns = {"e": ANDROID if concerned is None else concerned}
    found = coincidences(events, concerns, onset, compared, from_customers)
    return found.row(0, named=True) if found.height else {}


@pytest.mark.parametrize(
    ("hours_before", "timing"), [(0, 1), (48, 0.5), (96, 0.25), (-0.5, 1), (-1.5, None), (169, None)]
)
def test_an_event_matches_half_as_well_for_every_two_days_before_the_onset(hours_before, timing):
    """Clocks are right to the hour; what began later is not listed, nor what began more than a week before."""
    late = replace(EXACT, high=ONSET + HOUR)
    assert match(hours_before=hours_before, onset=late).get("timing_match") == (
        None if timing is None else pytest.approx(timing)
    )


def test_an_onset_that_is_not_known_matches_as_well_as_it_does_on_average():
    """As likely at the event as two days after it, and as likely ten hours before it, which it does not explain."""
    hours = np.array([-10.0, 0.0, 48.0])
    onset = Onset(ONSET, ONSET - 10 * HOUR, ONSET + 48 * HOUR, hours, np.array([0.25, 0.25, 0.5]))
    assert match(onset=onset)["timing_match"] == pytest.approx(0.25 * 0 + 0.25 * 1 + 0.5 * 0.5)


def test_the_share_of_the_rise_among_those_it_concerns_is_the_match():
    """35 of 40 are on android and half of the ten expected: 30 of the 30 on top."""
    found = match()
    assert found["segment_match"] == pytest.approx(1.0, abs=0.01)
    assert found["shared_segment"] == "platform: android"
    assert found["is_named"]


def test_no_more_of_those_it_concerns_than_expected_is_a_quarter_of_the_match():
    even = replace(FAULT, rise=people(20, 20))
    assert match(compared=even)["segment_match"] == pytest.approx(0.5 * 0.25, abs=0.01)


@pytest.mark.parametrize(("hours_before", "is_named"), [(60, True), (66, False)])
def test_an_event_is_named_from_a_score_of_two_fifths_on(hours_before, is_named):
    """Of an hour's match of 1, 0.42 and 0.39 are left."""
    found = match(hours_before=hours_before)
    assert (found["is_named"], found["hours_before_onset"]) == (is_named, hours_before)


def test_none_of_those_it_concerns_is_no_match_and_nothing_is_shared():
    found = match(concerned={"platform": "ios"}, compared=replace(FAULT, rise=people(40, 0)))
    assert (found["segment_match"], found["shared_segment"], found["is_named"]) == (0, None, False)


@pytest.mark.parametrize(
    ("kind", "score"), [("release", 1), ("incident", 1), ("sop_change", 0.7), ("training", 0.4)]
)
def test_some_kinds_of_events_bring_problems_more_readily(kind, score):
    assert match(kind)["score"] == pytest.approx(score, abs=0.01)


def test_what_nearly_all_tickets_of_the_theme_have_says_nothing_and_the_rest_of_the_event_does():
    """Every ticket is of the shop: a release of the shop on android is judged by android alone."""
    assert match(concerned={"business_line": "shop", **ANDROID})["shared_segment"] == "platform: android"


@pytest.mark.parametrize(
    ("now", "from_customers", "told"),
    [
        (100, 0.0, 0.0),  # as many others as ever
        (400, 0.0, 1.0),  # four times as many of them, too
        (100, 0.6, 0.6),  # more customers explain it
    ],
)
def test_what_brings_people_matches_where_all_problems_rose_or_more_customers_explain_it(
    now, from_customers, told
):
    even = replace(FAULT, rise=people(20, 20), all_now=people(now // 2, now // 2))
    found = match("campaign", concerned={}, compared=even, from_customers=from_customers)
    assert found["segment_match"] == pytest.approx(told, abs=0.01)


def test_how_far_the_others_rose_counts_as_far_as_it_is_sure():
    """From a hundred a week to 160: surely a third more. Half more is all there can be."""
    even = replace(FAULT, rise=people(20, 20), all_now=people(80, 80))
    surely = 1.6 * exp(-1.96 * (1 / 160 + 1 / 2600) ** 0.5)
    found = match("campaign", concerned={}, compared=even)
    assert found["segment_match"] == pytest.approx((surely - 1) / 0.5, rel=1e-3)


def test_a_segment_with_a_smaller_part_of_the_rise_does_not_make_it_one_of_that_segment():
    """Clearly more on android than before, but no more than half of those on top."""
    some = replace(
        FAULT, rise=people(45, 55), before=people(26, 234), others_before=people(130, 1170), excess_share=0.9
    )
    everybody = replace(some, others_now=people(10, 90), all_now=people(400, 400))
    assert match("campaign", concerned={}, compared=everybody)["segment_match"] == pytest.approx(1.0)


def test_a_rise_in_one_segment_is_hardly_one_of_all_whom_a_campaign_brings():
    everybody = replace(FAULT, all_now=people(400, 400))
    assert match("campaign", concerned={}, compared=everybody)["segment_match"] == pytest.approx(0.3)
    concerned = match("campaign", concerned=ANDROID, compared=everybody)
    assert concerned["segment_match"] == pytest.approx(35 / 40)  # those of the rise whom it concerns


def test_a_handful_of_others_does_not_tell_that_they_rose():
    few = replace(FAULT, rise=people(20, 20), all_now=people(2, 2), all_before=people(3, 2))
    assert match("campaign", concerned={}, compared=few)["segment_match"] == 0


def test_the_best_match_is_first_and_named_and_five_are_listed():
    names = [("release", n) for n in range(5)] + [("training", 0), ("release", 30)]
    events = calendar(*((f"{kind} {n}", kind, ONSET - n * HOUR) for kind, n in names))
    found = coincidences(events, dict.fromkeys(events["event_id"], ANDROID), EXACT, FAULT, 0.0)
    assert found["event_id"].to_list() == [f"release {n}" for n in range(5)]
    assert found["rank"].to_list() == [1, 2, 3, 4, 5]
    assert found["is_named"].to_list() == [True] + 4 * [False]


def test_an_event_concerns_what_its_name_mentions_and_its_line_and_region():
    tickets = pl.DataFrame(
        {
            "platform": ["android", "ios", None],
            "app_version": ["34.2", "34", "other"],
            "payment_method": ["credit_card", None, None],
        }
    )
    names = ("App 34.2 on Android", "Credit card fees", "Android-like other news", None)
    rows = [(str(n), "release", name, ONSET, None, "shop", None) for n, name in enumerate(names)]
    found = event_segments(pl.DataFrame(rows, schema=CALENDAR, orient="row"), tickets)
    assert found["0"] == {"business_line": "shop", "platform": "android", "app_version": "34.2"}
    assert found["1"] == {"business_line": "shop", "payment_method": "credit_card"}
    assert found["2"] == {"business_line": "shop", "platform": "android"}
    assert found["3"] == {"business_line": "shop"}
