"""What a report is about: which week, as of when, from which sources, how fresh, and what those do not tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from assets.reports import wording
from assets.reports.privacy import SMALL_CELL, plain_text
from assets.reports.snapshot_tables import Snapshot

WEEKS_FOR_A_USUAL_RANGE = 8
WEEKS_LEFT_OUT = 4  # without a single ticket: a stretch worth telling
WEEKS_SHOWN = 26  # of history in a weekly chart; also what a usual range is computed from


@dataclass(frozen=True)
class Source:
    """A source of tickets, as a reader is told about it."""

    name: str
    tickets: int | None  # None where the count of then is not known, for a past week
    first: date | None
    last: date | None
    lacks: tuple[str, ...]

    @property
    def tickets_text(self) -> str:
        return "under 10" if self.tickets and self.tickets < SMALL_CELL else wording.count(self.tickets)


@dataclass(frozen=True)
class Gap:
    """Something the data cannot tell. topic: themes, service, csat, groups, calendar, history or tickets."""

    topic: str
    text: str


@dataclass(frozen=True)
class Scope:
    """The report's period and ground."""

    week: date  # a Monday
    is_latest: bool
    as_of: datetime | None  # naive UTC
    zone: str
    loaded_at: datetime | None  # naive UTC
    sources: tuple[Source, ...]
    gaps: tuple[Gap, ...]

    @property
    def period(self) -> str:
        return wording.week(self.week)

    @property
    def as_of_text(self) -> str:
        return wording.moment(self.as_of, self.zone, year=True)

    @property
    def loaded_text(self) -> str:
        return wording.moment(self.loaded_at, self.zone, year=True)

    @property
    def source_names(self) -> str:
        return wording.listing([source.name for source in self.sources]) or "no source"

    @property
    def newest(self) -> str:
        """The day of the newest ticket."""
        last = max((source.last for source in self.sources if source.last), default=None)
        return wording.day(last, year=True)

    def day_of(self, moment: datetime) -> str:
        """`6 Jun`: the day of a naive UTC moment in the account's zone, with its year where that is not the report's."""
        day = _day(moment, self.zone)
        return wording.day(day, year=day.year != self.week.year)

    def missing(self, *topics: str) -> tuple[str, ...]:
        """What the sources do not tell about these topics, a sentence each."""
        return tuple(gap.text for gap in self.gaps if gap.topic in topics)


def read_scope(snapshot: Snapshot, week: date | None = None) -> Scope:
    """The scope of the week given by any of its days, or of the latest whole week of the snapshot."""
    account = snapshot.table("raw.account")
    as_of: datetime | None = account["as_of"][0] if account.height else None
    zone: str = (account["time_zone"][0] if account.height else None) or "UTC"
    weeks = _weeks_known(snapshot)
    latest = weeks[-1] if weeks else _monday(as_of, zone) - timedelta(days=7)
    asked = week - timedelta(days=week.weekday()) if week else latest
    until = asked + timedelta(days=6) if asked < latest else _day(as_of, zone)
    sources = snapshot.table("raw.sources", order_by="source")
    loads = snapshot.table("raw.loads")
    return Scope(
        week=asked,
        is_latest=asked >= latest,
        as_of=as_of,
        zone=zone,
        loaded_at=loads["loaded_at"].max() if loads.height else None,  # type: ignore[arg-type]
        sources=tuple(_source(row, until, zone) for row in sources.iter_rows(named=True)),
        gaps=tuple(_gaps(sources, sum(known <= asked for known in weeks), snapshot, until, zone)),
    )


def _weeks_known(snapshot: Snapshot) -> list[date]:
    for table, where in (
        ("kpi_signals", "business_line = 'all' and metric = 'tickets_created'"),
        ("weekly_kpis", "business_line = 'all'"),
        ("theme_impact", "true"),
    ):
        weeks = snapshot.table(table, where=where)["week"].unique().sort().to_list()
        if weeks:
            return weeks
    return []


def _day(moment: datetime | None, zone: str) -> date:
    """The day of a naive UTC moment in the account's zone; today where none is given."""
    moment = (moment or datetime.now(tz=ZoneInfo("UTC"))).replace(tzinfo=ZoneInfo("UTC"))
    return moment.astimezone(ZoneInfo(zone)).date()


def _monday(as_of: datetime | None, zone: str) -> date:
    day = _day(as_of, zone)
    return day - timedelta(days=day.weekday())


_LACKS = {
    "has_text": ("themes", "ticket text", "has no ticket text, so there are no themes from it"),
    "has_events": (
        "service",
        "ticket history",
        "has no ticket history, so its reply times, backlog and reopens are not known",
    ),
    "has_csat": ("csat", "CSAT", "has no satisfaction ratings, so there is no CSAT from it"),
    "has_groups": ("groups", "groups", "has no groups, so tier and vendor of its tickets are not known"),
    "has_escalations": (
        "escalations",
        "escalations",
        "does not say which tickets were escalated, so there is no escalation rate from it",
    ),
}


def _source(row: dict[str, Any], until: date, zone: str) -> Source:
    """A source as it was on a day: what came later is left out."""
    first, last = (_day(at, zone) if at else None for at in (row["first_created_at"], row["last_created_at"]))
    goes_on = last is not None and last > until
    return Source(
        name=plain_text(str(row["source"])),
        tickets=None if goes_on else int(row["tickets"] or 0),
        first=None if first and first > until else first,
        last=until if goes_on else last,
        lacks=tuple(short for flag, (_, short, _) in _LACKS.items() if row[flag] is False),
    )


def _gaps(sources: pl.DataFrame, weeks: int, snapshot: Snapshot, until: date, zone: str) -> list[Gap]:
    if not sources.height or not sources["tickets"].fill_null(0).sum():
        return [Gap("tickets", "No tickets have been loaded yet.")]
    gaps = [gap for row in sources.iter_rows(named=True) for gap in _gaps_of_source(row, until, zone)]
    gaps += _gaps_of_kpis(snapshot, has_history=bool(sources["has_events"].any()))
    gaps += _empty_stretches(snapshot, until)
    if weeks < WEEKS_FOR_A_USUAL_RANGE:
        known = f"only {wording.plural(weeks, 'whole week')}" if weeks else "no whole week"
        gaps.append(
            Gap(
                "history",
                f"The history has {known}; a usual range needs {WEEKS_FOR_A_USUAL_RANGE}, "
                "so nothing can be called unusual yet.",
            )
        )
    if not snapshot.table("stg_calendar").height:
        gaps.append(
            Gap(
                "calendar",
                "The calendar is empty: no campaigns, holidays or releases are known, none are marked.",
            )
        )
    return gaps


def _gaps_of_source(row: dict[str, Any], until: date, zone: str) -> list[Gap]:
    """What a source lacks, and which of its days hold only leftovers; until: the last day told about."""
    name = plain_text(str(row["source"]))
    gaps = []
    for flag, (topic, _, text) in _LACKS.items():
        # Tiers tell who was escalated, too.
        if row[flag] is not False or (flag == "has_escalations" and row["has_groups"]):
            continue
        if flag == "has_escalations" and row["has_text"]:
            text += "; its themes are of all its tickets with text"
        gaps.append(Gap(topic, f"{name} {text}."))
    first, last = row["first_created_at"], row["last_created_at"]
    week = timedelta(days=7)
    if first and row["volume_from"] and row["volume_from"] - _day(first, zone) >= week:
        since = wording.day(row["volume_from"], year=True)
        gaps.append(
            Gap("history", f"{name} has only a few tickets from before {since}; its volume starts there.")
        )
    if last and row["volume_until"] and min(_day(last, zone), until) - row["volume_until"] >= week:
        end = wording.day(row["volume_until"], year=True)
        gaps.append(
            Gap(
                "history",
                f"{name} has only a few tickets from after {end}; its volume is counted up to then.",
            )
        )
    return gaps


def _gaps_of_kpis(snapshot: Snapshot, *, has_history: bool) -> list[Gap]:
    kpis = snapshot.table("weekly_kpis")
    gaps = []
    if has_history and kpis.height and kpis["first_reply_minutes_median"].null_count() == kpis.height:
        gaps.append(
            Gap(
                "service",
                "The ticket histories hold no replies of agents, so first reply times are not known.",
            )
        )
    if set(kpis["business_line"]) == {"all", "unknown"}:
        gaps.append(Gap("service", "No ticket names its business line, so nothing is shown by line."))
    return gaps


def _empty_stretches(snapshot: Snapshot, until: date) -> list[Gap]:
    """Stretches of weeks without a single ticket, which no ordinary operation has."""
    days = snapshot.daily_arrivals(None, date.min).filter(pl.col("date") <= until)["date"].sort()
    empty = days.diff().dt.total_days() - 1
    stretches = int((empty >= WEEKS_LEFT_OUT * 7).sum())
    if not stretches:
        return []
    longest = int(empty.arg_max() or 0)
    first, last = days[longest - 1] + timedelta(days=1), days[longest] - timedelta(days=1)
    how_many = wording.plural(stretches, "stretch", "stretches")
    return [
        Gap(
            "history",
            f"The history has {how_many} of {WEEKS_LEFT_OUT} weeks or more without a single ticket, the longest from "
            f"{wording.day(first, year=True)} to {wording.day(last, year=True)}: usual ranges and the forecast are weak.",
        )
    ]
