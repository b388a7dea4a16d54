"""How surely new themes are found among recent texts: prints one JSON object.

    python -m benchmarks.new_themes [--texts FILE --text COLUMN --label COLUMN] [--seeds N]
        [--hold-out 5] [--new-texts 20] [--batch 1000]

`precision`: share of themes found that are mostly of a held-out label. `recall`: share of held-out labels found.

Some labels are held out of history; a batch holds usual texts and a few of each held-out label. `with_surges` is
the same with three known labels at four times their usual number. `false_alarms_per_batch` counts themes found in
batches with nothing new. Without a file, the texts of a simulated operation and the problems they are about.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.themes import READERS
from models.simulation.operation import simulate
from models.text.embedding import DEFAULT_MODEL, Embedder
from models.themes.new_themes import find_new_themes

SURGES = 3
SURGE_FACTOR = 4
SIMULATED_TICKETS = 12_000
# Batches are drawn for seeds from here on; other draws served to choose the method's constants.
FIRST_SEED = 1

Rows = npt.NDArray[np.int64]


@dataclass
class Tally:
    """What was found in the batches of one kind."""

    found: int = 0  # themes found in batches with new labels
    right: int = 0  # of them, those mostly of a held-out label
    held_out: int = 0
    recalled: int = 0  # held-out labels that a theme found is mostly of
    batches: int = 0
    false_alarms: int = 0  # themes found in batches with nothing new

    def figures(self) -> dict[str, float]:
        """Precision, recall and false alarms per batch, rounded."""
        return {
            "precision": round(self.right / self.found, 3) if self.found else 0.0,
            "recall": round(self.recalled / self.held_out, 3) if self.held_out else 0.0,
            "false_alarms_per_batch": round(self.false_alarms / self.batches, 3),
        }


@dataclass(frozen=True)
class Draw:
    """A history, a batch without anything new, and the rows that are new in it."""

    history: Rows
    batch: Rows
    new: Rows
    held_out: set[str]


def draw(labels: npt.NDArray[np.str_], arguments: argparse.Namespace, surges: int, seed: int) -> Draw:
    """Rows at random: labels held out of history, a batch of the others, some of them in surge."""
    rng = np.random.default_rng(seed)
    names, counts = np.unique(labels, return_counts=True)
    large = names[counts >= arguments.new_texts]
    if len(large) < arguments.hold_out + surges:
        raise SystemExit(
            f"{len(large)} labels have {arguments.new_texts} texts or more; at least "
            f"{arguments.hold_out + surges} are needed: lower --hold-out or --new-texts"
        )
    held_out = rng.choice(large, arguments.hold_out, replace=False)
    known = rng.permutation(np.flatnonzero(~np.isin(labels, held_out)))
    size = min(arguments.batch, len(known) // 4)
    batch, history = known[:size], known[size:]
    for label in rng.choice(np.setdiff1d(large, held_out), surges, replace=False):
        # Four times what is usual, not what this batch happens to hold: a small label would leave history empty.
        usual = size * (labels[known] == label).mean()
        extra = max(0, round(SURGE_FACTOR * usual) - int((labels[batch] == label).sum()))
        added = history[labels[history] == label][:extra]
        batch, history = np.concatenate([batch, added]), np.setdiff1d(history, added)
    new = [
        rng.choice(np.flatnonzero(labels == label), arguments.new_texts, replace=False) for label in held_out
    ]
    return Draw(np.sort(history), np.sort(batch), np.concatenate(new), set(held_out))


def measure(
    vectors: npt.NDArray[np.float32], labels: npt.NDArray[np.str_], arguments: argparse.Namespace, surges: int
) -> dict[str, float]:
    """Figures over all seeds, with a number of known labels in surge."""
    tally = Tally()
    for seed in range(FIRST_SEED, FIRST_SEED + arguments.seeds):
        drawn = draw(labels, arguments, surges, seed)
        tally.batches += 1
        tally.false_alarms += len(find_new_themes(vectors[drawn.history], vectors[drawn.batch]))
        rows = np.concatenate([drawn.batch, drawn.new])
        found = find_new_themes(vectors[drawn.history], vectors[rows])
        majorities = [_majority(labels[rows[group]]) for group in found]
        tally.found += len(found)
        tally.right += sum(label in drawn.held_out for label in majorities)
        tally.held_out += len(drawn.held_out)
        tally.recalled += len(drawn.held_out & set(majorities))
    return tally.figures()


def _majority(labels: npt.NDArray[np.str_]) -> str:
    names, counts = np.unique(labels, return_counts=True)
    return str(names[counts.argmax()])


def simulated_texts() -> tuple[list[str], list[str]]:
    """Distinct texts of a simulated operation's tickets, attackers' templates aside, and what each is about."""
    operation = simulate(SIMULATED_TICKETS, seed=1, as_of=date(2026, 1, 1))
    truth = operation.truth["ticket_truth"].filter(
        ~pl.col("is_attacker_template"), pl.col("language") == "en"
    )
    tickets = operation.tables["tickets"].join(truth, on="ticket_id", maintain_order="left")
    texts = tickets.select(
        pl.concat_str("subject", "body", separator="\n", ignore_nulls=True).alias("text"), "theme"
    ).unique("text", maintain_order=True, keep="first")
    return texts["text"].to_list(), texts["theme"].to_list()


def read_labelled(path: Path, text: str, label: str) -> tuple[list[str], list[str]]:
    """Distinct texts of a file and their labels; ends the program where the file or a column is not as expected."""
    read = READERS.get(path.suffix.lower())
    if read is None:
        raise SystemExit(f"{path}: expected a file that ends with one of {', '.join(READERS)}")
    frame = read(path)
    for column in (text, label):
        if column not in frame.columns:
            raise SystemExit(f"{path}: no column {column!r}; it has {', '.join(frame.columns)}")
    # A text that comes twice would be its own nearest neighbour.
    distinct = (
        frame.select(pl.col(text).cast(pl.String).alias("text"), pl.col(label).cast(pl.String).alias("label"))
        .drop_nulls()
        .unique("text", keep="first", maintain_order=True)
    )
    return distinct["text"].to_list(), distinct["label"].to_list()


def main() -> None:
    """Reads the arguments, measures and prints the JSON object."""
    parser = argparse.ArgumentParser(
        description="How surely new themes are found among recent texts, and told from surges."
    )
    parser.add_argument("--texts", type=Path, help="a CSV, Parquet, JSON or NDJSON file of labelled texts")
    parser.add_argument("--text", default="text", help="its column of texts")
    parser.add_argument("--label", default="label", help="its column of labels")
    parser.add_argument("--seeds", type=int, default=20, help="batches drawn for each figure")
    parser.add_argument("--hold-out", type=int, default=5, help="labels that are new in a batch")
    parser.add_argument("--new-texts", type=int, default=20, help="texts of each of them")
    parser.add_argument(
        "--batch", type=int, default=1000, help="usual texts in a batch, at most a quarter of all"
    )
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="a sentence-transformers model, by name or folder"
    )
    arguments = parser.parse_args()
    texts, labels = (
        read_labelled(arguments.texts, arguments.text, arguments.label)
        if arguments.texts
        else simulated_texts()
    )
    with tempfile.TemporaryDirectory() as cache:
        vectors = Embedder(Path(cache), arguments.model).embed(texts)
    said = vectors.any(axis=1)
    vectors, names = vectors[said], np.array(labels)[said]
    print(
        json.dumps(
            {
                **measure(vectors, names, arguments, surges=0),
                "with_surges": measure(vectors, names, arguments, surges=SURGES),
                "texts": len(names),
                "labels": len(set(labels)),
                "batches": arguments.seeds,
            }
        )
    )


if __name__ == "__main__":
    main()
