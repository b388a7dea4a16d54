"""How well and how fast themes are found on labelled texts: prints one JSON object.

    python -m benchmarks.themes --texts FILE --text COLUMN --label COLUMN [--against kmeans bertopic] [--seeds N]

Every tool gets the same embedding model and a process of its own, so that one tool's memory and caches do not
count for the next. `seconds` is end to end, from text to named themes, nothing cached, once the libraries and the
model are loaded. `kmeans` is told the true number of labels. `make bench-setup` installs BERTopic.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, v_measure_score

from benchmarks.peak_memory import PeakMemory
from models.text.embedding import DEFAULT_MODEL, MAX_TOKENS, Embedder
from models.themes.clustering import centred, centroids
from models.themes.naming import name_themes
from models.themes.themes import OTHER_ID, find_themes


def read_json(path: Path) -> pl.DataFrame:
    """A list of objects, or one object a line."""
    with path.open(encoding="utf-8") as file:
        listed = file.read(1) == "["
    return (
        pl.read_json(path, infer_schema_length=None)
        if listed
        else pl.read_ndjson(path, infer_schema_length=None)
    )


READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".csv": partial(pl.read_csv, infer_schema=False),
    ".tsv": partial(pl.read_csv, infer_schema=False, separator="\t"),
    ".parquet": pl.read_parquet,
    ".json": read_json,
    ".ndjson": read_json,
    ".jsonl": read_json,
}
LEFT_OUT = "left out"


@dataclass(frozen=True)
class Grouping:
    """A tool's answer: a theme for each text (LEFT_OUT where it has none), and each theme's name."""

    themes: list[str]
    names: dict[str, str]


Tool = Callable[[list[str], int, Embedder, int], Grouping]


def ours(texts: list[str], labels: int, embedder: Embedder, seed: int) -> Grouping:
    """This project's themes; Other counts as left out."""
    ids = [f"{row:09d}" for row in range(len(texts))]
    tickets = pl.DataFrame({"ticket_id": ids, "text": texts, "requester_key": ids}).with_columns(
        source=pl.lit("benchmark"), created_at=pl.lit(datetime(2025, 1, 1))
    )
    found = find_themes(tickets, embedder.embed(texts), embedder.embed, seed)
    themes = [LEFT_OUT if theme == OTHER_ID else theme for theme in found.ticket_themes["theme_id"]]
    return Grouping(themes, dict(found.themes.select("theme_id", "name").iter_rows()))


def kmeans(texts: list[str], labels: int, embedder: Embedder, seed: int) -> Grouping:
    """KMeans with the true number of groups, named as ours are."""
    vectors = embedder.embed(texts)
    found = KMeans(labels, random_state=seed, n_init=1).fit_predict(vectors).astype(np.int64)
    mean = vectors.mean(axis=0)
    spread = centred(vectors, mean)
    centres = centroids(spread, found)
    central = np.argsort(-(spread * centres[found]).sum(axis=1), kind="stable")
    names = name_themes([texts[row] for row in central], found[central], centres, mean, embedder.embed)
    return Grouping(
        [str(label) for label in found], {str(label): name.name for label, name in enumerate(names)}
    )


def bertopic(texts: list[str], labels: int, embedder: Embedder, seed: int) -> Grouping:
    """BERTopic with its defaults (UMAP's seed aside), named by its first words."""
    from bertopic import BERTopic
    from umap import UMAP

    reduce = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    model = BERTopic(umap_model=reduce)
    topics, _ = model.fit_transform(texts, embedder.embed(texts))
    words = {str(topic): " ".join(word for word, _ in model.get_topic(topic)[:4]) for topic in set(topics)}
    return Grouping([LEFT_OUT if topic == -1 else str(topic) for topic in topics], words)


TOOLS: dict[str, Tool] = {"ours": ours, "kmeans": kmeans, "bertopic": bertopic}
# Loaded before the clock starts.
LIBRARIES = {
    "ours": ("sknetwork.clustering", "sklearn.feature_extraction.text"),
    "kmeans": ("sklearn.feature_extraction.text",),
    "bertopic": ("bertopic", "umap"),
}


def label_accuracy(grouping: Grouping, truth: list[str], embedder: Embedder) -> float:
    """Share of themes whose name is nearest, of all labels' names, to that of their most frequent label."""
    found = pl.DataFrame({"theme": grouping.themes, "label": truth}).filter(pl.col("theme") != LEFT_OUT)
    majority = (
        found.group_by("theme", "label")
        .len()
        .sort("len", "label", descending=[True, False])
        .unique("theme", keep="first")
    )
    if majority.is_empty():
        return 0.0
    labels = sorted(set(truth))
    label_vectors = embedder.embed([label.replace("_", " ") for label in labels])
    name_vectors = embedder.embed([grouping.names[theme] for theme in majority["theme"]])
    nearest = [labels[at] for at in (name_vectors @ label_vectors.T).argmax(axis=1)]
    return float(np.mean([near == true for near, true in zip(nearest, majority["label"], strict=True)]))


def measure(
    name: str, texts: list[str], truth: list[str], seeds: int, model: str, max_tokens: int = MAX_TOKENS
) -> dict[str, Any]:
    """All figures of one tool; time and memory are the first seed's, quality is the mean over seeds."""
    tool = TOOLS[name]
    for library in LIBRARIES[name]:
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as cache:
        embedder = Embedder(Path(cache), model, max_tokens=max_tokens)
        embedder.embed(["so that loading the model is not timed"])
        with PeakMemory() as peak:
            started = time.perf_counter()
            groupings = [tool(texts, len(set(truth)), embedder, 0)]
            seconds = time.perf_counter() - started
        groupings += [tool(texts, len(set(truth)), embedder, seed) for seed in range(1, seeds)]
        accuracy = np.mean([label_accuracy(grouping, truth, embedder) for grouping in groupings])
    pairs = [adjusted_rand_score(one.themes, other.themes) for one, other in combinations(groupings, 2)]
    return {
        "v_measure": round(float(np.mean([v_measure_score(truth, one.themes) for one in groupings])), 4),
        "ari": round(float(np.mean([adjusted_rand_score(truth, one.themes) for one in groupings])), 4),
        "themes": len(set(groupings[0].themes) - {LEFT_OUT}),
        "left_out": round(groupings[0].themes.count(LEFT_OUT) / len(texts), 4),
        "label_accuracy": round(float(accuracy), 4),
        "seed_ari": round(float(np.mean(pairs)), 4) if pairs else None,
        "texts_per_second": round(len(texts) / seconds, 1),
        "seconds": round(seconds, 2),
        "peak_mb": round(peak.mb),
    }


def main() -> None:
    """Reads the arguments, measures each tool and prints the JSON object."""
    parser = argparse.ArgumentParser(description="Quality and speed of themes on labelled texts.")
    parser.add_argument("--texts", type=Path, required=True, help="a CSV, Parquet, JSON or NDJSON file")
    parser.add_argument("--text", required=True, help="its column of texts")
    parser.add_argument("--label", required=True, help="its column of labels")
    parser.add_argument("--against", nargs="*", default=[], choices=sorted(set(TOOLS) - {"ours"}))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="any sentence-transformers model, by name or folder"
    )
    parser.add_argument(
        "--max-tokens", type=int, default=MAX_TOKENS, help="a text's first tokens that are embedded"
    )
    arguments = parser.parse_args()
    read = READERS.get(arguments.texts.suffix.lower())
    if read is None:
        parser.error(f"{arguments.texts}: expected a file that ends with one of {', '.join(READERS)}")
    if "bertopic" in arguments.against and importlib.util.find_spec("bertopic") is None:
        parser.error("--against bertopic: BERTopic is not installed; run `make bench-setup` once")
    frame = read(arguments.texts)
    for column in (arguments.text, arguments.label):
        if column not in frame.columns:
            parser.error(f"{arguments.texts}: no column {column!r}; it has {', '.join(frame.columns)}")
    frame = frame.select(
        pl.col(arguments.text).cast(pl.String).alias("text"),
        pl.col(arguments.label).cast(pl.String).alias("label"),
    ).drop_nulls()
    texts, truth = frame["text"].to_list(), frame["label"].to_list()
    results = {}
    for name in ["ours", *arguments.against]:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            results[name] = alone.submit(
                measure, name, texts, truth, arguments.seeds, arguments.model, arguments.max_tokens
            ).result()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
