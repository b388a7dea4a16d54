"""Whether tier 1, tier 2 and quality assurance read the same procedure the same way, category by category.

Cohen's kappa and Krippendorff's alpha correct for agreement by chance, and so depend on how common a score is: a
category that nearly everybody passes has a low kappa with few disagreements. Raw agreement and prevalence stand beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import norm

from models.operations.funnel import holm
from models.operations.quality import category_scores

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RESAMPLES = 2000
FEWEST_TICKETS = 20
# Read differently: disagreement so much more frequent than in the pair's other categories, beyond chance ...
LEAST_MORE_DISAGREEMENT = 0.05
# ... or agreement beyond chance no more than fair (Landis & Koch 1977), surely.
FAIR_KAPPA = 0.4
WRONG_AT_MOST = 0.05  # chance of naming one category or more wrongly
ALL = "all"
_MISSING = -1
_MORE_OFTEN = "they differ more often than in the other categories"
_BY_CHANCE = "they agree hardly more than by chance"

QUALITY_AGREEMENT_SCHEMA = {
    "pair": pl.String,
    "category": pl.String,
    "n": pl.Int64,
    "raw_agreement": pl.Float64,
    "prevalence": pl.Float64,
    "kappa": pl.Float64,
    "kappa_low": pl.Float64,
    "kappa_high": pl.Float64,
    "alpha": pl.Float64,
    "alpha_low": pl.Float64,
    "alpha_high": pl.Float64,
    "is_read_differently": pl.Boolean,
    "note": pl.String,
}


def ratings_of(reviews: pl.DataFrame) -> pl.DataFrame:
    """What each kind of reviewer gave a ticket, as `agreement` takes it: scores by category, and the disposition.

    reviews: source, review_id, ticket_id, reviewer_kind, reviewed_at, scores, disposition. Of several reviews of a
    ticket by one kind the last counts.
    """
    last = reviews.sort("reviewed_at", "review_id").unique(
        ["source", "ticket_id", "reviewer_kind"], keep="last", maintain_order=True
    )
    keys = ["source", "ticket_id", "reviewer_kind"]
    scored = category_scores(last).join(last.select("review_id", *keys), on=["source", "review_id"])
    scores = scored.select(*keys, "category", score="share", word=pl.lit(None, dtype=pl.String))
    concluded = last.drop_nulls("disposition").select(
        *keys,
        category=pl.lit("disposition"),
        score=pl.lit(None, dtype=pl.Float64),
        word="disposition",
    )
    return pl.concat([scores, concluded]).unique([*keys, "category"], keep="first", maintain_order=True)


def cohen_kappa(tables: Floats) -> Floats:
    """Cohen's kappa (1960) of each square table of counts, shape (..., values, values); NaN where chance alone agrees.

    Equals sklearn.metrics.cohen_kappa_score, but for many tables at once.
    """
    total = tables.sum(axis=(-2, -1))
    observed = np.trace(tables, axis1=-2, axis2=-1) / total
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1) / total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa: Floats = np.where(by_chance < 1, (observed - by_chance) / (1 - by_chance), np.nan)
    return kappa


def krippendorff_alpha(coincidences: Floats, is_ordinal: bool) -> Floats:
    """Krippendorff's alpha (2011) of each coincidence matrix, shape (..., values, values); NaN where nothing varies.

    is_ordinal: values are in order and differ by how many ratings lie between them; else they only differ or not.
    The field's Python library for it is under the GPL, which this project cannot build on.
    """
    sums = coincidences.sum(axis=-1)
    if is_ordinal:
        middle = np.cumsum(sums, axis=-1) - sums / 2
        difference = (middle[..., :, None] - middle[..., None, :]) ** 2
    else:
        difference = np.broadcast_to(1.0 - np.eye(sums.shape[-1]), coincidences.shape)
    found = (coincidences * difference).sum(axis=(-2, -1))
    by_chance = (sums[..., :, None] * sums[..., None, :] * difference).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha: Floats = np.where(by_chance > 0, 1 - (sums.sum(axis=-1) - 1) * found / by_chance, np.nan)
    return alpha


def coincidences(ratings: Ints, values: int) -> Floats:
    """How often two reviewers of a ticket gave two values, per ticket, shape (tickets, values, values).

    ratings: places in the list of values, -1 where a reviewer gave none, shape (tickets, reviewers). A ticket with m
    ratings counts m in all, one with fewer than two nothing.
    """
    is_value = np.eye(values + 1)[ratings][..., :values]
    counts = is_value.sum(axis=1)
    both = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(values)
    given = counts.sum(axis=1)
    return np.where((given >= 2)[:, None, None], both / np.maximum(given - 1, 1)[:, None, None], 0.0)


@dataclass(frozen=True)
class _Category:
    """The ratings of one category. codes: places in the ordered values, -1 for none, shape (tickets, kinds)."""

    name: str
    codes: Ints
    values: int
    is_ordinal: bool


def agreement(ratings: pl.DataFrame) -> pl.DataFrame:
    """Agreement of every pair of reviewer kinds, and of all of them, in every category; QUALITY_AGREEMENT_SCHEMA.

    ratings: source, ticket_id, reviewer_kind, category, and score (a number, in order) or, in categories without one,
    word; one row per ticket, kind and category. Intervals of 95 % are percentiles over resampled tickets, the same for
    the same ratings. A pair reads a category differently where it differs clearly more often in it than in its other
    categories, ticket by ticket, or where its agreement is surely no more than fair; corrected for all pairs and
    categories (Holm). Of fewer than 20 tickets that is never said.
    """
    kinds = sorted(ratings["reviewer_kind"].unique(), key=lambda kind: (kind == "qa", kind))
    categories = _by_category(ratings, kinds)
    rows: list[dict[str, object]] = []
    doubts: list[tuple[int, str, float]] = []
    for first, second in combinations(range(len(kinds)), 2):
        differs = np.stack([_differences(category.codes[:, [first, second]]) for category in categories])
        for place, category in enumerate(categories):
            row, p_fair = _agreement(f"{kinds[first]}-{kinds[second]}", category, [first, second])
            rows.append(row)
            if row["n"] >= FEWEST_TICKETS:
                doubts.append((len(rows) - 1, _MORE_OFTEN, _p_differs_more(differs, place)))
                doubts.append((len(rows) - 1, _BY_CHANCE, p_fair))
            elif row["n"]:
                row["note"] = "too few tickets"
    if len(kinds) > 2:
        rows += [_agreement(ALL, category, list(range(len(kinds))))[0] for category in categories]
    for (place, reason, _), p in zip(doubts, holm(np.array([p for *_, p in doubts])), strict=True):
        if p < WRONG_AT_MOST:
            rows[place] |= {"is_read_differently": True, "note": rows[place]["note"] or reason}
    return pl.DataFrame(
        [row for row in rows if row["n"]], schema=QUALITY_AGREEMENT_SCHEMA, orient="row"
    ).sort("pair", "category")


def _by_category(ratings: pl.DataFrame, kinds: list[str]) -> list[_Category]:
    """The categories by name, all over the same tickets in the same order."""
    tickets = ratings.select("source", "ticket_id").unique().sort("source", "ticket_id").with_row_index("row")
    placed = ratings.join(tickets, on=["source", "ticket_id"]).with_columns(
        kind=pl.col("reviewer_kind").replace_strict(dict(zip(kinds, range(len(kinds)), strict=True)))
    )
    found = []
    for (name,), part in sorted(placed.partition_by("category", as_dict=True).items()):
        is_ordinal = part["score"].is_not_null().any()
        given = part["score" if is_ordinal else "word"]
        codes = np.full((tickets.height, len(kinds)), _MISSING)
        place = given.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
        codes[part["row"].to_numpy(), part["kind"].to_numpy()] = place
        found.append(_Category(str(name), codes, given.drop_nulls().n_unique(), is_ordinal))
    return found


def _agreement(pair: str, category: _Category, kinds: list[int]) -> tuple[dict[str, Any], float]:
    """A row of the table, not yet judged; with the chance that kappa is more than fair."""
    codes = category.codes[:, kinds]
    codes = codes[(codes >= 0).sum(axis=1) >= 2]
    row: dict[str, Any] = dict.fromkeys(QUALITY_AGREEMENT_SCHEMA) | {
        "pair": pair,
        "category": category.name,
        "n": len(codes),
        "is_read_differently": False,
        "note": "",
    }
    if not len(codes):
        return row, 1.0
    given = codes[codes >= 0]
    row["prevalence"] = float(np.bincount(given).max() / len(given))
    row["raw_agreement"] = float(1 - _differences(codes).mean())
    # Tickets rated alike count alike: resampling them is drawing how often each kind comes.
    patterns, counts = np.unique(codes, axis=0, return_counts=True)
    drawn = np.random.default_rng(0).multinomial(len(codes), counts / len(codes), size=RESAMPLES)
    weights = np.concatenate([counts[None], drawn]).astype(np.float64)
    together = coincidences(patterns, category.values)
    alphas = krippendorff_alpha(np.tensordot(weights, together, axes=1), category.is_ordinal)
    row["alpha"], row["alpha_low"], row["alpha_high"] = _with_interval(alphas)
    if len(kinds) > 2:
        return row, 1.0
    one_hot = np.eye(category.values)
    tables = one_hot[patterns[:, 0]][:, :, None] * one_hot[patterns[:, 1]][:, None, :]
    kappas = cohen_kappa(np.tensordot(weights, tables, axes=1))
    row["kappa"], row["kappa_low"], row["kappa_high"] = _with_interval(kappas)
    return row, float((1 + (~(kappas[1:] < FAIR_KAPPA)).sum()) / (1 + RESAMPLES))


def _with_interval(statistics: Floats) -> tuple[float | None, float | None, float | None]:
    """The first value, and the middle 95 % of the others; resamples in which nothing varies say nothing."""
    drawn = statistics[1:][~np.isnan(statistics[1:])]
    if np.isnan(statistics[0]) or not len(drawn):
        return None, None, None
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(statistics[0]), float(low), float(high)


def _differences(codes: Ints) -> Floats:
    """1 where the reviewers of a ticket gave different values, 0 where the same, NaN with fewer than two of them."""
    given = np.where(codes >= 0, codes.astype(np.float64), np.nan)
    enough = (codes >= 0).sum(axis=1) >= 2
    filled = np.where(enough[:, None], given, 0.0)
    return np.where(
        enough, (np.nanmax(filled, axis=1) > np.nanmin(filled, axis=1)).astype(np.float64), np.nan
    )


def _p_differs_more(differs: Floats, place: int) -> float:
    """Chance of so many more disagreements in a category than in the others, were they the least more; one-sided.

    differs: shape (categories, tickets).
    """
    others = np.delete(differs, place, axis=0)
    judged = ~np.isnan(differs[place]) & ~np.isnan(others).all(axis=0)
    if judged.sum() < FEWEST_TICKETS:
        return 1.0
    more = differs[place, judged] - np.nanmean(others[:, judged], axis=0)
    error = max(float(more.std(ddof=1)), 1e-9) / float(np.sqrt(len(more)))
    return float(norm.sf((float(more.mean()) - LEAST_MORE_DISAGREEMENT) / error))
