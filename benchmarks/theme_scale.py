"""Time and memory of finding themes in a million texts whose embeddings are given: prints one JSON object.

    python -m benchmarks.theme_scale [--texts 1000000] [--new 2000] [--known 500000]

Texts and embeddings are made up: `--problems` problems, each a direction with its own words, spread over two years
and three sources. `fit_seconds` and `peak_mb` are of `find_themes` on all of them, names included, the embeddings
on disk and the process's whole memory counted; `assign_seconds` of placing `--new` texts onto `--known` ones that
have their themes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.peak_memory import PeakMemory
from models.text.embedding import Embedder
from models.themes.themes import Themes, assign, find_themes

DIMENSIONS = 384
# How far a text lies from its problem's direction: members of a theme then have a cosine of 0.5, as real ones.
SPREAD = 1.0
TEXTS_AT_ONCE = 50_000
# fmt: off
WORDS = pl.Series(["refund", "payout", "card", "login", "parcel", "voucher", "coupon", "wallet", "invoice", "password",
                   "transfer", "delivery", "seller", "missing", "declined", "late", "blocked", "frozen", "stolen",
                   "expired", "wrong", "double", "pending", "broken", "rejected", "empty"])
# fmt: on


def texts(problem: npt.NDArray[np.int64], rng: np.random.Generator) -> pl.Series:
    """A sentence for each problem: four words of its own, three at random."""
    own = np.random.default_rng(1).integers(0, len(WORDS), (problem.max() + 1, 4))[problem]
    chance = rng.integers(0, len(WORDS), (len(problem), 3))
    words = [WORDS.gather(places) for places in (*own.T, *chance.T)]
    return pl.select(pl.format("{} {} is {} with {} and {} after {} for {}", *words)).to_series()


def embeddings(
    problem: npt.NDArray[np.int64], file: Path, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """A unit vector for each text round its problem's direction, written to `file` and memory-mapped."""
    directions = rng.normal(size=(problem.max() + 1, DIMENSIONS)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    with file.open("wb") as out:
        for start in range(0, len(problem), TEXTS_AT_ONCE):
            own = directions[problem[start : start + TEXTS_AT_ONCE]]
            noise = rng.normal(scale=SPREAD / DIMENSIONS**0.5, size=own.shape).astype(np.float32)
            vectors = own + noise
            out.write((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).tobytes())
    return np.memmap(file, dtype=np.float32, mode="r", shape=(len(problem), DIMENSIONS))


def tickets(count: int, problem: npt.NDArray[np.int64], rng: np.random.Generator) -> pl.DataFrame:
    """Tickets of three sources over two years, a requester each."""
    ids = pl.int_range(count, eager=True).cast(pl.String).str.zfill(9)
    return pl.DataFrame(
        {
            "source": pl.Series(["chat", "email", "form"]).gather(rng.integers(0, 3, count)),
            "ticket_id": ids,
            "text": texts(problem, rng),
            "requester_key": ids,
            "created_at": pl.Series(rng.integers(0, 730 * 86_400, count) * 1_000_000).cast(pl.Duration("us"))
            + datetime(2024, 1, 1),
        }
    )


def fit(count: int, problems: int, folder: Path) -> tuple[Themes, float, float]:
    """The themes of so many texts, with the seconds and the most memory (MB) that finding them took."""
    rng = np.random.default_rng(0)
    problem = rng.integers(0, problems, count)
    given = tickets(count, problem, rng)
    vectors = embeddings(problem, folder / "embeddings.f32", rng)
    embedder = Embedder(folder / "names")
    embedder.embed(["so that loading the model is not timed"])
    with PeakMemory() as peak:
        started = time.perf_counter()
        found = find_themes(given, vectors, embedder.embed)
        seconds = time.perf_counter() - started
    return found, seconds, peak.mb


def main() -> None:
    """Reads the arguments, measures and prints the JSON object."""
    parser = argparse.ArgumentParser(description="Time and memory of themes at scale.")
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=2_000)
    parser.add_argument("--known", type=int, default=500_000)
    parser.add_argument("--problems", type=int, default=120)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found, seconds, peak_mb = fit(arguments.texts, arguments.problems, folder)
        known, _, _ = fit(arguments.known, arguments.problems, folder)
        new = np.random.default_rng(2).integers(0, arguments.problems, arguments.new)
        vectors = embeddings(new, folder / "new.f32", np.random.default_rng(0))
        started = time.perf_counter()
        placed = assign(vectors, known)
        assign_seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "texts": arguments.texts,
                "themes": found.themes.height,
                "fit_seconds": round(seconds, 1),
                "peak_mb": round(peak_mb),
                "new": placed.height,
                "known": arguments.known,
                "assign_seconds": round(assign_seconds, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
