"""Public holidays for regions that the calendar leaves out."""

from datetime import date

import polars as pl
import pytest

from models.forecast.public_holidays import countries_of, public_holidays, with_public_holidays
from tests.forecast.test_forecast import NO_EVENTS, event

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("region", "countries"),
    [
        ("DE", ("DE",)),
        ("Germany", ("DE",)),
        ("United States", ("US",)),
        ("usa", ("US",)),
        ("UK", ("GB",)),
        ("North America", ("US", "CA")),
        ("Region 7", ()),
    ],
)
def test_regions_are_read_as_countries(region, countries):
    assert countries_of(region) == countries


def test_a_group_of_countries_has_the_days_that_half_of_them_have():
    europe = public_holidays(countries_of("Europe"), *YEAR)
    assert europe[date(2026, 12, 25)] == "Christmas Day"
    assert date(2026, 7, 14) not in europe  # France alone


def test_only_regions_without_holidays_of_their_own_get_public_ones():
    own = event("holiday", "Company day", date(2026, 3, 3)).with_columns(region=pl.lit("DE"))
    calendar, notes = with_public_holidays(own, ["DE", "FR", "unknown", "Region 7"], *YEAR)
    assert calendar.filter(region="DE").height == 1
    assert date(2026, 7, 14) in calendar.filter(region="FR")["starts_at"].dt.date().to_list()
    assert set(calendar["region"]) == {"DE", "FR"}
    assert [note.split(":")[0] for note in notes] == [
        "The calendar has no holidays for FR",
        "No public holidays are known for Region 7",
    ]


def test_a_holiday_for_everywhere_means_that_none_is_missing():
    everywhere = event("holiday", "New Year", date(2026, 1, 1))
    assert with_public_holidays(everywhere, ["DE"], *YEAR) == (everywhere, [])


def test_an_empty_calendar_gets_them_too():
    calendar, _ = with_public_holidays(NO_EVENTS, ["US"], *YEAR)
    assert calendar.schema == NO_EVENTS.schema
    assert date(2026, 7, 4) in calendar["starts_at"].dt.date().to_list()
