"""When teams are there: the open minutes of every hour, by schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from models.staffing.capacity_curve import Floats

ALWAYS = ""  # the schedule of a group that names none
_WEEK_MINUTES = 10_080


@dataclass(frozen=True)
class Hours:
    """Whole hours on the account's clock, from a midnight on."""

    first: date
    days: int
    time_zone: str

    @property
    def count(self) -> int:
        return self.days * 24

    def starts(self) -> pl.Series:
        """The beginning of every hour, naive, on the account's clock."""
        begin = datetime.combine(self.first, time())
        return pl.datetime_range(
            begin, begin + timedelta(hours=self.count - 1), "1h", time_unit="us", eager=True
        )

    def dates(self) -> list[date]:
        """Every day."""
        return [self.first + timedelta(days=day) for day in range(self.days)]

    def in_zone(self, time_zone: str) -> pl.Series:
        """The beginning of every hour, naive, on another zone's clock."""
        # Where the account's clocks change, an hour that never was counts as the one before it.
        local = self.starts().dt.replace_time_zone(self.time_zone, ambiguous="earliest", non_existent="null")
        return local.fill_null(strategy="forward").dt.convert_time_zone(time_zone).dt.replace_time_zone(None)


def open_minutes(schedules: pl.DataFrame, holidays: pl.DataFrame, hours: Hours) -> dict[str, Floats]:
    """Minutes of each hour in which a schedule is open, by schedule_id, and `ALWAYS` without one.

    schedules: schedule_id, time_zone, start_minute, end_minute (since Sunday 00:00, local); holidays: schedule_id,
    date. Raises ValueError for a time zone that nobody knows.
    """
    opened = {ALWAYS: np.full(hours.count, 60.0)}
    closed = {name: set(days) for name, days in holidays.group_by("schedule_id").agg("date").iter_rows()}
    clocks: dict[str, tuple[Floats, npt.NDArray[np.datetime64]]] = {}
    for (name, zone), week in schedules.group_by("schedule_id", "time_zone", maintain_order=True):
        if zone not in clocks:
            clocks[str(zone)] = _local_clock(hours, str(zone))
        minute, day = clocks[str(zone)]
        minutes = np.zeros(hours.count)
        for start, end in week.select("start_minute", "end_minute").iter_rows():
            # An hour that begins late on Saturday reaches into the next week.
            for lap in (0, _WEEK_MINUTES):
                minutes += np.clip(
                    np.minimum(minute + 60, end + lap) - np.maximum(minute, start + lap), 0, 60
                )
        is_closed = np.isin(day, np.array(sorted(closed.get(name, ())), dtype="datetime64[D]"))
        opened[str(name)] = np.where(is_closed, 0.0, np.minimum(minutes, 60.0))
    return opened


def _local_clock(hours: Hours, zone: str) -> tuple[Floats, npt.NDArray[np.datetime64]]:
    """Minutes since Sunday 00:00 and the date, at the beginning of each hour, in a zone."""
    try:
        local = hours.in_zone(zone)
    except pl.exceptions.ComputeError:
        raise ValueError(
            f"time zone '{zone}' of a schedule is not known; use an IANA name such as Europe/Lisbon"
        ) from None
    day = (local.dt.weekday() % 7).cast(pl.Int64).to_numpy()
    minute = (
        day * 1440
        + local.dt.hour().cast(pl.Int64).to_numpy() * 60
        + local.dt.minute().cast(pl.Int64).to_numpy()
    )
    return minute.astype(np.float64), local.dt.date().to_numpy().astype("datetime64[D]")
