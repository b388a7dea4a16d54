"""When the alarm sounds, when it does not, and when a surge is over."""

from __future__ import annotations

import argparse
import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.hourly_series import read_series
from benchmarks.surge import main
from benchmarks.surge_cases import simulate_hours
from models.forecast.surge import (
    DELTA,
    SurgeScan,
    anscombe_z,
    doubling_evidence,
    ewma_limit,
    scan_surges,
    surges_in,
)

WEEKS = 12
HOURS = WEEKS * 168
START = 9 * 168 + 10


@pytest.fixture(scope="module")
def quiet() -> np.ndarray:
    return simulate_hours(20, WEEKS * 7, 12, seed=3)


@pytest.fixture(scope="module")
def quiet_scan(quiet) -> SurgeScan:
    return scan_surges(quiet)


def _with_surge(quiet: np.ndarray, size: float, hours: int) -> np.ndarray:
    surged = quiet.copy()
    part = surged[START : START + hours]
    part += np.random.default_rng(5).poisson((size - 1) * part)
    return surged


def test_a_count_as_expected_is_about_zero_and_one_deviation_above_is_about_one():
    expected, dispersion = np.array([100.0, 100.0]), np.array([1e-6, 0.04])
    assert anscombe_z(expected, expected, dispersion) == pytest.approx([0, 0], abs=1e-9)
    deviation = np.sqrt(expected + dispersion * expected**2)
    assert anscombe_z(expected + deviation, expected, dispersion) == pytest.approx([1, 1], abs=0.12)


def test_the_evidence_for_a_doubling_is_the_poissons_where_counts_are_not_overdispersed():
    found = doubling_evidence(np.array([7.0]), np.array([4.0]), np.array([1e-9]))
    assert found == pytest.approx([7 * math.log(DELTA) - 4], abs=1e-4)


def test_the_limit_of_the_weighted_mean_gives_the_wanted_time_between_false_alarms():
    rng = np.random.default_rng(0)
    limit, ewma, lengths = ewma_limit(200), np.zeros(2000), np.zeros(2000)
    running = np.ones(2000, dtype=bool)
    while running.any():
        ewma = 0.7 * ewma + 0.3 * rng.standard_normal(2000)
        lengths += running
        running &= ewma < limit
    assert lengths.mean() == pytest.approx(200, rel=0.1)


def test_quiet_counts_sound_about_as_many_alarms_as_wanted(quiet, quiet_scan):
    months = (WEEKS - 2) * 168 / 730 * quiet.shape[1]
    assert len(surges_in(quiet_scan)) <= 1.3 * months
    assert len(surges_in(scan_surges(quiet, false_alarms_a_month=0.1))) < len(surges_in(quiet_scan))


def test_a_doubling_is_found_within_hours_and_its_end_is_recognised(quiet):
    scan = scan_surges(_with_surge(quiet, 2.0, 60))
    waits, ends = [], []
    for series in range(quiet.shape[1]):
        on = [
            surge
            for surge in surges_in(scan)
            if surge.series == series and START <= surge.detected < START + 40
        ]
        waits += [surge.detected - START + 1 for surge in on[:1]]
        ends += [surge.end - START for surge in on[:1] if surge.end is not None]
    assert len(waits) >= quiet.shape[1] - 1
    assert np.median(waits) <= 3
    assert np.median(ends) == pytest.approx(60, abs=8)


def test_what_is_usual_does_not_follow_a_surge_that_is_on(quiet, quiet_scan):
    scan = scan_surges(_with_surge(quiet, 4.0, 60))
    last_day = slice(START + 36, START + 60)
    assert scan.expected[last_day].sum() == pytest.approx(quiet_scan.expected[last_day].sum(), rel=0.1)


def test_what_lasts_two_weeks_is_the_new_usual(quiet):
    scan = scan_surges(_with_surge(quiet, 3.0, HOURS)[:, :4])
    first = [surge for surge in surges_in(scan) if abs(surge.start - START) < 5]
    assert [surge.end - surge.start for surge in first] == pytest.approx([14 * 24] * 4, abs=2)
    assert (scan.expected[-24:].sum(axis=0) > 1.4 * quiet[-24:, :4].sum(axis=0)).all()


def test_a_slow_rise_of_a_rare_count_is_no_surge_without_an_end():
    hours = 182 * 24
    rise = np.linspace(0.08, 0.13, hours)[:, None].repeat(40, axis=1)
    surges = surges_in(scan_surges(np.random.default_rng(0).poisson(rise).astype(float)))
    assert all((surge.end or hours) - surge.start <= 14 * 24 for surge in surges)


def test_an_hour_uses_nothing_that_came_after_it(quiet, quiet_scan):
    known = START + 30
    cut = scan_surges(quiet[:known])
    for name in ("expected", "strength", "threshold", "alarm_level", "on", "started", "ended"):
        assert np.array_equal(getattr(cut, name), getattr(quiet_scan, name)[:known], equal_nan=True), name


def test_a_planned_campaign_is_no_surge(quiet):
    surged = _with_surge(quiet, 2.0, 48)
    planned = np.ones(surged.shape)
    planned[START : START + 48] = 2.0
    during = slice(START, START + 48)
    assert scan_surges(surged, planned=planned).started[during].astype(bool).sum() <= 2
    assert scan_surges(surged).started[during].astype(bool).sum() >= quiet.shape[1] - 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.02, 1.0, 300.0]), st.integers(1, 30))
def test_any_counts_give_finite_usual_values_and_ordered_surges(seed, per_hour, days):
    counts = np.random.default_rng(seed).poisson(per_hour, (days * 24 + 5, 2)).astype(float)
    counts[::17, 1] = np.nan
    scan = scan_surges(counts)
    known = np.isfinite(counts[168:])
    assert np.isfinite(scan.expected[168:][known]).all()
    for surge in surges_in(scan):
        assert surge.start <= surge.detected
        assert surge.end is None or surge.end > surge.detected


def test_negative_counts_and_a_rate_of_zero_are_refused(quiet):
    with pytest.raises(ValueError, match="0 or more"):
        scan_surges(-quiet[:200])
    with pytest.raises(ValueError, match="no rate"):
        scan_surges(quiet[:200], false_alarms_a_month=0)


def test_the_benchmark_tells_false_alarms_delays_and_the_aftermath(tmp_path, capsys):
    path = tmp_path / "hours.csv"
    counts = simulate_hours(30, 70, 1, seed=2)[:, 0]
    at = pl.datetime_range(pl.datetime(2025, 1, 6), pl.datetime(2025, 3, 16, 23), "1h", eager=True)
    pl.DataFrame({"at": at, "tickets": counts}).write_csv(path)
    assert main(["--series", str(path), "--time", "at", "--value", "tickets"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ours"]["false_alarms_a_month"] <= 2
    assert result["delay_hours_from_20_an_hour"]["3x"]["median"] <= 3
    aftermath = result["aftermath_simulated"]
    assert aftermath["wape"] < 0.6 * aftermath["wape_no_adjustment"]
    pl.DataFrame({"at": at[:100], "tickets": counts[:100]}).write_csv(path)
    assert main(["--series", str(path), "--time", "at", "--value", "tickets"]) == 2


def test_a_time_given_twice_counts_once_or_is_added_up_and_that_is_said(tmp_path, capsys):
    path = tmp_path / "hours.csv"
    at = pl.datetime_range(pl.datetime(2025, 1, 6), pl.datetime(2025, 1, 7, 23), "1h", eager=True)
    hours = pl.DataFrame({"at": at, "tickets": range(48)})
    pl.concat([hours, hours[5:8], hours[8:9].with_columns(tickets=pl.lit(100, pl.Int64))]).write_csv(path)
    series = read_series(
        argparse.Namespace(series=path, time="at", value="tickets", hour=None, events=None), 60
    )
    assert series.counts[0, 4:10].tolist() == [4, 5, 6, 7, 108, 9]
    added, once = capsys.readouterr().err.splitlines()
    assert added.endswith("with other values, which are added up: 1, first 2025-01-06 08:00:00")
    assert once.endswith("with the same value, which counts once: 3, first 2025-01-06 05:00:00")
