"""Sources side by side, each lacking one part: the others still give it, and the pages name who lacks what."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
import pytest

from dbt_like_sql.warehouse import Warehouse
from models.simulation.operation import simulate
from pipelines.run import run_refresh
from pipelines.settings import Settings, read_settings

pytestmark = pytest.mark.usefixtures("without_history")

TICKETS = 400
_LACKS = {
    "wordless": "ticket text",
    "untold": "ticket history",
    "unrated": "satisfaction ratings",
    "ungrouped": "groups",
    "whole": None,
}


def _without_its_part(
    source: str, tickets: pl.DataFrame, events: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    tickets, events = (
        frame.with_columns(source=pl.lit(source, dtype=pl.String)) for frame in (tickets, events)
    )
    if source == "wordless":
        tickets = tickets.with_columns(subject=pl.lit(None, pl.String), body=pl.lit(None, pl.String))
    elif source == "untold":
        events = events.clear()
    elif source == "unrated":
        rating = {
            name: pl.lit(None, tickets.schema[name])
            for name in ("csat_offered", "csat_score", "csat_comment")
        }
        tickets = tickets.with_columns(**rating)
    elif source == "ungrouped":
        tickets = tickets.with_columns(group_id=pl.lit(None, pl.String))
        events = events.filter(~pl.col("kind").is_in(["group_changed", "escalated"]))
    return tickets, events


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory) -> Settings:
    """The same 400 tickets as five sources, each without one part; groups are known, a calendar is not."""
    settings = read_settings(home=tmp_path_factory.mktemp("side_by_side"))
    operation = simulate(tickets=TICKETS, seed=3, as_of=date(2026, 6, 30)).tables
    parts = [_without_its_part(source, operation["tickets"], operation["ticket_events"]) for source in _LACKS]
    inbox = settings.inbox / "contract"
    inbox.mkdir(parents=True)
    settings.tables.mkdir()
    pl.concat([tickets for tickets, _ in parts]).write_parquet(inbox / "tickets.parquet")
    pl.concat([events for _, events in parts]).write_parquet(inbox / "ticket_events.parquet")
    operation["groups"].write_csv(settings.tables / "groups.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    run_refresh(settings)
    return settings


def _by_source(settings: Settings, query: str) -> dict[str, int]:
    with Warehouse(settings.published, read_only=True) as snapshot:
        return dict(snapshot.query(query).iter_rows())


def test_the_overview_names_each_source_with_the_part_it_lacks_and_no_other(side_by_side):
    page = (side_by_side.reports / "index.html").read_text()
    said = set(re.findall(r"<li>(\w+) has no ([^,<]+), so", page))
    assert said == {(source, part) for source, part in _LACKS.items() if part}
    assert "The calendar is empty" in page


def test_every_source_counts_in_the_volume(side_by_side):
    with Warehouse(side_by_side.published, read_only=True) as snapshot:
        volume = snapshot.query("select sum(tickets_created)::bigint as n from daily_volume")["n"].item()
        days = snapshot.query("select count(*) as n from forecast_daily where level = 'total'")["n"].item()
    assert volume == len(_LACKS) * TICKETS
    assert days == side_by_side.forecast_days


def test_only_the_source_without_history_has_no_times(side_by_side):
    times = _by_source(
        side_by_side, "select source, count(first_reply_minutes) from ticket_times group by source"
    )
    assert times.pop("untold") == 0
    assert len(set(times.values())) == 1
    assert times["whole"] > TICKETS / 2


def test_only_the_source_without_text_has_no_themes(side_by_side):
    texts = _by_source(side_by_side, "select source, count(*) from ticket_themes group by source")
    assert set(texts) == set(_LACKS) - {"wordless"}


def test_only_the_source_without_groups_has_no_tiers(side_by_side):
    tiers = _by_source(side_by_side, "select source, count(first_tier) from ticket_times group by source")
    assert tiers["ungrouped"] == 0
    assert min(count for source, count in tiers.items() if source != "ungrouped") > TICKETS / 2


def test_ratings_come_from_the_sources_that_have_them(side_by_side):
    ratings = _by_source(side_by_side, "select source, count(csat_score) from stg_tickets group by source")
    rated = ratings["whole"]
    assert rated > 0
    with Warehouse(side_by_side.published, read_only=True) as snapshot:
        counted = snapshot.query(
            "select sum(csat_rated)::bigint as n from weekly_kpis where business_line = 'all'"
        )["n"].item()
    assert counted == (len(_LACKS) - 1) * rated
