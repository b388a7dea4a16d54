"""Small counts stay hidden, also from subtraction; a stranger's text does nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.reports.privacy import (
    hide_revealing_rate,
    hide_small_cells,
    hide_small_parts,
    plain_text,
    plot_label,
    share_at_least,
    spreadsheet_safe,
)

_COUNTS = st.integers(0, 40)


@st.composite
def week_by_theme(draw: st.DrawFn) -> pl.DataFrame:
    """A count for every theme and week."""
    themes, weeks = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    cells = [(theme, week, draw(_COUNTS)) for theme in range(themes) for week in range(weeks)]
    return pl.DataFrame(cells, schema=["theme", "week", "tickets"], orient="row")


def test_counts_from_one_to_nine_are_hidden_and_zero_is_not():
    shown = hide_small_cells(pl.DataFrame({"tickets": [0, 1, 9, 10]}), "tickets")
    assert shown["tickets"].to_list() == [0, None, None, 10]
    assert shown["is_hidden"].to_list() == [False, True, True, False]


def test_the_next_smallest_count_goes_with_a_single_hidden_one():
    frame = pl.DataFrame({"day": [1, 1, 1, 2, 2], "tickets": [4, 30, 12, 11, 50]})
    shown = hide_small_cells(frame, "tickets", within=[["day"]])
    assert shown["tickets"].to_list() == [None, 30, None, 11, 50]


def test_two_hidden_counts_hide_each_other():
    shown = hide_small_cells(
        pl.DataFrame({"day": [1, 1, 1], "tickets": [4, 5, 30]}), "tickets", within=[["day"]]
    )
    assert shown["tickets"].to_list() == [None, None, 30]


def test_a_count_hidden_earlier_is_one_of_the_hidden():
    frame = pl.DataFrame({"day": [1, 1, 1], "tickets": [None, 15, 80], "is_hidden": [True, False, False]})
    shown = hide_small_cells(frame, "tickets", within=[["day"]])
    assert shown["tickets"].to_list() == [None, None, 80]


def test_what_a_hidden_count_follows_from_is_hidden_with_it():
    frame = pl.DataFrame({"tickets": [4, 30], "share": [0.12, 0.88]})
    shown = hide_small_cells(frame, "tickets", dependents=["share"])
    assert shown["share"].to_list() == [None, 0.88]


def test_a_part_is_hidden_with_what_it_leaves_of_a_known_whole():
    frame = pl.DataFrame({"open": [0, 5, 30, 52, 57], "tickets": [57] * 5})
    shown = hide_small_parts(frame, "open", "tickets")
    assert shown["open"].to_list() == [0, None, 30, None, 57]
    assert shown["tickets"].to_list() == [57] * 5


def test_a_csat_is_shown_only_where_good_and_bad_ratings_are_none_or_ten():
    frame = pl.DataFrame(
        {"csat": [7 / 13, 54 / 60, 48 / 60, 1.0], "rated": [13, 60, 60, 60], "low": [0.3] * 4}
    )
    shown = hide_revealing_rate(frame, "csat", "rated", dependents=["low"])
    assert shown["csat"].to_list() == [None, None, 0.8, 1.0]
    assert shown["low"].to_list() == [None, None, 0.3, 0.3]
    assert shown["is_hidden"].to_list() == [True, True, False, False]


def test_a_second_rate_goes_where_the_parts_of_all_would_give_one_away():
    frame = pl.DataFrame({"line": ["a", "b", "c"], "rate": [0.05, 0.2, 0.5], "tickets": [100, 100, 100]})
    shown = hide_revealing_rate(frame.with_columns(week=1), "rate", "tickets", within=[["week"]])
    assert shown["rate"].to_list() == [None, None, 0.5]


@settings(deadline=None)
@given(st.integers(11, 2000))
def test_the_bound_of_a_share_is_the_same_whichever_of_one_to_nine_is_left(whole):
    rests = [rest for rest in range(1, 10) if whole - rest > 0]
    frame = pl.DataFrame({"n": [whole - rest for rest in rests]})
    bounds = frame.with_columns(share=pl.col("n") / whole).select(share_at_least("n", "share")).to_series()
    assert bounds.n_unique() == 1
    bound = bounds[0]
    assert bound is None or all(bound <= (whole - rest) / whole for rest in rests)


def test_a_share_that_leaves_none_or_ten_has_no_bound():
    frame = pl.DataFrame({"n": [60, 50], "share": [1.0, 50 / 60]})
    assert frame.select(share_at_least("n", "share")).to_series().to_list() == [None, None]


@settings(deadline=None)
@given(week_by_theme())
def test_no_hidden_count_follows_from_its_row_or_column(frame):
    shown = hide_small_cells(frame, "tickets", within=[["theme"], ["week"]])
    hidden = pl.col("tickets").is_null()
    assert shown.filter(pl.col("tickets").is_between(1, 9)).is_empty()
    for key in ("theme", "week"):
        alone = shown.group_by(key).agg(hidden=hidden.sum(), shown=(pl.col("tickets") > 0).sum())
        assert alone.filter(pl.col("hidden") == 1, pl.col("shown") > 0).is_empty()


@settings(deadline=None)
@given(week_by_theme())
def test_a_count_that_is_shown_is_the_true_one(frame):
    shown = hide_small_cells(frame, "tickets", within=[["theme"], ["week"]])
    both = frame.join(shown, on=["theme", "week"], suffix="_shown").drop_nulls("tickets_shown")
    assert both["tickets"].equals(both["tickets_shown"], check_names=False)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("see https://evil.example/a", "see hxxps://evil.example/a"),
        ("HTTP : //evil.example", "hxxp://evil.example"),
        ("ftp://evil.example", "ftp[:]//evil.example"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("www.evil.example", "www[.]evil.example"),
        ("pay\u202eback\u200b now", "payback now"),
        ("2 < 3 & <EMAIL_1>", "2 < 3 & <EMAIL_1>"),
    ],
)
def test_links_are_broken_and_invisible_characters_go(written, shown):
    assert plain_text(written) == shown


@settings(deadline=None)
@given(st.text())
def test_a_plot_label_holds_no_tag_and_no_entity(text):
    label = plot_label(text + "<a href='https://evil.example'>&lt;b&gt;")
    assert "<" not in label
    assert "&lt;" not in label
    assert "://" not in label.replace("hxxps://", "").replace("hxxp://", "")


def test_text_cells_that_start_a_formula_get_an_apostrophe_and_numbers_do_not():
    frame = pl.DataFrame({"text": ["=1+1", "+4", "-x", "@sum", "\tx", "fine", None], "change": [-1] * 7})
    safe = spreadsheet_safe(frame)
    assert safe["text"].to_list() == ["'=1+1", "'+4", "'-x", "'@sum", "'\tx", "fine", None]
    assert safe["change"].to_list() == [-1] * 7
