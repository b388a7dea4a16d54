"""Quotes, owners, similar tickets, and last week's rises."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models.causes.evidence import QUOTE_CHARACTERS, followup, inside_rises, owners, quotes, similar_solved

ONSET = datetime(2026, 5, 5)
RISES = pl.DataFrame({"theme_id": ["t1"], "onset_at": [ONSET], "until": [ONSET + timedelta(days=6)]})
WORDS = {
    "1": "card declined",
    "2": "card declined again",
    "3": "declined card " + "x " * 400,
    "4": "login",
    "5": "card",
}


def inside() -> pl.DataFrame:
    """Tickets 1 to 3 in the rise, 4 and 5 solved before it."""
    tickets = pl.DataFrame(
        {
            "theme_id": "t1",
            "source": "s",
            "ticket_id": list("12345"),
            "created_at": [ONSET + timedelta(days=day) for day in (1, 2, 3, -30, -20)],
            "similarity": [0.5, 0.9, 0.7, 0.8, 0.6],
            "solved_at": [None, None, None, ONSET, ONSET],
        }
    )
    return inside_rises(RISES, tickets)


def texts(tickets: pl.DataFrame) -> pl.DataFrame:
    return tickets.with_columns(text=pl.col("ticket_id").replace_strict(WORDS))


def about_cards(series: pl.Series) -> np.ndarray:
    return np.array(
        [[1.0, 0.0] if "card" in text else [0.0, 1.0] for text in series], dtype=np.float32
    ).reshape(-1, 2)


def test_quotes_are_the_most_central_of_the_rise_and_short():
    told = quotes(inside(), texts)
    assert told["ticket_id"].to_list() == ["2", "3", "1"]
    assert told["rank"].to_list() == [1, 2, 3]
    assert told["text"].str.len_chars().max() <= QUOTE_CHARACTERS
    assert told["text"][1].endswith("…")


def test_similar_tickets_are_solved_ones_that_read_like_the_rise():
    found = similar_solved(inside(), texts, about_cards)
    assert found["ticket_id"].to_list() == ["5", "4"]
    assert found["similarity"].to_list() == [1.0, 0.0]


def test_owners_are_the_teams_of_linked_issues_by_tickets():
    links = pl.DataFrame({"source": "s", "ticket_id": ["1", "2", "4"], "issue_id": ["i1", "i1", "i2"]})
    issues = pl.DataFrame({"issue_id": ["i1", "i2"], "team": ["Payments", "Accounts"]})
    found = owners(inside(), links, issues)
    assert found.select("team", "linked_tickets", "rank").rows() == [("Payments", 2, 1), ("Accounts", 1, 2)]
    assert found["share"].sum() == 1


def test_last_weeks_rises_go_on_end_or_are_gone():
    """`small` was merged into `large`, which usually has up to 40 tickets; more than `small` ever had are no rise."""
    week = date(2026, 5, 4)
    before = pl.DataFrame(
        {
            "theme_id": ["on", "over", "gone", "small"],
            "kind": "risen",
            "tickets_week": [30, 20, 10, 9],
            "usual_high": [12.0, 9.0, 5.0, 4.0],
        }
    )
    trends = pl.DataFrame(
        {
            "week": week,
            "theme_id": ["on", "over", "large"],
            "distinct_tickets": [25, 8, 31],
            "usual_high": [15.0, 10.0, 40.0],
        }
    )
    history = pl.DataFrame(
        {"occurred_on": [week], "theme_id": ["small"], "what": ["merged"], "other_theme_id": ["large"]}
    )
    told = followup(before, before.head(0), trends, week, history)
    assert dict(told.select("theme_id", "outcome").iter_rows()) == {
        "on": "still above",
        "over": "back to usual",
        "gone": "theme retired",
        "large": "back to usual",
    }
    assert told["usual_high"].to_list() == [12.0, 9.0, 5.0, 40.0]
