"""The one Dagster instance: command line and UI write to the same history."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

# Runs count against the pool as a whole, so a second one from the UI queues until the first has ended.
# Assets say what they have to say as events and metadata; capturing what they print as well would start
# two processes a step.
_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    granularity: run
    default_limit: 1
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def open_instance(dagster_home: Path) -> dg.DagsterInstance:
    """The instance in a folder, made on first use."""
    dagster_home.mkdir(parents=True, exist_ok=True)
    config = dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(_DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(dagster_home)
    return dg.DagsterInstance.get()


def end_killed_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose process is gone; the number of them.

    Call it while holding the write lock: no run can be at work then, so whatever the history says is
    running was killed, and would keep later runs waiting for ever.
    """
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    killed = instance.get_runs(unfinished)
    for run in killed:
        instance.report_run_failed(
            run, message="The process that ran this was killed; nothing was published."
        )
    return len(killed)
