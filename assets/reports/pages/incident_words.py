"""What the incident page says of a wave, in sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.pages.incident_tables import Growth

STEADY = 0.15  # of what was above usual before: a change smaller than that is called holding
_SPAN = {"total": "across {}", "region": "in {}", "business_line": "in {}", "theme": "about {}"}


def where(row: dict[str, Any]) -> str:
    """`in account security`, `across all lines`, `about “code never arrives”`."""
    return _SPAN.get(row["scope"], "across {}").format(row["place"])


def moment(value: Any) -> str:
    """`14 Nov 09:00`; the value is in the account's zone already."""
    return wording.NOTHING if value is None else f"{wording.day(value.date())} {value:%H:%M}"


def state(growth: Growth | None) -> str:
    """`still growing`, `holding`, `falling`, `back at the usual level by now`, or that this cannot be told yet."""
    if growth is None:
        return "not clear yet"
    if growth.last <= 0:
        return "back at the usual level by now"
    if growth.before <= 0 or growth.last > (1 + STEADY) * growth.before:
        return "still growing"
    return "falling" if growth.last < (1 - STEADY) * growth.before else "holding"


def state_in_numbers(growth: Growth | None) -> str:
    """`310 above usual in the last 24 hours, 480 in the 24 before`."""
    if growth is None:
        return "too few hours or tickets to tell whether it grows"
    if not growth.is_told:
        return f"the last {growth.hours} hours against the {growth.hours} before"
    return (
        f"{wording.signed(growth.last)} against usual in the last {growth.hours} hours, "
        f"{wording.signed(growth.before)} in the {growth.hours} before"
    )


def finding(row: dict[str, Any], growth: Growth | None) -> str:
    """`A wave is on in account security: 412 tickets more than usual since 14 Nov 09:00, still growing.`"""
    since = f"since {moment(row['started_at'])}"
    goes = f", {state(growth)}" if growth else ""
    if row["excess"] is None:
        return f"A wave is on {where(row)} {since}{goes}."
    more = wording.plural(round(row["excess"]), "ticket")
    return f"A wave is on {where(row)}: {more} more than usual {since}{goes}."


def found(row: dict[str, Any]) -> str:
    """How long it took to find."""
    if row["detected_at"] is None:
        return ""
    hours = round((row["detected_at"] - row["started_at"]).total_seconds() / 3600)
    after = f", {wording.plural(hours, 'hour')} after it began" if hours > 0 else ""
    return f"Found {moment(row['detected_at'])}{after}."


def course(ahead: pl.DataFrame) -> str:
    """What is likely still to come, and when it is down to little.

    ahead: rows of `surge_course` of one wave, by date.
    """
    expected = ahead["expected_excess"].clip(0)
    total = float(expected.sum())
    days = ahead.height
    if total < 1:
        return f"Next to nothing above usual is expected in the next {days} days."
    text = f"About {wording.count(total)} more tickets than usual are likely still to come in {days} days"
    half = ahead["date"].gather(int((expected.cum_sum() >= total / 2).arg_max() or 0))[0]
    text += f", half of them by {half:%A} {wording.day(half)}"
    first, last = ahead.row(0, named=True), ahead.row(-1, named=True)
    likely = ""
    if first["low_80"] is not None and first["high_80"] is not None:
        likely = f" (likely {wording.between('count', first['low_80'], first['high_80'])})"
    text += (
        f". {wording.sentence(_day(first['date']))} about {wording.count(first['expected_excess'])}{likely}, "
        f"{_day(last['date'])} about {wording.count(last['expected_excess'])}"
    )
    return f"{text}."


def _day(day: date) -> str:
    return f"on {day:%A} {wording.day(day)}"


def people(rows: pl.DataFrame) -> str:
    """The most people a wave takes, by tier.

    rows: those of `surge_people` of one wave.
    """
    peaks = (
        rows.drop_nulls("people_more")
        .sort("people_more", "date", descending=[True, False])
        .unique("tier", keep="first", maintain_order=True)
        .filter(pl.col("people_more") >= 0.05)
        .sort("tier")
    )
    if not peaks.height:
        return ""
    told = [
        f"{wording.number(row['people_more'])} in tier {row['tier']} {_day(row['date'])}"
        + (
            f" (up to {wording.number(row['people_more_high'])})"
            if row["people_more_high"] is not None
            else ""
        )
        for row in peaks.iter_rows(named=True)
    ]
    return f"Most on one day: {wording.listing(told)}."
