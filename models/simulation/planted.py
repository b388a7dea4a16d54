"""What is planted in the history: releases that break something, decoys, incidents, takeover waves, fixes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from models.simulation.grammar import PROBLEMS
from models.simulation.world import METHOD_WEIGHTS, REGIONS

# Problems a faulty release may cause, and those that actions are taken on: apart, so that effects do not mix.
_BREAKABLE = (
    "card_declined", "bank_verification_fails", "checkout_freezes", "wallet_topup_missing", "coins_not_credited",
    "double_charge", "cannot_add_method", "paid_but_no_order", "creator_payout_missing", "payout_account_rejected",
    "code_not_arriving", "password_reset_fails", "selfie_check_fails", "gift_not_delivered",
)  # fmt: skip
ACTIONABLE = (
    "refund_not_received", "payout_delayed", "hold_not_released", "unexpected_fee", "payout_too_low",
    "subscription_renewed", "suspended_by_mistake", "earnings_miscounted",
)  # fmt: skip
_INCIDENT_THEMES = ("card_declined", "code_not_arriving", "wallet_topup_missing", "coins_not_credited")
SOP_THEMES = ("refund_not_received", "refund_wrong_amount", "hold_not_released")
SOP_HANDLE_FACTOR = 1.35
WAVE_THEMES = {
    "account_taken_over": 0.45,
    "unauthorised_purchases": 0.25,
    "email_changed_by_stranger": 0.2,
    "payout_details_hijacked": 0.1,
}

DAYS_BETWEEN_CAUSES = 75
DAYS_BETWEEN_WAVES = 150
DAYS_BETWEEN_RELEASES = 20  # of one platform
NEWEST_CAUSE_AGE_DAYS = 17
NEWEST_WAVE_AGE_DAYS = 45


@dataclass(frozen=True)
class Release:
    """A new app version on one platform. event_id names it in the calendar."""

    event_id: str
    platform: str
    version: str
    starts_at: datetime


@dataclass(frozen=True)
class Cause:
    """Something that adds tickets of one theme in one segment, from a known hour until it is repaired."""

    cause_id: str
    kind: str  # release or incident
    event_id: str
    name: str
    theme: str
    starts_at: datetime
    ends_at: datetime
    tickets: int
    segment: dict[str, str]
    error_code: str | None
    in_calendar: bool = True


@dataclass(frozen=True)
class Wave:
    """A wave of account takeovers: a steep rise to its peak, then a decay with a half-life."""

    event_id: str
    starts_at: datetime
    peak_at: datetime
    half_life_days: float
    tickets: int
    region: str | None
    in_calendar: bool

    @property
    def ends_at(self) -> datetime:
        """When a thirty-second of the peak is left."""
        return self.peak_at + timedelta(hours=round(24 * 5 * self.half_life_days))


@dataclass(frozen=True)
class Fix:
    """An action on a theme. effect: factor on the theme's rate from then on; 1 where it changes nothing."""

    action_id: str
    theme: str
    kind: str
    starts_at: datetime
    effect: float


@dataclass(frozen=True)
class Plan:
    """Everything planted in one simulated history."""

    releases: list[Release] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)
    sop_changed_at: datetime = datetime(1970, 1, 1)


def plan(
    start: datetime, end: datetime, weekly: float, effects: tuple[float, ...], rng: np.random.Generator
) -> Plan:
    """Choose what goes wrong between two times.

    weekly: tickets a week in all. effects: sizes of the faulty releases as shares of it; they are used in
    turn, newest release first, and an empty tuple plants none.
    """
    releases = _releases(start, end, rng)
    causes = _faulty_releases(releases, start, end, weekly, effects, rng) if effects else []
    causes += _incidents(start, end, weekly, rng)
    return Plan(
        releases=releases,
        causes=causes,
        waves=_waves(start, end, weekly, rng),
        fixes=_fixes(end, (end - start).days, rng),
        sop_changed_at=start + (end - start) * 0.6 + timedelta(hours=9),
    )


def _releases(start: datetime, end: datetime, rng: np.random.Generator) -> list[Release]:
    releases = []
    for platform, major in (("android", 34), ("ios", 21)):
        moment, minor = start - timedelta(days=DAYS_BETWEEN_RELEASES - 3), 0
        while moment < end - timedelta(days=1):
            at = moment.replace(hour=int(rng.integers(6, 18)))
            version = f"{major + minor // 10}.{minor % 10}"
            releases.append(Release(f"rel-{platform}-{version}", platform, version, at))
            moment += timedelta(days=DAYS_BETWEEN_RELEASES + int(rng.integers(-3, 4)))
            minor += 1
    return sorted(releases, key=lambda release: release.starts_at)


def _faulty_releases(
    releases: list[Release],
    start: datetime,
    end: datetime,
    weekly: float,
    effects: tuple[float, ...],
    rng: np.random.Generator,
) -> list[Cause]:
    themes = list(rng.permutation(_BREAKABLE))
    causes: list[Cause] = []
    aim = end - timedelta(days=NEWEST_CAUSE_AGE_DAYS)
    while aim > start + timedelta(days=28) or not causes:
        guilty = min(releases, key=lambda release: abs(release.starts_at - aim))
        number = len(causes)
        starts_at = guilty.starts_at + timedelta(hours=int(rng.integers(0, 4)))
        weeks = float(rng.uniform(2.5, 5.0))
        # The newest fault is still unrepaired at the as-of date.
        ends_at = end if number == 0 else min(starts_at + timedelta(weeks=weeks), end)
        per_week = effects[number % len(effects)] * weekly
        theme = str(themes[number % len(themes)])
        causes.append(
            Cause(
                cause_id=f"cause-{number + 1}",
                kind="release",
                event_id=guilty.event_id,
                name=f"App {guilty.version} on {guilty.platform}",
                theme=theme,
                starts_at=starts_at,
                ends_at=ends_at,
                tickets=max(1, round(per_week * (ends_at - starts_at) / timedelta(weeks=1))),
                segment={"platform": guilty.platform, "app_version": guilty.version, **_narrower(theme, rng)},
                error_code=f"E-{rng.integers(1000, 9999)}" if rng.uniform() < 0.6 else None,
            )
        )
        aim -= timedelta(days=DAYS_BETWEEN_CAUSES + int(rng.integers(-8, 9)))
    return causes


def _narrower(theme: str, rng: np.random.Generator) -> dict[str, str]:
    """A payment method where the theme has one, or else a region: what limits a fault to a segment."""
    methods = next(problem.methods for problem in PROBLEMS if problem.slug == theme)
    if methods and rng.uniform() < 0.65:
        return {"payment_method": str(rng.choice(methods))}
    return {"region": str(rng.choice([region.name for region in REGIONS]))}


def _incidents(start: datetime, end: datetime, weekly: float, rng: np.random.Generator) -> list[Cause]:
    days = (end - start).days
    causes = []
    for number in range(max(1, days // 240)):
        theme = str(rng.choice(_INCIDENT_THEMES))
        region = str(rng.choice(list(METHOD_WEIGHTS)))
        starts_at = start + timedelta(days=int(rng.integers(14, days - 14)), hours=int(rng.integers(8, 20)))
        causes.append(
            Cause(
                cause_id=f"incident-{number + 1}",
                kind="incident",
                event_id=f"inc-{number + 1}",
                name=f"Outage at a partner in {region}",
                theme=theme,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=int(rng.integers(5, 12))),
                tickets=max(1, round(weekly * float(rng.uniform(0.08, 0.2)))),
                segment={"region": region},
                error_code="E-5030",
                in_calendar=number != 1,
            )
        )
    return causes


def _waves(start: datetime, end: datetime, weekly: float, rng: np.random.Generator) -> list[Wave]:
    waves: list[Wave] = []
    age = NEWEST_WAVE_AGE_DAYS
    while age < (end - start).days - 10:
        starts_at = end - timedelta(days=age + int(rng.integers(-6, 7)), hours=int(rng.integers(0, 24)))
        hit = REGIONS[int(rng.integers(len(REGIONS)))]
        region, share = (None, 1.0) if rng.uniform() < 0.4 else (hit.name, hit.share)
        waves.append(
            Wave(
                event_id=f"ato-{len(waves) + 1}",
                starts_at=starts_at,
                peak_at=starts_at + timedelta(hours=int(rng.integers(6, 15))),
                half_life_days=float(rng.uniform(1.2, 3.5)),
                tickets=max(1, round(weekly * float(rng.uniform(0.5, 1.0)) * share)),
                region=region,
                in_calendar=len(waves) != 2,
            )
        )
        age += DAYS_BETWEEN_WAVES + int(rng.integers(-25, 26))
    return waves


def _fixes(end: datetime, days: int, rng: np.random.Generator) -> list[Fix]:
    themes = [str(theme) for theme in rng.permutation(ACTIONABLE)]
    works, does_not, early = (
        end - timedelta(days=round(ago)) for ago in (days * 0.25, days * 0.2, min(6.0, days * 0.05))
    )
    return [
        Fix("act-1", themes[0], "fix", works, 0.5),
        Fix("act-2", themes[1], "fix", does_not, 1.0),
        Fix("act-3", themes[2], "tooling", early, 0.6),
    ]
