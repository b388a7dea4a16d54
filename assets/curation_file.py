"""The user's decisions about themes: `themes.csv` among the small tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assets.ingest.csv_records import csv_records

if TYPE_CHECKING:
    from models.themes.curation import Decision

NAME = "themes.csv"
COLUMNS = ("theme_id", "action", "value")


def read_curation_file(tables: Path) -> tuple[list[Decision], list[str]]:
    """The rows of the curation file, and what is wrong with its form; neither where there is no file.

    Columns beyond theme_id, action and value, such as a note, are for the people who write it.
    """
    from models.themes.curation import Decision

    path = tables / NAME
    if not path.exists():
        return [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            records = list(csv_records(lines, ","))
    except (OSError, UnicodeDecodeError) as error:
        return [], [f"cannot be read ({error}); save it as CSV in UTF-8"]
    if not records:
        return [], []
    header = [str(name).strip().lower() for name in records[0][1]]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        return [], [f"row 1: no column {', '.join(missing)}; expected theme_id, action, value"]
    places = [header.index(name) for name in COLUMNS]
    broken = [f"row {number}: {fields}" for number, fields in records[1:] if isinstance(fields, str)]
    decisions = [
        Decision(number, *(fields[place] for place in places))
        for number, fields in records[1:]
        if not isinstance(fields, str)
    ]
    return decisions, broken
