"""A made-up ticket panel that no forecast model has the right columns for.

Levels wander, the year has bumps instead of waves, campaigns come mis-timed, mis-sized, missing from the calendar
or under a new name, and ATO waves strike unannounced.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

CALENDAR_SCHEMA = {
    "event_id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "starts_at": pl.Datetime("us"),
    "ends_at": pl.Datetime("us"),
    "business_line": pl.String,
    "region": pl.String,
    "size": pl.Float64,
}
LINES = ("ecommerce", "live", "creator", "account_security")
CHANNELS = ("in_app", "chat", "email")
TIERS = ("1", "2")
REGIONS = ("eu", "us", "apac")
CAMPAIGNS = (
    ("Spring sale", 3, 20, 5),
    ("Mid-year sale", 6, 18, 3),
    ("Back to school", 8, 25, 6),
    ("11.11", 11, 11, 1),
    ("Black Friday", 11, 27, 4),
    ("12.12", 12, 12, 1),
)
HOLIDAYS = (("New Year", 1, 1), ("Labour Day", 5, 1), ("National Day", 10, 3), ("Christmas", 12, 25))


@dataclass(frozen=True)
class TicketPanel:
    """history and calendar as the forecast takes them; event_days: date and business_line of the days on which a
    campaign truly ran, announced or not; mean: history with the true mean as tickets."""

    history: pl.DataFrame
    calendar: pl.DataFrame
    event_days: pl.DataFrame
    mean: pl.DataFrame


def simulate_panel(seed: int, first: date, days: int, tickets_per_day: float = 2_000.0) -> TicketPanel:
    """Draw `days` days of tickets for 72 segments; one seed, one panel."""
    rng = np.random.default_rng(seed)
    segments = [
        (line, channel, tier, region)
        for line in LINES
        for channel in CHANNELS
        for tier in TIERS
        for region in REGIONS
    ]
    calendar, lift, event_days = _campaigns(rng, first, days)
    waves, wave_rows = _ato_waves(rng, first, days)
    level = rng.normal(0, 0.9, len(segments))
    level += np.log(tickets_per_day / np.exp(level).sum())
    line_shock = {line: _wander(rng, days, 0.01) + _autoregressive(rng, days, 0.06) for line in LINES}
    week = {
        channel: rng.normal(0, 0.15, 7) + np.array([0.1, 0.05, 0, 0, 0, -0.25, -0.3]) for channel in CHANNELS
    }
    year = {region: _bumps(rng, first, days) for region in REGIONS}
    holiday = {region: _holidays(rng, first, days) for region in REGIONS}
    weekday = (np.arange(days) + first.weekday()) % 7
    mean = np.zeros((days, len(segments)))
    for at, (line, channel, _, region) in enumerate(segments):
        reach = rng.lognormal(0, 0.25)
        log_mean = level[at] + line_shock[line] + week[channel][weekday] + year[region] + holiday[region]
        log_mean = log_mean + _wander(rng, days, 0.008) + reach * lift[line]
        mean[:, at] = np.exp(log_mean) * waves[line]
    counts = rng.poisson(mean * rng.gamma(25.0, 1 / 25.0, mean.shape))
    return TicketPanel(
        _frame(segments, counts, first),
        pl.concat([calendar, _holiday_rows(first, days), wave_rows]),
        event_days,
        _frame(segments, mean, first),
    )


def _frame(segments: list[tuple[str, str, str, str]], values: np.ndarray, first: date) -> pl.DataFrame:
    days = len(values)
    keys = pl.DataFrame(segments, schema=["business_line", "channel", "tier", "region"], orient="row")
    dates = pl.Series("date", [first + timedelta(day) for day in range(days)] * len(segments))
    return (
        keys[np.repeat(np.arange(len(segments)), days)]
        .with_columns(dates, pl.Series("tickets", values.T.ravel()))
        .filter(pl.col("tickets") > 0)
        .select("date", "business_line", "channel", "tier", "region", "tickets")
    )


def _wander(rng: np.random.Generator, days: int, step: float) -> np.ndarray:
    return np.cumsum(rng.normal(0, step, days))


def _autoregressive(rng: np.random.Generator, days: int, spread: float) -> np.ndarray:
    noise = rng.normal(0, spread * np.sqrt(1 - 0.7**2), days)
    for day in range(1, days):
        noise[day] += 0.7 * noise[day - 1]
    return noise


def _bumps(rng: np.random.Generator, first: date, days: int) -> np.ndarray:
    position = ((np.arange(days) + first.timetuple().tm_yday) % 365.25) / 365.25
    total = np.zeros(days)
    for centre, height, width in zip(
        rng.random(3), rng.normal(0, 0.25, 3), rng.uniform(0.04, 0.15, 3), strict=True
    ):
        apart = np.minimum(np.abs(position - centre), 1 - np.abs(position - centre))
        total += height * np.exp(-0.5 * (apart / width) ** 2)
    return total


def _holidays(rng: np.random.Generator, first: date, days: int) -> np.ndarray:
    effect = {name: rng.normal(-0.35, 0.15) for name, _, _ in HOLIDAYS}
    total = np.zeros(days)
    for day in range(days):
        on = first + timedelta(day)
        for name, month, day_of_month in HOLIDAYS:
            if (on.month, on.day) == (month, day_of_month):
                total[day] += effect[name]
            if (on - timedelta(1)).month == month and (on - timedelta(1)).day == day_of_month:
                total[day] += 0.1
    return total


def _holiday_rows(first: date, days: int) -> pl.DataFrame:
    years = range(first.year, (first + timedelta(days)).year + 1)
    rows = [
        (f"{name} {year}", "holiday", name, date(year, month, day), 1)
        for year in years
        for name, month, day in HOLIDAYS
    ]
    return _calendar([(*row, None, None) for row in rows])


def _calendar(rows: list[tuple]) -> pl.DataFrame:
    """Calendar rows from (id, kind, name, first day, days, business line, size)."""
    return pl.DataFrame(
        [
            (
                key,
                kind,
                name,
                datetime.combine(start, time()),
                datetime.combine(start, time()) + timedelta(long),
                line,
                None,
                size,
            )
            for key, kind, name, start, long, line, size in rows
        ],
        schema=CALENDAR_SCHEMA,
        orient="row",
    )


def _campaigns(
    rng: np.random.Generator, first: date, days: int
) -> tuple[pl.DataFrame, dict[str, np.ndarray], pl.DataFrame]:
    """The calendar as planned and the lift as it came, on the log scale, by business line."""
    lift = {line: np.zeros(days) for line in LINES}
    responds = {line: rng.uniform(0.2, 0.8) for line in LINES}
    rows: list[tuple] = []
    event_days: set[tuple[date, str]] = set()
    usual = {name: rng.uniform(0.6, 1.6) for name, *_ in CAMPAIGNS}
    for year in range(first.year - 1, (first + timedelta(days)).year + 1):
        extra = [
            (
                f"Flash {year}-{at}",
                int(rng.integers(1, 13)),
                int(rng.integers(1, 28)),
                int(rng.integers(1, 4)),
            )
            for at in range(3)
        ]
        for name, month, day, long in (*CAMPAIGNS, *extra):
            planned = date(year, month, day) + timedelta(int(rng.integers(-3, 4)))
            size = usual.get(name, 0.7) * rng.lognormal(0, 0.15)
            line = None if rng.random() < 0.6 else LINES[int(rng.integers(len(LINES)))]
            if rng.random() > 0.08:  # else nobody told the planners
                rows.append(
                    (f"{name} {year}", "campaign", f"{name} {year}", planned, long, line, round(size, 1))
                )
            came = planned + timedelta(int(rng.choice([-1, 0, 0, 0, 1])))
            strength = size * rng.lognormal(0, 0.3)
            touches = LINES if line is None else (line,)
            for at in range(-3, long + 14):
                index = (came - first).days + at
                if not 0 <= index < days:
                    continue
                shape = np.exp(0.9 * at) * 0.5 if at < 0 else 1.0 if at < long else 0.75 * 0.8 ** (at - long)
                for touched in touches:
                    lift[touched][index] += responds[touched] * strength * shape
                if 0 <= at < long:
                    event_days |= {(first + timedelta(index), touched) for touched in touches}
    true_days = pl.DataFrame(sorted(event_days), schema=["date", "business_line"], orient="row")
    return _calendar(rows), lift, true_days


def _ato_waves(
    rng: np.random.Generator, first: date, days: int
) -> tuple[dict[str, np.ndarray], pl.DataFrame]:
    factor = {line: np.ones(days) for line in LINES}
    rows = []
    for at in range(int(rng.poisson(5 * days / 365))):
        line = LINES[int(rng.choice(len(LINES), p=[0.15, 0.1, 0.15, 0.6]))]
        start, peak, half_life = int(rng.integers(days)), rng.uniform(1, 6), rng.uniform(1, 5)
        after = np.arange(days - start)
        factor[line][start:] += peak * 0.5 ** (after / half_life) * np.minimum((after + 1) / 2, 1)
        if rng.random() < 0.5:
            rows.append(
                (
                    f"wave {at}",
                    "ato_wave",
                    f"ATO wave {at}",
                    first + timedelta(start),
                    int(3 * half_life) + 1,
                    line,
                    None,
                )
            )
    return factor, _calendar(rows)
