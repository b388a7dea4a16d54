"""Groups of like texts, their number not given: a neighbour graph cut by Louvain at rising resolution."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from models.themes.recipe import (
    BROAD_RESOLUTION,
    COLUMNS_PER_GROUP,
    CONSENSUS_RUNS,
    LEAST_MEAN_SIZE,
    LEAST_NEIGHBOURS,
    NEIGHBOURS,
    RESOLUTIONS,
    ROWS_PER_BLOCK,
    TARGET_COHESION,
)

# A tie between texts of two themes of an earlier fit counts this much: with 1, a fit on twice the data keeps 85 %
# of texts in their theme, with 0.6 91 %, with 0.4 95 % but less good themes (benchmarks/theme_identity.py).
ACROSS_BORDERS = 0.6

Vectors = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Neighbours:
    """The nearest other texts of each text, nearest first; both shaped (texts, k)."""

    index: npt.NDArray[np.int64]
    cosine: Vectors


def centred(vectors: Vectors, mean: Vectors) -> Vectors:
    """Unit vectors after the mean is taken away; a text at the mean, or without a vector, stays zero."""
    moved = vectors - mean
    moved[~vectors.any(axis=1)] = 0
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.divide(moved, length, out=np.zeros_like(moved), where=length > 1e-6)


def nearest_neighbours(vectors: Vectors, k: int) -> Neighbours:
    """The k nearest other rows of each row by cosine, exactly. vectors: unit rows."""
    return nearest(vectors, vectors, k, itself=np.arange(len(vectors)))


def nearest(texts: Vectors, among: Vectors, k: int, itself: Labels | None = None) -> Neighbours:
    """The k rows of `among` nearest to each text by cosine, exactly, in blocks. texts, among: unit rows.

    itself: each text's own row in `among`, which is passed over.
    """
    count = len(among)
    k = min(k, count - (itself is not None))
    index = np.empty((len(texts), k), dtype=np.int64)
    cosine = np.empty((len(texts), k), dtype=np.float32)
    padded = np.zeros((-(-count // COLUMNS_PER_GROUP) * COLUMNS_PER_GROUP, among.shape[1]), dtype=np.float32)
    padded[:count] = among
    for start in range(0, len(texts), ROWS_PER_BLOCK):
        rows = slice(start, start + ROWS_PER_BLOCK)
        block = texts[rows] @ padded.T
        block[:, count:] = -np.inf
        if itself is not None:
            block[np.arange(len(block)), itself[rows]] = -np.inf
        index[rows], cosine[rows] = _largest(block, k)
    return Neighbours(index, cosine)


def _largest(block: Vectors, k: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Columns and values of the k largest entries of each row, largest first.

    The k largest lie within the k groups of columns with the largest maxima, which are far fewer to sort.
    """
    rows, columns = block.shape
    groups = columns // COLUMNS_PER_GROUP
    tops = block.reshape(rows, COLUMNS_PER_GROUP, groups).max(axis=1)
    best = np.argpartition(tops, -k, axis=1)[:, -k:] if k < groups else np.tile(np.arange(groups), (rows, 1))
    near = (best[:, :, None] + groups * np.arange(COLUMNS_PER_GROUP)).reshape(rows, -1)
    value = np.take_along_axis(block, near, axis=1)
    order = np.lexsort((near, -value), axis=1)[:, :k]
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(value, order, axis=1)


def neighbour_graph(neighbours: Neighbours) -> sparse.csr_matrix:
    """Weights between texts, symmetric, (texts, texts): UMAP's fuzzy union (McInnes et al. 2018).

    A text's nearest neighbour weighs 1, the others fall off with their extra distance over its mean.
    """
    count, k = neighbours.index.shape
    if k == 0:
        return sparse.csr_matrix((count, count))
    distance = 1.0 - neighbours.cosine
    beyond = np.maximum(distance - distance[:, :1], 0)
    scale = beyond.mean(axis=1, keepdims=True)
    weight = np.exp(-np.divide(beyond, scale, out=np.zeros_like(beyond), where=scale > 0))
    rows = np.repeat(np.arange(count), k)
    directed = sparse.csr_matrix((weight.ravel(), (rows, neighbours.index.ravel())), shape=(count, count))
    both = directed.multiply(directed.T)
    return sparse.csr_matrix(directed + directed.T - both)


def keep_borders(graph: sparse.csr_matrix, earlier: pl.Series) -> sparse.csr_matrix:
    """The graph with weaker ties between texts that were in different themes before; null is no theme."""
    if earlier.null_count() == len(earlier):
        return graph
    theme = earlier.rank("dense").fill_null(0).to_numpy()
    ties = graph.tocoo()
    crosses = (theme[ties.row] != theme[ties.col]) & (theme[ties.row] > 0) & (theme[ties.col] > 0)
    weight = np.where(crosses, ACROSS_BORDERS * ties.data, ties.data)
    return sparse.csr_matrix((weight, (ties.row, ties.col)), shape=graph.shape)


def cohesion(vectors: Vectors, labels: Labels) -> npt.NDArray[np.float64]:
    """Mean cosine between two members, for each label 0..n-1 (1 for a single member). vectors: unit rows."""
    sizes = np.bincount(labels)
    return mean_cosine(label_sums(vectors, labels, len(sizes)), sizes)


def mean_cosine(sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Mean cosine between two members of each group (1 for a single one), from the sum of its unit vectors."""
    pairs = sizes * (sizes - 1.0)
    squared = (sums**2).sum(axis=1)
    return np.divide(squared - sizes, pairs, out=np.ones(len(sizes)), where=pairs > 0)


def label_sums(vectors: Vectors, labels: Labels, count: int) -> npt.NDArray[np.float64]:
    """The sum of each label's vectors, shape (count, dimensions)."""
    members = sparse.csr_matrix(
        (np.ones(len(labels), dtype=np.float32), (labels, np.arange(len(labels)))), shape=(count, len(labels))
    )
    return np.asarray(members @ vectors, dtype=np.float64)


def centroids(vectors: Vectors, labels: Labels) -> Vectors:
    """The unit centre of each label 0..n-1, shape (labels, dimensions)."""
    return unit(label_sums(vectors, labels, int(labels.max(initial=-1)) + 1))


def unit(sums: npt.NDArray[np.float64]) -> Vectors:
    """Rows of length 1; a row of zeros stays so."""
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, length, out=np.zeros_like(sums), where=length > 0).astype(np.float32)


def neighbourhood(texts: int) -> int:
    """Neighbours to look at; fewer in a small set, where they would reach beyond every theme."""
    return min(NEIGHBOURS, max(LEAST_NEIGHBOURS, texts // 10))


def communities(vectors: Vectors, graph: sparse.csr_matrix, seed: int) -> Labels:
    """The group of each row, 0..n-1. vectors: unit rows, centred. graph: weights between them.

    Louvain (Blondel et al. 2008) at rising resolution, up to the first whose groups are cohesive enough
    (mean over texts of their group's mean cosine); then the consensus of several runs in random order
    (Lancichinetti & Fortunato 2012), which groups better than one run and depends less on the seed.
    """
    if len(vectors) < 3 or not graph.nnz:
        return np.zeros(len(vectors), dtype=np.int64)
    resolution = _resolution(graph, vectors, seed)
    edges = graph.tocoo()
    together = np.zeros(len(edges.data))
    for run in range(CONSENSUS_RUNS):
        labels = _louvain(graph, resolution, seed * CONSENSUS_RUNS + run)
        together += labels[edges.row] == labels[edges.col]
    agreed = edges.data * (together / CONSENSUS_RUNS) ** 2
    consensus = sparse.csr_matrix((agreed, (edges.row, edges.col)), shape=graph.shape)
    consensus.eliminate_zeros()
    return _louvain(consensus, resolution, seed)


def _resolution(graph: sparse.csr_matrix, vectors: Vectors, seed: int) -> float:
    """The first resolution whose groups are cohesive enough, or a broad one if they never are.

    Groups become smaller and more cohesive as the resolution rises, so that it is found by bisection.
    """

    def sizes_and_cohesion(resolution: float) -> tuple[npt.NDArray[np.int64], float]:
        labels = _louvain(graph, resolution, seed)
        sizes = np.bincount(labels)
        return sizes, float(np.average(cohesion(vectors, labels), weights=sizes))

    def too_small(sizes: npt.NDArray[np.int64]) -> bool:
        return len(sizes) * LEAST_MEAN_SIZE > len(vectors)

    def far_enough(resolution: float) -> bool:
        sizes, reached = sizes_and_cohesion(resolution)
        return too_small(sizes) or reached >= TARGET_COHESION

    at = bisect_left(RESOLUTIONS, True, key=far_enough)
    if at < len(RESOLUTIONS) and not too_small(sizes_and_cohesion(RESOLUTIONS[at])[0]):
        return RESOLUTIONS[at]
    return min(RESOLUTIONS[max(at - 1, 0)], BROAD_RESOLUTION)


def _louvain(graph: sparse.csr_matrix, resolution: float, seed: int) -> Labels:
    from sknetwork.clustering import Louvain

    louvain = Louvain(resolution=resolution, shuffle_nodes=True, random_state=seed)
    return np.asarray(louvain.fit_predict(graph), dtype=np.int64)


def nearest_centroid(vectors: Vectors, centres: Vectors) -> tuple[Labels, Vectors]:
    """The nearest centre of each row and the cosine to it, in blocks of rows. Both shaped (rows,)."""
    labels = np.zeros(len(vectors), dtype=np.int64)
    cosine = np.zeros(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), ROWS_PER_BLOCK):
        near = vectors[start : start + ROWS_PER_BLOCK] @ centres.T
        labels[start : start + len(near)] = near.argmax(axis=1)
        cosine[start : start + len(near)] = near.max(axis=1)
    return labels, cosine
