"""The hourly forecast as a table, from the daily forecast and past hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.forecast.intraday import IntradayHistory, forecast_intraday
from models.forecast.panel import Bools, Floats

QUEUE = ("business_line", "channel", "tier")
AHEAD_DAYS = 28
PAST_DAYS = 182
HOURS = 24
MOST = 0.5  # a day is a holiday where it is one for this share of the tickets


def forecast_hours(
    daily: pl.DataFrame, hourly: pl.DataFrame, calendar: pl.DataFrame, made_on: date
) -> pl.DataFrame:
    """Tickets per hour of the coming 28 days, by business line, channel and tier.

    daily: business_line, channel, tier, region, date, expected, summed here over regions. hourly: business_line,
    channel, tier, hour, tickets. calendar: the contract's, in the account's zone. Gives made_on, business_line,
    channel, tier, starts_at, minutes, expected, low_80, high_80, is_holiday; the hours of a day sum to its forecast.
    Every day has 24 hours, also the two of a year on which clocks are set: the one that is left out in spring is there,
    the one that comes twice in autumn is one.
    """
    days = min(AHEAD_DAYS, daily["date"].n_unique())
    ahead = daily.filter(pl.col("date") <= made_on + timedelta(days=days))
    queues = ahead.select(QUEUE).unique().sort(QUEUE).with_row_index("queue")
    expected = np.zeros((days, queues.height))
    rows = ahead.group_by(*QUEUE, "date").agg(pl.col("expected").sum()).join(queues, on=QUEUE)
    place = rows.select((pl.col("date") - made_on).dt.total_days() - 1).to_series().to_numpy()
    expected[place, rows["queue"].to_numpy()] = rows["expected"].to_numpy()
    counts = _past_hours(hourly, queues, made_on)
    first = made_on - timedelta(days=len(counts) - 1)
    dates = [first + timedelta(days=day) for day in range(len(counts) + days)]
    holidays = _holidays(ahead, calendar, queues, dates)
    made = forecast_intraday(
        IntradayHistory(counts, np.array([day.weekday() for day in dates]), holidays),
        expected,
        keep_totals=True,
    )
    starts = [
        datetime.combine(dates[len(counts)], time()) + timedelta(hours=hour) for hour in range(days * HOURS)
    ]
    return pl.concat(
        pl.DataFrame(
            {"made_on": made_on}
            | {name: queue[name] for name in QUEUE}
            | {
                "starts_at": starts,
                "minutes": 60,
                "expected": made.expected[:, :, queue["queue"]].ravel(),
                "low_80": made.low_80[:, :, queue["queue"]].ravel(),
                "high_80": made.high_80[:, :, queue["queue"]].ravel(),
                "is_holiday": holidays[len(counts) :, queue["queue"]].repeat(HOURS),
            }
        )
        for queue in queues.iter_rows(named=True)
    )


def _past_hours(hourly: pl.DataFrame, queues: pl.DataFrame, made_on: date) -> Floats:
    """Tickets of the last days, shape (days, 24, queues); an hour without a row had none."""
    known = hourly.filter(
        pl.col("hour").dt.date().is_between(made_on - timedelta(days=PAST_DAYS - 1), made_on)
    )
    first: Any = known["hour"].dt.date().min()
    days = (made_on - first).days + 1 if first else 1
    rows = known.join(queues, on=QUEUE)
    counts = np.zeros((days, HOURS, queues.height))
    if first:
        day = rows.select((pl.col("hour").dt.date() - first).dt.total_days()).to_series().to_numpy()
        np.add.at(
            counts,
            (day, rows["hour"].dt.hour().to_numpy(), rows["queue"].to_numpy()),
            rows["tickets"].to_numpy().astype(np.float64),
        )
    return counts


def _holidays(daily: pl.DataFrame, calendar: pl.DataFrame, queues: pl.DataFrame, dates: list[date]) -> Bools:
    """Whether a day is a holiday for most of a queue's tickets, shape (days, queues)."""
    total = daily.group_by(QUEUE).agg(pl.col("expected").sum().alias("all"))
    shares = (
        daily.group_by(*QUEUE, "region")
        .agg(pl.col("expected").sum())
        .join(total, on=QUEUE)
        .join(queues, on=QUEUE)
        .with_columns(share=pl.col("expected") / pl.col("all").clip(1e-9))
    )
    share = np.zeros((len(dates), queues.height))
    for event in calendar.filter(pl.col("kind") == "holiday").iter_rows(named=True):
        scope = {name: event[name] for name in ("business_line", "region") if event[name] is not None}
        reached = shares.filter(**scope)
        last = max(event["ends_at"] - timedelta(microseconds=1), event["starts_at"]).date()
        on = [place for place, day in enumerate(dates) if event["starts_at"].date() <= day <= last]
        for queue, part in reached.select("queue", "share").iter_rows():
            share[on, queue] += part
    return share >= MOST
