"""When tickets come, from whom and where: rhythm, trend, campaigns, holidays, and what is planted on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from models.simulation.calendar import Campaign, campaign_lift
from models.simulation.grammar import PROBLEMS
from models.simulation.planted import WAVE_THEMES, Cause, Fix, Plan, Wave
from models.simulation.world import (
    ASKER_LINE,
    ASKER_SHARES,
    ASKERS,
    LINES,
    REGIONS,
    Floats,
    Ints,
    local_clock,
)

PROBLEM_INDEX = {problem.slug: number for number, problem in enumerate(PROBLEMS)}

# Share of contacts by local hour, midnight first, and by weekday, Monday first.
_BY_HOUR = np.array(
    [1.6, 1.0, 0.7, 0.5, 0.5, 0.7, 1.3, 2.4, 3.9, 5.1, 5.8, 6.1, 5.9, 5.6, 5.7, 5.7, 5.6, 5.5, 5.6, 5.9, 6.2, 6.0, 4.6, 2.9]
)  # fmt: skip
_BY_WEEKDAY = {
    "ecommerce": (1.14, 1.10, 1.05, 1.02, 1.00, 0.84, 0.80),
    "live": (0.92, 0.92, 0.95, 0.98, 1.06, 1.18, 1.12),
    "creator": (1.12, 1.10, 1.06, 1.03, 0.98, 0.80, 0.78),
    "account_security": (1.08, 1.06, 1.04, 1.02, 1.00, 0.88, 0.85),
}
_YEARLY_GROWTH = {"ecommerce": 0.14, "live": 0.28, "creator": 0.10, "account_security": 0.18}
_HOLIDAY_FACTOR = 0.72
# Gamma shapes: a day's rate varies by about 12 % for one kind of asker in a region, and 5 % for a whole line.
_OWN_NOISE_SHAPE, _SHARED_NOISE_SHAPE = 70.0, 400.0


@dataclass(frozen=True)
class Arrivals:
    """Tickets in the order they came. Every field is one value per ticket.

    minute: since the start. asker, region, problem: places in ASKERS, REGIONS, PROBLEMS; problem is -1
    while the ordinary mix has yet to choose it. cause, wave: places in the plan's lists, or -1.
    """

    minute: Floats
    asker: Ints
    region: Ints
    problem: Ints
    cause: Ints
    wave: Ints


@dataclass(frozen=True)
class Volume:
    """Expected tickets per hour, shape (askers, regions, hours): the ordinary course, and with what is planted."""

    start: datetime
    ordinary: Floats
    expected: Floats


def expect(
    tickets: int,
    start: datetime,
    days: int,
    campaigns: list[Campaign],
    holidays: list[tuple[str, str, date]],
    plan: Plan,
    rng: np.random.Generator,
) -> Volume:
    """Expected tickets per asker, region and hour, summing to the number of tickets."""
    hours = days * 24
    rate = np.stack(
        [_ordinary_rate(asker, start, hours, campaigns, holidays) for asker in range(len(ASKERS))]
    )
    rate *= _daily_noise(days, rng)
    for fix in plan.fixes:
        _take_off(rate, fix, start)
    planted = np.zeros_like(rate)
    for number, spread in spreads(plan, start, hours):
        planted += number * spread.outer()
    rate *= max(tickets - planted.sum(), 0.0) / rate.sum()
    return Volume(start, rate, rate + planted)


def arrive(tickets: int, volume: Volume, plan: Plan, rng: np.random.Generator) -> Arrivals:
    """Draw exactly that many tickets from the expected volume; causes and waves get their own number."""
    shape = volume.ordinary.shape
    own = spreads(plan, volume.start, shape[2])
    planted = sum(number for number, _ in own)
    if planted > 0.6 * tickets:
        raise ValueError(f"{planted} planted tickets do not fit into {tickets}; use smaller effects")
    cells = [_draw(tickets - planted, volume.ordinary.ravel(), rng)]
    labels = [np.full(tickets - planted, -1)]
    for place, (number, spread) in enumerate(own):
        asker = rng.choice(len(ASKERS), number, p=spread.askers)
        cells.append(asker * shape[1] * shape[2] + _draw(number, spread.region_hours.ravel(), rng))
        labels.append(np.full(number, place))
    asker_of, region, hour = np.unravel_index(np.concatenate(cells), shape)
    label: Ints = np.concatenate(labels)
    minute = hour * 60.0 + rng.uniform(0, 60, len(hour))
    order = np.argsort(minute, kind="stable")
    label = label[order]
    cause = np.where(label < len(plan.causes), label, -1)
    wave = np.where(label >= len(plan.causes), label - len(plan.causes), -1)
    problem = np.full(len(label), -1)
    caused = cause >= 0
    problem[caused] = np.array([PROBLEM_INDEX[cause.theme] for cause in plan.causes], dtype=np.int64)[
        cause[caused]
    ]
    return Arrivals(minute[order], asker_of[order], region[order], problem, cause, wave)


def problem_shares(asker: int) -> Floats:
    """The ordinary mix of problems of one kind of asker, shape (problems,), summing to 1."""
    weights = np.array([problem.askers.get(ASKERS[asker], 0.0) for problem in PROBLEMS])
    return weights / weights.sum()


def _take_off(rate: Floats, fix: Fix, start: datetime) -> None:
    """Lower the rate of those who had the problem, so that what a fix removes does not turn up elsewhere."""
    first = round((fix.starts_at - start) / timedelta(hours=1))
    for asker in range(len(ASKERS)):
        rate[asker, :, first:] *= 1 - problem_shares(asker)[PROBLEM_INDEX[fix.theme]] * (1 - fix.effect)


@dataclass(frozen=True)
class Spread:
    """How planted tickets spread: over askers, and over regions and hours; each sums to 1."""

    askers: Floats
    region_hours: Floats

    @classmethod
    def of(cls, askers: Floats, regions: Floats, by_hour: Floats, start: datetime) -> Spread:
        """A spread from relative weights; within a day it follows each region's rhythm."""
        clocks = [local_clock(start, len(by_hour), region.time_zone) for region in REGIONS]
        weights = regions[:, None] * np.stack([_BY_HOUR[clock.hour] for clock in clocks]) * by_hour
        return cls(askers / askers.sum(), weights / weights.sum())

    def outer(self) -> Floats:
        """Over askers, regions and hours at once."""
        return self.askers[:, None, None] * self.region_hours


def spreads(plan: Plan, start: datetime, hours: int) -> list[tuple[int, Spread]]:
    """Number of tickets and spread of every cause, then of every wave."""
    causes = [(cause.tickets, _cause_spread(cause, start, hours)) for cause in plan.causes]
    return causes + [(wave.tickets, _wave_spread(wave, start, hours)) for wave in plan.waves]


def _draw(number: int, weights: Floats, rng: np.random.Generator) -> Ints:
    """So many places drawn by weight, in order of place."""
    return np.repeat(np.arange(len(weights)), rng.multinomial(number, weights / weights.sum()))


def _cause_spread(cause: Cause, start: datetime, hours: int) -> Spread:
    problem = PROBLEMS[PROBLEM_INDEX[cause.theme]]
    askers = np.array([problem.askers.get(asker, 0.0) for asker in ASKERS])
    segment_region = cause.segment.get("region")
    regions = np.array([region.share * (segment_region in (None, region.name)) for region in REGIONS])
    return Spread.of(askers, regions, _active(cause.starts_at, cause.ends_at, start, hours), start)


def _wave_spread(wave: Wave, start: datetime, hours: int) -> Spread:
    now = np.arange(hours) + 0.5
    onset, peak = ((moment - start) / timedelta(hours=1) for moment in (wave.starts_at, wave.peak_at))
    rise = np.clip((now - onset) / (peak - onset), 0, 1)
    decay = 0.5 ** (np.maximum(now - peak, 0) / 24 / wave.half_life_days)
    regions = np.array([region.share * (wave.region in (None, region.name)) for region in REGIONS])
    askers = np.zeros(len(ASKERS))
    for slug, share in WAVE_THEMES.items():
        weights = PROBLEMS[PROBLEM_INDEX[slug]].askers
        askers += share * np.array([weights.get(asker, 0.0) for asker in ASKERS])
    window = _active(wave.starts_at, wave.ends_at, start, hours)
    return Spread.of(askers, regions, rise * decay * window, start)


def _active(starts_at: datetime, ends_at: datetime, start: datetime, hours: int) -> Floats:
    """The share of each hour that lies between two times."""
    first, last = ((moment - start) / timedelta(hours=1) for moment in (starts_at, ends_at))
    now = np.arange(hours)
    return np.clip(np.minimum(now + 1, last) - np.maximum(now, first), 0, 1)


def _daily_noise(days: int, rng: np.random.Generator) -> Floats:
    """What makes a day busier than it should be, shape (askers, regions, hours): some of it shared by a line."""
    own = rng.gamma(_OWN_NOISE_SHAPE, 1 / _OWN_NOISE_SHAPE, (len(ASKERS), len(REGIONS), days))
    shared = rng.gamma(_SHARED_NOISE_SHAPE, 1 / _SHARED_NOISE_SHAPE, (len(LINES), 1, days))
    return np.repeat(own * shared[ASKER_LINE], 24, axis=2)


def _ordinary_rate(
    asker: int,
    start: datetime,
    hours: int,
    campaigns: list[Campaign],
    holidays: list[tuple[str, str, date]],
) -> Floats:
    """Relative rate of one kind of asker per region and hour."""
    line, user_type = ASKERS[asker]
    years = np.arange(hours) / (24 * 365.25)
    season_years = years + start.timetuple().tm_yday / 365.25
    # Busiest in December, quietest in summer.
    season = 0.06 * np.cos(2 * np.pi * (season_years - 0.95)) + 0.03 * np.sin(4 * np.pi * season_years)
    log_rate = np.log1p(_YEARLY_GROWTH[line]) * years + season
    rate = np.empty((len(REGIONS), hours))
    for number, region in enumerate(REGIONS):
        clock = local_clock(start, hours, region.time_zone)
        lift = np.zeros(hours)
        for campaign in campaigns:
            if campaign.line == line and campaign.region in (None, region.name):
                # Sellers feel a campaign less than buyers do.
                lift += campaign_lift(campaign, start, hours) * (1.0 if user_type == "buyer" else 0.6)
        rhythm = _BY_HOUR[clock.hour] * np.array(_BY_WEEKDAY[line])[clock.weekday]
        holiday = np.where(
            clock.on({day for name, _, day in holidays if name == region.name}), _HOLIDAY_FACTOR, 1
        )
        rate[number] = region.share * rhythm * np.exp(log_rate + lift) * holiday
    return ASKER_SHARES[ASKERS[asker]] * rate
