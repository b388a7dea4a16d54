"""The history of every ticket as the helpdesk would have logged it, and its state at the as-of date."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from models.simulation.intake import Intake
from models.simulation.lifecycle import Timeline
from models.simulation.world import (
    HUBS,
    LINES,
    PRIORITIES,
    REGIONS,
    SOURCE,
    VENDORS,
    Bools,
    Floats,
    Ints,
    first_tier_group,
    second_tier_group,
)

AGENTS_PER_GROUP = 24


@dataclass(frozen=True)
class Owners:
    """Who had the ticket: groups as places in `names`, agents as numbers."""

    names: list[str]
    first_group: Ints
    second_group: Ints
    first_agent: Ints
    second_agent: Ints


def owners(intake: Intake, rng: np.random.Generator) -> Owners:
    """The tier-1 group by vendor, line and region, the tier-2 group by line and hub, and an agent in each."""
    tier1 = [
        first_tier_group(vendor, line, region) for vendor in VENDORS for line in LINES for region in REGIONS
    ]
    tier2 = [second_tier_group(line, hub) for line in LINES for hub in HUBS]
    first = (intake.vendor * len(LINES) + intake.line) * len(REGIONS) + intake.region
    hub = np.array([list(HUBS).index(region.hub) for region in REGIONS])[intake.region]
    second = len(tier1) + intake.line * len(HUBS) + hub
    draw = rng.integers(0, AGENTS_PER_GROUP, (2, len(first)))
    return Owners(
        tier1 + tier2, first, second, first * AGENTS_PER_GROUP + draw[0], second * AGENTS_PER_GROUP + draw[1]
    )


def agent_id(number: int) -> str:
    """An agent's id as the events carry it."""
    return f"agent-{number:04d}"


@dataclass
class EventLog:
    """Collects events as columns of numbers; strings come last, from one list of words."""

    end: float
    deleted: Floats
    words: list[str | None] = field(default_factory=lambda: [None])
    pieces: list[tuple[Ints, Ints, int, Ints, Ints, int]] = field(default_factory=list)

    def word(self, text: str | None) -> int:
        """The place of a word in the list, added when it is new."""
        if text not in self.words:
            self.words.append(text)
        return self.words.index(text)

    def vocabulary(self, texts: list[str], codes: Ints) -> Ints:
        """Places in the word list for codes that are places in `texts`."""
        return np.array([self.word(text) for text in texts])[codes]

    def add(
        self,
        kind: str,
        minute: Floats,
        actor: str,
        from_value: str | Ints | None = None,
        to_value: str | Ints | None = None,
    ) -> None:
        """Add an event to every ticket where `minute` is given, has come by the end, and is before deletion."""
        rows = np.flatnonzero((minute < self.end) & ~(minute > self.deleted))
        before, after = (
            value[rows] if isinstance(value, np.ndarray) else np.full(len(rows), self.word(value))
            for value in (from_value, to_value)
        )
        second = np.floor(minute[rows] * 60).astype(np.int64)
        self.pieces.append((rows, second, self.word(kind), before, after, self.word(actor)))

    def frame(self, start_us: int, ticket_ids: pl.Series) -> pl.DataFrame:
        """The events in order of ticket and time, ties in the order in which they were added."""
        rows = np.concatenate([piece[0] for piece in self.pieces])
        second = np.concatenate([piece[1] for piece in self.pieces])
        step = np.concatenate([np.full(len(piece[0]), number) for number, piece in enumerate(self.pieces)])
        # Ticket, time since creation and step in one number: 2^31 seconds, 2^6 steps.
        key = (rows << 37) | ((second - second[: len(ticket_ids)][rows]) << 6) | step
        order = np.argsort(key)
        del key, step
        words = pl.Series(self.words, dtype=pl.String)
        kind, before, after, actor = (self._column(place, order) for place in (2, 3, 4, 5))
        number = pl.int_range(1, len(rows) + 1, eager=True)
        return pl.DataFrame(
            {
                "source": pl.repeat(SOURCE, len(rows), eager=True),
                "event_id": "e" + number.cast(pl.String),
                "ticket_id": ticket_ids.gather(rows[order]),
                "occurred_at": pl.Series(start_us + second[order] * 1_000_000).cast(pl.Datetime("us")),
                "kind": words.gather(kind),
                "from_value": words.gather(before),
                "to_value": words.gather(after),
                "actor_kind": words.gather(actor),
            }
        )

    def _column(self, place: int, order: Ints) -> npt.NDArray[np.int32]:
        parts = []
        for piece in self.pieces:
            value = piece[place]
            parts.append(
                np.full(len(piece[0]), value, dtype=np.int32)
                if isinstance(value, int)
                else value.astype(np.int32)
            )
        return np.concatenate(parts)[order]


def write_log(intake: Intake, timeline: Timeline, owned: Owners, end: float) -> EventLog:
    """Every event up to the end, in the order in which one follows from another."""
    t, now = timeline, intake.minute
    log = EventLog(end, t.deleted)
    first_group = log.vocabulary(owned.names, owned.first_group)
    second_group = log.vocabulary(owned.names, owned.second_group)
    agents = [agent_id(number) for number in range(len(owned.names) * AGENTS_PER_GROUP)]
    agent_words = np.array([len(log.words) + number for number in range(len(agents))])
    log.words.extend(agents)
    raised_to = np.minimum(intake.priority + 1, len(PRIORITIES) - 1)
    policies = [*(f"sla-{name}" for name in PRIORITIES), "sla-chat"]
    # Policies of replies, then of resolutions, each before and after the priority was raised.
    replies, replies_then = (
        log.vocabulary(policies, np.where(intake.channel == 1, 4, priority))
        for priority in (intake.priority, raised_to)
    )
    resolutions, resolutions_then = (
        log.vocabulary(policies, priority) for priority in (intake.priority, raised_to)
    )

    # `created` comes first and for every ticket: frame() reads the creation times from it.
    log.add("created", now, "requester", None, "new")
    log.add("group_changed", now + 1 / 60, "system", None, first_group)
    log.add("sla_applied", now + 2 / 60, "system", replies, "first_reply")
    log.add("assigned", t.assigned, "system", None, agent_words[owned.first_agent])
    log.add("status_changed", np.where(np.isnan(t.first_reply), np.nan, t.assigned), "system", "new", "open")
    priority = log.vocabulary(list(PRIORITIES), intake.priority)
    raised = log.vocabulary(list(PRIORITIES), raised_to)
    log.add("priority_changed", t.raised, "agent", priority, raised)
    log.add("sla_applied", t.raised, "system", replies_then, "first_reply")
    log.add("public_reply", t.first_reply, "agent")
    log.add("status_changed", t.pending, "agent", "open", "pending")
    log.add("public_reply", t.answered, "requester")
    log.add("status_changed", t.answered, "requester", "pending", "open")
    log.add("public_reply", t.second_reply, "agent")
    log.add("internal_note", t.escalated, "agent")
    log.add("escalated", t.escalated, "agent", first_group, second_group)
    log.add("group_changed", t.escalated, "agent", first_group, second_group)
    log.add(
        "assigned",
        t.second_assigned,
        "system",
        agent_words[owned.first_agent],
        agent_words[owned.second_agent],
    )
    log.add("public_reply", t.tier2_reply, "agent")
    log.add("status_changed", t.held, "agent", "open", "hold")
    log.add("status_changed", t.resumed, "agent", "hold", "open")
    log.add("public_reply", t.partner_reply, "agent")
    _add_ends(log, t)
    for broken, before, then, metric in (
        (t.first_reply_broken, replies, replies_then, "first_reply"),
        (t.resolution_broken, resolutions, resolutions_then, "resolution"),
    ):
        log.add("sla_breached", broken, "system", np.where(t.raised <= broken, then, before), metric)
    return log


def _add_ends(log: EventLog, t: Timeline) -> None:
    unanswered = ~np.isnan(t.pending) & np.isnan(t.answered)
    unreplied = np.isnan(t.first_reply)
    for rows, actor, status in ((unanswered, "system", "pending"), (unreplied, "requester", "new")):
        log.add("solved", np.where(rows, t.solved, np.nan), actor, status, "solved")
    log.add("solved", np.where(unanswered | unreplied, np.nan, t.solved), "agent", "open", "solved")
    log.add("public_reply", t.reopened, "requester")
    log.add("reopened", t.reopened, "requester", "solved", "open")
    log.add("public_reply", t.reopened_reply, "agent")
    log.add("solved", t.solved_again, "agent", "open", "solved")
    log.add("status_changed", t.closed, "system", "solved", "closed")
    log.add("deleted", t.deleted, "agent")


@dataclass(frozen=True)
class State:
    """Tickets as they stand at the end of the history, one value per ticket."""

    status: pl.Series
    updated: Ints  # seconds since the start
    is_escalated: Bools
    is_deleted: Bools


def state(log: EventLog, size: int) -> State:
    """Status, last change and escalation by the events that have happened."""
    status = np.zeros(size, dtype=np.int64)
    updated = np.zeros(size, dtype=np.int64)
    is_escalated = np.zeros(size, dtype=bool)
    is_deleted = np.zeros(size, dtype=bool)
    deleted = log.word("deleted")
    sets_status = {log.word(kind) for kind in ("created", "status_changed", "solved", "reopened")}
    for rows, second, kind, _, after, _ in log.pieces:
        updated[rows] = np.maximum(updated[rows], second)  # a row comes once per piece
        if kind in sets_status:
            status[rows] = after
        elif kind == deleted:
            status[rows] = deleted
            is_deleted[rows] = True
        elif kind == log.word("escalated"):
            is_escalated[rows] = True
    return State(pl.Series(log.words, dtype=pl.String).gather(status), updated, is_escalated, is_deleted)
