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
