"""A person's decisions about themes: what they do, and what is said about mistakes in them."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from models.themes.curation import Decision, curated_themes, decided, read_decisions, with_split_themes
from models.themes.registry import REGISTRY_SCHEMA, Fit, Registry

DAY = date(2026, 3, 9)


@pytest.fixture
def registry() -> Registry:
    names = ["Refund is late", "Card declined", "Login fails", "Old trouble"]
    themes = pl.DataFrame(
        {
            "theme_id": ["t001", "t002", "t003", "t004"],
            "name": names,
            "label_terms": [""] * 4,
            "is_template": [False] * 4,
            "born_on": [DAY] * 4,
            "is_original": [True] * 4,
            "retired_on": [None, None, None, date(2026, 2, 1)],
            "split_from": [None] * 4,
            "split_words": [None] * 4,
        },
        schema=REGISTRY_SCHEMA,
    )
    return Registry(themes, np.eye(4, dtype=np.float32), np.zeros(4, np.float32), Fit("m", DAY, 100, 0.0, 4))


def tickets(*themes: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": ["s"] * len(themes),
            "ticket_id": [str(row) for row in range(len(themes))],
            "theme_id": themes,
        }
    )


def texts(*given: str) -> pl.DataFrame:
    return tickets(*given).rename({"theme_id": "text"})


def test_every_action_is_understood_whatever_its_case(registry):
    rows = [
        Decision(2, "t001", "Rename", " Refunds "),
        Decision(3, "t002", "merge", "t001"),
        Decision(4, "t003", "split_off", "Gift Card"),
        Decision(5, "t003", "pin"),
        Decision(6, "t002", "ignore"),
    ]
    found = read_decisions(rows, registry)
    assert found.mistakes == ()
    assert found.names == {"t001": "Refunds"}
    assert found.merged_into == {"t002": "t001"}
    assert found.split_off == (("t003", "gift card"),)
    assert (found.pinned, found.ignored) == ({"t003"}, {"t002"})
    assert found.named == {"t001", "t002", "t003"}


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (Decision(7, "t001", "renam", "A"), "row 7: action is 'renam', expected one of"),
        (Decision(7, "t001", "renam", "A"), "did you mean 'rename'?"),
        (Decision(7, "t001", "rename", " "), "row 7: value is empty, expected the new name"),
        (Decision(7, "t001", "merge", ""), "row 7: value is empty, expected the id of the theme"),
        (Decision(7, "t099", "pin"), "row 7: 't099' is no theme"),
        (Decision(7, "t001", "merge", "t1"), "row 7: 't1' is no theme"),
        (Decision(7, "t004", "pin"), "row 7: theme 't004' was retired on 2026-02-01"),
        (
            Decision(7, "t001", "rename", "Login fails"),
            "row 7: value is 'Login fails', which is another theme's name",
        ),
        (Decision(7, "t001", "merge", "t001"), "row 7: 't001' would be merged into itself"),
    ],
)
def test_a_mistake_names_row_and_value_and_the_other_rows_hold(registry, decision, told):
    found = read_decisions([decision, Decision(8, "t002", "ignore")], registry)
    assert len(found.mistakes) == 1
    assert told in found.mistakes[0]
    assert found.ignored == {"t002"}


def test_merges_that_go_round_are_a_mistake(registry):
    rows = [
        Decision(2, "t001", "merge", "t002"),
        Decision(3, "t002", "merge", "t003"),
        Decision(4, "t003", "merge", "t001"),
    ]
    found = read_decisions(rows, registry)
    assert found.mistakes == ("row 4: 't003' would be merged into itself; merge into a theme that stays",)
    assert found.merged_into == {"t001": "t003", "t002": "t003"}


def test_a_theme_is_renamed_or_merged_once(registry):
    rows = [Decision(2, "t001", "rename", "A"), Decision(3, "t001", "rename", "B")]
    assert read_decisions(rows, registry).mistakes == (
        "row 3: 't001' is already renamed to 'A'; keep one of the two rows",
    )


@pytest.mark.parametrize("rows", [(2, 3), (3, 2)])
def test_a_theme_may_take_the_name_of_one_that_is_merged_wherever_the_row_stands(registry, rows):
    decisions = [
        Decision(rows[0], "t001", "rename", "Login fails"),
        Decision(rows[1], "t003", "merge", "t001"),
    ]
    found = read_decisions(sorted(decisions, key=lambda decision: decision.row), registry)
    assert found.mistakes == ()
    assert found.names == {"t001": "Login fails"}


def test_a_part_is_split_off_by_its_words_and_then_its_theme_is_merged(registry):
    rows = [Decision(2, "t001", "split off", "gift card"), Decision(3, "t001", "merge", "t002")]
    curation = read_decisions(rows, registry)
    registry, history = with_split_themes(registry, curation, DAY)
    assert history == [(DAY, "t005", "split", "t001", "texts that contain 'gift card', by the curation file")]
    given = tickets("t001", "t001", "t002", "t003")
    themes = curated_themes(
        given, registry, curation, texts("my Gift Card refund", "my refund", "gift card", "x")
    )
    assert themes.to_list() == ["t005", "t002", "t002", "t003"]


def test_a_split_keeps_its_id_while_it_is_asked_for_and_ends_when_it_is_not(registry):
    curation = read_decisions([Decision(2, "t001", "split off", "gift card")], registry)
    once, _ = with_split_themes(registry, curation, DAY)
    again, history = with_split_themes(once, curation, DAY)
    assert history == []
    assert again.themes.equals(once.themes)
    ended, history = with_split_themes(once, read_decisions([], registry), DAY)
    assert [row[1:3] for row in history] == [("t005", "retired")]
    given = curated_themes(tickets("t001"), ended, read_decisions([], registry), texts("gift card"))
    assert given.to_list() == ["t001"]


def test_words_to_split_off_are_words_and_no_pattern(registry):
    curation = read_decisions([Decision(2, "t001", "split off", "a.c (x")], registry)
    registry, _ = with_split_themes(registry, curation, DAY)
    themes = curated_themes(tickets("t001", "t001"), registry, curation, texts("abc (x", "A.C (X!"))
    assert themes.to_list() == ["t001", "t005"]


def test_decisions_are_told_as_history(registry):
    curation = read_decisions(
        [Decision(2, "t001", "rename", "Refunds"), Decision(3, "t003", "merge", "t002")], registry
    )
    assert decided(curation, registry, DAY).rows() == [
        (DAY, "t001", "renamed", None, "from 'Refund is late' to 'Refunds'"),
        (DAY, "t003", "merged", "t002", "by the curation file"),
    ]


def test_without_any_theme_every_decision_is_a_mistake():
    assert read_decisions([Decision(2, "t001", "pin")], None).mistakes == (
        "row 2: 't001' is no theme; take an id from the table themes, such as t001",
    )
