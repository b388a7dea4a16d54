"""Published tables: the frame a page shows is the frame its CSV and Parquet files hold."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from assets.reports import wording
from assets.reports.privacy import HIDDEN, spreadsheet_safe
from dbt_like_sql.project import PROJECT_FOLDER


@dataclass(frozen=True)
class Column:
    """A column as a reader sees it.

    unit: see `wording.show`; `quote` for text of more than a line; `row` where each row names its own in the
    column `unit`. until: a second column, shown as a range from the first. meaning: shown on hover.
    """

    name: str
    label: str
    unit: str = "text"
    meaning: str = ""
    until: str | None = None

    @property
    def is_number(self) -> bool:
        return self.unit not in ("text", "quote", "name", "day", "moment")


@dataclass(frozen=True)
class Cell:
    """A table's cell. sort: what the column is sorted by."""

    text: str
    sort: str
    is_number: bool
    tone: str = "usual"


@dataclass(frozen=True)
class PublishedTable:
    """A table of a page and of the data folder; `frame` may hold more columns than the page shows."""

    name: str
    caption: str
    frame: pl.DataFrame
    columns: tuple[Column, ...] = ()
    tones: tuple[str, ...] = ()  # one per row, for the column `verdict`
    links: tuple[str, ...] = ()  # one per row, for the first column
    shown: int | None = None  # rows on the page, where the files hold more

    @property
    def csv(self) -> str:
        return f"data/{self.name}.csv"

    @property
    def parquet(self) -> str:
        return f"data/{self.name}.parquet"

    @property
    def hides(self) -> bool:
        """Whether a count is hidden somewhere in it."""
        return HIDDEN in self.frame.columns and bool(self.frame[HIDDEN].any())

    @property
    def is_cut(self) -> bool:
        """Whether the page shows fewer rows than the files hold."""
        return self.shown is not None and self.shown < self.frame.height

    @property
    def rows(self) -> list[list[Cell]]:
        """The shown cells, in words."""
        return [
            [self._cell(column, row, number) for column in self.columns]
            for number, row in enumerate(
                self.frame.head(self.shown or self.frame.height).iter_rows(named=True)
            )
        ]

    def _cell(self, column: Column, row: dict[str, object], number: int) -> Cell:
        value = row[column.name]
        if value is None and column.is_number and row.get(HIDDEN) and column.until is None:
            return Cell("hidden", "", column.is_number)
        tone = self.tones[number] if self.tones and column.name == "verdict" else "usual"
        unit = str(row["unit"]) if column.unit == "row" else column.unit
        text = _range(unit, value, row[column.until]) if column.until else wording.show(unit, value)
        return Cell(text, "" if value is None else str(value), column.is_number, tone)


def _range(unit: str, low: Any, high: Any) -> str:
    return wording.between(unit, low, high)


class DataFolder:
    """The `data/` folder of a site; remembers what was written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: list[PublishedTable] = []
        folder.mkdir(parents=True, exist_ok=True)

    def publish(self, table: PublishedTable) -> PublishedTable:
        """Write a table as CSV and Parquet. Raises ValueError for a name given twice."""
        if any(table.name == known.name for known in self.tables):
            raise ValueError(f"{table.name}: two published tables of one name; rename one")
        safe = spreadsheet_safe(table.frame)
        # Quoted, so that a spreadsheet that separates cells by ";" starts none within a text.
        safe.write_csv(
            self.folder / f"{table.name}.csv",
            datetime_format="%Y-%m-%d %H:%M:%S",
            quote_style="non_numeric",
        )
        table.frame.write_parquet(self.folder / f"{table.name}.parquet")
        self.publish_sql(table.name)
        self.tables.append(table)
        return table

    def publish_sql(self, name: str) -> None:
        """Put a table's SQL beside its rows, where SQL makes it."""
        if has_sql(name):
            shutil.copyfile(_sql_files()[name], self.folder / f"{name}.sql")


def has_sql(name: str) -> bool:
    """Whether a table of this name is made by a SQL file."""
    return name in _sql_files()


@cache
def _sql_files() -> dict[str, Path]:
    return {path.stem: path for path in PROJECT_FOLDER.glob("*/*.sql")}
