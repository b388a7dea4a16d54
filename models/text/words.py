"""A text's vector as the mean of its words alone."""

from __future__ import annotations

import unicodedata
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling


class WordsOnly(torch.nn.Module):  # type: ignore[misc]
    """Hides from the pooling that follows the tokens that are no words; a text without words keeps all."""

    is_word: torch.Tensor

    def __init__(self, is_word: torch.Tensor) -> None:
        """is_word: 1 or 0 for each token of the vocabulary."""
        super().__init__()
        self.register_buffer("is_word", is_word)

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The features with fewer tokens in their attention mask, shape (texts, tokens)."""
        every = features["attention_mask"]
        words = every * self.is_word[features["input_ids"]]
        features["attention_mask"] = torch.where(words.sum(dim=1, keepdim=True) > 0, words, every)
        return features


def average_words_only(model: SentenceTransformer) -> None:
    """Leaves markers of begin and end, and punctuation, out of a model's mean; other poolings stay as they are.

    In short texts they are a sixth of the tokens and say how a text is put, not what it is about.
    """
    for at, module in enumerate(model):
        if isinstance(module, Pooling) and module.pooling_mode == "mean":
            model.insert(at, WordsOnly(_words(model.tokenizer)).to(model.device))
            return


def _words(tokenizer: Any) -> torch.Tensor:
    """1 for each token that is a word or a part of one, an unknown one included, shape (vocabulary,)."""
    markers = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    written = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
    return torch.tensor(
        [token not in markers and not _is_punctuation(text) for token, text in enumerate(written)],
        dtype=torch.int64,
    )


def _is_punctuation(text: str) -> bool:
    return all(unicodedata.category(character)[0] in "PZC" for character in text)
