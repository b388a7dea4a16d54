"""Service targets of a public set of Zendesk tables, in the folder that GROUNDSWELL_REAL_DATA names.

Its one ticket with a history is 11071, and no ticket has a comment. So the calendar clocks are those of 11071 as it
stands; the business clocks are of three other tickets with a priority and an agent's reply added here. Every value
is worked out by hand in the docstring of its test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.ingest.load import LoadReport, load
from dbt_like_sql.project import Project
from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

FOLDER = Path(os.environ.get("GROUNDSWELL_REAL_DATA", "")) / "tickets" / "dbt_zendesk_seeds"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="GROUNDSWELL_REAL_DATA names no folder with the Zendesk tables"
)

ZONES = {"Pacific Time (US & Canada)": "America/Los_Angeles"}
SCHEDULE = "360000310393"
# What the tables do not have: a priority, and a reply of an agent.
ADDED = {
    "14173": ("low", "2020-11-02 17:00:00"),
    "16988": ("urgent", "2020-12-22 01:15:23"),
    "1404": ("urgent", "2020-02-13 22:39:58"),
}


def seeds(name: str) -> pl.DataFrame:
    return pl.read_csv(
        FOLDER / f"{name}_data.csv", infer_schema=False, null_values="", truncate_ragged_lines=True
    )


def write_policies(folder: Path) -> None:
    """The policies' history as the small table `sla_policies`: a version holds until the next of its priority."""
    rows = seeds("sla_policy_metric_history")
    rows.select(
        policy_id="sla_policy_id",
        metric=pl.col("metric").str.strip_suffix("_time"),
        priority="priority",
        target_minutes="target",
        clock=pl.when(pl.col("business_hours") == "TRUE")
        .then(pl.lit("business"))
        .otherwise(pl.lit("calendar")),
        valid_from="sla_policy_updated_at",
        valid_to=pl.col("sla_policy_updated_at")
        .sort()
        .shift(-1)
        .over("sla_policy_id", "metric", "priority", order_by="sla_policy_updated_at"),
    ).write_csv(folder / "sla_policies.csv")


def write_schedules(folder: Path) -> None:
    seeds("schedule").select(
        schedule_id="id",
        name="name",
        time_zone=pl.col("time_zone").replace(ZONES),
        start_minute="start_time",
        end_minute="end_time",
    ).write_csv(folder / "schedules.csv")
    groups = seeds("ticket")["group_id"].unique().sort()
    pl.DataFrame({"group_id": groups, "valid_from": "2019-01-01"}).with_columns(
        tier=pl.lit(1), vendor=pl.lit("inhouse"), schedule_id=pl.lit(SCHEDULE)
    ).write_csv(folder / "groups.csv")


def add_tickets(operation: Operation) -> None:
    events = history_events()
    applied = dict(seeds("ticket_sla_policy").select("ticket_id", "sla_policy_id").iter_rows())
    for row in seeds("ticket").iter_rows(named=True):
        ticket_id, created = row["id"], row["created_at"]
        priority, replied = ADDED.get(ticket_id, (row["priority"], None))
        history = [*events.get(ticket_id, []), (created, "sla_applied", {"to_value": applied[ticket_id]})]
        if replied:
            history.append((replied, "public_reply", {"actor_kind": "agent"}))
        operation.ticket(
            ticket_id, created, updated_at=row["updated_at"], status=row["status"], priority=priority,
            group_id=row["group_id"], channel=row["via_channel"], events=history,
        )  # fmt: skip


def history_events() -> dict[str, list[tuple[str, str, dict[str, str | None]]]]:
    """Changes of status and priority by ticket, as the contract has them."""
    history = (
        seeds("ticket_field_history")
        .filter(pl.col("field_name").is_in(["status", "priority"]))
        .with_columns(pl.col("value").replace({"on-hold": "hold"}))
        .sort("ticket_id", "field_name", "updated", maintain_order=True)
        .with_columns(before=pl.col("value").shift().over("ticket_id", "field_name"))
    )
    found: dict[str, list[tuple[str, str, dict[str, str | None]]]] = {}
    for row in history.iter_rows(named=True):
        kind = "priority_changed" if row["field_name"] == "priority" else "status_changed"
        kind = "solved" if row["field_name"] == "status" and row["value"] == "solved" else kind
        change = (row["updated"], kind, {"from_value": row["before"], "to_value": row["value"]})
        found.setdefault(row["ticket_id"], []).append(change)
    return found


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, LoadReport]]:
    """The small tables as a user's own."""
    folder = tmp_path_factory.mktemp("tables")
    write_policies(folder)
    write_schedules(folder)
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        yield warehouse, load(warehouse, [], folder, salt="s", time_zone="UTC", now=datetime(2021, 2, 1))


@pytest.fixture(scope="module")
def desk(sql_project: Project, loaded: tuple[Warehouse, LoadReport]) -> Iterator[Warehouse]:
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        operation = Operation(sql_project, warehouse).only("sla_attribution")
        for table in ("raw.sla_policies", "raw.schedules", "raw.groups"):
            operation.rows[table] = loaded[0].query(f"select * from {table}").to_dicts()
        add_tickets(operation)
        yield operation.build("2021-02-01")


def clock(desk: Warehouse, ticket_id: str, metric: str) -> dict[str, object]:
    rows = desk.query("select * from sla_instances where ticket_id = ? and metric = ?", [ticket_id, metric])
    return rows.row(0, named=True)


def test_policies_load_with_a_target_for_each_priority_and_only_what_no_priority_is_is_left_out(
    loaded: tuple[Warehouse, LoadReport],
) -> None:
    """22 rows, 2 of them for a priority `medium`, which Zendesk does not have; 4 versions end on the 1st of June."""
    warehouse, report = loaded
    assert report.quarantined == {"priority|check": 2}
    rows = warehouse.query(
        "select valid_from::date::varchar, valid_to::date::varchar, count(*) from raw.sla_policies group by all order by all"
    )
    assert rows.rows() == [("2020-01-01", "2020-06-01", 4), ("2020-01-01", None, 12), ("2020-06-01", None, 4)]


def test_the_requester_waits_through_four_priorities(desk: Warehouse) -> None:
    """Ticket 11071, policy 1002, calendar time as new, open or on hold, from its creation on 28 Aug 18:06:36.

    Until 29 Aug 11:01:27 1,014.85 minutes; 3 days from 2 Sep, 15 from 15 Sep, 14 from 1 Oct, 2 from 15 Oct, 3 from
    17 Oct and 12 from 2 Nov, all at 11:01:27: 49 days, 70,560 minutes. The last target, for urgent, is 240. For
    `medium`, from 30 Sep to 15 Oct, there is none; with high, 960 minutes, it is broken at once.
    """
    row = clock(desk, "11071", "requester_wait")
    assert (row["policy_id"], row["priority"], row["target_minutes"]) == ("1002", "urgent", 240)
    assert row["elapsed_minutes"] == pytest.approx(1_014.85 + 70_560)
    assert row["breach_minutes"] == pytest.approx(1_014.85 + 70_560 - 240)
    assert (row["state"], row["breached_at"]) == ("breached", datetime(2020, 10, 15, 11, 1, 27))
    held = desk.query("select minutes from sla_attribution where ticket_id = '11071' and owner = 'partner hold' "
                      "and metric = 'requester_wait'")  # fmt: skip
    assert held.item() == (3 + 14 + 3) * 1_440


def test_a_first_reply_that_never_came_ends_with_the_solving(desk: Warehouse) -> None:
    """From 28 Aug 18:06:36 to 14 Nov 11:01:27: 77 days and 1,014.85 minutes."""
    row = clock(desk, "11071", "first_reply")
    assert row["elapsed_minutes"] == pytest.approx(77 * 1_440 + 1_014.85)
    assert row["ended_at"] == datetime(2020, 11, 14, 11, 1, 27)


def test_business_hours_go_on_over_the_end_of_daylight_saving(desk: Warehouse) -> None:
    """Open Monday to Friday, 8 to 20 in California. Created on Wed 28 Oct at 5:03 there, before the clocks go back.

    Wednesday, Thursday and Friday 720 minutes each and, on Monday 2 Nov, from 8:00 (16:00 UTC by now) to 9:00: 2,220. The
    target of 1,440 is over on Thursday at closing time, and broken when it opens on Friday: 15:00 UTC.
    """
    row = clock(desk, "14173", "first_reply")
    assert (row["policy_id"], row["target_minutes"], row["clock"]) == ("1001", 1_440, "business")
    assert row["elapsed_minutes"] == pytest.approx(2_220)
    assert row["breached_at"] == datetime(2020, 10, 30, 15)


def test_each_ticket_has_the_version_of_its_time(desk: Warehouse) -> None:
    """Both urgent and replied to after 56 minutes of opening hours; 60 were promised until June 2020, then 45."""
    february, december = clock(desk, "1404", "first_reply"), clock(desk, "16988", "first_reply")
    assert (february["target_minutes"], february["state"]) == (60, "achieved")
    assert (december["target_minutes"], december["state"]) == (45, "breached")
    assert december["breached_at"] == datetime(2020, 12, 22, 0, 19, 23) + timedelta(minutes=45)
    assert [row["elapsed_minutes"] for row in (february, december)] == pytest.approx([56, 56])


def test_tickets_without_a_priority_have_no_target(desk: Warehouse) -> None:
    judged = desk.query("select distinct ticket_id from sla_instances order by ticket_id")
    assert judged["ticket_id"].to_list() == ["11071", "1404", "14173", "16988"]
