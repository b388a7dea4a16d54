"""What a rise has cost, on a handful of tickets."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from models.causes.impact import impact, wilson

ONSET = datetime(2026, 5, 5)
UNTIL = datetime(2026, 5, 11)
RISES = pl.DataFrame({"theme_id": ["t1"], "onset_at": [ONSET], "until": [UNTIL], "rise_tickets": [3]})


def ticket(theme: str = "t1", day: float = 1, **changed: object) -> dict[str, object]:
    return {
        "theme_id": theme,
        "created_at": ONSET + timedelta(days=day),
        "business_line": "shop",
        "user_type": "buyer",
        "channel": "chat",
        "handle_minutes": 10.0,
        "csat_score": None,
        "sla_breached": None,
        "sla_breach_minutes": None,
        "requester_key": f"r{day}{theme}",
        "wrote_again": False,
    } | changed


def cost_of(rows: list[dict[str, object]], hour_cost: float | None = 30.0) -> dict:
    types = {
        "csat_score": pl.String,
        "sla_breached": pl.Boolean,
        "sla_breach_minutes": pl.Float64,
        "handle_minutes": pl.Float64,
        "requester_key": pl.String,
        "wrote_again": pl.Boolean,
    }
    return impact(RISES, pl.DataFrame(rows, schema_overrides=types), hour_cost).row(0, named=True)


def test_only_the_part_that_came_on_top_costs():
    """Four tickets of 10 minutes since the onset, three of them on top; one from before counts nothing."""
    figures = cost_of([ticket(day=day) for day in (-1, 1, 2, 3, 4)])
    assert (figures["tickets"], figures["handle_minutes"], figures["handle_minutes_excess"]) == (4, 40, 30)
    assert figures["cost"] == pytest.approx(15)


def test_without_an_hourly_cost_there_is_none():
    assert cost_of([ticket()], hour_cost=None)["cost"] is None


def test_ratings_are_compared_with_like_tickets_only():
    """The others: chat 4 of 4 good, e-mail 0 of 4 good. The rise has chats only, half of them good."""
    own = [ticket(day=day, csat_score=score) for day, score in enumerate(["good", "bad", "good", "bad"])]
    chats = [ticket("t2", day, csat_score="good") for day in range(4)]
    mails = [ticket("t2", day, csat_score="bad", channel="email") for day in range(4)]
    figures = cost_of([*own, *chats, *mails])
    assert (figures["rated"], figures["csat"], figures["csat_matched"]) == (4, 0.5, 1.0)
    assert figures["csat_points"] == pytest.approx(-50)
    low, high = wilson(0.5, 4)[1:]
    matched_low = wilson(1.0, 4)[1]
    assert figures["csat_points_low"] == pytest.approx(-50 - 100 * (0.5 - low))
    assert figures["csat_points_high"] == pytest.approx(
        -50 + 100 * ((high - 0.5) ** 2 + (1 - matched_low) ** 2) ** 0.5
    )


def test_points_are_of_the_ratings_that_have_a_match():
    """Buyers all good, against three in four of others' buyers; sellers all bad, and nobody else's were rated."""
    buyers = [ticket(day=day, csat_score="good") for day in range(4)]
    sellers = [ticket(day=day, csat_score="bad", user_type="seller") for day in range(4)]
    others = [ticket("t2", day, csat_score="bad" if day == 3 else "good") for day in range(4)]
    figures = cost_of([*buyers, *sellers, *others])
    assert (figures["rated"], figures["csat"], figures["rated_matched"]) == (8, 0.5, 4)
    assert (figures["csat_matched"], figures["csat_points"]) == (0.75, pytest.approx(25))
    assert figures["csat_points_low"] < 25 < figures["csat_points_high"]


def test_no_points_are_told_where_under_half_of_the_ratings_have_a_match():
    buyer = ticket(csat_score="good")
    sellers = [ticket(day=day, csat_score="bad", user_type="seller") for day in range(2)]
    figures = cost_of([buyer, *sellers, ticket("t2", csat_score="good")])
    assert (figures["rated"], figures["csat"]) == (3, pytest.approx(1 / 3))
    assert all(figures[name] is None for name in ("rated_matched", "csat_matched", "csat_points"))


def test_what_is_not_known_of_both_is_alike():
    figures = cost_of([ticket(theme, csat_score="good", user_type=None) for theme in ("t1", "t2")])
    assert (figures["rated_matched"], figures["csat_points"]) == (1, 0)


def test_targets_count_only_where_they_are_known():
    broken = {"sla_breached": True, "sla_breach_minutes": 90.0}
    kept = {"sla_breached": False, "sla_breach_minutes": 0.0}
    figures = cost_of([ticket(**broken), ticket(day=2, **kept), ticket(day=3)])
    assert (figures["sla_breached"], figures["sla_known"], figures["sla_breach_minutes"]) == (1, 2, 90)
    unknown = cost_of([ticket()])
    assert (unknown["sla_known"], unknown["sla_breach_minutes"]) == (None, None)


def test_people_count_once_however_often_they_write():
    figures = cost_of(
        [
            ticket(requester_key="a", wrote_again=True),
            ticket(day=2, requester_key="a"),
            ticket(day=3, requester_key="b"),
        ]
    )
    assert (figures["requesters"], figures["requesters_returned"]) == (2, 1)


def test_who_wrote_only_lately_is_not_counted_among_those_who_may_have_come_back():
    rows = [
        ticket(requester_key="a", wrote_again=True),
        ticket(requester_key="b"),
        ticket(day=5, requester_key="b", wrote_again=None),
        ticket(day=5, requester_key="c", wrote_again=None),
    ]
    figures = cost_of(rows)
    assert (figures["requesters"], figures["requesters_returned"]) == (2, 1)
    too_early = cost_of(rows[2:])
    assert (too_early["requesters"], too_early["requesters_returned"]) == (0, 0)


def test_where_nobody_knows_who_wrote_nobody_is_counted():
    assert cost_of([ticket(requester_key=None)])["requesters"] is None


def test_wilson_of_8_in_10():
    """Wilson 1927, as printed for 8 of 10 in most textbooks: 0.49 to 0.94."""
    assert wilson(0.8, 10) == pytest.approx((0.8, 0.490, 0.943), abs=0.001)
