"""A small operation of eight themes, into which a test plants what rises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.causes.placing import Known
from models.causes.segments import ATTRIBUTES
from models.statistics.control_chart import usual_ranges

MONDAY = date(2026, 5, 4)  # of the week that is reported
WEEK_STARTS = datetime(2026, 5, 4)
START = WEEK_STARTS - timedelta(weeks=27)
THEMES = [f"t{number}" for number in range(8)]
RELEASED = datetime(2026, 5, 5, 10)  # version 2 of the app, on every platform that has an app

CALENDAR = {
    "event_id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "starts_at": pl.Datetime("us"),
    "ends_at": pl.Datetime("us"),
    "business_line": pl.String,
    "region": pl.String,
}


_SCHEMA = {name: pl.String() for name in ("theme_id", *ATTRIBUTES)} | {"created_at": pl.Datetime("us")}


def arrivals(rate: float, start: datetime, end: datetime, rng: np.random.Generator) -> list[datetime]:
    """Times of tickets that come evenly by chance, `rate` a day."""
    days = (end - start) / timedelta(days=1)
    return [
        start + timedelta(days=float(day)) for day in np.sort(rng.uniform(0, days, rng.poisson(rate * days)))
    ]


def tickets(theme: str, times: list[datetime], rng: np.random.Generator, **fixed: str | None) -> pl.DataFrame:
    """Tickets of a theme; attributes as people have them, but for those given."""
    n = len(times)
    platform = rng.choice(["android", "ios"], n, p=[0.6, 0.4])
    drawn = {
        "business_line": ["shop"] * n,
        "user_type": rng.choice(["buyer", "seller"], n),
        "region": rng.choice(["Europe", "America"], n),
        "channel": rng.choice(["chat", "email"], n),
        "payment_method": rng.choice(["card", "wallet"], n),
        "error_code": [None] * n,
        "platform": platform,
        "app_version": [
            f"{'3' if place == 'android' else '2'}.{int(time >= RELEASED)}"
            for place, time in zip(platform, times, strict=True)
        ],
    }
    frame = pl.DataFrame({"theme_id": [theme] * n, "created_at": times, **drawn}, schema_overrides=_SCHEMA)
    return frame.with_columns(pl.lit(value, dtype=pl.String).alias(name) for name, value in fixed.items())


def known_from(
    frame: pl.DataFrame,
    calendar: list[tuple[object, ...]] = (),  # type: ignore[assignment]
    copies: pl.DataFrame | None = None,
    since: datetime = START,
    is_long: bool = True,
) -> Known:
    """What is known of these tickets, the first of which came `since`, at the end of the reported week."""
    marked = [frame.with_columns(is_near_duplicate=pl.lit(False))]
    if copies is not None:
        marked.append(copies.with_columns(is_near_duplicate=pl.lit(True)))
    every = pl.concat(marked).with_columns(
        source=pl.lit("test"),
        ticket_id=pl.int_range(pl.len()).cast(pl.String),
        requester_key=pl.concat_str(pl.lit("r"), pl.int_range(pl.len())),
        copy_key=pl.when("is_near_duplicate")
        .then(pl.lit("one text"))
        .otherwise(pl.int_range(pl.len()).cast(pl.String)),
        is_long=is_long,
        week=pl.col("created_at").dt.date().dt.truncate("1w"),
    )
    weeks = pl.DataFrame({"week": pl.date_range(since.date(), MONDAY, "1w", eager=True)})
    counts = (
        every.filter(~pl.col("is_near_duplicate")).group_by("theme_id", "week").agg(n=pl.len().cast(pl.Int64))
    )
    themes = every.select("theme_id").unique().sort("theme_id")
    weekly = themes.join(weeks, how="cross").join(counts, on=["theme_id", "week"], how="left")
    return Known(
        week=MONDAY,
        starts_at=WEEK_STARTS,
        ends_at=WEEK_STARTS + timedelta(weeks=1),
        tickets=every,
        themes=themes.with_columns(is_new=pl.lit(False)),
        trends=usual_ranges(weekly.select("theme_id", "week", distinct_tickets=pl.col("n").fill_null(0))),
        calendar=pl.DataFrame(list(calendar), schema=CALENDAR, orient="row"),
        exposure=pl.DataFrame(
            schema={"date": pl.Date, "business_line": pl.String, "region": pl.String, "user_type": pl.String,
                    "measure": pl.String, "value": pl.Float64}
        ),
    )  # fmt: skip


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def quiet(rng) -> pl.DataFrame:
    """Every theme at its usual ten tickets a week."""
    end = WEEK_STARTS + timedelta(weeks=1)
    return pl.concat([tickets(theme, arrivals(10 / 7, START, end, rng), rng) for theme in THEMES])


@pytest.fixture
def with_fault(quiet, rng) -> Callable[..., pl.DataFrame]:
    """The quiet operation and a fault in theme t3 on the new android version with cards, six tickets a day."""

    def make(since: datetime = RELEASED, rate: float = 6.0, **segment: str) -> pl.DataFrame:
        hit = {"platform": "android", "app_version": "3.1", "payment_method": "card"} | segment
        times = arrivals(rate, since, WEEK_STARTS + timedelta(weeks=1), rng)
        return pl.concat([quiet, tickets("t3", times, rng, **hit)])

    return make
