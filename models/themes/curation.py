"""What a person decided about themes: rename, merge, split off, pin, ignore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

import polars as pl

from models.themes.registry import KEY, HistoryRow, Registry, history_frame

ACTIONS = ("rename", "merge", "split off", "pin", "ignore")
_NEEDS_VALUE = {
    "rename": "the new name",
    "merge": "the id of the theme to merge it into",
    "split off": "the words that the texts to split off contain",
}


@dataclass(frozen=True)
class Decision:
    """One row of the curation file, as written. row: its number, the header being row 1."""

    row: int
    theme_id: str
    action: str
    value: str = ""


@dataclass(frozen=True)
class Curation:
    """The decisions that can be followed, and what is wrong with the others, in plain words."""

    names: Mapping[str, str] = field(default_factory=dict)
    merged_into: Mapping[str, str] = field(default_factory=dict)
    split_off: Sequence[tuple[str, str]] = ()  # theme, words in lower case
    ignored: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()
    named: frozenset[str] = (
        frozenset()
    )  # every theme that the file speaks of: none of them dissolves in a refit
    mistakes: Sequence[str] = ()


def read_decisions(decisions: Sequence[Decision], registry: Registry | None) -> Curation:
    """Checks each decision against the themes there are and against the ones before it; renames come last.

    A decision that cannot be followed becomes a mistake that names row and value; the others hold.
    """
    names: dict[str, str] = {}
    merged: dict[str, str] = {}
    split: list[tuple[str, str]] = []
    ignored: set[str] = set()
    pinned: set[str] = set()
    named: set[str] = set()
    mistakes: list[tuple[int, str]] = []
    # Renames last: the name of a theme that is merged is free, wherever the rows stand in the file.
    for decision in sorted(decisions, key=lambda decision: _action(decision) == "rename"):
        theme, value = decision.theme_id.strip(), " ".join(decision.value.split())
        action = _action(decision)
        wrong = _wrong(theme, action, value, registry, names, merged)
        if wrong:
            mistakes.append((decision.row, f"row {decision.row}: {wrong}"))
            continue
        named.add(theme)
        if action == "rename":
            names[theme] = value
        elif action == "merge":
            merged[theme] = value
            named.add(value)
        elif action == "split off":
            split.append((theme, value.lower()))
        else:
            (ignored if action == "ignore" else pinned).add(theme)
    final = {theme: _end(theme, merged) for theme in merged}
    return Curation(
        names=names,
        merged_into=final,
        split_off=tuple(dict.fromkeys(split)),
        ignored=frozenset(ignored),
        pinned=frozenset(pinned),
        named=frozenset(named),
        mistakes=tuple(told for _, told in sorted(mistakes)),
    )


def _action(decision: Decision) -> str:
    return decision.action.strip().lower().replace("_", " ")


def _wrong(
    theme: str,
    action: str,
    value: str,
    registry: Registry | None,
    names: Mapping[str, str],
    merged: Mapping[str, str],
) -> str | None:
    """What is wrong with a decision; None where it can be followed."""
    if action not in ACTIONS:
        close = get_close_matches(action, ACTIONS, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        return f"action is '{action}', expected one of {', '.join(ACTIONS)}{hint}"
    if action in _NEEDS_VALUE and not value:
        return f"value is empty, expected {_NEEDS_VALUE[action]}"
    for asked in (theme, value) if action == "merge" else (theme,):
        if wrong := _not_a_theme(asked, registry):
            return wrong
    if action == "rename" and theme in names:
        return f"'{theme}' is already renamed to '{names[theme]}'; keep one of the two rows"
    if action == "rename" and value in [*names.values(), *_other_names([theme, *names, *merged], registry)]:
        return f"value is '{value}', which is another theme's name; names must differ"
    if action == "merge" and theme in merged:
        return f"'{theme}' is already merged into '{merged[theme]}'; keep one of the two rows"
    if action == "merge" and _end(value, merged) == theme:
        return f"'{theme}' would be merged into itself; merge into a theme that stays"
    return None


def _not_a_theme(asked: str, registry: Registry | None) -> str | None:
    themes = registry.themes if registry else pl.DataFrame({"theme_id": [], "retired_on": []})
    known = dict(themes.select("theme_id", "retired_on").iter_rows())
    if asked not in known:
        return f"'{asked}' is no theme; take an id from the table themes, such as t001"
    if known[asked] is not None:
        return f"theme '{asked}' was retired on {known[asked]}; theme_history says where its tickets went"
    return None


def _other_names(besides: Sequence[str], registry: Registry | None) -> list[str]:
    if registry is None:
        return []
    others = registry.themes.filter(pl.col("retired_on").is_null(), ~pl.col("theme_id").is_in(besides))
    return others["name"].to_list()


def _end(theme: str, merged: Mapping[str, str]) -> str:
    """Where a chain of merges ends."""
    while theme in merged:
        theme = merged[theme]
    return theme


def with_split_themes(registry: Registry, curation: Curation, day: date) -> tuple[Registry, list[HistoryRow]]:
    """The registry with a theme for each part that a person split off; one no longer asked for is retired."""
    alive = registry.themes.filter(pl.col("split_from").is_not_null(), pl.col("retired_on").is_null())
    there = set(alive.select("split_from", "split_words").iter_rows())
    history: list[HistoryRow] = []
    for theme, words in curation.split_off:
        if (theme, words) in there:
            continue
        place = registry.themes["theme_id"].to_list().index(theme)
        registry, new = registry.with_theme(
            {
                "name": words[:1].upper() + words[1:],
                "label_terms": "",
                "is_template": False,
                "born_on": day,
                "split_from": theme,
                "split_words": words,
            },
            registry.centroids[place],
        )
        history.append((day, new, "split", theme, f"texts that contain '{words}', by the curation file"))
    asked = [f"{theme}\n{words}" for theme, words in curation.split_off]
    dropped = (
        pl.col("split_from").is_not_null()
        & pl.col("retired_on").is_null()
        & ~pl.format("{}\n{}", "split_from", "split_words").is_in(asked)
    )
    history += [
        (day, name, "retired", None, "no longer split off by the curation file")
        for name in registry.themes.filter(dropped)["theme_id"]
    ]
    themes = registry.themes.with_columns(
        retired_on=pl.when(dropped).then(pl.lit(day)).otherwise("retired_on")
    )
    return Registry(themes, registry.centroids, registry.mean, registry.fit), history


def curated_themes(
    tickets: pl.DataFrame, registry: Registry, curation: Curation, texts: pl.DataFrame
) -> pl.Series:
    """The theme of each ticket as a person wants it, in the order of `tickets`.

    tickets: source, ticket_id, theme_id as found. texts: source, ticket_id, text of the tickets in themes that a
    part is split off. A part is split off before its theme is merged.
    """
    splits = registry.themes.filter(pl.col("split_from").is_not_null(), pl.col("retired_on").is_null())
    said = tickets.join(texts, on=KEY, how="left", maintain_order="left").select(
        "theme_id", pl.col("text").str.to_lowercase()
    )
    theme = pl.col("theme_id")
    for row in splits.reverse().iter_rows(named=True):
        is_part = (pl.col("theme_id") == row["split_from"]) & pl.col("text").str.contains(
            row["split_words"], literal=True
        ).fill_null(False)
        theme = pl.when(is_part).then(pl.lit(row["theme_id"])).otherwise(theme)
    return said.select(theme.replace(dict(curation.merged_into)).alias("theme_id")).to_series()


def decided(curation: Curation, registry: Registry, day: date) -> pl.DataFrame:
    """The person's decisions as rows of history, dated `day`."""
    names = dict(registry.themes.select("theme_id", "name").iter_rows())
    rows: list[HistoryRow] = [
        (day, theme, "renamed", None, f"from '{names[theme]}' to '{name}'")
        for theme, name in curation.names.items()
    ]
    rows += [
        (day, theme, "merged", into, "by the curation file") for theme, into in curation.merged_into.items()
    ]
    rows += [(day, theme, "ignored", None, None) for theme in sorted(curation.ignored)]
    rows += [(day, theme, "pinned", None, None) for theme in sorted(curation.pinned)]
    return history_frame(rows)
