"""The neighbour graph and the groups cut from it."""

import numpy as np
import pytest

from models.themes import clustering
from models.themes.clustering import (
    centred,
    cohesion,
    communities,
    nearest_centroid,
    nearest_neighbours,
    neighbour_graph,
    neighbourhood,
)


def clouds(counts: list[int], spread: float = 0.05, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around orthogonal directions, and which direction each is of."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    vectors = np.eye(16)[labels] + rng.normal(scale=spread, size=(len(labels), 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def test_neighbours_are_the_exact_nearest_in_order_whatever_the_block_size(monkeypatch):
    vectors, _ = clouds([37, 49, 25])
    monkeypatch.setattr(clustering, "ROWS_PER_BLOCK", 40)
    found = nearest_neighbours(vectors, k=3)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    np.testing.assert_array_equal(found.index, np.argsort(-cosine, axis=1)[:, :3])
    np.testing.assert_allclose(found.cosine, -np.sort(-cosine, axis=1)[:, :3], rtol=1e-5)


def test_the_graph_is_symmetric_and_weighs_the_nearest_neighbour_one():
    vectors, _ = clouds([20, 20])
    neighbours = nearest_neighbours(vectors, k=5)
    graph = neighbour_graph(neighbours)
    assert abs(graph - graph.T).max() < 1e-6
    np.testing.assert_allclose(graph[np.arange(40), neighbours.index[:, 0]], 1, atol=1e-6)
    assert graph.max() <= 1 + 1e-6


def test_identical_texts_make_a_graph_without_a_division_by_zero():
    vectors = np.tile(np.eye(4, dtype=np.float32)[0], (6, 1))
    assert np.isfinite(neighbour_graph(nearest_neighbours(vectors, k=3)).data).all()


def test_cohesion_is_the_mean_cosine_between_two_members():
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0]], dtype=np.float32)
    # Pairs of group 0: 0, 0.6 and 0.8; group 1 has one member.
    np.testing.assert_allclose(cohesion(vectors, np.array([0, 0, 0, 1])), [1.4 / 3, 1.0], rtol=1e-6)


def groups_of(vectors: np.ndarray) -> np.ndarray:
    spread = centred(vectors, vectors.mean(axis=0))
    return communities(
        spread, neighbour_graph(nearest_neighbours(spread, neighbourhood(len(spread)))), seed=0
    )


def test_clouds_are_found_whole():
    vectors, truth = clouds([40, 60, 50])
    labels = groups_of(vectors)
    assert all(len(set(truth[labels == label])) == 1 for label in set(labels))


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_texts_are_one_group(count):
    assert groups_of(np.eye(4, dtype=np.float32)[:count]).tolist() == [0] * count


def test_a_text_without_a_vector_stays_nowhere_when_centred():
    moved = centred(
        np.array([[0, 0], [1, 0], [0, 1]], dtype=np.float32), np.array([0.5, 0.5], dtype=np.float32)
    )
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), [0, 1, 1], rtol=1e-6)


def test_each_row_gets_its_nearest_centre():
    label, cosine = nearest_centroid(
        np.array([[1, 0], [0.6, 0.8]], dtype=np.float32), np.eye(2, dtype=np.float32)
    )
    assert label.tolist() == [0, 1]
    np.testing.assert_allclose(cosine, [1, 0.8], rtol=1e-6)
