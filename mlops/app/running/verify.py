"""Verify: do the lock, the configuration, the data and the bundle agree? Nothing is run or downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops.app.compiling.compile import check_files
from mlops.app.given import given
from mlops.app.planning.lock import LockedStage, md5_tree, read_lock
from mlops.app.workspace import Workspace
from mlops.errors import IntegrityError
from mlops.files.plain_yaml import Conflicted
from mlops.plan.pipeline import PipelinePlan


@dataclass(frozen=True)
class Finding:
    """Something that does not agree; `code` is the exit code it deserves (3 stale, 5 integrity)."""

    pipeline: str
    message: str
    code: int


def verify(workspace: Workspace, names: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Find every disagreement of the named pipelines, or of all.

    Raises:
        Conflicted: a merge left both versions in a dvc.lock: there is nothing to compare with.
    """
    found: list[Finding] = []
    differing = {difference.path for difference in check_files(workspace)}
    for pipeline in workspace.plan.pipelines:
        if names and pipeline.name not in names:
            continue
        stale = sorted(path for path in differing if path.startswith(f"{pipeline.folder}/"))
        found += [Finding(pipeline.name, f"{path} is not what the YAML compiles to", 3) for path in stale]
        found += _pipeline(workspace.root, pipeline)
    return tuple(found)


def _pipeline(root: Path, pipeline: PipelinePlan) -> Iterator[Finding]:
    try:
        locked = read_lock(root, pipeline.folder)
    except Conflicted:
        raise
    except IntegrityError as error:
        yield Finding(pipeline.name, error.message, error.exit_code)
        return
    read = given(pipeline)
    for stage in pipeline.stages:
        recorded = locked.get(stage.name)
        if recorded is None:
            yield Finding(pipeline.name, f"{stage.name} was never recorded", 3)
            continue
        if recorded.section != stage.section or recorded.command != stage.command:
            yield Finding(pipeline.name, f"{stage.name} was recorded with another configuration", 3)
        for path in read[stage.name]:
            yield from _compare(root, pipeline, path, recorded.inputs.get(path), "the data that was learnt from")
        for output in stage.outputs:
            yield from _output(root, pipeline, output.path, recorded.outputs.get(output.path), output.committed)
    yield from _chain(pipeline, locked)
    yield from _bundle(root, pipeline)


def _compare(root: Path, pipeline: PipelinePlan, path: str, recorded: str | None, what: str) -> Iterator[Finding]:
    place = root / pipeline.folder / path
    if not place.exists():
        yield Finding(pipeline.name, f"{path} is missing", 5)
    elif md5_tree(place) != recorded:
        yield Finding(pipeline.name, f"{path} is not {what}", 5)


def _output(root: Path, pipeline: PipelinePlan, path: str, recorded: str | None, committed: bool) -> Iterator[Finding]:
    """Check a committed report always, an artefact where it is here as a file."""
    place = root / pipeline.folder / path
    if committed or place.is_file():
        yield from _compare(root, pipeline, path, recorded, "what the run wrote")


def _chain(pipeline: PipelinePlan, locked: dict[str, LockedStage]) -> Iterator[Finding]:
    """Check that each stage was recorded with the very files that the stages before it wrote."""
    written = {path: (name, digest) for name, stage in locked.items() for path, digest in stage.outputs.items()}
    for name, stage in locked.items():
        for path, digest in stage.inputs.items():
            producer, wrote = written.get(path, ("", digest))
            if wrote != digest:
                yield Finding(pipeline.name, f"{name} was recorded with another {path} than {producer} wrote", 3)


def _bundle(root: Path, pipeline: PipelinePlan) -> Iterator[Finding]:
    """Check the bundle's own digests, and that it is the one that the report names."""
    from mlops.app.releasing.bundles import reported
    from mlops.bundle.contents import verify as verify_bundle

    folder = root / pipeline.folder / "artifacts" / "bundle"
    report = root / pipeline.folder / "reports" / "bundle.json"
    if not folder.is_dir() or not report.is_file():
        return
    try:
        if verify_bundle(folder) != reported(root, pipeline.name).get("digest"):
            yield Finding(pipeline.name, "artifacts/bundle is not the bundle that reports/bundle.json names", 5)
    except IntegrityError as error:
        yield Finding(pipeline.name, error.message, 5)
