"""The tables that tell signal from noise: control charts of the daily figures, what stands out, and why volume moved."""

from __future__ import annotations

import dataframely as dy

from assets.table_columns import choice, count, date, number, text

_RULES = ("beyond a limit", "3 of 4 near a limit", "8 on one side")
_MEANINGS = ("worse", "better", "changed")
_LINE = "the line, `unknown`, or `all` for all lines together"


class KpiChart(dy.Schema):
    """Every daily figure of the last 26 weeks against the up to 13 weeks before its day (XmR chart, Wheeler 1993).

    The weekday's usual difference is taken out first. The usual range is the mean plus and minus 2.66 mean changes
    from one day to the next, on a scale on which chance is even, so that a day of few tickets has a wider one.
    """

    date = date("the day in the account's zone")
    business_line = text(_LINE)
    metric = text("the figure, as in kpi_days")
    value = number("tickets, minutes, a share from 0 to 1, or tickets per 1,000")
    weekday_effect = number("how much more than on other days is usual on this weekday", nullable=True)
    expected = number("what was to be expected; empty with fewer than 42 days before", nullable=True)
    low = number("lower limit of the usual range", nullable=True)
    high = number("upper limit of the usual range", nullable=True)
    rule = choice(
        "the rule by which the day is a signal; empty for none, for days that are not whole and for days with too few "
        "tickets. Near a limit is further than two thirds of the way to it; days in a row end with this one",
        _RULES,
        nullable=True,
    )
    denominator = number("what a median or a rate rests on; empty for plain counts", nullable=True)


class KpiWatched(dy.Schema):
    """Every watched figure in its last week, with how many days of it could be judged.

    A figure that is known late, as a CSAT while ratings come in, is judged in an earlier week than the others.
    """

    business_line = text(_LINE)
    metric = text("the figure, as in kpi_days")
    week = date("Monday of the last whole week of which every day has settled")
    value = number("the week's own figure; empty where the week has none", nullable=True)
    denominator = number("what it rests on; empty for plain counts", nullable=True)
    days_judged = count(
        "days of the week that could be judged: whole, of enough tickets, with enough days before them"
    )
    q_value = number(
        "chance that the week is noise: its farthest day or the whole of it, corrected for the number of figures "
        "(Benjamini-Hochberg); empty where no day could be judged",
        nullable=True,
    )


class KpiSignalsNow(dy.Schema):
    """What stood out in the last whole week: a rule holds, and chance over all charts together does not explain it.

    In a week in which nothing happened there is no row, 19 times out of 20. The first is the clearest.
    """

    business_line = text(_LINE)
    metric = text("the figure, as in kpi_days")
    week = date("Monday of the week it is judged in, as in kpi_watched")
    since = date(
        "first day of it; for eight on one side the first day in a row, which may lie before the week"
    )
    rule = choice("the strongest rule that held in the week", _RULES)
    days = count("days of the week on which a rule held")
    days_judged = count("days of the week that could be judged")
    farthest_on = date(
        "of the days on which the strongest rule held, the one farthest from what was to be expected"
    )
    value = number("the figure on that day")
    usual = number("what was to be expected of it")
    low = number("lower limit of its usual range")
    high = number("upper limit of its usual range")
    denominator = number("what the figure of that day rests on; empty for counts", nullable=True)
    direction = choice("what it means; volume by itself is neither worse nor better", _MEANINGS)
    q_value = number("chance that this is noise, as in kpi_watched")


class KpiChangePoints(dy.Schema):
    """A day on which the level of a daily figure changed, within the last 52 weeks, and what the calendar has about then.

    Levels last two weeks at least. An event beside a change is a coincidence in time, no proof.
    """

    business_line = text(_LINE)
    metric = text("the figure, as in kpi_days")
    changed_on = date("first day of the new level")
    before = number("the level before it, weekdays evened out")
    after = number("the level from then on, up to the next change")
    change_low = number("lower end of the 95 % interval of after - before")
    change_high = number("upper end of it")
    direction = choice("what it means", _MEANINGS)
    event_ids = text(
        "events that began or ended within 3 days, of the line or of all, nearest first", nullable=True
    )
    event_names = text("what people call them", nullable=True)


class VolumeChanges(dy.Schema):
    """Every weekly change in tickets of the last 52 weeks, split into customers, contact rate and mix, which sum to it.

    A line has no row for weeks in which its tickets are not all here, and all lines together have none then either.
    """

    week = date("Monday of a whole week")
    business_line = text(_LINE)
    user_type = text("who wrote, or `all`")
    compared_with = choice("what the week is compared with", ("week before", "four weeks before"))
    tickets = number("tickets created in the week")
    tickets_before = number("the same in the week before, or a week in the four weeks before")
    change = number("tickets - tickets_before")
    from_customers = number(
        "of it: because there were more orders, logins, ...; the three are empty where fewer than 8 in 10 tickets have "
        "such a denominator, or where more than 2 in 100 have it in one of the times only",
        nullable=True,
    )
    from_rate = number("of it: because customers wrote in more often", nullable=True)
    from_mix = number(
        "of it: because other regions, user types or lines had more of the customers", nullable=True
    )
    rate_measure = text(
        "what the tickets are counted against: orders, logins, ..., that of most tickets first", nullable=True
    )


SIGNAL_TABLES: dict[str, type[dy.Schema]] = {
    "kpi_chart": KpiChart,
    "kpi_watched": KpiWatched,
    "kpi_signals_now": KpiSignalsNow,
    "kpi_change_points": KpiChangePoints,
    "volume_changes": VolumeChanges,
}
