"""Teams, their hours and what is promised, from the user's tables."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from models.staffing.erlang import ServiceLevel
from models.staffing.opening_hours import ALWAYS, Hours, open_minutes
from models.staffing.promises import ReplyTarget, promises
from models.staffing.teams import Measured, Terms, build_teams

HOURS = Hours(date(2026, 3, 2), 14, "UTC")
OPENED = {ALWAYS: np.full(HOURS.count, 60.0), "day": np.tile(([0.0] * 8 + [60.0] * 8 + [0.0] * 8), 14)}
ROW = {
    "tier": 1, "vendor": "A", "business_line": "shop", "people": 10, "hours_week": 40.0, "shrinkage": 0.25,
    "occupancy_cap": 0.9, "chat_concurrency": 3, "handle_minutes": 8.0, "hour_cost": 15.0, "lead_days": 14,
    "valid_from": date(2026, 1, 1), "valid_to": None,
}  # fmt: skip
SCHEMA = {name: pl.Date if name.startswith("valid") else None for name in ROW}
QUEUES = {("shop", "1"): 900.0, ("live", "1"): 300.0}
MEASURED = Measured(
    pl.DataFrame({
        "business_line": ["shop", "shop", "live"], "tier": "1", "vendor": ["A", "B", "A"],
        "schedule_id": ["day", None, "day"], "tickets": [60.0, 20.0, 10.0],
    }),
    pl.DataFrame({"business_line": ["shop", "shop"], "tier": "1", "is_live": [True, False], "minutes": [5.0, 11.0]}),
)  # fmt: skip


def table(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([ROW | row for row in rows], schema_overrides={"valid_to": pl.Date})


NOBODY = table({}).clear()


def teams_of(staffing: pl.DataFrame, measured: Measured = MEASURED):  # type: ignore[no-untyped-def]
    teams, notes = build_teams(QUEUES, measured, staffing, OPENED, HOURS.dates(), 20.0)
    return {(team.business_line, team.vendor): team for team in teams}, notes


def test_without_the_table_the_usual_terms_hold_and_are_told() -> None:
    teams, notes = teams_of(NOBODY)
    shop = teams["shop", "A"]
    assert (shop.share, shop.live_minutes, shop.message_minutes) == (0.75, 5.0, 11.0)
    assert shop.terms == Terms(hour_cost=20.0)
    assert shop.people is None
    assert shop.is_open[:24].tolist() == [0] * 8 + [1] * 8 + [0] * 8
    assert teams["shop", "B"].is_open.all()
    # Nothing measured for live: the tier's mean.
    assert teams["live", "A"].live_minutes == 5.0
    assert notes[0].startswith("There is no staffing.csv")


def test_a_row_says_what_holds_for_its_team() -> None:
    teams, notes = teams_of(table({}))
    shop = teams["shop", "A"]
    assert shop.terms == Terms(40.0, 0.25, 0.9, 3, 15.0, 14)
    assert shop.message_minutes == 8.0
    assert shop.people is not None
    assert shop.people.tolist() == [10.0] * 14
    assert teams["live", "A"].people is None
    assert notes == ["staffing.csv has no row for some teams of A, B: usual terms are taken, people unknown."]


def test_a_later_version_takes_over_on_its_day() -> None:
    versions = table(
        {"valid_to": date(2026, 3, 9)}, {"valid_from": date(2026, 3, 9), "people": 4, "hours_week": 20.0}
    )
    people = teams_of(versions)[0]["shop", "A"].people
    assert people is not None
    assert people.tolist() == [10.0] * 7 + [2.0] * 7  # in people of 40 hours


def test_a_row_that_begins_after_the_plan_says_nothing() -> None:
    assert teams_of(table({"valid_from": date(2026, 6, 1)}))[0]["shop", "A"].people is None


def test_people_for_any_line_are_shared_out_by_work() -> None:
    teams, _ = teams_of(table({"business_line": None}))
    shop, live = teams["shop", "A"].people, teams["live", "A"].people
    assert shop is not None
    assert live is not None
    # 900 x 0.75 tickets beside 300, all of 8 minutes.
    assert shop[0] == pytest.approx(10 * 675 / 975)
    assert shop[0] + live[0] == pytest.approx(10)


def test_no_handle_time_and_no_groups_fall_back_and_say_so() -> None:
    nothing = Measured(MEASURED.shares.clear(), MEASURED.handle.with_columns(minutes=0.0))
    teams, notes = teams_of(NOBODY, nothing)
    assert set(teams) == {("shop", "all"), ("live", "all")}
    assert teams["shop", "all"].message_minutes == 12.0
    assert any("No handle time was measured" in note for note in notes)


def test_business_hours_follow_the_local_clock_and_holidays() -> None:
    week = pl.DataFrame({
        "schedule_id": "york", "time_zone": "America/New_York", "start_minute": [day * 1440 + 540 for day in range(1, 6)],
        "end_minute": [day * 1440 + 1050 for day in range(1, 6)],
    })  # fmt: skip
    closed = pl.DataFrame({"schedule_id": ["york"], "date": [date(2026, 3, 4)]})
    opened = open_minutes(week, closed, HOURS)["york"].reshape(14, 24)
    # 9:00 to 17:30 in New York is 14:00 to 22:30 UTC, and an hour earlier after 8 March.
    assert opened[0].nonzero()[0].tolist() == list(range(14, 23))
    assert opened[0][22] == 30
    assert opened[7].nonzero()[0].tolist() == list(range(13, 22))
    assert opened[2].sum() == opened[5].sum() == 0
    with pytest.raises(ValueError, match="time zone 'Mars/Base' of a schedule is not known"):
        open_minutes(week.with_columns(time_zone=pl.lit("Mars/Base")), closed, HOURS)


def test_the_policy_that_names_most_holds() -> None:
    rows = [
        ("first_reply", None, None, None, 600.0, "business"),
        ("first_reply", None, None, "urgent", 60.0, "calendar"),
        ("first_reply", None, "chat", None, 2.0, "business"),
        ("first_reply", "live", None, "urgent", 30.0, "calendar"),
        ("resolution", None, None, None, 2880.0, "calendar"),
    ]
    columns = ["metric", "business_line", "channel", "priority", "target_minutes", "clock"]
    policies = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        valid_from=datetime(2025, 1, 1), valid_to=pl.lit(None, dtype=pl.Datetime("us"))
    )
    mix = pl.DataFrame({
        "business_line": ["shop", "shop", "shop", "live"], "channel": ["email", "email", "chat", "phone"],
        "priority": [None, "urgent", "low", "low"], "tickets": [30.0, 10.0, 5.0, 5.0],
    })  # fmt: skip
    promised, notes = promises(policies, mix, datetime(2026, 3, 1))
    assert promised.live_for("shop", "chat") == ServiceLevel(0.8, 120)
    assert promised.live_for("live", "phone") == ServiceLevel(0.8, 20)
    assert promised.messages_for("shop", "1") == (
        ReplyTarget(0.25, 60.0, False),
        ReplyTarget(0.75, 600.0, True),
    )
    assert promised.messages_for("shop", "2") == (ReplyTarget(1.0, 1440.0, True),)
    assert promised.messages_for("live", "1") == (ReplyTarget(1.0, 1440.0, True),)
    assert any("names the channel phone" in note for note in notes)
