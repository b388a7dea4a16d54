"""The internal quality score."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.operations.quality import quality_scores, review_scores, scores_by, weigh

WEEK = date(2026, 3, 2)


def category(name, score, weight=1.0, is_critical=False, low=0.0, high=2.0):
    return {
        "category": name,
        "score": score,
        "min": low,
        "max": high,
        "weight": weight,
        "is_critical": is_critical,
    }


def scored(*categories):
    """Score and whether it failed, of a review of these categories; None where it has none."""
    reviews = pl.DataFrame({"source": ["a"], "review_id": ["1"], "scores": [list(categories)]})
    found = review_scores(reviews).select("score", "is_critical_failure").rows()
    return found[0] if found else None


def test_a_review_is_the_weighted_mean_of_its_categories_within_their_ranges():
    # (1 - 0) / 2 = 0.5 with weight 1, (4 - 1) / (5 - 1) = 0.75 with weight 3: 2.75 / 4.
    assert scored(category("tone", 1.0), category("policy", 4.0, weight=3.0, low=1.0, high=5.0)) == (
        0.6875,
        False,
    )


def test_a_critical_category_under_half_fails_the_review():
    assert scored(category("tone", 2.0), category("solution", 0.9, is_critical=True)) == (0.0, True)
    assert scored(category("tone", 2.0), category("solution", 1.0, is_critical=True)) == (0.75, False)
    assert scored(category("tone", 0.0), category("solution", 2.0, is_critical=True)) == (0.5, False)


def test_a_category_that_was_not_judged_does_not_count():
    assert scored(category("tone", 1.0), category("policy", None, is_critical=True)) == (0.5, False)
    assert scored(category("tone", 1.0), category("policy", 3.0, low=3.0, high=3.0)) == (0.5, False)
    assert scored(category("tone", None)) is None
    assert scored(category("tone", 2.0, weight=0.0)) is None


def reviews(scores, vendor="North", line="shop", kind="qa", week=WEEK, weights=None):
    return pl.DataFrame({
        "week": week, "business_line": line, "vendor": vendor, "reviewer_kind": kind,
        "score": scores, "is_critical_failure": [score == 0 for score in scores],
        "weight": weights or [None] * len(scores),
    }, schema_overrides={"score": pl.Float64, "weight": pl.Float64})  # fmt: skip


def test_the_score_of_a_cell_is_the_mean_of_its_reviews_and_all_are_all_of_them():
    table = quality_scores(pl.concat([reviews([1.0, 0.5, 0.0]), reviews([1.0], vendor="South", line="live")]))
    keys = ["week", "business_line", "vendor"]
    cells = table.rows_by_key(keys, unique=True, named=True)
    told = {key: (row["reviews"], row["iqs"], row["critical_failures"]) for key, row in cells.items()}
    assert told[WEEK, "shop", "North"] == (3, 0.5, 1)
    assert told[WEEK, "all", "all"] == (4, 0.625, 1)
    assert told[None, "all", "South"] == (1, 1.0, 0)
    assert set(table["reviewer_kind"]) == {"qa"}


def test_the_interval_is_about_the_normal_one_where_reviews_are_many():
    scores = [1.0] * 300 + [0.5] * 100
    row = quality_scores(reviews(scores)).row(0, named=True)
    reach = 1.96 * pl.Series(scores).std() / 20
    assert (row["low"], row["high"]) == pytest.approx((row["iqs"] - reach, row["iqs"] + reach), abs=0.004)


def test_few_reviews_have_no_interval_and_the_order_of_reviews_changes_nothing():
    assert quality_scores(reviews([1.0, 0.5, 0.7, 0.2]))["low"].is_null().all()
    mixed = [1.0, 0.4, 0.9, 0.0, 0.6, 0.6, 0.8]
    assert quality_scores(reviews(mixed)).equals(quality_scores(reviews(mixed[::-1])))


def test_reviews_of_drawn_tickets_are_weighed_and_stand_for_all():
    # Three at risk stand for 2 tickets each, two plain ones for 20: (6 x 0.2 + 40 x 0.9) / 46. The sixth was not drawn.
    mixed = reviews([0.2, 0.2, 0.2, 0.9, 0.9, 0.0], weights=[2.0, 2.0, 2.0, 20.0, 20.0, None])
    row = quality_scores(mixed).row(0, named=True)
    assert row["iqs"] == pytest.approx(37.2 / 46)
    assert (row["reviews"], row["critical_failures"], row["is_of_all_tickets"]) == (5, 0, True)
    assert row["low"] < 37.2 / 46 < row["high"]


def test_where_most_reviews_were_not_drawn_the_score_is_of_the_reviewed_tickets():
    mixed = reviews([0.0] * 5 + [1.0] * 6, weights=[9.0] * 5 + [None] * 6)
    row = quality_scores(mixed).row(0, named=True)
    assert (row["reviews"], row["is_of_all_tickets"]) == (11, False)
    assert row["iqs"] == pytest.approx(6 / 11)


def test_a_review_has_the_weight_of_its_tickets_last_draw():
    draws = pl.DataFrame({
        "source": "a", "ticket_id": ["1", "1", "2"],
        "drawn_on": [date(2026, 3, 8), date(2026, 3, 1), date(2026, 3, 8)], "weight": [5.0, 3.0, 7.0],
    })  # fmt: skip
    reviewed = pl.DataFrame({"source": ["a", "a", "b"], "ticket_id": ["3", "1", "2"]})
    assert weigh(reviewed, draws)["weight"].to_list() == [None, 5.0, None]


def test_scores_of_days_follow_the_rule_of_the_weeks():
    """Five of six reviews of a line are of drawn tickets, so these stand for all; the other line's has no draw."""
    reviews = pl.DataFrame(
        {
            "date": [WEEK] * 7,
            "week": [WEEK] * 7,
            "business_line": ["live"] * 6 + ["creator"],
            "vendor": ["north"] * 7,
            "reviewer_kind": ["qa"] * 7,
            "score": [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.5],
            "is_critical_failure": [False] * 7,
            "weight": [1.0, 1.0, 1.0, 1.0, 6.0, None, None],
        }
    )
    of_days = scores_by(reviews, "date")
    assert of_days.rows() == [
        (WEEK, "all", pytest.approx(0.4), 5.0), (WEEK, "creator", 0.5, 1.0), (WEEK, "live", pytest.approx(0.4), 5.0),
    ]  # fmt: skip
    weekly = quality_scores(reviews).filter(week=WEEK, vendor="all").sort("business_line")
    assert of_days["value"].to_list() == pytest.approx(weekly["iqs"].to_list())
