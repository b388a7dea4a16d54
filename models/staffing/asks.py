"""Who is missing, from when to when, and the day by which that must be decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.staffing.teams import Team

# Overtime takes up to a twentieth more, and a fifth of a person is nobody to hire.
OVERTIME, LEAST_PEOPLE = 0.05, 0.2
# (business_line, tier, Monday) -> effect -> tickets
WeekEffects = dict[tuple[str, str, date], dict[str, float]]
_ORDINARY = ("level", "season")
# Effects named beside a week: at least this share of its tickets, and at least one ticket.
_NAMED_SHARE, _NAMED = 0.05, 3


@dataclass(frozen=True)
class Ask:
    """People missing in a team (its place among the teams) from a Monday to a Sunday."""

    team: int
    business_line: str
    tier: str
    vendor: str
    people_more: int
    from_date: date
    to_date: date
    decide_by: date
    is_late: bool
    because: str
    cost: float | None

    def row(self, rank: int) -> tuple[object, ...]:
        """The row of `staffing_asks`."""
        return (
            rank, self.business_line, self.tier, self.vendor, self.people_more, self.from_date, self.to_date,
            self.decide_by, self.is_late, self.because, self.cost,
        )  # fmt: skip


def week_effects(effects: pl.DataFrame) -> WeekEffects:
    """Tickets of each named effect by (business_line, tier, Monday); what level and season bring has no name.

    effects: business_line, tier, date, effect_kind, effect, tickets.
    """
    sums = (
        effects.filter(~pl.col("effect_kind").is_in(_ORDINARY))
        .group_by("business_line", "tier", pl.col("date").dt.truncate("1w").alias("week"), "effect")
        .agg(pl.col("tickets").sum())
    )
    found: WeekEffects = defaultdict(dict)
    for line, tier, week, effect, tickets in sums.iter_rows():
        found[line, tier, week][effect] = tickets
    return found


def because_of(
    effects: WeekEffects, team: Team, weeks: Sequence[date], tickets: Sequence[float], *, rises_only: bool
) -> str | None:
    """The named effects that clearly move a team's tickets in one of the weeks, largest first, with its share of them.

    tickets: of each of the weeks. rises_only: leave out what takes tickets away.
    """
    sums: dict[str, float] = defaultdict(float)
    clear: set[str] = set()
    for week, expected in zip(weeks, tickets, strict=True):
        for effect, moved in effects.get((team.business_line, team.tier, week), {}).items():
            sums[effect] += moved * team.share
            if abs(moved * team.share) >= max(_NAMED_SHARE * expected, 1.0):
                clear.add(effect)
    named = sorted((-abs(sums[effect]), effect) for effect in clear if sums[effect] > 0 or not rises_only)
    return ", ".join(f"{effect} {sums[effect]:+.0f}" for _, effect in named[:_NAMED]) or None


def asks_of(teams: Sequence[Team], weeks: pl.DataFrame, effects: WeekEffects, made_on: date) -> list[Ask]:
    """An ask for each number of people and run of weeks in which a team is short of them, the first to decide on top.

    weeks: as `staffing_weeks`, in the order of the teams. A week is short where the people needed are more than
    those employed, overtime included; a single week that is not short does not end a run. A peak on top of a
    lasting shortage is an ask of its own, so that nobody is kept for months because of two weeks. The day to decide
    is the first Monday less the vendor's lead time; it is late once it lies before the day after made_on.
    """
    found = []
    count = weeks.height // max(len(teams), 1)
    mondays = weeks["week"].to_list()[:count]
    for number, team in enumerate(teams):
        own = weeks.slice(number * count, count)
        gap = own["gap"].fill_null(0.0).to_numpy()
        spare = np.maximum(OVERTIME * own["people_staffed"].fill_null(0.0).to_numpy(), LEAST_PEOPLE)
        tickets = own["tickets"].to_numpy()
        short = np.where(gap > spare, np.ceil(gap - 1e-9), 0).astype(int)
        for (first, last), more in _layers(short.tolist()).items():
            run = slice(first, last + 1)
            starts, terms = mondays[first], team.terms
            cost = (
                None
                if terms.hour_cost is None
                else more * terms.hours_week * terms.hour_cost * (last + 1 - first)
            )
            decide_by = starts - timedelta(days=terms.lead_days)
            because = because_of(effects, team, mondays[run], tickets[run].tolist(), rises_only=True)
            found.append(Ask(
                number, team.business_line, team.tier, team.vendor, more, starts,
                mondays[last] + timedelta(days=6), decide_by, decide_by <= made_on,
                because or "no event: the usual volume takes more people", cost,
            ))  # fmt: skip
    return sorted(
        found, key=lambda ask: (ask.decide_by, -ask.people_more * (ask.to_date - ask.from_date).days)
    )


def _layers(short: list[int]) -> dict[tuple[int, int], int]:
    """How many people are missing from the first to the last week of each run, counted person by person.

    short: people missing in each week. The second person missing is looked for only in the weeks in which two are.
    """
    people: dict[tuple[int, int], int] = defaultdict(int)
    for person in range(1, max(short, default=0) + 1):
        for run in _runs([week for week, missing in enumerate(short) if missing >= person]):
            people[run] += 1
    return people


def _runs(short: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of weeks, with gaps of one week inside."""
    runs: list[tuple[int, int]] = []
    for week in short:
        if runs and week - runs[-1][1] <= 2:
            runs[-1] = (runs[-1][0], week)
        else:
            runs.append((week, week))
    return runs
