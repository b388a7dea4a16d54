"""Recurring problems found in the texts of escalated tickets, and who is over-represented in each."""

from collections.abc import Iterator
from hashlib import md5

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
        yield from store_tables(warehouse, _first_fit(found, escalations, embedder.model_id), THEME_TABLES)


def _first_fit(found, escalations: pl.DataFrame, model: str) -> dict[str, pl.DataFrame]:  # type: ignore[no-untyped-def]
    """The tables of themes found for the first time."""
    from models.text.normalise import mask_numbers, normalise

    digest = pl.col("text").map_elements(lambda text: md5(text.encode()).hexdigest(), return_dtype=pl.String)
    texts = escalations.select(
        "source",
        "ticket_id",
        pl.col("created_at").dt.date(),
        text_digest=digest,
        copy_key=mask_numbers(normalise(escalations["text"])).alias("text").to_frame().select(digest)["text"],
    )
    tickets = found.ticket_themes.with_columns(found_theme_id="theme_id").join(
        texts, on=["source", "ticket_id"], how="left"
    )
    born = tickets.group_by("theme_id").agg(born_on=pl.col("created_at").min())
    themes = found.themes.join(born, on="theme_id", how="left", maintain_order="left").with_columns(
        is_new=pl.lit(False), is_ignored=pl.lit(False), is_curated=pl.lit(False), is_original=pl.lit(True)
    )
    centroids = themes.with_columns(centroid=pl.Series(found.centroids.tolist(), dtype=pl.List(pl.Float32)))
    fit = pl.DataFrame(
        {
            "model": [model],
            "fitted_on": [tickets["created_at"].max()],
            "texts": [tickets.height],
            "share_other": [(tickets["theme_id"] == "other").mean()],
            "last_number": [themes.filter(~pl.col("is_other")).height],
            "mean": [found.mean.tolist()],
        }
    )
    return {
        "themes": themes,
        "ticket_themes": tickets,
        "theme_examples": found.theme_examples,
        "theme_history": THEME_TABLES["theme_history"].create_empty(),
        "theme_centroids": centroids.filter(~pl.col("is_other")),
        "theme_fit": fit if tickets.height else THEME_TABLES["theme_fit"].create_empty(),
    }


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
