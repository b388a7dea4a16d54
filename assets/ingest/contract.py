"""The ticket contract: the tables every source is mapped onto, and all the rest of the system knows of sources.

Times are naive timestamps in UTC. Ids are text, unique together with `source`. A column without
`nullable=True` must have a value in every row; rows that lack one go to quarantine.
"""

# ruff: noqa: N805 - a dataframely rule takes the class
from __future__ import annotations

from zoneinfo import available_timezones

import dataframely as dy
import polars as pl

STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted")
PRIORITIES = ("low", "normal", "high", "urgent")
CHANNELS = ("in_app", "chat", "email", "phone", "web", "social", "api", "other")
EVENT_KINDS = (
    "created",
    "assigned",
    "public_reply",
    "internal_note",
    "status_changed",
    "group_changed",
    "priority_changed",
    "escalated",
    "reopened",
    "solved",
    "sla_applied",
    "sla_breached",
    "deleted",
    "rated",
)
RATINGS = ("offered", "good", "bad")
ACTOR_KINDS = ("agent", "requester", "system")
CALENDAR_KINDS = ("campaign", "holiday", "release", "incident", "ato_wave", "sop_change", "training")
EXPOSURE_MEASURES = ("orders", "active_users", "payouts", "logins")
SLA_METRICS = (
    "first_reply",
    "next_reply",
    "requester_wait",
    "agent_work",
    "resolution",
    "pausable_update",
    "periodic_update",
)
SLA_KEY = ("policy_id", "metric", "business_line", "priority", "channel")
ACTION_KINDS = ("fix", "sop", "training", "tooling")
ACTION_STATUSES = ("planned", "running", "done", "dropped")


def _text(nullable: bool = False, **options: object) -> dy.String:
    return dy.String(nullable=nullable, **options)  # type: ignore[arg-type]


def _choice(values: tuple[str, ...], nullable: bool = False, primary_key: bool = False) -> dy.String:
    """A text that is one of a few; the metadata lets an error say which ones."""
    return dy.String(
        nullable=nullable,
        primary_key=primary_key,
        check=lambda value: value.is_in(values),
        metadata={"one_of": values},
    )


def _time(nullable: bool = False, **options: object) -> dy.Datetime:
    return dy.Datetime(nullable=nullable, time_unit="us", **options)  # type: ignore[arg-type]


def _minutes() -> dy.Float64:
    return dy.Float64(nullable=True, min=0)


class Tickets(dy.Schema):
    """A ticket at its latest known state."""

    source = _text(primary_key=True, min_length=1)
    ticket_id = _text(primary_key=True, min_length=1)
    created_at = _time()
    updated_at = _time()
    status = _choice(STATUSES)
    priority = _choice(PRIORITIES, nullable=True)
    channel = _choice(CHANNELS)
    channel_raw = _text(nullable=True)
    business_line = _text(nullable=True)
    user_type = _text(nullable=True)
    region = _text(nullable=True)
    language = _text(nullable=True)
    group_id = _text(nullable=True)
    requester_key = _text(nullable=True)  # salted hash, never the id
    subject = _text(nullable=True)  # redacted
    body = _text(nullable=True)  # redacted
    tags = dy.List(dy.String(), nullable=True)
    attributes = dy.List(dy.Struct({"key": dy.String(nullable=False), "value": dy.String()}), nullable=True)
    csat_offered = dy.Bool(nullable=True)  # null: the source does not say
    csat_score = _choice(("good", "bad"), nullable=True)
    csat_comment = _text(nullable=True)  # redacted
    csat_reason = _text(nullable=True)  # chosen from the helpdesk's list
    is_escalated = dy.Bool(nullable=True)  # null: the source does not say
    handle_minutes = _minutes()  # time agents spent on it
    # What the source itself claims, kept so that our numbers can be reconciled with it.
    reported_sla_met = dy.Bool(nullable=True)
    reported_solved_at = _time(nullable=True)
    reported_closed_at = _time(nullable=True)
    reported_reopens = dy.Int64(nullable=True, min=0)
    reported_replies = dy.Int64(nullable=True, min=0)
    reported_reassignments = dy.Int64(nullable=True, min=0)
    reported_first_reply_minutes = _minutes()
    reported_first_reply_minutes_business = _minutes()
    reported_first_resolution_minutes = _minutes()
    reported_first_resolution_minutes_business = _minutes()
    reported_full_resolution_minutes = _minutes()
    reported_full_resolution_minutes_business = _minutes()
    reported_requester_wait_minutes = _minutes()
    reported_requester_wait_minutes_business = _minutes()
    reported_agent_wait_minutes = _minutes()
    reported_agent_wait_minutes_business = _minutes()
    reported_on_hold_minutes = _minutes()
    reported_on_hold_minutes_business = _minutes()

    @dy.rule()
    def not_updated_before_created(cls) -> pl.Expr:
        return pl.col("updated_at") >= pl.col("created_at")


class TicketEvents(dy.Schema):
    """A change of a ticket.

    A change of status is exactly one event: `solved` when it enters solved or closed from an unsolved
    status, `reopened` when it leaves solved or closed for an unsolved one, `deleted`, else `status_changed`.
    Where a source keeps the time of the resolution, that is the time of `solved`; a ticket it closes
    without one has a `status_changed` to closed and no `solved`. `rated` is a change of the requester's rating:
    `offered` when they are asked, then good or bad, and again whenever they change their mind.
    """

    source = _text(primary_key=True, min_length=1)
    event_id = _text(primary_key=True, min_length=1)
    ticket_id = _text(min_length=1)
    occurred_at = _time()
    kind = _choice(EVENT_KINDS)
    from_value = _text(nullable=True)
    to_value = _text(nullable=True)
    actor_kind = _choice(ACTOR_KINDS, nullable=True)

    @dy.rule()
    def rated_as_offered_good_or_bad(cls) -> pl.Expr:
        values = pl.col("to_value").is_in(RATINGS) & pl.col("from_value").is_in(RATINGS).fill_null(True)
        return (pl.col("kind") != "rated") | values.fill_null(False)


class Groups(dy.Schema):
    """A queue, slowly changing. Tier and vendor are the user's own configuration, not the helpdesk's."""

    group_id = _text(primary_key=True, min_length=1)
    name = _text(nullable=True)
    tier = dy.Int64(is_in=[1, 2])
    vendor = _text(min_length=1)  # a BPO's name or `inhouse`
    business_line = _text(nullable=True)
    region = _text(nullable=True)
    time_zone = _text(nullable=True)
    schedule_id = _text(nullable=True)
    valid_from = _time(primary_key=True)
    valid_to = _time(nullable=True)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))


class SlaPolicies(dy.Schema):
    """A target, versioned. An empty `applies_to` column means any value; a policy has a row for each priority it names."""

    policy_id = _text(min_length=1)
    metric = _choice(SLA_METRICS)
    business_line = _text(nullable=True)
    priority = _choice(PRIORITIES, nullable=True)
    channel = _choice(CHANNELS, nullable=True)
    target_minutes = dy.Float64(min_exclusive=0)
    clock = _choice(("business", "calendar"))
    valid_from = _time()
    valid_to = _time(nullable=True)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))

    @dy.rule()
    def one_target_at_a_time(cls) -> pl.Expr:
        return pl.struct(*SLA_KEY, "valid_from").is_unique()


class Schedules(dy.Schema):
    """A weekly interval of business hours, in minutes since Sunday 00:00 local time."""

    schedule_id = _text(primary_key=True, min_length=1)
    name = _text(nullable=True)
    time_zone = _text(min_length=1)
    start_minute = dy.Int64(primary_key=True, min=0, max=10_080)
    end_minute = dy.Int64(min=0, max=10_080)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("end_minute") > pl.col("start_minute")

    @dy.rule()
    def known_time_zone(cls) -> pl.Expr:
        return pl.col("time_zone").is_in(sorted(available_timezones()))


class Holidays(dy.Schema):
    """A day on which a schedule is closed."""

    schedule_id = _text(primary_key=True, min_length=1)
    date = dy.Date(primary_key=True)
    name = _text(nullable=True)


class Calendar(dy.Schema):
    """Something known that moves volume or causes tickets."""

    event_id = _text(primary_key=True, min_length=1)
    kind = _choice(CALENDAR_KINDS)
    name = _text(min_length=1)
    starts_at = _time()
    ends_at = _time()
    business_line = _text(nullable=True)  # null: all of them
    region = _text(nullable=True)  # null: all of them
    size = dy.Float64(nullable=True, min=0)  # relative reach

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("ends_at") >= pl.col("starts_at")


class Exposure(dy.Schema):
    """A day's denominator: how many orders, active users, payouts or logins there were."""

    date = dy.Date(primary_key=True)
    business_line = _text(primary_key=True)
    region = _text(primary_key=True)
    user_type = _text(primary_key=True)
    measure = _choice(EXPOSURE_MEASURES, primary_key=True)
    value = dy.Float64(min=0)


class QaReviews(dy.Schema):
    """An audit of a ticket."""

    source = _text(primary_key=True, min_length=1)
    review_id = _text(primary_key=True, min_length=1)
    ticket_id = _text(min_length=1)
    reviewed_at = _time()
    reviewer_kind = _choice(("tier1", "tier2", "qa"))
    scores = dy.List(
        dy.Struct(
            {
                "category": dy.String(nullable=False),
                "score": dy.Float64(),
                "min": dy.Float64(),
                "max": dy.Float64(),
                "weight": dy.Float64(),
                "is_critical": dy.Bool(),
            }
        ),
        nullable=True,
    )
    disposition = _text(nullable=True)


class IssueLinks(dy.Schema):
    """A ticket linked to an issue of a partner team."""

    source = _text(primary_key=True, min_length=1)
    ticket_id = _text(primary_key=True, min_length=1)
    issue_id = _text(primary_key=True, min_length=1)
    issue_key = _text(nullable=True)
    linked_at = _time(nullable=True)


class Issues(dy.Schema):
    """A partner team's issue at its latest known state."""

    source = _text(primary_key=True, min_length=1)
    issue_id = _text(primary_key=True, min_length=1)
    issue_key = _text(min_length=1)
    project = _text(nullable=True)
    team = _text(nullable=True)
    summary = _text(nullable=True)  # redacted
    description = _text(nullable=True)  # redacted
    priority = _text(nullable=True)
    status = _text(min_length=1)
    status_category = _choice(("to_do", "in_progress", "done"))
    created_at = _time()
    updated_at = _time()
    resolved_at = _time(nullable=True)


class IssueTransitions(dy.Schema):
    """A change of an issue's status, team or another of its fields."""

    source = _text(primary_key=True, min_length=1)
    transition_id = _text(primary_key=True, min_length=1)
    issue_id = _text(min_length=1)
    occurred_at = _time()
    field = _text(min_length=1)
    from_value = _text(nullable=True)
    to_value = _text(nullable=True)


class Actions(dy.Schema):
    """An item of an action plan."""

    action_id = _text(primary_key=True, min_length=1)
    theme_id = _text(nullable=True)
    business_line = _text(nullable=True)  # null: it reaches every line
    region = _text(nullable=True)  # null: it reaches every region
    team = _text(nullable=True)
    kind = _choice(ACTION_KINDS)
    name = _text(nullable=True)
    started_at = _time(nullable=True)
    due_at = _time(nullable=True)
    status = _choice(ACTION_STATUSES)
    metric = _text(nullable=True)
    expected_effect = dy.Float64(nullable=True)


class Staffing(dy.Schema):
    """How many people a vendor has at a tier for a line, what holds for them, and since when."""

    tier = dy.Int64(is_in=[1, 2])
    vendor = _text(min_length=1)  # as in groups
    business_line = _text(nullable=True)  # null: for every line without a row of its own
    people = dy.Int64(min=0)  # on the payroll
    hours_week = dy.Float64(min_exclusive=0, max=168)  # paid hours of one person
    shrinkage = dy.Float64(min=0, max_exclusive=1)  # share of paid time away from the tickets
    occupancy_cap = dy.Float64(min_exclusive=0, max=1)  # share of the rest that may be busy
    chat_concurrency = dy.Int64(min=1)  # chats at once
    handle_minutes = dy.Float64(nullable=True, min_exclusive=0)  # null: as measured
    hour_cost = dy.Float64(nullable=True, min=0)
    lead_days = dy.Int64(min=0)  # from the decision to people who can work
    valid_from = _time()
    valid_to = _time(nullable=True)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))


# Tables that come from a helpdesk or a tracker, by file or API.
SOURCE_TABLES: dict[str, type[dy.Schema]] = {
    "tickets": Tickets,
    "ticket_events": TicketEvents,
    "qa_reviews": QaReviews,
    "issue_links": IssueLinks,
    "issues": Issues,
    "issue_transitions": IssueTransitions,
}

# Small tables the user keeps: CSV files of these names in one folder.
USER_TABLES: dict[str, type[dy.Schema]] = {
    "groups": Groups,
    "sla_policies": SlaPolicies,
    "schedules": Schedules,
    "holidays": Holidays,
    "calendar": Calendar,
    "exposure": Exposure,
    "actions": Actions,
    "staffing": Staffing,
}

CONTRACT: dict[str, type[dy.Schema]] = SOURCE_TABLES | USER_TABLES
