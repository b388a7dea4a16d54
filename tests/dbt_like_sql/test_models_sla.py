"""Service clocks on tickets small enough to count by hand, all in one operation: each case in a line of its own.

The 2nd of March 2026 is a Monday; times are UTC.
"""

from datetime import date, datetime
from pathlib import Path

import pytest

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

AGENT = {"actor_kind": "agent"}
REQUESTER = {"actor_kind": "requester"}
AS_OF = "2026-03-20 12:00"
MODELS = ("sla_attribution", "sla_weeks", "sla_days", "sla_breach_owners", "sla_open")
CASES = []


def case(add):
    """Have the tickets and policies of a test in the operation all tests look at; `add` gets a line of its own."""
    CASES.append(add)
    return add


class Line:
    """A line of business, named after its case, with its own policies and tickets."""

    def __init__(self, operation, name):
        self.operation = operation
        self.name = name

    def policy(self, metric, target_minutes, **columns):
        self.operation.policy(metric, target_minutes, **({"business_line": self.name} | columns))

    def ticket(self, ticket_id, *events, created="9:00", solved=None, **columns):
        """A ticket of the group `front`, created as new; `solved`: when it was, having been open."""
        history = [(at(created), "created", REQUESTER | {"to_value": "new"}), *events]
        if solved:
            history.append(status(solved, "open", "solved"))
            columns = {"status": "solved", "updated_at": at(solved)} | columns
        given = {"group_id": "front", "business_line": self.name} | columns
        self.operation.ticket(f"{self.name} {ticket_id}", at(created), events=history, **given)


def at(text):
    """`9:30` is on Monday; the rest is a whole time."""
    return text if len(text) > 5 else f"2026-03-02 {text.zfill(5)}"


def status(time, before, after):
    kinds = {"solved": "solved", "deleted": "deleted"}
    kind = kinds.get(after, "reopened" if before == "solved" else "status_changed")
    return (at(time), kind, {"from_value": before, "to_value": after})


def priority(time, before, after):
    return (at(time), "priority_changed", {"from_value": before, "to_value": after})


def reply(time, by=AGENT):
    return (at(time), "public_reply", by)


def day(hour, minute=0, day_of_march=2):
    return datetime(2026, 3, day_of_march, hour, minute)


@pytest.fixture(scope="module")
def desk(sql_project):
    """Tier 1 works from 9 to 17 on weekdays but on Monday the 9th, tier 2 always."""
    with Warehouse(Path(":memory:"), threads=1) as warehouse:
        operation = Operation(sql_project, warehouse).only(*MODELS)
        operation.rows["raw.schedules"] += [
            {"schedule_id": "office", "time_zone": "UTC", "start_minute": weekday * 1440 + 540,
             "end_minute": weekday * 1440 + 1020}
            for weekday in range(1, 6)
        ]  # fmt: skip
        operation.rows["raw.holidays"].append({"schedule_id": "office", "date": date(2026, 3, 9)})
        operation.group("front", 1, vendor="north", schedule_id="office")
        operation.group("back", 2)
        for add in CASES:
            add(Line(operation, add.__name__))
        yield operation.build(AS_OF)


def instances(desk, line, *columns):
    """The line's clocks by ticket, metric and number: their columns, alone where it is one."""
    rows = desk.query(
        f"select ticket_id, {', '.join(columns)} from sla_instances where business_line = ? "
        "order by ticket_id, metric, instance",
        [line.__name__],
    )
    found = {}
    for ticket_id, *values in rows.rows():
        name = ticket_id.removeprefix(f"{line.__name__} ")
        found.setdefault(name, []).append(values[0] if len(values) == 1 else tuple(values))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def parts(desk, line, metric):
    """Minutes by owner of the line's broken clocks of a metric."""
    rows = desk.query(
        "select owner, sum(minutes) from sla_attribution where starts_with(ticket_id, ?) and metric = ? "
        "group by owner",
        [f"{line.__name__} ", metric],
    )
    return {owner: pytest.approx(minutes) for owner, minutes in rows.rows()}


@case
def simple(line):
    line.policy("first_reply", 60, policy_id="gold")
    line.ticket("early", reply("9:59"))
    line.ticket("on the minute", reply("10:00"))
    line.ticket("late", reply("10:30"))


def test_a_target_is_broken_where_its_clock_passes_it(desk):
    columns = ("state", "breached_at", "breach_minutes", "policy_id", "tier", "vendor")
    assert instances(desk, simple, *columns) == {
        "early": ("achieved", None, None, "gold", 1, "north"),
        "on the minute": ("achieved", None, None, "gold", 1, "north"),
        "late": ("breached", day(10), 30, "gold", 1, "north"),
    }


@case
def business_hours(line):
    line.policy("first_reply", 120, clock="business")
    line.ticket("over a holiday", reply("2026-03-10 10:30"), created="2026-03-06 16:00")
    line.ticket("answered at night", reply("23:00"), created="15:00")
    line.ticket("answered in the morning", reply("2026-03-03 09:10"), created="15:00")
    line.ticket("created at night", reply("2026-03-03 12:00"), created="22:00")


def test_a_business_clock_runs_while_the_schedule_is_open(desk):
    """Over the holiday: Friday 16 to 17 and Tuesday from 9, so two hours are over at 10. At closing time it stands."""
    assert instances(desk, business_hours, "round(elapsed_minutes, 6)", "breached_at") == {
        "over a holiday": (150, day(10, day_of_march=10)),
        "answered at night": (120, None),
        "answered in the morning": (130, day(9, day_of_march=3)),
        "created at night": (180, day(11, day_of_march=3)),
    }
    assert parts(desk, business_hours, "first_reply") == {"tier-1 queue": 150 + 130 + 180}


@case
def moved(line):
    line.policy("resolution", 120, clock="business")
    move = (at("19:00"), "group_changed", {"from_value": "front", "to_value": "back"})
    line.ticket("1", move, created="16:00", solved="20:30", group_id="back")


def test_each_schedule_counts_while_it_applied(desk):
    """16 to 17 with tier 1, which closes; from 19 with tier 2, which never does."""
    assert instances(desk, moved, "elapsed_minutes", "breached_at", "tier") == {"1": (150, day(20), 2)}
    assert parts(desk, moved, "resolution") == {"tier-1 queue": 60, "tier-2 queue": 90}


@case
def priorities(line):
    line.policy("first_reply", 60, priority="urgent")
    line.policy("first_reply", 240, priority="normal")
    up, down = ("normal", "urgent"), ("urgent", "normal")
    line.ticket("raised", priority("9:30", *up), reply("10:30"), priority="urgent")
    line.ticket("raised late", priority("11:00", *up), reply("11:30"), priority="urgent")
    line.ticket("raised once broken", priority("14:00", *up), reply("15:00"), priority="urgent")
    line.ticket("lowered", priority("9:30", *down), reply("12:00"), priority="normal")
    line.ticket("lowered once broken", priority("11:00", *down), reply("12:00"), priority="normal")
    line.ticket("raised after the reply", reply("12:00"), priority("13:00", *up), priority="urgent")
    line.ticket("lowered to nothing", priority("11:00", "urgent", "low"), reply("12:00"), priority="low")


def test_a_priority_change_sets_the_running_clock_a_new_target(desk):
    """The clock goes on; the last target decides, also where a shorter one was broken before."""
    assert instances(desk, priorities, "breached_at", "priority", "target_minutes") == {
        "raised": (day(10), "urgent", 60),
        "raised late": (day(11), "urgent", 60),
        "raised once broken": (day(13), "urgent", 60),
        "lowered": (None, "normal", 240),
        "lowered once broken": (None, "normal", 240),
        "raised after the reply": (None, "normal", 240),
    }


@case
def versions(line):
    line.policy("first_reply", 60, policy_id="p", valid_to=at("12:00"))
    line.policy("first_reply", 30, policy_id="p", valid_from=at("12:00"))
    line.ticket("before", reply("12:45"), created="11:50")
    line.ticket("since", reply("12:45"), created="12:00")
    line.ticket("raised", priority("12:10", "low", "high"), reply("12:45"), created="11:50")


def test_a_clock_keeps_the_version_it_began_with_until_the_priority_changes(desk):
    assert instances(desk, versions, "target_minutes", "breached_at") == {
        "before": (60, None),
        "since": (30, day(12, 30)),
        "raised": (30, day(12, 20)),
    }


@case
def specific(line):
    """In January 2025 alone, since a policy that names nothing is every line's."""
    times = {"business_line": None, "valid_from": "2025-01-01", "valid_to": "2025-02-01"}
    for name, target_minutes, conditions in (
        ("any", 10, {}),
        ("priority", 60, {"priority": "high"}),
        ("channel", 50, {"channel": "chat"}),
        ("line, priority", 60, {"business_line": line.name, "priority": "low"}),
        ("line, channel", 70, {"business_line": line.name, "channel": "phone"}),
    ):
        line.policy("resolution", target_minutes, policy_id=name, **(times | conditions))
    for ticket_id in ("email, normal", "email, high", "chat, high", "chat, low", "phone, low"):
        channel, urgency = ticket_id.split(", ")
        line.ticket(ticket_id, created="2025-01-15 09:00", channel=channel, priority=urgency)


def test_the_policy_that_names_most_wins_and_of_two_alike_the_stricter(desk):
    assert instances(desk, specific, "policy_id") == {
        "email, normal": "any",
        "email, high": "priority",
        "chat, high": "channel",
        "chat, low": "line, priority",
        "phone, low": "line, priority",
    }


@case
def applied(line):
    for metric in ("first_reply", "resolution"):
        line.policy(metric, 60, policy_id="gold")
        line.policy(metric, 90, policy_id="chat", channel="chat")
    for_replies = (at("9:01"), "sla_applied", {"from_value": "gold", "to_value": "first_reply"})
    line.ticket("for replies", for_replies, channel="chat")
    line.ticket("altogether", (at("9:01"), "sla_applied", {"to_value": "gold"}), channel="chat")


def test_a_policy_the_history_says_was_applied_wins(desk):
    assert instances(desk, applied, "metric", "policy_id") == {
        "for replies": [("first_reply", "gold"), ("resolution", "chat")],
        "altogether": [("first_reply", "gold"), ("resolution", "gold")],
    }


@case
def pauses(line):
    for metric in ("requester_wait", "agent_work", "resolution"):
        line.policy(metric, 150)
    line.ticket(
        "1",
        status("10:00", "new", "pending"),
        status("14:00", "pending", "open"),
        status("15:00", "open", "hold"),
        status("18:00", "hold", "open"),
        solved="19:00",
    )


def test_each_clock_pauses_in_its_own_statuses(desk):
    """Pending from 10 to 14, on hold from 15 to 18; solved at 19. Tier 1 is closed from 17 on."""
    assert instances(desk, pauses, "metric", "elapsed_minutes", "breached_at")["1"] == [
        ("agent_work", 180, day(18, 30)),
        ("requester_wait", 360, day(15, 30)),
        ("resolution", 600, day(11, 30)),
    ]
    queues = {"tier-1 queue": 120, "off-hours": 60}
    assert parts(desk, pauses, "agent_work") == queues
    assert parts(desk, pauses, "requester_wait") == queues | {"partner hold": 180}
    assert parts(desk, pauses, "resolution") == queues | {"partner hold": 180, "requester": 240}


@case
def reopened(line):
    line.policy("resolution", 120)
    again = (status("10:00", "new", "solved"), status("20:00", "solved", "open"))
    line.ticket("solved again", *again, solved="21:30")
    line.ticket("open again", *again)


def test_a_resolution_goes_on_after_a_reopening_and_leaves_the_solved_time_out(desk):
    columns = ("instance", "state", "breached_at", "elapsed_minutes")
    found = instances(desk, reopened, *columns)
    assert found["solved again"] == (1, "breached", day(21), 150)
    assert found["open again"][:3] == (1, "active", day(21))
    assert found["open again"][3] == 60 + (18 * 24 - 8) * 60  # until noon of the 20th


@case
def deleted(line):
    line.policy("first_reply", 60)
    line.ticket("early", status("9:30", "new", "deleted"), status="deleted", updated_at=at("9:30"))
    line.ticket("late", status("10:30", "new", "deleted"), status="deleted", updated_at=at("10:30"))


def test_a_deleted_tickets_clock_is_cancelled_and_counts_only_where_it_was_broken(desk):
    assert instances(desk, deleted, "state", "is_breached", "band") == {
        "early": ("cancelled", False, None),
        "late": ("cancelled", True, None),
    }
    counted = desk.query("select achieved, breached from sla_days where business_line = 'deleted'")
    assert counted.rows() == [(0, 1)]


BANDS = {
    "under 50": ("11:11",), "50-75": ("11:10", "10:45"), "76-85": ("10:44", "10:35"), "86-95": ("10:34", "10:25"),
    "over 95": ("10:24", "10:20"), "breached": ("10:19",),
}  # fmt: skip


@case
def bands(line):
    line.policy("first_reply", 100)
    for created in sum(BANDS.values(), ()):
        line.ticket(created, created=f"2026-03-20 {created}")


def test_an_open_tickets_band_says_how_near_its_target_is_at_noon(desk):
    expected = {created: ("active", band) for band, times in BANDS.items() for created in times}
    assert instances(desk, bands, "state", "band") == expected
    open_tickets = desk.query("select band, tickets from sla_open where business_line = 'bands'")
    assert dict(open_tickets.rows()) == {band: len(times) for band, times in BANDS.items()}


@case
def paused(line):
    line.policy("requester_wait", 100)
    line.ticket("1", status("9:30", "new", "pending"), status="pending")


def test_a_paused_clock_keeps_its_minutes(desk):
    assert instances(desk, paused, "state", "elapsed_minutes", "band") == {"1": ("paused", 30, "under 50")}


@case
def first_replies(line):
    line.policy("first_reply", 60)
    line.operation.ticket(
        f"{line.name} by an agent",
        at("9:00"),
        events=[(at("9:00"), "created", AGENT), reply("9:00"), reply("10:15")],
        business_line=line.name,
    )
    line.ticket("solved before", reply("12:00"), solved="9:30")
    line.ticket("at once", reply("9:00"))
    line.operation.ticket(f"{line.name} without events", at("9:00"), business_line=line.name)


def test_a_first_reply_is_the_first_that_answers_the_requester_or_the_solving(desk):
    """The second comment where an agent wrote the ticket; a ticket without any event has no clock."""
    assert instances(desk, first_replies, "elapsed_minutes", "state") == {
        "by an agent": (75, "breached"),
        "solved before": (30, "achieved"),
        "at once": (0, "achieved"),
    }


@case
def next_replies(line):
    line.policy("next_reply", 60)
    line.ticket(
        "1",
        reply("10:00"),
        status("10:00", "new", "pending"),
        reply("12:00", REQUESTER),
        reply("13:00", REQUESTER),
        reply("13:30"),
        reply("15:00", REQUESTER),
        solved="15:20",
    )


def test_a_reply_of_the_requester_while_pending_starts_the_next_reply_clock(desk):
    """Asked at 12 and again at 13, answered at 13:30; asked at 15, solved without an answer."""
    found = instances(desk, next_replies, "instance", "elapsed_minutes", "breached_at")
    assert found["1"] == [(1, 90, day(13)), (2, 20, None)]
    assert parts(desk, next_replies, "next_reply") == {"requester": 90}


@case
def updates(line):
    line.policy("periodic_update", 60)
    line.policy("pausable_update", 60)
    line.ticket(
        "1",
        reply("10:00"),
        status("10:30", "new", "pending"),
        status("12:00", "pending", "open"),
        reply("13:00"),
        status("14:00", "open", "solved"),
        status("16:00", "solved", "open"),
        reply("16:20"),
        solved="16:30",
    )


def test_update_clocks_run_from_one_agent_reply_to_the_next(desk):
    """They end with the solving and begin again with the reopening; one of them pauses from 10:30 to 12."""
    found = instances(desk, updates, "metric", "instance", "elapsed_minutes")["1"]
    pausable = [("pausable_update", number, minutes) for number, minutes in enumerate((90, 60, 20, 10), 1)]
    periodic = [("periodic_update", number, minutes) for number, minutes in enumerate((180, 60, 20, 10), 1)]
    assert found == pausable + periodic


@case
def weekly(line):
    line.policy("first_reply", 60)
    line.policy("resolution", 600)
    line.ticket("late", reply("10:30"), solved="11:00")
    line.ticket("good", reply("9:30"), solved="11:00")
    line.ticket("running", reply("9:30"))


def test_a_ticket_keeps_its_targets_only_if_it_keeps_every_one_and_none_is_running(desk):
    """The running one passes its resolution target on Monday evening, so that is broken; it is judged by its reply."""
    weeks = desk.query(
        "select metric, achieved, breached, tickets_judged, tickets_achieved from sla_weeks "
        "where business_line = 'weekly' order by metric"
    )
    assert weeks.rows() == [("all", 4, 2, 2, 1), ("first_reply", 2, 1, 3, 2), ("resolution", 2, 1, 2, 2)]
    interval = desk.query(
        "select ticket_low, ticket_high from sla_weeks where business_line = 'weekly' and metric = 'all'"
    )
    assert interval.row(0) == pytest.approx((0.0945, 0.9055), abs=1e-4)  # Wilson 1927 for 1 of 2


def test_breaches_of_a_week_are_split_over_their_owners(desk):
    """Clocks of a line: agent work 180, requester wait 360 and resolution 600 minutes, as counted above."""
    rows = desk.query(
        "select owner, minutes, share, breaches from sla_breach_owners "
        "where business_line = 'pauses' and metric = 'resolution' order by owner"
    )
    assert rows.rows() == [
        ("off-hours", 60, 0.1, 0), ("partner hold", 180, 0.3, 0), ("requester", 240, 0.4, 1), ("tier-1 queue", 120, 0.2, 0),
    ]  # fmt: skip
