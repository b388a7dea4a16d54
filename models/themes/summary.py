"""What the themes look like now: size, closeness, description and examples, from the theme of every ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from models.themes.curation import Curation
from models.themes.recipe import DESCRIPTION_CHARACTERS, EXAMPLE_CHARACTERS, EXAMPLES
from models.themes.registry import KEY, Registry
from models.themes.themes import OTHER_ID, OTHER_NAME, shortened

# A theme is new for so long after its first ticket.
NEW_FOR = timedelta(days=28)
# A theme of the very first fit is new only where so many weeks with tickets lie before its first one: in a shorter
# history every theme has a first ticket of late.
WEEKS_BEFORE_A_FIRST_TICKET = 8


@dataclass(frozen=True)
class Health:
    """Whether the themes still fit the tickets that come."""

    tickets: int
    other: int  # tickets that belong to no theme
    similarity_recent: float | None  # mean likeness to the theme's centre, tickets of the last 28 days
    similarity_before: float | None
    smallest: str | None  # the theme with the fewest distinct tickets, templates and Other aside
    smallest_tickets: int


def health(tickets: pl.DataFrame, themes: pl.DataFrame, day: date) -> Health:
    """How well the themes fit. tickets: theme_id, similarity, created_on. themes: as `describe_themes` gives them."""
    placed = tickets.filter(pl.col("theme_id") != OTHER_ID)
    is_recent = pl.col("created_on") > day - NEW_FOR
    ordinary = themes.filter(~pl.col("is_other"), ~pl.col("is_template")).sort("distinct_tickets", "theme_id")
    smallest = ordinary.row(0, named=True) if ordinary.height else None
    return Health(
        tickets=tickets.height,
        other=tickets.height - placed.height,
        similarity_recent=placed.filter(is_recent).select(pl.col("similarity").mean()).item(),
        similarity_before=placed.filter(~is_recent).select(pl.col("similarity").mean()).item(),
        smallest=smallest["name"] if smallest else None,
        smallest_tickets=smallest["distinct_tickets"] if smallest else 0,
    )


def example_tickets(tickets: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The tickets that stand for each theme: theme_id, rank, source, ticket_id.

    tickets: source, ticket_id, theme_id, similarity, is_near_duplicate, copy_key. chosen: source, ticket_id and
    rank of those chosen before; they stay in their order where they still are, and the most central are added, no
    text twice.
    """
    firsts = tickets.filter(~pl.col("is_near_duplicate")).select(*KEY, "theme_id", "similarity", "copy_key")
    stay = firsts.join(chosen.select(*KEY, "rank"), on=KEY).sort("theme_id", "rank", *KEY)
    by = ["similarity", *KEY]
    distinct = firsts.sort(KEY).filter(pl.struct("theme_id", "copy_key").is_first_distinct())
    most_central = (
        pl.struct(*by, "copy_key").top_k_by(by, 2 * EXAMPLES, reverse=[False, True, True]).alias("ticket")
    )
    central = distinct.group_by("theme_id").agg(most_central).explode("ticket").unnest("ticket")
    central = central.sort("theme_id", *by, descending=[False, True, False, False])
    columns = ["theme_id", *KEY, "copy_key"]
    return (
        pl.concat([stay.select(columns), central.select(columns)])
        .unique(["theme_id", "copy_key"], keep="first", maintain_order=True)
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("theme_id"))
        .filter(pl.col("rank") <= EXAMPLES)
        .sort("theme_id", "rank")
        .select("theme_id", "rank", *KEY)
    )


def example_texts(examples: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """The examples with their texts, shortened. texts: source, ticket_id, text."""
    joined = examples.join(texts, on=KEY, how="left", maintain_order="left")
    cut = [shortened(text, EXAMPLE_CHARACTERS) for text in joined["text"].fill_null("")]
    return joined.with_columns(text=pl.Series(cut, dtype=pl.String))


def describe_themes(
    registry: Registry, tickets: pl.DataFrame, examples: pl.DataFrame, curation: Curation, day: date
) -> pl.DataFrame:
    """One row for each theme that has tickets, the largest first, templates and Other last.

    tickets: theme_id (as curated), similarity, is_near_duplicate, created_on. examples: theme_id, rank, text.
    day: the run's. is_new is null where the history is too short to know.
    """
    is_first = ~pl.col("is_near_duplicate")
    sizes = tickets.group_by("theme_id").agg(
        tickets=pl.len().cast(pl.Int64),
        distinct_tickets=is_first.sum().cast(pl.Int64),
        share=pl.len() / max(tickets.height, 1),
        cohesion=pl.col("similarity").filter(is_first).mean().fill_null(0.0),
    )
    other = pl.DataFrame({"theme_id": [OTHER_ID], "name": [OTHER_NAME]}, schema_overrides={"name": pl.String})
    first = examples.filter(pl.col("rank") == 1)
    first = first.select(
        "theme_id",
        description=pl.Series(
            [shortened(text, DESCRIPTION_CHARACTERS) for text in first["text"]], dtype=pl.String
        ),
    )
    born = tickets.group_by("theme_id").agg(first_on=pl.col("created_on").min())
    themes = pl.concat([registry.themes, other], how="diagonal")
    return (
        themes.join(sizes, on="theme_id")
        .join(first, on="theme_id", how="left")
        .join(born, on="theme_id", how="left")
        .with_columns(
            name=pl.col("theme_id").replace_strict(dict(curation.names), default=pl.col("name")),
            description=pl.col("description").fill_null(""),
            label_terms=pl.col("label_terms").fill_null(""),
            is_other=pl.col("theme_id") == OTHER_ID,
            is_template=pl.col("is_template").fill_null(False),
            born_on=pl.coalesce("born_on", "first_on"),
            is_original=pl.col("is_original").fill_null(True),
            is_ignored=pl.col("theme_id").is_in(list(curation.ignored)),
            is_curated=pl.col("theme_id").is_in(list(curation.named)),
        )
        .with_columns(is_new=_is_new(tickets["created_on"], day))
        .sort(
            "is_other", "is_template", "distinct_tickets", "theme_id", descending=[False, False, True, False]
        )
    )


def _is_new(created_on: pl.Series, day: date) -> pl.Expr:
    """Whether a theme is new; null for one of the first fit before which too few weeks have tickets."""
    weeks = created_on.drop_nulls().dt.truncate("1w").unique().sort()
    known_from = weeks[WEEKS_BEFORE_A_FIRST_TICKET] if len(weeks) > WEEKS_BEFORE_A_FIRST_TICKET else None
    is_old = pl.col("born_on") <= day - NEW_FOR
    return (
        pl.when(is_old | pl.col("is_other") | pl.col("split_from").is_not_null())
        .then(False)
        .when(~pl.col("is_original") | (pl.col("born_on") >= pl.lit(known_from, dtype=pl.Date)))
        .then(True)
    )
