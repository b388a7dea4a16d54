"""Whether an action worked, by the theme's weeks against all other themes' weeks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.causes.actions import change_of_rate, follow_merges, judge_actions, link_actions

FIRST = date(2026, 1, 5)
TWENTY = [18, 22] * 6 + [20]  # thirteen weeks of twenty on average
TEN, FORTY = [count // 2 for count in TWENTY], [count * 2 for count in TWENTY]
NOW = datetime(2026, 7, 6)
ROUND = np.array([*range(-12, 0), *range(1, 13)], dtype=float)  # weeks since an action


def trends(own: list[int], others: list[int]) -> pl.DataFrame:
    weeks = [FIRST + timedelta(weeks=n) for n in range(len(own))]
    return pl.concat(
        pl.DataFrame({"week": weeks, "theme_id": theme, "distinct_tickets": counts})
        for theme, counts in (("t1", own), ("rest", others))
    )


def action(**changed: object) -> pl.DataFrame:
    row = {
        "action_id": "a1",
        "theme_id": "t1",
        "linked_by": "person",
        "team": "Payments",
        "kind": "fix",
        "name": "Against: refund is late",
        "status": "done",
        "started_at": datetime(2026, 3, 31),  # in the thirteenth week
        "due_at": None,
        "metric": "tickets",
    } | changed
    return pl.DataFrame(
        [row], schema_overrides={"due_at": pl.Datetime("us"), "started_at": pl.Datetime("us")}
    )


def verdict(frame: pl.DataFrame, own: list[int], others: list[int] | None = None) -> dict:
    return judge_actions(frame, trends(own, others or [500] * len(own)), NOW).row(0, named=True)


def test_half_the_tickets_since_then_is_an_action_that_worked():
    judged = verdict(action(), TWENTY + TEN)
    assert judged["verdict"] == "worked"
    assert judged["change"] == pytest.approx(-0.5, abs=0.01)
    assert judged["change_low"] < -0.5 < judged["change_high"] < 0
    # The week in which it began counts to neither side.
    assert (judged["weeks_before"], judged["weeks_after"]) == (12, 13)


def test_fewer_tickets_where_everything_has_fewer_is_no_evidence():
    judged = verdict(action(), TWENTY + TEN, [500] * 13 + [250] * 13)
    assert judged["verdict"] == "no evidence"
    assert judged["change"] == pytest.approx(0, abs=0.01)


def test_more_tickets_are_worse():
    assert verdict(action(), TWENTY + FORTY)["verdict"] == "worse"


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "no evidence"), (0.5, "worked")])
def test_a_theme_that_falls_all_year_is_judged_against_its_own_fall(factor, expected):
    """3 % fewer every week for a year; an action in the middle does nothing, or halves what is left."""
    since = np.array([*range(-26, 0), *range(1, 27)], dtype=float)
    own = np.round(60 * 0.97 ** (since + 26) * np.where(since > 0, factor, 1.0))
    effect = change_of_rate(own, np.full(52, 500.0), since)
    assert effect.verdict == expected
    assert effect.change == pytest.approx(factor - 1, abs=0.05)


def test_three_weeks_are_too_early():
    assert verdict(action(), TWENTY + [0] * 3)["verdict"] == "too early"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"started_at": None, "status": "planned"}, "not started"),
        ({"started_at": NOW + timedelta(days=3)}, "not started"),
        ({"metric": "qa_score"}, "not measured"),
        ({"theme_id": None}, "not measured"),
        ({"theme_id": "t99"}, "not measured"),  # of a theme that is no more
        ({"status": "dropped"}, "not measured"),
    ],
)
def test_what_cannot_be_judged_says_why(changed, expected):
    judged = verdict(action(**changed), TWENTY * 2)
    assert judged["verdict"] == expected
    assert judged["change"] is None


def test_a_small_theme_that_goes_away_by_itself_is_hardly_ever_a_success():
    """Three tickets a week fall to less than one within a year; with a trend only where it is sure, half say worked."""
    since = np.array([*range(-26, 0), *range(1, 27)], dtype=float)
    rng = np.random.default_rng(0)
    fallen = [rng.poisson(3 * 0.25 ** ((since + 26) / 52)).astype(float) for _ in range(40)]
    told = [change_of_rate(own, np.full(52, 500.0), since).verdict for own in fallen]
    assert told.count("worked") <= 4


def test_a_theme_that_fell_silent_has_an_exact_interval():
    """0 of 24 tickets fell into the second of two equal times: upper end 0.025 ** (1 / 24) as odds."""
    effect = change_of_rate(np.repeat([2.0, 0.0], 12), np.full(24, 100.0), ROUND)
    share = 1 - 0.025 ** (1 / 24)
    assert effect.change == -1
    assert effect.high == pytest.approx(share / (1 - share) - 1)
    assert effect.verdict == "worked"


def test_no_ticket_on_either_side_says_nothing():
    effect = change_of_rate(np.zeros(24), np.full(24, 100.0), ROUND)
    assert (effect.change, effect.verdict) == (None, "no evidence")


def test_an_action_is_linked_by_wording_unless_a_person_said_so_or_nothing_is_close():
    actions = pl.DataFrame(
        {"action_id": ["a", "b", "c"], "theme_id": [None, "t1", None]},
        schema_overrides={"theme_id": pl.String},
    )
    themes = pl.DataFrame({"theme_id": ["t1", "t2"]})
    axes = np.eye(3, dtype=np.float32)
    wordings = axes[[1, 1, 2]]
    linked = link_actions(actions, themes, wordings, names=axes[:2], descriptions=axes[:2])
    assert linked["theme_id"].to_list() == ["t2", "t1", None]
    assert linked["linked_by"].to_list() == ["wording", "person", None]


def test_an_action_follows_its_theme_into_what_it_was_merged_into():
    """t2 went into t3 and that into t1; t4 was merged once and is back; t5 was retired; t6 and t7 go in a circle."""
    rows = [("t2", "merged", "t3"), ("t3", "merged", "t1"), ("t4", "merged", "t1"), ("t5", "retired", None)]
    rows += [("t6", "merged", "t7"), ("t7", "merged", "t6")]
    history = pl.DataFrame(rows, schema=["theme_id", "what", "other_theme_id"], orient="row").with_columns(
        occurred_on=pl.lit(FIRST)
    )
    asked = pl.Series("theme_id", ["t1", "t2", "t4", "t5", None])
    living = pl.Series(["t1", "t4"])
    assert follow_merges(asked, history, living).to_list() == ["t1", "t1", "t4", "t5", None]
    assert follow_merges(pl.Series(["t6"]), history, living)[0] in ("t6", "t7")


def test_a_trend_through_a_handful_of_tickets_still_has_a_verdict():
    """One ticket in the last week before, some in the very last one: no end to how steep a trend may be."""
    own = np.where((ROUND == -1) | (ROUND == 12), [2.0], 0.0)
    effect = change_of_rate(own, np.full(24, 100.0), ROUND)
    assert effect.verdict == "no evidence"
    assert effect.change == pytest.approx(0, abs=0.01)


def test_without_themes_only_people_link_actions():
    none = np.zeros((0, 3), dtype=np.float32)
    linked = link_actions(
        action(), pl.DataFrame({"theme_id": []}), np.ones((1, 3), dtype=np.float32), none, none
    )
    assert linked["linked_by"].to_list() == ["person"]
