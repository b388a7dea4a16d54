"""Signal or noise: which daily figures stand out, when their levels changed, and why volume moved."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.signal_tables import SIGNAL_TABLES
from assets.table_assets import no_wrong_rows, store_tables, table_specs
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

_WEEKS_EXPLAINED = 52
_VOLUME = """
    select
        cast(date_trunc('week', date) as date) as week,
        business_line,
        user_type,
        region,
        cast(sum(tickets_created) as double) as tickets
    from daily_volume
    group by all
"""
_EXPOSURE = """
    select
        cast(date_trunc('week', date) as date) as week,
        business_line,
        user_type,
        region,
        measure,
        sum(value) as value,
        count(value) as days
    from stg_exposure
    group by all
"""
_LINES = "select business_line, volume_from, volume_until from business_lines where business_line <> 'all'"
# The watched figures by week, each as the mart of its subject has it.
_WEEKLY = """
    select week, business_line, metric, value, cast(denominator as double) as denominator from kpi_signals
    union all
    select week, business_line, 'sla_target_share', target_share, cast(achieved + breached as double)
    from sla_weeks
    where metric = 'all'
    union all
    select week, business_line, 'sla_ticket_share', ticket_share, cast(tickets_judged as double)
    from sla_weeks
    where metric = 'all'
    union all
    select week, business_line, 'first_reply_minutes_p90', first_reply_minutes_p90, cast(first_replies as double)
    from weekly_kpis
    union all
    select
        week, business_line, 'full_resolution_minutes_p90', full_resolution_minutes_p90,
        cast(full_resolutions as double)
    from weekly_kpis
    union all
    select week, business_line, 'first_contact_rate', rate, cast(tickets as double)
    from first_contact_weeks
    union all
    select period_start, business_line, 'next_reply_minutes_median', minutes_median, cast(tickets as double)
    from measured_periods
    where granularity = 'week' and measure = 'next reply'
    union all
    select
        period_start, business_line, 'one_touch_rate',
        coalesce(sum(tickets) filter (where measure = 'one touch'), 0) / sum(tickets), cast(sum(tickets) as double)
    from measured_periods
    where granularity = 'week' and measure in ('one touch', 'more touches')
    group by period_start, business_line
    union all
    select week, business_line, 'csat_coverage', coverage, cast(tickets as double)
    from csat_weeks
    where vendor = 'all'
    union all
    select week, business_line, 'contact_rate_' || measure, per_1000, exposure
    from contact_rate_weeks
    where user_type = 'all'
"""
_QA_REVIEWS = """
    select
        reviews.source,
        reviews.review_id,
        reviews.ticket_id,
        reviews.reviewed_on as date,
        cast(date_trunc('week', reviews.reviewed_on) as date) as week,
        coalesce(metrics.business_line, 'unknown') as business_line,
        reviews.scores
    from stg_qa_reviews as reviews
    left join ticket_metrics as metrics using (source, ticket_id)
    where reviews.reviewer_kind = 'qa'
"""
# Terms and change differ by no more than rounding.
_ROUNDING = 1e-6


@dg.multi_asset(
    name="signals",
    specs=table_specs(
        SIGNAL_TABLES,
        group="operations",
        deps=[
            "kpi_days",
            "kpi_signals",
            "weekly_kpis",
            "sla_weeks",
            "first_contact_weeks",
            "contact_rate_weeks",
            "measured_periods",
            "csat_weeks",
            "stg_qa_reviews",
            "ticket_metrics",
            "next_audits",
            "daily_volume",
            "weeks",
            "business_lines",
            "stg_calendar",
            "stg_exposure",
        ],
        kinds={"polars", "scipy"},
        owner="team:support-analytics",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "signals_lie_on_their_side",
            asset=asset_key("kpi_signals_now"),
            description="what is called beyond a limit lies outside the usual range",
        ),
        dg.AssetCheckSpec(
            "terms_sum_to_the_change",
            asset=asset_key("volume_changes"),
            description="more customers, contact rate and mix come in threes and sum to the change",
        ),
    ],
    pool=WAREHOUSE_POOL,
)
def signal_tables(
    context: dg.AssetExecutionContext, state: StateFolder
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Compare every daily figure with the weeks before it, and split the weekly changes in tickets."""
    with state.warehouse() as warehouse:
        frames = signal_frames(warehouse)
        yield from store_tables(warehouse, frames, SIGNAL_TABLES)
    context.log.info(f"{frames['kpi_signals_now'].height} figures stand out in the last whole week")
    yield from _checks(frames)


def signal_frames(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    """The tables of signals, from what a warehouse knows as of its account's date."""
    from models.operations.changes import volume_changes
    from models.operations.signals import kpi_signals

    weeks = warehouse.query("select week from weeks where is_whole order by week")["week"].to_list()
    days = warehouse.query(
        "select date, business_line, metric, value, denominator, settles_after, is_whole from kpi_days"
    )
    of_days, of_weeks = _quality(warehouse, days)
    signals = kpi_signals(
        pl.concat([days, of_days]),
        pl.concat([warehouse.query(_WEEKLY), of_weeks], how="diagonal"),
        warehouse.query("select * from stg_calendar"),
        weeks[-1] if weeks else None,
    )
    changes = volume_changes(
        warehouse.query(_VOLUME),
        warehouse.query(_EXPOSURE),
        warehouse.query(_LINES),
        weeks[-_WEEKS_EXPLAINED:],
    )
    return {**signals, "volume_changes": changes}


def _quality(warehouse: Warehouse, days: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The quality score of QA's reviews by day and by week; a day is whole where the line's tickets of it are."""
    from models.operations.quality import review_scores, scores_by, weigh

    draws = warehouse.query("select source, ticket_id, drawn_on, weight from next_audits")
    scored = weigh(review_scores(warehouse.query(_QA_REVIEWS)), draws)
    metric, at_once = pl.lit("iqs").alias("metric"), pl.lit(0, days.schema["settles_after"])
    whole = days.filter(metric="tickets_created").select("date", "business_line", "is_whole")
    of_days = scores_by(scored, "date").join(whole, on=["date", "business_line"])
    of_days = of_days.with_columns(metric, settles_after=at_once).select(days.columns)
    return of_days, scores_by(scored, "week").with_columns(metric)


def _checks(frames: dict[str, pl.DataFrame]) -> Iterator[dg.AssetCheckResult]:
    now = frames["kpi_signals_now"]
    inside = pl.col("value").is_between("low", "high", closed="none")
    yield no_wrong_rows(
        "kpi_signals_now",
        "signals_lie_on_their_side",
        now.filter((pl.col("rule") == "beyond a limit") & inside),
    )
    terms = pl.col("from_customers", "from_rate", "from_mix")
    apart = (pl.sum_horizontal(terms) - pl.col("change")).abs() > _ROUNDING
    parts = pl.sum_horizontal(terms.is_null())
    wrong = frames["volume_changes"].filter((parts > 0) & (parts < 3) | (parts == 0) & apart)
    yield no_wrong_rows("volume_changes", "terms_sum_to_the_change", wrong)
