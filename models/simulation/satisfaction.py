"""Customer satisfaction: who is asked, who answers and why so, who thinks again, and what moves the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.simulation.event_log import EventLog
from models.simulation.grammar import PROBLEMS
from models.simulation.intake import Intake
from models.simulation.lifecycle import WORSE_CSAT_LOGIT, Timeline
from models.simulation.world import VENDORS, Bools, Floats

_ASKED_SHARE = 0.7
_GOOD_COMMENTS = (
    "Quick and friendly, thanks.", "Solved in one go.", "Very helpful agent.", "Took a while but it was sorted out.",
    "Great, all good now.", "Kind answer.", "Perfect.", "The agent understood at once what was wrong.",
)  # fmt: skip
_BAD_COMMENTS = (
    "Waited far too long.", "Only template answers.", "Nobody read what I wrote.", "Still not solved.",
    "I had to explain it three times.", "Closed without a solution.", "Very slow.", "The answer did not fit my question.",
)  # fmt: skip


# What the helpdesk lets those choose from who rate badly.
REASONS = (
    "Took too long to reply", "Took too long to solve", "Problem not solved", "Unhappy with the product or its rules",
    "Answer did not help",
)  # fmt: skip
_REASON_SHARE = 0.6  # of bad ratings
# Share of those now content or not who had first rated the other way.
_WON_OVER, _LOST = 0.04, 0.03


@dataclass(frozen=True)
class Satisfaction:
    """One value per ticket: asked or not, good / bad / null, what a few of them wrote, and why they rated badly.

    rated, rated_again: minutes since the start of the first rating and of a change of mind, NaN where there is none.
    """

    offered: pl.Series
    score: pl.Series
    comment: pl.Series
    reason: pl.Series
    rated: Floats
    rated_again: Floats


def satisfaction(
    intake: Intake, timeline: Timeline, end: float, worse: str | None, rng: np.random.Generator
) -> Satisfaction:
    """Ask a day after the solution; the unhappy answer more often than the happy.

    When and why is drawn from a generator of its own.
    """
    when_and_why = rng.spawn(1)[0]
    size = len(intake.minute)
    asked_at = np.fmax(timeline.solved, timeline.solved_again) + 1440
    offered = (asked_at < end) & ~(timeline.deleted < end) & (rng.uniform(size=size) < _ASKED_SHARE)
    is_good = rng.uniform(size=size) < 1 / (1 + np.exp(-_log_odds(intake, timeline, worse)))
    answers = offered & (intake.template < 0) & (rng.uniform(size=size) < np.where(is_good, 0.22, 0.34))
    score = np.where(answers, np.where(is_good, 1, 2), 0)
    comments = answers & (rng.uniform(size=size) < 0.3)
    place = np.where(is_good, 0, len(_GOOD_COMMENTS)) + rng.integers(0, len(_GOOD_COMMENTS), size)
    words = pl.Series([*_GOOD_COMMENTS, *_BAD_COMMENTS, None], dtype=pl.String)
    # Most answer within hours; who was asked just before the end has answered by then.
    rated = np.minimum(asked_at + when_and_why.exponential(240.0, size), end - 1)
    rated_again = rated + when_and_why.exponential(2 * 1440.0, size)
    changes = when_and_why.uniform(size=size) < np.where(is_good, _WON_OVER, _LOST)
    return Satisfaction(
        offered=pl.Series(offered),
        score=pl.Series([None, "good", "bad"], dtype=pl.String).gather(score),
        comment=words.gather(np.where(comments, place, len(words) - 1)),
        reason=_reasons(intake, timeline, answers & ~is_good, when_and_why),
        rated=np.where(answers, rated, np.nan),
        rated_again=np.where(answers & changes & (rated_again < end), rated_again, np.nan),
    )


def log_ratings(log: EventLog, ratings: Satisfaction) -> None:
    """Add to the log when each rating was given and changed; the offer itself is only on the ticket."""
    is_good = (ratings.score == "good").fill_null(False).to_numpy()
    final = np.where(is_good, log.word("good"), log.word("bad"))
    opposite = np.where(is_good, log.word("bad"), log.word("good"))
    first = np.where(np.isnan(ratings.rated_again), final, opposite)
    log.add("rated", ratings.rated, "requester", "offered", first)
    log.add("rated", ratings.rated_again, "requester", opposite, final)


def _reasons(intake: Intake, timeline: Timeline, is_bad: Bools, rng: np.random.Generator) -> pl.Series:
    """A reason for some of the bad ratings, the likelier the more of it there was."""
    size = len(is_bad)
    hours_to_reply, days_to_solve = _waits(intake, timeline)
    weights = (
        np.log1p(hours_to_reply),
        np.log1p(days_to_solve),
        np.where(np.isnan(timeline.reopened), 0.4, 2.0),
        0.2 + 1.2 * _severity(intake) + 1.0 * (intake.cause >= 0),
        np.full(size, 0.6),
    )
    # The largest of log-weight plus Gumbel noise is a draw by weight.
    scores = np.log(np.maximum(weights, 1e-9)) + rng.gumbel(size=(len(weights), size))
    gives = is_bad & (rng.uniform(size=size) < _REASON_SHARE)
    choice = np.where(gives, np.argmax(np.nan_to_num(scores, nan=-np.inf), axis=0), len(REASONS))
    return pl.Series([*REASONS, None], dtype=pl.String).gather(choice)


def _severity(intake: Intake) -> Floats:
    return np.array([problem.severity for problem in PROBLEMS])[intake.problem]


def _waits(intake: Intake, timeline: Timeline) -> tuple[Floats, Floats]:
    """Hours to the first reply (two days where there was none) and days to the last solution."""
    hours_to_reply = np.where(
        np.isnan(timeline.first_reply), 48.0, (timeline.first_reply - intake.minute) / 60
    )
    return hours_to_reply, (np.fmax(timeline.solved, timeline.solved_again) - intake.minute) / 1440


def _log_odds(intake: Intake, timeline: Timeline, worse: str | None) -> Floats:
    """Log-odds of a good rating, before anyone decides whether to answer."""
    hours_to_reply, days_to_solve = _waits(intake, timeline)
    odds = 3.0 - 0.35 * np.log1p(hours_to_reply) - 0.45 * np.log1p(days_to_solve) - 1.3 * _severity(intake)
    odds -= 0.7 * ~np.isnan(timeline.reopened) + 0.5 * (intake.priority >= 2) + 0.25 * (intake.channel == 2)
    odds -= 0.5 * (intake.cause >= 0)
    if worse:
        odds += WORSE_CSAT_LOGIT * (intake.vendor == VENDORS.index(worse))
    return odds
