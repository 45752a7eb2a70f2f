"""What a run of a workflow leaves: results by job, with every step's log and summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class StepRun:
    """One step; `outcome` is before `continue-on-error`, `conclusion` after.

    `token` gives the scopes of the job's token where the step holds it, `account` whose other token it holds.
    """

    identity: str
    name: str
    outcome: str = "skipped"
    conclusion: str = "skipped"
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    token: dict[str, str] | None = None
    account: str = ""
    secrets: tuple[str, ...] = ()


@dataclass
class Instance:
    """One job of a matrix, or a job without one."""

    name: str
    matrix: dict[str, Any]
    permissions: dict[str, str]
    workspace: Path
    steps: list[StepRun] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    result: str = "success"
    problem: str = ""
    environment: str = ""

    def step(self, name: str) -> StepRun:
        return next(step for step in self.steps if name in (step.name, step.identity))

    @property
    def summary(self) -> str:
        return "".join(step.summary for step in self.steps)

    @property
    def log(self) -> str:
        return "".join(f"── {step.name}: {step.outcome}\n{step.log}" for step in self.steps) + self.problem


@dataclass
class JobRun:
    """A job after its matrix: the result that `needs` sees."""

    result: str
    instances: list[Instance] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass
class Run:
    """A workflow that ended."""

    jobs: dict[str, JobRun]
    artifacts: Path

    def __getitem__(self, job: str) -> JobRun:
        return self.jobs[job]

    @property
    def results(self) -> dict[str, str]:
        return {name: job.result for name, job in self.jobs.items()}

    @property
    def instances(self) -> list[Instance]:
        return [instance for job in self.jobs.values() for instance in job.instances]

    @property
    def summary(self) -> str:
        return "".join(instance.summary for instance in self.instances)

    @property
    def log(self) -> str:
        return "\n".join(
            f"━━ {name}: {job.result}{job.problem}\n" + "".join(instance.log for instance in job.instances)
            for name, job in self.jobs.items()
        )


def together(results: list[str]) -> str:
    """Join the results of a matrix as GitHub does: one failure fails it."""
    for worst in ("failure", "cancelled"):
        if worst in results:
            return worst
    return "success"
