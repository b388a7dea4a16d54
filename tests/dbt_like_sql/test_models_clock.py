"""Business minutes, and the pieces of a ticket's life they are counted in; worked out by hand."""

from datetime import datetime, timedelta

import pytest

AGENT = {"actor_kind": "agent"}
REQUESTER = {"actor_kind": "requester"}
DAY = 1440


@pytest.fixture
def operation(operation):
    return operation.only("ticket_segments")


def opens(operation, schedule_id, zone, *intervals, holidays=()):
    """A schedule that is open in these intervals, in minutes since Sunday 00:00, but not on the holidays."""
    operation.rows["raw.schedules"] += [
        {"schedule_id": schedule_id, "time_zone": zone, "start_minute": start, "end_minute": end}
        for start, end in intervals
    ]
    operation.rows["raw.holidays"] += [
        {"schedule_id": schedule_id, "date": datetime.fromisoformat(day).date()} for day in holidays
    ]


def every_day(opening, closing):
    """The same hours on all seven days, as intervals."""
    return [(day * DAY + opening * 60, day * DAY + closing * 60) for day in range(7)]


def segments_of(warehouse, ticket_id, *columns):
    sql = f"select {', '.join(columns)} from ticket_segments where ticket_id = ? order by position"
    return warehouse.query(sql, [ticket_id]).rows()


def business_minutes(operation, created_at, solved_at):
    """What one ticket of the group `desk` that is solved after one stretch took."""
    operation.ticket("1", created_at, status="solved", group_id="desk", events=[(solved_at, "solved")])
    warehouse = operation.build("2026-12-31")
    (minutes,), _ = segments_of(warehouse, "1", "business_minutes")
    return minutes


@pytest.mark.parametrize(
    ("created_at", "solved_at", "minutes"),
    [
        ("2026-03-02 09:00", "2026-03-02 10:30", 90),  # a Monday, within the hours
        ("2026-03-02 07:10", "2026-03-02 10:00", 60),
        ("2026-03-02 16:20:30", "2026-03-03 09:15", 39.5 + 15),  # over a night
        ("2026-03-06 16:00", "2026-03-09 10:00", 120),  # over a weekend
        ("2026-03-07 10:00", "2026-03-08 10:00", 0),
    ],
)
def test_business_minutes_are_those_in_which_the_schedule_is_open(operation, created_at, solved_at, minutes):
    weekdays = [(day * DAY + 9 * 60, day * DAY + 17 * 60) for day in range(1, 6)]
    opens(operation, "office", "UTC", *weekdays)
    operation.group("desk", 1, schedule_id="office")
    assert business_minutes(operation, created_at, solved_at) == minutes


@pytest.mark.parametrize(
    ("created_at", "solved_at", "minutes"),
    [
        # New York: clocks went forward on 8 March 2026 at 07:00 UTC; 00:00 to 04:00 had three hours.
        ("2026-03-08 04:00", "2026-03-08 12:00", 180),
        ("2026-03-08 06:30", "2026-03-08 07:30", 60),
        # They went back on 1 November 2026 at 06:00 UTC; 00:00 to 04:00 had five hours.
        ("2026-11-01 03:00", "2026-11-01 12:00", 300),
        # The same local hours are another hour of UTC in winter and in summer.
        ("2026-03-07 04:30", "2026-03-07 05:30", 30),
        ("2026-03-09 03:30", "2026-03-09 04:30", 30),
    ],
)
def test_hours_are_local_where_clocks_change(operation, created_at, solved_at, minutes):
    opens(operation, "night", "America/New_York", *every_day(0, 4))
    operation.group("desk", 1, schedule_id="night")
    assert business_minutes(operation, created_at, solved_at) == minutes


def test_a_holiday_closes_the_local_day_and_no_other(operation):
    # 22:00 to 06:00 Tokyo time is one interval over midnight; 3 March there begins at 15:00 UTC on the 2nd.
    nights = [(day * DAY + 22 * 60, day * DAY + 30 * 60) for day in range(6)]
    opens(operation, "nights", "Asia/Tokyo", *nights, holidays=["2026-03-03"])
    operation.group("desk", 1, schedule_id="nights")
    # 2 March: 13:00 to 15:00 UTC is open, the night after midnight is not, nor the evening of the 3rd.
    assert business_minutes(operation, "2026-03-02 12:00", "2026-03-03 16:00") == 120 + 60


def test_intervals_that_touch_are_one(operation):
    opens(operation, "split", "Asia/Kolkata", *every_day(9, 12), *every_day(12, 17))
    operation.group("desk", 1, schedule_id="split")
    # 09:00 in Kolkata is 03:30 UTC.
    assert business_minutes(operation, "2026-03-02 03:00", "2026-03-02 23:00") == 480


def test_a_group_without_a_schedule_or_with_an_unknown_one_is_always_open(operation):
    operation.group("desk", 1, schedule_id="nobody knows")
    assert business_minutes(operation, "2026-03-01 03:00", "2026-03-02 03:00") == DAY


def test_a_ticket_is_cut_where_status_priority_owner_or_the_groups_row_change_and_at_replies(operation):
    operation.group("front", 1, vendor="north", valid_to="2026-03-02 12:00")
    operation.group("front", 1, vendor="south", valid_from="2026-03-02 12:00")
    operation.group("back", 2)
    operation.ticket(
        "1",
        "2026-03-02 09:00",
        status="solved",
        priority="urgent",
        group_id="back",
        events=[
            ("2026-03-02 09:00", "created", REQUESTER | {"to_value": "new"}),
            ("2026-03-02 10:00", "public_reply", AGENT),
            ("2026-03-02 10:00", "status_changed", {"from_value": "new", "to_value": "pending"}),
            ("2026-03-02 11:00", "priority_changed", {"from_value": None, "to_value": "high"}),
            ("2026-03-02 13:00", "group_changed", {"from_value": "front", "to_value": "back"}),
            ("2026-03-02 13:30", "priority_changed", {"from_value": "high", "to_value": "urgent"}),
            ("2026-03-02 14:00", "solved", {"from_value": "pending", "to_value": "solved"}),
        ],
    )
    warehouse = operation.build("2026-03-09")
    columns = ("started_at", "minutes", "status", "priority", "group_id", "tier", "vendor", "is_current")
    at = [datetime(2026, 3, 2, 9) + timedelta(hours=hour) for hour in range(6)]
    assert segments_of(warehouse, "1", *columns) == [
        (at[0], 60, "new", None, "front", 1, "north", False),
        (at[1], 60, "pending", None, "front", 1, "north", False),
        (at[2], 60, "pending", "high", "front", 1, "north", False),
        (at[3], 60, "pending", "high", "front", 1, "south", False),
        (at[4], 30, "pending", "high", "back", 2, "inhouse", False),
        (at[4] + timedelta(minutes=30), 30, "pending", "urgent", "back", 2, "inhouse", False),
        (at[5], 0, "solved", "urgent", "back", 2, "inhouse", True),
    ]


def test_each_schedule_counts_while_it_applied_and_the_last_one_for_the_whole_life(operation):
    opens(operation, "morning", "UTC", *every_day(8, 12))
    opens(operation, "afternoon", "UTC", *every_day(12, 18))
    operation.group("front", 1, schedule_id="morning")
    operation.group("back", 2, schedule_id="afternoon")
    move = ("2026-03-02 11:00", "group_changed", {"from_value": "front", "to_value": "back"})
    solved = ("2026-03-02 15:00", "solved")
    operation.ticket("1", "2026-03-02 09:00", status="solved", group_id="back", events=[move, solved])
    columns = (
        "minutes",
        "business_minutes",
        "business_minutes_last",
        "business_before",
        "business_before_last",
    )
    assert segments_of(operation.build("2026-03-09"), "1", *columns) == [
        (120, 120, 0, 0, 0),
        (240, 180, 180, 120, 0),
        (0, 0, 0, 300, 180),
    ]


def test_an_open_ticket_lasts_until_the_as_of_time(operation):
    operation.ticket("1", "2026-03-02 09:00", status="pending")
    rows = segments_of(operation.build("2026-03-09"), "1", "ended_at", "is_current", "status", "minutes")
    assert rows == [(datetime(2026, 3, 9), True, None, 6 * DAY + 900)]


def test_a_solved_ticket_that_is_deleted_is_deleted_from_then_on(operation):
    opened = ("2026-03-02 09:00", "status_changed", {"from_value": "new", "to_value": "open"})
    events = [opened, ("2026-03-02 10:00", "solved"), ("2026-03-02 12:00", "deleted")]
    operation.ticket("1", "2026-03-02 09:00", status="deleted", updated_at="2026-03-02 12:00", events=events)
    rows = segments_of(operation.build("2026-03-09"), "1", "status", "minutes")
    assert rows == [("open", 60), ("solved", 120), ("deleted", 0)]


def test_a_new_version_of_the_group_does_not_matter_to_a_ticket_at_rest(operation):
    operation.group("desk", 1, vendor="north", valid_to="2026-03-03")
    operation.group("desk", 1, vendor="south", valid_from="2026-03-03")
    solved = [("2026-03-02 10:00", "solved")]
    operation.ticket("rests", "2026-03-02 09:00", status="solved", group_id="desk", events=solved)
    again = [*solved, ("2026-03-04 10:00", "reopened"), ("2026-03-04 11:00", "solved")]
    operation.ticket("came back", "2026-03-02 09:00", status="solved", group_id="desk", events=again)
    warehouse = operation.build("2026-03-09")
    assert segments_of(warehouse, "rests", "status", "vendor") == [("open", "north"), ("solved", "north")]
    assert segments_of(warehouse, "came back", "status", "vendor")[-2:] == [
        ("open", "south"),
        ("solved", "south"),
    ]


def test_before_its_first_group_a_ticket_runs_by_that_groups_hours(operation):
    opens(operation, "day", "UTC", *every_day(8, 20))
    operation.group("desk", 1, schedule_id="day")
    move = ("2026-03-02 09:00", "group_changed", {"from_value": None, "to_value": "desk"})
    operation.ticket("1", "2026-03-02 05:00", group_id="desk", events=[move])
    rows = segments_of(operation.build("2026-03-02 10:00"), "1", "group_id", "minutes", "business_minutes")
    assert rows == [(None, 240, 60), ("desk", 60, 60)]


def test_a_ticket_given_away_keeps_the_hours_its_group_had_then(operation):
    opens(operation, "day", "UTC", *every_day(9, 17))
    opens(operation, "always", "UTC", *every_day(0, 24))
    operation.group("desk", 1, schedule_id="day", valid_to="2026-03-03")
    operation.group("desk", 1, schedule_id="always", valid_from="2026-03-03")
    events = [
        ("2026-03-02 09:00", "group_changed", {"from_value": None, "to_value": "desk"}),
        ("2026-03-04 09:00", "group_changed", {"from_value": "desk", "to_value": None}),
        ("2026-03-05 09:00", "solved"),
    ]
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=events)
    rows = segments_of(operation.build("2026-03-09"), "1", "group_id", "schedule_id", "business_minutes")
    assert rows[:3] == [("desk", "day", 8 * 60), ("desk", "always", 33 * 60), (None, "always", 24 * 60)]


def test_moved_and_solved_in_one_update_the_last_schedule_is_that_of_the_new_group(operation):
    opens(operation, "day", "UTC", *every_day(9, 17))
    operation.group("desk", 1, schedule_id="day")
    operation.group("back", 2)
    move = ("2026-03-05 09:00", "group_changed", {"from_value": "desk", "to_value": "back"})
    events = [move, ("2026-03-05 09:00", "solved")]
    operation.ticket("1", "2026-03-02 09:00", status="solved", group_id="back", events=events)
    columns = ("business_minutes", "business_minutes_last")
    rows = segments_of(operation.build("2026-03-09"), "1", *columns)
    assert rows == [(3 * 8 * 60, 3 * DAY), (0, 0)]


def test_before_a_groups_first_version_its_first_hours_count_for_an_unknown_tier(operation):
    opens(operation, "day", "UTC", *every_day(9, 17))
    operation.group("desk", 1, schedule_id="day", valid_from="2026-03-04")
    solved = [("2026-03-04 10:00", "solved")]
    operation.ticket("1", "2026-03-02 09:00", status="solved", group_id="desk", events=solved)
    rows = segments_of(operation.build("2026-03-09"), "1", "tier", "business_minutes")
    assert rows == [(None, 2 * 8 * 60), (1, 60), (1, 0)]


def test_a_ticket_closed_by_its_own_word_alone_does_not_run_on(operation):
    # Nothing tells when the source solves, so the group's new hours and the run's date must not change it any more.
    operation.group("desk", 1, vendor="north", valid_to="2026-03-05")
    operation.group("desk", 1, vendor="south", valid_from="2026-03-05")
    reply = [("2026-03-02 10:00", "public_reply", AGENT)]
    operation.ticket(
        "1", "2026-03-02 09:00", status="closed", group_id="desk", updated_at="2026-03-03 09:00", events=reply
    )
    rows = segments_of(operation.build("2026-03-09"), "1", "status", "vendor", "minutes")
    assert rows == [(None, "north", 60), ("closed", "north", 0)]


def test_tickets_older_than_all_before_set_every_clock_anew(operation):
    opens(operation, "day", "UTC", *every_day(9, 17))
    operation.group("desk", 1, schedule_id="day")
    for name in "1234":
        solved = [("2026-03-02 10:00", "solved")]
        operation.ticket(name, "2026-03-02 09:00", status="solved", group_id="desk", events=solved)
    warehouse = operation.build("2026-03-09")
    warehouse.execute(
        "insert into raw.tickets by name select * replace ('old' as ticket_id, timestamp '2026-02-02' as created_at) "
        "from raw.tickets where ticket_id = '1'"
    )
    warehouse.execute("insert into raw.ticket_changes values ('desk', 'old', 2, timestamp '2026-03-02')")

    def built():
        for model in operation.models:
            warehouse.build(model)
        return warehouse.query("select * from ticket_schedules order by ticket_id").rows()

    on_top = built()
    warehouse.execute("delete from meta.builds")
    assert on_top == built()
