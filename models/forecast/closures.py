"""Days on which a busy series takes no tickets: closed weekdays and holidays, gaps, series that ended."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from models.forecast.calendar_features import EventColumns
from models.forecast.panel import Bools, Floats, Ints

BUSY_PER_DAY = 5.0  # a zero is next to impossible by chance (0.7 % under Poisson)
WEEKS_LOOKED_AT = 52
FEWEST_WEEKS = 4
CLOSED_WEEKDAY_SHARE = 0.9
CLOSED_HOLIDAY_SHARE = 0.5
GAP_DAYS = 4
RARE_ZEROS = 0.05
ENDED_AFTER_DAYS = 28


@dataclass(frozen=True)
class Closures:
    """past: history days that say nothing, shape (days, series); ahead: future days known to be closed,
    shape (horizon, series); weekdays: closed weekdays counted from the panel's first day, shape (7, series);
    ended: series without a ticket for four weeks that had been busy."""

    past: Bools
    ahead: Bools
    weekdays: Bools
    ended: Bools

    def told(self, closed: Bools, counts: Floats) -> Closures:
        """The same where the closed days are told instead of found out, shape (days + horizon, series)."""
        days = len(counts)
        return Closures(
            past=self.past | closed[:days] | find_gaps(counts),
            ahead=closed[days:],
            weekdays=np.zeros_like(self.weekdays),
            ended=np.zeros_like(self.ended),
        )


def find_closures(counts: Floats, events: list[EventColumns], days: int, horizon: int) -> Closures:
    """Tell closed days from quiet ones; a series needs five tickets on a usual day to have any.

    counts: shape (days, series); events: the event columns of each series, which name its holidays.
    """
    zero = counts == 0
    series = counts.shape[1]
    busy = _busy(counts)
    weekdays = np.zeros((7, series), dtype=bool)
    gaps = _long_runs(zero)
    for day in range(7):
        # Weeks inside a gap do not tell whether the weekday is a closed one.
        open_weeks = ~gaps[day::7][-WEEKS_LOOKED_AT:]
        closed = (zero[day::7][-WEEKS_LOOKED_AT:] & open_weeks).sum(axis=0)
        weeks = open_weeks.sum(axis=0)
        weekdays[day] = busy & (weeks >= FEWEST_WEEKS) & (closed >= CLOSED_WEEKDAY_SHARE * weeks)
    ended = busy & zero[-ENDED_AFTER_DAYS:].all(axis=0) if days >= ENDED_AFTER_DAYS else np.zeros_like(busy)
    weekdays &= ~ended
    by_weekday = weekdays[np.arange(days) % 7]
    stray = zero & ~by_weekday & ~gaps
    rare = stray.mean(axis=0) <= RARE_ZEROS
    past: Bools = zero & busy & (by_weekday | gaps | rare) & ~ended
    ahead = weekdays[(days + np.arange(horizon)) % 7].copy()
    for columns, members in _by_holidays(events, np.flatnonzero(busy & ~ended)).items():
        ahead[:, members] |= _closed_holidays(zero[:, members], columns, days, horizon)
    return Closures(past, ahead, weekdays, ended)


def find_gaps(counts: Floats) -> Bools:
    """Days of history that are missing rather than quiet: four or more in a row without a ticket, while the
    series is busy otherwise; shape (days, series)."""
    return _long_runs(counts == 0) & _busy(counts)


def _busy(counts: Floats) -> Bools:
    """Series with five tickets or more on at least half of the days that have any."""
    some = (counts > 0).sum(axis=0)
    busy: Bools = (some > 0) & (2 * (counts >= BUSY_PER_DAY).sum(axis=0) >= some)
    return busy


def _long_runs(zero: Bools) -> Bools:
    """Days inside a run of at least GAP_DAYS zeros."""
    runs = np.zeros_like(zero)
    if len(zero) < GAP_DAYS:
        return runs
    whole: Bools = np.lib.stride_tricks.sliding_window_view(zero, GAP_DAYS, axis=0).min(axis=-1)
    for offset in range(GAP_DAYS):
        runs[offset : offset + len(whole)] |= whole
    return runs


def _by_holidays(events: list[EventColumns], series: Ints) -> dict[tuple[str, ...], Ints]:
    """Series by the holidays they have."""
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for column in series:
        members[events[column].holidays].append(column)
    return {holidays: np.array(columns) for holidays, columns in members.items()}


def _closed_holidays(zero: Bools, holidays: tuple[str, ...], days: int, horizon: int) -> Bools:
    """Future holidays on which the series were closed in the past, by name where the name has been seen."""
    ahead = np.zeros((horizon, zero.shape[1]), dtype=bool)
    past = {day: holidays[day] for day in range(days) if holidays[day]}
    for day in range(horizon):
        name = holidays[days + day]
        if name and past:
            same = [seen for seen, other in past.items() if other == name] or list(past)
            ahead[day] = zero[same].mean(axis=0) > CLOSED_HOLIDAY_SHARE
    return ahead
