"""What a reader may look into: quotes, similar solved tickets, teams and issues, and last week's rises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.causes.actions import follow_merges
from models.themes.themes import shortened

QUOTES, SIMILAR, ISSUES = 6, 5, 5
QUOTE_CHARACTERS = 400
# Similar tickets are looked for among this many of the theme's solved ones, the most central first.
_SOLVED_LOOKED_AT = 300

Vectors = npt.NDArray[np.float32]
Embed = Callable[[pl.Series], Vectors]

RISE_FOLLOWUP_SCHEMA: dict[str, Any] = {
    "theme_id": pl.String,
    "was": pl.String,
    "tickets_then": pl.Int64,
    "tickets_now": pl.Int64,
    "usual_high": pl.Float64,
    "outcome": pl.String,
}


def inside_rises(rises: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """The tickets of the rising themes, with is_inside: created since the onset. rises: with `until`."""
    return tickets.join(rises.select("theme_id", "onset_at", "until"), on="theme_id").with_columns(
        is_inside=pl.col("created_at").is_between("onset_at", "until")
    )


def quotes(inside: pl.DataFrame, texts: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """The most central tickets of each rise: theme_id, rank, source, ticket_id, text, shortened.

    inside: victims of inside_rises. texts: source, ticket_id and text of such tickets.
    """
    central = _ranked(inside.filter("is_inside"), "similarity").filter(pl.col("rank") <= QUOTES)
    return _with_text(central.select("theme_id", "rank", "source", "ticket_id"), texts)


def similar_solved(
    inside: pl.DataFrame, texts: Callable[[pl.DataFrame], pl.DataFrame], embed: Embed
) -> pl.DataFrame:
    """Solved tickets of each rising theme most like those of the rise: the table similar_solved.

    Likeness: cosine of a text to the mean of the rise's most central texts.
    """
    solved = _ranked(inside.filter(~pl.col("is_inside")).drop_nulls("solved_at"), "similarity").filter(
        pl.col("rank") <= _SOLVED_LOOKED_AT
    )
    candidates = _with_text(
        solved.select("theme_id", "source", "ticket_id", "solved_at"), texts, shorten=False
    )
    told = quotes(inside, texts)
    likeness = np.zeros(candidates.height)
    for theme_id in candidates["theme_id"].unique():
        rows = np.flatnonzero((candidates["theme_id"] == theme_id).to_numpy())
        of_rise = embed(told.filter(pl.col("theme_id") == theme_id)["text"])
        if len(of_rise):
            middle = of_rise.mean(axis=0)
            likeness[rows] = embed(candidates["text"][rows]) @ (middle / max(np.linalg.norm(middle), 1e-9))
    found = candidates.with_columns(similarity=pl.Series(likeness, dtype=pl.Float64))
    return (
        _ranked(found, "similarity")
        .filter(pl.col("rank") <= SIMILAR)
        .pipe(_with_short_text)
        .select("theme_id", "rank", "source", "ticket_id", "solved_at", "similarity", "text")
    )


def owners(inside: pl.DataFrame, links: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """The teams whose issues a theme's tickets were linked to, by tickets: the table rise_owners.

    inside: every ticket of the rising themes. links: source, ticket_id, issue_id. issues: issue_id, team.
    """
    linked = inside.join(links, on=["source", "ticket_id"]).join(issues, on="issue_id").drop_nulls("team")
    counted = linked.group_by("theme_id", "team").agg(
        linked_tickets=pl.struct("source", "ticket_id").n_unique().cast(pl.Int64)
    )
    return _ranked(counted, "linked_tickets").select(
        "theme_id",
        "rank",
        "team",
        "linked_tickets",
        share=pl.col("linked_tickets") / pl.col("linked_tickets").sum().over("theme_id"),
    )


def linked_issues(inside: pl.DataFrame, links: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """The issues that the tickets of a rise are linked to, by tickets: the table rise_issues."""
    linked = inside.filter("is_inside").join(
        links.select("source", "ticket_id", "issue_id"), on=["source", "ticket_id"]
    )
    counted = linked.group_by("theme_id", "issue_id").agg(linked_tickets=pl.len().cast(pl.Int64))
    columns = ["theme_id", "rank", "issue_key", "team", "summary", "status", "created_at", "resolved_at"]
    ranked = _ranked(counted.join(issues, on="issue_id"), "linked_tickets")
    return ranked.filter(pl.col("rank") <= ISSUES).select(*columns, "linked_tickets")


def followup(
    before: pl.DataFrame, now: pl.DataFrame, trends: pl.DataFrame, week: date, history: pl.DataFrame
) -> pl.DataFrame:
    """What became of last week's rises: the table rise_followup.

    before: find_rises of last week, with the ids that themes had then. now: of this week. trends: the table
    theme_trends. week: Monday of this one. history: the table theme_history. A theme that was merged since is followed,
    and compared with the usual range of what it was merged into.
    """
    this_week = trends.filter(pl.col("week") == week).select(
        "theme_id", tickets_now="distinct_tickets", high_now="usual_high"
    )
    heirs = follow_merges(before["theme_id"], history, trends["theme_id"].unique())
    joined = (
        before.with_columns(is_merged=heirs != before["theme_id"])
        .with_columns(heirs)
        .unique("theme_id", keep="first", maintain_order=True)
        .join(this_week, on="theme_id", how="left", maintain_order="left")
        .with_columns(usual_high=pl.when("is_merged").then("high_now").otherwise("usual_high"))
    )
    still = pl.col("theme_id").is_in(now["theme_id"].to_list()) | (
        pl.col("tickets_now") > pl.col("usual_high")
    )
    return joined.select(
        "theme_id",
        was="kind",
        tickets_then="tickets_week",
        tickets_now=pl.col("tickets_now").fill_null(0),
        usual_high="usual_high",
        outcome=pl.when(pl.col("tickets_now").is_null())
        .then(pl.lit("theme retired"))
        .when(still.fill_null(False))
        .then(pl.lit("still above"))
        .otherwise(pl.lit("back to usual")),
    ).select(pl.col(name).cast(kind) for name, kind in RISE_FOLLOWUP_SCHEMA.items())


def _with_short_text(tickets: pl.DataFrame) -> pl.DataFrame:
    short = [shortened(text, QUOTE_CHARACTERS) for text in tickets["text"].fill_null("")]
    return tickets.with_columns(text=pl.Series(short, dtype=pl.String))


def _with_text(
    tickets: pl.DataFrame, texts: Callable[[pl.DataFrame], pl.DataFrame], shorten: bool = True
) -> pl.DataFrame:
    found = texts(tickets.select("source", "ticket_id"))
    joined = tickets.join(found, on=["source", "ticket_id"], maintain_order="left")
    return _with_short_text(joined) if shorten else joined


def _ranked(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    """Ranked within each theme, the highest first; ties by the other columns, so that a repeat gives the same."""
    ties = [name for name in ("team", "issue_id", "source", "ticket_id") if name in frame.columns]
    return frame.sort(
        "theme_id", pl.col(by), *ties, descending=[False, True, *(False for _ in ties)]
    ).with_columns(rank=(pl.int_range(pl.len()).over("theme_id") + 1).cast(pl.Int64))
