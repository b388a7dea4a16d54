"""Vendors and groups against what the others would have made of the same tickets; by name, never ranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.reports import charts, operations_charts, wording
from assets.reports.data_tables import Column, DataFolder, PublishedTable
from assets.reports.pages.metric_words import of_vendor
from assets.reports.privacy import hide_revealing_rate, hide_small_cells, plain_texts
from assets.reports.snapshot_tables import Snapshot

LOOKS_WORSE = 1.05  # observed over the others' from which a difference is noticed
ALL_EXPLAINED = 0.95  # of it: what is left is not worth a word
EFFECTS_NAMED = 3
LABELS = {
    "handle_minutes": "Handle time",
    "csat": "CSAT",
    "reopen_rate": "Reopen rate",
    "escalation_rate": "Escalation rate",
    "one_touch": "Solved with one reply",
    "first_reply_minutes": "First reply time",
    "first_reply_within_target": "First reply in time",
}
_SURE = {"strong": "We are sure of it.", "fair": "Probably so.", "weak": "It may be chance."}
_NO_DIFFERENCE = {
    "strong": "Even a difference of 10 % can be ruled out.",
    "fair": "A difference of 25 % can be ruled out, a smaller one not.",
    "weak": "A difference could still hide behind few tickets.",
}
_VERDICT_TONES = {"worse": "worse", "better": "better"}
_FOLLOW = (
    "observed",
    "observed_low",
    "observed_high",
    "crude_others",
    "expected",
    "ratio",
    "shrunk_ratio",
    "low",
    "high",
    "limit_low_95",
    "limit_high_95",
    "limit_low_998",
    "limit_high_998",
)
_COLUMNS = (
    Column("team", "Vendor and tier"),
    Column("label", "Result"),
    Column(
        "n",
        "Tickets",
        "count",
        "Those it had first in the tier, with all that came of them; of CSAT, the rated ones.",
    ),
    Column(
        "observed",
        "Observed",
        "row",
        "Minutes: the geometric mean, which a few very long tickets do not drag along. Handle time is of everybody who "
        "worked on the ticket.",
    ),
    Column("observed_low", "Observed, likely", "row", "With 95 % confidence.", until="observed_high"),
    Column("crude_others", "Others", "row", "Of the other vendors of the tier, whatever their tickets."),
    Column("expected", "Expected", "row", "What the others would have made of the same tickets."),
    Column("ratio", "Times expected", "ratio"),
    Column("low", "Likely", "ratio", "With 95 % confidence.", until="high"),
    Column("verdict", "Verdict"),
)


@dataclass(frozen=True)
class Told:
    """A vendor's comparisons in words: who, and for each result its numbers and how sure that is."""

    finding: str
    results: tuple[tuple[str, str], ...]
    tone: str


@dataclass(frozen=True)
class Comparison:
    """The section: what the tickets do not explain, what they do, a funnel for each result and tier, the table."""

    finding: str
    period: str
    judged: int
    worse: int
    better: int
    unexplained: tuple[Told, ...]
    explained: tuple[Told, ...]
    as_expected: str
    funnels: tuple[tuple[str, charts.Chart], ...]
    table: PublishedTable


def read_comparison(snapshot: Snapshot, data: DataFolder) -> Comparison | None:
    """The section as of now; publishes the three tables. None where no vendor was compared."""
    frame = snapshot.table("vendor_comparison").pipe(plain_texts, ["tier", "vendor", "metric", "verdict"])
    if not frame.height:
        return None
    frame = _told(_hidden(frame, ["tier", "metric"])).sort("tier", "vendor", "label")
    mix = snapshot.table("vendor_case_mix").pipe(
        plain_texts, ["tier", "vendor", "metric", "attribute", "value"]
    )
    groups = snapshot.table("vendor_groups").pipe(
        plain_texts, ["group_id", "tier", "vendor", "metric", "verdict"]
    )
    groups = _hidden(groups, ["tier", "metric"])
    data.publish(PublishedTable("vendor_case_mix", "What the tickets of each vendor explain", mix))
    data.publish(PublishedTable("vendor_groups", "Groups against what their tickets let expect", groups))
    tones = tuple(_VERDICT_TONES.get(verdict or "", "usual") for verdict in frame["verdict"].to_list())
    table = data.publish(
        PublishedTable(
            "vendor_comparison", "Vendors against what their tickets let expect", frame, _COLUMNS, tones=tones
        )
    )
    rows = [row for row in frame.iter_rows(named=True) if row["ratio"] is not None]
    apart = [row for row in rows if row["verdict"] in _VERDICT_TONES]
    apart.sort(key=lambda row: row["verdict"] != "worse")
    explained = [row for row in rows if row["verdict"] == "as expected" and _looks_worse(row)]
    return Comparison(
        finding=_finding(apart, rows),
        period=_period(frame),
        judged=sum(row["verdict"] != "too few" for row in rows),
        worse=sum(row["verdict"] == "worse" for row in apart),
        better=sum(row["verdict"] == "better" for row in apart),
        unexplained=_by_team(apart, _unexplained),
        explained=_by_team(explained, lambda row: _explained(row, mix)),
        as_expected=_as_expected(frame),
        funnels=_funnels(groups),
        table=table,
    )


def _hidden(frame: pl.DataFrame, within: list[str]) -> pl.DataFrame:
    """Comparisons of few tickets hidden, and shares that tell of few."""
    is_share = pl.col("unit") == "share"
    shares = frame.filter(is_share).pipe(hide_small_cells, "n", within=[within], dependents=_FOLLOW)
    shares = shares.pipe(hide_revealing_rate, "observed", "n", dependents=_FOLLOW[1:])
    rest = frame.filter(~is_share).pipe(hide_small_cells, "n", dependents=_FOLLOW)
    joined = pl.concat([shares, rest])
    # A verdict on what is hidden would tell which way it lies.
    return joined.with_columns(
        verdict=pl.when(pl.col("ratio").is_not_null()).then("verdict").otherwise(pl.lit("too few"))
    )


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    teams = [_team(row) for row in frame.iter_rows(named=True)]
    labels = [label(metric) for metric in frame["metric"].to_list()]
    return frame.with_columns(
        team=pl.Series(teams, dtype=pl.String), label=pl.Series(labels, dtype=pl.String)
    )


def _team(row: dict[str, Any]) -> str:
    """`Brightline, tier 1`."""
    return f"{of_vendor(row['vendor'])}, tier {row['tier']}"


def label(metric: str) -> str:
    """`Reopened`: what a result is called."""
    return LABELS.get(metric, wording.sentence(wording.readable(metric)))


def _of(metric: str) -> str:
    name = label(metric)
    return name if name.isupper() else name[:1].lower() + name[1:]


def _finding(apart: list[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    """`Brightline, tier 1 is worse than its tickets explain in one of 14 comparisons.`"""
    worse = [row for row in apart if row["verdict"] == "worse"]
    if not apart:
        return "No vendor stands out beyond what its tickets and chance explain."
    chosen = worse or apart
    word = "worse" if worse else "better"
    teams = list(dict.fromkeys(_team(row) for row in chosen))
    if len(teams) == 1:
        results = wording.listing([_of(row["metric"]) for row in chosen])
        return f"{teams[0]}, is {word} than its tickets explain: {results}."
    many = wording.sentence(wording.number_word(len(chosen)))
    return f"{many} of {len(rows)} comparisons are {word} than their tickets explain."


def _period(frame: pl.DataFrame) -> str:
    first, last = frame["period_from"].min(), frame["period_to"].max()
    if first is None or last is None:
        return "Up to now"
    return f"{wording.day(first)} to {wording.day(last, year=True)}"  # type: ignore[arg-type]


def _looks_worse(row: dict[str, Any]) -> bool:
    """Whether the crude numbers set a vendor apart to its disadvantage."""
    if not row["crude_others"] or row["observed"] is None:
        return False
    times = row["observed"] / row["crude_others"]
    return bool(times > LOOKS_WORSE if row["better"] == "lower" else times < 1 / LOOKS_WORSE)


def _by_team(
    rows: list[dict[str, Any]], told: Callable[[dict[str, Any]], tuple[str, str]]
) -> tuple[Told, ...]:
    """The comparisons of each vendor and verdict together, in their order."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((_team(row), row["verdict"]), []).append(row)
    return tuple(
        Told(f"{team}: {verdict}", tuple(told(row) for row in own), _VERDICT_TONES.get(verdict, "usual"))
        for (team, verdict), own in groups.items()
    )


def _unexplained(row: dict[str, Any]) -> tuple[str, str]:
    """`Reopened 9.1 %, where 6.8 % was to be expected of its tickets: 1.34 times (1.20 to 1.48).`"""
    expected = wording.show(row["unit"] or "number", row["expected"])
    numbers = (
        f"{label(row['metric'])}: {_observed(row)}, where {expected} was to be expected of its "
        f"tickets: {wording.ratio(row['ratio'])} times "
        f"({wording.between('ratio', row['low'], row['high'])})"
    )
    return f"{numbers}.", _SURE.get(row["confidence"] or "", "")


def _explained(row: dict[str, Any], mix: pl.DataFrame) -> tuple[str, str]:
    """`Handle time: 14 min (900 tickets) against 11 min of the others. 13 min was to be expected of its tickets: ...`"""
    unit = row["unit"] or "number"
    others, expected = (wording.show(unit, row[name]) for name in ("crude_others", "expected"))
    numbers = (
        f"{label(row['metric'])}: {_observed(row)} against {others} of the others. {expected} was to be expected of its "
        "tickets"
    )
    part = (row["expected"] - row["crude_others"]) / (row["observed"] - row["crude_others"])
    if part > 0 and (because := _because(row, mix)):
        numbers += f", mostly because of their {because}"
    if part >= ALL_EXPLAINED:
        told = "that explains the whole difference"
    elif part > 0:
        told = f"that explains {wording.share(part)} of the difference, and chance could explain the rest"
    else:
        told = "they do not explain the difference, but chance could"
    return f"{numbers}: {told}.", _NO_DIFFERENCE.get(row["confidence"] or "", "")


def _observed(row: dict[str, Any]) -> str:
    """`62 % (58 to 66 %, 540 ratings)`; minutes with their tickets alone."""
    seen = wording.show(row["unit"] or "number", row["observed"])
    of = wording.plural(row["n"], "rating" if row["metric"] == "csat" else "ticket")
    if row["observed_low"] is None:
        return f"{seen} ({of})"
    return f"{seen} ({wording.between('share', row['observed_low'], row['observed_high'])}, {of})"


def _because(row: dict[str, Any], mix: pl.DataFrame) -> str:
    """The attributes that move the expected result most towards what was observed."""
    towards = 1 if (row["expected"] or 0) > (row["crude_others"] or 0) else -1
    own = mix.filter(tier=row["tier"], vendor=row["vendor"], metric=row["metric"]).drop_nulls(
        "effect_on_metric"
    )
    by_attribute = own.group_by("attribute").agg(effect=pl.col("effect_on_metric").sum() * towards)
    helping = by_attribute.filter(pl.col("effect") > 0, pl.col("attribute") != "week")
    top = helping.sort("effect", "attribute", descending=[True, False]).head(EFFECTS_NAMED)
    return wording.listing([wording.readable(name) for name in top["attribute"].to_list()])


def _as_expected(frame: pl.DataFrame) -> str:
    """Who is as expected in everything, so that nobody looks there."""
    quiet = frame.group_by("team").agg(pl.col("verdict").is_in(["worse", "better"]).any().alias("_apart"))
    names = quiet.filter(~pl.col("_apart"))["team"].sort().to_list()
    return (
        f"As expected, or too few to tell, in every result: {wording.listing(names, 'and')}." if names else ""
    )


def _funnels(groups: pl.DataFrame) -> tuple[tuple[str, charts.Chart], ...]:
    """A funnel of groups for each result and tier, results with a verdict first."""
    shown = groups.drop_nulls(["ratio", "n"])
    made = []
    for (tier, metric), own in shown.group_by("tier", "metric", maintain_order=True):
        name = f"{label(str(metric))}, tier {tier}"
        apart = own.filter(pl.col("verdict").is_in(list(_VERDICT_TONES))).height
        made.append((not apart, name, _funnel(name, own, str(metric))))
    return tuple((name, chart) for _, name, chart in sorted(made, key=lambda one: one[:2]))


def _funnel(name: str, own: pl.DataFrame, metric: str) -> charts.Chart:
    points = [
        operations_charts.Point(
            name=row["group_id"],
            n=row["n"],
            ratio=row["ratio"],
            tone=_VERDICT_TONES.get(row["verdict"] or "", "usual"),
            limits_95=(row["limit_low_95"], row["limit_high_95"]),
            limits_998=(row["limit_low_998"], row["limit_high_998"]),
            hover=f"{row['group_id']} ({of_vendor(row['vendor'])}): {wording.ratio(row['ratio'])} times expected, "
            f"{wording.count(row['n'])} tickets, {row['verdict']}",
        )
        for row in own.sort("n", "group_id").iter_rows(named=True)
    ]
    apart = [point for point in points if point.tone != "usual"]
    says = (
        f"{name}: {wording.plural(len(points), 'group')}, {wording.number_word(len(apart))} not as expected."
    )
    return operations_charts.funnel(
        points, alt=f"Observed over expected by group and number of tickets. {says}"
    )
