"""Wrong input on the command line: one clear line, no traceback, and what was published stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dbt_like_sql.warehouse import Warehouse
from pipelines import cli

_PROGRESS = re.compile(r"[━╸╺]|\d+/\d+ \d+:\d\d:\d\d *$")  # early on the bar has no length

pytestmark = pytest.mark.usefixtures("without_history")

_MAPPING = """
source = "desk"
{times}
[tickets.columns]
ticket_id = "number"
created_at = "opened"
updated_at = "opened"
status = {{ constant = "open" }}
channel = {{ constant = "email" }}
"""


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with a mapping whose times are in UTC, and one that does not say."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.toml").write_text(_MAPPING.format(times='[times]\nzone = "UTC"'))
    (tmp_path / "no_zone.toml").write_text(_MAPPING.format(times=""))
    return tmp_path


@pytest.fixture
def groundswell(monkeypatch, capfd):
    """Type a command; the exit code and the lines said, progress left out."""

    def typed(*arguments: object) -> tuple[int, list[str]]:
        monkeypatch.setattr(sys, "argv", ["groundswell", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        output, errors = capfd.readouterr()
        assert "Traceback" not in output + errors
        lines = [line for line in (output + errors).splitlines() if line and not _PROGRESS.search(line)]
        return int(end.value.code or 0), lines

    return typed


def _csv(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_column_the_file_does_not_have(desk, groundswell):
    file = _csv(desk / "t.csv", "numbr,opened", "1,2026-01-01 10:00")
    code, lines = groundswell("run", "--home", desk / "home", "--source", file, "--mapping", "desk.toml")
    assert code == 1
    assert lines == [
        f"groundswell: {file}: the mapping desk takes tickets.ticket_id from number, "
        "which the file does not have; closest: numbr"
    ]


def test_a_file_that_is_not_what_its_name_says(desk, groundswell):
    file = _csv(desk / "t.parquet", "number,opened", "1,2026-01-01 10:00")
    code, lines = groundswell("run", "--home", desk / "home", "--source", file, "--mapping", "desk.toml")
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"groundswell: {file}: ")
    assert "Parquet" in lines[0]


def test_an_empty_file(desk, groundswell):
    (desk / "t.csv").touch()
    code, lines = groundswell("run", "--home", desk / "home", "--source", "t.csv", "--mapping", "desk.toml")
    assert (code, lines) == (1, [f"groundswell: {desk / 't.csv'}: is empty; export it again or take it away"])


def test_a_time_without_a_zone_where_none_is_declared(desk, groundswell):
    file = _csv(desk / "t.csv", "number,opened", "1,2026-01-01 10:00")
    code, lines = groundswell("run", "--home", desk / "home", "--source", file, "--mapping", "no_zone.toml")
    assert code == 1
    assert lines == [
        f"groundswell: {file}: created_at has times without a zone (first in row 2) and the mapping no_zone "
        'declares none; set zone = "UTC" (or theirs) under [times]'
    ]


def test_an_unknown_mapping_a_missing_file_and_unpaired_arguments(desk, groundswell):
    file = _csv(desk / "t.csv", "number,opened", "1,2026-01-01 10:00")
    code, lines = groundswell("run", "--home", desk / "home", "--source", file, "--mapping", "zendesk")
    assert code == 1
    assert len(lines) == 1
    assert "zendesk_export" in lines[0]
    code, lines = groundswell("run", "--home", desk / "home", "--source", "no.csv", "--mapping", "desk.toml")
    assert code == 1
    assert len(lines) == 1
    assert str(desk / "no.csv") in lines[0]
    code, lines = groundswell("run", "--home", desk / "home", "--source", file)
    assert (code, lines) == (
        1,
        ["groundswell: give one --mapping for all --source, or one for each, in the same order"],
    )


def test_an_unknown_asset_names_the_nearest(desk, groundswell):
    code, lines = groundswell("run", "--home", desk / "home", "--select", "daily_volum")
    assert (code, lines) == (
        1,
        ["groundswell: unknown asset 'daily_volum'; did you mean daily_volume or hourly_volume?"],
    )


def test_an_asset_before_there_is_anything_to_make_it_from(desk, groundswell):
    code, lines = groundswell("run", "--home", desk / "home", "--select", "daily_volume")
    assert code == 1
    assert len(lines) == 1
    assert "daily_volume.sql" in lines[0]


def test_a_second_run_while_one_is_writing(desk, groundswell):
    hold = "import sys, time; from pathlib import Path; from assets.run_lock import writing\n"
    hold += "with writing(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(desk / "home")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        code, lines = groundswell("run", "--home", desk / "home")
    finally:
        other.kill()
        other.wait()
    assert code == 1
    assert lines == [
        f"groundswell: {desk / 'home'}: a run is writing (process {other.pid}); "
        "wait until it ends, or stop it, and start again"
    ]


def test_the_demo_does_not_touch_a_folder_with_tickets_of_ones_own(desk, groundswell):
    (desk / "home" / "inbox" / "desk").mkdir(parents=True)
    code, lines = groundswell("demo", "--home", desk / "home", "--tickets", 200)
    assert code == 1
    assert lines == [
        f"groundswell: {desk / 'home'}: holds tickets of your own, which the demo will not touch; "
        "give it another folder with --home"
    ]


def test_broken_rows_and_a_calendar_that_ends_before_it_starts_are_told_and_one_good_ticket_gives_every_page(
    desk, groundswell
):
    file = _csv(
        desk / "t.csv",
        "number,opened",
        "1,2026-03-01 10:00",
        "2,2026-03-01 11:00,too,many",
        "3,someday",
    )
    (desk / "home" / "tables").mkdir(parents=True)
    calendar = _csv(
        desk / "home" / "tables" / "calendar.csv",
        "event_id,kind,name,starts_at,ends_at",
        "sale,campaign,Spring sale,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z",
        "backward,campaign,Backward sale,2026-03-02T00:00:00Z,2026-03-01T00:00:00Z",
    )

    code, lines = groundswell("run", "--home", desk / "home", "--source", file, "--mapping", "desk.toml")
    said = "\n".join(lines)
    assert code == 0, said
    assert f"{file}: row 3: 4 fields, expected 2" in said
    assert f"{file}: row 4: created_at is 'someday'" in said
    assert f"{calendar}: row 3: it ends before it starts" in said
    with Warehouse(desk / "home" / "published.duckdb", read_only=True) as snapshot:
        quarantined = snapshot.query("select file, row_number, rule from raw.quarantine order by all")
        assert snapshot.query("select source, ticket_id from raw.tickets").rows() == [("desk", "1")]
        assert snapshot.query("select event_id from raw.calendar").rows() == [("sale",)]
    assert quarantined.height == 3
    for page in ("index.html", "trends.html", "root-causes.html", "capacity.html"):
        assert "</html>" in (desk / "home" / "reports" / page).read_text(), page
