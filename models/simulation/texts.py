"""What people write: subject and body put together from the grammars, many rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from models.simulation.grammar import PROBLEMS, phrases
from models.simulation.grammar.other_languages import TRANSLATIONS
from models.simulation.grammar.problem import expand
from models.simulation.intake import LANGUAGES, METHODS, Intake
from models.simulation.people import named, secrets
from models.simulation.world import ASKERS, PLATFORMS, REGION_NAMES, REGIONS, Bools, Ints

_ROWS_AT_A_TIME = 200_000
_EMAIL = 2  # place of e-mail among the channels
_CHAT = 1
_PERSONAL_SHARE = 0.13
_CASUAL, _ANGRY, _TERSE = (phrases.REGISTERS.index(name) for name in ("casual", "angry", "terse"))
_KIND_OF_REMARK = {"buyer": 0, "merchant": 1, "creator": 2}


@dataclass(frozen=True)
class Pool:
    """Sentences by kind, laid end to end: those of kind k begin at first[k] and are count[k] many."""

    sentences: pl.Series
    first: Ints
    count: Ints

    @classmethod
    def of(cls, kinds: Sequence[Sequence[str]]) -> Pool:
        """A pool from one tuple of phrases per kind; an empty phrase says nothing."""
        expanded = [expand(tuple(phrases_of_kind)) for phrases_of_kind in kinds]
        count = np.array([len(sentences) for sentences in expanded])
        flat = [sentence or None for sentences in expanded for sentence in sentences]
        return cls(pl.Series(flat, dtype=pl.String), np.concatenate([[0], np.cumsum(count)[:-1]]), count)

    def draw(self, kind: Ints, rng: np.random.Generator) -> pl.Series:
        """A sentence of its kind for each row."""
        return self.sentences.gather(
            self.first[kind] + (rng.uniform(size=len(kind)) * self.count[kind]).astype(np.int64)
        )


_SUBJECTS = Pool.of([problem.subjects for problem in PROBLEMS])
_SYMPTOMS = Pool.of([problem.symptoms for problem in PROBLEMS])
_DETAILS = Pool.of([problem.details for problem in PROBLEMS])
_PROBLEM_ASKS = Pool.of([problem.asks for problem in PROBLEMS])
_OPENERS = Pool.of([phrases.OPENERS[register] for register in phrases.REGISTERS])
_CLOSERS = Pool.of([phrases.CLOSERS[register] for register in phrases.REGISTERS])
_ASKS = Pool.of([phrases.ASKS[register] for register in phrases.REGISTERS])
_REMARKS = Pool.of([phrases.SIDE_REMARKS, phrases.SELLER_REMARKS, phrases.CREATOR_REMARKS])
_PERSONAL = Pool.of([phrases.PERSONAL])
_ATTACKS = Pool.of([[template] for template in phrases.ATTACKER_TEMPLATES])
_METHOD_WORDS = Pool.of([phrases.METHOD_WORDS[method] for method in [*METHODS, "none"]])
_DEVICES = Pool.of([phrases.DEVICES[platform] for platform in PLATFORMS])
_TRANSLATED = [(language, slug) for language, by_problem in TRANSLATIONS.items() for slug in by_problem]
_TRANSLATED_TEXTS = Pool.of([TRANSLATIONS[language][slug] for language, slug in _TRANSLATED])


def write_texts(intake: Intake, rng: np.random.Generator) -> pl.DataFrame:
    """Subject (none in a chat) and body of every ticket."""
    size = len(intake.minute)
    chunks = [
        _write_chunk(_rows(intake, slice(first, first + _ROWS_AT_A_TIME)), rng)
        for first in range(0, size, _ROWS_AT_A_TIME)
    ]
    return pl.concat(chunks)


def _rows(intake: Intake, rows: slice) -> Intake:
    columns: dict[str, Any] = {
        name: value[rows] for name, value in vars(intake).items() if isinstance(value, np.ndarray)
    }
    return replace(intake, **columns)


def _write_chunk(intake: Intake, rng: np.random.Generator) -> pl.DataFrame:
    size = len(intake.minute)
    people = named(intake.requester, intake.region, REGION_NAMES).hstack(secrets(size, rng))
    slots = _slots(intake, rng)
    body = _english(intake, people, rng)
    translated = _translated(intake, rng)
    attack = pl.Series(_ATTACKS.draw(np.maximum(intake.template, 0), rng)).to_frame("text")
    frame = (
        pl.DataFrame({"body": body, "other": translated, "attack": attack["text"]})
        .hstack(slots)
        .hstack(people)
    )
    is_attack = pl.Series(intake.template >= 0)
    frame = frame.select(
        pl.when(is_attack).then("attack").otherwise(pl.coalesce("other", "body")).alias("body"),
        *slots.columns,
        *people.columns,
    )
    subject = pl.Series("subject", _SUBJECTS.draw(intake.problem, rng))
    attack_subject = pl.Series(phrases.ATTACKER_SUBJECTS).gather(np.maximum(intake.template, 0))
    frame = frame.with_columns(
        pl.when(is_attack)
        .then(attack_subject)
        .when(pl.Series(intake.channel != _CHAT))
        .then(subject)
        .alias("subject")
    )
    for slot in slots.columns:
        frame = frame.with_columns(
            pl.col("body", "subject").str.replace_all(f"{{{slot}}}", pl.col(slot), literal=True)
        )
    rare = (pl.Series(intake.template >= 0) | pl.Series(intake.language > 0)).to_numpy()
    return _fill_rare(frame, people.columns, rare).select("subject", "body")


def _fill_rare(frame: pl.DataFrame, slots: list[str], rows: Bools) -> pl.DataFrame:
    """Personal slots outside the personal sentence: only attackers and other languages have them."""
    some = frame.with_row_index("row").filter(rows)
    for slot in slots:
        some = some.with_columns(pl.col("body").str.replace_all(f"{{{slot}}}", pl.col(slot), literal=True))
    body = frame["body"].clone()
    return frame.with_columns(body.scatter(some["row"], some["body"]) if len(some) else body)


def _english(intake: Intake, people: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """The text with the slots of the problem still open."""
    size = len(intake.minute)
    register = rng.choice(len(phrases.REGISTERS), size, p=phrases.REGISTER_SHARES)
    kinds = [_KIND_OF_REMARK[user_type] for _, user_type in ASKERS]
    kind_of_remark = np.where(rng.uniform(size=size) < 0.6, 0, np.array(kinds)[intake.asker])
    wordy = np.array([0.5, 0.5, 0.4, 0.4, 0.0])[register] + 0.2 * (intake.channel == _EMAIL)
    draws = rng.uniform(size=(8, size))
    nobody = np.zeros(size, dtype=np.int64)
    closing = people.with_columns(text=_CLOSERS.draw(register, rng))
    personal = people.with_columns(text=_PERSONAL.draw(nobody, rng))
    detail_share = np.where(register == _TERSE, 0.5, 0.85)
    own_ask = draws[0] < 0.5
    pieces = {
        "opener": _OPENERS.draw(register, rng),
        "symptom": _SYMPTOMS.draw(intake.problem, rng),
        "detail": _when(draws[1] < detail_share, _DETAILS.draw(intake.problem, rng)),
        "another": _when(draws[7] < wordy / 3, _DETAILS.draw(intake.problem, rng)),
        "remark": _when(draws[2] < wordy, _REMARKS.draw(kind_of_remark, rng)),
        "more": _when(draws[3] < wordy / 2, _REMARKS.draw(nobody, rng)),
        "ask": _choose(own_ask, _PROBLEM_ASKS.draw(intake.problem, rng), _ASKS.draw(register, rng)),
        "personal": _when(draws[4] < _PERSONAL_SHARE, _fill(personal, people.columns)),
        "closer": _fill(closing, people.columns),
        "order": draws[5],
        "register": register,
        "sloppy": draws[6],
    }
    return _compose(pl.DataFrame(pieces))


def _compose(pieces: pl.DataFrame) -> pl.Series:
    """Put the pieces in one order or another, in the manner of the register; some misspell."""
    register, order, sloppy = pl.col("register"), pl.col("order"), pl.col("sloppy")
    loud = pl.when((register == _ANGRY) & (sloppy < 0.5))
    pieces = pieces.with_columns(
        symptom=loud.then(pl.col("symptom").str.strip_suffix(".") + "!!").otherwise("symptom"),
        another=pl.when(pl.col("another") != pl.col("detail")).then("another"),
    )
    early, swapped = order < 0.3, (order > 0.82) & pl.col("detail").is_not_null()
    message = pl.concat_str(
        "opener",
        pl.when(early).then("remark"),
        pl.when(swapped).then("detail").otherwise("symptom"),
        pl.when(swapped).then("symptom").otherwise("detail"),
        "another",
        pl.when(~early).then("remark"),
        "more",
        "ask",
        separator=" ",
        ignore_nulls=True,
    )
    # Names, addresses and numbers stay as they are: only what comes before them is misspelt.
    lower = register.is_in([_CASUAL, _TERSE]) & (order < 0.6)
    message = pl.when(lower).then(message.str.to_lowercase()).otherwise(message)
    right, wrong = zip(*phrases.MISSPELLINGS, strict=True)
    misspelt = message.str.replace_many([f" {word}" for word in right], [f" {word}" for word in wrong])
    message = pl.when(sloppy > 0.84).then(misspelt).otherwise(message)
    whole = pl.concat_str(message, "personal", "closer", separator=" ", ignore_nulls=True)
    return pieces.select(whole).to_series()


def _when(condition: Bools, text: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(condition)).then(text)).to_series()


def _choose(condition: Bools, text: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(condition)).then(text).otherwise(other)).to_series()


def _fill(frame: pl.DataFrame, slots: list[str]) -> pl.Series:
    for slot in slots:
        frame = frame.with_columns(pl.col("text").str.replace_all(f"{{{slot}}}", pl.col(slot), literal=True))
    return frame["text"]


def _translated(intake: Intake, rng: np.random.Generator) -> pl.Series:
    """The text of tickets that are not in English, null for the others."""
    slugs = [problem.slug for problem in PROBLEMS]
    place = np.zeros((len(LANGUAGES), len(PROBLEMS)), dtype=np.int64)
    for number, (language, slug) in enumerate(_TRANSLATED):
        place[LANGUAGES.index(language), slugs.index(slug)] = number
    return _when(intake.language > 0, _TRANSLATED_TEXTS.draw(place[intake.language, intake.problem], rng))


def _slots(intake: Intake, rng: np.random.Generator) -> pl.DataFrame:
    """The values that fill a problem's sentences."""
    size = len(intake.minute)

    def one_of(values: Sequence[str]) -> pl.Series:
        return pl.Series(values).gather(rng.integers(0, len(values), size))

    def numbers(low: int, high: int) -> pl.Series:
        return pl.Series(rng.integers(low, high, size)).cast(pl.String)

    codes = pl.Series([*intake.error_codes, "E-17"]).gather(
        _from_end(intake.error_code, len(intake.error_codes))
    )
    versions = pl.Series([*intake.versions, "the latest"]).gather(
        _from_end(intake.version, len(intake.versions))
    )
    cents = pl.Series(rng.integers(0, 100, size)).cast(pl.String).str.zfill(2)
    amount = pl.Series(np.exp(rng.normal(3.8, 0.9, size)).astype(np.int64) + 2).cast(pl.String) + "." + cents
    before, after = {"USD": "$", "EUR": "", "SGD": "S$", "BRL": "R$ "}, {"EUR": " EUR"}
    prefix = pl.Series([before[region.currency] for region in REGIONS]).gather(intake.region)
    suffix = pl.Series([after.get(region.currency, "") for region in REGIONS]).gather(intake.region)
    return pl.DataFrame(
        {
            "amount": prefix + amount + suffix,
            "order": one_of(["order ", "order #", "order no. ", "my order ", "purchase "])
            + numbers(1_000_000, 9_999_999),
            "item": one_of(phrases.ITEMS),
            "method": _METHOD_WORDS.draw(_from_end(intake.method, len(METHODS)), rng),
            "device": _DEVICES.draw(intake.platform, rng),
            "when": one_of(phrases.WHEN),
            "bank": one_of(phrases.BANKS),
            "code": codes,
            "days": numbers(3, 22),
            "count": numbers(2, 10),
            "version": versions,
        }
    )


def _from_end(place: Ints, last: int) -> Ints:
    """Places with -1 (none) moved to the value that stands last."""
    return np.where(place < 0, last, place)
