"""Whether actions are judged rightly in simulated operations: prints one JSON object.

    python -m benchmarks.actions --seeds 1 2 3 ... 20

Each seed is an operation of two years and 60,000 tickets, with faulty releases, incidents, takeover waves and campaigns in
it, and an action plan: a fix that halves its theme's tickets half a year before the end, a fix that changes nothing,
and a tool put in six days ago. A new checklist makes the tickets of three themes take a third longer. Themes are the true
ones, of all tickets, and every action names its theme, as a person does: whether a run ties an action to its theme by
the wording is not measured here. Weeks are judged as the pipeline judges them.

worked_told, nothing_told, early_told: shares of seeds in which the three got `worked`, `no evidence` and `too early`.
told_apart: share in which the first two were both right. sop_told: share of the themes with the new checklist whose handle
time got `worse`. change: median estimate of the first fix's effect (-0.5 is true); covered: how often its 95 %
interval holds the truth. false_verdicts: on themes nothing was done about, at a random day each, the share that got
`worked` or `worse`, over every metric; tickets are also asked about in one region, against the others (difference in
differences). by_metric has them apart. Themes that a fault or a wave hit are among them: faults, too, end without
anybody's action. escalated_only: the same, with only the tickets that were escalated: the pipeline knows themes of those.

fading: themes that were going away by themselves when an action came that did nothing (benchmarks.fading_themes), 80 a seed:
false_verdicts over all of them, by_shape and by_size (tickets a week at the highest) apart. halved_told: share that got
`worked` of 16 steady themes a seed that an action halved, by size, four to twenty-six weeks since.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from benchmarks.fading_themes import HALVED, fading_themes
from models.causes.action_weeks import TICKETS
from models.causes.actions import judge_actions
from models.causes.mean_weeks import MEANS
from models.simulation.operation import Operation, simulate
from models.simulation.planted import SOP_THEMES

AS_OF = date(2026, 11, 16)  # a Monday: the last week is whole
TRUE_EFFECT = -0.5
# Placebo actions begin within so many days before the end, so that both sides have weeks.
PLACEBO_DAYS = (60, 540)
IN_ONE_REGION = "tickets in one region"
FALSE = ("worked", "worse")


@dataclass
class Tally:
    """What was told over all seeds."""

    fixes: Counter[tuple[str, str]] = field(default_factory=Counter)
    apart: int = 0
    changes: list[float] = field(default_factory=list)
    covered: int = 0
    sop: list[str] = field(default_factory=list)
    placebos: Counter[tuple[str, str]] = field(default_factory=Counter)


def weekly_tickets(operation: Operation, escalated_only: bool) -> pl.DataFrame:
    """The whole weeks of an operation's tickets under their true themes, as judge_actions takes them."""
    tickets = operation.tables["tickets"].join(
        operation.truth["ticket_truth"].select("ticket_id", "theme"), on="ticket_id"
    )
    if escalated_only:
        escalated = operation.tables["ticket_events"].filter(kind="escalated")
        tickets = tickets.join(escalated, on="ticket_id", how="semi")
    weeks = tickets.with_columns(week=pl.col("created_at").dt.date().dt.truncate("1w"), theme_id="theme")
    values = {
        "handle_minutes": pl.col("handle_minutes").clip(0.5).log(),
        "first_reply_minutes": pl.col("reported_first_reply_minutes").clip(0.5).log(),
        "csat": (pl.col("csat_score") == "good").cast(pl.Float64),
        "reopen_rate": (pl.col("reported_reopens") > 0)
        .cast(pl.Float64)
        .filter(pl.col("reported_solved_at").is_not_null()),
    }
    counted = {f"{name}_tickets": value.count() for name, value in values.items()}
    summed = {f"{name}_sum": value.sum() for name, value in values.items()}
    return (
        weeks.filter(pl.col("week") > pl.col("week").min(), pl.col("week") < AS_OF)
        .group_by("week", "theme_id", "business_line", "user_type", "region")
        .agg(tickets=pl.len(), **counted, **summed)
        .with_columns(pl.exclude("week", "theme_id", "business_line", "user_type", "region").cast(pl.Float64))
    )


def judge(operation: Operation, weekly: pl.DataFrame, seed: int, metrics: list[str], tally: Tally) -> None:
    """Judge the planted actions and as many that nobody took, and add what was told."""
    fixes = operation.truth["fixes"]
    told = _verdicts(
        [_action(fix["action_id"], fix["theme"], fix["starts_at"]) for fix in fixes.to_dicts()], weekly
    )
    for action, verdict in told.select("action_id", "verdict").iter_rows():
        tally.fixes[action, verdict] += 1
    verdicts = dict(told.select("action_id", "verdict").iter_rows())
    tally.apart += verdicts["act-1"] == "worked" and verdicts["act-2"] == "no evidence"
    works = told.row(0, named=True)
    if works["change"] is not None:
        tally.changes.append(works["change"])
        tally.covered += works["change_low"] <= TRUE_EFFECT <= (works["change_high"] or np.inf)
    planted = operation.truth["planted_events"]
    changed_at = planted.filter(kind="sop_change")["starts_at"][0]
    if "handle_minutes" in metrics:
        sops = [_action(theme, theme, changed_at, metric="handle_minutes") for theme in SOP_THEMES]
        tally.sop += _verdicts(sops, weekly)["verdict"].to_list()
    _judge_placebos(weekly, set(fixes["theme"]), seed, metrics, tally)


def _judge_placebos(
    weekly: pl.DataFrame, acted_on: set[str], seed: int, metrics: list[str], tally: Tally
) -> None:
    rng = np.random.default_rng(seed)
    end = datetime.combine(AS_OF, datetime.min.time())
    regions = weekly["region"].unique().sort().to_list()
    placebos: dict[str, list[dict[str, Any]]] = {metric: [] for metric in metrics}
    for theme in sorted(set(weekly["theme_id"]) - acted_on):
        for metric in metrics:
            began = end - timedelta(days=int(rng.integers(*PLACEBO_DAYS)))
            region = str(rng.choice(regions)) if metric == IN_ONE_REGION else None
            asked = TICKETS if metric == IN_ONE_REGION else metric
            # The checklist did change the handle time of its themes.
            if metric != "handle_minutes" or theme not in SOP_THEMES:
                placebos[metric].append(_action(theme, theme, began, metric=asked, region=region))
    for metric, actions in placebos.items():
        for verdict in _verdicts(actions, weekly)["verdict"]:
            tally.placebos[metric, verdict] += 1


def _verdicts(actions: list[dict[str, Any]], weekly: pl.DataFrame) -> pl.DataFrame:
    now = datetime.combine(AS_OF, datetime.min.time())
    return judge_actions(pl.DataFrame(actions, infer_schema_length=None), weekly, now)


def _action(action_id: str, theme: str, started_at: datetime, **changed: object) -> dict[str, Any]:
    plain = dict.fromkeys(("business_line", "region", "team", "name", "due_at"))
    named = {
        "action_id": action_id,
        "theme_id": theme,
        "linked_by": "person",
        "kind": "fix",
        "status": "done",
    }
    return {**plain, **named, "started_at": started_at, "metric": TICKETS, **changed}


def summary(tally: Tally, seeds: int) -> dict[str, Any]:
    """The figures of the module's docstring."""
    right = (
        ("worked_told", "act-1", "worked"),
        ("nothing_told", "act-2", "no evidence"),
        ("early_told", "act-3", "too early"),
    )
    judged = {key: count for key, count in tally.placebos.items() if key[1] in (*FALSE, "no evidence")}
    metrics = list(dict.fromkeys(metric for metric, _ in judged))
    return {
        **{name: round(tally.fixes[action, verdict] / seeds, 4) for name, action, verdict in right},
        "told_apart": round(tally.apart / seeds, 4),
        **({"sop_told": round(tally.sop.count("worse") / len(tally.sop), 4)} if tally.sop else {}),
        "change": round(median(tally.changes), 3) if tally.changes else None,
        "covered": round(tally.covered / seeds, 4),
        "false_verdicts": _false_share(judged),
        "by_metric": {
            metric: _false_share({key: count for key, count in judged.items() if key[0] == metric})
            for metric in metrics
        },
        "placebos": sum(judged.values()),
    }


def judge_fading(seed: int, told: Counter[tuple[str, int, str]]) -> None:
    """Judge an action against each theme that fades or was halved, and add what was told: shape, size, verdict."""
    for case in fading_themes(seed, AS_OF):
        action = _action("act", case.theme, datetime.combine(case.began, datetime.min.time()))
        told[case.shape, case.size, _verdicts([action], case.weekly)["verdict"][0]] += 1


def fading_summary(told: Counter[tuple[str, int, str]]) -> dict[str, Any]:
    """The figures of `fading` in the module's docstring."""
    fading = Counter({key: count for key, count in told.items() if key[0] != HALVED})
    halved = told - fading
    return {
        "false_verdicts": _share_of(fading, FALSE),
        "by_shape": {shape: _share_of(fading, FALSE, shape=shape) for shape, _, _ in fading},
        "by_size": {str(size): _share_of(fading, FALSE, size=size) for _, size, _ in fading},
        "placebos": fading.total(),
        "halved_told": {str(size): _share_of(halved, ("worked",), size=size) for _, size, _ in halved},
    }


def _share_of(
    told: Counter[tuple[str, int, str]],
    verdicts: tuple[str, ...],
    shape: str | None = None,
    size: int | None = None,
) -> float:
    chosen = {key: count for key, count in told.items() if shape in (None, key[0]) and size in (None, key[1])}
    return round(sum(count for key, count in chosen.items() if key[2] in verdicts) / sum(chosen.values()), 4)


def _false_share(judged: dict[tuple[str, str], int]) -> float | None:
    false = sum(count for (_, verdict), count in judged.items() if verdict in FALSE)
    return round(false / sum(judged.values()), 4) if judged else None


def main() -> None:
    """Reads the arguments, judges each operation and prints the JSON object."""
    parser = argparse.ArgumentParser(description="Verdicts on actions in simulated operations.")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    arguments = parser.parse_args()
    warnings.simplefilter(
        "ignore"
    )  # a fit through a handful of tickets may not converge, and says so by its interval
    every, escalated, started = Tally(), Tally(), time.perf_counter()
    fading: Counter[tuple[str, int, str]] = Counter()
    for seed in arguments.seeds:
        operation = simulate(tickets=60_000, seed=seed, as_of=AS_OF)
        judge(operation, weekly_tickets(operation, False), seed, [TICKETS, IN_ONE_REGION, *MEANS], every)
        judge(operation, weekly_tickets(operation, True), seed, [TICKETS], escalated)
        judge_fading(seed, fading)
        print(f"seed {seed}: {every.apart} told apart so far", file=sys.stderr)
    seeds = len(arguments.seeds)
    told = {
        **summary(every, seeds),
        "escalated_only": summary(escalated, seeds),
        "fading": fading_summary(fading),
    }
    print(json.dumps({**told, "seeds": seeds, "seconds": round(time.perf_counter() - started, 1)}))


if __name__ == "__main__":
    main()
