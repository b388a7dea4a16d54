"""What a team is called: the people of one business line, tier and vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from assets.reports import wording

_HERE = ("inhouse", "in_house", "in-house")
_UNKNOWN = (None, "", "unknown", "all")


def team(row: Mapping[str, Any]) -> str:
    """`Ecommerce, tier 1, Brightline`; what is not known is left out."""
    vendor = row.get("vendor")
    parts = [
        None if row["business_line"] in _UNKNOWN else wording.readable(row["business_line"]),
        None if row["tier"] in _UNKNOWN else f"tier {row['tier']}",
        None if vendor in _UNKNOWN else "in house" if vendor in _HERE else wording.readable(vendor),
    ]
    return wording.sentence(", ".join(part for part in parts if part)) or "All tickets"


def with_team(frame: pl.DataFrame, columns: Sequence[str], name: str = "team") -> pl.DataFrame:
    """The frame with a column of what each row's team is called."""
    teams = frame.select(columns).unique()
    names = pl.Series(name, [team(row) for row in teams.iter_rows(named=True)], dtype=pl.String)
    return frame.join(
        teams.with_columns(names), on=list(columns), how="left", nulls_equal=True, maintain_order="left"
    )


def more_people(row: Mapping[str, Any]) -> str:
    """`12 more tier-1 people for ecommerce at Brightline`: what an ask asks for."""
    people = "person" if row["people_more"] == 1 else "people"
    tier = "" if row["tier"] in _UNKNOWN else f"tier-{row['tier']} "
    text = f"{wording.count(row['people_more'])} more {tier}{people}"
    if row["business_line"] not in _UNKNOWN:
        text += f" for {wording.readable(row['business_line'])}"
    vendor = row["vendor"]
    if vendor in _UNKNOWN:
        return text
    return f"{text} in house" if vendor in _HERE else f"{text} at {wording.readable(vendor)}"
