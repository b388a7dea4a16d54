"""The tables of the week's rises as they may be shown: of themes shown, small counts hidden, text made harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from assets.reports.lifts import coarse_share, few_of, lifts_told, rests_on
from assets.reports.pages.theme_tables import with_subjects
from assets.reports.pages.volume_parts import in_whole_tickets
from assets.reports.privacy import (
    HIDDEN,
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
# What is counted since a rise began is told in steps of so many: less a week's tickets it would tell of a hidden week.
_STEP = 5
_WEEKS_BEFORE = 26
_CSAT_INTERVAL = ("csat_low", "csat_high")
_CSAT = ("rated_matched", "csat_matched", "csat_points", "csat_points_low", "csat_points_high")


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

    before = _tickets_before(snapshot.table("theme_trends"), shown)

    return Rises(
        is_known=bool(found.height) or (scope.is_latest and snapshot.has("theme_rises")),
        rises=shown,
        too_small=found.filter(~pl.col("theme_id").is_in(apart)).height - shown.height,
        segments=_segments(of("rise_segments"), before),
        events=of("rise_events").pipe(plain_texts, ["event_id", "kind", "name", "shared_segment"]),
        impact=_impact(snapshot.table("rise_impact").filter(ids)),
        quotes=of("rise_quotes").pipe(with_subjects, snapshot, "rise_quotes"),
        owners=_owners(of("rise_owners")),
        issues=of("rise_issues")
        .pipe(hide_small_cells, "linked_tickets")
        .pipe(plain_texts, ["issue_key", "team", "summary", "status"]),
        similar=of("similar_solved").pipe(with_subjects, snapshot, "similar_solved"),
    )


def _tickets_before(trends: pl.DataFrame, rises: pl.DataFrame) -> pl.DataFrame:
    """About how many tickets each rising theme had in the weeks that its rise is compared with: theme_id, before."""
    begin = pl.col("onset_at").dt.date() - pl.duration(days=6)
    past = pl.col("week").is_between(begin - timedelta(weeks=_WEEKS_BEFORE), begin, closed="left")
    joined = rises.select("theme_id", "onset_at").join(trends, on="theme_id").filter(past)
    return joined.group_by("theme_id").agg(before=pl.col("distinct_tickets").sum())


def _rises(found: pl.DataFrame) -> pl.DataFrame:
    hidden = found.pipe(hide_small_cells, "tickets_week", dependents=_OF_THE_WEEK)
    hidden = hidden.pipe(hide_small_cells, "copies", dependents=["template_tickets"])
    hidden = hidden.pipe(hide_small_parts, "template_tickets", "copies")
    whole = ("usual_middle", "usual_low", "usual_high", "excess_low", "excess_high")
    return (
        in_whole_tickets(hidden, total="excess")
        .with_columns(
            # As whole numbers: a tenth would tell how many tickets the interval was told from.
            pl.col(*whole).round(0) + 0.0,  # no minus zero
            pl.col("rate_before", "rate_after").round_sig_figs(2),
            _in_steps("rise_tickets"),
        )
        .pipe(plain_texts, ["rate_measure", "no_change_by"])
    )


def _segments(found: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Who rose and who did not. Of a share that leaves under ten tickets only a lower bound is given.

    The tickets of each are left out: with a share they would tell of all tickets of the rise. before: see
    `_tickets_before`.
    """
    known = found.join(before, on="theme_id", how="left", maintain_order="left")
    whole = (pl.col("tickets") / pl.col("share")).round()
    own = pl.col("share_before") * pl.col("before")
    # Other themes' tickets move what is expected and widen its interval, but the theme's own are what it rests on.
    own = pl.when(pl.col("compared_with") == "weeks before").then(own)
    on = pl.max_horizontal(rests_on("tickets", "share", "share_before"), own)
    known = known.with_columns(
        _is_small=pl.col("tickets") < SMALL_CELL,
        _few=few_of(on),
        share_over=share_at_least("tickets", "share"),
        _leaves_few=(whole - pl.col("tickets")).is_between(1, SMALL_CELL - 1),
    )
    said = ~pl.col("_is_small") & ~pl.col("_leaves_few")
    return (
        known.with_columns(
            *(
                pl.when(said).then(coarse_share(name, whole)).alias(name)
                for name in ("share", "share_of_rise")
            ),
            share_before=pl.when(said & ~pl.col("_few")).then(coarse_share("share_before", pl.col("before"))),
            share_over=pl.when(~pl.col("_is_small")).then("share_over"),
        )
        .pipe(lifts_told, pl.col("_few"), pl.col("_is_small"))
        .with_columns((pl.col("_is_small") | pl.col("_leaves_few") | pl.col("_few")).alias(HIDDEN))
        .drop("tickets", "before", "_is_small", "_few", "_leaves_few")
        .pipe(plain_texts, ["attribute", "value", "attribute_2", "value_2"])
    )


def _impact(found: pl.DataFrame) -> pl.DataFrame:
    minutes = ("handle_minutes", "handle_minutes_excess", "cost")
    return (
        found.pipe(hide_small_cells, "tickets", dependents=minutes)
        .pipe(hide_small_cells, "sla_known", dependents=["sla_breached", "sla_breach_minutes"])
        .pipe(hide_small_parts, "sla_breached", "sla_known", dependents=["sla_breach_minutes"])
        .pipe(hide_small_cells, "rated", dependents=["csat", *_CSAT_INTERVAL, *_CSAT])
        .pipe(hide_revealing_rate, "csat", "rated", dependents=(*_CSAT_INTERVAL, *_CSAT))
        .with_columns(_csat_of_matched=pl.col("csat_matched") + pl.col("csat_points") / 100)
        .pipe(hide_revealing_rate, "_csat_of_matched", "rated_matched", dependents=_CSAT)
        .drop("_csat_of_matched")
        .pipe(hide_small_parts, "rated_matched", "rated")
        .pipe(_hide_matched)
        .pipe(hide_small_cells, "requesters", dependents=["requesters_returned"])
        .pipe(hide_small_parts, "requesters_returned", "requesters")
        .with_columns(
            *(_in_steps(name) for name in ("tickets", "sla_known", "requesters")),
            # Their ratio is that of the tickets on top to all.
            pl.col(minutes).round_sig_figs(2),
            pl.col("sla_breach_minutes", "csat_points", "csat_points_low", "csat_points_high").round(0),
            pl.col("csat", *_CSAT_INTERVAL, "csat_matched").round(2),
        )
    )


def _hide_matched(found: pl.DataFrame) -> pl.DataFrame:
    """Of the ratings that have a match, the good and the bad are parts of all good and bad ones."""
    rated, matched = pl.col("rated"), pl.col("rated_matched")
    good = (pl.col("csat") * rated).round()
    good_matched = ((pl.col("csat_matched") + pl.col("csat_points") / 100) * matched).round()
    return (
        found.with_columns(_good=good, _bad=rated - good)
        .with_columns(_good_matched=good_matched, _bad_matched=matched - good_matched)
        .pipe(hide_small_parts, "_good_matched", "_good", dependents=("_bad_matched", *_CSAT))
        .pipe(hide_small_parts, "_bad_matched", "_bad", dependents=_CSAT)
        .drop("_good", "_bad", "_good_matched", "_bad_matched")
    )


def _in_steps(count: str) -> pl.Expr:
    """A count told nearly: in steps of five."""
    return ((pl.col(count) / _STEP).round() * _STEP).cast(pl.Int64).alias(count)


def _owners(found: pl.DataFrame) -> pl.DataFrame:
    """Teams with the share of the theme's linked tickets that were theirs; of a share that leaves few a lower bound."""
    whole = (pl.col("linked_tickets") / pl.col("share")).round()
    bound = share_at_least("linked_tickets", "share")
    known = found.with_columns(
        share_over=bound, share=pl.when(bound.is_null()).then(coarse_share("share", whole))
    )
    return (
        known.pipe(hide_small_cells, "linked_tickets", dependents=["share", "share_over"])
        .with_columns(_in_steps("linked_tickets"))
        .pipe(plain_texts, ["team"])
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
