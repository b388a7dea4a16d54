"""What the report says of planted rises, decoys and hostile texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest

from models.causes.explain import explain_rises
from models.causes.placing import find_and_place
from tests.causes.conftest import RELEASED, START, WEEK_STARTS, arrivals, known_from, tickets

ANDROID = ("rel-a", "release", "App 3.1 on android", RELEASED, RELEASED, None, None)
IOS = ("rel-i", "release", "App 2.1 on ios", RELEASED, RELEASED, None, None)
SALE = (
    "sale",
    "campaign",
    "May sale",
    RELEASED - timedelta(hours=10),
    RELEASED + timedelta(days=3),
    "shop",
    None,
)


def test_a_fault_in_one_segment_is_found_with_its_hour_its_segment_and_its_release(with_fault):
    rises, segments, events = explain_rises(known_from(with_fault(), [ANDROID, IOS]))
    rise = rises.row(0, named=True)
    assert rises["theme_id"].to_list() == ["t3"]
    assert abs(rise["onset_at"] - RELEASED) < timedelta(hours=12)
    assert rise["is_ongoing"]
    assert rise["excess_low"] < 42 < rise["excess_high"]  # six a day
    over = segments.filter(verdict="over")
    assert {"3.1", "card"} <= set(over["value"]) | set(over["value_2"])
    assert events.filter("is_named")["event_id"].to_list() == ["rel-a"]


def test_a_release_at_the_same_hour_on_another_platform_is_not_named(with_fault):
    _, _, events = explain_rises(known_from(with_fault(), [IOS]))
    assert not events["is_named"].any()


def test_a_campaign_that_brought_nobody_is_not_named(with_fault):
    _, _, events = explain_rises(known_from(with_fault(), [SALE]))
    assert not events["is_named"].any()


def test_a_campaign_that_lifts_every_theme_is_named(quiet, rng):
    begin = SALE[3]
    more = [
        tickets(theme, arrivals(4.0, begin, begin + timedelta(days=3), rng), rng)
        for theme in quiet["theme_id"].unique().sort()
    ]
    _, _, events = explain_rises(known_from(pl.concat([quiet, *more]), [SALE, ANDROID]))
    assert events.filter("is_named")["event_id"].unique().to_list() == ["sale"]


def test_a_wave_that_lifts_another_line_is_not_named(with_fault, rng):
    """The fault is in the shop; accounts are taken over at the same hour."""
    stolen = arrivals(60.0, RELEASED, RELEASED + timedelta(days=4), rng)
    accounts = tickets("stolen", stolen, rng, business_line="accounts")
    before = tickets("stolen", arrivals(2.0, START, RELEASED, rng), rng, business_line="accounts")
    wave = (
        "wave",
        "ato_wave",
        "Account takeover wave",
        RELEASED,
        RELEASED + timedelta(days=4),
        "accounts",
        None,
    )
    _, _, events = explain_rises(known_from(pl.concat([with_fault(), accounts, before]), [wave]))
    assert not events.filter(theme_id="t3")["is_named"].any()


def test_what_began_after_the_rise_is_not_listed(with_fault):
    later = RELEASED + timedelta(days=3)
    event = ("late", "release", "App 3.1 on android", later, later, None, None)
    _, _, events = explain_rises(known_from(with_fault(rate=12.0), [event]))
    assert events.is_empty()


def test_the_newest_version_is_no_finding_where_every_theme_has_it(with_fault):
    """A fault on the website alone says nothing about the app's version."""
    frame = with_fault(platform="web", app_version=None, region="Europe")
    _, segments, _ = explain_rises(known_from(frame, [ANDROID]))
    assert "app_version" not in set(segments.filter(verdict="over")["attribute"])


def test_a_second_theme_of_the_same_fault_does_not_hide_whom_it_hits(with_fault, rng):
    """Nor is it told as what everybody has: both are compared with the themes that did not rise."""
    alone = with_fault()
    times = arrivals(6.0, RELEASED, WEEK_STARTS + timedelta(weeks=1), rng)
    hit = {"platform": "android", "app_version": "3.1", "payment_method": "card"}
    frames = (alone, pl.concat([alone, tickets("t5", times, rng, **hit)]))
    rises = [find_and_place(known_from(frame)) for frame in frames]
    assert [[rise.theme_id for rise in found] for found in rises] == [["t3"], ["t3", "t5"]]
    lifts = [
        found[0].segments.filter(value="card", value_2="3.1").select("lift", "lift_low").row(0)
        for found in rises
    ]
    assert lifts[1] == pytest.approx(lifts[0], rel=0.2)


def test_what_did_not_change_is_said(with_fault):
    _, segments, _ = explain_rises(known_from(with_fault(rate=40.0)))
    assert {"user_type", "region"} <= set(segments.filter(verdict="unchanged")["attribute"])


def test_what_the_named_release_concerns_is_not_said_not_to_have_changed(quiet, rng):
    """The theme's tickets were all from android before, too: that is no reason to look elsewhere."""
    end = WEEK_STARTS + timedelta(weeks=1)
    old = tickets("t9", arrivals(10 / 7, START, RELEASED, rng), rng, platform="android", app_version="3.0")
    hit = tickets("t9", arrivals(12.0, RELEASED, end, rng), rng, platform="android", app_version="3.1")
    rises, _, events = explain_rises(known_from(pl.concat([quiet, old, hit]), [ANDROID]))
    rise = rises.filter(theme_id="t9").row(0, named=True)
    assert events.filter("is_named", theme_id="t9")["event_id"].to_list() == ["rel-a"]
    assert "region" in rise["no_change_by"]
    assert not {"platform", "app_version"} & set(rise["no_change_by"].split(", "))


def test_only_what_was_tested_and_did_not_change_is_told_as_no_change(with_fault):
    """Chats fall to nearly none, so that nothing but e-mail stands out; nobody has an error code to go by."""
    rises, _, _ = explain_rises(known_from(with_fault(rate=40.0, channel="email")))
    told = str(rises["no_change_by"][0]).split(", ")
    assert {"user_type", "region"} <= set(told)
    assert not {"channel", "platform", "payment_method", "error_code"} & set(told)


def test_nothing_rises_in_a_quiet_week(quiet):
    rises, segments, events = explain_rises(known_from(quiet, [ANDROID, IOS, SALE]))
    assert (rises.height, segments.height, events.height) == (0, 0, 0)


@pytest.mark.parametrize("days", [2, 6])
def test_the_parts_of_a_rise_sum_to_it_also_where_it_is_over_before_the_week_is(quiet, rng, days):
    """As many orders as ever, so that nothing is customers: two days of a burst are told as its week."""
    end = WEEK_STARTS + timedelta(weeks=1)
    begin = WEEK_STARTS + timedelta(days=1, hours=9)
    burst = tickets("t3", arrivals(15.0, begin, min(begin + timedelta(days=days), end), rng), rng)
    known = replace(known_from(pl.concat([quiet, burst])), exposure=_orders(10_000.0))
    rise = explain_rises(known)[0].row(0, named=True)
    assert (rise["theme_id"], rise["is_ongoing"]) == ("t3", days == 6)
    parts = [rise[name] for name in ("from_customers", "from_rate", "from_mix")]
    assert parts == pytest.approx([0, rise["excess"], 0], abs=1e-9)


def _orders(a_day: float) -> pl.DataFrame:
    days = pl.date_range(START.date(), WEEK_STARTS.date() + timedelta(weeks=1), eager=True)
    regions = pl.DataFrame({"region": ["Europe", "America"]})
    users = pl.DataFrame({"user_type": ["buyer", "seller"]})
    cells = pl.DataFrame({"date": days}).join(regions, how="cross").join(users, how="cross")
    return cells.with_columns(business_line=pl.lit("shop"), measure=pl.lit("orders"), value=pl.lit(a_day))


def test_one_text_sent_by_many_accounts_moves_nothing(quiet, rng):
    times = arrivals(250.0, WEEK_STARTS + timedelta(days=1), WEEK_STARTS + timedelta(days=3), rng)
    copies = tickets("t2", times, rng)
    rises, _, _ = explain_rises(known_from(quiet, copies=copies))
    assert rises.is_empty()


def test_copies_are_counted_apart_from_victims(with_fault, rng):
    copies = tickets(
        "t3", arrivals(50.0, RELEASED + timedelta(days=1), RELEASED + timedelta(days=2), rng), rng
    )
    rise = explain_rises(known_from(with_fault(), copies=copies))[0].row(0, named=True)
    assert rise["copies"] == copies.height
    assert rise["template_tickets"] == copies.height  # each from an account of its own
    assert rise["tickets_week"] < copies.height


@pytest.mark.parametrize(("number", "is_long", "templates"), [(20, True, 20), (19, True, 0), (20, False, 0)])
def test_only_a_long_text_sent_often_is_a_template(with_fault, rng, number, is_long, templates):
    """Many people write "where is my refund" by themselves."""
    copies = tickets("t3", [WEEK_STARTS + timedelta(days=3, hours=n) for n in range(number)], rng)
    known = known_from(with_fault(), copies=copies, is_long=is_long)
    rise = explain_rises(known)[0].row(0, named=True)
    assert (rise["copies"], rise["template_tickets"]) == (number, templates)


def test_a_fault_that_hides_in_a_large_theme_is_found_in_its_segment(quiet, rng):
    """Thirty tickets in a theme of a thousand a week are within its usual range."""
    end = WEEK_STARTS + timedelta(weeks=1)
    large = tickets("big", arrivals(1000 / 7, START, end, rng), rng)
    fault = tickets("big", arrivals(5.0, end - timedelta(days=6), end, rng), rng, error_code="E-77")
    rises, segments, _ = explain_rises(known_from(pl.concat([quiet, large, fault])))
    assert rises.filter(theme_id="big")["kind"].to_list() == ["segment"]
    assert segments.filter(theme_id="big", verdict="over")["value"][0] == "E-77"


@pytest.mark.parametrize("weeks", [8, 10, 20])
def test_a_short_history_is_no_history_of_nothing(quiet, rng, weeks):
    """Twenty tickets a week since the data began, sixty in the last one: forty on top, and they are new."""
    since = WEEK_STARTS - timedelta(weeks=weeks)
    usual = [since + n * timedelta(weeks=1) / 20 for n in range(20 * weeks)]
    now = [WEEK_STARTS + n * timedelta(weeks=1) / 60 for n in range(60)]
    theme = tickets("t9", usual + now, rng)
    frame = pl.concat([quiet.filter(pl.col("created_at") >= since), theme])
    rise = explain_rises(known_from(frame, since=since))[0].row(
        by_predicate=pl.col("theme_id") == "t9", named=True
    )
    assert rise["rise_tickets"] == pytest.approx(40, abs=4)
    assert rise["excess_low"] < 40 < rise["excess_high"]
    assert abs(rise["onset_at"] - WEEK_STARTS) < timedelta(days=3)


def test_a_rise_is_as_clear_as_it_is_large_and_beyond_chance(quiet, rng):
    """Every theme evenly: so many a week, and in the last one."""
    counts = {"few": (2, 11), "large": (20, 45), "clear": (4, 40)}

    def evenly(usual: int, now: int) -> list[datetime]:
        before = [START + n * timedelta(weeks=1) / usual for n in range(27 * usual)]
        return before + [WEEK_STARTS + n * timedelta(weeks=1) / now for n in range(now)]

    themes = [tickets(theme, evenly(*numbers), rng) for theme, numbers in counts.items()]
    rises = explain_rises(known_from(pl.concat([quiet, *themes])))[0]
    # Nine on top are few; 25 are more than twenty, but not six times the root of twenty.
    assert dict(rises.select("theme_id", "confidence").iter_rows()) == {
        "few": "weak",
        "large": "fair",
        "clear": "strong",
    }
    assert rises.sort("rank")["theme_id"].to_list() == ["clear", "large", "few"]


def test_weeks_without_a_ticket_before_a_rise_count_as_such(quiet, rng):
    """A theme that was over half a year ago is expected to have next to nothing."""
    long_ago = tickets("t9", arrivals(3.0, START + timedelta(weeks=1), START + timedelta(weeks=4), rng), rng)
    again = tickets("t9", arrivals(5.0, WEEK_STARTS, WEEK_STARTS + timedelta(weeks=1), rng), rng)
    rise = explain_rises(known_from(pl.concat([quiet, long_ago, again])))[0].row(0, named=True)
    assert rise["rise_tickets"] >= again.height - 3


def test_the_same_tickets_in_another_order_give_the_same_report(with_fault):
    known = known_from(with_fault(), [ANDROID, IOS])
    shuffled = known.tickets.sample(fraction=1.0, shuffle=True, seed=3)
    first, second = explain_rises(known), explain_rises(type(known)(**{**vars(known), "tickets": shuffled}))
    for one, other in zip(first, second, strict=True):
        assert one.equals(other)


@pytest.mark.parametrize("minute", [0, 10, 58])
def test_a_burst_of_minutes_has_all_of_its_tickets(quiet, rng, minute):
    """Thirty tickets within five minutes, in one hour or in two."""
    begin = RELEASED + timedelta(minutes=minute)
    times = [begin + n * timedelta(seconds=10) for n in range(30)]
    rise = explain_rises(known_from(pl.concat([quiet, tickets("t3", times, rng)])))[0].row(0, named=True)
    assert (rise["theme_id"], rise["is_ongoing"]) == ("t3", False)
    assert rise["onset_at"] <= times[0] < times[-1] <= rise["ended_at"]
    assert rise["rise_tickets"] == pytest.approx(30, abs=1)


def test_what_began_an_hour_ago_is_not_told_as_if_it_went_on_for_a_week(quiet, rng):
    """Nineteen tickets in the week's last hour are 133 a week at most, not three thousand."""
    end = WEEK_STARTS + timedelta(weeks=1)
    times = [end - n * timedelta(minutes=3) for n in range(1, 20)]
    rise = explain_rises(known_from(pl.concat([quiet, tickets("t3", times, rng)])))[0].row(0, named=True)
    assert rise["is_ongoing"]
    assert 100 < rise["excess"] <= 133


@pytest.mark.parametrize("hour", [datetime(2026, 5, 10, 20), datetime(2026, 5, 4, 1)])
def test_a_rise_at_the_very_edge_of_the_week_is_placed_without_error(with_fault, hour):
    rises, _, _ = explain_rises(known_from(with_fault(since=hour, rate=60.0)))
    assert abs(rises["onset_at"][0] - hour) < timedelta(hours=12)
