"""Surges: what is on now and was in the last weeks, how it may go on, the tickets behind it, the people it takes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
from threadpoolctl import threadpool_limits

from assets.forecasts import calendar_with_holidays, known_history
from assets.pictures import markdown_table
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.surge_tables import SURGE_PEOPLE_TABLES, SURGE_TABLES
from assets.table_assets import store_tables, table_specs
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.forecast.surge_report import Watched

FEWEST_THEME_TICKETS = 60  # of a theme in the weeks watched: with fewer its hours say nothing
_TICKETS_SHOWN, _CHARACTERS_SHOWN = 20, 400
_COPIES, _SENDERS = 20, 10  # so many copies of one text from so many accounts are no victims

_NOW = "select date_trunc('hour', as_of + interval 1 microsecond) as now, time_zone from stg_account"
_STILL_COMING = 7  # days: a source may be quiet so long, over holidays, and go on
# Hours of the days on which a source has all its new tickets, and of the day that is going on where it still brings
# some. known_until: up to when the sources of a count say how many came; after that none is no zero.
_HOURS = f"""
    with newest as (
        select
            source,
            max(created_on) as created_on,
            max(greatest(created_at, case when updated_at <= as_of then updated_at end)) as at
        from stg_tickets
        cross join stg_account
        group by source
    ),
    sources as (
        select
            coverage.source,
            coverage.volume_from,
            newest.created_on >= as_of_on - 1 and coverage.volume_until >= as_of_on - {_STILL_COMING} as is_live,
            case when is_live then newest.created_on else coverage.volume_until end as counted_until,
            case
                when is_live then newest.at
                else timezone('UTC', timezone(time_zone, cast(coverage.volume_until + 1 as timestamp)))
            end as known_until
        from source_coverage as coverage
        join newest on newest.source = coverage.source
        cross join stg_account
    ),
    counted as (
        select
            date_trunc('hour', tickets.created_at) as hour,
            tickets.business_line,
            tickets.region,
            members.theme_id,
            sources.known_until
        from stg_tickets as tickets
        join sources
            on sources.source = tickets.source
            and tickets.created_on between sources.volume_from and sources.counted_until
        left join ticket_themes as members
            on members.source = tickets.source and members.ticket_id = tickets.ticket_id
        where tickets.created_at >= $1 and tickets.created_at < $2
    ),
    watched_themes as (
        select theme_id
        from counted
        semi join (select theme_id from themes where not is_other and not is_template and not is_ignored)
            using (theme_id)
        group by theme_id
        having count(*) >= {FEWEST_THEME_TICKETS}
    )
    select
        'total' as scope, null as business_line, null as region, null as theme_id,
        hour, count(*) as tickets, max(known_until) as known_until
    from counted group by hour
    union all
    select 'business_line', business_line, null, null, hour, count(*), max(known_until)
    from counted group by business_line, hour
    union all
    select 'region', null, region, null, hour, count(*), max(known_until) from counted group by region, hour
    union all
    select 'theme', null, null, theme_id, hour, count(*), max(known_until)
    from counted semi join watched_themes using (theme_id) group by theme_id, hour
    order by all
"""
# The tickets of each alarm, and how much more often each theme came than in the four weeks before it.
_BEHIND = f"""
    with alarms as (
        select
            unnest($1::varchar[]) as alarm_id,
            unnest($2::varchar[]) as business_line,
            unnest($3::varchar[]) as region,
            unnest($4::varchar[]) as theme_id,
            unnest($5::timestamp[]) as started_at,
            unnest($6::timestamp[]) as ended_at
    ),
    near as (
        select
            alarms.alarm_id,
            tickets.source,
            tickets.ticket_id,
            members.theme_id,
            members.copy_key,
            tickets.requester_key,
            coalesce(members.is_near_duplicate, false) as is_copy,
            coalesce(themes.is_template, false) as is_of_template,
            coalesce(members.similarity, 0) as similarity,
            tickets.text,
            tickets.created_at,
            tickets.created_at >= alarms.started_at as is_during
        from alarms
        join stg_tickets as tickets
            on tickets.created_at >= alarms.started_at - interval 28 day
            and tickets.created_at < alarms.ended_at
            and (alarms.business_line is null or tickets.business_line = alarms.business_line)
            and (alarms.region is null or tickets.region = alarms.region)
        left join ticket_themes as members
            on members.source = tickets.source and members.ticket_id = tickets.ticket_id
        left join themes on themes.theme_id = members.theme_id
        where alarms.theme_id is null or members.theme_id = alarms.theme_id
    ),
    sent_alike as (
        select alarm_id, copy_key
        from near
        where is_during and copy_key is not null
        group by alarm_id, copy_key
        having count(*) >= {_COPIES} and count(distinct requester_key) >= {_SENDERS}
    ),
    growth as (
        select
            alarm_id,
            theme_id,
            count(*) filter (where is_during) / (1 + count(*) filter (where not is_during)) as times_more
        from near
        where theme_id is not null
        group by alarm_id, theme_id
    )
    select
        near.alarm_id,
        near.source,
        near.ticket_id,
        near.theme_id,
        near.is_of_template or sent_alike.copy_key is not null as is_template,
        near.text,
        row_number() over (
            partition by near.alarm_id
            order by
                near.is_of_template or sent_alike.copy_key is not null,
                near.is_copy,
                near.theme_id is null,
                coalesce(growth.times_more, 0) desc,
                near.similarity desc,
                near.ticket_id
        ) as rank
    from near
    left join sent_alike on sent_alike.alarm_id = near.alarm_id and sent_alike.copy_key = near.copy_key
    left join growth on growth.alarm_id = near.alarm_id and growth.theme_id = near.theme_id
    where near.is_during
    order by near.alarm_id, rank
"""
# People employed for one ticket a week, by line and tier as the plan has it, and the share of new tickets that come
# there: all to the first tiers together (1 and those nobody knows), to tier 2 what is escalated.
_WORK = """
    with planned as (
        select business_line, tier, sum(tickets) as tickets, sum(people) as people
        from staffing_weeks
        group by business_line, tier
    ),
    alarms as (select unnest($1::varchar[]) as alarm_id, unnest($2::varchar[]) as business_line),
    reached as (
        select alarms.alarm_id, planned.tier, sum(planned.tickets) as tickets, sum(planned.people) as people
        from alarms
        join planned on alarms.business_line is null or planned.business_line = alarms.business_line
        group by all
    ),
    escalated as (
        select alarms.alarm_id, avg(cast(times.is_escalated as int)) as share
        from alarms
        join ticket_times as times on alarms.business_line is null or times.business_line = alarms.business_line
        cross join stg_account as account
        where times.first_tier is distinct from 2 and times.created_at >= account.as_of - interval 182 day
        group by all
    )
    select
        reached.alarm_id,
        reached.tier,
        case
            when reached.tier = '2' then coalesce(escalated.share, 0)
            else reached.tickets / greatest(
                sum(reached.tickets) filter (where reached.tier <> '2') over (partition by reached.alarm_id), 1e-9
            )
        end as share,
        reached.people / greatest(reached.tickets, 1e-9) as people_a_ticket
    from reached
    left join escalated using (alarm_id)
    order by all
"""


@dg.multi_asset(
    name="surges",
    specs=table_specs(
        SURGE_TABLES,
        group="forecasts",
        deps=[
            "stg_tickets",
            "daily_volume",
            "stg_calendar",
            "stg_account",
            "source_coverage",
            "ticket_themes",
            "themes",
        ],
        kinds={"polars", "numpy"},
        owner="team:capacity-planning",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "no_surge_is_on",
            asset=asset_key("surge_alarms"),
            description="no count is far above its usual now",
        )
    ],
    pool=WAREHOUSE_POOL,
)
def surge_tables(
    context: dg.AssetExecutionContext, state: StateFolder
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Go through the hours of the last months and sound the alarms as they would have sounded."""
    with state.warehouse() as warehouse:
        frames = surge_frames(warehouse, state.surge_false_alarms_a_month)
        ongoing = frames["surge_alarms"].filter("is_ongoing")
        context.log.info(
            f"{frames['surge_alarms'].height} surges in 90 days, {ongoing.height} of them are on"
        )
        told = ongoing.select("alarm_id", "started_at", "tickets", "usual_hourly", "excess")
        yield from store_tables(
            warehouse,
            frames,
            SURGE_TABLES,
            {"surge_alarms": {"on_now": dg.MetadataValue.md(markdown_table(told))}},
        )
    yield dg.AssetCheckResult(
        asset_key=asset_key("surge_alarms"),
        check_name="no_surge_is_on",
        passed=ongoing.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(ongoing["alarm_id"]) or "no count is far above its usual",
        metadata={"alarms_on": ongoing.height},
    )


def surge_frames(warehouse: Warehouse, false_alarms_a_month: float) -> dict[str, pl.DataFrame]:
    """The tables of surges, from the tickets that a warehouse knows as of its account's date."""
    from models.forecast.surge_report import SurgeReport

    frames: dict[str, pl.DataFrame] = {name: schema.create_empty() for name, schema in SURGE_TABLES.items()}
    ((now, zone),) = warehouse.query(_NOW).iter_rows()
    with threadpool_limits(1):
        watched = watched_hours(warehouse, now, zone)
        if watched is None:
            return frames
        report = SurgeReport.of(watched, false_alarms_a_month)
    if not report.reported:
        return frames
    alarms, course = report.alarms(), report.course()
    behind = _behind(warehouse, alarms, now)
    copies = behind.group_by("alarm_id").agg(pl.col("is_template").sum().alias("template_tickets"))
    frames |= {
        "surge_alarms": alarms.join(copies, on="alarm_id", how="left").with_columns(
            pl.col("template_tickets").fill_null(0)
        ),
        "surge_hours": report.hours(),
        "surge_tickets": behind.filter(
            pl.col("rank") <= _TICKETS_SHOWN, pl.col("text").is_not_null()
        ).with_columns(pl.col("text").str.slice(0, _CHARACTERS_SHOWN)),
    }
    if course.is_empty():
        return frames
    return frames | {"surge_course": course}


def watched_hours(warehouse: Warehouse, now: datetime, zone: str) -> "Watched | None":
    """The hours to look for surges in, with holidays and campaigns; None without tickets. zone: the account's."""
    from models.forecast.surge_report import campaign_lifts, holiday_days, watch_hours, watched_from

    hourly = warehouse.query(_HOURS, [watched_from(now), now])
    if hourly.is_empty():
        return None
    history = known_history(warehouse)
    # Without the surges that are on, as the daily forecast takes them: a surge must not hide itself.
    calendar, _ = calendar_with_holidays(
        warehouse,
        hourly["region"],
        history["date"].min() or watched_from(now).date(),  # type: ignore[arg-type]
        now.date() + timedelta(days=1),
    )
    lifts = campaign_lifts(history, calendar, now)
    return watch_hours(hourly, holiday_days(calendar), lifts, now, zone)


@dg.multi_asset(
    name="surge_people",
    specs=table_specs(
        SURGE_PEOPLE_TABLES,
        group="forecasts",
        deps=["surge_alarms", "surge_course", "staffing_weeks", "ticket_times", "stg_account"],
        kinds={"polars", "duckdb"},
        owner="team:capacity-planning",
    ),
    pool=WAREHOUSE_POOL,
)
def surge_people_table(state: StateFolder) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """The people that the likely course of each surge takes, as many a ticket as the staffing plan has."""
    with state.warehouse() as warehouse:
        frame = surge_people_frame(warehouse)
        yield from store_tables(warehouse, {"surge_people": frame}, SURGE_PEOPLE_TABLES)


def surge_people_frame(warehouse: Warehouse) -> pl.DataFrame:
    """The table surge_people, from the surges that are on and the staffing plan that a warehouse knows."""
    from models.forecast.surge_report import people_for

    course = warehouse.query("select * from surge_course order by all")
    ongoing = warehouse.query(
        "select alarm_id, business_line from surge_alarms where is_ongoing order by all"
    )
    work = warehouse.query(_WORK, [ongoing["alarm_id"].to_list(), ongoing["business_line"].to_list()])
    return people_for(course, work)


def _behind(warehouse: Warehouse, alarms: pl.DataFrame, now: datetime) -> pl.DataFrame:
    return warehouse.query(
        _BEHIND,
        [
            *(
                alarms[name].to_list()
                for name in ("alarm_id", "business_line", "region", "theme_id", "started_at")
            ),
            alarms["ended_at"].fill_null(now).to_list(),
        ],
    )
