"""The operations page: what left its usual range, targets with whose minutes, backlog, escalations, CSAT."""

from __future__ import annotations

from collections.abc import Sequence

from assets.reports import wording
from assets.reports.data_tables import DataFolder
from assets.reports.page import Figure, Line, Page, PageForm
from assets.reports.pages.backlog_now import Backlog, read_backlog_now
from assets.reports.pages.escalations import read_escalations
from assets.reports.pages.kpi_signals import Signal, Signals
from assets.reports.pages.reconciliation import read_reconciliation
from assets.reports.pages.satisfaction import Satisfaction, read_satisfaction
from assets.reports.pages.sla_kept import Sla, read_sla
from assets.reports.scope import Scope
from assets.reports.snapshot_tables import Snapshot

NAMED = 2  # signals in the title
_FORM = PageForm(
    "operations",
    "Operations",
    {
        "strip": (),
        "signals": None,
        "sla": None,
        "backlog": None,
        "escalations": None,
        "satisfaction": None,
        "reconciliation": None,
    },
)


def build(snapshot: Snapshot, scope: Scope, data: DataFolder, signals: Signals) -> Page:
    """The page; publishes the tables of its sections. signals: those of `kpi_signals`, which the review tells of too."""
    sla = read_sla(snapshot, scope, data)
    backlog = read_backlog_now(snapshot, scope, data)
    satisfaction = read_satisfaction(snapshot, scope, data)
    content = {
        "sla": sla,
        "backlog": backlog,
        "satisfaction": satisfaction,
        "escalations": read_escalations(snapshot, scope, data),
        "reconciliation": read_reconciliation(snapshot, scope, data),
    }
    missing = scope.missing("tickets", "history", "service", "groups", "csat")
    if not signals.is_known and not any(content.values()):
        return _FORM.page(
            "There is nothing to say of operations yet.",
            "They are worked out from the history of tickets, targets and groups.",
            missing=missing or ("The last run did not work out operations.",),
        )
    return _FORM.page(
        _finding(signals),
        _lede(signals, scope),
        {**content, "signals": signals, "strip": strip(signals, sla, backlog, satisfaction)},
        lines=_lines(signals, sla),
        missing=(*missing, *_gaps(signals, sla)),
    )


def _finding(signals: Signals) -> str:
    """`Ecommerce got worse: first reply, targets kept and one more. Four other numbers left their usual range.`"""
    if not signals.is_known:
        return "What is unusual cannot be told for this week."
    if not signals.signals:
        return signals.finding
    worse = [signal for signal in signals.signals if signal.tone == "worse"]
    if not worse:
        left = "left its usual range" if len(signals.signals) == 1 else "left their usual range"
        return f"{wording.sentence(_names(signals.signals, with_line=True))} {left}."
    line = worse[0].line
    own = [signal for signal in worse if signal.line == line]
    where = "" if line == "all" else f" in {wording.readable(line)}"
    text = f"{wording.sentence(_names(own, with_line=False))} got worse{where}."
    rest = len(signals.signals) - len(own)
    if not rest:
        return text
    others = f"{wording.number_word(rest)} other {'number' if rest == 1 else 'numbers'}"
    return f"{text} {wording.sentence(others)} left {'its' if rest == 1 else 'their'} usual range."


def _names(signals: Sequence[Signal], *, with_line: bool) -> str:
    """`first reply, backlog and two more`: what changed, without which share of it a number is."""
    names = [
        signal.metric.in_a_sentence.split(",")[0]
        + (f" in {wording.readable(signal.line)}" if with_line and signal.line != "all" else "")
        for signal in signals
    ]
    if len(names) > NAMED + 1:
        names = [*names[:NAMED], f"{wording.number_word(len(names) - NAMED)} more"]
    return wording.listing(names)


def _lede(signals: Signals, scope: Scope) -> str:
    text = f"Week of {scope.period}, all business lines, {scope.source_names}."
    if not signals.is_known:
        return text
    quiet = signals.judged - len(signals.signals)
    return (
        f"{text} {quiet} of the {signals.judged} daily numbers that could be judged are in their usual range."
    )


def strip(
    signals: Signals, sla: Sla | None, backlog: Backlog | None, satisfaction: Satisfaction | None
) -> list[Figure]:
    """The numbers under the title of the operations and the review page."""
    figures = []
    if signals.is_known:
        count = len(signals.signals)
        figures.append(
            Figure(
                "Unusual",
                str(count),
                f"of {signals.judged} numbers that could be judged",
                "changed" if count else "usual",
            )
        )
    if sla and sla.share is not None:
        figures.append(
            Figure(
                "Targets kept",
                wording.share(sla.share),
                f"{sla.interval} likely; of {wording.count(sla.judged)} judged",
            )
        )
    if backlog and backlog.open_now is not None:
        old = (
            f"{wording.share(backlog.old)} older than 7 days"
            if backlog.old is not None
            else "at the week’s end"
        )
        figures.append(Figure("Open tickets", wording.count(backlog.open_now), old))
    if satisfaction and satisfaction.total.get("csat") is not None:
        row = satisfaction.total
        context = f"{wording.between('share', row['low'], row['high'])} likely"
        if row["response_rate"] is not None:
            context += f"; {wording.share(row['response_rate'])} answered"
        figures.append(Figure("CSAT", wording.share(row["csat"]), context))
    return figures


def _lines(signals: Signals, sla: Sla | None) -> tuple[Line, ...]:
    """For the overview: the first signal or that there is none, and the targets."""
    lines = []
    if signals.is_known and signals.signals:
        first = signals.signals[0]
        rest = len(signals.signals) - 1
        more = (
            f"; {wording.number_word(rest)} more {'number' if rest == 1 else 'numbers'} unusual"
            if rest
            else ""
        )
        lines.append(Line(first.finding, first.context + more, f"operations.html#{first.anchor}", first.tone))
    elif signals.is_known and signals.judged:
        lines.append(
            Line(
                "No number of operations is unusual",
                f"all {signals.judged} daily ones that could be judged are in their usual range",
                "operations.html",
            )
        )
    if sla and sla.share is not None:
        lines.append(
            Line(
                f"Targets kept: {wording.share(sla.share)}",
                f"{sla.interval} likely, of {wording.count(sla.judged)} judged"
                + (f"; {sla.owners.says.rstrip('.')}" if sla.owners else ""),
                "operations.html#sla",
            )
        )
    return tuple(lines)


def _gaps(signals: Signals, sla: Sla | None) -> list[str]:
    gaps = []
    if not signals.is_known:
        gaps.append("Which numbers are unusual is known for the latest week only, after a whole run.")
    if sla is None:
        gaps.append(
            "No target was judged in this week: fill tables/sla_policies.csv, or load them from the helpdesk."
        )
    return gaps
