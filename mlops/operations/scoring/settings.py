"""What a pipeline says of its batches: what to score into what; and which pipelines a schedule is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlops.compiler.github.common_steps import PERIODS, cron
from mlops.configuration.pipeline import Pipeline
from mlops.errors import ConfigurationError
from mlops.files.remote_folder import is_address
from mlops.operations.git import commit_of, file_at
from mlops.operations.live.releases import file_of, usual
from mlops.operations.scoring.score import Lineage, Wanted
from mlops.operations.workspace import Workspace, open_workspace
from mlops.targets.batch import BatchTarget

_BLOCK = "{kind: batch, input: PARQUET, output: PARQUET}"


def find_target(root: Path, name: str, environment: str | None) -> BatchTarget | None:
    """Read which batch a pipeline has in an environment; raises ConfigurationError where its YAML does not hold."""
    return target_of(open_workspace(root, (name,)).pipelines[name].spec, environment)


def targets(spec: Pipeline) -> dict[str, BatchTarget]:
    """List the targets of a pipeline that are batches."""
    return {name: target for name, target in spec.deploy.items() if isinstance(target, BatchTarget)}


def target_of(spec: Pipeline, environment: str | None) -> BatchTarget | None:
    """Choose the batch of an environment: the one called as it is, or `batch`, or the only one."""
    found = targets(spec)
    named = (found.get(key) for key in (environment, "batch") if key is not None)
    only = next(iter(found.values())) if len(found) == 1 else None
    return next((target for target in named if target is not None), only)


def wanted_of(
    target: BatchTarget | None,
    root: Path | None,
    name: str,
    *,
    given: str | None = None,
    output: str | None = None,
    carry: tuple[str, ...] = (),
    refused: str | None = None,
) -> Wanted:
    """Take what was typed before what YAML says; paths of the YAML are those of the repository.

    Raises:
        ConfigurationError: nobody says what to score, or where to write it.
    """
    if given is None and output is None and target is not None and root is not None:
        into = refused or (None if target.refused is None else _path(root, target.refused))
        carried = tuple(dict.fromkeys((*target.carry, *carry)))
        return Wanted(_path(root, target.input), _path(root, target.output), carried, into)
    if given is None or output is None:
        lacking = "what to score: --in" if given is None else "where predictions go: --out"
        raise ConfigurationError(
            f"{name}: nothing says {lacking} is missing",
            hint=f"mlops score {name} --in PARQUET --out PARQUET, or write `deploy: {{batch: {_BLOCK}}}`",
        )
    return Wanted(given, output, carry, refused)


def lineage_of(root: Path, name: str, environment: str | None) -> Lineage:
    """Say where the bundle of a pipeline is from: the commit counts where its release file is as it is here."""
    if environment is None:
        return Lineage()
    try:
        commit = commit_of(root, "HEAD")
    except ConfigurationError:
        return Lineage(environment)
    file = file_of(environment, name)
    path = root / file
    same = path.is_file() and file_at(root, commit, file) == path.read_bytes()
    return Lineage(environment, commit if same else None)


def due(workspace: Workspace, schedule: str) -> tuple[str, ...]:
    """List the pipelines whose batch runs as often as a cron line of the workflow says; all where it is empty.

    Raises:
        ConfigurationError: it is no cron line that this repository compiles to.
    """
    known = {cron(workspace.project.name, period): period for period in PERIODS}
    if schedule and schedule not in known:
        raise ConfigurationError(
            f"`{schedule}` is no schedule of this repository",
            hint=f"one of: {', '.join(f'`{line}` (every {period})' for line, period in known.items())}",
        )
    period = known.get(schedule)
    return tuple(name for name, every in _periods(workspace) if period is None or every == period)


def _periods(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Say how often each batch of the workflow runs: that of the environment that is meant where none is named."""
    environment = usual(workspace.root, workspace.project)
    for name, loaded in workspace.pipelines.items():
        target = target_of(loaded.spec, environment)
        if target is not None and target.run_by == "actions":
            yield name, target.every


def _path(root: Path, text: str) -> str:
    """Give a path of the repository as it is from here."""
    if is_address(text):
        return text
    path = root / text
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
