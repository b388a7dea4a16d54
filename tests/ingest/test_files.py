import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from assets.ingest.errors import FileError, IngestError
from assets.ingest.files import Batch, find_files, read_batches
from assets.ingest.mapping import FileLayout

ROWS = [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "3", "name": "c"}]


def read(path: Path, paths: tuple[str, ...] = ("id", "name"), **layout: object) -> list[Batch]:
    return list(read_batches(path, FileLayout(**layout), paths, rows=2))  # type: ignore[arg-type]


def ids(batches: list[Batch]) -> list[tuple[str, int]]:
    return [row for batch in batches for row in batch.frame.select("id", "row_number").iter_rows()]


def written(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_csv_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path / f"t.csv{ending}", 'id,name\n1,a\n2,"b\nb"\n3,c\n')
    assert ids(read(path)) == [("1", 2), ("2", 3), ("3", 4)]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_json_array_and_lines_read_the_same(tmp_path: Path, ending: str) -> None:
    array = written(tmp_path / f"t.json{ending}", json.dumps(ROWS, indent=1))
    lines = written(tmp_path / f"t.ndjson{ending}", "\n".join(map(json.dumps, ROWS)))
    assert ids(read(array)) == ids(read(lines)) == [("1", 1), ("2", 2), ("3", 3)]


def test_api_pages_are_unpacked_one_or_many_in_a_file(tmp_path: Path) -> None:
    pages = [json.dumps({"tickets": ROWS[:2], "count": 2}), json.dumps({"tickets": ROWS[2:]})]
    one = written(tmp_path / "one.json", pages[0])
    many = written(tmp_path / "many.ndjson", "\n".join(pages))
    assert ids(read(one, records="tickets")) == [("1", 1), ("2", 2)]
    assert ids(read(many, records="tickets")) == [("1", 1), ("2", 2), ("3", 3)]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_parquet_is_read_in_batches(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(ROWS).write_parquet(path)
    if ending:
        path = path.rename(tmp_path / "plain")
        (tmp_path / "t.parquet.gz").write_bytes(gzip.compress(path.read_bytes()))
        path = tmp_path / "t.parquet.gz"
    batches = read(path)
    assert ids(batches) == [("1", 1), ("2", 2), ("3", 3)]
    assert len(batches) == 2


def test_a_broken_csv_row_is_set_aside_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "id,name\n1,a\n2\n3,c\n4,d,e\n5,f\n")
    batches = read(path)
    assert ids(batches) == [("1", 2), ("3", 4), ("5", 6)]
    broken = [row for batch in batches for row in batch.broken]
    assert [row.row_number for row in broken] == [3, 5]
    assert "1 fields, expected 2" in broken[0].message


@pytest.mark.parametrize(
    ("text", "good", "broken"),
    [
        ('id,name\n1,"a\n2,b\n3,c\n', ["2", "3"], [2]),  # a quote left open up to the end
        ('id,name\n1,"a\n2,"b"\n3,c\n', ["2", "3"], [2]),  # ... up to the next quote
        ('id,name\n1,"a"b"\n2,"say ""hi"""\n3,5" wide\n', ["2", "3"], [2]),  # a quote not doubled
        ("id,name\n\n1,a\n\n2\n3,c\n", ["1", "3"], [5]),
    ],
)
def test_a_quote_gone_wrong_costs_only_its_row(
    tmp_path: Path, text: str, good: list[str], broken: list[int]
) -> None:
    batches = read(written(tmp_path / "t.csv", text))
    assert [number for number, _ in ids(batches)] == good
    assert [row.row_number for batch in batches for row in batch.broken] == broken


def test_a_broken_json_line_is_set_aside(tmp_path: Path) -> None:
    path = written(tmp_path / "t.ndjson", '{"id": "1"}\n{"id": \n[1]\n{"id": "3"}\n')
    batches = read(path)
    assert ids(batches) == [("1", 1), ("3", 4)]
    assert [row.row_number for batch in batches for row in batch.broken] == [2, 3]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("t.csv", b"PAR1....", "is a Parquet file"),
        ("t.csv", b"PK\x03\x04..", "zip or Excel"),
        ("t.csv", b'[{"id": 1}]', "looks like JSON"),
        ("t.csv", gzip.compress(b"id,name\n1,a\n", mtime=0), "add .gz"),
        ("t.csv.gz", b"id,name\n1,a\n", "is not gzipped"),
        ("t.parquet", b"id,name\n1,a\n", "no Parquet file"),
        ("t.parquet", b"PAR1 and nothing more", "not a readable parquet"),
        ("t.json", b"id,name\n1,a\n", "does not begin with"),
        ("t.json", b'[{"id": "1"}, {"id": ', "not valid JSON after item 1"),
        ("t.csv", "id,name\n1,caf\xe9\n".encode("latin-1"), "is not in utf-8"),
        ("t.csv", b"id,id\n1,a\n", "column id twice"),
        ("t.xlsx", b"x", "cannot tell its format"),
    ],
)
def test_an_unreadable_file_says_why_in_one_line(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError, match=told) as raised:
        read(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_gzip_file_cut_short_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"id,name\n" + b"1,abcdefgh\n" * 100_000)[:300])
    with pytest.raises(FileError, match="cannot be read"):
        read(path)


def test_the_encoding_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("id;name\n1;café\n".encode("latin-1"))
    batches = read(path, encoding="latin-1", delimiter=";")
    assert batches[0].frame["name"].to_list() == ["café"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfid,name\n1,a\n")
    assert ids(read(path)) == [("1", 2)]


def test_a_folder_gives_its_data_files_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.ndjson.gz", "notes.txt", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    assert [path.name for path in find_files(tmp_path)] == ["a.ndjson.gz", "b.csv"]
    assert [path.name for path in find_files(f"{tmp_path}/*.csv")] == ["b.csv"]


def test_a_path_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file"):
        find_files(tmp_path / "nowhere.csv")
    with pytest.raises(IngestError, match="no file in it ends in"):
        find_files(tmp_path)
