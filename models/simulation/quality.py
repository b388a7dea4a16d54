"""Audits: a sample of solved tickets, scored by the tiers themselves and by quality assurance."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.simulation.world import SOURCE, Bools, Floats

REVIEWER_KINDS = ("tier1", "tier2", "qa")
# Category, weight, whether failing it fails the review, share of full marks.
CATEGORIES = (
    ("solution", 3.0, True, 0.90),
    ("policy", 2.0, False, 0.84),
    ("tone", 1.0, False, 0.93),
    ("documentation", 1.0, False, 0.78),
)
# Tier 1 reads the policy category its own way: so often it gives the other score.
MISREAD_CATEGORY, MISREAD_SHARE = "policy", 0.35
_NOISE_SHARE = 0.05  # any reviewer, any category
_AUDITED_SHARE = 0.02


def qa_reviews(
    ticket_ids: pl.Series, solved: Floats, end: float, start_us: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Three reviews of each audited ticket, by tier 1, tier 2 and quality assurance.

    solved: minutes since the start, NaN where never. Scores are 0, 1 or 2.
    """
    audited: Bools = (solved + 3 * 1440 < end) & (rng.uniform(size=len(solved)) < _AUDITED_SHARE)
    rows = np.flatnonzero(audited)
    truth = np.stack([_marks(len(rows), share, rng) for _, _, _, share in CATEGORIES])
    frames = []
    for number, kind in enumerate(REVIEWER_KINDS):
        minute = solved[rows] + rng.uniform(60, 3 * 1440, len(rows))
        reviewed_at = pl.Series(start_us + (minute * 60).astype(np.int64) * 1_000_000).cast(pl.Datetime("us"))
        scores = _read(truth, kind, rng)
        failed = (scores[0] == 0) | (scores.sum(axis=0) <= 3)
        frames.append(
            pl.DataFrame(
                {
                    "source": pl.repeat(SOURCE, len(rows), eager=True, dtype=pl.String),
                    "review_id": ("q" + pl.Series(rows * 3 + number + 1).cast(pl.String)).cast(pl.String),
                    "ticket_id": ticket_ids.gather(rows),
                    "reviewed_at": reviewed_at,
                    "reviewer_kind": pl.repeat(kind, len(rows), eager=True, dtype=pl.String),
                    "scores": _score_lists(scores),
                    "disposition": pl.Series(["passed", "coaching"]).gather(failed.astype(int)),
                }
            )
        )
    return pl.concat(frames).sort("reviewed_at", "review_id")


def _marks(size: int, full: float, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(3, size, p=[(1 - full) * 0.4, (1 - full) * 0.6, full])


def _read(truth: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """A reviewer's scores: mostly what is right, sometimes not."""
    scores = truth.copy()
    slips = rng.uniform(size=truth.shape) < _NOISE_SHARE
    if kind == "tier1":
        place = [name for name, *_ in CATEGORIES].index(MISREAD_CATEGORY)
        slips[place] = rng.uniform(size=truth.shape[1]) < MISREAD_SHARE
    scores[slips] = np.where(scores[slips] == 2, 1, 2)
    return scores


def _score_lists(scores: np.ndarray) -> pl.Series:
    lists = [
        pl.struct(
            pl.lit(name).alias("category"),
            pl.lit(pl.Series(scores[place].astype(float))).alias("score"),
            pl.lit(0.0).alias("min"),
            pl.lit(2.0).alias("max"),
            pl.lit(weight).alias("weight"),
            pl.lit(is_critical).alias("is_critical"),
        )
        for place, (name, weight, is_critical, _) in enumerate(CATEGORIES)
    ]
    return pl.select(pl.concat_list(lists).alias("scores")).to_series()
