"""How long a day's new tickets take on a long history: prints one JSON object.

    python -m benchmarks.theme_day [--known 500000] [--new 2000]

The history's texts nearly repeat a few thousand of a simulated operation, and their embeddings are known; those of
the new tickets are computed.
`seconds` is from the new tickets being in the warehouse to every theme table being stored; `cpu_seconds` the same
on a machine that does nothing else, all cores added up.
"""

from __future__ import annotations

import argparse
import json
import random
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
from benchmarks.peak_memory import PeakMemory
from dbt_like_sql.warehouse import Warehouse
from models.text.cache import EmbeddingCache, content_keys
from models.text.embedding import Embedder, Vectors
from models.text.normalise import normalise
from models.themes.clustering import centred, centroids
from models.themes.registry import REGISTRY_SCHEMA, TICKETS_SCHEMA, Fit, Registry, theme_id

DAYS = 730
NEW_DAY = date(2026, 1, 1)
# How far a ticket's embedding lies from that of the text it nearly repeats, in each dimension.
SPREAD = 0.03
# Real texts from which the history is made.
TEXTS_REPEATED = 4_000
ROWS_AT_ONCE = 50_000


def known_history(
    warehouse: Warehouse, embedder: Embedder, said: list[str], about: list[str], count: int
) -> None:
    """A warehouse with a number of tickets placed in themes, and their embeddings in the cache.

    said, about: some texts and their problems; every ticket's text is nearly one of them.
    """
    rng = np.random.default_rng(0)
    vectors = embedder.embed(said)
    mean = vectors.mean(axis=0)
    _, label = np.unique(about, return_inverse=True)
    centres = centroids(centred(vectors, mean), label)
    like = rng.integers(0, len(said), count)
    texts = pl.Series([f"{said[row]} {number}" for number, row in enumerate(like)])
    cache = EmbeddingCache(embedder.cache_folder / embedder.model_id, embedder.dimension)
    for start in range(0, count, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        near = vectors[like[rows]] + rng.normal(scale=SPREAD, size=(len(like[rows]), embedder.dimension))
        near /= np.linalg.norm(near, axis=1, keepdims=True)
        keys = content_keys(normalise(texts[rows]).to_list(), embedder.model_id)
        cache.append(keys, near.astype(np.float32))
    days = pl.Series(np.datetime64(NEW_DAY) - 1 - np.arange(count) * DAYS // count).cast(pl.Date)
    escalations = tickets_of(texts, "old", days)
    placed = escalations.select("source", "ticket_id", "created_on").with_columns(
        theme_id=pl.Series([theme_id(int(number) + 1) for number in label[like]]),
        similarity=pl.lit(0.7),
        is_near_duplicate=pl.lit(False),
        text_digest=pl.lit(""),
        copy_key=pl.col("ticket_id"),
    )
    registry = registry_of(centres, mean, embedder.model_id, count)
    frames = registry_frames(registry)
    tickets = placed.select(list(TICKETS_SCHEMA)).with_columns(found_theme_id="theme_id")
    for name, schema in THEME_TABLES.items():
        frame = {"ticket_themes": tickets, **frames}.get(name, schema.create_empty())
        warehouse.replace(name, schema.cast(frame))
    warehouse.replace("escalations", escalations)
    warehouse.execute(
        "update ticket_themes set text_digest = md5(text) from escalations e where e.ticket_id = ticket_themes.ticket_id"
    )
    warehouse.replace("raw.account", pl.DataFrame({"as_of": [datetime(2026, 1, 2)], "time_zone": ["UTC"]}))


def registry_of(centres: Vectors, mean: Vectors, model: str, texts: int) -> Registry:
    """A theme for each centre."""
    themes = pl.DataFrame(
        {
            "theme_id": [theme_id(number + 1) for number in range(len(centres))],
            "name": [f"Theme {number + 1}" for number in range(len(centres))],
            "label_terms": "",
            "is_template": False,
            "born_on": NEW_DAY,
            "is_original": True,
            "retired_on": None,
            "split_from": None,
            "split_words": None,
        },
        schema=REGISTRY_SCHEMA,
    )
    return Registry(themes, centres, mean, Fit(model, NEW_DAY, texts, 0.0, len(centres)))


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
    parser.add_argument("--new", type=int, default=2_000, help="tickets of the day, at most 7,000")
    arguments = parser.parse_args()
    pool = list(zip(*simulated_texts(), strict=True))
    random.Random(0).shuffle(pool)
    said, about = [text for text, _ in pool], [problem for _, problem in pool]
    texts = said[TEXTS_REPEATED : TEXTS_REPEATED + arguments.new]
    with tempfile.TemporaryDirectory() as folder, Warehouse(Path(folder) / "warehouse.duckdb") as warehouse:
        embedder = Embedder(Path(folder))
        known_history(warehouse, embedder, said[:TEXTS_REPEATED], about[:TEXTS_REPEATED], arguments.known)
        fresh = tickets_of(pl.Series(texts), "new", pl.Series([NEW_DAY] * len(texts)))
        with warehouse.transaction() as connection:
            connection.register("fresh", fresh)
            connection.execute("insert into escalations by name select * from fresh")
            connection.unregister("fresh")
        embedder = Embedder(Path(folder))
        with PeakMemory() as peak:
            started, computed = time.perf_counter(), time.process_time()
            update = update_themes(warehouse, embedder, [])
            list(store_tables(warehouse, update.frames, THEME_TABLES))
            seconds, cpu = time.perf_counter() - started, time.process_time() - computed
    print(
        json.dumps(
            {
                "known": arguments.known,
                "new": update.tickets_placed,
                "seconds": round(seconds, 1),
                "cpu_seconds": round(cpu, 1),
                "new_themes": len(update.born),
                "peak_mb": round(peak.mb),
            }
        )
    )


if __name__ == "__main__":
    main()
