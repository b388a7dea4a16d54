"""How numbers, dates and findings read: the same words for the same thing on every page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

NOTHING = "–"
_NBSP = "\u00a0"
_NAME = re.compile("[a-z0-9_]+")
_NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
VERDICTS = {
    "above": "above its usual range",
    "below": "below its usual range",
    "usual": "in its usual range",
    "too early": "too little history for a usual range",
    "not all in yet": "ratings still come in",
}


def number_word(value: int) -> str:
    """`two` for 2, figures from 11 on."""
    return _NUMBER_WORDS[value] if 0 <= value < len(_NUMBER_WORDS) else count(value)


def plural(value: int, one: str, many: str | None = None) -> str:
    """`1 ticket`, `2 tickets`."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def count(value: float | None) -> str:
    """`4,812`: a whole number."""
    return NOTHING if value is None else f"{round(value):,}".replace("-", "−")


def number(value: float | None) -> str:
    """`0`, `3.1`, `12`: a decimal below 10, whole numbers above."""
    if value is None:
        return NOTHING
    digits = 1 if 0.05 <= abs(value) < 9.95 else 0
    return _figure(value, digits)


def _figure(value: float, digits: int) -> str:
    """Rounded first, so that there is no minus zero."""
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def ratio(value: float | None) -> str:
    """`1.34`, `0.97`, `12`: how many times as much."""
    return NOTHING if value is None else _figure(value, 2 if abs(value) < 9.995 else 0)


def signed(value: float | None) -> str:
    """`+374`, `−12`."""
    if value is None:
        return NOTHING
    return ("+" if value >= 0.5 else "") + count(value)


def share(value: float | None) -> str:
    """`71 %`; a decimal under 10 %, and near 100 %, so that nearly all does not read as all: 99.97 % is `99.9 %`."""
    if value is None:
        return NOTHING
    value = min(value, 0.999) if value < 1 else value
    digits = 1 if 0.0005 <= abs(value) < 0.0995 or 0.9905 < value < 1 else 0
    return f"{_figure(value * 100, digits)}{_NBSP}%"


def minutes(value: float | None) -> str:
    """`42 min`, `3.1 h`, `2.4 days`."""
    if value is None:
        return NOTHING
    if abs(value) < 120:
        return f"{number(value)}{_NBSP}min"
    if abs(value) < 48 * 60:
        return f"{number(value / 60)}{_NBSP}h"
    return f"{number(value / 1440)}{_NBSP}days"


def hours(value: float | None) -> str:
    """`118 h`."""
    return NOTHING if value is None else f"{number(value)}{_NBSP}h"


def times(value: float | None) -> str:
    """`3.1 times`."""
    return NOTHING if value is None else f"{number(value)}{_NBSP}times"


def day(value: date | None, *, year: bool = False) -> str:
    """`11 Nov`, with the year where asked for."""
    if value is None:
        return NOTHING
    return f"{value.day} {value:%b}" + (f" {value.year}" if year else "")


def moment(value: datetime | None, zone: str = "UTC", *, year: bool = False) -> str:
    """`11 Nov 14:00` in the reader's zone; `value` is naive UTC as everything stored."""
    if value is None:
        return NOTHING
    local = value.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return f"{day(local.date(), year=year)} {local:%H:%M}"


def week(monday: date, *, year: bool = True) -> str:
    """`9 to 15 November 2026`: the seven days that start on a Monday."""
    sunday = monday + timedelta(days=6)
    ending = f" {sunday.year}" if year else ""
    if monday.month == sunday.month:
        return f"{monday.day} to {sunday.day} {sunday:%B}{ending}"
    first_year = f" {monday.year}" if year and monday.year != sunday.year else ""
    return f"{monday.day} {monday:%B}{first_year} to {sunday.day} {sunday:%B}{ending}"


def days(first: date, last: date) -> str:
    """`27 Nov` or `27 Nov to 1 Dec`."""
    return day(first) if first == last else f"{day(first)} to {day(last)}"


def readable(name: str) -> str:
    """`account security` for `account_security`; a text that is more than a lower-case name stays as it is."""
    return name.replace("_", " ") if _NAME.fullmatch(name) else name


_FORMATS = {
    "count": count,
    "number": number,
    "ratio": ratio,
    "signed": signed,
    "share": share,
    "minutes": minutes,
    "hours": hours,
    "times": times,
    "day": day,
    "moment": moment,
    "name": readable,
}


def show(unit: str, value: object) -> str:
    """A value of a unit (count, number, ratio, signed, share, minutes, hours, times, day, moment, name, text) in words."""
    if value is None:
        return NOTHING
    return _FORMATS[unit](value) if unit in _FORMATS else str(value)  # type: ignore[operator]


def between(unit: str, low: float | None, high: float | None) -> str:
    """`4,100 to 4,700`; the unit stands once when both ends carry the same."""
    if low is None or high is None:
        return NOTHING
    first, last = show(unit, low), show(unit, high)
    if first == last:
        return first
    if first.split(_NBSP)[0] == "0":
        first = "0"
    if _NBSP in first and first.split(_NBSP)[-1] == last.split(_NBSP)[-1]:
        first = first.split(_NBSP)[0]
    return f"{first} to {last}"


def listing(items: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def sentence(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]
