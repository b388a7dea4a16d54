"""Themes: what a set of tickets is about, and which ticket belongs where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.text.duplicates import identical_texts, is_long, is_template, merge_copies
from models.text.normalise import normalise
from models.themes.clustering import (
    Labels,
    Neighbours,
    Vectors,
    centred,
    centroids,
    cohesion,
    communities,
    keep_borders,
    nearest_centroid,
    nearest_neighbours,
    neighbour_graph,
    neighbourhood,
)
from models.themes.naming import Embed, Name, name_themes
from models.themes.recipe import (
    DESCRIPTION_CHARACTERS,
    EXAMPLE_CHARACTERS,
    EXAMPLES,
    EXAMPLES_CHOSEN_FROM,
    FAR_FROM_EVERYTHING,
    FIT_AT_MOST,
    MINIMUM_DISTINCT,
    TEMPLATE_COSINE,
)

# Copies are looked for among this many nearest neighbours.
COPY_NEIGHBOURS = 5

OTHER_ID = "other"
OTHER_NAME = "Other"

THEMES_SCHEMA = {
    "theme_id": pl.String,
    "name": pl.String,
    "description": pl.String,  # the most central text
    "tickets": pl.Int64,
    "distinct_tickets": pl.Int64,  # copies count once
    "share": pl.Float64,  # of all tickets
    "cohesion": pl.Float64,  # mean cosine between two of its texts, centred
    "is_other": pl.Boolean,
    "is_template": pl.Boolean,  # one text, sent by many accounts
    "label_terms": pl.String,  # other phrases that tell it from the rest
}
TICKET_THEMES_SCHEMA = {
    "source": pl.String,
    "ticket_id": pl.String,
    "theme_id": pl.String,
    "similarity": pl.Float64,  # centred cosine to the theme's centre
    "is_near_duplicate": pl.Boolean,  # a copy of an earlier ticket's text
}
THEME_EXAMPLES_SCHEMA = {
    "theme_id": pl.String,
    "rank": pl.Int64,
    "source": pl.String,
    "ticket_id": pl.String,
    "text": pl.String,
}


@dataclass(frozen=True)
class Themes:
    """The themes of some tickets, and what it takes to assign further tickets to them."""

    themes: pl.DataFrame  # THEMES_SCHEMA, largest first, Other last
    ticket_themes: pl.DataFrame  # TICKET_THEMES_SCHEMA, one row a ticket
    theme_examples: pl.DataFrame  # THEME_EXAMPLES_SCHEMA
    centroids: Vectors  # unit rows, one for each row of `themes`, centred on `mean`; zeros for Other
    mean: Vectors  # of the distinct texts' embeddings, shape (dimensions,)


@dataclass(frozen=True)
class _Texts:
    """Tickets in the order in which they are worked on, with what is known of each text."""

    tickets: pl.DataFrame  # with `normalised`
    vectors: Vectors  # centred, unit rows
    copies: npt.NDArray[np.int64]  # group of copies, per ticket
    is_first: npt.NDArray[np.bool_]  # the earliest ticket of its group
    is_template: npt.NDArray[np.bool_]
    fitted: npt.NDArray[np.int64]  # rows on which themes are found: distinct texts, or a sample of them
    neighbours: Neighbours | None  # of the fitted rows; None where there are too few


def find_themes(
    tickets: pl.DataFrame,
    embeddings: Vectors,
    embed: Embed,
    seed: int = 0,
    earlier: pl.Series | None = None,
) -> Themes:
    """Groups tickets into named themes, their number not given; every ticket belongs to one.

    tickets: source, ticket_id, text (redacted), requester_key, created_at. embeddings: unit rows in the
    order of `tickets`, zeros where a text says nothing. embed: texts to unit rows, for the names.
    earlier: the theme each ticket had before, null for none; borders between themes then move only where the
    texts plainly ask for it.
    The result does not hang on the order of rows. Raises ValueError where rows and embeddings differ in number.
    """
    if tickets.height != len(embeddings):
        raise ValueError(
            f"{tickets.height} tickets but {len(embeddings)} embeddings; expected one for each ticket"
        )
    if earlier is None:
        earlier = pl.Series([None] * tickets.height, dtype=pl.String)
    texts, mean = _prepare(tickets.with_columns(earlier=earlier), embeddings, seed)
    labels = _group(texts, seed)
    labels = _largest_first(texts, labels)
    return _describe(texts, labels, mean, embed)


def assign(embeddings: Vectors, themes: Themes) -> pl.DataFrame:
    """The nearest theme of each new text: theme_id and similarity, in the order of `embeddings`.

    What is far from every theme is Other; a template takes only what is nearly a copy of it.
    """
    ids = themes.themes["theme_id"].to_list()
    template = themes.themes["is_template"].to_numpy()
    nearest = np.full(len(embeddings), -1, dtype=np.int64)
    similarity = np.zeros(len(embeddings))
    for candidates, least in ((~template, FAR_FROM_EVERYTHING), (template, TEMPLATE_COSINE)):
        rows = np.flatnonzero(candidates)
        if len(rows) and len(embeddings):
            label, cosine = nearest_centroid(centred(embeddings, themes.mean), themes.centroids[rows])
            taken = (cosine >= least) & (cosine > similarity)
            nearest[taken] = rows[label[taken]]
            similarity[taken] = cosine[taken]
    return pl.DataFrame(
        {"theme_id": [ids[row] if row >= 0 else OTHER_ID for row in nearest], "similarity": similarity},
        schema={"theme_id": pl.String, "similarity": pl.Float64},
    )


def _prepare(tickets: pl.DataFrame, embeddings: Vectors, seed: int) -> tuple[_Texts, Vectors]:
    order = tickets.select(pl.struct("source", "ticket_id").arg_sort()).to_series().to_numpy()
    ordered = tickets[order].with_columns(normalised=normalise(tickets["text"][order]))
    vectors = np.asarray(embeddings, dtype=np.float32)[order]
    copies = identical_texts(ordered["normalised"])
    distinct = np.unique(copies, return_index=True)[1]
    fitted = distinct[vectors[distinct].any(axis=1)]
    if len(fitted) > FIT_AT_MOST:
        fitted = np.sort(np.random.default_rng(seed).choice(fitted, FIT_AT_MOST, replace=False))
    mean = vectors[fitted].mean(axis=0) if len(fitted) else np.zeros(vectors.shape[1], dtype=np.float32)
    spread = centred(vectors, mean)
    long = is_long(ordered["normalised"])
    neighbours = None
    if len(fitted) >= MINIMUM_DISTINCT:
        neighbours = nearest_neighbours(spread[fitted], neighbourhood(len(fitted)))
        near = neighbours.index[:, :COPY_NEIGHBOURS]
        plain_cosine = np.einsum("ij,ikj->ik", vectors[fitted], vectors[fitted[near]])
        group = np.arange(copies.max() + 1)
        first_of = merge_copies(near, plain_cosine, long[fitted])
        group[copies[fitted]] = copies[fitted[np.unique(first_of, return_index=True)[1]]][first_of]
        copies = np.unique(group[copies], return_inverse=True)[1]
    age = ordered.with_columns(copies=copies).select(pl.col("created_at").rank("ordinal").over("copies") == 1)
    texts = _Texts(
        tickets=ordered,
        vectors=spread,
        copies=copies,
        is_first=age.to_series().fill_null(False).to_numpy(),
        is_template=is_template(copies, ordered["requester_key"], long),
        fitted=fitted,
        neighbours=neighbours,
    )
    return texts, mean


def _group(texts: _Texts, seed: int) -> Labels:
    """A label for each ticket, -1 for Other; copies share one, each template has one of its own."""
    labels = np.full(len(texts.copies), -1, dtype=np.int64)
    one_each = np.unique(texts.copies, return_index=True)[1]
    centres, fitted, found = _fit(texts, seed)
    if len(centres):
        rows = np.union1d(one_each, fitted)
        label, cosine = nearest_centroid(texts.vectors[rows], centres)
        at = np.searchsorted(rows, fitted)
        label[at] = found
        cosine[at] = (texts.vectors[fitted] * centres[found]).sum(axis=1)
        labels[rows] = np.where(cosine >= FAR_FROM_EVERYTHING, label, -1)
    of_copies = labels[one_each]
    templates = np.unique(texts.copies[texts.is_template])
    of_copies[templates] = labels.max(initial=-1) + 1 + np.arange(len(templates))
    return of_copies[texts.copies]


def _fit(texts: _Texts, seed: int) -> tuple[Vectors, npt.NDArray[np.int64], Labels]:
    """Centres of the groups that are large enough, the rows they were found on, and those rows' groups."""
    nothing = texts.vectors[:0], texts.fitted[:0], texts.fitted[:0]
    kept = np.flatnonzero(~texts.is_template[texts.fitted])
    if texts.neighbours is None or not len(kept):
        return nothing
    rows = texts.fitted[kept]
    graph = keep_borders(neighbour_graph(texts.neighbours)[kept][:, kept], texts.tickets["earlier"][rows])
    found = communities(texts.vectors[rows], graph, seed)
    distinct = np.unique(np.column_stack([found, texts.copies[rows]]), axis=0)[:, 0]
    large = np.flatnonzero(np.bincount(distinct) >= MINIMUM_DISTINCT)
    stays = np.isin(found, large)
    if not len(large):
        return nothing
    return centroids(texts.vectors[rows], found)[large], rows[stays], np.searchsorted(large, found[stays])


def _largest_first(texts: _Texts, labels: Labels) -> Labels:
    """Labels renumbered by falling number of distinct texts, then by their first ticket."""
    themed = labels >= 0
    if not themed.any():
        return labels
    old, first = np.unique(labels[themed], return_index=True)
    distinct = np.bincount(labels[themed & texts.is_first], minlength=old.max() + 1)[old]
    new = np.full(old.max() + 1, -1)
    new[old[np.lexsort((first, -distinct))]] = np.arange(len(old))
    return np.where(themed, new[labels], -1)


def _describe(texts: _Texts, labels: Labels, mean: Vectors, embed: Embed) -> Themes:
    count = int(labels.max(initial=-1)) + 1
    themed = labels >= 0
    centres = (
        centroids(texts.vectors[themed & texts.is_first], labels[themed & texts.is_first])
        if count
        else np.zeros((0, len(mean)), dtype=np.float32)
    )
    similarity = np.zeros(len(labels))
    similarity[themed] = (texts.vectors[themed] * centres[labels[themed]]).sum(axis=1)
    # From here on the most central text of a theme comes first; ties by order of tickets.
    central = np.lexsort((-similarity,))
    central = central[(texts.is_first & themed)[central]]
    names: list[Name] = []
    if count:
        names = name_themes(
            texts.tickets["normalised"][central].to_list(), labels[central], centres, mean, embed
        )
    ids = [f"t{label + 1:03d}" for label in range(count)]
    if (labels < 0).any():
        ids.append(OTHER_ID)
        names.append(Name(OTHER_NAME, ()))
        centres = np.vstack([centres, np.zeros((1, len(mean)), dtype=np.float32)])
    labels = np.where(labels < 0, count, labels)
    examples = _examples(texts, labels, similarity, ids)
    return Themes(
        themes=_themes_frame(texts, labels, ids, names, examples),
        ticket_themes=_ticket_themes(texts, labels, similarity, ids),
        theme_examples=examples,
        centroids=centres,
        mean=mean,
    )


def _themes_frame(
    texts: _Texts, labels: Labels, ids: list[str], names: list[Name], examples: pl.DataFrame
) -> pl.DataFrame:
    tickets = np.bincount(labels, minlength=len(ids))
    firsts = labels[texts.is_first]
    together = cohesion(texts.vectors[texts.is_first], firsts) if len(firsts) else np.zeros(0)
    template = np.bincount(labels[texts.is_template], minlength=len(ids)) > tickets / 2
    central = dict(examples.filter(pl.col("rank") == 1).select("theme_id", "text").iter_rows())
    return pl.DataFrame(
        {
            "theme_id": ids,
            "name": [name.name for name in names],
            "description": [shortened(central.get(theme, ""), DESCRIPTION_CHARACTERS) for theme in ids],
            "tickets": tickets,
            "distinct_tickets": np.bincount(firsts, minlength=len(ids)),
            "share": tickets / max(len(labels), 1),
            "cohesion": together,
            "is_other": [theme == OTHER_ID for theme in ids],
            "is_template": template,
            "label_terms": [", ".join(name.terms) for name in names],
        },
        schema=THEMES_SCHEMA,
    )


def _ticket_themes(
    texts: _Texts, labels: Labels, similarity: npt.NDArray[np.float64], ids: list[str]
) -> pl.DataFrame:
    return texts.tickets.select(
        "source",
        "ticket_id",
        theme_id=pl.Series([ids[label] for label in labels], dtype=pl.String),
        similarity=pl.Series(similarity, dtype=pl.Float64),
        is_near_duplicate=pl.Series(~texts.is_first, dtype=pl.Boolean),
    )


def _examples(
    texts: _Texts, labels: Labels, similarity: npt.NDArray[np.float64], ids: list[str]
) -> pl.DataFrame:
    """Of each theme the most central ticket, then of its more central half those least like one another."""
    rows: list[tuple[int, int, int]] = []
    for label in range(len(ids)):
        members = np.flatnonzero((labels == label) & texts.is_first)
        members = members[np.lexsort((members, -similarity[members]))]
        members = members[: max(EXAMPLES, min(len(members) // 2, EXAMPLES_CHOSEN_FROM))]
        alike = texts.vectors[members] @ texts.vectors[members].T
        chosen: list[int] = []
        nearest = np.full(len(members), -1.0)
        while len(chosen) < min(EXAMPLES, len(members)):
            nearest[chosen] = np.inf
            chosen.append(int(nearest.argmin()) if chosen else 0)
            nearest = np.maximum(nearest, alike[chosen[-1]])
        rows.extend((label, rank + 1, int(members[at])) for rank, at in enumerate(chosen))
    picked = texts.tickets[[row for _, _, row in rows]]
    return pl.DataFrame(
        {
            "theme_id": [ids[label] for label, _, _ in rows],
            "rank": [rank for _, rank, _ in rows],
            "source": picked["source"],
            "ticket_id": picked["ticket_id"],
            "text": [shortened(text, EXAMPLE_CHARACTERS) for text in picked["text"].fill_null("")],
        },
        schema=THEME_EXAMPLES_SCHEMA,
    )


def shortened(text: str, characters: int) -> str:
    """The text on one line, cut at a word."""
    text = " ".join(text[: 4 * characters].split())
    if len(text) <= characters:
        return text
    cut = text[: characters - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[characters // 2 :] else cut) + "…"
