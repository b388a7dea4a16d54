"""Copies count once, and templates are told apart from many people's own words."""

import numpy as np
import polars as pl
import pytest

from models.text.duplicates import identical_texts, is_long, is_repeat, is_template, merge_copies

LONG = "your account will be closed unless you confirm the code right now"


def test_texts_alike_but_for_numbers_are_one_group():
    groups = identical_texts(pl.Series(["Order 1 late", "refund", "order 22 LATE!", "refund now"]))
    assert groups.tolist() == [0, 1, 0, 2]


def test_long_texts_that_are_nearly_alike_are_joined_and_short_ones_are_not():
    index = np.array([[1], [0], [3], [2]])
    cosine = np.array([[0.99], [0.99], [0.99], [0.99]], dtype=np.float32)
    groups = merge_copies(index, cosine, np.array([True, True, False, False]))
    assert groups[0] == groups[1]
    assert len(set(groups.tolist())) == 3


def test_a_long_text_sent_by_many_accounts_is_a_template():
    groups = np.zeros(20, dtype=np.int64)
    long = is_long(pl.Series([LONG] * 20))
    assert is_template(groups, pl.Series([f"r{i % 10}" for i in range(20)]), long).all()


def test_copies_by_few_accounts_or_of_a_short_text_are_no_template():
    groups = np.zeros(20, dtype=np.int64)
    accounts = pl.Series([f"r{i}" for i in range(20)])
    assert not is_template(groups, pl.Series(["one account"] * 20), is_long(pl.Series([LONG] * 20))).any()
    assert not is_template(groups, accounts, is_long(pl.Series(["where is my refund"] * 20))).any()
    assert not is_template(groups[:19], accounts[:19], is_long(pl.Series([LONG] * 19))).any()


def test_a_short_text_is_a_template_once_hundreds_of_accounts_sent_it():
    accounts = pl.Series([f"r{i}" for i in range(200)])
    groups, long = np.zeros(200, dtype=np.int64), is_long(pl.Series(["verify your payout now"] * 200))
    assert is_template(groups, accounts, long).all()
    assert not is_template(groups[:199], accounts[:199], long[:199]).any()


@pytest.mark.parametrize(
    ("is_long", "is_template", "repeats"),
    [
        (False, False, [False, True, False, False, False]),
        (True, False, [False, True, True, True, True]),
        (False, True, [False, True, True, True, True]),
    ],
)
def test_a_short_text_counts_once_for_each_requester_a_long_one_and_a_template_once(
    is_long, is_template, repeats
):
    groups = np.zeros(5, dtype=np.int64)
    requesters = pl.Series(["a", "a", "b", None, None])
    told = is_repeat(groups, requesters, np.full(5, is_long), np.full(5, is_template))
    assert told.tolist() == repeats


def test_only_copies_of_the_same_text_are_repeats():
    nothing = np.zeros(3, dtype=np.bool_)
    groups = np.array([0, 1, 0])
    assert is_repeat(groups, pl.Series(["a"] * 3), nothing, nothing).tolist() == [False, False, True]


def test_unknown_accounts_count_one_by_one():
    groups = np.zeros(20, dtype=np.int64)
    assert is_template(groups, pl.Series([None] * 20, dtype=pl.String), is_long(pl.Series([LONG] * 20))).all()
