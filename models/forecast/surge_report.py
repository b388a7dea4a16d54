"""What the alarms of many hourly counts say: each surge with its size, its hours and its likely course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from models.forecast.aftermath import HalfLifePrior, fit_aftermath, learn_half_life
from models.forecast.panel import Bools, Floats, Ints
from models.forecast.segments import forecast_fit
from models.forecast.surge import Surge, SurgeScan, scan_surges, surges_in
from models.forecast.what_if import fit_for_what_if

SERIES = ("scope", "business_line", "region", "theme_id")
HOUR = timedelta(hours=1)
DAY = 24
REPORTED_DAYS = 90
PAST_WEEKS = 8  # before the days reported, to learn what is usual and how often the alarm would have sounded
GRID_DAYS = 28  # the past begins on a fixed grid, so that tomorrow's run finds the same alarms
DAYS_BEFORE, MOST_DAYS = 3, 14
COURSE_DAYS = 14
LEVEL_ERROR = 0.05  # relative error of the usual level over a whole surge
Z_95 = 1.96
FEWEST_HOURS = 3  # of a wave's first day, to guess the whole of it
HOLIDAY_SHARE = 0.5
MOST_LIFT = 5.0


@dataclass(frozen=True)
class Watched:
    """Hourly counts, shape (hours, series), the first hour at midnight UTC; series: a row of SERIES for each.

    Counts end in NaN where a series is known less long than others. holidays: the hours of holidays; planned: by how
    much campaigns known ahead lift the usual; shaped like counts.
    """

    first: datetime
    counts: Floats
    series: pl.DataFrame
    holidays: Bools
    planned: Floats

    @cached_property
    def known(self) -> Ints:
        """Hours that are known of each series."""
        return np.isfinite(self.counts).sum(axis=0)

    def at(self, hour: int) -> datetime:
        return self.first + hour * HOUR


def watched_from(now: datetime) -> datetime:
    """The first hour to read for a report as of now."""
    day = now.date() - timedelta(days=REPORTED_DAYS + 7 * PAST_WEEKS)
    return datetime.combine(day - timedelta(days=day.toordinal() % GRID_DAYS), datetime.min.time())


def holiday_days(calendar: pl.DataFrame) -> pl.DataFrame:
    """Region (null: everywhere) and date of each day of a holiday of all lines; calendar in the account's zone."""
    last = (pl.col("ends_at") - pl.duration(microseconds=1)).dt.date()
    return (
        calendar.filter(
            pl.col("kind") == "holiday",
            pl.col("business_line").is_null(),
            pl.col("ends_at") > pl.col("starts_at"),
        )
        .select("region", date=pl.date_ranges(pl.col("starts_at").dt.date(), last))
        .explode("date")
    )


def watch_hours(
    hourly: pl.DataFrame, holidays: pl.DataFrame, lifts: pl.DataFrame, now: datetime, zone: str
) -> Watched:
    """Lay counts out by hour and series, up to the last whole hour that is known, at most to now.

    hourly: SERIES, hour (UTC), tickets, known_until; until then an hour without a row had none. holidays: region
    (null: everywhere), date. A holiday counts for its region, and for the other series where half of the tickets come
    from there. lifts: SERIES but the theme, date, lift; 1 where there is no row. zone: whose days the dates are.
    """
    first = watched_from(now)
    if hourly.height:
        begun: Any = hourly["hour"].min()
        first = max(first, datetime.combine(begun.date(), datetime.min.time()))
    series = hourly.group_by(SERIES).agg(pl.col("known_until").max()).sort(SERIES, nulls_last=True)
    known = [int((min(until, now) - first) // HOUR) for until in series["known_until"]]
    hours, series = max(known, default=0), series.drop("known_until")
    rows = hourly.join(series.with_row_index("series"), on=SERIES, nulls_equal=True).with_columns(
        place=(pl.col("hour") - first).dt.total_hours()
    )
    rows = rows.filter(pl.col("place").is_between(0, hours - 1))
    counts = np.zeros((hours, series.height))
    counts[rows["place"].to_numpy(), rows["series"].to_numpy()] = rows["tickets"].to_numpy()
    for column, until in enumerate(known):
        counts[max(until, 0) :, column] = np.nan
    day_hours = _DayHours(first, ZoneInfo(zone))
    holiday_hours = _holiday_hours(day_hours, counts, series, holidays)
    return Watched(first, counts, series, holiday_hours, _planned_hours(day_hours, counts, series, lifts))


def campaign_lifts(history: pl.DataFrame, calendar: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """By how much campaigns lifted a day in the days reported, as a forecast made before them would have said.

    history, calendar: as `forecast_daily` takes them. Gives scope, business_line, region, date, lift (1 or more).
    """
    before = now.date() - timedelta(days=REPORTED_DAYS)
    lifts = dict.fromkeys(SERIES[:-1], pl.String) | {"date": pl.Date, "lift": pl.Float64}
    if not history.filter(pl.col("date") <= before).height:
        return pl.DataFrame(schema=lifts)
    fitted = fit_for_what_if(history, calendar, cutoff=before, horizon=REPORTED_DAYS + 1)
    made = forecast_fit(fitted.fit)
    segments = fitted.segments.select("business_line", "region")
    base = made.base[-len(fitted.dates) :]
    days = pl.concat(
        segments.with_columns(date=pl.lit(day), with_campaigns=pl.Series(with_it), without=pl.Series(without))
        for day, with_it, without in zip(fitted.dates, fitted.baseline, base, strict=True)
    )
    lift = (
        (pl.col("with_campaigns").sum() / pl.col("without").sum().clip(1e-9))
        .clip(1.0, MOST_LIFT)
        .alias("lift")
    )
    by_scope = [
        days.group_by("date", *keys).agg(lift).with_columns(scope=pl.lit(scope))
        for scope, keys in (("total", ()), ("business_line", ("business_line",)), ("region", ("region",)))
    ]
    return pl.concat(by_scope, how="diagonal").select(list(lifts))


@dataclass(frozen=True)
class _DayHours:
    """Which hours, counted from the first in UTC, a day of a time zone has."""

    first: datetime
    zone: ZoneInfo

    def of(self, day: date) -> slice:
        begin, end = (
            datetime.combine(midnight, time(), tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)
            for midnight in (day, day + timedelta(days=1))
        )
        return slice(max((begin - self.first) // HOUR, 0), max((end - self.first) // HOUR, 0))


def _planned_hours(day_hours: _DayHours, counts: Floats, series: pl.DataFrame, lifts: pl.DataFrame) -> Floats:
    planned = np.ones(counts.shape)
    names = list(SERIES[:-1])
    rows = lifts.join(
        series.with_row_index("series").filter(pl.col("scope") != "theme"), on=names, nulls_equal=True
    )
    for day, column, lift in rows.select("date", "series", "lift").iter_rows():
        planned[day_hours.of(day), column] = lift
    return planned


def _holiday_hours(
    day_hours: _DayHours, counts: Floats, series: pl.DataFrame, holidays: pl.DataFrame
) -> Bools:
    by_region = series.with_columns(tickets=pl.Series(np.nansum(counts, axis=0))).filter(scope="region")
    share = {
        row["region"]: row["tickets"] / max(by_region["tickets"].sum(), 1.0)
        for row in by_region.iter_rows(named=True)
    }
    on = np.zeros(counts.shape, dtype=bool)
    regions: dict[date, set[str | None]] = {}
    for region, day in holidays.select("region", "date").iter_rows():
        regions.setdefault(day, set()).add(region)
    for day, places in regions.items():
        everywhere = None in places
        for_most = everywhere or sum(share.get(place or "", 0.0) for place in places) >= HOLIDAY_SHARE
        reached = [
            for_most if region is None else everywhere or region in places for region in series["region"]
        ]
        on[day_hours.of(day)] |= np.array(reached)
    return on


@dataclass(frozen=True)
class SurgeReport:
    """Surges of the days reported, as the frames alarms (without its texts), hours and course."""

    watched: Watched
    scan: SurgeScan

    @classmethod
    def of(cls, watched: Watched, false_alarms_a_month: float) -> SurgeReport:
        """Scan the hours. The wanted rate holds for each line, each region and the total; themes share one."""
        is_theme = (watched.series["scope"] == "theme").to_numpy()
        rate = np.where(is_theme, false_alarms_a_month / max(is_theme.sum(), 1), false_alarms_a_month)
        return cls(
            watched,
            scan_surges(
                watched.counts, false_alarms_a_month=rate, holidays=watched.holidays, planned=watched.planned
            ),
        )

    @cached_property
    def surges(self) -> list[Surge]:
        """All surges, those before the days reported as well."""
        return surges_in(self.scan)

    @cached_property
    def reported(self) -> list[Surge]:
        since = len(self.watched.counts) - REPORTED_DAYS * DAY
        return [surge for surge in self.surges if self._end(surge) > since]

    def alarms(self) -> pl.DataFrame:
        """A row for each surge: SERIES and what the table surge_alarms says of it."""
        return pl.DataFrame([self._alarm(surge) for surge in self.reported], infer_schema_length=None)

    def hours(self) -> pl.DataFrame:
        """alarm_id, hour, tickets, usual, alarm_level from three days before each surge to its end."""
        frames = []
        for surge in self.reported:
            start = max(surge.start - DAYS_BEFORE * DAY, 0)
            stop = min(self._end(surge), surge.start + (MOST_DAYS - DAYS_BEFORE) * DAY)
            part = (slice(start, stop), surge.series)
            frames.append(
                pl.DataFrame(
                    {
                        "alarm_id": self._id(surge),
                        "hour": [self.watched.at(hour) for hour in range(start, stop)],
                        "tickets": self.watched.counts[part].astype(np.int64),
                        "usual": self.scan.expected[part],
                        "alarm_level": self.scan.alarm_level[part],
                    }
                ).filter(pl.col("usual").is_finite())
            )
        return pl.concat(frames) if frames else pl.DataFrame()

    def course(self) -> pl.DataFrame:
        """alarm_id, date, expected_excess, low_80, high_80 for the surges that are on."""
        ongoing = [surge for surge in self.reported if surge.end is None]
        if not ongoing:
            return pl.DataFrame()
        prior = self._prior()
        return pl.concat(self._course(surge, prior) for surge in ongoing)

    def _prior(self) -> HalfLifePrior:
        """The half-life that surges gone by had, of the whole and of lines and regions."""
        is_theme = (self.watched.series["scope"] == "theme").to_list()
        past = [surge for surge in self.surges if surge.end is not None and not is_theme[surge.series]]
        days = [self._by_day(surge) for surge in past]
        return learn_half_life([excess for excess, _ in days], [deviation for _, deviation in days])

    def _course(self, surge: Surge, prior: HalfLifePrior) -> pl.DataFrame:
        now = self.watched.at(len(self.watched.counts))
        begun = self.watched.at(surge.start)
        midnights = [
            datetime.combine(now.date() + timedelta(days=day), time()) for day in range(COURSE_DAYS + 1)
        ]
        edges = np.array([(max(moment, now) - begun) / (DAY * HOUR) for moment in midnights])
        fitted = fit_aftermath(*self._by_day(surge), int(np.ceil(edges[-1])), prior)
        excess = fitted.between(edges[:-1], edges[1:])
        low, high = np.quantile(excess, (0.1, 0.9), axis=0)
        return pl.DataFrame(
            {
                "alarm_id": self._id(surge),
                "date": [moment.date() for moment in midnights[:-1]],
                "expected_excess": np.clip(excess.mean(axis=0), low, high),
                "low_80": low,
                "high_80": high,
            }
        )

    def _by_day(self, surge: Surge) -> tuple[Floats, Floats]:
        """Excess and its standard deviation in each whole day since the start; a first day not over, scaled up."""
        excess, variance = self._excess(surge)
        days = len(excess) // DAY
        if not days:
            scale = DAY / max(len(excess), FEWEST_HOURS)
            guess = np.array([excess.sum() * scale])
            return guess, np.hypot(np.sqrt(variance.sum()) * scale, 0.5 * guess)
        whole = slice(0, days * DAY)
        return (
            excess[whole].reshape(days, DAY).sum(axis=1),
            np.sqrt(variance[whole].reshape(days, DAY).sum(axis=1)),
        )

    def _excess(self, surge: Surge) -> tuple[Floats, Floats]:
        """Tickets above the usual and the variance of the usual, hour by hour."""
        part = (slice(surge.start, self._end(surge)), surge.series)
        usual = np.nan_to_num(self.scan.expected[part])
        variance = usual + np.nan_to_num(self.scan.dispersion[part]) * usual**2
        return self.watched.counts[part] - usual, variance

    def _alarm(self, surge: Surge) -> dict[str, object]:
        excess, variance = self._excess(surge)
        counts = self.watched.counts[surge.start : self._end(surge), surge.series]
        usual = float((counts - excess).sum())
        half = Z_95 * float(np.hypot(np.sqrt(variance.sum()), LEVEL_ERROR * usual))
        return (
            {"alarm_id": self._id(surge)}
            | self.watched.series.row(surge.series, named=True)
            | {
                "started_at": self.watched.at(surge.start),
                "detected_at": self.watched.at(surge.detected + 1),
                "ended_at": None if surge.end is None else self.watched.at(self._end(surge)),
                "is_ongoing": surge.end is None,
                "usual_hourly": usual / len(counts),
                "peak_hourly": float(counts.max()),
                "tickets": int(counts.sum()),
                "excess": float(excess.sum()),
                "excess_low": float(excess.sum()) - half,
                "excess_high": float(excess.sum()) + half,
            }
        )

    def _end(self, surge: Surge) -> int:
        known = int(self.watched.known[surge.series])
        return known if surge.end is None else max(min(surge.end, known), surge.detected + 1)

    def _id(self, surge: Surge) -> str:
        row = self.watched.series.row(surge.series, named=True)
        name = row["business_line"] or row["region"] or row["theme_id"] or "all"
        return f"{row['scope']}/{name}/{self.watched.at(surge.start):%Y-%m-%dT%H}"


def people_for(course: pl.DataFrame, work: pl.DataFrame) -> pl.DataFrame:
    """People more for each day of a surge and tier.

    course: alarm_id, date, expected_excess, high_80. work: alarm_id, tier, share (of the tickets that come to that
    tier), people_a_ticket (people employed for one ticket a week). Escalated tickets are counted on the same day.
    """
    more, high = (
        pl.col("expected_excess").clip(0) * pl.col("share"),
        pl.col("high_80").clip(0) * pl.col("share"),
    )
    a_day = 7 * pl.col("people_a_ticket")
    return course.join(work, on="alarm_id").select(
        "alarm_id",
        "date",
        "tier",
        tickets_more=more,
        tickets_more_high=high,
        people_more=more * a_day,
        people_more_high=high * a_day,
    )
