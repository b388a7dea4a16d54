"""What recent tickets are compared with when new themes are looked for."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from models.themes import births
from models.themes.births import sample_before

DAY = date(2026, 6, 1)


def test_recent_tickets_are_compared_with_one_earlier_ticket_of_each_text_in_the_order_of_digests(
    monkeypatch,
):
    rows = [("1", "e", "x", False, 1), ("2", "a", "x", False, 1), ("3", "d", "y", False, 2), ("4", "c", "z", True, 1),
            ("5", "b", "w", False, 3), ("6", "c", "v", False, 2)]  # fmt: skip
    columns = ("ticket_id", "text_digest", "copy_key", "is_near_duplicate", "days")
    given = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        source=pl.lit("desk"), created_on=DAY + pl.duration(days=pl.col("days"))
    )
    assert sample_before(given, DAY + timedelta(days=2))["ticket_id"].to_list() == ["6", "3", "1"]
    monkeypatch.setattr(births, "HISTORY_AT_MOST", 2)
    assert sample_before(given, DAY + timedelta(days=2))["ticket_id"].to_list() == ["6", "3"]
