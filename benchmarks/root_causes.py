"""How well planted causes are found again in simulated operations: prints one JSON object.

    python -m benchmarks.root_causes --seeds 1 2 3 ...

Each seed is an operation of a year, 577 tickets a week, with faulty releases and incidents among releases that broke
nothing, campaigns (some wrong in the calendar or missing), holidays and waves of account takeovers. Themes are found
from the texts of its escalated tickets, the planted problem of a theme being that of most of its tickets. Reports are
made as of the four Sundays after each onset, and as of eight other weeks, with what was known then; themes are those of
the whole history, none of them taken as new.

recall: planted causes (faulty releases, incidents) that the calendar knows, among the first three events of a rise of
their theme in one of the four reports. Causes with fewer than eight weeks of history before them are left out.
precision: of all named causes in all these reports, those that are planted for the theme: its faulty release or incident;
a wave named for a problem that waves consist of; a campaign named for a problem of a line and region that it
really concerned, while it lasted. Everything else named is wrong: releases that broke nothing, holidays, other changes.
onset_error_hours: median distance of the estimated onset from the planted hour, over causes whose theme rose, from the
first report that has it (the theme with the most tickets, where the problem was found as several themes).
recall and onset_error_hours are for effects of 30 tickets a week and more (about 19 of them are escalated and seen here),
precision is for everything named; by_effect has them by size: the planted tickets a week, and for a named event that is
not planted the rise's. named_by_kind: right and all names, so that decoys show.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from models.causes.explain import Known, explain_rises
from models.simulation.grammar import PROBLEMS
from models.simulation.operation import Operation, simulate
from models.simulation.planted import WAVE_THEMES
from models.statistics.control_chart import usual_ranges

AS_OF = date(2026, 11, 16)
DAYS = 365
TICKETS_PER_WEEK = 577
REPORTS_AFTER = 4
OTHER_WEEKS = 8
TOP = 3
HEADLINE_FROM = 30.0
EFFECTS = {"under 30": (0.0, 30.0), "30 to 60": (30.0, 60.0), "60 and more": (60.0, float("inf"))}
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Case:
    """An operation, the theme of its escalated tickets, and the planted problem of each theme."""

    operation: Operation
    tickets: (
        pl.DataFrame
    )  # escalated: ticket_id, created_at, known_from, theme_id, is_near_duplicate, attributes
    themes: pl.DataFrame  # theme_id, is_new
    problem_of: dict[str, str]


@dataclass
class Found:
    """What the reports said of one planted cause."""

    tickets_per_week: float
    in_top: bool = False
    onset_error_hours: float | None = None


@dataclass(frozen=True)
class Named:
    """An event that a report named for a rise."""

    kind: str
    is_right: bool
    tickets_per_week: float


@dataclass
class Tally:
    """What the reports of some operations said."""

    causes: list[Found] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def build_case(operation: Operation, themed: pl.DataFrame, themes: pl.DataFrame) -> Case:
    """Join tickets, themes and truth. themed: ticket_id, theme_id, is_near_duplicate of the escalated tickets."""
    tables, truth = operation.tables, operation.truth
    escalated = (
        tables["ticket_events"]
        .filter(pl.col("kind") == "escalated")
        .group_by("ticket_id")
        .agg(known_from=pl.col("occurred_at").min())
    )
    attributes = (
        tables["tickets"]
        .select("ticket_id", "attributes")
        .explode("attributes")
        .drop_nulls()
        .unnest("attributes")
        .pivot("key", index="ticket_id", values="value")
    )
    tickets = (
        themed.join(escalated, on="ticket_id")
        .join(
            tables["tickets"].select(
                "ticket_id",
                "created_at",
                "business_line",
                "user_type",
                "region",
                "channel",
                requester_key="requester_id",
            ),
            on="ticket_id",
        )
        .join(attributes, on="ticket_id", how="left")
        .with_columns(
            created_on=pl.col("created_at").dt.date(),
            # Copies of a text are not told apart from other near-duplicates here.
            copy_key=pl.col("ticket_id"),
            is_long=pl.lit(True),
        )
        .with_columns(week=pl.col("created_on").dt.truncate("1w"))
    )
    majority = (
        themed.join(truth["ticket_truth"].select("ticket_id", "theme"), on="ticket_id")
        .group_by("theme_id", "theme")
        .len()
        .sort("len", "theme", descending=[True, False])
        .unique("theme_id", keep="first")
    )
    return Case(operation, tickets, themes, dict(majority.select("theme_id", "theme").iter_rows()))


def known_at(case: Case, week: date) -> Known:
    """What was known at the end of a week."""
    end = datetime.combine(week + _WEEK, datetime.min.time())
    tickets = case.tickets.filter(pl.col("known_from") < end)
    first = tickets["week"].min() + _WEEK  # the first one may not be whole
    weeks = pl.DataFrame({"week": pl.date_range(first, week, "1w", eager=True)})
    counts = (
        tickets.filter(~pl.col("is_near_duplicate"))
        .group_by("theme_id", "week")
        .agg(distinct_tickets=pl.len())
    )
    weekly = (
        case.themes.select("theme_id")
        .join(weeks, how="cross")
        .join(counts, on=["theme_id", "week"], how="left")
    )
    return Known(
        week=week,
        starts_at=end - _WEEK,
        ends_at=end,
        tickets=tickets.filter(pl.col("week").is_between(week - 26 * _WEEK, week)),
        themes=case.themes,
        trends=usual_ranges(weekly.with_columns(pl.col("distinct_tickets").fill_null(0).cast(pl.Int64))),
        calendar=case.operation.tables["calendar"].filter(pl.col("starts_at") < end),
        exposure=case.operation.tables["exposure"].filter(pl.col("date") < end.date()),
    )


def monday(moment: datetime) -> date:
    """The Monday of a moment's week."""
    return moment.date() - timedelta(days=moment.weekday())


def judge(case: Case, tally: Tally, seed: int) -> None:
    """Make the reports of one operation and add what they say to the tally."""
    planted = case.operation.truth["planted_events"].filter(
        pl.col("kind").is_in(["release", "incident"]), ~pl.col("is_decoy"), pl.col("event_id").is_not_null()
    )
    first = case.tickets["week"].min() + 9 * _WEEK
    last = monday(datetime.combine(AS_OF, datetime.min.time())) - _WEEK
    causes = [row for row in planted.iter_rows(named=True) if monday(row["starts_at"]) >= first]
    after = {
        row["cause_id"]: [
            week for n in range(REPORTS_AFTER) if (week := monday(row["starts_at"]) + n * _WEEK) <= last
        ]
        for row in causes
    }
    others = np.random.default_rng(seed).choice((last - first).days // 7, OTHER_WEEKS, replace=False)
    weeks = {week for own in after.values() for week in own} | {first + int(n) * _WEEK for n in others}
    reports = {week: explain_rises(known_at(case, week)) for week in sorted(weeks)}
    for row in causes:
        tally.causes.append(_found(case, row, [reports[week] for week in after[row["cause_id"]]]))
    effects = {
        (row["event_id"], row["theme"]): row["tickets_per_week"] for row in planted.iter_rows(named=True)
    }
    for week, (rises, _, events) in reports.items():
        sizes = dict(rises.select("theme_id", "excess").iter_rows())
        for event in events.filter("is_named").iter_rows(named=True):
            right, problem = is_planted(case, event), case.problem_of[event["theme_id"]]
            size = effects.get((event["event_id"], problem), sizes[event["theme_id"]])
            tally.named.append(Named(event["kind"], right, size))
            if not right:
                tally.wrong.append(f"{seed} {week} {problem}: {event['name']}, score {event['score']:.2f}")


def _found(
    case: Case, cause: dict[str, Any], reports: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]
) -> Found:
    themes = [theme for theme, problem in case.problem_of.items() if problem == cause["theme"]]
    found = Found(cause["tickets_per_week"])
    for rises, _, events in reports:
        own = rises.filter(pl.col("theme_id").is_in(themes))
        top = events.filter(pl.col("theme_id").is_in(themes), pl.col("rank") <= TOP)
        found.in_top |= cause["event_id"] in top["event_id"].to_list()
        if own.height and found.onset_error_hours is None:
            largest = own.sort("rise_tickets")["onset_at"][-1]
            found.onset_error_hours = abs((largest - cause["starts_at"]).total_seconds()) / 3600
    return found


def is_planted(case: Case, event: dict[str, Any]) -> bool:
    """Whether a named event really moved the theme, see the module's docstring."""
    truth, problem = case.operation.truth, case.problem_of[event["theme_id"]]
    if event["kind"] in ("release", "incident"):
        causes = truth["planted_events"].filter(
            ~pl.col("is_decoy"), event_id=event["event_id"], theme=problem
        )
        return causes.height > 0
    if event["kind"] == "ato_wave":
        return problem in WAVE_THEMES
    if event["kind"] == "campaign":
        askers = next(known.askers for known in PROBLEMS if known.slug == problem)
        sale = truth["campaigns"].filter(pl.col("event_id") == event["event_id"]).row(0, named=True)
        onset = event["starts_at"] + timedelta(hours=event["hours_before_onset"])
        lasted = sale["starts_at"] - timedelta(days=2) <= onset <= sale["ends_at"] + timedelta(days=3)
        return lasted and any(line == sale["business_line"] for line, _ in askers)
    return False


def find_case(seed: int, cache: Path) -> Case:
    """Simulate an operation and find its themes from texts."""
    from models.text.embedding import Embedder
    from models.themes.themes import find_themes

    operation = simulate(tickets=round(TICKETS_PER_WEEK * DAYS / 7), seed=seed, as_of=AS_OF, days=DAYS)
    texts = (
        operation.tables["tickets"]
        .filter(pl.col("is_escalated"), pl.col("status") != "deleted")
        .select(
            "source",
            "ticket_id",
            "created_at",
            text=pl.concat_str("subject", "body", separator="\n", ignore_nulls=True),
            requester_key="requester_id",
        )
        .sort("source", "ticket_id")
    )
    embedder = Embedder(cache)
    vectors = embedder.embed(texts["text"])
    found = find_themes(texts, vectors, lambda phrases: _not_named(phrases, vectors.shape[1]))
    themes = found.themes.filter(~pl.col("is_other"), ~pl.col("is_template")).select(
        "theme_id", is_new=pl.lit(False)
    )
    return build_case(
        operation, found.ticket_themes.select("ticket_id", "theme_id", "is_near_duplicate"), themes
    )


def _not_named(phrases: Sequence[str] | pl.Series, dimensions: int) -> np.ndarray:
    """Zeros for the vectors of phrases: what themes are called plays no part here, and choosing names takes time."""
    return np.zeros((len(phrases), dimensions), dtype=np.float32)


def figures(causes: list[Found], named: list[Named]) -> dict[str, Any]:
    """Recall, precision and onset error; null where there is nothing to judge."""
    errors = [cause.onset_error_hours for cause in causes if cause.onset_error_hours is not None]
    return {
        "recall": round(sum(cause.in_top for cause in causes) / len(causes), 4) if causes else None,
        "precision": round(sum(event.is_right for event in named) / len(named), 4) if named else None,
        "onset_error_hours": round(median(errors), 1) if errors else None,
        "planted": len(causes),
        "named": len(named),
    }


def summary(tally: Tally) -> dict[str, Any]:
    """The JSON object: the headline figures, by size of the effect, and names by kind of event."""
    by_effect = {
        name: figures(
            [cause for cause in tally.causes if low <= cause.tickets_per_week < high],
            [event for event in tally.named if low <= event.tickets_per_week < high],
        )
        for name, (low, high) in EFFECTS.items()
    }
    headline = figures(
        [cause for cause in tally.causes if cause.tickets_per_week >= HEADLINE_FROM], tally.named
    )
    kinds = sorted({event.kind for event in tally.named})
    by_kind = {
        kind: {
            "right": sum(event.is_right for event in tally.named if event.kind == kind),
            "named": sum(event.kind == kind for event in tally.named),
        }
        for kind in kinds
    }
    return {**headline, "by_effect": by_effect, "named_by_kind": by_kind, "wrong": tally.wrong}


def main() -> None:
    """Reads the arguments, judges each operation and prints the JSON object."""
    parser = argparse.ArgumentParser(description="Planted causes found again in simulated operations.")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--cache", type=Path, help="folder of embeddings kept between runs; none by default")
    arguments = parser.parse_args()
    tally, started = Tally(), time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        for seed in arguments.seeds:
            judge(find_case(seed, arguments.cache or Path(temporary)), tally, seed)
            print(
                f"seed {seed}: {len(tally.causes)} causes, {len(tally.named)} names so far", file=sys.stderr
            )
    seconds = round(time.perf_counter() - started, 1)
    print(json.dumps({**summary(tally), "seeds": len(arguments.seeds), "seconds": seconds}))


if __name__ == "__main__":
    main()
