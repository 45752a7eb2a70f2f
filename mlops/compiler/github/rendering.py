"""GitHub Actions workflows as text: no privileges but those a job names, actions pinned by commit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from mlops.compiler.github.dependabot import updates
from mlops.compiler.github.workflow import Job, Permission, Step, Workflow
from mlops.files.compiled_text import Value, document, given, header
from mlops.plan.pipeline import Plan

# The commit each version tag stood at when it was looked up.
ACTIONS = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "actions/attest-build-provenance": ("a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32", "v4.1.0"),
    "actions/create-github-app-token": ("1b10c78c7865c340bc4f6099eb2f838309f1e8c3", "v3.1.1"),
}

_SELF_HOSTED = "self-hosted"


def render(plan: Plan) -> dict[str, str]:
    """Write all that GitHub reads: workflows, that a review folds them away, and what Dependabot keeps up to date."""
    workflows = cast("tuple[Workflow, ...]", plan.ci.words)
    files = {
        ".github/workflows/.gitattributes": header("conf/") + "mlops-*.yml linguist-generated\n",
        ".github/dependabot.yml": updates(workflows),
    }
    return files | texts(workflows)


def texts(workflows: Iterable[Workflow]) -> dict[str, str]:
    """Write workflows, by path."""
    return {f".github/workflows/{workflow.name}.yml": _text(workflow) for workflow in workflows}


def _text(workflow: Workflow) -> str:
    text = document("conf/", _workflow(workflow))
    for action, (commit, version) in ACTIONS.items():
        text = text.replace(f"uses: {action}@{commit}\n", f"uses: {action}@{commit} # {version}\n")
    for permission in (permission for job in workflow.jobs for permission in job.permissions):
        text = text.replace(
            f"\n      {permission.scope}: '{_said(permission)}'\n", f"\n      {permission.scope}: {_said(permission)}\n"
        )
    # whoever names this label in conf/project.yaml has chosen it; without the comment zizmor reports it
    text = text.replace(
        f"\n    - {_SELF_HOSTED}\n",
        f"\n    - {_SELF_HOSTED} # zizmor: ignore[self-hosted-runner] conf/project.yaml asks for it\n",
    )
    return text.replace("\n'on':", "\non:")


def _said(permission: Permission) -> str:
    return f"{permission.access} # {permission.why}"


def _workflow(workflow: Workflow) -> dict[str, Value]:
    return {
        "name": workflow.title,
        "on": workflow.triggers,
        "permissions": {},
        "concurrency": _concurrency(workflow.concurrency, workflow.cancel),
        "jobs": {job.name: _job(job) for job in workflow.jobs},
    }


def _concurrency(group: str, cancel: str = "") -> dict[str, Value]:
    """Without `queue: max` GitHub keeps one waiting run and drops the others.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency
    """
    if cancel:
        return {"group": group, "cancel-in-progress": cancel}
    return {"group": group, "cancel-in-progress": False, "queue": "max"}


def _job(job: Job) -> dict[str, Value]:
    alone = job.runner[1:] == () and job.runner[0] != _SELF_HOSTED
    return given(
        name=job.title,
        needs=list(job.needs) or None,
        if_=job.condition or None,
        runs_on=job.runner[0] if alone else list(job.runner),
        timeout_minutes=job.timeout,
        cache_mode=job.cache,
        environment=job.environment or None,
        concurrency=_concurrency(job.queue) if job.queue else None,
        permissions={permission.scope: _said(permission) for permission in job.permissions},
        strategy=_strategy(*job.matrix) if job.matrix else None,
        outputs=dict(job.outputs) or None,
        steps=[_step(step) for step in job.steps],
    )


def _strategy(name: str, values: str | tuple[dict[str, str], ...]) -> dict[str, Value]:
    return {"fail-fast": False, "matrix": {name: values if isinstance(values, str) else list(values)}}


def _step(step: Step) -> dict[str, Value]:
    return given(
        name=step.name,
        id=step.identity or None,
        if_=step.condition or None,
        uses=f"{step.uses}@{ACTIONS[step.uses][0]}" if step.uses else None,
        with_=dict(step.inputs) or None,
        env=dict(step.environment) or None,
        run=step.run or None,
    )
