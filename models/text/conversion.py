"""Converts a sentence-transformers model to OpenVINO, once.

    python -m models.text.conversion

does so for the default model and keeps the result in the Python environment, so that no run has to.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

# Part of the environment, like the model's own package; made when the environment is.
ENVIRONMENT_FOLDER = Path(sys.prefix) / "share" / "groundswell"


def converted_model(model_id: str, model_folder: Path, cache_folder: Path) -> Path:
    """Where a converted model lies: in the environment, else in the cache, where it is made on first use."""
    prepared = ENVIRONMENT_FOLDER / model_id
    if prepared.is_dir():
        return prepared
    cached = cache_folder / "openvino"
    if not cached.is_dir():
        convert(model_folder, cached)
    return cached


def convert(model_folder: Path, target: Path) -> None:
    """Converts the sentence-transformers model in a folder, pooling and all, into `target`.

    Takes some ten seconds. `target` appears whole or not at all.
    """
    import openvino
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    from models.text.words import average_words_only

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = SentenceTransformer(str(model_folder), device="cpu", local_files_only=True).eval()
    average_words_only(model)

    class Sentence(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            embedded: torch.Tensor = self.model({"input_ids": input_ids, "attention_mask": attention_mask})[
                "sentence_embedding"
            ]
            return embedded

    example = torch.ones((2, 8), dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of branches on shapes; a test compares the result
        graph = openvino.convert_model(
            Sentence(),
            example_input={"input_ids": example, "attention_mask": example},
            input=[("input_ids", [-1, -1], np.int64), ("attention_mask", [-1, -1], np.int64)],
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=target.parent))
    openvino.save_model(graph, building / "model.xml", compress_to_fp16=False)
    model.tokenizer.backend_tokenizer.save(str(building / "tokenizer.json"))
    about = {
        "dimension": model.get_embedding_dimension(),
        "pad_id": model.tokenizer.pad_token_id or 0,
        "max_tokens": model.max_seq_length,
    }
    (building / "about.json").write_text(json.dumps(about))
    try:
        building.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(building)


def main() -> None:
    """Prepare the default model."""
    from models.text.embedding import Embedder

    embedder = Embedder(ENVIRONMENT_FOLDER)
    target = ENVIRONMENT_FOLDER / embedder.model_id
    if not target.is_dir():
        convert(embedder.model_folder, target)


if __name__ == "__main__":
    main()
