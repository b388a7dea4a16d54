"""The last forecasts against what came: how far off, too high or too low, and how often inside the range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.reports import capacity_charts, charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.forecast_quality import LEVEL_LABELS
from assets.reports.pages.volume_ahead import level_names, of_levels
from assets.reports.privacy import hide_small_cells
from assets.reports.snapshot_tables import Snapshot

FORECASTS_SHOWN = 8
RANGE_OFF = 0.06  # of the days: nearer to 80 % than that, the likely range is what it says
_OFF = Column(
    "wape", "Off by", "share", "All misses added up, as a share of what came (WAPE). Less is better."
)
_BIAS = Column("lean", "Too high or low", "text", "What was forecast in all against what came in all (bias).")
_INSIDE = Column(
    "coverage_80", "In likely range", "share", "Days that fell in their likely range; 80 % is right."
)
_DAYS = Column("days", "Days compared", "count")
_BY_FORECAST = (Column("made_on", "Made on", "day"), Column("how", "How"), _OFF, _BIAS, _INSIDE, _DAYS)
_BY_HORIZON = (
    Column("level_label", "Forecast of"),
    Column("horizon", "Days ahead"),
    _OFF,
    _BIAS,
    _INSIDE,
    _DAYS,
)


@dataclass(frozen=True)
class Record:
    """The last forecasts, judged. says: sentences; by_horizon: None where only the total is scored."""

    says: tuple[str, ...]
    chart: charts.Chart | None
    forecasts: PublishedTable | None
    by_horizon: PublishedTable | None


def read_record(
    snapshot: Snapshot, made_on: date, past: pl.DataFrame | None, data: DataFolder
) -> Record | None:
    """The forecasts made before a day, against what came; None where none is kept. Publishes both tables.

    past: daily arrivals as the page shows them; a week with a hidden day is hidden, too.
    """
    scores = snapshot.table("forecast_scores", where=f"made_on < date '{made_on}'").filter(pl.col("days") > 0)
    outcomes = snapshot.table("forecast_outcomes", where=f"{of_levels()} and made_on < date '{made_on}'")
    outcomes = outcomes.pipe(level_names).drop_nulls("came")
    made = sorted({*scores["made_on"], *outcomes["made_on"]})[-FORECASTS_SHOWN:]
    if not made:
        return None
    last = pl.col("made_on").is_in(made)
    scores = scores.filter(last).sort("made_on", "level", "horizon")
    data.publish(PublishedTable("forecast_scores", "How the last forecasts did", scores))
    shown = _shown(outcomes.filter(last), past)
    data.publish(PublishedTable("forecast_outcomes", "The last forecasts against what came, by week", shown))
    by_forecast = _by_forecast(scores.filter(level="total"))
    by_horizon = _by_horizon(scores)
    return Record(
        _says(scores.filter(level="total"), by_forecast),
        _chart(shown.filter(level="total")),
        PublishedTable("forecast_scores", "The last forecasts, all arrivals", by_forecast, _BY_FORECAST)
        if by_forecast.height
        else None,
        PublishedTable("forecast_scores", "By level and days ahead", by_horizon, _BY_HORIZON)
        if by_horizon.height
        else None,
    )


def _shown(outcomes: pl.DataFrame, past: pl.DataFrame | None) -> pl.DataFrame:
    """The outcomes with small counts hidden: the same week shows or hides the same in every forecast."""
    keys = ["level", "name", "week"]
    came = outcomes.unique(keys, keep="first", maintain_order=True).select(*keys, "came")
    if past is not None:
        part_hidden = past.group_by("level", "name", week=pl.col("date").dt.truncate("1w")).agg(
            _part=pl.col("is_hidden").any()
        )
        came = came.join(part_hidden, on=keys, how="left")
        came = came.with_columns(
            came=pl.when(pl.col("_part").fill_null(False)).then(1.0).otherwise("came")
        ).drop("_part")
    came = hide_small_cells(came, "came", within=[["level", "week"]])
    return (
        outcomes.drop("came")
        .join(came, on=keys, how="left")
        .select(
            *keys,
            "made_on",
            "is_rebuilt",
            "expected",
            "low_80",
            "high_80",
            "came",
            "is_hidden",
        )
        .sort("level", "name", "week", "made_on")
    )


def _weighted(*names: str) -> list[pl.Expr]:
    """Means over rows, each weighing as many days as it compares."""
    return [
        ((pl.col(name) * pl.col("days")).sum() / pl.col("days").filter(pl.col(name).is_not_null()).sum())
        .fill_nan(None)
        .alias(name)
        for name in names
    ]


def _lean(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        lean=pl.Series([lean(value) for value in frame["bias"].to_list()], dtype=pl.String)
    )


def lean(bias: float | None) -> str:
    """`2.1 % too high`, or neither."""
    if bias is None:
        return wording.NOTHING
    if abs(bias) < 0.005:
        return "neither"
    return f"{wording.share(abs(bias))} too {'high' if bias > 0 else 'low'}"


def _by_forecast(total: pl.DataFrame) -> pl.DataFrame:
    return (
        total.group_by("made_on", "is_rebuilt")
        .agg(*_weighted("wape", "bias", "coverage_80"), pl.col("days").sum())
        .sort("made_on", descending=True)
        .with_columns(
            how=pl.when(pl.col("is_rebuilt").fill_null(False))
            .then(pl.lit("made afterwards, as if on that day"))
            .otherwise(pl.lit("as published then"))
        )
        .pipe(_lean)
    )


def _by_horizon(scores: pl.DataFrame) -> pl.DataFrame:
    levels = list(LEVEL_LABELS)
    place = {level: number for number, level in enumerate(levels)}
    return (
        scores.group_by("level", "horizon")
        .agg(*_weighted("wape", "bias", "coverage_80"), pl.col("days").sum())
        .with_columns(
            level_label=pl.col("level").replace(LEVEL_LABELS),
            _level=pl.col("level").replace_strict(place, default=len(levels), return_dtype=pl.Int64),
            _from=pl.col("horizon").str.extract(r"^(\d+)").cast(pl.Int64, strict=False),
        )
        .sort("_level", "_from")
        .drop("_level", "_from")
        .pipe(_lean)
    )


def _says(total: pl.DataFrame, by_forecast: pl.DataFrame) -> tuple[str, ...]:
    if not total.height:
        return ()
    count = by_forecast.height
    whole = total.select(*_weighted("wape", "bias", "coverage_80")).row(0, named=True)
    which = f"The last {wording.number_word(count)} forecasts were" if count > 1 else "The last forecast was"
    text = f"{which} off by {wording.share(whole['wape'])} of a day’s arrivals on average"
    if whole["bias"] is not None:
        text += {"neither": ", as often too high as too low"}.get(
            lean(whole["bias"]), f", {lean(whole['bias'])} in all"
        )
    if (inside := whole["coverage_80"]) is not None:
        text += f"; {wording.share(inside)} of the days fell in the likely range ({_held(inside)})"
    rebuilt = int(by_forecast["is_rebuilt"].fill_null(False).sum())
    if not rebuilt:
        return (f"{text}.",)
    which = "It was" if count == 1 else "All were" if rebuilt == count else f"{_of(rebuilt, count)} made"
    after = f"{which}{' made' if rebuilt == count else ''} afterwards, as if on that day, from what was known then"
    return f"{text}.", f"{after}: no forecast of those days is stored."


def _held(coverage: float) -> str:
    """What the share of days inside their range tells of the range."""
    if coverage < 0.8 - RANGE_OFF:
        return "80 % should: it is too narrow"
    return "80 % should: it is wider than it need be" if coverage > 0.8 + RANGE_OFF else "80 % should"


def _of(part: int, whole: int) -> str:
    return f"{wording.sentence(wording.number_word(part))} of the {wording.number_word(whole)} were"


def _chart(total: pl.DataFrame) -> charts.Chart | None:
    """What came by week over what each forecast said of it."""
    weeks = total.unique("week", keep="first").sort("week")
    if weeks["came"].count() < 2:
        return None
    newest = total.sort("made_on").unique("week", keep="last").sort("week")
    earlier = [
        capacity_charts.Earlier(
            f"said {wording.day(made_on)}", own["week"].to_list(), own["expected"].to_list()
        )
        for (made_on,), own in total.sort("made_on", "week")
        .partition_by("made_on", as_dict=True, maintain_order=True)
        .items()
    ]
    return capacity_charts.outcomes(
        weeks["week"].to_list(),
        weeks["came"].to_list(),
        earlier,
        (newest["week"].to_list(), newest["low_80"].to_list(), newest["high_80"].to_list()),
        alt=_alt(weeks, newest, earlier),
    )


def _alt(weeks: pl.DataFrame, newest: pl.DataFrame, earlier: Sequence[capacity_charts.Earlier]) -> str:
    inside = newest.filter(pl.col("came").is_between("low_80", "high_80")).height
    return (
        f"Arrivals a week for {weeks.height} weeks as points, over {wording.plural(len(earlier), 'earlier forecast')}. "
        f"{inside} of {newest['came'].count()} weeks fell in the range of the newest forecast that covered them."
    )
