"""Run one stage of a pipeline, as whoever orders stages by other means asks for it: Airflow, a job of CI, a person.

The order and the cache stay DVC's: a stage runs only where all before it are as recorded, and not again where it is so
itself. So stages that are run one by one, in their order, leave what `mlops run` leaves, to the byte.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError, StaleError
from mlops.files.atomic import write_text
from mlops.operations.running.run import Begun, Reproduce, concluded, reproduce, rules_of, told_of
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.workspace import Workspace


def run_single(workspace: Workspace, name: str, stage: str, reproduce: Reproduce = reproduce) -> Verdict | None:
    """Reproduce one stage of a pipeline; gives the verdict after its last one, None after any other.

    Raises:
        ConfigurationError: the pipeline has no such stage.
        StaleError: a stage before it has not run as it is described now; or the rules are not those that the first of
            the stages began with.
        MlopsError: what `run_pipeline` raises.
    """
    stages = tuple(item.name for item in workspace.pipeline(name).stages)
    if stage not in stages:
        raise ConfigurationError(f"{name} has no stage `{stage}`", hint=suggest(stage, stages))
    last, until = stage == stages[-1], stages[: stages.index(stage) + 1]
    standing = told_of(workspace, name)
    if stage not in standing.stale:
        return concluded(workspace.root, name) if last else None
    if (first := standing.stale[0]) != stage:
        raise StaleError(f"{name}: {first} comes before {stage} and is stale", hint=f"mlops run {name} --stage {first}")
    begun = Begun.of(workspace, name, standing, (stage,))
    note = _begin(workspace, name)
    code = reproduce(workspace.root, begun.command)
    if not last:
        begun.ran(code, until)
        return None
    began = _read(note)
    note.unlink(missing_ok=True)
    return replace(begun, rules=began or begun.rules).ended(code)


def _begin(workspace: Workspace, name: str) -> Path:
    """Note the rules at the first of the stages that run, for the last one to be held to; give where they stand."""
    note = workspace.root / ".mlops" / "begun" / f"{name}.json"
    if _read(note) is None:
        write_text(note, json.dumps(rules_of(workspace, name)))
    return note


def _read(note: Path) -> tuple[str, str] | None:
    """Read the rules that were noted; None where nothing whole is there."""
    try:
        gate, policy = json.loads(note.read_bytes())
    except (OSError, ValueError, TypeError):
        return None
    return str(gate), str(policy)
