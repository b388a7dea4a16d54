"""The tables of the hourly forecast and of surges: what is on, since when, how it may go on, who is behind it."""

from __future__ import annotations

import dataframely as dy

from assets.table_columns import choice, count, date, flag, number, text, time

SCOPES = ("total", "business_line", "region", "theme")


class ForecastHourly(dy.Schema):
    """Tickets expected in each hour of the coming four weeks, by business line, channel and tier."""

    made_on = date("last day the forecast knew")
    business_line = text("the line of business")
    channel = text("the channel")
    tier = text("tier at which the tickets arrive")
    starts_at = time("beginning of the hour, in the account's zone")
    minutes = count("its length")
    expected = number("tickets expected; the hours of a day sum to the daily forecast")
    low_80 = number("lower end of the 80 % interval")
    high_80 = number("upper end of the 80 % interval")
    is_holiday = flag("a holiday for most of these tickets")


class SurgeAlarms(dy.Schema):
    """Times at which many more tickets came than usual, as the alarm would have sounded, of the last 90 days."""

    alarm_id = text("the alarm")
    scope = choice("what surged", SCOPES)
    business_line = text("the line of business, for that scope", nullable=True)
    region = text("the region, for that scope", nullable=True)
    theme_id = text("the theme, for that scope", nullable=True)
    started_at = time("beginning of the first hour above the usual")
    detected_at = time("end of the hour that sounded the alarm")
    ended_at = time("when it was back to the usual; empty while it lasts", nullable=True)
    is_ongoing = flag("it still lasts; it is over after 24 quiet hours")
    usual_hourly = number("tickets an hour that are usual at those times")
    peak_hourly = number("most tickets in an hour")
    tickets = count("tickets since the start, the usual ones included")
    excess = number("tickets above the usual since the start")
    excess_low = number("lower end of its 95 % interval")
    excess_high = number("upper end of its 95 % interval")
    template_tickets = count("those of the tickets that are copies of one text sent by many accounts")


class SurgeHours(dy.Schema):
    """The hours of a surge and the three days before, 14 days at most."""

    alarm_id = text("the alarm")
    hour = time("beginning of the hour")
    tickets = count("tickets that came")
    usual = number("tickets that are usual, by what was known before")
    alarm_level = number("tickets that would sound the alarm in one hour")


class SurgeCourse(dy.Schema):
    """How a surge that is on is likely to go on in the coming 14 days."""

    alarm_id = text("the alarm")
    date = date("the day (UTC); the first counts from now on")
    expected_excess = number("tickets above the usual")
    low_80 = number("lower end of the 80 % interval")
    high_80 = number("upper end of the 80 % interval")


class SurgeTickets(dy.Schema):
    """Tickets behind a surge, victims before copies, those first whose theme has grown most."""

    alarm_id = text("the alarm")
    rank = count("1 is the first to read")
    source = text("where the ticket comes from")
    ticket_id = text("the ticket")
    theme_id = text("its theme; empty for a ticket that was not escalated", nullable=True)
    is_template = flag("a copy of one text sent by many accounts")
    text = text("its redacted text, shortened")


class SurgePeople(dy.Schema):
    """What a surge that is on takes in people, at the tickets a person works off in the staffing plan."""

    alarm_id = text("the alarm")
    date = date("the day (UTC)")
    tier = text("the tier that does the work")
    tickets_more = number("tickets more than without the surge; at tier 2 by the escalation rate")
    tickets_more_high = number("the same, p90")
    people_more = number("people more for them on that day, shrinkage included")
    people_more_high = number("the same, p90")


HOURLY_TABLES: dict[str, type[dy.Schema]] = {"forecast_hourly": ForecastHourly}
SURGE_TABLES: dict[str, type[dy.Schema]] = {
    "surge_alarms": SurgeAlarms,
    "surge_hours": SurgeHours,
    "surge_course": SurgeCourse,
    "surge_tickets": SurgeTickets,
}
SURGE_PEOPLE_TABLES: dict[str, type[dy.Schema]] = {"surge_people": SurgePeople}
