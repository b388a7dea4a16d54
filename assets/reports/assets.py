"""The published site, of now and of any past week."""

import os
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import dagster as dg

from assets.resources import WAREHOUSE_POOL, EmbeddingModel, StateFolder

PAGES = {
    "report_index": ("index.html", "The week in ten lines, each a link to the page behind it."),
    "report_root_causes": (
        "root-causes.html",
        "Each problem that rose: since when, for whom, what coincides, what it costs; and whether fixes worked.",
    ),
    "report_new": (
        "new.html",
        "Themes that came up in the last four weeks, and what else happened to themes.",
    ),
    "report_themes": ("themes.html", "Every theme in one table to search and sort, and what each is about."),
    "report_trends": ("trends.html", "KPIs and volume by line, the last week against its usual range."),
    "report_operations": (
        "operations.html",
        "What left its usual range, targets and whose minutes broke them, backlog, escalations, CSAT.",
    ),
    "report_review": (
        "review.html",
        "The weekly business review: what changed, why volume did, what bugs cost, whether actions worked.",
    ),
    "report_vendors": (
        "vendors.html",
        "Vendors against what their tickets let expect, where reviewers disagree, what to audit next.",
    ),
    "report_capacity": (
        "capacity.html",
        "What to decide and by when: people needed, tickets expected, how sure that is, and past accuracy.",
    ),
    "report_incident": (
        "incident.html",
        "A wave that is on: how big, how it is likely to go on, whom it hits and who must be there.",
    ),
    "report_metrics": (
        "metrics.html",
        "The metric catalogue: what every number means, what misleads in it, how Zendesk's differs.",
    ),
}

# Weeks begin on Monday. A report can be rebuilt for any week since this one.
WEEKS = dg.WeeklyPartitionsDefinition(start_date="2015-01-05", day_offset=1)


@dg.multi_asset(
    name="reports",
    specs=[
        dg.AssetSpec(
            name,
            deps=["published_snapshot"],
            group_name="reports",
            kinds={"html", "plotly"},
            owners=["team:support-analytics"],
            description=description,
        )
        for name, (_, description) in PAGES.items()
    ],
    pool=WAREHOUSE_POOL,
)
def report_pages(state: StateFolder) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Write all pages from the published snapshot and put them in place in one step."""
    from assets.reports.site import render_site

    version = _versions(state) / datetime.now().astimezone().strftime("%Y%m%dT%H%M%S%f")
    site = render_site(state.published, version, ticket_links=state.ticket_links)
    _point_to(state.path / "reports", version)
    for name, (page, _) in PAGES.items():
        path = state.path / "reports" / page
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={
                "page": dg.MetadataValue.path(path),
                "KB": round(path.stat().st_size / 1e3),
                "notes": list(site.notes),
            },
        )


@dg.asset(
    partitions_def=WEEKS,
    deps=["published_snapshot"],
    group_name="reports",
    kinds={"html", "plotly"},
    owners=["team:support-analytics"],
    pool=WAREHOUSE_POOL,
)
def weekly_report(
    context: dg.AssetExecutionContext, state: StateFolder, embedding: EmbeddingModel
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The site of one past week, as it would have been on its Sunday: nothing that came later is used."""
    from assets.reports.past_week import as_of_week
    from assets.reports.site import render_site

    monday = date.fromisoformat(context.partition_key)
    weeks = state.path / "weeks"
    unfinished = weeks / f".{monday}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    with as_of_week(state, embedding.embedder(), monday) as snapshot:
        site = render_site(snapshot, unfinished, week=monday, ticket_links=state.ticket_links)
    shutil.rmtree(weeks / str(monday), ignore_errors=True)
    os.replace(unfinished, weeks / str(monday))
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.path(weeks / str(monday) / "index.html"),
            "notes": list(site.notes),
        }
    )


def _versions(state: StateFolder) -> Path:
    return state.path / ".site"


def _point_to(link: Path, version: Path) -> None:
    """Make the reports folder's link point to a finished version, then delete the others.

    A folder cannot be replaced in one step, a link can: a reader sees the old site or the new one.
    """
    unfinished = link.with_name(f".{link.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(version.relative_to(link.parent), target_is_directory=True)
    os.replace(unfinished, link)
    for old in version.parent.iterdir():
        if old != version:
            shutil.rmtree(old)
