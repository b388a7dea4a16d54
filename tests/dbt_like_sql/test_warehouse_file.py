import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dbt_like_sql.errors import WarehouseBusy, WarehouseUnreadable
from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.numbers_project import read_numbers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse(tmp_path / "warehouse.duckdb", threads=2) as opened:
        yield opened


@pytest.fixture
def model(tmp_path):
    """Makes the model `numbers` with one column `n` from a select."""

    def read(select: str, materialized: str = "table"):
        return read_numbers(tmp_path / "sql", select, materialized).model("numbers")

    return read


def start_and_wait_for_word(code: str, *arguments: object) -> subprocess.Popen:
    """Another Python process that runs `code`, returned once it has printed a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


# Files that cannot be opened


def test_a_second_writing_process_is_told_who_writes(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    holder = start_and_wait_for_word(
        """
        import sys
        from pathlib import Path
        from dbt_like_sql.warehouse import Warehouse
        with Warehouse(Path(sys.argv[1])):
            print("held", flush=True)
            sys.stdin.read()
        """,
        path,
    )
    try:
        for read_only in (False, True):
            with pytest.raises(WarehouseBusy) as raised:
                Warehouse(path, read_only=read_only)
            line = str(raised.value)
            assert line.startswith(f"{path} is in use by process {holder.pid} (python")
            assert line.endswith("): wait until it ends, or read the published snapshot instead")
    finally:
        holder.communicate("")
    Warehouse(path).close()


def test_the_same_file_with_other_settings_in_one_process_is_refused(tmp_path, warehouse):
    with pytest.raises(WarehouseBusy) as raised:
        Warehouse(warehouse.path, read_only=True)
    assert str(raised.value) == (
        f"{warehouse.path} is already open in this process with other settings: close it first"
    )


@pytest.mark.parametrize(
    "content", [b"ticket_id,status\n1,open\n" * 1000, b"x" * 100, "half", "other version"]
)
def test_a_file_that_is_no_readable_database_is_named_in_one_line(tmp_path, content):
    path = tmp_path / "warehouse.duckdb"
    with Warehouse(path) as whole:
        whole.replace("numbers", pl.DataFrame({"n": range(100_000)}))
    good = path.read_bytes()
    version = 12  # where DuckDB's file header has the version of the format
    changed = {
        "half": good[: len(good) // 2],
        "other version": good[:version] + b"\x01" + good[version + 1 :],
    }
    path.write_bytes(changed[content] if isinstance(content, str) else content)
    with pytest.raises(WarehouseUnreadable) as raised:
        Warehouse(path)
    line = str(raised.value)
    assert line.startswith(f"{path} cannot be read by DuckDB {duckdb.__version__} (")
    assert line.endswith("): move it away and run again, which builds it anew")
    assert "\n" not in line


def test_a_memory_limit_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"DuckDB does not take these settings: .*Memory must have a number"):
        Warehouse(tmp_path / "warehouse.duckdb", memory_limit="much")


def test_a_snapshot_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(WarehouseUnreadable) as raised:
        Warehouse(tmp_path / "published.duckdb", read_only=True)
    assert str(raised.value) == (
        f"{tmp_path / 'published.duckdb'} does not exist: run the pipeline once to make it"
    )


def test_an_empty_file_left_by_a_killed_first_run_is_started_anew(tmp_path):
    (tmp_path / "warehouse.duckdb").touch()
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        assert warehouse.tables() == []


# Publishing and being killed


def test_the_published_snapshot_has_tables_views_and_descriptions(tmp_path, warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2]}))
    warehouse.build(model("select n + 1 as n from raw.numbers", materialized="view"))
    warehouse.publish(tmp_path / "out" / "published.duckdb")
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [9]}))
    with Warehouse(tmp_path / "out" / "published.duckdb", read_only=True) as snapshot:
        assert snapshot.tables() == ["numbers", "meta.builds", "raw.numbers"]
        assert snapshot.query("select n from numbers order by n")["n"].to_list() == [2, 3]
        assert snapshot.query("select comment from duckdb_columns() where comment is not null").item()
        with pytest.raises(duckdb.InvalidInputException):
            snapshot.execute("create table other as select 1 as a")


def test_publishing_again_replaces_the_snapshot_under_its_readers(tmp_path, warehouse):
    published = tmp_path / "published.duckdb"
    warehouse.replace("numbers", pl.DataFrame({"n": [1]}))
    warehouse.publish(published)
    reader = start_and_wait_for_word(
        """
        import sys
        from pathlib import Path
        from dbt_like_sql.warehouse import Warehouse
        with Warehouse(Path(sys.argv[1]), read_only=True) as snapshot:
            print("open", flush=True)
            sys.stdin.read()
            print(snapshot.query("select n from numbers").item())
        """,
        published,
    )
    warehouse.replace("numbers", pl.DataFrame({"n": [2]}))
    warehouse.publish(published)
    seen, _ = reader.communicate("")
    assert seen.strip() == "1"  # who had it open goes on with the old one
    with Warehouse(published, read_only=True) as snapshot:
        assert snapshot.query("select n from numbers").item() == 2


def test_nothing_is_published_inside_a_transaction(tmp_path, warehouse):
    with (
        pytest.raises(WarehouseBusy, match="is inside a transaction: publish after it ends"),
        warehouse.transaction(),
    ):
        warehouse.publish(tmp_path / "published.duckdb")


_PUBLISH_AND_DIE = """
    import os, shutil, signal, sys
    from pathlib import Path
    import polars as pl
    from dbt_like_sql.warehouse import Warehouse
    folder, moment = Path(sys.argv[1]), sys.argv[2]
    die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    copy, move = shutil.copyfile, os.replace
    if moment == "during the copy":
        shutil.copyfile = lambda source, target: (target.write_bytes(source.read_bytes()[:5000]), die())
    if moment == "before the move":
        os.replace = die
    if moment == "after the move":
        os.replace = lambda source, target: (move(source, target), die())
    with Warehouse(folder / "warehouse.duckdb") as warehouse:
        warehouse.replace("numbers", pl.DataFrame({"n": [2]}))
        warehouse.publish(folder / "published.duckdb")
"""


@pytest.mark.parametrize(
    ("moment", "published"), [("during the copy", 1), ("before the move", 1), ("after the move", 2)]
)
def test_a_kill_while_publishing_leaves_a_whole_snapshot(tmp_path, moment, published):
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.replace("numbers", pl.DataFrame({"n": [1]}))
        warehouse.publish(tmp_path / "published.duckdb")
    killed = start_and_wait_for_word(_PUBLISH_AND_DIE, tmp_path, moment)
    assert killed.wait() == -signal.SIGKILL
    with Warehouse(tmp_path / "published.duckdb", read_only=True) as snapshot:
        assert snapshot.query("select n from numbers").item() == published
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.replace("numbers", pl.DataFrame({"n": [3]}))
        warehouse.publish(tmp_path / "published.duckdb")
    with Warehouse(tmp_path / "published.duckdb", read_only=True) as snapshot:
        assert snapshot.query("select n from numbers").item() == 3
    assert {path.name for path in tmp_path.iterdir()} == {"warehouse.duckdb", "published.duckdb"}


_BUILD_FOR_LONG = """
    import sys
    from pathlib import Path
    from dbt_like_sql.project import read_project
    from dbt_like_sql.warehouse import Warehouse
    folder = Path(sys.argv[1])
    model = read_project(folder / "sql", {"raw.numbers": {"n": "BIGINT"}}).model("numbers")
    with Warehouse(folder / "warehouse.duckdb", threads=1) as warehouse:
        print("building", flush=True)
        warehouse.build(model)
        print("built", flush=True)
"""


def test_a_kill_while_building_leaves_the_table_of_before(tmp_path, model):
    path = tmp_path / "warehouse.duckdb"
    small = model("select n from raw.numbers where n < 2")
    with Warehouse(path) as warehouse:
        warehouse.replace("raw.numbers", pl.DataFrame({"n": range(100_000)}))
        warehouse.build(small)
    size_before = path.stat().st_size
    model("select hash(a.n, b.n)::hugeint as n from raw.numbers as a cross join raw.numbers as b")
    building = start_and_wait_for_word(_BUILD_FOR_LONG, tmp_path)
    deadline = time.monotonic() + 60
    while path.stat().st_size < size_before + 1_000_000 and time.monotonic() < deadline:
        time.sleep(0.05)
    building.kill()
    assert building.wait() == -signal.SIGKILL
    assert path.stat().st_size > size_before  # so it died while rows were being written
    with Warehouse(path) as warehouse:
        assert warehouse.query("select n from numbers order by n")["n"].to_list() == [0, 1]
        warehouse.build(small)
        assert warehouse.rows(small.name) == 2
