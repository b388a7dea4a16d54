"""The action register: what was done against which theme, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.reports.pages import action_words, rise_cards
from assets.reports.scope import Scope

_VERDICTS = {
    "worked": "worked",
    "worse": "worse since",
    "no evidence": "without a clear effect",
    "too early": "too early to tell",
}
_TONES = {"worked": "better", "worse": "worse"}


@dataclass(frozen=True)
class Item:
    """An action as a page tells of it. guessed: how its theme was found, where no person said it."""

    what: str
    theme: str
    guessed: str
    began: str
    verdict: str
    tone: str


def items(actions: pl.DataFrame, scope: Scope) -> list[Item]:
    """The actions of `rise_tables.actions`, an item each."""
    return [_item(row, scope) for row in actions.iter_rows(named=True)]


def judged(actions: pl.DataFrame) -> pl.DataFrame:
    """The actions that have run long enough for a verdict."""
    return actions.filter(pl.col("verdict").is_in(["worked", "worse", "no evidence"]))


def counted(actions: pl.DataFrame) -> list[str]:
    """`2 worked`, `1 worse since`, ...: how many actions have which verdict."""
    counts = {verdict: actions.filter(verdict=verdict).height for verdict in _VERDICTS}
    return [f"{count} {_VERDICTS[verdict]}" for verdict, count in counts.items() if count]


def _item(row: dict[str, Any], scope: Scope) -> Item:
    began = row["started_at"]
    return Item(
        what=rise_cards.action_name(row),
        theme=row["theme"] or "",
        guessed="by its wording" if row["linked_by"] == "wording" else "",
        began=f"began {scope.day_of(began)}" if began is not None else "",
        verdict=action_words.verdict(row),
        tone=_TONES.get(row["verdict"] or "", "usual"),
    )
