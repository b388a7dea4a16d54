"""What a theme's weeks would have been without it changing: the weeks of other themes, weighed as its own customers are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# A theme's week stands out when it is so many standard deviations of chance above what its line's other themes tell.
_STANDS_OUT = 3.0
_ROUNDS = 4
WEEKS_A_YEAR = 52.18
# How far a theme's rate drifts from the others' in a year by itself, as a standard deviation of its logarithm: learned
# from all themes, within bounds; the usual one where there are too few to learn from.
USUAL_DRIFT, LEAST_DRIFT = 1.5, 0.2
_LEAST_THEMES = 8
_LEAST_WEEKLY = 0.5


@dataclass(frozen=True)
class WeeklyTickets:
    """Tickets by theme, segment and week, shape (themes, segments, weeks). weeks: Mondays, all of them."""

    themes: list[str]
    segments: pl.DataFrame
    weeks: list[date]
    tickets: Floats

    @classmethod
    def of(cls, weekly: pl.DataFrame, segment: list[str]) -> WeeklyTickets:
        """From a frame with theme_id, week, tickets and the columns that make a segment."""
        themes = weekly["theme_id"].unique().sort()
        segments = weekly.select(segment).unique().sort(segment)
        weeks = pl.select(
            pl.date_range(weekly["week"].min(), weekly["week"].max(), "1w")  # type: ignore[arg-type]
        ).to_series()
        placed = (
            weekly.join(pl.DataFrame({"theme_id": themes}).with_row_index("theme"), on="theme_id")
            .join(segments.with_row_index("segment"), on=segment, nulls_equal=True)
            .join(pl.DataFrame({"week": weeks}).with_row_index("place"), on="week")
        )
        tickets = np.zeros((len(themes), segments.height, len(weeks)))
        where = tuple(placed[name].to_numpy() for name in ("theme", "segment", "place"))
        np.add.at(tickets, where, placed["tickets"].to_numpy())
        return cls(themes.to_list(), segments, weeks.to_list(), tickets)

    @cached_property
    def drift(self) -> float:
        """Standard deviation of the logarithm of themes' rates moving apart in a year.

        From the trend of every theme's weeks against what the others tell, less what chance alone makes of a trend
        (the moment estimator of DerSimonian & Laird 1986).
        """
        usual = self.tickets.mean(axis=2)
        own = self.tickets.sum(axis=1)
        expected = np.einsum("ts,sw->tw", usual, _course(self.tickets, usual))
        expected *= (own.sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-9))[:, None]
        told = own.mean(axis=1) >= _LEAST_WEEKLY
        if told.sum() < _LEAST_THEMES:
            return USUAL_DRIFT
        expected, own = (
            expected[told],
            np.minimum(own[told], expected[told] + _STANDS_OUT * np.sqrt(expected[told] + 1)),
        )
        years = np.arange(own.shape[1]) / WEEKS_A_YEAR
        centred = years - (expected * years).sum(axis=1, keepdims=True) / expected.sum(axis=1, keepdims=True)
        information = (expected * centred**2).sum(axis=1)
        slopes = ((own - expected) * centred).sum(axis=1) / information
        squared = float((information * slopes**2 - 1).sum() / information.sum())
        return float(np.clip(np.sqrt(max(squared, 0.0)), LEAST_DRIFT, USUAL_DRIFT))

    def between(self, inside: Flags) -> WeeklyTickets:
        """The same of some of the weeks."""
        weeks = [week for week, is_inside in zip(self.weeks, inside, strict=True) if is_inside]
        return WeeklyTickets(self.themes, self.segments, weeks, self.tickets[:, :, inside])

    def expected(self, theme: str, touched: Flags, compared: Flags) -> Floats:
        """What the other themes' weeks tell of a theme's, in the touched segments; one value a week, known up to a factor.

        compared: weeks before the action: how its tickets spread over segments then is the weight of each. A week in
        which another theme stands out of its segment, as one that a fault has hit, is left out of the others.
        """
        place = self.themes.index(theme)
        others = np.delete(self.tickets, place, axis=0)
        course = _course(others, others.mean(axis=2))
        before = self.tickets[place][:, compared].sum(axis=1) * touched
        weights = before / np.maximum(course[:, compared].sum(axis=1), 1e-9)
        told: Floats = weights @ course
        return told if told.any() else np.ones(len(self.weeks))


def _course(tickets: Floats, usual: Floats) -> Floats:
    """How each segment's weeks compare with usual, shape (segments, weeks): what its themes have in common.

    usual: mean tickets of themes and segments. Weeks of a theme far above what the rest tells are left out, again and
    again until they no longer hide in the mean.
    """
    kept = np.ones(tickets.shape, dtype=np.bool_)
    level = usual[:, :, None]
    course = np.ones(tickets.shape[1:])
    for _ in range(_ROUNDS):
        course = np.where(kept, tickets, 0).sum(axis=0) / np.maximum(
            np.where(kept, level, 0).sum(axis=0), 1e-9
        )
        expected = level * course
        kept = tickets - expected <= _STANDS_OUT * np.sqrt(expected + 0.5)
        level = np.where(kept, tickets, 0).sum(axis=2, keepdims=True) / np.maximum(
            np.where(kept, course, 0).sum(axis=2, keepdims=True), 1e-9
        )
    return np.asarray(np.maximum(course, 1e-3))
