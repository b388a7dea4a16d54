"""A what-if in plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from assets.reports import wording

if TYPE_CHECKING:
    from models.planning.scenario import Campaign, Scenario, Wave

# Tickets or people under which nothing is worth a sentence.
_FEW = 0.5
_QUEUE = ["business_line", "tier"]


def campaign_title(campaign: Campaign) -> str:
    """`Black Friday, 27–30 Nov 2026, size 1.5, ecommerce`."""
    last = campaign.start + timedelta(days=max(campaign.days, 1) - 1)
    when = wording.day(campaign.start, year=True)
    if last > campaign.start:
        when = f"{wording.day(campaign.start)} to {wording.day(last, year=True)}"
    return _joined(
        campaign.name, when, f"size {campaign.size:g}", _named(campaign.business_line), campaign.region
    )


def wave_title(wave: Wave) -> str:
    """`ATO wave from 1 Dec 2026 20:00, 5,000 accounts, half-life 3 days, account security`."""
    return _joined(
        f"ATO wave from {wording.day(wave.onset.date(), year=True)} {wave.onset:%H:%M}",
        f"{wave.accounts:,.0f} accounts",
        f"half-life {wave.half_life_days:g} days",
        _named(wave.business_line),
        wave.region,
    )


def sentences(scenario: Scenario, weeks: pl.DataFrame, days: pl.DataFrame) -> list[str]:
    """What a scenario comes to: volume, people, backlog, and what to know about it.

    weeks, days: as `compare_weeks` and `compare_days` give them.
    """
    note = [scenario.added.note] if scenario.added.note else []
    if not scenario.added.dates:
        return [*note, "Nothing changes."]
    whole = scenario.added.by().row(0, named=True)
    verb = "takes away" if whole["added"] < 0 else "adds"
    low, high = sorted((abs(whole["p10"]), abs(whole["p90"])))
    told = [
        f"It {verb} {wording.count(abs(whole['added']))} tickets at all tiers together "
        f"({wording.count(low)} to {wording.count(high)} in eight cases of ten)."
    ]
    return [*told, *_people(weeks), *_backlog(days), *note]


def _people(weeks: pl.DataFrame) -> list[str]:
    """For every queue the week in which it needs the most people more."""
    peaks = (
        weeks.with_columns(more=pl.col("people") - pl.col("people_baseline"))
        .sort("more", descending=True)
        .unique(_QUEUE, keep="first", maintain_order=True)
        .filter(pl.col("more") >= _FEW)
    )
    told = []
    for row in peaks.iter_rows(named=True):
        employed = (
            "" if row["people_staffed"] is None else f"; {wording.number(row['people_staffed'])} are employed"
        )
        told.append(
            f"{_queue(row)} needs {wording.number(row['people'])} people in the week from {wording.day(row['week'])} "
            f"({wording.number(row['people_low'])} to {wording.number(row['people_high'])}) instead of "
            f"{wording.number(row['people_baseline'])}{employed}."
        )
    return told or ["No team needs half a person more in any whole week."]


def _backlog(days: pl.DataFrame) -> list[str]:
    """For every queue the day on which most wait more, until when, and the share answered in time meanwhile."""
    known = days.filter(pl.col("backlog").is_not_null())
    if known.is_empty():
        return ["Nobody says how many people there are (staffing.csv), so no backlog is foretold."]
    told = []
    for _, queue in known.group_by(_QUEUE, maintain_order=True):
        worst = queue.sort(pl.col("backlog") - pl.col("backlog_baseline"), descending=True).row(0, named=True)
        if worst["backlog"] - worst["backlog_baseline"] >= _FEW:
            told.append(
                f"{_queue(worst)}: with the people employed {wording.count(worst['backlog'])} messages wait on "
                f"{wording.day(worst['date'])} instead of {wording.count(worst['backlog_baseline'])}{_until(queue)}"
                f"{_in_time(queue.filter(pl.col('added').abs() >= _FEW))}."
            )
    return told or ["The people employed keep up: nowhere does a backlog grow."]


def _until(queue: pl.DataFrame) -> str:
    more = queue.sort("date").filter(pl.col("backlog") - pl.col("backlog_baseline") >= _FEW)["date"].to_list()
    longer, last = more[-1], max(queue["date"].to_list())
    if longer == last:
        return f" and still more than without it on {wording.day(last)}, the last day ahead"
    return f", as few as without it after {wording.day(longer)}"


def _in_time(touched: pl.DataFrame) -> str:
    if touched.is_empty():
        return ""
    total = pl.col("expected").sum()
    with_it, without = touched.select(
        scenario=(pl.col("within_sla") * pl.col("expected")).sum() / total,
        baseline=(pl.col("within_sla_baseline") * pl.col("expected")).sum() / total,
    ).row(0)
    return (
        f"; of those that come while it lasts {wording.share(with_it)} are answered in time instead of "
        f"{wording.share(without)}"
    )


def _queue(row: dict[str, object]) -> str:
    return wording.sentence(f"{wording.readable(str(row['business_line']))}, tier {row['tier']}")


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _named(line: str | None) -> str | None:
    return wording.readable(line) if line else None
