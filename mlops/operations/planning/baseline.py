"""What a plan compares with: the last recorded run, or the repository at another commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.errors import IntegrityError
from mlops.files.dvc_cache import objects
from mlops.files.plain_yaml import Values, parse
from mlops.operations.dvc.lock import md5_tree, read_lock
from mlops.operations.external_inputs import given, within
from mlops.operations.git import changed_files, file_at
from mlops.plan.pipeline import PipelinePlan


@dataclass(frozen=True)
class StageBefore:
    """A stage as it was: its command and its section of the parameters."""

    command: str
    section: Values


@dataclass(frozen=True)
class Baseline:
    """A pipeline as it was; `touched` gives, by stage, files that changed since, and why that matters."""

    stages: Mapping[str, StageBefore] = field(default_factory=dict)
    touched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def from_lock(root: Path, pipeline: PipelinePlan) -> Baseline:
    """Take the last run that `dvc.lock` records; reports and outside files are compared by content."""
    locked = read_lock(root, pipeline.folder)
    stages = {name: StageBefore(stage.command, stage.section) for name, stage in locked.items()}
    read = given(pipeline)
    touched: dict[str, tuple[str, ...]] = {}
    for stage in pipeline.stages:
        if stage.name not in locked:
            continue
        recorded = locked[stage.name]
        reasons = [
            _changed(root / pipeline.folder / path, recorded.inputs.get(path), path) for path in read[stage.name]
        ]
        reasons += [
            _output(root, pipeline, path.path, recorded.outputs.get(path.path), path.committed)
            for path in stage.outputs
        ]
        touched[stage.name] = tuple(reason for reason in reasons if reason)
    return Baseline(stages, touched)


def from_commit(root: Path, pipeline: PipelinePlan, commit: str) -> Baseline:
    """Take the compiled parameters and the files of a commit.

    Raises:
        IntegrityError: they are not as the compiler writes them.
    """
    params = file_at(root, commit, f"{pipeline.folder}/params.yaml")
    definition = file_at(root, commit, f"{pipeline.folder}/dvc.yaml")
    if params is None or definition is None:
        return Baseline()
    sections = parse(params, f"{pipeline.folder}/params.yaml") or {}
    defined = parse(definition, f"{pipeline.folder}/dvc.yaml") or {}
    try:
        commands = {name: stage["cmd"] for name, stage in defined.get("stages", {}).items()}
        stages = {name: _stage(command, sections.get(name, {})) for name, command in commands.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            f"{pipeline.folder} at {commit[:8]}: dvc.yaml and params.yaml have another form than the compiler writes",
            hint="compare with a commit where they are compiled: mlops plan --base COMMIT",
        ) from error
    changed = {path.removeprefix(f"{pipeline.folder}/") for path in changed_files(root, commit, pipeline.folder)}
    touched = {name: _inputs(paths, changed) for name, paths in given(pipeline).items() if name in stages}
    return Baseline(stages, touched)


def _stage(command: Any, section: Any) -> StageBefore:
    if not isinstance(command, str) or not isinstance(section, dict):
        raise TypeError
    return StageBefore(command, section)


def _inputs(paths: Iterable[str], changed: set[str]) -> tuple[str, ...]:
    return tuple(f"{path} changed" for path in paths if any(within(name, {path}) for name in changed))


def _changed(path: Path, recorded: str | None, shown: str) -> str:
    if not path.exists():
        return f"{shown} is missing"
    if recorded is None:
        return f"{shown} is new"
    return "" if md5_tree(path) == recorded else f"{shown} changed"


def _output(root: Path, pipeline: PipelinePlan, path: str, recorded: str | None, committed: bool) -> str:
    """A report must be what was recorded; an artefact must be in the folder or in DVC's cache."""
    place = root / pipeline.folder / path
    if recorded is None:
        return f"{path} was never recorded"
    if committed:
        return _changed(place, recorded, path)
    if place.exists() or (objects(root) / recorded[:2] / recorded[2:]).exists():
        return ""
    return f"{path} is not here (mlops fetch brings it, if a remote has it)"
