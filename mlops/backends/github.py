"""GitHub Actions workflows, as data: no privileges but those a job names, actions pinned by commit."""

from __future__ import annotations

from typing import Any

from mlops.backends.text import document
from mlops.plan.pipeline import Plan
from mlops.plan.workflow import Job, Step, Workflow

# The commit each version tag stood at when it was looked up.
ACTIONS = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
}


def render(plan: Plan) -> dict[str, str]:
    """Write every workflow of a plan."""
    return {f".github/workflows/{workflow.name}.yml": _text(workflow) for workflow in plan.workflows}


def _text(workflow: Workflow) -> str:
    text = document("conf/", _workflow(workflow))
    for action, (commit, version) in ACTIONS.items():
        text = text.replace(f"uses: {action}@{commit}\n", f"uses: {action}@{commit} # {version}\n")
    return text.replace("\n'on':", "\non:")


def _workflow(workflow: Workflow) -> dict[str, Any]:
    return {
        "name": workflow.title,
        "on": workflow.triggers,
        "permissions": {},
        "concurrency": {"group": workflow.concurrency, "cancel-in-progress": workflow.cancel},
        "jobs": {job.name: _job(job) for job in workflow.jobs},
    }


def _job(job: Job) -> dict[str, Any]:
    value: dict[str, Any] = {"name": job.title}
    if job.needs:
        value["needs"] = list(job.needs)
    if job.condition:
        value["if"] = job.condition
    value |= {"runs-on": job.runner, "timeout-minutes": job.timeout, "permissions": dict(job.permissions)}
    if job.matrix:
        value["strategy"] = {"fail-fast": False, "matrix": {"pipeline": job.matrix}}
    if job.outputs:
        value["outputs"] = dict(job.outputs)
    value["steps"] = [_step(step) for step in job.steps]
    return value


def _step(step: Step) -> dict[str, Any]:
    value: dict[str, Any] = {"name": step.name}
    if step.identity:
        value["id"] = step.identity
    if step.condition:
        value["if"] = step.condition
    if step.uses:
        value["uses"] = f"{step.uses}@{ACTIONS[step.uses][0]}"
    if step.inputs:
        value["with"] = dict(step.inputs)
    if step.environment:
        value["env"] = dict(step.environment)
    if step.run:
        value["run"] = step.run
    return value
