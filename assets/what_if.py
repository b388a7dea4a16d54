"""A what-if on the warehouse: what an event would add, and what that takes, beside the plan as it stands."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
from pydantic import Field

from assets.forecasts import calendar_ahead, known_history
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.staffing import plan_inputs
from assets.table_assets import store_tables, table_specs
from assets.what_if_tables import WHAT_IF_TABLES
from assets.what_if_wording import campaign_title, sentences, wave_title
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.planning.scenario import Event, Planner, Scenario


class WhatIfConfig(dg.Config):
    """What is asked: a campaign by name, or a wave of account takeovers by the number of accounts hit."""

    start: str = Field(description="first day, as 2026-11-27; of a wave also its hour, as 2026-12-01 20:00")
    campaign: str | None = Field(None, description="name of a campaign, as in the calendar without its year")
    days: int = Field(1, description="how many days the campaign lasts")
    size: float = Field(1.0, description="its size, in the calendar's units")
    accounts: float | None = Field(None, description="accounts hit by a wave of account takeovers")
    contact_rate: float = Field(0.3, description="tickets that each account hit brings")
    half_life: float = Field(3.0, description="days in which the wave falls by half")
    line: str | None = Field(None, description="only this line of business; a wave: account_security")
    region: str | None = Field(None, description="only this region")


@dg.multi_asset(
    name="what_if_answer",
    specs=table_specs(
        WHAT_IF_TABLES,
        group="forecasts",
        deps=["forecast_daily", "forecast_weekly", "forecast_effects", "forecast_hourly", "staffing_weeks"],
        kinds={"polars", "scipy"},
        owner="team:capacity-planning",
    ),
    pool=WAREHOUSE_POOL,
)
def what_if_tables(
    context: dg.AssetExecutionContext, config: WhatIfConfig, state: StateFolder
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Ask what an event would add, and what that takes; run by the job `what_if` with the event as its configuration."""
    from models.planning.scenario import what_if

    with state.warehouse() as warehouse:
        try:
            event = event_of(config)
            plan = planner_of(warehouse, state.agent_hour_cost)
            scenario = what_if(plan, [event])
        except ValueError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        title = title_of(event)
        frames = what_if_frames(plan, scenario, title)
        told = sentences(scenario, frames["what_if_weeks"], frames["what_if_days"])
        for line in (title, *told):
            context.log.info(line)
        said = dg.MetadataValue.md(f"**{title}**\n\n" + "\n".join(f"- {line}" for line in told))
        yield from store_tables(warehouse, frames, WHAT_IF_TABLES, {"what_if_weeks": {"what_if": said}})


def event_of(config: WhatIfConfig) -> "Event":
    """The event a configuration asks about. Raises ValueError where it names none, both or no time."""
    from models.planning.scenario import WAVE_LINE, Campaign, Wave

    if (config.campaign is None) == (config.accounts is None):
        raise ValueError("give either a campaign's name or a wave's number of accounts")
    try:
        start = datetime.fromisoformat(config.start)
    except ValueError:
        raise ValueError(
            f"start '{config.start}' is no time; write it as 2026-11-27 or 2026-12-01 20:00"
        ) from None
    if config.campaign is not None:
        return Campaign(config.campaign, start.date(), config.days, config.size, config.line, config.region)
    assert config.accounts is not None
    return Wave(
        config.accounts,
        start,
        config.half_life,
        config.contact_rate,
        business_line=config.line or WAVE_LINE,
        region=config.region,
    )


def title_of(event: "Event") -> str:
    """What was asked, in words."""
    from models.planning.scenario import Campaign

    return campaign_title(event) if isinstance(event, Campaign) else wave_title(event)


def planner_of(warehouse: Warehouse, agent_hour_cost: float | None) -> "Planner":
    """The plan that a warehouse or a snapshot holds, ready to be asked. Raises ValueError where there is no forecast."""
    from models.planning.scenario import planner

    missing = {"forecast_daily", "forecast_weekly", "daily_volume"} - set(warehouse.tables())
    if missing:
        raise ValueError(
            f"{warehouse.path} has no forecast yet (no {', '.join(sorted(missing))}); run 'groundswell run' first"
        )
    inputs = plan_inputs(warehouse, agent_hour_cost)
    history = known_history(warehouse)
    calendar, _ = calendar_ahead(warehouse, history, inputs.hours.days)
    return planner(history, calendar, inputs)


def what_if_frames(plan: "Planner", scenario: "Scenario", title: str) -> dict[str, pl.DataFrame]:
    """The tables of a scenario."""
    from models.planning.comparison import compare_days, compare_weeks

    frames = {"what_if_days": compare_days(plan, scenario), "what_if_weeks": compare_weeks(plan, scenario)}
    return {name: frame.select(pl.lit(title).alias("scenario"), pl.all()) for name, frame in frames.items()}
