"""A rise in words: the sentences of its card, and nothing that the numbers do not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from assets.reports import wording

Row = dict[str, Any]

# A begin is given to the hour where its interval is no longer than this.
EXACT_ONSET = timedelta(hours=48)
# How long after an event it began is one number where its interval is no longer than this.
_EXACT_DISTANCE = timedelta(hours=6)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
CONFIDENCE = {
    "strong": "We are sure of it",
    "fair": "Probably so",
    "weak": "It may be chance",
}
# How `confidence` of `theme_rises` is decided, for the foot of the page.
CONFIDENCE_RULE = (
    "How clear the rise itself is; it says nothing of what brought it about. Sure: 20 tickets or more beyond those "
    "expected, and six times as many as chance alone would add. May be chance: the range in brackets reaches down to "
    "nothing. Probably so: between the two."
)
SEGMENTS_MATCH = 0.5  # of segment_match; below it those whom an event concerns are not those who write
NEARLY_ALL = 0.9
SMALL_PART = 0.1  # of a rise; a part below it is called small


def since(row: Row, zone: str) -> str:
    """`11 Nov 14:00`, or `about 11 Nov` where the hour is not that well known."""
    if row["onset_at"] is None:
        return ""
    if _is_exact(row):
        return wording.moment(row["onset_at"], zone)
    return f"about {_day(row['onset_at'], zone)}"


def since_between(row: Row, zone: str) -> str:
    """`It began between 11 Nov 09:00 and 11 Nov 20:00.`"""
    if row["onset_at"] is None or row["onset_low"] is None or row["onset_high"] is None:
        return ""
    show = wording.moment if _is_exact(row) else _day
    low, high = show(row["onset_low"], zone), show(row["onset_high"], zone)
    return f"It began between {low} and {high}." if low != high else f"It began on {low}."


def headline(row: Row, zone: str, group: str = "", near: str = "") -> tuple[str, str]:
    """How much it rose, and the rest of the sentence: what it is compared with, for whom, since when.

    group: the customers it hits most, named where it rose among them only. near: an `event_in_short`.
    """
    began = f" since {since(row, zone)}" if row["onset_at"] is not None else ""
    if not row["is_ongoing"] and row["ended_at"] is not None:
        began = began.replace(" since ", " from ") + f" to {wording.moment(row['ended_at'], zone)}"
    if began and near:
        began += f", {near}"
    if row["kind"] == "segment" and group:
        began = f" among customers with {group}{began}"
    if row["excess"] is None:
        return f"{wording.plural(row['rise_tickets'], 'ticket')}", f"more than expected{began}"
    amount = f"{wording.plural(round(row['excess']), 'ticket')} a week"
    interval = wording.between("count", row["excess_low"], row["excess_high"])
    if row["kind"] == "new":
        return amount, f"on something new ({interval}){began}"
    return amount, f"more than usual ({interval}){began}"


def week_in_numbers(row: Row) -> str:
    """Last week's tickets, the usual range, and the rate where customers are counted."""
    parts = []
    usual = wording.between("count", row["usual_low"], row["usual_high"])
    if row["tickets_week"] is None:
        parts.append("Under 10 tickets last week")
    elif row["usual_high"] is None or row["kind"] == "new":
        parts.append(f"{wording.plural(row['tickets_week'], 'ticket')} last week")
    else:
        parts.append(f"{wording.plural(row['tickets_week'], 'ticket')} last week, usually {usual}")
    if row["rate_after"] is not None and row["rate_measure"]:
        before = f", was {_rate(row['rate_before'])}" if row["rate_before"] is not None else ""
        parts.append(f"{_rate(row['rate_after'])} per 1,000 {wording.readable(row['rate_measure'])}{before}")
    return "; ".join(parts) + "."


def kind(row: Row) -> str:
    """The rise's kind as a label."""
    return {"new": "new", "segment": "in one group of customers"}.get(row["kind"], "risen")


def where_from(row: Row) -> str:
    """How much of the rise is more customers, a higher rate, another mix."""
    parts = [row[name] for name in ("from_customers", "from_rate", "from_mix")]
    if any(part is None for part in parts):
        return ""
    change = row["excess"]  # what the parts sum to
    if round(change) < 1:
        return ""
    customers, rate, mix = parts
    measure = wording.readable(row["rate_measure"] or "customers")
    from_customers = f"{_come(customers)} from {_way(customers, 'more', 'fewer')} {measure}"
    if abs(customers) < SMALL_PART * change and abs(mix) < SMALL_PART * change:
        return (
            f"Not because there were more {measure}: the same customers write more often. Of the change of "
            f"{wording.count(change)} a week, {from_customers} and {_signed(mix)} from another mix of customers."
        )
    parts = [from_customers, f"{_signed(rate)} because customers write {_way(rate, 'more', 'less')} often"]
    if round(mix):
        parts.append(f"{_signed(mix)} from another mix of customers")
    return f"Of the change of {wording.count(change)} a week, {wording.listing(parts)}."


def unchanged(segments: Sequence[Row], no_change_by: str | None) -> str:
    """Who writes no more than before, so that nobody looks there. no_change_by: that column of a rise."""
    by_attribute: dict[str, list[str]] = {}
    for row in segments:
        if row["verdict"] == "unchanged" and row["attribute_2"] is None:
            by_attribute.setdefault(wording.readable(row["attribute"]), []).append(
                wording.readable(row["value"])
            )
    groups = [f"{name} {wording.listing(values, 'or')}" for name, values in by_attribute.items()]
    told = {row[name] for row in segments for name in ("attribute", "attribute_2")}
    quiet = [wording.readable(name) for name in (no_change_by or "").split(", ") if name and name not in told]
    sentences = []
    if groups:
        sentences.append(f"No more than expected from {wording.listing(groups)}.")
    if quiet:
        sentences.append(f"No clear change by {wording.listing(quiet, 'or')}.")
    return " ".join(sentences)


def segment(row: Row) -> str:
    """`platform: android and payment method: card`."""
    text = f"{wording.readable(row['attribute'])}: {wording.readable(row['value'])}"
    if row["attribute_2"] is None:
        return text
    return f"{text} and {wording.readable(row['attribute_2'])}: {wording.readable(row['value_2'] or '')}"


def event(row: Row, rise: Row) -> str:
    """`Starts 2 h after “App 34.2” (release), among those it concerns (platform: android).`"""
    what = f"“{row['name']}” ({wording.readable(row['kind'])})"
    return f"Starts {_distance(row, rise)} {what}{_among(row)}."


def event_in_short(row: Row, rise: Row) -> str:
    """`2 h after “App 34.2”`, to follow the begin in a headline."""
    return f"{_distance(row, rise)} “{row['name']}”"


def _distance(row: Row, rise: Row) -> str:
    """How long after an event a rise began: no more exact than its begin is known."""
    if None in (rise["onset_low"], rise["onset_high"], row["hours_before_onset"]):
        return "about the time of"
    least, most = (rise[name] - row["starts_at"] for name in ("onset_low", "onset_high"))
    if most - least <= _EXACT_DISTANCE:
        gap = row["hours_before_onset"] * _HOUR
        if abs(gap) < _HOUR:
            return "within the hour of"
        return f"{_length(abs(gap), abs(gap))} {'after' if gap > timedelta() else 'before'}"
    if least <= timedelta():
        return "about the time of"
    return f"{_length(least, most)} after"


def _length(least: timedelta, most: timedelta) -> str:
    """`2 h`, `3 to 26 h`, `4 days`."""
    unit, name = (_HOUR, "h") if most < 3 * _DAY else (_DAY, "days")
    if round(least / unit) == 0:
        return f"up to {wording.count(most / unit)} {name}"
    return f"{wording.between('count', least / unit, most / unit)} {name}"


def _among(row: Row) -> str:
    """How much of the rise is among those an event concerns; who that is stands behind it.

    A poor match may be a rise of others, one no clearer among them than before, or one of a single problem where an
    event brings people with all of theirs: what is said is true of each.
    """
    match, segment = row["segment_match"], f" ({_shared(row)})" if row["shared_segment"] else ""
    if match is None or (match >= SEGMENTS_MATCH and not segment):
        return ""
    if match < SEGMENTS_MATCH:
        return f", but those it concerns{segment} are a poor match for those who write"
    return f", {'nearly only' if match >= NEARLY_ALL else 'mostly'} among those it concerns{segment}"


def _shared(row: Row) -> str:
    """`platform: android, app version: 34.2`: attribute names are readable, values as they are."""
    parts = str(row["shared_segment"]).split(", ")
    return ", ".join(f"{wording.readable(name)}{rest}" for name, rest in map(_name_and_rest, parts))


def _name_and_rest(part: str) -> tuple[str, str]:
    name, colon, value = part.partition(":")
    return name, colon + value


def against(row: Row) -> str:
    """What would speak against a connection with an event."""
    doubts = []
    shared = row["shared_segment"] or ""
    if "app_version" in shared:
        doubts.append("tickets from other app versions rose as well")
    elif shared:
        doubts.append(f"tickets rose as well where it did not reach (other than {_shared(row)})")
    else:
        doubts.append("tickets rose as well where it did not reach")
    if row["kind"] in ("campaign", "incident", "ato_wave"):
        doubts.append("the rise went on long after it ended")
    elif row["kind"] in ("release", "sop_change"):
        doubts.append("the rise went on where it was taken back")
    return f"It would speak against this if {wording.listing(doubts, 'or')}."


def _is_exact(row: Row) -> bool:
    low, high = row["onset_low"], row["onset_high"]
    return low is not None and high is not None and high - low <= EXACT_ONSET


def _day(moment: datetime, zone: str) -> str:
    return wording.moment(moment, zone).rsplit(" ", 1)[0]


def _come(value: float) -> str:
    return f"{_signed(value)} {'comes' if abs(round(value)) == 1 else 'come'}"


def _way(value: float, up: str, down: str) -> str:
    return up if round(value) >= 0 else down


def _signed(value: float) -> str:
    return wording.count(value) if round(value) >= 0 else wording.signed(value)


def _rate(value: float) -> str:
    """Two figures: `2.9`, `0.14`, `0.0031`."""
    if value >= 10:
        return wording.count(value)
    return f"{value:#.2g}".rstrip(".") if value >= 0.001 or value == 0 else "under 0.001"
