"""The theme benchmark: files read, figures computed."""

import numpy as np
import polars as pl
import pytest

from benchmarks.themes import LEFT_OUT, READERS, Grouping, label_accuracy, measure

ROWS = [{"said": "where is my card", "about": "7"}, {"said": "refund, please", "about": "8"}]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".json", ".ndjson", ".jsonl"])
def test_labelled_texts_are_read_from_any_kind_of_file(tmp_path, ending):
    frame, file = pl.DataFrame(ROWS), tmp_path / f"texts{ending}"
    match ending:
        case ".csv":
            frame.write_csv(file)
        case ".tsv":
            frame.write_csv(file, separator="\t")
        case ".parquet":
            frame.write_parquet(file)
        case ".json":
            frame.write_json(file)
        case _:
            frame.write_ndjson(file)
    assert READERS[ending](file).to_dicts() == ROWS


def test_lines_of_json_are_read_whatever_the_file_is_called(tmp_path):
    pl.DataFrame(ROWS).write_ndjson(tmp_path / "texts.json")
    assert READERS[".json"](tmp_path / "texts.json").to_dicts() == ROWS


class Letters:
    """Embeds a text by which of the letters a, b and c it holds."""

    def embed(self, texts):
        return np.array([[letter in text for letter in "abc"] for text in texts], dtype=np.float32)


def test_label_accuracy_is_the_share_of_themes_named_like_their_most_frequent_label():
    # t1 is mostly "a" and named so; t2 is mostly "b" but named like "c"; what is left out does not count.
    themes = ["t1", "t1", "t1", "t2", "t2", LEFT_OUT]
    truth = ["a", "a", "b", "b", "b", "c"]
    assert label_accuracy(Grouping(themes, {"t1": "a", "t2": "c"}), truth, Letters()) == 0.5


def test_every_figure_of_a_tool_is_given(problem_texts):
    truth, texts = zip(*problem_texts, strict=True)
    figures = measure("ours", list(texts), list(truth), 2, "all-MiniLM-L6-v2")
    assert set(figures) == {
        "v_measure",
        "ari",
        "themes",
        "left_out",
        "label_accuracy",
        "seed_ari",
        "texts_per_second",
        "seconds",
        "peak_mb",
    }
    assert figures["v_measure"] > 0.5
    assert figures["seed_ari"] > 0.9
