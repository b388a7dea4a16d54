"""What tests of several rooms share."""

from pathlib import Path

import pytest

from models.text.embedding import Embedder


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """The default embedding model, loaded once for all tests."""
    cache: Path = tmp_path_factory.mktemp("embeddings")
    return Embedder(cache)
