"""A run killed anywhere leaves the snapshot and the reports of the run before, and the next run completes."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.run import run_refresh
from pipelines.settings import Settings

# Runs a refresh and kills its own process a moment after a step has started.
_RUN_AND_DIE = """
import os, signal, sys, threading
from pathlib import Path
from pipelines.progress import RunProgress
from pipelines.run import run_refresh
from pipelines.settings import read_settings

home, step, delay = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])

class Killer(RunProgress):
    def emit(self, record):
        super().emit(record)
        event = getattr(record, "dagster_event", None)
        if event is not None and event.is_step_start and event.step_key == step:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

run_refresh(read_settings(home=home), display=Killer())
"""


def _published(settings: Settings) -> tuple[str, dict[str, str]]:
    pages = {
        str(path.relative_to(settings.reports)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.reports.rglob("*"))
        if path.is_file()
    }
    return hashlib.sha256(settings.published.read_bytes()).hexdigest(), pages


def _new_tickets(settings: Settings) -> None:
    """Something for the next run to load: the same tickets under another source's name."""
    folder = settings.inbox / "contract"
    tickets = duckdb.read_parquet(str(folder / "tickets.parquet"))
    tickets.project("* replace ('second' as source)").limit(200).write_parquet(str(folder / "tickets_2.parquet"))


@pytest.mark.parametrize(
    ("step", "delay"),
    [("ingest", 0.05), ("ticket_times", 0.0), ("themes", 0.3), ("published_snapshot", 0.01), ("reports", 0.4)],
)
def test_a_killed_run_leaves_what_was_published_and_the_next_one_completes(copied, step, delay):
    before = _published(copied)
    _new_tickets(copied)
    run = subprocess.run(
        [sys.executable, "-c", _RUN_AND_DIE, str(copied.home), step, str(delay)],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr[-2000:]
    after = _published(copied)
    if step == "reports":  # the new snapshot is in place by then, whole; the old pages still stand
        assert after[1] == before[1]
    elif step != "published_snapshot":
        assert after == before
    with duckdb.connect(str(copied.published), read_only=True) as snapshot:
        assert snapshot.execute("select count(*) from stg_tickets").fetchone()[0] >= 3_900

    run_refresh(copied)
    with duckdb.connect(str(copied.published), read_only=True) as snapshot:
        assert snapshot.execute("select count(*) from raw.tickets where source = 'second'").fetchone()[0] == 200
    assert not list(copied.home.glob("**/*.unfinished"))
