"""Invented tables of a forecast: 90 days at every level, with its backtest."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl


def forecast_tables(first: date, lines: dict[str, int], regions: dict[str, float]) -> dict[str, pl.DataFrame]:
    """The forecast tables made on a day, for lines by arrivals a day and regions by share."""
    rows = []
    series = [("total", {}, 630.0)]
    series += [("business_line", {"business_line": line}, float(level)) for line, level in lines.items()]
    series += [("tier", {"tier": "1"}, 630.0), ("tier", {"tier": "2"}, 63.0)]
    series += [("region", {"region": region}, 630 * part) for region, part in regions.items()]
    for level, key, middle in series:
        for ahead in range(90):
            day = first + timedelta(days=ahead)
            base = middle * (1.1 - 0.04 * day.weekday())
            expected = base * (1.7 if date(2026, 11, 27) <= day <= date(2026, 11, 30) else 1.0)
            spread = expected * (0.06 + 0.0012 * ahead)
            rows.append(
                {
                    "made_on": first,
                    "level": level,
                    "business_line": None,
                    "channel": None,
                    "region": None,
                    "tier": None,
                    **key,
                    "date": day,
                    "expected": expected,
                    "low_80": expected - 1.28 * spread,
                    "high_80": expected + 1.28 * spread,
                    "low_95": expected - 1.96 * spread,
                    "high_95": expected + 1.96 * spread,
                    "base": base,
                }
            )
    backtest = [
        {
            "level": level,
            "horizon": horizon,
            "origins": 8,
            "points": 56,
            "wape": 0.06 + 0.012 * step + worse,
            "bias": 0.004 * (step - 2),
            "coverage_80": 0.79,
            "coverage_95": 0.955,
            "wape_seasonal_naive": 0.14 + 0.01 * step,
        }
        for level, worse in (("total", 0.0), ("business_line", 0.03), ("tier", 0.02))
        for step, horizon in enumerate(("1-7", "8-14", "15-28", "29-60", "61-90"))
    ]
    return {
        "forecast_daily": pl.DataFrame(
            rows, schema_overrides={"channel": pl.String}, infer_schema_length=None
        ),
        "forecast_backtest": pl.DataFrame(backtest),
        "forecast_notes": pl.DataFrame({"note": ["Region US has under two years of history: wider ranges."]}),
    }
