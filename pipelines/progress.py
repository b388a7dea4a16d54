"""A run's progress on the terminal, from the same events that the Dagster UI shows."""

from __future__ import annotations

import logging
import time

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class RunProgress(logging.Handler):
    """One bar for the run: which step is at work, how many are done, how long each took."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._display = Progress(
            TextColumn("{task.description:<32.32}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task = self._display.add_task("starting", total=None)

    def __enter__(self) -> RunProgress:
        self._display.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._display.stop()

    def expect(self, steps: int) -> None:
        """Say how many steps the run has."""
        self._display.update(self._task, total=steps)

    def emit(self, record: logging.LogRecord) -> None:
        """Follow the run by its step events."""
        event: dg.DagsterEvent | None = getattr(record, "dagster_event", None)
        if event is None or event.step_key is None:
            return
        step = event.step_key
        if event.event_type == dg.DagsterEventType.STEP_START:
            self._started[step] = time.monotonic()
            self._display.update(self._task, description=step.replace("__", "/"))
        elif event.event_type in (dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE):
            self.seconds[step] = time.monotonic() - self._started.get(step, time.monotonic())
            self._display.advance(self._task)


_display: RunProgress | None = None


def show(progress: RunProgress | None) -> None:
    """Send the events of the runs to come to this display; None for nowhere."""
    global _display
    _display = progress


def _to_display(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.getLogger("groundswell.progress")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers = [_display] if _display else [logging.NullHandler()]
    return logger


progress_logger = dg.LoggerDefinition(_to_display, description="One progress bar instead of a log.")
