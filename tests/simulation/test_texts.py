"""Texts: seldom alike, every slot filled, and nobody's real data in them."""

import re

import polars as pl
import pytest

from models.simulation import Operation
from models.simulation.grammar import PROBLEMS
from models.simulation.grammar.other_languages import LANGUAGE_REGIONS, TRANSLATIONS
from models.simulation.grammar.phrases import TEST_CARDS
from models.simulation.grammar.problem import expand

SLUGS = [problem.slug for problem in PROBLEMS]


def test_choices_in_a_phrase_are_multiplied_out() -> None:
    assert expand(("a [b|c] d", "[e|f] [g|h]")) == ["a b d", "a c d", "e g", "e h", "f g", "f h"]


def test_there_are_problems_enough_and_each_is_named_once() -> None:
    areas = [problem.area for problem in PROBLEMS]
    assert areas.count("payment") >= 30
    assert areas.count("account_security") >= 15
    assert len(set(SLUGS)) == len({problem.name for problem in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS, ids=SLUGS)
def test_each_problem_can_be_put_in_many_ways(problem) -> None:  # type: ignore[no-untyped-def]
    symptoms = expand(problem.symptoms)
    assert len(symptoms) * len(expand(problem.details)) >= 16
    assert len(set(symptoms)) == len(symptoms)


def test_translations_are_of_problems_that_exist() -> None:
    assert set(TRANSLATIONS) == set(LANGUAGE_REGIONS)
    assert {slug for by_problem in TRANSLATIONS.values() for slug in by_problem} <= set(SLUGS)


def test_two_tickets_seldom_read_alike(operation: Operation) -> None:
    honest = operation.tables["tickets"].join(
        operation.truth["ticket_truth"].filter(~pl.col("is_attacker_template")), on="ticket_id", how="semi"
    )
    bodies = honest["body"].sample(3000, seed=1)
    assert 1 - bodies.n_unique() / 3000 < 0.02
    words = bodies.str.split(" ").list.len()
    assert words.quantile(0.1) >= 12  # type: ignore[operator]
    assert 25 < words.mean() < 60  # type: ignore[operator]


def test_every_slot_and_choice_is_filled(operation: Operation) -> None:
    for column in ("subject", "body"):
        texts = operation.tables["tickets"][column].drop_nulls()
        assert texts.str.contains(r"[{}\[\]|]|  ").sum() == 0
        assert texts.str.contains(r"\b(null|None|nan)\b").sum() == 0
    assert operation.tables["tickets"]["body"].null_count() == 0


def test_a_chat_has_no_subject(operation: Operation) -> None:
    tickets = operation.tables["tickets"].join(operation.truth["ticket_truth"], on="ticket_id")
    no_subject = tickets.filter(pl.col("subject").is_null())
    assert set(no_subject["channel"]) == {"chat"}
    assert (
        tickets.filter(pl.col("channel") == "chat", ~pl.col("is_attacker_template"))["subject"].null_count()
        == no_subject.height
    )


def test_personal_data_comes_from_reserved_ranges_only(operation: Operation) -> None:
    text = "\n".join(operation.tables["tickets"]["body"].to_list())
    emails = re.findall(r"[\w.+-]+@[\w-]+\.\w+", text)
    phones = re.findall(r"\(\d{3}\) \d{3}-\d{4}", text)
    addresses = re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text)
    # Separators aside, every run of 13 to 16 digits is a card number.
    cards = re.findall(r"(?<!\d)\d(?:[ -]?\d){12,15}(?!\d)", text)
    assert min(len(emails), len(phones), len(addresses), len(cards)) > 20
    assert all(re.fullmatch(r".*@example\.(com|org|net)", email) for email in emails)
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", phone) for phone in phones)
    assert all(address.startswith("192.0.2.") for address in addresses)
    assert set(cards) <= set(TEST_CARDS)


def test_about_a_seventh_of_tickets_hold_personal_data(operation: Operation) -> None:
    found = operation.tables["tickets"]["body"].str.contains(
        r"@|555-01|\d{4}[ -]\d{4}|192\.0\.2|\bcode (you|\d)|\d{14}"
    )
    assert 0.10 < found.mean() < 0.20  # type: ignore[operator]


def test_a_few_tickets_are_in_other_languages(large_operation: Operation) -> None:
    tickets = large_operation.tables["tickets"]
    share = (tickets["language"] != "en").mean()
    assert 0.02 < share < 0.05  # type: ignore[operator]
    assert {"es", "pt", "de", "id"} <= set(tickets["language"])
    assert (tickets["language"] == large_operation.truth["ticket_truth"]["language"]).all()
    assert tickets.filter(language="pt")["region"].unique().to_list() == ["Latin America"]


def test_attackers_send_a_few_templates_many_times_from_many_accounts(large_operation: Operation) -> None:
    attacks = large_operation.tables["tickets"].join(
        large_operation.truth["ticket_truth"].filter("is_attacker_template"), on="ticket_id"
    )
    openings = attacks["body"].str.slice(0, 25)
    assert openings.n_unique() == 4
    assert attacks.height > 100
    assert attacks["requester_id"].n_unique() > 0.8 * attacks.height
