"""One thing that can go wrong, and the many ways people put it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

# Who asks: business line and user type.
BUYER = ("ecommerce", "buyer")
MERCHANT = ("ecommerce", "merchant")
VIEWER = ("live", "buyer")
LIVE_SELLER = ("live", "merchant")
STREAMER = ("live", "creator")
CREATOR = ("creator", "creator")
SECURITY_BUYER = ("account_security", "buyer")
SECURITY_MERCHANT = ("account_security", "merchant")
SECURITY_CREATOR = ("account_security", "creator")

Asker = tuple[str, str]


def everyone(weight: float) -> dict[Asker, float]:
    """The same weight for buyers, merchants and creators who ask about their account's security."""
    return dict.fromkeys((SECURITY_BUYER, SECURITY_MERCHANT, SECURITY_CREATOR), weight)


_CHOICE = re.compile(r"\[([^\]]*\|[^\]]*)\]")


def expand(phrases: tuple[str, ...]) -> list[str]:
    """Every sentence that phrases with choices stand for: "a [b|c]" is "a b" and "a c"."""
    sentences: list[str] = []
    for phrase in phrases:
        parts = _CHOICE.split(phrase)
        options = [[part] if place % 2 == 0 else part.split("|") for place, part in enumerate(parts)]
        sentences.extend("".join(choice) for choice in itertools.product(*options))
    return sentences


@dataclass(frozen=True)
class Problem:
    """A theme of tickets: who has it, how often, how hard it is, and how people describe it.

    askers: relative weight by (business line, user type). methods, error_codes: which of them it comes
    with; empty for no payment method or no code. handle_minutes: mean agent time at tier 1. escalation:
    share that tier 1 passes on. severity: 0 mild to 1 grave, moves priority and satisfaction.
    In the phrases, "[a|b]" is a choice and "{amount}" a slot filled per ticket.
    """

    slug: str
    name: str
    area: str
    askers: dict[Asker, float]
    subjects: tuple[str, ...]
    symptoms: tuple[str, ...]
    details: tuple[str, ...]
    asks: tuple[str, ...]
    methods: tuple[str, ...] = ()
    error_codes: tuple[str, ...] = ()
    handle_minutes: float = 9.0
    escalation: float = 0.16
    severity: float = 0.5
