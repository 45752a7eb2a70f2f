"""Where a pipeline stands: what of it ran as it is described now, by content alone, without asking DVC.

Content is read in full in CI; elsewhere where a file's size, time or inode moved (`looked`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mlops.compiler.files import render
from mlops.errors import IntegrityError, MlopsError
from mlops.files.canonical import dumps
from mlops.files.conflict import Conflicted
from mlops.files.dvc_cache import objects
from mlops.operations.dvc.lock import LockedStage, read_lock
from mlops.operations.external_inputs import given
from mlops.operations.integrity.damage import Damage, mend
from mlops.operations.integrity.tracked import look_again, refuse_damaged
from mlops.operations.live.keeping import into_cache
from mlops.operations.processes.looked import Looked
from mlops.operations.workspace import Workspace
from mlops.plan.stage import Stage


@dataclass(frozen=True)
class Standing:
    """Whether the files that DVC would read are what the YAML says, and the stages that it may have to run."""

    compiled: bool
    stale: tuple[str, ...]
    damage: tuple[Damage, ...] = ()
    """What had bad objects in DVC's cache before they were moved aside (`mended`)."""
    refused: MlopsError | None = None
    """Why it cannot run: what it reads is damaged, and no stage makes it again."""

    @property
    def settled(self) -> bool:
        """Whether there is nothing to do."""
        return self.compiled and not self.stale and self.refused is None

    @property
    def unrun(self) -> bool:
        """Whether it is not to be run: there is nothing to do, or it cannot be."""
        return self.settled or self.refused is not None


def mended(workspace: Workspace, names: tuple[str, ...]) -> dict[str, Standing]:
    """Look at pipelines after damage was cleared out of DVC's way, which may write: before they run.

    Raises:
        Conflicted: a merge left two versions of a lock.
        OSError: the system refuses to move a bad object.
    """
    known, cache = {name: Looked(workspace.root, name) for name in names}, objects(workspace.root)
    damage: dict[str, tuple[Damage, ...]] = {}
    refused: dict[str, MlopsError] = {}
    for name in names:
        try:
            damage[name] = _mend(workspace, name, cache, known[name])
        except Conflicted:
            raise
        except MlopsError as error:
            refused[name] = error
    found = standings(workspace, names, known)
    return {name: replace(found[name], damage=damage.get(name, ()), refused=refused.get(name)) for name in names}


def recorded(workspace: Workspace, name: str) -> dict[str, LockedStage]:
    """Read the lock of a pipeline; one that is damaged records nothing. Raises Conflicted where two are in it."""
    try:
        return read_lock(workspace.root, workspace.pipeline(name).folder)
    except Conflicted:  # DVC would say less
        raise
    except IntegrityError:
        return {}


def _mend(workspace: Workspace, name: str, cache: Path, looked: Looked) -> tuple[Damage, ...]:
    root = workspace.root
    pipeline, locked = workspace.pipeline(name), recorded(workspace, name)
    for stage, paths in given(pipeline).items():
        for path in paths if stage in locked else ():
            place = root / pipeline.folder / path
            refuse_damaged(root, cache, place, looked)
            look_again(place, locked[stage].inputs.get(path), looked)
    found = mend(root, pipeline.folder, cache, locked, looked)
    if found:
        into_cache(root, name)
    return found


def standings(
    workspace: Workspace, names: tuple[str, ...], known: Mapping[str, Looked] | None = None
) -> dict[str, Standing]:
    """Look at pipelines, in the order of their names; `known` is what was read of their files just now."""
    files = render(workspace.plan)
    looked = known or {name: Looked(workspace.root, name) for name in names}
    return {name: _standing(workspace, name, files, looked[name]) for name in names}


def _standing(workspace: Workspace, name: str, files: dict[str, str], looked: Looked) -> Standing:
    pipeline = workspace.pipeline(name)
    compiled = {path: text for path, text in files.items() if path.startswith(f"{pipeline.folder}/")}
    as_written = all(_read(workspace.root / path) == text.encode() for path, text in compiled.items())
    return Standing(as_written, _stale(workspace, name, looked))


def _stale(workspace: Workspace, name: str, looked: Looked) -> tuple[str, ...]:
    """Name the stages from the first on that did not run as it stands: most of what follows reads what it writes."""
    pipeline = workspace.pipeline(name)
    stages = tuple(stage.name for stage in pipeline.stages)
    if not (locked := recorded(workspace, name)):
        return stages
    stale = _from(pipeline.stages, locked, workspace.root / pipeline.folder, looked)
    looked.keep()
    return stale


def _from(stages: tuple[Stage, ...], locked: dict[str, LockedStage], folder: Path, looked: Looked) -> tuple[str, ...]:
    known: dict[str, str | None] = {}
    for position, stage in enumerate(stages):
        if stage.name not in locked or not _same(stage, locked[stage.name], folder, known, looked):
            return tuple(left.name for left in stages[position:])
    return ()


def _same(stage: Stage, locked: LockedStage, folder: Path, known: dict[str, str | None], looked: Looked) -> bool:
    if stage.command != locked.command or dumps(stage.section) != dumps(locked.section):
        return False
    if set(stage.inputs) != set(locked.inputs) or {output.path for output in stage.outputs} != set(locked.outputs):
        return False
    for path, digest in (*locked.inputs.items(), *locked.outputs.items()):
        if path not in known:
            known[path] = looked.tree(folder / path)
        if known[path] != digest:
            return False
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
