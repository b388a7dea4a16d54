"""What of a ticket's text the models read."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.normalise import MAX_CHARACTERS, mask_numbers, normalise


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("My card  was\tdeclined ", "My card was declined"),
        ("Card declined\nIt fails every time", "Card declined. It fails every time"),
        ("Card declined\nit fails\nevery time", "Card declined. it fails every time"),
        ("Is it gone?\r\n\r\nmy card fails\nHelp me", "Is it gone? my card fails. Help me"),
        ("I wrote to <EMAIL_1> from <PHONE_2> twice", "I wrote to from twice"),
        ("On XX/XX/2024 XXXX charged me {$12.50}", "On charged me $12.50"),
        ("Hello team, where is my payout?", "where is my payout"),
        ("Dear Ms Smith,\nmy refund is late", "my refund is late"),
        ("Refund late\nDear Mr. Jo Smith,\nit is late", "Refund late. it is late"),
        ("Diamonds gone\nhiya my diamonds are gone", "Diamonds gone. my diamonds are gone"),
        ("Sound muted\nhey guys my video has no sound", "Sound muted. my video has no sound"),
        ("Box\nyo, it is late", "Box. it is late"),
        ("Video\nhey my video is muted\nand slow", "Video. my video is muted and slow"),
        ("Hello Fresh box is missing", "Hello Fresh box is missing"),
        ("Refund is late.\n\nKind regards,\nJo Bloggs\nSent from my phone", "Refund is late"),
        ("Refund is late. Thanks in advance!", "Refund is late"),
        ("See https://example.com/pay?x=1 for it", "See for it"),
        ("<p>Payout <b>missing</b></p>", "Payout missing"),
        ("pay\u200bout mis\u202esing", "payout missing"),
        ("I thank you for the help but the thanks you gave did not refund me", None),
        ("hi", "hi"),
        ("<EMAIL_1>", ""),
        ("...", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_what_a_text_is_about_is_left(written, read):
    assert normalise(pl.Series([written], dtype=pl.String)).item() == (written if read is None else read)


def test_a_giant_text_is_cut():
    assert len(normalise(pl.Series(["refund " * 20_000])).item()) <= MAX_CHARACTERS


@given(st.lists(st.text(max_size=200), max_size=5))
def test_normalised_text_is_one_line_and_stays_the_same_when_masked_twice(texts):
    normalised = normalise(pl.Series(texts, dtype=pl.String))
    assert len(normalised) == len(texts)
    assert not any("\n" in text for text in normalised)
    masked = mask_numbers(normalised)
    assert mask_numbers(masked).equals(masked)


def test_numbers_case_and_punctuation_do_not_tell_copies_apart():
    masked = mask_numbers(pl.Series(["Order 123-456 is late!", "order 9-1: is LATE"]))
    assert masked[0] == masked[1]


def test_other_scripts_survive_masking():
    assert mask_numbers(
        pl.Series(["استرداد المبلغ", "退款 没有 到账", "😡😡"])
    ).str.len_chars().to_list() == [14, 8, 2]
