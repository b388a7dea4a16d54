"""The page of what is new: themes that came up in the last weeks, and what else happened to themes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import DataFolder, PublishedTable
from assets.reports.page import Line, Page
from assets.reports.pages import rise_cards, theme_cards
from assets.reports.privacy import plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

WEEKS = 4  # what counts as new, and how far back the history goes
_WORDS = {
    "born": "is new",
    "merged": "was merged into",
    "split": "was split off",
    "retired": "is no more",
    "returned": "is back",
    "renamed": "was renamed",
    "pinned": "was pinned: it keeps its name and id",
    "ignored": "is left out of reports",
}
_BY_A_PERSON = ("renamed", "pinned", "ignored")  # these have no other cause
_REFIT = "All themes were found anew; those that went on kept their id."


def build(
    snapshot: Snapshot,
    scope: Scope,
    data: DataFolder,
    themes: pl.DataFrame,
    four_weeks: pl.DataFrame,
    drivers: pl.DataFrame,
    examples: pl.DataFrame,
    risen: list[str],
) -> Page:
    """The page; publishes `theme_history`. risen: themes that have a card on the root-causes page."""
    new = themes.filter("is_new", ~pl.col("is_other"), ~pl.col("is_template"))
    history = _history(snapshot, scope, themes)
    data.publish(PublishedTable("theme_history", "What happened to the themes", history))
    too_small = _too_small(snapshot, themes, scope)
    return Page(
        name="new",
        label="New",
        finding=_finding(new, themes, is_known=_is_known(snapshot, scope)),
        lede=f"The four weeks to {wording.day(scope.week + timedelta(days=6), year=True)}, {scope.source_names}."
        if themes.height
        else "Themes are found in the text of tickets.",
        content={
            "themes": [
                (
                    theme_cards.about(row, four_weeks, drivers, examples),
                    _born(row),
                    f"root-causes.html#{rise_cards.anchor(row['theme_id'])}"
                    if row["theme_id"] in risen
                    else "",
                )
                for row in new.iter_rows(named=True)
            ],
            "too_small": too_small,
            "history": _by_day(history),
        },
        lines=_lines(new, risen),
        missing=scope.missing("tickets", "themes"),
    )


def _is_known(snapshot: Snapshot, scope: Scope) -> bool:
    """Whether the snapshot says which themes are new: not where the history is short, nor for a past week."""
    return scope.is_latest and snapshot.table("themes")["is_new"].null_count() == 0


def _finding(new: pl.DataFrame, themes: pl.DataFrame, *, is_known: bool) -> str:
    if not themes.height:
        return "There are no themes yet, so none is new."
    if not is_known and not new.height:
        return "Which themes are new is not known for this week."
    if not new.height:
        return "No new theme in the last four weeks."
    things = "new theme" if new.height == 1 else "new themes"
    return f"{wording.sentence(wording.number_word(new.height))} {things} in the last four weeks."


def _born(row: dict[str, Any]) -> str:
    first = f"First seen {wording.day(row['born_on'], year=True)}" if row["born_on"] is not None else ""
    since = wording.plural(row["tickets_total"], "ticket") + " since" if row["tickets_total"] else ""
    told = "; ".join(part for part in (first, since) if part)
    return f"{wording.sentence(told)}." if told else ""


def _too_small(snapshot: Snapshot, themes: pl.DataFrame, scope: Scope) -> str:
    """New themes that may not be shown; for a past week their sizes of then are not known."""
    if not scope.is_latest:
        return ""
    known = snapshot.table("themes").filter(pl.col("is_new").fill_null(False))
    hidden = known.filter(
        ~pl.col("is_ignored").fill_null(False), ~pl.col("theme_id").is_in(themes["theme_id"].to_list())
    ).height
    if not hidden:
        return ""
    these = "new theme has" if hidden == 1 else "new themes have"
    return f"{wording.sentence(wording.number_word(hidden))} more {these} under 10 tickets: too few to show."


def _history(snapshot: Snapshot, scope: Scope, themes: pl.DataFrame) -> pl.DataFrame:
    """What happened to themes in the weeks up to the report's end, with their names where they may be named."""
    since = scope.week - timedelta(weeks=WEEKS - 1)
    # The latest week's report also tells of the days since.
    until = "" if scope.is_latest else f" and occurred_on < date '{scope.week + timedelta(weeks=1)}'"
    found = snapshot.table(
        "theme_history",
        where=f"occurred_on >= date '{since}'{until}",
        order_by="occurred_on desc, what, theme_id",
    )
    names = themes.select("theme_id", "name")
    return (
        found.join(names, on="theme_id", how="left", maintain_order="left")
        .join(
            names.select(other_theme_id="theme_id", other_name="name"),
            on="other_theme_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            by_person=pl.col("what").is_in(_BY_A_PERSON)
            | pl.col("detail").str.contains("curation file").fill_null(False)
        )
        .drop("detail")
        .pipe(plain_texts, ["theme_id", "other_theme_id"])
    )


def _by_day(history: pl.DataFrame) -> list[tuple[str, str]]:
    """Each day with what happened; themes that may not be named (small, or no more) are counted together."""
    told: list[tuple[str, str]] = []
    for (day, what), rows in history.group_by(["occurred_on", "what"], maintain_order=True):
        when = wording.day(day, year=True)
        if what == "refit":
            told.append((when, _REFIT))
            continue
        is_named = pl.col("name").is_not_null() | pl.col("other_name").is_not_null()
        told += [(when, _happened(row)) for row in rows.filter(is_named).iter_rows(named=True)]
        if unnamed := rows.filter(~is_named).height:
            them = (
                "theme that is small, gone or left out"
                if unnamed == 1
                else "themes that are small, gone or left out"
            )
            told.append((when, f"{wording.sentence(wording.number_word(unnamed))} {them}: {what}."))
    return told


def _happened(row: dict[str, Any]) -> str:
    theme = f"“{row['name']}”" if row["name"] else f"Theme {row['theme_id']}"
    text = f"{theme} {_WORDS.get(row['what'], row['what'])}"
    other = f"“{row['other_name']}”" if row["other_name"] else "a theme that is small or gone"
    if row["what"] == "merged":
        text += f" {other}"
    elif row["what"] == "split" and row["other_theme_id"]:
        text += f" from {other}"
    return f"{text}, as a person chose." if row["by_person"] else f"{text}."


def _lines(new: pl.DataFrame, risen: list[str]) -> tuple[Line, ...]:
    """For the overview: new themes that are not told of as rises."""
    others = new.filter(~pl.col("theme_id").is_in(risen))
    if not others.height:
        return ()
    names = [f"“{name}”" for name in others.head(3)["name"].to_list()]
    count = wording.sentence(wording.number_word(others.height))
    things = "new theme" if others.height == 1 else "new themes"
    return (Line(f"{count} more {things}", f"among them {wording.listing(names)}", "new.html", "changed"),)
