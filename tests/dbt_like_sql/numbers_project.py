"""A project of one model, `numbers`, read from `raw.numbers`."""

from pathlib import Path

from dbt_like_sql.project import Project, read_project


def read_numbers(folder: Path, select: str, materialized: str = "table", tests: str = "not_null") -> Project:
    path = folder / "marts" / "numbers.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"-- Some numbers.\n-- grain: number\n-- owner: team:support\n-- materialized: {materialized}\n"
        f"-- column n: the number, it's whole [{tests}]\n{select}\n"
    )
    return read_project(folder, {"raw.numbers": {"n": "BIGINT"}})
