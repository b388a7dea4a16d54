"""Renders the report site from a published snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from assets.reports import feed, wording
from assets.reports.data_tables import DataFolder, PublishedTable, has_sql
from assets.reports.page import Page
from assets.reports.pages import (
    all_themes,
    capacity,
    incident,
    index,
    metric_catalogue,
    new_themes,
    operations,
    review,
    rise_tables,
    root_causes,
    theme_tables,
    trends,
    vendors,
)
from assets.reports.pages.kpi_signals import read_signals
from assets.reports.pages.rise_tables import Rises
from assets.reports.scope import Scope, read_scope
from assets.reports.snapshot_tables import Snapshot

TITLE = "Groundswell"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class SiteResult:
    """What was written: pages, tables (each as CSV and Parquet), the feed, and what the data could not tell."""

    pages: tuple[Path, ...]
    tables: tuple[Path, ...]
    feeds: tuple[Path, ...]
    notes: tuple[str, ...]


def render_site(
    snapshot: Path,
    destination: Path,
    *,
    week: date | None = None,
    ticket_links: Mapping[str, str] = MappingProxyType({}),
) -> SiteResult:
    """Write the report site of a published snapshot into a folder; it works from disk, without a network.

    week: any day of the week to report on; the latest whole week where not given. ticket_links: by source, the
    address of a ticket, with {ticket_id} in the place of its id.
    Raises FileNotFoundError where there is no snapshot.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with Snapshot(snapshot) as tables:
        scope = read_scope(tables, week)
        data = DataFolder(destination / "data")
        pages, rises = _pages(tables, scope, data)
    written = _write_pages(pages, scope, ticket_links, destination)
    _write_shared_files(destination)
    return SiteResult(
        pages=written,
        tables=tuple(destination / table.csv for table in data.tables),
        feeds=feed.write(rises, scope, destination),
        notes=tuple(dict.fromkeys(note for page in pages for note in page.missing)),
    )


def _pages(tables: Snapshot, scope: Scope, data: DataFolder) -> tuple[tuple[Page, ...], Rises]:
    """All pages in the order of the navigation, and the rises for the feed."""
    themes = theme_tables.themes(tables, scope)
    weekly = theme_tables.trends(tables, scope, themes)
    four_weeks = theme_tables.four_weeks(tables, scope, themes, weekly)
    themes = theme_tables.in_agreement(themes, four_weeks, scope)
    drivers = theme_tables.drivers(tables, scope, themes)
    examples = theme_tables.examples(tables, scope, themes)
    rises = rise_tables.rises(tables, scope, themes)
    risen = rises.rises["theme_id"].to_list()
    actions = rise_tables.actions(tables, scope, themes)
    causes = root_causes.build(tables, scope, data, themes, weekly, four_weeks, rises, actions)
    new = new_themes.build(tables, scope, data, themes, four_weeks, drivers, examples, risen)
    everything = all_themes.build(scope, data, themes, four_weeks, drivers, examples)
    for name, caption, frame in (
        ("theme_trends", "Tickets of each theme by week", weekly),
        ("theme_four_weeks", "Tickets of each theme every four weeks", four_weeks),
        ("theme_drivers", "Who is over-represented in each theme", drivers),
        ("theme_examples", "Example tickets", examples),
    ):
        data.publish(PublishedTable(name, caption, frame))
    trend = trends.build(tables, scope, data)
    signals = read_signals(tables, scope, data)
    service = operations.build(tables, scope, data, signals)
    week = review.build(tables, scope, data, signals, actions, service)
    compared = vendors.build(tables, scope, data)
    plan = capacity.build(tables, scope, data, actions)
    staffing = plan.content["plan"]
    queues = staffing.backlog.queues if staffing and staffing.backlog else ()
    wave = incident.build(tables, scope, data, themes, queues)
    catalogue = metric_catalogue.build(scope, data)
    overview = index.build(scope, data, wave, causes, new, trend, service, compared, plan)
    pages = (overview, causes, new, everything, trend, service, week, compared, plan, wave, catalogue)
    return pages, rises


@cache  # compiling the templates takes as long as filling them
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["has_sql"] = has_sql
    environment.filters["day"] = wording.day
    environment.filters["count"] = wording.count
    return environment


def _write_pages(
    pages: tuple[Page, ...], scope: Scope, ticket_links: Mapping[str, str], destination: Path
) -> tuple[Path, ...]:
    written = []
    for page in pages:
        html = (
            _environment()
            .get_template(page.file)
            .render(
                page=page, pages=pages, scope=scope, title=TITLE, ticket_links=ticket_links, **page.content
            )
        )
        path = destination / page.file
        path.write_text(html, encoding="utf-8")
        written.append(path)
    return tuple(written)


def _write_shared_files(destination: Path) -> None:
    for file in sorted((_HERE / "static").iterdir()):
        shutil.copyfile(file, destination / file.name)
    (destination / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
