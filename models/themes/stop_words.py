"""Words that do not open, or do not close, a theme's name."""

from __future__ import annotations

from functools import cache

# Words of scikit-learn's stop list that do say something in a support ticket.
_TELLING = """
amount bill call cannot cant describe detail empty fill find fire full interest move name never no not system
"""
_SMALL_TALK = """
hi hello hey dear please pls thanks thank kindly regards sincerely sir madam team asap urgent urgently help ok okay
i'm i've i'd i'll it's that's don't didn't can't doesn't isn't won't wasn't haven't hasn't there's im ive dont didnt
just really still also got get getting want wanted need needed know like say said does did doing would could should
today yesterday day days week weeks let tell told make made use using used take takes long
"""


# "How long does it take" is a name, "long does it take" is not; "did not" wants its verb.
_MAY_OPEN = frozenset(["how"])
_MAY_NOT_CLOSE = frozenset(["cannot", "cant", "never", "no", "not"])


def can_be_a_name(words: list[str]) -> bool:
    """Whether a phrase neither opens nor closes with a word that says nothing there, nor repeats one."""
    stop_words = _stop_words()
    opens = words[0] not in stop_words or (words[0] in _MAY_OPEN and len(words) > 1)
    closes = words[-1] not in stop_words | _MAY_NOT_CLOSE
    return opens and closes and len(set(words)) == len(words)


@cache
def _stop_words() -> frozenset[str]:
    """scikit-learn's English stop words and small talk, without the words that tell something."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset((ENGLISH_STOP_WORDS | set(_SMALL_TALK.split())) - set(_TELLING.split()))
