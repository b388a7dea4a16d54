"""Themes: what a set of tickets is about, and which ticket belongs where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.themes.clustering import (
    Labels,
    Vectors,
    centred,
    centroids,
    communities,
    keep_borders,
    mean_cosine,
    nearest_centroid,
    neighbour_graph,
    unit,
)
from models.themes.corpus import Corpus, Rows, prepare
from models.themes.naming import Embed, Name, name_themes
from models.themes.recipe import (
    DESCRIPTION_CHARACTERS,
    EXAMPLE_CHARACTERS,
    EXAMPLES,
    EXAMPLES_CHOSEN_FROM,
    FAR_FROM_EVERYTHING,
    MINIMUM_DISTINCT,
    ROWS_CENTRED_AT_ONCE,
    TEMPLATE_COSINE,
    TEXTS_READ_PER_THEME,
)

OTHER_ID = "other"
OTHER_NAME = "Other"

THEMES_SCHEMA = {
    "theme_id": pl.String,
    "name": pl.String,
    "description": pl.String,  # the most central text
    "tickets": pl.Int64,
    "distinct_tickets": pl.Int64,  # without those that are near-duplicates
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
    "is_near_duplicate": pl.Boolean,  # a copy that does not count, see is_repeat
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
    texts = prepare(tickets.with_columns(earlier=earlier), embeddings, seed)
    labels = _largest_first(texts, _group(texts, seed))
    return _describe(texts, labels, embed)


def assign(embeddings: Vectors, themes: Themes) -> pl.DataFrame:
    """The nearest theme of each new text: theme_id and similarity, in the order of `embeddings`.

    What is far from every theme is Other; a template takes only what is nearly a copy of it.
    """
    ids = themes.themes["theme_id"].to_list()
    template = themes.themes["is_template"].to_numpy()
    nearest = np.full(len(embeddings), -1, dtype=np.int64)
    similarity = np.zeros(len(embeddings))
    for start in range(0, len(embeddings), ROWS_CENTRED_AT_ONCE):
        at = slice(start, start + ROWS_CENTRED_AT_ONCE)
        vectors = centred(np.asarray(embeddings[at], dtype=np.float32), themes.mean)
        for candidates, least in ((~template, FAR_FROM_EVERYTHING), (template, TEMPLATE_COSINE)):
            rows = np.flatnonzero(candidates)
            if len(rows):
                label, cosine = nearest_centroid(vectors, themes.centroids[rows])
                taken = (cosine >= least) & (cosine > similarity[at])
                nearest[at][taken] = rows[label[taken]]
                similarity[at][taken] = cosine[taken]
    return pl.DataFrame(
        {
            "theme_id": pl.Series([*ids, OTHER_ID]).gather(np.where(nearest < 0, len(ids), nearest)),
            "similarity": similarity,
        },
        schema={"theme_id": pl.String, "similarity": pl.Float64},
    )


def _group(texts: Corpus, seed: int) -> Labels:
    """A label for each ticket, -1 for Other; copies share one, each template has one of its own."""
    labels = np.full(len(texts.copies), -1, dtype=np.int64)
    one_each = np.unique(texts.copies, return_index=True)[1]
    centres, fitted, found = _fit(texts, seed)
    if len(centres):
        rows = np.union1d(one_each, fitted)
        label, cosine = texts.nearest(rows, centres)
        at = np.searchsorted(rows, fitted)
        label[at] = found
        cosine[at] = texts.likeness(fitted, centres, found)
        labels[rows] = np.where(cosine >= FAR_FROM_EVERYTHING, label, -1)
    of_copies = labels[one_each]
    templates = np.unique(texts.copies[texts.is_template])
    of_copies[templates] = labels.max(initial=-1) + 1 + np.arange(len(templates))
    return of_copies[texts.copies]


def _fit(texts: Corpus, seed: int) -> tuple[Vectors, npt.NDArray[np.int64], Labels]:
    """Centres of the groups that are large enough, the rows they were found on, and those rows' groups."""
    nothing = np.zeros((0, len(texts.mean)), dtype=np.float32), texts.fitted[:0], texts.fitted[:0]
    kept = np.flatnonzero(~texts.is_template[texts.fitted])
    if texts.neighbours is None or not len(kept):
        return nothing
    rows = texts.fitted[kept]
    graph = keep_borders(neighbour_graph(texts.neighbours)[kept][:, kept], texts.tickets["earlier"][rows])
    vectors = texts.vectors(rows)
    found = communities(vectors, graph, seed)
    distinct = np.unique(np.column_stack([found, texts.copies[rows]]), axis=0)[:, 0]
    large = np.flatnonzero(np.bincount(distinct) >= MINIMUM_DISTINCT)
    stays = np.isin(found, large)
    if not len(large):
        return nothing
    return centroids(vectors, found)[large], rows[stays], np.searchsorted(large, found[stays])


def _largest_first(texts: Corpus, labels: Labels) -> Labels:
    """Labels renumbered by falling number of distinct texts, then by their first ticket."""
    themed = labels >= 0
    if not themed.any():
        return labels
    old, first = np.unique(labels[themed], return_index=True)
    distinct = np.bincount(labels[themed & ~texts.is_repeat], minlength=old.max() + 1)[old]
    new = np.full(old.max() + 1, -1)
    new[old[np.lexsort((first, -distinct))]] = np.arange(len(old))
    return np.where(themed, new[labels], -1)


def _describe(texts: Corpus, labels: Labels, embed: Embed) -> Themes:
    count = int(labels.max(initial=-1)) + 1
    themed = np.flatnonzero(labels >= 0)
    firsts = np.flatnonzero((labels >= 0) & texts.is_first)
    centres = unit(texts.label_sums(firsts, labels[firsts], count))
    similarity = np.zeros(len(labels))
    similarity[themed] = texts.likeness(themed, centres, labels[themed])
    names: list[Name] = []
    if count:
        central = _most_central(firsts, labels, similarity)
        said = texts.tickets["normalised"][central].to_list()
        names = name_themes(said, labels[central], centres, texts.mean, embed)
    ids = [f"t{label + 1:03d}" for label in range(count)]
    if (labels < 0).any():
        ids.append(OTHER_ID)
        names.append(Name(OTHER_NAME, ()))
        centres = np.vstack([centres, np.zeros((1, len(texts.mean)), dtype=np.float32)])
    labels = np.where(labels < 0, count, labels)
    examples = _examples(texts, labels, similarity, ids)
    return Themes(
        themes=_themes_frame(texts, labels, ids, names, examples),
        ticket_themes=_ticket_themes(texts, labels, similarity, ids),
        theme_examples=examples,
        centroids=centres,
        mean=texts.mean,
    )


def _most_central(rows: Rows, labels: Labels, similarity: npt.NDArray[np.float64]) -> Rows:
    """Of each label the rows that its name is read from, most central first; ties by order of tickets."""
    ordered = rows[np.lexsort((rows, -similarity[rows], labels[rows]))]
    _, first, sizes = np.unique(labels[ordered], return_index=True, return_counts=True)
    return ordered[np.arange(len(ordered)) - np.repeat(first, sizes) < TEXTS_READ_PER_THEME]


def _themes_frame(
    texts: Corpus, labels: Labels, ids: list[str], names: list[Name], examples: pl.DataFrame
) -> pl.DataFrame:
    tickets = np.bincount(labels, minlength=len(ids))
    rows = np.flatnonzero(texts.is_first)
    firsts = labels[rows]
    together = mean_cosine(texts.label_sums(rows, firsts, len(ids)), np.bincount(firsts, minlength=len(ids)))
    template = np.bincount(labels[texts.is_template], minlength=len(ids)) > tickets / 2
    central = dict(examples.filter(pl.col("rank") == 1).select("theme_id", "text").iter_rows())
    return pl.DataFrame(
        {
            "theme_id": ids,
            "name": [name.name for name in names],
            "description": [shortened(central.get(theme, ""), DESCRIPTION_CHARACTERS) for theme in ids],
            "tickets": tickets,
            "distinct_tickets": np.bincount(labels[~texts.is_repeat], minlength=len(ids)),
            "share": tickets / max(len(labels), 1),
            "cohesion": together,
            "is_other": [theme == OTHER_ID for theme in ids],
            "is_template": template,
            "label_terms": [", ".join(name.terms) for name in names],
        },
        schema=THEMES_SCHEMA,
    )


def _ticket_themes(
    texts: Corpus, labels: Labels, similarity: npt.NDArray[np.float64], ids: list[str]
) -> pl.DataFrame:
    return texts.tickets.select(
        "source",
        "ticket_id",
        theme_id=pl.Series(ids, dtype=pl.String).gather(labels),
        similarity=pl.Series(similarity, dtype=pl.Float64),
        is_near_duplicate=pl.Series(texts.is_repeat, dtype=pl.Boolean),
    )


def _examples(
    texts: Corpus, labels: Labels, similarity: npt.NDArray[np.float64], ids: list[str]
) -> pl.DataFrame:
    """Of each theme the most central ticket, then of its more central half those least like one another."""
    rows: list[tuple[int, int, int]] = []
    for label in range(len(ids)):
        members = np.flatnonzero((labels == label) & texts.is_first)
        members = members[np.lexsort((members, -similarity[members]))]
        members = members[: max(EXAMPLES, min(len(members) // 2, EXAMPLES_CHOSEN_FROM))]
        vectors = texts.vectors(members)
        alike = vectors @ vectors.T
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
