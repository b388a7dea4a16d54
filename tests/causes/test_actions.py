"""Whether an action worked: the weeks since against the weeks before, and against what it did not reach."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.causes.actions import follow_merges, judge_actions, link_actions
from models.causes.mean_weeks import MEANS

FIRST = date(2026, 1, 5)
TWENTY = [18, 22] * 6 + [20]  # thirteen weeks of twenty on average
TEN, FORTY = [count // 2 for count in TWENTY], [count * 2 for count in TWENTY]
NOW = datetime(2026, 7, 6)


def weekly(own: list[int], others: list[int], **columns: object) -> pl.DataFrame:
    weeks = [FIRST + timedelta(weeks=n) for n in range(len(own))]
    plain = {"business_line": "shop", "user_type": "buyer", "region": "Europe"} | columns
    metrics = {f"{name}_{part}": 0.0 for name in MEANS for part in ("tickets", "sum")}
    return pl.concat(
        pl.DataFrame({"week": weeks, "theme_id": theme, "tickets": [float(count) for count in counts]})
        for theme, counts in (("t1", own), ("rest", others))
    ).with_columns(pl.lit(value).alias(name) for name, value in (plain | metrics).items())


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
        "business_line": None,
        "region": None,
    } | changed
    return pl.DataFrame(
        [row], schema_overrides={"due_at": pl.Datetime("us"), "started_at": pl.Datetime("us")}
    )


def verdict(frame: pl.DataFrame, own: list[int], others: list[int] | None = None) -> dict:
    return judge_actions(frame, weekly(own, others or [500] * len(own)), NOW).row(0, named=True)


def test_half_the_tickets_since_then_is_an_action_that_worked():
    judged = verdict(action(), TWENTY + TEN)
    assert judged["verdict"] == "worked"
    assert judged["change"] == pytest.approx(-0.5, abs=0.03)
    assert judged["change_low"] < -0.5 < judged["change_high"] < 0
    # The week in which it began counts to neither side.
    assert (judged["weeks_before"], judged["weeks_after"]) == (12, 13)


def test_fewer_tickets_where_everything_has_fewer_is_no_evidence():
    judged = verdict(action(), TWENTY + TEN, [500] * 13 + [250] * 13)
    assert judged["verdict"] == "no evidence"
    assert judged["change"] == pytest.approx(0, abs=0.05)


def test_a_theme_that_had_dropped_before_the_action_is_no_evidence_and_says_so():
    judged = verdict(action(), [20, 22] * 4 + [1, 2] * 9)
    assert judged["verdict"] == "no evidence"
    assert judged["control"].endswith(", and how it was already changing in the 4 weeks before")


def test_more_tickets_are_worse():
    assert verdict(action(), TWENTY + FORTY)["verdict"] == "worse"


def test_three_weeks_are_too_early():
    assert verdict(action(), TWENTY + [0] * 3)["verdict"] == "too early"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"started_at": None, "status": "planned"}, "not started"),
        ({"started_at": NOW + timedelta(days=3)}, "not started"),
        ({"started_at": None, "status": "done"}, "not measured"),  # began, but nobody said when
        ({"started_at": None, "status": "running"}, "not measured"),
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


def test_without_themes_only_people_link_actions():
    none = np.zeros((0, 3), dtype=np.float32)
    linked = link_actions(
        action(), pl.DataFrame({"theme_id": []}), np.ones((1, 3), dtype=np.float32), none, none
    )
    assert linked["linked_by"].to_list() == ["person"]


def with_means(frame: pl.DataFrame, metric: str, tickets: float, value: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(tickets).alias(f"{metric}_tickets"), (tickets * value).alias(f"{metric}_sum")
    )


def is_since(weeks: int = 13) -> pl.Expr:
    return pl.col("week") >= FIRST + timedelta(weeks=weeks)


@pytest.mark.parametrize(
    ("metric", "before", "since", "expected"),
    [("csat", 0.6, 0.8, "worked"), ("csat", 0.8, 0.6, "worse"), ("reopen_rate", 0.3, 0.1, "worked")],
)
def test_a_share_is_judged_in_points_and_by_what_is_better(metric, before, since, expected):
    wave = (pl.col("week").dt.week() % 2) * 0.02
    own = pl.when(is_since()).then(since).otherwise(before) + wave
    value = pl.when(pl.col("theme_id") == "t1").then(own).otherwise(0.5 - wave)
    frame = with_means(weekly(TWENTY * 2, [500] * 26), metric, 50.0, value)
    judged = judge_actions(action(metric=metric), frame, NOW).row(0, named=True)
    assert judged["verdict"] == expected
    assert judged["effect"] == pytest.approx(since - before, abs=0.02)
    assert judged["effect_low"] < since - before < judged["effect_high"]
    assert judged["before"] == pytest.approx(before, abs=0.02)
    assert judged["change"] == pytest.approx((since - before) / before, abs=0.05)


def test_longer_handling_where_everything_takes_longer_is_no_evidence():
    own = pl.lit(2.0) + pl.when(is_since()).then(0.4).otherwise(0.0) + (pl.col("week").dt.week() % 3) * 0.01
    frame = with_means(weekly(TWENTY * 2, [500] * 26), "handle_minutes", 30.0, own)
    judged = judge_actions(action(metric="handle_minutes"), frame, NOW).row(0, named=True)
    assert judged["verdict"] == "no evidence"
    assert judged["before"] == pytest.approx(np.exp(2.0), rel=0.02)  # minutes, the geometric mean


def test_what_reaches_one_region_is_judged_against_the_others():
    """The theme doubles everywhere; in Europe, where the fix is, it stays."""
    doubled = TWENTY + FORTY
    frame = pl.concat(
        [
            weekly(TWENTY * 2, [500] * 26, region="Europe"),
            weekly(doubled, [500] * 26, region="America"),
        ]
    )
    judged = judge_actions(action(region="Europe"), frame, NOW).row(0, named=True)
    assert (judged["verdict"], judged["method"]) == ("worked", "difference in differences")
    assert judged["change"] == pytest.approx(-0.5, abs=0.05)
    assert judged["control"] == "the same theme's tickets outside Europe"
    everywhere = judge_actions(action(), frame, NOW).row(0, named=True)
    assert (everywhere["verdict"], everywhere["method"]) == ("worse", "interrupted time series")


def test_a_training_of_one_line_is_judged_on_all_its_tickets_against_other_lines():
    lines = [
        with_means(
            weekly(TWENTY * 2, [500] * 26, business_line=line).with_columns(
                theme_id=pl.lit(None, dtype=pl.String)
            ),
            "handle_minutes",
            40.0,
            pl.when(is_since()).then(after).otherwise(2.0) + (pl.col("week").dt.week() % 3) * 0.01,
        )
        for line, after in (("shop", 1.8), ("live", 2.0))
    ]
    asked = action(theme_id=None, business_line="shop", metric="handle_minutes", kind="training")
    judged = judge_actions(asked, pl.concat(lines), NOW).row(0, named=True)
    assert (judged["verdict"], judged["method"]) == ("worked", "difference in differences")
    assert judged["change"] == pytest.approx(np.exp(-0.2) - 1, abs=0.01)
    assert judged["control"] == "tickets outside shop"


def test_without_any_week_nothing_is_measured():
    nothing = weekly(TWENTY, [500] * 13).clear()
    assert judge_actions(action(), nothing, NOW)["verdict"].to_list() == ["not measured"]
