import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingest.personal_data import TicketRedactor, redact_value

# Numbers that their issuers keep for tests and documentation.
CARD = "4111111111111111"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paid with 4111 1111 1111 1111 today", "paid with <CARD_1> today"),
        ("paid with 4111-1111-1111-1111 today", "paid with <CARD_1> today"),
        ("card ４１１１　１１１１　１１１１　１１１１", "card <CARD_1>"),
        ("card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card <CARD_1>"),
        ("card 4111\u200b1111\u200b1111\u20601111", "card <CARD_1>"),
        ("card ٤١١١١١١١١١١١١١١١", "card <CARD_1>"),
        ("4111111111111111 5555555555554444", "<CARD_1> <CARD_2>"),
        ("4111 1111 1111 1111 12/27", "<CARD_1> 12/27"),
        ("iban DE89 3704 0044 0532 0130 00 please", "iban <IBAN_1> please"),
        ("iban gb82west12345698765432", "iban <IBAN_1>"),
        ("my ssn is 536-90-4399", "my ssn is <SSN_1>"),
        ("social security number 536904399", "social security number <SSN_1>"),
        ("write to jane.doe+x@example.co.uk.", "write to <EMAIL_1>."),
        ("jane (at) gmail (dot) com", "<EMAIL_1>"),
        ("jane [at] gmail.com", "<EMAIL_1>"),
        ("jane at gmail dot com", "<EMAIL_1>"),
        ("jane＠gmail．com", "<EMAIL_1>"),
        ("jane @ gmail . com", "<EMAIL_1>"),
        ("ja\u200bne@gm\u200bail.com", "<EMAIL_1>"),
        ("call +1 202-555-0143", "call <PHONE_1>"),
        ("call (202) 555-0143 now", "call <PHONE_1> now"),
        ("call 020 7946 0958", "call <PHONE_1>"),
        ("from 192.0.2.14 and 2001:db8::8a2e:370:7334", "from <IP_1> and <IP_2>"),
        ("ask @jane_doe about it", "ask <HANDLE_1> about it"),
    ],
)
def test_personal_data_becomes_a_typed_token(text: str, expected: str) -> None:
    assert redact_value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my code is 482913", "my code is <CODE>"),
        ("your OTP: 482 913", "your OTP: <CODE>"),
        ("482913 is my verification code", "<CODE> is my verification code"),
        ("they asked for the sms code, G-482913", "they asked for the sms code, <CODE>"),
        ("pin 4829", "pin <CODE>"),
        ("cvv 123 and cvc: 4567", "cvv <CVV> and cvc: <CVV>"),
        ("the security code on the back is 9 9 9", "the security code on the back is <CVV>"),
    ],
)
def test_codes_are_never_kept(text: str, expected: str) -> None:
    assert redact_value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "error code 4032 at checkout",
        "app version 10.2.3.4 on 2026-01-15 10:30",
        "order 2025550143 of 12/05/2026 is missing",
        "charged 1.200.000 instead of 120.00",
        "look at example.com, not at my order",
        "4111111111111112 is no card number",
        "meet me @ 5",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert redact_value(text) == text


def test_the_same_value_has_the_same_token_in_all_texts_of_a_ticket() -> None:
    redactor = TicketRedactor()
    assert redactor.redact("from a@example.com, cc b@example.com") == "from <EMAIL_1>, cc <EMAIL_2>"
    assert redactor.redact("B (at) example (dot) com again") == "<EMAIL_2> again"


def test_known_names_go_whole_and_in_part() -> None:
    redactor = TicketRedactor(["Jane Doe", "Will Smith"])
    told = redactor.redact("Hi, jane doe here. Will told me to wait, will you? Thanks, JANE")
    assert told == "Hi, <NAME_1> here. <NAME_2> told me to wait, will you? Thanks, <NAME_1>"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Siobhan O'Brien-Smith", "regards, SIOBHAN O'BRIEN-SMITH.", "regards, <NAME_1>."),
        ("Bo Li", "Bo Li here, look at the boat", "<NAME_1> here, look at the boat"),
        ("王小明", "我是王小明，付款失败", "我是<NAME_1>,付款失败"),
        ("Robin Card", "Robin's 4111 1111 1111 1111", "<NAME_1>'s <CARD_1>"),
        ("Jane Doe", "Jane's card, signed Doe, Jane", "<NAME_1>'s card, signed <NAME_1>"),
    ],
)
def test_names_are_found_in_other_forms(name: str, text: str, expected: str) -> None:
    assert TicketRedactor([name]).redact(text) == expected


def test_a_name_inside_a_word_is_no_name() -> None:
    assert TicketRedactor(["Ann Lee"]).redact("the annual sleeve") == "the annual sleeve"


def test_bidirectional_and_invisible_characters_are_dropped() -> None:
    assert redact_value("pay\u202ement \ufefffai\u200bled") == "payment failed"


@given(st.text(alphabet="abc ,.:-@", max_size=30), st.sampled_from(["", " ", "-", ".", "\u200b", "  "]))
def test_a_card_number_never_survives_its_surroundings(around: str, gap: str) -> None:
    grouped = gap.join(CARD[start : start + 4] for start in range(0, 16, 4))
    redacted = redact_value(f"{around} {grouped} {around}")
    assert "1111" not in redacted
