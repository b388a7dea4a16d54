"""What a theme is about: its year, who is over-represented in it, and tickets in their own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.reports import wording

QUOTES = 2
DRIVERS = 4


@dataclass(frozen=True)
class Quote:
    """A redacted ticket in its own words."""

    subject: str | None
    text: str
    ticket: str
    source: str
    when: str = ""


@dataclass(frozen=True)
class Bar:
    """Four weeks of a theme in its small chart. height: 0 to 1; None where the count is hidden."""

    height: float | None
    words: str


@dataclass(frozen=True)
class Year:
    """A theme's small chart: a bar for every four weeks up to the report's."""

    bars: tuple[Bar, ...]
    tallest: str


@dataclass(frozen=True)
class About:
    """What a theme is about."""

    anchor: str
    name: str
    headline: str
    year: Year | None
    drivers: tuple[dict[str, str], ...]
    quotes: tuple[Quote, ...]


def anchor(theme_id: str) -> str:
    """Where a theme stands on the page."""
    return f"theme-{theme_id}"


def tone(row: dict[str, Any]) -> str:
    """The tone of a theme's verdict."""
    return {"above": "worse", "below": "better"}.get(row["verdict"] or "", "usual")


def about(
    row: dict[str, Any], four_weeks: pl.DataFrame, drivers: pl.DataFrame, examples: pl.DataFrame
) -> About:
    """What a row of `theme_tables.themes` is about."""
    own = four_weeks.filter(theme_id=row["theme_id"])
    is_told = pl.coalesce("share_in_theme", "share_over").is_not_null()
    its_drivers = drivers.filter(pl.col("theme_id") == row["theme_id"], is_told)
    return About(
        anchor=anchor(row["theme_id"]),
        name=row["name"],
        headline=headline(row),
        year=year(own),
        drivers=tuple(_driver(driver) for driver in its_drivers.head(DRIVERS).iter_rows(named=True)),
        quotes=tuple(
            quote(told)
            for told in examples.filter(theme_id=row["theme_id"]).head(QUOTES).iter_rows(named=True)
        ),
    )


def headline(row: dict[str, Any]) -> str:
    """The theme's week in a sentence, with what makes it big or small."""
    tickets, low, high = row["distinct_week"], row["usual_low"], row["usual_high"]
    if tickets is None:
        if row["verdict"] == "above" and high is not None:
            return f"Fewer than 10 tickets last week, yet more than usual ({wording.between('count', low, high)})."
        return "A small number of tickets last week; counts under 10 are hidden."
    text = f"{wording.plural(tickets, 'ticket')} last week"
    if (copies := (row["tickets_week"] or tickets) - tickets) >= 10:
        text += f" and {wording.plural(copies, 'copy', 'copies')} of one text"
    if low is None or high is None:
        return f"{text}; too little history for a usual range."
    usual = f"usually {wording.between('count', low, high)}"
    if row["verdict"] in ("above", "below") and row["excess"] is not None:
        more = "more" if row["excess"] > 0 else "fewer"
        return f"{text}, {wording.count(abs(row['excess']))} {more} than usual ({usual})."
    return f"{text}, in the usual range ({usual.removeprefix('usually ')})."


def year(own: pl.DataFrame) -> Year | None:
    """A theme's `theme_tables.four_weeks` as bars; none where all are hidden."""
    top = own["distinct_tickets"].max()
    if not top:
        return None
    bars = tuple(
        Bar(
            None if row["is_hidden"] else row["distinct_tickets"] / top,
            f"{wording.days(row['first'], row['last'])}: "
            + ("hidden" if row["is_hidden"] else wording.plural(row["distinct_tickets"], "ticket")),
        )
        for row in own.iter_rows(named=True)
    )
    return Year(bars, wording.plural(int(top), "ticket"))  # type: ignore[arg-type]


def _driver(driver: dict[str, Any]) -> dict[str, str]:
    share = wording.share(driver["share_in_theme"])
    if driver["share_over"] is not None:
        share = f"over {wording.share(driver['share_over'])}"
    elsewhere = driver["share_elsewhere"]
    few = elsewhere is None
    return {
        "who": f"{wording.readable(driver['attribute'])}: {wording.readable(driver['value'])}",
        "share": f"{share} of the theme, {'under 10 tickets' if few else wording.share(elsewhere)} elsewhere",
        "lift": lift_in_words(driver, " as common here as elsewhere"),
    }


def lift_in_words(row: dict[str, Any], than: str = "") -> str:
    """`3.1 times as common (2.4 to 4.0)`, or `over 3 times as common` where it rests on few tickets; than: what follows."""
    if row["lift"] is not None:
        interval = wording.between("number", row["lift_low"], row["lift_high"]).replace(" ", "\u00a0")
        return f"{wording.number(row['lift'])}{' times' if than else ''}{than} ({interval})"
    times = f"over\u00a0{wording.number(row['lift_over']).removesuffix('.0')}"
    return f"{times}{' times' if than else ''}{than}"


def quote(row: dict[str, Any], zone: str = "UTC") -> Quote:
    """A row of a table of quoted tickets."""
    solved = row.get("solved_at")
    when = f"solved {wording.moment(solved, zone).rsplit(' ', 1)[0]}" if solved is not None else ""
    return Quote(row["subject"], row["text"] or "", row["ticket_id"], row["source"], when)
