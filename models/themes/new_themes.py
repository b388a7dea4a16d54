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
    return [
        group
        for group, (nearness, distance) in zip(groups, _separations(history, around, groups), strict=True)
        if nearness + distance >= LEAST_SEPARATION and distance >= LEAST_DISTANCE_FROM_HISTORY
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


def _separations(history: Vectors, around: Around, groups: list[Rows]) -> list[tuple[float, float]]:
    """How much nearer each group is to recent texts than to history, and how much further from history than
    the texts of history nearest to it are from each other; medians over the group."""
    if not groups:
        return []
    to_recent = around.new.cosine[:, :NEAREST].mean(axis=1)
    to_history = around.old.cosine[:, :NEAREST].mean(axis=1)
    grouped = np.concatenate(groups)
    met, back = np.unique(around.old.index[grouped, :NEAREST], return_inverse=True)
    within = nearest(history[met], history, NEAREST, itself=met).cosine.mean(axis=1)
    usual = np.zeros(len(to_history))
    usual[grouped] = within[back].reshape(len(grouped), -1).mean(axis=1)
    nearness, distance = to_recent - to_history, usual - to_history
    return [(float(np.median(nearness[group])), float(np.median(distance[group]))) for group in groups]
