"""A scenario beside the plan as it stands: by day and by week, for every line and tier."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl

from models.forecast.added_volume import AddedVolume
from models.planning.scenario import Planner, Scenario
from models.staffing.outlook import AS_STAFFED, Outlook

_QUEUE = ["business_line", "tier"]


def compare_days(plan: Planner, scenario: Scenario) -> pl.DataFrame:
    """A row per day ahead, line and tier.

    expected_baseline, expected: tickets without and with the events; added, added_low, added_high: what they add, with
    p10 and p90. backlog and within_sla with the people employed, each also _baseline: null where people are not known.
    """
    keys = [*_QUEUE, "date"]
    volumes = plan.inputs.daily.group_by(keys).agg(expected_baseline=pl.col("expected").sum())
    volumes = volumes.join(
        scenario.daily.group_by(keys).agg(pl.col("expected").sum()), on=keys, how="full", coalesce=True
    )
    backlogs = _backlog(scenario.outlook, "").join(_backlog(plan.baseline, "_baseline"), on=keys, how="left")
    return (
        volumes.join(_added(scenario.added), on=keys, how="left")
        .with_columns(
            pl.col("expected_baseline", "expected", "added", "added_low", "added_high").fill_null(0.0)
        )
        .join(backlogs, on=keys, how="left")
        .select(
            "date", *_QUEUE, "expected_baseline", "expected", "added", "added_low", "added_high",
            "backlog_baseline", "backlog", "within_sla_baseline", "within_sla",
        )
        .sort("date", *_QUEUE)
    )  # fmt: skip


def compare_weeks(plan: Planner, scenario: Scenario) -> pl.DataFrame:
    """A row per whole week ahead, line and tier: tickets, people, backlog and promises, each also _baseline.

    added, added_low, added_high: tickets that the events add, with p10 and p90; people_low, people_high: people
    needed if they add that. people_staffed: employed; backlog: at the week's end. Null where people are not known.
    """
    keys = [*_QUEUE, "week"]
    by_monday = replace(
        scenario.added, dates=tuple(day - timedelta(days=day.weekday()) for day in scenario.added.dates)
    )
    added = _added(by_monday).rename({"date": "week"})
    found = _people(plan.baseline, "_baseline")
    for outlook, suffix in ((scenario.outlook, ""), (scenario.low, "_low"), (scenario.high, "_high")):
        found = found.join(_people(outlook, suffix), on=keys)
    for outlook, suffix in ((plan.baseline, "_baseline"), (scenario.outlook, "")):
        found = found.join(_backlog_of_weeks(outlook, suffix), on=keys, how="left")
    return (
        found.join(added, on=keys, how="left")
        .with_columns(pl.col("added", "added_low", "added_high").fill_null(0.0))
        .select(
            "week", *_QUEUE, "tickets_baseline", "tickets", "added", "added_low", "added_high",
            "people_baseline", "people", "people_low", "people_high", "people_staffed", "cost_baseline", "cost",
            "backlog_baseline", "backlog", "within_sla_baseline", "within_sla",
        )
        .sort("week", *_QUEUE)
    )  # fmt: skip


def _added(added: AddedVolume) -> pl.DataFrame:
    return added.by(*_QUEUE, "date").select(*_QUEUE, "date", "added", added_low="p10", added_high="p90")


def _people(outlook: Outlook, suffix: str) -> pl.DataFrame:
    """People of all vendors; unknown as soon as one vendor's are."""
    sums = outlook.weeks.group_by(*_QUEUE, "week").agg(
        pl.col("tickets", "people").sum(), _sum_of_known("cost"), _sum_of_known("people_staffed")
    )
    kept = ["tickets", "people", "cost"] if suffix in ("", "_baseline") else ["people"]
    named = sums.select(*_QUEUE, "week", pl.col(kept).name.suffix(suffix), "people_staffed")
    return named if suffix == "" else named.drop("people_staffed")


def _sum_of_known(column: str) -> pl.Expr:
    return pl.when(pl.col(column).is_null().any()).then(None).otherwise(pl.col(column).sum()).alias(column)


def _backlog(outlook: Outlook, suffix: str) -> pl.DataFrame:
    here = outlook.backlog.filter(pl.col("scenario") == AS_STAFFED)
    return here.select(*_QUEUE, "date", pl.col("backlog", "within_sla").name.suffix(suffix))


def _backlog_of_weeks(outlook: Outlook, suffix: str) -> pl.DataFrame:
    """Waiting at the end of a week, and the share of its messages answered within target."""
    arrived = pl.col("arrivals").sum()
    share = (pl.col("within_sla") * pl.col("arrivals")).sum() / pl.when(arrived > 0).then(arrived)
    return (
        outlook.backlog.filter(pl.col("scenario") == AS_STAFFED)
        .sort("date")
        .group_by(*_QUEUE, week=pl.col("date").dt.truncate("1w"))
        .agg(pl.col("backlog").last().name.suffix(suffix), share.fill_null(1.0).alias(f"within_sla{suffix}"))
    )
