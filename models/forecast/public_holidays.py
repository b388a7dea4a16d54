"""Public holidays for regions whose holidays the user's calendar leaves out."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import polars as pl

# Regions of several countries: the largest ones. A day counts where at least half of them have it off.
COUNTRIES_OF_REGION = {
    "europe": ("DE", "FR", "GB", "IT", "ES"),
    "emea": ("DE", "FR", "GB", "IT", "ES"),
    "eu": ("DE", "FR", "IT", "ES", "PL", "NL"),
    "dach": ("DE", "AT", "CH"),
    "nordics": ("SE", "NO", "DK", "FI"),
    "northamerica": ("US", "CA"),
    "na": ("US", "CA"),
    "latinamerica": ("BR", "MX", "AR", "CO"),
    "latam": ("BR", "MX", "AR", "CO"),
    "southeastasia": ("ID", "PH", "VN", "TH", "MY"),
    "sea": ("ID", "PH", "VN", "TH", "MY"),
    "middleeast": ("SA", "AE", "EG", "KW", "QA"),
    "mena": ("SA", "AE", "EG", "KW", "QA"),
    "eastasia": ("JP", "KR", "TW"),
    "anz": ("AU", "NZ"),
    "uk": ("GB",),
    "usa": ("US",),
    "korea": ("KR",),
    "uae": ("AE",),
}


def with_public_holidays(
    calendar: pl.DataFrame, regions: list[str], first: date, last: date
) -> tuple[pl.DataFrame, list[str]]:
    """The calendar with public holidays for every region it has none for, and notes that say which.

    A region may be a country (its name or ISO code) or one of the usual groups of countries; others get no
    holidays. first, last: the days to cover.
    """
    given = calendar.filter(pl.col("kind") == "holiday")["region"]
    if given.null_count():
        return calendar, []  # holidays for everywhere: the user has taken care of them
    added, unknown = [], []
    for region in sorted(set(regions) - set(given)):
        countries = countries_of(region)
        if countries:
            added.append((region, countries))
        elif region.casefold() != "unknown":
            unknown.append(region)
    notes = [
        f"The calendar has no holidays for {region}: public holidays of {', '.join(countries)} were added."
        for region, countries in added
    ]
    if unknown:
        notes.append(
            f"No public holidays are known for {', '.join(unknown)}: give them in the calendar, or name "
            "regions by country."
        )
    rows = [
        {
            "event_id": f"public holiday {region} {day}",
            "kind": "holiday",
            "name": name,
            "starts_at": datetime(day.year, day.month, day.day),
            "ends_at": datetime(day.year, day.month, day.day) + timedelta(days=1),
            "business_line": None,
            "region": region,
            "size": None,
        }
        for region, countries in added
        for day, name in public_holidays(countries, first, last).items()
    ]
    if not rows:
        return calendar, notes
    schema = {name: calendar.schema[name] for name in rows[0]}
    return pl.concat([calendar, pl.DataFrame(rows, schema=schema)], how="diagonal"), notes


def countries_of(region: str) -> tuple[str, ...]:
    """ISO codes of the countries a region stands for; none for a name that is not known."""
    from holidays.registry import COUNTRIES

    key = "".join(letter for letter in region.casefold() if letter.isalpha())
    if key in COUNTRIES_OF_REGION:
        return COUNTRIES_OF_REGION[key]
    for name, code, *other_codes in COUNTRIES.values():
        if key in (name.casefold(), code.casefold(), *(other.casefold() for other in other_codes)):
            return (code,)
    return ()


def public_holidays(countries: tuple[str, ...], first: date, last: date) -> dict[date, str]:
    """Days off in at least half of the countries, by the name most of them have for it."""
    from holidays import country_holidays

    names: dict[date, Counter[str]] = defaultdict(Counter)
    for country in countries:
        years = range(first.year, last.year + 1)
        for day, name in country_holidays(country, years=years, language="en_US").items():
            names[day][name.split(";")[0].strip()] += 1
    return {
        day: found.most_common(1)[0][0]
        for day, found in sorted(names.items())
        if first <= day <= last and 2 * sum(found.values()) >= len(countries)
    }
