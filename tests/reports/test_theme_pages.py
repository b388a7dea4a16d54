"""The pages of what is new and of every theme, and what the sources say themselves."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.reports.pages import root_causes
from tests.reports.parsed_page import parse


def test_a_new_theme_is_shown_with_its_first_day_and_a_link_to_its_rise(site):
    page = parse(site / "new.html")
    assert "One new theme in the last four weeks." in page.readable
    assert "code never arrives First seen 9 Nov 2026" in page.readable
    assert "root-causes.html#rise-1" in page.attributes("href")
    assert "One more new theme has under 10 tickets: too few to show." in page.readable


def test_what_happened_to_themes_is_told_with_the_names_that_may_be_named(site):
    told = parse(site / "new.html").readable.split("What else happened to the themes")[1]
    assert "“code never arrives” is new. 9 Nov 2026" in told
    assert "“charged twice” was split off from “account taken over”. 6 Nov 2026" in told
    assert "One theme that is small, gone or left out: retired." in told
    assert "Theme 97 was merged into “charged twice”, as a person chose." in told
    assert "renamed" not in told  # long ago


def test_nothing_new_is_said_in_one_line(tables, render):
    themes = tables["themes"].with_columns(is_new=False)
    folder, _ = render(tables | {"themes": themes, "theme_history": tables["theme_history"].clear()})
    text = parse(folder / "new.html").readable
    assert "No new theme in the last four weeks." in text
    assert "No theme was born, merged, split or retired in these four weeks." in text


def test_where_it_is_not_known_of_one_theme_whether_it_is_new_nothing_is_claimed(tables, render):
    is_new = pl.when(pl.col("theme_id") != "9").then(pl.lit(False))
    folder, _ = render(tables | {"themes": tables["themes"].with_columns(is_new=is_new)})
    assert "Which themes are new is not known for this week." in parse(folder / "new.html").readable


def test_a_snapshot_that_does_not_say_what_is_new_claims_nothing(tables, render):
    folder, _ = render(tables | {"themes": tables["themes"].drop("is_new", "born_on", "is_ignored")})
    assert "Which themes are new is not known for this week." in parse(folder / "new.html").readable


def test_a_theme_whose_week_is_hidden_never_comes_before_one_whose_week_is_known(tables, render):
    small = pl.col("theme_id") == "9"
    impact = tables["theme_impact"].with_columns(
        *(pl.when(small).then(8).otherwise(name).alias(name) for name in ("tickets", "distinct_tickets")),
        verdict=pl.when(small).then(pl.lit("above")).otherwise("verdict"),
        excess=pl.when(small).then(900.0).otherwise("excess"),
    )
    folder, _ = render(tables | {"theme_impact": impact})
    listed = pl.read_parquet(folder / "data" / "themes.parquet")
    assert listed["theme_id"][0] == "0"
    assert listed.filter(theme_id="9").select("distinct_week", "excess").row(0) == (None, None)


@pytest.fixture(scope="module")
def both(site: Path) -> pl.DataFrame:
    """The four weeks of each theme beside the sum of those of its weeks that are shown."""
    weekly = pl.read_parquet(site / "data" / "theme_trends.parquet")
    blocks = pl.read_parquet(site / "data" / "theme_four_weeks.parquet")
    return (
        blocks.join(weekly, on="theme_id", suffix="_week")
        .filter(pl.col("week").is_between("first", "last"))
        .group_by("theme_id", "first", "distinct_tickets")
        .agg(
            shown=pl.col("distinct_tickets_week").sum(),
            hidden=pl.col("distinct_tickets_week").null_count(),
            weeks=pl.len(),
        )
    )


def test_four_weeks_are_the_sum_of_their_weeks(both):
    whole = both.filter(hidden=0)
    assert whole.height > 10
    assert (whole["weeks"] == 4).all()
    assert whole["distinct_tickets"].drop_nulls().to_list() == whole.drop_nulls()["shown"].to_list()


def test_four_weeks_do_not_give_away_their_hidden_weeks(both):
    known = both.filter(pl.col("hidden") > 0).drop_nulls("distinct_tickets")
    rest = known["distinct_tickets"] - known["shown"]
    assert known.height
    assert not rest.is_between(1, 9).any()


def test_what_the_source_says_itself_stands_beside_the_histories(site):
    said = pl.read_parquet(site / "data" / "source_words.parquet")
    assert said["what"].to_list() == ["SLA met", "Time to resolution, median", "Reopened"]
    text = parse(site / "trends.html").readable
    assert "helpdesk SLA met – 80 % 459,000" in text
    assert "helpdesk Time to resolution, median 15 h 19 h 450,000" in text
    assert "They differ in time to resolution, median." in text


def test_rises_that_coincide_with_one_event_are_said_to_be_perhaps_one_problem():
    rises = pl.DataFrame({"theme_id": ["t1", "t2", "t3"]})
    events = pl.DataFrame(
        {
            "theme_id": ["t1", "t2", "t3", "t1", "t9"],
            "event_id": ["r1", "r1", "r1", "r2", "r2"],
            "name": ["App 2.0", "App 2.0", "App 2.0", "Sale", "Sale"],
            "is_named": [True, True, False, True, True],
        }
    )
    assert root_causes.together(rises, events) == [
        "Two of them coincide with “App 2.0” and may be one problem."
    ]


def test_a_quote_links_to_its_ticket_where_the_address_of_its_source_is_set(tables, render):
    address = "https://{}.example/tickets/{{ticket_id}}?x=1"
    folder, _ = render(
        tables, ticket_links={"helpdesk": address.format("desk"), "another": address.format("other")}
    )
    links = [link for link in parse(folder / "root-causes.html").attributes("href") if ".example/" in link]
    assert links
    ids = [link.removeprefix("https://desk.example/tickets/").removesuffix("?x=1") for link in links]
    assert all(ticket_id.isdigit() for ticket_id in ids)
