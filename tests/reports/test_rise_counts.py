"""No small count of a theme or a rise follows from what is published of it: by subtraction, from shares, from lifts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.reports.pages import rise_tables, theme_tables
from assets.reports.pages.rise_tables import Rises
from assets.reports.scope import read_scope
from assets.reports.snapshot_tables import Snapshot
from tests.reports.conftest import WEEK, write_snapshot

Z = 1.959964
HISTORY = 12  # weeks: a new user's
# Of each theme every week's tickets; the first rose.
WEEKS_OF = {
    "0": [3, 1, 0, 2, 1, 0, 1, 2, 0, 1, 8, 11],
    "1": [3, 2, 1, 12, 15, 14, 11, 13, 12, 16, 14, 13],
    "2": [30, 31, 28, 33, 29, 35, 30, 32, 27, 31, 30, 33],
    "3": [14, 12, 9, 13, 15, 12, 14, 16, 13, 12, 14, 15],
}
BEGAN = datetime.combine(WEEK - timedelta(days=6), datetime.min.time())
TICKETS, REQUESTERS = 19, 19  # since the rise began: of two weeks of 8 and 11


@dataclass(frozen=True)
class Told:
    """A segment of a rise as counted: its tickets and all, the same where it is compared with."""

    name: str
    tickets: int
    all: int
    there: int
    all_there: int
    compared_with: str = "other themes"

    @property
    def row(self) -> dict[str, object]:
        expected = (self.there + 0.5) / (self.all_there + 1)
        lift = self.tickets / self.all / expected
        error = Z * _variance(self.tickets, self.all, self.there, self.all_there) ** 0.5
        attribute, value, *second = self.name.split()
        return {
            "attribute": attribute,
            "value": value,
            "attribute_2": second[0] if second else None,
            "value_2": second[1] if second else None,
            "tickets": self.tickets,
            "share": self.tickets / self.all,
            "share_before": self.there / self.all_there if self.compared_with == "weeks before" else 0.0,
            "share_of_rise": self.tickets / self.all,
            "lift": lift,
            "lift_low": lift * math.exp(-error),
            "lift_high": lift * math.exp(error),
            "q_value": 3.1e-11,
            "verdict": "over",
            "compared_with": self.compared_with,
        }


def _variance(tickets: float, of_all: float, there: float, all_there: float) -> float:
    return 1 / (tickets + 0.5) - 1 / (of_all + 1) + 1 / (there + 0.5) - 1 / (all_there + 1)


SEGMENTS = [
    Told("platform ios", 18, TICKETS, 40, 150),
    Told("region SG", 17, TICKETS, 3, 150),
    Told("user_type buyer", 19, TICKETS, 100, 150),
    Told("payment_method card", 4, TICKETS, 5, 150),
]
# Of a larger one, every value with its part, and two of one attribute.
LARGER = [
    Told("platform android", 80, 100, 100, 306, "weeks before"),
    Told("platform android payment_method card", 76, 100, 85, 306, "weeks before"),
    Told("region EU", 60, 100, 68, 306, "weeks before"),
    Told("region US", 34, 100, 4, 306, "weeks before"),
]


@dataclass(frozen=True)
class Published:
    rises: Rises
    themes: pl.DataFrame
    trends: pl.DataFrame
    drivers: pl.DataFrame


@pytest.fixture(scope="module")
def published(tables, tmp_path_factory) -> Published:
    folder: Path = tmp_path_factory.mktemp("rises")
    snapshot = write_snapshot(folder / "published.duckdb", _small_company(tables))
    with Snapshot(snapshot) as opened:
        scope = read_scope(opened)
        themes = theme_tables.themes(opened, scope)
        return Published(
            rise_tables.rises(opened, scope, themes),
            themes,
            theme_tables.trends(opened, scope, themes),
            theme_tables.drivers(opened, scope, themes),
        )


def _small_company(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    ground = ("raw.account", "raw.sources", "weekly_kpis", "themes", "theme_impact")
    rise = tables["theme_rises"].head(1).with_columns(
        tickets_week=11, usual_middle=1.0, rise_tickets=18, onset_at=pl.lit(BEGAN), copies=0
    )  # fmt: skip
    larger = rise.with_columns(theme_id=pl.lit("2"), tickets_week=33, rise_tickets=70, rank=2)
    segments = [
        {"theme_id": theme, "rank": rank, **segment.row}
        for theme, listed in (("0", SEGMENTS), ("2", LARGER))
        for rank, segment in enumerate(listed, 1)
    ]
    impact = tables["rise_impact"].head(1)
    counted = {"tickets": TICKETS, "requesters": REQUESTERS, "sla_known": TICKETS, "sla_breached": 0}
    minutes = {"handle_minutes": 452.0, "handle_minutes_excess": 452.0 * 18 / TICKETS}
    owners = [("0", 1, "Payments", 52, 52 / 57), ("0", 2, "Risk", 5, 5 / 57)]
    return {
        **{name: tables[name] for name in ground},
        "theme_trends": _trends(),
        "theme_drivers": _drivers(),
        "theme_rises": pl.concat([rise, larger], how="vertical_relaxed"),
        "rise_segments": pl.DataFrame(segments, infer_schema_length=None),
        "rise_impact": impact.with_columns(
            **{name: pl.lit(value) for name, value in (counted | minutes).items()}
        ),
        "rise_owners": pl.DataFrame(
            owners, schema=("theme_id", "rank", "team", "linked_tickets", "share"), orient="row"
        ),
    }


def _trends() -> pl.DataFrame:
    rows = [
        {
            "week": WEEK - timedelta(weeks=HISTORY - 1 - place),
            "theme_id": theme,
            "tickets": tickets,
            "distinct_tickets": tickets,
            "usual_middle": float(np.mean(weeks[:place])) if place else None,
            "usual_low": 0.0,
            "usual_high": 30.0,
            "verdict": "too early" if place < 8 else "usual",
        }
        for theme, weeks in WEEKS_OF.items()
        for place, tickets in enumerate(weeks)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


# theme: tickets with the attribute, those of every value listed, and how many elsewhere have it, of 900.
DRIVERS = {
    ("1", "user_type"): (192, {"buyer": (191, 300)}),
    ("1", "platform"): (190, {"ios": (100, 200), "web": (85, 100)}),
    ("2", "error_code"): (60, {"E-1": (60, 4)}),
    ("2", "platform"): (190, {"ios": (100, 200), "android": (90, 100)}),
    ("3", "region"): (120, {"EU": (80, 200)}),
}


def _drivers() -> pl.DataFrame:
    rows = []
    for (theme, attribute), (whole, values) in DRIVERS.items():
        for value, (tickets, elsewhere) in values.items():
            told = Told(f"{attribute} {value}", tickets, whole, elsewhere, 900).row
            names = ("attribute", "value", "tickets", "lift", "lift_low", "lift_high", "q_value")
            shares = {"share_in_theme": tickets / whole, "share_elsewhere": elsewhere / 900}
            rows.append({"theme_id": theme, **{name: told[name] for name in names}, **shares})
    return pl.DataFrame(rows, infer_schema_length=None)


def _consistent(value: float, shown: float | None) -> bool:
    """Whether a value may stand behind the one that is shown, rounded to its figures (two at least)."""
    if shown is None:
        return True
    figures = max(len(repr(shown).replace(".", "").strip("0").split("e")[0]), 2)
    half = 0.5 * 10.0 ** (math.floor(math.log10(shown)) - figures + 1)
    return abs(value - shown) <= half * (1 + 1e-9)


def _behind(row: dict[str, float | None], totals: list[int], all_there: range) -> set[tuple[int, int]]:
    """Every number of tickets, and of those it is compared with, that the row may have been worked out from."""
    found = set()
    for of_all in totals:
        for tickets in range(1, of_all + 1):
            for others in all_there:
                near = tickets / of_all / row["lift"] * (others + 1) - 0.5  # type: ignore[operator]
                for there in range(max(0, int(near * 0.94) - 1), int(near * 1.06) + 2):
                    lift = tickets / of_all / ((there + 0.5) / (others + 1))
                    error = Z * max(_variance(tickets, of_all, there, others), 0.0) ** 0.5
                    shown = (
                        (lift, row["lift"]),
                        (lift * math.exp(error), row["lift_high"]),
                        (lift * math.exp(-error), row["lift_low"]),
                    )
                    if all(_consistent(value, told) for value, told in shown):
                        found.add((tickets, there))
    return found


def _total_tickets(published: Published, theme: str) -> list[int]:
    """How many tickets a rise may have had: what is said is in steps of five."""
    told = published.rises.impact.filter(theme_id=theme)["tickets"].item()
    return list(range(told - 2, told + 3))


def test_neither_tickets_nor_what_they_are_compared_with_follow_from_a_lift(published):
    rows = published.rises.segments.filter(pl.col("lift").is_not_null(), theme_id="0").to_dicts()
    assert len(rows) == 2
    for row in rows:
        behind = _behind(row, _total_tickets(published, "0"), range(145, 156))
        tickets, there = ({pair[place] for pair in behind} for place in (0, 1))
        hidden = {count for count in tickets if 10 <= count < TICKETS}
        assert len(hidden) > 1 or row["share"] is not None, row
        assert max(there) >= 10, row


def test_a_lift_that_rests_on_few_tickets_is_only_told_to_be_over_something(published):
    told = {row["value"]: row for row in published.rises.segments.to_dicts() if row["attribute_2"] is None}
    assert (told["SG"]["lift"], told["SG"]["lift_low"], told["SG"]["lift_high"]) == (None, None, None)
    # 17 of 19 against 3 of 150: 38.6 times, at least 15.1; after rounding down.
    assert told["SG"]["lift_over"] == 10.0
    assert (told["US"]["lift"], told["US"]["lift_over"], told["US"]["share_before"]) == (None, 7.0, None)
    assert told["card"]["lift_over"] is told["card"]["lift"] is told["card"]["share_over"] is None
    # 80 of 100 against 100 of 306: 2.444 (2.025 to 2.950).
    assert [told["android"][name] for name in ("lift", "lift_low", "lift_high")] == [2.4, 2.0, 2.9]
    assert told["android"]["q_value"] == 0.0001


def test_neither_the_tickets_of_a_rise_nor_parts_of_parts_follow_from_shares(published):
    def tickets(share: float, of_all: int) -> set[int]:
        return {count for count in range(of_all + 1) if abs(count / of_all - share) <= 0.025 + 1e-9}

    shares = dict(
        published.rises.segments.filter(theme_id="2")
        .select(pl.concat_str("value", "value_2", ignore_nulls=True), "share")
        .iter_rows()
    )
    assert shares == {"android": 0.8, "androidcard": 0.75, "EU": 0.6, "US": 0.35}
    possible = [
        of_all for of_all in range(96, 105) if all(tickets(share, of_all) for share in shares.values())
    ]
    assert len(possible) == 9
    less = {a - b for a in tickets(0.8, 100) for b in tickets(0.75, 100)}
    rest = {100 - a - b for a in tickets(0.6, 100) for b in tickets(0.35, 100)}
    assert len(less) > 5
    assert len(rest) > 5


def test_a_hidden_week_is_not_what_a_rise_has_more_than_the_last_week(published):
    impact = published.rises.impact.filter(theme_id="0").row(0, named=True)
    rise = published.rises.rises.filter(theme_id="0").row(0, named=True)
    week = published.trends.filter(theme_id="0", week=WEEK - timedelta(weeks=1))
    assert week["tickets"].to_list() == [None]
    assert rise["tickets_week"] == 11
    assert [impact[name] for name in ("tickets", "requesters", "sla_known")] == [20, 20, 20]
    assert rise["rise_tickets"] == 20
    low = (impact["handle_minutes_excess"] - 5) / (impact["handle_minutes"] + 5)
    high = (impact["handle_minutes_excess"] + 5) / (impact["handle_minutes"] - 5)
    near = range(18, 23)
    assert len({all_ for all_ in near for on_top in near if low < on_top / all_ < high}) > 1


def test_of_a_rise_nothing_is_told_to_more_figures_than_it_is_worth(published):
    rise = published.rises.rises.filter(theme_id="2").row(0, named=True)
    assert [rise[name] for name in ("excess", "excess_low", "excess_high")] == [61.0, 48.0, 75.0]
    assert (rise["rate_before"], rise["rate_after"]) == (1.1, 2.9)


def test_the_first_teams_share_does_not_give_the_second_away(published):
    owners = published.rises.owners.select("team", "linked_tickets", "share", "share_over").rows()
    assert owners == [("Payments", 50, None, 0.8), ("Risk", None, None, None)]


def test_no_hidden_week_is_the_usual_of_the_next(published):
    assert set(published.trends["theme_id"]) == set(WEEKS_OF)
    for theme, weeks in WEEKS_OF.items():
        shown = published.trends.filter(theme_id=theme).sort("week")
        usual = shown["usual_middle"].to_list()
        for hidden in (place for place, tickets in enumerate(shown["tickets"]) if tickets is None):
            possible = [count for count in range(1, 10) if _is_possible(weeks, hidden, count, usual)]
            assert len(possible) > 1 or weeks[hidden] >= 10, (theme, hidden, possible)
    kept = published.trends.filter(theme_id="2")["usual_middle"]
    assert kept.null_count() == 8  # too early; the others stay, for no week of it is hidden
    assert published.trends.filter(week=WEEK)["usual_middle"].null_count() == 0


def _is_possible(weeks: list[int], hidden: int, count: int, usual: list[float | None]) -> bool:
    """Whether a count may be that of a hidden week, by the usual middles that are told; all other weeks known."""
    other = [*weeks[:hidden], count, *weeks[hidden + 1 :]]
    return all(
        told is None or abs(float(np.mean(other[:place])) - told) <= 0.5 for place, told in enumerate(usual)
    )


def test_a_hidden_week_of_a_theme_is_never_alone_and_the_last_is_as_told_elsewhere(published):
    for theme in WEEKS_OF:
        hidden = published.trends.filter(theme_id=theme)["tickets"].null_count()
        assert hidden != 1, theme
    last = published.trends.filter(week=WEEK).select("theme_id", "distinct_tickets")
    assert dict(last.iter_rows()) == {theme: weeks[-1] for theme, weeks in WEEKS_OF.items()}


def test_what_a_driver_leaves_of_its_theme_is_not_told(published):
    shown = {(row["theme_id"], row["value"]): row for row in published.drivers.to_dicts()}
    for (theme, attribute), (whole, values) in DRIVERS.items():
        left = whole - sum(shown[theme, value]["tickets"] or 0 for value in values)
        assert left == 0 or left >= 10, (theme, attribute)
        for value, (_, elsewhere) in values.items():
            row = shown[theme, value]
            assert row["share_elsewhere"] is None or elsewhere >= 10
            assert (row["lift"] is None) == (row["tickets"] is None or elsewhere < 10)
    assert (shown["1", "buyer"]["share_in_theme"], shown["1", "buyer"]["share_over"]) == (None, 0.95)
    assert [shown["2", "ios"][name] for name in ("tickets", "share_in_theme", "share_elsewhere")] == [
        100,
        0.53,
        0.22,
    ]
    assert shown["2", "E-1"]["lift_over"] == 50.0
    assert shown["3", "EU"]["tickets"] == 80


def test_the_ratings_without_a_match_do_not_follow_from_those_with_one(tables, render):
    """45 of 60 are good. Of 52 with a match 42, so 3 of the 8 without; or of 40 with a match 31, so that 9 are bad."""
    good = {"csat": 0.75, "rated": 60}
    matched = [(52, 100 * (42 / 52 - 0.7)), (40, 100 * (31 / 40 - 0.7))]
    impact = pl.concat(
        tables["rise_impact"]
        .head(1)
        .with_columns(
            theme_id=pl.lit(theme),
            rated_matched=count,
            csat_points=points,
            **{k: pl.lit(v) for k, v in good.items()},
        )
        for theme, (count, points) in zip("01", matched, strict=True)
    )
    folder, _ = render(tables | {"rise_impact": impact})
    shown = pl.read_parquet(folder / "data" / "rise_impact.parquet").sort("theme_id")
    assert shown["rated_matched"].to_list() == [None, None]
    assert shown["csat_points"].to_list() == [11, None]
    assert shown["csat"].to_list() == [0.75, 0.75]
