"""Copies of one text, so that no single writer moves a theme."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from models.text.normalise import mask_numbers

Groups = npt.NDArray[np.int64]

# Shorter texts meet by chance: many people write "where is my refund".
MINIMUM_WORDS = 8
# Cosine (not centred) from which two long texts are copies with a few words changed.
COPY_COSINE = 0.98
# A copied text is a template once it came this often, from this many accounts.
TEMPLATE_COPIES = 20
TEMPLATE_REQUESTERS = 10
# A short one only where so many accounts can hardly have met by chance in a few words: a button's text, or a flood.
SHORT_TEMPLATE_REQUESTERS = 200


def identical_texts(normalised: pl.Series) -> Groups:
    """The group of each text, 0..n-1 by first appearance, numbers, case and punctuation aside."""
    masked = mask_numbers(normalised).to_frame("text").with_row_index("row")
    first = masked.select(pl.col("row").min().over("text")).to_series().to_numpy()
    _, groups = np.unique(first, return_inverse=True)
    return groups.astype(np.int64)


def is_long(normalised: pl.Series) -> npt.NDArray[np.bool_]:
    """Whether a text has enough words for a likeness to be no chance."""
    return (normalised.str.count_matches(r"\S+") >= MINIMUM_WORDS).to_numpy()


def is_repeat(
    groups: Groups, requesters: pl.Series, long: npt.NDArray[np.bool_], template: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Whether a text is a copy that does not count, the rows being in the order in which they came.

    Of a long text or a template only the first counts; of a short one the first of each requester, since many
    people write "the app is down". An unknown requester (null) is an account of its own. All shaped (texts,).
    """
    texts = pl.DataFrame({"group": groups, "requester": requesters.cast(pl.String), "once": long | template})
    writer = pl.when(pl.col("once").any().over("group")).then(pl.lit("")).otherwise("requester")
    return (
        texts.select(pl.col("group"), writer.alias("writer"))
        .select(pl.col("writer").is_not_null() & ~pl.struct("group", "writer").is_first_distinct())
        .to_series()
        .to_numpy()
    )


def merge_copies(
    index: npt.NDArray[np.int64], cosine: npt.NDArray[np.float32], long: npt.NDArray[np.bool_]
) -> Groups:
    """The group of each text after long texts that are nearly alike are joined.

    index, cosine: nearest neighbours, shape (texts, k). long: shape (texts,).
    """
    count = len(long)
    rows, columns = np.nonzero((cosine >= COPY_COSINE) & long[:, None])
    other = index[rows, columns]
    keep = long[other]
    links = sparse.coo_matrix((np.ones(keep.sum()), (rows[keep], other[keep])), shape=(count, count))
    _, groups = connected_components(links, directed=False)
    return groups.astype(np.int64)


def is_template(groups: Groups, requesters: pl.Series, long: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether a text belongs to a template: a long text that many accounts sent, or a short one that very many did.

    An unknown requester (null) counts as an account of its own. All shaped (texts,).
    """
    texts = pl.DataFrame({"group": groups, "requester": requesters.cast(pl.String), "long": long})
    copies = pl.len().over("group")
    accounts = (pl.col("requester").drop_nulls().n_unique() + pl.col("requester").null_count()).over("group")
    return (
        texts.select(
            (copies >= TEMPLATE_COPIES)
            & (accounts >= TEMPLATE_REQUESTERS)
            & (pl.col("long").any().over("group") | (accounts >= SHORT_TEMPLATE_REQUESTERS))
        )
        .to_series()
        .to_numpy()
    )
