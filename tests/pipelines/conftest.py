"""What tests of whole runs share."""

from __future__ import annotations

import dagster as dg
import pytest
from dagster._core.storage.event_log.in_memory import InMemoryEventLogStorage


@pytest.fixture(scope="module")
def without_history():
    """Runs of this module keep no history, which is half of a small run's work; `finished` has one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.run.open_instance", lambda _: dg.DagsterInstance.ephemeral())
        patch.setattr(InMemoryEventLogStorage, "store_event", lambda *_: None)
        yield
