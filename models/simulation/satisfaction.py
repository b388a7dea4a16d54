"""Customer satisfaction: who is asked, who answers, and how waiting and the problem itself move the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.simulation.grammar import PROBLEMS
from models.simulation.intake import Intake
from models.simulation.lifecycle import WORSE_CSAT_LOGIT, Timeline
from models.simulation.world import VENDORS, Floats

_ASKED_SHARE = 0.7
_GOOD_COMMENTS = (
    "Quick and friendly, thanks.", "Solved in one go.", "Very helpful agent.", "Took a while but it was sorted out.",
    "Great, all good now.", "Kind answer.", "Perfect.", "The agent understood at once what was wrong.",
)  # fmt: skip
_BAD_COMMENTS = (
    "Waited far too long.", "Only template answers.", "Nobody read what I wrote.", "Still not solved.",
    "I had to explain it three times.", "Closed without a solution.", "Very slow.", "The answer did not fit my question.",
)  # fmt: skip


@dataclass(frozen=True)
class Satisfaction:
    """One value per ticket: asked or not, good / bad / null, and what a few of them wrote."""

    offered: pl.Series
    score: pl.Series
    comment: pl.Series


def satisfaction(
    intake: Intake, timeline: Timeline, end: float, worse: str | None, rng: np.random.Generator
) -> Satisfaction:
    """Ask a day after the solution; the unhappy answer more often than the happy."""
    size = len(intake.minute)
    asked_at = np.fmax(timeline.solved, timeline.solved_again) + 1440
    offered = (asked_at < end) & ~(timeline.deleted < end) & (rng.uniform(size=size) < _ASKED_SHARE)
    is_good = rng.uniform(size=size) < 1 / (1 + np.exp(-_log_odds(intake, timeline, worse)))
    answers = offered & (intake.template < 0) & (rng.uniform(size=size) < np.where(is_good, 0.22, 0.34))
    score = np.where(answers, np.where(is_good, 1, 2), 0)
    comments = answers & (rng.uniform(size=size) < 0.3)
    place = np.where(is_good, 0, len(_GOOD_COMMENTS)) + rng.integers(0, len(_GOOD_COMMENTS), size)
    words = pl.Series([*_GOOD_COMMENTS, *_BAD_COMMENTS, None], dtype=pl.String)
    return Satisfaction(
        offered=pl.Series(offered),
        score=pl.Series([None, "good", "bad"], dtype=pl.String).gather(score),
        comment=words.gather(np.where(comments, place, len(words) - 1)),
    )


def _log_odds(intake: Intake, timeline: Timeline, worse: str | None) -> Floats:
    """Log-odds of a good rating, before anyone decides whether to answer."""
    severity = np.array([problem.severity for problem in PROBLEMS])[intake.problem]
    hours_to_reply = np.where(
        np.isnan(timeline.first_reply), 48.0, (timeline.first_reply - intake.minute) / 60
    )
    days_to_solve = (np.fmax(timeline.solved, timeline.solved_again) - intake.minute) / 1440
    odds = 3.0 - 0.35 * np.log1p(hours_to_reply) - 0.45 * np.log1p(days_to_solve) - 1.3 * severity
    odds -= 0.7 * ~np.isnan(timeline.reopened) + 0.5 * (intake.priority >= 2) + 0.25 * (intake.channel == 2)
    odds -= 0.5 * (intake.cause >= 0)
    if worse:
        odds += WORSE_CSAT_LOGIT * (intake.vendor == VENDORS.index(worse))
    return odds
