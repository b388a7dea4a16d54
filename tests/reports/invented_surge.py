"""Invented tables of waves: one that goes on in account security since two days, and one that is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

STARTED = datetime(2026, 11, 14, 8)
USUAL = 20.0


def surge_tables(as_of: datetime) -> dict[str, pl.DataFrame]:
    """The tables of waves as of a moment after `STARTED`: the line, a region of it and a theme go on."""
    alarms = [
        _alarm("a1", "business_line", line="account_security", tickets=1830, template=420),
        _alarm("a2", "region", region="SG", tickets=1110, template=0),
        _alarm("a3", "theme", theme="1", tickets=640, template=5),
        _alarm("a4", "business_line", line="live", tickets=310, template=0)
        | {
            "started_at": datetime(2026, 10, 3, 5),
            "detected_at": datetime(2026, 10, 3, 8),
            "ended_at": datetime(2026, 10, 5, 11),
            "is_ongoing": False,
        },
        _alarm("a5", "region", region="GB", tickets=7, template=0) | {"is_ongoing": False},
    ]
    return {
        "surge_alarms": pl.DataFrame(alarms, infer_schema_length=None),
        "surge_hours": _hours(as_of),
        "surge_course": pl.DataFrame(
            [
                {"alarm_id": alarm, "date": as_of.date() + timedelta(days=ahead)}
                | {"expected_excess": first * 0.75**ahead, "low_80": first * 0.6 * 0.7**ahead}
                | {"high_80": first * 1.5 * 0.8**ahead}
                for alarm, first in (("a1", 520.0), ("a2", 300.0))
                for ahead in range(14)
            ]
        ),
        "surge_people": pl.DataFrame(
            [
                {"alarm_id": "a1", "date": as_of.date() + timedelta(days=ahead), "tier": tier}
                | {"tickets_more": tickets * 0.75**ahead, "tickets_more_high": tickets * 1.5 * 0.75**ahead}
                | {"people_more": tickets * 0.75**ahead / 30, "people_more_high": tickets * 0.75**ahead / 20}
                for tier, tickets in (("1", 520.0), ("2", 140.0))
                for ahead in range(14)
            ]
        ),
        "surge_tickets": _tickets(),
    }


def _alarm(
    alarm: str,
    scope: str,
    *,
    line: str | None = None,
    region: str | None = None,
    theme: str | None = None,
    tickets: int,
    template: int,
) -> dict[str, object]:
    return {
        "alarm_id": alarm,
        "scope": scope,
        "business_line": line,
        "region": region,
        "theme_id": theme,
        "started_at": STARTED,
        "detected_at": STARTED + timedelta(hours=3),
        "ended_at": None,
        "is_ongoing": True,
        "usual_hourly": USUAL,
        "peak_hourly": 96.0,
        "tickets": tickets,
        "excess": tickets * 0.55,
        "excess_low": tickets * 0.5,
        "excess_high": tickets * 0.6,
        "template_tickets": template,
    }


def _hours(as_of: datetime) -> pl.DataFrame:
    rows = []
    shape = [6, 4, 3, 3, 4, 7, 14, 22, 28, 30, 31, 30, 29, 29, 30, 30, 29, 28, 27, 25, 22, 18, 13, 9]
    for alarm, size in (("a1", 1.0), ("a2", 0.6), ("a3", 0.35)):
        first = STARTED - timedelta(days=3)
        for place in range(int((as_of - first) / timedelta(hours=1))):
            hour = first + timedelta(hours=place)
            usual = size * (12 + shape[hour.hour])
            since = (hour - STARTED) / timedelta(hours=1)
            above = 0.0 if since < 0 else size * 60 * min(1, since / 12) * 0.5 ** (max(0, since - 20) / 30)
            rows.append(
                {"alarm_id": alarm, "hour": hour, "tickets": round(usual + above), "usual": usual}
                | {"alarm_level": usual * 1.8 + 6}
            )
    return pl.DataFrame(rows)


def _tickets() -> pl.DataFrame:
    texts = [
        ("1", False, "the code never arrives and now my password is changed <EMAIL_1>"),
        ("1", False, "I am logged out everywhere, somebody is in my account"),
        ("2", False, "someone bought coins with my card, please stop it"),
        (None, False, "Payment fails help, my phone number was replaced"),
        ("6", True, "urgent: unlock my account now, new phone, old number lost"),
        ("6", True, "urgent: unlock my account now, new phone, old number lost"),
    ]
    return pl.DataFrame(
        [
            {
                "alarm_id": "a1",
                "rank": rank,
                "source": "helpdesk",
                "ticket_id": "901" if rank == 4 else f"77{rank:02}",
            }
            | {"theme_id": theme, "is_template": template, "text": text}
            for rank, (theme, template, text) in enumerate(texts, 1)
        ]
    )
