"""Seconds and peak memory of the whole pipeline, stage by stage, on a simulated operation.

    python -m benchmarks.pipeline --tickets 60000 1000000

prints one JSON object: for each size the total and every stage with its seconds and the peak of the
process's resident memory (MB) while it ran. Each size runs in a process and a folder of its own.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from assets.ingest.simulated import simulate_into
from pipelines.progress import RunProgress
from pipelines.run import run_refresh
from pipelines.settings import read_settings

_SAMPLE_SECONDS = 0.05
_AS_OF = date(2026, 6, 30)
_BETWEEN_STEPS = "between_steps"


class StageMeter(RunProgress):
    """Progress that also samples memory and remembers the peak of every step."""

    def __init__(self) -> None:
        super().__init__()
        self.peak_mb: dict[str, float] = {}
        self.stage = "simulate"
        self._process = psutil.Process()
        self._done = threading.Event()
        threading.Thread(target=self._sample, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        event = getattr(record, "dagster_event", None)
        if event is None or event.step_key is None:
            return
        if event.is_step_start:
            self.stage = event.step_key
        elif event.is_step_success or event.is_step_failure:
            self.stage = _BETWEEN_STEPS

    def stop(self) -> None:
        self._done.set()

    def _sample(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            resident = self._process.memory_info().rss / 1e6
            self.peak_mb[self.stage] = max(resident, self.peak_mb.get(self.stage, 0.0))


def measure(tickets: int, seed: int) -> dict[str, Any]:
    """Simulate, run everything once in a fresh folder, and report each stage."""
    with tempfile.TemporaryDirectory(prefix="groundswell-bench-") as folder:
        settings = read_settings(home=Path(folder))
        meter = StageMeter()
        started = time.monotonic()
        simulate_into(settings.home, tickets=tickets, seed=seed, as_of=_AS_OF)
        simulated = time.monotonic() - started
        meter.stage = _BETWEEN_STEPS
        run_refresh(settings, display=meter)
        total = time.monotonic() - started
        meter.stop()
    seconds = {"simulate": simulated, **meter.seconds}
    stages = {
        name: {"seconds": round(spent, 2), "peak_mb": round(meter.peak_mb.get(name, 0.0))}
        for name, spent in seconds.items()
    }
    return {"seconds": round(total, 1), "peak_mb": round(max(meter.peak_mb.values())), "stages": stages}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tickets", type=int, nargs="+", default=[60_000])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    results = {}
    for tickets in arguments.tickets:
        # A process of its own, so that one size's memory does not count for the next.
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            results[str(tickets)] = pool.submit(measure, tickets, arguments.seed).result()
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
