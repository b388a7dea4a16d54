"""Words that neither open nor close a theme's name."""

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
today yesterday day days week weeks let tell told make made use using used take takes
"""


@cache
def edge_stop_words() -> frozenset[str]:
    """scikit-learn's English stop words and small talk, without the words that tell something."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset((ENGLISH_STOP_WORDS | set(_SMALL_TALK.split())) - set(_TELLING.split()))
