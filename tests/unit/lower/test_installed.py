"""Which release a job of the pull-request workflow runs: that of the commit whose code it runs."""

from __future__ import annotations

import pytest

from mlops.lower.workflows.pull_request import lower_pull_request
from mlops.plan.workflow import Step
from mlops.spec.project import Continuous


def steps(name: str) -> tuple[Step, ...]:
    (job,) = [job for job in lower_pull_request(Continuous()).jobs if job.name == name]
    return job.steps


@pytest.mark.parametrize(
    ("job", "reference"),
    [
        ("check", None),
        ("affected", None),
        ("pipeline", None),
        ("comment", "${{ github.event.pull_request.base.sha }}"),
    ],
)
def test_a_job_installs_what_the_commit_that_it_runs_pins(job: str, reference: str | None) -> None:
    """The pull request's own jobs install the pin of the pull request: an upgrade is judged by what it moves to."""
    (out,) = [step for step in steps(job) if step.uses == "actions/checkout"]
    assert out.inputs.get("ref") == reference
    names = [step.name for step in steps(job)]
    assert names[:3] == ["Check out", "Set up Python", "Install"]
    (install,) = [step for step in steps(job) if step.name == "Install"]
    assert "--require-hashes --no-deps" in install.run
    assert "--requirement requirements.txt" in install.run
