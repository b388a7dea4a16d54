"""What starts a run when something happens."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import dagster as dg
import duckdb

from pipelines.jobs import crisis, refresh
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


def surge_sensor(settings: Settings) -> dg.SensorDefinition:
    """A sensor that starts the crisis job once for each surge that the published snapshot says is on."""

    @dg.sensor(name="surge", job=crisis, minimum_interval_seconds=60)
    def surge(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Starts the crisis job once when a surge begins, and says when it is over."""
        ongoing = surges_on(settings.published)
        known: list[str] = json.loads(context.cursor or "[]")
        # A surge is known by what surged: its first hour may move as more is known.
        now = {_what_surged(alarm): alarm for alarm in ongoing}
        begun = sorted(alarm for what, alarm in now.items() if what not in known)
        over = [what for what in known if what not in now]
        context.update_cursor(json.dumps(sorted(now)))
        if begun:
            return dg.RunRequest(run_key=" ".join(begun), tags={"surges": str(len(begun))})
        if over:
            return dg.SkipReason(f"over: {', '.join(over)}")
        return dg.SkipReason(f"still on: {', '.join(now)}" if now else "no surge is on")

    return surge


def surges_on(snapshot: Path) -> list[str]:
    """The ids of the alarms that are on; none without a snapshot or in one of an older version."""
    if not snapshot.exists():
        return []
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        if "surge_alarms" not in tables:
            return []
        found = connection.execute(
            "select alarm_id from surge_alarms where is_ongoing order by alarm_id"
        ).fetchall()
    return [alarm for (alarm,) in found]


def _what_surged(alarm_id: str) -> str:
    return alarm_id.rpartition("/")[0]
