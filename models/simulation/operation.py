"""A simulated support operation: the tables it would export, and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from models.simulation import user_tables, world
from models.simulation.calendar import KNOWN_AHEAD, campaigns, public_holidays, schedule_holidays
from models.simulation.event_log import owners, state, write_log
from models.simulation.exposure import exposure
from models.simulation.intake import take_in
from models.simulation.issues import issue_links, issue_tables, open_issues
from models.simulation.lifecycle import live, workplace
from models.simulation.planted import plan
from models.simulation.quality import qa_reviews
from models.simulation.satisfaction import log_ratings, satisfaction
from models.simulation.texts import write_texts
from models.simulation.ticket_table import ticket_table
from models.simulation.truth import truth_tables
from models.simulation.volume import arrive, expect
from models.simulation.world import VENDORS

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
    timeline = live(intake, workplace(volume, _closed_days(closed)), planted, start, end, worse_vendor, rng)
    owned = owners(intake, rng)
    log = write_log(intake, timeline, owned, minutes)
    rated = satisfaction(intake, timeline, minutes, worse_vendor, rng)
    log_ratings(log, rated)
    now = state(log, tickets)
    ids = "t" + pl.int_range(100_001, 100_001 + tickets, eager=True).cast(pl.String)
    start_us = int((start - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
    texts = write_texts(intake, rng)
    team_issues = open_issues(planted, start, end, rng)
    issues, transitions = issue_tables(team_issues)
    links = issue_links(team_issues, intake, timeline.escalated, now.is_escalated, ids, start, end, rng)
    tables = {
        "tickets": ticket_table(intake, timeline, owned, now, rated, texts, ids, start_us, minutes),
        "ticket_events": log.frame(start_us, ids),
        "qa_reviews": qa_reviews(ids, timeline.solved, minutes, start_us, rng),
        "issue_links": links,
        "issues": issues,
        "issue_transitions": transitions,
        "exposure": exposure(volume, rng),
        "holidays": closed,
        "calendar": user_tables.calendar(known, holidays, planted),
        "actions": user_tables.actions(planted, end),
        "staffing": user_tables.staffing(intake, timeline, minutes, end),
    } | _rules(start, end)
    return Operation(tables, truth_tables(intake, ids, planted, known, end, worse_vendor))


def _rules(start: datetime, end: datetime) -> dict[str, pl.DataFrame]:
    """The tables that are the same in every simulation: who is there, when, and what is promised."""
    return {
        "groups": world.groups(start - timedelta(days=365)),
        "sla_policies": world.sla_policies(start, end),
        "schedules": world.schedules(),
    }


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
