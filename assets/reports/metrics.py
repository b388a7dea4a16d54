"""The KPIs the pages show: what they are called, their unit, and which way is worse."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.reports import wording


@dataclass(frozen=True)
class Metric:
    """A KPI of `kpi_signals`. worse: 'above' or 'below' its usual range, None where neither is bad by itself."""

    name: str
    label: str
    unit: str
    worse: str | None
    meaning: str
    denominator: str | None = None  # what a share is a share of; counts need none

    @property
    def in_a_sentence(self) -> str:
        """`backlog`, `CSAT`: the label without a capital that is only for the start of a line."""
        first = self.label.split()[0]
        return self.label if first.isupper() else self.label[:1].lower() + self.label[1:]

    def tone(self, verdict: str | None) -> str:
        """`worse`, `better`, `changed` or `usual`: the tone of a verdict."""
        if verdict not in ("above", "below"):
            return "usual"
        if self.worse is None:
            return "changed"
        return "worse" if verdict == self.worse else "better"


METRICS = (
    Metric("tickets_created", "Tickets created", "count", None, "Tickets that customers opened in the week."),
    Metric("tickets_solved", "Tickets solved", "count", None, "Tickets solved in the week."),
    Metric(
        "backlog",
        "Backlog",
        "count",
        "above",
        "Tickets neither solved, closed nor deleted at the end of the week.",
    ),
    Metric(
        "first_reply_minutes_median",
        "First reply, median",
        "minutes",
        "above",
        "From creation to the first public reply of an agent. Half of the tickets were answered sooner.",
        "tickets answered",
    ),
    Metric(
        "first_reply_minutes_p90",
        "First reply, slowest tenth",
        "minutes",
        "above",
        "Nine of ten tickets had their first reply sooner than this.",
        "tickets answered",
    ),
    Metric(
        "full_resolution_minutes_median",
        "Time to resolution, median",
        "minutes",
        "above",
        "From creation to the latest time the ticket was solved. Half of the tickets took less.",
        "tickets solved",
    ),
    Metric(
        "full_resolution_minutes_p90",
        "Time to resolution, slowest tenth",
        "minutes",
        "above",
        "Nine of ten tickets were solved sooner than this.",
        "tickets solved",
    ),
    Metric(
        "csat",
        "CSAT",
        "share",
        "below",
        "Good ratings out of all ratings. Customers who did not answer are in neither.",
        "ratings",
    ),
    Metric(
        "csat_response_rate",
        "CSAT response rate",
        "share",
        "below",
        "Of those asked for a rating, how many gave one.",
        "asked",
    ),
    Metric(
        "reopen_rate",
        "Reopened",
        "share",
        "above",
        "Solved tickets that were opened again.",
        "tickets",
    ),
    Metric(
        "escalation_rate",
        "Escalations per new ticket",
        "share",
        None,
        "Tickets passed on to tier 2 in the week, older ones too, against new ones of tier 1; it can exceed 100 %.",
        "tickets",
    ),
)
METRIC = {metric.name: metric for metric in METRICS}

_TARGETS = Metric(
    "sla_target_share",
    "Targets kept",
    "share",
    "below",
    "Targets kept out of those kept or broken.",
    "targets",
)
_TICKETS_KEPT = Metric(
    "sla_ticket_share",
    "Tickets with all targets kept",
    "share",
    "below",
    "Of the tickets of which every target was decided; in the week the last one was.",
    "tickets",
)
_FIRST_CONTACT = Metric(
    "first_contact_rate",
    "Solved at the first contact",
    "share",
    "below",
    "Not reopened, and no new ticket of the same customer on the same theme within 7 days.",
    "tickets solved",
)
_NEXT_REPLY = Metric(
    "next_reply_minutes_median",
    "Next reply, median",
    "minutes",
    "above",
    "From a customer's message after the first reply to the next public reply. Half of the messages were answered sooner.",
    "replies",
)
_ONE_TOUCH = Metric(
    "one_touch_rate",
    "Solved with at most one reply",
    "share",
    "below",
    "Of the tickets solved, those with fewer than two agent replies.",
    "tickets solved",
)
_COVERAGE = Metric(
    "csat_coverage",
    "CSAT coverage",
    "share",
    "below",
    "Of all tickets solved, how many were rated, whether their customer was asked or not.",
    "tickets solved",
)
_QUALITY = Metric(
    "iqs",
    "Quality score",
    "share",
    "below",
    "Mean score of the tickets that QA reviewed (IQS); a critical fault makes a review count as 0.",
    "reviews",
)
_OF_DAYS = {
    metric.name: metric
    for metric in (_TARGETS, _TICKETS_KEPT, _FIRST_CONTACT, _NEXT_REPLY, _ONE_TOUCH, _COVERAGE, _QUALITY)
}
_PER_1000 = "contact_rate_"


def kpi(name: str) -> Metric:
    """A KPI of `kpi_days` by its name: one of `METRICS`, a contact rate, or one that is told by its name alone."""
    if name in METRIC:
        return METRIC[name]
    if name in _OF_DAYS:
        return _OF_DAYS[name]
    if name.startswith(_PER_1000):
        measure = wording.readable(name.removeprefix(_PER_1000))
        return Metric(
            name,
            f"Contact rate per 1,000 {measure}",
            "number",
            "above",
            f"Tickets for every 1,000 {measure} of the customers whose {measure} are counted.",
            measure,
        )
    unit = "minutes" if "minutes" in name else "share" if name.endswith(("rate", "share")) else "count"
    return Metric(name, wording.sentence(wording.readable(name)), unit, None, "")


def is_contact_rate(name: str) -> bool:
    """Whether a KPI of this name is a contact rate."""
    return name.startswith(_PER_1000)


def is_per_1000(metric: pl.Expr) -> pl.Expr:
    """Whether a KPI is a contact rate: tickets for every 1,000 of its denominator."""
    return metric.str.starts_with(_PER_1000)
