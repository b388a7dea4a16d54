"""The fast path: a sentence-transformers model converted to OpenVINO once, then run without torch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# Widths are rounded up to a multiple of this: OpenVINO prepares every new shape anew.
WIDTH_STEP = 8
# About as many tokens a batch as keeps both cores busy without leaving their caches.
TOKENS_PER_BATCH = 1_024


class OpenVinoModel:
    """A converted model, ready to embed."""

    def __init__(self, folder: Path, max_tokens: int) -> None:
        """Loads what `convert` wrote. max_tokens: a text's first tokens that are read."""
        import openvino
        from tokenizers import Tokenizer

        about = json.loads((folder / "about.json").read_text())
        self.dimension: int = about["dimension"]
        self._pad_id: int = about["pad_id"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(min(max_tokens, about["max_tokens"] or max_tokens))
        self._tokenizer.no_padding()
        threads = int(os.environ.get("OMP_NUM_THREADS", "0"))  # 0: as many as there are
        self._compiled = openvino.Core().compile_model(
            folder / "model.xml", "CPU", {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_NUM_THREADS": threads}
        )

    def embed_in_batches(self, texts: Sequence[str]) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
        """Yields (positions in texts, their unit vectors) until every text is embedded, shortest first."""
        import openvino

        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        done: list[tuple[npt.NDArray[np.int64], Vectors]] = []
        queue = openvino.AsyncInferQueue(self._compiled)

        def collect(request: Any, positions: npt.NDArray[np.int64]) -> None:
            done.append((positions, np.array(request.get_output_tensor(0).data, dtype=np.float32)))

        queue.set_callback(collect)
        for positions in _batches([len(ids) for ids in tokens]):
            queue.start_async(self._inputs([tokens[i] for i in positions]), positions)
            while done:
                yield _unit(done.pop(0))
        queue.wait_all()
        while done:
            yield _unit(done.pop(0))

    def _inputs(self, tokens: list[list[int]]) -> dict[str, npt.NDArray[np.int64]]:
        width = -(-max(map(len, tokens)) // WIDTH_STEP) * WIDTH_STEP
        ids = np.full((len(tokens), width), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        return {"input_ids": ids, "attention_mask": mask}


def _batches(lengths: list[int]) -> Iterator[npt.NDArray[np.int64]]:
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        width = -(-lengths[order[start]] // WIDTH_STEP) * WIDTH_STEP
        stop = start + max(1, TOKENS_PER_BATCH // max(width, 1))
        yield order[start:stop]
        start = stop


def _unit(batch: tuple[npt.NDArray[np.int64], Vectors]) -> tuple[npt.NDArray[np.int64], Vectors]:
    positions, vectors = batch
    return positions, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
