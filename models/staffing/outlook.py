"""The weeks ahead: people needed beside people employed, who is missing and by when that must be decided, the backlog."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from models.staffing.asks import Ask, WeekEffects, asks_of, because_of, week_effects
from models.staffing.burn_down import BEFORE, BurnDown, Load, back_inside, burn_down, escalated
from models.staffing.capacity_curve import MINUTES, Floats
from models.staffing.demand import MESSAGES, Demand, day_ratios, spread
from models.staffing.needs import (
    LiveNeed,
    MessageNeed,
    Weeks,
    live_need,
    message_need,
    minutes_for_full_pay,
    share_worked,
)
from models.staffing.opening_hours import Hours
from models.staffing.promises import LIVE_CHANNELS, Promises
from models.staffing.teams import Team, whole_weeks

AS_STAFFED, WITH_THE_ASK = "as staffed", "with the ask"
_LOW, _MIDDLE, _HIGH = range(3)
_DAYS_OF_WEEK = 7


@dataclass(frozen=True, eq=False)
class PlanInputs:
    """All a plan is made from; a scenario is the same with other volume, teams or promises (`dataclasses.replace`).

    made_on: last day known; the plan begins the day after. Volume, by business_line and tier:
    daily: channel, date, expected (regions may be apart); bounds: date, expected, low_80, high_80; weekly: week
    (Monday), expected, low_80, high_80; hourly: channel, starts_at, expected, used for the shape of a day only;
    effects: date, effect_kind, effect, tickets. Of bounds and weekly only the ratio to expected counts, so a scenario
    may keep the baseline's. waiting: business_line, tier, arrived_at (account's zone) of messages not yet answered.
    """

    made_on: date
    daily: pl.DataFrame
    bounds: pl.DataFrame
    weekly: pl.DataFrame
    hourly: pl.DataFrame
    effects: pl.DataFrame
    waiting: pl.DataFrame
    teams: tuple[Team, ...]
    promised: Promises
    escalation_delay_hours: int = 4
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def hours(self) -> Hours:
        """The plan's hours, on the account's clock, to the last day of the forecast."""
        last = self.daily["date"].max()
        days = (last - self.made_on).days if isinstance(last, date) else 0
        # Only days and hours are counted here; who is open when is known to the teams, whatever the zone.
        return Hours(self.made_on + timedelta(days=1), days, "UTC")


@dataclass(frozen=True, eq=False)
class Outlook:
    """Frames `staffing_weeks`, `staffing_asks`, `backlog_ahead`, `backlog_back`, and notes of what was assumed."""

    weeks: pl.DataFrame
    asks: pl.DataFrame
    backlog: pl.DataFrame
    back: pl.DataFrame
    notes: list[str]


@dataclass(frozen=True, eq=False)
class Needed:
    """Demand and need of every team; live and messages at what is expected, hours by week also at p10 and p90.

    hours: on the floor, shape (3, teams, weeks touched), p10, expected, p90.
    """

    demand: Demand
    tickets: dict[str, Floats]
    live: LiveNeed
    messages: MessageNeed
    hours: Floats
    ratios: Floats  # of a week's tickets to what is expected, shape (3, teams, weeks touched)
    weeks: Weeks


def needed(inputs: PlanInputs) -> Needed:
    """What every team needs. A week's p10 and p90 are the forecast's own for the week, all its days moved alike."""
    hours, teams = inputs.hours, inputs.teams
    demand = spread(inputs.daily, inputs.hourly, hours)
    tickets = demand.of_teams(teams)
    weeks = Weeks.of(hours)
    ratios = _week_ratios(inputs, demand, weeks)
    by_hour = np.repeat(ratios, 168, axis=2)[..., weeks.before : weeks.before + hours.count]
    live = live_need(
        teams, {channel: tickets[channel] * by_hour for channel in LIVE_CHANNELS}, inputs.promised
    )
    messages = message_need(teams, tickets[MESSAGES], hours, inputs.promised, ratios)
    live_hours = weeks.split(live.hours).sum(axis=-1)
    return Needed(
        demand,
        tickets,
        LiveNeed({channel: agents[_MIDDLE] for channel, agents in live.agents.items()}, live.hours[_MIDDLE]),
        MessageNeed(messages.hours[_MIDDLE], messages.in_time[_MIDDLE], messages.best[_MIDDLE]),
        live_hours + messages.hours,
        ratios,
        weeks,
    )


def outlook(inputs: PlanInputs, need: Needed | None = None) -> Outlook:
    """Weeks, asks and backlog: what a what-if compares. need: where it is known already."""
    if not inputs.teams or inputs.hours.days == 0:
        return Outlook(*_empty(), [*inputs.notes, "There is no forecast yet, so nothing to plan for."])
    need = need or needed(inputs)
    effects = week_effects(inputs.effects)
    weeks = _weeks(inputs, need, effects)
    asks = asks_of(inputs.teams, weeks, effects, inputs.made_on)
    backlog, back = _backlog(inputs, need, asks)
    frame = pl.DataFrame(
        [ask.row(rank) for rank, ask in enumerate(asks, start=1)], schema=ASK_SCHEMA, orient="row"
    )
    return Outlook(weeks, frame, backlog, back, [*inputs.notes, *_notes(inputs, need)])


def _week_ratios(inputs: PlanInputs, demand: Demand, weeks: Weeks) -> Floats:
    monday = inputs.hours.first - timedelta(days=inputs.hours.first.weekday())
    mondays = [monday + timedelta(weeks=week) for week in range(weeks.count)]
    place = [demand.queues.index((team.business_line, team.tier)) for team in inputs.teams]
    low, high = (
        day_ratios(inputs.weekly, demand.queues, mondays, column, "week")[place]
        for column in ("low_80", "high_80")
    )
    return np.stack([np.minimum(low, 1), np.ones_like(low), np.maximum(high, 1)])


def _weeks(inputs: PlanInputs, need: Needed, effects: WeekEffects) -> pl.DataFrame:
    """A row per team and whole week."""
    hours = inputs.hours
    mondays = whole_weeks(hours.first, hours.days)
    skipped = 1 if need.weeks.before else 0
    arrived = need.weeks.split(sum(need.tickets.values(), start=np.zeros(1))).sum(axis=-1)
    worked = share_worked(inputs.teams, hours)
    rows = []
    for number, team in enumerate(inputs.teams):
        cost = team.terms.hour_cost
        for place, monday in enumerate(mondays, start=skipped):
            tickets = arrived[number, place] * need.ratios[:, number, place]
            people = need.hours[:, number, place] / (team.hours_of_one * worked[number, place])
            staffed = None if team.people is None else _people_in(team.people, hours, monday)
            because = because_of(effects, team, [monday], [tickets[_MIDDLE]], rises_only=False)
            rows.append((
                inputs.made_on, monday, team.business_line, team.tier, team.vendor, tickets[_MIDDLE], tickets[_LOW],
                tickets[_HIGH], need.hours[_MIDDLE, number, place], people[_MIDDLE], people[_LOW], people[_HIGH],
                staffed, None if staffed is None else max(people[_MIDDLE] - staffed, 0.0),
                None if cost is None else people[_MIDDLE] * team.terms.hours_week * cost, because,
            ))  # fmt: skip
    return pl.DataFrame(rows, schema=WEEK_SCHEMA, orient="row")


def _people_in(people: Floats, hours: Hours, monday: date) -> float:
    first = (monday - hours.first).days
    return float(people[first : first + _DAYS_OF_WEEK].mean())


def _backlog(inputs: PlanInputs, need: Needed, asks: list[Ask]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every queue worked off with the people there are, and with those asked for."""
    scenarios: list[tuple[str, list[Ask]]] = [(AS_STAFFED, [])] + ([(WITH_THE_ASK, asks)] if asks else [])
    dates = inputs.hours.dates()
    days, back = [], []
    for scenario, with_asks in scenarios:
        for (line, tier), course in _courses(inputs, need, with_asks).items():
            days.append(pl.DataFrame(
                {
                    "made_on": inputs.made_on, "date": dates, "business_line": line, "tier": tier,
                    "scenario": scenario, "arrivals": course.arrivals, "backlog": course.backlog,
                    "oldest_hours": course.oldest_hours, "within_sla": course.in_time,
                }
            )
            )  # fmt: skip
            on, note = back_inside(course, inputs.promised.message_share, dates)
            back.append((line, tier, scenario, on, note))
    empty_days = pl.DataFrame(schema=BACKLOG_SCHEMA)
    return (
        pl.concat(days) if days else empty_days,
        pl.DataFrame(back, schema=BACK_SCHEMA, orient="row"),
    )


def _courses(inputs: PlanInputs, need: Needed, asks: list[Ask]) -> dict[tuple[str, str], BurnDown]:
    """The burn-down of every queue whose people are known; tier 2 takes what tier 1 gets round to escalating."""
    capacity = _capacity(inputs, need, asks)
    found: dict[tuple[str, str], BurnDown] = {}
    for place, (line, tier) in enumerate(need.demand.queues):
        rows = [
            row for row, team in enumerate(inputs.teams) if (team.business_line, team.tier) == (line, tier)
        ]
        teams = [inputs.teams[row] for row in rows]
        if not teams or any(team.people is None for team in teams):
            continue
        arriving = np.sum([need.tickets[MESSAGES][row] for row in rows], axis=0)
        if tier == "2" and (line, "1") in found:
            first = need.demand.queues.index((line, "1"))
            live = np.sum([need.demand.tickets[channel][first] for channel in LIVE_CHANNELS], axis=0)
            forecast = live + need.demand.tickets[MESSAGES][first]
            arriving = escalated(
                found[line, "1"].begun + live, forecast, need.demand.tickets[MESSAGES][place],
                inputs.escalation_delay_hours,
            )  # fmt: skip
        shares = np.array([team.share for team in teams])
        shares = shares / shares.sum()
        load = Load(
            arriving,
            _waiting(inputs, line, tier),
            float(sum(share * team.message_minutes for share, team in zip(shares, teams, strict=True))),
            capacity[rows].sum(axis=0),
            np.sum([share * team.is_open for share, team in zip(shares, teams, strict=True)], axis=0)
            * MINUTES,
        )
        found[line, tier] = burn_down(load, inputs.promised.messages_for(line, tier))
    return found


def _capacity(inputs: PlanInputs, need: Needed, asks: list[Ask]) -> Floats:
    """Agent minutes that each team can give to messages, by hour: live channels come first, shape (teams, hours)."""
    hours, teams = inputs.hours, inputs.teams
    people = np.stack([np.zeros(hours.days) if team.people is None else team.people for team in teams])
    last_sunday = max(whole_weeks(hours.first, hours.days), default=hours.first) + timedelta(days=6)
    for ask in asks:
        first, last = ((day - hours.first).days for day in (ask.from_date, ask.to_date))
        # Who is still missing in the last whole week is missing in the days after it, too.
        until = hours.days if ask.to_date >= last_sunday else last + 1
        people[ask.team, max(first, 0) : until] += ask.people_more
    of_one = np.array([[team.hours_of_one] for team in teams]) * MINUTES
    opened = np.repeat(minutes_for_full_pay(teams, hours), 168, axis=1)
    opened = opened[:, need.weeks.before : need.weeks.before + hours.count]
    is_open = np.stack([team.is_open for team in teams]) * MINUTES
    there = np.repeat(people, 24, axis=1) * of_one * is_open / opened
    return np.maximum(there - need.live.hours * MINUTES, 0.0)


def _waiting(inputs: PlanInputs, line: str, tier: str) -> Floats:
    """Tickets that wait already, by hour before the plan; older ones in the first hour.

    Those of the running day are left out: the forecast of its first day has them.
    """
    starts = datetime.combine(inputs.hours.first, time())
    here = inputs.waiting.filter(
        (pl.col("business_line") == line) & (pl.col("tier") == tier) & (pl.col("arrived_at") < starts)
    )
    ago = (here["arrived_at"] - starts).dt.total_hours().cast(pl.Int64).to_numpy()
    counts = np.bincount(np.clip(BEFORE - 1 + ago, 0, BEFORE - 1), minlength=BEFORE)
    return counts.astype(np.float64)


def _notes(inputs: PlanInputs, need: Needed) -> list[str]:
    told = []
    out_of_reach = sorted({
        f"{team.business_line} at tier {team.tier}"
        for row, team in enumerate(inputs.teams)
        if (need.messages.best[row] < inputs.promised.message_share - 1e-6).any()
    })  # fmt: skip
    if out_of_reach:
        told.append(
            "On some days not even four times the people that the work takes would keep the target for "
            f"{', '.join(out_of_reach)}: most of the time it allows passes while nobody is on duty. The people given "
            "there come as close as those would."
        )
    if any(agents.any() for agents in need.live.agents.values()):
        told.append(
            "How long callers would wait before they hang up is not known, so nobody is taken to hang up (Erlang C): "
            "that errs on the side of more people."
        )
    if any((need.live.agents[channel] == 1).any() for channel in LIVE_CHANNELS):
        told.append(
            "An hour in which one person is enough for a live channel counts only for the time its contacts take: "
            "that person works on messages and serves the vendor's other lines at the tier meanwhile. The people of an "
            "interval are its queue's share of the people who serve several, and add up to what the shifts cover, "
            "but for whole shifts."
        )
    if any(team.people is None for team in inputs.teams):
        told.append(
            "Where nobody says how many people there are, no backlog is foretold and nobody is asked for."
        )
    return told


def _empty() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    schemas = (WEEK_SCHEMA, ASK_SCHEMA, BACKLOG_SCHEMA, BACK_SCHEMA)
    weeks, asks, backlog, back = (pl.DataFrame(schema=schema) for schema in schemas)
    return weeks, asks, backlog, back


_TEAM = {"business_line": pl.String, "tier": pl.String, "vendor": pl.String}
WEEK_SCHEMA = {"made_on": pl.Date, "week": pl.Date, **_TEAM} | dict.fromkeys(
    ("tickets", "tickets_low", "tickets_high", "hours", "people", "people_low", "people_high", "people_staffed",
     "gap", "cost"), pl.Float64
) | {"because": pl.String}  # fmt: skip
ASK_SCHEMA = {
    "rank": pl.Int64, **_TEAM, "people_more": pl.Int64, "from_date": pl.Date, "to_date": pl.Date,
    "decide_by": pl.Date, "is_late": pl.Boolean, "because": pl.String, "cost": pl.Float64,
}  # fmt: skip
NO_EFFECTS = pl.DataFrame(schema={
    "business_line": pl.String, "tier": pl.String, "date": pl.Date, "effect_kind": pl.String, "effect": pl.String,
    "tickets": pl.Float64,
})  # fmt: skip
BACKLOG_SCHEMA = {
    "made_on": pl.Date, "date": pl.Date, "business_line": pl.String, "tier": pl.String, "scenario": pl.String,
    "arrivals": pl.Float64, "backlog": pl.Float64, "oldest_hours": pl.Float64, "within_sla": pl.Float64,
}  # fmt: skip
BACK_SCHEMA = {
    "business_line": pl.String, "tier": pl.String, "scenario": pl.String, "back_inside_sla_on": pl.Date,
    "note": pl.String,
}  # fmt: skip
