"""The DuckDB file: open it, build tables in transactions, publish a snapshot for readers."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl

from dbt_like_sql.builds import BUILDS, Build, create_builds, last_build, store_build
from dbt_like_sql.changed_rows import forget_changed
from dbt_like_sql.errors import SqlModelError, WarehouseBusy, WarehouseUnreadable, duckdb_line
from dbt_like_sql.incremental import build_incremental
from dbt_like_sql.macros import MACROS
from dbt_like_sql.project import Model, SqlTest


class Warehouse:
    """A DuckDB file, held by one writing process at a time.

    memory_limit: what DuckDB may keep in memory; what does not fit is spilled to `spill`
    (by default `<path>.tmp`), so an input larger than memory makes a query slower, not impossible.
    Use it as a context manager:

        with Warehouse(home / "warehouse.duckdb") as warehouse:
            warehouse.build(project.model("stg_tickets"))

    Raises WarehouseBusy when another process holds the file, WarehouseUnreadable when it is no
    DuckDB file, is damaged, or was written by a newer version.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        memory_limit: str = "2GB",
        spill: Path | None = None,
        threads: int | None = None,
    ) -> None:
        self.path = path
        self._in_transaction = False
        self._kinds: dict[str, str] | None = None  # table or view, by name; None: to be looked up
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size == 0:
                path.unlink()  # a first run was killed before DuckDB wrote its header
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            # Each time DuckDB tidies its file up, the last rows of every table that grew are written anew.
            "checkpoint_threshold": "256MB",
            "preserve_insertion_order": False,  # keeping the order of rows nobody asked for costs memory
            "autoinstall_known_extensions": False,  # never reach for the network
            "python_enable_replacements": False,  # a missing table is an error, not a variable of that name
        }
        if spill is not None:
            config["temp_directory"] = str(spill)
        if threads is not None:
            config["threads"] = threads
        try:
            self._connection = duckdb.connect(path, read_only=read_only, config=config)
            self._connection.execute(f"set timezone = 'UTC'; set enable_progress_bar = false; {MACROS}")
        except duckdb.Error as error:
            raise _opening_error(path, error) from error

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing twice does nothing."""
        self._connection.close()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
        """The rows of a select, in plain types.

        Timestamps are naive (UTC) in microseconds, maps are lists of (key, value) structs, and the
        128-bit integers that `sum` makes are 64-bit.
        """
        frame = self._connection.sql(sql, params=list(parameters)).pl()
        return _plain_frame(frame)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement whose result nobody needs."""
        self._kinds = None
        self._connection.execute(sql, list(parameters))

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Everything inside happens together or not at all; one inside another joins the outer."""
        self._kinds = None  # who asks for it may make tables by itself
        try:
            with self._together() as connection:
                yield connection
        finally:
            self._kinds = None

    @contextmanager
    def _together(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """`transaction` for what takes down itself which tables it makes."""
        if self._in_transaction:
            yield self._connection
            return
        self._connection.begin()
        self._in_transaction = True
        try:
            yield self._connection
        except BaseException:
            self._kinds = None
            with suppress(duckdb.Error):  # a fatal error has already ended it; the first error tells more
                self._connection.rollback()
            raise
        else:
            self._connection.commit()
        finally:
            self._in_transaction = False

    def replace(self, table: str, frame: pl.DataFrame) -> int:
        """Make a table hold exactly a frame's rows; the number of rows.

        An empty frame keeps its column types; a column of unknown type becomes varchar.
        """
        stored = _plain_frame(frame)
        with self.transaction() as connection:
            schema, dot, _ = table.rpartition(".")
            if dot:
                connection.execute(f"create schema if not exists {schema}")
            self._drop_other_kind(table, "table")
            connection.register("replacing_frame", stored)
            try:
                connection.execute(f"create or replace table {table} as select * from replacing_frame")
            finally:
                connection.unregister("replacing_frame")
        return stored.height

    def build(self, model: Model) -> None:
        """Make a model's table or view anew, in one transaction.

        An incremental model is only made anew for what changed since its last build.
        Raises SqlModelError when DuckDB refuses or fails; the table is then as it was before.
        """
        try:
            with self._together() as connection:
                if self._kind(BUILDS) is None:
                    create_builds(connection)
                    self._made(BUILDS, "table")
                if model.materialized == "view":
                    self._build_view(model)
                    return
                exists = self._kind(model.name) == "table"
                self._drop_other_kind(model.name, "table")
                is_new = True
                if model.upstream is None:
                    connection.execute(f"create or replace table {model.name} as {model.sql}")
                else:
                    is_new = build_incremental(connection, model, model.upstream, exists=exists)
                self._made(model.name, "table")
                if is_new:  # a table that was only added to keeps its descriptions
                    connection.execute(_descriptions(model))
        except duckdb.Error as error:
            raise SqlModelError(model.path, duckdb_line(error)) from error

    def failures(self, test: SqlTest, limit: int = 100) -> pl.DataFrame:
        """The first rows a test finds wrong; no rows when it passes."""
        try:
            return self.query(f"select * from ({test.sql}\n) as failing limit {limit}")
        except duckdb.Error as error:
            raise SqlModelError(test.path, f"test {test.name}: {duckdb_line(error)}") from error

    def count_failures(self, test: SqlTest) -> int:
        """How many rows a test finds wrong."""
        try:
            return self._count(f"({test.sql}\n) as failing")
        except duckdb.Error as error:
            raise SqlModelError(test.path, f"test {test.name}: {duckdb_line(error)}") from error

    def columns(self, table: str) -> dict[str, str]:
        """A table's columns with their DuckDB types, in order."""
        described = self._fetch(f"describe {table}")
        return {name: kind for name, kind, *_ in described}

    def rows(self, table: str) -> int:
        """The number of rows of a table or view."""
        return self._count(table)

    def tables(self) -> list[str]:
        """Every table and view, by the name the SQL uses (`raw.tickets`, `stg_tickets`)."""
        found = self._fetch(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = current_database() order by table_schema, table_name"
        )
        return [name if schema == "main" else f"{schema}.{name}" for schema, name in found]

    def publish(self, destination: Path) -> None:
        """Replace the published snapshot by the warehouse as it is now, in one step.

        The copy is written beside its destination and moved over it, so whoever opens the snapshot
        sees the old or the new one, whole, whenever this process dies. Raises WarehouseBusy inside a
        transaction, whose rows nobody may see yet.
        """
        if self._in_transaction:
            raise WarehouseBusy(f"{self.path} is inside a transaction: publish after it ends")
        destination.parent.mkdir(parents=True, exist_ok=True)
        unfinished = destination.with_name(f".{destination.name}.unfinished")
        forget_changed(self._connection)
        # After a checkpoint the file alone holds everything, and nobody else can write to it.
        self._connection.execute("checkpoint")
        shutil.copyfile(self.path, unfinished)
        _flush(unfinished)
        os.replace(unfinished, destination)
        _flush(destination.parent)

    def _build_view(self, model: Model) -> None:
        """Make a view, unless it is there and says the same: DuckDB binds it to its tables at every reading."""
        statements = f"create or replace view {model.name} as {model.sql}\n;{_descriptions(model)}"
        made_from = Build(hashlib.sha256(statements.encode()).hexdigest())
        is_same = last_build(self._connection, model.name) == made_from
        is_there = self._kind(model.name) == "view"
        if is_same and is_there:
            self._connection.execute(f"describe {model.name}")  # fails where its tables no longer fit
            return
        if not is_there:
            self._drop_other_kind(model.name, "view")
        self._connection.execute(statements)
        self._made(model.name, "view")
        store_build(self._connection, model.name, made_from)

    def _drop_other_kind(self, table: str, kind: str) -> None:
        """DuckDB does not replace a view by a table or the reverse: drop what is of the other kind."""
        other = "view" if kind == "table" else "table"
        if self._kind(table) == other:
            self._connection.execute(f"drop {other} {table}")

    def _kind(self, name: str) -> str | None:
        """Whether there is a table or a view of that name. DuckDB's lists are read once: each reading takes 6 ms."""
        if self._kinds is None:
            self._kinds = {
                name if schema == "main" else f"{schema}.{name}": kind
                for kind in ("table", "view")
                for schema, name in self._fetch(
                    f"select schema_name, {kind}_name from duckdb_{kind}s() where database_name = current_database()"
                )
            }
        return self._kinds.get(name)

    def _made(self, name: str, kind: str) -> None:
        if self._kinds is not None:
            self._kinds[name] = kind

    def _count(self, source: str) -> int:
        return int(self._fetch(f"select count(*) from {source}")[0][0])

    def _fetch(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[str, ...]]:
        # Every row, because DuckDB 2 refuses other work on a connection with an unfinished result.
        return self._connection.execute(sql, list(parameters)).fetchall()


def _descriptions(model: Model) -> str:
    """Statements that store the descriptions in the database, where every tool that opens the snapshot finds them."""
    statements = [f"comment on {model.materialized} {model.name} is '{_quoted(model.description)}'"]
    statements += [
        f"comment on column {model.name}.\"{column.name}\" is '{_quoted(column.description)}'"
        for column in model.columns
    ]
    return ";".join(statements)


def duckdb_type(dtype: pl.DataType) -> str:
    """The DuckDB type in which a polars type is stored; ValueError for one that no table here uses."""
    if isinstance(dtype, pl.List):
        return f"{duckdb_type(_instance(dtype.inner))}[]"
    if isinstance(dtype, pl.Struct):
        fields = ", ".join(f'"{field.name}" {duckdb_type(_instance(field.dtype))}' for field in dtype.fields)
        return f"STRUCT({fields})"
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision},{dtype.scale})"
    for polars_type, name in _DUCKDB_TYPES.items():
        if dtype == polars_type:
            return name
    raise ValueError(f"no DuckDB type for the polars type {dtype}")


_DUCKDB_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "VARCHAR",
    pl.Null: "VARCHAR",
    pl.Categorical: "VARCHAR",
    pl.Enum: "VARCHAR",
    pl.Boolean: "BOOLEAN",
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.UInt8: "UTINYINT",
    pl.UInt16: "USMALLINT",
    pl.UInt32: "UINTEGER",
    pl.UInt64: "UBIGINT",
    pl.Float32: "FLOAT",
    pl.Float64: "DOUBLE",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
    pl.Time: "TIME",
    pl.Binary: "BLOB",
}


def _instance(dtype: object) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype  # type: ignore[return-value]


def _plain_frame(frame: pl.DataFrame) -> pl.DataFrame:
    zoned = pl.selectors.datetime(time_zone="*")
    naive = frame.with_columns(zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    return naive.cast({name: _plain(dtype) for name, dtype in naive.schema.items()})


def _plain(dtype: pl.DataType) -> pl.DataType:
    """The type a value has on both sides of the warehouse's door."""
    if isinstance(dtype, pl.Null | pl.Categorical | pl.Enum):
        return pl.String()
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us")
    if isinstance(dtype, pl.Decimal) and dtype.precision == 38 and dtype.scale == 0:
        return pl.Int64()  # DuckDB's HUGEINT, the type of a sum of integers
    if isinstance(dtype, pl.List):
        return pl.List(_plain(_instance(dtype.inner)))
    if isinstance(dtype, pl.Map):
        return pl.List(
            pl.Struct({"key": _plain(_instance(dtype.key)), "value": _plain(_instance(dtype.value))})
        )
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _plain(_instance(field.dtype)) for field in dtype.fields})
    return dtype


def _opening_error(path: Path, error: duckdb.Error) -> Exception:
    message = duckdb_line(error)
    if isinstance(error, duckdb.ParserException | duckdb.InvalidInputException):
        return ValueError(f"DuckDB does not take these settings: {message}")
    if "different configuration" in message:
        return WarehouseBusy(f"{path} is already open in this process with other settings: close it first")
    if "Could not set lock" in message:
        holder = re.search(r"held in (\S+) \(PID (\d+)\)", message)
        who = f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another process"
        return WarehouseBusy(
            f"{path} is in use by {who}: wait until it ends, or read the published snapshot instead"
        )
    if isinstance(error, duckdb.IOException) and not path.exists():
        return WarehouseUnreadable(f"{path} does not exist: run the pipeline once to make it")
    return WarehouseUnreadable(
        f"{path} cannot be read by DuckDB {duckdb.__version__} ({message}): "
        "move it away and run again, which builds it anew"
    )


def _quoted(text: str | Path) -> str:
    return str(text).replace("'", "''")


def _flush(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, has reached the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
