"""The benchmark's command line on files a user may have."""

import gzip
import json
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.forecast import main
from benchmarks.forecast_data import BenchmarkError, read_case, read_events


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
        (["--time", "day", "--value", "visits", "--regressors", "sunny"], "has no column sunny"),
        (["--time", "visits", "--value", "visits"], "no row has a day"),
        (["--time", "day", "--value", "visits", "--events", "none.csv"], "none.csv does not exist"),
        (["--time", "day", "--value", "visits", "--cutoffs", "0"], "must be 1 or more"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(series, capsys, arguments, told):
    assert main(["--series", str(series), *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def read(path, text, group=None):
    path.write_text(text)
    return read_case(path, "day", "n", group=group, regressors=[], horizon=1, cutoffs=1).history


def days_of(values):
    return "".join(f"2024-01-{day:02},{value}\n" for day, value in enumerate(values, 1))


def test_text_that_is_no_number_is_named_by_its_row(tmp_path):
    with pytest.raises(BenchmarkError, match="n is 'abc' in row 3 "):
        read(tmp_path / "series.csv", "day,n\n" + days_of([1, 2, "abc", 4, 5]))


def test_a_missing_value_is_a_day_that_is_not_known(tmp_path):
    history = read(tmp_path / "series.csv", "day,n\n" + days_of([1, "", "NA", 4, 5]))
    assert [(day.day, count) for day, count in history.select("date", "tickets").rows()] == [
        (1, 1), (4, 4), (5, 5),
    ]  # fmt: skip


def test_a_day_that_comes_twice_in_a_file_of_days_is_an_error(tmp_path):
    rows = days_of([1, 2, 3, 4, 5]) + "2024-01-02,9\n"
    with pytest.raises(BenchmarkError, match="2024-01-02 comes 2 times in a file of whole days"):
        read(tmp_path / "series.csv", "day,n\n" + rows)
    grouped = "".join(f"{row},{shop}\n" for row, shop in zip(rows.split(), "aabaab", strict=True))
    apart = read(tmp_path / "series.csv", "day,n,shop\n" + grouped, group="shop")
    assert apart.height == 6
    with pytest.raises(BenchmarkError, match="2024-01-02 of a comes 2 times"):
        read(tmp_path / "series.csv", "day,n,shop\n" + grouped.replace("9,b", "9,a"), group="shop")


@pytest.mark.parametrize("clock", ["", " 0{hour}:00:00"])
def test_hours_are_added_up_to_days_also_where_the_column_holds_days_only(tmp_path, clock):
    rows = "".join(
        f"2024-01-0{day}{clock.format(hour=hour)},{day}\n" for day in range(1, 6) for hour in range(3)
    )
    assert read(tmp_path / "series.csv", "day,n\n" + rows)["tickets"].to_list() == [3, 6, 9, 12, 15]


def test_windows_of_an_events_file_become_whole_days(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("holiday,ds,lower_window,upper_window\nsale,2024-03-05,-1,2\nNew Year,2024-01-01,0,0\n")
    rows = read_events(path).sort("starts_at").select("name", "kind", "starts_at", "ends_at").rows()
    assert [(name, kind, str(start.date()), str(end.date())) for name, kind, start, end in rows] == [
        ("New Year", "holiday", "2024-01-01", "2024-01-02"),
        ("sale", "campaign", "2024-03-04", "2024-03-08"),
    ]


def test_an_events_file_may_be_a_calendar_table(tmp_path):
    path = tmp_path / "calendar.csv"
    path.write_text(
        "event_id,kind,name,starts_at,ends_at,business_line\n"
        "1,campaign,Sale 2024,2024-03-05T00:00:00Z,2024-03-08T00:00:00+00:00,shop\n"
        "2,holiday,New Year,2024-01-01,2024-01-02,\n"
    )
    rows = read_events(path).select("kind", "starts_at", "ends_at", "business_line", "region").rows()
    assert rows == [
        ("campaign", datetime(2024, 3, 5), datetime(2024, 3, 8), "shop", None),
        ("holiday", datetime(2024, 1, 1), datetime(2024, 1, 2), None, None),
    ]


@pytest.mark.filterwarnings("ignore")  # Prophet's own
def test_prophet_counts_in_its_best_form_with_the_same_columns(tmp_path, capsys):
    pytest.importorskip("prophet")
    path = tmp_path / "shops.csv.gz"
    days = [date(2024, 1, 1) + timedelta(day) for day in range(240)]
    promo = (np.random.default_rng(1).random(240) < 0.3).astype(int)
    counts = np.random.default_rng(2).poisson(40 * (1 + promo))
    shops = pl.DataFrame({"day": days, "visits": counts, "promo": promo, "shop": "north"})
    with gzip.open(path, "wb") as file:
        file.write(shops.write_csv().encode())
    asked = ["--series", str(path), "--time", "day", "--value", "visits", "--group", "shop"]
    asked += ["--regressors", "promo", "--horizon", "30", "--cutoffs", "1", "--against", "prophet"]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out)
    scores = {
        "wape",
        "wape_event",
        "bias_event",
        "coverage_80",
        "coverage_95",
        "interval_score_95",
        "seconds",
    }
    assert set(result["prophet"]) >= scores
    forms = result["prophet_forms"]
    assert result["prophet"]["wape"] == min(form["wape"] for form in forms.values())
    assert result["by_series"][0]["series"] == "north"
    assert result["ours"]["wape_event"] < 0.3  # without the column it is 0.45 and more


def test_the_simulated_panel_gives_every_series(capsys):
    asked = ["--panel", "simulated", "--seeds", "1", "--horizon", "14", "--cutoffs", "1"]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out)
    assert len(result["by_series"]) == 72
    assert result["by_series"][0]["series"] == "seed 1 / ecommerce / in_app / 1 / eu"
    assert result["ours"]["wape"] < result["seasonal_naive"]["wape"]
