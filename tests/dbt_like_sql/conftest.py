"""A support operation of a few tickets written by hand, built into every table of the SQL project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from assets import warehouse as warehouse_assets
from assets.ingest.contract import CONTRACT
from assets.tables import THEME_TABLES
from dbt_like_sql.project import Project, SqlTest
from dbt_like_sql.warehouse import Warehouse, duckdb_type

Row = dict[str, object]

SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    **{f"raw.{name}": dict(schema.create_empty().schema) for name, schema in CONTRACT.items()},
    **{name: dict(schema.create_empty().schema) for name, schema in THEME_TABLES.items()},
    "raw.account": {"as_of": pl.Datetime("us"), "time_zone": pl.String()},
    "raw.ticket_changes": {
        "source": pl.String(),
        "ticket_id": pl.String(),
        "change": pl.Int64(),
        "changes_until": pl.Datetime("us"),
    },
    "raw.sources": {
        "source": pl.String(),
        "mapping": pl.String(),
        "tickets": pl.Int64(),
        "events": pl.Int64(),
        "first_created_at": pl.Datetime("us"),
        "last_created_at": pl.Datetime("us"),
        "last_updated_at": pl.Datetime("us"),
        "volume_from": pl.Date(),
        "volume_until": pl.Date(),
        **dict.fromkeys(
            ("has_text", "has_events", "has_csat", "has_groups", "has_escalations", "has_calendar"),
            pl.Boolean(),
        ),
    },
}


def _empty_table(name: str) -> str:
    columns = (f'"{column}" {duckdb_type(dtype)}' for column, dtype in SCHEMAS[name].items())
    return f"create or replace table {name} ({', '.join(columns)});"


# One statement for all of them: most of a test's tables stay empty.
_EMPTY_TABLES = "create schema if not exists raw;" + "".join(map(_empty_table, SCHEMAS))


def moment(text: str) -> datetime:
    """`2026-03-02 09:00`, in UTC, as the naive time the contract wants."""
    return datetime.fromisoformat(text)


class Operation:
    """Tickets, events and groups of a test; `build` makes all tables from them.

    Times are given as text in UTC. Columns that a test does not name have the plainest value there is.
    """

    def __init__(self, project: Project, warehouse: Warehouse) -> None:
        self.project = project
        self.warehouse = warehouse
        self.models = project.models
        self.builds = 0
        self.rows: dict[str, list[Row]] = {name: [] for name in SCHEMAS}

    def only(self, *tables: str) -> Operation:
        """The same, building nothing but these tables and what they are made from: it takes less time."""
        needed = set(tables)
        for model in reversed(self.project.models):
            if model.name in needed:
                needed.update(model.reads)
        self.models = tuple(model for model in self.project.models if model.name in needed)
        return self

    def ticket(self, ticket_id: str, created_at: str, **columns: object) -> None:
        """A ticket; `events` are (time, kind) or (time, kind, columns of the event)."""
        events = columns.pop("events", ())
        row: Row = {
            "source": "desk",
            "ticket_id": ticket_id,
            "created_at": moment(created_at),
            "updated_at": moment(created_at),
            "status": "open",
            "channel": "email",
            "business_line": "ecommerce",
        }
        row |= {
            name: moment(str(value)) if name.endswith("_at") else value for name, value in columns.items()
        }
        self.rows["raw.tickets"].append(row)
        for time, kind, *more in events:  # type: ignore[attr-defined]
            self.event(ticket_id, time, kind, source=row["source"], **(more[0] if more else {}))

    def event(self, ticket_id: str, occurred_at: str, kind: str, **columns: object) -> None:
        """A change of a ticket, in the order in which a test names them."""
        row: Row = {"source": "desk", "event_id": f"e{len(self.rows['raw.ticket_events']):04d}"}
        row |= {"ticket_id": ticket_id, "occurred_at": moment(occurred_at), "kind": kind} | columns
        self.rows["raw.ticket_events"].append(row)

    def group(self, group_id: str, tier: int, valid_from: str = "2020-01-01", **columns: object) -> None:
        """A version of a group; its vendor is `inhouse` unless named."""
        columns = {
            name: moment(str(value)) if name == "valid_to" else value for name, value in columns.items()
        }
        row: Row = {"group_id": group_id, "tier": tier, "vendor": "inhouse", "valid_from": moment(valid_from)}
        self.rows["raw.groups"].append(row | columns)

    def policy(self, metric: str, target_minutes: float, **columns: object) -> None:
        """A service target in calendar minutes for every ticket, unless its columns say otherwise."""
        row: Row = {"policy_id": f"{metric} {target_minutes:g}", "metric": metric, "clock": "calendar"}
        row |= {"target_minutes": target_minutes, "valid_from": "2020-01-01"} | columns
        times = {name: moment(str(row[name])) for name in ("valid_from", "valid_to") if name in row}
        self.rows["raw.sla_policies"].append(row | times)

    def theme(
        self, theme_id: str, tickets: list[str], copies: tuple[str, ...] = (), **columns: object
    ) -> None:
        """A theme with its tickets; `copies` are those that nearly repeat an earlier text."""
        self.rows["themes"].append(
            {"theme_id": theme_id, "is_other": False, "is_template": False, "tickets": len(tickets)} | columns
        )
        self.rows["ticket_themes"] += [
            {
                "source": "desk",
                "ticket_id": ticket,
                "theme_id": theme_id,
                "is_near_duplicate": ticket in copies,
            }
            for ticket in tickets
        ]

    def build(self, as_of: str, time_zone: str = "UTC", volume_until: date | None = None) -> Warehouse:
        """Build the models and assert that no file under `dbt_like_sql/tests` about them finds a wrong row.

        volume_until: the last day on which all new tickets are there; the day before `as_of` if not given.
        """
        self.rows["raw.account"] = [{"as_of": moment(as_of), "time_zone": time_zone}]
        self.builds += 1
        self.rows["raw.ticket_changes"] = [
            {name: row[name] for name in ("source", "ticket_id")}
            | {"change": self.builds, "changes_until": row["updated_at"]}
            for row in self.rows["raw.tickets"]
        ]
        self.rows["raw.sources"] = self._sources(moment(as_of), ZoneInfo(time_zone), volume_until)
        with self.warehouse.transaction():
            self.warehouse.execute(_EMPTY_TABLES)
            for table, rows in self.rows.items():
                if rows:
                    self.warehouse.replace(table, pl.DataFrame(rows, schema=SCHEMAS[table]))
            for model in self.models:
                self.warehouse.build(model)
        built = {*SCHEMAS, *(model.name for model in self.models)}
        files = (
            test
            for test in self.project.tests
            if test.path.parent.name == "tests" and test.severity == "error"
        )
        assert self.wrong_rows(test for test in files if built.issuperset(test.reads)) == {}
        return self.warehouse

    def wrong_rows(self, tests: Iterable[SqlTest]) -> dict[str, list[Row]]:
        """What the tests find wrong, by the test's name; empty when all is right."""
        found = {test.name: self.warehouse.failures(test).to_dicts() for test in tests}
        return {name: rows for name, rows in found.items() if rows}

    def _sources(self, as_of: datetime, zone: ZoneInfo, volume_until: date | None) -> list[Row]:
        first_days: dict[object, date] = {}
        for row in self.rows["raw.tickets"]:
            day = _local_day(row["created_at"], zone)  # type: ignore[arg-type]
            first_days[row["source"]] = min(day, first_days.get(row["source"], day))
        until = volume_until or _local_day(as_of, zone) - timedelta(days=1)
        with_events = {row["source"] for row in self.rows["raw.ticket_events"]}
        return [
            {"source": name, "volume_from": day, "volume_until": until, "has_events": name in with_events}
            for name, day in first_days.items()
        ]


def _local_day(time: datetime, zone: ZoneInfo) -> date:
    return time.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()


@pytest.fixture(scope="session")
def sql_project() -> Project:
    return warehouse_assets.sql_project()


@pytest.fixture
def operation(sql_project: Project) -> Iterator[Operation]:
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        yield Operation(sql_project, warehouse)
