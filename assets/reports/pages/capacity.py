"""The capacity page: what to decide and by when, how much is coming, who must be there, how good forecasts were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import DataFolder, PublishedTable
from assets.reports.page import Figure, Line, Page, PageForm
from assets.reports.pages import action_register, calendar_ahead, effects_ahead, volume_ahead
from assets.reports.pages.backlog_ahead import BacklogAhead, read_backlog
from assets.reports.pages.calendar_ahead import event_table, read_events
from assets.reports.pages.earlier_forecasts import read_record
from assets.reports.pages.effects_ahead import Effects, read_effects
from assets.reports.pages.forecast_changes import read_changes
from assets.reports.pages.forecast_quality import read_backtest
from assets.reports.pages.people_needed import TEAMS_CHARTED, Need, read_need
from assets.reports.pages.staffing_asks import Asks, in_a_sentence, in_time, read_asks
from assets.reports.pages.volume_ahead import Volume, read_volume
from assets.reports.pages.waiting_cost import read_waiting
from assets.reports.privacy import plain_text, plain_texts
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot
from models.staffing.wfm import wfm_rows

_FORM = PageForm(
    "capacity",
    "Capacity",
    {
        "strip": (),
        "plan": None,
        "waiting": None,
        "actions": (),
        "unplanned": 0,
        "series": (),
        "events": None,
        "events_past": (),
        "smaller": "",
        "without_effect": (),
        "record": None,
        "changes": None,
        "backtest": None,
        "notes": (),
        "assumptions": (),
        "files": (),
    },
)


@dataclass(frozen=True)
class Plan:
    """The staffing plan made with the forecast: what it asks for, the need of each team, the backlog."""

    asks: Asks
    need: Need
    backlog: BacklogAhead | None


def build(snapshot: Snapshot, scope: Scope, data: DataFolder, actions: pl.DataFrame) -> Page:
    """The page; publishes the forecast, the plan made of it, and how earlier forecasts did.

    actions: `rise_tables.actions`.
    """
    if not scope.is_latest:
        return _FORM.page(
            "The forecast of a past week is not in this snapshot.",
            "Only the newest forecast is kept; it knows of what came later.",
            missing=("The forecast as it stood at the end of this week is not known.",),
        )
    volume = read_volume(snapshot, data)
    backtest = read_backtest(snapshot, data)
    missing = scope.missing("tickets", "history", "groups", "calendar")
    if volume is None:
        return _FORM.page(
            "There is no forecast yet.",
            "A forecast needs at least a few weeks of daily volume.",
            {"backtest": backtest, "notes": _notes(snapshot, "forecast_notes")},
            missing=missing or ("The last run made no forecast.",),
        )
    plan, gaps = _plan(snapshot, volume, data)
    effects = read_effects(snapshot, volume.made_on, data)
    ahead, content = _volume_content(snapshot, scope, volume, effects, data)
    past = pl.concat([series.past for series in volume.series])
    record = read_record(snapshot, volume.made_on, past, data)
    _publish_intervals(snapshot, volume, data)
    return _FORM.page(
        _finding(plan, volume),
        _lede(volume, scope),
        {
            "strip": _strip(plan, volume, ahead),
            "plan": plan,
            "waiting": read_waiting(snapshot, scope, data),
            "actions": action_register.items(action_register.judged(actions), scope),
            "unplanned": max(plan.need.teams_in_all - TEAMS_CHARTED, 0) if plan else 0,
            **content,
            "record": record,
            "changes": read_changes(snapshot, volume.made_on, data),
            "backtest": backtest,
            "notes": _notes(snapshot, "forecast_notes"),
            "assumptions": _notes(snapshot, "staffing_notes") if plan else [],
            "files": _files(data),
        },
        lines=_lines(plan, volume, ahead),
        missing=(*missing, *gaps),
    )


def _plan(snapshot: Snapshot, volume: Volume, data: DataFolder) -> tuple[Plan | None, list[str]]:
    """The plan and what it cannot say. A plan made for another forecast is left out."""
    planned_on = snapshot.table("staffing_weeks")["made_on"].max()
    if planned_on is None:
        return None, ["How many people are needed was not worked out by the last run."]
    if planned_on != volume.made_on:
        return None, [
            f"The last staffing plan was made on {wording.day(planned_on, year=True)}, for another forecast than "  # type: ignore[arg-type]
            "this one, and is left out. `groundswell run` makes a new one."
        ]
    asks = read_asks(snapshot, volume.made_on + timedelta(days=1), data)
    need = read_need(snapshot, volume.made_on, asks, data)
    if need is None:
        return None, ["How many people are needed was not worked out by the last run."]
    return Plan(asks, need, read_backlog(snapshot, volume.made_on, asks, data)), _staffing_gaps(need)


def _staffing_gaps(need: Need) -> list[str]:
    if not need.is_staffing_known:
        return [
            "Who is staffed is not known, so nobody can be said to be missing. The people needed are worked out with "
            "assumptions (see below). Fill tables/staffing.csv to see who is missing, what that costs and by when to decide."
        ]
    if left := need.teams_without_staffing:
        teams = wording.plural(need.teams_in_all, "team")
        return [
            f"tables/staffing.csv says nothing of {wording.number_word(left)} of {teams}: "
            "what they need is shown, but not whether they have it. Add a line for each to see it."
        ]
    return []


def _volume_content(
    snapshot: Snapshot, scope: Scope, volume: Volume, effects: Effects | None, data: DataFolder
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The calendar events ahead, and what the page shows of volume and what moves it."""
    since = volume.first - timedelta(days=volume_ahead.PAST_DAYS)
    events = read_events(snapshot, scope, since, volume.first, volume.last)
    over = events.filter(pl.col("last") < volume.first)
    ahead = events.filter(pl.col("last") >= volume.first)
    series = []
    for one in volume.series:
        touching = over if effects else events
        if one.level in ("business_line", "region"):
            touching = touching.filter(pl.col(one.level).is_null() | (pl.col(one.level) == one.name))
        marks = [*calendar_ahead.marks(touching), *(effects.marks(one) if effects else ())]
        parts = effects.parts(one) if effects else None
        series.append((one, volume_ahead.chart(one, marks), parts, volume.weekly[one.key]))
    content: dict[str, Any] = {
        "series": series,
        "events": effects.table if effects else event_table(ahead, volume.total.ahead, data),
        "events_past": [
            f"{row['mark']} {row['name']}, {wording.days(row['first'], row['last'])}"
            for row in over.iter_rows(named=True)
        ],
    }
    if effects:
        content |= {
            "smaller": effects.smaller,
            "without_effect": effects_ahead.without_effect(ahead, effects),
        }
    return ahead, content


def _publish_intervals(snapshot: Snapshot, volume: Volume, data: DataFolder) -> None:
    """The tables by the hour and shift, for the tools that schedule people."""
    made = f"made_on = date '{volume.made_on}'"
    intervals = snapshot.table("staffing_intervals", where=made)
    for name, caption, frame, texts in (
        ("wfm_intervals", "Agents needed by interval, for WFM tools", wfm_rows(intervals), ["queue"]),
        (
            "staffing_shifts",
            "Fewest people per shift",
            snapshot.table("staffing_shifts", where=made),
            ["business_line", "tier", "vendor", "shift_start"],
        ),
        (
            "forecast_hourly",
            "Forecast by the hour",
            snapshot.table("forecast_hourly", where=made),
            ["business_line", "channel", "tier"],
        ),
    ):
        if frame.height:
            data.publish(PublishedTable(name, caption, plain_texts(frame, texts)))


_FILES = (
    "wfm_intervals",
    "staffing_shifts",
    "staffing_weeks",
    "backlog_ahead",
    "forecast_hourly",
    "forecast_daily",
    "forecast_weekly",
    "forecast_parts",
    "daily_arrivals",
)


def _files(data: DataFolder) -> list[PublishedTable]:
    published = {table.name: table for table in data.tables}
    return [published[name] for name in _FILES if name in published]


def _finding(plan: Plan | None, volume: Volume) -> str:
    if plan is None:
        return volume.says()
    if plan.asks.first:
        return plan.asks.title()
    if plan.need.is_staffing_known:
        where = " where staffing is known" if plan.need.teams_without_staffing else ""
        return f"Nobody is missing in the next {plan.need.weeks_ahead} weeks{where}."
    week, people = plan.need.busiest("people")
    return f"About {wording.count(people)} people are needed in the busiest week, from {wording.day(week)}."


def _lede(volume: Volume, scope: Scope) -> str:
    return (
        f"Arrivals from {wording.day(volume.first, year=True)} to {wording.day(volume.last, year=True)} and the people "
        f"they take, worked out on {wording.day(volume.made_on, year=True)} from {scope.source_names}. "
        "An arrival is a ticket that reaches a tier: an escalated ticket counts once at each tier, because both work "
        "on it."
    )


def _strip(plan: Plan | None, volume: Volume, ahead: pl.DataFrame) -> list[Figure]:
    strip = _people_figures(plan) if plan else []
    expected, came = volume.four_weeks()
    strip.append(
        Figure(
            "Arrivals a week, next four",
            wording.count(expected),
            f"{wording.count(came)} a week in the last four" if came is not None else "expected",
        )
    )
    strip.append(
        Figure(
            "Busiest day",
            wording.day(volume.peak["date"]),
            f"about {wording.count(volume.peak['expected'])}, likely {volume.peak_range}",
        )
    )
    if plan is None:
        context = f"campaigns, holidays, incidents, waves in {volume.total.ahead.height} days"
        strip.append(Figure("Calendar events ahead", str(ahead.height), context))
    return strip


def _people_figures(plan: Plan) -> list[Figure]:
    """Who is missing and when to decide; where staffing is not known, how many are needed."""
    week, people = plan.need.busiest("people")
    needed = Figure("People needed at most", wording.count(people), f"in the week from {wording.day(week)}")
    if not plan.need.is_staffing_known:
        return [needed]
    week, missing = plan.need.busiest("missing")
    figures = [
        Figure(
            "Missing at most",
            wording.number(missing),
            f"people, in the week from {wording.day(week)}" if missing else "people in any week",
            "worse" if missing else "usual",
        )
    ]
    first = min(
        (row for row in plan.asks.rows if row["decide_by"] is not None),
        key=lambda row: row["decide_by"],
        default=None,
    )
    if first is None:
        return [*figures, needed]
    late = sum(row["is_late"] for row in plan.asks.rows)
    context = f"{late} of {len(plan.asks.rows)} too late" if late else "the first day to decide"
    tone = "worse" if late else "usual"
    return [*figures, Figure("Decide by", wording.day(first["decide_by"]), context, tone)]


def _lines(plan: Plan | None, volume: Volume, ahead: pl.DataFrame) -> tuple[Line, ...]:
    peak = volume.peak
    lines = [_plan_line(plan, volume)] if plan else []
    lines.append(
        Line(
            finding=volume.says().rstrip("."),
            context=f"busiest day {wording.day(peak['date'])}, about {wording.count(peak['expected'])} "
            f"(likely {volume.peak_range})",
            href="capacity.html#forecast",
        )
    )
    if ahead.height and plan is None:  # the overview has ten lines
        event = ahead.row(0, named=True)
        lines.append(
            Line(
                finding=f"Next in the calendar: {event['name']}, {wording.days(event['first'], event['last'])}",
                context=f"{wording.plural(ahead.height, 'event')} in the {volume.total.ahead.height} days ahead",
                href="capacity.html#events",
            )
        )
    return tuple(lines)


def _plan_line(plan: Plan, volume: Volume) -> Line:
    """The top ask, or that nobody is missing, for the overview."""
    first = plan.asks.first
    if first is None:
        context = f"{wording.plural(plan.need.teams_in_all, 'team')}, {plan.need.weeks_ahead} weeks ahead"
        return Line(_finding(plan, volume).rstrip("."), context, "capacity.html#people")
    context = in_time(first, volume.made_on + timedelta(days=1))
    if first["because"]:
        context += f"; because of {first['because']}"
    if rest := len(plan.asks.rows) - 1:
        context += f"; {wording.plural(rest, 'more ask')}"
    return Line(
        in_a_sentence(first), context, "capacity.html#asks", "worse" if first["is_late"] else "changed"
    )


def _notes(snapshot: Snapshot, table: str) -> list[str]:
    return [plain_text(note) for note in snapshot.table(table)["note"].drop_nulls().to_list()]
