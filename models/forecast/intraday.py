"""How a day's tickets spread over its hours or half hours: the daily forecast times a day-of-week profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from models.forecast.panel import Bools, Floats, Ints

WEEK = 7
FOUR_WEEKS = 28
# Forms of the profile: how fast old days fade (half-life in days), and how many days' worth of the profile of
# all working days (or of the weekend) each day of the week borrows. The backtest chooses by series.
HALF_LIVES_DAYS = (14.0, 35.0, 120.0)
BORROWED_DAYS = (0.5, 2.0, 8.0)
BORROWED_TICKETS = 100.0  # at one ticket a day a profile of its own says nothing: it borrows this many
HOLIDAY_BORROWED_DAYS = 2.0  # of the Sunday profile, for holidays
AVERAGED = 5  # forms: the mean of the better half errs less than the best one
# Shares of the daily forecast in a day's total; the rest is what such days of the week usually total. Both keep a
# say: six past forecasts are too few to rule one out.
TRUSTS = (0.7, 0.5, 0.3)
FADING_DAYS = 20.0  # half-life of past totals
ORIGINS = 6
COVERAGE = 0.80
MOST_INFLATION = 2.0  # of the spread beyond the noise of counts, for having seen few past forecasts
UNTESTED_DISPERSION = 0.1
UNTESTED_WIDTH = 1.5


@dataclass(frozen=True)
class IntradayHistory:
    """Tickets by day, slot of the day and series, in whole days.

    counts: shape (days, slots, series), NaN where a slot is not known. weekday: 0 is Monday, shape (days + horizon,).
    holidays: shape (days + horizon, series), the days ahead included.
    """

    counts: Floats
    weekday: Ints
    holidays: Bools

    @property
    def days(self) -> int:
        return int(self.counts.shape[0])

    @property
    def horizon(self) -> int:
        return len(self.weekday) - self.days


@dataclass(frozen=True)
class PastForecast:
    """The daily forecast as it was made after the first `days` days, shape (horizon, series)."""

    days: int
    expected: Floats


@dataclass(frozen=True)
class IntradayForecast:
    """Tickets per slot with 80 % intervals, each of shape (horizon, slots, series).

    trust: share of the daily forecast in the totals, by series.
    """

    expected: Floats
    low_80: Floats
    high_80: Floats
    trust: Floats


def forecast_intraday(
    history: IntradayHistory,
    daily: Floats,
    past: Sequence[PastForecast] = (),
    *,
    keep_totals: bool = False,
) -> IntradayForecast:
    """Spread the daily forecast over the slots of each day ahead.

    daily: tickets expected per day ahead, shape (horizon, series). past: daily forecasts made earlier, from
    which it is learnt how far to trust them; without them the usual totals stand in and the daily forecast is
    trusted. keep_totals: the slots of a day sum to the daily forecast in any case. Raises ValueError where
    shapes disagree.
    """
    _check(history, daily)
    series = history.counts.shape[2]
    origins = list(past) or _stand_ins(history)
    forms = _all_profiles(history, history.days, history.horizon)
    if not origins:
        expected = daily[:, None, :] * forms[-2]
        return _with_bounds(expected, np.full(series, UNTESTED_DISPERSION), UNTESTED_WIDTH, np.ones(series))
    tests = [_Test.of(history, origin) for origin in origins]
    chosen = _choose_profiles(tests)
    trust = np.ones(series) if keep_totals or not past else _choose_trust(tests, chosen)
    expected = _level(history, history.days, daily, trust)[:, None, :] * _averaged(forms, chosen)
    made = np.stack([test.expected(trust, chosen) for test in tests])
    came = np.stack([test.came for test in tests])
    return _with_bounds(expected, *_calibrate(came, made), trust)


def four_week_mean(history: IntradayHistory) -> Floats:
    """The mean of the last four same days of the week, slot by slot: what planners do by hand.

    Shape (horizon, slots, series).
    """
    days = history.days
    recent = history.counts[-FOUR_WEEKS:]
    weekday = history.weekday[max(days - FOUR_WEEKS, 0) : days]
    return np.stack([_mean(recent[weekday == day], _mean(recent, None)) for day in history.weekday[days:]])


@dataclass(frozen=True)
class _Test:
    """One past origin: what came, what the level would have been by trust, and each form's shares."""

    came: Floats
    levels: dict[float, Floats]
    profiles: Floats

    @classmethod
    def of(cls, history: IntradayHistory, origin: PastForecast) -> _Test:
        ahead = min(len(origin.expected), history.horizon, history.days - origin.days)
        came = np.full((history.horizon, *history.counts.shape[1:]), np.nan)
        came[:ahead] = history.counts[origin.days : origin.days + ahead]
        daily = np.zeros((history.horizon, history.counts.shape[2]))
        daily[:ahead] = origin.expected[:ahead]
        levels = {
            trust: _level(history, origin.days, daily, np.full(daily.shape[1], trust))
            for trust in (1.0, *TRUSTS)
        }
        return cls(came, levels, _all_profiles(history, origin.days, history.horizon))

    def expected(self, trust: Floats, chosen: Ints) -> Floats:
        level = np.select([trust == each for each in self.levels], list(self.levels.values()))
        return level[:, None, :] * _averaged(self.profiles, chosen)


def _check(history: IntradayHistory, daily: Floats) -> None:
    wanted = (history.horizon, history.counts.shape[2])
    if daily.shape != wanted:
        raise ValueError(
            f"the daily forecast has shape {daily.shape}; expected (days ahead, series) = {wanted}"
        )
    if history.holidays.shape != (len(history.weekday), wanted[1]):
        raise ValueError(
            f"holidays have shape {history.holidays.shape}; expected (days + days ahead, series) = "
            f"{(len(history.weekday), wanted[1])}"
        )


def _stand_ins(history: IntradayHistory) -> list[PastForecast]:
    """Past origins one horizon apart, with the usual totals in place of a daily forecast."""
    latest = history.days - history.horizon
    starts = [latest - back * history.horizon for back in range(ORIGINS)]
    return [
        PastForecast(days, _usual_totals(history, days, history.horizon))
        for days in starts
        if days >= 2 * FOUR_WEEKS
    ]


def _choose_profiles(tests: list[_Test]) -> Ints:
    """The forms whose shares of what came in a day were nearest, shape (AVERAGED, series)."""
    error = np.zeros((tests[0].profiles.shape[0], tests[0].came.shape[2]))
    for test in tests:
        total = np.nansum(test.came, axis=1)[:, None, :]
        error += np.nansum(np.abs(test.came - total * test.profiles), axis=(1, 2))
    return np.argsort(error, axis=0, kind="stable")[:AVERAGED]


def _averaged(forms: Floats, chosen: Ints) -> Floats:
    return np.asarray(np.take_along_axis(forms, chosen[:, None, None, :], axis=0).mean(axis=0))


def _choose_trust(tests: list[_Test], chosen: Ints) -> Floats:
    series = chosen.shape[1]
    error = [
        sum(
            np.nansum(np.abs(test.came - test.expected(np.full(series, trust), chosen)), axis=(0, 1))
            for test in tests
        )
        for trust in TRUSTS
    ]
    return np.array(TRUSTS)[np.argmin(np.stack(error), axis=0)]


def _level(history: IntradayHistory, days: int, daily: Floats, trust: Floats) -> Floats:
    """Tickets per day ahead; a holiday's come from the daily forecast alone."""
    holiday = history.holidays[days : days + history.horizon]
    blended = trust * daily + (1 - trust) * _usual_totals(history, days, history.horizon)
    return np.where(holiday, daily, blended)


def _usual_totals(history: IntradayHistory, days: int, horizon: int) -> Floats:
    """What such days of the week usually total, from past ones that were no holidays, shape (horizon, series).

    The mean of three answers: the mean of four weeks, the median of six, and a mean in which old weeks fade.
    """
    totals = np.where(history.holidays[:days], np.nan, _totals(history.counts[:days]))
    weekday = history.weekday[:days]
    overall = _mean(totals[-FOUR_WEEKS:], None)
    usual = np.empty((WEEK, totals.shape[1]))
    for day in range(WEEK):
        same = totals[weekday == day][::-1]
        fading = np.where(np.isfinite(same), 0.5 ** (WEEK * np.arange(len(same)) / FADING_DAYS)[:, None], 0.0)
        faded = (fading * np.nan_to_num(same)).sum(axis=0) / np.maximum(fading.sum(axis=0), 1e-9)
        answers = np.stack([_mean(same[:4], overall), _median(same[:6], overall), faded])
        usual[day] = np.where(np.isfinite(same).any(axis=0), answers.mean(axis=0), overall)
    return usual[history.weekday[days : days + horizon]]


def _all_profiles(history: IntradayHistory, days: int, horizon: int) -> Floats:
    """Shares by form, shape (forms, horizon, slots, series); the last form is the four-week mean."""
    forms = len(HALF_LIVES_DAYS) * len(BORROWED_DAYS)
    return np.stack([_profile(history, days, horizon, form) for form in range(forms + 1)])


def _profile(history: IntradayHistory, days: int, horizon: int, form: int) -> Floats:
    """Shares of each day ahead, summing to 1 over the slots, shape (horizon, slots, series)."""
    forms = len(HALF_LIVES_DAYS) * len(BORROWED_DAYS)
    start = max(days - FOUR_WEEKS, 0) if form == forms else 0
    counts, weekday = history.counts[start:days], history.weekday[start:days]
    holiday = history.holidays[start:days]
    if form == forms:
        age_weight, borrowed = np.ones(len(counts)), 0.0
        holiday = np.zeros_like(holiday)
    else:
        age_weight = 0.5 ** (np.arange(len(counts))[::-1] / HALF_LIVES_DAYS[form // len(BORROWED_DAYS)])
        borrowed = BORROWED_DAYS[form % len(BORROWED_DAYS)]
    by_day = _by_weekday(counts, weekday, age_weight[:, None] * ~holiday, borrowed)
    ahead = by_day[history.weekday[days : days + horizon]]
    if form == forms:
        return ahead
    own = _holiday_profile(counts, holiday, by_day[6])
    return np.where(history.holidays[days : days + horizon][:, None, :], own[None], ahead)


def _by_weekday(counts: Floats, weekday: Ints, weight: Floats, borrowed: float) -> Floats:
    """Profile of each day of the week, shape (7, slots, series)."""
    shares, known = _shares(counts)
    weight = weight * known
    totals = np.where(known, _totals(counts), 0.0)
    per_day = (weight * totals).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
    borrowed_days = borrowed + BORROWED_TICKETS / np.maximum(per_day, 1.0) * (borrowed > 0)
    overall = _weighted(shares, weight * totals, np.full(counts.shape[1:], 1 / counts.shape[1]), 1e-6)
    profiles = np.empty((WEEK, *counts.shape[1:]))
    for group in (range(5), (5, 6)):
        members = np.isin(weekday, group)
        parent = _weighted(shares[members], weight[members], overall, np.maximum(borrowed_days / 4, 1e-6))
        for day in group:
            own = weekday == day
            profiles[day] = _weighted(shares[own], weight[own], parent, np.maximum(borrowed_days, 1e-6))
    return profiles


def _holiday_profile(counts: Floats, holiday: Bools, sunday: Floats) -> Floats:
    shares, known = _shares(counts)
    return _weighted(shares, (holiday * known).astype(np.float64), sunday, HOLIDAY_BORROWED_DAYS)


def _weighted(shares: Floats, weight: Floats, parent: Floats, parent_weight: Floats | float) -> Floats:
    """Mean of shares (days, slots, series) by weight (days, series), with a parent counting as so many days."""
    total = np.einsum("dts,ds->ts", shares, weight) + parent * parent_weight
    return total / (weight.sum(axis=0) + parent_weight)


def _shares(counts: Floats) -> tuple[Floats, Bools]:
    """Share of each slot in its day, and which days are known whole and not empty."""
    totals = counts.sum(axis=1)
    known = np.isfinite(totals) & (np.nan_to_num(totals) > 0)
    return np.where(known[:, None, :], counts / np.where(known, totals, 1.0)[:, None, :], 0.0), known


def _totals(counts: Floats) -> Floats:
    """Tickets of a day, NaN where a slot is not known."""
    return np.asarray(counts.sum(axis=1))


def _mean(values: Floats, otherwise: Floats | None) -> Floats:
    """Mean over the first axis of what is known; `otherwise`, or 0, where nothing is."""
    known = np.isfinite(values)
    mean = np.nansum(values, axis=0) / np.maximum(known.sum(axis=0), 1)
    missing = ~known.any(axis=0)
    return np.where(missing, 0.0 if otherwise is None else otherwise, mean)


def _median(values: Floats, otherwise: Floats) -> Floats:
    """Median over the first axis of what is known; `otherwise` where nothing is."""
    known = np.isfinite(values).any(axis=0)
    return np.where(known, np.nanmedian(np.where(known, values, 0.0), axis=0), otherwise)


def _calibrate(came: Floats, made: Floats) -> tuple[Floats, float | Floats]:
    """Overdispersion by series, and how many standard deviations cover 80 % of the past errors.

    came, made: shape (origins, horizon, slots, series).
    """
    known = np.isfinite(came)
    error = np.where(known, np.clip(came - made, -2 * made - 1, 2 * made + 1), 0.0)
    square = (made**2 * known).sum(axis=(0, 1, 2))
    dispersion = np.maximum(((error**2 - made) * known).sum(axis=(0, 1, 2)) / np.maximum(square, 1e-9), 1e-4)
    z = np.where(known, np.abs(came - made) / np.sqrt(made + dispersion * made**2 + 0.25), np.nan)
    with np.errstate(invalid="ignore"):
        width = np.nanquantile(z.reshape(-1, z.shape[-1]), COVERAGE, axis=0)
    # Slots of one origin err together, so the origins count as looks, as in a t interval.
    looks = max(len(came), 2)
    tail = 0.5 + COVERAGE / 2
    inflation = stats.t.ppf(tail, looks - 1) / stats.norm.ppf(tail) * np.sqrt(1 + 1 / looks)
    return dispersion * min(inflation, MOST_INFLATION) ** 2, np.nan_to_num(width, nan=1.28)


def _with_bounds(
    expected: Floats, dispersion: Floats, width: float | Floats, trust: Floats
) -> IntradayForecast:
    deviation = np.sqrt(expected + dispersion * expected**2 + 0.25)
    return IntradayForecast(
        expected,
        np.maximum(expected - width * deviation, 0.0),
        expected + width * deviation,
        trust,
    )
