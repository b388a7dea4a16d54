"""When a rise began, to the hour, and whether it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import ruptures
from scipy.special import gammaln
from scipy.stats import poisson

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY, WEEK = 24, 168
# Each further change point must explain this much of the squared deviations: twice the logarithm of the days
# (BIC), for root counts whose noise has variance 1.
_PENALTY_PER_LOG_DAY = 2.0
# A stretch of days is elevated when pure chance would give its count this rarely, and it is half above the usual.
_RARE, _CLEARLY_ABOVE = 0.005, 1.5
_LEAST_USUAL = 1e-3  # tickets a day: what never occurred before may still occur
# How far round the day found the hour is looked for.
_SEARCHED = 5 * DAY
_RECENT = 5 * WEEK
_LIKELY = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class Moment:
    """A change in hours since the window's start: the middle of what is likely, and the 95 % interval.

    at: the beginning of the hour in which a rise began, the end of that in which it ended, so that all tickets of a burst
    within the hour are its own. log_posterior: of the change lying within each hour from `start` on.
    """

    at: float
    low: float
    high: float
    start: int
    log_posterior: Floats


@dataclass(frozen=True)
class Stretch:
    """The rise that reaches into the last week. ended: None while it lasts."""

    onset: Moment
    ended: Moment | None


def find_stretch(events: Floats, usual: float, rhythm: Floats) -> Stretch:
    """The stretch of higher counts that reaches into the last seven days of a window.

    events: hours of the tickets since the window's start. usual: tickets a day before the rise. rhythm: relative
    rate of each hour of the window, shape (hours,), mean 1; the window is whole days, the last week its last seven.
    The days are found by change points in the root counts (PELT, Killick et al. 2012; roots by Anscombe 1948),
    the hours by the posterior of a single change in a Poisson rate (Raftery & Akman 1986). Where no stretch of days
    stands out, the hour is looked for in the last five weeks, and the interval is as wide as that leaves it.
    """
    days = len(rhythm) // DAY
    counts = np.bincount((events // DAY).astype(np.int64), minlength=days)[:days]
    bounds = _segments(counts)
    elevated = _elevated(counts, bounds, usual)
    if elevated is None:
        return Stretch(_change_hour(events, rhythm, len(rhythm) - _RECENT, len(rhythm), usual), None)
    first, last = elevated
    about = bounds[first] * DAY
    onset = _change_hour(
        events, rhythm, about - _SEARCHED, min(bounds[last + 1] * DAY, about + 2 * _SEARCHED), usual
    )
    if last + 1 == len(bounds) - 1:
        return Stretch(onset, None)
    # The end is a beginning when time runs backwards from the middle of the quiet stretch that follows.
    until = min(bounds[last + 2] * DAY, bounds[last + 1] * DAY + _SEARCHED)
    back = _change_hour(until - events, rhythm[:until][::-1], 0, until - int(onset.at), usual)
    first_hour = until - back.start - len(back.log_posterior)
    ended = _moment(first_hour, back.log_posterior[::-1])
    return Stretch(onset, replace(ended, at=ended.at + 1))


def _segments(counts: Ints) -> list[int]:
    """Days at which the level changes, the first 0 and the last the number of days."""
    roots = 2 * np.sqrt(counts + 0.375)
    found = ruptures.KernelCPD(kernel="linear", min_size=1).fit(roots.reshape(-1, 1))
    return [0, *(int(day) for day in found.predict(pen=_PENALTY_PER_LOG_DAY * np.log(len(counts))))]


def _elevated(counts: Ints, bounds: list[int], usual: float) -> tuple[int, int] | None:
    """First and last segment of the elevated run that reaches into the last seven days, if there is one."""
    sums = np.add.reduceat(counts, bounds[:-1])
    expected = np.maximum(usual, _LEAST_USUAL) * np.diff(bounds)
    high = (poisson.sf(sums - 1, expected) < _RARE) & (sums > _CLEARLY_ABOVE * expected)
    high[0] = False  # nothing before it to rise from
    recent = high & (np.array(bounds[1:]) > len(counts) - 7)
    if not recent.any():
        return None
    first = last = int(np.flatnonzero(recent)[-1])
    while first > 0 and high[first - 1]:
        first -= 1
    return first, last


def _change_hour(events: Floats, rhythm: Floats, start: int, stop: int, usual: float) -> Moment:
    """The hour between two at which a low rate becomes a high one.

    Before the change the rate is near `usual`, known as well as the hours up to `start` tell it; after it nothing is
    known (Gamma priors).
    """
    start = max(start, 0)
    stop = max(stop, start + DAY)
    inside = events[(events >= start) & (events < stop)] - start
    hourly = np.bincount(inside.astype(np.int64), minlength=stop - start)
    before = np.concatenate([[0], np.cumsum(hourly)])
    exposed = np.concatenate([[0.0], np.cumsum(rhythm[start:stop])])
    known_hours = max(start, WEEK)
    low_rate = _log_marginal(before, exposed, 0.5 + usual * known_hours / DAY, float(known_hours))
    high_rate = _log_marginal(before[-1] - before, exposed[-1] - exposed, 0.5, 1.0)
    log_posterior = (low_rate + high_rate)[:-1]
    return _moment(start, log_posterior)


def joint_moment(moments: Sequence[Moment]) -> Moment:
    """The moment at which several counts changed together; that of the first where they have no hour in common."""
    start = max(moment.start for moment in moments)
    stop = min(moment.start + len(moment.log_posterior) for moment in moments)
    if stop <= start:
        return moments[0]
    common = [moment.log_posterior[start - moment.start : stop - moment.start] for moment in moments]
    return _moment(start, np.sum(common, axis=0))


def _moment(start: int, log_posterior: Floats) -> Moment:
    weights = np.exp(log_posterior - log_posterior.max())
    cumulative = np.cumsum(weights) / weights.sum()
    low, middle, high = (float(start + np.searchsorted(cumulative, share)) for share in _LIKELY)
    return Moment(middle, low, high + 1, start, log_posterior)


def _log_marginal(counts: Ints, exposed: Floats, shape: float, rate: float) -> Floats:
    """Logarithm of a Poisson likelihood with its rate integrated out over a Gamma prior."""
    return np.asarray(
        shape * np.log(rate)
        - gammaln(shape)
        + gammaln(shape + counts)
        - (shape + counts) * np.log(rate + exposed)
    )
