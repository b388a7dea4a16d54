"""The most memory that a part of a benchmark needs."""

from __future__ import annotations

import threading

import psutil


class PeakMemory:
    """The most memory this process held while the block ran, in MB."""

    def __enter__(self) -> PeakMemory:
        self.mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stop.wait(0.05):
            self.mb = max(self.mb, process.memory_info().rss / 2**20)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
