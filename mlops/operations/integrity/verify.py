"""Verify: do the lock, the configuration, the data and the bundle agree? Nothing is run or downloaded.

With `whole`, and in CI, every byte is read, and those in DVC's cache too; else those of files that moved (`looked`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import InfrastructureError, IntegrityError, StaleError
from mlops.files.conflict import Conflicted
from mlops.operations.auditing.check import faults_here, hint_of
from mlops.operations.compiling.compile import check_files
from mlops.operations.dvc.lock import LockedStage, md5_tree, read_lock
from mlops.operations.external_inputs import given
from mlops.operations.integrity.damage import bad_objects
from mlops.operations.merging import refuse_marked
from mlops.operations.processes.looked import Looked, in_ci
from mlops.operations.workspace import Workspace
from mlops.plan.pipeline import PipelinePlan
from mlops.plan.stage import Stage

Locked = dict[str, LockedStage]
Name = Callable[[Path], str | None]
"""Gives a file or folder the name that DVC gives it."""


@dataclass(frozen=True)
class Finding:
    """Something that does not agree; `code` is the exit code it deserves (3 stale, 5 integrity)."""

    pipeline: str
    message: str
    code: int
    hint: str = "run `mlops compile` and `mlops run NAME`, and commit what they write"


def verify(
    workspace: Workspace, names: tuple[str, ...] = (), *, whole: bool = False, remote: bool = False
) -> tuple[Finding, ...]:
    """Find every disagreement of the named pipelines, or of all; with `remote`, what DVC's remote holds is read, too.

    Raises:
        Conflicted: a merge left both versions in a dvc.lock or a compiled file: there is nothing to compare with.
        InfrastructureError: the remote was asked for and does not answer.
    """
    found: list[Finding] = []
    differing = {difference.path for difference in check_files(workspace)}
    refuse_marked(workspace.root, differing)
    for pipeline in workspace.plan.pipelines:
        if names and pipeline.name not in names:
            continue
        stale = sorted(path for path in differing if path.startswith(f"{pipeline.folder}/"))
        found += [Finding(pipeline.name, f"{path} is not what the YAML compiles to", 3) for path in stale]
        found += _pipeline(workspace.root, pipeline, whole=whole or in_ci())
        for fault in faults_here(workspace.root, workspace.project, pipeline.name):
            text = f"{fault.file.removeprefix(f'{pipeline.folder}/')} {fault.what}"
            found.append(Finding(pipeline.name, text, 5, hint_of(pipeline.name, fault)))
        found += _remote(workspace.root, pipeline.name) if remote else ()
    return tuple(found)


def _pipeline(root: Path, pipeline: PipelinePlan, *, whole: bool) -> Iterator[Finding]:
    try:
        locked = read_lock(root, pipeline.folder)
    except Conflicted:
        raise
    except IntegrityError as error:
        yield Finding(pipeline.name, error.message, error.exit_code)
        return
    for message in (*other_run(pipeline, locked), *other_order(locked)):
        yield Finding(pipeline.name, message, 3)
    looked = Looked(root, pipeline.name, whole=whole)
    other = (*other_data(root, pipeline, locked, looked.tree), *other_outputs(root, pipeline, locked, looked.tree))
    for message in other:
        yield Finding(pipeline.name, message, 5)
    for path, place in bad_objects(root, locked, looked) if whole else ():
        yield Finding(pipeline.name, f"{path} has other bytes in DVC's cache, {place}", 5)
    looked.keep()
    yield from bundle_findings(root, pipeline)


def _remote(root: Path, name: str) -> Iterator[Finding]:
    from mlops.operations.integrity.remote_objects import bad_in_remote

    hint = f"mlops repair {name} --remote"
    try:
        found = bad_in_remote(root, name)
    except StaleError as error:  # of this pipeline alone
        yield Finding(name, error.message, error.exit_code, error.hint)
        return
    for item in found:
        yield Finding(name, f"{item.path} has other bytes in the DVC remote, {item.place}", 5, hint)


def other_run(pipeline: PipelinePlan, locked: Locked) -> Iterator[str]:
    """Say which stages were recorded with another configuration than the plan's, or not at all."""
    for stage in pipeline.stages:
        recorded = locked.get(stage.name)
        if recorded is None:
            yield f"{stage.name} was never recorded"
        elif recorded.section != stage.section or recorded.command != stage.command:
            yield f"{stage.name} was recorded with another configuration"
        elif set(recorded.inputs) != set(stage.inputs) or set(recorded.outputs) != _paths(stage):
            yield f"{stage.name} was recorded with other inputs or outputs"


def other_data(root: Path, pipeline: PipelinePlan, locked: Locked, name_of: Name = md5_tree) -> Iterator[str]:
    """Say which files that no stage writes are not those that the run read."""
    for name, paths in given(pipeline).items():
        if name in locked:
            for path in paths:
                what = "the data that was learnt from"
                yield from _compare(root / pipeline.folder / path, path, locked[name].inputs.get(path), what, name_of)


def other_outputs(made: Path, pipeline: PipelinePlan, locked: Locked, name_of: Name = md5_tree) -> Iterator[str]:
    """Say which outputs are not what the run wrote: committed reports always, artefacts, folders too, where they are.

    The pipeline's folder lies in folder `made`: the repository, or wherever somebody brought what a run left.
    """
    for stage in pipeline.stages:
        for output in stage.outputs if stage.name in locked else ():
            place = made / pipeline.folder / output.path
            if output.committed or place.exists():
                recorded = locked[stage.name].outputs.get(output.path)
                yield from _compare(place, output.path, recorded, "what the run wrote", name_of)


def other_order(locked: Locked) -> Iterator[str]:
    """Say which stages were recorded with other files than the stages before them wrote."""
    written = {path: (name, digest) for name, stage in locked.items() for path, digest in stage.outputs.items()}
    for name, stage in locked.items():
        for path, digest in stage.inputs.items():
            producer, wrote = written.get(path, ("", digest))
            if wrote != digest:
                yield f"{name} was recorded with another {path} than {producer} wrote"


def _paths(stage: Stage) -> set[str]:
    return {output.path for output in stage.outputs}


def _compare(place: Path, path: str, recorded: str | None, what: str, name_of: Name) -> Iterator[str]:
    if not place.exists():
        yield f"{path} is missing"
    elif name_of(place) != recorded:
        yield f"{path} is not {what}"


def bundle_findings(root: Path, pipeline: PipelinePlan) -> Iterator[Finding]:
    """Check the bundle's own digests, that it is the one that the report names, and what the report binds."""
    from mlops.bundle.contents import Contents
    from mlops.bundle.papers import Papers
    from mlops.operations.live.bundles import reported

    folder = root / pipeline.folder / "artifacts" / "bundle"
    report = root / pipeline.folder / "reports" / "bundle.json"
    if not folder.is_dir() or not report.is_file():
        return
    try:
        contents = Contents.read(folder)
        if contents.digest != reported(root, pipeline.name).digest:
            yield Finding(pipeline.name, "artifacts/bundle is not the bundle that reports/bundle.json names", 5)
        elif Papers.within(contents) is None:
            Papers.read(report.parent, contents.digest)
    except (InfrastructureError, IntegrityError) as error:  # the former where the report is no statement at all
        yield Finding(pipeline.name, error.message, 5)
