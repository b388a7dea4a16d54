"""The tickets as a helpdesk would export them at the as-of date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from models.simulation.event_log import AGENTS_PER_GROUP, Owners, State
from models.simulation.intake import LANGUAGES, METHODS, Intake
from models.simulation.lifecycle import Timeline
from models.simulation.people import agent_names, named
from models.simulation.satisfaction import Satisfaction
from models.simulation.world import (
    ASKERS,
    CHANNELS,
    PLATFORMS,
    PRIORITIES,
    REGION_NAMES,
    SOURCE,
    Bools,
    Floats,
    Ints,
)

# What an escalation adds to tier 1's handling, as a share of it, and a reopening in minutes.
TIER2_HANDLE_SHARE, _REOPENED_HANDLE_MINUTES = 1.2, 4.0
_TAGS: list[list[str]] = [[], ["app"], ["vip"], ["app", "vip"]]


def ticket_table(
    intake: Intake,
    timeline: Timeline,
    owned: Owners,
    now: State,
    rated: Satisfaction,
    texts: pl.DataFrame,
    ids: pl.Series,
    start_us: int,
    end: float,
) -> pl.DataFrame:
    """The contract's columns, with requester and assignee by name, and the texts as written.

    start_us: the start in microseconds since 1970. end: minutes since the start.
    """
    people = named(intake.requester, intake.region, REGION_NAMES)
    seconds = np.floor(intake.minute * 60).astype(np.int64)
    given = pl.DataFrame(
        {
            "source": pl.repeat(SOURCE, len(ids), eager=True),
            "ticket_id": ids,
            "created_at": _time(start_us, seconds),
            "updated_at": _time(start_us, now.updated),
            "status": now.status,
            "priority": _named(PRIORITIES, _priority(intake, timeline, end)),
            "channel": _named(CHANNELS, intake.channel),
            "channel_raw": _named(["native_messaging", "live_chat", "email"], intake.channel),
            "business_line": _named([line for line, _ in ASKERS], intake.asker),
            "user_type": _named([user_type for _, user_type in ASKERS], intake.asker),
            "region": _named(REGION_NAMES, intake.region),
            "language": _named(LANGUAGES, intake.language),
            "group_id": _named(
                owned.names, np.where(now.is_escalated, owned.second_group, owned.first_group)
            ),
            "requester_id": "u" + pl.Series(intake.requester + 1).cast(pl.String).str.zfill(7),
            "requester_name": people["full_name"],
            "assignee_name": _assignees(timeline, owned, end),
            "subject": texts["subject"],
            "body": texts["body"],
            # One requester in twenty-five is a VIP.
            "tags": pl.Series(_TAGS).gather((intake.platform < 2) + 2 * (intake.requester % 25 == 0)),
            "attributes": _attributes(intake),
            "csat_offered": rated.offered,
            "csat_score": rated.score,
            "csat_comment": rated.comment,
            "csat_reason": rated.reason,
            "is_escalated": pl.Series(now.is_escalated),
            "handle_minutes": _handle_minutes(timeline, end),
        }
    )
    return given.hstack(_reported(intake, timeline, start_us, end))


def _has_come(moment: Floats, timeline: Timeline, end: float) -> Bools:
    """Whether it happened by the end, and before the ticket was deleted."""
    return (moment < end) & ~(moment > timeline.deleted)


def _priority(intake: Intake, timeline: Timeline, end: float) -> Ints:
    was_raised = _has_come(timeline.raised, timeline, end)
    return np.where(was_raised, np.minimum(intake.priority + 1, len(PRIORITIES) - 1), intake.priority)


def _assignees(timeline: Timeline, owned: Owners, end: float) -> pl.Series:
    is_second = _has_come(timeline.second_assigned, timeline, end)
    agent = np.where(is_second, owned.second_agent, owned.first_agent)
    names = agent_names(len(owned.names) * AGENTS_PER_GROUP).gather(agent)
    is_assigned = pl.Series(_has_come(timeline.assigned, timeline, end))
    return pl.select(pl.when(is_assigned).then(names)).to_series()


def _handle_minutes(timeline: Timeline, end: float) -> pl.Series:
    """Agents' minutes so far; none before somebody has taken the ticket up."""
    t = timeline
    minutes = t.handle_minutes * (1 + TIER2_HANDLE_SHARE * _has_come(t.tier2_reply, t, end))
    minutes = minutes + _REOPENED_HANDLE_MINUTES * _has_come(t.reopened_reply, t, end)
    is_assigned = _has_come(t.assigned, t, end)
    return pl.Series(np.where(is_assigned, np.round(minutes, 1), np.nan)).fill_nan(None)


def _reported(intake: Intake, timeline: Timeline, start_us: int, end: float) -> pl.DataFrame:
    """The helpdesk's own figures, in calendar minutes; it gives no business minutes."""
    t = timeline

    def by_end(moment: Floats) -> Floats:
        return np.where(_has_come(moment, t, end), moment, np.nan)

    first_reply, solved, reopened, solved_again = (
        by_end(m) for m in (t.first_reply, t.solved, t.reopened, t.solved_again)
    )
    last = np.where(np.isnan(reopened), solved, solved_again)
    closed = by_end(t.closed)
    answers = (t.first_reply, t.second_reply, t.tier2_reply, t.partner_reply, t.reopened_reply)
    replies = np.sum([~np.isnan(by_end(moment)) for moment in answers], axis=0)
    met = np.isnan(by_end(t.first_reply_broken)) & np.isnan(by_end(t.resolution_broken))

    def minutes(moment: Floats) -> pl.Series:
        return pl.Series(np.round(moment - intake.minute, 1)).fill_nan(None)

    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(last))
    return pl.DataFrame(
        {
            "reported_sla_met": pl.select(
                pl.when(pl.Series(~np.isnan(last))).then(pl.Series(met))
            ).to_series(),
            "reported_solved_at": _maybe_time(start_us, last),
            "reported_closed_at": _maybe_time(start_us, closed),
            "reported_reopens": pl.Series((~np.isnan(reopened)).astype(np.int64)),
            "reported_replies": pl.Series(replies),
            "reported_reassignments": pl.Series((~np.isnan(by_end(t.second_assigned))).astype(np.int64)),
            "reported_first_reply_minutes": minutes(first_reply),
            "reported_first_reply_minutes_business": nothing,
            "reported_first_resolution_minutes": minutes(solved),
            "reported_first_resolution_minutes_business": nothing,
            "reported_full_resolution_minutes": minutes(last),
            "reported_full_resolution_minutes_business": nothing,
            "reported_requester_wait_minutes": nothing,
            "reported_requester_wait_minutes_business": nothing,
            "reported_agent_wait_minutes": nothing,
            "reported_agent_wait_minutes_business": nothing,
            "reported_on_hold_minutes": nothing,
            "reported_on_hold_minutes_business": nothing,
        }
    )


def _attributes(intake: Intake) -> pl.Series:
    """The attributes a ticket has, as lists of key and value."""
    columns = (
        ("platform", list(PLATFORMS), intake.platform),
        ("app_version", intake.versions, intake.version),
        ("payment_method", METHODS, intake.method),
        ("error_code", intake.error_codes, intake.error_code),
    )
    places = np.stack([place for _, _, place in columns], axis=1)
    has = places >= 0
    offsets = np.concatenate([[0], np.cumsum(has.sum(axis=1))]).astype(np.int64)
    first = np.cumsum([0, *(len(names) for _, names, _ in columns)])
    words = pl.Series([name for _, names, _ in columns for name in names], dtype=pl.String)
    keys = pl.Series([key for key, _, _ in columns])
    values = words.gather((places + first[:-1])[has]).to_arrow()
    pairs = pa.StructArray.from_arrays([keys.gather(np.nonzero(has)[1]).to_arrow(), values], ["key", "value"])
    return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(pl.Series(offsets).to_arrow(), pairs)))


def _time(start_us: int, second: Ints) -> pl.Series:
    return pl.Series(start_us + second * 1_000_000).cast(pl.Datetime("us"))


def _maybe_time(start_us: int, minute: Floats) -> pl.Series:
    times = _time(start_us, np.floor(np.nan_to_num(minute) * 60).astype(np.int64))
    return pl.select(pl.when(pl.Series(~np.isnan(minute))).then(times)).to_series()


def _named(names: Sequence[str], place: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(place)
