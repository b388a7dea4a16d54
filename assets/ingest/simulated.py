"""Puts a simulated operation where a real one's exports would be: files in the inbox, small tables beside it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

from assets.ingest.contract import SOURCE_TABLES, USER_TABLES

# Says that everything in the state folder is simulated, and from which arguments.
_MARKER = "simulated.json"


class HoldsOtherData(RuntimeError):  # noqa: N818 - reads as what it is
    """The state folder holds tickets of somebody's own, which a simulation must not be mixed with."""


def simulate_into(home: Path, *, tickets: int, seed: int, as_of: date) -> None:
    """Write a simulated operation to `home`; nothing to do when the same one is there already.

    Another simulation in the same folder is replaced as a whole, warehouse included.
    Raises HoldsOtherData when the folder holds anything that was not simulated.
    """
    from models.simulation.operation import simulate

    arguments = json.dumps({"tickets": tickets, "seed": seed, "as_of": str(as_of)})
    marker = home / _MARKER
    inbox, tables = home / "inbox" / "contract", home / "tables"
    if marker.exists() and marker.read_text() == arguments:
        return
    if not marker.exists() and any(
        (home / name).exists() for name in ("inbox", "tables", "warehouse.duckdb")
    ):
        raise HoldsOtherData(
            f"{home}: holds tickets of your own, which the demo will not touch; give it another folder with --home"
        )
    operation = simulate(tickets=tickets, seed=seed, as_of=as_of)
    home.mkdir(parents=True, exist_ok=True)
    # From here on the folder counts as simulated, but as none in particular until all is written.
    marker.write_text("{}")
    (home / "warehouse.duckdb").unlink(missing_ok=True)
    for folder in (inbox, tables):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for name in SOURCE_TABLES:
        if name in operation.tables:
            operation.tables[name].write_parquet(inbox / f"{name}.parquet")
    for name in USER_TABLES:
        if name in operation.tables:
            operation.tables[name].write_csv(tables / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    marker.write_text(arguments)
