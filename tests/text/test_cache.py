"""The embedding cache: what is appended is found again, what a killed writer left is not."""

import numpy as np
import pytest

from models.text.cache import EmbeddingCache, content_keys

TEXTS = ["refund", "payout", "card"]
KEYS = content_keys(TEXTS, "model")
VECTORS = np.eye(3, 4, dtype=np.float32)


@pytest.fixture
def filled(tmp_path):
    EmbeddingCache(tmp_path, dimension=4).append(KEYS, VECTORS)
    return tmp_path


def test_what_was_appended_is_found_by_a_new_process(filled):
    cache = EmbeddingCache(filled, dimension=4)
    np.testing.assert_array_equal(cache.read(cache.find(KEYS[::-1])), VECTORS[::-1])


def test_an_unknown_text_and_another_model_are_not_found(filled):
    cache = EmbeddingCache(filled, dimension=4)
    assert cache.find(content_keys(["chargeback"], "model")).tolist() == [-1]
    assert cache.find(content_keys(["refund"], "another model")).tolist() == [-1]


def test_nothing_is_found_in_an_empty_cache(tmp_path):
    assert EmbeddingCache(tmp_path, dimension=4).find(KEYS).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("file", ["keys.bin", "vectors.f16"])
def test_a_torn_last_record_is_dropped_and_written_over(filled, file):
    with (filled / file).open("r+b") as torn:
        torn.truncate((filled / file).stat().st_size - 3)
    cache = EmbeddingCache(filled, dimension=4)
    assert cache.find(KEYS).tolist() == [0, 1, -1]
    cache.append(KEYS[2:], VECTORS[2:])
    reopened = EmbeddingCache(filled, dimension=4)
    np.testing.assert_array_equal(reopened.read(reopened.find(KEYS)), VECTORS)


def test_vectors_without_keys_are_written_over(filled):
    """A writer killed between the two files leaves vectors that no key points to."""
    with (filled / "vectors.f16").open("ab") as vectors:
        vectors.write(b"\x01" * 13)
    EmbeddingCache(filled, dimension=4).append(
        content_keys(["fourth"], "model"), np.full((1, 4), 0.5, dtype=np.float32)
    )
    cache = EmbeddingCache(filled, dimension=4)
    assert cache.read(cache.find(content_keys(["fourth"], "model"))).tolist() == [[0.5, 0.5, 0.5, 0.5]]


def test_two_writers_do_not_overwrite_one_another(filled):
    first, second = EmbeddingCache(filled, dimension=4), EmbeddingCache(filled, dimension=4)
    first.append(content_keys(["a"], "model"), np.full((1, 4), 1, dtype=np.float32))
    second.append(content_keys(["b"], "model"), np.full((1, 4), 2, dtype=np.float32))
    for cache in (second, EmbeddingCache(filled, dimension=4)):
        assert cache.read(cache.find(content_keys(["a", "b"], "model")))[:, 0].tolist() == [1, 2]
        np.testing.assert_array_equal(cache.read(cache.find(KEYS)), VECTORS)
