"""Sources with missing parts give every report that can be given, and say what is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dbt_like_sql.warehouse import Warehouse
from pipelines.run import SourceArgument, run_refresh
from pipelines.settings import Settings, read_settings

pytestmark = pytest.mark.usefixtures("without_history")

_PAGES = ("index.html", "trends.html", "root-causes.html", "capacity.html")
_MAPPING = """
source = "shop"
[times]
zone = "UTC"
[tickets.columns]
ticket_id = "number"
created_at = "opened"
updated_at = "opened"
status = { constant = "open" }
channel = { constant = "email" }
"""


def _run(home: Path, opened: list[datetime]) -> Settings:
    """A run on tickets of which nothing is known but when they were opened."""
    home.mkdir(parents=True, exist_ok=True)
    file, mapping = home / "tickets.csv", home / "shop.toml"
    mapping.write_text(_MAPPING)
    numbers = [str(number) for number in range(len(opened))]
    pl.DataFrame({"number": numbers, "opened": opened}).write_csv(file, datetime_format="%Y-%m-%d %H:%M:%S")
    settings = read_settings(home=home)
    run_refresh(settings, [SourceArgument(str(file), str(mapping))])
    return settings


def _pages(settings: Settings) -> dict[str, str]:
    return {page: (settings.reports / page).read_text() for page in _PAGES}


@pytest.fixture(scope="module")
def two_months(tmp_path_factory) -> Settings:
    """61 days with 12 tickets each, and no text, history, ratings, groups or calendar."""
    start = datetime(2026, 3, 1, 9)
    opened = [start + timedelta(days=day, minutes=20 * ticket) for day in range(61) for ticket in range(12)]
    return _run(tmp_path_factory.mktemp("two_months"), opened)


def test_bare_tickets_still_give_volume_and_a_forecast(two_months):
    with Warehouse(two_months.published, read_only=True) as snapshot:
        daily = snapshot.query(
            "select date, sum(tickets_created)::bigint as n from daily_volume group by date"
        )
        ahead = snapshot.query("select expected, low_80, high_80 from forecast_daily where level = 'total'")
        assert snapshot.rows("themes") == 0
    assert daily["n"].to_list() == [12] * 61
    assert ahead.height == two_months.forecast_days
    assert ahead["expected"].is_between(9, 15).all()


def test_each_page_says_in_plain_words_what_bare_tickets_lack(two_months):
    pages = _pages(two_months)
    for missing in ("ticket text", "satisfaction ratings", "groups"):
        assert f"shop has no {missing}, so" in pages["index.html"], missing
    assert "shop has no ticket text, so there are no themes" in pages["root-causes.html"]
    assert "shop has no satisfaction ratings, so there is no CSAT" in pages["trends.html"]
    assert "no campaigns or holidays, so the forecast knows of none" in pages["capacity.html"]


def test_an_empty_inbox_gives_every_page_and_says_that_there_are_no_tickets(tmp_path):
    settings = read_settings(home=tmp_path / "empty")
    run_refresh(settings)
    pages = _pages(settings)
    assert all("</html>" in page for page in pages.values())
    assert "no tickets" in pages["index.html"].lower()
