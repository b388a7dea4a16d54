"""A small operation to plan for: one line, two tiers, an outsourcer and an in-house team."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.staffing.erlang import ServiceLevel
from models.staffing.outlook import NO_EFFECTS, PlanInputs
from models.staffing.promises import Promises, ReplyTarget
from models.staffing.teams import Team, Terms

MADE_ON = date(2026, 3, 1)  # a Sunday: the plan begins on a Monday
DAYS = 28
OFFICE = np.tile(((np.arange(24) >= 8) & (np.arange(24) < 20)).astype(float), DAYS)

Inputs = Callable[..., PlanInputs]


def daily(messages: float, chats: float = 0.0, escalated: float = 0.0, **days: float) -> pl.DataFrame:
    """The forecast of every day; `days`: a factor on single days, such as d10=3.0 for the tenth."""
    rows = []
    for day in range(DAYS):
        factor = days.get(f"d{day + 1}", 1.0)
        on = MADE_ON + timedelta(days=day + 1)
        rows += [
            ("shop", "email", "1", on, messages * factor),
            ("shop", "chat", "1", on, chats * factor),
            ("shop", "email", "2", on, escalated * factor),
        ]
    columns = ["business_line", "channel", "tier", "date", "expected"]
    return pl.DataFrame(rows, schema=columns, orient="row").filter(pl.col("expected") > 0)


@pytest.fixture
def inputs() -> Inputs:
    """Makes a plan's inputs: 10 minutes a ticket, 40-hour weeks, shrinkage 0.3, at most 85 % busy."""

    def make(volume: pl.DataFrame, people: float | None = 4.0, **changed: object) -> PlanInputs:
        employed = None if people is None else np.full(DAYS, people)
        terms = Terms(hour_cost=20.0, lead_days=10)
        teams = [Team("shop", "1", "Bluefin", 1.0, 10.0, 10.0, terms, OFFICE, employed)]
        if volume.filter(pl.col("tier") == "2").height:
            inhouse = None if people is None else np.full(DAYS, 2.0)
            teams.append(Team("shop", "2", "inhouse", 1.0, 20.0, 20.0, terms, OFFICE, inhouse))
        starts = pl.datetime_range(datetime(2026, 3, 2), datetime(2026, 3, 2, 23), "1h", eager=True)
        shape = pl.DataFrame({"starts_at": starts, "expected": 1.0}).with_columns(
            business_line=pl.lit("shop"), tier=pl.lit("1")
        )
        hourly = pl.concat([shape.with_columns(channel=pl.lit(name)) for name in ("email", "chat")])
        no_bounds = {"expected": pl.Float64, "low_80": pl.Float64, "high_80": pl.Float64}
        keys = {"business_line": pl.String, "tier": pl.String}
        made = PlanInputs(
            made_on=MADE_ON,
            daily=volume,
            bounds=pl.DataFrame(schema=keys | {"date": pl.Date} | no_bounds),
            weekly=pl.DataFrame(schema=keys | {"week": pl.Date} | no_bounds),
            hourly=hourly,
            effects=NO_EFFECTS,
            waiting=pl.DataFrame(schema=keys | {"arrived_at": pl.Datetime("us")}),
            teams=tuple(teams),
            promised=Promises(
                {("shop", "chat"): ServiceLevel(0.8, 60)},
                {("shop", tier): (ReplyTarget(1.0, 720.0, True),) for tier in ("1", "2")},
            ),
        )
        return replace(made, **changed)

    return make
