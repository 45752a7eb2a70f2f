"""Run a pipeline: `dvc repro` of its stages, unless all of them are as recorded; then its verdict.

DVC reads every `dvc.yaml` of a repository to look for overlaps and cycles. Within a pipeline there are none, the
compiler saw to that, so DVC is given the stages one by one in running order and reads this pipeline alone.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryFile

from mlops.documents.stage_end import StageEnd
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, MlopsError, StaleError
from mlops.operations.auditing.enter import enter_verdict
from mlops.operations.dvc.lock import LockedStage, read_lock
from mlops.operations.integrity.damage import Damage, refuse_other, refuse_unlike
from mlops.operations.integrity.standing import Standing, mended, recorded
from mlops.operations.judging.settle import settled
from mlops.operations.planning.fingerprint import policy_digest
from mlops.operations.processes.child import Child
from mlops.operations.processes.ending import interruptible
from mlops.operations.processes.looked import Looked
from mlops.operations.processes.reproducing import command, result_of
from mlops.operations.verdicts.gate import Verdict, read_verdict
from mlops.operations.workspace import Workspace, open_workspace
from mlops.plan.gate import registered


class StageFailed(MlopsError):
    """A stage stopped; it has said why itself."""

    def __init__(self, message: str, *, code: int, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = code


Reproduce = Callable[[Path, list[str]], int]
"""Run a command in a folder, printing where this process prints, and give its exit code."""


def reproduce(root: Path, words: list[str]) -> int:
    """Run DVC; it ends when this process does, however that ends."""
    with interruptible(), Child(words, root) as child:
        return child.wait()


def reproduce_aside(root: Path, words: list[str]) -> int:
    """Run DVC as `reproduce` does, where standard output is for a result: all that it prints goes to stderr."""
    with interruptible(), Child(words, root, printed=sys.stderr.buffer) as child:
        return child.wait()


def reproduce_unseen(root: Path, words: list[str]) -> int:
    """Run DVC as `reproduce` does, where only what is wrong is wanted: what it prints goes to stderr if it fails."""
    with TemporaryFile() as kept:
        with interruptible(), Child(words, root, printed=kept) as child:
            code = child.wait()
        if code:
            kept.seek(0)
            shutil.copyfileobj(kept, sys.stderr.buffer)
            sys.stderr.flush()
        return code


def run_pipeline(workspace: Workspace, name: str, reproduce: Reproduce = reproduce) -> Verdict:
    """Reproduce what is stale of one pipeline and read its verdict.

    Raises:
        StageFailed: a stage stopped for a reason other than its verdict.
        InfrastructureError: DVC itself failed.
        Conflicted: a merge left both versions in dvc.lock.
        StaleError: the rules, or the policy, are not those it began with.
        InfrastructureError: the live bundle that a rule compares with cannot be had.
        IntegrityError: the data came damaged out of DVC's cache; what lies here is not what was recorded, though DVC
            took it for that; or a stage that ran again because its output was damaged wrote something else.
    """
    standing = told_of(workspace, name)
    if standing.settled:
        return concluded(workspace.root, name)
    begun = Begun.of(workspace, name, standing)
    return begun.ended(reproduce(workspace.root, begun.command))


def told_of(workspace: Workspace, name: str) -> Standing:
    """Look at a pipeline before it runs, and say what was damaged; raises why it cannot run."""
    standing = mended(workspace, (name,))[name]
    for item in standing.damage:
        print(f"{name}: {item.told}", file=sys.stderr, flush=True)
    if standing.refused is not None:
        raise standing.refused
    return standing


def concluded(root: Path, name: str) -> Verdict:
    """Enter the verdict of a run in the ledger, and say what it is beside what is live now.

    Raises what `settled` does.
    """
    entered = tuple(path for path in enter_verdict(root, name) if (root / path).exists())
    return replace(settled(root, name), entered=entered)


@dataclass(frozen=True)
class Begun:
    """A run under way: the command that does it, and the rules it is to be judged by."""

    root: Path
    name: str
    command: list[str]
    rules: tuple[str, str]
    before: dict[str, LockedStage] = field(default_factory=dict)
    damage: tuple[Damage, ...] = ()

    @classmethod
    def of(cls, workspace: Workspace, name: str, standing: Standing, stages: tuple[str, ...] = ()) -> Begun:
        """Say what is to be run, all stages where none is named, and note the rules as they are."""
        file = f"pipelines/{name}/dvc.yaml"
        wanted = stages or tuple(stage.name for stage in workspace.pipeline(name).stages)
        targets = ["--single-item", *(f"{file}:{stage}" for stage in wanted)] if standing.compiled else [file]
        rules, damage = rules_of(workspace, name), _exact(workspace, name, standing.damage)
        return cls(workspace.root, name, command(name, targets), rules, recorded(workspace, name), damage)

    def ended(self, code: int) -> Verdict:
        """Read the verdict of a run that ended with an exit code of DVC's; raises what `run_pipeline` does."""
        self.ran(code)
        verdict = read_verdict(self.root, self.name)
        _hold(self.name, self.rules, rules_of(open_workspace(self.root, (self.name,)), self.name), verdict)
        return concluded(self.root, self.name)

    def ran(self, code: int, stages: tuple[str, ...] = ()) -> None:
        """Hold what stages wrote, all where none is named, to what was recorded; raises what `run_pipeline` does."""
        if code == InfrastructureError.exit_code:
            raise InfrastructureError(f"{self.name}: nothing was run", hint="mend what is said above, then try again")
        if code:
            _raise(self.name, result_of(self.root, self.name))
        self._hold_bytes(stages)

    def _hold_bytes(self, stages: tuple[str, ...]) -> None:
        """Hold what lies here against what was recorded now, and what was damaged against what was recorded before."""
        folder, looked = f"pipelines/{self.name}", Looked(self.root, self.name)
        locked = read_lock(self.root, folder)
        locked = {stage: locked[stage] for stage in stages or locked if stage in locked}
        refuse_unlike(self.root, self.name, folder, locked, looked)
        looked.keep()
        refuse_other(self.before, locked, self.damage, self.name)


def _exact(workspace: Workspace, name: str, damage: tuple[Damage, ...]) -> tuple[Damage, ...]:
    """Choose what a stage must write again to the bit: no report, and nothing that depends on the processor."""
    pipeline = workspace.pipeline(name)
    reports = {output.path for stage in pipeline.stages for output in stage.outputs if output.committed}
    trainer = pipeline.stage("train").section.get("trainer", {})
    if trainer.get("reproducible") == "processor":
        return ()
    return tuple(item for item in damage if item.path not in reports)


def rules_of(workspace: Workspace, name: str) -> tuple[str, str]:
    """Name what a run will be judged by: its gate and the policy."""
    return registered(workspace.pipeline(name).stage("gate").section), policy_digest(workspace)


def _hold(name: str, began: tuple[str, str], ended: tuple[str, str], verdict: Verdict) -> None:
    """Refuse a verdict by rules that were written after the run had begun."""
    moved = ["the gate"] if ended[0] != began[0] or verdict.registered != began[0] else []
    moved += ["conf/policy.yaml"] if ended[1] != began[1] else []
    if moved:
        sentence = f"{name}: {' and '.join(moved)} changed while it ran: rules are written before their verdict"
        raise StaleError(sentence, hint=f"mlops compile, then mlops run {name}")


def _raise(name: str, result: Path) -> None:
    """Raise what the stage said that stopped; where none did, it was DVC."""
    ended = StageEnd.read(result)
    if ended is None or not ended.code:
        raise InfrastructureError(f"{name}: dvc repro failed", hint="read what it said above; `dvc doctor` may help")
    if ended.stage != "package" or ended.code not in (GateFailed.exit_code, Inconclusive.exit_code):
        raise StageFailed(f"{name}: {ended.stage} stopped", code=ended.code, hint=ended.next)
