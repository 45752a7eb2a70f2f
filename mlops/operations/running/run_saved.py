"""Run a saved plan, exactly as it was looked at, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlops.documents.change_report import PipelineChange, Planned
from mlops.errors import StaleError
from mlops.operations.planning.change_report_json import read_plan
from mlops.operations.planning.fingerprint import hold
from mlops.operations.planning.plan import plan
from mlops.operations.running.run import run_pipeline
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.workspace import Workspace, open_workspace


def apply(root: Path, name: str, file: Path, run: Callable[[Workspace, str], Verdict] = run_pipeline) -> Verdict:
    """Run a pipeline as a saved plan says, and hold the verdict to the same rules.

    Raises:
        StaleError: something that the plan was made of moved, before or while it ran.
    """
    planned = read_plan(file)
    workspace = open_workspace(root, (name,))
    prepare(workspace, planned, name)
    verdict = run(workspace, name)
    hold(open_workspace(root, (name,)), planned, name)
    return verdict


def prepare(workspace: Workspace, planned: Planned, name: str) -> PipelineChange:
    """Check that running now is what the plan says: nothing it is made of moved, and no other stage would run."""
    part = hold(workspace, planned, name)
    if part.runs and planned.base is not None:
        return part  # what runs is decided by what is recorded here; that everything it reads is the same was checked
    (now,) = (change for change in plan(workspace, planned.base).pipelines if change.name == name)
    planned_to_run = {stage.name for stage in part.stages if stage.runs}
    more = [stage.name for stage in now.stages if stage.runs and stage.name not in planned_to_run]
    if more:
        sentence = f"{name}: the plan is stale\n  it does not run {', '.join(more)}, which would run now"
        raise StaleError(sentence, hint="look again: mlops plan -o json > plan.json")
    return part
