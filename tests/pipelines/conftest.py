"""What tests of whole runs share."""

from __future__ import annotations

import dagster as dg
import pytest


@pytest.fixture(scope="module")
def history_in_memory(finished):
    """Runs of this module keep their history in memory, a third quicker; `finished` has its own, made before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.run.open_instance", lambda _: dg.DagsterInstance.ephemeral())
        yield
