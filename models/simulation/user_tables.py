"""The small tables the operation's people keep by hand: the calendar, the action plan and who is employed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from models.simulation.calendar import Campaign
from models.simulation.grammar import PROBLEMS
from models.simulation.intake import Intake
from models.simulation.lifecycle import Timeline
from models.simulation.planted import Plan
from models.simulation.queues import CHAT_LOAD, TIER1_LOAD, TIER2_LOAD
from models.simulation.ticket_table import TIER2_HANDLE_SHARE
from models.simulation.volume import PROBLEM_INDEX
from models.simulation.world import INHOUSE, LINES, REGIONS, VENDORS

_TIME = pl.Datetime("us")
CALENDAR_SCHEMA = pl.Schema({
    "event_id": pl.String(), "kind": pl.String(), "name": pl.String(), "starts_at": _TIME, "ends_at": _TIME,
    "business_line": pl.String(), "region": pl.String(), "size": pl.Float64(),
})  # fmt: skip

# Headcount follows the last quarter; a campaign's rush is met with overtime, not with people.
_HEADCOUNT_DAYS = 91
# Vendor: paid hours of a full-time week, shrinkage, cost of an hour, days until a new person can work.
_TERMS = {
    "Brightline": (40.0, 0.30, 14.0, 28),
    "Halden": (40.0, 0.30, 12.5, 21),
    INHOUSE: (37.5, 0.35, 38.0, 56),
}


def calendar(campaigns: list[Campaign], holidays: list[tuple[str, str, date]], plan: Plan) -> pl.DataFrame:
    """What the company knows of its events, past and to come: not all of it is right, and some is missing."""
    rows: list[tuple[object, ...]] = [
        (
            sale.event_id,
            "campaign",
            known.name,
            known.starts_at,
            known.ends_at,
            known.line,
            known.region,
            known.size,
        )
        for sale in campaigns
        if (known := sale.recorded) is not None
    ]
    codes = {region.name: region.code for region in REGIONS}
    for region, name, day in holidays:
        midnight = datetime.combine(day, time())
        next_day = midnight + timedelta(days=1)
        rows.append((f"hol-{codes[region]}-{day}", "holiday", name, midnight, next_day, None, region, None))
    rows += _of_plan(plan)
    return pl.DataFrame(rows, schema=CALENDAR_SCHEMA, orient="row").sort("starts_at", "event_id")


def _of_plan(plan: Plan) -> list[tuple[object, ...]]:
    """Releases, and what the company recorded of incidents, waves and its own changes."""
    rows: list[tuple[object, ...]] = []
    for new in plan.releases:
        name = f"App {new.version} on {new.platform}"
        rows.append((new.event_id, "release", name, new.starts_at, new.starts_at, None, None, None))
    for cause in plan.causes:
        if cause.kind == "incident" and cause.in_calendar:
            during, region = (cause.starts_at, cause.ends_at), cause.segment["region"]
            rows.append((cause.event_id, "incident", cause.name, *during, None, region, None))
    for wave in plan.waves:
        if wave.in_calendar:
            during, line = (wave.starts_at, wave.ends_at), "account_security"
            rows.append(
                (wave.event_id, "ato_wave", "Account takeover wave", *during, line, wave.region, None)
            )
    changed = plan.sop_changed_at
    taught = changed - timedelta(days=40)
    rows.append(("sop-1", "sop_change", "New refund checklist", changed, changed, "ecommerce", None, None))
    rows.append(("trn-1", "training", "Tone of voice", taught, taught + timedelta(days=2), None, None, None))
    return rows


def actions(plan: Plan, end: datetime) -> pl.DataFrame:
    """The action plan: what was done about which problem, and two things still to do.

    Nobody can name a theme that a run has yet to find, so the plan quotes what is written about the problem, as a team
    does that has read its tickets.
    """
    rows: list[tuple[object, ...]] = []
    for fix in plan.fixes:
        problem = PROBLEMS[PROBLEM_INDEX[fix.theme]]
        team = "Account Security" if problem.area == "account_security" else "Payments"
        due = fix.starts_at + timedelta(days=14)
        status = "done" if due < end else "running"
        rows.append(
            (
                fix.action_id,
                None,
                None,
                None,
                team,
                fix.kind,
                f'{problem.name} ("{problem.subjects[0]}")',
                fix.starts_at,
                due,
                status,
                "tickets",
                -0.4,
            )
        )
    begun, soon, later = (end + timedelta(days=days) for days in (-20, 10, 30))
    rows += [
        ("act-4", None, None, None, "Payments", "fix", "Show a refund's way in the app", None, later, "planned",
         "tickets", -0.2),
        ("act-5", None, None, None, "Support", "training", "Refresher on policy", begun, soon, "running",
         "qa_score", 0.05),
    ]  # fmt: skip
    schema = pl.Schema({
        "action_id": pl.String(), "theme_id": pl.String(), "business_line": pl.String(), "region": pl.String(),
        "team": pl.String(), "kind": pl.String(), "name": pl.String(),
        "started_at": _TIME, "due_at": _TIME, "status": pl.String(), "metric": pl.String(), "expected_effect": pl.Float64(),
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def staffing(intake: Intake, timeline: Timeline, minutes: float, end: datetime) -> pl.DataFrame:
    """Who is employed: enough for the last quarter's work at the load the queues are planned for.

    Whole people, in small teams part-time, in steps of four hours a week. minutes: length of the history. Nobody
    is hired for an attackers' wave.
    """
    recent = (intake.minute >= minutes - _HEADCOUNT_DAYS * 1440) & (intake.wave < 0)
    first = timeline.handle_minutes / np.where(intake.channel == 1, CHAT_LOAD, TIER1_LOAD)
    second = timeline.handle_minutes * TIER2_HANDLE_SHARE / TIER2_LOAD
    weeks = min(_HEADCOUNT_DAYS, minutes / 1440) / 7
    rows: list[tuple[object, ...]] = []
    for number, line in enumerate(LINES):
        here = recent & (intake.line == number)
        hours = [
            (1, name, first[here & (intake.vendor == place)].sum()) for place, name in enumerate(VENDORS)
        ]
        hours.append((2, INHOUSE, second[here & ~np.isnan(timeline.escalated)].sum()))
        for tier, vendor, worked in hours:
            full_time, shrinkage, cost, lead_days = _TERMS[vendor]
            paid = worked / 60 / weeks / (1 - shrinkage)
            people = max(int(np.ceil(paid / full_time)), 1)
            hours_week = min(max(np.ceil(paid / people / 4) * 4, 4.0), full_time)
            rows.append((tier, vendor, line, people, hours_week, shrinkage, 0.85, 2, None, cost, lead_days))
    schema = pl.Schema({
        "tier": pl.Int64(), "vendor": pl.String(), "business_line": pl.String(), "people": pl.Int64(),
        "hours_week": pl.Float64(), "shrinkage": pl.Float64(), "occupancy_cap": pl.Float64(),
        "chat_concurrency": pl.Int64(), "handle_minutes": pl.Float64(), "hour_cost": pl.Float64(), "lead_days": pl.Int64(),
    })  # fmt: skip
    since = end - timedelta(minutes=minutes)
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        valid_from=pl.lit(since, dtype=_TIME), valid_to=pl.lit(None, dtype=_TIME)
    )
