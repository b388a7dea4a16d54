"""Who works on what: a team is a vendor's people for one line of business at one tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.staffing.capacity_curve import Floats
from models.staffing.opening_hours import ALWAYS

INHOUSE = "inhouse"
EVERYONE = "all"  # the vendor, where nobody says which one it is
Row = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What holds for the people of a vendor at a tier; the fields are those of the table `staffing`."""

    hours_week: float = 40.0
    shrinkage: float = 0.30
    occupancy_cap: float = 0.85
    chat_concurrency: int = 2
    hour_cost: float | None = None
    lead_days: int = 28


# Where the table says nothing: outsourced first line, and in-house or second line.
OUTSOURCED = Terms()
IN_HOUSE = Terms(shrinkage=0.35, lead_days=56)
HANDLE_MINUTES = {"1": 12.0, "2": 25.0}


@dataclass(frozen=True, eq=False)
class Team:
    """A vendor's people for one line at one tier.

    share: of the line's tickets at the tier. live_minutes, message_minutes: one ticket's handle time.
    is_open: the share of the team's hours on duty, by hour of the plan. people: employed, by day of the plan; None
    where nobody says.
    """

    business_line: str
    tier: str
    vendor: str
    share: float
    live_minutes: float
    message_minutes: float
    terms: Terms
    is_open: Floats
    people: Floats | None

    @property
    def hours_of_one(self) -> float:
        """Hours of one person at the tickets in a week. Raises ValueError where there are none."""
        hours = self.terms.hours_week * (1 - self.terms.shrinkage)
        if not hours > 0:
            raise ValueError(
                f"{self.vendor}, tier {self.tier}: {self.terms.hours_week:g} hours a week with a shrinkage of "
                f"{self.terms.shrinkage:g} leave no time for tickets; expected a shrinkage under 1 and hours above 0"
            )
        return hours


@dataclass(frozen=True)
class Measured:
    """What the last weeks' tickets tell of the teams.

    shares: business_line, tier, vendor, schedule_id (null: always open), tickets. handle: business_line, tier,
    is_live, minutes. tier is text, as in the forecast.
    """

    shares: pl.DataFrame
    handle: pl.DataFrame


def build_teams(
    queues: Mapping[tuple[str, str], float],
    measured: Measured,
    staffing: pl.DataFrame,
    opened: dict[str, Floats],
    dates: Sequence[date],
    hour_cost: float | None,
) -> tuple[list[Team], list[str]]:
    """The teams of every (business_line, tier), and what had to be assumed about them.

    queues: their tickets over the plan. staffing: rows of the table `staffing`, with valid_from and valid_to as days;
    valid_to is the first day that no longer counts. opened: minutes open by hour, by schedule. hour_cost: used where
    the table has none.
    """
    notes = _Assumptions()
    rows = list(staffing.iter_rows(named=True))
    teams = []
    for line, tier in queues:
        for vendor, share, is_open in _vendors(line, tier, measured.shares, opened):
            own = _rows_of(rows, line, tier, vendor)
            if not any(_valid(own, day) for day in dates):
                own = []  # a table that begins later, or has ended, says nothing of these days
            now = _valid(own, dates[0]) or (own[0] if own else None)
            fallback = IN_HOUSE if vendor == INHOUSE or tier == "2" else OUTSOURCED
            minutes = {
                is_live: _minutes(measured.handle, line, tier, is_live, now, notes)
                for is_live in (True, False)
            }
            people = _people(own, dates) if own else None
            terms = _terms(now, fallback, hour_cost)
            teams.append(
                Team(line, tier, vendor, share, minutes[True], minutes[False], terms, is_open, people)
            )
            if not own:
                notes.without_people.append(vendor)
    return _shared_out(teams, rows, queues), notes.sentences(staffing, teams)


class _Assumptions:
    """What had to be assumed, gathered for one sentence each."""

    def __init__(self) -> None:
        self.without_people: list[str] = []
        self.unmeasured: list[str] = []

    def sentences(self, staffing: pl.DataFrame, teams: list[Team]) -> list[str]:
        told = []
        if staffing.is_empty():
            told.append(
                "There is no staffing.csv, so nobody knows how many people there are: shrinkage is taken as 30 % "
                "(35 % in-house and at tier 2), at most 85 % of their time busy, 2 chats at once, a 40-hour week, and "
                "28 days (in-house 56) from a decision to people who can work."
            )
        elif self.without_people:
            names = ", ".join(sorted(set(self.without_people)))
            told.append(
                f"staffing.csv has no row for some teams of {names}: usual terms are taken, people unknown."
            )
        if self.unmeasured:
            names = ", ".join(sorted(set(self.unmeasured)))
            told.append(
                f"No handle time was measured for {names}: 12 minutes a ticket are taken at tier 1, 25 at tier 2."
            )
        idle = (
            sorted(set(staffing["vendor"]) - {team.vendor for team in teams})
            if staffing.height and teams
            else []
        )
        if idle:
            told.append(
                f"{', '.join(idle)}: in staffing.csv, but without a ticket in the last weeks; not planned for."
            )
        return told


def _vendors(
    line: str, tier: str, shares: pl.DataFrame, opened: dict[str, Floats]
) -> list[tuple[str, float, Floats]]:
    """Each vendor of a line at a tier: its share of the tickets and when how much of it is on duty."""
    here = shares.filter(
        (pl.col("business_line") == line) & (pl.col("tier") == tier) & (pl.col("tickets") > 0)
    )
    if here.is_empty():
        return [(EVERYONE, 1.0, opened[ALWAYS] / 60)]
    total = float(here["tickets"].sum())
    found = []
    for (vendor,), groups in here.sort("vendor", "schedule_id").group_by("vendor", maintain_order=True):
        own = float(groups["tickets"].sum())
        is_open = np.zeros_like(opened[ALWAYS])
        for schedule, tickets in groups.select("schedule_id", "tickets").iter_rows():
            is_open += tickets / own * opened.get(schedule or ALWAYS, opened[ALWAYS]) / 60
        # Nobody ever there would leave the work undone for good: hours that say so are no hours.
        found.append((str(vendor), own / total, is_open if is_open.any() else opened[ALWAYS] / 60))
    return found


def _rows_of(rows: list[Row], line: str, tier: str, vendor: str) -> list[Row]:
    """The versions that hold for a team, oldest first: its line's own, else those for any line."""
    here = [row for row in rows if str(row["tier"]) == tier and row["vendor"] == vendor]
    own = [row for row in here if row["business_line"] == line]
    found = own or [row for row in here if row["business_line"] is None]
    return sorted(found, key=lambda row: row["valid_from"])


def _valid(rows: list[Row], day: date) -> Row | None:
    held = [
        row for row in rows if row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] > day)
    ]
    return held[-1] if held else None


def _terms(row: Row | None, fallback: Terms, hour_cost: float | None) -> Terms:
    if row is None:
        return replace(fallback, hour_cost=hour_cost)
    cost = row["hour_cost"] if row["hour_cost"] is not None else hour_cost
    told = {name: row[name] for name in vars(fallback) if name != "hour_cost"}
    return Terms(**told, hour_cost=cost)


def _minutes(
    handle: pl.DataFrame, line: str, tier: str, is_live: bool, row: Row | None, notes: _Assumptions
) -> float:
    """Handle minutes of a ticket: as the table says, else as measured there, at the tier, or the usual."""
    if row is not None and row["handle_minutes"] is not None:
        return float(row["handle_minutes"])
    at_tier = handle.filter((pl.col("tier") == tier) & (pl.col("minutes") > 0))
    here, in_mode = pl.col("business_line") == line, pl.col("is_live") == is_live
    for found in (at_tier.filter(here & in_mode), at_tier.filter(here), at_tier.filter(in_mode), at_tier):
        if found.height:
            return float(found["minutes"].mean())  # type: ignore[arg-type]
    notes.unmeasured.append(f"{line} at tier {tier}")
    return HANDLE_MINUTES.get(tier, HANDLE_MINUTES["1"])


def _people(rows: list[Row], dates: Sequence[date]) -> Floats:
    """People by day, in people of the hours that hold on the first day."""
    now = _valid(rows, dates[0]) or rows[0]
    return np.array(
        [
            row["people"] * row["hours_week"] / now["hours_week"] if (row := _valid(rows, day)) else 0.0
            for day in dates
        ]
    )


def _shared_out(teams: list[Team], rows: list[Row], queues: Mapping[tuple[str, str], float]) -> list[Team]:
    """People of a row for any line, shared out among its lines by their work."""
    own_lines = {(str(row["tier"]), row["vendor"], row["business_line"]) for row in rows}

    def part(team: Team) -> Team:
        if team.people is None or (team.tier, team.vendor, team.business_line) in own_lines:
            return team
        together = [
            _work(other, queues)
            for other in teams
            if (other.tier, other.vendor) == (team.tier, team.vendor)
            and (other.tier, other.vendor, other.business_line) not in own_lines
        ]
        return replace(team, people=team.people * _work(team, queues) / max(sum(together), 1e-9))

    return [part(team) for team in teams]


def _work(team: Team, queues: Mapping[tuple[str, str], float]) -> float:
    return queues[team.business_line, team.tier] * team.share * team.message_minutes


def whole_weeks(first: date, days: int) -> list[date]:
    """Mondays of the weeks that lie within the days from `first` on."""
    monday = first + timedelta(days=-first.weekday() % 7)
    return [monday + timedelta(weeks=week) for week in range((days - (monday - first).days) // 7)]
