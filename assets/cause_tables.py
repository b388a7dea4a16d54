"""The tables of the root-cause report: what rose, for whom, what coincides, what it costs, what was done."""

from __future__ import annotations

import dataframely as dy

from assets.table_columns import choice, count, date, flag, number, text, time

RISE_KINDS = ("new", "risen", "segment")


class ThemeRises(dy.Schema):
    """A theme with clearly more victims in the last whole week than usual. Victims: distinct tickets, copies count once."""

    theme_id = text("the theme")
    week = date("Monday of the last whole week")
    kind = choice(
        "new theme, risen above its usual range, or risen in one segment while the whole looks usual",
        RISE_KINDS,
    )
    tickets_week = count("victims in that week")
    usual_middle = number("mean of the up to 26 weeks before", nullable=True)
    usual_low = number("lower end of the usual range", nullable=True)
    usual_high = number("upper end of the usual range", nullable=True)
    excess = number(
        "victims a week above what was expected, since the rise began; what is over is told of a week, and what began "
        "within a day of a day"
    )
    excess_low = number("lower end of its 95 % interval")
    excess_high = number("upper end of its 95 % interval")
    rise_tickets = count("victims since the rise began beyond those expected")
    onset_at = time("the hour in which the rise began, the middle of what is likely", nullable=True)
    onset_low = time("earliest likely begin (95 % interval)", nullable=True)
    onset_high = time("latest likely begin (95 % interval)", nullable=True)
    is_ongoing = flag("it still lasts at the end of the week")
    ended_at = time("when it went back to the usual; empty while it lasts", nullable=True)
    rate_measure = text("what the rates are counted against: orders, logins, ...", nullable=True)
    rate_before = number("victims per 1,000 of it in the weeks before", nullable=True)
    rate_after = number(
        "victims per 1,000 of it since the rise began; of the whole week where that was over sooner",
        nullable=True,
    )
    from_customers = number(
        "of the change in victims a week: because there are more customers", nullable=True
    )
    from_rate = number("of the change: because customers write in more often", nullable=True)
    from_mix = number("of the change: because other customers are there than before", nullable=True)
    copies = count("near-duplicates since the rise began, not counted as victims")
    template_tickets = count("those of them whose text came 20 times or more, from 10 accounts or more")
    no_change_by = text(
        "attributes by which it is spread much as expected: each larger value between half and twice as often, for sure; "
        "such as region, channel",
        nullable=True,
    )
    confidence = choice(
        "how clear the rise is. weak: rise_tickets under 10, or excess_low not above 0; strong: rise_tickets of 20 or "
        "more, at least six standard deviations (the root of the victims expected) above what was expected; fair: between",
        ("strong", "fair", "weak"),
    )
    rank = count("1 is the first to read")


class RiseSegments(dy.Schema):
    """An attribute value, or a pair of them, that a rise has clearly more of than expected, or clearly no more of."""

    theme_id = text("the theme")
    rank = count("1 is the most telling")
    attribute = text("the attribute, for example platform")
    value = text("its value, for example android")
    attribute_2 = text("the second attribute of a pair", nullable=True)
    value_2 = text("its value", nullable=True)
    tickets = count("victims of the rise with this value")
    share = number("their share of the rise's victims, 0 to 1")
    share_before = number("share of the theme's victims in the weeks before, 0 to 1")
    share_expected = number(
        "share to expect: as before, moved as other themes moved it; for a value that is new, as other themes have now"
    )
    share_of_rise = number("how much of what came on top has this value, 0 to 1")
    lift = number("share divided by share_expected")
    lift_low = number("lower end of the 95 % interval of the lift")
    lift_high = number("upper end of the 95 % interval of the lift")
    q_value = number(
        "chance that this is noise (G-test), corrected for all comparisons of the week's rises (Benjamini-Hochberg)"
    )
    verdict = choice("over: clearly more; unchanged: clearly as expected", ("over", "unchanged"))
    compared_with = choice(
        "what share_expected rests on: the theme's own weeks before, the other themes' tickets since the rise began (for "
        "a value that is new, and a theme without a ticket before), or both (under ten tickets with the attribute before)",
        ("weeks before", "other themes", "both"),
    )


class RiseEvents(dy.Schema):
    """A calendar event about the time a rise began, by how well time and segment match. Coincidence, no proof."""

    theme_id = text("the theme")
    rank = count("1 matches best")
    event_id = text("the event in the calendar")
    kind = text("release, incident, campaign, ...")
    name = text("what people call it")
    starts_at = time("when it began")
    ends_at = time("when it ended", nullable=True)
    hours_before_onset = number("hours from its begin to the rise's; negative: it began after")
    timing_match = number("how well the times agree, 0 to 1")
    segment_match = number("how well those who write agree with those it concerns, 0 to 1")
    score = number("timing_match x segment_match x how readily an event of its kind brings a problem")
    shared_segment = text(
        "whom the event concerns, such as platform: android, where some of them write", nullable=True
    )
    is_named = flag("it matches well enough to be named in the headline")


class RiseImpact(dy.Schema):
    """What a rise has cost since it began."""

    theme_id = text("the theme")
    tickets = count("victims since the rise began")
    handle_minutes = number("minutes agents spent on them", nullable=True)
    handle_minutes_excess = number("the part of them that came on top of the expected", nullable=True)
    cost = number(
        "handle_minutes_excess at the hourly cost of an agent; empty where that is not set", nullable=True
    )
    sla_breached = count(
        "victims' tickets that broke a service target, by sla_instances; by the source's word where we cannot measure it",
        nullable=True,
    )
    sla_known = count("victims' tickets of which that is known", nullable=True)
    sla_breach_minutes = number(
        "minutes by which they have passed their targets; empty where we cannot measure it", nullable=True
    )
    csat = number("share of good ratings among them, 0 to 1", nullable=True)
    csat_low = number("lower end of its 95 % interval (Wilson)", nullable=True)
    csat_high = number("upper end of its 95 % interval", nullable=True)
    csat_matched = number(
        "share of good ratings of other themes' tickets, with the lines, user types and channels of rated_matched",
        nullable=True,
    )
    csat_points = number(
        "share of good ratings among rated_matched, less csat_matched, in percentage points", nullable=True
    )
    csat_points_low = number("lower end of its 95 % interval (Newcombe)", nullable=True)
    csat_points_high = number("upper end of its 95 % interval", nullable=True)
    rated = count("victims' tickets that were rated")
    rated_matched = count(
        "those of them that have rated tickets of other themes to be compared with; empty where under half have",
        nullable=True,
    )
    requesters = count(
        "people who wrote them 7 days ago or earlier; empty where it is not known who wrote", nullable=True
    )
    requesters_returned = count("of them those who wrote again within 7 days", nullable=True)


class RiseQuotes(dy.Schema):
    """Redacted tickets from within a rise, the most central first."""

    theme_id = text("the theme")
    rank = count("1 is the most central")
    source = text("where the ticket comes from")
    ticket_id = text("the ticket")
    text = text("its redacted text, shortened")


class RiseOwners(dy.Schema):
    """A team that a theme's tickets were linked to in the past."""

    theme_id = text("the theme")
    rank = count("1 has the most linked tickets")
    team = text("the team")
    linked_tickets = count("tickets of the theme linked to its issues")
    share = number("share of the theme's linked tickets, 0 to 1")


class RiseIssues(dy.Schema):
    """An issue of a partner team that tickets of a rising theme are linked to."""

    theme_id = text("the theme")
    rank = count("1 has the most tickets of the rise")
    issue_key = text("the issue")
    team = text("the team that has it", nullable=True)
    summary = text("its title", nullable=True)
    status = text("where it stands")
    created_at = time("when it was opened")
    resolved_at = time("when it was resolved; empty while it is open", nullable=True)
    linked_tickets = count("tickets of the rise linked to it")


class SimilarSolved(dy.Schema):
    """A solved ticket most like those of a rise: how it was solved may help."""

    theme_id = text("the theme")
    rank = count("1 is the most alike")
    source = text("where the ticket comes from")
    ticket_id = text("the ticket")
    solved_at = time("when it was solved")
    similarity = number("cosine similarity to the middle of the rise's texts")
    text = text("its redacted text, shortened")


class ActionVerdicts(dy.Schema):
    """An item of the action plan, and whether what it should move has moved since it began."""

    action_id = text("the action")
    theme_id = text("the theme it is against; empty where none is known", nullable=True)
    linked_by = choice("who says it is against that theme", ("person", "wording"), nullable=True)
    team = text("the team that does it", nullable=True)
    kind = text("fix, sop, training or tooling")
    name = text("what is done", nullable=True)
    status = text("planned, running, done or dropped")
    started_at = time("when it began", nullable=True)
    due_at = time("when it should be done", nullable=True)
    verdict = choice(
        "what the weeks since say",
        ("worked", "no evidence", "worse", "too early", "not started", "not measured"),
    )
    business_line = text("the only line it reaches; empty for all", nullable=True)
    region = text("the only region it reaches; empty for all", nullable=True)
    metric = text(
        "what it should move: tickets, handle_minutes, first_reply_minutes, csat or reopen_rate; another one is not "
        "measured"
    )
    method = choice(
        "how it was judged. interrupted time series: the weeks since against the weeks before, with a control; "
        "difference in differences: the same where it reached against where it did not",
        ("interrupted time series", "difference in differences"),
        nullable=True,
    )
    control = text("what it was compared with", nullable=True)
    before = number(
        "the metric's level in the weeks before: tickets a week, minutes (geometric mean), or a share from 0 to 1",
        nullable=True,
    )
    effect = number(
        "by how much the metric moved against the control, in its own unit, at the level before",
        nullable=True,
    )
    effect_low = number("lower end of its 95 % interval", nullable=True)
    effect_high = number("upper end of it; empty where it has no bound", nullable=True)
    change = number("the effect as a share of the level before: -0.4 is 40 % fewer", nullable=True)
    change_low = number("lower end of its 95 % interval", nullable=True)
    change_high = number("upper end of it; empty where it has no bound", nullable=True)
    weeks_before = count("whole weeks before it that were compared, 52 at most")
    weeks_after = count("whole weeks since it that were compared, 26 at most")


class RiseFollowup(dy.Schema):
    """What became of the themes of last week's report."""

    theme_id = text("the theme")
    was = choice("how it was reported", RISE_KINDS)
    tickets_then = count("victims in the week before")
    tickets_now = count("victims in the week of this report")
    usual_high = number("upper end of its usual range when it was reported", nullable=True)
    outcome = choice("how it went on", ("still above", "back to usual", "theme retired"))


class RiseWeek(dy.Schema):
    """The week that the report of rises is of, also where nothing rose; no row while there is no whole week."""

    week = date("Monday of the week")


CAUSE_TABLES: dict[str, type[dy.Schema]] = {
    "theme_rises": ThemeRises,
    "rise_segments": RiseSegments,
    "rise_events": RiseEvents,
    "rise_impact": RiseImpact,
    "rise_quotes": RiseQuotes,
    "rise_owners": RiseOwners,
    "rise_issues": RiseIssues,
    "similar_solved": SimilarSolved,
    "action_verdicts": ActionVerdicts,
    "rise_followup": RiseFollowup,
    "rise_week": RiseWeek,
}
