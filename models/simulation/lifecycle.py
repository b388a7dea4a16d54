"""What happens to a ticket: waiting, replies, escalation, solution, and what comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

from models.simulation.grammar import PROBLEMS
from models.simulation.intake import Intake
from models.simulation.planted import SOP_HANDLE_FACTOR, SOP_THEMES, Plan
from models.simulation.queues import CHAT_LOAD, TIER1_LOAD, TIER2_LOAD, staffing
from models.simulation.volume import PROBLEM_INDEX, Volume, problem_shares
from models.simulation.world import (
    ASKER_LINE,
    ASKERS,
    CHAT_FIRST_REPLY_TARGET,
    EARLIER_TARGET_FACTOR,
    FIRST_REPLY_TARGETS,
    HUBS,
    LINES,
    REGIONS,
    RESOLUTION_TARGETS,
    VENDORS,
    Bools,
    Floats,
    Ints,
    first_tier_schedule,
    local_clock,
    open_minutes,
    opening_hours,
    second_tier_schedule,
    targets_changed_at,
)
from models.staffing.capacity_curve import CapacityCurve, Queue

Names = npt.NDArray[np.str_]

CLOSES_AFTER_MINUTES = 28 * 1440.0
# In a rush agents are pulled over from messages before anyone in a chat waits longer.
LONGEST_CHAT_WAIT_MINUTES = 40.0
NEVER = np.nan

# What a truly worse vendor does worse.
WORSE_HANDLE_FACTOR = 1.2
WORSE_REOPEN_SHARE = 0.05
WORSE_CSAT_LOGIT = -0.6

_RUN_ON_DAYS = 60  # the queues are worked on past the as-of date, so that the last tickets know their wait
_DELAY_TO_TIER2_HOURS = 5
_SEVERITY = np.array([problem.severity for problem in PROBLEMS])
_HANDLE = np.array([problem.handle_minutes for problem in PROBLEMS])
_ESCALATION = np.array([problem.escalation for problem in PROBLEMS])


@dataclass(frozen=True)
class Timeline:
    """When each thing happened, in minutes since the start; NaN where it never did. One value per ticket."""

    assigned: Floats
    first_reply: Floats
    pending: Floats
    answered: Floats  # the requester's answer while pending
    second_reply: Floats
    escalated: Floats
    second_assigned: Floats
    tier2_reply: Floats
    held: Floats
    resumed: Floats
    partner_reply: Floats
    solved: Floats
    reopened: Floats
    reopened_reply: Floats
    solved_again: Floats
    closed: Floats
    deleted: Floats
    raised: Floats  # priority raised
    first_reply_broken: Floats  # when its target was passed
    resolution_broken: Floats
    handle_minutes: Floats  # tier 1's, without what escalation and reopening add


@dataclass(frozen=True)
class Workplace:
    """The clocks and queues tickets go through."""

    clocks: dict[str, CapacityCurve]
    tier1: dict[tuple[int, int, bool], Queue]  # line, region, is chat
    tier2: dict[tuple[int, str], Queue]  # line, hub


def workplace(volume: Volume, closed_days: dict[str, set[date]]) -> Workplace:
    """Staff every queue for the ordinary volume, and let the expected volume pass through."""
    hours = volume.ordinary.shape[2]
    run = hours + _RUN_ON_DAYS * 24
    opened = {
        name: open_minutes(local_clock(volume.start, run, zone), week, closed_days.get(name, set()))
        for name, (zone, week) in opening_hours().items()
    }
    tier1 = {}
    tier2 = {}
    for line, name in enumerate(LINES):
        askers = line == ASKER_LINE
        for place, region in enumerate(REGIONS):
            usual, all_work = (rate[askers, place].sum(axis=0) for rate in (volume.ordinary, volume.expected))
            hours_open = opened[first_tier_schedule(name, region)]
            capacity = staffing(usual, all_work, hours_open, TIER1_LOAD)
            tier1[line, place, False] = Queue.of(all_work, capacity)
            # Chat is only offered while the team is there.
            usual, all_work = usual * (hours_open[:hours] > 0), all_work * (hours_open[:hours] > 0)
            capacity = staffing(usual, all_work, hours_open, CHAT_LOAD)
            tier1[line, place, True] = Queue.of(all_work, capacity)
        share = np.array([(problem_shares(asker) * _ESCALATION).sum() for asker in range(len(ASKERS))])
        for hub in HUBS:
            at_hub = np.array([region.hub == hub for region in REGIONS])
            usual = np.einsum("arh,a->h", volume.ordinary[askers][:, at_hub], share[askers])
            planted = (volume.expected - volume.ordinary)[askers][:, at_hub].sum(axis=(0, 1))
            work = np.roll(usual + 0.55 * planted, _DELAY_TO_TIER2_HOURS)
            hours_open = opened[second_tier_schedule(hub)]
            tier2[line, hub] = Queue.of(
                work, staffing(np.roll(usual, _DELAY_TO_TIER2_HOURS), work, hours_open, TIER2_LOAD)
            )
    return Workplace({name: CapacityCurve.of(minutes) for name, minutes in opened.items()}, tier1, tier2)


@dataclass(frozen=True)
class Chance:
    """Draws of one value per ticket."""

    rng: np.random.Generator
    size: int

    def some(self, share: Floats | float) -> Bools:
        """True for about that share."""
        return self.rng.uniform(size=self.size) < share

    def lasting(self, median: Floats | float, spread: float = 0.8) -> Floats:
        """Log-normal durations with that median."""
        return median * np.exp(self.rng.normal(0, spread, self.size))


def live(
    intake: Intake,
    place: Workplace,
    plan: Plan,
    start: datetime,
    end: datetime,
    worse: str | None,
    rng: np.random.Generator,
) -> Timeline:
    """Let every ticket run its course, past the end of the history if need be.

    worse: name of a vendor that works truly worse, or None.
    """
    chance = Chance(rng, len(intake.minute))
    is_worse = intake.vendor == (VENDORS.index(worse) if worse else -1)
    handle = _handle_minutes(intake, plan, start, is_worse, rng)
    schedules1 = [[first_tier_schedule(line, region) for region in REGIONS] for line in LINES]
    schedule1 = np.array(schedules1)[intake.line, intake.region]
    schedule2 = np.array([second_tier_schedule(region.hub) for region in REGIONS])[intake.region]

    tier1 = _tier1_steps(intake, place, schedule1, handle, is_worse, chance)
    tier2 = _tier2_steps(intake, place, (schedule1, schedule2), handle, tier1, chance)
    schedule = np.where(np.isnan(tier2["escalated"]), schedule1, schedule2)
    endings = _endings(intake, place, schedule, is_worse, tier1 | tier2, chance)
    deleted = _when(chance.some(0.003), intake.minute + chance.lasting(5 * 1440, 1.0))
    raised = _when(chance.some(0.015) & (intake.priority < 3), tier1["assigned"] + 0.2)
    due = _due(
        intake, place, schedule1, raised, (targets_changed_at(start, end) - start).total_seconds() / 60
    )
    return Timeline(
        **tier1,
        **tier2,
        **endings,
        **_broken(due, tier1["first_reply"], endings),
        deleted=deleted,
        raised=raised,
        handle_minutes=handle,
    )


def _tier1_steps(
    intake: Intake, place: Workplace, schedule: Names, handle: Floats, is_worse: Bools, chance: Chance
) -> dict[str, Floats]:
    """Assigned, replied to, and perhaps left waiting for the requester, who perhaps answers."""
    is_chat = intake.channel == 1
    wait = chance.lasting(np.where(is_chat, 1.2, 22.0) * np.where(is_worse, 1.3, 1.0))
    assigned = _later(place.clocks, schedule, _begun(place, intake, is_chat), wait)
    # One in fifty solves itself before anyone replies.
    replied = _later(place.clocks, schedule, assigned, 0.4 * handle + 0.2)
    first_reply = _when(~chance.some(0.02), replied)
    pending = _when(chance.some(0.33), first_reply + 0.1)
    answered = _when(chance.some(0.78), pending + chance.lasting(np.where(is_chat, 4.0, 300.0), 1.1))
    second_reply = _later(place.clocks, schedule, answered, chance.lasting(np.where(is_chat, 2.0, 45.0)))
    return {
        "assigned": assigned,
        "first_reply": first_reply,
        "pending": pending,
        "answered": answered,
        "second_reply": second_reply,
    }


def _tier2_steps(
    intake: Intake,
    place: Workplace,
    schedules: tuple[Names, Names],
    handle: Floats,
    done: dict[str, Floats],
    chance: Chance,
) -> dict[str, Floats]:
    """Escalated, taken up and answered by tier 2, and perhaps held until a partner team has done its part."""
    unanswered = ~np.isnan(done["pending"]) & np.isnan(done["answered"])
    escalates = chance.some(_escalation_chance(intake)) & ~np.isnan(done["first_reply"]) & ~unanswered
    worked = np.fmax(done["first_reply"], done["second_reply"])
    escalated = _when(escalates, _later(place.clocks, schedules[0], worked, chance.lasting(12.0)))
    begun = _begun_tier2(place, intake, escalated)
    second_assigned = _later(place.clocks, schedules[1], begun, chance.lasting(30.0))
    tier2_reply = _later(place.clocks, schedules[1], second_assigned, 0.8 * handle + 5)
    held = _when(chance.some(0.2), tier2_reply + 0.1)
    resumed = held + chance.lasting(2.5 * 1440)
    return {
        "escalated": escalated,
        "second_assigned": second_assigned,
        "tier2_reply": tier2_reply,
        "held": held,
        "resumed": resumed,
        "partner_reply": _later(place.clocks, schedules[1], resumed, chance.lasting(60.0)),
    }


def _endings(
    intake: Intake,
    place: Workplace,
    schedule: Names,
    is_worse: Bools,
    done: dict[str, Floats],
    chance: Chance,
) -> dict[str, Floats]:
    """Solved, perhaps reopened and solved again, and closed in the end."""
    is_chat = intake.channel == 1
    replies = [done[name] for name in ("first_reply", "second_reply", "tier2_reply", "partner_reply")]
    last_reply = np.fmax.reduce(replies)
    solved = _later(place.clocks, schedule, last_reply, chance.lasting(np.where(is_chat, 3.0, 90.0), 1.2))
    # Nobody answered: the helpdesk solves it after five days. Never replied to: the requester gave up.
    unanswered = ~np.isnan(done["pending"]) & np.isnan(done["answered"])
    solved = np.where(unanswered, done["pending"] + 5 * 1440, solved)
    solved = np.where(np.isnan(last_reply), done["assigned"] + chance.lasting(600.0), solved)
    share = 0.03 + 0.05 * _SEVERITY[intake.problem] + 0.03 * (intake.priority >= 2)
    reopens = chance.some(share + WORSE_REOPEN_SHARE * is_worse)
    reopened = _when(reopens, solved + np.minimum(chance.lasting(900.0, 1.0), CLOSES_AFTER_MINUTES - 60))
    reply = _later(place.clocks, schedule, reopened, chance.lasting(np.where(is_chat, 5.0, 240.0)))
    solved_again = _later(place.clocks, schedule, reply, chance.lasting(60.0, 1.0))
    return {
        "solved": solved,
        "reopened": reopened,
        "reopened_reply": reply,
        "solved_again": solved_again,
        "closed": np.fmax(solved, solved_again) + CLOSES_AFTER_MINUTES,
    }


def _when(happens: Bools, moment: Floats) -> Floats:
    return np.where(happens, moment, NEVER)


def _handle_minutes(
    intake: Intake, plan: Plan, start: datetime, is_worse: Bools, rng: np.random.Generator
) -> Floats:
    """Tier-1 agents' minutes: by problem, priority, channel and asker, longer after the SOP change."""
    is_seller = np.array([user_type != "buyer" for _, user_type in ASKERS])[intake.asker]
    after_sop = intake.minute >= (plan.sop_changed_at - start).total_seconds() / 60
    slowed = np.isin(intake.problem, [PROBLEM_INDEX[slug] for slug in SOP_THEMES]) & after_sop
    factor = 1 + 0.2 * (intake.priority >= 2) + 0.15 * (intake.channel == 2) + 0.15 * is_seller
    factor = factor * np.where(slowed, SOP_HANDLE_FACTOR, 1.0) * np.where(is_worse, WORSE_HANDLE_FACTOR, 1.0)
    spread = 0.45
    return _HANDLE[intake.problem] * factor * np.exp(rng.normal(-(spread**2) / 2, spread, len(factor)))


def _escalation_chance(intake: Intake) -> Floats:
    """Tier 1 cannot solve a fault in the product: what a release broke goes to tier 2 mostly."""
    chance = _ESCALATION[intake.problem] * (0.64 + 0.26 * (intake.priority >= 2))
    chance = np.where(intake.wave >= 0, 0.45, chance)
    chance = np.where(intake.template >= 0, 0.5, chance)
    return np.where(intake.cause >= 0, 0.72, chance)


def _begun(place: Workplace, intake: Intake, is_chat: Bools) -> Floats:
    begun = np.empty_like(intake.minute)
    queue = (intake.line * len(REGIONS) + intake.region) * 2 + is_chat
    for (line, region, chat), team in place.tier1.items():
        rows = np.flatnonzero(queue == (line * len(REGIONS) + region) * 2 + chat)
        begun[rows] = team.begun(intake.minute[rows])
    return np.where(is_chat, np.minimum(begun, intake.minute + LONGEST_CHAT_WAIT_MINUTES), begun)


def _begun_tier2(place: Workplace, intake: Intake, escalated: Floats) -> Floats:
    begun = np.full_like(escalated, NEVER)
    hub = np.array([region.hub for region in REGIONS])[intake.region]
    for (line, name), team in place.tier2.items():
        rows = np.flatnonzero((intake.line == line) & (hub == name) & ~np.isnan(escalated))
        begun[rows] = team.begun(escalated[rows])
    return begun


def _later(clocks: dict[str, CapacityCurve], schedule: Names, moment: Floats, minutes: Floats) -> Floats:
    """The moment at which so many more business minutes have passed, by each ticket's schedule."""
    later = np.full_like(moment, NEVER)
    for name, clock in clocks.items():
        rows = np.flatnonzero((schedule == name) & ~np.isnan(moment))
        later[rows] = clock.later(moment[rows], minutes[rows])
    return later


def _due(
    intake: Intake, place: Workplace, schedule: Names, raised: Floats, changed: float
) -> tuple[Floats, Floats]:
    """When first reply (business minutes) and resolution (calendar minutes) are due for a ticket that stays open.

    A raised priority gives the running clock the shorter target of that moment's policies.
    """

    def due(priority: Ints, chosen: Floats) -> tuple[Floats, Floats]:
        factor = np.where(chosen < changed, EARLIER_TARGET_FACTOR, 1.0)
        first = np.where(
            intake.channel == 1, CHAT_FIRST_REPLY_TARGET, np.array(FIRST_REPLY_TARGETS)[priority]
        )
        resolution = np.array(RESOLUTION_TARGETS)[priority]
        return (
            _later(place.clocks, schedule, intake.minute, first * factor),
            intake.minute + resolution * factor,
        )

    first, resolution = due(intake.priority, intake.minute)
    raised_first, raised_resolution = due(
        np.minimum(intake.priority + 1, len(FIRST_REPLY_TARGETS) - 1), raised
    )
    return (
        np.where(raised < first, np.maximum(raised, raised_first), first),
        np.where(raised < resolution, np.maximum(raised, raised_resolution), resolution),
    )


def _broken(due: tuple[Floats, Floats], first_reply: Floats, endings: dict[str, Floats]) -> dict[str, Floats]:
    """When the targets were passed, if ever: solving ends the wait for a reply; a reopened clock goes on."""
    first, resolution = due
    solved, reopened = endings["solved"], endings["reopened"]
    again = reopened + (resolution - solved)
    return {
        "first_reply_broken": _when(np.fmin(first_reply, solved) > first, first),
        "resolution_broken": np.where(
            solved > resolution, resolution, _when(endings["solved_again"] > again, again)
        ),
    }
