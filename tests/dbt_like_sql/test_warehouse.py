import datetime as dt

import duckdb
import polars as pl
import pytest

from dbt_like_sql.errors import SqlModelError
from dbt_like_sql.project import Model
from dbt_like_sql.warehouse import Warehouse, duckdb_type
from tests.dbt_like_sql.numbers_project import read_numbers


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


def test_building_makes_the_table_and_stores_the_descriptions(warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2, 3]}))
    warehouse.build(model("select n from raw.numbers where n > 1"))
    assert warehouse.rows("numbers") == 2
    assert warehouse.query("select comment from duckdb_tables() where schema_name = 'main'").item() == (
        "Some numbers."
    )
    assert warehouse.query("select comment from duckdb_columns() where comment is not null").item() == (
        "the number, it's whole"
    )


def test_a_view_follows_its_table(warehouse, model):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1]}))
    warehouse.build(model("select n from raw.numbers", materialized="view"))
    assert warehouse.rows("numbers") == 1
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1, 2]}))
    assert warehouse.rows("numbers") == 2


@pytest.mark.parametrize(("before", "after"), [("view", "table"), ("table", "view")])
def test_a_model_can_change_from_view_to_table_and_back(warehouse, model, before, after):
    warehouse.replace("raw.numbers", pl.DataFrame({"n": [1]}))
    warehouse.build(model("select n from raw.numbers", materialized=before))
    warehouse.build(model("select n + 1 as n from raw.numbers", materialized=after))
    assert warehouse.rows("numbers") == 1
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
        "numbers_not_null": [(None,), (None,)],
        "numbers_n_unique": [(2, 2)],
        "numbers_n_accepted": [(3, 1)],
        "numbers_n_references": [(3, 1)],
    }
    not_null = project.tests_of("numbers")[0]
    assert warehouse.count_failures(not_null) == 2
    assert warehouse.failures(not_null, limit=1).height == 1


def test_a_test_that_cannot_run_is_named(warehouse, tmp_path):
    test = read_numbers(tmp_path, "select n from raw.numbers").tests[0]
    with pytest.raises(SqlModelError, match=r"numbers\.sql: test numbers_not_null: Catalog Error: .*numbers"):
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


def test_what_kind_a_name_has_is_not_remembered_past_a_failure_or_anothers_statement(warehouse, model):
    warehouse.build(model("select 1 as n", materialized="view"))
    with pytest.raises(SqlModelError):
        warehouse.build(model("select error('no') as n"))
    warehouse.build(model("select 2 as n"))
    warehouse.execute("drop table numbers")
    warehouse.execute("create view numbers as select 3 as n")
    warehouse.build(model("select 4 as n"))
    with warehouse.transaction() as connection:
        connection.execute("drop table numbers")
        connection.execute("create view numbers as select 5 as n")
    warehouse.build(model("select 6 as n"))
    assert warehouse.query("select n from numbers").item() == 6
