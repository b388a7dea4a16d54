"""New themes among the latest texts, told apart from surges of themes that were always there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import linkage

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
# Texts looked at can be one theme if the mean cosine (centred) of its halves is at least this; fewer are chance.
THEME_COSINE = 0.35
LEAST_TEXTS = 4
# Closeness is the mean cosine to so many nearest texts; distance from history is taken with all neighbours too,
# since a few texts of a surge can lack their nearest in history by chance, not all of them.
NEAREST = 3
# Texts of a surge are this separate from history; what a new theme's texts are beyond it adds up to so much.
# The sum, not the mean: a surge holds small groups that are as separate as a new theme, but no large ones.
USUAL_SEPARATION = 0.15
LEAST_SEPARATION = 1.0
# The rarer history is around a group, the easier the group lacks it by chance: what is asked for is multiplied by
# the surge around it. That is seen at so many recent texts nearest to the group, in so many nearest to each; where
# no more than this share of them is recent, there is none.
RECENT_AROUND = 15
TEXTS_AROUND = 30
USUAL_SHARE = 1 / 9
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
    2000, of groups). The groups are branches of a tree of the texts, so that a theme need not be of a given
    cohesion (a tree-based scan, Kulldorff et al. 2003). Nothing is found where history is too short to
    compare with.
    """
    if len(recent) < LEAST_TEXTS or len(history) < max(LEAST_HISTORY, len(recent)):
        return []
    mean = history.mean(axis=0)
    history, recent = centred(history, mean), centred(recent, mean)
    usual = _novelty_of_a_random_split(history, len(recent), seed)
    around = _around(history, recent, np.arange(len(recent)), NEIGHBOURS)
    looked_at = np.flatnonzero(_novelty(around) > np.quantile(usual, NULL_QUANTILE))
    if len(looked_at) < LEAST_TEXTS:
        return []
    # A text in the midst of history is no evidence against the others of its group: it may be there by mistake.
    beyond_usual = np.maximum(_separation(history, around, looked_at), 0) - USUAL_SEPARATION
    branches = _new_branches(recent[looked_at], beyond_usual)
    surges = _surges(history, recent, [looked_at[branch] for branch in branches])
    groups = [
        looked_at[branch]
        for branch, surge in zip(branches, surges, strict=True)
        if beyond_usual[branch].sum() >= LEAST_SEPARATION * surge
    ]
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def _around(history: Vectors, recent: Vectors, rows: Rows, count: int) -> Around:
    return Around(nearest(recent[rows], history, count), nearest(recent[rows], recent, count, rows))


def _novelty_of_a_random_split(history: Vectors, recent: int, seed: int) -> Floats:
    """The novelty of history's own texts if as large a part of it were recent."""
    taken = np.zeros(len(history), dtype=np.bool_)
    count = max(LEAST_TEXTS, round(len(history) * recent / (len(history) + recent)))
    taken[np.random.default_rng(seed).choice(len(history), count, replace=False)] = True
    return _novelty(_around(history[~taken], history[taken], np.arange(count), NEIGHBOURS))


def _novelty(around: Around) -> Floats:
    """Share of each recent text's neighbours that are recent too, smoothed over its nearest. Shape (recent,)."""
    share = _share_recent(around, NEIGHBOURS)
    smoothed = np.column_stack([share, share[around.new.index[:, :SMOOTHED_OVER]]])
    return np.asarray(smoothed.mean(axis=1))


def _share_recent(around: Around, count: int) -> Floats:
    """Share of the texts nearest to each recent one that are recent too. Shape (recent,)."""
    old, new = around.old.cosine, around.new.cosine
    is_recent = np.repeat([False, True], [old.shape[1], new.shape[1]])
    order = np.argsort(-np.concatenate([old, new], axis=1), axis=1, kind="stable")[:, :count]
    return np.asarray(is_recent[order].mean(axis=1))


def _surges(history: Vectors, recent: Vectors, groups: list[Rows]) -> Floats:
    """How many times the usual share of the texts around each group is recent. Shape (groups,).

    Texts that are alike can all be recent by chance where many around them are, as in a surge: whether they are
    too many is judged by the texts outside (a scan statistic, Kulldorff 1997), here those near to the group.
    All groups are left out, so that none counts against another.
    """
    others = np.delete(recent, np.concatenate(groups), axis=0) if groups else recent
    if not groups or not len(others):
        return np.ones(len(groups))
    centres = np.array([recent[group].mean(axis=0) for group in groups])
    met, back = np.unique(nearest(centres, others, RECENT_AROUND).index, return_inverse=True)
    share = _share_recent(_around(history, others, met, TEXTS_AROUND), TEXTS_AROUND)
    share = share[back.reshape(len(groups), -1)].mean(axis=1)
    usual = max(USUAL_SHARE, len(recent) / (len(history) + len(recent)))
    return np.asarray(share / usual)


def _separation(history: Vectors, around: Around, rows: Rows) -> Floats:
    """How much nearer recent texts are to one another, and further from history, than history is from itself.

    A sum of differences of mean cosines: to the NEAREST recent texts and those of history; and of the texts of
    history nearest to it, and it, to their nearest in history, for NEAREST and all. Shape (rows,).
    """
    old, new = around.old.cosine[rows], around.new.cosine[rows]
    met, back = np.unique(around.old.index[rows], return_inverse=True)
    back = back.reshape(len(rows), -1)
    theirs = nearest(history[met], history, NEIGHBOURS, itself=met).cosine
    separation = (new[:, :NEAREST] - old[:, :NEAREST]).mean(axis=1, dtype=np.float64)
    for k in (NEAREST, NEIGHBOURS):
        separation += theirs[:, :k].mean(axis=1)[back[:, :k]].mean(axis=1) - old[:, :k].mean(axis=1)
    return separation


def _new_branches(texts: Vectors, beyond_usual: Floats) -> list[Rows]:
    """The branches of the texts' average-link tree that are separate enough in sum, none within another.

    A branch takes the place of the new ones within it if it is at least as separate as each.
    """
    members = {row: np.array([row]) for row in range(len(texts))}
    new: dict[int, list[Rows]] = {row: [] for row in members}
    tree = linkage(texts, method="average", metric="cosine")
    for branch, (left, right, distance, size) in enumerate(tree, start=len(texts)):
        if distance > 1 - THEME_COSINE:
            break
        rows = members[branch] = np.sort(np.concatenate([members.pop(left), members.pop(right)]))
        within = new.pop(left) + new.pop(right)
        least = max((beyond_usual[part].sum() for part in within), default=LEAST_SEPARATION)
        new[branch] = [rows] if size >= LEAST_TEXTS and beyond_usual[rows].sum() >= least else within
    return [rows for branches in new.values() for rows in branches]
