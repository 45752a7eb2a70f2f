"""Where a pipeline stands: what of it ran as it is described now, by content alone, without asking DVC."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops.app.planning.lock import LockedStage, md5_tree, read_lock
from mlops.app.workspace import Workspace
from mlops.backends.registry import render
from mlops.errors import IntegrityError
from mlops.files.canonical import dumps
from mlops.files.conflict import Conflicted
from mlops.plan.stage import Stage


@dataclass(frozen=True)
class Standing:
    """Whether the files that DVC would read are what the YAML says, and the stages that it may have to run."""

    compiled: bool
    stale: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether there is nothing to do."""
        return self.compiled and not self.stale


def standings(workspace: Workspace, names: tuple[str, ...]) -> dict[str, Standing]:
    """Look at pipelines, in the order of their names."""
    files = render(workspace.plan)
    return {name: _standing(workspace, name, files) for name in names}


def _standing(workspace: Workspace, name: str, files: dict[str, str]) -> Standing:
    pipeline = workspace.pipeline(name)
    compiled = {path: text for path, text in files.items() if path.startswith(f"{pipeline.folder}/")}
    as_written = all(_read(workspace.root / path) == text.encode() for path, text in compiled.items())
    return Standing(as_written, _stale(workspace, name))


def _stale(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Name the stages from the first on that did not run as it stands: most of what follows reads what it writes."""
    pipeline = workspace.pipeline(name)
    stages = tuple(stage.name for stage in pipeline.stages)
    try:
        locked = read_lock(workspace.root, pipeline.folder)
    except Conflicted:  # DVC would say less
        raise
    except IntegrityError:
        return stages
    known: dict[str, str | None] = {}
    folder = workspace.root / pipeline.folder
    for position, stage in enumerate(pipeline.stages):
        if stage.name not in locked or not _same(stage, locked[stage.name], folder, known):
            return stages[position:]
    return ()


def _same(stage: Stage, locked: LockedStage, folder: Path, known: dict[str, str | None]) -> bool:
    if stage.command != locked.command or dumps(stage.section) != dumps(locked.section):
        return False
    if set(stage.inputs) != set(locked.inputs) or {output.path for output in stage.outputs} != set(locked.outputs):
        return False
    for path, digest in (*locked.inputs.items(), *locked.outputs.items()):
        if path not in known:
            known[path] = md5_tree(folder / path)
        if known[path] != digest:
            return False
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
