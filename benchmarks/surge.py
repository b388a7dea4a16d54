"""How many false alarms surge detection gives, how soon it finds surges of several sizes, how well a wave's end is seen.

    python -m benchmarks.surge --series FILE --time COL --value COL [--events FILE] [--anomalies FILE]
    python -m benchmarks.surge --simulated [--per-hour 1 5 20 100]

Prints JSON. FILE is CSV (gzip too) or Parquet; times finer than an hour are added up. An events file has the columns
`holiday, ds, lower_window, upper_window` or those of the calendar table. An anomalies file is JSON: a list of
[start, end], or such lists by file name; alarms in those times are no false ones.
Delays are hours from a surge's first hour to the end of the hour whose alarm finds it; surges are planted at
random hours and last two days, one not found in that time counts as 48.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.forecast_data import BenchmarkError
from benchmarks.hourly_series import SlotSeries, add_series_arguments, read_series
from benchmarks.surge_cases import (
    DAY_NOISE,
    PLANTED_HOURS,
    SIZES,
    Planted,
    plant_surges,
    simulate_hours,
    simulate_wave,
)
from models.forecast.aftermath import fit_aftermath, learn_half_life
from models.forecast.surge import HOURS_PER_MONTH, WARM_UP_HOURS, scan_surges, surges_in

PLACES = 40
FEWEST_HOURS = 5 * 168
PAST_WAVES, WAVES = 6, 60
SEEN_DAYS, AHEAD_DAYS = 3, 14
HOURS_BEFORE = 6  # an alarm so shortly before a known anomaly belongs to it
SIMULATED_DAYS, SIMULATED_SERIES = 300, 12

Window = tuple[datetime, datetime]


def read_anomalies(path: Path | None, series: Path) -> list[Window]:
    """Known anomalies of a series. Raises BenchmarkError for a file of another form."""
    if path is None:
        return []
    try:
        found = json.loads(path.read_text())
        if isinstance(found, dict):
            found = next((times for name, times in found.items() if name.endswith(series.name)), [])
        return [
            (datetime.fromisoformat(start[:19]), datetime.fromisoformat(end[:19])) for start, end in found
        ]
    except (OSError, ValueError, TypeError) as error:
        raise BenchmarkError(f"{path} is no JSON list of [start, end]: {error}") from error


def false_alarms(
    counts: np.ndarray, holidays: np.ndarray, first: datetime, known: list[Window]
) -> dict[str, Any]:
    """Alarms on hourly counts, shape (hours, series), that no known anomaly explains."""
    started = time.perf_counter()
    surges = surges_in(scan_surges(counts, holidays=holidays))
    seconds = time.perf_counter() - started
    begin = [(start - timedelta(hours=HOURS_BEFORE), end) for start, end in known]
    alarms = [first + timedelta(hours=surge.detected) for surge in surges]
    false = [alarm for alarm in alarms if not any(start <= alarm <= end for start, end in begin)]
    found = sum(any(start <= alarm <= end for alarm in alarms) for start, end in begin)
    months = (len(counts) - WARM_UP_HOURS) / HOURS_PER_MONTH * counts.shape[1]
    return {
        "false_alarms_a_month": round(len(false) / months, 2),
        "false_alarms": len(false),
        "months": round(months, 1),
        "known_anomalies": len(known),
        "known_anomalies_found": found,
        "seconds": round(seconds, 2),
    }


def delays(planted: Planted) -> tuple[dict[str, Any], dict[str, Any]]:
    """Delay by size of surge: of all, and of those at 20 tickets an hour or more."""
    scan = scan_surges(planted.counts, holidays=planted.holidays)
    hours = np.full(len(planted.hour), float(PLANTED_HOURS))
    quiet = np.ones(len(planted.hour), dtype=bool)
    for column, start in enumerate(planted.hour):
        quiet[column] = not scan.on[start - 1, column]  # else an alarm was on before
        rings = np.flatnonzero(scan.started[start:, column])
        if rings.size:
            hours[column] = rings[0] + 1
    found = hours < PLANTED_HOURS
    return tuple(  # type: ignore[return-value]
        {
            f"{size:g}x": _told(hours[chosen], found[chosen])
            for size in SIZES
            for chosen in [quiet & enough & (planted.size == size)]
        }
        for enough in (np.ones_like(quiet), planted.usual >= 20)
    )


def _told(hours: np.ndarray, found: np.ndarray) -> dict[str, float | int | None]:
    if not hours.size:
        return {"median": None, "p90": None, "found": None, "planted": 0}
    median, late = np.quantile(hours, (0.5, 0.9), method="inverted_cdf")
    return {"median": median, "p90": late, "found": round(float(found.mean()), 3), "planted": len(hours)}


def aftermath(usual_a_day: float, seed: int) -> dict[str, float]:
    """WAPE of the 14 days after three days of a simulated wave: fitted, without adjustment, and with the level held."""
    rng = np.random.default_rng(seed)
    errors = np.zeros(3)
    tickets, inside = 0.0, []
    for _ in range(WAVES):
        past = [simulate_wave(usual_a_day, rng) for _ in range(PAST_WAVES)]
        prior = learn_half_life(
            [(came - usual)[:10] for came, usual in past],
            [np.hypot(np.sqrt(past[0][1]), DAY_NOISE * past[0][1])[:10]] * PAST_WAVES,
        )
        came, usual = simulate_wave(usual_a_day, rng)
        seen = (came - usual)[:SEEN_DAYS]
        fitted = fit_aftermath(
            seen, np.hypot(np.sqrt(usual), DAY_NOISE * usual)[:SEEN_DAYS], len(came), prior
        )
        ahead = slice(SEEN_DAYS, SEEN_DAYS + AHEAD_DAYS)
        made = (fitted.excess.mean(axis=0)[ahead], 0.0, seen[-1])
        errors += [np.abs(came[ahead] - usual[ahead] - excess).sum() for excess in made]
        tickets += came[ahead].sum()
        noise = rng.normal(0, np.hypot(np.sqrt(usual), DAY_NOISE * usual), fitted.excess.shape)
        low, high = np.quantile(fitted.excess + noise, (0.1, 0.9), axis=0)
        inside.append((came - usual >= low) & (came - usual <= high))
    wape = errors / tickets
    return {
        "wape": round(wape[0], 4),
        "wape_no_adjustment": round(wape[1], 4),
        "wape_level_held": round(wape[2], 4),
        "coverage_80": round(float(np.mean(inside)), 4),
    }


def run_series(series: SlotSeries, known: list[Window], seed: int) -> dict[str, Any]:
    """A series as it is, with surges planted into it, and waves at its volume."""
    counts = series.counts.ravel()
    if len(counts) < FEWEST_HOURS:
        raise BenchmarkError(f"{len(counts)} hours are too few; {FEWEST_HOURS} are needed")
    holidays = series.is_holiday(0, len(series.counts)).repeat(series.slots)
    first = datetime.combine(series.first, clock())
    by_size, from_twenty = delays(plant_surges(counts, holidays, PLACES, seed))
    return {
        "ours": false_alarms(counts[:, None], holidays[:, None], first, known),
        "usual_hourly": float(np.median(counts)),
        "delay_hours": by_size,
        "delay_hours_from_20_an_hour": from_twenty,
        "aftermath_simulated": aftermath(float(series.counts.sum(axis=1).mean()), seed),
    }


def run_simulated(per_hour: float, seed: int) -> dict[str, Any]:
    """Quiet simulated series of one volume, and surges planted into one more."""
    counts = simulate_hours(per_hour, SIMULATED_DAYS, SIMULATED_SERIES, seed)
    quiet = np.zeros(counts.shape, dtype=bool)
    other = simulate_hours(per_hour, SIMULATED_DAYS, 1, seed + 1)[:, 0]
    by_size, from_twenty = delays(plant_surges(other, quiet[:, 0], PLACES, seed))
    return {
        "ours": false_alarms(counts, quiet, datetime(2025, 1, 1), []),
        "usual_hourly": per_hour,
        "delay_hours": by_size,
        "delay_hours_from_20_an_hour": from_twenty,
        "aftermath_simulated": aftermath(24 * per_hour, seed),
    }


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, print the JSON; 2 for a wrong argument or file."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.surge", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_series_arguments(parser)
    parser.add_argument("--anomalies", type=Path, help="times that were no quiet ones, JSON")
    parser.add_argument("--simulated", action="store_true")
    parser.add_argument("--per-hour", type=float, nargs="+", default=[1, 5, 20, 100], help="tickets an hour")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(given)
    if not arguments.simulated and not (arguments.series and arguments.time and arguments.value):
        parser.error("--series, --time and --value are needed, or --simulated")
    try:
        if arguments.simulated:
            result = {
                f"{volume:g} an hour": run_simulated(volume, arguments.seed) for volume in arguments.per_hour
            }
        else:
            known = read_anomalies(arguments.anomalies, arguments.series)
            result = run_series(read_series(arguments, 60), known, arguments.seed)
    except (BenchmarkError, ValueError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
