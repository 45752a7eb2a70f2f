"""Plays a workflow: jobs in the order of their needs, conditions, matrices, results."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.runner.actions import Place
from tests.runner.api import Api
from tests.runner.engine import Engine, ExpressionError
from tests.runner.event import Event
from tests.runner.job import JobRunner
from tests.runner.matrix import MatrixError, expand, title
from tests.runner.origin import Origin
from tests.runner.permissions import granted
from tests.runner.result import Instance, JobRun, Run, together
from tests.runner.workflow import Job, Workflow

ENVIRONMENT = Path(sys.executable).parent.parent


@dataclass
class Runner:
    """A machine that plays workflows; `minute` is how many seconds a minute of a timeout lasts here.

    A job that names an environment sees its secrets too, and no other job does.
    """

    engine: Engine
    origin: Origin
    folder: Path
    api: Api | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    minute: float = 60.0
    plays: int = 0
    tools: Path | None = None
    """Programs that jobs make their own environment with; then nothing of this repository is in their reach."""

    def event(self, event: Event, path: str = ".github/workflows/mlops-pr.yml") -> Run | None:
        """Play the workflow as it is at the event's commit; None where the event does not start it."""
        workflow = self.engine.parse(path, self.origin.read(event.sha, path))
        paths = self.origin.changed(event.payload["before"], event.sha) if event.name == "push" else ()
        if not workflow.starts_on(event.name, event.branch, event.action, paths):
            return None
        return self.play(workflow, event)

    def play(self, workflow: Workflow, event: Event) -> Run:
        """Run every job whose condition holds, each after the jobs it needs."""
        run = self.begin()
        if self.api is not None:
            self.api.ran.moves = self.origin.moves()
        waiting = list(workflow.jobs)
        while waiting:
            job = next(job for job in waiting if set(job.needs) <= set(run.jobs))
            waiting.remove(job)
            run.jobs[job.identity] = self.job(workflow, job, event, run)
        if self.api is not None:
            jobs = {instance.name: instance.result for job in run.jobs.values() for instance in job.instances}
            self.api.ran.ended(event.run(workflow.file), jobs, run.artifacts)
        return run

    def begin(self) -> Run:
        """Give a run in which nothing has happened."""
        self.plays += 1
        run = Run({}, self.folder / f"run-{self.plays}" / "artifacts")
        run.artifacts.mkdir(parents=True)
        return run

    def job(self, workflow: Workflow, job: Job, event: Event, run: Run) -> JobRun:
        """Run one job after those that `run` holds."""
        contexts = self._contexts(workflow, job, event, run)
        try:
            if not self.engine.test(job.condition, contexts, status(workflow, job, run.results), self.folder):
                return JobRun("skipped")
            strategy = self.engine.resolve(job.body.get("strategy") or {}, contexts)
            combinations = expand(strategy.get("matrix"))
        except (ExpressionError, MatrixError) as error:
            return JobRun("failure", problem=f" ({error})")
        done: list[Instance] = []
        for matrix in combinations:
            stopped = strategy.get("fail-fast", True) and any(one.result == "failure" for one in done)
            done.append(self._instance(workflow, job, event, contexts, matrix, run, stopped=stopped))
        outputs = {name: value for one in done for name, value in one.outputs.items()}
        return JobRun(together([one.result for one in done]), done, outputs)

    def _instance(
        self,
        workflow: Workflow,
        job: Job,
        event: Event,
        contexts: dict[str, Any],
        matrix: dict[str, Any],
        run: Run,
        *,
        stopped: bool,
    ) -> Instance:
        number = sum(len(other.instances) for other in run.jobs.values()) + len(list(run.artifacts.parent.iterdir()))
        folder = run.artifacts.parent / f"{number}-{job.identity}"
        workspace = folder / "work"
        workspace.mkdir(parents=True)
        scopes = granted(workflow.body.get("permissions"), job.body.get("permissions"), trusted=event.trusted)
        own = contexts | {"matrix": matrix}
        environment = self.engine.resolve(job.body.get("environment") or "", own, text=True)
        if environment and event.trusted:
            own["secrets"] = own["secrets"] | self.environments.get(str(environment), {})
        name = self.engine.resolve(job.body.get("name", title(job.identity, matrix)), own, text=True)
        instance = Instance(str(name), matrix, scopes, workspace, environment=str(environment))
        own["runner"] = own["runner"] | {"temp": str(folder)}
        if stopped:
            instance.result = "cancelled"
            return instance
        token = contexts["github"]["token"]
        if self.api is not None:
            self.api.tokens[token] = scopes
        caches = self.folder / "caches"
        place = Place(
            workspace, run.artifacts, caches, ENVIRONMENT, self.origin.folder, event, token, self.api, self.tools
        )
        env = self.engine.resolve(workflow.body.get("env") or {}, own, text=True)
        body = job.body | {"env": env | (job.body.get("env") or {})}
        whole = Job(job.identity, job.needs, job.condition, job.steps, body)
        return JobRunner(self.engine, whole, place, instance, own, folder, self.minute).run()

    def _contexts(self, workflow: Workflow, job: Job, event: Event, run: Run) -> dict[str, Any]:
        token = f"ghs_{secrets.token_hex(18)}"
        github = event.github() | {
            "job": job.identity,
            "workflow": workflow.body.get("name", workflow.file),
            "token": token,
            "api_url": self.api.url if self.api is not None else "http://127.0.0.1:9",
        }
        given = self.secrets if event.trusted else {}
        return {
            "github": github,
            "needs": {name: {"result": run[name].result, "outputs": run[name].outputs} for name in job.needs},
            "vars": {},
            "inputs": event.inputs,
            "secrets": {**given, "GITHUB_TOKEN": token},
            "runner": {"os": "Linux", "arch": "X64", "temp": str(run.artifacts.parent)},
            "matrix": {},
            "strategy": {},
        }


def status(workflow: Workflow, job: Job, results: dict[str, str]) -> dict[str, bool]:
    """Say what success(), failure() and cancelled() are for a job.

    All jobs before it count, not only its needs; a job that ran out of time is cancelled, the workflow is not.
    """
    before = [results[name] for name in workflow.ancestors(job)]
    return {
        "success": all(result == "success" for result in before),
        "failure": "failure" in before,
        "cancelled": False,
    }
