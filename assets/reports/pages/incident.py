"""The incident page: a wave that is on, how it goes on, whom and what it takes; or that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.reports import charts, incident_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.page import Figure, Line, Page, PageForm
from assets.reports.pages import incident_words, theme_cards
from assets.reports.pages.backlog_ahead import Queue
from assets.reports.pages.incident_tables import Waves, read_waves
from assets.reports.pages.theme_cards import Quote
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

VICTIMS_QUOTED, TEMPLATES_QUOTED = 6, 2
_WIDTH = ("business_line", "total", "theme", "region")  # whom a wave is told of first
_COUNTS = (
    Column("tickets", "Tickets", "count", "Since it began, the usual ones among them."),
    Column("excess", "Above usual", "count"),
    Column(
        "excess_low",
        "Likely range",
        "count",
        "Between these two the true figure lies with 95 % confidence.",
        "excess_high",
    ),
    Column("peak_hourly", "Most in an hour", "count"),
    Column("usual_hourly", "Usual an hour", "number"),
)
_ONGOING = (Column("place", "Where"), Column("since", "Since"), Column("state", "Now"), *_COUNTS)
_FORM = PageForm("incident", "Incident", {"strip": (), "waves": (), "hit": None, "ended": None, "queues": ()})
_ENDED = (Column("place", "Where"), Column("since", "From"), Column("until", "To"), *_COUNTS)


@dataclass(frozen=True)
class Wave:
    """A wave as the page shows it."""

    name: str
    hours: charts.Chart | None
    has_alarm_level: bool
    course_says: str
    course: charts.Chart | None
    people_says: str
    people: PublishedTable | None
    victims: tuple[Quote, ...]
    themes: tuple[tuple[str, str], ...]  # of the victims' tickets: a link and a name
    templates: tuple[Quote, ...]
    template_says: str


def build(
    snapshot: Snapshot, scope: Scope, data: DataFolder, themes: pl.DataFrame, queues: Sequence[Queue]
) -> Page:
    """The page; publishes the waves. themes: those of `theme_tables`; queues: the backlog of the capacity page."""
    if not scope.is_latest:
        return _FORM.page(
            "The waves of a past week are not in this snapshot.",
            "Only those of the latest week are kept; they know of what came later.",
            missing=("Whether a wave was on at the end of this week is not known.",),
        )
    missing = scope.missing("tickets")
    if not snapshot.has("surge_alarms"):
        return _FORM.page(
            "Waves were not looked for.",
            "A wave is a sudden rise of tickets by the hour, such as after many accounts are taken over.",
            missing=missing or ("The last run did not look for waves; `groundswell run` does.",),
        )
    waves = read_waves(snapshot, scope, themes, data)
    ended = _ended(waves)
    main = _main(waves.ongoing)
    if main is None:
        return _FORM.page("No wave is on.", _quiet(waves), {"ended": ended}, missing=missing)
    names = _listed(themes)
    rest = waves.ongoing.filter(pl.col("alarm_id") != main["alarm_id"])
    others = rest.sort("excess", descending=True, nulls_last=True).to_dicts()
    hit = _ongoing([main, *others], waves)
    affected = _affected(main, queues)
    finding = incident_words.finding(main, waves.growth.get(main["alarm_id"]))
    return _FORM.page(
        finding,
        _lede(main, scope),
        {
            "strip": _strip(main, waves),
            "waves": [_wave(row, waves, names) for row in (main, *others)],
            "hit": hit,
            "ended": ended,
            "queues": affected,
        },
        lines=(
            Line(
                finding.rstrip("."),
                incident_words.state_in_numbers(waves.growth.get(main["alarm_id"])),
                "incident.html",
                "worse",
            ),
        ),
        missing=missing,
    )


def _main(ongoing: pl.DataFrame) -> dict[str, Any] | None:
    """The wave to tell of first: a single line's; that over all lines where several are hit."""
    rows = ongoing.to_dicts()
    lines = [row for row in rows if row["scope"] == "business_line"]
    total = [row for row in rows if row["scope"] == "total"]
    if len(lines) > 1 and total:
        return total[0]

    def order(row: dict[str, Any]) -> tuple[int, float]:
        place = _WIDTH.index(row["scope"]) if row["scope"] in _WIDTH else len(_WIDTH)
        return place, -(row["excess"] or 0.0)

    return min(rows, key=order, default=None)


def _quiet(waves: Waves) -> str:
    text = "The tickets of every hour are held against what is usual for it; a wave would stand here within hours."
    last = waves.ended.drop_nulls("ended_at")
    if not last.height:
        return f"{text} There was none in the last 90 days."
    row = last.row(0, named=True)
    return (
        f"{text} The last one, {incident_words.where(row)}, ended {incident_words.moment(row['ended_at'])}."
    )


def _lede(main: dict[str, Any], scope: Scope) -> str:
    found = incident_words.found(main)
    return (
        f"{found} Figures from {scope.source_names}, up to {scope.as_of_text}; times in {scope.zone}.".strip()
    )


def _strip(main: dict[str, Any], waves: Waves) -> list[Figure]:
    growth = waves.growth.get(main["alarm_id"])
    state = incident_words.state(growth)
    likely = wording.between("count", main["excess_low"], main["excess_high"])
    strip = [
        Figure(
            "More than usual",
            "hidden" if main["excess"] is None else wording.count(main["excess"]),
            f"tickets since it began, likely {likely}"
            if main["excess_low"] is not None
            else "since it began",
            "worse",
        ),
        Figure(
            "Right now",
            wording.sentence(state if growth else "not clear yet"),
            incident_words.state_in_numbers(growth),
            "worse" if state == "still growing" else "usual",
        ),
        Figure(
            "Most in an hour",
            "hidden" if main["peak_hourly"] is None else wording.count(main["peak_hourly"]),
            f"{wording.number(main['usual_hourly'])} is usual",
        ),
    ]
    people = waves.people.filter(alarm_id=main["alarm_id"]).group_by("date").agg(pl.col("people_more").sum())
    if people.height:
        day, most = people.row(int(people["people_more"].arg_max() or 0))
        strip.append(
            Figure("More people at most", wording.number(most), f"{day:%A} {wording.day(day)}, all tiers")
        )
    return strip


def _listed(themes: pl.DataFrame) -> dict[str, str]:
    """The themes that have a place on the page of all themes."""
    listed = themes.filter(~pl.col("is_other"), ~pl.col("is_template"))
    return dict(listed.select("theme_id", "name").iter_rows())


def _wave(row: dict[str, Any], waves: Waves, names: dict[str, str]) -> Wave:
    def of(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(alarm_id=row["alarm_id"])

    ahead = of(waves.course).drop_nulls("expected_excess")
    people = of(waves.people)
    told = of(waves.tickets)
    victims = told.filter(~pl.col("is_template").fill_null(False)).head(VICTIMS_QUOTED)
    templates = told.filter(pl.col("is_template").fill_null(False)).head(TEMPLATES_QUOTED)
    return Wave(
        name=wording.sentence(row["place"]),
        hours=_hours(row, of(waves.hours)),
        has_alarm_level=bool(of(waves.hours)["alarm_level"].count()),
        course_says=incident_words.course(ahead) if ahead.height else "",
        course=_course(row, of(waves.days), ahead) if ahead.height else None,
        people_says=incident_words.people(people),
        people=_people(people),
        victims=tuple(theme_cards.quote(ticket) for ticket in victims.to_dicts()),
        themes=tuple(
            (f"themes.html#{theme_cards.anchor(theme)}", names[theme])
            for theme in victims["theme_id"].unique(maintain_order=True)
            if theme in names
        ),
        templates=tuple(theme_cards.quote(ticket) for ticket in templates.to_dicts()),
        template_says=_template_says(row),
    )


def _hours(row: dict[str, Any], hours: pl.DataFrame) -> charts.Chart | None:
    if not hours["tickets"].sum():
        return None
    return incident_charts.by_hour(
        incident_charts.Hours(
            hours["begins"].to_list(),
            int(hours["hours"][0]),
            hours["tickets"].to_list(),
            hours["usual"].to_list(),
            hours["alarm_level"].to_list(),
            row["started_at"],
        ),
        alt=f"Tickets {incident_words.where(row)} by the hour from three days before the wave, with what is usual; "
        f"it began {incident_words.moment(row['started_at'])}.",
    )


def _course(row: dict[str, Any], days: pl.DataFrame, ahead: pl.DataFrame) -> charts.Chart:
    expected = ahead["expected_excess"]
    return incident_charts.course(
        incident_charts.Course(
            days["date"].to_list(),
            days["excess"].to_list(),
            ahead["date"].to_list(),
            expected.to_list(),
            ahead["low_80"].fill_null(expected).to_list(),
            ahead["high_80"].fill_null(expected).to_list(),
        ),
        alt=f"Tickets above usual {incident_words.where(row)}, a day: {days.height} days so far and the likely "
        f"course of the next {ahead.height}. {incident_words.course(ahead)}",
    )


def _people(rows: pl.DataFrame) -> PublishedTable | None:
    """A row for each day, with the tickets and people of each tier."""
    rows = rows.drop_nulls("people_more").filter(pl.col("people_more").sum().over("date") >= 0.5)
    if not rows.height:
        return None
    tiers = rows["tier"].unique().sort().to_list()
    wide = rows.select("date").unique().sort("date")
    columns = [Column("date", "Day", "day")]
    for number, tier in enumerate(tiers, 1):
        own = rows.filter(tier=tier).select(
            "date",
            pl.col("tickets_more").alias(f"tickets_{number}"),
            pl.col("people_more").alias(f"people_{number}"),
            pl.col("people_more_high").alias(f"people_high_{number}"),
        )
        wide = wide.join(own, on="date", how="left", maintain_order="left")
        columns += [
            Column(f"tickets_{number}", f"Tier {tier}: more tickets", "count"),
            Column(
                f"people_{number}", f"Tier {tier}: more people", "number", "The middle of what may be needed."
            ),
            Column(
                f"people_high_{number}",
                f"Tier {tier}: up to",
                "number",
                "One time in ten more than that is needed (p90).",
            ),
        ]
    return PublishedTable(
        "surge_people_ahead", "People the wave takes, by day and tier", wide, tuple(columns)
    )


def _template_says(row: dict[str, Any]) -> str:
    if row["template_tickets"] is None or not row["template_tickets"]:
        return ""
    return (
        f"{wording.plural(row['template_tickets'], 'ticket')} of the wave are one text sent by many accounts: "
        "likely an attacker’s, and no customer’s words."
    )


def _names(rows: list[dict[str, Any]]) -> pl.Series:
    return pl.Series([wording.sentence(row["place"]) for row in rows], dtype=pl.String)


def _moments(rows: list[dict[str, Any]], column: str) -> pl.Series:
    return pl.Series([incident_words.moment(row[column]) for row in rows], dtype=pl.String)


def _ongoing(rows: list[dict[str, Any]], waves: Waves) -> PublishedTable:
    states = [incident_words.state(waves.growth.get(row["alarm_id"])) for row in rows]
    frame = pl.DataFrame(rows, schema=waves.alarms.schema).with_columns(
        place=_names(rows), since=_moments(rows, "started_at"), state=pl.Series(states, dtype=pl.String)
    )
    return PublishedTable("surge_alarms", "Where the wave shows", frame, _ONGOING)


def _ended(waves: Waves) -> PublishedTable | None:
    rows = waves.ended.to_dicts()
    if not rows:
        return None
    frame = waves.ended.with_columns(
        place=_names(rows), since=_moments(rows, "started_at"), until=_moments(rows, "ended_at")
    )
    return PublishedTable("surge_alarms", "Waves of the last 90 days that are over", frame, _ENDED)


def _affected(main: dict[str, Any], queues: Sequence[Queue]) -> list[Queue]:
    """The queues of the line that is hit; all where no single line is."""
    own = [queue for queue in queues if queue.business_line == main["business_line"]]
    return own or (list(queues) if main["scope"] == "total" else [])
