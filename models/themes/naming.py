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
    PHRASE_WORDS,
    PHRASES_APART,
    PHRASES_PER_THEME,
    SHARE_WEIGHT,
    TEXTS_READ_PER_THEME,
    WORDS_READ_PER_TEXT,
)
from models.themes.stop_words import can_be_a_name

Embed = Callable[[Sequence[str]], Vectors]
Matrix = npt.NDArray[np.float64]

_WORD = r"[^\W\d_][\w]*(?:['’][^\W\d_]+)?"


@dataclass(frozen=True)
class Name:
    """A theme's name and the other phrases that tell it from the rest, best first."""

    name: str
    terms: tuple[str, ...]


def name_themes(
    texts: Sequence[str], labels: Labels, centres: Vectors, mean: Vectors, embed: Embed
) -> list[Name]:
    """A name for each theme, no two alike, in the order of their labels 0..n-1.

    texts: normalised, distinct, the most central of a theme first. centres: unit, centred on `mean`.
    Candidates are the n-grams with the highest class-based TF-IDF (Grootendorst 2022); the one nearest in
    meaning to the theme's centre wins, with a bonus for being said by many.
    """
    texts, labels = _read_part(texts, labels)
    phrases, counts = _phrase_counts(texts, labels, len(centres))
    if not phrases:
        return [Name(f"Theme {label + 1}", ()) for label in range(len(centres))]
    candidates = _candidates(counts)
    used = np.unique(np.concatenate(candidates))
    vectors = np.zeros((len(phrases), len(mean)), dtype=np.float32)
    vectors[used] = centred(embed([phrases[i] for i in used]), mean)
    texts_of = np.maximum(np.bincount(labels, minlength=len(centres)), 1)
    acronyms = _acronyms(texts)
    taken: set[frozenset[str]] = set()
    names = []
    for label, candidate in enumerate(candidates):
        share = counts[[label], :][:, candidate].toarray().ravel() / texts_of[label]
        score = vectors[candidate] @ centres[label] + SHARE_WEIGHT * np.sqrt(share)
        ranked = candidate[np.lexsort((candidate, -score))]
        names.append(_name(ranked, phrases, vectors, taken, acronyms, label))
    return names


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
        ngram_range=PHRASE_WORDS,
        token_pattern=_WORD,
        binary=True,
        min_df=2 if len(texts) > 1 else 1,
        dtype=np.int32,
    )
    try:
        said = vectorizer.fit_transform(texts)
    except ValueError:  # not one phrase that two texts share
        return [], sparse.csr_matrix((themes, 0))
    phrases = vectorizer.get_feature_names_out()
    fit = np.array([can_be_a_name(phrase.split()) for phrase in phrases])
    members = sparse.csr_matrix(
        (np.ones(len(labels), dtype=np.int32), (labels, np.arange(len(labels)))), shape=(themes, len(labels))
    )
    return phrases[fit].tolist(), sparse.csr_matrix(members @ said[:, fit])


def _candidates(counts: sparse.csr_matrix) -> list[npt.NDArray[np.int64]]:
    """The phrases (columns) of highest class-based TF-IDF for each theme."""
    per_theme = np.asarray(counts.sum(axis=1)).ravel()
    per_phrase = np.asarray(counts.sum(axis=0)).ravel()
    rarity = np.log1p(per_theme.mean() / np.maximum(per_phrase, 1))
    candidates = []
    for label in range(counts.shape[0]):
        row = counts[[label], :]
        score = row.data * rarity[row.indices]
        best = np.lexsort((row.indices, -score))[:PHRASES_PER_THEME]
        candidates.append(row.indices[best].astype(np.int64))
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
        for word in re.findall(_WORD, text):
            every[word.lower()] += 1
            if word.isupper() and len(word) > 1:
                capital[word.lower()] += 1
    return frozenset(word for word, times in capital.items() if 2 * times >= every[word])


def _as_written(phrase: str, acronyms: frozenset[str]) -> str:
    return " ".join(word.upper() if word in acronyms or word == "i" else word for word in phrase.split())
