"""Themes by week and what they cost; worked out by hand."""

from datetime import datetime, timedelta

import pytest

MONDAY = datetime(2026, 1, 5)
AS_OF = str(MONDAY + timedelta(weeks=10))


@pytest.fixture
def operation(operation):
    return operation.only("theme_impact")


def theme(operation, theme_id, counts, copies=0, **columns):
    """A theme with so many tickets on each week's Monday; in the last week `copies` of them repeat one text."""
    tickets = []
    for week, count in enumerate(counts):
        for number in range(count):
            ticket_id = f"{theme_id}-{week}-{number}"
            operation.ticket(ticket_id, str(MONDAY + timedelta(weeks=week)), **columns)
            tickets.append(ticket_id)
    return {"theme_id": theme_id, "tickets": tickets, "copies": tuple(tickets[len(tickets) - copies :])}


def test_a_theme_has_a_row_for_every_whole_week_and_copies_count_once(operation):
    operation.theme(**theme(operation, "a", [5, 0, 5, 5, 5, 5, 5, 5, 5, 30], copies=24))
    trends = operation.build(AS_OF).query("select * from theme_trends order by week").to_dicts()
    assert [trend["tickets"] for trend in trends] == [5, 0, 5, 5, 5, 5, 5, 5, 5, 30]
    assert (trends[1]["tickets"], trends[1]["distinct_tickets"]) == (0, 0)
    last = trends[-1]
    assert (last["distinct_tickets"], last["verdict"]) == (6, "usual")
    assert last["usual_middle"] == pytest.approx(40 / 9)


def test_a_theme_above_its_range_is_a_rise(operation):
    operation.theme(**theme(operation, "a", [5, 5, 5, 5, 5, 5, 5, 5, 5, 30]))
    last = operation.build(AS_OF).query("select * from theme_trends order by week desc limit 1").to_dicts()[0]
    # No change from week to week, so chance sets the width: 5 + 3 * sqrt(5).
    assert last["usual_high"] == pytest.approx(11.708, abs=1e-3)
    assert last["verdict"] == "above"


def test_one_ticket_in_a_theme_that_was_silent_is_no_rise(operation):
    operation.theme(**theme(operation, "small", [0] * 9 + [1]))
    operation.ticket("first of all", str(MONDAY))
    last = operation.build(AS_OF).query("select * from theme_trends order by week desc limit 1").to_dicts()[0]
    assert (last["distinct_tickets"], last["verdict"]) == (1, "usual")


def test_themes_are_ranked_by_excess_then_size_with_the_rest_and_templates_last(operation):
    operation.theme(**theme(operation, "big", [20] * 10))
    operation.theme(**theme(operation, "small", [2] * 10))
    operation.theme(**theme(operation, "rising", [2] * 9 + [20]))
    operation.theme(**theme(operation, "rising more", [2] * 9 + [30]))
    operation.theme(**theme(operation, "rest", [40] * 10), is_other=True)
    operation.theme(**theme(operation, "spam", [1] * 9 + [90]), is_template=True)
    impact = (
        operation.build(AS_OF).query("select theme_id, excess from theme_impact order by impact_rank").rows()
    )
    assert [theme_id for theme_id, _ in impact] == ["rising more", "rising", "big", "small", "spam", "rest"]
    assert dict(impact)["rising"] == 18


def test_the_impact_of_a_theme_is_that_of_four_weeks(operation):
    columns = {"status": "solved", "handle_minutes": 30.0, "csat_score": "good"}
    solved = theme(operation, "a", [1] * 10, **columns)
    operation.ticket("open", str(MONDAY + timedelta(weeks=9)), csat_score="bad")
    operation.theme("a", [*solved["tickets"], "open"])
    impact = operation.build(AS_OF).query("select * from theme_impact").to_dicts()[0]
    assert impact["week"] == (MONDAY + timedelta(weeks=9)).date()
    assert (impact["tickets"], impact["tickets_28d"], impact["unsolved_28d"]) == (2, 5, 1)
    assert impact["handle_hours_28d"] == 2
    assert (impact["csat_28d"], impact["csat_rated_28d"]) == (0.8, 5)
    assert 0.3 < impact["csat_low_28d"] < 0.8 < impact["csat_high_28d"] < 1


def test_broken_targets_of_a_theme_are_measured_and_only_else_the_sources_word(operation):
    created = MONDAY + timedelta(weeks=9)
    late, in_time = ([(str(created + timedelta(hours=hours)), "solved")] for hours in (3, 1))
    late.insert(0, (str(created), "status_changed", {"from_value": "new", "to_value": "open"}))
    solved = {"status": "solved", "updated_at": created + timedelta(days=1)}
    operation.policy("resolution", 120)
    operation.ticket("late", str(created), events=late, reported_sla_met=True, **solved)
    operation.ticket("in time", str(created), events=in_time, reported_sla_met=False, **solved)
    operation.theme("measured", ["late", "in time"])
    for number, met in enumerate((True, False, None)):
        operation.ticket(f"claim {number}", str(created), source="silent", reported_sla_met=met)
    operation.theme("claimed", ["claim 0", "claim 1", "claim 2"])
    operation.rows["ticket_themes"][2:] = [
        row | {"source": "silent"} for row in operation.rows["ticket_themes"][2:]
    ]
    rows = operation.build(AS_OF).query(
        "select theme_id, sla_breached_28d, sla_known_28d, sla_breach_minutes_28d from theme_impact"
    )
    assert sorted(rows.rows()) == [("claimed", 1, 2, None), ("measured", 1, 2, 60)]


def test_without_themes_there_are_no_trends(operation):
    operation.ticket("1", str(MONDAY))
    warehouse = operation.build(AS_OF)
    assert warehouse.rows("theme_trends") == warehouse.rows("theme_impact") == 0
