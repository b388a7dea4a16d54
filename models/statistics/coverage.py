"""Which days of a source hold its full volume, and which only leftovers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

_WEEK = 7
_WEEKS_COMPARED = 8  # how far back "usual" reaches
_LEAST_WEEKS = 2  # full weeks that must be seen before anything is called a leftover
_LEFTOVER_SHARE = 0.05  # of a usual week: a tail whose busiest week stays below it holds leftovers
_LOW_DAY_SHARE = 0.5  # of the lowest such weekday in the weeks compared: a last day below it is not complete
_LEAST_WEEKDAYS = 4  # of the same weekday, before a last day can be called incomplete


def volume_window(days: Sequence[date], counts: Sequence[int]) -> tuple[date, date]:
    """First and last day between which a source's daily volume is complete.

    days, counts: tickets created on each day; days without any may be left out. An export often brings
    along a few tickets from long before or after the period it was made for. A head or tail is taken for
    such leftovers when its busiest week has less than 5 % of a usual week (the median of up to eight full
    weeks next to it). A last day that the export caught half-way, with less than half of the lowest count
    of its weekday in eight weeks, is left out too. Fewer than two full weeks are never cut.
    Raises ValueError without days.
    """
    if len(days) == 0:
        raise ValueError("no days: a source without tickets has no volume")
    start = min(days)
    daily = np.zeros((max(days) - start).days + 1, dtype=np.int64)
    for day, count in zip(days, counts, strict=True):
        daily[(day - start).days] += count
    kept = _without_leftovers(daily)
    kept -= _is_incomplete(daily[:kept])
    skipped = kept - _without_leftovers(daily[:kept][::-1])
    return start + timedelta(days=int(skipped)), start + timedelta(days=int(kept) - 1)


def _without_leftovers(daily: Counts) -> int:
    """How many days are left when a tail of leftovers is cut; all of them where there is none."""
    for kept in range(_LEAST_WEEKS * _WEEK, len(daily)):
        usual = _usual_week(daily[:kept])
        if usual > 0 and _busiest_week(daily[kept:]) < _LEFTOVER_SHARE * usual and len(daily) - kept >= _WEEK:
            return kept + _full_days_after(daily, kept)
    return len(daily)


def _usual_week(daily: Counts) -> float:
    """Median of the last full weeks."""
    weeks = min(len(daily) // _WEEK, _WEEKS_COMPARED)
    return float(np.median(daily[-weeks * _WEEK :].reshape(weeks, _WEEK).sum(axis=1)))


def _busiest_week(daily: Counts) -> int:
    totals = np.concatenate([[0], np.cumsum(daily)])
    span = min(_WEEK, len(daily))
    return int((totals[span:] - totals[:-span]).max())


def _full_days_after(daily: Counts, kept: int) -> int:
    """Days after a cut that are as full as their weekday usually is: a weekend that is always low, say."""
    more = 0
    while kept + more < len(daily):
        place = kept + more
        same_weekday = daily[:place][::-1][_WEEK - 1 :: _WEEK][:_WEEKS_COMPARED]
        if daily[place] == 0 or daily[place] < _LOW_DAY_SHARE * np.median(same_weekday):
            break
        more += 1
    return more


def _is_incomplete(daily: Counts) -> bool:
    same_weekday = daily[:-1][::-1][_WEEK - 1 :: _WEEK][:_WEEKS_COMPARED]
    return len(same_weekday) >= _LEAST_WEEKDAYS and bool(daily[-1] < _LOW_DAY_SHARE * same_weekday.min())
