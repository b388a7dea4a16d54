"""The tables of a what-if: a scenario beside the plan as it stands, by day and by week."""

from __future__ import annotations

import dataframely as dy

from assets import table_columns as column

_UNKNOWN = "null where nobody says how many people there are"


class WhatIfDays(dy.Schema):
    """Tickets, backlog and promises of each day ahead, as it stands (baseline) and with the event asked about."""

    scenario = column.text("what was asked, in words")
    date = column.date("day in the account's zone")
    business_line = column.text("the line of business")
    tier = column.text("the tier that does the work")
    expected_baseline = column.number("tickets expected as it stands")
    expected = column.number("tickets expected with the event")
    added = column.number("tickets that the event adds")
    added_low = column.number("the same, p10")
    added_high = column.number("the same, p90")
    backlog_baseline = column.number(
        f"messages waiting at the day's end as it stands; {_UNKNOWN}", nullable=True
    )
    backlog = column.number(f"the same with the event; {_UNKNOWN}", nullable=True)
    within_sla_baseline = column.number(
        f"share of the day's messages answered within target as it stands, 0 to 1; {_UNKNOWN}", nullable=True
    )
    within_sla = column.number(f"the same with the event; {_UNKNOWN}", nullable=True)


class WhatIfWeeks(dy.Schema):
    """Tickets, people, backlog and promises of each whole week ahead, as it stands (baseline) and with the event."""

    scenario = column.text("what was asked, in words")
    week = column.date("Monday of the week")
    business_line = column.text("the line of business")
    tier = column.text("the tier that does the work")
    tickets_baseline = column.number("tickets expected as it stands")
    tickets = column.number("tickets expected with the event")
    added = column.number("tickets that the event adds")
    added_low = column.number("the same, p10")
    added_high = column.number("the same, p90")
    people_baseline = column.number("people needed as it stands")
    people = column.number("people needed with the event")
    people_low = column.number("the same where it adds its p10")
    people_high = column.number("the same where it adds its p90")
    people_staffed = column.number(f"people employed; {_UNKNOWN}", nullable=True)
    cost_baseline = column.number(
        "cost of the people needed as it stands; null without a cost", nullable=True
    )
    cost = column.number("the same with the event", nullable=True)
    backlog_baseline = column.number(
        f"messages waiting at the week's end as it stands; {_UNKNOWN}", nullable=True
    )
    backlog = column.number(f"the same with the event; {_UNKNOWN}", nullable=True)
    within_sla_baseline = column.number(
        f"share of the week's messages answered within target as it stands, 0 to 1; {_UNKNOWN}", nullable=True
    )
    within_sla = column.number(f"the same with the event; {_UNKNOWN}", nullable=True)


WHAT_IF_TABLES: dict[str, type[dy.Schema]] = {"what_if_days": WhatIfDays, "what_if_weeks": WhatIfWeeks}
