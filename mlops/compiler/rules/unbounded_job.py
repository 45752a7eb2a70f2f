"""unbounded-job: a job may run for ever.

What: a job of a workflow has no time limit, or one beyond six hours.
Why: a hanging job holds a runner and costs money until somebody looks.
Fix: `ci: {timeout: MINUTES}` in conf/project.yaml, from 1 to 360.
Example: a job with `timeout-minutes: 0`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import Plan

LONGEST = 360


def check(plan: Plan) -> Iterator[Finding]:
    """Find jobs without a limit that holds."""
    for job in plan.ci.jobs:
        if not 1 <= job.timeout <= LONGEST:
            message = f"{job.file}, job {job.name}: a limit of {job.timeout} minutes bounds nothing"
            hint = f"write `timeout:` with 1 to {LONGEST} minutes"
            yield Finding(("ci", "timeout"), message, hint, "unbounded-job", "error")
