"""retrain-loop-without-app: retraining pull requests start no checks by themselves.

What: a pipeline has `monitor.retrain`, and the project names no GitHub App.
Why: GitHub starts no workflow for what the workflow's own token does. The pull request of an alarm would wait,
    unjudged, until a person closes it and opens it again.
Fix: `ci: {app: {id: ...}}` in conf/project.yaml, and the App's private key as a secret.
Example: `monitor: {retrain: {when: [drift]}}` without `ci.app`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import Plan


def check(plan: Plan) -> Iterator[Finding]:
    """Find a workflow that proposes retrainings in the name of nobody whose pull requests start checks."""
    calls = [call for job in plan.ci.jobs for call in job.calls]
    if any("mlops retrain" in call.run and "MLOPS_TOKEN" not in call.variables for call in calls):
        message = "retraining pull requests start no checks: the project names no GitHub App"
        hint = "write `ci: {app: {id: ...}}` in conf/project.yaml"
        yield Finding(("ci", "app"), message, hint, "retrain-loop-without-app")
