"""Embeddings on disk, found by the hash of their text: computed once, ever."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Keys = npt.NDArray[np.bytes_]

KEY_BYTES = 16
# Half precision keeps cosines to 1e-6 and halves the file: 770 MB for a million MiniLM embeddings.
STORED_AS = np.dtype("<f2")


def content_keys(texts: Sequence[str], model_id: str) -> Keys:
    """The 16-byte BLAKE2b hash of each text under a model, shape (texts,)."""
    salt = hashlib.blake2b(model_id.encode(), digest_size=KEY_BYTES).digest()
    digests = (hashlib.blake2b(text.encode(), digest_size=KEY_BYTES, key=salt).digest() for text in texts)
    return np.frombuffer(b"".join(digests), dtype=f"S{KEY_BYTES}")


class EmbeddingCache:
    """An append-only pair of files: `vectors.f16`, memory-mapped, and `keys.bin`, one key for each vector.

    Vectors are on disk before their keys, so that a record counts only once it is whole; what a killed
    writer left behind is cut off by the next write. Several processes may use the same folder.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        """Opens the cache in `folder`, made if it is not there. dimension: numbers in a vector."""
        folder.mkdir(parents=True, exist_ok=True)
        self._keys_file = folder / "keys.bin"
        self._vectors_file = folder / "vectors.f16"
        self._lock_file = folder / "lock"
        self._dimension = dimension
        self._vector_bytes = dimension * STORED_AS.itemsize
        self._keys_file.touch()
        self._vectors_file.touch()
        self._sorted_keys = np.empty(0, dtype=f"S{KEY_BYTES}")
        self._records = np.empty(0, dtype=np.int64)
        self._load_new_keys()

    def __len__(self) -> int:
        return len(self._sorted_keys)

    def find(self, keys: Keys) -> npt.NDArray[np.int64]:
        """The record number of each key, -1 where there is none. Shape (keys,)."""
        if not len(self._sorted_keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._sorted_keys, keys), len(self._sorted_keys) - 1)
        return np.where(self._sorted_keys[at] == keys, self._records[at], -1)

    def read(self, records: npt.NDArray[np.int64]) -> Vectors:
        """The vectors of these record numbers, shape (records, dimension)."""
        if not len(records):
            return np.zeros((0, self._dimension), dtype=np.float32)
        stored = np.memmap(
            self._vectors_file, dtype=STORED_AS, mode="r", shape=(self._whole_records(), self._dimension)
        )
        return np.asarray(stored[records], dtype=np.float32)

    def append(self, keys: Keys, vectors: Vectors) -> None:
        """Adds vectors, shape (keys, dimension), under their keys."""
        with self._locked():
            count = self._whole_records()
            _write_at(self._vectors_file, count * self._vector_bytes, vectors.astype(STORED_AS).tobytes())
            _write_at(self._keys_file, count * KEY_BYTES, keys.tobytes())
            self._load_new_keys()

    def _whole_records(self) -> int:
        keys = self._keys_file.stat().st_size // KEY_BYTES
        return min(keys, self._vectors_file.stat().st_size // self._vector_bytes)

    def _load_new_keys(self) -> None:
        """Sorts the keys stored since the last time, by any process, in among those known."""
        known = len(self)
        new = np.fromfile(
            self._keys_file,
            dtype=self._sorted_keys.dtype,
            count=self._whole_records() - known,
            offset=known * KEY_BYTES,
        )
        order = np.argsort(new, kind="stable")
        at = np.searchsorted(self._sorted_keys, new[order], side="right")
        self._sorted_keys = np.insert(self._sorted_keys, at, new[order])
        self._records = np.insert(self._records, at, known + order)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write_at(path: Path, position: int, content: bytes) -> None:
    """Makes `content` the end of the file from `position` on, and waits until it is on the disk."""
    with path.open("r+b") as file:
        file.truncate(position)
        file.seek(position)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
