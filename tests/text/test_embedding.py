"""The embedder: offline, cached, the same on both backends."""

import shutil

import numpy as np
import pytest

from models.text import embedding
from models.text.embedding import Embedder, ModelNotFoundError

TEXTS = [
    "My card was declined at the shop",
    "Where is the payout for last week's live stream?",
    "someone logged in to my account and changed the phone number " * 8,
    "退款还没有到账",
    "Die Rückerstattung fehlt 😡",
    "short",
]


def test_like_texts_are_close_and_unlike_ones_are_not(embedder):
    refund, again, login = embedder.embed(
        ["Where is my refund?", "I am waiting for my refund", "I cannot log in"]
    )
    assert refund @ again > 0.7 > 0.5 > refund @ login


def test_vectors_are_of_unit_length_and_in_the_order_of_the_texts(embedder):
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    np.testing.assert_array_equal(embedder.embed(TEXTS[::-1]), vectors[::-1])


def test_a_text_that_says_nothing_is_nowhere(embedder):
    vectors = embedder.embed(["", None, "<EMAIL_1>", "\n\n", "refund"])
    assert vectors.any(axis=1).tolist() == [False, False, False, False, True]


def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, 384)


def test_a_giant_text_is_embedded(embedder):
    assert embedder.embed(["refund please " * 7_200]).any()


def test_openvino_agrees_with_sentence_transformers(embedder, tmp_path):
    pytest.importorskip("openvino")
    reference = Embedder(tmp_path, backend="sentence-transformers")
    fast = Embedder(embedder.cache_folder, backend="openvino")
    assert (reference.embed(TEXTS) * fast.embed(TEXTS)).sum(axis=1).min() > 0.999


def test_a_text_is_computed_only_once(embedder):
    computed = []
    embedder.embed(
        ["a text seen for the first time"], progress=lambda done, total: computed.append((done, total))
    )
    embedder.embed(
        ["  a text seen\tfor the first  time\n"], progress=lambda done, total: computed.append((done, total))
    )
    assert computed == [(1, 1)]


def test_progress_ends_with_every_text_done(embedder):
    reported = []
    embedder.embed(
        [f"progress text {i}" for i in range(100)],
        progress=lambda done, total: reported.append((done, total)),
    )
    assert reported[-1] == (100, 100)
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)


def test_damaged_weights_are_refused(embedder, tmp_path, monkeypatch):
    damaged = tmp_path / "model"
    shutil.copytree(embedder.model_folder, damaged)
    (damaged / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(embedding, "_model_folder", lambda model: damaged)
    with pytest.raises(ModelNotFoundError, match="sha256"):
        Embedder(tmp_path)


def test_a_model_that_is_not_here_is_named_in_the_error(tmp_path):
    with pytest.raises(ModelNotFoundError, match="no-such-model"):
        Embedder(tmp_path, model="no-such-model")


def test_a_folder_without_a_model_is_named_in_the_error(tmp_path):
    with pytest.raises(ModelNotFoundError, match=str(tmp_path)):
        Embedder(tmp_path / "cache", model=str(tmp_path))


def test_a_model_given_by_its_folder_embeds_as_the_packaged_one(embedder, tmp_path):
    pytest.importorskip("openvino")
    copied = tmp_path / "some-model"
    shutil.copytree(embedder.model_folder, copied)
    own = Embedder(tmp_path / "cache", model=str(copied))
    assert own.model_id.startswith("some-model-")
    assert (own.embed(TEXTS) * embedder.embed(TEXTS)).sum(axis=1).min() > 0.999


@pytest.mark.parametrize(
    ("has_driver", "torch_can", "backend", "device"),
    [
        (True, True, "SentenceTransformersModel", "cuda"),
        (True, False, "OpenVinoModel", None),
        (False, True, "OpenVinoModel", None),
    ],
)
def test_a_gpu_is_used_where_torch_can_use_it(monkeypatch, tmp_path, has_driver, torch_can, backend, device):
    torch = pytest.importorskip("torch")
    pytest.importorskip("openvino")
    from models.text import conversion, openvino_backend, sentence_transformers_backend

    loaded = []
    monkeypatch.setattr(embedding.shutil, "which", lambda name: "/usr/bin/" + name if has_driver else None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: torch_can)
    monkeypatch.setattr(conversion, "converted_model", lambda *_: tmp_path)
    monkeypatch.setattr(openvino_backend, "OpenVinoModel", lambda *_: loaded.append(("OpenVinoModel", None)))
    monkeypatch.setattr(
        sentence_transformers_backend,
        "SentenceTransformersModel",
        lambda folder, max_tokens, device: loaded.append(("SentenceTransformersModel", device)),
    )
    embedding._load_backend("auto", tmp_path, tmp_path, 128)
    assert loaded == [(backend, device)]
