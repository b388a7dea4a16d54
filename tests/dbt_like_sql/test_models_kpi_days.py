"""The daily figures in one long table; worked out by hand."""

from datetime import date

import pytest


def test_daily_figures_are_worked_out_by_hand(operation):
    """Two days of four tickets, one of a line without orders; 200 and 100 orders; one of three targets kept."""
    operation.policy("first_reply", 60)
    reply = {"actor_kind": "agent"}
    for ticket, created, replied, columns in (
        ("1", "2026-03-02 09:00", "2026-03-02 09:30", {"user_type": "buyer"}),
        ("2", "2026-03-02 10:00", "2026-03-02 12:00", {"user_type": "buyer"}),
        ("3", "2026-03-02 10:00", None, {"user_type": "merchant"}),
        ("4", "2026-03-03 10:00", None, {"user_type": "buyer", "business_line": "live"}),
    ):
        events = [(created, "created"), *([(replied, "public_reply", reply)] if replied else [])]
        operation.ticket(ticket, created, events=events, **columns)
    for day, orders in ((date(2026, 3, 2), 200.0), (date(2026, 3, 3), 100.0)):
        operation.rows["raw.exposure"].append(
            {"date": day, "business_line": "ecommerce", "region": "Europe", "user_type": "buyer", "measure": "orders",
             "value": orders}
        )  # fmt: skip
    warehouse = operation.only("kpi_days").build("2026-03-03 12:00", volume_until=date(2026, 3, 3))
    rows = warehouse.query("select * from kpi_days").to_dicts()
    days = {(row["date"].day, row["business_line"], row["metric"]): row for row in rows}
    # Two of the three tickets of the first day are buyers', and there are 200 orders; the next day has none.
    first, second = (days[day, "ecommerce", "contact_rate_orders"] for day in (2, 3))
    assert (first["value"], first["denominator"]) == (10, 200)
    assert (second["value"], second["denominator"]) == (0, 100)
    assert days[2, "all", "contact_rate_orders"]["value"] == 10
    # Of three targets of the first day one was kept in time, and two were passed.
    targets = days[2, "ecommerce", "sla_target_share"]
    assert (targets["value"], targets["denominator"]) == (pytest.approx(1 / 3), 3)
    # A day that is not over is not whole.
    assert days[2, "all", "tickets_created"]["is_whole"]
    assert not days[3, "all", "tickets_created"]["is_whole"]
    assert days[3, "all", "tickets_created"]["value"] == 1
    # What nothing was measured for has no row, nor has a day before the line's first ticket.
    assert (2, "ecommerce", "csat") not in days
    assert (2, "live", "tickets_created") not in days


def test_replies_after_the_first_one_touch_and_coverage_are_of_the_days_they_belong_to(operation):
    """On the second three tickets are solved: one asked twice more, one was never answered, one is not asked to rate."""
    agent, requester = {"actor_kind": "agent"}, {"actor_kind": "requester"}

    def at(time, kind, by=agent, day="02"):
        return (f"2026-03-{day} {time}", kind, by)

    opened = ("2026-03-02 09:05", "status_changed", {"from_value": "new", "to_value": "open"})
    conversation = [opened, at("09:10", "public_reply")]
    for asked, answered in (("09:20", "09:30"), ("10:00", "10:40")):
        conversation += [at(asked, "public_reply", requester), at(answered, "public_reply")]
    columns = {"status": "solved", "csat_offered": True}
    operation.ticket(
        "1", "2026-03-02 09:00", csat_score="bad", events=[*conversation, at("11:00", "solved")], **columns
    )
    operation.ticket("2", "2026-03-02 09:00", events=[at("12:00", "solved")], **columns)
    late = [at("09:10", "public_reply"), at("23:00", "public_reply", requester), at("12:00", "solved")]
    late = [*late, at("02:00", "public_reply", agent, "03")]
    operation.ticket("3", "2026-03-02 09:00", events=sorted(late), **(columns | {"csat_offered": False}))
    warehouse = operation.only("kpi_days").build("2026-03-12 00:00", volume_until=date(2026, 3, 11))
    days = warehouse.query(
        "select metric, date, value, denominator, settles_after from kpi_days where business_line = 'all' "
        "and metric in ('next_reply_minutes_median', 'one_touch_rate', 'csat_coverage') order by metric, date"
    )
    # Answers to the first take 10 and 40 minutes; the third's comes the next day, after three hours.
    assert days.rows() == [
        ("csat_coverage", date(2026, 3, 2), pytest.approx(1 / 3), 3, 7),
        ("next_reply_minutes_median", date(2026, 3, 2), 25, 2, 0),
        ("next_reply_minutes_median", date(2026, 3, 3), 180, 1, 0),
        ("one_touch_rate", date(2026, 3, 2), pytest.approx(1 / 3), 3, 0),
    ]


def test_ratings_that_still_come_in_leave_the_last_days_out(operation):
    """A ticket is solved every morning and rated two days later; on the tenth, the last two have no rating yet."""
    for day in range(2, 11):
        solved, rated = f"2026-03-{day:02d} 10:00", f"2026-03-{day + 2:02d} 10:00"
        operation.ticket(
            str(day),
            f"2026-03-{day:02d} 09:00",
            csat_offered=True,
            csat_score="good" if day < 9 else None,
            events=[
                (f"2026-03-{day:02d} 09:00", "created"),
                (solved, "solved", {"to_value": "solved"}),
                *([(rated, "rated", {"to_value": "good"})] if day < 9 else []),
            ],
        )
    warehouse = operation.only("kpi_days").build("2026-03-11 00:30", volume_until=date(2026, 3, 10))
    days = warehouse.query(
        "select metric, max(settles_after) as settles_after, max(date) filter (where is_whole) as whole_until "
        "from kpi_days where business_line = 'all' group by metric"
    )
    told = {metric: (after, until) for metric, after, until in days.rows()}
    assert told["csat_response_rate"] == told["csat"] == (2, date(2026, 3, 8))
    assert told["tickets_solved"] == (0, date(2026, 3, 10))


def test_where_nobody_knows_when_ratings_came_they_have_a_week(operation):
    for day in (2, 9):
        operation.ticket(
            str(day),
            f"2026-03-{day:02d} 09:00",
            csat_offered=True,
            csat_score="good",
            events=[
                (f"2026-03-{day:02d} 09:00", "created"),
                (f"2026-03-{day:02d} 10:00", "solved", {"to_value": "solved"}),
            ],
        )
    warehouse = operation.only("kpi_days").build("2026-03-10 00:30", volume_until=date(2026, 3, 9))
    days = warehouse.query(
        "select date, settles_after, is_whole from kpi_days where business_line = 'all' and metric = 'csat' order by date"
    )
    assert days.rows() == [(date(2026, 3, 2), 7, True), (date(2026, 3, 9), 7, False)]
