"""Invented tables of the week's rises: one risen, one new, one in a segment only, one too small to show."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

_RISE = {
    "tickets_week": 214,
    "usual_middle": 60.0,
    "usual_low": 37.0,
    "usual_high": 83.0,
    "excess": 61.4,
    "excess_low": 48.2,
    "excess_high": 74.6,
    "rise_tickets": 150,
    "is_ongoing": True,
    "ended_at": None,
    "rate_measure": "orders",
    "rate_before": 1.1,
    "rate_after": 2.9,
    "from_customers": 3.2,
    "from_rate": 55.1,
    "from_mix": 3.1,
    "copies": 12,
    "template_tickets": 11,
    "no_change_by": None,
    "confidence": "strong",
}
_NONE = dict.fromkeys(
    ("rate_measure", "rate_before", "rate_after", "from_customers", "from_rate", "from_mix")
)
_KINDS = {
    "0": {"kind": "risen", "no_change_by": "business_line"},
    "1": {
        "kind": "new",
        "tickets_week": 34,
        "usual_middle": None,
        "usual_low": None,
        "usual_high": None,
        "excess": 34.0,
        "excess_low": 23.0,
        "excess_high": 46.0,
        "rise_tickets": 34,
        "copies": 0,
        "template_tickets": 0,
        "confidence": "fair",
        "no_change_by": None,
        **_NONE,
    },
    "2": {"kind": "segment", "tickets_week": 7, "excess": 5.0, "rise_tickets": 15, "confidence": "weak"},
    "4": {"kind": "risen", "tickets_week": 6, "rise_tickets": 5},
}
_TEXTS = ("tried three times, app says declined <CARD_1>", "bank says approved", "nothing happens when I pay")


def _rises(week: date) -> pl.DataFrame:
    onset = datetime(week.year, week.month, week.day) + timedelta(days=2, hours=14)
    rows = [
        {
            "theme_id": theme,
            "week": week,
            **_RISE,
            "onset_at": onset,
            "onset_low": onset - timedelta(hours=5 if theme == "0" else 60),
            "onset_high": onset + timedelta(hours=6),
            "rank": rank,
            **own,
        }
        for rank, (theme, own) in enumerate(_KINDS.items(), 1)
    ]
    return pl.DataFrame(
        rows,
        schema_overrides={"ended_at": pl.Datetime("us"), "rate_measure": pl.String},
        infer_schema_length=None,
    )


def _segments() -> pl.DataFrame:
    rows = [
        # 140 of 150: 10 are left, so it may be said; 145 of 150 leaves 5.
        (
            "0",
            1,
            "platform",
            "android",
            "payment_method",
            "card",
            120,
            0.8,
            0.13,
            0.81,
            6.4,
            5.1,
            8.0,
            "over",
        ),
        ("0", 2, "app_version", "34.2", None, None, 145, 145 / 150, 0.2, 0.97, 4.8, 4.1, 5.6, "over"),
        ("0", 3, "error_code", "3DS_TIMEOUT", None, None, 6, 0.04, 0.01, 0.05, 4.0, 2.1, 9.0, "over"),
        ("0", 4, "platform", "ios", None, None, 20, 0.13, 0.5, 0.01, 0.3, 0.2, 0.4, "unchanged"),
        ("0", 5, "platform", "web", None, None, 10, 0.07, 0.2, 0.01, 0.3, 0.2, 0.5, "unchanged"),
        ("2", 1, "region", "SG", None, None, 12, 0.8, 0.4, 0.9, 2.0, 1.4, 2.9, "over"),
    ]
    names = ("theme_id", "rank", "attribute", "value", "attribute_2", "value_2", "tickets", "share")
    names += ("share_before", "share_of_rise", "lift", "lift_low", "lift_high", "verdict")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(q_value=pl.lit(0.001))


def _events(week: date) -> pl.DataFrame:
    start = datetime(week.year, week.month, week.day) + timedelta(days=2, hours=12)
    rows = [
        (
            1,
            "e1",
            "release",
            "Android 34.2",
            start,
            None,
            2.0,
            0.9,
            "platform: android, app_version: 34.2",
            True,
        ),
        (2, "e2", "campaign", "Singles' Day", start - timedelta(hours=10), None, 12.0, 0.2, None, False),
    ]
    names = ("rank", "event_id", "kind", "name", "starts_at", "ends_at", "hours_before_onset")
    names += ("segment_match", "shared_segment", "is_named")
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return frame.with_columns(
        theme_id=pl.lit("0"),
        timing_match=pl.lit(0.9),
        score=pl.lit(0.8),
        ends_at=pl.col("ends_at").cast(pl.Datetime("us")),
    )


def _impact() -> pl.DataFrame:
    row = {
        "tickets": 150,
        "handle_minutes": 3000.0,
        "handle_minutes_excess": 2400.0,
        "cost": 1240.0,
        "sla_breached": 31,
        "sla_known": 140,
        "sla_breach_minutes": 10_980.0,
        "csat": 0.61,
        "csat_low": 0.483,
        "csat_high": 0.724,
        "csat_matched": 0.7,
        "csat_points": -9.0,
        "csat_points_low": -14.0,
        "csat_points_high": -4.0,
        "rated": 60,
        "requesters": 149,
        "requesters_returned": 3,
    }
    return pl.DataFrame(
        [
            {"theme_id": "0", **row},
            # 4 of 13 ratings are bad: with the share of good ones that could be worked out.
            {"theme_id": "1", **row, "tickets": 34, "csat": 9 / 13, "rated": 13, "cost": None},
        ],
        infer_schema_length=None,
    )


def _quotes() -> pl.DataFrame:
    rows = [
        {
            "theme_id": theme,
            "rank": rank,
            "source": "helpdesk",
            "ticket_id": f"9{theme}{rank}",
            "text": f"Payment fails\n{text}" if rank == 1 else text,
        }
        for theme in ("0", "1")
        for rank, text in enumerate(_TEXTS, 1)
    ]
    return pl.DataFrame(rows)


def _issues(week: date) -> pl.DataFrame:
    opened = datetime(week.year, week.month, week.day)
    return pl.DataFrame(
        {
            "theme_id": ["0", "0"],
            "rank": [1, 2],
            "issue_key": ["PAY-41", "PAY-12"],
            "team": ["Payments Checkout"] * 2,
            "summary": ["3DS page hangs", "Old redirect"],
            "status": ["In Progress", "Done"],
            "created_at": [opened, opened - timedelta(days=40)],
            "resolved_at": [None, opened - timedelta(days=35)],
            "linked_tickets": [40, 3],
        }
    )


def _actions(week: date) -> pl.DataFrame:
    start = datetime(week.year, week.month, week.day)
    rows = [
        (
            "a1",
            "0",
            "person",
            "Retry 3DS",
            "done",
            start - timedelta(weeks=4),
            None,
            "worked",
            -0.4,
            -0.52,
            -0.28,
        ),
        (
            "a2",
            "0",
            "wording",
            "New macro",
            "running",
            start - timedelta(weeks=9),
            None,
            "no evidence",
            -0.05,
            -0.3,
            0.25,
        ),
        (
            "a3",
            "2",
            "person",
            "New flow",
            "running",
            start - timedelta(weeks=9),
            None,
            "worse",
            0.3,
            0.1,
            0.6,
        ),
        (
            "a4",
            "3",
            "person",
            "Payout mail",
            "running",
            start - timedelta(days=8),
            None,
            "too early",
            None,
            None,
            None,
        ),
        (
            "a5",
            None,
            None,
            "Refund page",
            "planned",
            None,
            start + timedelta(days=30),
            "not started",
            None,
            None,
            None,
        ),
        ("a6", None, None, "QA training", "running", start, None, "not measured", None, None, None),
    ]
    names = ("action_id", "theme_id", "linked_by", "name", "status", "started_at", "due_at", "verdict")
    names += ("change", "change_low", "change_high")
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return frame.with_columns(
        team=pl.lit("Payments"), kind=pl.lit("fix"), weeks_before=pl.lit(8), weeks_after=pl.lit(4)
    )


def rise_tables(week: date) -> dict[str, pl.DataFrame]:
    """Every table of the rises of a week, keyed to the themes `0` to `5` of the invented snapshot."""
    return {
        "theme_rises": _rises(week),
        "rise_segments": _segments(),
        "rise_events": _events(week),
        "rise_impact": _impact(),
        "rise_quotes": _quotes(),
        "rise_owners": pl.DataFrame(
            {
                "theme_id": ["0"],
                "rank": [1],
                "team": ["Payments Checkout"],
                "linked_tickets": [40],
                "share": [0.8],
            }
        ),
        "rise_issues": _issues(week),
        "similar_solved": pl.DataFrame(
            {
                "theme_id": ["0"],
                "rank": [1],
                "source": ["helpdesk"],
                "ticket_id": ["77"],
                "solved_at": [datetime(2026, 8, 3, 9)],
                "similarity": [0.8],
                "text": ["clearing the card and adding it again helped"],
            }
        ),
        "rise_followup": pl.DataFrame(
            {
                "theme_id": ["3", "5", "99", "13"],
                "was": ["risen", "new", "risen", "risen"],
                "tickets_then": [90, 45, 20, 4],
                "tickets_now": [30, 60, 0, 2],
                "usual_high": [50.0, None, 12.0, 3.0],
                "outcome": ["back to usual", "still above", "theme retired", "back to usual"],
            }
        ),
        "action_verdicts": _actions(week),
        "theme_history": pl.DataFrame(
            [
                (week, "1", "born", None, "7 tickets, unlike all before"),
                (week, "98", "retired", None, "no tickets are left"),
                (week, "97", "merged", "5", "by the curation file"),
                (week - timedelta(days=3), "5", "split", "2", None),
                (date(2025, 1, 1), "2", "renamed", None, None),
            ],
            schema=("occurred_on", "theme_id", "what", "other_theme_id", "detail"),
            orient="row",
        ),
    }
