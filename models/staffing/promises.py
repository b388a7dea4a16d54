"""What is promised: answers on live channels within seconds, first replies to messages within business hours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from models.staffing.erlang import ServiceLevel

LIVE_CHANNELS = ("chat", "phone")
# Where no policy says how soon a live channel is answered, and how many of the tickets a promise is kept for.
USUAL_SECONDS = {"chat": 60.0, "phone": 20.0}
LIVE_SHARE = 0.80
MESSAGE_SHARE = 0.90
USUAL_REPLY_MINUTES = 1440.0


@dataclass(frozen=True)
class ReplyTarget:
    """A share of a line's messages and the minutes within which they are begun; is_business: which minutes count."""

    share: float
    minutes: float
    is_business: bool


@dataclass(frozen=True)
class Promises:
    """What is promised. live: by line and channel; messages: by line and tier, shares summing to 1.

    message_share: of the messages, those for which the promise must be kept.
    """

    live: dict[tuple[str, str], ServiceLevel]
    messages: dict[tuple[str, str], tuple[ReplyTarget, ...]]
    message_share: float = MESSAGE_SHARE

    def live_for(self, line: str, channel: str) -> ServiceLevel:
        """The service level of a live channel, the usual one where none is promised."""
        return self.live.get((line, channel)) or ServiceLevel(LIVE_SHARE, USUAL_SECONDS[channel])

    def messages_for(self, line: str, tier: str) -> tuple[ReplyTarget, ...]:
        """The targets of a line's messages at a tier; those of other tiers are those of tier 1."""
        found = self.messages.get((line, "2" if tier == "2" else "1"))
        return found or (ReplyTarget(1.0, USUAL_REPLY_MINUTES, True),)


def promises(policies: pl.DataFrame, mix: pl.DataFrame, now: datetime) -> tuple[Promises, list[str]]:
    """The targets that hold now, over the mix of tickets, and what had to be assumed.

    policies: the table `sla_policies`; mix: business_line, channel, priority, tickets. First-reply targets are
    tier 1's; no policy says how soon tier 2 takes up an escalation.
    """
    held = policies.filter(
        (pl.col("metric") == "first_reply")
        & (pl.col("valid_from") <= now)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") > now))
    )
    first = _Rules.of(held)
    live: dict[tuple[str, str], ServiceLevel] = {}
    contacts = mix.select("business_line", "channel", "priority").iter_rows()
    for line, channel, priority in contacts:
        rule = first.for_ticket(line, channel, priority)
        # A policy for all channels is about messages: nobody holds a line for half a day.
        if channel in LIVE_CHANNELS and rule is not None and rule.channel == channel:
            live[line, channel] = ServiceLevel(LIVE_SHARE, rule.minutes * 60)
    messages = _targets(first, mix.filter(~pl.col("channel").is_in(LIVE_CHANNELS)))
    return Promises(live, messages), _notes(first, mix, live)


@dataclass(frozen=True)
class _Rule:
    business_line: str | None
    channel: str | None
    priority: str | None
    minutes: float
    is_business: bool

    def names(self) -> int:
        """How many of line, channel and priority it names."""
        return sum(part is not None for part in (self.business_line, self.channel, self.priority))

    def fits(self, line: str, channel: str, priority: str | None) -> bool:
        named = ((self.business_line, line), (self.channel, channel), (self.priority, priority))
        return all(wanted is None or wanted == value for wanted, value in named)


@dataclass(frozen=True)
class _Rules:
    """The first-reply targets that hold."""

    rules: tuple[_Rule, ...]

    @classmethod
    def of(cls, policies: pl.DataFrame) -> _Rules:
        columns = ("business_line", "channel", "priority", "target_minutes", "clock")
        rows = policies.select(columns).iter_rows()
        return cls(
            tuple(
                _Rule(line, channel, priority, minutes, clock == "business")
                for line, channel, priority, minutes, clock in rows
            )
        )

    def for_ticket(self, line: str, channel: str, priority: str | None) -> _Rule | None:
        """The rule that names most of the ticket; of two alike, the stricter one."""
        fitting = [rule for rule in self.rules if rule.fits(line, channel, priority)]
        return max(fitting, key=lambda rule: (rule.names(), -rule.minutes), default=None)


def _targets(rules: _Rules, mix: pl.DataFrame) -> dict[tuple[str, str], tuple[ReplyTarget, ...]]:
    """By line and tier 1, the share of its tickets that each target holds for."""
    weights: dict[str, dict[tuple[float, bool], float]] = defaultdict(lambda: defaultdict(float))
    columns = ("business_line", "channel", "priority", "tickets")
    for line, channel, priority, tickets in mix.select(columns).iter_rows():
        rule = rules.for_ticket(line, channel, priority)
        target = (rule.minutes, rule.is_business) if rule else (USUAL_REPLY_MINUTES, True)
        weights[line][target] += tickets
    return {
        (line, "1"): tuple(
            ReplyTarget(weight / sum(of.values()), *target) for target, weight in sorted(of.items())
        )
        for line, of in weights.items()
        if sum(of.values()) > 0
    }


def _notes(first: _Rules, mix: pl.DataFrame, live: dict[tuple[str, str], ServiceLevel]) -> list[str]:
    told = [
        f"A target counts as kept where {MESSAGE_SHARE:.0%} of the messages are begun in time and {LIVE_SHARE:.0%} of "
        "the live contacts answered. Tier 2 should take up an escalation within 24 business hours."
    ]
    if not first.rules:
        told.append(
            "No first-reply target holds now: messages are planned to be answered within 24 business hours."
        )
    without = sorted(
        {channel for line, channel in mix.select("business_line", "channel").iter_rows()
         if channel in LIVE_CHANNELS and (line, channel) not in live}
    )  # fmt: skip
    for channel in without:
        told.append(
            f"No first-reply target names the channel {channel} for every line: {LIVE_SHARE:.0%} within "
            f"{USUAL_SECONDS[channel]:.0f} seconds is planned for there."
        )
    return told
