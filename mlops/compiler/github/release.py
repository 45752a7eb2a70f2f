"""The release workflow: each environment is brought to what its files on the main branch say."""

from __future__ import annotations

from typing import Any

from mlops.compiler.github.common_steps import READ, cron, head, identified, on_main
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.reviews import REVIEWS
from mlops.compiler.github.signing import verify_steps, with_key
from mlops.compiler.github.workflow import Job, Step, Workflow
from mlops.configuration.credentials import RELEASING
from mlops.configuration.environment import Environment
from mlops.configuration.project import Project


def lower_release(project: Project) -> Workflow:
    """Decide the workflow that reconciles; it looks at the branch, so one run too many is harmless."""
    branch = project.ci.branch
    triggers: dict[str, Any] = {"push": {"branches": [branch], "paths": ["conf/release/**"]}, "workflow_dispatch": {}}
    if any(environment.drift for environment in project.environments.values()):
        triggers["schedule"] = [{"cron": cron(project.name, "day")}]
    return Workflow(
        name="mlops-release",
        title="Release",
        triggers=triggers,
        concurrency="mlops-release-${{ github.run_id }}",
        cancel="",
        jobs=tuple(_reconcile(project, name, environment) for name, environment in project.environments.items()),
    )


def _reconcile(project: Project, name: str, environment: Environment) -> Job:
    settings = project.ci
    token = {"GITHUB_TOKEN": "${{ github.token }}"}
    step = Step("Reconcile", run=f".venv/bin/mlops reconcile --env {name}", environment=token)
    reconcile = signed_in(environment.cloud, step, name)
    if environment.publish is not None:
        reconcile = with_key(settings, reconcile)
    steps = (*head(settings), *verify_steps(settings), holding(settings, reconcile, *RELEASING))
    unasked = "" if environment.drift else " && github.event_name != 'schedule'"
    return Job(
        f"reconcile-{name}",
        name,
        environment.runner or settings.runner,
        environment.timeout,
        steps,
        identified((READ, REVIEWS), environment.cloud),
        condition=on_main(settings) + unasked,
        environment=name,
        queue=f"mlops-release-{name}",
    )
