import datetime as dt
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dbt_like_sql.errors import SqlModelError, WarehouseBusy, WarehouseUnreadable
from dbt_like_sql.project import Model, read_project
from dbt_like_sql.warehouse import Warehouse, duckdb_type

ROOT = Path(__file__).parents[2]


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse(tmp_path / "warehouse.duckdb", threads=2) as opened:
        yield opened


@pytest.fixture
def model(tmp_path):
    """Makes the model `numbers` with one column `n` from a select."""

    def read(select: str, materialized: str = "table", tests: str = "not_null") -> Model:
        return read_numbers(tmp_path / "sql", select, materialized, tests).model("numbers")

    return read


def read_numbers(folder: Path, select: str, materialized: str = "table", tests: str = "not_null"):
    path = folder / "marts" / "numbers.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"-- Some numbers.\n-- grain: number\n-- owner: team:support\n-- materialized: {materialized}\n"
        f"-- column n: the number, it's whole [{tests}]\n{select}\n"
    )
    return read_project(folder, {"raw.numbers": {"n": "BIGINT"}})


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


# Types on their way in and out


def test_values_come_back_in_plain_types(warehouse):
    frame = warehouse.query(
        """select
            timestamp '2026-01-02 03:04:05.123456' as at,
            timestamptz '2026-01-02 03:04:05+02' as zoned,
            timestamp_ns '2026-01-02 03:04:05' as fine,
            map {'payment_method': 'card'} as attributes,
            [{'key': 'a', 'value': 'b'}] as pairs,
            ['x', 'y'] as tags,
            sum(n) as total
        from (values (1::bigint), (2::bigint)) as numbers(n)"""
    )
    pairs = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
    assert frame.schema == {
        "at": pl.Datetime("us"),
        "zoned": pl.Datetime("us"),
        "fine": pl.Datetime("us"),
        "attributes": pairs,
        "pairs": pairs,
        "tags": pl.List(pl.String),
        "total": pl.Int64,
    }
    assert frame.row(0) == (
        dt.datetime(2026, 1, 2, 3, 4, 5, 123456),
        dt.datetime(2026, 1, 2, 1, 4, 5),
        dt.datetime(2026, 1, 2, 3, 4, 5),
        [{"key": "payment_method", "value": "card"}],
        [{"key": "a", "value": "b"}],
        ["x", "y"],
        3,
    )


def test_a_frame_that_is_stored_comes_back_as_it_was(warehouse):
    frame = pl.DataFrame(
        {
            "at": [dt.datetime(2026, 1, 2, 3, 4, 5, 6), None],
            "on": [dt.date(2026, 1, 2), None],
            "name": ["ü'\"", None],
            "pairs": [[{"key": "a", "value": None}], None],
            "tags": [["x"], []],
            "share": [0.5, None],
            "count": [1, None],
            "sure": [True, None],
        }
    )
    assert warehouse.replace("raw.things", frame) == 2
    assert warehouse.query("select * from raw.things order by name nulls last").equals(frame)


def test_an_empty_frame_keeps_its_types_and_unknown_ones_become_text(warehouse):
    empty = pl.DataFrame(
        schema={
            "at": pl.Datetime("us"),
            "pairs": pl.List(pl.Struct({"key": pl.String, "value": pl.Null})),
            "unknown": pl.Null,
            "kind": pl.Enum(["a", "b"]),
        }
    )
    assert warehouse.replace("things", empty) == 0
    assert warehouse.columns("things") == {
        "at": "TIMESTAMP",
        "pairs": 'STRUCT("key" VARCHAR, "value" VARCHAR)[]',
        "unknown": "VARCHAR",
        "kind": "VARCHAR",
    }


@pytest.mark.parametrize(
    "dtype",
    [
        pl.String(),
        pl.Boolean(),
        pl.Int64(),
        pl.UInt32(),
        pl.Float64(),
        pl.Date(),
        pl.Datetime("us"),
        pl.Null(),
        pl.Enum(["a"]),
        pl.List(pl.String),
        pl.Decimal(12, 2),
        pl.List(pl.Struct({"key": pl.String, "score": pl.Float64, "marks": pl.List(pl.Int8)})),
    ],
)
def test_the_type_named_for_a_column_is_the_type_it_is_stored_in(warehouse, dtype):
    warehouse.replace("things", pl.DataFrame(schema={"value": dtype}))
    warehouse.execute(f"create table named (value {duckdb_type(dtype)})")
    assert warehouse.columns("things") == warehouse.columns("named")


def test_a_type_no_table_uses_is_refused():
    with pytest.raises(ValueError, match="no DuckDB type for the polars type Object"):
        duckdb_type(pl.Object())


def test_a_day_in_the_account_zone_needs_no_download(warehouse):
    assert warehouse.query(
        "select timestamp '2026-07-01 22:30:00' at time zone 'UTC' at time zone 'Europe/Berlin' as summer, "
        "timestamp '2026-01-01 22:30:00' at time zone 'UTC' at time zone 'Europe/Berlin' as winter"
    ).row(0) == (dt.datetime(2026, 7, 2, 0, 30), dt.datetime(2026, 1, 1, 23, 30))


def test_a_table_that_is_missing_is_not_taken_from_a_python_variable(warehouse):
    numbers = pl.DataFrame({"n": [1]})
    with pytest.raises(duckdb.CatalogException):
        warehouse.query("select * from numbers")
    assert numbers.height == 1


# Transactions and building


def test_what_fails_inside_a_transaction_leaves_everything_as_it_was(warehouse):
    warehouse.replace("one", pl.DataFrame({"n": [1]}))
    warehouse.replace("two", pl.DataFrame({"n": [1]}))

    def replace_one_and_fail():
        with warehouse.transaction() as connection:
            warehouse.replace("one", pl.DataFrame({"n": [2]}))
            connection.execute("insert into two values ('not a number')")

    with pytest.raises(duckdb.ConversionException):
        replace_one_and_fail()
    with warehouse.transaction():
        warehouse.replace("two", pl.DataFrame({"n": [2]}))
    assert warehouse.query("select one.n as one, two.n as two from one, two").row(0) == (1, 2)


def test_building_gives_the_rows_and_stores_the_descriptions(warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2, 3]}))
    assert warehouse.build(model("select n from raw.numbers where n > 1")) == 2
    assert warehouse.rows("numbers") == 2
    assert warehouse.query("select comment from duckdb_tables() where schema_name = 'main'").item() == (
        "Some numbers."
    )
    assert warehouse.query("select comment from duckdb_columns() where comment is not null").item() == (
        "the number, it's whole"
    )


def test_a_view_follows_its_table(warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1]}))
    assert warehouse.build(model("select n from raw.numbers", materialized="view")) == 1
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2]}))
    assert warehouse.rows("numbers") == 2


@pytest.mark.parametrize(("before", "after"), [("view", "table"), ("table", "view")])
def test_a_model_can_change_from_view_to_table_and_back(warehouse, model, before, after):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1]}))
    warehouse.build(model("select n from raw.numbers", materialized=before))
    assert warehouse.build(model("select n + 1 as n from raw.numbers", materialized=after)) == 1
    assert warehouse.query("select n from numbers").item() == 2


def test_a_model_that_duckdb_refuses_names_file_and_line_and_leaves_the_table(warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1]}))
    warehouse.build(model("select n from raw.numbers"))
    broken = model("select\n    n + 'a' :: date as n\nfrom raw.numbers")
    with pytest.raises(SqlModelError) as raised:
        warehouse.build(broken)
    assert str(raised.value).startswith(f"{broken.path}: ")
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith("(line 7)")
    assert warehouse.query("select n from numbers").item() == 1


def test_a_model_that_fails_half_way_leaves_the_table(warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": range(10_000)}))
    warehouse.build(model("select n from raw.numbers where n < 2"))
    with pytest.raises(SqlModelError, match="Invalid Input Error: at 9000"):
        warehouse.build(
            model("select case when n = 9000 then error('at 9000') else n end as n from raw.numbers")
        )
    assert warehouse.rows("numbers") == 2


def test_a_test_returns_what_is_wrong_and_how_much_of_it(warehouse, tmp_path):
    project = read_numbers(
        tmp_path,
        "select n from raw.numbers",
        tests="not_null, unique, accepted: 1, 2, references: raw.numbers.n",
    )
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2, 2, 3, None, None]}))
    warehouse.build(project.model("numbers"))
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2]}))
    wrong = {test.name: warehouse.failures(test).rows() for test in project.tests}
    assert wrong == {
        "numbers_n_not_null": [(None,), (None,)],
        "numbers_n_unique": [(2, 2)],
        "numbers_n_accepted": [(3, 1)],
        "numbers_n_references": [(3, 1)],
    }
    not_null = project.tests_of("numbers")[0]
    assert warehouse.count_failures(not_null) == 2
    assert warehouse.failures(not_null, limit=1).height == 1


def test_a_test_that_cannot_run_is_named(warehouse, tmp_path):
    test = read_numbers(tmp_path, "select n from raw.numbers").tests[0]
    with pytest.raises(
        SqlModelError, match=r"numbers\.sql: test numbers_n_not_null: Catalog Error: .*numbers"
    ):
        warehouse.count_failures(test)


# Larger than memory

_SORT = """
    select count(*) as sorted, max(text || place) as last from (
        select text, row_number() over (order by text) as place
        from (select repeat(md5(n::varchar), 6) as text from range(1000000) as numbers(n))
    )
"""  # a million texts of 192 characters: 192 MB


def test_an_input_larger_than_memory_spills_instead_of_dying(tmp_path):
    spill = tmp_path / "spill"
    with Warehouse(tmp_path / "w.duckdb", memory_limit="100MB", spill=spill, threads=2) as warehouse:
        assert warehouse.query(_SORT)["sorted"].item() == 1_000_000
        warehouse.execute("set max_temp_directory_size = '1MB'")
        with pytest.raises(duckdb.OutOfMemoryException):  # so it was the spill that saved it
            warehouse.query(_SORT)
    assert not spill.exists()  # and nothing of it stays behind


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
        assert snapshot.tables() == ["numbers", "raw.numbers"]
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
        assert warehouse.build(small) == 2
