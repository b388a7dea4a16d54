"""Names: readable, telling, no two alike."""

import numpy as np
import pytest

from models.themes.clustering import centroids
from models.themes.naming import name_themes
from models.themes.stop_words import can_be_a_name

MEAN = np.zeros(384, dtype=np.float32)


def named(embedder, groups: list[list[str]]):
    texts = [text for group in groups for text in group]
    labels = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return name_themes(texts, labels, centroids(embedder.embed(texts), labels), MEAN, embedder.embed)


def test_a_name_starts_with_a_capital_and_neither_starts_nor_ends_with_a_stop_word(embedder):
    names = named(
        embedder, [["the chargeback fee is on my bill"] * 3, ["i lost the password of my account"] * 3]
    )
    for name in names:
        assert name.name[0].isupper()
        assert not {name.name.split()[0].lower(), name.name.split()[-1].lower()} & {
            "the",
            "is",
            "on",
            "my",
            "i",
            "of",
        }


def test_two_themes_of_the_same_words_get_different_names(embedder):
    texts = ["late refund for a cancelled order", "late refund for a broken item"]
    names = named(embedder, [texts, texts, texts])
    assert len({name.name for name in names}) == 3


def test_acronyms_keep_their_capitals(embedder):
    names = named(embedder, [["the ATM swallowed my card", "ATM swallowed it", "an ATM swallowed my card"]])
    assert "ATM" in names[0].name


def test_texts_that_share_no_phrase_still_get_a_name(embedder):
    assert [name.name for name in named(embedder, [["alpha", "beta"], ["gamma", "delta"]])] == [
        "Theme 1",
        "Theme 2",
    ]


@pytest.mark.parametrize(
    ("phrase", "reads_well"),
    [
        ("transfer is still pending", True),
        ("how long does a transfer take", True),
        ("how long does a transfer", True),
        ("not received", True),
        ("3-d secure page", True),
        ("not have the code", False),
        ("countries do you operate", False),
        ("duplicate payment of r", False),
        ("is still pending", False),
        ("card payment did not", False),
        ("card to card", False),
        ("hiya my diamonds", False),
    ],
)
def test_a_name_is_not_cut_out_of_the_middle_of_a_sentence(phrase, reads_well):
    assert can_be_a_name(phrase.split()) == reads_well


def test_a_name_does_not_reach_across_the_end_of_a_clause(embedder):
    names = named(
        embedder, [["Coupon rejected. My voucher fails"] * 3, ["refund, late parcel: e-wallet top-up"] * 3]
    )
    said = {name.name.lower() for name in names} | {term for name in names for term in name.terms}
    assert said <= {"coupon rejected", "coupon", "rejected", "voucher fails", "voucher", "fails",
                    "refund", "late parcel", "late", "parcel", "e-wallet top-up", "e-wallet", "top-up"}  # fmt: skip


def test_a_part_of_what_is_always_said_in_full_is_no_name(embedder):
    names = named(
        embedder,
        [
            ["cash withdrawal pending"] * 4 + ["my cash withdrawal pending since monday"] * 4,
            ["parcel is late"] * 3,
        ],
    )
    assert names[0].name == "Cash withdrawal pending"


def test_a_name_tells_a_theme_from_the_one_that_is_most_like_it():
    said = ("card payment", "refused abroad", "charged twice")

    def embed(texts):
        rows = np.array([[phrase in text for phrase in said] for text in texts], dtype=np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1)

    texts = [f"card payment, {other}" for other in said[1:] for _ in range(3)]
    labels = np.repeat([0, 1], 3)
    names = name_themes(texts, labels, centroids(embed(texts), labels), np.zeros(3, dtype=np.float32), embed)
    assert [name.name for name in names] == ["Refused abroad", "Charged twice"]
