"""The backlog by day and owner, its bands and its flow; every expected value is worked out by hand.

The cases are built together, each in a business line of its own, in New York: 5 hours behind UTC, 4 from 8 March on.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

AS_OF = "2026-03-10 12:00"


def moved(time, old, new):
    return (time, "group_changed", {"from_value": old, "to_value": new})


def became(time, status, was="open"):
    kind = {"solved": "solved", "deleted": "deleted"}.get(status, "status_changed")
    kind = "reopened" if was == "solved" and status == "open" else kind
    return (time, kind, {"from_value": was, "to_value": status})


def add_groups(operation):
    operation.group("front", 1, vendor="North")
    operation.group("other front", 1, vendor="North")
    operation.group("south", 1, vendor="South")
    operation.group("back", 2)
    operation.group("sold", 1, vendor="North", valid_to="2026-03-04 06:00")
    operation.group("sold", 2, valid_from="2026-03-04 06:00", vendor="South")


def add_tickets(operation):
    def ticket(line, name, created, *events, **columns):
        operation.ticket(f"{line} {name}", created, business_line=line, events=events, **columns)

    # Midnight in New York is 05:00 UTC, and 04:00 from the 8th on, a day of 23 hours.
    ticket("midnight", "before", "2026-03-02 15:00", became("2026-03-05 04:59", "solved"), status="solved")
    ticket("midnight", "after", "2026-03-02 15:00", became("2026-03-05 05:00", "solved"), status="solved")
    ticket("midnight", "within", "2026-03-02 06:00", became("2026-03-03 04:00", "solved"), status="solved")
    ticket("clocks", "", "2026-03-08 04:59", became("2026-03-09 04:00", "solved"), status="solved")

    ticket(
        "end of day", "", "2026-03-06 09:00",
        became("2026-03-06 10:00", "open", "new"),
        became("2026-03-07 10:00", "hold"),
        moved("2026-03-07 11:00", "front", "back"),
        became("2026-03-08 10:00", "solved", "hold"),
        became("2026-03-10 10:00", "open", "solved"),
        became("2026-03-10 11:00", "pending"),
        status="pending", group_id="back",
    )  # fmt: skip
    ticket(
        "updates", "", "2026-03-06 09:00",
        became("2026-03-06 10:00", "open", "new"),
        ("2026-03-08 09:00", "internal_note", {"actor_kind": "agent"}),
        ("2026-03-10 09:00", "public_reply", {"actor_kind": "requester"}),
    )  # fmt: skip
    for name, created in (("a", "03-10"), ("b", "03-09"), ("c", "03-07"), ("d", "03-03"), ("e", "02-08")):
        ticket("bands", name, f"2026-{created} 05:00", became(f"2026-{created} 06:00", "open", "new"))
    operation.event("bands e", "2026-03-04 06:00", "assigned", to_value="ann")

    ticket("flow", "stays", "2026-03-02 09:00", became("2026-03-02 10:00", "open", "new"), group_id="front")
    ticket("flow", "escalated", "2026-03-02 09:00", moved("2026-03-03 10:00", "front", "back"))
    ticket("flow", "in the vendor", "2026-03-02 09:00", moved("2026-03-03 10:00", "front", "other front"))
    ticket(
        "flow", "in one day", "2026-03-03 09:00",
        moved("2026-03-03 10:00", "front", "back"),
        became("2026-03-03 11:00", "solved"),
        status="solved",
    )  # fmt: skip
    ticket(
        "flow", "again", "2026-03-01 09:00",
        became("2026-03-01 10:00", "solved"),
        became("2026-03-03 10:00", "open", "solved"),
        became("2026-03-03 12:00", "deleted"),
        status="deleted", group_id="south",
    )  # fmt: skip

    solved = became("2026-03-05 09:00", "solved")
    ticket(
        "sorted", "", "2026-03-02 09:00", moved("2026-03-02 09:01", None, "front"), solved, status="solved"
    )
    ticket("waits", "", "2026-03-02 09:00", moved("2026-03-03 09:01", None, "front"), solved, status="solved")
    ticket("sold", "", "2026-03-03 09:00", became("2026-03-03 10:00", "open", "new"), group_id="sold")
    ticket(
        "one update", "", "2026-03-02 09:00",
        moved("2026-03-03 10:00", "front", "back"),
        became("2026-03-03 10:00", "solved"),
        status="solved",
    )  # fmt: skip
    ticket("silent", "old", "2026-01-02 09:00", group_id="front")
    ticket("never solved", "", "2026-03-02 09:00", source="form", group_id="front")


@pytest.fixture(scope="module")
def warehouse(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("backlog_flow_days", "daily_backlog", "ticket_times")
        add_groups(operation)
        add_tickets(operation)
        operation.build(AS_OF, "America/New_York")
        yield opened


def ticket_days(warehouse, line, *columns):
    found = warehouse.query(
        f"select date, {', '.join(columns)} from backlog_ticket_days where business_line = ? order by ticket_id, date",
        [line],
    )
    return [(f"{day:%d}", *values) for day, *values in found.rows()]


def flow(warehouse, line, day):
    """The day's rows by tier and vendor: start, created, reopened, in, out, solved, deleted, end."""
    found = warehouse.query(
        "select * from backlog_flow_days where business_line = ? and date = ? order by tier, vendor",
        [line, date(2026, 3, day)],
    )
    return {(tier, vendor): counts for _, _, tier, vendor, *counts in found.rows()}


def test_a_ticket_is_in_the_backlog_of_each_day_at_whose_end_it_is_open_in_the_accounts_zone(warehouse):
    assert ticket_days(warehouse, "midnight", "ticket_id") == [
        ("02", "midnight after"),
        ("03", "midnight after"),
        ("04", "midnight after"),
        ("02", "midnight before"),
        ("03", "midnight before"),
    ]


def test_the_day_the_clocks_change_is_a_day_like_any_other(warehouse):
    assert ticket_days(warehouse, "clocks", "age_days") == [("07", 0), ("08", 1)]


def test_status_and_owner_are_those_at_the_end_of_the_day(warehouse):
    assert ticket_days(warehouse, "end of day", "status", "group_id", "tier", "vendor", "age_days") == [
        ("06", "open", "front", 1, "North", 0),
        ("07", "hold", "back", 2, "inhouse", 1),
        ("10", "pending", "back", 2, "inhouse", 4),
    ]


def test_notes_and_assignments_are_updates_too(warehouse):
    days = ticket_days(warehouse, "updates", "not_updated_days")
    assert days == [("06", 0), ("07", 1), ("08", 0), ("09", 1), ("10", 0)]


def test_bands_hold_the_whole_days_since_creation_and_update(warehouse):
    last = warehouse.query("select * from backlog_days where business_line = 'bands' and date = '2026-03-10'")
    age, not_updated = [1, 1, 1, 1, 1], [1, 1, 2, 1, 0]
    assert [row[5:] for row in last.rows()] == [(5, *age, *not_updated)]


def test_the_flow_of_a_day_is_conserved_for_each_tier_and_vendor(warehouse):
    assert flow(warehouse, "flow", 3) == {
        ("1", "North"): [3, 1, 0, 0, 2, 0, 0, 2],
        ("1", "South"): [0, 0, 1, 0, 0, 0, 1, 0],
        ("2", "inhouse"): [0, 0, 0, 2, 0, 1, 0, 1],
    }


def test_a_first_group_on_the_day_of_the_creation_counts_from_the_start_and_later_is_a_move(warehouse):
    assert flow(warehouse, "sorted", 2) == {("1", "North"): [0, 1, 0, 0, 0, 0, 0, 1]}
    assert flow(warehouse, "waits", 2) == {("unknown", "unknown"): [0, 1, 0, 0, 0, 0, 0, 1]}
    assert flow(warehouse, "waits", 3) == {
        ("1", "North"): [0, 0, 0, 1, 0, 0, 0, 1],
        ("unknown", "unknown"): [1, 0, 0, 0, 1, 0, 0, 0],
    }


def test_a_group_that_changes_hands_takes_its_open_tickets_along(warehouse):
    assert flow(warehouse, "sold", 4) == {
        ("1", "North"): [1, 0, 0, 0, 1, 0, 0, 0],
        ("2", "South"): [0, 0, 0, 1, 0, 0, 0, 1],
    }


def test_a_group_that_changes_hands_does_not_update_its_tickets(warehouse):
    assert ticket_days(warehouse, "sold", "not_updated_days")[:3] == [("03", 0), ("04", 1), ("05", 2)]


def test_moved_and_solved_in_one_update_is_solved_by_who_had_it(warehouse):
    assert flow(warehouse, "one update", 3) == {("1", "North"): [1, 0, 0, 0, 0, 1, 0, 0]}


def test_a_ticket_without_events_is_open_where_it_is(warehouse):
    assert flow(warehouse, "silent", 10) == {("1", "North"): [1, 0, 0, 0, 0, 0, 0, 1]}


def test_a_source_that_never_says_when_it_solves_has_no_backlog(warehouse):
    assert ticket_days(warehouse, "never solved", "ticket_id") == []
    assert flow(warehouse, "never solved", 2) == {}


CHANGES = ("solved", "open", "pending", "deleted", "front", "south", "back", None, "internal_note")
histories = st.lists(st.tuples(st.integers(0, 6 * 24), st.sampled_from(CHANGES)), max_size=8)


def live(operation, line, number, history):
    """A ticket whose changes come so many hours after 2 March, 05:00, several at one time among them."""
    start, status, group, events = datetime(2026, 3, 2, 5), "open", None, []
    for hours, change in sorted(history, key=lambda step: step[0]):
        time = str(start + timedelta(hours=hours))
        if status == "deleted":
            break
        if change in ("front", "south", "back", None):
            events.append(moved(time, group, change))
            group = change
        elif change == "internal_note":
            events.append((time, change))
        elif change != status and not (change == "pending" and status == "solved"):
            events.append(became(time, change, status))
            status = change
    name = f"{line} {number:03d}"
    operation.ticket(name, str(start), business_line=line, status=status, group_id=group, events=events)


# Few examples, other ones every time, of many tickets each: what takes the time is building the tables.
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tickets=st.lists(histories, min_size=40, max_size=60), shuffled=st.randoms(use_true_random=False))
def test_any_history_is_conserved_and_the_order_of_its_events_does_not_matter(sql_project, tickets, shuffled):
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        operation = Operation(sql_project, warehouse).only(
            "backlog_flow_days", "daily_backlog", "ticket_times"
        )
        add_groups(operation)
        for line in ("in order", "shuffled"):
            for number, history in enumerate(tickets):
                live(operation, line, number, history)
        shuffled.shuffle(operation.rows["raw.ticket_events"])
        # The build asserts every SQL test about these tables: conservation, sums, bands.
        operation.build(AS_OF, "America/New_York")
        found = warehouse.query("select * exclude (business_line) from backlog_flow_days order by all").rows()
    assert found[::2] == found[1::2]
    assert all(min(counts) >= 0 for _, _, _, *counts in found)
