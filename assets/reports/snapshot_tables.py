"""The published snapshot as the reports read it: every table is there, empty where a run did not make it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import TracebackType

import polars as pl

from dbt_like_sql.warehouse import Warehouse

_TEXT, _COUNT, _NUMBER, _DAY, _TIME, _FLAG = (
    pl.String(),
    pl.Int64(),
    pl.Float64(),
    pl.Date(),
    pl.Datetime("us"),
    pl.Boolean(),
)
_USUAL = {"usual_middle": _NUMBER, "usual_low": _NUMBER, "usual_high": _NUMBER, "verdict": _TEXT}
_SEGMENT = {"business_line": _TEXT, "channel": _TEXT, "region": _TEXT, "tier": _TEXT}
_BOUNDS = {"low_80": _NUMBER, "high_80": _NUMBER, "low_95": _NUMBER, "high_95": _NUMBER}

# The columns a page reads, by table. A table or column that a snapshot lacks is read as empty.
TABLES: dict[str, dict[str, pl.DataType]] = {
    "raw.account": {"as_of": _TIME, "time_zone": _TEXT},
    "raw.sources": {
        "source": _TEXT,
        "mapping": _TEXT,
        "tickets": _COUNT,
        "events": _COUNT,
        "first_created_at": _TIME,
        "last_created_at": _TIME,
        "last_updated_at": _TIME,
        "volume_from": _DAY,
        "volume_until": _DAY,
        "has_text": _FLAG,
        "has_events": _FLAG,
        "has_csat": _FLAG,
        "has_groups": _FLAG,
        "has_escalations": _FLAG,
        "has_calendar": _FLAG,
    },
    "raw.loads": {
        "source": _TEXT,
        "loaded_at": _TIME,
        "rows_read": _COUNT,
        "rows_quarantined": _COUNT,
        "error": _TEXT,
    },
    "stg_calendar": {
        "event_id": _TEXT,
        "kind": _TEXT,
        "name": _TEXT,
        "starts_at": _TIME,
        "ends_at": _TIME,
        "business_line": _TEXT,
        "region": _TEXT,
    },
    "weekly_kpis": {
        "week": _DAY,
        "business_line": _TEXT,
        "is_whole": _FLAG,
        "tickets_created": _COUNT,
        "tickets_solved": _COUNT,
        "backlog": _COUNT,
        "first_reply_minutes_median": _NUMBER,
        "first_reply_minutes_p90": _NUMBER,
        "full_resolution_minutes_median": _NUMBER,
        "full_resolution_minutes_p90": _NUMBER,
        "csat_rated": _COUNT,
        "csat_offered": _COUNT,
        "csat": _NUMBER,
        "csat_low": _NUMBER,
        "csat_high": _NUMBER,
        "csat_response_rate": _NUMBER,
        "reopen_rate": _NUMBER,
        "escalation_rate": _NUMBER,
    },
    "kpi_signals": {
        "week": _DAY,
        "business_line": _TEXT,
        "metric": _TEXT,
        "value": _NUMBER,
        "denominator": _NUMBER,
        "weeks_used": _COUNT,
        **_USUAL,
    },
    "theme_trends": {
        "week": _DAY,
        "theme_id": _TEXT,
        "tickets": _COUNT,
        "distinct_tickets": _COUNT,
        **_USUAL,
    },
    "theme_impact": {
        "theme_id": _TEXT,
        "week": _DAY,
        "tickets": _COUNT,
        "distinct_tickets": _COUNT,
        **_USUAL,
        "excess": _NUMBER,
        "tickets_28d": _COUNT,
        "unsolved_28d": _COUNT,
        "handle_hours_28d": _NUMBER,
        "csat_28d": _NUMBER,
        "csat_low_28d": _NUMBER,
        "csat_high_28d": _NUMBER,
        "csat_rated_28d": _COUNT,
        "impact_rank": _COUNT,
    },
    "themes": {
        "theme_id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "tickets": _COUNT,
        "distinct_tickets": _COUNT,
        "share": _NUMBER,
        "is_other": _FLAG,
        "is_template": _FLAG,
    },
    "theme_examples": {"theme_id": _TEXT, "rank": _COUNT, "source": _TEXT, "ticket_id": _TEXT, "text": _TEXT},
    "theme_drivers": {
        "theme_id": _TEXT,
        "attribute": _TEXT,
        "value": _TEXT,
        "tickets": _COUNT,
        "share_in_theme": _NUMBER,
        "share_elsewhere": _NUMBER,
        "lift": _NUMBER,
        "lift_low": _NUMBER,
        "lift_high": _NUMBER,
        "q_value": _NUMBER,
    },
    "daily_volume": {
        "date": _DAY,
        **_SEGMENT,
        "tickets_created": _COUNT,
        "tickets_arrived": _COUNT,
    },
    "forecast_daily": {
        "made_on": _DAY,
        "level": _TEXT,
        **_SEGMENT,
        "date": _DAY,
        "expected": _NUMBER,
        "base": _NUMBER,
        **_BOUNDS,
    },
    "forecast_backtest": {
        "level": _TEXT,
        "horizon": _TEXT,
        "origins": _COUNT,
        "points": _COUNT,
        "wape": _NUMBER,
        "bias": _NUMBER,
        "coverage_80": _NUMBER,
        "coverage_95": _NUMBER,
        "wape_seasonal_naive": _NUMBER,
    },
    "forecast_notes": {"note": _TEXT},
}


class Snapshot:
    """The published snapshot, open for reading; use it in a `with` block."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError where there is no snapshot yet."""
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no published snapshot there; run `groundswell run` first")
        self._warehouse = Warehouse(path, read_only=True)
        self._columns = {name: set(self._warehouse.columns(name)) for name in self._warehouse.tables()}

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._warehouse.close()

    def has(self, name: str) -> bool:
        """Whether the snapshot holds the table."""
        return name in self._columns

    def table(self, name: str, *, where: str = "true", order_by: str = "all") -> pl.DataFrame:
        """The columns of `TABLES[name]`, in its types; a missing column is null, a missing table empty."""
        columns = TABLES[name]
        if not self.has(name):
            return pl.DataFrame(schema=columns)
        there = [column for column in columns if column in self._columns[name]]
        frame = self._warehouse.query(
            f"select {', '.join(there)} from {name} where {where} order by {order_by}"
        )
        return frame.with_columns(
            (pl.col(column) if column in there else pl.lit(None)).cast(dtype).alias(column)
            for column, dtype in columns.items()
        ).select(list(columns))

    def daily_arrivals(self, dimension: str | None, since: date) -> pl.DataFrame:
        """Arrivals a day from a date on, what the forecast is of: columns date, name (a value of the dimension), tickets.

        A ticket arrives at the tier it is created at, and again at each it is escalated to. None: all together.
        """
        schema = {"date": _DAY, "name": _TEXT, "tickets": _COUNT}
        if not self.has("daily_volume"):
            return pl.DataFrame(schema=schema)
        name = dimension or "'all'"
        return self._warehouse.query(
            f"select date, {name} as name, sum(tickets_arrived)::bigint as tickets from daily_volume "
            f"where date >= date '{since}' group by all order by all"
        ).cast(schema)  # type: ignore[arg-type]
