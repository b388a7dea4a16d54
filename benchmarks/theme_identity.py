"""How many texts keep their theme's id after a refit on twice the data: prints one JSON object.

    python -m benchmarks.theme_identity --texts FILE --text COLUMN --label COLUMN [--seeds N]

Themes are found on a random half, the other half is placed day to day, then themes are found anew on all. `kept` is
the share of the first half that has the same theme id as before, `kept_all` of all texts. V-measure and ARI are those
of the refit; `first_fit` has those of a fit on all texts that knows no earlier themes, and how many ids would be kept
by matching the two groupings one to one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, v_measure_score
from sklearn.metrics.cluster import contingency_matrix

from benchmarks.new_themes import read_labelled
from models.text.embedding import DEFAULT_MODEL, Embedder, Vectors
from models.themes.refit import fit_themes
from models.themes.registry import TICKETS_SCHEMA, place_new

DAY = date(2025, 1, 1)
NOTHING = pl.DataFrame(schema=TICKETS_SCHEMA)


def as_tickets(texts: list[str]) -> pl.DataFrame:
    """Texts as tickets of one day, in their order."""
    ids = [f"{row:09d}" for row in range(len(texts))]
    return pl.DataFrame(
        {"ticket_id": ids, "text": texts, "requester_key": ids, "text_digest": ids}
    ).with_columns(
        source=pl.lit("benchmark"), created_at=pl.lit(datetime(2025, 1, 1)), created_on=pl.lit(DAY)
    )


def measure(
    tickets: pl.DataFrame, vectors: Vectors, labels: list[str], embedder: Embedder, seed: int
) -> dict[str, float]:
    """Figures of one random half."""
    half = np.sort(np.random.default_rng(seed).permutation(len(labels))[: len(labels) // 2])
    rest = np.setdiff1d(np.arange(len(labels)), half)
    model = embedder.model_id
    first = fit_themes(None, NOTHING, tickets[half], vectors[half], embedder.embed, model, DAY)
    before = place_new(first.registry, first.tickets, tickets, tickets[rest], vectors[rest])
    after = fit_themes(first.registry, before, tickets, vectors, embedder.embed, model, DAY).tickets[
        "theme_id"
    ]
    fresh = fit_themes(None, NOTHING, tickets, vectors, embedder.embed, model, DAY).tickets["theme_id"]
    same = (after == before["theme_id"]).to_numpy()
    shared = contingency_matrix(before["theme_id"][half], fresh[half])
    return {
        "kept": float(same[half].mean()),
        "kept_all": float(same.mean()),
        "v_measure": v_measure_score(labels, after),
        "ari": adjusted_rand_score(labels, after),
        "first_fit_kept": float(shared[linear_sum_assignment(shared, maximize=True)].sum() / len(half)),
        "first_fit_v_measure": v_measure_score(labels, fresh),
        "first_fit_ari": adjusted_rand_score(labels, fresh),
    }


def main() -> None:
    """Reads the arguments, measures and prints the JSON object."""
    parser = argparse.ArgumentParser(
        description="How many texts keep their theme's id after a refit on twice the data."
    )
    parser.add_argument("--texts", type=Path, required=True, help="a CSV, Parquet, JSON or NDJSON file")
    parser.add_argument("--text", required=True, help="its column of texts")
    parser.add_argument("--label", required=True, help="its column of labels")
    parser.add_argument("--seeds", type=int, default=3, help="random halves")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="a sentence-transformers model, by name or folder"
    )
    arguments = parser.parse_args()
    texts, labels = read_labelled(arguments.texts, arguments.text, arguments.label)
    tickets = as_tickets(texts)
    with tempfile.TemporaryDirectory() as cache:
        embedder = Embedder(Path(cache), arguments.model)
        vectors = embedder.embed(texts)
        runs = [measure(tickets, vectors, labels, embedder, seed) for seed in range(arguments.seeds)]
    print(json.dumps({name: round(float(np.mean([run[name] for run in runs])), 4) for name in runs[0]}))


if __name__ == "__main__":
    main()
