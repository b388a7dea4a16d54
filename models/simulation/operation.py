"""A simulated support operation: the tables it would export, and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pyarrow as pa

from models.simulation import user_tables, world
from models.simulation.calendar import KNOWN_AHEAD, campaigns, public_holidays, schedule_holidays
from models.simulation.event_log import Owners, State, owners, state, write_log
from models.simulation.exposure import exposure
from models.simulation.intake import LANGUAGES, METHODS, Intake, take_in
from models.simulation.issues import issue_links, issue_tables, open_issues
from models.simulation.lifecycle import Timeline, live, workplace
from models.simulation.people import agent_names, named
from models.simulation.planted import plan
from models.simulation.quality import qa_reviews
from models.simulation.satisfaction import Satisfaction, satisfaction
from models.simulation.texts import write_texts
from models.simulation.truth import truth_tables
from models.simulation.volume import arrive, expect
from models.simulation.world import (
    ASKERS,
    CHANNELS,
    PLATFORMS,
    PRIORITIES,
    REGION_NAMES,
    SOURCE,
    VENDORS,
    Floats,
    Ints,
)

# Sizes of the planted faults, newest first, as shares of a week's tickets.
EFFECTS = (0.12, 0.05, 0.2, 0.08, 0.03)
FEWEST_DAYS = 56


@dataclass(frozen=True)
class Operation:
    """The simulated company's data. tables: the contract's, by name. truth: what tests compare with."""

    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]


def simulate(
    tickets: int,
    seed: int,
    as_of: date,
    days: int = 730,
    effects: tuple[float, ...] = EFFECTS,
    worse_vendor: str | None = None,
    calendar_errors: float = 0.15,
) -> Operation:
    """Simulate a support operation up to midnight (UTC) at the start of a day; the same arguments give the same frames.

    tickets: how many, exactly. days: length of the history, at least 56. effects: sizes of the faulty releases
    as shares of a week's tickets. worse_vendor: a vendor that truly works worse ("Brightline" or "Halden").
    calendar_errors: share of campaigns that the calendar has wrong or not at all.
    The tables are the contract's, except that tickets carry requester_id, requester_name and assignee_name as a
    helpdesk's export does, with texts as written, not redacted. Raises ValueError for arguments out of range.
    """
    _check(tickets, days, worse_vendor, calendar_errors)
    rng = np.random.default_rng(seed)
    end = datetime.combine(as_of, time())
    start = end - timedelta(days=days)
    minutes = days * 1440.0

    known = campaigns(start, end, calendar_errors, rng)
    holidays = public_holidays(start.date(), (end + KNOWN_AHEAD).date())
    planted = plan(start, end, tickets / days * 7, effects, rng)
    volume = expect(tickets, start, days, known, holidays, planted, rng)
    intake = take_in(arrive(tickets, volume, planted, rng), planted, start, days, rng)
    closed = schedule_holidays(holidays)
    place = workplace(volume, _closed_days(closed))
    timeline = live(intake, place, planted, start, end, worse_vendor, rng)
    owned = owners(intake, rng)
    log = write_log(intake, timeline, owned, minutes)
    now = state(log, tickets)
    ids = "t" + pl.int_range(100_001, 100_001 + tickets, eager=True).cast(pl.String)
    start_us = int((start - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
    rated = satisfaction(intake, timeline, minutes, worse_vendor, rng)
    texts = write_texts(intake, rng)
    team_issues = open_issues(planted, start, end, rng)
    issues, transitions = issue_tables(team_issues)
    tables = {
        "tickets": _tickets(intake, timeline, owned, now, rated, texts, ids, start_us, minutes, rng),
        "ticket_events": log.frame(start_us, ids),
        "qa_reviews": qa_reviews(ids, timeline.solved, minutes, start_us, rng),
        "issue_links": issue_links(
            team_issues, intake, timeline.escalated, now.is_escalated, ids, start, rng
        ),
        "issues": issues,
        "issue_transitions": transitions,
        "groups": world.groups(start - timedelta(days=365)),
        "sla_policies": world.sla_policies(start, end),
        "schedules": world.schedules(),
        "holidays": closed,
        "calendar": user_tables.calendar(known, holidays, planted),
        "exposure": exposure(volume, rng),
        "actions": user_tables.actions(planted, end),
    }
    return Operation(tables, truth_tables(intake, ids, planted, known, end, worse_vendor))


def _check(tickets: int, days: int, worse_vendor: str | None, calendar_errors: float) -> None:
    if tickets < 100:
        raise ValueError(f"tickets is {tickets}; a simulated operation needs at least 100")
    if days < FEWEST_DAYS:
        raise ValueError(f"days is {days}; a simulated history needs at least {FEWEST_DAYS}")
    if worse_vendor is not None and worse_vendor not in VENDORS:
        raise ValueError(f"worse_vendor is {worse_vendor!r}; it must be one of {', '.join(VENDORS)} or None")
    if not 0 <= calendar_errors <= 1:
        raise ValueError(f"calendar_errors is {calendar_errors}; it must be a share between 0 and 1")


def _closed_days(holidays: pl.DataFrame) -> dict[str, set[date]]:
    return {
        str(name): set(rows["date"].to_list())
        for (name,), rows in holidays.partition_by("schedule_id", as_dict=True).items()
    }


def _tickets(
    intake: Intake,
    timeline: Timeline,
    owned: Owners,
    now: State,
    rated: Satisfaction,
    texts: pl.DataFrame,
    ids: pl.Series,
    start_us: int,
    end: float,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The tickets at their state at the end, with what the helpdesk itself reports about them."""
    people = named(intake.requester, intake.region, REGION_NAMES)
    agents = agent_names(len(owned.names) * 24)
    in_second = now.is_escalated
    group = np.where(in_second, owned.second_group, owned.first_group)
    has_second_agent = in_second & (timeline.second_assigned < end)
    agent = np.where(has_second_agent, owned.second_agent, owned.first_agent)
    assigned = timeline.assigned < end
    was_raised = (timeline.raised < end) & ~(timeline.raised > timeline.deleted)
    priority = np.where(was_raised, np.minimum(intake.priority + 1, 3), intake.priority)

    def named_by(names: list[str], place: Ints) -> pl.Series:
        return pl.Series(names, dtype=pl.String).gather(place)

    frame = pl.DataFrame(
        {
            "source": pl.repeat(SOURCE, len(ids), eager=True),
            "ticket_id": ids,
            "created_at": _time(start_us, np.floor(intake.minute * 60).astype(np.int64)),
            "updated_at": _time(start_us, now.updated),
            "status": now.status,
            "priority": named_by(list(PRIORITIES), priority),
            "channel": named_by(list(CHANNELS), intake.channel),
            "channel_raw": named_by(["native_messaging", "live_chat", "email"], intake.channel),
            "business_line": named_by([line for line, _ in ASKERS], intake.asker),
            "user_type": named_by([user_type for _, user_type in ASKERS], intake.asker),
            "region": named_by(REGION_NAMES, intake.region),
            "language": named_by(LANGUAGES, intake.language),
            "group_id": named_by(owned.names, group),
            "requester_id": "u" + pl.Series(intake.requester + 1).cast(pl.String).str.zfill(7),
            "requester_name": people["full_name"],
            "assignee_name": pl.select(pl.when(pl.Series(assigned)).then(agents.gather(agent))).to_series(),
            "subject": texts["subject"],
            "body": texts["body"],
            "tags": pl.Series([[], ["app"], ["vip"], ["app", "vip"]], dtype=pl.List(pl.String)).gather(
                (intake.platform < 2) + 2 * (rng.uniform(size=len(ids)) < 0.04)
            ),
            "attributes": _attributes(intake),
            "csat_offered": rated.offered,
            "csat_score": rated.score,
            "csat_comment": rated.comment,
            "is_escalated": pl.Series(now.is_escalated),
            "handle_minutes": pl.Series(np.round(timeline.handle_minutes, 1)),
        }
    )
    return frame.hstack(_reported(intake, timeline, now, start_us, end))


def _reported(intake: Intake, timeline: Timeline, now: State, start_us: int, end: float) -> pl.DataFrame:
    """The helpdesk's own figures, in calendar minutes; it gives no business minutes."""
    t = timeline

    def by_end(moment: Floats) -> Floats:
        return np.where((moment < end) & ~(moment > t.deleted), moment, np.nan)

    first_reply, solved, reopened, solved_again = (
        by_end(m) for m in (t.first_reply, t.solved, t.reopened, t.solved_again)
    )
    last = np.where(np.isnan(reopened), solved, solved_again)
    closed = by_end(t.closed)
    answers = (t.first_reply, t.second_reply, t.tier2_reply, t.partner_reply, t.reopened_reply)
    replies = np.sum([~np.isnan(by_end(moment)) for moment in answers], axis=0)
    met = (first_reply <= t.first_reply_due) & (solved <= t.resolution_due)

    def minutes(moment: Floats) -> pl.Series:
        return pl.Series(np.round(moment - intake.minute, 1)).fill_nan(None)

    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(last))
    return pl.DataFrame(
        {
            "reported_sla_met": pl.select(
                pl.when(pl.Series(~np.isnan(solved))).then(pl.Series(met))
            ).to_series(),
            "reported_solved_at": _maybe_time(start_us, last),
            "reported_closed_at": _maybe_time(start_us, closed),
            "reported_reopens": pl.Series((~np.isnan(reopened)).astype(np.int64)),
            "reported_replies": pl.Series(replies),
            "reported_reassignments": pl.Series(now.is_escalated.astype(np.int64)),
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
