"""Small hand-made tickets about a few plainly different problems."""

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest

PROBLEMS = {
    "refund": (
        [
            "My refund",
            "The refund",
            "A refund for my order",
            "The money back for my return",
            "My return refund",
        ],
        ["has not arrived yet", "is still missing", "is taking far too long", "was promised but never came"],
    ),
    "login": (
        [
            "I cannot log in to my account",
            "Login fails",
            "My password is rejected",
            "The login code is refused",
        ],
        ["since this morning", "on my phone", "on the website", "after the reset", "every single time"],
    ),
    "parcel": (
        ["The parcel", "My package", "The courier's delivery", "The shipment", "My box from the courier"],
        ["is stuck in transit", "was left in the rain", "went to the wrong house", "came with a torn box"],
    ),
}

MakeTickets = Callable[..., pl.DataFrame]


@pytest.fixture
def make_tickets() -> MakeTickets:
    """Texts to tickets, one requester each unless told otherwise, a minute apart."""

    def make(texts: list[str | None], requesters: list[str | None] | None = None) -> pl.DataFrame:
        start = datetime(2025, 3, 1)
        return pl.DataFrame(
            {
                "source": ["sim"] * len(texts),
                "ticket_id": [f"{row:05d}" for row in range(len(texts))],
                "text": texts,
                "requester_key": requesters or [f"r{row}" for row in range(len(texts))],
                "created_at": [start + timedelta(minutes=row) for row in range(len(texts))],
            },
            schema={
                "source": pl.String,
                "ticket_id": pl.String,
                "text": pl.String,
                "requester_key": pl.String,
                "created_at": pl.Datetime("us"),
            },
        )

    return make


@pytest.fixture
def problem_texts() -> list[tuple[str, str]]:
    """(problem, text): 20 different texts on each of three problems."""
    return [
        (problem, f"{subject} {what}")
        for problem, (subjects, whats) in PROBLEMS.items()
        for subject in subjects
        for what in whats
    ]
