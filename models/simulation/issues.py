"""Partner teams' work: the issues escalated tickets are linked to, and how they moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from models.simulation.grammar import PROBLEMS
from models.simulation.intake import Intake
from models.simulation.planted import Plan
from models.simulation.volume import PROBLEM_INDEX
from models.simulation.world import SOURCE, Bools, Floats, Ints

TEAMS = {
    "payment": ("PAY", "Payments"),
    "account_security": ("SEC", "Account Security"),
    "general": ("OPS", "Operations"),
}
_LINKED_SHARE_OF_CAUSE = 0.6
_LINKED_SHARE = 0.06
_CATEGORY = {"To Do": "to_do", "In Progress": "in_progress", "In Review": "in_progress", "Done": "done"}


@dataclass(frozen=True)
class Issue:
    """An issue and the moments at which it moved on; None where it has not yet."""

    issue_id: str
    key: str
    team: str
    summary: str
    priority: str
    theme: str
    cause: int
    created: datetime
    moves: list[tuple[datetime, str, str]]

    @property
    def description(self) -> str:
        """What support wrote into it."""
        return f"Support sees tickets of the kind: {PROBLEMS[PROBLEM_INDEX[self.theme]].name}. Examples are linked."


def open_issues(plan: Plan, start: datetime, end: datetime, rng: np.random.Generator) -> list[Issue]:
    """An issue for every cause, opened within two days, and two standing issues for each problem."""
    wanted: list[tuple[str, int, datetime, datetime, str]] = []
    for number, cause in enumerate(plan.causes):
        opened = cause.starts_at + timedelta(hours=float(rng.uniform(4, 48)))
        name = PROBLEMS[PROBLEM_INDEX[cause.theme]].name
        wanted.append((cause.theme, number, opened, cause.ends_at, f"{name}: reports since {cause.name}"))
    for problem in PROBLEMS:
        for _ in range(2):
            opened = start + (end - start) * float(rng.uniform(0.02, 0.97))
            done = opened + timedelta(days=float(rng.lognormal(3.2, 0.7)))
            wanted.append((problem.slug, -1, opened, done, problem.name))
    issues = []
    for number, (theme, cause_number, opened, done, summary) in enumerate(
        sorted(wanted, key=lambda row: row[2])
    ):
        if opened >= end:
            continue
        key, team = TEAMS[PROBLEMS[PROBLEM_INDEX[theme]].area]
        done = max(done, opened + timedelta(hours=6))
        priority = "High" if cause_number >= 0 else "Medium"
        issue_id = f"{10_000 + number}"
        moves = _moves(opened.replace(microsecond=0), done.replace(microsecond=0), end)
        issues.append(
            Issue(
                issue_id,
                f"{key}-{number + 1}",
                team,
                summary,
                priority,
                theme,
                cause_number,
                opened.replace(microsecond=0),
                moves,
            )
        )
    return issues


def _moves(opened: datetime, done: datetime, end: datetime) -> list[tuple[datetime, str, str]]:
    span = done - opened
    steps = [
        (opened + span * 0.2, "To Do", "In Progress"),
        (opened + span * 0.8, "In Progress", "In Review"),
        (done, "In Review", "Done"),
    ]
    return [(moment.replace(microsecond=0), before, after) for moment, before, after in steps if moment < end]


def issue_tables(issues: list[Issue]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The issues at their latest state, and their transitions."""
    rows, transitions = [], []
    for issue in issues:
        status = issue.moves[-1][2] if issue.moves else "To Do"
        updated = issue.moves[-1][0] if issue.moves else issue.created
        resolved = updated if status == "Done" else None
        project = issue.key.split("-")[0]
        rows.append((SOURCE, issue.issue_id, issue.key, project, issue.team, issue.summary, issue.description,
                     issue.priority, status, _CATEGORY[status], issue.created, updated, resolved))  # fmt: skip
        transitions += [
            (SOURCE, f"{issue.issue_id}-{number}", issue.issue_id, moment, "status", before, after)
            for number, (moment, before, after) in enumerate(issue.moves, start=1)
        ]
    text, time = pl.String(), pl.Datetime("us")
    issue_schema = pl.Schema({
        "source": text, "issue_id": text, "issue_key": text, "project": text, "team": text, "summary": text,
        "description": text, "priority": text, "status": text, "status_category": text, "created_at": time,
        "updated_at": time, "resolved_at": time,
    })  # fmt: skip
    transition_schema = pl.Schema({
        "source": text, "transition_id": text, "issue_id": text, "occurred_at": time, "field": text,
        "from_value": text, "to_value": text,
    })  # fmt: skip
    return (
        pl.DataFrame(rows, schema=issue_schema, orient="row"),
        pl.DataFrame(transitions, schema=transition_schema, orient="row"),
    )


def issue_links(
    issues: list[Issue],
    intake: Intake,
    escalated: Floats,
    is_escalated: Bools,
    ticket_ids: pl.Series,
    start: datetime,
    end: datetime,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Escalated tickets linked to the issue of their cause, or to an issue open for their problem."""
    draw = rng.uniform(size=len(escalated))
    rows, places = [], []
    taken: Bools = np.zeros(len(escalated), dtype=bool)
    for place, issue in enumerate(issues):
        opened = (issue.created - start).total_seconds() / 60
        done = (issue.moves[-1][0] - start).total_seconds() / 60 if len(issue.moves) == 3 else np.inf
        if issue.cause >= 0:
            hit = (intake.cause == issue.cause) & (draw < _LINKED_SHARE_OF_CAUSE)
        else:
            during = (escalated >= opened) & (escalated < done)
            hit = (
                (intake.problem == PROBLEM_INDEX[issue.theme])
                & (intake.cause < 0)
                & during
                & (draw < _LINKED_SHARE * 5)
            )
        found = np.flatnonzero(hit & is_escalated & ~taken)
        taken[found] = True
        rows.append(found)
        places.append(np.full(len(found), place))
    row, place_of = np.concatenate(rows), np.concatenate(places)
    opened_at: Ints = np.array([(issue.created - start).total_seconds() for issue in issues], dtype=np.int64)
    second = np.maximum(opened_at[place_of], (escalated[row] * 60).astype(np.int64) + 600)
    in_time = second < (end - start).total_seconds()
    row, place_of, second = row[in_time], place_of[in_time], second[in_time]
    epoch = int((start - datetime(1970, 1, 1)).total_seconds())
    return pl.DataFrame(
        {
            "source": pl.repeat(SOURCE, len(row), eager=True, dtype=pl.String),
            "ticket_id": ticket_ids.gather(row),
            "issue_id": pl.Series([issue.issue_id for issue in issues], dtype=pl.String).gather(place_of),
            "issue_key": pl.Series([issue.key for issue in issues], dtype=pl.String).gather(place_of),
            "linked_at": pl.Series((epoch + second) * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us")),
        }
    ).sort("linked_at", "ticket_id")
