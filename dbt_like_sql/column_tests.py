"""The SQL of the tests that a model's header asks for: each returns the values that are wrong."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_like_sql.header import Column, ColumnTest, Header


def header_tests(table: str, header: Header) -> Iterator[tuple[str, str, str, str]]:
    """The name, SQL, severity and description of every test a header asks for.

    What breaks a join or a sum (`not_null`, `unique`) is an error; a surprising value
    (`accepted`, `references`) is a warning, because a source may bring a new one any day.
    """
    for columns in header.unique:
        names = ", ".join(columns)
        yield (
            f"{table}_{'_'.join(columns)}_unique",
            _repeated(table, names),
            "error",
            f"{table} has one row for each {names}",
        )
    filled = [column.name for column in header.columns if ColumnTest("not_null") in column.tests]
    if filled:
        # One test for all of them: one reading of the table, and one line in the list of checks.
        yield (
            f"{table}_not_null",
            f"select * from {table} where {' or '.join(f'{name} is null' for name in filled)}",
            "error",
            f"{table} is never empty in {', '.join(filled)}",
        )
    for column in header.columns:
        for test in column.tests:
            if test.kind != "not_null":
                sql, severity, description = _column_test(table, column, test)
                yield f"{table}_{column.name}_{test.kind}", sql, severity, description


def _column_test(table: str, column: Column, test: ColumnTest) -> tuple[str, str, str]:
    name = column.name
    if test.kind == "unique":
        repeated = _repeated(table, name, where=f"where {name} is not null ")
        return repeated, "error", f"{table}.{name} never repeats"
    if test.kind == "accepted":
        values = ", ".join("'" + value.replace("'", "''") + "'" for value in test.values)
        return (
            f"select {name}, count(*) as row_count from {table} "
            f"where cast({name} as varchar) not in ({values}) group by {name}",
            "warn",
            f"{table}.{name} is one of {', '.join(test.values)}",
        )
    other, other_column = test.values
    return (
        f"select child.{name}, count(*) as row_count from {table} as child "
        f"left join {other} as parent on child.{name} = parent.{other_column} "
        f"where child.{name} is not null and parent.{other_column} is null group by child.{name}",
        "warn",
        f"every {table}.{name} is in {other}.{other_column}",
    )


def _repeated(table: str, columns: str, where: str = "") -> str:
    return (
        f"select {columns}, count(*) as row_count from {table} {where}group by {columns} having count(*) > 1"
    )
