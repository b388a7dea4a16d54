"""The functions of the SQL files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.warehouse import sql_project
from dbt_like_sql.macros import MACROS
from dbt_like_sql.warehouse import Warehouse


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # By statsmodels' proportion_confint(k, n, method="wilson").
    [(0.8, 10, 0.490162, 0.943318), (0, 5, 0, 0.434482), (1, 5, 0.565518, 1), (None, 5, None, None)],
)
def test_the_interval_of_a_share_is_wilsons(share, n, low, high):
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        ends = warehouse.query("select wilson_low($1, $2), wilson_high($1, $2)", [share, n]).row(0)
    assert ends == ((None, None) if low is None else pytest.approx((low, high), abs=1e-6))


def test_a_share_of_nothing_has_no_interval():
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        assert warehouse.query("select wilson_low(0.5, 0), wilson_high(0.5, 0)").row(0) == (None, None)


def test_no_view_needs_what_a_reader_of_the_snapshot_lacks():
    names = re.findall(r"macro (\w+)", MACROS)
    assert names
    views = [model for model in sql_project().models if model.materialized == "view"]
    assert not [model.name for model in views if any(f"{name}(" in model.sql for name in names)]
