"""The reference: the model as sentence-transformers runs it, on a GPU where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# A GPU wants many at once.
TEXTS_PER_BATCH = {"cpu": 64, "cuda": 1_024}


class SentenceTransformersModel:
    """A sentence-transformers model, ready to embed."""

    def __init__(self, folder: Path, max_tokens: int, device: str = "cpu") -> None:
        """Loads the model in a folder. max_tokens: a text's first tokens that are read. device: "cpu" or "cuda"."""
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        from models.text.words import average_words_only

        logging.disable_progress_bar()
        self._model = SentenceTransformer(str(folder), device=device, local_files_only=True)
        average_words_only(self._model)
        self._model.max_seq_length = min(max_tokens, self._model.max_seq_length or max_tokens)
        self._texts_per_batch = TEXTS_PER_BATCH[device]
        self.dimension: int = self._model.get_embedding_dimension() or 0

    def embed_in_batches(self, texts: Sequence[str]) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
        """Yields (positions in texts, their unit vectors) until every text is embedded, in the order given."""
        for start in range(0, len(texts), self._texts_per_batch):
            batch = list(texts[start : start + self._texts_per_batch])
            vectors = self._model.encode(
                batch, batch_size=len(batch), normalize_embeddings=True, show_progress_bar=False
            )
            yield np.arange(start, start + len(batch)), np.asarray(vectors, dtype=np.float32)
