"""`groundswell what-if`: what an event would add, told in plain words and a table of weeks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assets.reports import wording
from assets.what_if import planner_of, title_of, what_if_frames
from assets.what_if_wording import sentences
from dbt_like_sql.warehouse import Warehouse
from models.planning.scenario import what_if
from pipelines.errors import RunError
from pipelines.settings import Settings

if TYPE_CHECKING:
    from models.planning.scenario import Event

# Weeks to which less is added are not worth a row.
_TICKETS = 0.5
# Where the output is no terminal.
_WIDTH = 130


def tell_what_if(settings: Settings, event: Event, csv: Path | None, as_json: Path | None) -> None:
    """Ask the published snapshot about an event and print the answer; write it to files where wanted.

    csv: the weeks. as_json: the event, its volume, weeks and days. Raises RunError where the event cannot be
    or a file cannot be written.
    """
    try:
        with Warehouse(settings.published, read_only=True) as snapshot:
            plan = planner_of(snapshot, settings.agent_hour_cost)
        scenario = what_if(plan, [event])
    except ValueError as error:
        raise RunError(str(error)) from None
    title = title_of(event)
    frames = what_if_frames(plan, scenario, title)
    weeks, days = frames["what_if_weeks"], frames["what_if_days"]
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print(Text(f"What if: {title}\n", style="bold"))
    for line in sentences(scenario, weeks, days):
        console.print(Text(line))
    moved = weeks.filter(pl.col("added").abs() >= _TICKETS)
    if moved.height:
        console.print()
        console.print(_table(moved))
        console.print(
            Text(
                "Before → with the event; in brackets eight cases of ten. Whole weeks, from Monday on.", "dim"
            )
        )
    if csv:
        _write(csv, weeks.write_csv())
    if as_json:
        whole = _as_json(title, scenario.added.by(), frames)
        _write(as_json, json.dumps(whole, default=str, indent=1))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"{path} cannot be written: {error.strerror}; give a file in a folder that exists"
        ) from None


def _table(weeks: pl.DataFrame) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Week from", "Line, tier"):
        table.add_column(name)
    for name in ("Tickets", "Added", "People", "Employed", "In time", "Backlog"):
        table.add_column(name, justify="right")
    week = None
    for row in weeks.sort("week", "business_line", "tier").iter_rows(named=True):
        table.add_row(
            wording.day(row["week"]) if row["week"] != week else "",
            f"{wording.readable(row['business_line'])}, {row['tier']}",
            _change(row, "tickets", wording.count),
            f"{wording.signed(row['added'])} ({wording.count(row['added_low'])} to {wording.count(row['added_high'])})",
            f"{_change(row, 'people', wording.number)} "
            f"({wording.number(row['people_low'])} to {wording.number(row['people_high'])})",
            wording.number(row["people_staffed"]),
            _change(row, "within_sla", wording.share),
            _change(row, "backlog", wording.count),
        )
        week = row["week"]
    return table


def _change(row: dict[str, Any], column: str, show: Any) -> str:
    return f"{show(row[f'{column}_baseline'])} → {show(row[column])}"


def _as_json(title: str, whole: pl.DataFrame, frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    tables = {
        name.removeprefix("what_if_"): frame.drop("scenario").to_dicts() for name, frame in frames.items()
    }
    return {"scenario": title, "added": whole.row(0, named=True), **tables}
