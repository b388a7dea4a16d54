"""Agreement of reviewers."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from models.operations.agreement import agreement, cohen_kappa, coincidences, krippendorff_alpha, ratings_of

# Four observers, twelve units, 0 for none: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C.
KRIPPENDORFF = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]).T - 1  # fmt: skip


def test_alpha_is_that_of_the_published_example():
    together = coincidences(KRIPPENDORFF, 5).sum(axis=0)
    assert together.sum() == 40  # the one unit with a single value is not pairable
    assert krippendorff_alpha(together, is_ordinal=False) == pytest.approx(0.743, abs=0.0005)
    assert krippendorff_alpha(together, is_ordinal=True) == pytest.approx(0.815, abs=0.0005)


def test_kappa_by_hand():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 agree, 0.5 x 0.6 + 0.5 x 0.4 = 0.5 by chance.
    assert cohen_kappa(np.array([[20.0, 5.0], [10.0, 15.0]])) == pytest.approx(0.4)


def test_what_nobody_ever_rates_otherwise_has_neither_kappa_nor_alpha():
    assert np.isnan(cohen_kappa(np.array([[7.0, 0.0], [0.0, 0.0]])))
    assert np.isnan(krippendorff_alpha(np.array([[14.0, 0.0], [0.0, 0.0]]), is_ordinal=True))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=40))
def test_kappa_equals_that_of_scikit_learn(pairs):
    assume(len({rating for pair in pairs for rating in pair}) > 1)
    first, second = np.array(pairs).T
    table = np.zeros((4, 4))
    np.add.at(table, (first, second), 1)
    assert cohen_kappa(table) == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)


def rated(misread=0.0, tickets=200, seed=0, kinds=("tier1", "tier2", "qa"), slip=0.05):
    """Three categories, 0 to 2; every reviewer slips now and then, tier 1 misreads the policy."""
    rng = np.random.default_rng(seed)
    frames = []
    for name in ("policy", "tone", "solution"):
        truth = rng.choice(3, tickets, p=[0.1, 0.2, 0.7])
        for kind in kinds:
            share = misread if (kind, name) == ("tier1", "policy") else slip
            score = np.where(rng.uniform(size=tickets) < share, (truth + 1) % 3, truth)
            frames.append(pl.DataFrame({
                "source": "a", "ticket_id": [str(number) for number in range(tickets)], "reviewer_kind": kind,
                "category": name, "score": score.astype(float), "word": pl.Series([None] * tickets, dtype=pl.String),
            }))  # fmt: skip
    return pl.concat(frames)


def differently(table):
    return set(table.filter("is_read_differently").select("pair", "category").iter_rows())


def test_a_category_that_tier_1_reads_its_own_way_is_found():
    table = agreement(rated(misread=0.35))
    assert differently(table) == {("tier1-qa", "policy"), ("tier1-tier2", "policy")}
    row = table.filter(pl.col("pair") == "tier1-qa", pl.col("category") == "policy").row(0, named=True)
    assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
    assert row["alpha_low"] < row["alpha"] < row["alpha_high"]
    assert row["note"] == "they differ more often than in the other categories"


def test_ordinary_slips_are_hardly_ever_a_different_reading():
    found = [bool(differently(agreement(rated(misread=0.05, tickets=80, seed=seed)))) for seed in range(10)]
    assert sum(found) <= 1


def test_reviewers_who_only_guess_read_everything_differently():
    rng = np.random.default_rng(1)
    ratings = rated(kinds=("tier1", "qa")).with_columns(
        score=pl.Series(rng.integers(0, 3, 1200)).cast(pl.Float64)
    )
    table = agreement(ratings)
    assert differently(table) == {("tier1-qa", name) for name in ("policy", "tone", "solution")}
    assert set(table["note"]) == {"they agree hardly more than by chance"}


def test_few_tickets_say_nothing():
    table = agreement(rated(misread=1.0, tickets=15))
    assert not table["is_read_differently"].any()
    assert set(table.filter(pl.col("pair") != "all")["note"]) == {"too few tickets"}


def test_one_kind_of_reviewer_has_nobody_to_agree_with():
    assert agreement(rated(kinds=("qa",))).is_empty()


def test_raw_agreement_and_prevalence_by_hand():
    ratings = pl.DataFrame(
        [("a", number, kind, "outcome", None, word)
         for number, words in [("1", ("ok", "ok")), ("2", ("ok", "bad")), ("3", ("ok", "ok")), ("4", ("bad", None))]
         for kind, word in zip(("tier1", "qa"), words, strict=True) if word],
        schema={"source": pl.String, "ticket_id": pl.String, "reviewer_kind": pl.String, "category": pl.String,
                "score": pl.Float64, "word": pl.String},
        orient="row",
    )  # fmt: skip
    row = agreement(ratings).row(0, named=True)
    assert (row["n"], row["raw_agreement"], row["prevalence"]) == (
        3,
        pytest.approx(2 / 3),
        pytest.approx(5 / 6),
    )


def test_of_several_reviews_by_one_kind_the_last_counts():
    tone = {"category": "tone", "min": 0.0, "max": 2.0, "weight": 1.0, "is_critical": False}
    reviews = pl.DataFrame({
        "source": "a", "review_id": ["1", "2"], "ticket_id": "t", "reviewer_kind": "qa",
        "reviewed_at": [datetime(2026, 3, 3), datetime(2026, 3, 2)],
        "scores": [[tone | {"score": 2.0}], [tone | {"score": 0.0}]], "disposition": ["passed", "coaching"],
    })  # fmt: skip
    found = ratings_of(reviews).select("category", "score", "word").rows()
    assert found == [("tone", 1.0, None), ("disposition", None, "passed")]
