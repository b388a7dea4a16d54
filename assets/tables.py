"""The tables that Python makes, column by column: what the catalogue shows and what the SQL models may read."""

from __future__ import annotations

import dataframely as dy

from assets import table_columns as column
from assets.cause_tables import CAUSE_TABLES
from assets.forecast_tables import FORECAST_TABLES, RECORD_TABLES
from assets.quality_tables import QUALITY_TABLES
from assets.signal_tables import SIGNAL_TABLES
from assets.staffing_tables import STAFFING_TABLES
from assets.surge_tables import HOURLY_TABLES, SURGE_PEOPLE_TABLES, SURGE_TABLES
from assets.vendor_tables import VENDOR_TABLES


class Themes(dy.Schema):
    """A recurring problem, found by clustering the texts of escalated tickets."""

    theme_id = column.text("the theme")
    name = column.text("a short name, taken from the tickets' own words")
    description = column.text("the most central ticket text, redacted and shortened")
    tickets = column.count("tickets in the theme")
    distinct_tickets = column.count("the same, near-duplicates counted once")
    share = column.number("share of all tickets with text, 0 to 1")
    cohesion = column.number("mean cosine similarity of the theme's tickets to its centre")
    is_other = column.flag("true for the rest: texts far from every theme and very small groups")
    is_template = column.flag("true where most tickets are copies of one text sent by many accounts")
    born_on = column.date("the day of its first ticket as far as known")
    is_new = dy.Bool(
        nullable=True,
        description="true for 28 days after its first ticket; null where the history is too short to know",
    )
    is_ignored = column.flag("true where the curation file says to leave it out of rankings")
    is_curated = column.flag("true where the curation file names it")


class TicketThemes(dy.Schema):
    """The theme of every ticket that has text."""

    source = column.text("where the ticket comes from")
    ticket_id = column.text("the ticket")
    theme_id = column.text("its theme")
    similarity = column.number("cosine similarity to the theme's centre")
    is_near_duplicate = column.flag(
        "true for a copy that does not count: after the first of nearly the same text, or, where the text is "
        "short, after the first of the same requester"
    )
    found_theme_id = column.text("the theme it was found in, before the curation file merged or split any")
    text_digest = column.text("MD5 of its text: a ticket whose text has changed since is placed anew")
    copy_key = column.text("the same for texts that differ in nothing but numbers, case and punctuation")


class ThemeExamples(dy.Schema):
    """Redacted tickets that stand for a theme, the most central first."""

    theme_id = column.text("the theme")
    rank = column.count("1 is the most central")
    source = column.text("where the ticket comes from")
    ticket_id = column.text("the ticket")
    text = column.text("its redacted text")


class ThemeHistory(dy.Schema):
    """What happened to the themes: born, merged, split, retired, and what a person decided."""

    occurred_on = column.date("the day up to which the data was known")
    theme_id = column.text("the theme; null for a refit, which is about all of them", nullable=True)
    what = column.text("born, merged, split, retired, returned, renamed, pinned, ignored or refit")
    other_theme_id = column.text("the theme it was merged into or split from", nullable=True)
    detail = column.text("one plain sentence", nullable=True)


class ThemeCentroids(dy.Schema):
    """Every theme there is or was, as found, before curation: what it takes to place further tickets."""

    theme_id = column.text("the theme")
    centroid = dy.List(dy.Float32(), nullable=False, description="its centre: a unit vector around the mean")
    name = column.text("the name it was given when it was found")
    label_terms = column.text("other phrases that tell it from the rest")
    is_template = column.flag("true where it is one text sent by many accounts")
    born_on = column.date("the day of its first ticket as far as known")
    is_original = column.flag("true for a theme of the very first fit, which is never new")
    retired_on = dy.Date(nullable=True, description="when it ended; null while it lives")
    split_from = column.text(
        "the theme a person split it off from; null for one that was found", nullable=True
    )
    split_words = column.text("the words that the texts split off contain", nullable=True)


class ThemeFit(dy.Schema):
    """The last time all themes were found anew: one row, none before the first fit."""

    model = column.text("the embedding model with its weights' digest and text length")
    fitted_on = column.date("the day up to which the data was known")
    texts = column.count("tickets with text at that time")
    share_other = column.number("share of them that belonged to no theme, 0 to 1")
    last_number = column.count("the highest theme number given so far; numbers are never used again")
    mean = dy.List(dy.Float32(), nullable=False, description="the mean embedding, taken off before comparing")


class ThemeDrivers(dy.Schema):
    """An attribute value that is more common inside a theme than in the other themes."""

    theme_id = column.text("the theme")
    attribute = column.text("the attribute, for example payment_method")
    value = column.text("its value, for example wallet")
    tickets = column.count("tickets of the theme with this value")
    share_in_theme = column.number("share of the theme's tickets with this value, 0 to 1")
    share_elsewhere = column.number("share of all other themed tickets with this value, 0 to 1")
    lift = column.number("share inside divided by share elsewhere")
    lift_low = column.number("lower end of the 95 % interval of the lift")
    lift_high = column.number("upper end of the 95 % interval of the lift")
    q_value = column.number(
        "chance that this is noise, corrected for the number of comparisons (Benjamini-Hochberg)"
    )


THEME_TABLES: dict[str, type[dy.Schema]] = {
    "themes": Themes,
    "ticket_themes": TicketThemes,
    "theme_examples": ThemeExamples,
    "theme_history": ThemeHistory,
    "theme_centroids": ThemeCentroids,
    "theme_fit": ThemeFit,
}
DRIVER_TABLES: dict[str, type[dy.Schema]] = {"theme_drivers": ThemeDrivers}
PYTHON_TABLES = (
    THEME_TABLES
    | DRIVER_TABLES
    | FORECAST_TABLES
    | HOURLY_TABLES
    | RECORD_TABLES
    | STAFFING_TABLES
    | SURGE_TABLES
    | SURGE_PEOPLE_TABLES
    | CAUSE_TABLES
    | SIGNAL_TABLES
    | VENDOR_TABLES
    | QUALITY_TABLES
)
