"""A run killed anywhere leaves the snapshot and the reports of the run before, and the next run completes."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines.instance import end_killed_runs, open_instance
from pipelines.run import run_refresh
from pipelines.settings import Settings

# Runs a refresh and kills its own process a moment after a step has started.
_RUN_AND_DIE = """
import os, signal, sys, threading
from pathlib import Path
import dagster as dg
from dagster._core.storage.event_log.in_memory import InMemoryEventLogStorage
from pipelines import run
from pipelines.progress import RunProgress
from pipelines.settings import read_settings

home, step, delay, history = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4]
if history == "no":  # half of a small run's work
    run.open_instance = lambda _: dg.DagsterInstance.ephemeral()
    InMemoryEventLogStorage.store_event = lambda *_: None

class Killer(RunProgress):
    def emit(self, record):
        super().emit(record)
        event = getattr(record, "dagster_event", None)
        if event is not None and event.is_step_start and event.step_key == step:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

run.run_refresh(read_settings(home=home), select=sys.argv[5:], display=Killer())
"""


# The step to die in, how long after it has begun, and the one asset to run where not everything: while
# loading, between two tables, while texts are clustered, while the snapshot is copied, while pages are written.
# The first of these runs keeps a history.
_DEATHS = [
    ("ingest", 0.2, None),
    ("ticket_times", 0.0, None),
    ("themes", 0.3, "themes"),
    ("published_snapshot", 0.02, "published_snapshot"),
    ("reports", 0.3, "report_index"),
]


def _pages(settings: Settings) -> dict[str, str]:
    return {
        str(path.relative_to(settings.reports)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.reports.rglob("*"))
        if path.is_file()
    }


def _tickets_by_source(snapshot: Path) -> dict[str, int]:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return dict(connection.execute("select source, count(*) from stg_tickets group by all").fetchall())


def _new_tickets(settings: Settings) -> None:
    """Something for the next run to load: tickets under another source's name."""
    folder = settings.inbox / "contract"
    tickets = pl.read_parquet(folder / "tickets.parquet").head(200).with_columns(source=pl.lit("second"))
    tickets.write_parquet(folder / "tickets_2.parquet")


@pytest.mark.usefixtures("without_history")
def test_a_run_killed_anywhere_leaves_what_was_published_and_the_next_one_completes(copied):
    pages, tickets = _pages(copied), _tickets_by_source(copied.published)
    assert "index.html" in pages
    _new_tickets(copied)
    for step, delay, asset in _DEATHS:
        run = subprocess.run(
            [
                sys.executable,
                "-c",
                _RUN_AND_DIE,
                str(copied.home),
                step,
                str(delay),
                "a" if step == "ingest" else "no",
                *([asset] if asset else []),
            ],
            capture_output=True,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        assert run.returncode == -signal.SIGKILL, f"{step}: {run.stderr[-2000:]}"
        assert _pages(copied) == pages, step
        now = _tickets_by_source(copied.published)
        # The snapshot is the old one or, once its copy is complete, the new one: never a part of it.
        assert now == tickets or (
            step in ("published_snapshot", "reports") and now == tickets | {"second": 200}
        ), step

    # A run that stayed as running would keep later ones waiting for ever.
    with open_instance(copied.dagster_home) as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.STARTED]
        assert end_killed_runs(instance) == 1
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.FAILURE]

    run_refresh(copied)
    assert _tickets_by_source(copied.published) == tickets | {"second": 200}
    assert _pages(copied) != pages
    assert not list(copied.home.glob("**/*.unfinished"))
    assert len(list((copied.home / ".site").iterdir())) == 1
