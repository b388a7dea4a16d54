"""The whole staffing plan: people by hour and by shift for the coming weeks, and the outlook on the quarter."""

from __future__ import annotations

from dataclasses import dataclass
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
    Erlang C (Erlang A needs a patience that nobody knows), messages the fewest hours in which the promised share is
    begun in time, first in, first out. A vendor's people at a tier serve all its lines there, so its shifts are for
    all of them together, and so are the people paid for in an hour: each queue has its share of them.
    """
    if not inputs.teams or inputs.hours.days == 0:
        seen, cover = outlook(inputs), []
        intervals, shifts = pl.DataFrame(schema=INTERVAL_SCHEMA), pl.DataFrame(schema=SHIFT_SCHEMA)
    else:
        need = needed(inputs)
        seen = outlook(inputs, need)
        work = _paid_work(inputs, need)
        intervals, shifts = _intervals(inputs, need, work), _shifts(inputs, work)
        cover = _cover_notes(inputs, work, shifts)
    return {
        "staffing_intervals": intervals,
        "staffing_shifts": shifts,
        "staffing_weeks": seen.weeks,
        "staffing_asks": seen.asks,
        "backlog_ahead": seen.backlog,
        "backlog_back": seen.back,
        "staffing_notes": pl.DataFrame({"note": [*seen.notes, *cover]}, schema={"note": pl.String}),
    }


@dataclass(frozen=True, eq=False)
class _PaidWork:
    """People paid for with shrinkage, by team and hour; floor: hours on the floor for messages alone."""

    live: Floats
    messages: Floats
    floor: Floats

    def shared(self, inputs: PlanInputs) -> tuple[Floats, Floats]:
        """Each team's share of the people its vendor has at a tier, for live channels and for messages.

        Where any live channel takes somebody, at least one person is there for all of them; what they leave of that
        person's time goes to the day's messages. The shares of a vendor's teams add up to what its shifts cover.
        """
        live, messages = self.live.copy(), self.messages.copy()
        for own in _by_vendor(inputs).values():
            together = live[own].sum(axis=0)
            cover = np.where(together > 0, np.maximum(together, 1.0), 0.0)
            live[own] *= cover / np.maximum(together, 1e-12)
            spare, work = (
                values.reshape(-1, 24).sum(axis=1) for values in (cover - together, messages[own].sum(axis=0))
            )
            messages[own] *= np.repeat(1 - np.minimum(spare / np.maximum(work, 1e-12), 1.0), 24)
        return live, messages


def _paid_work(inputs: PlanInputs, need: Needed) -> _PaidWork:
    on_payroll = people_needed(1, [[team.terms.shrinkage] for team in inputs.teams])
    floor = _message_hours(inputs, need)
    return _PaidWork(need.live.hours * on_payroll, floor * on_payroll, floor)


def _by_vendor(inputs: PlanInputs) -> dict[tuple[str, str], list[int]]:
    """The places of each vendor's teams at a tier."""
    found: dict[tuple[str, str], list[int]] = {}
    for row, team in enumerate(inputs.teams):
        found.setdefault((team.tier, team.vendor), []).append(row)
    return dict(sorted(found.items()))


def _intervals(inputs: PlanInputs, need: Needed, work: _PaidWork) -> pl.DataFrame:
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
    live_people, message_people = (people[:, :count] for people in work.shared(inputs))
    starts = hours.starts().head(count)
    frames = []
    for row in range(len(inputs.teams)):
        floor = work.floor[row, :count]
        frames.append(_rows_of_messages(inputs, need, row, starts, floor, high[row], message_people[row]))
        if any(first[channel][row].any() for channel in LIVE_CHANNELS):
            agents_high = sum(
                (live_high.agents[channel][row] for channel in LIVE_CHANNELS), start=np.zeros(count)
            )
            frames.append(_rows_of_live(inputs, need, row, starts, agents_high, high[row], live_people[row]))
    together = pl.concat(frames).filter(pl.max_horizontal("tickets", "agents", "people") > 0)
    return together.select(pl.lit(inputs.made_on).alias("made_on"), *list(INTERVAL_SCHEMA)[1:]).cast(
        INTERVAL_SCHEMA
    )


def _named(team: Team, mode: str, starts: pl.Series, columns: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame({"starts_at": starts} | columns).with_columns(
        minutes=pl.lit(int(MINUTES)), business_line=pl.lit(team.business_line), tier=pl.lit(team.tier),
        vendor=pl.lit(team.vendor), mode=pl.lit(mode),
    ).select(list(INTERVAL_SCHEMA)[1:])  # fmt: skip


def _rows_of_live(
    inputs: PlanInputs,
    need: Needed,
    row: int,
    starts: pl.Series,
    agents_high: Floats,
    high: Floats,
    people: Floats,
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
        "agents": agents, "agents_high": np.maximum(agents_high, agents), "people": people,
        "service_level": kept / np.maximum(tickets, 1e-12), "occupancy": busy / np.maximum(places, 1e-12),
    })  # fmt: skip


def _rows_of_messages(
    inputs: PlanInputs, need: Needed, row: int, starts: pl.Series, floor: Floats, high: Floats, people: Floats
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
        "people": people,
        "service_level": in_time, "occupancy": np.minimum(_by_hour(need, busy, count), 1.0),
    })  # fmt: skip


def _whole(floor: Floats) -> Floats:
    """Whole numbers whose running sum never lags behind that of what is needed."""
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


def _shifts(inputs: PlanInputs, work: _PaidWork) -> pl.DataFrame:
    """The fewest shifts of every vendor at a tier, week by week; a night's shift reaches into the next week."""
    hours = inputs.hours
    blocks = min(INTERVAL_DAYS, hours.days) // _SHIFT_BLOCK_DAYS
    shared_live, shared_messages = work.shared(inputs)
    rows: list[tuple[object, ...]] = []
    dates = hours.dates()
    for (tier, vendor), own in _by_vendor(inputs).items():
        live = shared_live[own].sum(axis=0)
        total = live + shared_messages[own].sum(axis=0)
        # Whole shifts, whose running sum never lags: not a shift more on every day for an hour over.
        of_day = _whole(total.reshape(-1, 24).sum(axis=1) / SHIFT_HOURS) * SHIFT_HOURS
        is_open = np.stack([inputs.teams[row].is_open for row in own]).max(axis=0) > 0
        carried = np.zeros(SHIFT_HOURS)
        for block in range(blocks):
            span = slice(block * 168, (block + 1) * 168)
            wanted = live[span].copy()
            wanted[: len(carried)] = np.maximum(wanted[: len(carried)] - carried, 0)
            begin = fewest_shifts(
                wanted, of_day[block * _SHIFT_BLOCK_DAYS :][:_SHIFT_BLOCK_DAYS], is_open[span]
            )
            tail = begin[-SHIFT_HOURS + 1 :]
            carried = np.array([tail[hour:].sum() for hour in range(len(tail))], dtype=np.float64)
            for hour in np.flatnonzero(begin):
                day: date = dates[block * _SHIFT_BLOCK_DAYS + hour // 24]
                rows.append((
                    inputs.made_on, day, ALL_LINES, tier, vendor, f"{hour % 24:02d}:00", float(SHIFT_HOURS),
                    int(begin[hour]),
                ))  # fmt: skip
    return pl.DataFrame(rows, schema=SHIFT_SCHEMA, orient="row")


def _cover_notes(inputs: PlanInputs, work: _PaidWork, shifts: pl.DataFrame) -> list[str]:
    """A sentence for each vendor and tier whose shifts take more hours in a week than its people have."""
    told = []
    begun = shifts.with_columns(
        block=(pl.col("date") - pl.lit(inputs.hours.first)).dt.total_days() // _SHIFT_BLOCK_DAYS
    )
    for (tier, vendor), own in _by_vendor(inputs).items():
        teams = [inputs.teams[row] for row in own]
        shift_hours = (
            begun.filter((pl.col("tier") == tier) & (pl.col("vendor") == vendor))
            .group_by("block")
            .agg(hours=(pl.col("people") * pl.col("shift_hours")).sum())
        )
        live = "every hour with a live channel and " if work.live[own].any() else ""
        worst: tuple[float, str] = (0.0, "")
        for block, taken in shift_hours.sort("block").iter_rows():
            days = slice(block * _SHIFT_BLOCK_DAYS, (block + 1) * _SHIFT_BLOCK_DAYS)
            employed = sum(
                float(team.people[days].mean()) * team.terms.hours_week
                for team in teams
                if team.people is not None
            )
            paid = (work.live + work.messages)[own, days.start * 24 : days.stop * 24].sum()
            first = inputs.hours.dates()[days.start]
            sentence = (
                f"{vendor}, tier {tier}: in the 7 days from {first.day} {first:%B}, whole shifts of {SHIFT_HOURS} hours "
                f"that cover {live}the work of each day take {taken:,.0f} paid hours; the "
                f"work itself takes {paid:,.0f}, and the people employed have {employed:,.0f}. The people said to be "
                "missing are those for the work alone."
            )
            worst = max(worst, (taken - employed, sentence))
        if worst[1] and all(team.people is not None for team in teams):
            told.append(worst[1])
    return told


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
