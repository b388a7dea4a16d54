"""What is known to move volume: campaigns and public holidays, past and to come."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from models.simulation.world import HUBS, REGIONS, Floats, second_tier_schedule

# How far ahead of the as-of date the calendar is filled in: what a 90-day forecast needs, and some more.
KNOWN_AHEAD = timedelta(days=120)

AFTERMATH_HALF_LIFE_DAYS = 2.5
BUILD_UP_DAYS = 2


@dataclass(frozen=True)
class Campaign:
    """A campaign as it really was. recorded: how the calendar has it; None where it is not in it."""

    name: str
    starts_at: datetime
    ends_at: datetime
    line: str | None
    region: str | None
    size: float
    recorded: Campaign | None = None
    error: str = "none"

    @property
    def event_id(self) -> str:
        """Its id in the calendar, by its name."""
        return "cmp-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower())


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday (Monday 0) of a month; nth -1 is the last."""
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


# Name, first day by year, days, business line, region, relative reach.
_YEARLY: tuple[tuple[str, Callable[[int], date], int, str | None, str | None, float], ...] = (
    ("New Year Sale", lambda y: date(y, 1, 2), 4, "ecommerce", None, 0.6),
    ("Valentine LIVE Gala", lambda y: date(y, 2, 13), 2, "live", None, 0.8),
    ("Spring Sale", lambda y: date(y, 3, 20), 5, "ecommerce", None, 0.7),
    ("Creator Week", lambda y: nth_weekday(y, 4, 0, 3), 7, "creator", None, 0.5),
    ("LIVE Gala May", lambda y: nth_weekday(y, 5, 5, 3), 2, "live", None, 1.0),
    ("Mid-Year Sale", lambda y: date(y, 6, 15), 6, "ecommerce", None, 1.1),
    ("Prime Summer Days", lambda y: nth_weekday(y, 7, 1, 2), 2, "ecommerce", "North America", 0.8),
    ("LIVE Gala August", lambda y: nth_weekday(y, 8, 5, 3), 2, "live", None, 1.0),
    ("Back to School", lambda y: date(y, 8, 20), 7, "ecommerce", "North America", 0.5),
    ("9.9 Sale", lambda y: date(y, 9, 9), 1, "ecommerce", "Southeast Asia", 0.9),
    ("Creator Awards", lambda y: nth_weekday(y, 10, 4, 2), 3, "creator", None, 0.7),
    ("Singles' Day", lambda y: date(y, 11, 9), 4, "ecommerce", None, 1.3),
    ("Black Friday", lambda y: nth_weekday(y, 11, 3, 4) + timedelta(days=1), 4, "ecommerce", None, 1.6),
    ("12.12 Sale", lambda y: date(y, 12, 12), 1, "ecommerce", "Southeast Asia", 1.0),
    ("Christmas LIVE Gala", lambda y: date(y, 12, 20), 3, "live", None, 1.1),
)

# First day of the lunar new year (public holiday in Southeast Asia).
_LUNAR_NEW_YEAR = {
    2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17),
    2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3),
}  # fmt: skip

_HOLIDAYS: tuple[tuple[str, str, Callable[[int], date]], ...] = (
    *((region.name, "New Year's Day", lambda y: date(y, 1, 1)) for region in REGIONS),
    *((region.name, "Christmas Day", lambda y: date(y, 12, 25)) for region in REGIONS),
    ("North America", "Memorial Day", lambda y: nth_weekday(y, 5, 0, -1)),
    ("North America", "Independence Day", lambda y: date(y, 7, 4)),
    ("North America", "Labor Day", lambda y: nth_weekday(y, 9, 0, 1)),
    ("North America", "Thanksgiving", lambda y: nth_weekday(y, 11, 3, 4)),
    ("Europe", "Labour Day", lambda y: date(y, 5, 1)),
    ("Europe", "Boxing Day", lambda y: date(y, 12, 26)),
    ("Southeast Asia", "Labour Day", lambda y: date(y, 5, 1)),
    ("Southeast Asia", "National Day", lambda y: date(y, 8, 9)),
    ("Latin America", "Labour Day", lambda y: date(y, 5, 1)),
    ("Latin America", "Independence Day", lambda y: date(y, 9, 7)),
    ("Latin America", "Republic Day", lambda y: date(y, 11, 15)),
)


def campaigns(start: datetime, end: datetime, error_share: float, rng: np.random.Generator) -> list[Campaign]:
    """The campaigns from a month before the start to the known future, some wrongly recorded.

    error_share: share of campaigns that are mis-timed, mis-sized or missing in the calendar, in equal parts.
    On top come surprises the calendar never heard of, one for every two hundred days.
    """
    first, last = start - timedelta(days=30), end + KNOWN_AHEAD
    real = []
    for year in range(first.year, last.year + 1):
        for name, day_of, days, line, region, size in _YEARLY:
            starts_at = datetime.combine(day_of(year), time())
            if first <= starts_at < last:
                reach = round(size * float(rng.uniform(0.85, 1.15)), 2)
                campaign = Campaign(
                    f"{name} {year}", starts_at, starts_at + timedelta(days=days), line, region, reach
                )
                real.append(_record(campaign, error_share, rng))
    surprises = round((end - start).days / 200) if error_share > 0 else 0
    for number in range(surprises):
        starts_at = start + timedelta(days=int(rng.integers(30, max((end - start).days - 30, 31))))
        line = str(rng.choice(["ecommerce", "live"]))
        size = float(rng.uniform(0.6, 1.2))
        ends_at = starts_at + timedelta(days=2)
        real.append(
            Campaign(f"Flash promotion {number + 1}", starts_at, ends_at, line, None, size, None, "unseen")
        )
    return sorted(real, key=lambda campaign: campaign.starts_at)


def _record(campaign: Campaign, error_share: float, rng: np.random.Generator) -> Campaign:
    recorded = replace(campaign)
    draw = float(rng.uniform())
    shift = timedelta(days=int(rng.choice([-2, -1, 1, 2])))
    factor = float(rng.choice([0.5, 0.6, 1.7, 2.0]))
    if draw < error_share / 3:
        moved = replace(recorded, starts_at=campaign.starts_at + shift, ends_at=campaign.ends_at + shift)
        return replace(campaign, recorded=moved, error="mis-timed")
    if draw < 2 * error_share / 3:
        return replace(
            campaign, recorded=replace(recorded, size=round(campaign.size * factor, 2)), error="mis-sized"
        )
    if draw < error_share:
        return replace(campaign, recorded=None, error="missing")
    return replace(campaign, recorded=recorded)


def campaign_lift(campaign: Campaign, start: datetime, hours: int) -> Floats:
    """What a campaign adds to the logarithm of the rate, per hour: build-up, the campaign, a halving aftermath."""
    now = np.arange(hours)
    before = (campaign.starts_at - start) / timedelta(hours=1) - now
    after = now - (campaign.ends_at - start) / timedelta(hours=1)
    lift = np.zeros(hours)
    lift[(before > 0) & (before <= BUILD_UP_DAYS * 24)] = 0.18
    lift[(before <= 0) & (after < 0)] = 0.75
    aftermath = after >= 0
    lift[aftermath] = 0.5 * 0.5 ** (after[aftermath] / 24 / AFTERMATH_HALF_LIFE_DAYS)
    lift[after > 14 * 24] = 0.0
    return campaign.size * lift


def public_holidays(start: date, end: date) -> list[tuple[str, str, date]]:
    """(region, name, day) of every public holiday between two days."""
    found = [
        (region, name, day_of(year))
        for year in range(start.year, end.year + 1)
        for region, name, day_of in _HOLIDAYS
    ]
    for year, (month, day) in _LUNAR_NEW_YEAR.items():
        first = date(year, month, day)
        found += [
            ("Southeast Asia", "Lunar New Year", first),
            ("Southeast Asia", "Lunar New Year 2", first + timedelta(days=1)),
        ]
    return sorted((row for row in found if start <= row[2] <= end), key=lambda row: (row[2], row[0]))


def schedule_holidays(holidays: list[tuple[str, str, date]]) -> pl.DataFrame:
    """The days on which a tier-2 hub is closed: the holidays of the region it sits in."""
    home = {"Americas": "North America", "Eurasia": "Europe"}
    rows = [
        (second_tier_schedule(hub), day, name)
        for hub in HUBS
        for region, name, day in holidays
        if region == home[hub]
    ]
    return pl.DataFrame(
        rows, schema={"schedule_id": pl.String, "date": pl.Date, "name": pl.String}, orient="row"
    )
