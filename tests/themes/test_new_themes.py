"""New themes told from surges, on unit vectors around known directions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes.new_themes import LEAST_HISTORY, LEAST_TEXTS, find_new_themes

DIMENSIONS = 64
KNOWN = 12


def texts_about(direction: int, count: int, seed: int, side: np.ndarray | float = 0.0) -> np.ndarray:
    """Unit vectors with a cosine of about 0.8 to one direction, and so of about 0.64 to one another.

    side: what all of them are about besides.
    """
    rng = np.random.default_rng(1000 * direction + seed)
    noise = rng.normal(size=(count, DIMENSIONS))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    vectors = np.eye(DIMENSIONS)[direction] + side + 0.75 * noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def usual(each: int, seed: int) -> np.ndarray:
    return np.vstack([texts_about(direction, each, seed) for direction in range(KNOWN)])


HISTORY = usual(60, seed=0)


def test_texts_about_something_never_seen_are_a_new_theme_that_holds_them_and_no_others():
    recent = np.vstack([usual(8, seed=1), texts_about(KNOWN, 20, seed=1)])
    found = find_new_themes(HISTORY, recent)
    assert len(found) == 1
    new = set(range(KNOWN * 8, KNOWN * 8 + 20))
    assert set(found[0].tolist()) <= new
    assert len(found[0]) >= 15


def test_two_new_themes_at_once_are_told_apart():
    recent = np.vstack([usual(8, seed=1), texts_about(KNOWN, 20, seed=1), texts_about(KNOWN + 1, 20, seed=1)])
    found = find_new_themes(HISTORY, recent)
    first = KNOWN * 8
    owners = [{int(row >= first + 20) for row in group} for group in found]
    assert sorted(owners, key=min) == [{0}, {1}]


def test_a_usual_week_has_nothing_new():
    assert find_new_themes(HISTORY, usual(8, seed=1)) == []


def test_a_surge_of_a_known_theme_is_no_new_theme():
    recent = np.vstack([usual(8, seed=1), texts_about(3, 24, seed=2)])
    assert find_new_themes(HISTORY, recent) == []


@pytest.mark.parametrize(("count", "themes"), [(6, 0), (20, 1)])
def test_what_a_few_texts_of_a_known_theme_say_for_the_first_time_is_chance_but_not_what_many_say(
    count, themes
):
    side = 0.7 * np.eye(DIMENSIONS)[KNOWN]
    recent = np.vstack([usual(8, seed=1), texts_about(3, count, seed=2, side=side)])
    assert len(find_new_themes(HISTORY, recent)) == themes


@pytest.mark.parametrize(("surge", "themes"), [(0, 1), (80, 0)])
def test_a_few_texts_nearly_alike_are_a_new_theme_in_a_usual_week_but_chance_amid_a_surge(surge, themes):
    nearly_alike = texts_about(3, 7, seed=2, side=0.9 * np.eye(DIMENSIONS)[KNOWN])
    recent = np.vstack([usual(8, seed=1), nearly_alike, texts_about(3, surge, seed=3)])
    assert len(find_new_themes(HISTORY, recent)) == themes


@pytest.mark.parametrize(("each", "around"), [(2, 8), (30, 0)])
def test_a_few_recent_texts_are_no_surge_nor_are_many_where_everything_is_recent(each, around):
    nearly_alike = texts_about(3, 7, seed=2, side=0.9 * np.eye(DIMENSIONS)[KNOWN])
    recent = np.vstack([usual(each, seed=1), nearly_alike, texts_about(3, around, seed=3)])
    assert [len(group) for group in find_new_themes(HISTORY, recent)] == [7]


def test_four_texts_about_something_never_seen_are_a_new_theme_and_three_are_none():
    found = [
        find_new_themes(HISTORY, np.vstack([usual(8, seed=1), texts_about(KNOWN, count, seed=1)]))
        for count in (4, 3)
    ]
    assert [[len(group) for group in groups] for groups in found] == [[4], []]


def test_a_new_theme_is_found_though_one_of_its_texts_was_written_before():
    new = texts_about(KNOWN, 8, seed=1)
    before = new[:1] + 0.35 / np.sqrt(DIMENSIONS) * np.random.default_rng(1).normal(size=(3, DIMENSIONS))
    before /= np.linalg.norm(before, axis=1, keepdims=True)
    history = np.vstack([HISTORY, before.astype(np.float32)])
    assert [len(group) for group in find_new_themes(history, np.vstack([usual(8, seed=1), new]))] == [8]


def test_a_new_theme_put_in_two_ways_is_one_theme():
    one, other = np.eye(DIMENSIONS)[KNOWN + 1], np.eye(DIMENSIONS)[KNOWN + 2]
    halves = [texts_about(KNOWN, 12, seed=part, side=0.4 * side) for part, side in enumerate((one, other))]
    assert [len(group) for group in find_new_themes(HISTORY, np.vstack([usual(8, seed=1), *halves]))] == [24]


@pytest.mark.parametrize(
    ("history", "recent"), [(0, 50), (LEAST_HISTORY - 1, 50), (600, LEAST_TEXTS - 1), (200, 201)]
)
def test_too_little_to_compare_shows_nothing(history, recent):
    found = find_new_themes(np.resize(HISTORY, (history, DIMENSIONS)), texts_about(KNOWN, recent, seed=1))
    assert found == []


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_groups_never_share_a_text_and_are_never_small(seed):
    found = find_new_themes(HISTORY, np.vstack([usual(4, seed), texts_about(KNOWN, 10, seed)]))
    rows = [int(row) for group in found for row in group]
    assert len(rows) == len(set(rows))
    assert all(len(group) >= LEAST_TEXTS for group in found)
