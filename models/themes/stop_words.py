"""Words that do not open, or do not close, a theme's name."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product

# Words of scikit-learn's stop list that do say something in a support ticket.
_TELLING = """
amount bill call cannot cant describe detail empty fill find fire full interest move name never no not system
"""
_SMALL_TALK = """
hi hiya yo hello hey dear please pls thanks thank kindly regards sincerely sir madam team asap urgent urgently help ok okay
i'm i've i'd i'll it's that's don't didn't can't doesn't isn't won't wasn't haven't hasn't there's im ive dont didnt
just really still also got get getting want wanted need needed know like say said does did doing would could should
today yesterday day days week weeks let tell told make made use using used take takes long explain wonder wondering
guys um uh contacted contacting
"""


# "How long does it take" is a name, "long does it take" and "take my card" are not; "did not" wants its verb.
_MAY_OPEN = frozenset(["how"])
_MAY_CLOSE_A_QUESTION = frozenset(["take", "takes", "use"])
_MAY_NOT_CLOSE = frozenset(["cannot", "cant", "never", "no", "not"])


_QUESTION = frozenset(
    product(["can", "could", "do", "does", "did", "will", "would", "should", "may", "am", "are", "is"],
            ["i", "you", "we", "he", "she", "it", "they", "there"])
)  # fmt: skip


@cache
def can_open_a_name(word: str) -> bool:
    """Whether any phrase that begins with this word can be a name."""
    return not _is_letter(word) and (word not in _stop_words() or word in _MAY_OPEN)


def can_be_a_name(words: list[str]) -> bool:
    """Whether a phrase neither opens nor closes with a word that says nothing there, nor repeats one."""
    stop_words = _stop_words()
    if _is_letter(words[0]) or _is_letter(words[-1]):
        return False
    opens = words[0] not in stop_words or (words[0] in _MAY_OPEN and len(words) > 1)
    closes = words[-1] not in stop_words and words[-1] not in _MAY_NOT_CLOSE
    if words[0] in _MAY_OPEN and words[-1] in _MAY_CLOSE_A_QUESTION:
        closes = len(words) > 2
    if not (opens and closes):
        return False
    if words[0] not in _MAY_OPEN and any(pair in _QUESTION for pair in pairwise(words)):
        return False  # "countries do you operate" is cut out of "in which countries do you operate"
    if len(words) > 1 and words[0] == "not" and words[1] in stop_words:
        return False
    return len(set(words)) == len(words)


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isascii()


@cache
def _stop_words() -> frozenset[str]:
    """scikit-learn's English stop words and small talk, without the words that tell something."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset((ENGLISH_STOP_WORDS | set(_SMALL_TALK.split())) - set(_TELLING.split()))
