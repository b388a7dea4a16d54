"""Renders the report site from a published snapshot."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from assets.reports import wording
from assets.reports.data_tables import DataFolder
from assets.reports.page import Page
from assets.reports.pages import capacity, index, root_causes, trends
from assets.reports.scope import Scope, read_scope
from assets.reports.snapshot_tables import Snapshot

TITLE = "Groundswell"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class SiteResult:
    """What was written: pages, tables (each as CSV and Parquet), and what the data could not tell."""

    pages: tuple[Path, ...]
    tables: tuple[Path, ...]
    notes: tuple[str, ...]


def render_site(snapshot: Path, destination: Path, *, week: date | None = None) -> SiteResult:
    """Write the report site of a published snapshot into a folder; it works from disk, without a network.

    week: any day of the week to report on; the latest whole week where not given.
    Raises FileNotFoundError where there is no snapshot.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with Snapshot(snapshot) as tables:
        scope = read_scope(tables, week)
        data = DataFolder(destination / "data")
        causes = root_causes.build(tables, scope, data)
        trend = trends.build(tables, scope, data)
        plan = capacity.build(tables, scope, data)
    overview = index.build(scope, data, causes, trend, plan)
    pages = _write_pages((overview, causes, trend, plan), scope, destination)
    _write_shared_files(destination)
    return SiteResult(
        pages=pages,
        tables=tuple(destination / table.csv for table in data.tables),
        notes=tuple(dict.fromkeys(note for page in (overview, causes, trend, plan) for note in page.missing)),
    )


def _write_pages(pages: tuple[Page, ...], scope: Scope, destination: Path) -> tuple[Path, ...]:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = wording.day
    environment.filters["count"] = wording.count
    written = []
    for page in pages:
        html = environment.get_template(page.file).render(
            page=page, pages=pages, scope=scope, title=TITLE, **page.content
        )
        path = destination / page.file
        path.write_text(html, encoding="utf-8")
        written.append(path)
    return tuple(written)


def _write_shared_files(destination: Path) -> None:
    for file in sorted((_HERE / "static").iterdir()):
        shutil.copyfile(file, destination / file.name)
    (destination / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
