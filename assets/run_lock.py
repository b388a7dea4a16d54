"""One writing run at a time, on one machine, whoever started it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.5
_held: dict[Path, int] = {}


class RunInProgress(RuntimeError):  # noqa: N818 - reads as what it is
    """Another process is writing to the same state folder."""


@contextmanager
def writing(home: Path, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the state folder's write lock; a process that holds it may take it again.

    The operating system releases it when the process ends, however it ends.
    Raises RunInProgress when another process still holds it after `wait_seconds`.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = (home / "run.lock").resolve()
    if path in _held:
        yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(descriptor, path, time.monotonic() + wait_seconds)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)
        _held[path] = descriptor
        yield
    finally:
        _held.pop(path, None)
        os.close(descriptor)


def _take(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 100, 0).decode() or "another process"
                raise RunInProgress(
                    f"{path.parent}: a run is writing ({holder}); wait until it ends, or stop it, and start again"
                ) from None
            time.sleep(_POLL_SECONDS)
