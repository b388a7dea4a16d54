"""What starts a run when something happens."""

from __future__ import annotations

import hashlib
from pathlib import Path

import dagster as dg

from pipelines.jobs import refresh
from pipelines.settings import Settings


def inbox_sensor(settings: Settings) -> dg.SensorDefinition:
    """A sensor that starts a refresh when a file in the inbox or a small table is new or has changed."""

    @dg.sensor(name="inbox", job=refresh, minimum_interval_seconds=60)
    def inbox(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Starts a refresh when a file in the inbox or one of the small tables is new or has changed."""
        state = folder_state(settings.inbox, settings.tables)
        if state is None:
            return dg.SkipReason(f"{settings.inbox} is empty")
        if state == context.cursor:
            return dg.SkipReason("nothing has changed")
        context.update_cursor(state)
        return dg.RunRequest(run_key=state)

    return inbox


def folder_state(*folders: Path) -> str | None:
    """A digest of the names, sizes and times of all files in the folders; None when there are none."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    if not files:
        return None
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
