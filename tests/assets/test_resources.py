"""The state folder as assets see it."""

import dagster as dg
import pytest

from assets.resources import StateFolder
from dbt_like_sql.errors import WarehouseBusy
from dbt_like_sql.warehouse import Warehouse


def test_the_salt_is_made_once_is_nobody_elses_to_read_and_is_no_configuration(tmp_path):
    state = StateFolder(home=str(tmp_path / "home"))
    salt = state.requester_salt()
    assert len(salt) == 32
    assert StateFolder(home=str(tmp_path / "home")).requester_salt() == salt
    assert (tmp_path / "home" / "salt").stat().st_mode & 0o077 == 0
    assert salt not in str(state.model_dump())


@pytest.mark.parametrize(("largest", "stays_open"), [(10**9, True), (0, False)])
def test_a_run_keeps_the_warehouse_open_while_it_is_small_and_lets_go_of_it_at_its_end(
    tmp_path, monkeypatch, largest, stays_open
):
    monkeypatch.setattr("assets.resources._HELD_OPEN_BYTES", largest)
    state = StateFolder(home=str(tmp_path))

    def is_open() -> bool:
        """DuckDB opens no file in two ways at once."""
        try:
            Warehouse(tmp_path / "warehouse.duckdb", memory_limit="1GB").close()
        except WarehouseBusy:
            return True
        return False

    with state.yield_for_execution(dg.build_init_resource_context()):
        for _ in range(2):
            with state.warehouse() as warehouse:
                warehouse.execute("create or replace table numbers as select 1 as n")
        assert is_open() == stays_open
    assert not is_open()
    with state.warehouse() as warehouse:
        assert warehouse.rows("numbers") == 1
    assert not is_open()
