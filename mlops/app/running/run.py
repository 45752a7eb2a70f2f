"""Run a pipeline: `dvc repro` of its stages, unless all of them are as recorded; then its verdict.

DVC reads every `dvc.yaml` of a repository to look for overlaps and cycles. Within a pipeline there are none, the
compiler saw to that, so DVC is given the stages one by one in running order and reads this pipeline alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mlops.app.judging.gate import Verdict, read_verdict
from mlops.app.planning.lock import LockedStage, md5_tree, read_lock
from mlops.app.planning.made_of import policy_digest
from mlops.app.releasing.registry import bring_live
from mlops.app.workspace import Workspace, open_workspace
from mlops.backends.registry import render
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError, MlopsError, StaleError
from mlops.files.canonical import dumps
from mlops.plan.gate import registered
from mlops.plan.stage import Stage


class StageFailed(MlopsError):
    """A stage stopped; it has said why itself."""

    def __init__(self, message: str, *, code: int, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = code


def run_pipeline(workspace: Workspace, name: str) -> Verdict:
    """Reproduce what is stale of one pipeline and read its verdict.

    Raises:
        StageFailed: a stage stopped for a reason other than its verdict.
        InfrastructureError: DVC itself failed.
        StaleError: the rules, or the policy, are not those it began with.
    """
    root = workspace.root
    if not needs_dvc(workspace, name):
        return read_verdict(root, name)
    bring_live(root, workspace.project, name, workspace.pipeline(name).stage("evaluate").section.get("champion"))
    result = root / ".mlops" / "results" / f"{name}.json"
    result.unlink(missing_ok=True)
    began = _rules(workspace, name)
    file = f"pipelines/{name}/dvc.yaml"
    stages = [f"{file}:{stage.name}" for stage in workspace.pipeline(name).stages]
    command = [
        sys.executable,
        "-m",
        "dvc",
        "repro",
        *(["--single-item", *stages] if _compiled(workspace, name) else [file]),
    ]
    done = subprocess.run(command, cwd=root, check=False)  # noqa: S603 - constant but for a checked name
    if done.returncode:
        _raise(name, result)
    verdict = read_verdict(root, name)
    _hold(name, began, _rules(open_workspace(root, (name,)), name), verdict)
    return verdict


def _rules(workspace: Workspace, name: str) -> tuple[str, str]:
    """Name what a run will be judged by: its gate and the policy."""
    return registered(workspace.pipeline(name).stage("gate").section), policy_digest(workspace)


def _hold(name: str, began: tuple[str, str], ended: tuple[str, str], verdict: Verdict) -> None:
    """Refuse a verdict by rules that were written after the run had begun."""
    moved = ["the gate"] if ended[0] != began[0] or verdict.registered != began[0] else []
    moved += ["conf/policy.yaml"] if ended[1] != began[1] else []
    if moved:
        sentence = f"{name}: {' and '.join(moved)} changed while it ran: rules are written before their verdict"
        raise StaleError(sentence, hint=f"mlops compile, then mlops run {name}")


def _compiled(workspace: Workspace, name: str) -> bool:
    """Whether the files that DVC would read are what the YAML says."""
    folder = f"{workspace.pipeline(name).folder}/"
    files = {path: text for path, text in render(workspace.plan).items() if path.startswith(folder)}
    return all(_read(workspace.root / path) == text.encode() for path, text in files.items())


def needs_dvc(workspace: Workspace, name: str) -> bool:
    """Tell whether a stage did not run as it stands, or an input or output has not the bytes it had."""
    return not (_compiled(workspace, name) and _recorded(workspace, name))


def _recorded(workspace: Workspace, name: str) -> bool:
    pipeline = workspace.pipeline(name)
    try:
        locked = read_lock(workspace.root, pipeline.folder)
    except IntegrityError:
        return False
    known: dict[str, str | None] = {}
    folder = workspace.root / pipeline.folder
    return all(stage.name in locked and _same(stage, locked[stage.name], folder, known) for stage in pipeline.stages)


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


def _raise(name: str, result: Path) -> None:
    try:
        ended = json.loads(result.read_bytes())
    except (OSError, ValueError):
        ended = {"code": 0}
    if not ended["code"]:
        raise InfrastructureError(f"{name}: dvc repro failed", hint="read what it said above; `dvc doctor` may help")
    if ended["stage"] != "package" or ended["code"] not in (GateFailed.exit_code, Inconclusive.exit_code):
        raise StageFailed(f"{name}: {ended['stage']} stopped", code=ended["code"], hint=ended["next"])
