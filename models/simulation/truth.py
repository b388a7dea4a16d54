"""What is really so: the planted causes, waves and fixes, and each ticket's problem. Read by tests and benchmarks only."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from models.simulation.calendar import Campaign
from models.simulation.grammar import PROBLEMS
from models.simulation.intake import LANGUAGES, Intake
from models.simulation.lifecycle import WORSE_CSAT_LOGIT, WORSE_HANDLE_FACTOR, WORSE_REOPEN_SHARE
from models.simulation.planted import SOP_HANDLE_FACTOR, SOP_THEMES, Plan
from models.simulation.world import INHOUSE, VENDORS

_TIME = pl.Datetime("us")


def truth_tables(
    intake: Intake,
    ticket_ids: pl.Series,
    plan: Plan,
    campaigns: list[Campaign],
    end: datetime,
    worse: str | None,
) -> dict[str, pl.DataFrame]:
    """Every table of the truth, by name.

    ticket_truth: each ticket's theme, cause, wave, vendor of tier 1, and whether an attacker's template. themes:
    the problems by slug. planted_events: causes with their segment (all pairs hold), number of tickets and tickets
    a week; SOP changes with their factor on handling; decoys, which cause nothing. waves; fixes with their factor
    on the theme's rate; vendors; campaigns as they really were. event_id and wave_id are ids of the calendar, null
    or absent there where the company did not record it.
    """
    return {
        "ticket_truth": _tickets(intake, ticket_ids, plan),
        "themes": pl.DataFrame(
            [(problem.slug, problem.name, problem.area) for problem in PROBLEMS],
            schema=["slug", "name", "area"],
            orient="row",
        ),
        "planted_events": _planted_events(plan, end),
        "waves": _waves(plan),
        "fixes": _fixes(plan),
        "vendors": _vendors(worse),
        "campaigns": _campaigns(campaigns),
    }


def _tickets(intake: Intake, ticket_ids: pl.Series, plan: Plan) -> pl.DataFrame:
    cause_ids = pl.Series([*(cause.cause_id for cause in plan.causes), None], dtype=pl.String)
    wave_ids = pl.Series([*(wave.event_id for wave in plan.waves), None], dtype=pl.String)
    return pl.DataFrame(
        {
            "ticket_id": ticket_ids,
            "theme": pl.Series([problem.slug for problem in PROBLEMS]).gather(intake.problem),
            "cause_id": cause_ids.gather(np.where(intake.cause < 0, len(plan.causes), intake.cause)),
            "wave_id": wave_ids.gather(np.where(intake.wave < 0, len(plan.waves), intake.wave)),
            "is_attacker_template": pl.Series(intake.template >= 0),
            "language": pl.Series(LANGUAGES).gather(intake.language),
            "vendor": pl.Series(VENDORS).gather(intake.vendor),
        }
    )


def _planted_events(plan: Plan, end: datetime) -> pl.DataFrame:
    """One row per cause, SOP change and decoy; segment as attribute = value pairs that all hold."""
    rows: list[tuple[object, ...]] = []
    for cause in plan.causes:
        weeks = (cause.ends_at - cause.starts_at).total_seconds() / (7 * 86_400)
        segment = [{"attribute": key, "value": value} for key, value in cause.segment.items()]
        event_id = cause.event_id if cause.in_calendar else None
        rows.append((cause.cause_id, cause.kind, event_id, cause.theme, cause.starts_at, cause.ends_at, segment,
                     cause.tickets, cause.tickets / weeks, 1.0, False))  # fmt: skip
    for theme in SOP_THEMES:
        rows.append(
            (
                f"sop-{theme}",
                "sop_change",
                "sop-1",
                theme,
                plan.sop_changed_at,
                end,
                [],
                0,
                0.0,
                SOP_HANDLE_FACTOR,
                False,
            )
        )
    guilty = {cause.event_id for cause in plan.causes}
    for release in plan.releases:
        if release.event_id not in guilty:
            segment = [
                {"attribute": "platform", "value": release.platform},
                {"attribute": "app_version", "value": release.version},
            ]
            rows.append((f"decoy-{release.event_id}", "release", release.event_id, None, release.starts_at, None, segment,
                         0, 0.0, 1.0, True))  # fmt: skip
    text = pl.String()
    schema = pl.Schema({
        "cause_id": text, "kind": text, "event_id": text, "theme": text, "starts_at": _TIME, "ends_at": _TIME,
        "segment": pl.List(pl.Struct({"attribute": text, "value": text})), "tickets": pl.Int64(),
        "tickets_per_week": pl.Float64(), "handle_factor": pl.Float64(), "is_decoy": pl.Boolean(),
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _waves(plan: Plan) -> pl.DataFrame:
    rows = [
        (
            wave.event_id,
            wave.starts_at,
            wave.peak_at,
            wave.ends_at,
            wave.half_life_days,
            wave.tickets,
            wave.region,
            wave.in_calendar,
        )
        for wave in plan.waves
    ]
    schema = pl.Schema({
        "wave_id": pl.String(), "starts_at": _TIME, "peak_at": _TIME, "ends_at": _TIME, "half_life_days": pl.Float64(),
        "tickets": pl.Int64(), "region": pl.String(), "in_calendar": pl.Boolean(),
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _fixes(plan: Plan) -> pl.DataFrame:
    rows = [
        (fix.action_id, fix.theme, fix.kind, fix.starts_at, fix.effect, fix.effect < 1) for fix in plan.fixes
    ]
    schema = pl.Schema({
        "action_id": pl.String(), "theme": pl.String(), "kind": pl.String(), "starts_at": _TIME, "rate_factor": pl.Float64(),
        "works": pl.Boolean(),
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _vendors(worse: str | None) -> pl.DataFrame:
    """The second vendor gets the harder tickets and so looks worse; only `is_worse` says who really is."""
    rows = [
        (vendor, vendor == VENDORS[1], vendor == worse, WORSE_HANDLE_FACTOR if vendor == worse else 1.0,
         WORSE_REOPEN_SHARE if vendor == worse else 0.0, WORSE_CSAT_LOGIT if vendor == worse else 0.0)
        for vendor in (*VENDORS, INHOUSE)
    ]  # fmt: skip
    schema = pl.Schema({
        "vendor": pl.String(), "gets_harder_tickets": pl.Boolean(), "is_worse": pl.Boolean(), "handle_factor": pl.Float64(),
        "added_reopen_share": pl.Float64(), "added_csat_logit": pl.Float64(),
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _campaigns(campaigns: list[Campaign]) -> pl.DataFrame:
    """The campaigns as they really were or will be, and how the calendar is wrong about them."""
    rows = [
        (sale.event_id, sale.name, sale.starts_at, sale.ends_at, sale.line, sale.region, sale.size, sale.error)
        for sale in campaigns
    ]  # fmt: skip
    schema = pl.Schema({
        "event_id": pl.String(), "name": pl.String(), "starts_at": _TIME, "ends_at": _TIME, "business_line": pl.String(),
        "region": pl.String(), "size": pl.Float64(), "calendar_error": pl.String(),
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
