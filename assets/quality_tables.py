"""The tables of audits: quality scores, whether reviewers agree, and which tickets to audit next."""

from __future__ import annotations

import dataframely as dy

from assets.table_columns import count, flag, number, text


class QualityScores(dy.Schema):
    """The internal quality score (IQS) of audits, by week, line, vendor and who reviewed; and of 13 whole weeks together."""

    week = dy.Date(
        nullable=True, description="Monday of the week of the review; empty: all 13 weeks together"
    )
    business_line = text("the line, or `all`")
    vendor = text("the vendor of the group that had the ticket first, `unknown`, or `all`")
    reviewer_kind = text("who reviewed: tier1, tier2 or qa")
    reviews = count("reviews that gave a score")
    iqs = number(
        "mean score of the reviews, 0 to 1; a review with a critical category under half its range scores 0"
    )
    low = number("lower end of its 95 % interval (bootstrap); empty with fewer than 5 reviews", nullable=True)
    high = number("upper end", nullable=True)
    critical_failures = count("reviews that failed by a critical category")
    is_of_all_tickets = flag(
        "most reviews are of tickets drawn at random, so those, weighed, stand for all; else of the reviewed ones only"
    )


class QualityAgreement(dy.Schema):
    """Whether reviewers of the same tickets score alike, by pair of reviewers and category, over 13 whole weeks."""

    pair = text("the two kinds of reviewers, such as tier1-qa; `all`: all kinds together")
    category = text("the category, or disposition: what the reviewer concluded")
    n = count("tickets that both reviewed; for `all`, at least two")
    raw_agreement = number("share of them scored the same by all")
    prevalence = number(
        "share of the most frequent score: with a high one, kappa is low after few disagreements"
    )
    kappa = number("Cohen's kappa; empty where chance alone agrees, and for `all`", nullable=True)
    kappa_low = number("lower end of its 95 % interval (bootstrap over tickets)", nullable=True)
    kappa_high = number("upper end", nullable=True)
    alpha = number(
        "Krippendorff's alpha, of scores in their order; empty where all are the same", nullable=True
    )
    alpha_low = number("lower end of its 95 % interval (bootstrap over tickets)", nullable=True)
    alpha_high = number("upper end", nullable=True)
    is_read_differently = flag(
        "the two read the category's procedure differently, beyond chance; corrected for all rows"
    )
    note = text("why, or that there are too few tickets to tell")


class NextAudits(dy.Schema):
    """Tickets to audit: a random sample, by vendor, line and risk, of those solved in each whole week.

    Every week's is kept as it was first drawn, so that a review finds its ticket's weight; the newest is to audit next.
    """

    drawn_on = dy.Date(nullable=False, description="the Sunday of the week it is of")
    rank = count("the order to audit in: any first part of the list is spread like the whole")
    source = text("where the ticket comes from")
    ticket_id = text("the ticket")
    stratum = text("what it was drawn from: vendor, line, and at risk (reopened or rated bad) or plain")
    probability = number("chance of this ticket to be drawn")
    weight = number("tickets it stands for, 1 / probability: with it a mean over the sample is unbiased")


class AuditStrata(dy.Schema):
    """What the tickets to audit were drawn from, by week. Strata of under ten tickets are put together."""

    drawn_on = dy.Date(nullable=False, description="the Sunday of the week")
    stratum = text("vendor, line, and at risk (reopened or rated bad) or plain")
    tickets = count("tickets solved in the week")
    # `sample` itself is a method of a schema.
    audits = dy.Int64(nullable=False, min=0, alias="sample", description="those of them to audit")
    probability = number("sample / tickets")


QUALITY_TABLES: dict[str, type[dy.Schema]] = {
    "quality_scores": QualityScores,
    "quality_agreement": QualityAgreement,
    "next_audits": NextAudits,
    "audit_strata": AuditStrata,
}
