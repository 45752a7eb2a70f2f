"""What a run of somebody else's left, put where the change records it, and held against the change and itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlops.errors import InfrastructureError, IntegrityError, StaleError
from mlops.files.relative import trouble
from mlops.operations.compiling.compile import check_files
from mlops.operations.dvc.lock import LockedStage, md5_tree, read_lock
from mlops.operations.external_inputs import given
from mlops.operations.integrity.verify import bundle_findings, other_data, other_order, other_outputs, other_run
from mlops.operations.judging.judged import BUNDLE, LOCK, lay_out, lock_of
from mlops.operations.judging.opponent import Run
from mlops.operations.workspace import Workspace
from mlops.plan.pipeline import PipelinePlan

_ENDED = ("0", "2", "7")
"""How `mlops run` ends where every stage ended."""


def take(root: Path, pipeline: PipelinePlan, evidence: Path) -> bool:
    """Put what a job left of a pipeline into the checkout; a job that kept no bundle leaves what is recorded there.

    Gives whether the run packaged what it made: a run whose gate failed, by its own word, did not.

    Raises:
        InfrastructureError: the run stopped, and left nothing to judge.
        IntegrityError: it left something that no run leaves.
    """
    said = evidence / "exit-code"
    code = said.read_bytes()[:8].decode(errors="replace").strip() if said.is_file() else "nothing"
    if code not in _ENDED:
        raise InfrastructureError(
            f"{pipeline.name}: its run ended with {code}: there is nothing to judge",
            hint="the job that ran it says why",
        )
    if not (evidence / LOCK).is_file():
        return True
    folder = root / pipeline.folder
    with tempfile.TemporaryDirectory(prefix="mlops-left-") as place:
        laid = lay_out(evidence, Path(place), pipeline)
        left, locked = laid.folder, lock_of(laid)
        for path in ("reports", BUNDLE):
            if (folder / path).is_dir():
                shutil.rmtree(folder / path)
            if (left / path).is_dir():
                shutil.copytree(left / path, folder / path)
        shutil.copyfile(left / LOCK, folder / LOCK)
    _sweep(folder, locked)
    return code == _ENDED[0]


def _sweep(folder: Path, locked: dict[str, LockedStage]) -> None:
    """Remove what another run left in the place of this one's outputs."""
    for stage in locked.values():
        for path, digest in stage.outputs.items():
            place = folder / path
            if path.startswith("artifacts/") and place.exists() and md5_tree(place) != digest:
                shutil.rmtree(place) if place.is_dir() else place.unlink()


def hold(workspace: Workspace, name: str, *, packaged: bool = True, otherwise: bool = False) -> bool:
    """Hold a recorded run against the YAML of the checkout and against itself; data that is not here is not held.

    With `otherwise` another version of this program compiled it and ran it: then what it compiled is data, which the
    lock must agree with. Gives whether it was compiled as it is compiled here.

    Raises:
        IntegrityError: bytes are not what the lock names; all that differs is listed.
        StaleError: it is of another configuration, or was never recorded.
    """
    root, pipeline = workspace.root, workspace.pipeline(name)
    locked = read_lock(root, pipeline.folder)
    if not packaged:  # what its lock says of that is of an earlier run
        pipeline = replace(pipeline, stages=tuple(stage for stage in pipeline.stages if stage.name != "package"))
        locked.pop("package", None)
    if outside := [path for stage in locked.values() for path in (*stage.inputs, *stage.outputs) if trouble(path)]:
        raise IntegrityError(f"{name}: dvc.lock names {outside[0][:100]!r}", hint=f"mlops run {name}")
    wrong = [*other_outputs(root, pipeline, locked), *_other_data(root, pipeline, locked)]
    wrong += [finding.message for finding in bundle_findings(root, pipeline)]
    if wrong:
        raise IntegrityError(_listed(name, wrong), hint=f"mlops run {name}, and commit what it records")
    stale = [f"{path} is not what the YAML compiles to" for path in _not_compiled(workspace, pipeline)]
    stale += [*other_run(pipeline, locked), *other_order(locked)]
    if stale and otherwise:
        stale = [*_other_record(root, pipeline, locked), *other_order(locked)]
        same = False
    else:
        same = not stale
    if stale:
        raise StaleError(_listed(name, stale), hint=f"mlops compile, mlops run {name}, and commit what they write")
    return same


def _other_record(root: Path, pipeline: PipelinePlan, locked: dict[str, LockedStage]) -> Iterator[str]:
    sections = Run.here(root, pipeline.name).sections()
    known = {stage.name for stage in pipeline.stages}
    for name in sorted({*sections, *locked} & known):
        if name not in locked:
            yield f"{name} was never recorded"
        elif locked[name].section != sections.get(name):
            yield f"{name} was recorded with another configuration"


def _listed(name: str, sentences: list[str]) -> str:
    return "\n".join(f"{name}: {sentence}" for sentence in sentences)


def _not_compiled(workspace: Workspace, pipeline: PipelinePlan) -> Iterator[str]:
    paths = (difference.path for difference in check_files(workspace))
    return (path for path in sorted(paths) if path.startswith(f"{pipeline.folder}/"))


def _other_data(root: Path, pipeline: PipelinePlan, locked: dict[str, LockedStage]) -> Iterator[str]:
    """Leave what is missing to who makes the rows again: that is no fault of who recorded it."""
    here = [path for paths in given(pipeline).values() for path in paths if (root / pipeline.folder / path).exists()]
    for sentence in other_data(root, pipeline, locked):
        if sentence.partition(" ")[0] in here:
            yield sentence
