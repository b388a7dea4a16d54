"""The tables of themes as they may be shown: joined, small counts hidden, text made harmless."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from assets.reports.lifts import coarse_share, few_of, lifts_told, rests_on
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
from assets.reports.summed_counts import ALL, Count, hide_summed_counts

WEEKS = 24  # of a theme shown one by one
FOUR_WEEKS = 13  # of a theme shown four by four: a year
SIGNIFICANT_Q = 0.05
_COSTS = ("unsolved_28d", "handle_hours_28d")
_CSAT = ("csat_28d", "csat_low_28d", "csat_high_28d")


def themes(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """A row per theme of ten tickets or more, with last week and what four weeks cost.

    First the themes above their usual range, by how much; a theme whose week is hidden is not among them, however
    much it rose. Then by the tickets of four weeks. Themes that a person chose to ignore are left out.
    """
    known = snapshot.table("themes").rename({"tickets": "tickets_total"})
    if not scope.is_latest:
        known = known.drop("tickets_total", "distinct_tickets").join(
            _totals_until(snapshot, scope), on="theme_id"
        )
        # What is new today was not yet there, or is not new as of then.
        was_there = (pl.col("born_on") <= scope.week + timedelta(days=6)).fill_null(True)
        known = known.filter(was_there).with_columns(is_new=pl.lit(False))
    flags = pl.col("is_other", "is_template", "is_new", "is_ignored").fill_null(False)
    known = known.with_columns(flags).filter(pl.col("tickets_total") >= SMALL_CELL, ~pl.col("is_ignored"))
    hidden = _small_counts_hidden(known.join(_week(snapshot, scope), on="theme_id", how="left"))
    rose = (pl.col("verdict") == "above") & pl.col("distinct_week").is_not_null()
    return (
        hidden.sort(
            rose.fill_null(False),
            pl.when(rose).then("excess"),
            pl.col("tickets_28d").fill_null(SMALL_CELL - 1),
            "tickets_total",
            "theme_id",
            descending=[True, True, True, True, False],
            nulls_last=True,
        )
        .drop("is_ignored")
        .with_columns(pl.col("excess").round(0))
        .pipe(plain_texts, ["theme_id", "name", "description"])
    )


def _small_counts_hidden(joined: pl.DataFrame) -> pl.DataFrame:
    # Distinct tickets less the usual middle are the excess, so it goes with them.
    hidden = joined.pipe(hide_small_cells, "distinct_week", dependents=["excess"])
    hidden = hidden.pipe(hide_small_cells, "tickets_week", dependents=["distinct_week", "excess"])
    # The three weeks before are what four weeks leave beside the last.
    before = (pl.col("tickets_28d") - pl.col("tickets_week")).alias("_before")
    of_four_weeks = ["tickets_28d", *_COSTS, *_CSAT, "csat_rated_28d"]
    hidden = hidden.with_columns(before).pipe(hide_small_cells, "_before", dependents=of_four_weeks)
    hidden = hidden.pipe(hide_small_cells, "tickets_28d", dependents=of_four_weeks).drop("_before")
    before = (pl.col("tickets_total") - pl.col("tickets_week")).alias("_before")
    of_all = ["tickets_total", "distinct_tickets"]
    hidden = hidden.with_columns(before).pipe(hide_small_cells, "_before", dependents=of_all).drop("_before")
    hidden = hidden.pipe(hide_small_parts, "unsolved_28d", "tickets_28d")
    hidden = hidden.pipe(hide_small_cells, "csat_rated_28d", dependents=_CSAT)
    return hidden.pipe(hide_revealing_rate, "csat_28d", "csat_rated_28d", dependents=_CSAT[1:])


def _totals_until(snapshot: Snapshot, scope: Scope) -> pl.DataFrame:
    """Tickets of each theme up to the end of a past week."""
    trends = snapshot.table("theme_trends", where=f"week <= date '{scope.week}'")
    return trends.group_by("theme_id").agg(
        pl.col("distinct_tickets").sum(), tickets_total=pl.col("tickets").sum()
    )


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
        impact = impact.with_columns(excess=excess)
    whole = pl.col("usual_middle", "usual_low", "usual_high").round(0)
    names = {"tickets": "tickets_week", "distinct_tickets": "distinct_week"}
    return impact.with_columns(whole).rename(names).drop("week")


def trends(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame) -> pl.DataFrame:
    """Tickets by week of the themes shown, small counts hidden.

    The reader may know a theme's total and a week's: where one count of such a group is hidden a second one is too,
    though not of the last two weeks, which are told of elsewhere.
    """
    weekly = _weekly(snapshot, scope, shown, WEEKS)
    is_told = (pl.col("week") >= scope.week - timedelta(weeks=1)) & (pl.col("tickets") >= SMALL_CELL)
    others = weekly.filter(~is_told).pipe(
        hide_small_cells, "tickets", within=[["week"], ["theme_id"]], dependents=["distinct_tickets"]
    )
    hidden = pl.concat([others, weekly.filter(is_told).with_columns(pl.lit(False).alias(HIDDEN))])
    hidden = hidden.pipe(hide_small_cells, "distinct_tickets").sort("theme_id", "week")
    return _usual_told(hidden, scope)


def _usual_told(hidden: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Usual ranges in whole tickets; of a theme with a hidden week the last week's alone, and none while it is too early.

    The mean of one week is that week, and the means of many, week after week, tell what each of them was.
    """
    is_told = ~pl.col(HIDDEN).any().over("theme_id") | (pl.col("week") == scope.week)
    is_told &= pl.col("verdict") != "too early"
    usual = ("usual_middle", "usual_low", "usual_high")
    return hidden.with_columns(pl.when(is_told).then(pl.col(name).round(0)).alias(name) for name in usual)


def four_weeks(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame, weekly: pl.DataFrame) -> pl.DataFrame:
    """Distinct tickets of each theme in every four weeks up to the report's, over a year; small counts hidden.

    For themes with few tickets a week these say more than weeks do. weekly: `trends`; a sum is hidden too where it
    would give away the weeks hidden there.
    """
    last = shown.select("theme_id", "distinct_week", week=pl.lit(scope.week))
    told = (
        weekly.join(last, on=["theme_id", "week"], how="left")
        .group_by("theme_id", _block(scope))
        .agg(told=pl.coalesce("distinct_week", "distinct_tickets").sum())
    )
    return (
        _weekly(snapshot, scope, shown, FOUR_WEEKS * 4)
        .group_by("theme_id", _block(scope))
        .agg(first=pl.col("week").min(), weeks=pl.len(), distinct_tickets=pl.col("distinct_tickets").sum())
        .filter(weeks=4)
        .join(told, on=["theme_id", "block"], how="left")
        .with_columns(rest=pl.col("distinct_tickets") - pl.col("told"))
        .pipe(hide_small_cells, "distinct_tickets", within=[["theme_id"], ["block"]])
        .pipe(hide_small_cells, "rest", dependents=["distinct_tickets"])
        .with_columns(last=pl.col("first") + pl.duration(days=27))
        .select("theme_id", "first", "last", "distinct_tickets", "is_hidden")
        .sort("theme_id", "first")
    )


def in_agreement(themes: pl.DataFrame, four_weeks: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """The themes without the four weeks' tickets where `four_weeks` hides them."""
    hidden = four_weeks.filter("is_hidden", last=scope.week + timedelta(days=6))["theme_id"].to_list()
    gone = pl.col("theme_id").is_in(hidden) & (pl.col("tickets_28d") > 0)
    return themes.with_columns(
        *(
            pl.when(~gone.fill_null(False)).then(pl.col(name)).alias(name)
            for name in ("tickets_28d", *_COSTS, "csat_rated_28d", *_CSAT)
        ),
        is_hidden=pl.col("is_hidden") | gone.fill_null(False),
    )


def _weekly(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame, weeks: int) -> pl.DataFrame:
    first = scope.week - timedelta(weeks=weeks - 1)
    frame = snapshot.table("theme_trends", where=f"week between date '{first}' and date '{scope.week}'")
    # What fits no theme is not told by week: with it the themes of a week would sum to all its tickets.
    return frame.filter(pl.col("theme_id").is_in(shown.filter(~pl.col("is_other"))["theme_id"].to_list()))


def _block(scope: Scope) -> pl.Expr:
    """Which four weeks a week belongs to, counted back from the report's: 0 for the last."""
    return ((pl.lit(scope.week) - pl.col("week")).dt.total_days() // 28).alias("block")


def drivers(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame) -> pl.DataFrame:
    """Attribute values clearly more common in a theme than elsewhere, the surest first; small counts hidden.

    A count is hidden, too, where it leaves 1 to 9 of the theme's tickets with the attribute; of its share a lower bound
    is told (`share_over`). They are known for the time up to the snapshot's end only, so for a past week there are none.
    """
    found = snapshot.table("theme_drivers").filter(
        pl.lit(scope.is_latest),
        pl.col("theme_id").is_in(shown["theme_id"].to_list()),
        pl.col("lift_low") > 1,
        pl.col("q_value").fill_null(0) < SIGNIFICANT_Q,
    )
    known = found.with_columns(
        _whole=(pl.col("tickets") / pl.col("share_in_theme")).round().cast(pl.Int64),
        _few=few_of(rests_on("tickets", "share_in_theme")),
        _is_small=pl.col("tickets") < SMALL_CELL,
        share_over=share_at_least("tickets", "share_in_theme"),
    )
    hidden = _parts_hidden(known).with_columns(
        share_over=pl.when(pl.col("tickets").is_null() & ~pl.col("_is_small")).then("share_over")
    )
    told = pl.col("tickets").is_not_null() | pl.col("share_over").is_not_null()
    return (
        hidden.sort("theme_id", "lift_low", descending=[False, True], nulls_last=True)
        .with_columns(
            share_in_theme=pl.when(pl.col("tickets").is_not_null()).then(coarse_share("share_in_theme")),
            share_elsewhere=pl.when(told & ~pl.col("_few")).then(pl.col("share_elsewhere").round(2)),
        )
        .pipe(lifts_told, pl.col("_few") | pl.col("tickets").is_null(), ~told)
        .with_columns(pl.col(HIDDEN) | pl.col("_few"))
        .drop("_whole", "_few", "_is_small")
        .pipe(plain_texts, ["attribute", "value"])
    )


def _parts_hidden(known: pl.DataFrame) -> pl.DataFrame:
    """The tickets with each value hidden where a theme's tickets with the attribute less those shown are 1 to 9."""
    keys = ["theme_id", "attribute"]
    per_attribute = known.group_by(keys).agg(pl.col("_whole").max(), _sum=pl.col("tickets").sum())
    sums = pl.concat(
        per_attribute.select(*keys, pl.lit(part).alias("_part"), tickets)
        for part, tickets in (
            (ALL, pl.col("_whole").alias("tickets")),
            ("rest", (pl.col("_whole") - pl.col("_sum")).alias("tickets")),
        )
    )
    parts = known.with_columns(_part=pl.lit("value: ") + pl.col("value"))
    stacked = pl.concat([parts, sums], how="diagonal_relaxed")
    hidden = hide_summed_counts(stacked, [Count("tickets", of="_whole")], keys=keys, over=["_part"])
    return hidden.filter(pl.col("_part").str.starts_with("value: ")).drop("_part")


def examples(snapshot: Snapshot, scope: Scope, shown: pl.DataFrame) -> pl.DataFrame:
    """Example tickets of the themes shown, their redacted text made harmless; none for a past week."""
    return (
        snapshot.table("theme_examples", order_by="theme_id, rank")
        .filter(
            pl.lit(scope.is_latest),
            pl.col("theme_id").is_in(shown.filter(~pl.col("is_other"))["theme_id"].to_list()),
        )
        .pipe(with_subjects, snapshot, "theme_examples")
    )


def with_subjects(quotes: pl.DataFrame, snapshot: Snapshot, quoted: str) -> pl.DataFrame:
    """Quoted texts as `subject` (null where there is none) and `text` without it, both made harmless.

    A ticket's text is its subject and its first message in one; quoted: the table that the quotes come from.
    """
    joined = quotes.join(
        snapshot.subjects(quoted), on=["source", "ticket_id"], how="left", maintain_order="left"
    )
    joined = joined.pipe(plain_texts, ["source", "ticket_id", "text", "subject"])
    one_line = pl.col("subject", "text").str.replace_all(r"\s+", " ").str.strip_chars()
    joined = joined.with_columns(one_line)
    body = pl.col("text").str.strip_prefix(pl.col("subject")).str.strip_chars()
    # Where the quote does not begin with the subject, or is all of it, it stays whole.
    is_split = pl.col("text").str.starts_with(pl.col("subject")).fill_null(False) & (body != "")
    is_split &= pl.col("subject") != ""
    return joined.with_columns(
        subject=pl.when(is_split).then("subject"), text=pl.when(is_split).then(body).otherwise("text")
    )
