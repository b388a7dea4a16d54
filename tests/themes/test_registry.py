"""Themes keep their ids: placing day to day, refits, births, erasure; on hand-made unit vectors."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes import refit
from models.themes.births import Recent, find_births
from models.themes.refit import fit_themes, themes_as_of
from models.themes.registry import (
    KEY,
    TICKETS_SCHEMA,
    Placed,
    place_new,
    refit_reason,
    without_empty_themes,
)
from models.themes.summary import example_tickets
from models.themes.themes import OTHER_ID, find_themes
from tests.themes.word_vectors import DIMENSIONS, embed

DAY = date(2026, 3, 1)
NOTHING = pl.DataFrame(schema=TICKETS_SCHEMA)
MODEL = "model-1"


def tickets(counts: dict[str, int], first: int = 0, day: date = DAY) -> pl.DataFrame:
    """So many tickets about each word, all of different texts, a minute apart."""
    texts = [
        f"{word} {chr(97 + n % 26)}{chr(97 + n // 26)} trouble"
        for word, count in counts.items()
        for n in range(count)
    ]
    ids = [f"{first + row:05d}" for row in range(len(texts))]
    start = datetime(day.year, day.month, day.day)
    return pl.DataFrame(
        {
            "source": "desk",
            "ticket_id": ids,
            "text": texts,
            "requester_key": ids,
            "created_at": [start + timedelta(minutes=row) for row in range(len(texts))],
            "created_on": day,
            "text_digest": texts,
        }
    )


def fit(given: pl.DataFrame, before: Placed | None = None, day: date = DAY, pinned=(), model=MODEL) -> Placed:
    registry = before.registry if before else None
    known = before.tickets if before else NOTHING
    return fit_themes(registry, known, given, embed(given["text"]), embed, model, day, pinned)


def theme_of(placed: Placed, given: pl.DataFrame) -> dict[str, set[str]]:
    """The themes in which the tickets about each word are."""
    said = given.with_columns(word=pl.col("text").str.split(" ").list.first()).select(*KEY, "word")
    pairs = placed.tickets.join(said, on=KEY).group_by("word").agg("theme_id")
    return {word: set(themes) for word, themes in pairs.iter_rows()}


@pytest.fixture(scope="module")
def three() -> tuple[pl.DataFrame, Placed]:
    given = tickets({"refund": 40, "login": 30, "parcel": 20})
    return given, fit(given)


def test_the_first_fit_numbers_themes_by_size_and_calls_none_of_them_new(three):
    given, placed = three
    assert theme_of(placed, given) == {"refund": {"t001"}, "login": {"t002"}, "parcel": {"t003"}}
    themes = placed.registry.themes
    assert themes["is_original"].all()
    assert themes["born_on"].to_list() == [DAY] * 3
    assert placed.history.is_empty()
    assert placed.registry.fit.last_number == 3


def test_a_refit_keeps_ids_and_names_gives_new_ones_and_tells_what_happened(three):
    given, placed = three
    more = pl.concat([given, tickets({"payout": 60}, first=500)])
    later = DAY + timedelta(days=30)
    known = Placed(placed.registry, place_new(placed.registry, placed.tickets, more, more[90:], embed(more["text"][90:])),
                   placed.history, placed.examples)  # fmt: skip
    after = fit(more, known, later)
    assert theme_of(after, more) == {
        "refund": {"t001"},
        "login": {"t002"},
        "parcel": {"t003"},
        "payout": {"t004"},
    }
    names = dict(placed.registry.themes.select("theme_id", "name").iter_rows())
    again = dict(after.registry.themes.select("theme_id", "name").iter_rows())
    assert {theme: again[theme] for theme in names} == names
    assert len(set(again.values())) == 4
    fourth = after.registry.themes.filter(theme_id="t004").row(0, named=True)
    assert (fourth["is_original"], fourth["born_on"]) == (False, DAY)
    assert after.history.filter(pl.col("what") == "refit").height == 1


def test_embeddings_already_in_order_are_not_copied(three, monkeypatch):
    given, placed = three
    vectors = embed(given["text"])
    worked_on = []

    def spied(tickets, embeddings, embed, **options):
        worked_on.append(embeddings)
        return find_themes(tickets, embeddings, embed, **options)

    monkeypatch.setattr(refit, "find_themes", spied)
    fit_themes(placed.registry, placed.tickets, given, vectors, embed, MODEL, DAY)
    themes_as_of(placed.registry, placed.tickets, given, vectors, embed, DAY)
    assert [np.shares_memory(vectors, given) for given in worked_on] == [True, True]


def test_a_theme_whose_tickets_are_gone_retires_and_comes_back_under_its_id(three):
    given, placed = three
    without = given.filter(~pl.col("text").str.starts_with("login"))
    gone = fit(without, placed, DAY + timedelta(days=30))
    assert gone.history.select("theme_id", "what").rows() == [(None, "refit"), ("t002", "retired")]
    assert gone.registry.themes.filter(theme_id="t002")["retired_on"].item() == DAY + timedelta(days=30)
    back = fit(given, gone, DAY + timedelta(days=60))
    assert theme_of(back, given)["login"] == {"t002"}
    assert ("t002", "returned") in back.history.select("theme_id", "what").rows()
    assert back.registry.themes.filter(theme_id="t002")["retired_on"].item() is None
    assert back.registry.fit.last_number == 3


def test_another_embedding_model_changes_no_id(three):
    given, placed = three

    def turned(texts):
        return embed(texts)[:, ::-1]

    after = fit_themes(placed.registry, placed.tickets, given, turned(given["text"]), turned, "model-2", DAY)
    assert after.tickets["theme_id"].equals(placed.tickets["theme_id"])
    assert after.registry.fit.model == "model-2"


def test_a_pinned_theme_keeps_its_tickets_whatever_a_refit_finds():
    given = tickets({"refund": 40, "login": 30, "parcel": 20})
    placed = fit(given)
    odd = placed.tickets.with_columns(
        theme_id=pl.when(pl.col("ticket_id") < "00005").then(pl.lit("t003")).otherwise("theme_id")
    )
    before = Placed(placed.registry, odd, placed.history, placed.examples)
    kept = fit(given, before, pinned=["t003"])
    assert kept.tickets.filter(theme_id="t003").height == 25
    free = fit(given, before)
    assert free.tickets.filter(theme_id="t003").height == 20


@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(90)))
def test_the_order_of_rows_changes_nothing(order):
    given = tickets({"refund": 40, "login": 30, "parcel": 20})
    one, other = fit(given), fit(given[list(order)])
    assert one.tickets.equals(other.tickets)
    assert one.registry.themes.equals(other.registry.themes)
    np.testing.assert_allclose(one.registry.centroids, other.registry.centroids, atol=1e-6)


def test_only_new_and_edited_tickets_are_placed_and_deleted_ones_go(three):
    given, placed = three
    odd = placed.tickets.with_columns(  # a known ticket keeps its theme, right or wrong
        theme_id=pl.when(pl.col("ticket_id") == "00001").then(pl.lit("t003")).otherwise("theme_id")
    )
    fresh = pl.concat([tickets({"login": 1}, first=700), tickets({"parcel": 1}, first=0)])  # 00000 is edited
    there = pl.concat([given.filter(pl.col("ticket_id") != "00002"), fresh[:1]])
    after = place_new(placed.registry, odd, there, fresh, embed(fresh["text"]))
    themes = dict(after.select("ticket_id", "theme_id").iter_rows())
    assert (themes["00000"], themes["00001"], themes["00700"]) == ("t003", "t003", "t002")
    assert "00002" not in themes
    assert after.height == 90
    assert after["ticket_id"].is_sorted()


def test_a_text_that_says_nothing_known_belongs_to_no_theme(three):
    given, placed = three
    fresh = tickets({"refund": 1}, first=700).with_columns(text=pl.lit(""))
    after = place_new(
        placed.registry,
        placed.tickets,
        pl.concat([given, fresh]),
        fresh,
        np.zeros((1, DIMENSIONS), np.float32),
    )
    assert after.filter(ticket_id="00700")["theme_id"].item() == OTHER_ID


def test_a_copy_of_a_known_text_counts_once_until_the_first_is_deleted(three):
    given, placed = three
    copy = given[:1].with_columns(ticket_id=pl.lit("00900"), text=pl.col("text").str.to_uppercase() + "!")
    there = pl.concat([given, copy])
    after = place_new(placed.registry, placed.tickets, there, copy, embed(given["text"][:1]))
    assert after.filter(ticket_id="00900")["is_near_duplicate"].item()
    later = place_new(placed.registry, after, there[1:], copy[:0], embed([]))
    assert not later.filter(ticket_id="00900")["is_near_duplicate"].item()


def test_a_copy_stands_for_its_text_once_the_first_ticket_says_something_else(three):
    given, placed = three
    copy = given[:1].with_columns(ticket_id=pl.lit("00900"), text=pl.col("text").str.to_uppercase() + "!")
    there = pl.concat([given, copy])
    after = place_new(placed.registry, placed.tickets, there, copy, embed(given["text"][:1]))
    edited = given[:1].with_columns(text=pl.lit("refund something else"), text_digest=pl.lit("edited"))
    later = place_new(placed.registry, after, there, edited, embed(edited["text"]))
    stands = dict(later.select("ticket_id", "is_near_duplicate").iter_rows())
    assert (stands["00000"], stands["00900"]) == (False, False)


def copies_of(text: str, requesters: list[str], first: int, day: date = DAY) -> pl.DataFrame:
    """Tickets of one text, one for each requester named."""
    return tickets({"refund": len(requesters)}, first, day).with_columns(
        text=pl.lit(text), requester_key=pl.Series(requesters), text_digest=pl.lit(text)
    )


def counted(placed: pl.DataFrame, given: pl.DataFrame) -> int:
    return placed.join(given, on=KEY, how="semi").filter(~pl.col("is_near_duplicate")).height


def test_a_short_text_of_months_ago_counts_again_for_everybody_who_writes_it_now(three):
    given, placed = three
    once = copies_of("My refund is gone", ["a"], first=800)
    there = pl.concat([given, once])
    before = place_new(placed.registry, placed.tickets, there, once, embed(once["text"]))
    now = copies_of(
        "my refund is GONE!", ["a", *(f"b{row}" for row in range(150))], 900, DAY + timedelta(days=99)
    )
    after = place_new(placed.registry, before, pl.concat([there, now]), now, embed(now["text"]))
    assert counted(after, once) == 1
    assert counted(after, now) == 150
    shown = example_tickets(after, placed.examples)
    texts = shown.join(pl.concat([there, now]), on=KEY)["text"].str.to_lowercase().str.strip_chars("!")
    assert texts.is_unique().all()


def test_a_short_text_no_longer_counts_once_it_comes_from_so_many_accounts_that_it_is_a_template(three):
    given, placed = three
    some = copies_of("My refund is gone", [f"a{row}" for row in range(150)], first=1_000)
    there = pl.concat([given, some])
    before = place_new(placed.registry, placed.tickets, there, some, embed(some["text"]))
    more = copies_of("My refund is gone", [f"b{row}" for row in range(50)], first=2_000)
    after = place_new(placed.registry, before, pl.concat([there, more]), more, embed(more["text"]))
    assert (counted(after, some), counted(after, more)) == (150, 0)


def test_when_a_requester_s_first_copy_of_a_short_text_goes_the_next_one_of_theirs_counts(three):
    given, placed = three
    some = copies_of("My refund is gone", ["a", "b", "a", "b"], first=800)
    there = pl.concat([given, some])
    before = place_new(placed.registry, placed.tickets, there, some, embed(some["text"]))
    assert before.filter("is_near_duplicate")["ticket_id"].to_list() == ["00802", "00803"]
    after = place_new(
        placed.registry, before, there.filter(pl.col("ticket_id") != "00801"), some[:0], embed([])
    )
    assert after.filter("is_near_duplicate")["ticket_id"].to_list() == ["00802"]


def test_a_theme_without_a_ticket_left_is_retired_once(three):
    _, placed = three
    erased = Placed(
        placed.registry, placed.tickets.filter(pl.col("theme_id") != "t003"), placed.history, placed.examples
    )
    after = without_empty_themes(erased, DAY)
    assert after.history.rows() == [(DAY, "t003", "retired", None, "no tickets are left")]
    assert without_empty_themes(after, DAY).history.height == 1


@pytest.mark.parametrize(
    ("model", "days", "copies", "other", "reason"),
    [
        (MODEL, 27, 1, 0, None),
        (MODEL, 28, 1, 0, "the last fit was 28 days ago"),
        ("model-2", 0, 1, 0, "the embedding model changed from model-1 to model-2"),
        (MODEL, 1, 2, 0, "there are 800 texts, 400 at the last fit"),
        (MODEL, 1, 1, 250, "100% of the tickets since the last fit belong to no theme, 0% then"),
        (MODEL, 1, 1, 150, None),
    ],
)
def test_a_refit_is_due_for_a_reason_that_can_be_told(three, model, days, copies, other, reason):
    _, placed = three
    registry = placed.registry
    known = pl.concat([placed.tickets[[0] * 400]] * copies)
    fit_then = type(registry.fit)(MODEL, DAY, 400, 0.0, 3)
    registry = type(registry)(registry.themes, registry.centroids, registry.mean, fit_then)
    late = placed.tickets[[0] * other].with_columns(
        theme_id=pl.lit(OTHER_ID), created_on=DAY + timedelta(days=1)
    )
    assert refit_reason(registry, pl.concat([known, late]), model, DAY + timedelta(days=days)) == reason


def born(placed: Placed, given: pl.DataFrame, recent: pl.DataFrame) -> Placed:
    everything = pl.concat([given, recent])
    day_to_day = place_new(placed.registry, placed.tickets, everything, recent, embed(recent["text"]))
    latest = Recent(recent, embed(recent["text"]), embed(given["text"]))
    shown = placed.examples.join(given, on=KEY).join(placed.tickets.select(*KEY, "theme_id"), on=KEY)
    examples = shown.select("theme_id", "rank", *KEY, "text")
    return find_births(placed.registry, day_to_day, latest, examples, embed, DAY + timedelta(days=7))


HISTORY = {"refund": 60, "login": 60, "parcel": 60}


def test_a_new_problem_gets_a_theme_with_an_id_never_used_and_a_name_of_its_own():
    given = tickets(HISTORY)
    placed = fit(given)
    week = DAY + timedelta(days=6)
    recent = pl.concat([tickets({"refund": 6, "login": 6}, first=500, day=week).with_columns(text=pl.col("text") + " again"),
                        tickets({"voucher": 15}, first=600, day=week)])  # fmt: skip
    after = born(placed, given, recent)
    assert theme_of(after, recent)["voucher"] == {"t004"}
    theme = after.registry.themes.filter(theme_id="t004").row(0, named=True)
    assert (theme["born_on"], theme["is_original"], theme["is_template"]) == (week, False, False)
    assert theme["name"] not in placed.registry.themes["name"].to_list()
    assert after.history.select("theme_id", "what").rows() == [("t004", "born")]
    again = find_births(
        after.registry,
        after.tickets,
        Recent(recent, embed(recent["text"]), embed(given["text"])),
        pl.DataFrame(
            schema={
                "theme_id": pl.String,
                "rank": pl.Int64,
                "source": pl.String,
                "ticket_id": pl.String,
                "text": pl.String,
            }
        ),
        embed,
        DAY + timedelta(days=7),
    )
    assert again.history.is_empty()


def test_one_text_from_many_accounts_becomes_a_template_that_counts_once():
    given = tickets(HISTORY)
    placed = fit(given)
    sent = tickets({"invoice": 25}, first=500, day=DAY + timedelta(days=6)).with_columns(
        text=pl.format("your invoice {} was paid so call this number to stop it now", pl.int_range(25))
    )
    after = born(placed, given, sent)
    theme = after.registry.themes.filter("is_template")
    assert theme["theme_id"].to_list() == ["t004"]
    copies = after.tickets.filter(theme_id="t004")
    assert (copies.height, copies["is_near_duplicate"].sum()) == (25, 24)


def test_a_new_problem_told_in_the_same_few_words_by_many_counts_everybody_once():
    given = tickets(HISTORY)
    week = DAY + timedelta(days=6)
    alike = copies_of("voucher is refused", [f"a{row // 2}" for row in range(40)], 700, week)
    recent = pl.concat([tickets({"voucher": 15}, first=600, day=week), alike])
    after = born(fit(given), given, recent)
    assert theme_of(after, recent)["voucher"] == {"t004"}
    assert counted(after.tickets, recent) == 35
    known = born(after, given, recent)
    assert known.history.is_empty()


def test_copies_that_closeness_missed_join_the_template_of_the_others_and_make_no_second_one():
    given = tickets(HISTORY)
    text = "your invoice {} was paid so call this number to stop it now"
    week = DAY + timedelta(days=6)
    sent = tickets({"invoice": 30}, first=500, day=week).with_columns(text=pl.format(text, pl.int_range(30)))
    placed = born(fit(given), given, sent[:25])
    known = place_new(
        placed.registry, placed.tickets, pl.concat([given, sent]), sent[25:], embed(sent["text"][25:])
    )
    missed = pl.col("ticket_id").is_in(sent["ticket_id"][25:].to_list())
    known = known.with_columns(
        theme_id=pl.when(missed).then(pl.lit("t001")).otherwise("theme_id"),
        is_near_duplicate=pl.col("is_near_duplicate") & ~missed,
    )
    shown = pl.DataFrame(schema={"theme_id": pl.String, "rank": pl.Int64, "source": pl.String,
                                 "ticket_id": pl.String, "text": pl.String})  # fmt: skip
    latest = Recent(sent, embed(sent["text"]), embed(given["text"]))
    after = find_births(placed.registry, known, latest, shown, embed, week)
    assert after.history.is_empty()
    assert theme_of(after, sent.with_columns(text=pl.lit("invoice"))) == {"invoice": {"t004"}}
    copies = after.tickets.filter(theme_id="t004")
    assert (copies.height, copies["is_near_duplicate"].sum()) == (30, 29)
    assert copies["similarity"].min() > 0.5


def test_the_themes_of_a_past_day_bear_todays_ids_and_know_nothing_later():
    then = tickets({"refund": 40, "login": 30})
    placed = fit(pl.concat([then, tickets({"parcel": 50}, first=500, day=DAY + timedelta(days=40))]))
    past = themes_as_of(placed.registry, placed.tickets, then, embed(then["text"]), embed, DAY)
    today = theme_of(placed, then)
    assert theme_of(past, then) == today
    assert set(past.registry.themes["theme_id"]) == today["refund"] | today["login"]


def test_on_a_past_day_no_theme_bears_the_name_of_another_of_today(three):
    given, placed = three
    own = dict(placed.registry.themes.select("theme_id", "name").iter_rows())
    exchanged = {"t001": own["t002"], "t002": "Sign-in", "t003": own["t003"]}
    today = replace(
        placed.registry,
        themes=placed.registry.themes.with_columns(name=pl.col("theme_id").replace(exchanged)),
    )
    past = themes_as_of(today, placed.tickets, given, embed(given["text"]), embed, DAY)
    names = dict(past.registry.themes.select("theme_id", "name").iter_rows())
    assert names == {"t001": own["t001"], "t002": "Sign-in", "t003": own["t003"]}
    taken = themes_as_of(
        placed.registry, placed.tickets, given, embed(given["text"]), embed, DAY, [own["t003"]]
    )
    assert own["t003"] not in taken.registry.themes["name"].to_list()


def test_a_theme_that_there_was_only_on_a_past_day_has_an_id_of_that_day(three):
    given, placed = three
    today = placed.tickets.with_columns(
        theme_id=pl.when(pl.col("theme_id") == "t003").then(pl.lit("t001")).otherwise("theme_id")
    )
    past = themes_as_of(placed.registry, today, given, embed(given["text"]), embed, DAY)
    assert theme_of(past, given) == {"refund": {"t001"}, "login": {"t002"}, "parcel": {"2026-03-01-1"}}
    assert past.registry.themes["theme_id"].to_list() == ["t001", "t002", "2026-03-01-1"]
    assert past.registry.themes["is_original"].all()
    assert past.registry.themes["name"].is_unique().all()
    borne = placed.registry.themes.filter(theme_id="t003")["name"].item()
    assert borne not in past.registry.themes["name"].to_list()
