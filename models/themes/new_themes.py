"""New themes among the latest texts, told apart from surges of themes that were always there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from models.themes.clustering import Vectors, centred

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Chosen on held-out intents of short banking texts with MiniLM embeddings, as the recipe's.
# A text's novelty is the share of so many nearest neighbours that are recent too, averaged with the
# novelty of so many nearest recent texts.
NEIGHBOURS = 10
SMOOTHED_OVER = 5
# A text is looked at if it is more novel than this share of texts when history is split at random.
NULL_QUANTILE = 0.90
# Texts looked at are one group if their mean cosine (centred) is at least this; smaller groups are chance.
GROUP_COSINE = 0.50
LEAST_TEXTS = 5
# Closeness is the mean cosine to so many nearest texts.
NEAREST = 3
# A group is a new theme if its texts are this much nearer to one another, and this much further from
# history, than history is from itself: the sum of both, and the second alone.
LEAST_SEPARATION = 0.08
LEAST_DISTANCE_FROM_HISTORY = 0.04
# Cosines held in memory at once.
COSINES_PER_BLOCK = 20_000_000
# Fewer texts of history than this, or fewer than there are recent ones, show nothing.
LEAST_HISTORY = 100


def find_new_themes(history: Vectors, recent: Vectors, seed: int = 0) -> list[Rows]:
    """Groups of recent texts whose like was not there before, each as rows of `recent`, the largest first.

    history, recent: unit rows of distinct texts, in an order that does not change from run to run.
    A theme that is not there in history is nearly its own neighbourhood, however near it lies to an old
    one; a surge lies as near to history as history lies to itself (a local outlier factor, Breunig et al.
    2000, of groups). Nothing is found where history is too short to compare with.
    """
    if len(recent) < LEAST_TEXTS or len(history) < max(LEAST_HISTORY, len(recent)):
        return []
    mean = history.mean(axis=0)
    history, recent = centred(history, mean), centred(recent, mean)
    usual = _novelty_of_a_random_split(history, len(recent), seed)
    looked_at = np.flatnonzero(_novelty(history, recent) > np.quantile(usual, NULL_QUANTILE))
    new = []
    for group in _groups(recent, looked_at):
        nearness, distance = _separation(history, recent, group)
        if nearness + distance >= LEAST_SEPARATION and distance >= LEAST_DISTANCE_FROM_HISTORY:
            new.append(group)
    return new


def _novelty_of_a_random_split(history: Vectors, recent: int, seed: int) -> Floats:
    """The novelty of history's own texts if as large a part of it were recent."""
    taken = np.zeros(len(history), dtype=np.bool_)
    count = max(LEAST_TEXTS, round(len(history) * recent / (len(history) + recent)))
    taken[np.random.default_rng(seed).choice(len(history), count, replace=False)] = True
    return _novelty(history[~taken], history[taken])


def _novelty(history: Vectors, recent: Vectors) -> Floats:
    """Share of each recent text's neighbours that are recent too, smoothed over its nearest. Shape (recent,)."""
    _, old = _nearest(recent, history, NEIGHBOURS)
    near, new = _nearest(recent, recent, NEIGHBOURS, itself=np.arange(len(recent)))
    is_recent = np.concatenate(
        [np.zeros(old.shape[1], dtype=np.bool_), np.ones(new.shape[1], dtype=np.bool_)]
    )
    order = np.argsort(-np.concatenate([old, new], axis=1), axis=1, kind="stable")[:, :NEIGHBOURS]
    share = is_recent[order].mean(axis=1)
    around = np.column_stack([share, share[near[:, :SMOOTHED_OVER]]])
    return np.asarray(around.mean(axis=1))


def _groups(recent: Vectors, rows: Rows) -> list[Rows]:
    """The rows by average link, cut at GROUP_COSINE; the largest first."""
    if len(rows) < LEAST_TEXTS:
        return []
    links = linkage(recent[rows], method="average", metric="cosine")
    labels = fcluster(links, 1 - GROUP_COSINE, criterion="distance")
    groups = [rows[labels == label] for label in np.unique(labels)]
    return sorted((group for group in groups if len(group) >= LEAST_TEXTS), key=lambda g: (-len(g), g[0]))


def _separation(history: Vectors, recent: Vectors, group: Rows) -> tuple[float, float]:
    """How much nearer a group is to recent texts than to history, and how much further from history than
    the texts of history nearest to it are from each other; medians over the group."""
    old, to_history = _nearest(recent[group], history, NEAREST)
    _, to_recent = _nearest(recent[group], recent, NEAREST, itself=group)
    met, back = np.unique(old, return_inverse=True)
    _, within = _nearest(history[met], history, NEAREST, itself=met)
    usual = within.mean(axis=1)[back.reshape(old.shape)].mean(axis=1)
    nearness = to_recent.mean(axis=1) - to_history.mean(axis=1)
    return float(np.median(nearness)), float(np.median(usual - to_history.mean(axis=1)))


def _nearest(
    texts: Vectors, among: Vectors, k: int, itself: Rows | None = None
) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Rows of `among` nearest to each text and their cosines, nearest first, both (texts, k), in blocks.

    itself: each text's own row in `among`, which is passed over.
    """
    k = min(k, len(among) - (itself is not None))
    index = np.empty((len(texts), k), dtype=np.int64)
    cosine = np.empty((len(texts), k), dtype=np.float32)
    step = max(1, COSINES_PER_BLOCK // max(1, len(among)))
    for start in range(0, len(texts), step):
        block = texts[start : start + step] @ among.T
        rows = np.arange(len(block))
        if itself is not None:
            block[rows, itself[start : start + len(block)]] = -np.inf
        best = np.argpartition(-block, k - 1, axis=1)[:, :k]
        value = np.take_along_axis(block, best, axis=1)
        order = np.lexsort((best, -value), axis=1)
        index[start : start + len(block)] = np.take_along_axis(best, order, axis=1)
        cosine[start : start + len(block)] = np.take_along_axis(value, order, axis=1)
    return index, cosine
