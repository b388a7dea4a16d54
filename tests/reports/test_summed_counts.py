"""No small count follows from the sums that are shown beside it, in no table and on no page of operations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.reports.data_tables import DataFolder
from assets.reports.pages import operations, review
from assets.reports.pages.backlog_now import HIDDEN_AGE, _parts
from assets.reports.pages.kpi_signals import read_signals
from assets.reports.pages.waiting_cost import read_waiting
from assets.reports.scope import read_scope
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_small_grid, hide_summed_counts
from tests.reports.conftest import write_snapshot
from tests.reports.small_operations import small_operations, summed
from tests.reports.subtraction import revealed

NO_ACTIONS = pl.DataFrame(schema={"verdict": pl.String})


@pytest.fixture(scope="module", params=[1, 2])
def published(tables, tmp_path_factory, request) -> dict[str, pl.DataFrame]:
    """Every table that the operations and review pages of a small operation publish, by name."""
    folder: Path = tmp_path_factory.mktemp("small")
    ground = {name: tables[name] for name in ("raw.account", "raw.sources", "weekly_kpis")}
    snapshot = write_snapshot(folder / "published.duckdb", ground | small_operations(request.param))
    with Snapshot(snapshot) as opened:
        scope = read_scope(opened)
        data = DataFolder(folder / "data")
        signals = read_signals(opened, scope, data)
        service = operations.build(opened, scope, data, signals)
        review.build(opened, scope, data, signals, NO_ACTIONS, service)
        read_waiting(opened, scope, data)
    return {table.name: pl.read_parquet(data.folder / f"{table.name}.parquet") for table in data.tables}


def test_no_published_table_of_a_small_operation_tells_of_under_ten(published):
    held = {"sla_weeks", "sla_breach_owners", "sla_open", "sla_waiting", "escalation_flow", "csat_weeks"}
    held |= {
        "csat_reasons",
        "first_contact_weeks",
        "contact_rate_weeks",
        "backlog_ages",
        "backlog_by_team",
        "backlog_by_status",
    }
    assert held <= set(published)
    found = {name: list(revealed(name, frame)) for name, frame in published.items()}
    assert {name: told for name, told in found.items() if told} == {}


def test_hidden_ages_of_a_day_stand_together_in_the_chart():
    days = {
        "date": [date(2026, 11, 15)] * 2,
        "tickets": [40, 114],
        "under_1_day": [20, 53],
        "days_1_to_3": [20, 30],
    }
    rest = {"days_3_to_7": [0, None], "days_7_to_30": [0, None], "over_30_days": [0, 0]}
    parts = _parts(pl.DataFrame(days | rest))
    assert parts[HIDDEN_AGE][1] == [0, 31]
    assert HIDDEN_AGE not in _parts(pl.DataFrame(days | rest).head(1))


def test_a_small_operation_is_not_hidden_as_a_whole(published):
    for name in ("sla_weeks", "escalation_flow", "csat_weeks", "contact_rate_weeks", "backlog_ages"):
        frame = published[name]
        assert frame["is_hidden"].any()
        assert not frame["is_hidden"].all(), name


def test_targets_of_one_metric_are_not_all_less_the_others():
    frame = pl.DataFrame({"metric": ["all", "first_reply", "resolution"], "breached": [37, 29, 8]})
    shown = hide_summed_counts(frame, [Count("breached")], keys=[], over=["metric"])
    assert shown["breached"].to_list() == [37, None, None]


def test_the_same_line_goes_with_a_small_one_for_every_target():
    lines = {
        "all": (274, 177, 97),
        "a": (30, 20, 10),
        "b": (10, 1, 9),
        "c": (204, 140, 64),
        "d": (30, 16, 14),
    }
    rows = [
        (line, metric, count)
        for line, counts in lines.items()
        for metric, count in zip(("all", "first_reply", "resolution"), counts, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["line", "metric", "breached"], orient="row")
    shown = hide_summed_counts(frame, [Count("breached")], keys=[], over=["line", "metric"])
    assert set(shown.filter("is_hidden")["line"]) == {"a", "b"}


def test_a_part_that_was_hidden_before_counts_as_hidden():
    frame = pl.DataFrame({"line": ["all", "a", "b", "c"], "escalated": [118, 15, 80, None]})
    known = frame.with_columns(is_hidden=pl.col("escalated").is_null())
    shown = hide_summed_counts(known, [Count("escalated")], keys=[], over=["line"])
    assert shown["escalated"].to_list() == [118, None, 80, None]


def test_a_sum_goes_with_its_only_part():
    frame = pl.DataFrame(
        {
            "line": ["a", "a", "b", "b", "b", "all", "all", "all"],
            "vendor": ["all", "x", "all", "x", "y", "all", "x", "y"],
        }
    ).with_columns(tickets=pl.Series([12, 12, 58, 8, 50, 70, 20, 50]))
    shown = hide_summed_counts(frame, [Count("tickets")], keys=[], over=["line", "vendor"])
    told = {(row["line"], row["vendor"]): row["tickets"] for row in shown.iter_rows(named=True)}
    assert told["a", "x"] is told["a", "all"] is told["b", "x"] is None
    assert told["all", "all"] == 70


def test_two_small_counts_that_are_nine_together_need_a_third():
    frame = pl.DataFrame({"line": ["all", "a", "b", "c", "d"], "tickets": [99, 4, 5, 30, 60]})
    shown = hide_summed_counts(frame, [Count("tickets")], keys=[], over=["line"])
    assert shown["tickets"].to_list() == [99, None, None, None, 60]


def test_a_part_is_hidden_with_its_whole_and_where_it_leaves_few():
    frame = pl.DataFrame({"week": [1, 2, 3], "of": [8, 57, 60], "part": [0, 52, 30], "rate": [0.0, 0.9, 0.5]})
    shown = hide_summed_counts(
        frame, [Count("of"), Count("part", of="of", tells=("rate",))], keys=["week"], over=[]
    )
    assert shown.rows() == [(1, None, None, None, True), (2, 57, None, None, True), (3, 60, 30, 0.5, False)]


def test_no_sum_of_lines_or_vendors_gives_a_small_count_away():
    cells = [(f"week {week}", line, vendor) for week in range(300) for line in "abcd" for vendor in "xyz"]
    counts = np.random.default_rng(5).integers(0, 26, len(cells))
    frame = pl.DataFrame(cells, schema=["week", "line", "vendor"], orient="row").with_columns(n=counts)
    whole = summed(frame, ["week"], ["line", "vendor"])
    shown = hide_summed_counts(whole, [Count("n")], keys=["week"], over=["line", "vendor"])
    assert list(revealed("invented", shown)) == []
    kept = shown["n"].is_not_null()
    assert shown["n"].filter(kept).equals(whole["n"].filter(kept))
    assert kept.sum() > 300


def test_a_grid_hides_along_rows_and_columns_and_may_be_empty():
    grid = pl.DataFrame(
        {
            "status": ["all", "open", "hold"],
            "tickets": [214, 134, 80],
            "young": [110, 90, 20],
            "old": [104, 44, 60],
        }
    )
    assert hide_small_grid(grid, ["young", "old"], total="tickets", over=["status"]).rows() == [
        (*row, False) for row in grid.rows()
    ]
    small = grid.with_columns(young=pl.Series([94, 90, 4]), tickets=pl.Series([198, 134, 64]))
    shown = hide_small_grid(small, ["young", "old"], total="tickets", over=["status"])
    assert shown["young"].to_list() == [94, None, None]
    assert shown["old"].to_list() == [104, None, None]
    assert shown["tickets"].to_list() == [198, 134, 64]
    empty = hide_small_grid(grid.clear(), ["young", "old"], total="tickets", over=["status"])
    assert (empty.columns, empty.height) == ([*grid.columns, "is_hidden"], 0)
