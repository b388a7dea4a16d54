"""Vendors and groups compared fairly: on the tickets they had, with what others would have made of the same ones."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import polars as pl
from threadpoolctl import threadpool_limits

from assets.pictures import markdown_table
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.table_assets import no_wrong_rows, store_tables, table_specs
from assets.vendor_tables import VENDOR_TABLES
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

WEEKS = 13  # a quarter, as vendors are reviewed
_PERIOD = "select max(week) + 6 as last_day from weeks where is_whole"
# Tickets last solved in the period, once for every tier that had them, under the first group of the tier whose vendor is
# known. Where the history has no solving, the source's own word counts. Themes are found among escalated tickets only,
# so that in tier 1 a theme would give away what became of the ticket: it is told of tier 2 alone.
_TICKETS = """
    with owners as (
        select
            source,
            ticket_id,
            tier,
            arg_min(vendor, position) as vendor,
            arg_min(group_id, position) as group_id
        from ticket_groups
        where tier is not null and vendor is not null
        group by source, ticket_id, tier
    ),
    zones as (
        select group_id, arg_max(time_zone, valid_from) as time_zone
        from stg_groups
        group by group_id
    ),
    solved as (
        select
            metrics.*,
            cast(
                coalesce(metrics.solved_at, tickets.reported_solved_at)
                    at time zone 'UTC' at time zone account.time_zone as date
            ) as solved_on,
            tickets.language,
            tickets.attributes,
            coalesce(metrics.reopens, tickets.reported_reopens) > 0 as is_reopened,
            account.time_zone as account_zone
        from ticket_metrics as metrics
        join stg_tickets as tickets using (source, ticket_id)
        cross join stg_account as account
        where not metrics.is_deleted and solved_on between $1 and $2
    ),
    placed as (
        select
            solved.*,
            owners.tier,
            owners.vendor,
            owners.group_id,
            solved.created_at at time zone 'UTC' at time zone coalesce(zones.time_zone, account_zone) as created_local
        from solved
        join owners using (source, ticket_id)
        left join zones using (group_id)
    )
    select
        placed.source,
        placed.ticket_id,
        placed.tier,
        placed.vendor,
        placed.group_id,
        strftime(date_trunc('week', placed.solved_on), '%Y-%m-%d') as week,
        placed.business_line,
        placed.user_type,
        placed.channel,
        placed.region,
        placed.priority,
        placed.language,
        case when placed.tier = 2 then themes.name end as theme,
        case when isodow(created_local) > 5 then 'weekend ' else 'weekday ' end
            || hour(created_local) // 3 * 3 || ' to ' || hour(created_local) // 3 * 3 + 3 as shift,
        map_entries(placed.attributes) as attributes,
        times.handle_minutes,
        case when ratings.score is not null then cast(ratings.score = 'good' as int) end as csat,
        cast(placed.is_reopened as int) as reopen_rate,
        cast(times.is_escalated as int) as escalation_rate,
        cast(placed.is_one_touch as int) as one_touch,
        coalesce(placed.first_reply_business_minutes, placed.first_reply_minutes) as first_reply_minutes,
        case when targets.is_breached or targets.state = 'achieved' then cast(not targets.is_breached as int) end
            as first_reply_within_target
    from placed
    join ticket_times as times using (source, ticket_id)
    left join ticket_ratings as ratings using (source, ticket_id)
    left join sla_instances as targets
        on targets.source = placed.source
        and targets.ticket_id = placed.ticket_id
        and targets.metric = 'first_reply'
        and targets.instance = 1
        and targets.state <> 'cancelled'
    left join ticket_themes as members using (source, ticket_id)
    left join themes on themes.theme_id = members.theme_id
    order by placed.source, placed.ticket_id, placed.tier
"""


@dg.multi_asset(
    name="vendors",
    specs=table_specs(
        VENDOR_TABLES,
        group="operations",
        deps=[
            "ticket_metrics",
            "ticket_times",
            "ticket_groups",
            "ticket_ratings",
            "sla_instances",
            "ticket_themes",
            "themes",
            "stg_tickets",
            "stg_groups",
            "weeks",
        ],
        kinds={"polars", "scipy"},
        owner="team:support-analytics",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "verdicts_lie_on_their_side",
            asset=asset_key("vendor_comparison"),
            description="worse and better are said of ratios on that side of 1, with an interval round the ratio",
        ),
        dg.AssetCheckSpec(
            "case_mix_sums_to_what_it_explains",
            asset=asset_key("vendor_case_mix"),
            description="crude_others and the effects sum to expected, within what so many tickets can have of a share",
        ),
    ],
    pool=WAREHOUSE_POOL,
)
def vendor_tables(
    context: dg.AssetExecutionContext, state: StateFolder
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Compare every vendor and group with what the others would have made of its tickets, over 13 weeks."""
    with state.warehouse() as warehouse:
        frames, left_out = vendor_frames(warehouse)
        compared = frames["vendor_comparison"]
        told = compared.select(
            "tier", "vendor", "metric", "n", pl.col("ratio", "low", "high").round(3), "verdict", "confidence"
        )
        yield from store_tables(
            warehouse,
            frames,
            VENDOR_TABLES,
            {
                "vendor_comparison": {
                    "verdicts": dg.MetadataValue.md(markdown_table(told)),
                    "attributes_told_by_the_result": ", ".join(left_out) or "none",
                }
            },
        )
    context.log.info(f"{compared.filter(pl.col('verdict') == 'worse').height} of {compared.height} say worse")
    if left_out:
        context.log.warning(f"no part of the case mix, as the result tells them: {', '.join(left_out)}")
    yield from _checks(frames)


def vendor_frames(warehouse: Warehouse) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """The tables of the comparison, as of the warehouse's account's date, and attributes that their results told."""
    from models.operations.case_mix import with_attributes
    from models.operations.vendors import ATTRIBUTES, compare

    frames: dict[str, pl.DataFrame] = {name: schema.create_empty() for name, schema in VENDOR_TABLES.items()}
    last_day = warehouse.query(_PERIOD).item()
    if last_day is None:
        return frames, []
    period = (last_day - timedelta(days=7 * WEEKS - 1), last_day)
    tickets, brought = with_attributes(warehouse.query(_TICKETS, list(period)))
    with threadpool_limits(1):  # many small systems of equations: threads only get in each other's way
        compared = compare(tickets, [*ATTRIBUTES, *brought], period)
    found = {
        "vendor_comparison": compared.vendors,
        "vendor_groups": compared.groups,
        "vendor_case_mix": compared.case_mix,
    }
    return frames | {name: frame for name, frame in found.items() if not frame.is_empty()}, compared.left_out


def _checks(frames: dict[str, pl.DataFrame]) -> Iterator[dg.AssetCheckResult]:
    from models.operations.funnel import possible_share

    compared = frames["vendor_comparison"]
    is_worse = (pl.col("ratio") > 1) == (pl.col("better") == "lower")
    wrong = compared.filter(
        (pl.col("verdict") == "worse") & ~is_worse
        | (pl.col("verdict") == "better") & is_worse
        | ~pl.col("ratio").is_between("low", "high")
    )
    yield no_wrong_rows("vendor_comparison", "verdicts_lie_on_their_side", wrong)
    keys = ["tier", "vendor", "metric"]
    explained = frames["vendor_case_mix"].group_by(keys).agg(pl.col("effect_on_metric").sum())
    sums = compared.join(explained, on=keys).with_columns(
        sum=pl.col("crude_others") + pl.col("effect_on_metric")
    )
    possible = pl.Series(possible_share(sums["sum"].to_numpy(), sums["n"].to_numpy()))
    told = pl.when(pl.col("unit") == "share").then(possible).otherwise("sum")
    apart = sums.filter((told - pl.col("expected")).abs() > 1e-4 * pl.col("crude_others").abs() + 1e-6)
    yield no_wrong_rows("vendor_case_mix", "case_mix_sums_to_what_it_explains", apart)
