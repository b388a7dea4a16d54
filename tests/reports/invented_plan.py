"""Invented tables of a staffing plan, of what a forecast is made of, and of how earlier forecasts did."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

WEEKS = 13
TEAMS = {  # line, tier, vendor: people needed in an ordinary week, staffed
    ("ecommerce", "1", "Brightline"): (40.0, 44.0),
    ("ecommerce", "2", "inhouse"): (11.0, 12.0),
    ("live", "1", "Northgate"): (18.0, 20.0),
}
BUSY = date(2026, 11, 23)  # the week of Black Friday


def plan_tables(first: date) -> dict[str, pl.DataFrame]:
    """The tables of a plan made on the day before `first`: Brightline is twelve people short in one week."""
    made_on = first
    return {
        "staffing_weeks": _weeks(made_on),
        "staffing_asks": _asks(),
        "staffing_intervals": _intervals(made_on),
        "staffing_shifts": pl.DataFrame(
            [
                {**_team(key), "made_on": made_on, "date": made_on, "shift_start": "08:00"}
                | {"shift_hours": 8.0, "people": 9}
                for key in TEAMS
            ]
        ),
        "staffing_notes": pl.DataFrame({"note": ["Handle minutes are measured over the last 28 days."]}),
        **_backlog(made_on),
    }


def _team(key: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("business_line", "tier", "vendor"), key, strict=True))


def _weeks(made_on: date) -> pl.DataFrame:
    monday = made_on - timedelta(days=made_on.weekday())
    rows = []
    for key, (needed, staffed) in TEAMS.items():
        for ahead in range(WEEKS):
            week = monday + timedelta(weeks=ahead)
            people = needed * (1.4 if week == BUSY and key[2] == "Brightline" else 1.0)
            rows.append(
                {
                    "made_on": made_on,
                    "week": week,
                    **_team(key),
                    "tickets": people * 60,
                    "tickets_low": people * 50,
                    "tickets_high": people * 72,
                    "hours": people * 30,
                    "people": people,
                    "people_low": people * 0.85,
                    "people_high": people * 1.2,
                    "people_staffed": staffed,
                    "gap": people - staffed,
                    "cost": people * 30 * 18,
                    "because": "Black Friday +1,620" if week == BUSY else None,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _asks() -> pl.DataFrame:
    ask = {"from_date": date(2026, 11, 24), "to_date": date(2026, 12, 7), "because": "Black Friday"}
    return pl.DataFrame(
        [
            {"rank": 1, **_team(("ecommerce", "1", "Brightline")), "people_more": 12, **ask}
            | {"decide_by": date(2026, 11, 10), "is_late": True, "cost": 17_280.0},
            {"rank": 2, **_team(("live", "1", "Northgate")), "people_more": 1, **ask}
            | {"decide_by": date(2026, 11, 20), "is_late": False, "cost": 1_440.0},
        ]
    )


def _intervals(made_on: date) -> pl.DataFrame:
    start = datetime(made_on.year, made_on.month, made_on.day) + timedelta(days=1)
    shape = [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 12, 12, 13, 13, 12, 11, 10, 8, 6, 4, 3]
    rows = []
    for key, (needed, _) in TEAMS.items():
        for hour in range(24 * 14):
            agents = max(1, round(shape[hour % 24] * needed / 30))
            rows.append(
                {
                    "made_on": made_on,
                    "starts_at": start + timedelta(hours=hour),
                    "minutes": 60,
                    **_team(key),
                    "mode": "live",
                    "tickets": agents * 4.0,
                    "tickets_high": agents * 5.0,
                    "handle_minutes": 9.0,
                    "agents": agents,
                    "agents_high": agents + 1,
                    "people": agents / 0.7,
                    "service_level": 0.84,
                    "occupancy": 0.78,
                }
            )
    return pl.DataFrame(rows)


def _backlog(made_on: date) -> dict[str, pl.DataFrame]:
    rows, back = [], []
    for scenario, lasting in (("as staffed", 40), ("with the ask", 12)):
        for ahead in range(60):
            over = max(0.0, 1 - abs(ahead - 10) / lasting)
            rows.append(
                {
                    "made_on": made_on,
                    "date": made_on + timedelta(days=ahead + 1),
                    "business_line": "ecommerce",
                    "tier": "1",
                    "scenario": scenario,
                    "arrivals": 330.0,
                    "backlog": 300 + lasting * 30 * over,
                    "oldest_hours": 6 + 40 * over,
                    "within_sla": 0.95 - 0.4 * over,
                }
            )
        back.append(
            {"business_line": "ecommerce", "tier": "1", "scenario": scenario}
            | {
                "back_inside_sla_on": date(2026, 12, 3) if lasting == 12 else None,
                "note": "not back inside SLA within 60 days" if lasting == 40 else None,
            }
        )
    return {"backlog_ahead": pl.DataFrame(rows), "backlog_back": pl.DataFrame(back)}


def effect_tables(made_on: date, daily: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What a daily forecast is made of, and its whole weeks with their ranges."""
    keys = ["made_on", "level", "business_line", "tier", "region", "date"]
    extra = pl.col("expected") - pl.col("base")
    parts = [
        daily.select(*keys, effect_kind=pl.lit(kind), effect=pl.lit(effect), tickets=tickets.cast(pl.Float64))
        for kind, effect, tickets in (
            ("level", "level", pl.col("base")),
            ("campaign", "Black Friday", extra),
            ("holiday", "Christmas Day", pl.when(pl.col("date") == date(2026, 12, 25)).then(-90.0)),
            ("surge", "wave of 10 Nov", pl.when(pl.col("date") < date(2026, 11, 22)).then(40.0)),
        )
    ]
    effects = pl.concat(parts).filter(pl.col("tickets").abs() >= 0.005)
    week = pl.col("date").dt.truncate("1w").alias("week")
    weekly = (
        daily.group_by("made_on", "level", "business_line", "tier", "region", week)
        .agg(pl.len(), pl.col("expected").sum())
        .filter(len=7)
        .with_columns(low_80=pl.col("expected") * 0.9, high_80=pl.col("expected") * 1.12)
    )
    return {"forecast_effects": effects, "forecast_weekly": weekly}


def record_tables(made_on: date) -> dict[str, pl.DataFrame]:
    """Eight earlier forecasts, the newest two stored as they were made; and what changed since the last."""
    scores, outcomes = [], []
    for back in range(8, 0, -1):
        made = made_on - timedelta(weeks=2 * back)
        common = {"made_on": made, "is_rebuilt": back > 2}
        for level, worse in (("total", 0.0), ("business_line", 0.04)):
            for horizon, days in (("1-7", 7), ("8-14", 7), ("15-28", 14)):
                scores.append(
                    {**common, "level": level, "horizon": horizon, "days": days}
                    | {"wape": 0.06 + worse + 0.002 * days, "bias": 0.021, "coverage_80": 0.78}
                    | {"coverage_95": 0.95}
                )
        for ahead in range(1, 2 * back):
            week = made + timedelta(weeks=ahead, days=-made.weekday())
            for level, line, came in (("total", None, 4300.0), ("business_line", "tiny", 6.0)):
                outcomes.append(
                    {**common, "level": level, "business_line": line, "tier": None, "region": None}
                    | {"week": week, "expected": came * 1.02, "low_80": came * 0.9, "high_80": came * 1.1}
                    | {"came": came + 31 * (ahead % 5) if level == "total" else came}
                )
    changes = [
        {"level": level, "business_line": line, "tier": None, "region": None, "made_on": made_on}
        | {"before_made_on": made_on - timedelta(weeks=2), "week": BUSY, "effect_kind": kind}
        | {"effect": effect, "before": before, "now": now, "change": now - before}
        for level, line in (("total", None), ("business_line", "ecommerce"))
        for kind, effect, before, now in (
            ("level", "level", 4100.0, 4210.0),
            ("campaign", "Black Friday", 0.0, 1620.0),
            ("surge", "wave of 10 Nov", 300.0, 40.0),
        )
    ]
    text = {"tier": pl.String, "region": pl.String}
    return {
        "forecast_scores": pl.DataFrame(scores),
        "forecast_outcomes": pl.DataFrame(outcomes, schema_overrides=text, infer_schema_length=None),
        "forecast_changes": pl.DataFrame(changes, schema_overrides=text, infer_schema_length=None),
    }
