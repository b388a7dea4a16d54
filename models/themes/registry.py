"""A theme keeps its identity: fits are rare and matched to the last one, ids are never used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import md5

import numpy as np
import polars as pl

from models.text.duplicates import is_long, is_repeat, is_template
from models.text.normalise import mask_numbers, normalise
from models.themes.clustering import Vectors
from models.themes.themes import OTHER_ID, THEME_EXAMPLES_SCHEMA, TICKET_THEMES_SCHEMA, Themes, assign

# A refit is due after so many days, once the texts are so many times as many, or when this much more of the
# tickets since the last one belong to no theme (of at least so many).
REFIT_AFTER = timedelta(days=28)
REFIT_AT_GROWTH = 2.0
REFIT_AT_MORE_OTHER = 0.05
FEWEST_TO_JUDGE = 200

KEY = ("source", "ticket_id")
REGISTRY_SCHEMA = {
    "theme_id": pl.String,
    "name": pl.String,
    "label_terms": pl.String,
    "is_template": pl.Boolean,
    "born_on": pl.Date,  # the day of its first ticket
    "is_original": pl.Boolean,  # of the very first fit
    "retired_on": pl.Date,  # null while it lives
    "split_from": pl.String,  # the theme a person split it off from, null for those found
    "split_words": pl.String,  # the words its texts contain
}
TICKETS_SCHEMA = {
    "source": pl.String,
    "ticket_id": pl.String,
    "theme_id": pl.String,
    "similarity": pl.Float64,
    "is_near_duplicate": pl.Boolean,
    "created_on": pl.Date,
    "text_digest": pl.String,
    "copy_key": pl.String,  # equal for texts that differ in nothing but numbers, case and punctuation
}
HISTORY_SCHEMA = {
    "occurred_on": pl.Date,
    "theme_id": pl.String,
    "what": pl.String,
    "other_theme_id": pl.String,
    "detail": pl.String,
}
HistoryRow = tuple[date, str | None, str, str | None, str | None]


@dataclass(frozen=True)
class Fit:
    """The last time all themes were found anew."""

    model: str
    fitted_on: date
    texts: int
    share_other: float
    last_number: int  # the highest theme number given so far


@dataclass(frozen=True)
class Registry:
    """Every theme there is or was, and what it takes to place further texts."""

    themes: pl.DataFrame  # REGISTRY_SCHEMA
    centroids: Vectors  # unit rows, one for each row of `themes`, centred on `mean`
    mean: Vectors
    fit: Fit

    def found(self) -> Themes:
        """The living themes that texts are placed in by closeness, as `assign` takes them."""
        lives = (self.themes["retired_on"].is_null() & self.themes["split_from"].is_null()).to_numpy()
        return Themes(
            themes=self.themes.filter(lives),
            ticket_themes=pl.DataFrame(schema=TICKET_THEMES_SCHEMA),
            theme_examples=pl.DataFrame(schema=THEME_EXAMPLES_SCHEMA),
            centroids=self.centroids[lives],
            mean=self.mean,
        )

    def with_theme(self, theme: dict[str, object], centroid: Vectors) -> tuple[Registry, str]:
        """The registry with one more theme, and the id it was given."""
        number = self.fit.last_number + 1
        row = pl.DataFrame(
            [{"theme_id": theme_id(number), "is_original": False} | theme], schema=REGISTRY_SCHEMA
        )
        grown = replace(
            self,
            themes=pl.concat([self.themes, row]),
            centroids=np.vstack([self.centroids, centroid[None]]).astype(np.float32),
            fit=replace(self.fit, last_number=number),
        )
        return grown, theme_id(number)


@dataclass(frozen=True)
class Placed:
    """The themes after a run: the registry, each ticket's theme, and what happened."""

    registry: Registry
    tickets: pl.DataFrame  # TICKETS_SCHEMA, sorted by source and ticket
    history: pl.DataFrame  # HISTORY_SCHEMA
    examples: pl.DataFrame  # source, ticket_id, rank of the tickets that stand for their themes


def theme_id(number: int) -> str:
    """`t007` for 7."""
    return f"t{number:03d}"


def history_frame(rows: Sequence[HistoryRow]) -> pl.DataFrame:
    """Rows of what happened as a frame."""
    return pl.DataFrame(rows, schema=HISTORY_SCHEMA, orient="row")


def copy_keys(normalised: pl.Series) -> pl.Series:
    """A digest of each text, equal where texts differ in nothing but numbers, case and punctuation."""
    masked = mask_numbers(normalised).to_list()
    return pl.Series([md5(text.encode()).hexdigest() for text in masked], dtype=pl.String)


def refit_reason(registry: Registry, tickets: pl.DataFrame, model: str, day: date) -> str | None:
    """Why all themes should be found anew, in plain words; None when it is not time.

    tickets: TICKETS_SCHEMA, all there are now, placed day to day since the last fit.
    """
    fit = registry.fit
    if model != fit.model:
        return f"the embedding model changed from {fit.model} to {model}"
    if day - fit.fitted_on >= REFIT_AFTER:
        return f"the last fit was {(day - fit.fitted_on).days} days ago"
    if tickets.height >= REFIT_AT_GROWTH * max(fit.texts, 1):
        return f"there are {tickets.height:,} texts, {fit.texts:,} at the last fit"
    since = tickets.filter(pl.col("created_on") > fit.fitted_on)
    share = (since["theme_id"] == OTHER_ID).sum() / max(since.height, 1)
    if since.height >= FEWEST_TO_JUDGE and share > fit.share_other + REFIT_AT_MORE_OTHER:
        return f"{share:.0%} of the tickets since the last fit belong to no theme, {fit.share_other:.0%} then"
    return None


def place_new(
    registry: Registry, known: pl.DataFrame, tickets: pl.DataFrame, fresh: pl.DataFrame, embeddings: Vectors
) -> pl.DataFrame:
    """Every ticket there is with its theme; only the fresh ones are placed, the others keep theirs.

    known: TICKETS_SCHEMA, as placed before. tickets: source, ticket_id and requester_key of all there are now; what
    is not among them is dropped. fresh: source, ticket_id, text, requester_key, created_on, text_digest of new
    tickets and edited texts. embeddings: unit rows, in the order of `fresh`. Returns TICKETS_SCHEMA, sorted by
    source and ticket.
    """
    left = known.join(fresh, on=KEY, how="anti").join(tickets, on=KEY, how="semi")
    left = _first_copies_promoted(left, known, tickets)
    templates = registry.themes.filter("is_template")["theme_id"]
    normalised = normalise(fresh["text"])
    placed = (
        fresh.select(*KEY, "requester_key", "created_on", "text_digest")
        .with_columns(copy_key=copy_keys(normalised), is_long=pl.Series(is_long(normalised)))
        .hstack(assign(embeddings, registry.found()))
        .sort("created_on", *KEY)
    )
    placed = placed.with_columns(
        is_near_duplicate=_repeats(placed, left, tickets) | pl.col("theme_id").is_in(templates.to_list())
    )
    return pl.concat([left, placed.select(list(TICKETS_SCHEMA))]).sort(KEY)


def _repeats(placed: pl.DataFrame, left: pl.DataFrame, tickets: pl.DataFrame) -> pl.Series:
    """Which new tickets are copies that do not count, of one another or of those that were there before."""
    earlier = left.join(placed, on="copy_key", how="semi").join(tickets, on=KEY)
    columns = ["copy_key", "requester_key", "is_long"]
    texts = pl.concat([earlier.with_columns(is_long=pl.lit(False)).select(columns), placed.select(columns)])
    groups = texts["copy_key"].rank("dense").cast(pl.Int64).to_numpy()
    long = texts["is_long"].to_numpy()
    template = is_template(groups, texts["requester_key"], long)
    repeats = is_repeat(groups, texts["requester_key"], long, template)
    return pl.Series(repeats[earlier.height :], dtype=pl.Boolean)


def _first_copies_promoted(left: pl.DataFrame, known: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """Tickets of which the earliest copy stands for a text whose first ticket is gone or was edited.

    known: the tickets before, left: those of them that stay. A text that counted more than once counts once for
    each requester; then the earliest of the same requester's copies stands in.
    """
    if left.height == known.height:
        return left
    gone = known.join(left, on=KEY, how="anti")
    orphaned = gone.filter(~pl.col("is_near_duplicate"))["copy_key"].unique()
    is_orphaned = pl.col("copy_key").is_in(orphaned.to_list())
    counted = known.filter(is_orphaned, ~pl.col("is_near_duplicate")).group_by("copy_key").len("counted")
    whose = pl.when(pl.col("counted") > 1).then("requester_key")
    earliest = (
        left.filter(is_orphaned)
        .join(counted, on="copy_key")
        .join(tickets, on=KEY, how="left")
        .with_columns(whose=whose)
        .filter(pl.col("is_near_duplicate").all().over("copy_key", "whose"))
        .sort("created_on", *KEY)
        .unique(["copy_key", "whose"], keep="first", maintain_order=True)
    )
    return left.update(earliest.select(*KEY, is_near_duplicate=pl.lit(False)), on=KEY)


def without_empty_themes(placed: Placed, day: date) -> Placed:
    """Themes that lost their last ticket, as by erasure, are retired."""
    alive = placed.tickets["theme_id"].unique().to_list()
    themes = placed.registry.themes
    empty = pl.col("retired_on").is_null() & pl.col("split_from").is_null() & ~pl.col("theme_id").is_in(alive)
    rows = [(day, name, "retired", None, "no tickets are left") for name in themes.filter(empty)["theme_id"]]
    retired = themes.with_columns(retired_on=pl.when(empty).then(pl.lit(day)).otherwise("retired_on"))
    return replace(
        placed,
        registry=replace(placed.registry, themes=retired),
        history=pl.concat([placed.history, history_frame(rows)]),
    )
