"""Ticket text as the models read it: without markup, redaction tokens, greetings and signatures.

What people are shown is always the stored (redacted) text; the normalised form only drives
embeddings, near-duplicates and theme names.
"""

from __future__ import annotations

import polars as pl

# Beyond this nothing changes what a ticket is about, and one giant text must not hold up the rest.
MAX_CHARACTERS = 4_000

_INVISIBLE = r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]"
_REDACTION_TOKEN = r"<[A-Z][A-Z_]*(?:_\d+)?>"
_HTML_TAG = r"(?i)</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>"
_HTML_ENTITY = r"&(?:nbsp|amp|lt|gt|quot|apos|#\d+);"
_LINK = r"(?i)\b(?:https?|hxxps?)://\S+|\bwww\.\S+"
_MASKED = r"\b[Xx]{2,}(?:[/\-. ]*[Xx]{2,})*(?:[/\-]\d{2,4})?\b"
# The first line is the subject, or as good as one; after a later line a new sentence starts with a capital.
_FIRST_LINE = r"\A\s*([^\n]*\S)\s*\n\s*"
_LINE_THAT_ENDS = r"([\p{L}\p{N}])[ \t]*(?:\r?\n)+[ \t]*(\p{Lu})"
_AMOUNT_BRACES = r"\{(\$[\d.,]+)\}"

_TITLE = (
    r"(?:sir|madam|sirs|team|support|all|there|guys|folks|everyone|customer (?:service|support|care)"
    r"|to whom it may concern)"
)
_HELLO = (
    r"(?:(?:hi+|hiya|yo|hello|hey|greetings|good (?:morning|afternoon|evening|day)|dear)\b"
    rf"(?:[ ,]+(?:{_TITLE}\b|or\b|and\b|/))*|to whom it may concern\b)"
)
_GREETING = rf"(?im)^[ \t]*{_HELLO}\s*[,.!:;\n]+\s*"
# Below the subject a greeting is one also without a stop: "hiya my card is gone". A subject may be about Hello Fresh.
_GREETING_BELOW = rf"(?i)(\n[ \t]*){_HELLO}[ \t]+"
# "Dear Ms Smith," alone on a line: the name is not known, the line's shape is.
_NAME = r"(?:[ \t]+[^\s,!?]+)"
_GREETING_LINE = (
    rf"(?im)^[ \t]*(?:dear\b{_NAME}{{0,4}}[,!:]?"
    rf"|(?:hi+|hiya|yo|hello|hey)\b(?:{_NAME}{{0,4}},|{_NAME}?!?))[ \t]*\r?\n"
)
# \S+, as Unicode's \w+ before a counted repetition takes the regular expressions' engine thirty times as long.
_FAREWELL = (
    r"(?:many |kind |best |warm )*(?:regards|wishes)|sincerely|yours (?:truly|faithfully|sincerely)|cheers|thanks"
    r"|thank you|many thanks|sent from my \S+"
)
# What follows a farewell at the end: a name, a title, a phone's advertisement.
_SIGNATURE = rf"(?is)(?:^|[\n.!?])\s*(?:{_FAREWELL})\b[^\n?]{{0,40}}(?:\n[^\n]{{0,60}}){{0,4}}\s*$"


def normalise(texts: pl.Series) -> pl.Series:
    """The part of each text that says what it is about, on one line.

    texts: strings, nulls allowed. Returns strings of the same length and order; "" where nothing is left.
    """
    text = pl.col("text").fill_null("").str.slice(0, MAX_CHARACTERS)
    for pattern, replacement in (
        (_INVISIBLE, ""),
        (_REDACTION_TOKEN, " "),
        (_HTML_TAG, " "),
        (_HTML_ENTITY, " "),
        (_LINK, " "),
        (_MASKED, " "),
        (_AMOUNT_BRACES, "${1}"),
        (_GREETING_LINE, ""),
        (_GREETING, ""),
        (_GREETING_BELOW, "${1}"),
        (_SIGNATURE, "."),
        (_FIRST_LINE, "${1}. "),
        (_LINE_THAT_ENDS, "${1}. ${2}"),
        (r"\s{2,}|[^\S ]", " "),  # not \s+, which writes every single blank anew: six times as long
        (r"\s+([,.;:!?])", "${1}"),
        (r"([,.;:!?])(?:\s*[,.;:])+", "${1}"),
    ):
        text = text.str.replace_all(pattern, replacement)
    # A text of nothing but punctuation says nothing.
    text = text.str.strip_chars(" .,;:!?-*_")
    return texts.cast(pl.String).to_frame("text").select(text).to_series()


def mask_numbers(normalised: pl.Series) -> pl.Series:
    """Normalised texts in the form in which copies are identical: lower case, no digits, no punctuation."""
    return (
        normalised.str.to_lowercase()
        .str.replace_all(r"\d+", "0")
        .str.replace_all(r"[^\p{L}\p{N}\p{So}]+", " ")
        .str.strip_chars()
    )
