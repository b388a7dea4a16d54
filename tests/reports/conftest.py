"""An invented published snapshot: two years, four lines, twelve themes of which one rises, and hostile text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from assets.reports.site import SiteResult, render_site
from tests.reports.invented_forecast import forecast_tables
from tests.reports.invented_operations import operations_tables
from tests.reports.invented_plan import effect_tables, plan_tables, record_tables
from tests.reports.invented_rises import rise_tables
from tests.reports.invented_surge import surge_tables
from tests.reports.invented_vendors import vendor_tables

AS_OF = datetime(2026, 11, 16, 2, 30)
WEEK = date(2026, 11, 9)  # the last whole week
LINES = {"ecommerce": 330, "live": 140, "creator": 70, "account_security": 90}
REGIONS = {"SG": 0.4, "US": 0.35, "GB": 0.25}
CHANNELS = {"in_app": 0.7, "chat": 0.3}
THEMES = (
    "card declined at gift checkout",
    "code never arrives",
    "account taken over",
    "payout is late",
    "refund not on statement",
    "charged twice",
    "new phone locked out",
    "wallet top-up pending",
    "voucher not accepted",
    "identity check fails",
    "coins missing after live",
    "bank transfer returned",
)
HOSTILE = (
    '<script>alert(\'x\')</script> <a href="https://evil.example/login">click</a> =HYPERLINK("http://evil.example") '
    "pay\u202eback\u200b now at www.evil.example </script><img src=x onerror=alert(1)>"
)
RISING = "0"


def _kpi_rows(weeks: list[date], rng: np.random.Generator) -> tuple[list[dict], list[dict]]:
    kpis, signals = [], []
    metrics = {
        "backlog": (900, 30, None),
        "first_reply_minutes_median": (48, 4, 3000),
        "full_resolution_minutes_median": (1500, 90, 2800),
        "csat": (0.82, 0.012, 600),
        "reopen_rate": (0.06, 0.004, 2800),
        "escalation_rate": (0.16, 0.008, 4000),
    }
    for line, daily in {"all": sum(LINES.values()), **LINES}.items():
        part = daily / sum(LINES.values())
        for place, week in enumerate(weeks):
            row = {"week": week, "business_line": line}
            for metric, (middle, spread, denominator) in {
                "tickets_created": (daily * 7 / part, daily * 0.2 / part, None),
                "tickets_solved": (daily * 7 / part, daily * 0.2 / part, None),
                **metrics,
            }.items():
                scale = part if metric in ("tickets_created", "tickets_solved", "backlog") else 1
                value = scale * (middle + spread * rng.normal())
                if metric == "first_reply_minutes_median" and week == WEEK and line in ("all", "live"):
                    value *= 1.6
                low, high = scale * (middle - 3 * spread), scale * (middle + 3 * spread)
                verdict = "above" if value > high else "below" if value < low else "usual"
                early = place < 8
                row[metric] = value
                signals.append(
                    {
                        "week": week,
                        "business_line": line,
                        "metric": metric,
                        "value": float(value),
                        "denominator": None if denominator is None else float(int(denominator * part)),
                        "usual_middle": None if early else scale * middle,
                        "usual_low": None if early else low,
                        "usual_high": None if early else high,
                        "weeks_used": min(place, 26),
                        "verdict": "too early" if early else verdict,
                    }
                )
            row |= {
                "tickets_created": int(row["tickets_created"]),
                "tickets_solved": int(row["tickets_solved"]),
                "backlog": int(row["backlog"]),
                "first_reply_minutes_p90": 300.0,
                "full_resolution_minutes_p90": 9000.0,
                "csat_good": int(600 * part * row["csat"]),
                "csat_rated": int(600 * part),
                "csat_offered": int(2400 * part),
                "csat_low": row["csat"] - 0.03,
                "csat_high": row["csat"] + 0.03,
                "csat_response_rate": 0.25,
            }
            kpis.append(row)
    return kpis, signals


def _theme_tables(weeks: list[date], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    trends, impact, themes, examples, drivers = [], [], [], [], []
    for number, name in enumerate((*THEMES, "other", "seldom seen")):
        theme = str(number)
        level = 60 / (1 + 0.35 * number) if name != "seldom seen" else 0.05
        counts = rng.poisson(level, len(weeks))
        if theme == RISING:
            counts[-1], counts[-2] = 214, 96
        usual = {
            "usual_middle": level,
            "usual_low": max(0, level - 3 * level**0.5),
            "usual_high": level + 3 * level**0.5,
        }
        verdicts = ["above" if c > usual["usual_high"] else "usual" for c in counts]
        if len(weeks) < 9:
            usual, verdicts = dict.fromkeys(usual), ["too early"] * len(weeks)
        trends += [
            {
                "week": week,
                "theme_id": theme,
                "tickets": int(c),
                "distinct_tickets": int(c),
                **usual,
                "verdict": verdict,
            }
            for week, c, verdict in zip(weeks, counts, verdicts, strict=True)
        ]
        total = 4 if name == "seldom seen" else int(counts.sum())
        impact.append(
            {
                "theme_id": theme,
                "week": weeks[-1],
                "tickets": int(counts[-1]),
                "distinct_tickets": int(counts[-1]),
                **usual,
                "excess": float(counts[-1] - level),
                "verdict": verdicts[-1],
                "tickets_28d": int(counts[-4:].sum()),
                "unsolved_28d": int(counts[-4:].sum() * 0.12),
                "handle_hours_28d": float(counts[-4:].sum() * 0.3),
                "csat_28d": 0.61,
                "csat_low_28d": 0.52,
                "csat_high_28d": 0.7,
                "csat_rated_28d": int(counts[-4:].sum() * 0.3),
                "impact_rank": number + 1,
            }
        )
        themes.append(
            {
                "theme_id": theme,
                "name": name if theme != "3" else f"{name} {HOSTILE}",
                "description": f"hello, {name} since this morning, please help",
                "tickets": total,
                "distinct_tickets": total,
                "share": 0.05,
                "cohesion": 0.7,
                "is_other": name == "other",
                "is_template": theme == "6",
                "born_on": weeks[-1] if theme == "1" else weeks[0],
                "is_new": theme in ("1", "13"),
                "is_ignored": theme == "11",
            }
        )
        texts = [
            f"hi, {name} again, I tried {word} <EMAIL_1>" for word in ("twice", "on my phone", "with the app")
        ]
        texts += [HOSTILE, "=1+1 " + name] if theme == RISING else []
        examples += [
            {
                "theme_id": theme,
                "rank": rank,
                "source": "helpdesk",
                "ticket_id": f"48{number:02}{rank}",
                "text": text,
            }
            for rank, text in enumerate(reversed(texts), 1)
        ]
        drivers += [
            {
                "theme_id": theme,
                "attribute": attribute,
                "value": value,
                "tickets": tickets,
                "share_in_theme": 0.81,
                "share_elsewhere": 0.26,
                "lift": 3.1,
                "lift_low": low,
                "lift_high": 4.0,
                "q_value": 0.0001,
            }
            for attribute, value, tickets, low in (
                ("payment_method", "card", 320, 2.4),
                ("app_version", "34.2", 210, 2.2),
                ("business_line", "live" if theme == RISING else "ecommerce", 180, 2.0),
                ("platform", f"rare device {number}", 7, 1.9),
            )
        ]
    return {
        "theme_trends": pl.DataFrame(trends),
        "theme_impact": pl.DataFrame(impact),
        "themes": pl.DataFrame(themes),
        "theme_examples": pl.DataFrame(examples),
        "theme_drivers": pl.DataFrame(drivers),
    }


def _daily_volume(days: list[date], rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for line, level in LINES.items():
        for region, region_share in REGIONS.items():
            for channel, channel_share in CHANNELS.items():
                week = np.array([1.12, 1.1, 1.05, 1.0, 0.98, 0.86, 0.84])[[day.weekday() for day in days]]
                counts = rng.poisson(level * region_share * channel_share * week)
                rows += [
                    {
                        "date": day,
                        "business_line": line,
                        "user_type": "buyer",
                        "channel": channel,
                        "region": region,
                        "tier": "1",
                        "tickets_created": int(count),
                        "tickets_arrived": int(count),
                    }
                    for day, count in zip(days, counts, strict=True)
                ]
                if channel == "chat":
                    rows += [
                        {
                            **row,
                            "tier": "2",
                            "tickets_created": 0,
                            "tickets_arrived": row["tickets_created"] // 3,
                        }
                        for row in rows[-len(days) :]
                    ]
    return pl.DataFrame(rows)


def _calendar() -> pl.DataFrame:
    rows = [
        ("release", "Android 34.2 <b>", datetime(2026, 11, 4, 12), datetime(2026, 11, 4, 13), "live"),
        ("campaign", "Singles' Day", datetime(2026, 11, 10), datetime(2026, 11, 12), None),
        ("sop_change", "New refund SOP", datetime(2026, 10, 26), datetime(2026, 10, 27), "creator"),
        ("campaign", "Black Friday", datetime(2026, 11, 27), datetime(2026, 12, 1), "ecommerce"),
        ("holiday", "Christmas Day", datetime(2026, 12, 25), datetime(2026, 12, 26), None),
        ("holiday", "New Year's Day", datetime(2027, 1, 1), datetime(2027, 1, 2), None),
    ]
    return pl.DataFrame(
        [
            {
                "event_id": str(number),
                "kind": kind,
                "name": name,
                "starts_at": starts,
                "ends_at": ends,
                "business_line": line,
                "region": None,
                "size": 1.0,
            }
            for number, (kind, name, starts, ends, line) in enumerate(rows)
        ],
        schema_overrides={"region": pl.String},
        infer_schema_length=None,
    )


def _sources(has: dict[str, bool]) -> pl.DataFrame:
    flags = ("text", "events", "csat", "groups", "escalations", "calendar")
    return pl.DataFrame(
        [
            {
                "source": "helpdesk",
                "mapping": "zendesk_export",
                "tickets": 459_000,
                "events": 2_100_000,
                "first_created_at": datetime(2024, 11, 16),
                "last_created_at": datetime(2026, 11, 16, 2, 12),
                "last_updated_at": datetime(2026, 11, 16, 2, 14),
                "volume_from": date(2024, 11, 16),
                "volume_until": date(2026, 11, 15),
                **{f"has_{flag}": has.get(flag, True) for flag in flags},
            }
        ]
    )


def _source_summary() -> pl.DataFrame:
    figures = {
        "tickets": 459_000,
        "reported_sla_met": 367_200,
        "reported_sla_known": 459_000,
        "reported_resolved_tickets": 450_000,
        "full_resolution_hours_median": 15.0,
        "reported_full_resolution_hours_median": 19.0,
        "reopened_share": 0.06,
        "reported_reopened_share": 0.06,
        "reported_closed_tickets": 4,
        "reported_closed_hours_median": 99.0,
    }
    return pl.DataFrame([{"source": "helpdesk", **figures}])


def invented_tables(weeks: int = 104, has: dict[str, bool] | None = None) -> dict[str, pl.DataFrame]:
    """Every table the reports read. has: parts the source lacks, by `has_` flag without its prefix."""
    rng = np.random.default_rng(7)
    mondays = [WEEK - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    days = [WEEK + timedelta(days=6 - back) for back in range(weeks * 7 - 1, -1, -1)]
    forecast = forecast_tables(AS_OF.date(), LINES, REGIONS)
    kpis, signals = _kpi_rows(mondays, rng)
    return {
        "raw.account": pl.DataFrame({"as_of": [AS_OF], "time_zone": ["Europe/London"]}),
        "raw.sources": _sources(has or {}),
        "raw.loads": pl.DataFrame(
            {
                "source": ["helpdesk"],
                "loaded_at": [datetime(2026, 11, 16, 2, 40)],
                "rows_read": [459_000],
                "rows_quarantined": [12],
                "error": pl.Series([None], dtype=pl.String),
            }
        ),
        "stg_calendar": _calendar(),
        "weekly_kpis": pl.DataFrame(kpis),
        "kpi_signals": pl.DataFrame(signals, infer_schema_length=None),
        "daily_volume": _daily_volume(days, rng),
        **_theme_tables(mondays, rng),
        **forecast,
        **effect_tables(AS_OF.date(), forecast["forecast_daily"]),
        **plan_tables(AS_OF.date()),
        **record_tables(AS_OF.date()),
        **surge_tables(AS_OF),
        **rise_tables(WEEK),
        **operations_tables(WEEK, LINES),
        **vendor_tables(),
        "source_summary": _source_summary(),
        "stg_tickets": pl.DataFrame(
            {"source": ["helpdesk"] * 2, "ticket_id": ["901", "911"], "subject": ["Payment fails"] * 2}
        ),
    }


def write_snapshot(path: Path, tables: dict[str, pl.DataFrame]) -> Path:
    """A DuckDB file that holds the tables."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for name, frame in tables.items():
            connection.register("invented", frame.to_arrow())
            connection.execute(f"create table {name} as select * from invented")
            connection.unregister("invented")
    return path


@pytest.fixture(scope="session")
def tables() -> dict[str, pl.DataFrame]:
    return invented_tables()


@pytest.fixture(scope="session")
def site(tables: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site rendered from the whole invented snapshot."""
    folder = tmp_path_factory.mktemp("site")
    render_site(write_snapshot(folder / "published.duckdb", tables), folder / "reports")
    return folder / "reports"


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., tuple[Path, SiteResult]]:
    """Renders a site from given tables: the folder and the result."""

    def rendered(tables: dict[str, pl.DataFrame], **options: object) -> tuple[Path, SiteResult]:
        path = write_snapshot(tmp_path / "published.duckdb", tables)
        result = render_site(path, tmp_path / "reports", **options)  # type: ignore[arg-type]
        return tmp_path / "reports", result

    return rendered
