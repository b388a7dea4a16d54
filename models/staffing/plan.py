"""The whole staffing plan: people by hour and by shift for the coming weeks, and the outlook on the quarter."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from models.staffing.capacity_curve import MINUTES, Floats
from models.staffing.demand import MESSAGES, day_ratios
from models.staffing.erlang import erlang_c, people_needed
from models.staffing.needs import Weeks, live_need
from models.staffing.outlook import Needed, PlanInputs, needed, outlook
from models.staffing.promises import LIVE_CHANNELS
from models.staffing.shifts import SHIFT_HOURS, fewest_shifts
from models.staffing.teams import Team

INTERVAL_DAYS = 28
LIVE, ASYNC = "live", "async"
ALL_LINES = "all"
_SHIFT_BLOCK_DAYS = 7


def staffing_plan(inputs: PlanInputs) -> dict[str, pl.DataFrame]:
    """Every table of the plan, by name; `outlook` alone is the cheaper part, without hours and shifts.

    Volume comes from the daily forecast, spread over the hours and shared out among vendors. Live channels follow
    Erlang C, messages the fewest hours in which the promised share is begun in time, first in, first out. A shift
    table of a vendor is for all its lines at a tier together, since a lone person on duty serves them all.
    """
    if not inputs.teams or inputs.hours.days == 0:
        seen = outlook(inputs)
        intervals, shifts = pl.DataFrame(schema=INTERVAL_SCHEMA), pl.DataFrame(schema=SHIFT_SCHEMA)
    else:
        need = needed(inputs)
        seen = outlook(inputs, need)
        intervals, shifts = _intervals(inputs, need), _shifts(inputs, need)
    return {
        "staffing_intervals": intervals,
        "staffing_shifts": shifts,
        "staffing_weeks": seen.weeks,
        "staffing_asks": seen.asks,
        "backlog_ahead": seen.backlog,
        "backlog_back": seen.back,
        "staffing_notes": pl.DataFrame({"note": seen.notes}, schema={"note": pl.String}),
    }


def _intervals(inputs: PlanInputs, need: Needed) -> pl.DataFrame:
    """A row per team, mode and hour of the coming four weeks in which anything arrives or anybody is needed."""
    hours = inputs.hours
    count = min(INTERVAL_DAYS, hours.days) * 24
    place = [need.demand.queues.index((team.business_line, team.tier)) for team in inputs.teams]
    high = day_ratios(inputs.bounds, need.demand.queues, hours.dates(), "high_80", "date")[place]
    high = np.repeat(np.maximum(high, 1.0), 24, axis=1)[:, :count]
    first = {lane: values[:, :count] for lane, values in need.tickets.items()}
    live_high = live_need(
        inputs.teams, {lane: values * high for lane, values in first.items()}, inputs.promised
    )
    message_hours = _message_hours(inputs, need)[:, :count]
    starts = hours.starts().head(count)
    frames = []
    for row in range(len(inputs.teams)):
        frames.append(_rows_of_messages(inputs, need, row, starts, message_hours[row], high[row]))
        if any(first[channel][row].any() for channel in LIVE_CHANNELS):
            agents_high = sum(
                (live_high.agents[channel][row] for channel in LIVE_CHANNELS), start=np.zeros(count)
            )
            frames.append(_rows_of_live(inputs, need, row, starts, agents_high, high[row]))
    together = pl.concat(frames).filter((pl.col("tickets") > 0) | (pl.col("agents") > 0))
    return together.select(pl.lit(inputs.made_on).alias("made_on"), *list(INTERVAL_SCHEMA)[1:]).cast(
        INTERVAL_SCHEMA
    )


def _named(team: Team, mode: str, starts: pl.Series, columns: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame({"starts_at": starts} | columns).with_columns(
        minutes=pl.lit(int(MINUTES)), business_line=pl.lit(team.business_line), tier=pl.lit(team.tier),
        vendor=pl.lit(team.vendor), mode=pl.lit(mode),
        people=pl.Series(people_needed(columns["agents"], team.terms.shrinkage)),  # type: ignore[arg-type]
    ).select(list(INTERVAL_SCHEMA)[1:])  # fmt: skip


def _rows_of_live(
    inputs: PlanInputs, need: Needed, row: int, starts: pl.Series, agents_high: Floats, high: Floats
) -> pl.DataFrame:
    """Chat and phone of a team together; shares are those of their contacts."""
    team, count = inputs.teams[row], len(starts)
    agents, tickets, kept, busy, places = (np.zeros(count) for _ in range(5))
    for channel in LIVE_CHANNELS:
        rate = need.tickets[channel][row][:count]
        needed_here = need.live.agents[channel][row][:count]
        at_once = team.terms.chat_concurrency if channel == "chat" else 1
        within = inputs.promised.live_for(team.business_line, channel).within_seconds
        reached = erlang_c(rate, team.live_minutes * 60, needed_here * at_once, within)
        agents, tickets = agents + needed_here, tickets + rate
        kept = kept + reached.service_level * rate
        busy, places = busy + rate * team.live_minutes / 60, places + needed_here * at_once
    return _named(team, LIVE, starts, {
        "tickets": tickets, "tickets_high": tickets * high, "handle_minutes": np.full(count, team.live_minutes),
        "agents": agents, "agents_high": np.maximum(agents_high, agents),
        "service_level": kept / np.maximum(tickets, 1e-12), "occupancy": busy / np.maximum(places, 1e-12),
    })  # fmt: skip


def _rows_of_messages(
    inputs: PlanInputs, need: Needed, row: int, starts: pl.Series, floor: Floats, high: Floats
) -> pl.DataFrame:
    """Messages of a team: its week's hours over the hours it is open, in whole agents whose sum is right."""
    team, count = inputs.teams[row], len(starts)
    tickets = need.tickets[MESSAGES][row][:count]
    in_time = _by_hour(need, need.messages.in_time[row], count)
    work = need.weeks.split(need.tickets[MESSAGES][row] * team.message_minutes / 60).sum(axis=-1)
    busy = work / np.maximum(need.messages.hours[row], 1e-12)
    return _named(team, ASYNC, starts, {
        "tickets": tickets, "tickets_high": tickets * high,
        "handle_minutes": np.full(count, team.message_minutes),
        "agents": _whole(floor), "agents_high": np.maximum(_whole(floor * high), _whole(floor)),
        "service_level": in_time, "occupancy": np.minimum(_by_hour(need, busy, count), 1.0),
    })  # fmt: skip


def _whole(floor: Floats) -> Floats:
    """Whole agents by hour whose running sum never lags behind the hours needed."""
    total = np.ceil(np.cumsum(floor) - 1e-6)
    return np.diff(total, prepend=0.0)


def _by_hour(need: Needed, by_week: Floats, count: int) -> Floats:
    joined: Floats = np.repeat(by_week, 168)[need.weeks.before : need.weeks.before + count]
    return joined


def _message_hours(inputs: PlanInputs, need: Needed) -> Floats:
    """Hours on the floor for messages by hour: each week's, over the hours in which the team is open."""
    weeks: Weeks = need.weeks
    is_open = weeks.split(np.stack([team.is_open for team in inputs.teams]))
    part = is_open / np.maximum(is_open.sum(axis=-1, keepdims=True), 1e-12)
    return weeks.join(part * need.messages.hours[..., None], inputs.hours.count)


def _shifts(inputs: PlanInputs, need: Needed) -> pl.DataFrame:
    """The fewest shifts of every vendor at a tier, week by week; a night's shift reaches into the next week."""
    hours = inputs.hours
    blocks = min(INTERVAL_DAYS, hours.days) // _SHIFT_BLOCK_DAYS
    message_hours = _message_hours(inputs, need)
    rows: list[tuple[object, ...]] = []
    dates = hours.dates()
    for tier, vendor in sorted({(team.tier, team.vendor) for team in inputs.teams}):
        own = [row for row, team in enumerate(inputs.teams) if (team.tier, team.vendor) == (tier, vendor)]
        on_payroll = people_needed(1, [[inputs.teams[row].terms.shrinkage] for row in own])
        live = (need.live.hours[own] * on_payroll).sum(axis=0)
        total = live + (message_hours[own] * on_payroll).sum(axis=0)
        is_open = np.stack([inputs.teams[row].is_open for row in own]).max(axis=0) > 0
        carried = np.zeros(SHIFT_HOURS)
        for block in range(blocks):
            span = slice(block * 168, (block + 1) * 168)
            wanted = live[span].copy()
            wanted[: len(carried)] = np.maximum(wanted[: len(carried)] - carried, 0)
            begin = fewest_shifts(wanted, total[span].reshape(-1, 24).sum(axis=1), is_open[span])
            tail = begin[-SHIFT_HOURS + 1 :]
            carried = np.array([tail[hour:].sum() for hour in range(len(tail))], dtype=np.float64)
            for hour in np.flatnonzero(begin):
                day: date = dates[block * _SHIFT_BLOCK_DAYS + hour // 24]
                rows.append((
                    inputs.made_on, day, ALL_LINES, tier, vendor, f"{hour % 24:02d}:00", float(SHIFT_HOURS),
                    int(begin[hour]),
                ))  # fmt: skip
    return pl.DataFrame(rows, schema=SHIFT_SCHEMA, orient="row")


_TEAM = {"business_line": pl.String(), "tier": pl.String(), "vendor": pl.String()}
INTERVAL_SCHEMA = pl.Schema({
    "made_on": pl.Date(), "starts_at": pl.Datetime("us"), "minutes": pl.Int64(), **_TEAM, "mode": pl.String(),
    "tickets": pl.Float64(), "tickets_high": pl.Float64(), "handle_minutes": pl.Float64(), "agents": pl.Int64(),
    "agents_high": pl.Int64(), "people": pl.Float64(), "service_level": pl.Float64(), "occupancy": pl.Float64(),
})  # fmt: skip
SHIFT_SCHEMA = pl.Schema({
    "made_on": pl.Date(), "date": pl.Date(), **_TEAM, "shift_start": pl.String(), "shift_hours": pl.Float64(),
    "people": pl.Int64(),
})  # fmt: skip
