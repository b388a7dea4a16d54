"""How much comes and how much is open, by day; worked out by hand."""

from datetime import date, datetime

import pytest


@pytest.fixture
def operation(operation):
    return operation.only("daily_backlog", "daily_volume", "hourly_volume")


def backlog_of(warehouse):
    """Day of March 2026 -> (start, created, reopened, solved, deleted, end)."""
    columns = "open_at_start, created, reopened, solved, deleted, open_at_end"
    rows = warehouse.query(f"select date, {columns} from daily_backlog order by date").rows()
    return {day.day: tuple(counts) for day, *counts in rows}


def test_the_backlog_is_conserved_through_solving_reopening_and_closing(operation):
    solved = ("2026-03-03 10:00", "solved", {"from_value": "open", "to_value": "solved"})
    closed = ("2026-03-05 10:00", "status_changed", {"from_value": "solved", "to_value": "closed"})
    operation.ticket("solved, then closed", "2026-03-02 09:00", status="closed", events=[solved, closed])
    again = [("2026-03-02 10:00", "solved"), ("2026-03-04 10:00", "reopened"), ("2026-03-05 10:00", "solved")]
    operation.ticket("solved twice", "2026-03-02 09:00", status="solved", events=again)
    operation.ticket("open", "2026-03-03 09:00")
    assert backlog_of(operation.build("2026-03-05 23:00")) == {
        2: (0, 2, 0, 1, 0, 1),
        3: (1, 1, 0, 1, 0, 1),
        4: (1, 0, 1, 0, 0, 2),
        5: (2, 0, 0, 1, 0, 1),
    }


def test_a_ticket_solved_and_reopened_on_one_day_stays_in_that_days_backlog(operation):
    events = [("2026-03-02 10:00", "solved"), ("2026-03-02 11:00", "reopened")]
    operation.ticket("1", "2026-03-02 09:00", events=events)
    assert backlog_of(operation.build("2026-03-02 23:00")) == {2: (0, 1, 1, 1, 0, 1)}


def test_a_deleted_ticket_leaves_the_backlog_at_its_event_or_else_at_its_last_update(operation):
    deleted = {"status": "deleted", "updated_at": "2026-03-04 09:00"}
    events = [("2026-03-02 10:00", "status_changed"), ("2026-03-03 09:00", "deleted")]
    operation.ticket("by event", "2026-03-02 09:00", **deleted, events=events)
    operation.ticket("by update", "2026-03-02 09:00", **deleted)
    warehouse = operation.build("2026-03-04 23:00")
    assert backlog_of(warehouse) == {2: (0, 2, 0, 0, 0, 2), 3: (2, 0, 0, 0, 1, 1), 4: (1, 0, 0, 0, 1, 0)}
    # They did come, so they are volume.
    assert warehouse.query("select sum(tickets_created) from daily_volume").item() == 2


def test_deleting_a_solved_ticket_takes_it_out_of_the_backlog_only_once(operation):
    events = [("2026-03-02 10:00", "solved"), ("2026-03-03 10:00", "deleted")]
    operation.ticket("1", "2026-03-02 09:00", status="deleted", updated_at="2026-03-03 10:00", events=events)
    assert backlog_of(operation.build("2026-03-03 23:00")) == {2: (0, 1, 0, 1, 0, 0), 3: (0, 0, 0, 0, 0, 0)}


def test_without_events_a_ticket_leaves_at_its_reported_times(operation):
    done = {"status": "closed", "updated_at": "2026-03-05 09:00"}
    operation.ticket(
        "solved", "2026-03-02 09:00", **done, reported_solved_at="2026-03-03", reported_closed_at="2026-03-04"
    )
    operation.ticket("closed", "2026-03-02 09:00", **done, reported_closed_at="2026-03-04")
    operation.ticket("neither", "2026-03-02 09:00", **done)
    operation.ticket("open", "2026-03-02 09:00", reported_solved_at="2026-03-03")
    ends = {day: counts[-1] for day, counts in backlog_of(operation.build("2026-03-05 23:00")).items()}
    assert ends == {2: 4, 3: 3, 4: 2, 5: 1}


def test_a_status_that_the_history_does_not_end_in_is_reached_at_the_last_update(operation):
    late = {"updated_at": "2026-03-04 09:00"}
    solved = [("2026-03-02 10:00", "solved")]
    operation.ticket("open again", "2026-03-02 09:00", **late, events=solved)
    operation.ticket(
        "solved again",
        "2026-03-02 09:00",
        status="closed",
        **late,
        events=[*solved, ("2026-03-03", "reopened")],
    )
    assert backlog_of(operation.build("2026-03-04 23:00")) == {
        2: (0, 2, 0, 2, 0, 0),
        3: (0, 0, 1, 0, 0, 1),
        4: (1, 0, 1, 1, 0, 1),
    }


def test_a_source_that_never_says_when_it_solves_has_no_backlog_rather_than_a_growing_one(operation):
    for day in range(2, 6):
        created = f"2026-03-0{day} 09:00"
        operation.ticket(
            str(day), created, status="closed", source="complaints", events=[(created, "created")]
        )
    warehouse = operation.only("daily_backlog", "weekly_kpis").build("2026-03-06")
    assert backlog_of(warehouse) == {}
    kpis = warehouse.query(
        "select tickets_created, tickets_solved, backlog, reopen_rate from weekly_kpis"
    ).unique()
    assert kpis.rows() == [(4, None, None, None)]


def test_the_backlog_of_a_line_counts_only_sources_that_say_when_they_solve(operation):
    operation.ticket("1", "2026-03-02 09:00", status="closed", source="complaints")
    operation.ticket("2", "2026-03-02 09:00", status="solved", events=[("2026-03-03 09:00", "solved")])
    assert backlog_of(operation.build("2026-03-03 23:00")) == {2: (0, 1, 0, 0, 0, 1), 3: (1, 0, 0, 1, 0, 0)}


@pytest.mark.parametrize(
    ("zone", "created_at", "day"),
    [
        ("UTC", "2026-03-02 23:30", 2),
        ("Europe/Berlin", "2026-03-02 22:59", 2),
        ("Europe/Berlin", "2026-03-02 23:00", 3),
        ("Europe/Berlin", "2026-03-29 21:59", 29),  # clocks went forward at 01:00 UTC
        ("Europe/Berlin", "2026-03-29 22:00", 30),
        ("America/Los_Angeles", "2026-03-09 06:59", 8),  # clocks went forward the day before
        ("America/Los_Angeles", "2026-03-09 07:00", 9),
    ],
)
def test_a_day_ends_at_midnight_in_the_accounts_zone(operation, zone, created_at, day):
    operation.ticket("1", created_at, status="solved", events=[(created_at, "solved")])
    warehouse = operation.build("2026-04-06", zone)
    assert warehouse.query("select date from daily_volume").item() == date(2026, 3, day)
    assert warehouse.query("select date from daily_backlog where solved = 1").item() == date(2026, 3, day)


def test_the_hour_that_comes_twice_when_clocks_go_back_holds_both(operation):
    for number, time in enumerate(["2025-10-26 00:30", "2025-10-26 01:30"]):
        operation.ticket(str(number), time)
    warehouse = operation.build("2025-11-03", "Europe/Berlin")
    assert warehouse.query("select hour, tickets_created from hourly_volume").rows() == [
        (datetime(2025, 10, 26, 2), 2)
    ]
    assert warehouse.query("select count(*) from days where date = date '2025-10-26'").item() == 1


def test_an_escalated_ticket_is_created_once_and_arrives_at_both_tiers(operation):
    operation.group("front", 1)
    operation.group("back", 2)
    move = ("2026-03-03 10:00", "group_changed", {"from_value": "front", "to_value": "back"})
    operation.ticket("escalated", "2026-03-02 09:00", events=[move])
    operation.ticket("at once", "2026-03-02 09:00", group_id="back")
    operation.ticket("no group", "2026-03-02 09:00")
    warehouse = operation.build("2026-03-09")
    volume = warehouse.query(
        "select date, tier, tickets_created, tickets_arrived from daily_volume order by 1, 2"
    )
    assert volume.rows() == [
        (date(2026, 3, 2), "1", 1, 1),
        (date(2026, 3, 2), "2", 1, 1),
        (date(2026, 3, 2), "unknown", 1, 1),
        (date(2026, 3, 3), "2", 0, 1),
    ]
    hours = warehouse.query("select hour from hourly_volume where tickets_created = 0")
    assert hours.rows() == [(datetime(2026, 3, 3, 10),)]


def test_volume_stops_where_a_source_has_only_leftovers(operation):
    for day in ("2026-03-02", "2026-03-03", "2026-03-20"):
        operation.ticket(day, f"{day} 09:00", events=[(f"{day} 09:01", "status_changed")])
    warehouse = operation.build("2026-03-23", volume_until=date(2026, 3, 4))
    assert warehouse.query("select max(date) from daily_volume").item() == date(2026, 3, 3)
    assert warehouse.query("select max(hour) from hourly_volume").item() == datetime(2026, 3, 3, 9)
    assert warehouse.query("select max(open_at_end) from daily_backlog").item() == 3
