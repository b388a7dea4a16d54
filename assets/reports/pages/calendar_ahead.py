"""Calendar events that may move volume: marks in the forecast charts, and a table of those ahead."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from assets.reports import charts
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.privacy import plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

_MOVES_VOLUME = ("campaign", "holiday", "ato_wave", "incident")


def read_events(snapshot: Snapshot, scope: Scope, since: date, ahead: date, until: date) -> pl.DataFrame:
    """Calendar events that may move volume: with `first` and `last` day in the account's zone, and a `mark`.

    since, until: the days looked at. ahead: the first day to come; events over before it are marked by letters,
    the others by numbers.
    """
    kinds = ", ".join(f"'{kind}'" for kind in _MOVES_VOLUME)
    events = snapshot.table("stg_calendar", where=f"kind in ({kinds})", order_by="starts_at, name")
    zone = ZoneInfo(scope.zone)

    def local_day(moment: datetime) -> date:
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()

    ends = pl.max_horizontal("starts_at", pl.col("ends_at") - pl.duration(seconds=1))  # ends are exclusive
    found = (
        events.with_columns(
            first=pl.col("starts_at").map_elements(local_day, return_dtype=pl.Date),
            last=ends.map_elements(local_day, return_dtype=pl.Date),
        )
        .filter(pl.col("last") >= since, pl.col("first") <= until)
        .pipe(plain_texts, ["name", "kind", "business_line", "region"])
        .unique(["name", "first", "last", "business_line"], keep="first", maintain_order=True)
        .sort("first", "last", maintain_order=True)
    )
    over = found.filter(pl.col("last") < ahead)
    coming = found.filter(pl.col("last") >= ahead)
    letters = pl.Series([_letter(place) for place in range(over.height)], dtype=pl.String)
    numbers = pl.Series([str(place + 1) for place in range(coming.height)], dtype=pl.String)
    return pl.concat([over.with_columns(mark=letters), coming.with_columns(mark=numbers)])


def _letter(place: int) -> str:
    return chr(ord("a") + place % 26) * (1 + place // 26)


def marks(events: pl.DataFrame) -> list[charts.Event]:
    """Events as marks of a chart."""
    return [
        charts.Event(row["mark"], row["name"], row["first"], row["last"])
        for row in events.iter_rows(named=True)
    ]


def event_table(ahead: pl.DataFrame, total: pl.DataFrame, data: DataFolder) -> PublishedTable:
    """The events ahead, each with what the forecast adds on its days (with whatever else falls on them).

    total: the forecast of all arrivals by day.
    """
    days = total.select("date", extra=pl.col("expected") - pl.col("base"))
    extra = [
        days.filter(pl.col("date").is_between(first, last))["extra"].sum() if days["extra"].count() else None
        for first, last in ahead.select("first", "last").iter_rows()
    ]
    frame = ahead.select("mark", "name", "kind", "first", "last", "business_line", "region").with_columns(
        pl.col("mark").cast(pl.Int64),
        pl.col("kind").str.replace_all("_", " "),
        pl.col("business_line", "region").fill_null("all"),
        extra_on_its_days=pl.Series(extra, dtype=pl.Float64),
    )
    return data.publish(
        PublishedTable(
            "calendar_ahead",
            "Calendar events ahead",
            frame,
            (
                Column("mark", "No.", "count", "The number in the charts."),
                Column("name", "Event"),
                Column("kind", "Kind"),
                Column("first", "From", "day"),
                Column("last", "To", "day"),
                Column("business_line", "Line", "name"),
                Column("region", "Region"),
                Column(
                    "extra_on_its_days",
                    "Arrivals more or fewer",
                    "signed",
                    "Over all lines on the days of the event, with whatever else falls on them.",
                ),
            ),
        )
    )
