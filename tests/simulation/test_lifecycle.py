"""Service follows from work: waiting, satisfaction, vendors, fixes and the SOP change."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.simulation import Operation, simulate
from tests.simulation.conftest import AS_OF

STRATUM = ["priority", "channel", "business_line", "user_type"]


def _gap(operation: Operation, value: pl.Expr, by: list[str]) -> tuple[float, float]:
    """Halden's mean less Brightline's within strata, weighted by Halden's size, and its standard error."""
    tickets = operation.tables["tickets"].join(
        operation.truth["ticket_truth"].select("ticket_id", "vendor"), on="ticket_id"
    )
    cells = (
        tickets.with_columns(value=value.cast(pl.Float64))
        .drop_nulls("value")
        .group_by(*by, "vendor")
        .agg(pl.col("value").mean(), pl.col("value").var().alias("var"), pl.len().alias("n"))
    )
    both = cells.filter(vendor="Halden").join(
        cells.filter(vendor="Brightline"), on=by or None, how="inner" if by else "cross"
    )
    both = both.filter(pl.col("n") > 4, pl.col("n_right") > 4)
    weight = both["n"] / both["n"].sum()
    gap = (weight * (both["value"] - both["value_right"])).sum()
    error = (weight**2 * (both["var"] / both["n"] + both["var_right"] / both["n_right"])).sum() ** 0.5
    return gap, error


GOOD = pl.when(pl.col("csat_score").is_not_null()).then(pl.col("csat_score") == "good")


def test_the_vendor_with_the_harder_tickets_only_looks_worse(large_operation: Operation) -> None:
    for value, sign in ((GOOD, -1), (pl.col("handle_minutes"), 1)):
        raw, raw_error = _gap(large_operation, value, [])
        assert sign * raw > 2.5 * raw_error
        fair, error = _gap(large_operation, value, STRATUM)
        assert abs(fair) < 3 * error


def test_a_vendor_that_works_worse_is_worse_on_like_tickets() -> None:
    operation = simulate(tickets=60_000, seed=4, as_of=AS_OF, worse_vendor="Halden")
    for value, sign in ((GOOD, -1), (pl.col("handle_minutes"), 1), (pl.col("reported_reopens") > 0, 1)):
        fair, error = _gap(operation, value, STRATUM)
        assert sign * fair > 4 * error
    assert operation.truth["vendors"].filter("is_worse")["vendor"].to_list() == ["Halden"]


def test_chats_are_answered_in_minutes_and_messages_in_hours(operation: Operation) -> None:
    median = dict(
        operation.tables["tickets"]
        .group_by("channel")
        .agg(pl.col("reported_first_reply_minutes").median())
        .iter_rows()
    )
    assert median["chat"] < 15
    assert 60 < median["email"] < 600


def test_a_wave_makes_account_security_wait(large_operation: Operation) -> None:
    wave = large_operation.truth["waves"].sort("tickets").row(-1, named=True)
    tickets = large_operation.tables["tickets"].filter(business_line="account_security", channel="in_app")
    if wave["region"]:
        tickets = tickets.filter(region=wave["region"])
    during = tickets.filter(
        pl.col("created_at").is_between(wave["peak_at"], wave["peak_at"] + timedelta(days=4))
    )
    before = tickets.filter(
        pl.col("created_at").is_between(wave["starts_at"] - timedelta(days=28), wave["starts_at"])
    )
    wait = "reported_first_reply_minutes"
    assert during[wait].median() > 5 * before[wait].median()  # type: ignore[operator]


def test_those_who_waited_longer_are_less_content(large_operation: Operation) -> None:
    rated = large_operation.tables["tickets"].filter(
        pl.col("csat_score").is_not_null(), pl.col("channel") == "in_app"
    )
    waited = rated["reported_full_resolution_minutes"] > 3 * 1440
    good = rated["csat_score"] == "good"
    assert good.filter(waited).mean() < good.filter(~waited).mean() - 0.1  # type: ignore[operator]


def test_not_everyone_who_is_asked_answers_and_nobody_answers_unasked(operation: Operation) -> None:
    tickets = operation.tables["tickets"]
    asked = tickets["csat_offered"].mean()
    answered = tickets["csat_score"].is_not_null().sum() / tickets["csat_offered"].sum()
    assert 0.6 < asked < 0.75  # type: ignore[operator]
    assert 0.18 < answered < 0.35
    assert (
        tickets.filter(~pl.col("csat_offered"))["csat_score"].null_count()
        == tickets.height - tickets["csat_offered"].sum()
    )


def test_a_rating_is_the_last_one_given_and_some_think_again(operation: Operation) -> None:
    ratings = operation.tables["ticket_events"].filter(kind="rated").sort("occurred_at")
    last = ratings.group_by("ticket_id", maintain_order=True).agg(pl.col("to_value").last())
    tickets = operation.tables["tickets"].join(last, on="ticket_id", how="left")
    assert tickets["csat_score"].eq_missing(tickets["to_value"]).all()
    flips = ratings.filter(pl.col("from_value") != "offered")
    assert (flips["from_value"] != flips["to_value"]).all()
    assert 0.02 < flips.height / last.height < 0.07


def test_reasons_are_of_bad_ratings_and_fit_what_happened(operation: Operation) -> None:
    tickets = operation.tables["tickets"]
    reasons = tickets.filter(pl.col("csat_reason").is_not_null())
    assert (reasons["csat_score"] == "bad").all()
    assert 0.5 < reasons.height / tickets.filter(csat_score="bad").height < 0.7
    waited = pl.col("reported_first_reply_minutes").median()
    slow, other = (
        reasons.filter((pl.col("csat_reason") == "Took too long to reply") == slow).select(waited).item()
        for slow in (True, False)
    )
    assert slow > 1.5 * other


def test_the_sop_change_lengthens_handling_of_its_themes_only(large_operation: Operation) -> None:
    truth = large_operation.truth
    sop = truth["planted_events"].filter(kind="sop_change")
    tickets = (
        large_operation.tables["tickets"]
        .join(truth["ticket_truth"], on="ticket_id")
        .filter(~pl.col("is_escalated"))
    )
    after = pl.col("created_at") >= sop["starts_at"][0]
    slowed = pl.col("theme").is_in(sop["theme"].implode())
    mean = pl.col("handle_minutes").mean()
    ratio = (
        tickets.filter(slowed, after).select(mean).item() / tickets.filter(slowed, ~after).select(mean).item()
    )
    others = (
        tickets.filter(~slowed, after).select(mean).item()
        / tickets.filter(~slowed, ~after).select(mean).item()
    )
    assert ratio == pytest.approx(1.35, abs=0.06)
    assert others == pytest.approx(1.0, abs=0.03)


def test_the_fix_that_works_halves_its_theme_and_the_other_does_nothing(large_operation: Operation) -> None:
    tickets = large_operation.tables["tickets"].join(large_operation.truth["ticket_truth"], on="ticket_id")
    works, does_not = large_operation.truth["fixes"].head(2).iter_rows(named=True)
    assert (works["works"], does_not["works"]) == (True, False)
    for fix, factor in ((works, 0.5), (does_not, 1.0)):
        mine = pl.col("theme") == fix["theme"]
        lines = tickets.filter(mine)["business_line"].unique().implode()
        own, rest = (
            tickets.filter(
                which,
                pl.col("business_line").is_in(lines),
                pl.col("cause_id").is_null(),
                pl.col("wave_id").is_null(),
            )
            for which in (mine, ~mine)
        )
        counts = [
            frame.filter(pl.col("created_at").is_between(*window)).height
            for frame in (own, rest)
            for window in (
                (fix["starts_at"], fix["starts_at"] + timedelta(days=120)),
                (fix["starts_at"] - timedelta(days=120), fix["starts_at"]),
            )
        ]
        ratio = (counts[0] / counts[1]) / (counts[2] / counts[3])
        error = np.sqrt(sum(1 / count for count in counts))
        assert abs(np.log(ratio / factor)) < 3 * error
