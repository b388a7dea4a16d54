"""What is known of a ticket when it comes in: problem, requester, attributes, priority, language, vendor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.simulation.grammar import PROBLEMS
from models.simulation.grammar.other_languages import LANGUAGE_REGIONS, TRANSLATIONS
from models.simulation.grammar.phrases import ATTACKER_TEMPLATES, METHOD_WORDS
from models.simulation.planted import WAVE_THEMES, Plan
from models.simulation.volume import PROBLEM_INDEX, Arrivals, problem_shares
from models.simulation.world import (
    ASKER_LINE,
    ASKERS,
    CHANNEL_SHARES,
    LINES,
    METHOD_WEIGHTS,
    PLATFORM_SHARES,
    PLATFORMS,
    REGION_NAMES,
    REGIONS,
    Bools,
    Floats,
    Ints,
    first_tier_schedule,
    local_clock,
    open_minutes,
    opening_hours,
)

METHODS = [method for method in METHOD_WORDS if method != "none"]
LANGUAGES = ["en", *LANGUAGE_REGIONS]
NO_VALUE = -1

_REPEAT_SHARE = 0.07  # of tickets that ask again about the same thing within a week
_TRANSLATED_SHARE = 0.15  # of tickets that could be in another language; about 3.5 % of all
_ATTACKER_SHARE_IN_WAVE = 0.10
_ATTACKER_SHARE = 0.02  # of ordinary account-security tickets
_TICKETS_PER_REQUESTER = 1.8


@dataclass(frozen=True)
class Intake:
    """Tickets as they come in, in order of creation. Every field is one value per ticket.

    asker, region, problem, channel, priority, vendor, platform, method, language: places in the lists of those
    names; version, error_code: places in `versions` and `error_codes`; template: place in the attackers'
    templates; -1 is none. requester: a number.
    """

    minute: Floats
    asker: Ints
    region: Ints
    problem: Ints
    cause: Ints
    wave: Ints
    channel: Ints
    priority: Ints
    vendor: Ints
    platform: Ints
    version: Ints
    method: Ints
    error_code: Ints
    language: Ints
    template: Ints
    requester: Ints
    versions: list[str]
    error_codes: list[str]

    @property
    def line(self) -> Ints:
        """Place of the business line in LINES."""
        return ASKER_LINE[self.asker]


def take_in(arrivals: Arrivals, plan: Plan, start: datetime, days: int, rng: np.random.Generator) -> Intake:
    """Give every arrival its problem, requester and attributes."""
    problem = _problems(arrivals, plan, start, days, rng)
    requester, earlier = _requesters(arrivals, rng)
    problem = np.where(earlier >= 0, problem[earlier], problem)
    platform = _platforms(arrivals.region, rng)
    method = _methods(problem, arrivals.region, rng)
    error_code, error_codes = _error_codes(problem, plan, rng)
    for number, cause in enumerate(plan.causes):
        hit = arrivals.cause == number
        if "platform" in cause.segment:
            platform[hit] = PLATFORMS.index(cause.segment["platform"])
        if "payment_method" in cause.segment:
            method[hit] = METHODS.index(cause.segment["payment_method"])
        error_code[hit] = error_codes.index(cause.error_code) if cause.error_code else NO_VALUE
    version, versions = _app_versions(arrivals, platform, plan, start, rng)
    channel = _channels(arrivals, start, days, rng)
    priority = _priorities(problem, rng)
    template = _templates(arrivals, rng)
    return Intake(
        arrivals.minute, arrivals.asker, arrivals.region, problem, arrivals.cause, arrivals.wave,
        channel, priority, _vendors(arrivals.asker, channel, priority, rng), platform, version, method,
        error_code, _languages(problem, arrivals.region, template, rng), template, requester, versions, error_codes,
    )  # fmt: skip


def _pick(shares: Floats, rng: np.random.Generator) -> Ints:
    """One column per row, with the row's shares as probabilities."""
    bounds = np.cumsum(shares, axis=1)
    return (rng.uniform(size=(len(shares), 1)) * bounds[:, -1:] > bounds[:, :-1]).sum(axis=1)


def _problems(arrivals: Arrivals, plan: Plan, start: datetime, days: int, rng: np.random.Generator) -> Ints:
    """The planted problem where there is one, else a draw from the day's mix of the asker's problems."""
    problem = arrivals.problem.copy()
    day = np.minimum((arrivals.minute // 1440).astype(np.int64), days - 1)
    draw = rng.uniform(size=len(problem))
    for asker in range(len(ASKERS)):
        # The mix drifts a little from week to week, as real mixes do.
        drift = np.repeat(np.exp(rng.normal(0, 0.05, (days // 7 + 1, len(PROBLEMS)))), 7, axis=0)[:days]
        mix = problem_shares(asker) * drift
        for fix in plan.fixes:
            mix[(fix.starts_at - start).days :, PROBLEM_INDEX[fix.theme]] *= fix.effect
        bounds = np.cumsum(mix, axis=1)
        bounds /= bounds[:, -1:]
        rows = np.flatnonzero((problem < 0) & (arrivals.wave < 0) & (arrivals.asker == asker))
        place = np.searchsorted(
            (bounds + np.arange(days)[:, None]).ravel(), day[rows] + draw[rows], side="right"
        )
        problem[rows] = np.minimum(place - day[rows] * len(PROBLEMS), len(PROBLEMS) - 1)
        wave_rows = np.flatnonzero((arrivals.wave >= 0) & (arrivals.asker == asker))
        if len(wave_rows):
            shares = np.array([
                share * PROBLEMS[PROBLEM_INDEX[slug]].askers.get(ASKERS[asker], 0.0) for slug, share in WAVE_THEMES.items()
            ])  # fmt: skip
            themes = np.array([PROBLEM_INDEX[slug] for slug in WAVE_THEMES])
            problem[wave_rows] = themes[_pick(np.tile(shares, (len(wave_rows), 1)), rng)]
    return problem


def _requesters(arrivals: Arrivals, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Who asks, and the earlier ticket that is asked about again (-1 for a first contact)."""
    cell = arrivals.asker * len(REGIONS) + arrivals.region
    counts = np.bincount(cell, minlength=len(ASKERS) * len(REGIONS))
    pool = np.maximum(1, np.round(counts / _TICKETS_PER_REQUESTER)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(pool)[:-1]])
    # A power of a uniform draw: some customers write often, most once.
    requester = first[cell] + (pool[cell] * rng.uniform(size=len(cell)) ** 1.6).astype(np.int64)

    earlier = np.full(len(cell), NO_VALUE)
    ordinary = (arrivals.cause < 0) & (arrivals.wave < 0)
    asks_again = np.flatnonzero(ordinary & (rng.uniform(size=len(cell)) < _REPEAT_SHARE))
    span = arrivals.minute[-1] + 1e6
    key = cell * span + arrivals.minute
    order = np.argsort(key, kind="stable")
    wanted = key[asks_again] - np.minimum(rng.exponential(2.0 * 1440, len(asks_again)), 6.5 * 1440)
    place = np.searchsorted(key[order], wanted) - 1
    candidate = order[np.maximum(place, 0)]
    is_same = (place >= 0) & (cell[candidate] == cell[asks_again]) & ordinary[candidate]
    is_same &= (arrivals.minute[asks_again] - arrivals.minute[candidate]) < 7 * 1440
    earlier[asks_again[is_same]] = candidate[is_same]
    requester[asks_again[is_same]] = requester[candidate[is_same]]
    return requester, earlier


def _channels(arrivals: Arrivals, start: datetime, days: int, rng: np.random.Generator) -> Ints:
    """How they write; while a team is closed its chat is not offered and a message in the app takes its place."""
    channel = _pick(np.array([CHANNEL_SHARES[asker] for asker in ASKERS])[arrivals.asker], rng)
    hour = (arrivals.minute // 60).astype(np.int64)
    weeks = opening_hours()
    for line, name in enumerate(LINES):
        for place, region in enumerate(REGIONS):
            zone, week = weeks[first_tier_schedule(name, region)]
            closed = open_minutes(local_clock(start, days * 24, zone), week, set()) == 0
            here = np.flatnonzero((ASKER_LINE[arrivals.asker] == line) & (arrivals.region == place))
            channel[here] = np.where((channel[here] == 1) & closed[hour[here]], 0, channel[here])
    return channel


def _platforms(region: Ints, rng: np.random.Generator) -> Ints:
    return _pick(np.array([PLATFORM_SHARES[name] for name in REGION_NAMES])[region], rng)


def _methods(problem: Ints, region: Ints, rng: np.random.Generator) -> Ints:
    """A payment method the problem occurs with, by what the region uses."""
    weights = np.zeros((len(PROBLEMS), len(REGIONS), len(METHODS)))
    for number, what in enumerate(PROBLEMS):
        for place, name in enumerate(REGION_NAMES):
            for used in what.methods:
                weights[number, place, METHODS.index(used)] = METHOD_WEIGHTS[name].get(used, 0.8)
    has_method = weights.sum(axis=2) > 0
    bounds = np.cumsum(weights, axis=2)
    draw = rng.uniform(size=len(problem)) * bounds[problem, region, -1]
    method = np.zeros(len(problem), dtype=np.int64)
    for column in range(len(METHODS) - 1):
        method += draw > bounds[problem, region, column]
    return np.where(has_method[problem, region], method, NO_VALUE)


def _error_codes(problem: Ints, plan: Plan, rng: np.random.Generator) -> tuple[Ints, list[str]]:
    """An error code of the problem, for six in ten of those that have any."""
    names = sorted(
        {code for what in PROBLEMS for code in what.error_codes}
        | {c.error_code for c in plan.causes if c.error_code}
    )
    known = np.array([len(what.error_codes) for what in PROBLEMS])
    table = np.full((len(PROBLEMS), max(known.max(), 1)), NO_VALUE)
    for number, what in enumerate(PROBLEMS):
        table[number, : len(what.error_codes)] = [names.index(code) for code in what.error_codes]
    shown = (rng.uniform(size=len(problem)) < 0.6) & (known[problem] > 0)
    place = (rng.uniform(size=len(problem)) * known[problem]).astype(np.int64)
    return np.where(shown, table[problem, place], NO_VALUE), names


def _app_versions(
    arrivals: Arrivals, platform: Ints, plan: Plan, start: datetime, rng: np.random.Generator
) -> tuple[Ints, list[str]]:
    """The app version in use: the newest spreads over days, some stay behind. The web has none."""
    versions = sorted({release.version for release in plan.releases})
    place_of = np.full(len(platform), NO_VALUE)
    lag_draw = rng.uniform(size=len(platform))
    for number, name in enumerate(PLATFORMS):
        own = [release for release in plan.releases if release.platform == name]
        if not own:
            continue
        starts = np.array([(release.starts_at - start).total_seconds() / 60 for release in own])
        codes = np.array([versions.index(release.version) for release in own])
        rows = np.flatnonzero(platform == number)
        newest = np.searchsorted(starts, arrivals.minute[rows], side="right") - 1
        age_days = (arrivals.minute[rows] - starts[np.maximum(newest, 0)]) / 1440
        adopted = 0.8 * (1 - np.exp(-age_days / 4))
        lag = (lag_draw[rows] > adopted).astype(np.int64) + (lag_draw[rows] > adopted + 0.8 * (1 - adopted))
        place_of[rows] = codes[np.maximum(newest - lag, 0)]
    for number, cause in enumerate(plan.causes):
        if "app_version" in cause.segment:
            place_of[arrivals.cause == number] = versions.index(cause.segment["app_version"])
    return place_of, versions


def _priorities(problem: Ints, rng: np.random.Generator) -> Ints:
    """Low to urgent; graver problems get the higher ones more often."""
    severity = np.array([what.severity for what in PROBLEMS])[problem]
    shares = np.stack(
        [0.25 * (1 - severity), 0.65 - 0.25 * severity, 0.08 + 0.3 * severity, 0.02 + 0.25 * severity**3],
        axis=1,
    )
    return _pick(shares, rng)


def _vendors(asker: Ints, channel: Ints, priority: Ints, rng: np.random.Generator) -> Ints:
    """Which vendor gets it. The second one gets the harder ones: urgent, by e-mail, from sellers and creators."""
    is_seller = np.array([user_type != "buyer" for _, user_type in ASKERS])[asker]
    log_odds = -1.3 + 1.5 * (priority >= 2) + 0.8 * (channel == 2) + 0.5 * is_seller
    return (rng.uniform(size=len(asker)) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)


def _templates(arrivals: Arrivals, rng: np.random.Generator) -> Ints:
    """The attackers' template a ticket was sent from, if it was."""
    is_security: Bools = ASKER_LINE[arrivals.asker] == LINES.index("account_security")
    chance = np.where(arrivals.wave >= 0, _ATTACKER_SHARE_IN_WAVE, _ATTACKER_SHARE * is_security)
    chance = np.where(arrivals.cause >= 0, 0.0, chance)
    is_attack = rng.uniform(size=len(chance)) < chance
    return np.where(is_attack, rng.integers(0, len(ATTACKER_TEMPLATES), len(chance)), NO_VALUE)


def _languages(problem: Ints, region: Ints, template: Ints, rng: np.random.Generator) -> Ints:
    language = np.zeros(len(problem), dtype=np.int64)
    draw = rng.uniform(size=len(problem))
    for number, name in enumerate(LANGUAGES[1:], start=1):
        themes = [PROBLEM_INDEX[slug] for slug in TRANSLATIONS[name]]
        places = [REGION_NAMES.index(place) for place in LANGUAGE_REGIONS[name]]
        could = np.isin(problem, themes) & np.isin(region, places) & (template < 0) & (language == 0)
        # A second language of a region draws from what the first has left.
        language[could & (draw < _TRANSLATED_SHARE)] = number
        draw = np.where(could, rng.uniform(size=len(problem)), draw)
    return language
