"""A text's vector is the mean of its words: no markers, no punctuation."""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling

from models.text.words import WordsOnly, average_words_only


@pytest.fixture(scope="module")
def plain(embedder):
    return SentenceTransformer(str(embedder.model_folder), device="cpu", local_files_only=True)


@pytest.fixture(scope="module")
def words_only(embedder):
    model = SentenceTransformer(str(embedder.model_folder), device="cpu", local_files_only=True)
    average_words_only(model)
    return model


def test_only_the_words_count(plain, words_only):
    text = "Refund, please: where's my 20% back?!"
    states = plain.encode(text, output_value="token_embeddings").cpu().numpy()
    tokens = plain.tokenizer.convert_ids_to_tokens(plain.tokenizer(text)["input_ids"])
    words = [at for at, token in enumerate(tokens) if token.lstrip("#").isalnum()]
    assert [tokens[at] for at in words] == ["ref", "##und", "please", "where", "s", "my", "20", "back"]
    mean = states[words].mean(axis=0)
    np.testing.assert_allclose(words_only.encode(text), mean / np.linalg.norm(mean), atol=1e-5)


def test_the_embedder_reads_words_only(embedder, plain, words_only):
    text = "Refund, please: where's my 20% back"
    vector = embedder.embed([text])[0]
    assert vector @ words_only.encode(text) > 0.999
    assert vector @ plain.encode(text) < 0.999


@pytest.mark.parametrize("text", ["?!", "...", ""])
def test_a_text_without_words_keeps_all_its_tokens(plain, words_only, text):
    np.testing.assert_allclose(words_only.encode(text), plain.encode(text), atol=1e-5)


def test_what_the_model_does_not_know_is_a_word(words_only):
    unknown = words_only.tokenizer.unk_token_id
    hidden = next(module for module in words_only if isinstance(module, WordsOnly))
    assert hidden.is_word[unknown] == 1
    assert hidden.is_word[words_only.tokenizer.all_special_ids].sum() == 1


def test_other_texts_of_the_batch_change_nothing(words_only):
    alone = words_only.encode("Where is my refund?")
    beside = words_only.encode(
        ["Where is my refund?", "A longer text, so that the first one is padded: yes."]
    )
    np.testing.assert_allclose(alone, beside[0], atol=1e-5)


def test_a_model_that_takes_its_first_token_stays_as_it_is(plain):
    first = SentenceTransformer(modules=[plain[0], Pooling(384, "cls")], device="cpu")
    before = first.encode("Where is my refund?")
    average_words_only(first)
    assert len(first) == 2
    np.testing.assert_array_equal(first.encode("Where is my refund?"), before)


def test_the_mask_of_a_row_is_narrowed_alone():
    module = WordsOnly(torch.tensor([0, 1, 1, 0]))
    features = {
        "input_ids": torch.tensor([[0, 1, 3, 0], [0, 3, 0, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1, 0], [1, 1, 1, 0]]),
    }
    assert module(features)["attention_mask"].tolist() == [[0, 1, 0, 0], [1, 1, 1, 0]]
