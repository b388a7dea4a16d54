"""Invented tables of vendors: one is worse in one result, one only looks worse; categories, audits."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

PERIOD = {"period_from": date(2026, 8, 17), "period_to": date(2026, 11, 15)}
RESULTS = {
    "handle_minutes": ("minutes", "lower", 12.0),
    "csat": ("share", "higher", 0.8),
    "reopen_rate": ("share", "lower", 0.068),
    "first_reply_within_target": ("share", "higher", 0.88),
}


def vendor_tables() -> dict[str, pl.DataFrame]:
    """Every table of the vendor page."""
    return {**_compared(), **_quality()}


def _row(
    metric: str, observed: float, others: float, expected: float, n: int, verdict: str
) -> dict[str, object]:
    unit, better, _ = RESULTS[metric]
    times = observed / expected
    reach = 3 / n**0.5
    return {
        **PERIOD,
        "metric": metric,
        "unit": unit,
        "better": better,
        "n": n,
        "observed": observed,
        "observed_low": observed - reach / 10 if unit == "share" else None,
        "observed_high": observed + reach / 10 if unit == "share" else None,
        "crude_others": others,
        "expected": expected,
        "ratio": times,
        "shrunk_ratio": 1 + 0.8 * (times - 1),
        "low": times - reach,
        "high": times + reach,
        "limit_low_95": 1 - reach,
        "limit_high_95": 1 + reach,
        "limit_low_998": 1 - 1.6 * reach,
        "limit_high_998": 1 + 1.6 * reach,
        "verdict": verdict,
        "confidence": "strong" if verdict != "too few" else "weak",
    }


def _compared() -> dict[str, pl.DataFrame]:
    rows = []
    for tier, vendor, n in (
        (1, "brightline", 9200),
        (1, "novacall", 6100),
        (2, "inhouse", 2100),
        (2, "kestrel", 15),
    ):
        for metric, (_, _, middle) in RESULTS.items():
            told = _row(metric, middle, middle, middle, n, "as expected" if n > 30 else "too few")
            if vendor == "brightline" and metric == "reopen_rate":
                told = _row(metric, 0.091, 0.06, 0.068, n, "worse")
            if vendor == "novacall" and metric == "handle_minutes":
                told = _row(metric, 14.0, 11.0, 13.0, n, "as expected")
            rows.append({"tier": tier, "vendor": vendor, **told})
    rng = np.random.default_rng(3)
    groups = [
        {"tier": 1, "vendor": vendor, "group_id": f"{vendor}-{number}"}
        | _row(
            metric,
            middle * (1.34 if is_apart else 1 + 0.03 * rng.normal()),
            middle,
            middle,
            150 + 260 * number,
            verdict,
        )
        for vendor in ("brightline", "novacall")
        for number in range(1, 8)
        for metric, (_, _, middle) in RESULTS.items()
        for is_apart in [vendor == "brightline" and number == 6 and metric == "reopen_rate"]
        for verdict in ["worse" if is_apart else "as expected"]
    ]
    mix = [
        {"tier": 1, "vendor": "novacall", "metric": "handle_minutes", "attribute": attribute, "value": value}
        | {"share": 0.4, "share_others": 0.1, "effect_on_metric": effect}
        for attribute, value, effect in (
            ("priority", "urgent", 1.4),
            ("business_line", "account_security", 0.9),
            ("week", "2026-11-02", 0.3),
            ("channel", "chat", -0.2),
        )
    ]
    return {
        "vendor_comparison": pl.DataFrame(rows),
        "vendor_groups": pl.DataFrame(groups),
        "vendor_case_mix": pl.DataFrame(mix),
    }


def _quality() -> dict[str, pl.DataFrame]:
    scores = [
        {"week": None, "business_line": line, "vendor": vendor, "reviewer_kind": "qa", "reviews": reviews}
        | {"iqs": 0.86, "low": 0.83, "high": 0.89, "critical_failures": failures}
        | {"is_of_all_tickets": line == "creator"}
        for line, vendor, reviews, failures in (
            ("all", "all", 420, 24),
            ("all", "brightline", 260, 15),
            ("all", "novacall", 160, 9),
            ("live", "all", 7, 1),
            ("creator", "all", 413, 23),
        )
    ]
    agreement = [
        {"pair": pair, "category": category, "n": n, "raw_agreement": raw, "prevalence": 0.85, "kappa": kappa}
        | {"kappa_low": kappa - 0.1, "kappa_high": kappa + 0.1, "alpha": kappa, "alpha_low": kappa - 0.1}
        | {"alpha_high": kappa + 0.1, "is_read_differently": kappa < 0.4, "note": None}
        for pair, category, n, raw, kappa in (
            ("tier1-qa", "tone", 180, 0.95, 0.81),
            ("tier1-qa", "refund_amount", 180, 0.72, 0.22),
            ("tier2-qa", "refund_amount", 90, 0.9, 0.74),
            ("tier2-qa", "identity_check", 8, 0.5, 0.1),
        )
    ]
    strata = [
        {
            "drawn_on": day,
            "stratum": stratum,
            "tickets": tickets,
            "sample": sample,
            "probability": sample / tickets,
        }
        for day, stratum, tickets, sample in (
            (date(2026, 6, 28), "live, brightline", 1200, 12),
            (date(2026, 6, 28), "ecommerce, novacall", 3400, 20),
            (date(2026, 6, 28), "creator, kestrel", 6, 3),
            (date(2026, 6, 21), "live, brightline", 1000, 5),
        )
    ]
    audits = [
        {"drawn_on": row["drawn_on"], "rank": rank, "source": "helpdesk", "ticket_id": f"55{rank:02}"}
        | {"stratum": row["stratum"]}
        | {"probability": row["probability"], "weight": 1 / row["probability"]}
        for rank, row in enumerate((row for row in strata for _ in range(row["sample"])), 1)
    ]
    return {
        "quality_scores": pl.DataFrame(scores, schema_overrides={"week": pl.Date}),
        "quality_agreement": pl.DataFrame(agreement, infer_schema_length=None),
        "audit_strata": pl.DataFrame(strata),
        "next_audits": pl.DataFrame(audits),
    }
