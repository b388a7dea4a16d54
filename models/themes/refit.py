"""All themes found anew, each under the id of the theme whose tickets it holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import linear_sum_assignment

from models.text.normalise import normalise
from models.themes.clustering import Vectors, centred, centroids
from models.themes.naming import Embed
from models.themes.registry import (
    KEY,
    REGISTRY_SCHEMA,
    TICKETS_SCHEMA,
    Fit,
    HistoryRow,
    Placed,
    Registry,
    copy_keys,
    history_frame,
    theme_id,
)
from models.themes.themes import OTHER_ID, Themes, find_themes

# Two groups are the same theme if they share this much of the smaller one's known texts; what one group gave
# to, or got from, another is told from this share on too.
SAME_THEME = 0.5
# A group this close (centred cosine) to the centre of a theme that is gone is that theme, come back.
RETURNED_COSINE = 0.85


def fit_themes(
    registry: Registry | None,
    known: pl.DataFrame,
    tickets: pl.DataFrame,
    embeddings: Vectors,
    embed: Embed,
    model: str,
    day: date,
    pinned: Collection[str] = (),
    taken: Collection[str] = (),
    last_number: int = 0,
) -> Placed:
    """Finds all themes anew; a theme that is still there keeps its id, name and birthday.

    registry: None for the first fit. known: TICKETS_SCHEMA, as placed before. tickets: source, ticket_id, text,
    requester_key, created_at, created_on, text_digest. embeddings: unit rows, in the order of `tickets`.
    pinned: themes that keep their tickets whatever the fit finds. taken: names that a person gave, which no other
    theme may bear. last_number: the highest number a theme ever had, where there is no registry to know it.
    """
    tickets, embeddings = _in_order(tickets, embeddings)
    before = tickets.select(KEY).join(
        known.select(*KEY, "theme_id", "is_near_duplicate", "similarity"),
        on=KEY,
        how="left",
        maintain_order="left",
    )
    earlier = before["theme_id"].replace({OTHER_ID: None})
    held = earlier.is_in(list(pinned)).fill_null(False)
    free = (~held).to_numpy()
    found = find_themes(
        tickets.filter(~held),
        embeddings if free.all() else embeddings[free],  # not copied for nothing
        embed,
        earlier=earlier.filter(~held) if registry else None,
    )
    facts = _facts(tickets)
    placed = found.ticket_themes.with_columns(
        earlier=earlier.filter(~held), earlier_similarity=before["similarity"].filter(~held)
    ).join(facts, on=KEY, how="left")
    last_number = registry.fit.last_number if registry else last_number
    fit = _fit(placed, tickets.height, model, day, last_number)
    after, ids, history = _carried_over(registry, found, placed, fit, pinned, taken)
    after, similarity = _recentred(after, earlier.filter(held), embeddings[~free])
    kept = before.filter(held).with_columns(similarity=similarity).join(facts, on=KEY, how="left")
    columns = list(TICKETS_SCHEMA)
    result = pl.concat(
        [placed.with_columns(pl.col("theme_id").replace(ids)).select(columns), kept.select(columns)]
    )
    examples = found.theme_examples.select(*KEY, "rank")
    return Placed(after, result.sort(KEY), history_frame(history), examples)


def themes_as_of(
    registry: Registry,
    today: pl.DataFrame,
    tickets: pl.DataFrame,
    embeddings: Vectors,
    embed: Embed,
    day: date,
    taken: Collection[str] = (),
) -> Placed:
    """The themes as a first fit on a past day would have found them, under today's ids where they are the same.

    today: TICKETS_SCHEMA, as placed now. tickets, embeddings: those of then, as for `fit_themes`. taken: names that
    a person gave. Nothing later moves a border, and a name is that of then unless another theme bears it today. A
    theme born after `day` is not there, and one that there was only then has an id that begins with the day. What a
    person split off is there whenever that was.
    """
    tickets, embeddings = _in_order(tickets, embeddings)
    then = _up_to(registry, day)
    known = today.filter(pl.col("theme_id").is_in(then.themes["theme_id"].to_list()))
    found = find_themes(tickets, embeddings, embed)
    earlier = known.select(*KEY, earlier="theme_id", earlier_similarity="similarity")
    placed = found.ticket_themes.join(earlier, on=KEY, how="left", maintain_order="left")
    placed = placed.join(_facts(tickets), on=KEY, how="left", maintain_order="left")
    fit = _fit(placed, tickets.height, registry.fit.model, day, registry.fit.last_number)
    after, ids, _ = _carried_over(then, found, placed, fit, ())
    names = {
        ids.get(name, name): given for name, given in found.themes.select("theme_id", "name").iter_rows()
    }
    is_there = pl.col("theme_id").is_in(list(names)) | pl.col("split_from").is_in(list(names))
    places = np.flatnonzero(after.themes.select(pl.col("retired_on").is_null() & is_there).to_series())
    themes = _under_names_of_then(after.themes[places], names, registry, taken)
    only_then = [name for name in ids.values() if name not in set(registry.themes["theme_id"])]
    of_the_day = {name: f"{day}-{number}" for number, name in enumerate(only_then, 1)}
    result = placed.with_columns(pl.col("theme_id").replace(ids).replace(of_the_day))
    result = result.select(list(TICKETS_SCHEMA)).sort(KEY)
    themes = themes.with_columns(
        pl.col("theme_id").replace(of_the_day),
        is_original=pl.col("is_original") | pl.col("theme_id").is_in(only_then),
    )
    return Placed(
        replace(after, themes=themes, centroids=after.centroids[places]),
        result,
        history_frame([]),
        found.theme_examples.select(*KEY, "rank"),
    )


def _up_to(registry: Registry, day: date) -> Registry:
    """The themes born by a day, and what a person split off."""
    there = (pl.col("born_on") <= day) | pl.col("split_from").is_not_null()
    places = np.flatnonzero(registry.themes.select(there.fill_null(False)).to_series())
    return replace(registry, themes=registry.themes[places], centroids=registry.centroids[places])


def _under_names_of_then(
    themes: pl.DataFrame, names: dict[str, str], registry: Registry, taken: Collection[str]
) -> pl.DataFrame:
    """The themes of a past day with their names of then, or today's where another theme bears that name today.

    themes: with today's names. names: those of then, by id. registry: today's.
    """
    living = registry.themes.filter(pl.col("retired_on").is_null()).select("theme_id", "name").rows()
    given: list[str] = []
    for theme, name, terms in themes.select("theme_id", "name", "label_terms").iter_rows():
        others = {*taken, *given, *(borne for other, borne in living if other != theme)}
        then = names.get(theme, name)
        given.append(unused_name(name if then in others else then, terms or "", others))
    return themes.with_columns(name=pl.Series(given, dtype=pl.String))


def _in_order(tickets: pl.DataFrame, embeddings: Vectors) -> tuple[pl.DataFrame, Vectors]:
    """Both by source and ticket; as given where they are so already, for a million copied rows take 1.5 GB."""
    order = tickets.select(pl.struct(KEY).arg_sort()).to_series().to_numpy()
    if np.array_equal(order, np.arange(len(order))):
        return tickets, embeddings
    return tickets[order], embeddings[order]


def _facts(tickets: pl.DataFrame) -> pl.DataFrame:
    return tickets.select(*KEY, "created_on", "text_digest", copy_key=copy_keys(normalise(tickets["text"])))


def _fit(placed: pl.DataFrame, texts: int, model: str, day: date, last_number: int) -> Fit:
    other = (placed["theme_id"] == OTHER_ID).sum() / max(texts, 1)
    return Fit(model, day, texts, float(other), last_number)


@dataclass(frozen=True)
class _Match:
    """Which found theme is which old theme."""

    old_of: dict[str, str]  # found -> the old theme that it is
    parent_of: dict[str, str]  # found -> the old theme that most of its known tickets come from
    heir_of: dict[str, str]  # old -> the found theme that most of its tickets went to


def _match(placed: pl.DataFrame) -> _Match:
    """Matches by shared tickets, copies counted once.

    placed: theme_id as found, earlier theme and likeness to its centre (earlier_similarity), is_near_duplicate.
    A ticket speaks for its earlier theme as far as it is like it: what was placed day to day for want of a
    better theme must not carry the theme's id away.
    """
    pairs = placed.filter(
        pl.col("earlier").is_not_null(), pl.col("theme_id") != OTHER_ID, ~pl.col("is_near_duplicate")
    )
    weight = pl.col("earlier_similarity").clip(lower_bound=0) ** 2
    shared = pairs.group_by("earlier", "theme_id").agg(weight.sum()).sort("earlier", "theme_id")
    new, old = sorted(set(shared["theme_id"])), sorted(set(shared["earlier"]))
    table = np.zeros((len(old), len(new)))
    for was, now, weight_shared in shared.iter_rows():
        table[old.index(was), new.index(now)] = weight_shared
    rows, columns = linear_sum_assignment(table, maximize=True)
    given, got = table.sum(axis=1), table.sum(axis=0)
    same = table[rows, columns] >= SAME_THEME * np.minimum(given[rows], got[columns])
    return _Match(
        old_of={new[j]: old[i] for i, j in zip(rows[same], columns[same], strict=True)},
        parent_of={
            name: old[table[:, j].argmax()]
            for j, name in enumerate(new)
            if table[:, j].max() >= SAME_THEME * got[j]
        },
        heir_of={
            name: new[table[i].argmax()]
            for i, name in enumerate(old)
            if table[i].max() >= SAME_THEME * given[i]
        },
    )


def _carried_over(
    registry: Registry | None,
    found: Themes,
    placed: pl.DataFrame,
    fit: Fit,
    pinned: Collection[str],
    taken: Collection[str] = (),
) -> tuple[Registry, dict[str, str], list[HistoryRow]]:
    """The registry after a fit, the id of each found theme, and what happened to the themes.

    placed: source, ticket_id, theme_id as found, earlier theme, is_near_duplicate, created_on.
    """
    match = _match(placed) if registry else _Match({}, {}, {})
    first_days = dict(placed.group_by("theme_id").agg(pl.col("created_on").min()).iter_rows())
    alive = found.themes.filter(~pl.col("is_other"))
    centres = found.centroids[: alive.height]  # Other, which has none, comes last
    before = registry or Registry(pl.DataFrame(schema=REGISTRY_SCHEMA), centres[:0], found.mean, fit)
    returned = _returned(before, alive["theme_id"].to_list(), centres, match, fit.model)
    known = match.old_of | returned
    unknown = [name for name in alive["theme_id"] if name not in known]
    ids = known | {name: theme_id(fit.last_number + place) for place, name in enumerate(unknown, 1)}
    old = {row["theme_id"]: row for row in before.themes.iter_rows(named=True)}
    rows = _theme_rows(alive, ids, old, first_days, taken, is_original=registry is None)
    gone = [name for name in old if name not in ids.values()]
    ended = [
        name
        for name in gone
        if old[name]["retired_on"] is None and old[name]["split_from"] is None and name not in pinned
    ]
    rows += [old[name] | ({"retired_on": fit.fitted_on} if name in ended else {}) for name in gone]
    places = [list(old).index(name) for name in gone]
    # Another embedding model may have another number of dimensions: what is gone can then never return.
    width = len(found.mean)
    rest = before.centroids[places] if before.centroids.shape[1] == width else np.zeros((len(gone), width))
    after = Registry(
        pl.DataFrame(rows, schema=REGISTRY_SCHEMA),
        np.vstack([centres, rest]).astype(np.float32),
        found.mean,
        replace(fit, last_number=fit.last_number + len(unknown)),
    )
    history = _history(unknown, ended, returned, match, ids, fit) if registry else []
    return after, ids, history


def _theme_rows(
    alive: pl.DataFrame,
    ids: dict[str, str],
    old: dict[str, dict[str, object]],
    first_days: dict[str, date],
    taken: Collection[str],
    is_original: bool,
) -> list[dict[str, object]]:
    """Registry rows of the found themes: what was known of a theme stays, names are unique."""
    kept = {name: row for name, row in old.items() if name in ids.values()}
    names = {*taken, *(row["name"] for row in old.values() if row["retired_on"] is None)}
    rows: list[dict[str, object]] = []
    for theme in alive.iter_rows(named=True):
        now = ids[theme["theme_id"]]
        row = {column: theme.get(column) for column in REGISTRY_SCHEMA}
        if now in kept:
            row |= {column: kept[now][column] for column in ("name", "born_on", "is_original")}
        else:
            row |= {"name": unused_name(theme["name"], theme["label_terms"], names)}
            row |= {"born_on": first_days[theme["theme_id"]], "is_original": is_original}
        names.add(row["name"])
        rows.append(row | {"theme_id": now, "retired_on": None})
    return rows


def unused_name(name: str, terms: str, taken: Collection[object]) -> str:
    """The name, or the first of its other terms that no theme bears, or the name with a number."""
    candidates = [name, *(term[:1].upper() + term[1:] for term in terms.split(", ") if term)]
    candidates += [f"{name} ({number})" for number in range(2, len(taken) + 3)]
    return next(candidate for candidate in candidates if candidate not in taken)


def _returned(
    before: Registry, names: list[str], centres: Vectors, match: _Match, model: str
) -> dict[str, str]:
    """Found themes that match none that lives but lie where one lay that is gone, and its id."""
    gone = np.flatnonzero(before.themes["retired_on"].is_not_null().to_numpy())
    fresh = [place for place, name in enumerate(names) if name not in match.old_of]
    if model != before.fit.model or not len(gone) or not fresh:
        return {}
    cosine = centres[fresh] @ before.centroids[gone].T
    rows, columns = linear_sum_assignment(cosine, maximize=True)
    ids = before.themes["theme_id"]
    return {
        names[fresh[i]]: ids[int(gone[j])]
        for i, j in zip(rows, columns, strict=True)
        if cosine[i, j] >= RETURNED_COSINE
    }


def _history(
    unknown: list[str],
    ended: list[str],
    returned: dict[str, str],
    match: _Match,
    ids: dict[str, str],
    fit: Fit,
) -> list[HistoryRow]:
    """What a refit did, theme by theme."""
    day = fit.fitted_on
    rows: list[HistoryRow] = [(day, None, "refit", None, f"{len(ids)} themes in {fit.texts:,} texts")]
    for name in unknown:
        parent = match.parent_of.get(name)
        rows.append((day, ids[name], "split" if parent else "born", parent, None))
    rows += [(day, name, "returned", None, None) for name in returned.values()]
    for name in ended:
        heir = match.heir_of.get(name)
        rows.append((day, name, "merged" if heir else "retired", ids[heir] if heir else None, None))
    return rows


def _recentred(
    registry: Registry, themes: pl.Series, embeddings: Vectors
) -> tuple[Registry, npt.NDArray[np.float64]]:
    """Pinned themes with their centres on the new mean, and how like them their tickets are.

    themes: the pinned theme of each row of `embeddings`.
    """
    names = registry.themes["theme_id"].to_list()
    spread = centred(embeddings, registry.mean)
    moved = registry.centroids.copy()
    similarity = np.zeros(len(themes))
    for name in themes.unique().sort():
        rows = (themes == name).to_numpy()
        centre = centroids(spread[rows], np.zeros(int(rows.sum()), dtype=np.int64))[0]
        moved[names.index(name)] = centre
        similarity[rows] = spread[rows] @ centre
    return replace(registry, centroids=moved), similarity
