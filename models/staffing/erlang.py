"""Live channels: what a number of agents achieves (Erlang C, Erlang A), and the fewest that meet a target.

Load is in erlangs: arrivals x handle time, the agents that would be busy if nobody ever waited. Everything works on
arrays, one value per interval, and stays exact for thousands of agents: probabilities come from the incomplete gamma
function and not from sums of powers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincc, gammaln, ndtr

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Numbers = npt.ArrayLike

# Below this, what the incomplete gamma function returns has lost its digits.
_SMALLEST = 1e-290
# How far above the guess the fewest agents are looked for one by one; it lies one or two off.
_STEPS_UP = 4


@dataclass(frozen=True)
class ServiceLevel:
    """A promise for a live channel: this share of contacts answered within so many seconds.

    Raises ValueError for a share that no staffing can keep (1 or more) or that promises nothing (0 or less).
    """

    share: float
    within_seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(
                f"a service level of {self.share:g} cannot be planned for: take a share above 0 and below 1, "
                "such as 0.8; all contacts within any time is more than any number of people can promise"
            )
        if not self.within_seconds >= 0:
            raise ValueError(f"a service level within {self.within_seconds:g} seconds: expected 0 or more")


@dataclass(frozen=True)
class Performance:
    """What an interval comes to, one value each. Shares are 0 to 1.

    waiting: the share that has to wait. service_level: answered within the time, as a share of all that came.
    asa_seconds: average speed of answer, those who give up counted until they do; inf where the queue only grows.
    abandonment: the share that gives up; 0 under Erlang C.
    """

    waiting: Floats
    service_level: Floats
    asa_seconds: Floats
    occupancy: Floats
    abandonment: Floats


def erlang_c(
    arrivals_per_hour: Numbers, handle_seconds: Numbers, agents: Numbers, within_seconds: Numbers
) -> Performance:
    """Waiting where everybody stays until answered (Erlang 1917), per interval.

    With no more agents than load the queue only grows: all wait, service level 0, occupancy 1.
    Raises ValueError for a negative or missing number, or for work that takes no time.
    """
    return _erlang_c(*_checked(arrivals_per_hour, handle_seconds, agents, within_seconds))


def erlang_a(
    arrivals_per_hour: Numbers,
    handle_seconds: Numbers,
    agents: Numbers,
    within_seconds: Numbers,
    patience_seconds: Numbers,
) -> Performance:
    """Waiting where people give up after a while (Palm 1957; Mandelbaum and Zeltyn 2007), per interval.

    patience_seconds: how long people would wait on average, exponentially distributed. Any number of agents above
    0 is stable. Raises ValueError as `erlang_c` does, and for no patience or no agents.
    """
    load, handle, servers, within = _checked(arrivals_per_hour, handle_seconds, agents, within_seconds)
    patience = np.broadcast_to(np.asarray(patience_seconds, dtype=np.float64), load.shape)
    if not np.all(patience > 0):
        raise ValueError(f"patience_seconds is {float(patience.min()):g}; expected more than 0")
    if not np.all(servers[load > 0] > 0):
        raise ValueError("agents is 0 where contacts arrive; expected at least 1")
    some = load > 0
    # In units of patience: the rate at which all agents together finish, and the rate at which contacts come.
    finish = np.where(some, servers * patience / handle, 1.0)
    come = np.where(some, load * patience / handle, 0.5)
    decay = np.exp(-within / patience)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        below = gammainc(finish, come)
        inverse_a = _inverse_palm(finish, come, below)
        busy = _inverse_erlang_b(servers, np.where(some, load, 1.0))
        waiting = np.where(some, 1 / (1 + (busy - 1) * inverse_a), 0.0)
        ratio = come / finish
        gives_up = np.clip(inverse_a / ratio + 1 - 1 / ratio, 0.0, 1.0)
        # Of those who wait, served within the time. Patience so long that the digits are gone is no hurry at all.
        # gammainc(x + 1, y) / gammainc(x, y) is 1 less the inverse of Palm's sum.
        served = finish / come * (1 - inverse_a - gammainc(finish + 1, come * decay) / below)
        unhurried = 1 - np.exp(-np.maximum(servers - load, 0) * within / handle)
        served = np.where(below > _SMALLEST, served, unhurried)
    abandonment = waiting * gives_up
    service_level = np.clip(1 - waiting + waiting * served, 0.0, 1.0)
    occupancy = np.where(some, np.minimum(load * (1 - abandonment) / np.maximum(servers, 1), 1.0), 0.0)
    return Performance(waiting, service_level, abandonment * patience, occupancy, abandonment)


def agents_needed(
    arrivals_per_hour: Numbers,
    handle_seconds: Numbers,
    target: ServiceLevel,
    *,
    patience_seconds: Numbers | None = None,
    occupancy_cap: float = 1.0,
    concurrency: int = 1,
) -> Ints:
    """Fewest agents on the floor that meet a service level and stay under an occupancy cap, per interval.

    Erlang C; Erlang A where patience_seconds is given. concurrency: chats an agent holds at once; each counts as a
    place, so handle_seconds is how long one chat lasts. No agents where nothing arrives.
    Raises ValueError for a cap outside (0, 1], a concurrency below 1, or as `erlang_c` does.
    """
    if not 0 < occupancy_cap <= 1:
        raise ValueError(f"occupancy_cap is {occupancy_cap:g}; expected more than 0 and at most 1")
    if concurrency < 1:
        raise ValueError(f"concurrency is {concurrency}; expected at least 1 chat at a time")
    rate, handle = np.broadcast_arrays(*np.atleast_1d(arrivals_per_hour, handle_seconds))
    load, handle, _, _ = _checked(rate, handle, 0, target.within_seconds)
    rate = load / np.where(handle > 0, handle, 1) * 3600
    patience = None if patience_seconds is None else np.broadcast_to(patience_seconds, load.shape)

    def is_met(agents: Floats, rows: Ints) -> Bools:
        places, share = agents * concurrency, target.within_seconds
        if patience is None:
            reached = erlang_c(rate[rows], handle[rows], places, share)
        else:
            reached = erlang_a(rate[rows], handle[rows], places, share, patience[rows])
        # A cap of 0.85 with 17 of 20 busy is met: rounding must not ask for one more.
        return (reached.service_level >= target.share - 1e-12) & (reached.occupancy <= occupancy_cap + 1e-12)

    needed = np.zeros(load.shape, dtype=np.int64)
    rows = np.flatnonzero(load > 0)
    guess = _square_root_staffing(load[rows], handle[rows], target)
    guess = np.ceil(np.maximum(guess, load[rows] / occupancy_cap) / concurrency)
    if patience is None:
        guess, is_fewest = _walk_up(guess, load[rows], handle[rows], target, occupancy_cap, concurrency)
        needed[rows[is_fewest]] = guess[is_fewest]
        rows, guess = rows[~is_fewest], guess[~is_fewest]
    needed[rows] = _fewest(lambda agents, places: is_met(agents, rows[places]), guess)
    return needed


def agents_by_table(
    arrivals_per_hour: Floats,
    handle_seconds: float,
    target: ServiceLevel,
    *,
    occupancy_cap: float = 1.0,
    concurrency: int = 1,
) -> Ints:
    """What `agents_needed` gives under Erlang C, for any number of intervals of one queue at the cost of one.

    It looks up how many arrivals each number of agents carries, which is the planner's staffing table.
    """
    load = arrivals_per_hour * handle_seconds / 3600
    busiest = float(arrivals_per_hour.max(initial=0.0))
    if not load.any():
        return np.zeros(arrivals_per_hour.shape, dtype=np.int64)
    most = agents_needed(
        busiest, handle_seconds, target, occupancy_cap=occupancy_cap, concurrency=concurrency
    )
    places: Floats = np.arange(1, int(most[0]), dtype=np.float64) * concurrency
    handle, within = np.full(len(places), handle_seconds), np.full(len(places), target.within_seconds)
    low, high = np.zeros(len(places)), places * occupancy_cap
    for _ in range(40 if len(places) else 0):
        middle = (low + high) / 2
        is_kept = _erlang_c(middle, handle, places, within).service_level >= target.share
        low, high = np.where(is_kept, middle, low), np.where(is_kept, high, middle)
    # A load at the very limit is carried: bisection must not ask for one more.
    return np.where(load > 0, np.searchsorted(low * (1 + 1e-9), load) + 1, 0)


def people_needed(agents: Numbers, shrinkage: Numbers) -> Floats:
    """People on the payroll for so many on the floor. shrinkage: share of paid time away from the floor, 0 to under 1.

    Raises ValueError for a shrinkage of 1 or more: nobody would ever be there.
    """
    away = np.asarray(shrinkage, dtype=np.float64)
    if not np.all((away >= 0) & (away < 1)):
        raise ValueError(
            f"shrinkage is {float(np.max(away)):g}; expected 0 or more and less than 1, such as 0.3: "
            "with all time away from the floor no number of people is enough"
        )
    return np.asarray(agents, dtype=np.float64) / (1 - away)


def _checked(
    arrivals_per_hour: Numbers, handle_seconds: Numbers, agents: Numbers, within_seconds: Numbers
) -> tuple[Floats, Floats, Floats, Floats]:
    """Load, handle seconds, agents and seconds to answer within, all of one shape of at least one dimension."""
    named = {
        "arrivals_per_hour": arrivals_per_hour,
        "handle_seconds": handle_seconds,
        "agents": agents,
        "within_seconds": within_seconds,
    }
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    for name, values in arrays.items():
        if not np.all(values >= 0):
            raise ValueError(f"{name} is {float(np.min(values)):g}; expected 0 or more in every interval")
    rate, handle, servers, within = np.broadcast_arrays(*np.atleast_1d(*arrays.values()))
    if np.any((handle == 0) & (rate > 0)):
        raise ValueError(
            "handle_seconds is 0 where contacts arrive; give the average handle time, which is above 0"
        )
    return rate * handle / 3600, np.where(handle > 0, handle, 1.0), servers, within


def _erlang_c(load: Floats, handle: Floats, servers: Floats, within: Floats) -> Performance:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        is_stable = servers > load
        spare = np.where(is_stable, servers - load, 1.0)
        inverse_b = _inverse_erlang_b(servers, load)
        waiting = np.where(is_stable, 1 / (1 + (inverse_b - 1) * spare / servers), 1.0)
        waiting = np.where(load > 0, waiting, 0.0)
        late = np.where(is_stable, np.exp(-spare * within / handle), 1.0)
        asa = np.where(is_stable, waiting * handle / spare, np.where(load > 0, np.inf, 0.0))
        occupancy = np.where(load > 0, np.minimum(load / servers, 1.0), 0.0)
    return Performance(waiting, 1 - waiting * late, asa, occupancy, np.zeros_like(load))


def _inverse_erlang_b(servers: Floats, load: Floats) -> Floats:
    """1 / the share that finds all servers busy where nobody waits: a Poisson tail over a Poisson term."""
    tail = gammaincc(servers + 1, load)
    inverse = np.exp(np.log(tail) + load - servers * np.log(load) + gammaln(servers + 1))
    lost = np.flatnonzero((tail < _SMALLEST) & (load > 0))
    # Far too few servers: 1 + n/a + n(n-1)/a^2 + ... falls off at once.
    inverse[lost] = _series(lambda step: np.maximum(servers[lost] - step, 0) / load[lost], len(lost))
    return inverse


def _inverse_palm(finish: Floats, come: Floats, below: Floats) -> Floats:
    """1 / Palm's sum 1 + y/(x+1) + y^2/((x+1)(x+2)) + ..., y: come, x: finish, in units of patience."""
    log_sum = np.log(finish) + come - finish * np.log(come) + gammaln(finish) + np.log(below)
    inverse = np.exp(-log_sum)
    lost = np.flatnonzero(below < _SMALLEST)
    inverse[lost] = 1 / _series(lambda step: come[lost] / (finish[lost] + step + 1), len(lost))
    return inverse


def _series(factor: Callable[[int], Floats], size: int) -> Floats:
    """1 + f0 + f0 f1 + ..., until nothing is added any more."""
    total, term = np.ones(size), np.ones(size)
    step = 0
    while size and np.any(term > 1e-17 * total):
        term = term * factor(step)
        total += term
        step += 1
    return total


def _square_root_staffing(load: Floats, handle: Floats, target: ServiceLevel) -> Floats:
    """About the servers needed: load and a safety margin that grows with its root (Halfin and Whitt 1981)."""
    if not len(load):
        return load
    urgency = np.sqrt(load) * target.within_seconds / handle
    grid = np.concatenate([[0.0], np.geomspace(1e-3, max(float(urgency.max()), 1.0), 200)])
    low, high = np.full(len(grid), 1e-4), np.full(len(grid), 8.0)
    for _ in range(30):
        margin = (low + high) / 2
        waiting = 1 / (1 + margin * ndtr(margin) / np.exp(-(margin**2) / 2) * np.sqrt(2 * np.pi))
        is_late = waiting * np.exp(-margin * grid) > 1 - target.share
        low, high = np.where(is_late, margin, low), np.where(is_late, high, margin)
    return load + np.interp(urgency, grid, high) * np.sqrt(load)


def _walk_up(
    guess: Floats, load: Floats, handle: Floats, target: ServiceLevel, cap: float, concurrency: int
) -> tuple[Floats, Bools]:
    """From one below the guess upwards until the target is met, and for which places that is surely the fewest.

    One incomplete gamma function serves all steps: 1/B(n + 1) = 1 + (n + 1)/a 1/B(n) (Erlang's recursion).
    """
    agents = np.maximum(guess - 1, 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse_b = _inverse_erlang_b(agents * concurrency, load)
    is_fewest = np.zeros(len(load), dtype=bool)
    left = np.arange(len(load))
    for step in range(_STEPS_UP):
        places, work = agents[left] * concurrency, load[left]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            spare = np.maximum(places - work, 0.0)
            waiting = 1 / (1 + (inverse_b[left] - 1) * spare / places)
            late = waiting * np.exp(-spare * target.within_seconds / handle[left])
        met = (1 - late >= target.share - 1e-12) & (work <= places * (cap + 1e-12))
        is_fewest[left[met]] = (step > 0) | (agents[left[met]] == 1)
        left = left[~met]
        for place in range(1, concurrency + 1):
            inverse_b[left] = 1 + (agents[left] * concurrency + place) / load[left] * inverse_b[left]
        agents[left] += 1
    return agents, is_fewest


def _fewest(is_met: Callable[[Floats, Ints], Bools], guess: Floats) -> Ints:
    """The smallest number from 1 on that is met, per place; once met, every larger number is, too."""
    number = np.maximum(guess, 1.0)
    short, enough = np.zeros(len(number)), np.full(len(number), np.inf)
    step = np.ones(len(number))
    open_places = np.arange(len(number))
    while len(open_places):
        met = is_met(number[open_places], open_places)
        enough[open_places[met]] = number[open_places[met]]
        short[open_places[~met]] = number[open_places[~met]]
        open_places = open_places[enough[open_places] - short[open_places] > 1]
        low, high, by = short[open_places], enough[open_places], step[open_places]
        outwards = np.where(np.isinf(high), low + by, np.maximum(high - by, low + 1))
        inside = np.floor((low + high) / 2)
        is_bracketed = np.isfinite(high) & (low > 0)
        number[open_places] = np.where(is_bracketed, inside, outwards)
        step[open_places] *= 2
    return enough.astype(np.int64)
