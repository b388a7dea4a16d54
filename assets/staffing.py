"""How many people it takes, who is missing, by when that must be decided, and what becomes of the backlog."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from assets.pictures import markdown_table
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.staffing_tables import STAFFING_TABLES
from assets.table_assets import store_tables, table_specs
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.staffing.outlook import PlanInputs

_SHARE_DAYS, _HANDLE_DAYS, _SHAPE_WEEKS = 56, 182, 8
_USUAL_ESCALATION_HOURS = 4

# Who got the tickets of each line and tier in the last weeks, and by which hours they work.
SHARES = f"""
    with schedules as (
        select group_id, arg_max(schedule_id, valid_from) as schedule_id from stg_groups group by group_id
    )
    select
        times.business_line, cast(owners.tier as varchar) as tier, owners.vendor, schedules.schedule_id,
        count(*)::double as tickets
    from ticket_groups as owners
    join ticket_times as times using (source, ticket_id)
    left join schedules using (group_id)
    cross join stg_account as account
    where owners.owned_from >= account.as_of - interval {_SHARE_DAYS} day
        and (owners.position = 1 or owners.is_escalation)
        and owners.tier is not null and owners.vendor is not null
    group by all
    order by all
"""
# Handle time is known of whole tickets: what an escalated one takes beyond the others of its line is tier 2's.
HANDLE = f"""
    with handled as (
        select
            times.business_line,
            coalesce(cast(times.first_tier as varchar), 'unknown') as tier,
            tickets.channel in ('chat', 'phone') as is_live,
            coalesce(times.is_escalated, false) as is_escalated,
            times.handle_minutes
        from stg_tickets as tickets
        join ticket_times as times using (source, ticket_id)
        cross join stg_account as account
        where times.handle_minutes > 0
            and not times.is_open
            and tickets.created_at >= account.as_of - interval {_HANDLE_DAYS} day
    ),
    lines as (
        select
            business_line,
            avg(handle_minutes) filter (where is_escalated)
                - avg(handle_minutes) filter (where not is_escalated) as minutes
        from handled
        where tier = '1'
        group by business_line
    )
    select business_line, tier, is_live, avg(handle_minutes) as minutes
    from handled
    where not is_escalated or tier <> '1'
    group by all
    union all
    select business_line, '2', false, minutes from lines where minutes > 0
    order by all
"""
MIX = f"""
    select tickets.business_line, tickets.channel, tickets.priority, count(*)::double as tickets
    from stg_tickets as tickets
    cross join stg_account as account
    where tickets.created_at >= account.as_of - interval {_HANDLE_DAYS} day
    group by all
    order by all
"""
# Open tickets that nobody has answered since they came to the tier they are at.
WAITING = """
    with owners as (
        select source, ticket_id, tier, owned_from
        from ticket_groups
        qualify row_number() over (partition by source, ticket_id order by position desc) = 1
    ),
    replies as (
        select source, ticket_id, max(occurred_at) as replied_at
        from stg_ticket_events
        where kind = 'public_reply' and actor_kind = 'agent'
        group by source, ticket_id
    )
    select
        times.business_line,
        coalesce(cast(owners.tier as varchar), 'unknown') as tier,
        coalesce(owners.owned_from, times.created_at)
            at time zone 'UTC' at time zone account.time_zone as arrived_at
    from ticket_times as times
    join stg_tickets as tickets using (source, ticket_id)
    left join owners using (source, ticket_id)
    left join replies using (source, ticket_id)
    cross join stg_account as account
    where times.is_open
        and tickets.status in ('new', 'open')
        and (replies.replied_at is null or replies.replied_at < owners.owned_from)
    order by all
"""
DELAY = f"""
    select median(date_diff('minute', times.first_reply_at, times.moved_to_tier_2_at)) / 60 as hours
    from ticket_times as times
    cross join stg_account as account
    where times.moved_to_tier_2_at > times.first_reply_at
        and times.created_at >= account.as_of - interval {_HANDLE_DAYS} day
"""
PAST_HOURS = f"""
    select business_line, channel, tier, hour, sum(tickets_arrived)::double as tickets
    from hourly_volume
    where hour >= (select max(hour) from hourly_volume) - interval {_SHAPE_WEEKS * 7} day
    group by all
    order by all
"""
STAFFING = """
    select
        staffing.* exclude (valid_from, valid_to),
        cast(valid_from at time zone 'UTC' at time zone time_zone as date) as valid_from,
        cast(valid_to at time zone 'UTC' at time zone time_zone as date) as valid_to
    from stg_staffing as staffing
    cross join stg_account
    order by all
"""


@dg.multi_asset(
    name="staffing_plan",
    specs=table_specs(
        STAFFING_TABLES,
        group="forecasts",
        deps=[
            "forecast_daily", "forecast_weekly", "forecast_effects", "forecast_hourly", "hourly_volume",
            "ticket_groups", "ticket_times", "stg_tickets", "stg_ticket_events", "stg_groups", "stg_schedules",
            "stg_holidays", "stg_sla_policies", "stg_staffing", "stg_account",
        ],
        kinds={"polars", "scipy"},
        owner="team:capacity-planning",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "promises_can_be_kept",
            asset=asset_key("staffing_weeks"),
            description="no week and team falls short of its first-reply target however many people there are",
        ),
        dg.AssetCheckSpec(
            "decisions_are_in_time",
            asset=asset_key("staffing_asks"),
            description="every team that will be short can still be given people in time",
        ),
    ],
    pool=WAREHOUSE_POOL,
)  # fmt: skip
def staffing_tables(
    context: dg.AssetExecutionContext, state: StateFolder
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Plan the people of every team for the forecast, and say who is missing and by when to decide."""
    from models.staffing.plan import staffing_plan

    with state.warehouse() as warehouse:
        inputs = plan_inputs(warehouse, state.agent_hour_cost)
        frames = staffing_plan(inputs)
        context.log.info(f"{frames['staffing_asks'].height} teams will be short of people")
        yield from store_tables(warehouse, frames, STAFFING_TABLES, _told(frames))
    late = frames["staffing_asks"].filter("is_late")
    yield _checked(
        "staffing_asks", "decisions_are_in_time", late, [_late(ask) for ask in late.iter_rows(named=True)]
    )
    short = _short_of_promise(frames["staffing_intervals"], inputs.promised.message_share)
    told = [
        f"{line}, tier {tier}: {share:.0%} of a week's messages begun in time at best"
        for line, tier, share in short.iter_rows()
    ]
    yield _checked("staffing_weeks", "promises_can_be_kept", short, told)


def plan_inputs(warehouse: Warehouse, agent_hour_cost: float | None) -> "PlanInputs":
    """What a plan is made from, as a warehouse knows it. agent_hour_cost: where staffing.csv has none."""
    from models.staffing.opening_hours import Hours, open_minutes
    from models.staffing.outlook import PlanInputs
    from models.staffing.promises import promises
    from models.staffing.teams import Measured, build_teams

    account = warehouse.query("select as_of, time_zone from stg_account").row(0, named=True)
    as_of: datetime = account["as_of"]
    daily = warehouse.query("select * from forecast_daily where level = 'segment' order by all")
    made_on = daily["made_on"].max() or as_of.date()
    last = daily["date"].max() or made_on
    assert isinstance(made_on, date)
    assert isinstance(last, date)
    hours = Hours(made_on + timedelta(days=1), (last - made_on).days, account["time_zone"])
    opened = open_minutes(
        warehouse.query("select * from stg_schedules order by all"),
        warehouse.query("select * from stg_holidays order by all"),
        hours,
    )
    queues = (
        daily.group_by("business_line", "tier").agg(pl.col("expected").sum()).sort("business_line", "tier")
    )
    teams, team_notes = build_teams(
        {(line, tier): tickets for line, tier, tickets in queues.iter_rows()},
        Measured(warehouse.query(SHARES), warehouse.query(HANDLE)),
        warehouse.query(STAFFING),
        opened,
        hours.dates(),
        agent_hour_cost,
    )
    promised, promise_notes = promises(
        warehouse.query("select * from stg_sla_policies order by all"), warehouse.query(MIX), as_of
    )
    delay = warehouse.query(DELAY)["hours"].item()
    by_queue = "level = 'business_line_tier' order by all"
    return PlanInputs(
        made_on=made_on,
        daily=daily,
        bounds=warehouse.query(f"select * from forecast_daily where {by_queue}"),
        weekly=warehouse.query(f"select * from forecast_weekly where {by_queue}"),
        hourly=_hourly(warehouse, hours.first),
        effects=_effects(warehouse, by_queue),
        waiting=warehouse.query(WAITING),
        teams=tuple(teams),
        promised=promised,
        escalation_delay_hours=_USUAL_ESCALATION_HOURS if delay is None else max(round(delay), 0),
        notes=(*team_notes, *promise_notes),
    )


def _hourly(warehouse: Warehouse, first: date) -> pl.DataFrame:
    """The hourly forecast; without one, the usual hours of the last weeks."""
    from models.staffing.demand import coming_week

    if "forecast_hourly" in warehouse.tables():
        ahead = warehouse.query("select * from forecast_hourly order by all")
        if ahead.height:
            return ahead
    return coming_week(warehouse.query(PAST_HOURS), first)


def _effects(warehouse: Warehouse, by_queue: str) -> pl.DataFrame:
    from models.staffing.outlook import NO_EFFECTS

    if "forecast_effects" not in warehouse.tables():
        return NO_EFFECTS
    return warehouse.query(f"select * from forecast_effects where {by_queue}")


def _told(frames: dict[str, pl.DataFrame]) -> dict[str, dict[str, object]]:
    """What a person looks at first: who is asked for, and the coming weeks beside the people there are."""
    asks = frames["staffing_asks"].drop("rank").head(12)
    weeks = (
        frames["staffing_weeks"]
        .group_by("week", "tier")
        .agg(pl.col("tickets", "people", "people_low", "people_high", "people_staffed").sum().round(1))
        .sort("week", "tier")
    )
    back = frames["backlog_back"]
    return {
        "staffing_asks": {"asks": dg.MetadataValue.md(markdown_table(asks))},
        "staffing_weeks": {"people_by_week": dg.MetadataValue.md(markdown_table(weeks))},
        "backlog_back": {"queues": dg.MetadataValue.md(markdown_table(back))},
    }


def _late(ask: dict[str, Any]) -> str:
    """Such as: ecommerce, tier 1, Brightline: 2 more people from 23 November, to be decided by 26 October."""
    first, by = (f"{day.day} {day:%B}" for day in (ask["from_date"], ask["decide_by"]))
    people = "1 more person" if ask["people_more"] == 1 else f"{ask['people_more']} more people"
    team = f"{ask['business_line']}, tier {ask['tier']}, {ask['vendor']}"
    return f"{team}: {people} from {first}, to be decided by {by}"


def _short_of_promise(intervals: pl.DataFrame, promised: float) -> pl.DataFrame:
    """The least share of a week's messages that a line's people could begin in time at a tier, where it is too little."""
    return (
        intervals.filter((pl.col("mode") == "async") & (pl.col("service_level") < promised - 0.005))
        .group_by("business_line", "tier")
        .agg(pl.col("service_level").min())
        .sort("business_line", "tier")
    )


def _checked(table: str, check: str, wrong: pl.DataFrame, told: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key(table),
        check_name=check,
        passed=wrong.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(told) if told else None,
        metadata={"rows": wrong.height, "first": dg.MetadataValue.md(markdown_table(wrong.head(5)))},
    )
