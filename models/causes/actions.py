"""Whether actions worked: which theme each is against, and what the weeks since it began say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.causes.action_weeks import TICKETS, ActionWeeks, Comparison
from models.causes.mean_weeks import MEANS

# An action is taken to be against a theme when its wording is this close, as a cosine, to the theme's.
LEAST_COSINE = 0.6

Vectors = npt.NDArray[np.float32]

_EFFECT = ("before", "effect", "effect_low", "effect_high", "change", "change_low", "change_high")
ACTION_VERDICTS_SCHEMA: dict[str, Any] = {
    "action_id": pl.String,
    "theme_id": pl.String,
    "linked_by": pl.String,
    "team": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "status": pl.String,
    "started_at": pl.Datetime("us"),
    "due_at": pl.Datetime("us"),
    "business_line": pl.String,
    "region": pl.String,
    "metric": pl.String,
    "verdict": pl.String,
    "method": pl.String,
    "control": pl.String,
    **dict.fromkeys(_EFFECT, pl.Float64),
    "weeks_before": pl.Int64,
    "weeks_after": pl.Int64,
}


def link_actions(
    actions: pl.DataFrame, themes: pl.DataFrame, wordings: Vectors, names: Vectors, descriptions: Vectors
) -> pl.DataFrame:
    """Adds linked_by to actions, and theme_id where nobody gave one but the wording of a theme is close.

    themes: theme_id. wordings: unit rows of the actions' names; names, descriptions: of the themes' names and most
    central texts. A theme_id that a person gave is kept as it is.
    """
    given = pl.col("theme_id").is_not_null()
    if themes.is_empty() or actions.is_empty():
        return actions.with_columns(linked_by=pl.when(given).then(pl.lit("person")))
    cosine = np.maximum(wordings @ names.T, wordings @ descriptions.T)
    near = themes["theme_id"].gather(cosine.argmax(axis=1))
    by_wording = pl.DataFrame({"nearest": near, "cosine": cosine.max(axis=1)})
    close = ~given & (pl.col("cosine") >= LEAST_COSINE)
    return (
        actions.hstack(by_wording)
        .with_columns(
            linked_by=pl.when(given).then(pl.lit("person")).when(close).then(pl.lit("wording")),
            theme_id=pl.when(close).then("nearest").otherwise("theme_id"),
        )
        .drop("nearest", "cosine")
    )


def follow_merges(themes: pl.Series, history: pl.DataFrame, living: pl.Series) -> pl.Series:
    """The theme that each has become: itself while it lives, else what it was merged into, as far as that leads.

    themes: theme ids, null where there is none. history: the table theme_history. living: ids of today's themes.
    """
    merges = history.filter(pl.col("what") == "merged").drop_nulls("other_theme_id").sort("occurred_on")
    into, there = dict(merges.select("theme_id", "other_theme_id").iter_rows()), set(living)
    found = []
    for theme in themes:
        passed: set[str] = set()
        while theme in into and theme not in there and theme not in passed:
            passed.add(theme)
            theme = into[theme]
        found.append(theme)
    return pl.Series(themes.name, found, dtype=pl.String)


def judge_actions(actions: pl.DataFrame, weekly: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """What the weeks since each action say of the metric it should move: ACTION_VERDICTS_SCHEMA.

    actions: the table stg_actions with linked_by. weekly: whole weeks of tickets as ActionWeeks takes them. The week in
    which an action began counts to neither side.
    """
    weeks = ActionWeeks(weekly)
    rows = []
    for action in actions.iter_rows(named=True):
        action["metric"] = action["metric"] or TICKETS
        is_judged = _has_begun(action, now) and action["status"] != "dropped"
        compared = weeks.compare(action) if is_judged else None
        rows.append(
            {name: action[name] for name in ACTION_VERDICTS_SCHEMA if name in action}
            | {"verdict": _verdict(action, compared, now)}
            | (compared.told() if compared else {"weeks_before": 0, "weeks_after": 0})
        )
    return pl.DataFrame(rows, schema=ACTION_VERDICTS_SCHEMA, orient="row")


def _has_begun(action: dict[str, Any], now: datetime) -> bool:
    return action["started_at"] is not None and action["started_at"] <= now and action["status"] != "planned"


def _verdict(action: dict[str, Any], compared: Comparison | None, now: datetime) -> str:
    """Worked where the metric moved the right way for sure; the other way is worse."""
    # What is done or running has begun, also where nobody said when.
    has_no_day = action["started_at"] is None and action["status"] != "planned"
    if not has_no_day and not _has_begun(action, now):
        return "not started"
    if compared is None:
        return "not measured"
    if compared.effect is None:
        return "too early"
    more_is_better = action["metric"] in MEANS and MEANS[action["metric"]].more_is_better
    if compared.effect.high is not None and compared.effect.high < 0:
        return "worse" if more_is_better else "worked"
    if compared.effect.low is not None and compared.effect.low > 0:
        return "worked" if more_is_better else "worse"
    return "no evidence"
