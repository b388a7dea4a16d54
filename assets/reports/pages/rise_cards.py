"""The card of a rise: everything the page says of one problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from assets.reports import charts, wording
from assets.reports.pages import action_words, rise_words, theme_cards
from assets.reports.pages.rise_tables import Rises
from assets.reports.pages.theme_cards import Quote, Year, quote
from assets.reports.scope import Scope

QUOTES = 6
SEGMENTS = 5
EVENTS = 3
ISSUES = 5
SIMILAR = 3
CHART_WEEKS = 16
_HIDDEN = "hidden"
_OTHER_THEMES = "* Too few such tickets before: compared with other themes at the same time."


@dataclass(frozen=True)
class Coincidence:
    """A calendar event near the begin: what is seen, and what would speak against a connection."""

    mark: str
    text: str
    against: str


@dataclass(frozen=True)
class Card:
    """A rise as its card shows it."""

    anchor: str
    name: str
    tags: tuple[tuple[str, str], ...]  # text and tone
    amount: str
    rest: str
    numbers: str
    began: str
    chart: charts.Chart | None
    year: Year | None  # shown where every week is hidden, so that there is no chart
    hits: tuple[tuple[str, str, str], ...]  # who, share of the rise, times expected; a star: see hits_note
    hits_note: str
    unchanged: str
    where_from: str
    coincides: tuple[Coincidence, ...]
    beside: tuple[Coincidence, ...]
    costs: tuple[tuple[str, str, str], ...]  # what, how much, what makes it big or small
    copies: str
    quotes: tuple[Quote, ...]
    owner: tuple[str, str] | None  # team, what that rests on
    issues: tuple[tuple[str, str, str], ...]  # key and summary, team and status, age
    actions: tuple[tuple[str, str], ...]  # what is done, what came of it
    similar: tuple[Quote, ...]

    @property
    def headline(self) -> str:
        """As one sentence, for the overview."""
        return f"{self.amount} {self.rest}"


def card(
    row: dict[str, Any],
    rises: Rises,
    weekly: pl.DataFrame,
    four_weeks: pl.DataFrame,
    actions: pl.DataFrame,
    scope: Scope,
) -> Card:
    """The card of one row of `Rises.rises`.

    weekly, four_weeks: `theme_tables.trends` and `.four_weeks`; actions: `rise_tables.actions`.
    """

    def of(frame: pl.DataFrame) -> list[dict[str, Any]]:
        return frame.filter(theme_id=row["theme_id"]).to_dicts()

    hits = _hits(segments := of(rises.segments))
    events = _marked(of(rises.events)[:EVENTS])
    named = [event for _, event in events if event["is_named"]]
    near = rise_words.event_in_short(named[0], row) if named else ""
    amount, rest = rise_words.headline(row, scope.zone, hits[0][0] if hits else "", near)
    return Card(
        anchor=anchor(row["theme_id"]),
        name=row["name"],
        tags=_tags(row, scope.zone),
        amount=amount,
        rest=rest,
        numbers=rise_words.week_in_numbers(row),
        began=rise_words.since_between(row, scope.zone),
        chart=_chart(row, weekly.filter(theme_id=row["theme_id"]), events, scope),
        year=theme_cards.year(four_weeks.filter(theme_id=row["theme_id"])),
        hits=hits,
        hits_note=_OTHER_THEMES if any(times.endswith("*") for _, _, times in hits) else "",
        unchanged=rise_words.unchanged(segments, row["no_change_by"]),
        where_from=rise_words.where_from(row),
        coincides=tuple(_coincidence(mark, event, row) for mark, event in events if event["is_named"]),
        beside=tuple(_coincidence(mark, event, row) for mark, event in events if not event["is_named"]),
        costs=tuple(cost for impact in of(rises.impact) for cost in _costs(impact)),
        copies=_copies(row),
        quotes=tuple(quote(told) for told in of(rises.quotes)[:QUOTES]),
        owner=_owner(of(rises.owners)),
        issues=tuple(_issue(issue, scope) for issue in of(rises.issues)[:ISSUES]),
        actions=tuple((action_name(told), action_words.verdict(told)) for told in of(actions)),
        similar=tuple(quote(told, scope.zone) for told in of(rises.similar)[:SIMILAR]),
    )


def _marked(events: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Events with the numbers that mark them in the chart, in the order of time."""
    in_time = sorted(events, key=lambda event: event["starts_at"])
    return [(str(in_time.index(event) + 1), event) for event in events]


def _coincidence(mark: str, event: dict[str, Any], row: dict[str, Any]) -> Coincidence:
    return Coincidence(mark, rise_words.event(event, row), rise_words.against(event))


def anchor(theme_id: str) -> str:
    """Where the card of a theme's rise stands on the page."""
    return f"rise-{theme_id}"


def _tags(row: dict[str, Any], zone: str) -> tuple[tuple[str, str], ...]:
    kind = (rise_words.kind(row), "worse")
    began = rise_words.since(row, zone)
    lasting = f"since {began}" if row["is_ongoing"] else "over by now"
    sure = rise_words.CONFIDENCE.get(row["confidence"] or "")
    return tuple(
        tag for tag in (kind, (lasting if began else "", "usual"), ((sure or "").lower(), "usual")) if tag[0]
    )


def _chart(
    row: dict[str, Any], weekly: pl.DataFrame, events: list[tuple[str, dict[str, Any]]], scope: Scope
) -> charts.Chart | None:
    """The last weeks as bars; none where every week that had tickets is hidden."""
    shown = weekly.sort("week").tail(CHART_WEEKS)
    if not shown["distinct_tickets"].sum():
        return None
    zone = ZoneInfo(scope.zone)
    first = shown["week"][0]
    # Where the range of each week would tell of a hidden one, that of the last week stands for all.
    is_early = pl.col("verdict") == "too early"
    shown = shown.with_columns(
        pl.when(~is_early).then(pl.col(name).fill_null(strategy="backward"))
        for name in ("usual_low", "usual_high")
    )
    onset = None
    if None not in (row["onset_at"], row["onset_low"], row["onset_high"]):
        onset = tuple(_local(row[name], zone) for name in ("onset_at", "onset_low", "onset_high"))
    return charts.rise(
        shown["week"].to_list(),
        shown["distinct_tickets"].to_list(),
        (shown["usual_low"].to_list(), shown["usual_high"].to_list()),
        onset,  # type: ignore[arg-type]
        hidden=shown["distinct_tickets"].is_null().to_list(),
        events=[
            charts.Event(mark, event["name"], begin.date(), begin.date())
            for mark, event in sorted(events, key=lambda marked: marked[0])
            if (begin := _local(event["starts_at"], zone)).date() >= first
        ],
        alt=f"Tickets a week on “{row['name']}” for {shown.height} weeks with the usual range: "
        f"{' '.join(rise_words.headline(row, scope.zone))}.",
    )


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)


def _hits(segments: list[dict[str, Any]]) -> tuple[tuple[str, str, str], ...]:
    hits = []
    for row in segments:
        if row["verdict"] != "over" or (row["lift"] is None and row["lift_over"] is None):
            continue
        share = wording.share(row["share_of_rise"])
        if row["share_over"] is not None:
            share = f"over\u00a0{wording.share(row['share_over'])}"
        star = "*" if row["compared_with"] in ("other themes", "both") else ""
        hits.append((rise_words.segment(row), share, f"{theme_cards.lift_in_words(row)}{star}"))
    return tuple(hits[:SEGMENTS])


def _costs(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What the rise has cost since it began: label, value, context."""
    costs = []
    if row["tickets"] is not None:
        costs.append(("Tickets", f"about\u00a0{wording.count(row['tickets'])}", "since it began"))
    if row["handle_minutes"] is not None:
        extra = row["handle_minutes_excess"]
        context = f"{wording.hours(extra / 60)} more than usual" if extra is not None else "since it began"
        costs.append(("Agent time", wording.hours(row["handle_minutes"] / 60), context))
    if row["cost"] is not None:
        costs.append(
            ("Cost", wording.count(row["cost"]), "of the extra time, at your hourly cost of an agent")
        )
    if row["sla_known"] is not None:
        breached = _HIDDEN if row["sla_breached"] is None else wording.count(row["sla_breached"])
        context = f"of about {wording.plural(row['sla_known'], 'ticket')} with a known target"
        if row["sla_breach_minutes"]:
            context += f"; {wording.hours(row['sla_breach_minutes'] / 60)} past their targets in all"
        costs.append(("SLA broken", breached, context))
    if row["csat"] is not None:
        costs.append(("CSAT", wording.share(row["csat"]), _csat_context(row)))
    elif row["rated"] != 0:
        costs.append(("CSAT", wording.NOTHING, "too few ratings to show"))
    if row["requesters"] == 0:
        costs.append(("Wrote again", wording.NOTHING, "too early: no ticket is 7 days old yet"))
    elif row["requesters"] is not None:
        back = _HIDDEN if row["requesters_returned"] is None else wording.count(row["requesters_returned"])
        customers = f"of about {wording.count(row['requesters'])} customers"
        costs.append(("Wrote again", back, f"{customers}, within 7 days; newer tickets are not counted yet"))
    return costs


def _csat_context(row: dict[str, Any]) -> str:
    ratings = f"of {wording.plural(row['rated'], 'rating')}"
    if row["csat_low"] is not None and row["csat_high"] is not None:
        ratings = f"({wording.between('share', row['csat_low'], row['csat_high'])}) {ratings}"
    if row["csat_points"] is None:
        return ratings
    interval = f"{wording.signed(row['csat_points_low'])} to {wording.signed(row['csat_points_high'])}"
    points = wording.signed(row["csat_points"])
    is_part = row["rated_matched"] is not None and row["rated_matched"] < row["rated"]
    which = f", which {wording.count(row['rated_matched'])} of them have" if is_part else ""
    return f"{ratings}; {points} points ({interval}) against similar tickets of other themes{which}"


def _copies(row: dict[str, Any]) -> str:
    """Copies and attackers' texts, which the figures above leave out."""
    if row["copies"] is None or not row["copies"]:
        return ""
    text = f"{wording.plural(row['copies'], 'copy', 'copies')} of the same text are not counted above"
    if row["template_tickets"] != 0:
        # Hidden where it is, or leaves, 1 to 9 of them.
        many = "some" if row["template_tickets"] is None else wording.count(row["template_tickets"])
        text += f"; {many} of them look like a template sent by many accounts"
    return f"{text}."


def _owner(owners: list[dict[str, Any]]) -> tuple[str, str] | None:
    """The team that most of the theme's tickets were linked to, and what that rests on."""
    if not owners:
        return None
    first = owners[0]
    if first["share_over"] is not None:
        share = f"over {wording.share(first['share_over'])}"
        return first["team"], f"{share} of this theme’s linked tickets were theirs"
    if first["share"] is None:
        return first["team"], "few of this theme’s tickets were linked to an issue before"
    return first["team"], f"{wording.share(first['share'])} of this theme’s linked tickets were theirs"


def _issue(row: dict[str, Any], scope: Scope) -> tuple[str, str, str]:
    what = f"{row['issue_key']}: {row['summary']}" if row["summary"] else row["issue_key"]
    state = ", ".join(part for part in (row["team"], row["status"]) if part)
    return what, state, _age(row, scope)


def _age(row: dict[str, Any], scope: Scope) -> str:
    """`open for 12 days`, `resolved 3 Nov after 5 days`."""
    opened, resolved = row["created_at"], row["resolved_at"]
    if opened is None:
        return ""
    if resolved is not None:
        after = wording.plural(round((resolved - opened) / timedelta(days=1)), "day")
        return f"resolved {scope.day_of(resolved)} after {after}"
    if scope.as_of is None:
        return ""
    return f"open for {wording.plural((scope.as_of - opened).days, 'day')}"


def action_name(row: dict[str, Any]) -> str:
    """What is done, of which kind, and who does it."""
    name = row["name"] or row["action_id"]
    about = ", ".join(part for part in (row["kind"], row["team"]) if part)
    return f"{name} ({about})" if about else name
