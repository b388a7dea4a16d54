"""Themes end to end on hand-made tickets."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from models.themes import corpus
from models.themes.recipe import DESCRIPTION_CHARACTERS
from models.themes.themes import (
    OTHER_ID,
    THEME_EXAMPLES_SCHEMA,
    THEMES_SCHEMA,
    TICKET_THEMES_SCHEMA,
    assign,
    find_themes,
)

TEMPLATE = "Dear user your shop will be closed tonight unless you confirm the code on this page"


@pytest.fixture
def find(make_tickets, embedder):
    def find_in(texts, requesters=None, **options):
        tickets = make_tickets(texts, requesters)
        return find_themes(tickets, embedder.embed(tickets["text"]), embedder.embed, **options)

    return find_in


def problem_of_theme(found, problem_texts):
    """The problems each theme's tickets are about."""
    truth = pl.Series("problem", [problem for problem, _ in problem_texts])
    pairs = found.ticket_themes.with_columns(truth).group_by("theme_id").agg(pl.col("problem").unique())
    return dict(pairs.iter_rows())


def test_plainly_different_problems_become_themes_named_by_their_words(find, problem_texts):
    found = find([text for _, text in problem_texts])
    problems = problem_of_theme(found, problem_texts)
    assert all(len(about) == 1 for about in problems.values())
    assert found.themes["name"].is_unique().all()
    words = {
        "refund": {"refund", "money"},
        "login": {"log", "login", "password"},
        "parcel": {"parcel", "package", "courier", "courier's", "shipment", "box", "delivery", "transit"},
    }
    for theme in found.themes.iter_rows(named=True):
        assert words[problems[theme["theme_id"]][0]] & set(theme["name"].lower().split())


def test_the_order_of_rows_changes_nothing(make_tickets, embedder, problem_texts):
    tickets = make_tickets([text for _, text in problem_texts])
    embeddings = embedder.embed(tickets["text"])
    order = np.random.default_rng(3).permutation(tickets.height)
    first = find_themes(tickets, embeddings, embedder.embed)
    second = find_themes(tickets[order], embeddings[order], embedder.embed)
    assert first.themes.equals(second.themes)
    assert first.ticket_themes.equals(second.ticket_themes)
    assert first.theme_examples.equals(second.theme_examples)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["refund"],
        ["refund", "login"],
        ["refund", "login", None, "", "parcel"],
        ["the same words"] * 30,
        [""] * 12,
        [None] * 3,
        ["refund please " * 7_200, *["my parcel is late"] * 3],
        ["😡😡😡", "استرداد المبلغ لم يصل", "退款 没有 到账", "<script>alert(1)</script>", "=HYPERLINK(1)"],
    ],
    ids=["none", "one", "two", "five", "identical", "empty", "null", "giant", "scripts"],
)
def test_every_ticket_belongs_to_a_theme_however_few_or_odd_the_texts(find, texts):
    found = find(texts)
    assert found.ticket_themes.height == len(texts)
    assert found.ticket_themes.join(found.themes, on="theme_id", how="anti").is_empty()
    assert found.themes["tickets"].sum() == len(texts)
    assert found.themes["share"].sum() == pytest.approx(1 if texts else 0)
    assert len(found.centroids) == found.themes.height
    assert found.themes.schema == THEMES_SCHEMA
    assert found.ticket_themes.schema == TICKET_THEMES_SCHEMA
    assert found.theme_examples.schema == THEME_EXAMPLES_SCHEMA


def test_tickets_of_unknown_age_have_themes_and_one_first_ticket_of_each_text(
    make_tickets, embedder, problem_texts
):
    tickets = make_tickets([text for _, text in problem_texts] * 2, ["one of them"] * 2 * len(problem_texts))
    ageless = tickets.with_columns(created_at=pl.lit(None, dtype=pl.Datetime("us")))
    found = find_themes(ageless, embedder.embed(ageless["text"]), embedder.embed)
    assert (~found.ticket_themes["is_near_duplicate"]).sum() == len(problem_texts)
    assert found.themes["distinct_tickets"].sum() == len(problem_texts)


def test_texts_that_are_all_unlike_are_other_and_none_is_a_theme(make_tickets, embedder):
    tickets = make_tickets([f"text {number}" for number in range(40)])
    found = find_themes(tickets, np.zeros((40, 384), dtype=np.float32), embedder.embed)
    assert found.themes["theme_id"].to_list() == [OTHER_ID]


def test_mixed_languages_scripts_and_a_giant_text_do_not_hide_the_themes(find, problem_texts):
    odd = [
        "😡😡😡",
        "استرداد المبلغ لم يصل",
        "退款 没有 到账",
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "x" * 100_000,
    ]
    found = find([text for _, text in problem_texts] + odd)
    about = problem_of_theme(found, [*problem_texts, *[("odd", text) for text in odd]])
    for problem in ("refund", "login", "parcel"):
        assert any(problem in said for theme, said in about.items() if theme != OTHER_ID)


def test_a_text_sent_by_500_accounts_neither_ranks_first_nor_gives_another_theme_its_words(
    find, problem_texts
):
    texts = [text for _, text in problem_texts]
    alone, flooded = find(texts), find([*texts, *([TEMPLATE] * 500)])
    ordinary = flooded.themes.filter(~pl.col("is_template"))
    assert ordinary["theme_id"].to_list() == flooded.themes["theme_id"].to_list()[: ordinary.height]
    assert not ordinary["name"].str.to_lowercase().str.contains("shop|confirm|closed").any()
    assert sorted(ordinary["distinct_tickets"]) == sorted(alone.themes["distinct_tickets"])


def test_a_sample_holds_every_source_and_month_in_its_proportion(make_tickets, monkeypatch):
    monkeypatch.setattr(corpus, "FIT_AT_MOST", 30)
    tickets = make_tickets([f"text {number}" for number in range(120)]).with_columns(
        source=pl.Series(["chat"] * 60 + ["mail"] * 60),
        created_at=pl.Series([datetime(2025, 1, 5)] * 30 + [datetime(2025, 2, 5)] * 30 + [None] * 60),
    )
    rows = corpus._stratified_sample(tickets, np.arange(120), seed=0)
    january, february, mail = np.bincount(np.minimum(rows // 30, 2))
    assert {january, february} <= {7, 8}
    assert (mail, len(set(rows.tolist()))) == (15, 30)


def test_a_template_is_a_theme_of_its_own_that_counts_once(find, problem_texts):
    texts = [text for _, text in problem_texts] + [f"{TEMPLATE} {number}" for number in range(500)]
    found = find(texts)
    template = found.themes.filter("is_template").row(0, named=True)
    assert (template["tickets"], template["distinct_tickets"]) == (500, 1)
    assert found.themes.filter("is_template").height == 1
    assert found.themes.filter(~pl.col("is_other"))["theme_id"].to_list()[-1] == template["theme_id"]
    copies = found.ticket_themes.filter(pl.col("theme_id") == template["theme_id"])
    assert copies["is_near_duplicate"].sum() == 499
    assert not copies.sort("ticket_id")["is_near_duplicate"][0]


def test_a_short_text_by_150_people_counts_150_times_but_neither_names_its_theme_nor_fills_its_examples(
    find, problem_texts
):
    texts = [text for _, text in problem_texts]
    alone, down = find(texts), find([*texts, *["My refund is long overdue"] * 150])
    theme = down.ticket_themes["theme_id"][-1]
    largest = down.themes.row(0, named=True)
    assert (largest["theme_id"], largest["is_template"]) == (theme, False)
    assert largest["tickets"] == largest["distinct_tickets"] > 150
    assert sorted(down.themes["name"]) == sorted(alone.themes["name"])
    shown = down.theme_examples.filter(theme_id=theme)
    assert shown["text"].is_unique().all()


def test_examples_are_distinct_tickets_and_the_description_is_the_first(find, problem_texts):
    found = find([text for _, text in problem_texts] * 2)
    for theme in found.themes.iter_rows(named=True):
        examples = found.theme_examples.filter(pl.col("theme_id") == theme["theme_id"])
        assert examples["rank"].to_list() == [1, 2, 3, 4, 5, 6]
        assert examples["text"].is_unique().all()
        assert examples["text"][0] == theme["description"]


def test_a_long_description_is_cut_at_a_word(find, problem_texts):
    found = find([f"{text} and " + "nobody at all answers " * 20 for _, text in problem_texts])
    assert found.themes["description"].str.len_chars().max() <= DESCRIPTION_CHARACTERS
    assert found.themes["description"].str.ends_with("…").all()


def test_redaction_tokens_and_greetings_never_name_a_theme(find, problem_texts):
    found = find([f"Hello team,\n<EMAIL_1> XXXX {text} <PHONE_2>\nKind regards" for _, text in problem_texts])
    words = " ".join([*found.themes["name"], *found.themes["label_terms"]]).lower()
    assert not any(word in words for word in ("email", "phone_", "xxxx", "hello", "regards"))


def test_new_texts_go_to_the_nearest_theme_and_nonsense_to_other(find, problem_texts, embedder):
    found = find([text for _, text in problem_texts])
    problems = problem_of_theme(found, problem_texts)
    assigned = assign(
        embedder.embed(["I still wait for my refund", "the courier lost my package", ""]), found
    )
    refund, parcel, nothing = assigned["theme_id"]
    assert (problems[refund], problems[parcel], nothing) == (["refund"], ["parcel"], OTHER_ID)
    assert assign(np.zeros((0, 384), dtype=np.float32), found).is_empty()


def test_texts_beyond_the_sample_are_assigned_to_the_sample_s_themes(find, problem_texts, monkeypatch):
    monkeypatch.setattr(corpus, "FIT_AT_MOST", 45)
    found = find([text for _, text in problem_texts])
    assert found.themes["tickets"].sum() == len(problem_texts)
    themed = {
        theme: about for theme, about in problem_of_theme(found, problem_texts).items() if theme != OTHER_ID
    }
    assert len(themed) >= 3
    assert all(len(about) == 1 for about in themed.values())


def test_tickets_and_embeddings_of_different_number_are_refused(make_tickets, embedder):
    with pytest.raises(ValueError, match="2 tickets but 1 embeddings"):
        find_themes(make_tickets(["a", "b"]), np.zeros((1, 384), dtype=np.float32), embedder.embed)
