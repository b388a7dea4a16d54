"""Ratings, their reasons and changes of mind; every expected value is worked out by hand."""

import pytest

AS_OF = "2026-03-20 00:00"
# 2026-03-02 and 2026-03-09 are Mondays.


@pytest.fixture
def operation(operation):
    operation.group("north", 1, vendor="North")
    operation.group("south", 1, vendor="South")
    return operation.only("csat_weeks", "csat_reasons", "weekly_kpis")


def rated(operation, ticket_id, solved, score=None, ratings=(), **columns):
    """A ticket created on the first of March and solved; `ratings` are (time, from, to)."""
    events = [
        (solved, "solved"),
        *((time, "rated", {"from_value": old, "to_value": new}) for time, old, new in ratings),
    ]
    columns = {"group_id": "north", "csat_offered": True, "csat_score": score, "status": "solved"} | columns
    operation.ticket(ticket_id, "2026-03-01 09:00", events=events, **columns)


def rows(warehouse, table, **where):
    condition = " and ".join(f"{name} = '{value}'" for name, value in where.items())
    return warehouse.query(f"select * from {table} where {condition} order by all").to_dicts()


def test_csat_has_its_interval_response_rate_and_coverage_by_vendor(operation):
    for number, score in enumerate(["good", "good", "good", "bad", None, None]):
        rated(operation, f"n{number}", "2026-03-03 10:00", score)
    rated(operation, "not asked", "2026-03-03 10:00", csat_offered=False)
    rated(operation, "s", "2026-03-04 10:00", "bad", group_id="south")
    rated(operation, "later", "2026-03-10 10:00", "good")
    warehouse = operation.build(AS_OF)
    north = rows(warehouse, "csat_weeks", week="2026-03-02", business_line="all", vendor="North")[0]
    assert (north["tickets"], north["offered"], north["answered"], north["good"], north["bad"]) == (
        7,
        6,
        4,
        3,
        1,
    )
    assert north["csat"] == 0.75
    # Wilson with z = 1.96 and n = 4: (0.75 + 0.4802) / 1.9604 -+ 0.3273.
    assert (north["low"], north["high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert north["response_rate"] == pytest.approx(4 / 6)
    assert north["coverage"] == pytest.approx(4 / 7)
    everyone = rows(warehouse, "csat_weeks", week="2026-03-02", business_line="ecommerce", vendor="all")[0]
    assert (everyone["tickets"], everyone["good"], everyone["bad"]) == (8, 3, 2)


def test_a_rating_is_of_the_week_and_vendor_of_the_last_solving(operation):
    operation.ticket(
        "1",
        "2026-03-02 09:00",
        status="solved",
        group_id="south",
        csat_score="bad",
        csat_offered=True,
        events=[
            ("2026-03-02 10:00", "solved"),
            ("2026-03-09 10:00", "reopened"),
            ("2026-03-09 11:00", "solved"),
            ("2026-03-10 10:00", "group_changed", {"from_value": "north", "to_value": "south"}),
        ],
    )
    weeks = rows(operation.build(AS_OF), "csat_weeks", business_line="all", bad="1")
    assert [(str(week["week"]), week["vendor"]) for week in weeks] == [
        ("2026-03-09", "North"),
        ("2026-03-09", "all"),
    ]


def test_an_unsolved_ticket_counts_only_once_it_is_rated(operation):
    operation.ticket("silent", "2026-03-02 09:00", events=[("2026-03-02 09:30", "status_changed")])
    operation.ticket("rated", "2026-03-02 09:00", csat_score="good")
    week = rows(operation.build(AS_OF), "csat_weeks", business_line="all", vendor="all")[0]
    assert (week["tickets"], week["answered"]) == (1, 1)
    # Nothing is known of who was asked, or of changes of mind.
    assert (week["offered"], week["response_rate"], week["good_to_bad"]) == (None, None, None)


def test_changes_of_mind_are_counted_each_way_whatever_the_order_of_the_events(operation):
    first = [("2026-03-04 10:00", "offered", "good"), ("2026-03-05 10:00", "good", "bad")]
    rated(operation, "1", "2026-03-03 10:00", "bad", first[::-1])
    back = [
        ("2026-03-04 10:00", None, "bad"),
        ("2026-03-06 10:00", None, "good"),
        ("2026-03-07 10:00", None, "bad"),
    ]
    rated(operation, "2", "2026-03-03 10:00", "bad", back)
    rated(operation, "3", "2026-03-03 10:00", "good", [("2026-03-04 10:00", "offered", "good")])
    # Its history begins in the middle: the event says what the rating was before.
    rated(operation, "4", "2026-03-03 10:00", "good", [("2026-03-06 10:00", "bad", "good")])
    week = rows(operation.build(AS_OF), "csat_weeks", business_line="all", vendor="all")[0]
    assert (week["good_to_bad"], week["bad_to_good"]) == (2, 2)


def test_a_source_without_ratings_has_no_csat_and_dilutes_no_other(operation):
    rated(operation, "1", "2026-03-03 10:00", "good")
    rated(operation, "2", "2026-03-03 10:00", source="phone", csat_offered=None)
    weeks = rows(operation.build(AS_OF), "csat_weeks", business_line="all", vendor="all")
    assert [(week["tickets"], week["coverage"]) for week in weeks] == [(1, 1.0)]


def test_reasons_share_out_the_bad_ratings(operation):
    for number, reason in enumerate(["Too slow", "Too slow", "Not solved", None]):
        rated(operation, str(number), "2026-03-03 10:00", "bad", csat_reason=reason)
    rated(operation, "content", "2026-03-03 10:00", "good", csat_reason="Quick")
    reasons = rows(operation.build(AS_OF), "csat_reasons", business_line="all")
    assert [(row["reason"], row["bad"], row["share"]) for row in reasons] == [
        ("Not solved", 1, 0.25),
        ("Too slow", 2, 0.5),
        ("none given", 1, 0.25),
    ]
