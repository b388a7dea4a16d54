"""Surges in hourly counts: what is usual, when to sound the alarm, when it is over.

Expected is the hour-of-week median of six weeks times the recent level without the last three hours. The alarm
sounds on an exponentially weighted mean of standardised counts (EWMA; Roberts 1959) or on a cumulative sum of
negative binomial log-likelihood ratios for a doubling (CUSUM; Page 1954), whichever is first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from models.forecast.panel import Bools, Floats, Ints
from models.forecast.usual_hours import (
    DAY,
    FIRST_DISPERSION,
    LARGEST_RESIDUAL,
    dispersion_by_hour,
    usual_week,
)

WEEK = 168
WEEKS_OF_PROFILE = 6
WARM_UP_HOURS = 2 * WEEK  # before this nothing is usual yet, and no alarm is given
HOURS_PER_MONTH = 730.5
LEVEL_LAG = 3  # a surge just begun must not lift what is expected
LEVEL_HALF_LIFE = 16.0
LEVEL_PRIOR = 25.0  # tickets by which the recent level is held near 1
EWMA_WEIGHT = 0.3
SMALLEST = 0.25  # a surge is at least so much above the usual, in the same weighted mean: less is drift
DELTA = 2.0  # the CUSUM looks for a doubling
COOL_OFF = 24  # quiet hours in a row after which a surge is over
COUNTED_ON = 12  # hours after an alarm
CALM = 0.5  # of the alarm level: an hour below is quiet
SMALL = 0.8  # of SMALLEST: so is one with no more than that above the usual
LONGEST = 14 * DAY  # what lasts longer is the new usual
HOLIDAY_DISPERSION = 0.05
PAST_DAYS = 182
AIM = 0.6  # of the wanted rate: what a few months of a series say of its rare days errs
UNTRIED = 1.5  # alarm level without any past, and how many days of the past it counts as
UNTRIED_DAYS = 14.0


@dataclass(frozen=True)
class SurgeScan:
    """What was known hour by hour, each of shape (hours, series); an hour's values use nothing after it.

    expected: usual tickets. strength: the alarm statistic; an alarm sounds at or above `threshold`. alarm_level:
    tickets in one hour that alone would sound it. on: hours of a surge, from its alarm to its end (not yet over:
    to the last hour). started: hours since the surge began, at the hour its alarm sounded, else 0.
    ended: quiet hours since the surge was over, at the hour that is recognised, else 0; 1 for one given up as the
    new usual.
    """

    expected: Floats
    dispersion: Floats
    strength: Floats
    threshold: Floats
    alarm_level: Floats
    on: Bools
    started: Ints
    ended: Ints


@dataclass(frozen=True)
class Surge:
    """One surge: places of hours. `end` is the first quiet hour, None while it lasts."""

    series: int
    start: int
    detected: int
    end: int | None


def scan_surges(
    counts: Floats,
    *,
    false_alarms_a_month: float | Floats = 1.0,
    holidays: Bools | None = None,
    planned: Floats | None = None,
) -> SurgeScan:
    """Go through hourly counts and sound alarms as they would have sounded.

    counts: shape (hours, series), the first at the start of a day, NaN where not known. false_alarms_a_month: wanted
    rate, of all or by series; it sets the alarm level. holidays: same shape, the hours of holidays. planned: same
    shape, by how much campaigns known ahead lift the usual. Raises ValueError for negative counts or a rate of 0 or
    less.
    """
    if counts.ndim != 2 or (counts < 0).any():
        raise ValueError("hourly counts must be of shape (hours, series) and 0 or more")
    wanted = np.broadcast_to(np.asarray(false_alarms_a_month, dtype=np.float64), counts.shape[1:])
    if (wanted <= 0).any():
        raise ValueError(f"{wanted.min():g} false alarms a month is no rate; expected a number above 0")
    near_holiday = np.zeros(counts.shape, dtype=bool) if holidays is None else _dilated(holidays)
    watch = _Watch(counts, near_holiday, np.ones(counts.shape) if planned is None else planned, wanted)
    for hour in range(len(counts)):
        if hour % WEEK == 0:
            watch.begin_week(hour)
        watch.take(hour)
    return watch.scan()


def surges_in(scan: SurgeScan) -> list[Surge]:
    """The surges of a scan, by series and time."""
    found = []
    for series in range(scan.on.shape[1]):
        endings = np.flatnonzero(scan.ended[:, series])
        for detected in np.flatnonzero(scan.started[:, series]):
            later = endings[endings > detected]
            end = int(later[0] - scan.ended[later[0], series] + 1) if later.size else None
            start = int(detected - scan.started[detected, series] + 1)
            found.append(Surge(series, start, int(detected), end))
    return found


def anscombe_z(counts: Floats, expected: Floats, dispersion: Floats) -> Floats:
    """Counts as about standard normal values: Anscombe's transform of the negative binomial (Anscombe 1948).

    dispersion: v in var = mean + v mean^2; as v goes to 0 this is 2 sqrt(y + 3/8), the Poisson's.
    """
    root = np.sqrt(dispersion)
    return (
        2 / root * (np.arcsinh(root * np.sqrt(counts + 0.375)) - np.arcsinh(root * np.sqrt(expected + 0.375)))
    )


def doubling_evidence(counts: Floats, expected: Floats, dispersion: Floats) -> Floats:
    """Log-likelihood ratio of DELTA times the usual against the usual, negative binomial with shape 1/v."""
    usual, more = 1 + dispersion * expected, 1 + dispersion * DELTA * expected
    return counts * np.log(DELTA * usual / more) - np.log(more / usual) / dispersion


def ewma_limit(hours_between_alarms: float) -> float:
    """Limit of an EWMA of standard normal values that gives this mean time between false alarms.

    By the run length's Markov chain (Brook and Evans 1972), one-sided.
    """

    def run_length(limit: float) -> float:
        edges = np.linspace(-3.0, limit, 121)
        middle = (edges[1:] + edges[:-1]) / 2
        reach = (edges[None, :] - (1 - EWMA_WEIGHT) * middle[:, None]) / EWMA_WEIGHT
        moves = np.diff(stats.norm.cdf(reach), axis=1)
        return float(
            linalg.solve(np.eye(len(middle)) - moves, np.ones(len(middle)))[np.argmin(np.abs(middle))]
        )

    return float(optimize.brentq(lambda limit: np.log(run_length(limit) / hours_between_alarms), 0.3, 3.0))


class _Watch:
    """The state of all series while the hours go by."""

    def __init__(
        self, counts: Floats, near_holiday: Bools, planned: Floats, false_alarms_a_month: Floats
    ) -> None:
        hours, series = counts.shape
        self.counts, self.near_holiday, self.planned = counts, near_holiday, planned
        # Each of the two alarms gets half of the false ones. A CUSUM of log-likelihood ratios gives one in
        # exp(limit) hours at most (Lorden 1971).
        between = 2 * HOURS_PER_MONTH / false_alarms_a_month
        self.days_between = HOURS_PER_MONTH / DAY / (AIM * false_alarms_a_month)
        rates, place = np.unique(between, return_inverse=True)
        self.ewma_limit = np.array([ewma_limit(float(rate)) for rate in rates])[place]
        self.cusum_limit = np.log(between)
        self.clean = np.full((hours, series), np.nan)  # counts without surges and holidays
        self.profile = np.full((hours, series), np.nan)
        self.expected, self.dispersion, self.strength, self.threshold = (
            np.full((hours, series), np.nan) for _ in range(4)
        )
        self.on = np.zeros((hours, series), dtype=bool)
        self.surged = np.zeros((hours, series), dtype=bool)  # as on, without what became the new usual
        self.started, self.ended = (np.zeros((hours, series), dtype=np.int64) for _ in range(2))
        self.daily_most = np.full((hours // DAY + 1, series), np.nan)
        self.recent, self.usual_recent, self.ewma, self.cusum = (np.zeros(series) for _ in range(4))
        self.seen, self.usual, self.size, self.week_total = (np.zeros(series) for _ in range(4))
        self.since_zero, self.surge_hours, self.calm_hours = (
            np.zeros(series, dtype=np.int64) for _ in range(3)
        )
        self.since_alarm = np.full(series, len(counts))
        self.alarm_at = np.full(series, UNTRIED)
        self.by_hour = np.full((DAY, series), FIRST_DISPERSION)

    def begin_week(self, hour: int) -> None:
        """Set profile, dispersion and alarm level for the week to come."""
        if hour:
            window = slice(max(hour - WEEKS_OF_PROFILE * WEEK, 0), hour)
            unusual = self.surged[window] | self.near_holiday[window]
            usual = usual_week(self.counts[window], np.where(unusual, np.nan, self.counts[window]))
            # Around a holiday an hour may look like its weekday or like any other day: expect the largest.
            largest = np.tile(usual.max(axis=0), (7, 1))
            ahead = slice(hour, min(hour + WEEK, len(self.counts)))
            week = usual.reshape(WEEK, -1)[: ahead.stop - hour]
            # The level goes on from where it is, whatever the last week did to the profile.
            total = usual.sum(axis=(0, 1))
            self.usual_recent *= total / np.where(self.week_total > 0, self.week_total, total)
            self.week_total = total
            usual = np.where(self.near_holiday[ahead], largest[: len(week)], week)
            self.profile[ahead] = usual * self.planned[ahead]
        if hour >= WARM_UP_HOURS:
            past = slice(max(hour - WEEKS_OF_PROFILE * WEEK, WEEK), hour)
            quiet = np.where(self.surged[past], np.nan, self.clean[past])
            self.by_hour = dispersion_by_hour(quiet, self.expected[past], self.by_hour)
        past_days = slice(max(hour // DAY - PAST_DAYS, 0), hour // DAY)
        self.alarm_at = _alarm_level(self.daily_most[past_days], self.days_between)

    def take(self, hour: int) -> None:
        """One more hour is known."""
        count, usual = self.counts[hour], self.profile[hour]
        known = np.isfinite(count) & np.isfinite(usual)
        self._follow_level(hour)
        expected = np.where(known, usual * self._level(), np.nan)
        dispersion = self.by_hour[hour % DAY] + HOLIDAY_DISPERSION * self.near_holiday[hour]
        self.expected[hour], self.dispersion[hour] = expected, dispersion
        self.threshold[hour] = self.alarm_at
        watched = known & (hour >= WEEK)
        self._add_evidence(hour, watched, count, expected, dispersion)
        self._sound(hour, watched)
        self.surged[hour] = self.on[hour]
        self._recognise_end(hour, watched)
        deviation = np.sqrt(expected + dispersion * expected**2)
        ordinary = np.where(known, np.fmin(count, expected + LARGEST_RESIDUAL * deviation + 1), count)
        self.clean[hour] = np.where(
            self.on[hour], expected, np.where(self.near_holiday[hour], np.nan, ordinary)
        )

    def _follow_level(self, hour: int) -> None:
        """The recent level takes in the hour that has become old enough."""
        old = hour - LEVEL_LAG - 1
        if old < WEEK:
            return
        seen, usual = self.clean[old], self.profile[old]
        both = np.isfinite(seen) & np.isfinite(usual)
        fade = np.where(both, 0.5 ** (1 / LEVEL_HALF_LIFE), 1.0)
        self.recent = fade * self.recent + np.where(both, seen, 0.0)
        self.usual_recent = fade * self.usual_recent + np.where(both, usual, 0.0)

    def _level(self) -> Floats:
        return (self.recent + LEVEL_PRIOR) / (self.usual_recent + LEVEL_PRIOR)

    def _add_evidence(
        self, hour: int, watched: Bools, count: Floats, expected: Floats, dispersion: Floats
    ) -> None:
        z = anscombe_z(count, expected, dispersion)
        self.ewma = np.where(watched, (1 - EWMA_WEIGHT) * self.ewma + EWMA_WEIGHT * z, self.ewma)
        grown = np.maximum(self.cusum + doubling_evidence(count, expected, dispersion), 0.0)
        self.cusum = np.where(watched, grown, self.cusum)
        self.since_zero = np.where(self.cusum > 0, self.since_zero + 1, 0)
        self.seen = np.where(watched, (1 - EWMA_WEIGHT) * self.seen + EWMA_WEIGHT * count, self.seen)
        self.usual = np.where(watched, (1 - EWMA_WEIGHT) * self.usual + EWMA_WEIGHT * expected, self.usual)
        self.size = (self.seen - self.usual) / np.maximum(SMALLEST * self.usual, 1e-9)
        evidence = np.fmax(self.ewma / self.ewma_limit, self.cusum / self.cusum_limit)
        strength = np.fmin(evidence, self.size)
        self.strength[hour] = np.where(watched, strength, np.nan)

    def _sound(self, hour: int, watched: Bools) -> None:
        before = self.on[hour - 1] if hour else np.zeros_like(watched)
        going = before & (self.calm_hours < COOL_OFF) & (self.surge_hours < LONGEST)
        rings = watched & ~going & (hour >= WARM_UP_HOURS) & (self.strength[hour] >= self.alarm_at)
        # Evidence of weeks is growth and no surge, unless the last hours say so too; then that began in them.
        of_weeks = rings & (self.since_zero >= LONGEST)
        growth = of_weeks & (self.ewma < self.alarm_at * self.ewma_limit)
        rings &= ~growth
        self.cusum[growth], self.ewma[growth] = 0.0, 0.0
        self.since_zero = np.where(growth, 0, np.where(of_weeks, DAY, self.since_zero))
        self.since_alarm = np.where(rings, 0, self.since_alarm + 1)
        # How far a surge goes once its alarm has sounded tells of the noise as well, for the first hours.
        counted = watched & (~going | (self.since_alarm < COUNTED_ON))
        most = self.daily_most[hour // DAY]
        self.daily_most[hour // DAY] = np.where(counted, np.fmax(most, self.strength[hour]), most)
        self.started[hour] = np.where(rings, np.maximum(self.since_zero, 1), 0)
        self.on[hour] = going | rings
        self.surge_hours = np.where(rings, self.since_zero, np.where(going, self.surge_hours + 1, 0))
        self.calm_hours = np.where(rings, 0, self.calm_hours)

    def _recognise_end(self, hour: int, watched: Bools) -> None:
        on = self.on[hour]
        calm = (self.ewma < CALM * self.alarm_at * self.ewma_limit) | (self.size < SMALL)
        later = on & watched & (self.started[hour] == 0)
        self.calm_hours = np.where(later, np.where(calm, self.calm_hours + 1, 0), self.calm_hours)
        quiet = on & (self.calm_hours >= COOL_OFF)
        stays = on & ~quiet & (self.surge_hours >= LONGEST)
        self.ended[hour] = np.where(quiet, COOL_OFF, np.where(stays, 1, 0))
        over = quiet | stays
        self.cusum[over], self.since_zero[over], self.ewma[over] = 0.0, 0, 0.0
        if stays.any():
            self._accept(hour, stays)

    def _accept(self, hour: int, stays: Bools) -> None:
        """A surge that does not end is the new usual: its counts enter the profile and the level."""
        surge = slice(hour - LONGEST + 1, hour + 1)
        self.surged[surge, stays] = False
        self.clean[surge, stays] = self.counts[surge, stays]
        last_day = slice(hour - DAY, hour)
        self.recent[stays] = np.nansum(self.counts[last_day, stays], axis=0)
        self.usual_recent[stays] = np.nansum(self.profile[last_day, stays], axis=0)

    def scan(self) -> SurgeScan:
        # One hour alone sounds the alarm when EWMA_WEIGHT times its z reaches the limit, from a mean of 0.
        z = self.threshold * self.ewma_limit / EWMA_WEIGHT
        root = np.sqrt(self.dispersion)
        alarm_level = (
            np.sinh(np.arcsinh(root * np.sqrt(self.expected + 0.375)) + z * root / 2) / root
        ) ** 2 - 0.375
        return SurgeScan(
            self.expected,
            self.dispersion,
            self.strength,
            self.threshold,
            alarm_level,
            self.on,
            self.started,
            self.ended,
        )


def _alarm_level(daily_most: Floats, days_between: Floats) -> Floats:
    """The level that the day's largest statistic passes once in so many days.

    Gumbel's return level (Gumbel 1958), its two parameters from the median and the 85 % quantile, which a few days
    of surges do not move, averaged with the past days' own quantile. Few past days count for little
    beside UNTRIED. Never under 1, the level theory gives for counts that are negative binomial and independent.
    """
    known = np.isfinite(daily_most).sum(axis=0)
    if not known.any():
        return np.full(daily_most.shape[1], UNTRIED)
    ordered = np.sort(daily_most, axis=0)
    rare = 1 - 1 / np.maximum(days_between, 1.5)
    middle, high, seen = (_sorted_quantile(ordered, known, share) for share in (0.5, 0.85, rare))
    scale = (high - middle) / (_gumbel(0.85) - _gumbel(0.5))
    level = (middle + scale * (_gumbel(rare) - _gumbel(0.5)) + seen) / 2
    level = (known * np.nan_to_num(level) + UNTRIED_DAYS * UNTRIED) / (known + UNTRIED_DAYS)
    return np.maximum(level, 1.0)


def _gumbel(share: float | Floats) -> Floats:
    return np.asarray(-np.log(-np.log(share)))


def _sorted_quantile(ordered: Floats, known: Ints, share: float | Floats) -> Floats:
    place = np.maximum(np.ceil(share * known).astype(np.int64) - 1, 0)
    return np.take_along_axis(ordered, place[None, :], axis=0)[0]


def _dilated(holidays: Bools) -> Bools:
    """Holidays with the day before and the day after: evenings before and returns after are unusual too."""
    near = holidays.copy()
    near[:-DAY] |= holidays[DAY:]
    near[DAY:] |= holidays[:-DAY]
    return near
