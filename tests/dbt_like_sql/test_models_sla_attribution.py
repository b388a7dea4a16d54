"""Whose the minutes of a broken clock are, on any history of a ticket; and our figures beside the source's."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

CREATED = datetime(2026, 3, 2, 9)
AS_OF = datetime(2026, 4, 1)
TARGET = 600
RUNS_IN = {
    "requester_wait": ("new", "open", "hold"),
    "agent_work": ("new", "open"),
    "resolution": ("new", "open", "pending", "hold"),
}

STEPS = ("open", "pending", "hold", "solved", "front", "back", "unknown")  # a status or a group
# Up to eight steps, each so many minutes after the one before.
histories = st.lists(st.tuples(st.integers(1, 2_000), st.sampled_from(STEPS)), min_size=1, max_size=8)


def add_ticket(operation, ticket_id, history):
    """The ticket's spells as (status, minutes), the last one until AS_OF."""
    spells, events = [], [(str(CREATED), "created", {"to_value": "new"})]
    status, group, now, since = "new", "front", CREATED, CREATED
    for minutes, step in history:
        now += timedelta(minutes=minutes)
        if step in ("front", "back", "unknown"):
            events.append((str(now), "group_changed", {"from_value": group, "to_value": step}))
            group = step
        elif step != status:
            kind = "solved" if step == "solved" else "reopened" if status == "solved" else "status_changed"
            events.append((str(now), kind, {"from_value": status, "to_value": step}))
            spells.append((status, (now - since) / timedelta(minutes=1)))
            status, since = step, now
    spells.append((status, (AS_OF - since) / timedelta(minutes=1)))
    operation.ticket(
        ticket_id, str(CREATED), status=status, group_id=group, events=events, updated_at=str(now)
    )
    return spells


def elapsed(spells, metric):
    return sum(minutes for status, minutes in spells if status in RUNS_IN[metric])


def minutes_until_passing(spells, metric):
    """Minutes from the creation to where a calendar clock passes its target; None where it never does."""
    counted = passed = 0.0
    for status, minutes in spells:
        if status in RUNS_IN[metric]:
            if counted + minutes > TARGET:
                return passed + TARGET - counted
            counted += minutes
        passed += minutes
    return None


# Few examples, other ones every time, of many tickets each: what takes the time is building the tables.
@given(tickets=st.lists(histories, min_size=40, max_size=40))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_minutes_of_a_broken_clock_are_all_somebodys(sql_project, tickets):
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        operation = Operation(sql_project, warehouse).only("sla_attribution")
        operation.group("front", 1)
        operation.group("back", 2)
        for metric in RUNS_IN:
            operation.policy(metric, TARGET)
        spells = {str(place): add_ticket(operation, str(place), own) for place, own in enumerate(tickets)}
        operation.build(str(AS_OF))
        clocks = warehouse.query(
            "select ticket_id, metric, elapsed_minutes, breached_at, coalesce(sum(minutes), 0), "
            "coalesce(sum(minutes) filter (where owner = 'partner hold'), 0) "
            "from sla_instances left join sla_attribution using (source, ticket_id, metric, instance) "
            "group by all"
        ).rows()
    assert len(clocks) == 3 * len(tickets)
    for ticket_id, metric, minutes, breached_at, attributed, held in clocks:
        own = spells[ticket_id]
        assert minutes == pytest.approx(elapsed(own, metric))
        until = minutes_until_passing(own, metric)
        if until is None:
            assert (breached_at, attributed) == (None, 0)
            continue
        assert (breached_at - CREATED) / timedelta(minutes=1) == pytest.approx(until)
        assert attributed == pytest.approx(minutes)
        on_hold = sum(spell for status, spell in own if status == "hold")
        assert held == pytest.approx(on_hold if "hold" in RUNS_IN[metric] else 0)


def answered(operation, ticket_id, **columns):
    """Created at 16:00 on Monday, replied to at 17:30, when tier 1 is closed; business minutes: 60."""
    reply = ("2026-03-02 17:30", "public_reply", {"actor_kind": "agent"})
    group = {"group_id": "front"}
    operation.ticket(ticket_id, "2026-03-02 16:00", events=[reply], **(group | columns))


def test_every_difference_from_the_sources_own_figures_has_its_reason(operation):
    operation.rows["raw.schedules"].append(
        {"schedule_id": "day", "time_zone": "UTC", "start_minute": 1440 + 540, "end_minute": 1440 + 1020}
    )
    operation.group("front", 1, schedule_id="day")
    operation.group("back", 2)
    operation.policy("first_reply", 60)
    business, calendar = "reported_first_reply_minutes_business", "reported_first_reply_minutes"
    operation.ticket("silent", "2026-03-02 16:00")
    answered(operation, "rounded", **{calendar: 90.6})
    answered(operation, "other", **{calendar: 95})
    answered(operation, "never assigned", reported_reassignments=3)
    answered(operation, "met", reported_sla_met=False, status="solved", updated_at="2026-03-02 17:30")
    operation.event("met", "2026-03-02 17:00", "status_changed", from_value="new", to_value="open")
    operation.event("met", "2026-03-02 17:30", "solved")
    move = ("2026-03-02 17:15", "group_changed", {"from_value": "front", "to_value": "back"})
    reply = ("2026-03-02 17:30", "public_reply", {"actor_kind": "agent"})
    operation.ticket(
        "moved", "2026-03-02 16:00", events=[move, reply], group_id="back", **{business: 90}
    )  # fmt: skip
    answered(operation, "same", **{business: 60})
    deleted = {"status": "deleted", "updated_at": "2026-03-03 09:00"}
    answered(operation, "deleted", **deleted, **{calendar: 20})
    waiting = {"events": [], "group_id": "front", "status": "open"}
    operation.ticket("running", "2026-03-02 16:00", reported_requester_wait_minutes=30, **waiting)
    operation.ticket("untouched", "2026-03-02 16:00", reported_replies=1, **waiting)
    solved = {"status": "solved", "events": [("2026-03-02 17:00", "solved")]}
    operation.ticket("solved untouched", "2026-03-02 16:00", reported_full_resolution_minutes=500, **solved)
    operation.ticket("just changed", "2026-03-05 11:30", reported_replies=2, **waiting)
    operation.event("just changed", "2026-03-05 11:40", "public_reply", actor_kind="agent")
    operation.ticket("no claim of ours", "2026-03-02 16:00", reported_sla_met=True, **waiting)
    again = [("2026-03-02 17:00", "solved"), ("2026-03-02 18:00", "reopened")]
    operation.ticket(
        "open again", "2026-03-02 16:00", reported_reopens=1, status="open", group_id="front", events=again
    )
    operation.ticket("never solved", "2026-03-02 16:00", reported_reopens=1, **waiting)
    operation.only("reconciliation_summary").build("2026-03-05 12:00")
    rows = operation.warehouse.query(
        "select ticket_id, measure, ours, reported, agrees, reason from sla_reconciliation"
    )
    found = {row[0]: row[1:] for row in rows.rows()}
    assert found == {
        "rounded": ("first_reply_minutes", 90, 90.6, True, "same"),
        "other": ("first_reply_minutes", 90, 95, False, "unknown"),
        "never assigned": ("reassignments", None, 3, None, "not measured"),
        # That no agent replied says nothing of when it was solved.
        "solved untouched": ("full_resolution_minutes", 60, 500, False, "unknown"),
        "met": ("sla_met", 0, 0, True, "same"),
        "same": ("first_reply_minutes_business", 60, 60, True, "same"),
        "moved": ("first_reply_minutes_business", 75, 90, False, "last schedule"),
        "deleted": ("first_reply_minutes", 90, 20, False, "deleted"),
        "running": ("requester_wait_minutes", 4080, 30, False, "snapshot hour"),
        "untouched": ("agent_replies", 0, 1, False, "zero-touch"),
        "just changed": ("agent_replies", 1, 2, False, "snapshot hour"),
        "open again": ("reopens", 0, 1, False, "reopened now"),
        "never solved": ("reopens", 0, 1, False, "unknown"),
        "no claim of ours": ("sla_met", None, 1, None, "not measured"),
    }
