"""What a calendar may not leave out."""

from datetime import date

import polars as pl
import pytest

from models.forecast.calendar_features import read_calendar
from tests.forecast.test_forecast import event


@pytest.mark.parametrize("column", ["name", "starts_at", "ends_at"])
def test_an_event_without_a_name_or_a_time_is_named_by_its_id(column):
    calendar = event("campaign", "Sale", date(2026, 3, 1)).with_columns(
        pl.lit("sale-7").alias("event_id"), pl.lit(None).alias(column)
    )
    with pytest.raises(ValueError, match=f"calendar event sale-7 has no {column}; give it one"):
        read_calendar(calendar, date(2026, 2, 1))
