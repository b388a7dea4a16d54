"""What holds of business minutes and segments whatever the schedules and histories are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

CREATED = datetime(2026, 3, 6, 9)  # clocks in New York change within the week
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
# Few examples, other ones every time, of many tickets each: what takes the time is building the tables.
FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def weekly_hours(draw):
    """Intervals of a week that do not overlap, in minutes since Sunday 00:00."""
    cuts = sorted(draw(st.sets(st.integers(0, 10_080), min_size=2, max_size=10)))
    return list(zip(cuts[::2], cuts[1::2], strict=False))


@st.composite
def histories(draw):
    """Events of a ticket within 12 days of its creation, several of them at one instant."""
    minutes = draw(st.lists(st.integers(0, 12 * 1440), min_size=1, max_size=6))
    events = []
    for minute in minutes:
        at = (CREATED + timedelta(minutes=minute)).isoformat()
        kind = draw(
            st.sampled_from(
                ["solved", "reopened", "pending", "hold", "front", "back", "reply", "ask", "high"]
            )
        )
        events.append((at, kind))
    return events


def add_ticket(operation, ticket_id, events):
    status = "open"
    for at, kind in events:
        if kind in ("front", "back"):
            operation.event(ticket_id, at, "group_changed", to_value=kind)
        elif kind in ("reply", "ask"):
            actor = "agent" if kind == "reply" else "requester"
            operation.event(ticket_id, at, "public_reply", actor_kind=actor)
        elif kind == "high":
            operation.event(ticket_id, at, "priority_changed", from_value="low", to_value=kind)
        elif kind in ("solved", "reopened"):
            operation.event(ticket_id, at, kind, to_value={"reopened": "open"}.get(kind, kind))
        else:
            operation.event(ticket_id, at, "status_changed", to_value=kind)
    operation.ticket(ticket_id, CREATED.isoformat(), status=status, group_id="front")


def operation_with(project, warehouse, hours, zones, holiday):
    operation = Operation(project, warehouse).only("ticket_metrics")
    for group, intervals, zone in zip(("front", "back"), hours, zones, strict=True):
        operation.rows["raw.schedules"] += [
            {"schedule_id": group, "time_zone": zone, "start_minute": start, "end_minute": end}
            for start, end in intervals
        ]
        operation.group(group, 1 if group == "front" else 2, schedule_id=group)
        operation.rows["raw.holidays"].append({"schedule_id": group, "date": holiday})
    return operation


@FEW
@given(
    hours=st.tuples(weekly_hours(), weekly_hours()),
    zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
    holiday=st.dates(date(2026, 3, 5), date(2026, 3, 12)),
    tickets=st.lists(histories(), min_size=25, max_size=25),
    shuffled=st.randoms(use_true_random=False),
)
def test_segments_follow_one_another_and_do_not_hang_on_the_order_of_arrival(
    sql_project, hours, zones, holiday, tickets, shuffled
):
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        operation = operation_with(sql_project, warehouse, hours, zones, holiday)
        for number, events in enumerate(tickets):
            add_ticket(operation, f"{number} in order", events)
        arrived = len(operation.rows["raw.ticket_events"])
        for number, events in enumerate(tickets):
            add_ticket(operation, f"{number} shuffled", events)
        copies = operation.rows["raw.ticket_events"][arrived:]
        shuffled.shuffle(copies)
        operation.rows["raw.ticket_events"][arrived:] = copies
        operation.build("2026-03-20")  # which checks that segments follow one another and sum up
        for table in ("ticket_segments", "ticket_metrics"):
            rows = f"select * replace (split_part(ticket_id, ' ', 1) as ticket_id) from {table}"
            in_order, out_of_order = (
                warehouse.query(f"{rows} where ticket_id like '%{arrival}' order by all").rows()
                for arrival in ("in order", "shuffled")
            )
            assert len(in_order) >= len(tickets)
            assert in_order == out_of_order


@FEW
@given(
    intervals=weekly_hours(),
    zone=st.sampled_from(ZONES),
    spans=st.lists(
        st.lists(st.integers(0, 20_000), min_size=3, max_size=3, unique=True).map(sorted),
        min_size=30,
        max_size=30,
    ),
)
def test_business_minutes_lie_within_the_calendars_and_add_up_over_a_split_interval(
    sql_project, intervals, zone, spans
):
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        operation = Operation(sql_project, warehouse).only("ticket_segments")
        operation.rows["raw.schedules"] += [
            {"schedule_id": "s", "time_zone": zone, "start_minute": start, "end_minute": end}
            for start, end in intervals
        ]
        operation.group("front", 1, schedule_id="s")
        for number, (start, middle, end) in enumerate(spans):
            created, replied, solved = (
                CREATED + timedelta(minutes=minute) for minute in (start, middle, end)
            )
            for whole in (True, False):
                ticket = f"{number} {whole}"
                if not whole:
                    operation.event(ticket, replied.isoformat(), "public_reply", actor_kind="requester")
                operation.event(ticket, solved.isoformat(), "solved", to_value="solved")
                operation.ticket(ticket, created.isoformat(), status="solved", group_id="front")
        operation.build("2026-04-01")
        sums = warehouse.query(
            "select ticket_id, count(*) as pieces, sum(minutes) as minutes, sum(business_minutes) as business "
            "from ticket_segments group by ticket_id"
        ).rows_by_key("ticket_id", unique=True)
    for number in range(len(spans)):
        (whole_pieces, minutes, whole), (pieces, _, split) = sums[f"{number} True"], sums[f"{number} False"]
        assert (whole_pieces, pieces) == (2, 3)
        assert split == pytest.approx(whole)
        assert 0 <= whole <= minutes
