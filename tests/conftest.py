"""What tests of several rooms share."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from models.text.embedding import Embedder
    from pipelines.settings import Settings

# The simulated operation that `finished` is a run of.
TICKETS = 4_000
AS_OF = date(2026, 6, 30)

# Whole runs come first: a long file that starts last leaves the other process with nothing to do. The first file makes
# `finished` while another process works on the second.
_FIRST = ("pipelines/test_refresh", "pipelines/test_real_data", "pipelines", "notebooks", "dbt_like_sql")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the files in the order in which they are to start."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(tests).as_posix()
        return next((place for place, start in enumerate(_FIRST) if file.startswith(start)), len(_FIRST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """The default embedding model, loaded once for all tests."""
    from models.text.embedding import Embedder

    return Embedder(tmp_path_factory.mktemp("embeddings"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Settings:
    """The state folder of a finished run on a small simulated operation; not to be changed.

    The processes that run tests share it: the first one that wants it makes it, the others wait.
    """
    from assets.ingest.simulated import simulate_into
    from assets.run_lock import writing
    from pipelines.run import run_refresh
    from pipelines.settings import read_settings

    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent  # each worker has a folder in one of them all
    settings = read_settings(home=shared / "finished")
    made = shared / "finished.made"
    with writing(shared / "finished.lock", wait_seconds=300):
        if not made.exists():
            simulate_into(settings.home, tickets=TICKETS, seed=7, as_of=AS_OF)
            run_refresh(settings)
            made.touch()
    return settings


@pytest.fixture
def copied(finished: Settings, tmp_path: Path) -> Settings:
    """A copy of the finished run's folder, for a test to change."""
    home = tmp_path / "home"
    # The run history holds absolute paths and is of no use elsewhere.
    shutil.copytree(finished.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster", "run.lock"))
    return finished.model_copy(update={"home": home})
