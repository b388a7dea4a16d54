"""The tables of the staffing plan: people by hour, shift and week, who is missing, and what becomes of the backlog."""

from __future__ import annotations

import dataframely as dy

from assets import table_columns as column

_PROMISE = "the first-reply target"


class StaffingIntervals(dy.Schema):
    """The fewest people that keep the promises in each hour of the coming four weeks, by team."""

    made_on = column.date("last day the forecast knew")
    starts_at = dy.Datetime(
        nullable=False, time_unit="us", description="beginning of the interval, in the account's zone"
    )
    minutes = column.count("its length in minutes")
    business_line = column.text("the line of business")
    tier = column.text("the tier that does the work")
    vendor = column.text("whose people they are; all: nobody says")
    mode = column.choice(
        "live: somebody waits on the line or in the chat; async: messages", ("live", "async")
    )
    tickets = column.number("tickets expected; escalated ones count at tier 2 as messages")
    tickets_high = column.number("the same, p90")
    handle_minutes = column.number("minutes a ticket takes")
    agents = column.count(
        "people on the floor for this queue, who may serve others, too; for messages whole people whose sum over the "
        "week is right"
    )
    agents_high = column.count("the same for tickets_high")
    people = column.number(
        "people paid for, with shrinkage: the queue's share of those who serve several; a vendor's queues at a tier "
        "add up to what its shifts cover, but for whole shifts"
    )
    service_level = column.number("share answered or begun in time with so many, 0 to 1")
    occupancy = column.number("share of their time on the floor that is busy, 0 to 1")


class StaffingShifts(dy.Schema):
    """The fewest shifts that cover the intervals of the coming four weeks, shrinkage included."""

    made_on = column.date("last day the forecast knew")
    date = column.date("the day on which the shift begins")
    business_line = column.text("all: a vendor's shifts at a tier serve all its lines")
    tier = column.text("the tier")
    vendor = column.text("whose people they are; all: nobody says")
    shift_start = column.text("when it begins, such as 08:00, in the account's zone")
    shift_hours = column.number("how long it lasts")
    people = column.count("people who begin then")


class StaffingWeeks(dy.Schema):
    """People needed in each whole week ahead beside those employed, by team."""

    made_on = column.date("last day the forecast knew")
    week = column.date("Monday of the week")
    business_line = column.text("the line of business")
    tier = column.text("the tier that does the work")
    vendor = column.text("whose people they are; all: nobody says")
    tickets = column.number("tickets expected")
    tickets_low = column.number("the same, p10 of the week")
    tickets_high = column.number("the same, p90 of the week")
    hours = column.number("hours on the floor")
    people = column.number(
        "people employed that the work takes, shrinkage included; where covering every hour takes more, a note says so"
    )
    people_low = column.number("the same for tickets_low")
    people_high = column.number("the same for tickets_high")
    people_staffed = column.number("people employed, from staffing.csv", nullable=True)
    gap = column.number("people missing; 0 where there are enough", nullable=True)
    cost = column.number("what the people needed cost", nullable=True)
    because = column.text("events that move this week's tickets, with how many", nullable=True)


class StaffingAsks(dy.Schema):
    """People missing in a team over a run of weeks, the one to decide first on top."""

    rank = column.count("1 is the first to decide")
    business_line = column.text("the line of business")
    tier = column.text("the tier")
    vendor = column.text("whose people they are")
    people_more = column.count("people missing in the worst week, rounded up")
    from_date = column.date("first day they are needed")
    to_date = column.date("last day they are needed")
    decide_by = column.date("first day less the vendor's lead time")
    is_late = column.flag("that day has passed")
    because = column.text("events that take them", nullable=True)
    cost = column.number("what they cost over those weeks", nullable=True)


class BacklogAhead(dy.Schema):
    """Messages waiting for their first answer at a tier, day by day, with the people there are and with those asked for."""

    made_on = column.date("last day the forecast knew")
    date = column.date("the day")
    business_line = column.text("the line of business")
    tier = column.text("the tier")
    scenario = column.choice("with whom", ("as staffed", "with the ask"))
    arrivals = column.number("messages that arrive")
    backlog = column.number("messages not begun at the end of the day")
    oldest_hours = column.number("how long the oldest of them has waited then")
    within_sla = column.number(f"share of the day's messages begun within {_PROMISE}, 0 to 1")


class BacklogBack(dy.Schema):
    """When each queue's messages are back inside their targets for good."""

    business_line = column.text("the line of business")
    tier = column.text("the tier")
    scenario = column.choice("with whom", ("as staffed", "with the ask"))
    back_inside_sla_on = dy.Date(
        nullable=True,
        description="the first day; null: they never leave them, or are not back within the days ahead",
    )
    note = column.text("one plain sentence")


class StaffingNotes(dy.Schema):
    """What the plan assumed, and what it had to do without."""

    note = column.text("one plain sentence")


STAFFING_TABLES: dict[str, type[dy.Schema]] = {
    "staffing_intervals": StaffingIntervals,
    "staffing_shifts": StaffingShifts,
    "staffing_weeks": StaffingWeeks,
    "staffing_asks": StaffingAsks,
    "backlog_ahead": BacklogAhead,
    "backlog_back": BacklogBack,
    "staffing_notes": StaffingNotes,
}
