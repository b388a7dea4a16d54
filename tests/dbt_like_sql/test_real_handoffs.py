"""Hand-offs by support team and org line in a public log of IT problems, against counts made from the raw file alone.

The log is BPIC 2013's closed problems, in the folder that GROUNDSWELL_REAL_DATA names. A team's name ends in `2nd` or
`3rd` where it is not the first line of support.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from assets.ingest.load import SourceFiles, load
from assets.warehouse import sql_project
from dbt_like_sql.warehouse import Warehouse

PROBLEMS = Path(os.environ.get("GROUNDSWELL_REAL_DATA", "")) / "tickets/bpic/bpic13_closed_problems.csv"

pytestmark = pytest.mark.skipif(
    not PROBLEMS.is_file(), reason="GROUNDSWELL_REAL_DATA names no folder with the closed problems"
)

MAPPING = """
source = "problems"
ignored = ["ec2", "sc1", "ec3", "ec5", "sc2", "sc3", "event", "event_label"]
[times]
zone = "UTC"
[tickets.columns]
ticket_id = "sequence"
created_at = "opened"
updated_at = "time"
status = "status"
channel = { constant = "other" }
business_line = "sc3"
group_id = { paths = ["ec1", "ec4"], join = " / " }
[tickets.values.status]
"b" = "solved"
"f" = "closed"
"d" = "open"
"*" = "open"
[tickets.event_log]
order = ["row"]
"""


def tier(team: str) -> int:
    return 2 if team.endswith(("2nd", "3rd")) else 1


def org_line(group: str) -> str:
    return group.split(" / ")[0]


@pytest.fixture(scope="module")
def owners() -> list[list[str]]:
    """The owners of each problem in the order of the log, changes only."""
    log = pl.read_csv(PROBLEMS).sort("sequence", "time", maintain_order=True)
    owner = log.select("sequence", owner=pl.col("ec1") + " / " + pl.col("ec4"))
    changed = owner.filter(pl.struct("sequence", "owner").rle_id().is_first_distinct())
    return changed.group_by("sequence", maintain_order=True).agg("owner")["owner"].to_list()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, owners: list[list[str]]) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("problems")
    log = pl.read_csv(PROBLEMS, try_parse_dates=True).sort("sequence", "time", maintain_order=True)
    log = log.with_columns(opened=pl.col("time").min().over("sequence"), row=pl.int_range(pl.len()))
    log.write_csv(folder / "problems.csv", datetime_format="%Y-%m-%d %H:%M:%S")
    (folder / "problems.toml").write_text(MAPPING)
    groups = pl.DataFrame(
        {"group_id": sorted({group for groups in owners for group in groups})}
    ).with_columns(
        tier=pl.col("group_id").map_elements(tier, pl.Int64),
        vendor=pl.col("group_id").map_elements(org_line, pl.String),
        valid_from=datetime(2000, 1, 1),
    )
    files = [SourceFiles(folder / "problems.csv", folder / "problems.toml")]
    with Warehouse(folder / "warehouse.duckdb", threads=1) as opened:
        report = load(opened, files, salt="s", time_zone="UTC", now=datetime(2026, 1, 1))
        assert (report.errors, report.quarantined) == ((), {})
        with opened.transaction() as connection:
            connection.register("known_groups", groups)
            connection.execute("insert into raw.groups by name select * from known_groups")
        wanted = {"handoffs", "escalation_flow"}
        models = sql_project().models
        for model in reversed(models):
            if model.name in wanted:
                wanted.update(model.reads)
        for model in models:
            if model.name in wanted:
                opened.build(model)
        yield opened


def moves(owners: list[list[str]]) -> list[tuple[str, str]]:
    return [pair for groups in owners for pair in pairwise(groups)]


def test_teams_hand_problems_to_one_another_as_often_as_the_log_says(
    warehouse: Warehouse, owners: list[list[str]]
) -> None:
    found = warehouse.query(
        "select from_group_id, to_group_id, sum(handoffs) from handoffs group by all"
    ).rows()
    expected = Counter(moves(owners))
    assert expected.total() > 500
    assert {(old, new): count for old, new, count in found} == dict(expected)


def test_org_lines_hand_problems_to_one_another_as_often_as_the_log_says(
    warehouse: Warehouse, owners: list[list[str]]
) -> None:
    found = warehouse.query(
        "select from_vendor, to_vendor, sum(handoffs) from handoffs where from_vendor <> to_vendor group by all"
    ).rows()
    lines = [(org_line(old), org_line(new)) for old, new in moves(owners)]
    expected = Counter(pair for pair in lines if pair[0] != pair[1])
    assert {(old, new): count for old, new, count in found} == dict(expected)


def test_escalations_and_returns_are_those_of_the_log(warehouse: Warehouse, owners: list[list[str]]) -> None:
    tiers = [[tier(group) for group in groups] for groups in owners]
    first_line = [path for path in tiers if path[0] == 1]
    crossings = [[pair for pair in pairwise(path) if pair[0] != pair[1]] for path in first_line]
    found = warehouse.query(
        "select sum(tickets_tier_1) as tickets, sum(escalated) as escalated, sum(returned) as returned, "
        "sum(ping_pong) as ping_pong from escalation_flow where business_line = 'all' and vendor = 'all'"
    ).row(0)
    assert found == (
        len(first_line),
        sum((1, 2) in pairs for pairs in crossings),
        sum((2, 1) in pairs for pairs in crossings),
        sum(len(pairs) >= 3 for pairs in crossings),
    )
