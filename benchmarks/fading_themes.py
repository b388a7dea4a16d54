"""Themes that were going away by themselves when somebody acted against them, and steady ones that an action halved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from models.causes.mean_weeks import MEANS

Floats = npt.NDArray[np.float64]

WEEKS = 104
WEEKS_SINCE = (4, 26)
SIZES = (3, 10, 30, 100)  # tickets a week while a theme is at its highest
_EACH = 2  # themes of each shape, size and kind of count
_OTHERS = 24
_LINES, _USER_TYPES = ("shop", "live"), ("buyer", "seller")
_SHARES = np.array([0.4, 0.3, 0.2, 0.1])  # of the lines' user types
# Standard deviation of the logarithm of what weeks vary beyond chance, where they do; and of what other themes' rates
# move in a year.
_VARIED, _DRIFT = 0.3, 0.2
HALVED = "halved"


def _fades(since: Floats, rng: np.random.Generator) -> Floats:
    """Half as many every one to six weeks, at most half of what it was by the action."""
    half_life = rng.uniform(1, 6)
    began = -half_life * rng.uniform(1, 4)
    return np.asarray(0.5 ** (np.maximum(since - began, 0) / half_life))


def _drops(since: Floats, rng: np.random.Generator) -> Floats:
    """To less than a third at once, one to eight weeks before the action."""
    return np.where(since >= -rng.integers(1, 9), rng.uniform(0, 0.3), 1.0)


def _falls_in_a_line(since: Floats, rng: np.random.Generator) -> Floats:
    """Over six to thirty weeks, down to a tenth or none at the action or up to two weeks beside it."""
    ended, lasted = rng.uniform(-2, 2), rng.uniform(6, 30)
    return np.clip((ended - since) / lasted, rng.uniform(0, 0.1), 1)


def _bursts(since: Floats, rng: np.random.Generator) -> Floats:
    """An incident of one to six weeks that ended up to six weeks before the action: two to twenty times the usual."""
    ended, lasted = -rng.integers(0, 7), rng.integers(1, 7)
    return np.where((since < ended) & (since >= ended - lasted), 1.0, rng.uniform(0.05, 0.5))


def _swings(since: Floats, rng: np.random.Generator) -> Floats:
    """With the year, falling when the action comes."""
    apart, peak = rng.uniform(0.2, 0.8), -rng.uniform(0, 26)
    return np.asarray((1 + apart * np.cos(2 * np.pi * (since - peak) / 52)) / (1 + apart))


FADING: dict[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "fades": _fades,
    "drops": _drops,
    "falls in a line": _falls_in_a_line,
    "bursts": _bursts,
    "swings": _swings,
}


def _is_halved(since: Floats, _: np.random.Generator) -> Floats:
    return np.where(since > 0, 0.5, 1.0)


@dataclass(frozen=True)
class Case:
    """A theme among steady ones, and an action against it. weekly: as judge_actions takes it."""

    shape: str
    size: int
    theme: str
    began: date
    weekly: pl.DataFrame


def fading_themes(seed: int, until: date) -> Iterator[Case]:
    """Every shape in every size, with counts as chance makes them and with weeks that vary more; and as many halved.

    until: the Monday after the last week.
    """
    rng = np.random.default_rng(seed)
    weeks = [until - timedelta(weeks=WEEKS - week) for week in range(WEEKS)]
    others = _steady_themes(weeks, rng)
    for shape, course in {**FADING, HALVED: _is_halved}.items():
        for size in SIZES:
            for number in range(2 * _EACH):
                after = int(rng.integers(*WEEKS_SINCE, endpoint=True))
                since = np.arange(WEEKS, dtype=np.float64) - (WEEKS - 1 - after)
                varied = _VARIED * (number % 2)
                rate = size * course(since, rng) * np.exp(rng.normal(-(varied**2) / 2, varied, WEEKS))
                theme = _theme(f"{shape} {size} {number}", rate, weeks, rng)
                yield Case(shape, size, theme["theme_id"][0], weeks[-1 - after], pl.concat([others, theme]))


def _steady_themes(weeks: list[date], rng: np.random.Generator) -> pl.DataFrame:
    years = np.arange(WEEKS) / 52
    sizes = np.exp(rng.uniform(np.log(min(SIZES)), np.log(max(SIZES)), _OTHERS))
    drifts = rng.normal(0, _DRIFT, _OTHERS)
    return pl.concat(
        _theme(f"steady {number}", size * np.exp(drift * years), weeks, rng)
        for number, (size, drift) in enumerate(zip(sizes, drifts, strict=True))
    )


def _theme(name: str, rate: Floats, weeks: list[date], rng: np.random.Generator) -> pl.DataFrame:
    """A theme's tickets by week, line and user type. rate: tickets a week."""
    segments = [(line, user_type) for line in _LINES for user_type in _USER_TYPES]
    counts = rng.poisson(np.outer(rate, _SHARES)).astype(np.float64)
    metrics = {f"{metric}_{part}": pl.lit(0.0) for metric in MEANS for part in ("tickets", "sum")}
    return pl.DataFrame(
        {
            "week": [week for week in weeks for _ in segments],
            "theme_id": name,
            "business_line": [line for line, _ in segments] * len(weeks),
            "user_type": [user_type for _, user_type in segments] * len(weeks),
            "region": "everywhere",
            "tickets": counts.ravel(),
        }
    ).with_columns(**metrics)
