"""Ratings, their reasons and changes of mind; every expected value is worked out by hand.

The cases are built together, each in a business line of its own. 2026-03-02 and 2026-03-09 are Mondays.
"""

from pathlib import Path

import pytest

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

AS_OF = "2026-03-20 00:00"


def add_tickets(operation):
    def rated(line, name, score=None, solved="2026-03-03 10:00", ratings=(), **columns):
        """A ticket of the first of March, solved; `ratings` are (time, from, to)."""
        changes = [(time, "rated", {"from_value": old, "to_value": new}) for time, old, new in ratings]
        columns = {"group_id": "north", "csat_offered": True, "status": "solved"} | columns
        operation.ticket(
            f"{line} {name}",
            "2026-03-01 09:00",
            business_line=line,
            csat_score=score,
            events=[(solved, "solved"), *changes],
            **columns,
        )

    for number, score in enumerate(["good", "good", "good", "bad", None, None]):
        rated("by vendor", f"north {number}", score)
    rated("by vendor", "not asked", csat_offered=False)
    rated("by vendor", "south", "bad", group_id="south")
    rated("by vendor", "later", "good", "2026-03-10 10:00")

    operation.ticket(
        "again", "2026-03-02 09:00", business_line="again", status="solved", group_id="south", csat_score="bad",
        events=[
            ("2026-03-02 10:00", "solved"),
            ("2026-03-09 10:00", "reopened"),
            ("2026-03-09 11:00", "solved"),
            ("2026-03-10 10:00", "group_changed", {"from_value": "north", "to_value": "south"}),
        ],
    )  # fmt: skip

    open_ticket = {"created_at": "2026-03-02 09:00", "business_line": "unsolved", "source": "other desk"}
    reply = ("2026-03-02 09:30", "solved")
    operation.ticket("silent", **open_ticket)
    operation.ticket("rated", **open_ticket, csat_score="good")
    operation.ticket(
        "elsewhere", **(open_ticket | {"business_line": "rest"}), status="solved", events=[reply]
    )

    first = [("2026-03-04 10:00", "offered", "good"), ("2026-03-05 10:00", "good", "bad")]
    rated("minds", "1", "bad", ratings=first[::-1])
    back = [
        ("2026-03-04 10:00", None, "bad"),
        ("2026-03-06 10:00", None, "good"),
        ("2026-03-07 10:00", None, "bad"),
    ]
    rated("minds", "2", "bad", ratings=back)
    rated("minds", "3", "good", ratings=[("2026-03-04 10:00", "offered", "good")])
    # Its history begins in the middle: the event says what the rating was before.
    rated("minds", "4", "good", ratings=[("2026-03-06 10:00", "bad", "good")])

    rated("two sources", "with ratings", "good")
    rated("two sources", "without", source="phone", csat_offered=None)

    for number, reason in enumerate(["Too slow", "Too slow", "Not solved", None]):
        rated("reasons", str(number), "bad", csat_reason=reason)
    rated("reasons", "content", "good", csat_reason="Quick")


@pytest.fixture(scope="module")
def warehouse(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("csat_weeks", "csat_reasons", "weekly_kpis")
        operation.group("north", 1, vendor="North")
        operation.group("south", 1, vendor="South")
        add_tickets(operation)
        operation.build(AS_OF)
        yield opened


def weeks(warehouse, line, vendor="all"):
    found = warehouse.query(
        "select * from csat_weeks where business_line = ? and vendor = ? order by week", [line, vendor]
    )
    return found.to_dicts()


def test_csat_has_its_interval_response_rate_and_coverage_by_vendor(warehouse):
    north = weeks(warehouse, "by vendor", "North")[0]
    assert (north["tickets"], north["offered"], north["answered"], north["good"], north["bad"]) == (
        7,
        6,
        4,
        3,
        1,
    )
    assert north["csat"] == 0.75
    # Wilson with z = 1.96 and n = 4: (0.75 + 0.4802) / 1.9604 -+ 0.3269.
    assert (north["low"], north["high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert north["response_rate"] == pytest.approx(4 / 6)
    assert north["coverage"] == pytest.approx(4 / 7)
    first, later = weeks(warehouse, "by vendor")
    assert (first["tickets"], first["good"], first["bad"]) == (8, 3, 2)
    assert (str(later["week"]), later["tickets"], later["good"]) == ("2026-03-09", 1, 1)


def test_a_rating_is_of_the_week_and_vendor_of_the_last_solving(warehouse):
    found = warehouse.query(
        "select week, vendor, bad from csat_weeks where business_line = 'again' order by vendor"
    )
    assert [(str(week), vendor, bad) for week, vendor, bad in found.rows()] == [
        ("2026-03-09", "North", 1),
        ("2026-03-09", "all", 1),
    ]


def test_an_unsolved_ticket_counts_only_once_it_is_rated(warehouse):
    week = weeks(warehouse, "unsolved")[0]
    assert (week["tickets"], week["answered"]) == (1, 1)
    # Nothing is known of who was asked, or of changes of mind.
    assert (week["offered"], week["response_rate"], week["good_to_bad"]) == (None, None, None)


def test_changes_of_mind_are_counted_each_way_whatever_the_order_of_the_events(warehouse):
    week = weeks(warehouse, "minds")[0]
    assert (week["good_to_bad"], week["bad_to_good"]) == (2, 2)


def test_a_source_without_ratings_has_no_csat_and_dilutes_no_other(warehouse):
    assert [(week["tickets"], week["coverage"]) for week in weeks(warehouse, "two sources")] == [(1, 1.0)]


def test_reasons_share_out_the_bad_ratings(warehouse):
    found = warehouse.query(
        "select reason, bad, share from csat_reasons where business_line = 'reasons' order by reason"
    )
    assert found.rows() == [("Not solved", 1, 0.25), ("Too slow", 2, 0.5), ("none given", 1, 0.25)]
