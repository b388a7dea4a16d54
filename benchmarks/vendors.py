"""How often vendors are judged rightly: prints one JSON object.

    python -m benchmarks.vendors --seeds 1 2 3 ... [--tickets N]

Each seed is a simulated operation of two years in which one of two vendors gets the harder tickets, three times: with
vendors that work alike, and with either of them truly worse. Judged are the tickets of tier 1 solved in the last 13
weeks, without themes. A vendor comes out as worse where at least one metric says so.

only_looks_worse: how often the vendor with the harder tickets came out as not worse where it is not; in how many of
those seeds the bare figures have it worse beyond chance (a two-sample z-test of handling times); its mean ratio to the
other in handling time, in bare figures and on like tickets.
truly_worse: by vendor, how often it came out as worse where it is, by metric too, and how often the other one was
falsely called worse.
false_verdicts: cells (vendor and metric) that said worse or better where vendors work alike, of all such cells.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from models.operations.case_mix import with_attributes
from models.operations.vendors import ATTRIBUTES, compare
from models.simulation.operation import Operation, simulate
from models.simulation.world import VENDORS

AS_OF = date(2026, 11, 16)
PERIOD = (AS_OF - timedelta(weeks=13), AS_OF - timedelta(days=1))
DEFAULT_TICKETS, FEWEST_TICKETS = 60_000, 10_000


def solved_tickets(operation: Operation) -> pl.DataFrame:
    """The tickets solved in the period, by the group that had them first, with attributes and results."""
    owners = (
        operation.tables["ticket_events"]
        .filter(pl.col("kind") == "group_changed")
        .group_by("ticket_id", maintain_order=True)
        .agg(group_id=pl.col("to_value").first())
    )
    solved_on = pl.col("reported_solved_at").dt.date()
    tickets = (
        operation.tables["tickets"]
        .filter(solved_on.is_between(*PERIOD), pl.col("status") != "deleted")
        .drop("group_id")
        .join(owners, on="ticket_id")
        .join(operation.tables["groups"].select("group_id", "tier", "vendor", "time_zone"), on="group_id")
    )
    rated = pl.when(pl.col("csat_score").is_not_null())
    return _on_local_clock(tickets).with_columns(
        week=solved_on.dt.truncate("1w").cast(pl.String),
        shift=pl.concat_str(
            pl.when(pl.col("local").dt.weekday() > 5).then(pl.lit("weekend")).otherwise(pl.lit("weekday")),
            (pl.col("local").dt.hour() // 3 * 3).cast(pl.String),
            separator=" ",
        ),
        csat=rated.then(pl.col("csat_score") == "good"),
        reopen_rate=pl.col("reported_reopens") > 0,
        escalation_rate=pl.col("is_escalated"),
        one_touch=pl.col("reported_replies") < 2,
        first_reply_minutes=pl.col("reported_first_reply_minutes"),
    )


def _on_local_clock(tickets: pl.DataFrame) -> pl.DataFrame:
    """With the time of creation as the group's clock had it."""
    created = pl.col("created_at").dt.replace_time_zone("UTC")
    return pl.concat(
        part.with_columns(local=created.dt.convert_time_zone(str(zone)).dt.replace_time_zone(None))
        for (zone,), part in tickets.partition_by("time_zone", as_dict=True).items()
    )


@dataclass(frozen=True)
class Judged:
    """What one simulated operation came to. table: vendor_comparison. harder: the vendor that gets the harder tickets."""

    table: pl.DataFrame
    harder: str
    harder_is_slower_in_bare_figures: bool
    bare_ratio: float

    def worse(self, vendor: str) -> list[str]:
        """The metrics by which a vendor came out as worse."""
        said = self.table.filter(pl.col("vendor") == vendor, pl.col("verdict") == "worse")
        return said["metric"].to_list()


def judge(tickets: int, seed: int, worse: str | None) -> Judged:
    """Simulate an operation and compare its vendors."""
    operation = simulate(tickets, seed, AS_OF, worse_vendor=worse)
    judged, brought = with_attributes(solved_tickets(operation))
    known = [name for name in ATTRIBUTES if name in judged.columns]
    harder = operation.truth["vendors"].filter("gets_harder_tickets")["vendor"].item()
    logs = judged.select("vendor", minutes=pl.col("handle_minutes").clip(0.5).log()).drop_nulls()
    is_own = (logs["vendor"] == harder).to_numpy()
    own, other = logs["minutes"].to_numpy()[is_own], logs["minutes"].to_numpy()[~is_own]
    difference = own.mean() - other.mean()
    error = np.sqrt(own.var() / len(own) + other.var() / len(other))
    table = compare(judged, [*known, *brought], PERIOD).vendors
    return Judged(table, harder, bool(difference / error > norm.ppf(0.975)), float(np.exp(difference)))


def measure(seeds: Sequence[int], tickets: int) -> dict[str, Any]:
    """All seeds, each with vendors alike and with either of them worse."""
    started = time.perf_counter()
    alike = [judge(tickets, seed, None) for seed in seeds]
    worse = {name: [judge(tickets, seed, name) for seed in seeds] for name in VENDORS}
    verdicts = [verdict for found in alike for verdict in found.table["verdict"]]
    return {
        "seeds": len(seeds),
        "tickets": tickets,
        "only_looks_worse": looks_worse(alike),
        "truly_worse": {name: is_worse(name, found) for name, found in worse.items()},
        "false_verdicts": sum(verdict in ("worse", "better") for verdict in verdicts),
        "cells": len(verdicts),
        "seconds_a_seed": round((time.perf_counter() - started) / len(seeds), 1),
    }


def looks_worse(alike: Sequence[Judged]) -> dict[str, Any]:
    """The vendor with the harder tickets where vendors work alike."""
    handling = [
        found.table.filter(pl.col("vendor") == found.harder, pl.col("metric") == "handle_minutes")[
            "ratio"
        ].item()
        for found in alike
    ]
    return {
        "vendor": alike[0].harder,
        "not_worse": sum(not found.worse(found.harder) for found in alike),
        "worse_in_bare_figures": sum(found.harder_is_slower_in_bare_figures for found in alike),
        "handle_ratio_bare": round(float(np.mean([found.bare_ratio for found in alike])), 3),
        "handle_ratio_on_like_tickets": round(float(np.mean(handling)), 3),
    }


def is_worse(vendor: str, found: Sequence[Judged]) -> dict[str, Any]:
    """The verdicts where a vendor truly is worse."""
    others = [name for name in VENDORS if name != vendor]
    return {
        "judged_worse": sum(bool(one.worse(vendor)) for one in found),
        "other_falsely_worse": sum(any(one.worse(name) for name in others) for one in found),
        "by_metric": dict(sorted(Counter(metric for one in found for metric in one.worse(vendor)).items())),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--tickets", type=int, default=DEFAULT_TICKETS)
    options = parser.parse_args(arguments)
    if options.tickets < FEWEST_TICKETS:
        parser.error(
            f"--tickets is {options.tickets}; the quarter that is judged needs at least {FEWEST_TICKETS}"
        )
    with threadpool_limits(1):
        result = measure(options.seeds, options.tickets)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
