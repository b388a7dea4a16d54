"""Invented issues of a partner team, as the review page reads them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl


def issue_tables(week: date) -> dict[str, pl.DataFrame]:
    """What three issues cost, one of them with under ten tickets, and how long each was in each status."""
    opened = datetime(week.year, week.month, week.day) - timedelta(days=5)
    issue = {"team": "Payments Checkout", "status": "In progress", "created_at": opened, "resolved_at": None}
    costs = [
        {
            "issue_id": "1",
            "summary": "Gift checkout declines cards",
            "issue_key": "PAY-101",
            **issue,
            "tickets": 412,
            "handle_minutes": 7080.0,
            "csat_good": 40,
        }
        | {
            "csat_rated": 80,
            "csat_matched": 78,
            "csat_points": -21.0,
            "csat_points_low": -30.0,
            "csat_points_high": -12.0,
            "sla_breaches": 61,
            "breach_minutes": 11_000.0,
            "waiting_now": 42,
        }
        | {"tickets_after_resolved": 0, "is_reopened_after_fix": False},
        {
            "issue_id": "2",
            "summary": None,
            "issue_key": "PAY-88",
            **issue,
            "resolved_at": opened - timedelta(days=9),
            "tickets": 120,
        }
        | {
            "handle_minutes": 1800.0,
            "csat_good": 8,
            "csat_rated": 20,
            "csat_matched": 20,
            "csat_points": -30.0,
            "csat_points_low": -50.0,
            "csat_points_high": -10.0,
            "sla_breaches": 4,
        }
        | {
            "breach_minutes": 900.0,
            "waiting_now": 3,
            "tickets_after_resolved": 17,
            "is_reopened_after_fix": True,
        },
        {
            "issue_id": "3",
            "summary": None,
            "issue_key": "LIVE-7",
            **issue,
            "tickets": 6,
            "handle_minutes": 90.0,
            "csat_good": 1,
        }
        | {
            "csat_rated": 2,
            "csat_matched": 2,
            "csat_points": None,
            "csat_points_low": None,
            "csat_points_high": None,
            "sla_breaches": 0,
            "breach_minutes": 0.0,
            "waiting_now": 1,
        }
        | {"tickets_after_resolved": 0, "is_reopened_after_fix": False},
    ]
    stays = [
        {"source": "jira", "issue_id": issue, "issue_key": key, "team": "Payments Checkout", "status": status}
        | {"status_category": None, "stays": times, "minutes": 1440.0 * days, "is_now": is_now}
        for issue, key, status, times, days, is_now in (
            ("1", "PAY-101", "To Do", 1, 1.5, False),
            ("1", "PAY-101", "In progress", 2, 3.5, True),
            ("2", "PAY-88", "In progress", 1, 4.0, False),
            ("2", "PAY-88", "Done", 1, 9.0, True),
            ("3", "LIVE-7", "To Do", 1, 5.0, True),
        )
    ]
    return {
        "issue_costs": pl.DataFrame(costs, infer_schema_length=None),
        "issue_status_minutes": pl.DataFrame(stays),
    }
