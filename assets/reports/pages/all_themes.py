"""The page of everything: every theme in one table to search and sort, and what each is about."""

from __future__ import annotations

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.page import Page
from assets.reports.pages.theme_cards import about, anchor, tone
from assets.reports.scope import Scope

_COLUMNS = (
    Column("name", "Theme"),
    Column("distinct_week", "Last week", "count", "Nearly equal texts count once, as in the usual range."),
    Column(
        "usual_low",
        "Usual range",
        "count",
        "Nearly all ordinary weeks fall in it; from up to 26 weeks before.",
        until="usual_high",
    ),
    Column("verdict", "Verdict"),
    Column("tickets_28d", "Four weeks", "count", "Tickets of four weeks, copies included."),
    Column("unsolved_28d", "Still open", "count", "Of the tickets of the four weeks."),
    Column(
        "handle_hours_28d", "Agent hours", "number", "Time agents spent on the tickets of the four weeks."
    ),
    Column(
        "csat_28d",
        "CSAT",
        "share",
        "Good ratings out of all ratings of the four weeks; shown from ten good and ten bad ones on.",
    ),
    Column("tickets_total", "In all", "count", "Tickets of the theme over the whole history."),
)
_TEMPLATE_COLUMNS = (
    Column("name", "Theme"),
    Column("tickets_week", "Last week", "count"),
    Column("tickets_28d", "Four weeks", "count"),
    Column("tickets_total", "In all", "count"),
    Column("text", "The text", "quote"),
)


def build(
    scope: Scope,
    data: DataFolder,
    themes: pl.DataFrame,
    four_weeks: pl.DataFrame,
    drivers: pl.DataFrame,
    examples: pl.DataFrame,
) -> Page:
    """The page; publishes `themes` and `repeated_texts`. The frames are those of `theme_tables`."""
    listed = themes.filter(~pl.col("is_other"), ~pl.col("is_template"))
    table = PublishedTable(
        "themes",
        "All themes",
        listed,
        # What no source knows, or what is hidden for every theme, needs no column.
        tuple(column for column in _COLUMNS if listed[column.name].count()),
        tones=tuple(tone(row) for row in listed.iter_rows(named=True)),
        links=tuple(f"#{anchor(theme)}" for theme in listed["theme_id"].to_list()),
    )
    repeated = _repeated_texts(themes, examples)
    for published in (table, repeated):
        data.publish(published)
    return Page(
        name="themes",
        label="All themes",
        finding=_finding(listed),
        lede=_lede(listed, scope),
        content={
            "table": table if listed.height else None,
            "repeated": repeated if repeated.frame.height else None,
            "themes": [about(row, four_weeks, drivers, examples) for row in listed.iter_rows(named=True)],
            "left_out": _left_out(themes),
        },
        missing=(*scope.missing("tickets", "themes", "escalations", "csat"), *_gaps(listed, scope)),
    )


def _repeated_texts(themes: pl.DataFrame, examples: pl.DataFrame) -> PublishedTable:
    """Themes that are one text from many accounts: an attacker's or a campaign's voice, not customers'."""
    whole = pl.concat_str("subject", "text", separator=" ", ignore_nulls=True)
    first = examples.sort("rank").unique("theme_id", keep="first").select("theme_id", text=whole)
    frame = (
        themes.filter("is_template")
        .select("theme_id", "name", "tickets_week", "tickets_28d", "tickets_total", "is_hidden")
        .join(first, on="theme_id", how="left", maintain_order="left")
        .sort("tickets_total", descending=True)
    )
    return PublishedTable("repeated_texts", "One text sent by many accounts", frame, _TEMPLATE_COLUMNS)


def _finding(listed: pl.DataFrame) -> str:
    if not listed.height:
        return "There are no themes yet."
    return f"{wording.plural(listed.height, 'theme')} in what customers write."


def _lede(listed: pl.DataFrame, scope: Scope) -> str:
    if not listed.height:
        return "Themes are found in the text of tickets."
    usual = listed.filter(pl.col("verdict") == "usual").height
    return (
        f"Week of {scope.period}, {scope.source_names}. {usual} of {listed.height} stayed in their usual range. "
        "First those above it, by how much; then by the tickets of four weeks."
    )


def _left_out(themes: pl.DataFrame) -> str:
    """What the table does not hold."""
    other = int(themes.filter("is_other")["tickets_total"].sum())
    total = int(themes["tickets_total"].sum())
    text = "Themes of under 10 tickets are left out."
    if total and other >= 10:
        return f"{text} {wording.count(other)} tickets ({wording.share(other / total)}) fit no theme."
    return text


def _gaps(listed: pl.DataFrame, scope: Scope) -> list[str]:
    if listed.height and not scope.is_latest:
        return ["What a theme costs, who is hit and example tickets are known for the latest week only."]
    return []
