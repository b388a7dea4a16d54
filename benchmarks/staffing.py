"""Speed and correctness of the staffing models: prints one JSON object.

    python -m benchmarks.staffing [--intervals 50000] [--tickets 30000]

`erlang`: seconds for the fewest agents in so many intervals that all differ (50 to 500 contacts an hour, 2 to 10
minutes each), by Erlang C with 80 % in 20 seconds, once with an occupancy cap and two chats at once, and Erlang A's
performance. `golden`: deviations from published values; all of them lie within half a digit of the last one given.
`backlog`: milliseconds for the plan's burn-down of so many tickets, first in, first out through tier 1 and tier 2, and
for a plain discrete-event simulation of the same tickets with agents one by one; by tier, what both say at the end of
each day: the backlog, how long its oldest ticket has waited, and the share of the day's tickets begun in time. The plan
knows only the mean handle time; in the events every ticket has its own.
"""

from __future__ import annotations

import argparse
import heapq
import json
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.staffing.burn_down import BEFORE, BurnDown, Load, burn_down, escalated
from models.staffing.capacity_curve import CapacityCurve, Floats
from models.staffing.erlang import ServiceLevel, agents_needed, erlang_a, erlang_c, people_needed
from models.staffing.promises import ReplyTarget

EIGHTY_TWENTY = ServiceLevel(0.8, 20)
REPEATS = 5
DAYS = 60
AGENTS = (19, 6)
DELAY_HOURS = 1
TARGET = ReplyTarget(1.0, 720.0, is_business=True)


def fastest(what: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def erlang_seconds(intervals: int) -> dict[str, float | int]:
    """Seconds for so many intervals, none like another."""
    rng = np.random.default_rng(0)
    rate, handle = rng.uniform(50, 500, intervals), rng.uniform(120, 600, intervals)
    agents = agents_needed(rate, handle, EIGHTY_TWENTY)

    def with_cap() -> object:
        return agents_needed(rate, handle, EIGHTY_TWENTY, occupancy_cap=0.85, concurrency=2)

    return {
        "intervals": intervals,
        "agents_seconds": round(fastest(lambda: agents_needed(rate, handle, EIGHTY_TWENTY)), 3),
        "agents_with_cap_and_chats_seconds": round(fastest(with_cap), 3),
        "erlang_c_seconds": round(fastest(lambda: erlang_c(rate, handle, agents, 20)), 3),
        "erlang_a_seconds": round(fastest(lambda: erlang_a(rate, handle, agents, 20, 300)), 3),
    }


def golden() -> list[dict[str, float | str]]:
    """Published values beside ours: expected, got, and the deviation."""
    textbook, big = erlang_c(200, 180, [13, 14], 20), erlang_c(720, 240, 55, 15)
    small = erlang_c(100, 180, [7, 8], 20)
    palm, chat = erlang_a(2880, 60, 50, 20, 120), erlang_a(200, 180, 13, 20, 300)
    fewest = float(agents_needed(200, 180, EIGHTY_TWENTY)[0])
    values: list[tuple[str, float, float]] = [
        ("Erlang C 100 calls / 30 min, 180 s, 80/20: agents", 14, fewest),
        ("the same with 30 % shrinkage: people", 20, float(people_needed(fewest, 0.3))),
        ("14 agents: waiting", 0.1741, textbook.waiting[1]),
        ("14 agents: service level", 0.8884, textbook.service_level[1]),
        ("13 agents: service level", 0.796, textbook.service_level[0]),
        ("14 agents: seconds to answer", 7.84, textbook.asa_seconds[1]),
        ("14 agents: occupancy", 0.714, textbook.occupancy[1]),
        ("360 calls / 30 min, 240 s, 55 agents: waiting", 0.2387, big.waiting[0]),
        ("55 agents: service level in 15 s", 0.8459, big.service_level[0]),
        ("55 agents: seconds to answer", 8.18, big.asa_seconds[0]),
        ("100 calls an hour, 180 s: agents", 8, float(agents_needed(100, 180, EIGHTY_TWENTY)[0])),
        ("8 agents: service level", 0.880, small.service_level[1]),
        ("7 agents: service level", 0.740, small.service_level[0]),
        ("Erlang A 48 a minute, 60 s, patience 120 s, 50 agents: abandonment", 0.0309, palm.abandonment[0]),
        ("50 agents: seconds to answer", 3.71, palm.asa_seconds[0]),
        ("50 agents: occupancy", 0.930, palm.occupancy[0]),
        ("Erlang A 100 calls / 30 min, 180 s, patience 300 s, 13 agents: service level", 0.858, chat.service_level[0]),
        ("13 agents: abandonment", 0.025, chat.abandonment[0]),
        ("13 agents: waiting", 0.226, chat.waiting[0]),
        ("13 agents: minutes to answer", 0.125, chat.asa_seconds[0] / 60),
    ]  # fmt: skip
    return [
        {
            "what": what,
            "expected": expected,
            "got": round(float(got), 5),
            "deviation": round(float(got) - expected, 5),
        }
        for what, expected, got in values
    ]


def tickets(
    count: int, rng: np.random.Generator
) -> tuple[Floats, tuple[Floats, Floats], npt.NDArray[np.bool_]]:
    """Arrivals over all hours of two months with a rush in the middle, handle minutes at both tiers, who escalates."""
    rush = rng.normal(25 * 1440, 2 * 1440, count // 8)
    arrived = np.sort(np.concatenate([rng.uniform(0, 45 * 1440, count - len(rush)), rush]))
    first = rng.gamma(2.0, 6.0, count)
    return arrived, (first, rng.gamma(2.0, 12.0, count)), rng.random(count) < 0.15


def business_hours() -> Floats:
    """Minutes open in each hour: 8 to 20 every day, shorter at weekends, and time to finish in the end."""
    day = np.where((np.arange(24) >= 8) & (np.arange(24) < 20), 60.0, 0.0)
    weekend = np.where((np.arange(24) >= 9) & (np.arange(24) < 16), 60.0, 0.0)
    return np.concatenate([weekend if number % 7 >= 5 else day for number in range(DAYS + 60)])


def simulate_events(
    arrived: Floats, handle: Floats, agents: int, clock: CapacityCurve
) -> tuple[Floats, Floats]:
    """Begun and finished, each agent on their own: whoever is free first takes the ticket that came first."""
    order = np.argsort(arrived, kind="stable")
    came, work = clock.at(arrived[order]).tolist(), handle[order].tolist()
    free = [0.0] * agents
    begun = np.empty(len(came))
    for place, (at, minutes) in enumerate(zip(came, work, strict=True)):
        starts = max(heapq.heappop(free), at)
        begun[place] = starts
        heapq.heappush(free, starts + minutes)
    at = np.empty_like(begun)
    at[order] = begun
    return np.maximum(clock.when_next(at), arrived), clock.when(at + handle)


def by_hour(arrived: Floats) -> Floats:
    """Tickets of each hour of the days compared."""
    return np.histogram(arrived, np.arange(DAYS * 24 + 1) * 60.0)[0].astype(np.float64)


def at_days_ends(arrived: Floats, begun: Floats, clock: CapacityCurve) -> dict[str, Floats]:
    """What the burn-down says of each day, counted ticket by ticket. in_time: 1 on days without a ticket."""
    ends = (np.arange(DAYS) + 1) * 1440.0
    waits = (arrived <= ends[:, None]) & (begun > ends[:, None])
    oldest = np.where(waits, ends[:, None] - arrived, 0.0).max(axis=1) / 60
    in_time = clock.at(begun) - clock.at(arrived) <= TARGET.minutes + 1e-6
    day = (arrived // 1440).astype(np.int64)
    came, kept = (np.bincount(day, weights, minlength=DAYS)[:DAYS] for weights in (None, in_time))
    return {
        "backlog": waits.sum(axis=1).astype(np.float64),
        "oldest_hours": oldest,
        "in_time": np.where(came > 0, kept / np.maximum(came, 1), 1.0),
    }


def _beside(ours: Floats, events: Floats, worst: Callable[[Floats], float]) -> dict[str, float]:
    off = np.abs(ours - events)
    return {
        "worst_of_events": round(float(worst(events)), 3),
        "mean_difference": round(float(off.mean()), 3),
        "largest_difference": round(float(off.max()), 3),
    }


def backlog(count: int) -> dict[str, object]:
    """The plan's burn-down and the events on the same tickets."""
    arrived, handle, is_escalated = tickets(count, np.random.default_rng(1))
    opened = business_hours()
    clock, in_plan = CapacityCurve.of(opened), opened[: DAYS * 24]

    def load(arriving: Floats, tier: int) -> Load:
        return Load(arriving, np.zeros(BEFORE), float(handle[tier].mean()), in_plan * AGENTS[tier], in_plan)

    def curve() -> tuple[BurnDown, BurnDown]:
        arriving = by_hour(arrived)
        first = burn_down(load(arriving, 0), [TARGET])
        second = escalated(first.begun, arriving, arriving * is_escalated.mean(), DELAY_HOURS)
        return first, burn_down(load(second, 1), [TARGET])

    def events() -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        begun, finished = simulate_events(arrived, handle[0], AGENTS[0], clock)
        second = finished[is_escalated] + DELAY_HOURS * 60
        begun2, _ = simulate_events(second, handle[1][is_escalated], AGENTS[1], clock)
        return (arrived, begun), (second, begun2)

    curve_seconds, event_seconds = fastest(curve), fastest(events)
    compared = {}
    for tier, ours, theirs in zip((1, 2), curve(), events(), strict=True):
        counted = at_days_ends(*theirs, clock)
        compared[f"tier_{tier}"] = {
            name: _beside(getattr(ours, name), values, np.min if name == "in_time" else np.max)
            for name, values in counted.items()
        }
    return {
        "tickets": count,
        "escalated": int(is_escalated.sum()),
        "milliseconds": round(curve_seconds * 1000, 1),
        "events_milliseconds": round(event_seconds * 1000, 1),
        "times_faster": round(event_seconds / curve_seconds, 1),
        "by_day": compared,
    }


def main() -> None:
    """Reads the arguments, measures and prints the JSON object."""
    parser = argparse.ArgumentParser(description="Speed and correctness of the staffing models.")
    parser.add_argument("--intervals", type=int, default=50_000)
    parser.add_argument("--tickets", type=int, default=30_000)
    arguments = parser.parse_args()
    values = golden()
    print(
        json.dumps(
            {
                "erlang": erlang_seconds(arguments.intervals),
                "golden": values,
                "golden_largest_deviation": max(abs(float(value["deviation"])) for value in values),
                "backlog": backlog(arguments.tickets),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
