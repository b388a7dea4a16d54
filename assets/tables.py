"""The tables that Python makes, column by column: what the catalogue shows and what the SQL models may read."""

from __future__ import annotations

import dataframely as dy

from assets.cause_tables import CAUSE_TABLES


def _text(description: str, nullable: bool = False) -> dy.String:
    return dy.String(nullable=nullable, description=description)


def _date(description: str) -> dy.Date:
    return dy.Date(nullable=False, description=description)


def _number(description: str, nullable: bool = False) -> dy.Float64:
    return dy.Float64(nullable=nullable, description=description)


def _count(description: str, nullable: bool = False) -> dy.Int64:
    return dy.Int64(nullable=nullable, min=0, description=description)


def _flag(description: str) -> dy.Bool:
    return dy.Bool(nullable=False, description=description)


class Themes(dy.Schema):
    """A recurring problem, found by clustering the texts of escalated tickets."""

    theme_id = _text("the theme")
    name = _text("a short name, taken from the tickets' own words")
    description = _text("the most central ticket text, redacted and shortened")
    tickets = _count("tickets in the theme")
    distinct_tickets = _count("the same, near-duplicates counted once")
    share = _number("share of all tickets with text, 0 to 1")
    cohesion = _number("mean cosine similarity of the theme's tickets to its centre")
    is_other = _flag("true for the rest: texts far from every theme and very small groups")
    is_template = _flag("true where most tickets are copies of one text sent by many accounts")
    born_on = _date("the day of its first ticket as far as known")
    is_new = _flag("true for 28 days after it was born; never for the themes of the very first fit")
    is_ignored = _flag("true where the curation file says to leave it out of rankings")
    is_curated = _flag("true where the curation file names it")


class TicketThemes(dy.Schema):
    """The theme of every ticket that has text."""

    source = _text("where the ticket comes from")
    ticket_id = _text("the ticket")
    theme_id = _text("its theme")
    similarity = _number("cosine similarity to the theme's centre")
    is_near_duplicate = _flag("true for every copy after the first of nearly the same text")
    found_theme_id = _text("the theme it was found in, before the curation file merged or split any")
    text_digest = _text("MD5 of its text: a ticket whose text has changed since is placed anew")
    copy_key = _text("the same for texts that differ in nothing but numbers, case and punctuation")


class ThemeExamples(dy.Schema):
    """Redacted tickets that stand for a theme, the most central first."""

    theme_id = _text("the theme")
    rank = _count("1 is the most central")
    source = _text("where the ticket comes from")
    ticket_id = _text("the ticket")
    text = _text("its redacted text")


class ThemeHistory(dy.Schema):
    """What happened to the themes: born, merged, split, retired, and what a person decided."""

    occurred_on = _date("the day up to which the data was known")
    theme_id = _text("the theme; null for a refit, which is about all of them", nullable=True)
    what = _text("born, merged, split, retired, returned, renamed, pinned, ignored or refit")
    other_theme_id = _text("the theme it was merged into or split from", nullable=True)
    detail = _text("one plain sentence", nullable=True)


class ThemeCentroids(dy.Schema):
    """Every theme there is or was, as found, before curation: what it takes to place further tickets."""

    theme_id = _text("the theme")
    centroid = dy.List(dy.Float32(), nullable=False, description="its centre: a unit vector around the mean")
    name = _text("the name it was given when it was found")
    label_terms = _text("other phrases that tell it from the rest")
    is_template = _flag("true where it is one text sent by many accounts")
    born_on = _date("the day of its first ticket as far as known")
    is_original = _flag("true for a theme of the very first fit, which is never new")
    retired_on = dy.Date(nullable=True, description="when it ended; null while it lives")
    split_from = _text("the theme a person split it off from; null for one that was found", nullable=True)
    split_words = _text("the words that the texts split off contain", nullable=True)


class ThemeFit(dy.Schema):
    """The last time all themes were found anew: one row, none before the first fit."""

    model = _text("the embedding model with its weights' digest and text length")
    fitted_on = _date("the day up to which the data was known")
    texts = _count("tickets with text at that time")
    share_other = _number("share of them that belonged to no theme, 0 to 1")
    last_number = _count("the highest theme number given so far; numbers are never used again")
    mean = dy.List(dy.Float32(), nullable=False, description="the mean embedding, taken off before comparing")


class ThemeDrivers(dy.Schema):
    """An attribute value that is more common inside a theme than in the other themes."""

    theme_id = _text("the theme")
    attribute = _text("the attribute, for example payment_method")
    value = _text("its value, for example wallet")
    tickets = _count("tickets of the theme with this value")
    share_in_theme = _number("share of the theme's tickets with this value, 0 to 1")
    share_elsewhere = _number("share of all other themed tickets with this value, 0 to 1")
    lift = _number("share inside divided by share elsewhere")
    lift_low = _number("lower end of the 95 % interval of the lift")
    lift_high = _number("upper end of the 95 % interval of the lift")
    q_value = _number(
        "chance that this is noise, corrected for the number of comparisons (Benjamini-Hochberg)"
    )


class ForecastDaily(dy.Schema):
    """Tickets expected on a day to come, at every level from a segment to the total."""

    made_on = _date("last day the forecast knew")
    level = _text("total, business_line, tier, business_line_tier, region or segment")
    business_line = _text("business line; null where summed over", nullable=True)
    channel = _text("channel; null where summed over", nullable=True)
    region = _text("region; null where summed over", nullable=True)
    tier = _text("tier at which the tickets arrive; null where summed over", nullable=True)
    date = _date("the day, in the account's zone")
    expected = _number("tickets expected; sums of parts agree with totals")
    low_80 = _number("lower end of the 80 % interval")
    high_80 = _number("upper end of the 80 % interval")
    low_95 = _number("lower end of the 95 % interval")
    high_95 = _number("upper end of the 95 % interval")
    base = _number("tickets expected without campaigns and holidays")


class ForecastBacktest(dy.Schema):
    """How forecasts made from past dates compare with what came, by level and days ahead."""

    level = _text("total, business_line, tier, business_line_tier, region or segment")
    horizon = _text("days ahead, from-to")
    origins = _count("past dates a forecast was made from")
    points = _count("series and days compared")
    wape = _number("sum of absolute errors over sum of tickets (WAPE)", nullable=True)
    bias = _number("sum of forecast minus actual over sum of tickets; above 0 is too high", nullable=True)
    coverage_80 = _number("share of days inside the 80 % interval, judged out of sample", nullable=True)
    coverage_95 = _number("share of days inside the 95 % interval, judged out of sample", nullable=True)
    wape_seasonal_naive = _number("WAPE of repeating the last known week, on the same days", nullable=True)


class ForecastNotes(dy.Schema):
    """What the forecast had to do without."""

    note = _text("one plain sentence")


THEME_TABLES: dict[str, type[dy.Schema]] = {
    "themes": Themes,
    "ticket_themes": TicketThemes,
    "theme_examples": ThemeExamples,
    "theme_history": ThemeHistory,
    "theme_centroids": ThemeCentroids,
    "theme_fit": ThemeFit,
}
DRIVER_TABLES: dict[str, type[dy.Schema]] = {"theme_drivers": ThemeDrivers}
FORECAST_TABLES: dict[str, type[dy.Schema]] = {
    "forecast_daily": ForecastDaily,
    "forecast_backtest": ForecastBacktest,
    "forecast_notes": ForecastNotes,
}
PYTHON_TABLES = THEME_TABLES | DRIVER_TABLES | FORECAST_TABLES | CAUSE_TABLES
