"""The root-causes page: themes of escalated tickets by impact, each with trend, people hit, cost and quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.reports import charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.page import Figure, Line, Page
from assets.reports.pages import theme_tables
from assets.reports.privacy import SMALL_CELL
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

CARDS = 12
QUOTES = 4  # of a theme that rose
QUOTES_OF_OTHERS = 2
DRIVERS = 5
LINES = 3  # themes named in the overview

_ALL_COLUMNS = (
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
    Column("tickets_28d", "Four weeks", "count"),
    Column("unsolved_28d", "Still open", "count", "Of the tickets of the four weeks."),
    Column(
        "handle_hours_28d", "Agent hours", "number", "Time agents spent on the tickets of the four weeks."
    ),
    Column(
        "csat_28d", "CSAT", "share", "Good ratings out of all ratings of the four weeks; from ten ratings on."
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


@dataclass(frozen=True)
class Card:
    """A theme as its card shows it."""

    anchor: str
    name: str
    tags: tuple[str, ...]
    tone: str
    headline: str
    description: str
    chart: charts.Chart | None
    drivers: tuple[dict[str, str], ...]
    costs: tuple[tuple[str, str, str], ...]  # what, how much, what makes it big or small
    coincides: tuple[str, ...]
    quotes: tuple[dict[str, str], ...]


def build(snapshot: Snapshot, scope: Scope, data: DataFolder) -> Page:
    """The page; publishes `themes`, `repeated_texts`, `theme_trends`, `theme_drivers` and `theme_examples`."""
    themes = theme_tables.themes(snapshot, scope)
    trends = theme_tables.trends(snapshot, scope, themes)
    drivers = theme_tables.drivers(snapshot, scope, themes)
    examples = theme_tables.examples(snapshot, scope, themes)
    events = theme_tables.events(snapshot, scope)
    listed = themes.filter(~pl.col("is_other"), ~pl.col("is_template"))
    table = PublishedTable(
        "themes",
        "All themes",
        listed,
        _ALL_COLUMNS,
        tones=tuple(_tone(row) for row in listed.iter_rows(named=True)),
        links=tuple(
            f"#theme-{row['theme_id']}" if place < CARDS else ""
            for place, row in enumerate(listed.iter_rows(named=True))
        ),
    )
    repeated = _repeated_texts(themes, examples)
    for published in (
        table,
        repeated,
        PublishedTable("theme_trends", "Tickets of each theme by week", trends),
        PublishedTable("theme_drivers", "Who is over-represented in each theme", drivers),
        PublishedTable("theme_examples", "Example tickets", examples),
    ):
        data.publish(published)
    # Under ten tickets a count is hidden, and too small to send anyone after.
    rising = listed.filter(pl.col("verdict") == "above", pl.col("distinct_week").is_not_null())
    cards = [
        _card(row, trends, drivers, examples, events, scope)
        for row in listed.head(CARDS).iter_rows(named=True)
    ]
    return Page(
        name="root-causes",
        label="Root causes",
        finding=_finding(listed, rising),
        lede=_lede(listed, scope),
        content={
            "cards": cards,
            "table": table if listed.height else None,
            "repeated": repeated if repeated.frame.height else None,
            "strip": _strip(themes, listed, rising),
            "unchanged": _unchanged(listed),
            "has_events": bool(events),
        },
        lines=_lines(listed, rising),
        missing=(
            *scope.missing("tickets", "themes", "escalations", "history", "calendar", "csat"),
            *_theme_gaps(themes, listed, drivers, scope),
        ),
    )


def _repeated_texts(themes: pl.DataFrame, examples: pl.DataFrame) -> PublishedTable:
    """Themes that are one text from many accounts: an attacker's or a campaign's voice, not customers'."""
    first = examples.sort("rank").unique("theme_id", keep="first").select("theme_id", "text")
    frame = (
        themes.filter("is_template")
        .select("theme_id", "name", "tickets_week", "tickets_28d", "tickets_total", "is_hidden")
        .join(first, on="theme_id", how="left", maintain_order="left")
        .sort("tickets_total", descending=True)
    )
    return PublishedTable("repeated_texts", "One text sent by many accounts", frame, _TEMPLATE_COLUMNS)


def _theme_gaps(themes: pl.DataFrame, listed: pl.DataFrame, drivers: pl.DataFrame, scope: Scope) -> list[str]:
    if not themes.height:
        return [] if scope.missing("tickets", "themes") else ["The last run found no themes."]
    if not scope.is_latest:
        return ["What a theme costs, who is hit and example tickets are known for the latest week only."]
    if listed.height and not drivers.height:
        return ["No attribute stands out in any theme, or the tickets carry no attributes."]
    return []


def _finding(listed: pl.DataFrame, rising: pl.DataFrame) -> str:
    if not listed.height:
        return "There are no themes to report on."
    if (listed["verdict"].fill_null("too early") == "too early").all():
        return "It is too early to tell rising problems from ordinary ones."
    if not rising.height:
        return "No problem rose last week."
    problems = "problem" if rising.height == 1 else "problems"
    return f"{wording.sentence(wording.number_word(rising.height))} {problems} rose last week."


def _lede(listed: pl.DataFrame, scope: Scope) -> str:
    if not listed.height:
        return "Themes are found in the text of tickets."
    usual = listed.filter(pl.col("verdict") == "usual").height
    text = f"Week of {scope.period}, escalated tickets with text, {scope.source_names}."
    if scope.missing("escalations"):
        text = f"Week of {scope.period}, tickets with text, {scope.source_names}."
    return f"{text} {usual} of {listed.height} themes stayed in their usual range. Ranked by impact."


def _strip(themes: pl.DataFrame, listed: pl.DataFrame, rising: pl.DataFrame) -> list[Figure]:
    if not listed.height:
        return []
    total = int(themes["tickets_total"].sum())
    other = int(themes.filter("is_other")["tickets_total"].sum())
    strip = [
        Figure(
            "Themes above usual",
            str(rising.height),
            f"of {listed.height}",
            "worse" if rising.height else "usual",
        ),
        Figure("Largest last week", _largest(listed), "tickets of one theme"),
    ]
    if total:
        strip.append(
            Figure(
                "Tickets with a theme",
                wording.share(1 - other / total),
                f"{wording.count(other)} in “other”" if other >= SMALL_CELL else "few in “other”",
            )
        )
    hours = listed["handle_hours_28d"].drop_nulls()
    if hours.len():
        strip.append(
            Figure(
                "Agent time, four weeks", wording.hours(float(hours.sum())), "on the tickets of all themes"
            )
        )
    return strip


def _largest(listed: pl.DataFrame) -> str:
    largest = listed["distinct_week"].max()
    some_hidden = listed["distinct_week"].null_count() > 0
    if largest is None or (some_hidden and largest < SMALL_CELL):  # type: ignore[operator]
        return f"under {SMALL_CELL}"
    return wording.count(largest)  # type: ignore[arg-type]


def _unchanged(listed: pl.DataFrame) -> str:
    quiet = listed.filter(pl.col("verdict") == "usual")
    if not quiet.height:
        return ""
    largest = [f"“{name}”" for name in quiet.head(3)["name"].to_list()]
    return (
        f"{wording.sentence(wording.number_word(quiet.height))} themes stayed in their usual range, "
        f"among them {wording.listing(largest)}."
        if quiet.height > 3
        else f"In their usual range: {wording.listing(largest)}."
    )


def _tone(row: dict[str, Any]) -> str:
    return {"above": "worse", "below": "better"}.get(row["verdict"] or "", "usual")


def _headline(row: dict[str, Any]) -> str:
    """The theme's week in a sentence, with what makes it big or small."""
    tickets, low, high = row["distinct_week"], row["usual_low"], row["usual_high"]
    if tickets is None:
        if row["verdict"] == "above" and high is not None:
            return f"Fewer than 10 tickets last week, yet more than usual ({wording.between('count', low, high)})."
        return "A small number of tickets last week; counts under 10 are hidden."
    text = f"{wording.plural(tickets, 'ticket')} last week"
    if (copies := (row["tickets_week"] or tickets) - tickets) >= SMALL_CELL:
        text += f" and {wording.plural(copies, 'copy', 'copies')} of one text"
    if low is None or high is None:
        return f"{text}; too little history for a usual range."
    usual = f"usually {wording.between('count', low, high)}"
    if row["verdict"] in ("above", "below") and row["excess"] is not None:
        more = "more" if row["excess"] > 0 else "fewer"
        return f"{text}, {wording.count(abs(row['excess']))} {more} than usual ({usual})."
    return f"{text}, in the usual range ({usual.removeprefix('usually ')})."


def _card(
    row: dict[str, Any],
    trends: pl.DataFrame,
    drivers: pl.DataFrame,
    examples: pl.DataFrame,
    events: list[theme_tables.ThemeEvent],
    scope: Scope,
) -> Card:
    own = trends.filter(theme_id=row["theme_id"]).sort("week")
    its_drivers = drivers.filter(pl.col("theme_id") == row["theme_id"], pl.col("tickets").is_not_null())
    lines = set(its_drivers.filter(attribute="business_line")["value"].to_list())
    near = [event for event in events if event.touches(lines)]
    return Card(
        anchor=f"theme-{row['theme_id']}",
        name=row["name"],
        tags=_tags(row),
        tone=_tone(row),
        headline=_headline(row),
        description=row["description"] or "",
        chart=_chart(row, own, near) if own.height else None,
        drivers=tuple(_driver(driver) for driver in its_drivers.head(DRIVERS).iter_rows(named=True)),
        costs=_costs(row),
        coincides=tuple(f"{event.mark}. {event.text}" for event in near),
        quotes=tuple(
            {"text": quote["text"], "ticket": quote["ticket_id"], "source": quote["source"]}
            for quote in examples.filter(theme_id=row["theme_id"])
            .head(QUOTES if row["verdict"] == "above" else QUOTES_OF_OTHERS)
            .iter_rows(named=True)
        ),
    )


def _tags(row: dict[str, Any]) -> tuple[str, ...]:
    words = {"above": "above usual", "below": "below usual", "usual": "usual"}
    return (words.get(row["verdict"] or "", "too early"),)


def _chart(
    row: dict[str, Any], own: pl.DataFrame, near: list[theme_tables.ThemeEvent]
) -> charts.Chart | None:
    """The theme's weeks; none where every week that had tickets is hidden."""
    if not own["distinct_tickets"].sum():
        return None
    return charts.usual_range(
        own["week"].to_list(),
        own["distinct_tickets"].to_list(),
        own["usual_low"].to_list(),
        own["usual_high"].to_list(),
        unit="count",
        tone=_tone(row),
        hidden=own["distinct_tickets"].is_null().to_list(),
        events=[charts.Event(event.mark, event.name, event.first, event.last) for event in near],
        alt=f"Tickets a week on “{row['name']}” for {own.height} weeks with the usual range. {_headline(row)}",
        caption="Tickets a week, copies of one text counted once. Shaded: usual range.",
    )


def _driver(driver: dict[str, Any]) -> dict[str, str]:
    return {
        "who": f"{wording.readable(driver['attribute'])}: {wording.readable(driver['value'])}",
        "share": f"{wording.share(driver['share_in_theme'])} of the theme, "
        f"{wording.share(driver['share_elsewhere'])} elsewhere",
        "lift": wording.lift(driver["lift"], driver["lift_low"], driver["lift_high"]),
    }


def _costs(row: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """What the theme cost in the four weeks: label, value, context."""
    costs = []
    if row["tickets_28d"] is not None:
        costs.append(("Tickets", wording.count(row["tickets_28d"]), "in four weeks"))
    if row["handle_hours_28d"] is not None:
        costs.append(("Agent time", wording.hours(row["handle_hours_28d"]), "in four weeks"))
    if row["unsolved_28d"] is not None:
        of = f"of {wording.count(row['tickets_28d'])}" if row["tickets_28d"] is not None else ""
        costs.append(("Still open", wording.count(row["unsolved_28d"]), of))
    elif row["tickets_28d"] is not None:
        costs.append(("Still open", "hidden", "a small count"))
    if row["csat_28d"] is not None:
        interval = wording.between("share", row["csat_low_28d"], row["csat_high_28d"])
        ratings = wording.plural(row["csat_rated_28d"], "rating")
        costs.append(
            (
                "CSAT",
                wording.share(row["csat_28d"]),
                f"between {interval.replace(' to ', ' and ')}, {ratings}",
            )
        )
    elif row["csat_rated_28d"] is None and row["tickets_28d"] is not None:
        costs.append(("CSAT", wording.NOTHING, "fewer than 10 ratings"))
    return tuple(costs)


def _lines(listed: pl.DataFrame, rising: pl.DataFrame) -> tuple[Line, ...]:
    """The themes for the overview: those that rose, or that none did."""
    if not listed.height:
        return ()
    if not rising.height:
        return (Line(_finding(listed, rising).rstrip("."), _unchanged(listed), "root-causes.html#themes"),)
    lines = [
        Line(row["name"], _headline(row).rstrip("."), f"root-causes.html#theme-{row['theme_id']}", "worse")
        for row in rising.head(LINES).iter_rows(named=True)
    ]
    if rising.height > LINES:
        rest = rising.height - LINES
        more = "theme is" if rest == 1 else "themes are"
        lines.append(
            Line(f"{rest} more {more} above usual", "all in the table", "root-causes.html#themes", "worse")
        )
    return tuple(lines)
