"""The command line: thin, every command a few lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.run_lock import RunInProgress, writing
from dbt_like_sql.errors import SqlLayerError
from pipelines.errors import RunError, SettingsError
from pipelines.settings import Settings, read_settings

if TYPE_CHECKING:
    from pipelines.run import SourceArgument

app = typer.Typer(
    help="What is going wrong in a support operation, how it is doing, and how much is coming.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Home = Annotated[Path | None, typer.Option("--home", help="Folder of all state. [default: data]")]
_NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


@app.command()
def demo(
    tickets: Annotated[int, typer.Option(min=100, help="How many tickets to simulate.")] = 60_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another operation.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day. [default: yesterday]")
    ] = None,
    home: Home = None,
) -> None:
    """Simulate two years of a support operation and make every report from it."""
    from assets.ingest.simulated import HoldsOtherData, simulate_into

    settings = read_settings(home=home)
    last_day = until.date() if until else date.today() - timedelta(days=1)
    try:
        simulate_into(settings.home, tickets=tickets, seed=seed, as_of=last_day + timedelta(days=1))
    except HoldsOtherData as error:
        raise RunError(str(error)) from None
    _refresh_and_tell(settings)


@app.command()
def run(
    source: Annotated[
        list[str] | None, typer.Option(help="A file, folder or glob to load. May be repeated.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option(help="How to read it: a shipped mapping or a TOML file.")
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Rebuild only this asset. May be repeated.")
    ] = None,
    as_of: Annotated[datetime | None, typer.Option(help="Compute everything as of this time, UTC.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone in which days are counted. [default: UTC]")
    ] = None,
    home: Home = None,
) -> None:
    """Load what is new, rebuild every table, theme and forecast, publish the reports."""
    from pipelines.run import SourceArgument

    settings = read_settings(home=home, as_of=as_of, time_zone=time_zone)
    sources, mappings = source or [], mapping or []
    if len(mappings) == 1:
        mappings = mappings * len(sources)
    if len(mappings) != len(sources):
        raise SettingsError("give one --mapping for all --source, or one for each, in the same order")
    arguments = [SourceArgument(path, name) for path, name in zip(sources, mappings, strict=True)]
    _refresh_and_tell(settings, arguments, select or [])


@app.command("what-if")
def what_if(
    start: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"],
            help="When it begins, in the account's zone.",
        ),
    ],
    campaign: Annotated[
        str | None, typer.Option(help="A campaign's name, as in the calendar without its year.")
    ] = None,
    days: Annotated[int, typer.Option(help="How many days the campaign lasts.")] = 1,
    size: Annotated[float, typer.Option(help="Its size, in the calendar's units.")] = 1.0,
    ato_wave: Annotated[bool, typer.Option("--ato-wave", help="A wave of account takeovers.")] = False,
    accounts: Annotated[float, typer.Option(help="Accounts the wave hits.")] = 1_000,
    half_life: Annotated[float, typer.Option(help="Days in which the wave falls by half.")] = 3.0,
    contact_rate: Annotated[float, typer.Option(help="Tickets an account hit.")] = 0.3,
    line: Annotated[
        str | None, typer.Option(help="Only this line. [default: all; a wave: account_security]")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Only this region. [default: all]")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the weeks to this file.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write everything to this file.")] = None,
    home: Home = None,
) -> None:
    """What a campaign or a wave would add, and the people, promises and backlog that follow from it."""
    from models.planning.scenario import WAVE_LINE, Campaign, Wave
    from pipelines.what_if import tell_what_if

    if ato_wave == (campaign is not None):
        raise SettingsError("give either --campaign NAME or --ato-wave")
    settings = _with_snapshot(read_settings(home=home))
    event = (
        Wave(accounts, start, half_life, contact_rate, line or WAVE_LINE, region)
        if campaign is None
        else Campaign(campaign, start.date(), days, size, line, region)
    )
    tell_what_if(settings, event, csv, json)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port of the web page.")] = 3000,
    home: Home = None,
) -> None:
    """Open the Dagster UI on the same data: what ran, what is stale, what failed its checks."""
    from pipelines.instance import end_killed_runs, open_instance

    settings = read_settings(home=home)
    instance = open_instance(settings.dagster_home)
    try:
        with writing(settings.home):
            end_killed_runs(instance)
    except RunInProgress as busy:
        typer.echo(str(busy), err=True)
    os.environ["GROUNDSWELL_HOME"] = str(settings.home)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "pipelines.definitions", "-p", str(port)]
    os.execv(sys.executable, command)


@app.command()
def notebook(home: Home = None) -> None:
    """Open the analysts' notebook on the published snapshot."""
    settings = _with_snapshot(read_settings(home=home))
    os.environ["GROUNDSWELL_HOME"] = str(settings.home)
    os.execv(sys.executable, [sys.executable, "-m", "marimo", "edit", str(_NOTEBOOKS / "explore.py")])


@app.command()
def planner(
    port: Annotated[int | None, typer.Option(help="Port of the web page. [default: a free one]")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
    home: Home = None,
) -> None:
    """Open the planner on the published snapshot: move a campaign, a wave or the work, see what it takes."""
    settings = _with_snapshot(read_settings(home=home))
    os.environ["GROUNDSWELL_HOME"] = str(settings.home)
    command = [sys.executable, "-m", "marimo", "run", str(_NOTEBOOKS / "planner.py")]
    command += ["--port", str(port)] if port else []
    command += ["--headless"] if headless else []
    os.execv(sys.executable, command)


def _with_snapshot(settings: Settings) -> Settings:
    if not settings.published.exists():
        raise SettingsError(
            f"{settings.published}: nothing is published yet; run 'groundswell demo' or 'groundswell run' first"
        )
    return settings


def _refresh_and_tell(
    settings: Settings, sources: Sequence[SourceArgument] = (), select: Sequence[str] = ()
) -> None:
    from pipelines.run import run_refresh

    summary = run_refresh(settings, sources, select)
    for line in summary.ingest:
        typer.echo(line)
    for line in summary.failed_checks:
        typer.echo(f"look at: {line}")
    for line in summary.files_failed:
        typer.echo(f"not loaded: {line}", err=True)
    typer.echo(f"\nReports: {settings.reports / 'index.html'}")
    if summary.files_failed:
        raise typer.Exit(1)


def main() -> None:
    """Run a command; an expected error is one line a problem, without a traceback."""
    try:
        app()
    except (SettingsError, RunError, RunInProgress, SqlLayerError) as error:
        for line in str(error).splitlines():
            typer.echo(f"groundswell: {line}", err=True)
        raise SystemExit(1) from None
