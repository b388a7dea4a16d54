"""Every time metric of a ticket, in calendar and business minutes; worked out by hand."""

import pytest

AGENT = {"actor_kind": "agent"}
REQUESTER = {"actor_kind": "requester"}
BY_ALL_CLOCKS = ("minutes", "business_minutes", "business_minutes_last_schedule")


@pytest.fixture
def operation(operation):
    """Groups `front` (tier 1, open 08:00 to 12:00 UTC every day) and `back` (tier 2, 12:00 to 18:00)."""
    for schedule, opening, closing in (("morning", 8, 12), ("afternoon", 12, 18)):
        operation.rows["raw.schedules"] += [
            {
                "schedule_id": schedule,
                "time_zone": "UTC",
                "start_minute": day * 1440 + opening * 60,
                "end_minute": day * 1440 + closing * 60,
            }
            for day in range(7)
        ]
    operation.group("front", 1, schedule_id="morning", vendor="north")
    operation.group("back", 2, schedule_id="afternoon")
    return operation.only("ticket_metrics")


def changed(at, before, after):
    """The event by which a status changes: solved and reopened have kinds of their own."""
    kind = {"solved": "solved"}.get(after, "reopened" if before == "solved" else "status_changed")
    return (f"2026-03-02 {at}", kind, {"from_value": before, "to_value": after})


def reply(at, by=AGENT):
    return (f"2026-03-02 {at}", "public_reply", by)


def metrics_of(warehouse, ticket_id="1"):
    rows = warehouse.query("select * from ticket_metrics where ticket_id = ?", [ticket_id]).to_dicts()
    assert len(rows) == 1
    return rows[0]


def by_all_clocks(metrics, name):
    return tuple(metrics[f"{name}_{clock}"] for clock in BY_ALL_CLOCKS)


@pytest.fixture
def handed_over(operation):
    """Created at 11:00, moved from `front` to `back` at 13:00, solved at 15:00, reopened and solved again."""
    operation.ticket(
        "1",
        "2026-03-02 11:00",
        status="solved",
        group_id="back",
        events=[
            ("2026-03-02 11:00", "created", REQUESTER | {"to_value": "new"}),
            changed("11:30", "new", "open"),
            reply("11:45"),
            changed("11:45", "open", "pending"),
            reply("12:30", REQUESTER),
            changed("12:30", "pending", "open"),
            ("2026-03-02 13:00", "group_changed", {"from_value": "front", "to_value": "back"}),
            changed("13:00", "open", "hold"),
            changed("14:00", "hold", "open"),
            reply("14:30"),
            changed("15:00", "open", "solved"),
            changed("16:00", "solved", "open"),
            changed("17:00", "open", "solved"),
        ],
    )
    return metrics_of(operation.build("2026-03-09"))


# In the order of BY_ALL_CLOCKS. The morning's hours count until 13:00 and the afternoon's from then on; by the last
# schedule only the hours from 12:00 on count.
@pytest.mark.parametrize(
    ("metric", "minutes"),
    [
        ("first_reply", (45, 45, 0)),
        ("first_resolution", (240, 60 + 120, 180)),
        ("full_resolution", (360, 60 + 240, 300)),  # the hour in which it was solved included
        ("requester_wait", (45 + 30 + 60 + 60 + 60, 45 + 0 + 60 + 60 + 60, 30 + 60 + 60 + 60)),
        ("agent_wait", (45, 15, 30)),
        ("on_hold", (60, 60, 60)),
        ("agent_work", (45 + 30 + 60 + 60, 45 + 0 + 60 + 60, 30 + 60 + 60)),
    ],
)
def test_a_metric_counts_by_each_schedule_while_it_applied_and_by_the_last_one(handed_over, metric, minutes):
    assert by_all_clocks(handed_over, metric) == pytest.approx(minutes)


def test_next_replies_are_timed_from_the_requesters_first_unanswered_reply(handed_over):
    assert handed_over["next_replies"] == 1
    assert handed_over["next_reply_minutes_mean"] == 120
    assert handed_over["next_reply_business_minutes_mean"] == 90
    assert handed_over["next_reply_business_minutes_last_schedule_mean"] == 120


def test_owners_are_the_first_and_the_one_who_solved_it(handed_over):
    names = ("first_tier", "first_vendor", "solved_tier", "solved_vendor", "group_stations")
    assert [handed_over[name] for name in names] == [1, "north", 2, "inhouse", 2]
    assert (handed_over["reopens"], handed_over["agent_replies"], handed_over["is_one_touch"]) == (
        1,
        2,
        False,
    )


def test_a_change_of_schedule_gives_the_known_minutes_by_each_schedule_and_by_the_last(operation):
    # The worked example of dbt_zendesk's decision log: Chicago is open every day from 07:00 to 21:00, San Francisco from
    # Monday to Friday, 08:00 to 17:30. By each schedule: 538.367 and 421.417 minutes of Chicago, 0.350 of San Francisco.
    for day in range(7):
        open_hours = [("chicago", "America/Chicago", 7 * 60, 21 * 60)]
        if 1 <= day <= 5:
            open_hours.append(("san francisco", "America/Los_Angeles", 8 * 60, 17 * 60 + 30))
        operation.rows["raw.schedules"] += [
            {
                "schedule_id": schedule,
                "time_zone": zone,
                "start_minute": day * 1440 + opening,
                "end_minute": day * 1440 + closing,
            }
            for schedule, zone, opening, closing in open_hours
        ]
    operation.group("level 1", 1, schedule_id="chicago")
    operation.group("level 2", 2, schedule_id="san francisco")
    operation.ticket(
        "1",
        "2020-09-29 17:01:38",
        group_id="level 2",
        events=[
            ("2020-09-30 19:01:25", "group_changed", {"from_value": "level 1", "to_value": "level 2"}),
            ("2020-09-30 19:01:46", "public_reply", AGENT),
        ],
    )
    metrics = metrics_of(operation.build("2020-10-10"))
    assert metrics["first_reply_business_minutes"] == pytest.approx(960.133, abs=5e-4)
    assert metrics["first_reply_business_minutes_last_schedule"] == pytest.approx(690.133, abs=5e-4)
    assert metrics["first_reply_minutes"] == pytest.approx(26 * 60 + 8 / 60)


def test_solved_and_reopened_in_one_update_is_neither_a_solving_nor_a_reopening(operation):
    same = [changed("10:00", "open", "solved"), changed("10:00", "solved", "open")]
    operation.ticket(
        "1", "2026-03-02 09:00", status="solved", events=[*same, changed("12:00", "open", "solved")]
    )
    metrics = metrics_of(operation.build("2026-03-09"))
    assert (metrics["reopens"], metrics["first_resolution_minutes"]) == (0, 180)
    assert metrics["requester_wait_minutes"] == metrics["agent_work_minutes"] == 180


def test_a_ticket_an_agent_created_with_a_public_comment_is_answered_by_the_second(operation):
    operation.ticket(
        "1",
        "2026-03-02 09:00",
        status="solved",
        group_id="front",
        events=[
            ("2026-03-02 09:00", "created", AGENT),
            reply("09:00"),
            reply("09:20", REQUESTER),
            reply("09:30"),
            changed("09:30", "new", "open"),
            changed("10:00", "open", "solved"),
        ],
    )
    metrics = metrics_of(operation.build("2026-03-09"))
    assert metrics["is_agent_created"]
    assert by_all_clocks(metrics, "first_reply") == (30, 30, 30)
    # What the requester wrote before it waited for the first reply, not for a next one.
    assert (metrics["next_replies"], metrics["agent_replies"], metrics["is_one_touch"]) == (0, 2, False)


@pytest.mark.parametrize(
    ("replies", "one_touch", "strictly", "unreplied"),
    [([], True, False, True), (["09:10"], True, True, False), (["09:10", "09:20"], False, False, False)],
)
def test_one_touch_is_solved_with_fewer_than_two_replies_and_strictly_with_one(
    operation, replies, one_touch, strictly, unreplied
):
    events = [*(reply(at) for at in replies), changed("10:00", "open", "solved")]
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=events)
    events = [reply("09:30"), changed("09:30", "open", "pending")]
    operation.ticket("2", "2026-03-02 09:00", status="pending", events=events)
    warehouse = operation.build("2026-03-09")
    metrics = metrics_of(warehouse)
    names = ("is_one_touch", "is_one_touch_strict", "is_unreplied")
    assert tuple(metrics[name] for name in names) == (one_touch, strictly, unreplied)
    assert not metrics_of(warehouse, "2")["is_one_touch"]


def test_a_deleted_ticket_keeps_the_minutes_until_it_was_deleted(operation):
    events = [reply("09:30"), ("2026-03-02 11:00", "deleted")]
    operation.ticket("1", "2026-03-02 09:00", status="deleted", updated_at="2026-03-02 11:00", events=events)
    solved = [changed("09:30", "new", "open"), changed("10:00", "open", "solved")]
    operation.ticket("2", "2026-03-02 09:00", status="solved", events=solved)
    metrics = metrics_of(operation.build("2026-03-09"))
    assert (metrics["status"], metrics["is_deleted"]) == ("deleted", True)
    assert (metrics["solved_at"], metrics["full_resolution_minutes"]) == (None, None)
    assert (metrics["first_reply_minutes"], metrics["requester_wait_minutes"]) == (30, 120)


def test_a_ticket_without_events_waits_from_its_creation_where_the_source_has_a_history(operation):
    operation.ticket("1", "2026-03-02 09:00", status="pending", group_id="front")
    solved = [changed("09:30", "new", "open"), changed("10:00", "open", "solved")]
    operation.ticket("2", "2026-03-02 09:00", status="solved", events=solved)
    metrics = metrics_of(operation.build("2026-03-02 13:00"))
    assert by_all_clocks(metrics, "agent_wait") == (240, 180, 180)
    assert by_all_clocks(metrics, "requester_wait") == (0, 0, 0)
    assert (metrics["first_reply_minutes"], metrics["agent_replies"], metrics["is_one_touch"]) == (
        None,
        None,
        None,
    )


def test_a_source_without_a_history_has_no_minutes(operation):
    operation.ticket("1", "2026-03-02 09:00", status="solved", reported_solved_at="2026-03-02 12:00")
    operation.ticket("2", "2026-03-02 09:00", status="open")
    warehouse = operation.build("2026-03-09")
    for ticket_id, status in (("1", "solved"), ("2", "open")):
        metrics = metrics_of(warehouse, ticket_id)
        known = {
            name
            for name, value in metrics.items()
            if name.endswith(("minutes", "schedule")) and value is not None
        }
        assert known == set()
        assert (metrics["status"], metrics["reopens"], metrics["is_one_touch"]) == (status, None, None)


@pytest.mark.parametrize("name", ["is_one_touch", "is_one_touch_strict", "is_unreplied"])
def test_without_a_history_of_replies_nothing_is_said_of_touches(operation, name):
    operation.ticket("1", "2026-03-02 09:00", status="pending", events=[changed("10:00", "open", "pending")])
    solved = [changed("10:00", "open", "solved")]
    operation.ticket("2", "2026-03-02 09:00", status="solved", events=solved)
    warehouse = operation.build("2026-03-09")
    assert [metrics_of(warehouse, ticket_id)[name] for ticket_id in "12"] == [None, None]


def test_time_that_still_runs_is_counted_up_to_the_as_of_time(operation):
    events = [changed("10:00", "new", "hold"), ("2026-03-04 10:00", "status_changed", {"from_value": "hold"})]
    operation.ticket("1", "2026-03-02 09:00", status="open", updated_at="2026-03-04 10:00", events=events)
    metrics = metrics_of(operation.build("2026-03-02 11:30"))
    assert (metrics["on_hold_minutes"], metrics["requester_wait_minutes"]) == (90, 150)
    assert metrics["status"] == "hold"


def test_owners_and_priorities_of_later_than_the_as_of_time_are_not_known_yet(operation):
    later = [
        ("2026-03-05 10:00", "group_changed", {"from_value": "front", "to_value": "back"}),
        ("2026-03-05 10:00", "priority_changed", {"from_value": "low", "to_value": "high"}),
    ]
    after = {"priority": "high", "group_id": "back", "updated_at": "2026-03-05 10:00"}
    operation.ticket("1", "2026-03-02 09:00", **after, events=later)
    metrics = metrics_of(operation.build("2026-03-03"))
    names = ("first_tier", "first_vendor", "priority", "group_stations")
    assert [metrics[name] for name in names] == [1, "north", "low", 1]


def test_reassigned_is_more_than_one_agent_station(operation):
    hands = [(f"2026-03-02 1{hour}:00", "assigned", {"to_value": f"agent {hour}"}) for hour in range(3)]
    operation.ticket("1", "2026-03-02 09:00", events=hands)
    operation.ticket("2", "2026-03-02 09:00", events=hands[:1])
    operation.ticket("3", "2026-03-02 09:00")
    warehouse = operation.build("2026-03-09")
    stations = {
        ticket: tuple(metrics_of(warehouse, ticket)[name] for name in ("agent_stations", "is_reassigned"))
        for ticket in "123"
    }
    assert stations == {"1": (3, True), "2": (1, False), "3": (0, False)}


def test_an_event_before_the_creation_counts_at_the_creation_and_is_told(operation):
    events = [
        ("2026-03-02 08:50", "public_reply", AGENT),
        changed("09:30", "new", "open"),
        changed("10:00", "open", "solved"),
    ]
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=events)
    warehouse = operation.build("2026-03-09")
    metrics = metrics_of(warehouse)
    assert by_all_clocks(metrics, "first_reply") == (0, 0, 0)
    assert metrics["requester_wait_minutes"] == 60
    told = operation.wrong_rows(
        test for test in operation.project.tests if test.name == "events_follow_the_creation"
    )
    assert [(row["ticket_id"], row["event_id"]) for row in told["events_follow_the_creation"]] == [
        ("1", "e0000")
    ]


def test_no_reply_is_awaited_of_a_ticket_closed_by_its_own_word_alone(operation):
    operation.policy("first_reply", 60)
    operation.ticket("closed", "2026-03-02 09:00", status="closed", events=[reply("09:00", REQUESTER)])
    operation.ticket("open", "2026-03-02 09:00", events=[reply("09:00", REQUESTER)])
    answered = {"status": "closed", "updated_at": "2026-03-02 09:30", "events": [reply("09:30")]}
    operation.ticket("answered", "2026-03-02 09:00", **answered)
    clocks = (
        operation.only("sla_instances")
        .build("2026-03-09")
        .query("select ticket_id, state from sla_instances")
    )
    assert sorted(clocks.rows()) == [("answered", "achieved"), ("open", "active")]
