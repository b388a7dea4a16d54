"""Themes born between two fits: new problems, and texts that many accounts suddenly send."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from models.text.duplicates import identical_texts, is_long, is_repeat, is_template, merge_copies
from models.text.normalise import normalise
from models.themes.clustering import Vectors, centred, centroids, nearest_neighbours
from models.themes.naming import Embed, name_themes
from models.themes.new_themes import Rows, find_new_themes
from models.themes.recipe import COPY_NEIGHBOURS
from models.themes.refit import unused_name
from models.themes.registry import KEY, HistoryRow, Placed, Registry, history_frame
from models.themes.themes import OTHER_ID

# Recent texts are those of so many days; with many of them, the latest are looked at.
RECENT_DAYS = 7
RECENT_AT_MOST = 4_000
# They are compared with a sample of the texts before.
HISTORY_AT_MOST = 20_000
# A group is a theme already if this share of its texts lies in one that consists of such texts.
ALREADY_A_THEME = 0.5


@dataclass(frozen=True)
class Recent:
    """The latest tickets, and the vectors of a sample of those before."""

    tickets: pl.DataFrame  # source, ticket_id, text, requester_key, created_on; the earliest first
    vectors: Vectors  # unit rows, one for each of them
    history: Vectors  # unit rows of distinct texts


def sample_before(tickets: pl.DataFrame, day: date) -> pl.DataFrame:
    """The tickets up to a day that recent ones are compared with: one of each text, HISTORY_AT_MOST of them.

    tickets: TICKETS_SCHEMA, sorted by source and ticket. Returns source and ticket_id, ordered by the digest of the
    text: as chance would, and the same way every time.
    """
    return (
        tickets.filter(~pl.col("is_near_duplicate"), pl.col("created_on") <= day)
        .filter(pl.col("copy_key").is_first_distinct())
        .select("text_digest", *KEY)
        .bottom_k(HISTORY_AT_MOST, by=["text_digest", *KEY])
        .sort("text_digest", *KEY)
        .select(KEY)
    )


def find_births(
    registry: Registry,
    tickets: pl.DataFrame,
    recent: Recent,
    examples: pl.DataFrame,
    embed: Embed,
    day: date,
    taken: Collection[str] = (),
) -> Placed:
    """Gives themes of their own to groups of recent tickets that have none.

    tickets: TICKETS_SCHEMA, as placed by closeness. examples: theme_id, rank, source, ticket_id and text of the
    themes there are, from which the names of new ones must be told apart. day: when it happens. taken: names
    that a person gave, which no new theme may bear.
    """
    texts = normalise(recent.tickets["text"])
    copies = _copies(texts, recent.vectors)
    long, requesters = is_long(texts), recent.tickets["requester_key"]
    sent = is_template(copies, requesters, long)
    tickets = _repeats_marked(tickets, recent.tickets, is_repeat(copies, requesters, long, sent))
    mine = recent.tickets.select(KEY).join(tickets, on=KEY, maintain_order="left")
    templates = registry.themes.filter("is_template")["theme_id"].to_list()
    known = mine["theme_id"].is_in(templates).to_numpy()
    sets = _rows_of(copies, sent & ~known)
    tickets = _with_late_copies(registry, tickets, recent, mine, known, sets)
    groups = [(rows, True) for rows in sets if known[rows].mean() < ALREADY_A_THEME]
    firsts = np.unique(copies, return_index=True)[1]
    looked_at = firsts[
        recent.vectors[firsts].any(axis=1)
        & ~sent[firsts]
        & ~known[firsts]
        & ~_written_before(mine, tickets)[firsts]
    ]
    for group in find_new_themes(recent.history, recent.vectors[looked_at]):
        rows = np.flatnonzero(np.isin(copies, copies[looked_at[group]]))
        if not _is_theme_already(mine, rows, tickets):
            groups.append((rows, False))
    return _give_themes(registry, tickets, recent, groups, copies, examples, embed, day, taken)


def _copies(texts: pl.Series, vectors: Vectors) -> npt.NDArray[np.int64]:
    """The group of copies of each text; nearly equal long texts are one."""
    copies = identical_texts(texts)
    firsts = np.unique(copies, return_index=True)[1]
    if len(firsts) < 2:
        return copies
    near = nearest_neighbours(vectors[firsts], COPY_NEIGHBOURS)
    return merge_copies(near.index, near.cosine, is_long(texts[firsts]))[copies]


def _repeats_marked(
    tickets: pl.DataFrame, recent: pl.DataFrame, repeats: npt.NDArray[np.bool_]
) -> pl.DataFrame:
    """The tickets with those recent ones as copies that repeat nearly equal recent texts. repeats: per recent one."""
    marked = (
        recent.select(KEY).filter(pl.Series(repeats, dtype=pl.Boolean)).with_columns(repeats=pl.lit(True))
    )
    joined = tickets.join(marked, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(
        is_near_duplicate=pl.col("is_near_duplicate") | pl.col("repeats").fill_null(False)
    ).drop("repeats")


def _written_before(mine: pl.DataFrame, tickets: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each recent ticket's text was that of an earlier one: nothing new. mine: the recent of `tickets`."""
    earlier = tickets.filter(pl.col("copy_key").is_in(mine["copy_key"].unique().to_list())).join(
        mine, on=KEY, how="anti"
    )
    return mine["copy_key"].is_in(earlier["copy_key"].unique().to_list()).to_numpy()


def _rows_of(copies: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]) -> list[Rows]:
    return [np.flatnonzero(copies == group) for group in np.unique(copies[chosen])]


def _with_late_copies(
    registry: Registry,
    tickets: pl.DataFrame,
    recent: Recent,
    mine: pl.DataFrame,
    known: npt.NDArray[np.bool_],
    sets: list[Rows],
) -> pl.DataFrame:
    """Of sets of copies, most of which lie in a template's theme, the rest lie there too.

    known: whether a recent ticket lies in such a theme. sets: rows of recent tickets.
    """
    names = registry.themes["theme_id"].to_list()
    moved: list[pl.DataFrame] = []
    for rows in sets:
        if known[rows].mean() >= ALREADY_A_THEME:
            late, theme = rows[~known[rows]], mine[rows[known[rows]]]["theme_id"].mode().sort()[0]
            similarity = centred(recent.vectors[late], registry.mean) @ registry.centroids[names.index(theme)]
            moved.append(_move(recent.tickets[late], theme, similarity, pl.Series([True] * len(late))))
    return _moved(tickets, pl.concat(moved)) if moved else tickets


def _is_theme_already(mine: pl.DataFrame, rows: Rows, tickets: pl.DataFrame) -> bool:
    """Whether most of a group is one theme, most of which is recent."""
    theme, count = (
        mine[rows]["theme_id"].value_counts(sort=True).sort("count", "theme_id", descending=True).row(0)
    )
    recent = (mine["theme_id"] == theme).sum()
    return bool(
        theme != OTHER_ID
        and count >= ALREADY_A_THEME * len(rows)
        and recent >= ALREADY_A_THEME * (tickets["theme_id"] == theme).sum()
    )


def _give_themes(
    registry: Registry,
    tickets: pl.DataFrame,
    recent: Recent,
    groups: list[tuple[Rows, bool]],
    copies: npt.NDArray[np.int64],
    examples: pl.DataFrame,
    embed: Embed,
    day: date,
    taken: Collection[str],
) -> Placed:
    """Registers each group (rows of recent tickets, whether it is a template) and moves its tickets there."""
    spread = centred(recent.vectors, registry.mean)
    firsts = [rows[np.unique(copies[rows], return_index=True)[1]] for rows, _ in groups]
    centres = [centroids(spread[rows], np.zeros(len(rows), dtype=np.int64))[0] for rows in firsts]
    central = [
        recent.tickets["text"][rows[np.argsort(-(spread[rows] @ centre), kind="stable")]]
        for rows, centre in zip(firsts, centres, strict=True)
    ]
    names = _names(registry, central, centres, examples, embed, taken)
    moved: list[pl.DataFrame] = []
    history: list[HistoryRow] = []
    for (rows, template), first, centre, (name, terms) in zip(groups, firsts, centres, names, strict=True):
        members = recent.tickets[rows]
        born_on = members["created_on"].min()
        registry, theme = registry.with_theme(
            {"name": name, "label_terms": terms, "is_template": template, "born_on": born_on}, centre
        )
        told = f"{len(rows)} tickets, " + (
            "one text sent by many accounts" if template else "like no earlier ones"
        )
        history.append((day, theme, "born", None, told))
        counts = pl.Series(np.isin(rows, first)).replace_strict({True: False}, default=None)
        moved.append(_move(members, theme, spread[rows] @ centre, counts))
    if moved:
        tickets = _moved(tickets, pl.concat(moved))
    return Placed(registry, tickets, history_frame(history), examples.select(*KEY, "rank"))


def _move(members: pl.DataFrame, theme: str, similarity: Vectors, is_copy: pl.Series) -> pl.DataFrame:
    """is_copy: null where that stays as it is."""
    return members.select(KEY).with_columns(
        new_theme=pl.lit(theme),
        new_similarity=pl.Series(similarity, dtype=pl.Float64),
        is_copy=is_copy.cast(pl.Boolean),
    )


def _moved(tickets: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    joined = tickets.join(moved, on=KEY, how="left", maintain_order="left")
    return joined.select(
        *KEY,
        theme_id=pl.coalesce("new_theme", "theme_id"),
        similarity=pl.coalesce("new_similarity", "similarity"),
        is_near_duplicate=pl.coalesce("is_copy", "is_near_duplicate"),
        created_on="created_on",
        text_digest="text_digest",
        copy_key="copy_key",
    )


def _names(
    registry: Registry,
    central: list[pl.Series],
    centres: list[Vectors],
    examples: pl.DataFrame,
    embed: Embed,
    taken: Collection[str],
) -> list[tuple[str, str]]:
    """For each new theme a name that tells it from all others, and its other terms.

    central: its texts, the most central first.
    """
    if not central:
        return []
    living = registry.found()
    place = {name: row for row, name in enumerate(living.themes["theme_id"])}
    shown = examples.filter(pl.col("theme_id").is_in(list(place))).sort("theme_id", "rank")
    old = shown["theme_id"].unique(maintain_order=True).to_list()
    label = {name: len(central) + number for number, name in enumerate(old)}
    texts = normalise(pl.concat([*central, shown["text"]])).to_list()
    labels = [number for number, series in enumerate(central) for _ in series]
    labels += [label[name] for name in shown["theme_id"]]
    all_centres = np.array([*centres, *(living.centroids[place[name]] for name in old)], dtype=np.float32)
    found = name_themes(
        texts, np.array(labels, dtype=np.int64), all_centres, registry.mean, embed, named=len(central)
    )
    taken = {*taken, *registry.themes.filter(pl.col("retired_on").is_null())["name"]}
    names: list[tuple[str, str]] = []
    for new in found:
        terms = ", ".join(new.terms)
        names.append((unused_name(new.name, terms, taken), terms))
        taken = {*taken, names[-1][0]}
    return names
