"""The vendor page: vendors against what their tickets let expect, where reviewers disagree, what to audit next."""

from __future__ import annotations

from assets.reports import wording
from assets.reports.data_tables import DataFolder
from assets.reports.page import Figure, Line, Page, PageForm
from assets.reports.pages.vendor_comparison import Comparison, read_comparison
from assets.reports.pages.vendor_quality import Quality, read_quality
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

_FORM = PageForm("vendors", "Vendors", {"strip": (), "comparison": None, "quality": None})


def build(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Page:
    """The page; publishes the comparisons, the case mix, quality scores, agreement and the next audits."""
    if not scope.is_latest:
        return _FORM.page(
            "The vendors of a past week are not in this snapshot.",
            "Only the newest comparison is kept; it knows of what came later.",
            missing=("How vendors compared at the end of this week is not known.",),
        )
    comparison = read_comparison(snapshot, data)
    quality = read_quality(snapshot, data)
    missing = scope.missing("tickets", "groups")
    if comparison is None and quality is None:
        return _FORM.page(
            "There is nothing to compare yet.",
            "Vendors are compared where groups say who works for whom; fill tables/groups.csv.",
            missing=missing or ("The last run compared no vendors and found no reviews.",),
        )
    return _FORM.page(
        _finding(comparison, quality),
        _lede(comparison, scope),
        {"strip": _strip(comparison, quality), "comparison": comparison, "quality": quality},
        lines=_lines(comparison, quality),
        missing=(*missing, *_gaps(comparison, quality)),
    )


def _finding(comparison: Comparison | None, quality: Quality | None) -> str:
    if comparison is not None:
        return comparison.finding
    return quality.finding if quality and quality.finding else "Vendors could not be compared."


def _lede(comparison: Comparison | None, scope: Scope) -> str:
    if comparison is None:
        return f"{wording.sentence(scope.source_names)}. Quality as reviewers see it."
    return (
        f"{comparison.period}, {scope.source_names}. Each vendor against what the others of its tier would have made of "
        "the same tickets. A ticket counts for the vendor that had it first in the tier, with all that came of it, also "
        "what others did. In the order of names: this is no ranking."
    )


def _strip(comparison: Comparison | None, quality: Quality | None) -> list[Figure]:
    figures = []
    if comparison is not None:
        worse, better, judged = comparison.worse, comparison.better, comparison.judged
        figures.append(
            Figure(
                "Worse than expected", str(worse), f"of {judged} comparisons", "worse" if worse else "usual"
            )
        )
        figures.append(Figure("Better than expected", str(better), f"of {judged} comparisons"))
        figures.append(
            Figure(
                "Only look worse",
                str(sum(len(told.results) for told in comparison.explained)),
                "by the crude numbers: their tickets and chance explain it",
            )
        )
    if quality is not None and quality.differing:
        categories = "category" if len(quality.differing) == 1 else "categories"
        figures.append(Figure("Read differently", str(len(quality.differing)), f"{categories} of the SOP"))
    return figures


def _lines(comparison: Comparison | None, quality: Quality | None) -> tuple[Line, ...]:
    """For the overview: vendors only where one is not as expected, and SOPs read differently."""
    lines = []
    if comparison is not None and (comparison.worse or comparison.better):
        tone = "worse" if comparison.worse else "better"
        first = comparison.unexplained[0]
        lines.append(
            Line(
                comparison.finding.rstrip("."), first.results[0][0].rstrip("."), "vendors.html#compared", tone
            )
        )
    if quality is not None and quality.differing:
        lines.append(
            Line(
                quality.finding.rstrip("."),
                quality.differing_says.rstrip("."),
                "vendors.html#agreement",
                "changed",
            )
        )
    return tuple(lines)


def _gaps(comparison: Comparison | None, quality: Quality | None) -> list[str]:
    gaps = []
    if comparison is None:
        gaps.append("Vendors are not compared: groups with tiers and at least two vendors are needed.")
    if quality is None:
        gaps.append(
            "There are no reviews, so nothing is known of quality and agreement: fill tables/qa_reviews.csv."
        )
    return gaps
