"""What came of an action, in a sentence: the verdict, the effect with its interval, how it was measured."""

from __future__ import annotations

import math
from typing import Any

from assets.reports import wording

Row = dict[str, Any]

TICKETS = "tickets"
_UNIT_BREAK = "\u00a0"
_VERDICTS = {"worked": "Worked", "worse": "Worse since then", "no evidence": "No evidence that it helped"}
# What an action may move beside the number of tickets: what it is called, and its unit.
_METRICS = {
    "handle_minutes": ("handle time", "minutes"),
    "first_reply_minutes": ("first reply time", "minutes"),
    "csat": ("CSAT", "share"),
    "reopen_rate": ("reopen rate", "share"),
}


def verdict(row: Row) -> str:
    """`Worked: 40 % fewer, measured against other themes, likely 28 to 52 % fewer (...)`.

    row: of `action_verdicts`; columns of a later version may be missing.
    """
    word = row["verdict"]
    metric = row.get("metric") or TICKETS
    if word == "not started":
        return f"Not started{_due(row)}."
    if word == "not measured":
        if metric != TICKETS and metric not in _METRICS:
            return f"Not measured: {wording.readable(metric)} is no metric that actions are judged by."
        if row["started_at"] is None and row["status"] != "dropped":
            return "Not measured: nobody said when it began."
        return "Not measured: nothing ties it to tickets of one theme; name the theme in actions.csv."
    weeks = row["weeks_after"] or 0
    if word == "too early":
        return f"Too early to tell: {wording.plural(weeks, 'whole week')} since it began."
    seen = _tickets(row) if metric == TICKETS else _level(row, *_METRICS.get(metric, (metric, "number")))
    return f"{_VERDICTS.get(word, wording.sentence(word or ''))}: {seen}{_compared(row)}."


def _tickets(row: Row) -> str:
    """`40 % fewer, measured against other themes, likely 28 to 52 % fewer`."""
    low, high = row["change_low"], row["change_high"]
    if row["change"] is None:
        # There is no ratio to nothing; without a ticket here or in what it is compared with not even a lower end.
        return "no tickets before it, some since" if low is not None else "too few tickets to compare"
    seen = f"{_change(row['change'])}, measured against {_control(row)}"
    return f"{seen}, likely {_changes(low, high)}" if low is not None else seen


def _level(row: Row, name: str, unit: str) -> str:
    """`handle time −2.1 min (−3.4 to −0.8), measured against other themes; it was 12 min`."""
    if row["effect"] is None:
        return f"too few tickets with a {name} to compare"
    effect = _signed(unit, row["effect"])
    if row["effect_low"] is not None and row["effect_high"] is not None:
        low, high = (_signed(unit, row[name]) for name in ("effect_low", "effect_high"))
        effect += f" ({low.rsplit(_UNIT_BREAK, 1)[0]} to {high})"
    before = f"; it was {wording.show(unit, row['before'])}" if row["before"] is not None else ""
    return f"{name} {effect}, measured against {_control(row)}{before}"


def _signed(unit: str, value: float) -> str:
    """`+2.1 min`, `−3.2 points`."""
    text = (
        f"{wording.number(value * 100)}{_UNIT_BREAK}points" if unit == "share" else wording.show(unit, value)
    )
    return f"+{text}" if value > 0 else text


def _control(row: Row) -> str:
    return row.get("control") or "other themes"


def _compared(row: Row) -> str:
    """` (interrupted time series; 4 weeks since, 8 weeks before)`."""
    if not row["weeks_before"]:
        return ""
    since = wording.plural(row["weeks_after"] or 0, "week")
    before = wording.plural(row["weeks_before"], "week")
    method = f"{row['method']}; " if row.get("method") else ""
    return f" ({method}{since} since, {before} before)"


def _due(row: Row) -> str:
    return f"; due {wording.day(row['due_at'].date())}" if row["due_at"] is not None else ""


def _change(change: float) -> str:
    if not math.isfinite(change):
        return "many times more"
    share = wording.share(abs(change))
    return "as many tickets" if round(abs(change), 3) == 0 else f"{share} {'fewer' if change < 0 else 'more'}"


def _changes(low: float, high: float | None) -> str:
    """`28 to 52 % fewer`, or `between 30 % fewer and 25 % more` where it may be either; high: None for no bound."""
    if high is None or not math.isfinite(high):
        return f"{_change(low)} at least; how much more cannot be told"
    if low * high <= 0:
        return f"between {_change(low)} and {_change(high)}"
    ends = sorted((abs(low), abs(high)))
    return f"{wording.between('share', *ends)} {'fewer' if low < 0 else 'more'}"
