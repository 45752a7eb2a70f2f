"""The workflows that a person starts: a retraining, a rollback. Both only open a pull request."""

from __future__ import annotations

from mlops.compiler.github.common_steps import (
    fetch,
    head,
    on_main,
    permissions,
    propose,
    trusted,
)
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.signing import verify_steps
from mlops.compiler.github.workflow import Job, Step, Workflow
from mlops.configuration.credentials import RELEASING, USES
from mlops.configuration.project import Project
from mlops.files.plain_yaml import Values

# What a person types is one word for a verb, never an option, and no other step sees it before a verb knew it.
_CHECK = '.venv/bin/mlops render -- "$PIPELINES" > /dev/null'

# 2 is an alarm, 7 too little to say: whoever asked decides
_LOOK = """\
code=0
.venv/bin/mlops monitor -- "$PIPELINES" || code=$?
if [ "$code" != 0 ] && [ "$code" != 2 ] && [ "$code" != 7 ]; then exit "$code"; fi
"""
_RETRAIN = '.venv/bin/mlops retrain --propose -- "$PIPELINES"'
_ROLLBACK = '.venv/bin/mlops rollback --env "$ENVIRONMENT" --propose -- "$PIPELINES"'


def lower_retrain(project: Project) -> Workflow:
    """Decide the workflow that proposes a retraining of one pipeline now."""
    settings = project.ci
    names = {"PIPELINES": "${{ inputs.name }}"}
    look = Step("Look at what was served", run=_LOOK, environment=names)
    steps = (
        Step("Is there such a pipeline?", run=_CHECK, environment=names),
        fetch(settings, names, makes=False),  # the job opens pull requests
        holding(settings, signed_in(settings.cloud, look), *USES),
        *propose(settings, "Propose a retraining", _RETRAIN, names, uses=("log",)),
    )
    return _asked(project, "retrain", "Retrain", {"name": _name("The pipeline to train again")}, steps)


def lower_rollback(project: Project) -> Workflow:
    """Decide the workflow that proposes the bundle before the live one; nothing is trained."""
    inputs = {
        "name": _name("The pipeline to roll back"),
        "environment": {"description": "Where", "type": "choice", "required": True, "options": [*project.environments]},
    }
    names = {"PIPELINES": "${{ inputs.name }}", "ENVIRONMENT": "${{ inputs.environment }}"}
    proposed = propose(project.ci, "Propose the bundle before", _ROLLBACK, names, uses=RELEASING)
    steps = (*verify_steps(project.ci), *proposed)
    return _asked(project, "rollback", "Roll back", inputs, steps)


def _asked(project: Project, name: str, title: str, inputs: Values, steps: tuple[Step, ...]) -> Workflow:
    settings = project.ci
    job = Job(
        name,
        title,
        settings.runner,
        settings.timeout,
        (*head(settings), *steps),
        permissions(settings, proposes=True),
        condition=on_main(settings),
        environment=trusted(settings, steps),
    )
    return Workflow(
        name=f"mlops-{name}",
        title=title,
        triggers={"workflow_dispatch": {"inputs": inputs}},
        concurrency=f"mlops-{name}-${{{{ inputs.name }}}}",
        cancel="",
        jobs=(job,),
    )


def _name(description: str) -> Values:
    """Ask for a pipeline in a text: a list of choices would be a line for each, in a file that all of them share."""
    return {"description": description, "type": "string", "required": True}
