"""The tables of the fair comparison: vendors and groups against what others would have made of the same tickets."""

from __future__ import annotations

import dataframely as dy

from assets.table_columns import choice, count, date, number, text

METRICS = (
    "handle_minutes",
    "csat",
    "reopen_rate",
    "escalation_rate",
    "one_touch",
    "first_reply_minutes",
    "first_reply_within_target",
)
_METRIC_WORDS = (
    "minutes agents spent, share rated good, share reopened, share moved from tier 1 to tier 2, share solved with fewer "
    "than two agent replies, business minutes to the first reply, share of first replies within their target"
)


class _Compared(dy.Schema):
    tier = count("tier of the group")
    vendor = text("the vendor of the first group of the tier that had the ticket, or inhouse")
    metric = choice(_METRIC_WORDS, METRICS)
    unit = choice("minutes are geometric means, shares are 0 to 1", ("minutes", "share"))
    better = choice("which way is better", ("lower", "higher"))
    period_from = date("first day of the period, by the day a ticket was last solved")
    period_to = date("last day of the period")
    n = count("tickets with a value")
    observed = number("what it was")
    observed_low = number("lower end of the 95 % interval of an observed share (Wilson 1927)", nullable=True)
    observed_high = number("upper end", nullable=True)
    crude_others = number("what it was on the others' own tickets: no fair comparison")
    expected = number("what the others would have made of the same tickets, by the case mix")
    ratio = number("observed / expected")
    shrunk_ratio = number(
        "the ratio drawn towards 1 as far as it is uncertain: the best guess of a single one"
    )
    low = number("lower end of the 95 % interval of the ratio")
    high = number("upper end")
    limit_low_95 = number("where nothing is the matter the ratio lies above this, and ...")
    limit_high_95 = number("... below this, 95 times of 100")
    limit_low_998 = number("the same, 998 times of 1,000")
    limit_high_998 = number("the same, upper limit")
    verdict = choice(
        "worse or better: beyond chance, corrected for all verdicts of the table, and by more than 2 %; too few: fewer "
        "than 30 tickets, or alike ones of others are so few that a difference by half could not be told",
        ("worse", "better", "as expected", "too few"),
    )
    confidence = choice(
        "strong: one in a thousand by chance, or a difference of 10 % excluded; weak: not even 25 % is excluded",
        ("strong", "fair", "weak"),
    )


class VendorComparison(_Compared):
    """Vendors of a tier on like tickets in the last 13 whole weeks. No ranking: each is compared on its own tickets only."""


class VendorGroups(_Compared):
    """Groups against the other groups of their tier on like tickets, in the last 13 whole weeks: points of a funnel plot."""

    group_id = text(
        "the first group of the tier that had the ticket; where only two have a kind of tickets, each mirrors the other"
    )


class VendorCaseMix(dy.Schema):
    """What a vendor's kinds of tickets do to the result to expect: per metric the effects sum to expected - crude_others.

    Where that would be a share below 0 or above 1, expected is the nearest one that so many tickets can have.
    """

    tier = count("tier of the vendor's groups")
    vendor = text("the vendor")
    metric = choice("as in vendor_comparison", METRICS)
    attribute = text("an attribute of tickets, for example priority")
    value = text("its value; other: its rare values together; unknown: tickets without it")
    share = number("share of the vendor's tickets with this value", nullable=True)
    share_others = number("share of the others' tickets with it", nullable=True)
    effect_on_metric = number(
        "what this difference adds to the expected result, in the metric's unit; of pairs of values, half to each"
    )


VENDOR_TABLES: dict[str, type[dy.Schema]] = {
    "vendor_comparison": VendorComparison,
    "vendor_groups": VendorGroups,
    "vendor_case_mix": VendorCaseMix,
}
