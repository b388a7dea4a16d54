"""The root-causes page: a card for each problem that rose, whether the fixes worked, what came of last week's."""

from __future__ import annotations

import polars as pl

from assets.reports import feed, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.page import Figure, Line, Page
from assets.reports.pages import action_register, rise_cards, rise_tables, rise_words
from assets.reports.pages.rise_cards import Card
from assets.reports.pages.rise_tables import Rises
from assets.reports.privacy import SMALL_CELL
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

LINES = 3  # problems named in the overview
NAMED_UNCHANGED = 3
_FOLLOWUP_COLUMNS = (
    Column("name", "Problem"),
    Column("tickets_then", "In that report", "count", "Tickets in the week of the report before."),
    Column("tickets_now", "Last week", "count"),
    Column("usual_high", "Usual up to", "count", "The upper end of its usual range when it was reported."),
    Column("outcome", "What came of it"),
)
_GOOD, _GONE = "back to usual", "theme retired"


def build(
    snapshot: Snapshot,
    scope: Scope,
    data: DataFolder,
    themes: pl.DataFrame,
    weekly: pl.DataFrame,
    four_weeks: pl.DataFrame,
    rises: Rises,
    actions: pl.DataFrame,
) -> Page:
    """The page; publishes the tables of the rises, `actions` and `last_weeks_problems`.

    themes, weekly, four_weeks: those of `theme_tables`; actions: `rise_tables.actions`.
    """
    listed = themes.filter(~pl.col("is_other"), ~pl.col("is_template"))
    followup = PublishedTable(
        "last_weeks_problems",
        "What came of last week's problems",
        rise_tables.followup(snapshot, scope, themes),
        _FOLLOWUP_COLUMNS,
    )
    _publish(data, rises, actions, followup)
    cards = [
        rise_cards.card(row, rises, weekly, four_weeks, actions, scope)
        for row in rises.rises.iter_rows(named=True)
    ]
    finding = _finding(rises, listed)
    return Page(
        name="root-causes",
        label="Root causes",
        finding=finding,
        lede=_lede(rises, listed, scope),
        content={
            "strip": _strip(cards, rises, listed, actions, followup.frame),
            "cards": cards,
            "together": together(rises.rises, rises.events),
            "unchanged": _unchanged(rises, listed),
            "too_small": _too_small(rises, listed),
            "followup": followup if followup.frame.height else None,
            "actions": action_register.items(actions, scope),
            "confidence": rise_words.CONFIDENCE_RULE,
            "feed": feed.FIELDS,
            "tables": [(name, caption) for name, (caption, _) in rises.published.items()],
        },
        lines=_lines(cards, rises, listed, actions, followup.frame, finding),
        missing=(
            *scope.missing("tickets", "themes", "escalations", "history", "calendar", "csat"),
            *_gaps(rises, themes, scope),
        ),
    )


def _publish(data: DataFolder, rises: Rises, actions: pl.DataFrame, followup: PublishedTable) -> None:
    for name, (caption, frame) in rises.published.items():
        data.publish(PublishedTable(name, caption, frame))
    data.publish(PublishedTable("actions", "The action plan and what came of it", actions))
    data.publish(followup)


def _finding(rises: Rises, listed: pl.DataFrame) -> str:
    if not listed.height:
        return "There are no themes to report on."
    if rises.is_known and rises.rises.height:
        return _how_many(rises.rises)
    if (listed["verdict"].fill_null("too early") == "too early").all():
        return "It is too early to tell rising problems from ordinary ones."
    if rises.is_known and rises.too_small:
        return f"No problem rose by {SMALL_CELL} tickets or more last week."
    if rises.is_known:
        return "No problem rose last week."
    above = _above(listed)
    if not above:
        return f"No theme of {SMALL_CELL} tickets or more was above its usual range last week."
    were = "theme was above its" if above == 1 else "themes were above their"
    return f"{wording.sentence(wording.number_word(above))} {were} usual range last week."


def _how_many(rises: pl.DataFrame) -> str:
    """`Three problems rose last week. One is new.`"""
    count = rises.height
    text = f"{wording.sentence(wording.number_word(count))} {'problem' if count == 1 else 'problems'} rose last week."
    new = rises.filter(kind="new").height
    if not new:
        return text
    if new == count:
        return f"{text} {'It is' if count == 1 else 'All are'} new."
    return f"{text} {wording.sentence(wording.number_word(new))} {'is' if new == 1 else 'are'} new."


def _above(listed: pl.DataFrame) -> int:
    return listed.filter(pl.col("verdict") == "above", pl.col("distinct_week").is_not_null()).height


def _lede(rises: Rises, listed: pl.DataFrame, scope: Scope) -> str:
    if not listed.height:
        return "Themes are found in the text of tickets."
    tickets = "tickets" if scope.missing("escalations") else "escalated tickets"
    text = f"Week of {scope.period}, {tickets} with text, {scope.source_names}."
    if not rises.is_known:
        return text
    quiet = listed.height - rises.rises.height - rises.too_small
    return f"{text} {wording.count(quiet)} of {wording.plural(listed.height, 'theme')} did not rise."


def _strip(
    cards: list[Card], rises: Rises, listed: pl.DataFrame, actions: pl.DataFrame, followup: pl.DataFrame
) -> list[Figure]:
    if not listed.height or not rises.is_known:
        return []
    shown = rises.rises
    new = shown.filter(kind="new").height
    strip = [
        Figure(
            "Problems that rose",
            str(shown.height),
            f"of {wording.plural(listed.height, 'theme')}",
            "worse" if shown.height else "usual",
        )
    ]
    if cards:
        strip.append(Figure("New among them", str(new), "not seen before"))
    if shown["excess"].count():
        total = float(shown["excess"].sum())
        strip.append(Figure("More tickets a week", wording.count(total), "than usual, from these problems"))
    if followup.height:
        good, gone = (followup.filter(outcome=outcome).height for outcome in (_GOOD, _GONE))
        are = f"back to usual; {wording.number_word(gone)} no more a theme" if gone else "back to usual"
        strip.append(Figure("Last week’s problems", f"{good} of {followup.height}", are))
    if fixes := action_register.counted(actions):
        worked = actions.filter(verdict="worked").height
        others = [fix for fix in fixes if not fix.endswith(" worked")]
        strip.append(Figure("Fixes", f"{worked} worked", wording.listing(others) or "since they began"))
    return strip


def together(rises: pl.DataFrame, events: pl.DataFrame) -> list[str]:
    """A sentence for each event that several rises coincide with: one problem, in the words of several themes."""
    shared = (
        events.filter("is_named")
        .join(rises, on="theme_id", how="semi")
        .group_by("event_id", maintain_order=True)
        .agg(pl.col("name").first(), themes=pl.col("theme_id").n_unique())
        .filter(pl.col("themes") > 1)
    )
    return [
        f"{wording.sentence(wording.number_word(row['themes']))} of them coincide with “{row['name']}” "
        "and may be one problem."
        for row in shared.iter_rows(named=True)
    ]


def _unchanged(rises: Rises, listed: pl.DataFrame) -> str:
    quiet = listed.filter(
        pl.col("verdict") == "usual", ~pl.col("theme_id").is_in(rises.rises["theme_id"].to_list())
    )
    if not quiet.height:
        return ""
    largest = [f"“{name}”" for name in quiet.head(NAMED_UNCHANGED)["name"].to_list()]
    if quiet.height <= NAMED_UNCHANGED:
        return f"In their usual range: {wording.listing(largest)}."
    many = wording.sentence(wording.number_word(quiet.height))
    return f"{many} themes stayed in their usual range, among them {wording.listing(largest)}."


def _too_small(rises: Rises, listed: pl.DataFrame) -> str:
    """How many themes rose that may not be shown."""
    if not rises.is_known:
        above = listed.filter(pl.col("verdict") == "above", pl.col("distinct_week").is_null()).height
        themes = "theme was" if above == 1 else "themes were"
        what = f"{themes} above the usual range with fewer than {SMALL_CELL} tickets"
    else:
        above = rises.too_small
        themes = "theme rose" if above == 1 else "themes rose"
        more = "more " if rises.rises.height else ""
        what = f"{more}{themes} by fewer than {SMALL_CELL} tickets"
    many = wording.sentence(wording.number_word(above))
    return f"{many} {what}: too few to show, or to send anyone after." if above else ""


def _gaps(rises: Rises, themes: pl.DataFrame, scope: Scope) -> list[str]:
    if not themes.height:
        return [] if scope.missing("tickets", "themes") else ["The last run found no themes."]
    if not rises.is_known:
        return ["What lies behind a rise was not looked into for this week."]
    return []


def _lines(
    cards: list[Card],
    rises: Rises,
    listed: pl.DataFrame,
    actions: pl.DataFrame,
    followup: pl.DataFrame,
    finding: str,
) -> tuple[Line, ...]:
    """For the overview: the rises or that there are none, last week's problems, the fixes."""
    if not listed.height:
        return ()
    lines = [
        Line(card.name, card.headline, f"root-causes.html#{card.anchor}", "worse") for card in cards[:LINES]
    ]
    if len(cards) > LINES:
        rest = len(cards) - LINES
        more = f"{wording.sentence(wording.number_word(rest))} more {'problem' if rest == 1 else 'problems'} rose"
        lines.append(Line(more, "by fewer tickets each", f"root-causes.html#{cards[LINES].anchor}", "worse"))
    if not cards:
        tone = "changed" if not rises.is_known and _above(listed) else "usual"
        lines.append(Line(finding.rstrip("."), _unchanged(rises, listed), "themes.html", tone))
    if followup.height:
        good = followup.filter(outcome=_GOOD).height
        then = wording.plural(followup.height, "problem")
        text = f"Of last week’s {then}, {good or 'none'} {'is' if good == 1 else 'are'} back to usual"
        lines.append(Line(text, _still(followup), "root-causes.html#followup"))
    if fixes := action_register.counted(actions):
        text = f"Fixes: {wording.listing(fixes)}"
        context = "tickets since each fix began, against those before and other themes"
        lines.append(Line(text, context, "root-causes.html#actions"))
    return tuple(lines)


def _still(followup: pl.DataFrame) -> str:
    """Those that are still above, and how many are no themes any more: their tickets may lie in others."""
    names = [f"“{name}”" for name in followup.filter(outcome="still above")["name"].to_list()]
    still = [f"still above: {wording.listing(names[:LINES])}"] if names else []
    if gone := followup.filter(outcome=_GONE).height:
        still.append(f"{wording.number_word(gone)} no more a theme of {'its' if gone == 1 else 'their'} own")
    return "; ".join(still)
