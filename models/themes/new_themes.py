"""New themes among the latest texts, told apart from surges of themes that were always there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from models.themes.clustering import Neighbours, Vectors, centred, nearest

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
# The same with all neighbours: a few texts of a surge can lack their nearest in history by chance, not all of them.
LEAST_DISTANCE_OF_ALL = 0.06
# Fewer texts of history than this, or fewer than there are recent ones, show nothing.
LEAST_HISTORY = 100


@dataclass(frozen=True)
class Around:
    """What lies nearest to each recent text, nearest first."""

    old: Neighbours  # rows of history
    new: Neighbours  # other recent texts


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
    around = _around(history, recent)
    looked_at = np.flatnonzero(_novelty(around) > np.quantile(usual, NULL_QUANTILE))
    groups = _groups(recent, looked_at)
    if not groups:
        return []
    nearness = (around.new.cosine[:, :NEAREST] - around.old.cosine[:, :NEAREST]).mean(axis=1)
    grouped = np.concatenate(groups)
    distance, of_all = _distances_from_history(history, around.old, grouped, (NEAREST, NEIGHBOURS))
    return [
        group
        for group in groups
        if np.median(nearness[group]) + np.median(distance[group]) >= LEAST_SEPARATION
        and np.median(distance[group]) >= LEAST_DISTANCE_FROM_HISTORY
        and np.median(of_all[group]) >= LEAST_DISTANCE_OF_ALL
    ]


def _around(history: Vectors, recent: Vectors) -> Around:
    return Around(
        nearest(recent, history, NEIGHBOURS), nearest(recent, recent, NEIGHBOURS, np.arange(len(recent)))
    )


def _novelty_of_a_random_split(history: Vectors, recent: int, seed: int) -> Floats:
    """The novelty of history's own texts if as large a part of it were recent."""
    taken = np.zeros(len(history), dtype=np.bool_)
    count = max(LEAST_TEXTS, round(len(history) * recent / (len(history) + recent)))
    taken[np.random.default_rng(seed).choice(len(history), count, replace=False)] = True
    return _novelty(_around(history[~taken], history[taken]))


def _novelty(around: Around) -> Floats:
    """Share of each recent text's neighbours that are recent too, smoothed over its nearest. Shape (recent,)."""
    old, new = around.old.cosine, around.new.cosine
    is_recent = np.repeat([False, True], [old.shape[1], new.shape[1]])
    order = np.argsort(-np.concatenate([old, new], axis=1), axis=1, kind="stable")[:, :NEIGHBOURS]
    share = is_recent[order].mean(axis=1)
    smoothed = np.column_stack([share, share[around.new.index[:, :SMOOTHED_OVER]]])
    return np.asarray(smoothed.mean(axis=1))


def _groups(recent: Vectors, rows: Rows) -> list[Rows]:
    """The rows by average link, cut at GROUP_COSINE; the largest first."""
    if len(rows) < LEAST_TEXTS:
        return []
    links = linkage(recent[rows], method="average", metric="cosine")
    labels = fcluster(links, 1 - GROUP_COSINE, criterion="distance")
    groups = [rows[labels == label] for label in np.unique(labels)]
    return sorted((group for group in groups if len(group) >= LEAST_TEXTS), key=lambda g: (-len(g), g[0]))


def _distances_from_history(
    history: Vectors, old: Neighbours, rows: Rows, counts: tuple[int, ...]
) -> list[Floats]:
    """For each k how much further these recent texts are from the k nearest of history than those are from theirs.

    Cosines, shape (recent,), zeros for the other recent texts.
    """
    met, back = np.unique(old.index[rows], return_inverse=True)
    back = back.reshape(len(rows), -1)
    theirs = nearest(history[met], history, max(counts), itself=met).cosine
    distances = []
    for k in counts:
        usual = theirs[:, :k].mean(axis=1)[back[:, :k]].mean(axis=1)
        distance = np.zeros(len(old.cosine))
        distance[rows] = usual - old.cosine[rows, :k].mean(axis=1)
        distances.append(distance)
    return distances
