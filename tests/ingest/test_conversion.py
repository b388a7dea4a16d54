from datetime import date, datetime

import polars as pl
import pytest

from assets.ingest.contract import Tickets
from assets.ingest.conversion import convert
from assets.ingest.mapping import Times

TIME = pl.Datetime("us")
TEN = datetime(2026, 1, 5, 10)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T10:00:00Z",
        "2026-01-05 10:00:00 UTC",
        "2026-01-05T12:00:00+02:00",
        "2026-01-05T12:00:00.000+0200",
        "2026-01-05T12:00+0200",
    ],
)
def test_a_time_with_a_zone_becomes_utc(text: str) -> None:
    assert convert(pl.Series([text]), TIME, Times()).values.to_list() == [TEN]


@pytest.mark.parametrize("text", ["2026-01-05T11:00:00", "2026-01-05 11:00", "2026-01-05 11:00:00.000"])
def test_a_time_without_a_zone_is_in_the_declared_one(text: str) -> None:
    times = Times(zone="Europe/Berlin")
    assert convert(pl.Series([text]), TIME, times).values.to_list() == [TEN]


def test_a_date_alone_is_its_local_midnight() -> None:
    times = Times(zone="America/New_York", formats=("%m/%d/%Y",))
    made = convert(pl.Series(["2026-01-05", "01/05/2026"]), TIME, times).values.to_list()
    assert made == [datetime(2026, 1, 5, 5)] * 2


def test_without_a_declared_zone_a_naive_time_is_flagged() -> None:
    converted = convert(pl.Series(["2026-01-05 10:00", "2026-01-05T10:00:00Z"]), TIME, Times())
    assert converted.values.to_list() == [None, TEN]
    assert converted.zoneless is not None
    assert converted.zoneless.to_list() == [True, False]


def test_typed_times_keep_their_instant() -> None:
    berlin = pl.Series([datetime(2026, 1, 5, 11)]).dt.replace_time_zone("Europe/Berlin")
    assert convert(berlin, TIME, Times()).values.to_list() == [TEN]
    naive = pl.Series([date(2026, 1, 5)])
    assert convert(naive, TIME, Times(zone="UTC")).values.to_list() == [datetime(2026, 1, 5)]


def test_a_local_time_that_the_clock_skips_does_not_convert() -> None:
    skipped = pl.Series(["2026-03-29 02:30", "2026-03-29 03:30"])
    made = convert(skipped, TIME, Times(zone="Europe/Berlin")).values.to_list()
    assert made == [None, datetime(2026, 3, 29, 1, 30)]


def test_of_an_hour_that_comes_twice_the_first_is_taken() -> None:
    twice = pl.Series(["2026-10-25 02:30"])
    assert convert(twice, TIME, Times(zone="Europe/Berlin")).values.to_list() == [
        datetime(2026, 10, 25, 0, 30)
    ]


def test_epochs_are_seconds_or_milliseconds_as_declared() -> None:
    seconds = convert(pl.Series(["1767607200"]), TIME, Times(formats=("epoch_s",))).values
    milliseconds = convert(pl.Series([1767607200000]), TIME, Times(formats=("epoch_ms",))).values
    assert seconds.to_list() == milliseconds.to_list() == [TEN]


def test_numbers_flags_and_lists_convert_or_are_null() -> None:
    times = Times()
    assert convert(pl.Series(["3", "3.0", "3.5", "x"]), pl.Int64(), times).values.to_list() == [
        3,
        3,
        None,
        None,
    ]
    assert convert(pl.Series(["Yes", "no", "1", "maybe"]), pl.Boolean(), times).values.to_list() == [
        True,
        False,
        True,
        None,
    ]
    listed = convert(pl.Series(['["a", "b"]', "a, b", "[broken"]), pl.List(pl.String), times).values
    assert listed.to_list() == [["a", "b"], ["a", "b"], None]


def test_attributes_come_as_an_object_or_a_list() -> None:
    dtype = Tickets.create_empty().schema["attributes"]
    made = convert(pl.Series(['{"app": "8.1"}', '[{"key": "app", "value": "8.1"}]']), dtype, Times()).values
    assert made.to_list() == [[{"key": "app", "value": "8.1"}]] * 2


def test_numeric_ids_become_text_without_a_decimal_point() -> None:
    assert convert(pl.Series([35436.0, None]), pl.String(), Times()).values.to_list() == ["35436", None]
