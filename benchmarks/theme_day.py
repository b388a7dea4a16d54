"""How long a day's new tickets take on a long history: prints one JSON object.

    python -m benchmarks.theme_day [--known 500000] [--new 2000]

The history's texts are invented and their embeddings already known; those of the new tickets are computed.
`seconds` is from the new tickets being in the warehouse to every theme table being stored.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from assets.table_assets import store_tables
from assets.tables import THEME_TABLES
from assets.theme_registry import registry_frames, update_themes
from benchmarks.new_themes import simulated_texts
from benchmarks.themes import PeakMemory
from dbt_like_sql.warehouse import Warehouse
from models.text.cache import EmbeddingCache, content_keys
from models.text.embedding import Embedder
from models.text.normalise import normalise
from models.themes.registry import REGISTRY_SCHEMA, TICKETS_SCHEMA, Fit, Registry, copy_keys, theme_id

THEMES = 120
DAYS = 730
NEW_DAY = date(2026, 1, 1)
# How far a text lies from its theme's centre, so that cosines are like those of real texts.
SPREAD = 0.05
ROWS_AT_ONCE = 50_000


def known_history(warehouse: Warehouse, embedder: Embedder, count: int) -> None:
    """A warehouse with a number of tickets placed in themes, and their embeddings in the cache."""
    rng = np.random.default_rng(0)
    dimension = embedder.dimension
    centres = rng.normal(size=(THEMES, dimension))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    label = rng.integers(0, THEMES, count)
    words = np.array(
        [f"{part}{number}" for part in ("pay", "card", "login", "order") for number in range(500)]
    )
    texts = pl.Series([" ".join(words[row]) for row in rng.integers(0, len(words), (count, 10))])
    cache = EmbeddingCache(embedder.cache_folder / embedder.model_id, dimension)
    for start in range(0, count, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        vectors = centres[label[rows]] + rng.normal(scale=SPREAD, size=(len(label[rows]), dimension))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        keys = content_keys(normalise(texts[rows]).to_list(), embedder.model_id)
        cache.append(keys, vectors.astype(np.float32))
    days = pl.Series(np.datetime64(NEW_DAY) - 1 - np.arange(count) * DAYS // count).cast(pl.Date)
    escalations = tickets_of(texts, "old", days)
    placed = escalations.select("source", "ticket_id", "created_on").with_columns(
        theme_id=pl.Series([theme_id(number + 1) for number in label]),
        similarity=pl.lit(0.7),
        is_near_duplicate=pl.lit(False),
        text_digest=pl.lit(""),
        copy_key=copy_keys(texts),
    )
    themes = pl.DataFrame(
        {"theme_id": [theme_id(number + 1) for number in range(THEMES)]}
    ).with_columns(
        name=pl.format("Theme {}", "theme_id"),
        label_terms=pl.lit(""),
        is_template=pl.lit(False),
        born_on=pl.lit(NEW_DAY),
        is_original=pl.lit(True),
        retired_on=pl.lit(None, pl.Date),
        split_from=pl.lit(None, pl.String),
        split_words=pl.lit(None, pl.String),
    ).select(list(REGISTRY_SCHEMA))  # fmt: skip
    fit = Fit(embedder.model_id, NEW_DAY, count, 0.0, THEMES)
    mean = np.zeros(dimension, dtype=np.float32)
    frames = registry_frames(Registry(themes, centres.astype(np.float32), mean, fit))
    tickets = placed.select(list(TICKETS_SCHEMA)).with_columns(found_theme_id="theme_id")
    for name, schema in THEME_TABLES.items():
        frame = {"ticket_themes": tickets, **frames}.get(name, schema.create_empty())
        warehouse.replace(name, schema.cast(frame))
    warehouse.replace("escalations", escalations)
    warehouse.execute(
        "update ticket_themes set text_digest = md5(text) from escalations e where e.ticket_id = ticket_themes.ticket_id"
    )
    warehouse.replace("raw.account", pl.DataFrame({"as_of": [datetime(2026, 1, 2)], "time_zone": ["UTC"]}))


def tickets_of(texts: pl.Series, prefix: str, days: pl.Series) -> pl.DataFrame:
    """Escalated tickets with these texts, created on these days."""
    ids = [f"{prefix}{row:07d}" for row in range(len(texts))]
    return pl.DataFrame(
        {
            "ticket_id": ids,
            "created_at": days.cast(pl.Datetime("us")),
            "created_on": days,
            "text": texts,
            "requester_key": ids,
        }
    ).with_columns(source=pl.lit("benchmark"))


def main() -> None:
    """Reads the arguments, measures and prints the JSON object."""
    parser = argparse.ArgumentParser(description="How long a day's new tickets take on a long history.")
    parser.add_argument("--known", type=int, default=500_000, help="tickets of the history")
    parser.add_argument("--new", type=int, default=2_000, help="tickets of the day")
    arguments = parser.parse_args()
    texts, _ = simulated_texts()
    texts = [f"{text} {row}" for row, text in enumerate(texts * (arguments.new // len(texts) + 1))][
        : arguments.new
    ]
    with tempfile.TemporaryDirectory() as folder, Warehouse(Path(folder) / "warehouse.duckdb") as warehouse:
        embedder = Embedder(Path(folder))
        known_history(warehouse, embedder, arguments.known)
        fresh = tickets_of(pl.Series(texts), "new", pl.Series([NEW_DAY] * len(texts)))
        with warehouse.transaction() as connection:
            connection.register("fresh", fresh)
            connection.execute("insert into escalations by name select * from fresh")
            connection.unregister("fresh")
        embedder = Embedder(Path(folder))
        with PeakMemory() as peak:
            started = time.perf_counter()
            update = update_themes(warehouse, embedder, [])
            list(store_tables(warehouse, update.frames, THEME_TABLES))
            seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "known": arguments.known,
                "new": update.tickets_placed,
                "seconds": round(seconds, 1),
                "new_themes": len(update.born),
                "peak_mb": round(peak.mb),
            }
        )
    )


if __name__ == "__main__":
    main()
