"""The tables of the week's rises as they may be shown: of themes shown, small counts hidden, text made harmless."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.reports.pages.theme_tables import with_subjects
from assets.reports.privacy import (
    SMALL_CELL,
    hide_revealing_rate,
    hide_small_cells,
    hide_small_parts,
    plain_texts,
    share_at_least,
)
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

# What the week's count would follow from, together with the usual range.
_OF_THE_WEEK = (
    "excess",
    "excess_low",
    "excess_high",
    "from_customers",
    "from_rate",
    "from_mix",
    "rate_after",
)
_OF_A_SEGMENT = ("share", "share_before", "share_of_rise")
_LIFT = ("lift", "lift_low", "lift_high")
_CSAT = ("csat_matched", "csat_points", "csat_points_low", "csat_points_high")


@dataclass(frozen=True)
class Rises:
    """The week's rises that may be shown and what is known of each, by `theme_id`; too_small: how many may not."""

    is_known: bool  # whether the snapshot looked for rises in this week
    rises: pl.DataFrame
    too_small: int
    segments: pl.DataFrame
    events: pl.DataFrame
    impact: pl.DataFrame
    quotes: pl.DataFrame
    owners: pl.DataFrame
    issues: pl.DataFrame
    similar: pl.DataFrame

    @property
    def published(self) -> dict[str, tuple[str, pl.DataFrame]]:
        """Caption and frame by the name under which each is published."""
        return {
            "rises": ("Problems that rose", self.rises),
            "rise_segments": ("Whom each rise hits, and whom not", self.segments),
            "rise_events": ("What began near each rise", self.events),
            "rise_impact": ("What each rise costs", self.impact),
            "rise_quotes": ("Tickets of each rise", self.quotes),
            "rise_owners": ("Teams that solved linked issues before", self.owners),
            "rise_issues": ("Issues linked to each rise", self.issues),
            "similar_solved": ("Similar tickets solved before", self.similar),
        }


def rises(snapshot: Snapshot, scope: Scope, themes: pl.DataFrame) -> Rises:
    """The rises of the report's week by rank. themes: those that may be named (`theme_tables.themes`).

    A rise of fewer than ten tickets is counted, not shown, and neither is one of the rest theme or of copied texts.
    """
    named = themes.filter(~pl.col("is_other"), ~pl.col("is_template")).select(
        "theme_id", "name", "description"
    )
    found = snapshot.table("theme_rises", where=f"week = date '{scope.week}'", order_by="rank, theme_id")
    ours = found.join(named, on="theme_id", how="inner", maintain_order="left")
    apart = themes.filter(pl.col("is_other") | pl.col("is_template"))["theme_id"].to_list()
    shown = _rises(ours.filter(pl.col("rise_tickets") >= SMALL_CELL))
    ids = pl.col("theme_id").is_in(shown["theme_id"].to_list())

    def of(name: str) -> pl.DataFrame:
        return snapshot.table(name, order_by="theme_id, rank").filter(ids)

    return Rises(
        is_known=bool(found.height) or (scope.is_latest and snapshot.has("theme_rises")),
        rises=shown,
        too_small=found.filter(~pl.col("theme_id").is_in(apart)).height - shown.height,
        segments=_segments(of("rise_segments")),
        events=of("rise_events").pipe(plain_texts, ["event_id", "kind", "name", "shared_segment"]),
        impact=_impact(snapshot.table("rise_impact").filter(ids)),
        quotes=of("rise_quotes").pipe(with_subjects, snapshot, "rise_quotes"),
        owners=of("rise_owners")
        .pipe(hide_small_cells, "linked_tickets", dependents=["share"])
        .pipe(plain_texts, ["team"]),
        issues=of("rise_issues")
        .pipe(hide_small_cells, "linked_tickets")
        .pipe(plain_texts, ["issue_key", "team", "summary", "status"]),
        similar=of("similar_solved").pipe(with_subjects, snapshot, "similar_solved"),
    )


def _rises(found: pl.DataFrame) -> pl.DataFrame:
    hidden = found.pipe(hide_small_cells, "tickets_week", dependents=_OF_THE_WEEK)
    for count in ("copies", "template_tickets"):
        hidden = hide_small_cells(hidden, count)
    return hidden.with_columns(
        pl.col("usual_middle", "usual_low", "usual_high").round(0),
        pl.col("excess", "excess_low", "excess_high", "from_customers", "from_rate", "from_mix").round(1),
    ).pipe(plain_texts, ["rate_measure", "no_change_by"])


def _segments(found: pl.DataFrame) -> pl.DataFrame:
    """Who rose and who did not. Of a share that leaves under ten tickets only a lower bound is given."""
    bound = share_at_least("tickets", "share")
    known = found.with_columns(share_over=bound, leaves_few=bound.is_not_null())
    known = known.pipe(hide_small_cells, "tickets", dependents=(*_OF_A_SEGMENT, *_LIFT, "share_over"))
    follow = ("tickets", *_OF_A_SEGMENT)
    return (
        known.with_columns(
            *(pl.when(~pl.col("leaves_few")).then(pl.col(name)).alias(name) for name in follow),
            is_hidden=pl.col("is_hidden") | pl.col("leaves_few"),
        )
        .drop("leaves_few")
        .pipe(plain_texts, ["attribute", "value", "attribute_2", "value_2"])
    )


def _impact(found: pl.DataFrame) -> pl.DataFrame:
    return (
        found.pipe(
            hide_small_cells, "tickets", dependents=["handle_minutes", "handle_minutes_excess", "cost"]
        )
        .pipe(hide_small_cells, "sla_known", dependents=["sla_breached", "sla_breach_minutes"])
        .pipe(hide_small_parts, "sla_breached", "sla_known", dependents=["sla_breach_minutes"])
        .pipe(hide_small_cells, "rated", dependents=["csat", *_CSAT])
        .pipe(hide_revealing_rate, "csat", "rated", dependents=_CSAT)
        .pipe(hide_small_cells, "requesters", dependents=["requesters_returned"])
        .pipe(hide_small_parts, "requesters_returned", "requesters")
    )


def followup(snapshot: Snapshot, scope: Scope, themes: pl.DataFrame) -> pl.DataFrame:
    """What came of the problems of the report before; a theme that is there and may not be named is left out."""
    named = themes.filter(~pl.col("is_other"), ~pl.col("is_template")).select("theme_id", "name")
    unnamed = set(snapshot.table("themes")["theme_id"]) - set(named["theme_id"])
    return (
        snapshot.table("rise_followup")
        .filter(pl.lit(scope.is_latest), ~pl.col("theme_id").is_in(list(unnamed)))
        .join(named, on="theme_id", how="left")
        .with_columns(
            pl.col("name").fill_null(pl.format("a theme that is no more ({})", "theme_id")),
            pl.col("usual_high").round(0),
        )
        .pipe(hide_small_cells, "tickets_then")
        .pipe(hide_small_cells, "tickets_now")
        .pipe(plain_texts, ["theme_id", "name"])
        .sort("tickets_then", "theme_id", descending=[True, False], nulls_last=True)
    )


def actions(snapshot: Snapshot, scope: Scope, themes: pl.DataFrame) -> pl.DataFrame:
    """The action plan with what came of each fix, and the theme it is about by name, if that may be named."""
    names = themes.select("theme_id", theme="name")
    frame = snapshot.table("action_verdicts", order_by="started_at desc nulls last, action_id")
    return (
        frame.filter(pl.lit(scope.is_latest))
        .join(names, on="theme_id", how="left", maintain_order="left")
        .pipe(plain_texts, ["action_id", "theme_id", "team", "kind", "name", "status", "metric", "control"])
    )
