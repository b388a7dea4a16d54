"""What rose in the last whole week: since when, for whom, what coincides, what it costs, whether actions worked."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from assets.cause_tables import CAUSE_TABLES
from assets.pictures import markdown_table
from assets.resources import WAREHOUSE_POOL, EmbeddingModel, StateFolder
from assets.table_assets import no_wrong_rows, store_tables, table_specs
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.causes.evidence import Embed
    from models.causes.placing import Known

# The week, the 26 before it and one more, for what last week's report would have said.
_TICKETS = """
    with last_week as (select max(week) as week from theme_trends),
    returns as (
        select
            source,
            ticket_id,
            lead(created_at) over (partition by requester_key order by created_at, ticket_id)
                <= created_at + interval 7 day as wrote_again
        from stg_tickets
        where requester_key is not null
    ),
    targets as (
        select source, ticket_id, bool_or(is_breached) as is_breached, sum(coalesce(breach_minutes, 0)) as breach_minutes
        from sla_instances
        where is_breached or state = 'achieved'
        group by source, ticket_id
    ),
    measured_sources as (select source from sla_instances group by source)
    select
        members.source,
        members.ticket_id,
        members.theme_id,
        members.similarity,
        members.is_near_duplicate,
        members.copy_key,
        len(regexp_extract_all(escalations.text, '\\S+')) >= {minimum_words} as is_long,
        tickets.created_at,
        date_trunc('week', tickets.created_on)::date as week,
        tickets.requester_key,
        nullif(tickets.business_line, 'unknown') as business_line,
        nullif(tickets.user_type, 'unknown') as user_type,
        nullif(tickets.region, 'unknown') as region,
        tickets.channel,
        tickets.attributes['payment_method'] as payment_method,
        tickets.attributes['error_code'] as error_code,
        tickets.attributes['app_version'] as app_version,
        tickets.attributes['platform'] as platform,
        times.handle_minutes,
        ratings.score as csat_score,
        -- What a source claims counts only where its history or the policies do not let us measure.
        case when measured_sources.source is null then not tickets.reported_sla_met else targets.is_breached end
            as sla_breached,
        targets.breach_minutes as sla_breach_minutes,
        times.solved_at,
        -- Of the last 7 days it is not known yet.
        case when tickets.created_on + interval 7 day <= coverage.volume_until then coalesce(returns.wrote_again, false) end
            as wrote_again
    from ticket_themes as members
    join stg_tickets as tickets using (source, ticket_id)
    join ticket_times as times using (source, ticket_id)
    join escalations using (source, ticket_id)
    join source_coverage as coverage
        on coverage.source = members.source
        and tickets.created_on between coverage.volume_from and coverage.volume_until
    cross join last_week
    left join ticket_ratings as ratings using (source, ticket_id)
    left join returns using (source, ticket_id)
    left join targets using (source, ticket_id)
    left join measured_sources on measured_sources.source = members.source
    where tickets.created_on >= last_week.week - interval 27 week
        and tickets.created_on < last_week.week + interval 7 day
    order by members.source, members.ticket_id
"""
_WEEK = """
    select
        week,
        week::timestamp at time zone time_zone at time zone 'UTC' as starts_at,
        (week + interval 7 day)::timestamp at time zone time_zone at time zone 'UTC' as ends_at,
        as_of
    from (select max(week) as week from theme_trends) cross join stg_account
    where week is not null
"""
# From a year before the first action on. Of tickets without a theme, too, so that what reaches a whole line can be
# compared.
_ACTION_WEEKS = """
    with begun as (
        select min(started_at) as first_at
        from stg_actions
        where started_at is not null and status <> 'planned'
    )
    select
        weeks.week,
        members.theme_id,
        times.business_line,
        times.user_type,
        times.region,
        count(*) filter (where not coalesce(members.is_near_duplicate, false))::double as tickets,
        count(times.handle_minutes)::double as handle_minutes_tickets,
        coalesce(sum(ln(greatest(times.handle_minutes, 0.5))), 0) as handle_minutes_sum,
        count(times.first_reply_minutes)::double as first_reply_minutes_tickets,
        coalesce(sum(ln(greatest(times.first_reply_minutes, 0.5))), 0) as first_reply_minutes_sum,
        count(ratings.score)::double as csat_tickets,
        count(*) filter (where ratings.score = 'good')::double as csat_sum,
        count(*) filter (where times.first_solved_at is not null and times.reopens is not null)::double
            as reopen_rate_tickets,
        count(*) filter (where times.first_solved_at is not null and times.reopens > 0)::double as reopen_rate_sum
    from ticket_times as times
    join begun on times.created_at >= begun.first_at - interval 53 week
    join weeks on weeks.week = cast(date_trunc('week', times.created_on) as date) and weeks.is_whole
    join source_coverage as coverage
        on coverage.source = times.source
        and times.created_on between coverage.volume_from and coverage.volume_until
    left join ticket_ratings as ratings on ratings.source = times.source and ratings.ticket_id = times.ticket_id
    left join ticket_themes as members on members.source = times.source and members.ticket_id = times.ticket_id
    group by all
    order by all
"""
_TEXTS = """
    select source, ticket_id, text from escalations
    join (select unnest(?::varchar[]) as source, unnest(?::varchar[]) as ticket_id) using (source, ticket_id)
"""


@dg.multi_asset(
    name="root_causes",
    specs=table_specs(
        CAUSE_TABLES,
        group="themes",
        deps=[
            "ticket_themes",
            "themes",
            "theme_history",
            "theme_trends",
            "weeks",
            "ticket_times",
            "ticket_ratings",
            "escalations",
            "stg_tickets",
            "sla_instances",
            "stg_calendar",
            "stg_exposure",
            "stg_issues",
            "stg_issue_links",
            "stg_actions",
            "source_coverage",
        ],
        kinds={"polars", "scipy"},
        owner="team:support-analytics",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "named_events_begin_before_the_rise",
            asset=asset_key("rise_events"),
            description="no event is named that began after the latest likely begin of the rise",
        ),
        dg.AssetCheckSpec(
            "parts_sum_to_the_change",
            asset=asset_key("theme_rises"),
            description="more customers, a higher rate and the mix sum to the rise, which lies within its interval",
        ),
    ],
    pool=WAREHOUSE_POOL,
)
def cause_tables(
    context: dg.AssetExecutionContext, state: StateFolder, embedding: EmbeddingModel
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Compare the last whole week of every theme with the weeks before it, and look into what rose."""
    with state.warehouse() as warehouse:
        frames = cause_frames(warehouse, embedding.embedder().embed, state.agent_hour_cost)
        context.log.info(f"{frames['theme_rises'].height} themes rose")
        yield from store_tables(warehouse, frames, CAUSE_TABLES, {"rise_events": _told(frames)})
    yield from _checks(frames)


def cause_frames(
    warehouse: Warehouse, embed: "Embed", agent_hour_cost: float | None
) -> dict[str, pl.DataFrame]:
    """The root-cause tables, from what a warehouse knows as of its account's date. embed: texts to unit rows."""
    from models.causes.report import Evidence, root_causes

    week = warehouse.query(_WEEK)
    if week.is_empty():
        return {name: schema.create_empty() for name, schema in CAUSE_TABLES.items()}
    now: datetime = week["as_of"].item()
    known = _known(warehouse, week.row(0, named=True))
    reported = warehouse.query(
        "select theme_id, name, description from themes "
        "where not is_other and not is_template and not is_ignored order by theme_id"
    )
    found = root_causes(
        known,
        Evidence(
            themes=reported,
            history=warehouse.query("select * from theme_history order by all"),
            links=warehouse.query("select source, ticket_id, issue_id from stg_issue_links"),
            issues=warehouse.query(
                "select issue_id, issue_key, team, summary, status, created_at, "
                "case when resolved_at <= ? then resolved_at end as resolved_at from stg_issues",
                [now],
            ),
            actions=warehouse.query("select * from stg_actions order by action_id"),
            weeks=warehouse.query(_ACTION_WEEKS),
            texts=lambda tickets: warehouse.query(
                _TEXTS, [tickets["source"].to_list(), tickets["ticket_id"].to_list()]
            ),
            embed=embed,
            last_week=_last_week(warehouse, known.week),
            hour_cost=agent_hour_cost,
            now=now,
        ),
    )
    return found | {"rise_week": pl.DataFrame({"week": [known.week]})}


def _last_week(warehouse: Warehouse, week: date) -> pl.DataFrame | None:
    """What the report of the week before said of rises, as stored; without a row where it found none, None without one."""
    if not {"rise_week", "theme_rises", "rise_followup"} <= set(warehouse.tables()):
        return None
    stored = warehouse.query("select max(week) as week from rise_week").item()
    if stored == week - timedelta(weeks=1):
        return warehouse.query(
            "select theme_id, kind, tickets_week, usual_high from theme_rises order by rank"
        )
    if stored == week:  # this week's report once more
        return warehouse.query(
            "select theme_id, was as kind, tickets_then as tickets_week, usual_high from rise_followup order by all"
        )
    return None


def _known(warehouse: Warehouse, week: dict[str, datetime]) -> "Known":
    from models.causes.placing import Known
    from models.text.duplicates import MINIMUM_WORDS

    return Known(
        week=week["week"],
        starts_at=week["starts_at"],
        ends_at=week["ends_at"],
        tickets=warehouse.query(_TICKETS.format(minimum_words=MINIMUM_WORDS)),
        themes=warehouse.query(
            "select theme_id, is_new from themes where not is_other and not is_template and not is_ignored"
        ),
        trends=warehouse.query("select * from theme_trends order by theme_id, week"),
        calendar=warehouse.query("select * from stg_calendar order by event_id"),
        exposure=warehouse.query("select * from stg_exposure order by all"),
    )


def _told(frames: dict[str, pl.DataFrame]) -> dict[str, dg.MetadataValue]:
    """The best match of each rise, as a table for the catalogue."""
    first = frames["rise_events"].filter(pl.col("rank") == 1)
    columns = ["theme_id", "name", "starts_at", "hours_before_onset", "shared_segment", "score", "is_named"]
    table = first.select(columns).with_columns(pl.col("hours_before_onset", "score").round(2))
    return {"best_matches": dg.MetadataValue.md(markdown_table(table))}


def _checks(frames: dict[str, pl.DataFrame]) -> Iterator[dg.AssetCheckResult]:
    named = frames["rise_events"].filter("is_named").join(frames["theme_rises"], on="theme_id")
    late = named.filter(pl.col("starts_at") > pl.col("onset_high"))
    yield no_wrong_rows("rise_events", "named_events_begin_before_the_rise", late)
    parts = pl.col("from_customers", "from_rate", "from_mix")
    unlike = (pl.sum_horizontal(parts) - pl.col("excess")).abs() > 1e-6 * (1 + pl.col("excess").abs())
    wrong = frames["theme_rises"].filter(
        ~pl.sum_horizontal(parts.is_null()).is_in([0, 3])
        | (pl.col("from_rate").is_not_null() & unlike)
        | ~pl.col("excess").is_between("excess_low", "excess_high")
    )
    yield no_wrong_rows("theme_rises", "parts_sum_to_the_change", wrong)
