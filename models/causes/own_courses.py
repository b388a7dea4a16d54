"""How a weekly series may have gone on by itself, whatever was done about it: the courses an action is weighed against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.causes.expected_weeks import WEEKS_A_YEAR

Floats = npt.NDArray[np.float64]

# How likely it is, before the weeks are seen, that a series was on a course of its own when an action came: most themes
# go on as they are. Every kind of course is as likely as another, and so is every week it may have begun.
_ON_A_COURSE = 0.2
_BEGAN = (*range(1, 27), 32, 39, 52)
# Weeks a fall in a line takes, and the share of the former level at which it ends.
_FALL_WEEKS, _LEFT = (6, 10, 15, 20, 30), (0.1, 0.03, 0.01)
_RUSH_WEEKS = range(1, 13)
# Fewer weeks before a course began tell nothing of where it came from.
_LEAST_WEEKS = 4
# Standard deviation of what a course changes in all, on the logarithm: a level changes up to twentyfold at once, what
# fades may fall further, the year moves twofold; its second wave makes it uneven. A fall in a line is hardly bent.
_LEVEL, _FADE, _LINE, _YEAR, _SECOND_WAVE = 1.5, 2.0, 0.1, 0.5, 0.2
PARTS = 4  # columns that the course of most has, the year with two waves


@dataclass(frozen=True)
class OwnCourse:
    """One course. began: weeks before the action, where it began at one time.

    columns: shape (weeks, PARTS), zero where there are fewer. usual, spread: mean and standard deviation of what each is
    multiplied by, on a logarithm. likely: its probability before the weeks are seen.
    """

    began: int | None
    columns: Floats
    usual: Floats
    spread: Floats
    likely: float


def none_of_its_own(since: Floats) -> OwnCourse:
    """That of most series: it goes on as it is."""
    return _course(None, np.zeros_like(since), 0.0, 1.0, 1 - _ON_A_COURSE)


def own_courses(since: Floats) -> list[OwnCourse]:
    """None of its own first, then: another level since a week; a fade or growth by the same share each week since one; a
    fall by the same number each week that ends at the action; a rush of some weeks that ends there; and the year's.

    since: weeks since the action, below 0 before it.
    """
    told = [weeks for weeks in _BEGAN if (since < -weeks).sum() >= _LEAST_WEEKS]
    first = -int(since.min())
    turn = 2 * np.pi * since / WEEKS_A_YEAR
    year = np.column_stack([np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)])
    kinds: list[list[tuple[int | None, npt.NDArray[np.generic], float, float | tuple[float, ...]]]] = [
        [(weeks, since >= -weeks, 0.0, _LEVEL) for weeks in told],
        [(weeks, np.maximum(since + weeks + 1, 0) / (weeks + 1), 0.0, _FADE) for weeks in (*told, first)],
        [
            (weeks, np.log(np.clip(-since / weeks, left, 1)), 1.0, _LINE)
            for weeks in _FALL_WEEKS
            if (since < -weeks).sum() >= _LEAST_WEEKS
            for left in _LEFT
        ],
        [(weeks, (since >= -weeks) & (since < 0), 0.0, _LEVEL) for weeks in told if weeks in _RUSH_WEEKS],
        [(None, year, 0.0, (_YEAR, _YEAR, _SECOND_WAVE, _SECOND_WAVE))],
    ]
    share = _ON_A_COURSE / sum(map(bool, kinds))
    return [none_of_its_own(since)] + [
        _course(*course, share / len(kind)) for kind in kinds for course in kind
    ]


def _course(
    began: int | None,
    columns: npt.NDArray[np.generic],
    usual: float,
    spread: float | tuple[float, ...],
    likely: float,
) -> OwnCourse:
    filled = np.zeros((len(columns), PARTS))
    filled[:, : columns.shape[1] if columns.ndim > 1 else 1] = columns.reshape(len(columns), -1)
    means = np.zeros(PARTS)
    means[0] = usual
    return OwnCourse(began, filled, means, np.broadcast_to(np.asarray(spread, np.float64), PARTS), likely)
