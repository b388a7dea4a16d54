"""Reads a folder of plain SQL files: a file is a table, its name the table's name, its folder the layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from sqlglot import exp, parse
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.lineage import lineage as column_lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

from dbt_like_sql.changed_rows import CHANGES
from dbt_like_sql.column_tests import header_tests
from dbt_like_sql.errors import SqlProjectError
from dbt_like_sql.header import Column, Header, Metric, read_header
from dbt_like_sql.incremental import Upstream, is_by_key, is_by_ticket, upstream

LAYERS = ("staging", "intermediate", "marts")
TESTS = "tests"
PROJECT_FOLDER = Path(__file__).parent
_DIALECT = "duckdb"
_SCHEMA = "main"
_HEAD = re.compile(r"(?:--.*\n|[ \t]*\n)+")

Sources = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Model:
    """A table made by one SQL file."""

    name: str
    layer: str
    path: Path
    sql: str
    description: str
    owner: str
    grain: str
    materialized: str
    incremental: str
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...]
    reads: tuple[str, ...]
    query: exp.Query = field(repr=False, compare=False)  # every column qualified, every star expanded
    upstream: Upstream | None = field(default=None, repr=False, compare=False)  # of an incremental table

    @cached_property
    def lineage(self) -> dict[str, frozenset[tuple[str, str]]]:
        """For each column, the (table, column) pairs it is computed from, one step upstream."""
        scope = build_scope(self.query)
        # trim_selects copies the query once a column: 15 times slower, and only its pictures need it.
        nodes = column_lineage(None, self.query, {}, dialect=_DIALECT, scope=scope, trim_selects=False)
        return {
            name: frozenset(
                (_table_name(leaf.expression), leaf.name.rpartition(".")[2].strip('"'))
                for leaf in node.walk()
                if isinstance(leaf.expression, exp.Table)
            )
            for name, node in nodes.items()
        }


@dataclass(frozen=True)
class SqlTest:
    """A query that returns the rows that are wrong.

    `table` is where it belongs: the last of the tables it reads to be built.
    """

    name: str
    path: Path
    table: str
    reads: tuple[str, ...]
    sql: str
    severity: str
    description: str


@dataclass(frozen=True)
class Project:
    """The models in the order in which they can be built, and every test."""

    models: tuple[Model, ...]
    tests: tuple[SqlTest, ...]

    def model(self, name: str) -> Model:
        """The model of a name; KeyError names the nearest ones there are."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(f"no model {name}{_did_you_mean(name, [model.name for model in self.models])}")

    def tests_of(self, table: str) -> tuple[SqlTest, ...]:
        """The tests to run once `table` (a model, or a table made elsewhere) is there."""
        return tuple(test for test in self.tests if test.table == table)


@dataclass(frozen=True)
class _SqlFile:
    path: Path
    sql: str
    header: Header
    query: exp.Query
    reads: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem


def read_project(folder: Path, sources: Sources) -> Project:
    """Read every SQL file of a project folder.

    sources: the tables made elsewhere that the files may read, by the name the SQL uses
    (`raw.tickets`, `themes`), each a map from column to DuckDB type.
    Raises SqlProjectError, with the file's path, for the first rule broken.
    """
    model_files = {}
    test_files = []
    for path in _sql_paths(folder):
        file = _read_file(path)
        if path.parent.name == TESTS:
            test_files.append(file)
            continue
        if file.name in sources:
            raise SqlProjectError(path, f"a table {file.name} is already made outside of SQL")
        _check_header(file, needed=("description", "grain", "owner"))
        model_files[file.name] = file

    _check_tables([*model_files.values(), *test_files], [*model_files, *sources])
    schema = MappingSchema(dialect=_DIALECT)
    for name, columns in sources.items():
        schema.add_table(_table(name), dict(columns), dialect=_DIALECT)
    models = _with_upstream([_model(model_files[name], schema) for name in _build_order(model_files)])

    columns_of = {name: set(columns) for name, columns in sources.items()}
    columns_of |= {model.name: {column.name for column in model.columns} for model in models}
    tests = [
        *(test for model in models for test in _header_tests(model_files[model.name], columns_of, models)),
        *(_file_test(file, schema, models) for file in test_files),
    ]
    return Project(models, tuple(tests))


def _sql_paths(folder: Path) -> list[Path]:
    """The project's files in a stable order, after a look at where they are and what they are called."""
    by_name: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.sql")):
        place = path.relative_to(folder).parts
        if len(place) != 2 or place[0] not in (*LAYERS, TESTS):
            raise SqlProjectError(path, f"a SQL file belongs directly in one of {', '.join(LAYERS)}, {TESTS}")
        if not path.stem.isidentifier() or path.stem != path.stem.lower():
            raise SqlProjectError(path, "a file's name is a table's name: lower case, digits and underscores")
        if path.stem in by_name:
            raise SqlProjectError(path, f"{by_name[path.stem]} has the same name")
        by_name[path.stem] = path
    return list(by_name.values())


def _read_file(path: Path) -> _SqlFile:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SqlProjectError(path, f"is no UTF-8 text: byte {error.start} cannot be read") from error
    query = _parsed(path, _without_head(text))
    scope = build_scope(query)
    reads = {
        _table_name(source)
        for part in (scope.traverse() if scope else ())
        for source in part.sources.values()
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
    }
    header = read_header(path, text)
    if is_by_ticket(header):
        reads.add(CHANGES)  # which says what has to be made again
    return _SqlFile(path, text.rstrip().rstrip(";"), header, query, tuple(sorted(reads)))


def _without_head(text: str) -> str:
    """The text with its head comment blanked, lines kept: sqlglot is slow on long comments."""
    head = _HEAD.match(text)
    return "\n" * head[0].count("\n") + text[head.end() :] if head else text


def _parsed(path: Path, text: str) -> exp.Query:
    try:
        statements = [statement for statement in parse(text, dialect=_DIALECT) if statement is not None]
    except ParseError as error:
        first = error.errors[0]
        raise SqlProjectError(
            path, f"line {first['line']}, column {first['col']}: {first['description'].rstrip('.')}"
        ) from error
    except TokenError as error:
        raise SqlProjectError(path, f"a quote or comment does not end ({_one_line(error)})") from error
    if len(statements) != 1:
        raise SqlProjectError(path, f"expected one select statement, found {len(statements)} statements")
    if not isinstance(statements[0], exp.Select | exp.SetOperation):
        raise SqlProjectError(path, f"expected a select, found a {statements[0].key} statement")
    return statements[0]


def _check_header(file: _SqlFile, needed: Iterable[str]) -> None:
    for key in needed:
        if not getattr(file.header, key):
            line = "a line of prose" if key == "description" else f"a line '-- {key}: ...'"
            raise SqlProjectError(file.path, f"the header has no {key}: add {line}")


def _check_tables(files: Iterable[_SqlFile], known: list[str]) -> None:
    for file in files:
        for table in file.reads:
            if table not in known:
                raise SqlProjectError(
                    file.path, f"reads an unknown table {table}{_did_you_mean(table, known)}"
                )


def _build_order(files: Mapping[str, _SqlFile]) -> list[str]:
    """Model names, each after those it reads; the same order every time."""
    sorter = TopologicalSorter(
        {name: [table for table in file.reads if table in files] for name, file in files.items()}
    )
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = error.args[1]
        raise SqlProjectError(files[circle[0]].path, f"a circle: {' feeds '.join(circle)}") from error


def _model(file: _SqlFile, schema: MappingSchema) -> Model:
    query = _qualified(file, schema)
    _check_columns(file, query.named_selects)
    schema.add_table(_table(file.name), dict.fromkeys(query.named_selects, "unknown"), dialect=_DIALECT)
    by_name = {column.name: column for column in file.header.columns}
    return Model(
        name=file.name,
        layer=file.path.parent.name,
        path=file.path,
        sql=file.sql,
        description=file.header.description,
        owner=file.header.owner,
        grain=file.header.grain,
        materialized=file.header.materialized,
        incremental=file.header.incremental,
        columns=tuple(by_name[name] for name in query.named_selects),
        metrics=file.header.metrics,
        reads=file.reads,
        query=query,
    )


def _with_upstream(models: Sequence[Model]) -> tuple[Model, ...]:
    """The models, the incremental ones with what they are made from."""
    by_name = {model.name: model for model in models}
    return tuple(
        replace(model, upstream=upstream(model, by_name))
        if is_by_ticket(model) or is_by_key(model)
        else model
        for model in models
    )


def _qualified(file: _SqlFile, schema: MappingSchema) -> exp.Query:
    try:
        return qualify(file.query, dialect=_DIALECT, db=_SCHEMA, schema=schema, quote_identifiers=False)
    except SqlglotError as error:
        raise SqlProjectError(file.path, _one_line(error)) from error


def _check_columns(file: _SqlFile, selected: list[str]) -> None:
    documented = [column.name for column in file.header.columns]
    for name in documented:
        if name not in selected:
            raise SqlProjectError(
                file.path,
                f"documents a column {name} that the query does not have{_did_you_mean(name, selected)}",
            )
    for name in selected:
        if name not in documented:
            raise SqlProjectError(file.path, f"column {name} is not documented: add '-- column {name}: ...'")
    for name in (metric.column for metric in file.header.metrics):
        if name not in selected:
            raise SqlProjectError(
                file.path, f"metric {name} is of no column of the query{_did_you_mean(name, selected)}"
            )
    for name in (name for columns in file.header.unique for name in columns):
        if name not in selected:
            raise SqlProjectError(file.path, f"'unique' names a column {name} that the query does not have")
    if file.header.incremental == "ticket" and not {"source", "ticket_id"} <= set(selected):
        raise SqlProjectError(file.path, "'incremental: ticket' needs the columns source and ticket_id")
    if len(set(selected)) < len(selected):
        twice = next(name for name in selected if selected.count(name) > 1)
        raise SqlProjectError(file.path, f"selects two columns of the name {twice}")


def _header_tests(
    file: _SqlFile, columns_of: Mapping[str, set[str]], models: Sequence[Model]
) -> Iterable[SqlTest]:
    for column in file.header.columns:
        for test in column.tests:
            if test.kind == "references" and test.values[1] not in columns_of.get(test.values[0], ()):
                raise SqlProjectError(
                    file.path, f"column {column.name} references an unknown column {'.'.join(test.values)}"
                )
    referenced = {
        f"{file.name}_{column.name}_references": test.values[0]
        for column in file.header.columns
        for test in column.tests
        if test.kind == "references"
    }
    for name, sql, severity, description in header_tests(file.name, file.header):
        reads = tuple(dict.fromkeys((file.name, referenced.get(name, file.name))))
        yield SqlTest(name, file.path, _last_built(reads, models), reads, sql, severity, description)


def _file_test(file: _SqlFile, schema: MappingSchema, models: Sequence[Model]) -> SqlTest:
    _check_header(file, needed=("description",))
    if not file.reads:
        raise SqlProjectError(file.path, "a test reads at least one table")
    _qualified(file, schema)
    return SqlTest(
        name=file.name,
        path=file.path,
        table=_last_built(file.reads, models),
        reads=file.reads,
        sql=file.sql,
        severity=file.header.severity,
        description=file.header.description,
    )


def _last_built(reads: Sequence[str], models: Sequence[Model]) -> str:
    """The table of `reads` that is built last.

    Tables made elsewhere come first, except those beside the models (`themes`, in no schema of their
    own): they are made from models, so only a model that is made from them in turn is later.
    """
    read_models = [model for model in models if model.name in reads]
    upstream = {table for model in read_models for table in _upstream(model, models)}
    known = {model.name for model in models} | upstream
    made_elsewhere = [table for table in reads if "." not in table and table not in known]
    if made_elsewhere or not read_models:
        return (made_elsewhere or list(reads))[-1]
    return read_models[-1].name


def _upstream(model: Model, models: Sequence[Model]) -> set[str]:
    reached = set(model.reads)
    for earlier in reversed(models):
        if earlier.name in reached:
            reached |= set(earlier.reads)
    return reached


def _table(name: str) -> exp.Table:
    """A table by the name the SQL uses; one without a schema is in `main`."""
    table = exp.to_table(name, dialect=_DIALECT)
    return table if table.db else exp.table_(table.name, db=_SCHEMA)


def _table_name(table: exp.Table) -> str:
    """The name the SQL uses for a table: without the schema `main`."""
    return table.name if table.db in ("", _SCHEMA) else f"{table.db}.{table.name}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""
