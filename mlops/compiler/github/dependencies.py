"""The dependencies workflow, weekly and on change: known vulnerabilities of what is locked, and what it computes."""

from __future__ import annotations

from mlops.compiler.github.common_steps import READ, approval, cron, set_up
from mlops.compiler.github.workflow import Job, Step, Workflow
from mlops.configuration.project import Project

_PATHS = ["constraints.txt", "pyproject.toml", ".requirements/**", "mlops/locks/**"]

# Runners are a mixed fleet: each run is one more processor seen.
_COMPUTE = """\
{ echo '```'; .venv/bin/mlops doctor --processor; echo '```'; } >> "$GITHUB_STEP_SUMMARY"
"""


def lower_dependencies(project: Project) -> Workflow:
    """Decide the workflow that audits; it is no part of the verdict: a new finding is not the fault of a change."""
    settings = project.ci
    steps = (
        Step("Check out", uses="actions/checkout", inputs={"persist-credentials": False}),
        Step("Set up Python", uses="actions/setup-python", inputs={"python-version": settings.python}),
        Step("Look for known vulnerabilities", run="make audit"),
    )
    job = Job("audit", "Audit", settings.runner, 15, steps, (READ,), environment=approval(settings))
    probe = (*set_up(settings), Step("Train a probe of every kind", run=_COMPUTE))
    title = "What this processor computes"
    processor = Job("processor", title, settings.runner, 15, probe, (READ,), environment=approval(settings))
    on_change = {"branches": [settings.branch], "paths": _PATHS}
    return Workflow(
        name="mlops-dependencies",
        title="Dependencies",
        triggers={
            "schedule": [{"cron": cron(project.name, "week")}],
            "push": on_change,
            "pull_request": on_change,
            "workflow_dispatch": {},
        },
        concurrency="mlops-dependencies-${{ github.ref }}",
        cancel="${{ github.event_name == 'pull_request' }}",
        jobs=(job, processor),
    )
