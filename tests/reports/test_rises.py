"""The root-causes page: what it says of a rise, of fixes, of last week's problems, and of nothing."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from assets.reports.pages import action_words
from assets.reports.pages.volume_parts import in_whole_tickets
from tests.reports.conftest import WEEK
from tests.reports.invented_rises import rise_tables
from tests.reports.parsed_page import ParsedPage, parse

RISES = tuple(rise_tables(WEEK))


@pytest.fixture(scope="module")
def page(site: Path) -> ParsedPage:
    return parse(site / "root-causes.html")


@pytest.fixture(scope="module")
def causes(page: ParsedPage) -> str:
    return page.readable


def test_a_rise_is_told_with_number_interval_and_begin(causes):
    assert "Three problems rose last week. One is new." in causes
    assert (
        "61 tickets a week more than usual (48 to 75) since 11 Nov 14:00, about the time of “Android 34.2”."
        in causes
    )
    assert "214 tickets last week, usually 37 to 83; 2.9 per 1,000 orders, was 1.1." in causes
    assert "It began between 11 Nov 09:00 and 11 Nov 20:00." in causes


def test_a_begin_that_is_not_known_to_the_hour_is_told_by_the_day(causes):
    assert "34 tickets a week on something new (23 to 46) since about 11 Nov." in causes


def test_it_says_whom_it_hits_and_who_did_not_change(causes):
    assert "platform: android and payment method: card 80 % 6.4 (5.1 to 8.0)" in causes
    assert "No more than expected from platform ios or web. No clear change by business line." in causes
    assert (
        "Of the change of 61 a week, 3 come from more orders and 3 from another mix of customers." in causes
    )


def test_no_clear_change_is_told_only_of_what_was_tested_in_that_rise(causes):
    """Of three cards one has such an attribute; the others have none."""
    assert causes.count("No clear change by") == 1


def test_what_coincides_is_never_called_a_cause(causes):
    event = "Starts about the time of “Android 34.2” (release), nearly only among those it concerns"
    assert f"{event} (platform: android, app version: 34.2)." in causes
    assert "It would speak against this if tickets from other app versions rose as well" in causes
    assert "Looked at too, but a weaker match" in causes
    words = causes.lower()
    assert not any(claim in words for claim in ("caused by", "because of the release", "due to"))


def test_a_card_has_cost_owner_issues_actions_and_similar_tickets(causes):
    assert "31 of about 140 tickets with a known target; 183 h past their targets in all" in causes
    assert (
        "61 % (48 to 72 %) of 60 ratings; −9 points (−14 to −4) against similar tickets of other themes"
        in causes
    )
    assert "Likely owner: Payments Checkout 80 % of this theme’s linked tickets were theirs" in causes
    assert "PAY-41: 3DS page hangs Payments Checkout, In Progress; open for 7 days" in causes
    assert "PAY-12: Old redirect Payments Checkout, Done; resolved 5 Oct after 5 days" in causes
    assert "Retry 3DS (fix, Payments) Worked: 40 % fewer" in causes
    assert "clearing the card and adding it again helped Ticket 77 · helpdesk · solved 3 Aug" in causes
    assert "12 copies of the same text are not counted above; some of them look like a template" in causes


def test_a_quote_shows_its_subject_apart_from_its_text(site, causes):
    assert "Payment fails tried three times, app says declined <CARD_1> Ticket 901" in causes
    html = (site / "root-causes.html").read_text()
    assert "<blockquote><strong>Payment fails</strong> tried three times" in html


def test_a_rise_of_fewer_than_ten_tickets_is_only_counted(causes):
    assert "One more theme rose by fewer than 10 tickets" in causes
    assert (
        "refund not on statement"
        not in causes.split("What happened to last week")[0].split("What it costs")[-1]
    )


def test_a_rise_whose_week_is_hidden_is_told_by_its_tickets_since_the_begin(causes):
    assert "15 tickets more than expected among customers with region: SG since about 11 Nov." in causes
    assert "Under 10 tickets last week" in causes


def test_small_counts_are_in_no_table_of_the_rises(site):
    counts = {
        "rises": ("tickets_week", "rise_tickets", "copies", "template_tickets"),
        "rise_impact": ("tickets", "sla_breached", "rated", "requesters_returned"),
        "rise_issues": ("linked_tickets",),
        "last_weeks_problems": ("tickets_then", "tickets_now"),
    }
    for table, columns in counts.items():
        frame = pl.read_parquet(site / "data" / f"{table}.parquet")
        assert frame.height, table
        for column in columns:
            assert not frame[column].is_between(1, 9).any(), (table, column)
    rises = pl.read_parquet(site / "data" / "rises.parquet")
    assert rises["theme_id"].to_list() == ["0", "1", "2"]
    assert rises.filter(theme_id="2")["excess"].to_list() == [None]
    csat = pl.read_parquet(site / "data" / "rise_impact.parquet").filter(theme_id="1")
    names = ("csat", "csat_low", "csat_high", "csat_points", "csat_matched")
    assert csat.select(names).row(0) == (None,) * len(names)


def test_of_a_share_that_leaves_few_only_a_bound_is_given(site, causes):
    segments = pl.read_parquet(site / "data" / "rise_segments.parquet").filter(value="34.2")
    assert segments.select("share", "share_before", "share_of_rise").row(0) == (None,) * 3
    assert segments["share_over"].to_list() == [0.9]
    assert "app version: 34.2 over 90 % 4.8 (4.1 to 5.6)" in causes
    assert "3DS_TIMEOUT" not in causes


def test_the_chart_marks_the_begin_and_what_coincides_in_the_accounts_zone(page):
    layout = page.charts[0]["layout"]
    lines = [shape["x0"] for shape in layout["shapes"] if shape.get("type") == "line"]
    assert "2026-11-11T14:00:00" in lines
    assert [mark["text"] for mark in layout["annotations"]] == ["1–2"]


def test_every_verdict_on_a_fix_is_told(causes):
    told = causes.split("Did the fixes work?")[1]
    for verdict in (
        "Worked: 40 % fewer, measured against other themes, likely 28 to 52 % fewer",
        "No evidence that it helped: 5.0 % fewer, measured against other themes, likely between 30 % fewer and 25 % more",
        "Worse since then: 30 % more, measured against other themes, likely 10 to 60 % more",
        "Too early to tell",
        "Not started; due 9 Dec.",
        "Not measured: nothing ties it to tickets of one theme; name the theme in actions.csv.",
    ):
        assert verdict in told
    assert "against “card declined at gift checkout” (by its wording)" in told


@pytest.mark.parametrize(
    ("verdict", "low", "told"),
    [
        (
            "worse",
            0.8,
            "Worse since then: no tickets before it, some since (12 weeks since, 9 weeks before).",
        ),
        (
            "no evidence",
            -0.4,
            "No evidence that it helped: no tickets before it, some since (12 weeks since,",
        ),
        ("no evidence", None, "No evidence that it helped: too few tickets to compare (12 weeks since,"),
    ],
)
def test_a_fix_of_what_had_no_tickets_before_is_not_too_early(verdict, low, told):
    row = {"verdict": verdict, "change": None, "change_low": low, "change_high": None}
    assert action_words.verdict(row | {"weeks_before": 9, "weeks_after": 12}).startswith(told)


def test_last_weeks_problems_are_followed_up(causes):
    told = causes.split("What happened to last week’s problems")[1]
    assert "charged twice 45 60 – still above" in told
    assert "a theme that is no more (99) 20 0 12 theme retired" in told
    assert "seldom seen" not in told
    assert "13" not in told.split("Did the fixes work?")[0].split()


def test_nothing_to_report_is_said_in_one_line(tables, render):
    quiet = {name: tables[name].clear() for name in RISES}
    folder, _ = render(tables | quiet)
    causes = parse(folder / "root-causes.html").readable
    assert "No problem rose last week." in causes
    assert "What did not change. " in causes
    assert "Whom it hits" not in causes
    assert json.loads((folder / "feed.json").read_text())["rises"] == []
    assert (folder / "feed.csv").read_text().startswith('"id","name","kind","week"')


def test_a_snapshot_without_the_rises_tells_what_left_its_usual_range(tables, render):
    folder, result = render({name: frame for name, frame in tables.items() if name not in RISES})
    assert "What lies behind a rise was not looked into for this week." in result.notes
    assert "One theme was above its usual range last week." in parse(folder / "root-causes.html").readable


def test_a_template_and_an_ignored_theme_have_no_card(tables, render):
    rises = tables["theme_rises"].with_columns(pl.col("theme_id").replace({"0": "6", "1": "11"}))
    folder, _ = render(tables | {"theme_rises": rises})
    causes = parse(folder / "root-causes.html").readable
    assert "One problem rose last week." in causes
    assert "new phone locked out" not in causes
    assert "bank transfer returned" not in (folder / "themes.html").read_text()


def test_the_feed_has_every_rise_with_its_numbers_and_a_link_to_its_card(site, page):
    feed = json.loads((site / "feed.json").read_text())
    first, second, third = feed["rises"]
    assert feed["week"] == "2026-11-09"
    assert list(first) == list(feed["fields"])
    assert (first["id"], first["kind"], first["excess"], first["onset_at"]) == (
        "0",
        "risen",
        61.0,
        "2026-11-11T14:00:00Z",
    )
    assert (first["top_event"], first["top_event_at"]) == ("Android 34.2", "2026-11-11T12:00:00Z")
    assert (second["top_event"], third["tickets_week"], third["excess"]) == (None, None, None)
    for rise in feed["rises"]:
        assert rise["link"].removeprefix("root-causes.html#") in page.attributes("id")
    cells = pl.read_csv(site / "feed.csv", infer_schema=False)
    assert cells.columns == list(feed["fields"])
    assert cells["id"].to_list() == ["0", "1", "2"]
    for name in feed["fields"]:
        assert name in page.readable


def test_the_overview_names_the_rises_and_what_coincides(site):
    lines = parse(site / "index.html").readable
    assert "card declined at gift checkout 61 tickets a week more than usual" in lines
    assert "since 11 Nov 14:00, about the time of “Android 34.2”" in lines
    assert "Of last week’s 3 problems, 1 is back to usual" in lines
    assert "still above: “charged twice”; one no more a theme of its own" in lines
    assert "Fixes: 1 worked, 1 worse since, 1 without a clear effect and 1 too early to tell" in lines


def test_rises_too_small_to_show_are_not_called_none(tables, render):
    small = tables["theme_rises"].with_columns(rise_tickets=5)
    folder, _ = render(tables | {"theme_rises": small})
    causes = parse(folder / "root-causes.html").readable
    assert "No problem rose by 10 tickets or more last week." in causes
    assert "Four themes rose by fewer than 10 tickets: too few to show" in causes


def test_the_parts_of_a_rise_in_whole_tickets_sum_to_it():
    names = ["excess", "from_customers", "from_rate", "from_mix"]
    rises = pl.DataFrame(
        [(29.1, 4.6, 24.5, 0.0), (None,) * 4], schema=dict.fromkeys(names, pl.Float64), orient="row"
    )
    assert in_whole_tickets(rises, total="excess").rows() == [(29, 5, 24, 0), (None,) * 4]
