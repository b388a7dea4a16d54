"""What of all the daily figures is a signal in the last whole week."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from dbt_like_sql.header import read_header
from dbt_like_sql.project import PROJECT_FOLDER
from models.operations.kpis import KPIS, meaning
from models.operations.signals import kpi_signals

FIRST = date(2026, 1, 5)  # a Monday
WEEKS = 26
LAST = FIRST + timedelta(weeks=WEEKS - 1)
DATES = [FIRST + timedelta(days=n) for n in range(7 * WEEKS)]
WEEKDAYS = np.array([1.4, 1.2, 1.1, 1.0, 1.0, 0.7, 0.6])[np.arange(7 * WEEKS) % 7]
CALENDAR = {
    "event_id": pl.String, "kind": pl.String, "name": pl.String, "starts_on": pl.Date, "ends_on": pl.Date,
    "business_line": pl.String,
}  # fmt: skip
WEEKLY = pl.DataFrame(
    schema={
        "week": pl.Date,
        "business_line": pl.String,
        "metric": pl.String,
        "value": pl.Float64,
        "denominator": pl.Float64,
    }
)


def series(line: str, metric: str, values: np.ndarray, denominator: float | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "date": DATES,
            "business_line": line,
            "metric": metric,
            "value": values.astype(float),
            "denominator": pl.repeat(denominator, len(DATES), dtype=pl.Float64, eager=True),
            "settles_after": 0,
            "is_whole": True,
        }
    )


def told(
    *frames: pl.DataFrame, events: list[tuple] = (), weeks: pl.DataFrame = WEEKLY
) -> dict[str, pl.DataFrame]:  # type: ignore[assignment]
    calendar = pl.DataFrame(list(events), schema=CALENDAR, orient="row")
    return kpi_signals(pl.concat(frames), weeks, calendar, LAST)


@pytest.fixture
def quiet() -> list[pl.DataFrame]:
    rng = np.random.default_rng(11)
    return [
        series("shop", "tickets_created", rng.poisson(50 * WEEKDAYS)),
        series("shop", "csat", rng.binomial(40, 0.8, 7 * WEEKS) / 40, 40),
        series("live", "first_reply_minutes_median", np.exp(rng.normal(3, 0.15, 7 * WEEKS)), 60),
    ]


def test_nothing_unusual_this_week_is_no_row(quiet):
    frames = told(*quiet)
    assert frames["kpi_signals_now"].is_empty()
    assert frames["kpi_chart"].height == 3 * 7 * WEEKS


def test_a_week_of_slow_replies_is_a_signal_and_worse(quiet):
    slow = quiet[2].with_columns(
        value=pl.when(pl.col("date") >= LAST + timedelta(days=2)).then(pl.col("value") * 3).otherwise("value")
    )
    signals = told(*quiet[:2], slow)["kpi_signals_now"]
    signal = signals.row(0, named=True)
    assert signals.height == 1
    assert (signal["metric"], signal["business_line"]) == ("first_reply_minutes_median", "live")
    assert (signal["rule"], signal["direction"]) == ("beyond a limit", "worse")
    assert (signal["since"], signal["days"]) == (LAST + timedelta(days=2), 5)
    assert signal["usual"] == pytest.approx(np.exp(3), rel=0.15)
    assert signal["value"] > signal["high"] > signal["usual"] > signal["low"]
    of_day = slow.filter(date=signal["farthest_on"])["value"].item()
    assert signal["value"] == of_day == slow.filter(pl.col("date") >= LAST)["value"].max()


def test_a_figure_is_watched_with_its_own_week_and_the_days_that_could_be_judged(quiet):
    """Of the CSAT of one line, five days of the week rest on three ratings."""
    few = quiet[1].with_columns(
        denominator=pl.when(pl.col("date") >= LAST + timedelta(days=2)).then(3.0).otherwise("denominator")
    )
    weeks = pl.DataFrame([(LAST, "shop", "csat", 0.75, 95.0)], schema=WEEKLY.schema, orient="row")
    watched = told(quiet[0], few, quiet[2], weeks=weeks)["kpi_watched"]
    assert watched.select("business_line", "metric", "days_judged").rows() == [
        ("live", "first_reply_minutes_median", 7),
        ("shop", "csat", 2),
        ("shop", "tickets_created", 7),
    ]
    assert watched.filter(metric="csat").select("week", "value", "denominator").row(0) == (LAST, 0.75, 95)


def test_ratings_that_still_come_in_are_no_signal_and_are_judged_when_they_are_here(quiet):
    """Two days after the solving all ratings are here; of the last two days hardly anybody has rated yet."""
    rate = series(
        "shop", "csat_response_rate", np.random.default_rng(3).binomial(60, 0.3, 7 * WEEKS) / 60, 60
    )
    coming_in = rate.with_columns(
        settles_after=2,
        is_whole=pl.col("date") <= DATES[-3],
        value=pl.when(pl.col("date") > DATES[-3]).then(0.0).otherwise("value"),
    )
    frames = told(*quiet, coming_in)
    assert frames["kpi_signals_now"].is_empty()
    chart = frames["kpi_chart"].filter(metric="csat_response_rate")
    assert chart["date"].max() == DATES[-3]
    watched = frames["kpi_watched"].filter(metric="csat_response_rate").row(0, named=True)
    assert (watched["week"], watched["days_judged"]) == (LAST - timedelta(weeks=1), 7)
    fell = rate.with_columns(
        settles_after=2,
        is_whole=pl.col("date") <= DATES[-3],
        value=pl.when(pl.col("date") >= LAST - timedelta(weeks=1)).then(0.02).otherwise("value"),
    )
    signal = told(*quiet, fell)["kpi_signals_now"].row(0, named=True)
    assert (signal["metric"], signal["week"]) == ("csat_response_rate", LAST - timedelta(weeks=1))


def test_leftovers_after_the_last_whole_day_are_not_charted(quiet):
    leftovers = quiet[0].with_columns(
        is_whole=pl.col("date") < LAST, value=pl.min_horizontal("value", pl.lit(60.0))
    )
    assert told(leftovers)["kpi_chart"]["date"].max() == LAST - timedelta(days=1)


def test_a_line_by_itself_is_all_lines_and_is_told_once(quiet):
    as_all = quiet[0].with_columns(business_line=pl.lit("all"))
    assert set(told(quiet[0], as_all)["kpi_chart"]["business_line"]) == {"all"}
    lines = told(*quiet, as_all)["kpi_chart"].filter(metric="tickets_created")["business_line"]
    assert set(lines) == {"shop"}


def test_a_slowest_tenth_of_few_tickets_is_not_judged():
    """Forty tickets a day are enough for a median; their slowest tenth is four tickets."""
    times = np.exp(np.random.default_rng(5).normal(3, 0.15, 7 * WEEKS))
    frames = [
        series(line, metric, times * factor, tickets)
        for line, tickets in (("small", 40), ("large", 60))
        for metric, factor in (("first_reply_minutes_median", 1), ("first_reply_minutes_p90", 4))
    ]
    watched = told(*frames)["kpi_watched"]
    assert watched.select("business_line", "metric", "days_judged").rows() == [
        ("large", "first_reply_minutes_median", 7),
        ("large", "first_reply_minutes_p90", 7),
        ("small", "first_reply_minutes_median", 7),
        ("small", "first_reply_minutes_p90", 0),
    ]


def test_last_month_is_no_signal_of_this_week(quiet):
    month_ago = LAST - timedelta(weeks=4)
    slow = quiet[2].with_columns(
        value=pl.when(pl.col("date").is_between(month_ago, month_ago + timedelta(days=3)))
        .then(pl.col("value") * 4)
        .otherwise("value")
    )
    frames = told(*quiet[:2], slow)
    assert frames["kpi_signals_now"].is_empty()
    assert (
        frames["kpi_chart"].filter(pl.col("date") == month_ago)["rule"].to_list().count("beyond a limit") == 1
    )


def test_a_change_in_level_names_the_events_about_then_of_its_line_or_of_all(quiet):
    rng = np.random.default_rng(12)
    changed_on = LAST - timedelta(weeks=10)
    doubled = rng.poisson(50 * WEEKDAYS * np.where(np.array(DATES) >= changed_on, 2, 1))
    events = [
        ("e1", "sop_change", "New checklist", changed_on - timedelta(days=1), changed_on, "shop"),
        ("e2", "release", None, changed_on + timedelta(days=2), changed_on + timedelta(days=2), None),
        ("e3", "campaign", "Gala", changed_on, changed_on, "live"),
        ("e4", "campaign", "Sale", changed_on - timedelta(days=9), changed_on - timedelta(days=6), "shop"),
    ]
    changes = told(series("shop", "tickets_created", doubled), events=events)["kpi_change_points"]
    change = changes.row(0, named=True)
    assert changes.height == 1
    assert abs((change["changed_on"] - changed_on).days) <= 1
    assert (change["event_ids"], change["event_names"]) == ("e1; e2", "New checklist; release")
    assert change["direction"] == "changed"
    assert change["change_low"] < 50 < change["change_high"]


@pytest.mark.parametrize(
    ("metric", "is_more", "expected"),
    [
        ("csat", True, "better"),
        ("csat", False, "worse"),
        ("backlog", True, "worse"),
        ("reopen_rate", False, "better"),
        ("tickets_created", False, "changed"),
    ],
)
def test_which_way_is_worse_is_known(metric, is_more, expected):
    assert meaning(metric, is_more) == expected


def test_without_days_every_table_is_empty():
    frames = kpi_signals(
        series("shop", "csat", np.zeros(7 * WEEKS)).clear(), WEEKLY, pl.DataFrame(schema=CALENDAR), None
    )
    assert all(frame.is_empty() for frame in frames.values())


def test_a_week_of_chance_alone_in_many_charts_hardly_ever_has_a_signal():
    """Forty figures: by the rules alone one in twenty of them would have one, two a week."""
    weeks_with_one = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        frames = [series(f"line {n}", "tickets_created", rng.poisson(30 * WEEKDAYS)) for n in range(20)]
        frames += [series(f"line {n}", "csat", rng.binomial(40, 0.8, 7 * WEEKS) / 40, 40) for n in range(20)]
        weeks_with_one += not told(*frames)["kpi_signals_now"].is_empty()
    assert weeks_with_one <= 1


def test_every_figure_of_the_days_table_is_known():
    sql = PROJECT_FOLDER / "marts" / "kpi_days.sql"
    (metric,) = (column for column in read_header(sql, sql.read_text()).columns if column.name == "metric")
    (accepted,) = (test.values for test in metric.tests if test.kind == "accepted")
    assert set(accepted) <= set(KPIS)
