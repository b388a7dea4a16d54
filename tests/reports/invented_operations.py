"""Invented tables of operations: targets, backlog, escalations, CSAT, signals, issues, why volume changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from assets.reports.operations_columns import UNTOUCHED_BANDS
from tests.reports.invented_issues import issue_tables

TIERS = ((1, "brightline"), (1, "novacall"), (2, "inhouse"))
TARGETS = ("first_reply", "next_reply", "resolution")
OWNERS = {
    "tier-1 queue": 0.46,
    "tier-2 queue": 0.2,
    "partner hold": 0.16,
    "requester": 0.1,
    "off-hours": 0.08,
    "unowned queue": 0.0,
}
DAYS = 90
SIGNAL_SINCE = date(2026, 11, 11)
FEW = ("creator", "csat")  # of too few ratings a day to be judged


def operations_tables(week: date, lines: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    """Every table of the operations and review pages up to a week (a Monday); first replies in live got slower."""
    rng = np.random.default_rng(11)
    weeks = [week - timedelta(weeks=back) for back in range(8)]
    return {
        **_targets(week, weeks, lines),
        **_backlog(week, lines, rng),
        **_escalations(week, weeks, lines),
        **_satisfaction(weeks, lines),
        **_signals(week, lines, rng),
        **_volume(week, weeks, lines),
        **issue_tables(week),
    }


def _parts(lines: Mapping[str, int]) -> dict[str, float]:
    total = sum(lines.values())
    return {"all": 1.0, **{line: size / total for line, size in lines.items()}}


def _targets(week: date, weeks: list[date], lines: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    kept, owners = [], []
    for monday in weeks:
        for line, part in _parts(lines).items():
            for metric in ("all", *TARGETS):
                judged = int(4600 * part * (1 if metric == "all" else 1 / 3))
                share = 0.91 - (0.08 if line == "live" and monday == week else 0)
                achieved = int(judged * share)
                kept.append(
                    {"week": monday, "business_line": line, "metric": metric, "achieved": achieved}
                    | {"breached": judged - achieved, "target_share": achieved / judged}
                    | {"target_low": share - 0.01, "target_high": share + 0.01}
                    | {"tickets_judged": judged, "tickets_achieved": achieved - 3}
                    | {"ticket_share": (achieved - 3) / judged, "ticket_low": share - 0.02}
                    | {"ticket_high": share, "breach_minutes_median": 190.0, "breach_minutes_sum": 9e4}
                )
                owners += [
                    {"week": monday, "business_line": line, "metric": metric, "owner": owner}
                    | {"minutes": judged * 16.0 * portion, "share": portion, "breaches": judged - achieved}
                    for owner, portion in OWNERS.items()
                ]
    running = [
        {"business_line": line, "tier": tier, "vendor": vendor, "metric": metric, "band": band}
        | {"tickets": int(size * count / 200)}
        for line, size in lines.items()
        for tier, vendor in TIERS
        for metric in TARGETS
        for band, count in (
            ("under 50", 60),
            ("50-75", 30),
            ("76-85", 12),
            ("86-95", 9),
            ("over 95", 5),
            ("breached", 14),
        )
    ]
    reconciled = [
        {"source": "helpdesk", "measure": measure, "reason": reason, "tickets": tickets}
        for measure in ("first_reply_minutes", "full_resolution_minutes", "reopens")
        for reason, tickets in (
            ("same", 4410),
            ("last schedule", 120),
            ("snapshot hour", 44),
            ("not measured", 60),
            ("unknown", 4),
        )
    ]
    return {
        "sla_weeks": pl.DataFrame(kept),
        "sla_breach_owners": pl.DataFrame(owners),
        "sla_open": pl.DataFrame(running),
        "reconciliation_summary": pl.DataFrame(reconciled),
    }


def _backlog(week: date, lines: Mapping[str, int], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    ages = {
        "under_1_day": 0.42,
        "days_1_to_3": 0.28,
        "days_3_to_7": 0.16,
        "days_7_to_30": 0.1,
        "over_30_days": 0.04,
    }
    open_days, flow = [], []
    for back in range(DAYS):
        day = week + timedelta(days=6 - back)
        for line, size in lines.items():
            for tier, vendor in TIERS:
                count = int(size * (3 - tier) * (1 + 0.04 * rng.normal()))
                bands = {band: int(count * part) for band, part in ages.items()}
                team = {"date": day, "business_line": line, "tier": str(tier), "vendor": vendor}
                total = sum(bands.values())
                waiting = {band: number // 4 for band, number in bands.items()}
                worked_on = {band: number - 2 * waiting[band] for band, number in bands.items()}
                for status, aged in (("new", waiting), ("open", worked_on), ("pending", waiting)):
                    untouched = dict(zip(UNTOUCHED_BANDS, aged.values(), strict=True))
                    open_days.append(
                        team | {"status": status, "tickets": sum(aged.values())} | aged | untouched
                    )
                flow.append(
                    team
                    | {
                        "open_at_start": total - 5,
                        "created": 100,
                        "reopened": 15,
                        "moved_in": 20,
                        "moved_out": 30,
                    }
                    | {"solved": 90, "deleted": 10, "open_at_end": total}
                )
    return {"backlog_days": pl.DataFrame(open_days), "backlog_flow_days": pl.DataFrame(flow)}


def _escalations(week: date, weeks: list[date], lines: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    flow = [
        {"week": monday, "business_line": line, "vendor": vendor, "tickets_tier_1": int(4000 * part * own)}
        | {"escalated": int(640 * part * own), "escalation_rate": 0.16, "low": 0.15, "high": 0.17}
        | {
            "to_partner": int(300 * part * own),
            "returned": int(110 * part * own),
            "ping_pong": int(60 * part * own),
        }
        | {
            "tier_1_minutes_median": 310.0,
            "tier_2_minutes_median": 840.0,
            "partner_hold_minutes_median": 2900.0,
        }
        for monday in weeks
        for line, part in _parts(lines).items()
        for vendor, own in (("all", 1.0), ("brightline", 0.6), ("novacall", 0.4))
    ]
    handoffs = [
        {"period": period, "from_group_id": f"{line}-t1", "from_tier": "1", "from_vendor": "brightline"}
        | {"to_group_id": f"{line}-t2", "to_tier": "2", "to_vendor": "inhouse"}
        | {"tickets": size, "handoffs": size + 20, "minutes_before_median": 240.0}
        for period in ("last 28 days", "before")
        for line, size in lines.items()
    ]
    groups = [
        {"group_id": "ecommerce-t1", "name": name, "valid_from": datetime(year, 1, 1)}
        for name, year in (("Shops, old name", 2025), ("Shops", 2026))
    ]
    return {
        "escalation_flow": pl.DataFrame(flow),
        "handoffs": pl.DataFrame(handoffs),
        "stg_groups": pl.DataFrame(groups),
    }


def _satisfaction(weeks: list[date], lines: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    rated, first, reasons = [], [], []
    for monday in weeks:
        for line, part in _parts(lines).items():
            for vendor, own in (("all", 1.0), ("brightline", 0.6), ("novacall", 0.4)):
                answered = int(700 * part * own)
                good = int(answered * 0.82)
                rated.append(
                    {
                        "week": monday,
                        "business_line": line,
                        "vendor": vendor,
                        "tickets": int(4200 * part * own),
                    }
                    | {"offered": answered * 4, "answered": answered, "good": good, "bad": answered - good}
                    | {
                        "csat": good / answered,
                        "low": 0.79,
                        "high": 0.85,
                        "response_rate": 0.25,
                        "coverage": 1 / 6,
                    }
                    | {"good_to_bad": int(14 * part), "bad_to_good": int(22 * part)}
                )
            reasons += [
                {
                    "week": monday,
                    "business_line": line,
                    "reason": reason,
                    "bad": int(126 * part * share),
                    "share": share,
                }
                for reason, share in (("too slow", 0.5), ("not solved", 0.36), ("none given", 0.14))
            ]
            if monday != weeks[0]:  # the last week cannot be known yet
                tickets = int(4000 * part)
                first.append(
                    {
                        "week": monday,
                        "business_line": line,
                        "tickets": tickets,
                        "resolved_first": int(tickets * 0.7),
                    }
                    | {"rate": int(tickets * 0.7) / tickets, "low": 0.68, "high": 0.72}
                )
    return {
        "csat_weeks": pl.DataFrame(rated),
        "csat_reasons": pl.DataFrame(reasons),
        "first_contact_weeks": pl.DataFrame(first),
    }


def _signals(week: date, lines: Mapping[str, int], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    kpis = {
        "tickets_created": (630.0, 40.0, None),
        "backlog": (900.0, 30.0, None),
        "first_reply_minutes_median": (48.0, 4.0, 430.0),
        "csat": (0.82, 0.02, 400.0),
        "contact_rate_orders": (2.9, 0.15, 200_000.0),
    }
    days = []
    for line, part in _parts(lines).items():
        for metric, (middle, spread, base) in kpis.items():
            scale = part if base is None else 1.0
            for back in range(DAYS):
                day = week + timedelta(days=6 - back)
                is_signal = line == "live" and metric == "first_reply_minutes_median" and day >= SIGNAL_SINCE
                value = scale * (middle + spread * rng.normal() * 0.8 + (5 * spread if is_signal else 0))
                days.append(
                    {
                        "date": day,
                        "business_line": line,
                        "metric": metric,
                        "value": value,
                        "weekday_effect": 0.0,
                    }
                    | {"expected": scale * middle, "low": scale * (middle - 3 * spread)}
                    | {"high": scale * (middle + 3 * spread), "rule": "beyond a limit" if is_signal else None}
                    | {"denominator": None if base is None else round(base * part)}
                )
    chart = pl.DataFrame(days, infer_schema_length=None)
    slow = {"business_line": "live", "metric": "first_reply_minutes_median"}
    farthest = chart.filter(pl.col("date") >= SIGNAL_SINCE, **slow).sort("value").row(-1, named=True)
    signals = [
        {"week": week, "since": SIGNAL_SINCE, "rule": "beyond a limit", "days": 5, "days_judged": 7}
        | {
            name: farthest[name]
            for name in ("business_line", "metric", "value", "low", "high", "denominator")
        }
        | {"farthest_on": farthest["date"], "usual": 48.0, "direction": "worse", "q_value": 0.001},
    ]
    watched = [
        {"week": week, "business_line": line, "metric": metric, "denominator": base and 7 * base * part}
        | {
            "value": 62.0
            if (line, metric) == tuple(slow.values())
            else 7 * middle * part
            if base is None
            else middle
        }
        | {
            "days_judged": 0 if (line, metric) == FEW else 7,
            "q_value": None if (line, metric) == FEW else 0.5,
        }
        for line, part in _parts(lines).items()
        for metric, (middle, _, base) in kpis.items()
    ]
    changes = [
        {
            "business_line": "live",
            "metric": "first_reply_minutes_median",
            "changed_on": SIGNAL_SINCE,
            "before": 48.0,
        }
        | {"after": 68.0, "change_low": 14.0, "change_high": 26.0, "direction": "worse", "event_ids": "0"}
        | {"event_names": "Android 34.2"},
        {"business_line": "all", "metric": "csat", "changed_on": week - timedelta(weeks=30), "before": 0.8}
        | {"after": 0.82, "change_low": 0.01, "change_high": 0.03, "direction": "better", "event_ids": None}
        | {"event_names": None},
    ]
    return {
        "kpi_chart": chart,
        "kpi_watched": pl.DataFrame(watched),
        "kpi_signals_now": pl.DataFrame(signals),
        "kpi_change_points": pl.DataFrame(changes, infer_schema_length=None),
    }


def _volume(week: date, weeks: list[date], lines: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    changes = [
        {"week": monday, "business_line": line, "user_type": who, "compared_with": compared}
        | {"tickets": 4400.0 * part, "tickets_before": 4000.0 * part, "change": 400.0 * part}
        | {
            "from_customers": 120.0 * part,
            "from_rate": 300.0 * part,
            "from_mix": -20.0 * part,
            "rate_measure": "orders",
        }
        for monday in weeks
        for line, part in _parts(lines).items()
        for who in ("all", "buyer")
        for compared in ("week before", "four weeks before")
    ]
    rates = [
        {
            "week": monday,
            "business_line": line,
            "user_type": "buyer",
            "measure": "orders",
            "exposure": 1.5e6 * part,
        }
        | {"tickets": int(4400 * part), "repeats": int(300 * part), "per_1000": 2.93, "per_1000_net": 2.73}
        for monday in weeks
        for line, part in _parts(lines).items()
    ]
    return {"volume_changes": pl.DataFrame(changes), "contact_rate_weeks": pl.DataFrame(rates)}
