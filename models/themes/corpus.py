"""The texts that themes are found in: which are copies, which templates, and on which the themes are fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.text.duplicates import identical_texts, is_long, is_repeat, is_template, merge_copies
from models.text.normalise import normalise
from models.themes.clustering import (
    Labels,
    Neighbours,
    Vectors,
    centred,
    label_sums,
    nearest_centroid,
    nearest_neighbours,
    neighbourhood,
)
from models.themes.recipe import COPY_NEIGHBOURS, FIT_AT_MOST, MINIMUM_DISTINCT, ROWS_CENTRED_AT_ONCE

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """Tickets in the order in which they are worked on, with what is known of each text.

    The embeddings stay where and as they are given (a memory map will do); only what is worked on is copied.
    """

    tickets: pl.DataFrame  # sorted by source and ticket id, with `normalised`
    embeddings: Vectors  # as given
    order: Rows  # the row of `embeddings` of each ticket
    mean: Vectors  # of the fitted texts' embeddings
    copies: Labels  # group of copies, per ticket
    is_first: npt.NDArray[np.bool_]  # the earliest ticket of its group
    is_repeat: npt.NDArray[
        np.bool_
    ]  # does not count: a copy of a long text or a template, or by the same requester
    is_template: npt.NDArray[np.bool_]
    fitted: Rows  # on which themes are found: distinct texts, or a sample of them
    neighbours: Neighbours | None  # of the fitted rows; None where there are too few

    def vectors(self, rows: Rows) -> Vectors:
        """Unit vectors of these rows, centred on the mean, shape (rows, dimensions)."""
        return centred(_taken(self.embeddings, self.order[rows]), self.mean)

    def blocks(self, rows: Rows) -> Iterator[tuple[slice, Vectors]]:
        """The vectors of any number of rows, a block at a time, and where in `rows` each block lies."""
        for start in range(0, len(rows), ROWS_CENTRED_AT_ONCE):
            at = slice(start, start + ROWS_CENTRED_AT_ONCE)
            yield at, self.vectors(rows[at])

    def label_sums(self, rows: Rows, labels: Labels, count: int) -> npt.NDArray[np.float64]:
        """The sum of each label's vectors, shape (count, dimensions). labels: 0..count-1, one for each row."""
        sums = np.zeros((count, len(self.mean)))
        for at, vectors in self.blocks(rows):
            sums += label_sums(vectors, labels[at], count)
        return sums

    def nearest(self, rows: Rows, centres: Vectors) -> tuple[Labels, Vectors]:
        """The nearest centre of each row and the cosine to it, both shaped (rows,)."""
        labels = np.zeros(len(rows), dtype=np.int64)
        cosine = np.zeros(len(rows), dtype=np.float32)
        for at, vectors in self.blocks(rows):
            labels[at], cosine[at] = nearest_centroid(vectors, centres)
        return labels, cosine

    def likeness(self, rows: Rows, centres: Vectors, labels: Labels) -> Vectors:
        """The cosine of each row to the centre of its own label, shape (rows,)."""
        cosine = np.zeros(len(rows), dtype=np.float32)
        for at, vectors in self.blocks(rows):
            cosine[at] = np.einsum("ij,ij->i", vectors, centres[labels[at]])
        return cosine


def prepare(tickets: pl.DataFrame, embeddings: Vectors, seed: int) -> Corpus:
    """Sorts the tickets, tells copies and templates apart and picks the texts that themes are fitted on.

    tickets: source, ticket_id, text, requester_key, created_at. embeddings: unit rows in the order of `tickets`.
    """
    order = (
        tickets.select(pl.struct("source", "ticket_id").arg_sort()).to_series().to_numpy().astype(np.int64)
    )
    ordered = tickets[order].with_columns(normalised=normalise(tickets["text"][order]))
    copies = identical_texts(ordered["normalised"])
    fitted = np.unique(copies, return_index=True)[1]
    fitted = fitted[_says_something(embeddings, order[fitted])]
    if len(fitted) > FIT_AT_MOST:
        fitted = _stratified_sample(ordered, fitted, seed)
    vectors = _taken(embeddings, order[fitted])
    mean = vectors.mean(axis=0) if len(fitted) else np.zeros(vectors.shape[1], dtype=np.float32)
    long = is_long(ordered["normalised"])
    neighbours = None
    if len(fitted) >= MINIMUM_DISTINCT:
        neighbours = nearest_neighbours(centred(vectors, mean), neighbourhood(len(fitted)))
        copies = _with_near_copies(copies, fitted, neighbours, vectors, long)
    template = is_template(copies, ordered["requester_key"], long)
    by_age = _by_age(ordered)
    is_first, repeats = np.zeros((2, ordered.height), dtype=bool)
    is_first[by_age[np.unique(copies[by_age], return_index=True)[1]]] = True
    repeats[by_age] = is_repeat(
        copies[by_age], ordered["requester_key"][by_age], long[by_age], template[by_age]
    )
    return Corpus(
        tickets=ordered,
        embeddings=embeddings,
        order=order,
        mean=mean,
        copies=copies,
        is_first=is_first,
        is_repeat=repeats,
        is_template=template,
        fitted=fitted,
        neighbours=neighbours,
    )


def _taken(embeddings: Vectors, rows: Rows) -> Vectors:
    return np.asarray(embeddings[rows], dtype=np.float32)


def _says_something(embeddings: Vectors, rows: Rows) -> npt.NDArray[np.bool_]:
    """Whether these rows have a vector: zeros stand for a text that says nothing."""
    says = np.zeros(len(rows), dtype=bool)
    for start in range(0, len(rows), ROWS_CENTRED_AT_ONCE):
        at = slice(start, start + ROWS_CENTRED_AT_ONCE)
        says[at] = embeddings[rows[at]].any(axis=1)
    return says


def _stratified_sample(tickets: pl.DataFrame, rows: Rows, seed: int) -> Rows:
    """FIT_AT_MOST of the rows, each source and month of creation in its proportion.

    Every so-manieth row is taken after sorting by source and month, at random within them (systematic sampling).
    """
    month = tickets["created_at"].cast(pl.Datetime("us")).dt.truncate("1mo").rank("dense").fill_null(0)
    source = tickets["source"].rank("dense")
    chance = np.random.default_rng(seed).random(len(rows))
    in_strata = rows[np.lexsort((chance, month.to_numpy()[rows], source.to_numpy()[rows]))]
    return np.sort(in_strata[np.arange(FIT_AT_MOST) * len(rows) // FIT_AT_MOST])


def _with_near_copies(
    copies: Labels, fitted: Rows, neighbours: Neighbours, vectors: Vectors, long: npt.NDArray[np.bool_]
) -> Labels:
    """Groups of copies, 0..n-1, after fitted texts that are nearly alike are joined. vectors: not centred."""
    near = neighbours.index[:, :COPY_NEIGHBOURS]
    plain_cosine = np.column_stack(
        [np.einsum("ij,ij->i", vectors, vectors[near[:, place]]) for place in range(near.shape[1])]
    )
    group = np.arange(copies.max() + 1)
    first_of = merge_copies(near, plain_cosine, long[fitted])
    group[copies[fitted]] = copies[fitted[np.unique(first_of, return_index=True)[1]]][first_of]
    return np.unique(group[copies], return_inverse=True)[1].astype(np.int64)


def _by_age(tickets: pl.DataFrame) -> Rows:
    """The rows from the earliest ticket to the latest; tickets of unknown age come last, in their order."""
    age = tickets["created_at"].cast(pl.Datetime("us")).to_physical().fill_null(np.iinfo(np.int64).max)
    return np.argsort(age.to_numpy(), kind="stable")
