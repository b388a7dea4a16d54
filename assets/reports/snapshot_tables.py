"""The published snapshot as the reports read it: every table is there, empty where a run did not make it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import TracebackType

import polars as pl

from assets.reports.snapshot_columns import TABLES
from dbt_like_sql.warehouse import Warehouse


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
        """The columns of `TABLES[name]`, in its types; a missing column is null, a missing table empty.

        A number that is not finite is null: no page could say it.
        """
        columns = TABLES[name]
        if not self.has(name):
            return pl.DataFrame(schema=columns)
        there = [column for column in columns if column in self._columns[name]]
        frame = self._warehouse.query(
            f"select {', '.join(there)} from {name} where {where} order by {order_by}"
        )
        frame = frame.select(
            (pl.col(column) if column in there else pl.lit(None)).cast(dtype).alias(column)
            for column, dtype in columns.items()
        )
        numbers = pl.col(pl.Float64)
        return frame.with_columns(pl.when(numbers.is_finite()).then(numbers))

    def subjects(self, quoted: str) -> pl.DataFrame:
        """The subject lines of the tickets that a table quotes: columns source, ticket_id, subject."""
        schema = {"source": pl.String(), "ticket_id": pl.String(), "subject": pl.String()}
        if not self.has(quoted) or not self.has("stg_tickets"):
            return pl.DataFrame(schema=schema)
        return self._warehouse.query(
            f"select distinct source, ticket_id, subject from stg_tickets semi join {quoted} using (source, ticket_id)"
        ).cast(schema)  # type: ignore[arg-type]

    def daily_arrivals(self, dimension: str | None, since: date) -> pl.DataFrame:
        """Arrivals a day from a date on, what the forecast is of: columns date, name (a value of the dimension), tickets.

        A ticket arrives at the tier it is created at, and again at each it is escalated to. None: all together.
        """
        schema = {"date": pl.Date(), "name": pl.String(), "tickets": pl.Int64()}
        if not self.has("daily_volume"):
            return pl.DataFrame(schema=schema)
        name = dimension or "'all'"
        return self._warehouse.query(
            f"select date, {name} as name, sum(tickets_arrived)::bigint as tickets from daily_volume "
            f"where date >= date '{since}' group by all order by all"
        ).cast(schema)  # type: ignore[arg-type]
