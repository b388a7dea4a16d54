"""The theme registry in the warehouse: read what the last run left, work out what this one makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from assets.tables import THEME_TABLES
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.text.embedding import Embedder, Progress
    from models.themes.curation import Curation, Decision
    from models.themes.registry import Placed, Registry
    from models.themes.summary import Health

_ESCALATIONS = """
    select source, ticket_id, text, requester_key, created_at, created_on, md5(text) as text_digest
    from escalations
"""
_FRESH = f"""
    select placed.* from ({_ESCALATIONS}) as placed
    anti join ticket_themes using (source, ticket_id, text_digest)
    order by placed.source, placed.ticket_id
"""
_KNOWN = """
    select
        known.source, known.ticket_id, known.found_theme_id as theme_id, known.similarity,
        known.is_near_duplicate, escalations.created_on, known.text_digest, known.copy_key
    from ticket_themes as known
    left join escalations on escalations.source = known.source and escalations.ticket_id = known.ticket_id
"""


@dataclass(frozen=True)
class ThemeUpdate:
    """What a run makes of the themes: every table, and what to tell about it."""

    frames: dict[str, pl.DataFrame]
    health: Health
    refit_because: str | None  # None: no refit
    tickets_placed: int  # new or edited ones, by closeness to the themes there were
    born: tuple[str, ...]  # names
    mistakes: Sequence[str]  # in the curation file


def update_themes(
    warehouse: Warehouse,
    embedder: Embedder,
    decisions: Sequence[Decision],
    *,
    refit: bool = False,
    progress: Progress | None = None,
) -> ThemeUpdate:
    """Place what is new; find all themes anew where there are none yet, when it is time, or when asked to.

    progress: called with (texts embedded, texts to embed).
    """
    from models.themes.curation import read_decisions
    from models.themes.registry import refit_reason, without_empty_themes

    day = _today(warehouse)
    registry, known = _read_registry(warehouse)
    curation = read_decisions(decisions, registry)
    last_number = 0 if registry else _highest_number(warehouse)
    because, placed_count = "there are no themes yet", 0
    if last_number:
        because = f"the themes up to t{last_number:03d} were stored by another version and cannot be read"
    if registry is not None:
        # Placed before a refit too: a theme that it leaves as it is takes its new tickets first, and what is
        # placed tells whether it is time. Vectors of another model lie nowhere near the themes there are.
        if registry.fit.model == embedder.model_id:
            known, placed_count = _place(warehouse, embedder, registry, known, progress)
        because = "asked for" if refit else refit_reason(registry, known, embedder.model_id, day) or ""
    if registry is None or because:
        placed = _fit(warehouse, embedder, registry, known, day, curation, progress, last_number)
    else:
        placed = _born(warehouse, embedder, registry, known, day, curation, placed_count)
    placed = without_empty_themes(placed, day)
    if registry is None:  # ids that the file names may be those just given
        curation = read_decisions(decisions, placed.registry)
    return _update(warehouse, placed, curation, day, because or None, placed_count)


def theme_frames_as_of(
    warehouse: Warehouse, embedder: Embedder, decisions: Sequence[Decision]
) -> dict[str, pl.DataFrame]:
    """Every theme table as of a past day: `raw.account` and `escalations` are of then, the theme tables of today."""
    from models.themes.curation import read_decisions
    from models.themes.refit import themes_as_of

    day = _today(warehouse)
    registry, today = _read_registry(warehouse)
    if registry is None:
        return {name: warehouse.query(f"select * from {name}") for name in THEME_TABLES}
    tickets = warehouse.query(f"{_ESCALATIONS} order by source, ticket_id")
    vectors = embedder.embed(tickets["text"])
    taken = set(read_decisions(decisions, registry).names.values())
    placed = themes_as_of(registry, today, tickets, vectors, embedder.embed, day, taken)
    curation = read_decisions(decisions, placed.registry)
    frames = _update(warehouse, placed, curation, day, None, 0).frames
    return frames | {"theme_history": frames["theme_history"].filter(pl.col("occurred_on") <= day)}


def _today(warehouse: Warehouse) -> date:
    as_of, zone = warehouse.query("select as_of, time_zone from raw.account").row(0)
    local: datetime = as_of.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return local.date()


def _read_registry(warehouse: Warehouse) -> tuple[Registry | None, pl.DataFrame]:
    """What the last run left; no registry where there is none, or where an older version wrote it."""
    from models.themes.registry import REGISTRY_SCHEMA, TICKETS_SCHEMA, Fit, Registry

    nothing = None, pl.DataFrame(schema=TICKETS_SCHEMA)
    tables = set(warehouse.tables())
    for name in ("ticket_themes", "theme_centroids", "theme_fit", "theme_history"):
        if name not in tables or set(warehouse.columns(name)) != set(THEME_TABLES[name].column_names()):
            return nothing
    fit = warehouse.query("select * from theme_fit")
    if fit.is_empty():
        return nothing
    themes = warehouse.query("select * from theme_centroids order by theme_id")
    row = fit.row(0, named=True)
    mean = np.array(row.pop("mean"), dtype=np.float32)
    centroids = np.array(themes["centroid"].to_list(), dtype=np.float32).reshape(themes.height, len(mean))
    registry = Registry(themes.select(list(REGISTRY_SCHEMA)), centroids, mean, Fit(**row))
    return registry, warehouse.query(_KNOWN).select(list(TICKETS_SCHEMA))


def _highest_number(warehouse: Warehouse) -> int:
    """The highest theme number in the tables there are, whichever version stored them: no id is given twice."""
    there = set(warehouse.tables())
    numbers = [
        warehouse.query(
            f"select max(try_cast(regexp_extract(theme_id, '^t([0-9]+)$', 1) as integer)) as n from {name}"
        ).item()
        for name in THEME_TABLES
        if name in there and "theme_id" in warehouse.columns(name)
    ]
    return max((number for number in numbers if number is not None), default=0)


def _fit(
    warehouse: Warehouse,
    embedder: Embedder,
    registry: Registry | None,
    known: pl.DataFrame,
    day: date,
    curation: Curation,
    progress: Progress | None,
    last_number: int,
) -> Placed:
    from models.themes.refit import fit_themes

    tickets = warehouse.query(f"{_ESCALATIONS} order by source, ticket_id")
    vectors = embedder.embed(tickets["text"], progress)
    pinned, taken = curation.named, set(curation.names.values())
    return fit_themes(
        registry, known, tickets, vectors, embedder.embed, embedder.model_id, day, pinned, taken, last_number
    )


def _place(
    warehouse: Warehouse,
    embedder: Embedder,
    registry: Registry,
    known: pl.DataFrame,
    progress: Progress | None,
) -> tuple[pl.DataFrame, int]:
    """Every ticket with its theme after new and edited ones are placed, and how many these are."""
    from models.themes.registry import place_new

    fresh = warehouse.query(_FRESH)
    tickets = warehouse.query("select source, ticket_id, requester_key from escalations")
    vectors = embedder.embed(fresh["text"], progress)
    return place_new(registry, known, tickets, fresh, vectors), fresh.height


def _born(
    warehouse: Warehouse,
    embedder: Embedder,
    registry: Registry,
    placed: pl.DataFrame,
    day: date,
    curation: Curation,
    fresh: int,
) -> Placed:
    """New themes among the latest tickets, looked for where there are new or edited ones (fresh: how many)."""
    from models.themes.births import RECENT_AT_MOST, RECENT_DAYS, Recent, find_births, sample_before
    from models.themes.registry import KEY, Placed, history_frame

    examples = warehouse.query(
        "select shown.theme_id, shown.rank, shown.source, shown.ticket_id, escalations.text "
        "from theme_examples as shown join escalations using (source, ticket_id) order by all"
    )
    if not fresh:
        chosen = examples.select("source", "ticket_id", "rank")
        return Placed(registry, placed, history_frame([]), chosen)
    since = day - timedelta(days=RECENT_DAYS)
    recent = warehouse.query(
        f"{_ESCALATIONS} where created_on > ? order by created_at desc, source, ticket_id limit {RECENT_AT_MOST}",
        [since],
    ).sort("created_at", "source", "ticket_id")
    sample = sample_before(placed, since)
    history = sample.join(_texts(warehouse, sample), on=KEY, how="left", maintain_order="left")
    latest = Recent(recent, embedder.embed(recent["text"]), embedder.embed(history["text"]))
    taken = set(curation.names.values())
    return find_births(registry, placed, latest, examples, embedder.embed, day, taken)


def _update(
    warehouse: Warehouse,
    placed: Placed,
    curation: Curation,
    day: date,
    because: str | None,
    placed_count: int,
) -> ThemeUpdate:
    """Every theme table as this run leaves it."""
    from models.themes.curation import curated_themes, decided, with_split_themes
    from models.themes.registry import history_frame
    from models.themes.summary import describe_themes, example_texts, example_tickets, health

    registry, rows = with_split_themes(placed.registry, curation, day)
    whole = {theme for theme, _ in curation.split_off}
    split = _texts(warehouse, placed.tickets.filter(pl.col("theme_id").is_in(list(whole))))
    tickets = placed.tickets.with_columns(
        found_theme_id="theme_id", theme_id=curated_themes(placed.tickets, registry, curation, split)
    )
    chosen = example_tickets(tickets, placed.examples)
    examples = example_texts(chosen, _texts(warehouse, chosen))
    themes = describe_themes(registry, tickets, examples, curation, day)
    happened = pl.concat([placed.history, history_frame(rows)])
    history = _history(warehouse, happened, decided(curation, registry, day))
    return ThemeUpdate(
        frames={
            "themes": themes,
            "ticket_themes": tickets,
            "theme_examples": examples,
            "theme_history": history,
            **registry_frames(registry),
        },
        health=health(tickets, themes, day),
        refit_because=because,
        tickets_placed=placed_count,
        born=tuple(_names_of_born(registry, placed.history)),
        mistakes=curation.mistakes,
    )


def _names_of_born(registry: Registry, history: pl.DataFrame) -> list[str]:
    born = history.filter(pl.col("what") == "born")["theme_id"].to_list()
    return registry.themes.filter(pl.col("theme_id").is_in(born))["name"].to_list()


def registry_frames(registry: Registry) -> dict[str, pl.DataFrame]:
    """The registry as its two tables; without a single theme the next run is a first fit again."""
    fit = registry.fit
    centroids = pl.Series("centroid", registry.centroids.tolist(), dtype=pl.List(pl.Float32))
    return {
        "theme_centroids": registry.themes.with_columns(centroid=centroids),
        "theme_fit": pl.DataFrame(
            {
                "model": [fit.model],
                "fitted_on": [fit.fitted_on],
                "texts": [fit.texts],
                "share_other": [fit.share_other],
                "last_number": [fit.last_number],
                "mean": [registry.mean.tolist()],
            },
            schema_overrides={"mean": pl.List(pl.Float32)},
        ).head(min(registry.themes.height, 1)),
    }


def _texts(warehouse: Warehouse, wanted: pl.DataFrame) -> pl.DataFrame:
    """source, ticket_id and text of some tickets."""
    with warehouse.transaction() as connection:
        connection.register("wanted_tickets", wanted.select("source", "ticket_id"))
        try:
            return warehouse.query(
                "select source, ticket_id, text from escalations semi join wanted_tickets using (source, ticket_id)"
            )
        finally:
            connection.unregister("wanted_tickets")


def _history(warehouse: Warehouse, happened: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """What happened up to now; a person's decision that still stands is not told again."""
    columns = THEME_TABLES["theme_history"].column_names()
    if "theme_history" not in warehouse.tables() or set(warehouse.columns("theme_history")) != set(columns):
        return pl.concat([happened, decided]).select(columns)
    before = warehouse.query("select * from theme_history").select(columns)
    told = [column for column in columns if column != "occurred_on"]
    fresh = decided.join(before, on=told, how="anti", nulls_equal=True)
    return pl.concat([before, happened.select(columns), fresh.select(columns)]).sort(
        "occurred_on", "theme_id", "what"
    )
