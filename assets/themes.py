"""Recurring problems found in the texts of escalated tickets, and who is over-represented in each."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.resources import WAREHOUSE_POOL, EmbeddingModel, StateFolder
from assets.table_assets import store_tables, table_specs
from assets.tables import DRIVER_TABLES, THEME_TABLES
from dbt_like_sql.warehouse import Warehouse

OWNER = "team:support-analytics"


@dg.multi_asset(
    name="themes",
    specs=table_specs(
        THEME_TABLES, group="themes", deps=["escalations"], kinds={"polars", "scikitlearn"}, owner=OWNER
    ),
    pool=WAREHOUSE_POOL,
)
def theme_tables(
    context: dg.AssetExecutionContext, state: StateFolder, embedding: EmbeddingModel
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Embed every escalation's text (each text once, ever), cluster, name, and pick examples."""
    from models.themes.themes import find_themes

    with state.warehouse() as warehouse:
        escalations = warehouse.query(
            "select source, ticket_id, text, requester_key, created_at from escalations order by source, ticket_id"
        )
        context.log.info(f"{escalations.height} texts to place")
        embedder = embedding.embedder()
        found = find_themes(escalations, embedder.embed(escalations["text"]), embedder.embed)
        frames = {name: getattr(found, name) for name in THEME_TABLES}
        yield from store_tables(warehouse, frames, THEME_TABLES)


@dg.multi_asset(
    name="theme_drivers",
    specs=table_specs(
        DRIVER_TABLES,
        group="themes",
        deps=["ticket_themes", "ticket_attributes"],
        kinds={"polars", "scipy"},
        owner=OWNER,
    ),
    pool=WAREHOUSE_POOL,
)
def driver_tables(state: StateFolder) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Compare each theme's tickets with all other themed tickets, attribute value by attribute value."""
    with state.warehouse() as warehouse:
        yield from store_tables(warehouse, {"theme_drivers": driver_frame(warehouse)}, DRIVER_TABLES)


def driver_frame(warehouse: Warehouse) -> pl.DataFrame:
    """The table theme_drivers, from the themes and attributes that a warehouse knows."""
    from models.statistics.over_representation import over_represented

    members = warehouse.query("select source, ticket_id, theme_id from ticket_themes")
    attributes = warehouse.query(
        "select source, ticket_id, attribute, value from ticket_attributes "
        "semi join ticket_themes using (source, ticket_id)"
    )
    return over_represented(members, attributes)
