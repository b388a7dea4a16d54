"""Audits of tickets: what they come to, whether reviewers agree, and which tickets to audit next."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import polars as pl

from assets.pictures import markdown_table
from assets.quality_tables import QUALITY_TABLES
from assets.resources import WAREHOUSE_POOL, StateFolder
from assets.table_assets import no_wrong_rows, store_tables, table_specs
from assets.warehouse import asset_key
from dbt_like_sql.warehouse import Warehouse

WEEKS = 13  # a quarter
_DRAWS = ("next_audits", "audit_strata")
AUDITS_A_WEEK = 60
_PERIOD = "select max(week) + 6 as last_day from weeks where is_whole"
_REVIEWS = """
    select
        reviews.source,
        reviews.review_id,
        reviews.ticket_id,
        reviews.reviewed_at,
        cast(date_trunc('week', reviews.reviewed_on) as date) as week,
        coalesce(metrics.business_line, 'unknown') as business_line,
        coalesce(metrics.first_vendor, 'unknown') as vendor,
        reviews.reviewer_kind,
        reviews.scores,
        reviews.disposition
    from stg_qa_reviews as reviews
    left join ticket_metrics as metrics using (source, ticket_id)
    where reviews.reviewed_on between $1 and $2
    order by reviews.source, reviews.review_id
"""
# A ticket that is audited already stays in: its audit counts, and leaving it out would bias what the rest says.
_AUDITABLE = """
    select
        metrics.source,
        metrics.ticket_id,
        metrics.business_line,
        coalesce(metrics.first_vendor, 'unknown') as vendor,
        coalesce(metrics.reopens > 0, false) or coalesce(ratings.score = 'bad', false) as is_at_risk
    from ticket_metrics as metrics
    left join ticket_ratings as ratings using (source, ticket_id)
    cross join stg_account as account
    where not metrics.is_deleted
        and cast(metrics.solved_at at time zone 'UTC' at time zone account.time_zone as date) between $1 and $2
    order by metrics.source, metrics.ticket_id
"""


@dg.multi_asset(
    name="quality",
    specs=table_specs(
        QUALITY_TABLES,
        group="operations",
        deps=["stg_qa_reviews", "ticket_metrics", "ticket_ratings", "weeks"],
        kinds={"polars", "numpy"},
        owner="team:support-analytics",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "scores_lie_within_their_interval",
            asset=asset_key("quality_scores"),
            description="a score is from 0 to 1 and within its interval",
        ),
        dg.AssetCheckSpec(
            "weights_sum_to_the_tickets",
            asset=asset_key("next_audits"),
            description="the tickets to audit stand for all tickets of their week and stratum, no more and no fewer",
        ),
    ],
    pool=WAREHOUSE_POOL,
)
def quality_tables(
    context: dg.AssetExecutionContext, state: StateFolder
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Score the audits of 13 weeks, see where reviewers differ, and draw the tickets to audit next."""
    with state.warehouse() as warehouse:
        frames = quality_frames(warehouse)
        differently = frames["quality_agreement"].filter("is_read_differently")
        told = differently.select("pair", "category", "n", pl.col("raw_agreement", "kappa").round(2), "note")
        yield from store_tables(
            warehouse,
            frames,
            QUALITY_TABLES,
            {"quality_agreement": {"read_differently": dg.MetadataValue.md(markdown_table(told))}},
        )
    context.log.info(f"{differently.height} categories are read differently")
    yield from _checks(frames)


def quality_frames(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    """The tables of audits, from what a warehouse knows as of its account's date."""
    from models.operations.agreement import agreement, ratings_of
    from models.operations.audit_sample import draw_audits
    from models.operations.quality import quality_scores, review_scores, weigh

    frames: dict[str, pl.DataFrame] = {name: schema.create_empty() for name, schema in QUALITY_TABLES.items()}
    last_day = warehouse.query(_PERIOD).item()
    frames |= {name: _drawn(warehouse, name, last_day or date.max) for name in _DRAWS}
    if last_day is None:
        return frames
    auditable = warehouse.query(_AUDITABLE, [last_day - timedelta(days=6), last_day])
    # Within the week its list stays as it was first drawn, though tickets are reopened and rated since.
    if last_day not in frames["next_audits"]["drawn_on"] and not auditable.is_empty():
        drawn = draw_audits(auditable, AUDITS_A_WEEK, last_day)
        new = zip(_DRAWS, (drawn.tickets, drawn.strata), strict=True)
        frames |= {name: pl.concat([frames[name], frame]) for name, frame in new}
    reviews = warehouse.query(_REVIEWS, [last_day - timedelta(days=7 * WEEKS - 1), last_day])
    if not reviews.is_empty():
        frames["quality_scores"] = quality_scores(weigh(review_scores(reviews), frames["next_audits"]))
        frames["quality_agreement"] = agreement(ratings_of(reviews))
    return frames


def _drawn(warehouse: Warehouse, table: str, until: date) -> pl.DataFrame:
    """What earlier runs drew; where a past day is looked at again, what was drawn after it is not known."""
    schema = QUALITY_TABLES[table]
    if table not in warehouse.tables() or "drawn_on" not in warehouse.columns(table):
        return schema.create_empty()
    columns = ", ".join(f'"{name}"' for name in schema.column_names())
    return schema.cast(
        warehouse.query(f"select {columns} from {table} where drawn_on <= ? order by all", [until])
    )


def _checks(frames: dict[str, pl.DataFrame]) -> Iterator[dg.AssetCheckResult]:
    outside = ~pl.col("iqs").is_between(0, 1) | ~pl.col("iqs").is_between("low", "high")
    yield no_wrong_rows(
        "quality_scores", "scores_lie_within_their_interval", frames["quality_scores"].filter(outside)
    )
    weights = frames["next_audits"].group_by("drawn_on", "stratum").agg(pl.col("weight").sum())
    apart = (
        frames["audit_strata"]
        .join(weights, on=["drawn_on", "stratum"], how="left")
        .filter((pl.col("weight").fill_null(0) - pl.col("tickets")).abs() > 1e-6 * pl.col("tickets"))
    )
    yield no_wrong_rows("next_audits", "weights_sum_to_the_tickets", apart)
