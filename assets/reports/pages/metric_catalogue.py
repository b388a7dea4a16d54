"""The metric catalogue: every published number with its definition, grain, traps and how Zendesk's differs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from assets.quality_tables import QualityAgreement, QualityScores
from assets.reports import wording
from assets.reports.data_tables import DataFolder
from assets.reports.page import Page
from assets.reports.pages import confidence_words
from assets.reports.scope import Scope
from assets.vendor_tables import VendorComparison
from dbt_like_sql.header import Header, read_header
from dbt_like_sql.project import LAYERS, PROJECT_FOLDER

# The first group of which a word stands in the table's or column's name takes a metric.
_GROUPS = (
    ("Targets (SLA)", ("sla_",)),
    ("Satisfaction", ("csat", "good_to_bad", "bad_to_good", "rating")),
    ("Issues of partner teams", ("issue",)),
    ("Escalation and hand-offs", ("escalat", "tier_", "handoff", "station", "returned", "ping_pong")),
    ("Themes", ("theme",)),
    ("Backlog", ("backlog", "open_at", "not_updated")),
    ("Volume and demand", ("created", "arrived", "contact_rate", "per_1000", "volume", "tickets_solved")),
    ("Quality of solving", ("reopen", "one_touch", "first_contact", "agent_replies", "unreplied")),
    ("Time", ("minutes", "reply", "resolution", "wait")),
)
_REST = "Others"
_REVIEWS = "Reviews and comparisons"
# Numbers of tables that SQL does not make: grain, title, what misleads, how Zendesk differs. The columns define them.
_MADE_IN_PYTHON = (
    (
        QualityScores,
        "quality_scores",
        "iqs",
        "week, business line, vendor and who reviewed",
        "Quality score (IQS)",
        (
            "A failed critical category makes a whole review 0.",
            "Audited tickets are not drawn evenly: weigh them.",
        ),
        "Zendesk QA computes its own score; Explore has none.",
    ),
    (
        QualityAgreement,
        "quality_agreement",
        "kappa",
        "pair of reviewers and category",
        "Agreement of two reviewers (kappa)",
        (
            "Low where nearly all scores are the same: read it beside the share of agreement and the commonest score.",
        ),
        "Not in Explore.",
    ),
    (
        QualityAgreement,
        "quality_agreement",
        "alpha",
        "pair of reviewers and category",
        "Agreement of all reviewers (alpha)",
        ("As for kappa; near scores differ less than far ones.",),
        "Not in Explore.",
    ),
    (
        VendorComparison,
        "vendor_comparison",
        "ratio",
        "tier, vendor and result",
        "Observed over expected",
        ("It compares a vendor with the others on its own tickets: two vendors’ ratios cannot be compared.",),
        "Not in Explore, which has only the crude numbers.",
    ),
)
_CODE = re.compile("`([^`]*)`")
_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True)
class Place:
    """A column that holds a metric: its table, one row of which is `grain`, and the files where it is published."""

    table: str
    column: str
    grain: str
    is_published: bool
    has_sql: bool = True


@dataclass
class Entry:
    """A metric as the catalogue shows it; columns with one title are one metric."""

    title: str
    definition: str
    traps: list[str] = field(default_factory=list)
    zendesk: str = ""
    places: list[Place] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        return anchor(self.title)

    @property
    def group(self) -> str:
        place = self.places[0]
        if not place.has_sql:
            return _REVIEWS
        name = f"{place.table}:{place.column}"
        return next((group for group, words in _GROUPS if any(word in name for word in words)), _REST)


def anchor(title: str) -> str:
    """Where a metric stands on the page."""
    return "metric-" + re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")


def build(scope: Scope, data: DataFolder) -> Page:
    """The page, from the SQL files' headers; the SQL of each table named is put beside the published tables."""
    entries = catalogue(PROJECT_FOLDER, {table.name for table in data.tables})
    for table in {place.table for entry in entries for place in entry.places}:
        data.publish_sql(table)
    entries += _made_in_python({table.name for table in data.tables})
    order = [group for group, _ in _GROUPS] + [_REVIEWS, _REST]
    groups = [
        (group, own) for group in order if (own := [entry for entry in entries if entry.group == group])
    ]
    return Page(
        name="metrics",
        label="Metrics",
        finding=f"{wording.plural(len(entries), 'number')}, each with one definition.",
        lede="What every number on these pages means, how fine it is, what misleads in reading it, and how the number "
        "of that name in Zendesk Explore differs. Written beside the SQL that computes it.",
        content={"groups": groups, "confidence": confidence_words.RULES},
        missing=scope.missing("tickets"),
    )


def catalogue(project: Path, published: Iterable[str]) -> list[Entry]:
    """Every metric of a SQL project's headers, by title; the same title in several tables is one entry.

    published: names of the tables whose rows a reader can download.
    """
    entries: dict[str, Entry] = {}
    for layer in reversed(LAYERS):  # a definition stands with the table it is published in
        for path in sorted((project / layer).glob("*.sql")):
            header = read_header(path, path.read_text(encoding="utf-8"))
            _add(entries, header, path.stem, path.stem in published)
    return sorted(entries.values(), key=lambda entry: entry.title.lower())


def _add(entries: dict[str, Entry], header: Header, table: str, is_published: bool) -> None:
    columns = {column.name: column.description for column in header.columns}
    for metric in header.metrics:
        entry = entries.setdefault(metric.title, Entry(metric.title, ""))
        if metric.zendesk and not entry.zendesk:  # the table that says all of it also defines it
            entry.zendesk = _sentence(metric.zendesk)
            entry.definition = _sentence(columns[metric.column])
        entry.definition = entry.definition or _sentence(columns[metric.column])
        entry.traps += [trap for trap in map(_sentence, metric.traps) if trap not in entry.traps]
        entry.places.append(Place(table, metric.column, _plain(header.grain), is_published))


def _made_in_python(published: Iterable[str]) -> list[Entry]:
    return [
        Entry(
            title,
            _sentence(str(schema.columns()[column].description)),
            list(traps),
            zendesk,
            [Place(table, column, grain, table in published, has_sql=False)],
        )
        for schema, table, column, grain, title, traps, zendesk in _MADE_IN_PYTHON
    ]


def _plain(text: str) -> str:
    """Without the marks of code: names of columns are words here."""
    return _NAME.sub(lambda name: name[0].replace("_", " "), _CODE.sub("“\\1”", text))


def _sentence(text: str) -> str:
    return wording.sentence(_plain(text).rstrip(".")) + "."
