"""The workflows that a person starts: a retraining, a rollback. Both only open a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlops.lower.workflows.shared import (
    fetch,
    head,
    on_main,
    permissions,
    propose,
    signed_in,
    trusted,
)
from mlops.plan.workflow import Job, Step, Workflow
from mlops.spec.project import Project

# 2 is an alarm, 7 too little to say: whoever asked decides
_LOOK = """\
code=0
.venv/bin/mlops monitor "$PIPELINES" || code=$?
if [ "$code" != 0 ] && [ "$code" != 2 ] && [ "$code" != 7 ]; then exit "$code"; fi
"""
_RETRAIN = '.venv/bin/mlops retrain "$PIPELINES" --propose'
_ROLLBACK = '.venv/bin/mlops rollback "$PIPELINES" --env "$ENVIRONMENT" --propose'


def lower_retrain(project: Project, pipelines: Iterable[str]) -> Workflow:
    """Decide the workflow that proposes a retraining of one pipeline now."""
    settings = project.ci
    names = {"PIPELINES": "${{ inputs.name }}"}
    steps = (
        fetch(settings, names),
        signed_in(settings.cloud, Step("Look at what was served", run=_LOOK, environment=names)),
        *propose(settings, "Propose a retraining", _RETRAIN, names),
    )
    return _asked(project, "retrain", "Retrain", {"name": _choice("The pipeline to train again", pipelines)}, steps)


def lower_rollback(project: Project, pipelines: Iterable[str]) -> Workflow:
    """Decide the workflow that proposes the bundle before the live one; nothing is trained."""
    inputs = {
        "name": _choice("The pipeline to roll back", pipelines),
        "environment": _choice("Where", project.environments, ordered=True),
    }
    names = {"PIPELINES": "${{ inputs.name }}", "ENVIRONMENT": "${{ inputs.environment }}"}
    steps = propose(project.ci, "Propose the bundle before", _ROLLBACK, names)
    return _asked(project, "rollback", "Roll back", inputs, steps)


def _asked(project: Project, name: str, title: str, inputs: dict[str, Any], steps: tuple[Step, ...]) -> Workflow:
    settings = project.ci
    job = Job(
        name,
        title,
        settings.runner,
        settings.timeout,
        (*head(settings), *steps),
        permissions(settings, proposes=True),
        condition=on_main(settings),
        environment=trusted(settings, proposes=True),
    )
    return Workflow(
        name=f"mlops-{name}",
        title=title,
        triggers={"workflow_dispatch": {"inputs": inputs}},
        concurrency=f"mlops-{name}-${{{{ inputs.name }}}}",
        cancel="",
        jobs=(job,),
    )


def _choice(description: str, options: Iterable[str], *, ordered: bool = False) -> dict[str, Any]:
    listed = list(options) if ordered else sorted(options)
    return {"description": description, "type": "choice", "required": True, "options": listed}
