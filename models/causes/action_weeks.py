"""The weeks round an action: those of what it reached, and of what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from models.causes.expected_weeks import WeeklyTickets
from models.causes.level_change import Effect, change_of_mean, change_of_rate, change_of_share
from models.causes.mean_weeks import MEANS, Mean, MeanWeeks

TICKETS = "tickets"
# Compared at most: a year before, so that a trend shows, and half a year since, so that the answer comes while it matters.
WEEKS_BEFORE, WEEKS_AFTER = 52, 26
LEAST_BEFORE, LEAST_AFTER = 8, 4
# With fewer tickets elsewhere before the action, the theme's other tickets are no control.
_LEAST_ELSEWHERE = 30

INTERRUPTED, DIFFERENCES = "interrupted time series", "difference in differences"

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SEGMENT = ("business_line", "user_type")
_NO_THEME = ""


@dataclass(frozen=True)
class Comparison:
    """What an action's weeks say. before: the metric's level then. effect: None while there are too few weeks.

    is_relative: the effect is a share of the level before; otherwise it is in the metric's own unit.
    """

    method: str
    control: str
    weeks_before: int
    weeks_after: int
    before: float | None = None
    effect: Effect | None = None
    is_relative: bool = True

    def told(self) -> dict[str, Any]:
        """As columns: the change relative to the level before, and the effect in the metric's unit."""
        columns: dict[str, Any] = {"weeks_before": self.weeks_before, "weeks_after": self.weeks_after}
        if self.effect is None:
            return columns
        columns |= {"method": self.method, "control": self.control, "before": self.before}
        ends = (("", self.effect.change), ("_low", self.effect.low), ("_high", self.effect.high))
        for end, value in ends:
            known = value is not None and self.before
            by_level = value * self.before if self.is_relative and known else value  # type: ignore[operator]
            of_level = value / self.before if not self.is_relative and known else value  # type: ignore[operator]
            columns |= {f"effect{end}": by_level, f"change{end}": of_level}
        return columns


class ActionWeeks:
    """Whole weeks of tickets, for one action after the other.

    weekly: week, theme_id (null for tickets without a theme), business_line, user_type, region, tickets (copies counted
    once), and for each metric of MEANS `<metric>_tickets` and `<metric>_sum`: how many tickets have it, and its
    sum over them, of logarithms for times.
    """

    def __init__(self, weekly: pl.DataFrame) -> None:
        self._weekly = weekly
        self._themes = set(weekly["theme_id"].drop_nulls())
        self._cubes: dict[tuple[str, bool], WeeklyTickets] = {}

    def compare(self, action: dict[str, Any]) -> Comparison | None:
        """What the weeks round an action that has begun say of its metric; None where nothing can be compared."""
        theme, metric = action["theme_id"], action["metric"]
        if self._weekly.is_empty():
            return None
        by_region = action["region"] is not None
        is_limited = by_region or action["business_line"] is not None
        if theme is not None and theme not in self._themes:
            return None
        if metric == TICKETS and theme is not None:
            return self._compare_tickets(action, self._cube(TICKETS, by_region))
        if metric in MEANS and (theme is not None or is_limited):
            return self._compare_means(action, MEANS[metric], by_region)
        return None

    def _compare_tickets(self, action: dict[str, Any], every: WeeklyTickets) -> Comparison:
        weeks, since = _round(every, action)
        sides = int((since < 0).sum()), int((since > 0).sum())
        reached = _reached(weeks.segments, action)
        tickets = weeks.tickets[weeks.themes.index(action["theme_id"])]
        own, elsewhere = tickets[reached].sum(axis=0), tickets[~reached].sum(axis=0)
        is_difference = elsewhere[since < 0].sum() >= _LEAST_ELSEWHERE
        method = DIFFERENCES if is_difference else INTERRUPTED
        control = _elsewhere(action) if is_difference else "other themes, by line and user type as here"
        if sides[0] < LEAST_BEFORE or sides[1] < LEAST_AFTER:
            return Comparison(method, control, *sides)
        expected = weeks.expected(action["theme_id"], reached, since < 0)
        before = float(own[since < 0].mean())
        if is_difference:
            ratio = expected / weeks.expected(action["theme_id"], ~reached, since < 0)
            effect = change_of_share(own, elsewhere, ratio, since, every.drift)
        else:
            effect = change_of_rate(own, expected, since, every.drift)
        return Comparison(method, control + _own_course(effect), *sides, before, effect)

    def _compare_means(self, action: dict[str, Any], mean: Mean, by_region: bool) -> Comparison | None:
        metric, theme = action["metric"], action["theme_id"]
        counts, since = _round(self._cube(f"{metric}_tickets", by_region), action)
        sums, _ = _round(self._cube(f"{metric}_sum", by_region), action)
        weeks = MeanWeeks(counts.tickets, sums.tickets)
        segments = _reached(counts.segments, action)
        themes = np.array([theme in (None, name) for name in counts.themes], dtype=np.bool_)
        reached = themes[:, None] & segments
        elsewhere = themes[:, None] & ~segments
        is_difference = weeks.tickets[elsewhere][:, since < 0].sum() >= _LEAST_ELSEWHERE
        if not is_difference and theme is None:
            return None
        untouched = elsewhere if is_difference else ~themes[:, None] & segments
        method = DIFFERENCES if is_difference else INTERRUPTED
        control = _elsewhere(action) if is_difference else "other themes, by line and user type as here"
        values, weights = weeks.difference(reached, untouched, since < 0, by_segment=not is_difference)
        told = np.isfinite(values) & (weights > 0)
        sides = int((told & (since < 0)).sum()), int((told & (since > 0)).sum())
        if sides[0] < LEAST_BEFORE or sides[1] < LEAST_AFTER:
            return Comparison(method, control, *sides)
        level = weeks.level(reached, since < 0)
        effect = change_of_mean(values, weights, since, mean.drift)
        if mean.is_log:
            effect = effect.relative()
            level = float(np.exp(level))
        control += _own_course(effect)
        return Comparison(method, control, *sides, level, effect, is_relative=mean.is_log)

    def _cube(self, column: str, by_region: bool) -> WeeklyTickets:
        if (column, by_region) not in self._cubes:
            weekly = self._weekly
            # Tickets are compared with those of themes; of what a ticket is like, all tickets tell.
            weekly = weekly.drop_nulls("theme_id") if column == TICKETS else weekly
            segment = [*_SEGMENT, "region"] if by_region else list(_SEGMENT)
            columns = weekly.select("week", pl.col("theme_id").fill_null(_NO_THEME), *segment, tickets=column)
            self._cubes[column, by_region] = WeeklyTickets.of(columns, segment)
        return self._cubes[column, by_region]


def _round(every: WeeklyTickets, action: dict[str, Any]) -> tuple[WeeklyTickets, Floats]:
    """The weeks round an action without its own, and how many weeks since it each is."""
    started = action["started_at"].date()
    monday = started - timedelta(days=started.weekday())
    since = np.array([(week - monday).days // 7 for week in every.weeks], dtype=np.float64)
    inside = (since != 0) & (since >= -WEEKS_BEFORE) & (since <= WEEKS_AFTER)
    return every.between(inside), since[inside]


def _reached(segments: pl.DataFrame, action: dict[str, Any]) -> Flags:
    """Which segments an action reaches: all, or those of its line or region."""
    reached = np.ones(segments.height, dtype=np.bool_)
    for name in ("business_line", "region"):
        if action[name] is not None:
            reached &= (segments[name] == action[name]).fill_null(False).to_numpy()
    return reached


def _elsewhere(action: dict[str, Any]) -> str:
    places = " in ".join(
        str(action[name]) for name in ("business_line", "region") if action[name] is not None
    )
    what = "the same theme's tickets" if action["theme_id"] is not None else "tickets"
    return f"{what} outside {places}"


def _own_course(effect: Effect) -> str:
    """What else was compared with, where the weeks had begun to move before the action."""
    if effect.began is None:
        return ""
    weeks = "the week" if effect.began == 1 else f"the {effect.began} weeks"
    return f", and how it was already changing in {weeks} before"
