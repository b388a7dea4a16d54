"""A short name for each theme, taken from its texts' own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.themes.clustering import Labels, Vectors, centred
from models.themes.recipe import (
    MARGIN_WEIGHT,
    ONE_WORD_COST,
    PART_OF_LONGER,
    PHRASE_WORDS,
    PHRASES_APART,
    PHRASES_PER_THEME,
    SHARE_WEIGHT,
    TEXTS_READ_PER_THEME,
    WORDS_READ_PER_TEXT,
)
from models.themes.stop_words import can_be_a_name, can_open_a_name

Embed = Callable[[Sequence[str]], Vectors]

_WORD = re.compile(r"\b(?:\d-?)?[^\W\d_]\w*(?:['-][^\W_]+)*")
# A phrase does not reach across the end of a clause.
_CLAUSE_END = re.compile(r"[.,;:!?()\[\]{}\"/|<>=\n…–—]|\s-\s")


@dataclass(frozen=True)
class Name:
    """A theme's name and the other phrases that tell it from the rest, best first."""

    name: str
    terms: tuple[str, ...]


def name_themes(
    texts: Sequence[str],
    labels: Labels,
    centres: Vectors,
    mean: Vectors,
    embed: Embed,
    named: int | None = None,
) -> list[Name]:
    """A name for each theme, no two alike, in the order of their labels 0..n-1.

    texts: normalised, distinct, the most central of a theme first. centres: unit, centred on `mean`.
    named: only so many themes, the first ones, are named; the others are what they must be told from.
    Candidates are the n-grams with the highest class-based TF-IDF (Grootendorst 2022); the one nearest in meaning
    to the theme's centre, and nearer to it than to other themes', wins, with a bonus for being said by many and
    for being more than one word.
    """
    texts, labels = _read_part(texts, labels)
    phrases, counts = _phrase_counts(texts, labels, len(centres))
    if not phrases:
        return [Name(f"Theme {label + 1}", ()) for label in range(len(centres))[:named]]
    candidates = _candidates(counts, _parts_of_longer(phrases, counts))[:named]
    used = np.unique(np.concatenate(candidates))
    vectors = np.zeros((len(phrases), len(mean)), dtype=np.float32)
    vectors[used] = centred(embed([phrases[i] for i in used]), mean)
    texts_of = np.maximum(np.bincount(labels, minlength=len(centres)), 1)
    acronyms = _acronyms(texts)
    taken: set[frozenset[str]] = set()
    names = []
    for label, candidate in enumerate(candidates):
        share = counts[[label], :][:, candidate].toarray().ravel() / texts_of[label]
        score = _closeness(vectors[candidate], centres, label) + SHARE_WEIGHT * np.sqrt(share)
        score -= ONE_WORD_COST * np.array([" " not in phrases[phrase] for phrase in candidate])
        ranked = candidate[np.lexsort((candidate, -score))]
        names.append(_name(ranked, phrases, vectors, taken, acronyms, label))
    return names


def _closeness(phrases: Vectors, centres: Vectors, label: int) -> Vectors:
    """How near phrases are to their theme, and how much nearer to it than to any other. Shape (phrases,)."""
    cosine = phrases @ centres.T
    own = cosine[:, label]
    others = np.delete(cosine, label, axis=1)
    return own + MARGIN_WEIGHT * (own - others.max(axis=1)) if others.size else own


def _read_part(texts: Sequence[str], labels: Labels) -> tuple[list[str], Labels]:
    """The texts of each theme that are read for naming, cut to their first words."""
    seen: Counter[int] = Counter()
    kept = []
    for row, label in enumerate(labels.tolist()):
        seen[label] += 1
        if seen[label] <= TEXTS_READ_PER_THEME:
            kept.append(row)
    return [" ".join(texts[row].split()[:WORDS_READ_PER_TEXT]) for row in kept], labels[kept]


def _phrase_counts(texts: list[str], labels: Labels, themes: int) -> tuple[list[str], sparse.csr_matrix]:
    """Phrases, and how many texts of each theme say them, shape (themes, phrases)."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(
        analyzer=_phrases, binary=True, min_df=2 if len(texts) > 1 else 1, dtype=np.int32
    )
    try:
        said = vectorizer.fit_transform(texts)
    except ValueError:  # not one phrase that two texts share
        return [], sparse.csr_matrix((themes, 0))
    members = sparse.csr_matrix(
        (np.ones(len(labels), dtype=np.int32), (labels, np.arange(len(labels)))), shape=(themes, len(labels))
    )
    return vectorizer.get_feature_names_out().tolist(), sparse.csr_matrix(members @ said)


def _phrases(text: str) -> set[str]:
    """Every run of words within a clause that can be a name."""
    fewest, most = PHRASE_WORDS
    found = set()
    for clause in _CLAUSE_END.split(text.lower().replace("’", "'")):
        words = _WORD.findall(clause)
        for start in range(len(words)):
            if not can_open_a_name(words[start]):
                continue
            for stop in range(start + fewest, min(start + most, len(words)) + 1):
                if can_be_a_name(words[start:stop]):
                    found.add(" ".join(words[start:stop]))
    return found


def _parts_of_longer(phrases: list[str], counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Which phrases, in which themes, are mostly said as part of one and the same longer phrase.

    Shape (themes, phrases), nonzero where so: "cash withdrawal is still" beside "cash withdrawal is still pending".
    """
    column = {phrase: at for at, phrase in enumerate(phrases)}
    part, whole = [], []
    for phrase, at in column.items():
        words = phrase.split()
        for size in range(1, len(words)):
            for shorter in (" ".join(words[:size]), " ".join(words[-size:])):
                if shorter in column:
                    part.append(column[shorter])
                    whole.append(at)
    longer = counts.tocsc()[:, whole].tocoo()
    shorter_one = np.array(part, dtype=np.int64)[longer.col]
    mostly = longer.data >= PART_OF_LONGER * np.asarray(counts.tocsr()[longer.row, shorter_one]).ravel()
    return sparse.csr_matrix(
        (np.ones(mostly.sum(), dtype=np.int8), (longer.row[mostly], shorter_one[mostly])), shape=counts.shape
    )


def _candidates(counts: sparse.csr_matrix, part: sparse.csr_matrix) -> list[npt.NDArray[np.int64]]:
    """The phrases (columns) of highest class-based TF-IDF for each theme, without parts of longer ones."""
    per_theme = np.asarray(counts.sum(axis=1)).ravel()
    per_phrase = np.asarray(counts.sum(axis=0)).ravel()
    rarity = np.log1p(per_theme.mean() / np.maximum(per_phrase, 1))
    candidates = []
    for label in range(counts.shape[0]):
        row = counts[[label], :]
        whole = ~np.isin(row.indices, part[[label], :].indices)
        columns = row.indices[whole]
        score = row.data[whole] * rarity[columns]
        best = np.lexsort((columns, -score))[:PHRASES_PER_THEME]
        candidates.append(columns[best].astype(np.int64))
    return candidates


def _name(
    ranked: npt.NDArray[np.int64],
    phrases: list[str],
    vectors: Vectors,
    taken: set[frozenset[str]],
    acronyms: frozenset[str],
    label: int,
) -> Name:
    """The best phrase whose words no other name has, and up to five others that say something else."""
    chosen: list[int] = []
    for phrase in ranked:
        words = frozenset(phrases[phrase].split())
        if not chosen and words in taken:
            continue
        if all(vectors[phrase] @ vectors[other] < PHRASES_APART for other in chosen):
            chosen.append(phrase)
        if len(chosen) == 6:
            break
    if not chosen:
        return Name(f"Theme {label + 1}", ())
    taken.add(frozenset(phrases[chosen[0]].split()))
    shown = [_as_written(phrases[phrase], acronyms) for phrase in chosen]
    return Name(shown[0][0].upper() + shown[0][1:], tuple(shown[1:]))


def _acronyms(texts: list[str]) -> frozenset[str]:
    """Words written in capitals at least every second time: ATM, PIN, SMS."""
    every: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for word in _WORD.findall(text):
            every[word.lower()] += 1
            if word.isupper() and len(word) > 1:
                capital[word.lower()] += 1
    return frozenset(word for word, times in capital.items() if 2 * times >= every[word])


def _as_written(phrase: str, acronyms: frozenset[str]) -> str:
    return " ".join(word.upper() if word in acronyms or word == "i" else word for word in phrase.split())
