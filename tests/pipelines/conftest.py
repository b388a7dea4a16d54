"""One small simulated operation, run once; a test that changes it works on a copy."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from assets.ingest.simulated import simulate_into
from pipelines.run import run_refresh
from pipelines.settings import Settings, read_settings

TICKETS = 4_000
AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The state folder of a finished run; not to be changed."""
    settings = read_settings(home=tmp_path_factory.mktemp("finished"))
    simulate_into(settings.home, tickets=TICKETS, seed=7, as_of=AS_OF)
    run_refresh(settings)
    return settings


@pytest.fixture
def copied(finished: Settings, tmp_path: Path) -> Settings:
    """A copy of the finished run's folder, for a test to change."""
    home = tmp_path / "home"
    # The run history holds absolute paths and is of no use elsewhere.
    shutil.copytree(finished.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster", "run.lock"))
    return finished.model_copy(update={"home": home})
