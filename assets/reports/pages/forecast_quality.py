"""How test forecasts, made as if on earlier days, compare with what then came."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.snapshot_tables import Snapshot

LEVEL_LABELS = {
    "total": "All arrivals",
    "business_line": "Business line",
    "tier": "Tier",
    "region": "Region",
    "business_line_tier": "Line and tier",
    "segment": "Line, channel, region and tier",
}
_HORIZONS = ("1-7", "8-14", "15-28", "29-60", "61-90")
_COLUMNS = (
    Column("level_label", "Forecast of"),
    Column("horizon", "Days ahead"),
    Column("wape", "Off by", "share", "All misses added up, as a share of what came (WAPE). Less is better."),
    Column(
        "wape_seasonal_naive",
        "A repeat is off by",
        "share",
        "The same for a guess that repeats the same weekday of the last known week. A forecast should beat it.",
    ),
    Column("bias", "Too high or low", "share", "Above zero, more was forecast than came; below, less."),
    Column("coverage_80", "In 80 % range", "share", "How many days fell in their 80 % range; 80 % is right."),
    Column("coverage_95", "In 95 % range", "share", "How many days fell in their 95 % range; 95 % is right."),
    Column("origins", "Test forecasts", "count", "From how many earlier days a forecast was made as a test."),
)


@dataclass(frozen=True)
class Backtest:
    """How test forecasts did: in words, of the total, and of everything finer."""

    says: str
    total: PublishedTable
    finer: PublishedTable | None


def read_backtest(snapshot: Snapshot, data: DataFolder) -> Backtest | None:
    """The backtest of the snapshot, published as one table; None where there is none."""
    frame = snapshot.table("forecast_backtest")
    if not frame.height:
        return None
    levels, horizons = list(LEVEL_LABELS), list(_HORIZONS)
    frame = (
        frame.with_columns(
            level_label=pl.col("level").replace(LEVEL_LABELS),
            _level=pl.col("level").replace_strict({v: i for i, v in enumerate(levels)}, default=99),
            _horizon=pl.col("horizon").replace_strict({v: i for i, v in enumerate(horizons)}, default=99),
        )
        .sort("_level", "_horizon")
        .drop("_level", "_horizon")
    )
    table = PublishedTable("forecast_backtest", "How test forecasts did", frame, _COLUMNS)
    data.publish(table)
    total = frame.filter(level="total")
    finer = frame.filter(pl.col("level") != "total")
    return Backtest(
        says=_says(total),
        total=replace(table, frame=total),
        finer=replace(table, caption="How finer test forecasts did", frame=finer) if finer.height else None,
    )


def _says(total: pl.DataFrame) -> str:
    """The backtest of the total in plain words."""
    if not total.height:
        return ""
    near, far = total.row(0, named=True), total.row(-1, named=True)
    text = (
        f"In {wording.count(near['origins'])} test forecasts, each made as if on an earlier day and compared "
        f"with what then came, the total was off by {wording.share(near['wape'])} a day "
        f"{near['horizon'].replace('-', ' to ')} days ahead"
    )
    if far["horizon"] != near["horizon"]:
        text += f" and by {wording.share(far['wape'])} {far['horizon'].replace('-', ' to ')} days ahead"
    text += f". {wording.share(near['coverage_80'])} of the nearest days fell in the 80 % range."
    if near["wape_seasonal_naive"] is not None:
        text += (
            f" Repeating the last known week would have been off by {wording.share(near['wape_seasonal_naive'])}"
            " on the nearest days."
        )
        if near["wape"] > near["wape_seasonal_naive"]:
            text += " The repeat was closer: do not plan by this forecast alone."
    return text
