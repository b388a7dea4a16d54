"""Forecasts judged in public: what earlier ones said, beside what came and beside what the newest one says."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from models.forecast.closures import find_gaps
from models.forecast.hierarchy import LEVELS, levels_of
from models.forecast.intervals import BUCKETS
from models.forecast.panel import SEGMENT, dense_panel

NODE = ("level", *SEGMENT)
FORECASTS_SHOWN = 8
_LEVELS_KEPT = tuple(level for level in LEVELS if level != "segment")


def keep(log: pl.DataFrame, made: pl.DataFrame, rebuilt: pl.DataFrame | None = None) -> pl.DataFrame:
    """The log with a forecast just made, and with rebuilt ones until enough were stored as they were made.

    log, made: rows of forecasts by made_on, level, the segment's columns and day or week, without the segments
    themselves. A forecast made again on the same day replaces the earlier one. rebuilt: forecasts as of past
    days, made after the fact; they go once FORECASTS_SHOWN real ones have been stored.
    """
    made = made.filter(pl.col("level").is_in(_LEVELS_KEPT)).with_columns(is_rebuilt=pl.lit(False))
    stored = log.filter(~pl.col("is_rebuilt")).join(made.select("made_on").unique(), on="made_on", how="anti")
    log = pl.concat([stored.select(made.columns), made])
    enough = log["made_on"].n_unique() > FORECASTS_SHOWN
    if rebuilt is not None and not enough:
        past = rebuilt.filter(pl.col("level").is_in(_LEVELS_KEPT)).with_columns(is_rebuilt=pl.lit(True))
        past = past.join(log.select("made_on").unique(), on="made_on", how="anti")
        log = pl.concat([past.select(log.columns), log])
    return log.sort("made_on", *NODE, maintain_order=True)


def what_came(history: pl.DataFrame, last_day: date) -> pl.DataFrame:
    """Tickets that came, every day up to `last_day`: level, the segment's columns (null where summed over), date, came.

    history: date, business_line, channel, tier, region, tickets. Days on which a busy node's data is missing have
    no number of their own: came is NaN, and such days count in no judgement.
    """
    panel = dense_panel(history, last_day)
    if panel is None:
        return pl.DataFrame(schema=dict.fromkeys(NODE, pl.String) | {"date": pl.Date, "came": pl.Float64})
    dates = [panel.first + timedelta(days=day) for day in range(panel.days)]
    levels = [level for level in levels_of(panel.segments) if level.name in _LEVELS_KEPT]
    rows = []
    for level in levels:
        came = level.sum(panel.counts)
        known = np.where(find_gaps(came), np.nan, came)
        rows.append(level.rows(last_day, "date", dates, {"came": known}).drop("made_on"))
    return pl.concat(rows)


def score_log(log: pl.DataFrame, came: pl.DataFrame, last_day: date) -> pl.DataFrame:
    """Every stored forecast against what came, by level and days ahead.

    log: daily rows, see `keep`. came: see `what_came`; a node without a row up to `last_day` had no ticket.
    Columns: made_on, is_rebuilt, level, horizon, days (series x days compared), wape, bias (forecast minus actual,
    both over tickets; null where none came), coverage_80, coverage_95.
    """
    ahead = (pl.col("date") - pl.col("made_on")).dt.total_days()
    bucket = pl.lit(f"{BUCKETS[-1][0]}-{BUCKETS[-1][1]}")
    for first, last in reversed(BUCKETS[:-1]):
        bucket = pl.when(ahead <= last).then(pl.lit(f"{first}-{last}")).otherwise(bucket)
    known = (
        log.filter(pl.col("date") <= last_day)
        .join(came, on=[*NODE, "date"], how="left", nulls_equal=True)
        .with_columns(pl.col("came").fill_null(0.0), horizon=bucket)
        .filter(pl.col("came").is_not_nan())
    )
    error = pl.col("expected") - pl.col("came")
    volume = pl.col("came").sum()
    return (
        known.group_by("made_on", "is_rebuilt", "level", "horizon")
        .agg(
            days=pl.len().cast(pl.Int64),
            wape=pl.when(volume > 0).then(error.abs().sum() / volume),
            bias=pl.when(volume > 0).then(error.sum() / volume),
            coverage_80=pl.col("came").is_between("low_80", "high_80").mean(),
            coverage_95=pl.col("came").is_between("low_95", "high_95").mean(),
        )
        .sort("made_on", "level", pl.col("horizon").str.extract(r"^(\d+)").cast(pl.Int64))
    )


def weekly_outcomes(log: pl.DataFrame, came: pl.DataFrame, last_day: date) -> pl.DataFrame:
    """Whole weeks as they were forecast, beside what came of them (null for weeks not over or with days missing).

    log: weekly rows, see `keep`. came, last_day: see `score_log`. Of the forecasts a week of which is over, the
    last FORECASTS_SHOWN are given.
    """
    is_over = pl.col("week") + pl.duration(days=6) <= last_day
    newest = log.filter(is_over)["made_on"].unique().sort()[-FORECASTS_SHOWN:]
    weeks = came.group_by(*NODE, week=pl.col("date").dt.truncate("1w")).agg(pl.col("came").sum())
    return (
        log.filter(pl.col("made_on").is_in(newest.implode()))
        .join(weeks, on=[*NODE, "week"], how="left", nulls_equal=True)
        .with_columns(came=pl.when(is_over).then(pl.col("came").fill_null(0.0)).fill_nan(None))
    )


def weekly_effects(effects: pl.DataFrame) -> pl.DataFrame:
    """Effects by day added up to whole weeks: made_on, NODE, week, effect_kind, effect, tickets."""
    weeks = effects.with_columns(week=pl.col("date").dt.truncate("1w"))
    whole = weeks.group_by("week").agg(pl.col("date").n_unique()).filter(date=7).select("week")
    return (
        weeks.join(whole, on="week", how="semi")
        .group_by("made_on", *NODE, "week", "effect_kind", "effect")
        .agg(pl.col("tickets").sum())
        .sort("made_on", *NODE, "week", "effect_kind", "effect")
    )


def changes(effects: pl.DataFrame, newest: date) -> pl.DataFrame:
    """What the newest forecast says of each coming week beside the one stored before it, effect by effect.

    effects: stored rows, see `weekly_effects`. Over the weeks that both cover, an effect that one of them does
    not have counts as 0 there: a campaign new in the calendar shows as its whole size. Columns: made_on,
    before_made_on, NODE, week, effect_kind, effect, before, now, change; empty where there is no earlier one.
    """
    earlier = effects.filter(pl.col("made_on") < newest).select(pl.col("made_on").max()).item()
    key = [*NODE, "week", "effect_kind", "effect"]
    of = {
        name: effects.filter(pl.col("made_on").is_in([made_on])).select(*key, pl.col("tickets").alias(name))
        for name, made_on in (("before", earlier), ("now", newest))
    }
    both = of["before"].select("week").join(of["now"], on="week", how="semi").unique()
    return (
        of["before"]
        .join(of["now"], on=key, how="full", coalesce=True, nulls_equal=True)
        .join(both, on="week", how="semi")
        .with_columns(
            pl.col("before", "now").fill_null(0.0),
            made_on=pl.lit(newest, dtype=pl.Date),
            before_made_on=pl.lit(earlier, dtype=pl.Date),
        )
        .with_columns(change=pl.col("now") - pl.col("before"))
        .select("made_on", "before_made_on", *key, "before", "now", "change")
        .sort(key)
    )


def recent_quality(scores: pl.DataFrame, forecasts: int = FORECASTS_SHOWN) -> dict[str, float]:
    """Days compared, bias and coverage of the last stored forecasts, all levels and the first four weeks ahead.

    Keys: days, bias (mean over levels, weighted by days), coverage_80, coverage_95; empty where nothing that was
    stored as it was made has been compared yet.
    """
    real = scores.filter(~pl.col("is_rebuilt"), pl.col("horizon").is_in(["1-7", "8-14", "15-28"]))
    last = real["made_on"].unique().sort()[-forecasts:]
    real = real.filter(pl.col("made_on").is_in(last.implode()))
    if real.is_empty():
        return {}
    days = pl.col("days")
    means = [
        ((pl.col(name).fill_null(0.0) * days).sum() / days.sum()).alias(name)
        for name in ("bias", "coverage_80", "coverage_95")
    ]
    return real.select(days.sum().cast(pl.Float64), *means).row(0, named=True)
