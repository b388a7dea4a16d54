"""The benchmark's command line on files a user may have."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.forecast import main
from benchmarks.forecast_data import read_events


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "series.csv"
    days = [date(2024, 1, 1) + timedelta(day) for day in range(200)]
    counts = np.random.default_rng(0).poisson(np.tile([30, 30, 30, 30, 30, 10, 5], 29)[:200])
    pl.DataFrame({"day": days, "visits": counts}).write_csv(path)
    return path


def test_a_series_is_scored_against_the_seasonal_naive_forecast(series, capsys):
    asked = [
        "--series",
        str(series),
        "--time",
        "day",
        "--value",
        "visits",
        "--horizon",
        "14",
        "--cutoffs",
        "2",
    ]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ours"]["wape"] < result["seasonal_naive"]["wape"]
    assert set(result["ours"]) >= {
        "wape_event",
        "bias_event",
        "coverage_80",
        "coverage_95",
        "interval_score_95",
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--time", "day", "--value", "clicks"], "has no column clicks; it has day, visits"),
        (["--time", "day", "--value", "visits", "--horizon", "150"], "too short for a horizon of 150 days"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(series, capsys, arguments, told):
    assert main(["--series", str(series), *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_windows_of_an_events_file_become_whole_days(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("holiday,ds,lower_window,upper_window\nsale,2024-03-05,-1,2\nNew Year,2024-01-01,0,0\n")
    rows = read_events(path).sort("starts_at").select("name", "kind", "starts_at", "ends_at").rows()
    assert [(name, kind, str(start.date()), str(end.date())) for name, kind, start, end in rows] == [
        ("New Year", "holiday", "2024-01-01", "2024-01-02"),
        ("sale", "campaign", "2024-03-04", "2024-03-08"),
    ]
