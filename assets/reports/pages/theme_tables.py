"""The tables behind the root-causes page, as they may be shown: joined, small counts hidden, text made harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from assets.reports import wording
from assets.reports.privacy import SMALL_CELL, hide_small_cells, plain_text, plain_texts
from assets.reports.scope import WEEKS_SHOWN, Scope
from assets.reports.snapshot_tables import Snapshot

EVENT_WEEKS = 4  # events that began in the weeks up to the report's end are set beside a theme
EVENTS_SHOWN = 6
SIGNIFICANT_Q = 0.05
_EVENT_KINDS = ("release", "incident", "sop_change", "ato_wave", "campaign", "training")
_COSTS = ("tickets_28d", "unsolved_28d", "handle_hours_28d")
_CSAT = ("csat_28d", "csat_low_28d", "csat_high_28d")


@dataclass(frozen=True)
class ThemeEvent:
    """A calendar event that began shortly before or in the week."""

    mark: str
    name: str
    text: str
    first: date
    last: date
    business_line: str | None

    def touches(self, lines: set[str]) -> bool:
        """Whether it may concern a theme that is over-represented in these business lines (none: in any)."""
        return self.business_line is None or not lines or self.business_line in lines


def themes(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """A row per theme of ten tickets or more, by impact, with last week and what four weeks cost."""
    known = snapshot.table("themes").rename({"tickets": "tickets_total"})
    if not scope.is_latest:
        known = known.drop("tickets_total", "distinct_tickets", "share").join(
            _totals_until(snapshot, scope), on="theme_id"
        )
    known = known.filter(pl.col("tickets_total") >= SMALL_CELL).with_columns(
        pl.col("is_other", "is_template").fill_null(False)
    )
    week = _week(snapshot, scope)
    joined = known.join(week, on="theme_id", how="left").sort(
        "impact_rank", "tickets_week", "tickets_total", descending=[False, True, True], nulls_last=True
    )
    # Distinct tickets less the usual middle are the excess, so it goes with them.
    hidden = joined.pipe(hide_small_cells, "distinct_week", dependents=["excess"])
    hidden = hidden.pipe(hide_small_cells, "tickets_week", dependents=["distinct_week", "excess"])
    hidden = hidden.pipe(
        hide_small_cells, "tickets_28d", dependents=["unsolved_28d", "handle_hours_28d", *_CSAT]
    )
    hidden = hidden.pipe(hide_small_cells, "unsolved_28d")
    hidden = hidden.pipe(hide_small_cells, "csat_rated_28d", dependents=_CSAT)
    return hidden.pipe(plain_texts, ["theme_id", "name", "description"])


def _totals_until(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """Tickets of each theme up to the end of a past week."""
    trends = snapshot.table("theme_trends", where=f"week <= date '{scope.week}'")
    totals = trends.group_by("theme_id").agg(
        pl.col("distinct_tickets").sum(), tickets_total=pl.col("tickets").sum()
    )
    return totals.with_columns(share=pl.col("tickets_total") / pl.col("tickets_total").sum())


def _week(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """The week of every theme: from `theme_impact`, or for a past week from `theme_trends` without the cost."""
    impact = snapshot.table("theme_impact", where=f"week = date '{scope.week}'")
    if not impact.height:
        trends = snapshot.table("theme_trends", where=f"week = date '{scope.week}'")
        impact = trends.with_columns(
            pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in impact.schema.items()
            if name not in trends.columns
        ).select(impact.columns)
        excess = pl.col("distinct_tickets") - pl.col("usual_middle")
        impact = impact.with_columns(
            excess=excess, impact_rank=excess.rank("ordinal", descending=True).cast(pl.Int64)
        )
    whole = pl.col("usual_middle", "usual_low", "usual_high").round(0)
    names = {"tickets": "tickets_week", "distinct_tickets": "distinct_week"}
    return impact.with_columns(whole).rename(names).drop("week")


def trends(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame) -> pl.DataFrame:
    """Tickets by week of the themes shown, small counts hidden.

    The reader knows a theme's total and its last four weeks, and a week's total: where one count of such a
    group is hidden a second one is too.
    """
    first = scope.week - timedelta(weeks=WEEKS_SHOWN - 1)
    recent = pl.col("week") > scope.week - timedelta(weeks=4)
    trends = snapshot.table("theme_trends", where=f"week between date '{first}' and date '{scope.week}'")
    return (
        trends.filter(pl.col("theme_id").is_in(shown["theme_id"].to_list()))
        .with_columns(pl.col("usual_middle", "usual_low", "usual_high").round(0), recent=recent)
        .pipe(
            hide_small_cells,
            "tickets",
            within=[["week"], ["theme_id"], ["theme_id", "recent"]],
            dependents=["distinct_tickets"],
        )
        .pipe(hide_small_cells, "distinct_tickets")
        .drop("recent")
        .sort("theme_id", "week")
    )


def drivers(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame) -> pl.DataFrame:
    """Attribute values clearly more common in a theme than elsewhere, the surest first; small counts hidden.

    They are known for the time up to the snapshot's end only, so for a past week there are none.
    """
    return (
        snapshot.table("theme_drivers")
        .filter(
            pl.lit(scope.is_latest),
            pl.col("theme_id").is_in(shown["theme_id"].to_list()),
            pl.col("lift_low") > 1,
            pl.col("q_value").fill_null(0) < SIGNIFICANT_Q,
        )
        .pipe(
            hide_small_cells,
            "tickets",
            within=[["theme_id", "attribute"]],
            dependents=["share_in_theme", "share_elsewhere", "lift", "lift_low", "lift_high"],
        )
        .pipe(plain_texts, ["attribute", "value"])
        .sort("theme_id", "lift_low", descending=[False, True], nulls_last=True)
    )


def examples(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame) -> pl.DataFrame:
    """Example tickets of the themes shown, their redacted text made harmless; none for a past week."""
    return (
        snapshot.table("theme_examples", order_by="theme_id, rank")
        .filter(
            pl.lit(scope.is_latest),
            pl.col("theme_id").is_in(shown.filter(~pl.col("is_other"))["theme_id"].to_list()),
        )
        .pipe(plain_texts, ["source", "ticket_id", "text"])
    )


def events(snapshot: Snapshot, scope: Scope) -> list[ThemeEvent]:
    """The latest calendar events that began in the four weeks to the end of the week, holidays aside."""
    kinds = ", ".join(f"'{kind}'" for kind in _EVENT_KINDS)
    since, until = scope.week - timedelta(weeks=EVENT_WEEKS - 1), scope.week + timedelta(weeks=1)
    found = snapshot.table(
        "stg_calendar",
        where=f"kind in ({kinds}) and starts_at >= timestamp '{since}' and starts_at < timestamp '{until}'",
        order_by="starts_at, name",
    ).tail(EVENTS_SHOWN)
    return [_event(str(mark), row, scope.zone) for mark, row in enumerate(found.iter_rows(named=True), 1)]


def _event(mark: str, row: dict[str, Any], zone: str) -> ThemeEvent:
    starts, ends = row["starts_at"], row["ends_at"]
    local = [at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date() for at in (starts, ends)]
    name, kind = plain_text(str(row["name"])), wording.readable(str(row["kind"]))
    line = plain_text(str(row["business_line"])) if row["business_line"] else None
    where = f", {wording.readable(line)}" if line else ", all lines"
    return ThemeEvent(
        mark, name, f"{name} ({kind}{where}) from {wording.moment(starts, zone)}", local[0], local[1], line
    )
