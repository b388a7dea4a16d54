"""What the ingest tests share: an empty warehouse, and a load with settings that are always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from assets.ingest.load import LoadReport, SourceFiles, load
from dbt_like_sql.warehouse import Warehouse

NOW = datetime(2026, 6, 1, 12)

Load = Callable[..., LoadReport]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


@pytest.fixture
def load_files(warehouse: Warehouse) -> Load:
    """Load (path, mapping) pairs into the warehouse."""

    def loaded(*sources: tuple[Path | str, Path | str], **options: object) -> LoadReport:
        settings = {"salt": "pepper", "time_zone": "UTC", "now": NOW} | options
        return load(warehouse, [SourceFiles(*source) for source in sources], **settings)  # type: ignore[arg-type]

    return loaded
