"""The week's root-cause tables, all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from models.causes import evidence
from models.causes.actions import follow_merges, judge_actions, link_actions
from models.causes.explain import explain_rises
from models.causes.impact import impact
from models.causes.placing import Known, rises_of


@dataclass(frozen=True)
class Evidence:
    """What is looked up for rises once they are known. Frames as the warehouse has them."""

    themes: pl.DataFrame  # theme_id, name, description: those that may be reported
    history: pl.DataFrame  # the table theme_history
    links: pl.DataFrame  # the table stg_issue_links
    issues: pl.DataFrame  # the table stg_issues
    actions: pl.DataFrame  # the table stg_actions
    weeks: pl.DataFrame  # whole weeks of tickets, as models.causes.action_weeks takes them
    texts: Callable[[pl.DataFrame], pl.DataFrame]  # source, ticket_id to source, ticket_id, text
    embed: evidence.Embed
    last_week: pl.DataFrame | None  # what last week's report said: theme_id, kind, tickets_week, usual_high
    hour_cost: float | None  # of an agent
    now: datetime  # when everything is computed as of


def root_causes(known: Known, looked_up: Evidence) -> dict[str, pl.DataFrame]:
    """The root-cause tables by name: what rose in the week, for whom, what coincides, cost, owners, actions."""
    rises, segments, events = explain_rises(known)
    ended = rises.with_columns(until=pl.col("ended_at").fill_null(known.ends_at))
    inside = evidence.inside_rises(ended, known.tickets)
    victims = inside.filter(~pl.col("is_near_duplicate"))
    return {
        "theme_rises": rises,
        "rise_segments": segments,
        "rise_events": events,
        "rise_impact": impact(ended, known.tickets.filter(~pl.col("is_near_duplicate")), looked_up.hour_cost),
        "rise_quotes": evidence.quotes(victims, looked_up.texts),
        "rise_owners": evidence.owners(inside, looked_up.links, looked_up.issues),
        "rise_issues": evidence.linked_issues(inside, looked_up.links, looked_up.issues),
        "similar_solved": evidence.similar_solved(victims, looked_up.texts, looked_up.embed),
        "action_verdicts": _action_verdicts(known, looked_up),
        "rise_followup": evidence.followup(
            rises_of(_week_before(known)) if looked_up.last_week is None else looked_up.last_week,
            rises,
            known.trends,
            known.week,
            looked_up.history,
        ),
    }


def _week_before(known: Known) -> Known:
    week = timedelta(weeks=1)
    return replace(known, week=known.week - week, starts_at=known.starts_at - week, ends_at=known.starts_at)


def _action_verdicts(known: Known, looked_up: Evidence) -> pl.DataFrame:
    names, themes = looked_up.actions["name"].fill_null(""), looked_up.themes
    living = known.trends["theme_id"].unique()
    linked = link_actions(
        looked_up.actions.with_columns(
            follow_merges(looked_up.actions["theme_id"], looked_up.history, living)
        ),
        themes,
        looked_up.embed(names),
        looked_up.embed(themes["name"]),
        looked_up.embed(themes["description"]),
    )
    return judge_actions(linked, looked_up.weeks, looked_up.now)
