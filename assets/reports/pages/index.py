"""The overview: the week in about ten lines, each a link to what is behind it."""

from __future__ import annotations

from collections.abc import Sequence

from assets.reports import wording
from assets.reports.data_tables import DataFolder
from assets.reports.page import Line, Page
from assets.reports.pages.trends import TOO_EARLY
from assets.reports.scope import Scope

KPIS = 2  # beside volume: the page has about ten lines


def build(
    scope: Scope,
    data: DataFolder,
    incident: Page,
    root_causes: Page,
    new: Page,
    trends: Page,
    operations: Page,
    vendors: Page,
    capacity: Page,
) -> Page:
    """The page, put together from what the others found; a wave that is on comes first.

    Of the trends it tells volume and what left its usual range; business lines only where operations do not.
    """
    first, rest = trends.lines[:1], trends.lines[1:]
    kpis = [line for line in rest if line.tone != "usual" and "#chart-" in line.href][:KPIS]
    by_line = [line for line in rest if "#by-line" in line.href and not operations.lines]
    lines: Sequence[Line] = (
        *incident.lines,
        *root_causes.lines,
        *new.lines,
        *first,
        *kpis,
        *by_line,
        *operations.lines,
        *vendors.lines,
        *capacity.lines,
    )
    return Page(
        name="index",
        label="The week",
        finding=incident.finding if incident.lines else _finding(lines, root_causes, trends),
        lede=f"Week of {scope.period}, {scope.source_names}." if scope.sources else "",
        content={
            "lines": lines,
            "chart": next(iter(trends.content.get("charts", ())), None),
            "tables": [(table, len(table.frame)) for table in data.tables],
        },
        missing=tuple(gap.text for gap in scope.gaps),
    )


def _finding(lines: Sequence[Line], root_causes: Page, trends: Page) -> str:
    if not lines:
        return "There is nothing to report yet."
    if all(line.tone == "usual" for line in lines):
        return trends.finding if trends.finding == TOO_EARLY else "Nothing unusual last week."
    themes = f"{root_causes.finding} " if root_causes.lines else ""
    return themes + wording.sentence(trends.finding)
