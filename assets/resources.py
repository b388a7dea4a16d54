"""What assets work with: the state folder, its warehouse, the embedder, the clock."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from assets.run_lock import RunInProgress, writing
from dbt_like_sql.warehouse import Warehouse

if TYPE_CHECKING:
    from models.text.embedding import Embedder

# DuckDB has one writing process, so every asset that writes shares this pool (limit 1, counted by run).
WAREHOUSE_POOL = "warehouse"

# A run started in the UI waits this long for one that was started on the command line.
_WAIT_SECONDS = 1800.0

# Up to this size the warehouse's file stays open between the steps of a run, most of which take less time than opening
# it. What DuckDB keeps of a larger one is memory that the steps in Python need.
_HELD_OPEN_BYTES = 200_000_000


class StateFolder(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where everything lives. A run that uses it holds its write lock from start to end."""

    home: str
    memory_limit: str = "2GB"
    time_zone: str = "UTC"
    as_of: str | None = None
    forecast_days: int = 90
    agent_hour_cost: float | None = None
    ticket_links: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    surge_false_alarms_a_month: float = 1.0
    _is_run: bool = PrivateAttr(default=False)
    _held: Warehouse | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[StateFolder]:
        """Hold the write lock while the run lasts. Raises dagster.Failure when it cannot be had."""
        try:
            with writing(self.path, wait_seconds=_WAIT_SECONDS):
                self._is_run = True
                try:
                    yield self
                finally:
                    self._is_run = False
                    self._let_go()
        except RunInProgress as error:
            raise dg.Failure(str(error), allow_retries=False) from None

    @property
    def path(self) -> Path:
        return Path(self.home)

    @property
    def inbox(self) -> Path:
        return self.path / "inbox"

    @property
    def tables(self) -> Path:
        return self.path / "tables"

    @property
    def published(self) -> Path:
        return self.path / "published.duckdb"

    @property
    def as_of_time(self) -> datetime | None:
        return datetime.fromisoformat(self.as_of) if self.as_of else None

    def requester_salt(self) -> str:
        """The secret that requester ids are hashed with, made on first use.

        It lies in a file that only its owner may read, not in the configuration, which the UI shows.
        """
        path = self.path / "salt"
        if not path.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(16))
        return path.read_text().strip()

    def warehouse(self) -> Warehouse:
        """The warehouse, open for writing; use it as a context manager and close it soon."""
        path = self.path / "warehouse.duckdb"
        if path.exists() and path.stat().st_size > _HELD_OPEN_BYTES:
            self._let_go()
        elif self._is_run and self._held is None:
            self._held = self._open(path)
        return self._open(path)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _open(self, path: Path) -> Warehouse:
        return Warehouse(
            path,
            memory_limit=self.memory_limit,
            spill=self.path / "cache" / "spill",
        )


class EmbeddingModel(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The sentence embedding model and its cache."""

    cache: str
    model: str | None = None

    def embedder(self) -> Embedder:
        """A fresh embedder; the model itself is loaded when the first text is embedded.

        Raises dagster.Failure where the model is not on this machine or is damaged.
        """
        from models.text.embedding import DEFAULT_MODEL, Embedder, ModelNotFoundError

        try:
            return Embedder(Path(self.cache), self.model or DEFAULT_MODEL)
        except ModelNotFoundError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
