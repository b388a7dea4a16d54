"""Forecasts made again as of past days, and how they fared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.forecast.closures import find_gaps
from models.forecast.hierarchy import Level
from models.forecast.intervals import (
    BUCKETS,
    FEWEST_ORIGINS,
    Bounds,
    bounds,
    bucket_name,
    bucket_of,
    calibrate,
)
from models.forecast.panel import Bools, Floats, Ints
from models.forecast.scopes import ScopedPanel
from models.forecast.segments import FORMS, fit_forms, forecast_fit

DAYS_BETWEEN_ORIGINS = 30
FEWEST_TRAINING_DAYS = 14
FEWEST_TEST_DAYS = 7
CHANGE_FORM_BELOW = 0.88  # of the usual form's error; origins overlap, so a small gain is chance
POOL_WEIGHT = 1.0
MOST_TRAINING_DAYS = 365  # once a year is left to learn from, older origins add little


@dataclass(frozen=True)
class Backtest:
    """Rolling-origin forecasts by segment, shape (origins, horizon, segments).

    known: shape (origins, horizon), False for days the history has not reached. form: index into FORMS of
    the form chosen for each segment, the one that expected comes from.
    """

    actual: Floats
    expected: Floats
    naive: Floats
    known: Bools
    form: Ints


def choose_origins(days: int, horizon: int, origins: int) -> list[int]:
    """Days of history to pretend having, oldest first; fewer or none where the history is short.

    Half the history, at most a year, stays for training. The newest origin leaves a whole horizon to test
    where that is possible, else a week.
    """
    training = min(max(days // 2, FEWEST_TRAINING_DAYS), MOST_TRAINING_DAYS)
    room = days - training
    if room < FEWEST_TEST_DAYS or origins < 1:
        return []
    newest = days - horizon if room >= 2 * horizon else days - FEWEST_TEST_DAYS
    step = min(DAYS_BETWEEN_ORIGINS, max((newest - training) // max(origins - 1, 1), 1))
    chosen = {newest - step * back for back in range(origins)}
    return sorted(origin for origin in chosen if origin >= training)


def run_backtest(scoped: ScopedPanel, origins: list[int]) -> Backtest:
    """Forecast from every origin, beside the seasonal naive forecast (the last week again).

    Days missing from a segment's history are no test: both forecasts are set to the 0 that stands there.
    """
    counts, horizon = scoped.panel.counts, scoped.horizon
    shape = (len(origins), horizon, counts.shape[1])
    actual, naive, by_form = np.zeros(shape), np.zeros(shape), np.zeros((len(FORMS), *shape))
    known = np.zeros(shape[:2], dtype=bool)
    there = ~find_gaps(counts)
    for at, days in enumerate(origins):
        ahead = counts[days : days + horizon]
        actual[at, : len(ahead)] = ahead
        known[at, : len(ahead)] = True
        for which, fit in enumerate(fit_forms(scoped, days, FORMS)):
            by_form[which, at] = forecast_fit(fit).expected
        week = counts[days - 7 : days]
        naive[at] = week[np.arange(horizon) % 7]
        by_form[:, at, : len(ahead)] *= there[days : days + horizon]
        naive[at, : len(ahead)] *= there[days : days + horizon]
    chosen = choose_forms(actual, by_form, known)
    return Backtest(actual, pick_forms(by_form, chosen), naive, known, chosen)


def choose_forms(actual: Floats, by_form: Floats, known: Bools) -> Ints:
    """The form with the least absolute error for each segment, index into FORMS.

    A segment's own few origins are weighed with how the forms did on all segments, and another form than the
    first has to be better by CHANGE_FORM_BELOW.
    """
    error = (np.abs(by_form - actual) * known[..., None]).sum(axis=(1, 2))
    first = np.maximum(error[0], 1e-9)
    of_all = error.sum(axis=1) / max(float(error[0].sum()), 1e-9)
    relative = (error / first + POOL_WEIGHT * of_all[:, None]) / (1 + POOL_WEIGHT)
    best = relative.argmin(axis=0)
    return np.where(relative.min(axis=0) < CHANGE_FORM_BELOW, best, 0)


def pick_forms(by_form: Floats, form: Ints) -> Floats:
    """Each segment's chosen form out of (forms, ..., segments)."""
    return np.take_along_axis(by_form, np.broadcast_to(form, by_form.shape[1:])[None], axis=0)[0]


def out_of_sample_bounds(actual: Floats, expected: Floats, known: Bools) -> list[Bounds]:
    """Bounds of each origin calibrated on all the other origins, so that coverage is no self-praise."""
    found = []
    for at in range(len(expected)):
        others = np.arange(len(expected)) != at
        found.append(bounds(expected[at], calibrate(actual[others], expected[others], known[others])))
    return found


def score(backtest: Backtest, levels: list[Level]) -> pl.DataFrame:
    """WAPE, bias and out-of-sample coverage by level and horizon bucket, beside the seasonal naive WAPE.

    Coverage is null where too few other origins are left to calibrate on; WAPE and bias are null where the
    bucket has no ticket; a bucket without a known day has no row.
    """
    rows = [row for level in levels for row in _score_level(backtest, level)]
    floats = ("wape", "bias", "coverage_80", "coverage_95", "wape_seasonal_naive")
    return pl.DataFrame(
        rows,
        schema={"level": pl.String, "horizon": pl.String, "origins": pl.Int64, "points": pl.Int64}
        | dict.fromkeys(floats, pl.Float64),
    )


def _score_level(backtest: Backtest, level: Level) -> list[dict[str, object]]:
    actual, expected, naive = (
        level.sum(values) for values in (backtest.actual, backtest.expected, backtest.naive)
    )
    inside_80 = np.zeros(expected.shape, dtype=bool)
    inside_95 = np.zeros(expected.shape, dtype=bool)
    for at, bound in enumerate(out_of_sample_bounds(actual, expected, backtest.known)):
        inside_80[at] = (actual[at] >= bound.low_80) & (actual[at] <= bound.high_80)
        inside_95[at] = (actual[at] >= bound.low_95) & (actual[at] <= bound.high_95)
    buckets = bucket_of(expected.shape[1])
    judged = len(expected) > FEWEST_ORIGINS
    rows: list[dict[str, object]] = []
    for bucket in range(len(BUCKETS)):
        cells = backtest.known & (buckets == bucket)
        volume = float(actual[cells].sum())
        if not cells.any():
            continue
        error = expected[cells] - actual[cells]
        rows.append(
            {
                "level": level.name,
                "horizon": bucket_name(bucket),
                "origins": int(cells.any(axis=1).sum()),
                "points": int(cells.sum()) * level.nodes.height,
                "wape": float(np.abs(error).sum()) / volume if volume else None,
                "bias": float(error.sum()) / volume if volume else None,
                "coverage_80": float(inside_80[cells].mean()) if judged else None,
                "coverage_95": float(inside_95[cells].mean()) if judged else None,
                "wape_seasonal_naive": float(np.abs(naive[cells] - actual[cells]).sum()) / volume
                if volume
                else None,
            }
        )
    return rows
