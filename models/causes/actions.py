"""Whether actions worked: the theme's weeks before and after, against its own trend and all other themes' weeks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import beta

from models.statistics.over_representation import Z_95

WEEKS_COMPARED = 26  # at most, on either side
LEAST_BEFORE, LEAST_AFTER = 8, 4
# Weeks over which what moves one week still moves the next.
_LAGS = 4
# A theme's own trend is left out only where the weeks rule out that it moved the rate from one side to the other by
# more than a factor of exp(this), a third: a small theme that goes away by itself must not look as if an action worked.
_NO_DRIFT = 0.3
# An action is taken to be against a theme when its wording is this close, as a cosine, to the theme's.
LEAST_COSINE = 0.6

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

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
    "verdict": pl.String,
    "change": pl.Float64,
    "change_low": pl.Float64,
    "change_high": pl.Float64,
    "weeks_before": pl.Int64,
    "weeks_after": pl.Int64,
}


@dataclass(frozen=True)
class Effect:
    """A relative change of a rate with its 95 % interval: -0.4 is 40 % fewer; None where it has no bound."""

    change: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """Whether the rate fell or rose for sure."""
        if self.high is not None and self.high < 0:
            return "worked"
        return "worse" if self.low is not None and self.low > 0 else "no evidence"


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


def judge_actions(actions: pl.DataFrame, trends: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """What the weeks since each action say: ACTION_VERDICTS_SCHEMA.

    actions: the table stg_actions with linked_by. trends: the table theme_trends, whole weeks. The week in which an
    action began counts to neither side.
    """
    known = set(trends["theme_id"])
    total = trends.group_by("week").agg(total=pl.col("distinct_tickets").sum())
    rows = []
    for action in actions.iter_rows(named=True):
        verdict = _not_judged(action, now, known)
        weeks = _weeks(action, trends, total)
        before, after = weeks.filter(pl.col("since") < 0), weeks.filter(pl.col("since") > 0)
        effect = None
        if verdict is None and (before.height < LEAST_BEFORE or after.height < LEAST_AFTER):
            verdict = "too early"
        if verdict is None:
            effect = change_of_rate(
                *(weeks[name].to_numpy().astype(float) for name in ("own", "others", "since"))
            )
            verdict = effect.verdict
        rows.append(
            {
                **{name: action[name] for name in ACTION_VERDICTS_SCHEMA if name in action},
                "verdict": verdict,
                "change": effect.change if effect else None,
                "change_low": effect.low if effect else None,
                "change_high": effect.high if effect else None,
                "weeks_before": before.height,
                "weeks_after": after.height,
            }
        )
    return pl.DataFrame(rows, schema=ACTION_VERDICTS_SCHEMA, orient="row")


def change_of_rate(own: Floats, others: Floats, since: Floats) -> Effect:
    """Change of a theme's weekly tickets relative to all other themes', from before to after.

    own, others: one value a week. since: weeks since the action, below 0 before it. Interrupted time series: Poisson
    regression with the others as offset, a level for the weeks after, and a trend over all weeks where there clearly
    is one, so that a theme which was going away by itself is no success; where there may be one, the interval holds
    both answers. Standard errors: the larger of the usual one and one that allows for weeks that hang together (HAC,
    Newey & West 1987). Where one side has no ticket at all: exact interval of a ratio of two Poisson rates (Clopper &
    Pearson 1934).
    """
    after = (since > 0).astype(np.float64)
    counts = [float(own[after == side].sum()) for side in (0, 1)]
    exposed = [max(float(others[after == side].sum()), 1.0) for side in (0, 1)]
    if min(counts) == 0:
        return _exact(counts, exposed)
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    def estimates(*terms: Floats) -> tuple[Floats, Floats]:
        model = GLM(
            own,
            np.column_stack([np.ones_like(after), after, *terms]),
            family=families.Poisson(),
            offset=np.log(np.maximum(others, 1.0)),
        )
        plain, robust = model.fit(), model.fit(cov_type="HAC", cov_kwds={"maxlags": _LAGS})
        # Through a handful of tickets there is no end to how steep a trend may be.
        known = (
            np.maximum(plain.bse, np.nan_to_num(robust.bse))
            if plain.converged
            else np.full(len(plain.bse), np.inf)
        )
        return plain.params, known

    trended = estimates(since - since.mean())
    trend, error = trended[0][2], trended[1][2]
    if abs(trend) >= Z_95 * error:
        return _effect(*trended)
    plain = _effect(*estimates())
    apart = since[after == 1].mean() - since[after == 0].mean()
    if apart * (abs(trend) + Z_95 * error) <= _NO_DRIFT:
        return plain
    with_trend = _effect(*trended)
    return Effect(
        plain.change, _outer(min, plain.low, with_trend.low), _outer(max, plain.high, with_trend.high)
    )


def _effect(values: Floats, errors: Floats) -> Effect:
    """The level's change; a side without a bound is None."""
    if not np.isfinite(errors[1]):
        return Effect(float(np.exp(values[1]) - 1), -1.0, None)
    return Effect(*(float(np.exp(values[1] + side * Z_95 * errors[1]) - 1) for side in (0, -1, 1)))


def _outer(furthest: Callable[[float, float], float], one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else furthest(one, other)


def _exact(counts: list[float], exposed: list[float]) -> Effect:
    before, after = counts
    everything = before + after
    if everything == 0:
        return Effect(None, None, None)
    low = float(beta.ppf(0.025, after, before + 1)) if after else 0.0
    high = float(beta.ppf(0.975, after + 1, before)) if before else 1.0
    change = exposed[0] / exposed[1]
    shares = (after / everything, low, high)
    return Effect(*(share / (1 - share) * change - 1 if share < 1 else None for share in shares))


def _not_judged(action: dict[str, Any], now: datetime, known: set[str]) -> str | None:
    if action["started_at"] is None or action["started_at"] > now or action["status"] == "planned":
        return "not started"
    measured = action["metric"] in (None, "tickets") and action["theme_id"] in known
    return None if measured and action["status"] != "dropped" else "not measured"


def _weeks(action: dict[str, Any], trends: pl.DataFrame, total: pl.DataFrame) -> pl.DataFrame:
    """The weeks round an action, without its own: own, others, since."""
    started = action["started_at"].date() if action["started_at"] else None
    own = trends.filter(pl.col("theme_id") == (action["theme_id"] or "")).join(total, on="week")
    weeks = own.select(
        "week", own="distinct_tickets", others=pl.col("total") - pl.col("distinct_tickets")
    ).sort("week")
    if started is None:
        return weeks.head(0).with_columns(since=pl.lit(0))
    monday = started - timedelta(days=started.weekday())
    span = timedelta(weeks=WEEKS_COMPARED)
    return weeks.filter(
        pl.col("week").is_between(monday - span, monday + span), pl.col("week") != monday
    ).with_columns(since=(pl.col("week") - pl.lit(monday)).dt.total_days() // 7)
