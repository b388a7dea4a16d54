"""Invented tables of an operation of few tickets, whose lines, vendors, targets and ages truly sum up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import polars as pl

from assets.reports.operations_columns import AGE_BANDS, UNTOUCHED_BANDS

WEEK = date(2026, 11, 9)
LINES = ("ecommerce", "live", "creator", "account_security")
VENDORS = ("brightline", "novacall", "inhouse")
_SIZES = {"ecommerce": 90.0, "live": 30.0, "creator": 12.0, "account_security": 16.0}


def small_operations(seed: int) -> dict[str, pl.DataFrame]:
    """Every table of the operations page that holds counts, drawn so that many of them are under ten."""
    rng = np.random.default_rng(seed)
    weeks = [WEEK - timedelta(weeks=back) for back in range(6)]
    return {
        **_targets(rng, weeks),
        **_escalations(rng, weeks),
        **_ratings(rng, weeks),
        **_contacts(rng, weeks),
        **_backlog(rng),
    }


def summed(frame: pl.DataFrame, keys: Sequence[str], over: Sequence[str]) -> pl.DataFrame:
    """The counts of a frame with a row for every sum along some of the columns `over`, which is `all` there."""
    counts = [name for name in frame.columns if name not in (*keys, *over)]
    sums = [
        frame.with_columns(pl.lit("all").alias(name) for name in alike)
        .group_by(*keys, *over, maintain_order=True)
        .agg(pl.col(counts).sum())
        for size in range(len(over) + 1)
        for alike in combinations(over, size)
    ]
    return pl.concat(sums)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _bounds(share: str, low: str = "low", high: str = "high") -> tuple[pl.Expr, pl.Expr]:
    return (pl.col(share) * 0.9).alias(low), (pl.col(share) * 1.1).clip(0, 1).alias(high)


def _targets(rng: np.random.Generator, weeks: list[date]) -> dict[str, pl.DataFrame]:
    rows, owned = [], []
    for week in weeks:
        for line in LINES:
            for metric in ("first_reply", "resolution"):
                judged = int(rng.poisson(_SIZES[line]))
                owners = rng.multinomial(int(rng.binomial(judged, 0.2)), [0.6, 0.3, 0.1])
                breached = int(owners.sum())
                rows.append((week, line, metric, judged - breached, breached, judged, judged - breached))
                owned += [
                    (week, line, metric, owner, 60 * int(count), int(count))
                    for owner, count in zip(
                        ("tier-1 queue", "tier-2 queue", "requester"), owners, strict=True
                    )
                ]
    names = ("week", "business_line", "metric", "achieved", "breached", "tickets_judged", "tickets_achieved")
    kept = summed(pl.DataFrame(rows, schema=names, orient="row"), ["week"], ["business_line", "metric"])
    kept = kept.with_columns(
        target_share=pl.col("achieved") / (pl.col("achieved") + pl.col("breached")),
        ticket_share=_share("tickets_achieved", "tickets_judged"),
        breach_minutes_median=90.0,
        breach_minutes_sum=pl.col("breached") * 100.0,
    ).with_columns(
        *_bounds("target_share", "target_low", "target_high"),
        *_bounds("ticket_share", "ticket_low", "ticket_high"),
    )
    names = ("week", "business_line", "metric", "owner", "minutes", "breaches")
    owners = summed(
        pl.DataFrame(owned, schema=names, orient="row"), ["week", "metric", "owner"], ["business_line"]
    ).with_columns(share=pl.lit(0.3), minutes=pl.col("minutes").cast(pl.Float64))
    bands = ("50-75", "76-85", "86-95", "over 95", "breached")
    running = [
        (line, tier, vendor, "resolution", band, int(rng.poisson(_SIZES[line] / 8)))
        for line in LINES
        for tier, vendor in (("1", "brightline"), ("2", "inhouse"))
        for band in bands
    ]
    names = ("business_line", "tier", "vendor", "metric", "band", "tickets")
    return {
        "sla_weeks": kept,
        "sla_breach_owners": owners,
        "sla_open": pl.DataFrame(running, schema=names, orient="row"),
    }


def _escalations(rng: np.random.Generator, weeks: list[date]) -> dict[str, pl.DataFrame]:
    rows = []
    for week in weeks:
        for line in LINES:
            for vendor in VENDORS:
                tickets = int(rng.poisson(_SIZES[line]))
                escalated = int(rng.binomial(tickets, 0.25))
                parts = (int(rng.binomial(escalated, share)) for share in (0.4, 0.3))
                rows.append(
                    (week, line, vendor, tickets, escalated, int(rng.binomial(tickets, 0.15)), *parts)
                )
    names = (
        "week",
        "business_line",
        "vendor",
        "tickets_tier_1",
        "escalated",
        "to_partner",
        "returned",
        "ping_pong",
    )
    flow = summed(pl.DataFrame(rows, schema=names, orient="row"), ["week"], ["business_line", "vendor"])
    flow = flow.with_columns(escalation_rate=_share("escalated", "tickets_tier_1"))
    handoffs = [
        (
            "last 28 days",
            f"group {one}",
            f"group {other}",
            "1",
            "brightline",
            "2",
            "inhouse",
            count,
            count + 2,
            60.0,
        )
        for one in range(4)
        for other in range(4)
        if one != other and (count := int(rng.poisson(14)))
    ]
    names = ("period", "from_group_id", "to_group_id", "from_tier", "from_vendor", "to_tier", "to_vendor")
    counts = ("tickets", "handoffs", "minutes_before_median")
    return {
        "escalation_flow": flow.with_columns(_bounds("escalation_rate")),
        "handoffs": pl.DataFrame(handoffs, schema=(*names, *counts), orient="row"),
    }


def _ratings(rng: np.random.Generator, weeks: list[date]) -> dict[str, pl.DataFrame]:
    rows, firsts, reasons = [], [], []
    for week in weeks:
        for line in LINES:
            for vendor in VENDORS:
                tickets = int(rng.poisson(_SIZES[line]))
                offered = int(rng.binomial(tickets, 0.8))
                answered = int(rng.binomial(offered, 0.5))
                good = int(rng.binomial(answered, 0.6))
                flips = (int(rng.binomial(answered, 0.2)) for _ in range(2))
                rows.append((week, line, vendor, tickets, offered, answered, good, answered - good, *flips))
            firsts.append((week, line, tickets, int(rng.binomial(tickets, 0.7))))
        reasons += [(week, "all", f"reason {number}", int(rng.poisson(14)), 0.2) for number in range(5)]
    names = ("week", "business_line", "vendor", "tickets", "offered", "answered", "good", "bad")
    flips = ("good_to_bad", "bad_to_good")
    rated = summed(
        pl.DataFrame(rows, schema=(*names, *flips), orient="row"), ["week"], ["business_line", "vendor"]
    )
    rated = rated.with_columns(
        csat=_share("good", "answered"),
        response_rate=_share("answered", "offered"),
        coverage=_share("answered", "tickets"),
    )
    names = ("week", "business_line", "tickets", "resolved_first")
    first = summed(pl.DataFrame(firsts, schema=names, orient="row"), ["week"], ["business_line"])
    first = first.with_columns(rate=_share("resolved_first", "tickets"))
    names = ("week", "business_line", "reason", "bad", "share")
    return {
        "csat_weeks": rated.with_columns(_bounds("csat")),
        "first_contact_weeks": first.with_columns(_bounds("rate")),
        "csat_reasons": pl.DataFrame(reasons, schema=names, orient="row"),
    }


def _contacts(rng: np.random.Generator, weeks: list[date]) -> dict[str, pl.DataFrame]:
    rows = []
    for week in weeks:
        for line in LINES:
            for who in ("buyer", "merchant"):
                tickets = int(rng.poisson(_SIZES[line]))
                rows.append((week, "orders", line, who, tickets, int(rng.binomial(tickets, 0.3))))
    names = ("week", "measure", "business_line", "user_type", "tickets", "repeats")
    rates = summed(
        pl.DataFrame(rows, schema=names, orient="row"), ["week", "measure"], ["business_line", "user_type"]
    )
    return {
        "contact_rate_weeks": rates.with_columns(
            exposure=pl.lit(50_000.0),
            per_1000=pl.col("tickets") / 50,
            per_1000_net=(pl.col("tickets") - pl.col("repeats")) / 50,
        )
    }


def _backlog(rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    rows, flows = [], []
    for back in range(20):
        day = WEEK + timedelta(days=6 - back)
        for line in LINES:
            for tier, vendor in (("1", "brightline"), ("2", "inhouse")):
                for status in ("new", "open", "pending", "hold"):
                    ages = rng.poisson(np.array([0.3, 0.2, 0.1, 0.04, 0.03]) * _SIZES[line] / 4)
                    rest = rng.multinomial(int(ages.sum()), [0.5, 0.25, 0.15, 0.07, 0.03])
                    rows.append(
                        (day, line, tier, vendor, status, int(ages.sum()), *map(int, ages), *map(int, rest))
                    )
                moves = rng.poisson(np.array([1, 0.4, 0.05, 0.1, 0.1, 0.4, 0.02, 1]) * _SIZES[line])
                flows.append((day, line, tier, vendor, *map(int, moves)))
    team = ("date", "business_line", "tier", "vendor")
    moves_named = (
        "open_at_start",
        "created",
        "reopened",
        "moved_in",
        "moved_out",
        "solved",
        "deleted",
        "open_at_end",
    )
    return {
        "backlog_days": pl.DataFrame(
            rows, schema=(*team, "status", "tickets", *AGE_BANDS, *UNTOUCHED_BANDS), orient="row"
        ),
        "backlog_flow_days": pl.DataFrame(flows, schema=(*team, *moves_named), orient="row"),
    }
