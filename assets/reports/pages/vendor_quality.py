"""Quality as reviewers see it: scores, where tiers and QA read the SOP differently, and which tickets to audit next."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.reports import wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import ALL, of_line, of_vendor
from assets.reports.privacy import hide_small_cells, plain_texts
from assets.reports.snapshot_tables import Snapshot
from assets.reports.summed_counts import Count, hide_summed_counts

AUDITS_SHOWN = 10
_PAIRS = {
    "tier1-qa": "tier 1 and QA",
    "tier2-qa": "tier 2 and QA",
    "tier1-tier2": "tier 1 and tier 2",
    "all": "all of them",
}
_SCORES = (
    Column("line", "Business line"),
    Column("team", "Vendor"),
    Column(
        "iqs",
        "Quality score",
        "share",
        "Mean of the reviews (IQS); a review with a failed critical category counts 0.",
    ),
    Column(
        "says_of",
        "Of",
        meaning="All tickets solved, where most reviewed ones were drawn at random; they are weighed.",
    ),
    Column("low", "Likely", "share", "With 95 % confidence.", until="high"),
    Column("reviews", "Reviews", "count"),
    Column("critical_failures", "Critical failures", "count"),
)
_AGREEMENT = (
    Column("category_text", "Category"),
    Column("who", "Between"),
    Column("raw_agreement", "Agree", "share", "Of the tickets they both reviewed."),
    Column(
        "kappa", "Kappa", "ratio", "Agreement beyond chance: 1 is always, 0 is what chance alone would give."
    ),
    Column("kappa_low", "Likely", "ratio", "With 95 % confidence.", until="kappa_high"),
    Column(
        "alpha",
        "Alpha",
        "ratio",
        "Like kappa, but scores count as in order: near ones differ less (Krippendorff).",
    ),
    Column(
        "prevalence",
        "Commonest score",
        "share",
        "Its share of all scores: where it is near 100 %, kappa is low by itself.",
    ),
    Column("n", "Tickets", "count"),
    Column("verdict", "Read differently?"),
)
_AUDITS = (
    Column("ticket_id", "Ticket"),
    Column("source", "Source"),
    Column("stratum_text", "Drawn from"),
    Column("weight", "Stands for", "ratio", "Tickets solved in the week that it stands for."),
)
_STRATA = (
    Column("stratum_text", "Drawn from"),
    Column("tickets", "Tickets", "count"),
    Column("sample", "To audit", "count"),
    Column("probability", "Chance of each", "share"),
)


@dataclass(frozen=True)
class Quality:
    """The sections on quality. differing: categories that are read differently, each with between whom."""

    finding: str
    differing: tuple[str, ...]
    differing_says: str
    agreement: PublishedTable | None
    scores: PublishedTable | None
    scores_say: str
    strata: PublishedTable | None
    audits: PublishedTable | None


def read_quality(snapshot: Snapshot, data: DataFolder) -> Quality | None:
    """The sections as of now; publishes scores, agreement, strata and audits. None without any review."""
    agreement = _agreement(snapshot, data)
    scores, scores_say = _scores(snapshot, data)
    strata, audits = _audits(snapshot, data)
    if agreement is None and scores is None and audits is None:
        return None
    differing = _differing(agreement)
    return Quality(
        finding=_finding(differing),
        differing=differing,
        differing_says=_differing_says(agreement),
        agreement=agreement,
        scores=scores,
        scores_say=scores_say,
        strata=strata,
        audits=audits,
    )


def _finding(differing: tuple[str, ...]) -> str:
    count = len(differing)
    if not count:
        return ""
    categories = "category is" if count == 1 else "categories are"
    return f"{wording.sentence(wording.number_word(count))} {categories} read differently."


def _agreement(snapshot: Snapshot, data: DataFolder) -> PublishedTable | None:
    frame = snapshot.table("quality_agreement").pipe(plain_texts, ["pair", "category", "note"])
    follow = (
        "raw_agreement",
        "prevalence",
        "kappa",
        "kappa_low",
        "kappa_high",
        "alpha",
        "alpha_low",
        "alpha_high",
    )
    frame = hide_small_cells(frame, "n", dependents=follow)
    if not frame["raw_agreement"].count():
        return None
    flag = pl.col("is_read_differently").fill_null(False) & pl.col("raw_agreement").is_not_null()
    frame = frame.with_columns(
        category_text=pl.Series([_category(name) for name in frame["category"].to_list()], dtype=pl.String),
        who=pl.Series([_pair(pair) for pair in frame["pair"].to_list()], dtype=pl.String),
        verdict=pl.when(flag)
        .then(pl.lit("yes"))
        .when(pl.col("note") == "too few tickets")
        .then(pl.lit("too few"))
        .otherwise(pl.lit("no")),
    ).sort(pl.col("verdict") != "yes", "category_text", "pair")
    caption = "How far reviewers agree, by category"
    data.publish(PublishedTable("quality_agreement", caption, frame))
    pairs = frame.filter(pl.col("pair") != ALL)
    tones = tuple("worse" if verdict == "yes" else "usual" for verdict in pairs["verdict"].to_list())
    return PublishedTable("quality_agreement", caption, pairs, _AGREEMENT, tones=tones)


def _category(name: str | None) -> str:
    return wording.sentence(wording.readable(name or "all categories"))


def _pair(pair: str | None) -> str:
    return _PAIRS.get(pair or "", wording.readable(pair or ""))


def _differing(agreement: PublishedTable | None) -> tuple[str, ...]:
    if agreement is None:
        return ()
    return tuple(agreement.frame.filter(verdict="yes")["category_text"].unique(maintain_order=True).to_list())


def _differing_says(agreement: PublishedTable | None) -> str:
    """`Refund amount (tier 1 and QA; tier 1 and tier 2).`"""
    if agreement is None:
        return ""
    apart = agreement.frame.filter(verdict="yes").group_by("category_text", maintain_order=True).agg("who")
    told = [f"{row['category_text']} ({'; '.join(row['who'])})" for row in apart.iter_rows(named=True)]
    return f"{wording.listing(told)}." if told else ""


def _scores(snapshot: Snapshot, data: DataFolder) -> tuple[PublishedTable | None, str]:
    """Scores of the last 13 weeks by vendor, as QA sees them; the weeks are in the file."""
    frame = snapshot.table("quality_scores").pipe(plain_texts, ["business_line", "vendor", "reviewer_kind"])
    counts = (Count("reviews", tells=("iqs", "low", "high", "critical_failures")), Count("critical_failures"))
    of_all = pl.col("is_of_all_tickets").fill_null(False)
    frame = frame.with_columns(
        says_of=pl.when(of_all).then(pl.lit("all tickets")).otherwise(pl.lit("those reviewed"))
    )
    frame = hide_summed_counts(
        frame, counts, keys=["week", "reviewer_kind"], over=["business_line", "vendor"]
    )
    data.publish(PublishedTable("quality_scores", "Quality scores by week, line and vendor", frame))
    kinds = frame["reviewer_kind"].unique().to_list()
    kind = next((kind for kind in ("qa", ALL, *kinds) if kind in kinds), None)
    by_kind = pl.col("reviewer_kind") == (kind or "")
    recent = frame.filter(pl.col("week").is_null(), by_kind).drop_nulls("iqs")
    if not recent.height:
        return None, ""
    recent = recent.filter((pl.col("business_line") == ALL) | (pl.col("vendor") == ALL))
    recent = recent.with_columns(
        line=pl.Series([of_line(line) for line in recent["business_line"].to_list()], dtype=pl.String),
        team=pl.Series([of_vendor(vendor) for vendor in recent["vendor"].to_list()], dtype=pl.String),
    ).sort(pl.col("business_line") != ALL, "line", pl.col("vendor") != ALL, "team")
    total = recent.filter(business_line=ALL, vendor=ALL).to_dicts()
    says = ""
    if total:
        row = total[0]
        says = (
            f"QA scored {wording.plural(row['reviews'], 'ticket')} of the last 13 weeks at {wording.share(row['iqs'])} "
            f"({wording.between('share', row['low'], row['high'])}). {_says_of(row['is_of_all_tickets'])}"
        )
    return PublishedTable("quality_scores", "Quality scores of the last 13 weeks", recent, _SCORES), says


def _says_of(is_of_all_tickets: bool | None) -> str:
    if is_of_all_tickets:
        return "They were drawn at random and are weighed, so the score is of all tickets solved."
    return (
        "The score is of the tickets reviewed, not of all: who chooses what to review moves it. Reviews of the tickets "
        "below would give one of all tickets."
    )


def _audits(snapshot: Snapshot, data: DataFolder) -> tuple[PublishedTable | None, PublishedTable | None]:
    newest = pl.col("drawn_on").eq_missing(pl.col("drawn_on").max())
    strata = snapshot.table("audit_strata").filter(newest).pipe(plain_texts, ["stratum"])
    audits = snapshot.table("next_audits", order_by="rank").filter(newest)
    audits = audits.pipe(plain_texts, ["source", "ticket_id", "stratum"])
    if not audits.height:
        return None, None
    strata = _with_text(hide_small_cells(strata, "tickets", dependents=["probability"]))
    # A chance tells how many tickets it is one of: only a week of under ten tickets has such a stratum.
    small = strata.filter(pl.col("tickets").is_null())["stratum"].to_list()
    audits = _with_text(audits).with_columns(is_hidden=pl.col("stratum").is_in(small))
    shown = pl.when(~pl.col("is_hidden"))
    audits = audits.with_columns(shown.then(pl.col(name)).alias(name) for name in ("probability", "weight"))
    return (
        data.publish(PublishedTable("audit_strata", "What the next audits are drawn from", strata, _STRATA)),
        data.publish(
            PublishedTable("next_audits", "Tickets to audit next", audits, _AUDITS, shown=AUDITS_SHOWN)
        ),
    )


def _with_text(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [
        ", ".join(wording.readable(part) for part in (stratum or "").split(" · "))
        for stratum in frame["stratum"].to_list()
    ]
    return frame.with_columns(stratum_text=pl.Series(texts, dtype=pl.String))
