"""Run the same assets as the Dagster UI, in this process, with a progress display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import dagster as dg

from assets.run_lock import writing
from pipelines import progress
from pipelines.definitions import definitions
from pipelines.errors import RunError
from pipelines.instance import end_killed_runs, open_instance
from pipelines.settings import Settings


@dataclass(frozen=True)
class SourceArgument:
    """Files to load beside the inbox: a file, folder or glob, and the mapping that reads it."""

    path: str
    mapping: str


@dataclass(frozen=True)
class RunSummary:
    """What a finished run has to say: lines of ingest, checks that failed, seconds by step."""

    ingest: list[str]
    files_failed: list[str]
    failed_checks: list[str]
    seconds: dict[str, float] = field(default_factory=dict)


def run_refresh(
    settings: Settings,
    sources: Sequence[SourceArgument] = (),
    select: Sequence[str] = (),
    display: progress.RunProgress | None = None,
) -> RunSummary:
    """Load, build and publish; with `select`, only the assets of these names.

    Raises RunInProgress when another process is writing, RunError, in one line a problem, otherwise.
    """
    if sources and select:
        raise RunError("--source loads files and rebuilds everything; leave out --select")
    with writing(settings.home):
        instance = open_instance(settings.dagster_home)
        end_killed_runs(instance)
        loaded = definitions(settings)
        job = loaded.resolve_job_def("refresh")
        selected = [key for made in _selected(job, loaded, select) for key in made.keys]
        with display or progress.RunProgress() as display:
            progress.show(display)
            if not select:
                display.expect(len(job.nodes))
            result = job.execute_in_process(
                instance=instance,
                run_config=_run_config(sources),
                asset_selection=selected or None,
                raise_on_error=False,
            )
        progress.show(None)
    if not result.success:
        raise RunError("\n".join(_failures(result)) or "the run failed; the Dagster UI has its log")
    ingest, files_failed = _ingest_lines(result)
    return RunSummary(
        ingest, files_failed, _failed_checks(result, dg.AssetCheckSeverity.WARN), display.seconds
    )


def _selected(
    job: dg.JobDefinition, loaded: dg.Definitions, names: Sequence[str]
) -> list[dg.AssetsDefinition]:
    """The definitions that make the assets of these names."""
    in_job = set(job.asset_layer.executable_asset_keys)
    assets = [made for made in loaded.assets or () if isinstance(made, dg.AssetsDefinition)]
    makers = {key.to_user_string(): made for made in assets for key in made.keys & in_job}
    for name in names:
        if name not in makers:
            close = get_close_matches(name, makers, n=3)
            hint = (
                f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(sorted(makers))}"
            )
            raise RunError(f"unknown asset '{name}'; {hint}")
    chosen = {id(makers[name]) for name in names}
    return [made for made in assets if id(made) in chosen]


def _run_config(sources: Sequence[SourceArgument]) -> dict[str, object]:
    config: dict[str, object] = {"loggers": {"progress": {}}}
    if sources:
        given = [{"path": str(Path(source.path).absolute()), "mapping": source.mapping} for source in sources]
        config["ops"] = {"ingest": {"config": {"sources": given}}}
    return config


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    lines = _failed_checks(result, dg.AssetCheckSeverity.ERROR)
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data
        step = str(event.step_key).replace("__", "/")
        if failure.user_failure_data:
            lines += (failure.user_failure_data.description or "").splitlines()
        elif failure.error and failure.error.cls_name != "DagsterAssetCheckFailedError":
            cause = failure.error.cause or failure.error
            lines.append(f"{step}: {cause.message.strip()}")
    return lines


def _failed_checks(result: dg.ExecuteInProcessResult, severity: dg.AssetCheckSeverity) -> list[str]:
    return [
        f"check {check.check_name} on {check.asset_key.to_user_string()}: {check.description}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == severity
    ]


def _ingest_lines(result: dg.ExecuteInProcessResult) -> tuple[list[str], list[str]]:
    """What the ingest step reported in its metadata."""
    for event in result.get_asset_materialization_events():
        if event.asset_key == dg.AssetKey(["raw", "loads"]):
            metadata = event.materialization.metadata
            return list(metadata["lines"].value), list(metadata["files_failed"].value)  # type: ignore[arg-type]
    return [], []
