"""Runs the steps of one job, in a workspace of its own."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.builders.waiting import CEILING
from tests.conftest import ROOT
from tests.runner.actions import ActionFailed, Place, perform, save
from tests.runner.engine import Engine, ExpressionError
from tests.runner.result import Instance, StepRun
from tests.runner.shell import read_outputs, run_script
from tests.runner.workflow import Job, Step

_NOBODYS = ("GITHUB_", "RUNNER_", "NODE_OPTIONS")
"""What no step may set for others: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands"""
_MASK = re.compile(r"^::add-mask::(?P<secret>.+)$", re.MULTILINE)


@dataclass
class JobRunner:
    """One job that is running: its contexts, its environment, the time it has left."""

    engine: Engine
    job: Job
    place: Place
    instance: Instance
    contexts: dict[str, Any]
    folder: Path
    minute: float
    status: str = "success"
    steps: dict[str, Any] = field(default_factory=dict)
    later: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def run(self) -> Instance:
        """Run every step whose condition holds, then evaluate the job's outputs."""
        self.deadline = time.monotonic() + self._limit(self.job.body)
        self.environment = self._text(self.job.body.get("env") or {})
        for number, step in enumerate(self.job.steps):
            self.instance.steps.append(self._step(step, number))
        if self.status == "success":
            for inputs in self.later:
                save(inputs, self.place)
        outputs = self._text(self.job.body.get("outputs") or {})
        self.instance.outputs = {name: value for name, value in outputs.items() if value}
        self.instance.result = self.status
        return self.instance

    def _step(self, step: Step, number: int) -> StepRun:
        done = StepRun(step.identity, "")
        try:
            done.name = self._title(step)
            if not self._wanted(step):
                self._remember(step, done)
                return done
            self._perform(step, done, number)
        except (ExpressionError, ActionFailed, ValueError) as error:
            done.outcome, done.log = "failure", f"{done.log}Error: {error}\n"
        allowed = self._resolved(step.body.get("continue-on-error", False))
        done.conclusion = "success" if done.outcome == "failure" and allowed is True else done.outcome
        if done.conclusion in ("failure", "cancelled") and self.status != "cancelled":
            self.status = done.conclusion
        done.log = self._masked(done.log)
        self._remember(step, done)
        return done

    def _perform(self, step: Step, done: StepRun, number: int) -> None:
        environment = self.environment | self._text(step.body.get("env") or {})
        self._record(step, done, environment)
        if "uses" in step.body:
            inputs = {name: str(value) for name, value in self._text(step.body.get("with") or {}).items()}
            done.outputs = perform(step.body["uses"], inputs, self.place)
            done.outcome = "success"
            if step.body["uses"].startswith("actions/cache@"):
                self.later.append(inputs)
            return
        self._script(step, done, number, environment)

    def _script(self, step: Step, done: StepRun, number: int, environment: dict[str, str]) -> None:
        folder = self.folder / f"step-{number}"
        folder.mkdir(parents=True)
        files = {name: folder / name.lower() for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")}
        for path in files.values():
            path.touch()
        own = {f"GITHUB_{name}": str(path) for name, path in files.items()}
        defaults = ((self.job.body.get("defaults") or {}).get("run")) or {}
        shell = step.body.get("shell") or defaults.get("shell") or ""
        limit = self._limit(step.body)
        left = self.deadline - time.monotonic()
        where = self.place.workspace / (step.body.get("working-directory") or defaults.get("working-directory") or "")
        script = str(self._text(step.body["run"]))
        ended = run_script(script, shell, folder, where, self._machine() | own | environment, min(limit, left))
        done.log = ended.log
        done.summary = files["STEP_SUMMARY"].read_text(encoding="utf-8")
        self._told(files)
        if ended.late:
            self._late(done, limit < left)
            return
        done.outcome = "failure" if ended.code else "success"
        done.outputs = read_outputs(files["OUTPUT"])

    def _told(self, files: dict[str, Path]) -> None:
        """Take what a step wrote for those after it: variables, and folders that go before all others on the PATH."""
        told = read_outputs(files["ENV"])
        self.environment |= {name: value for name, value in told.items() if not name.startswith(_NOBODYS)}
        self.paths[:0] = reversed(files["PATH"].read_text(encoding="utf-8").split())

    def _late(self, done: StepRun, step: bool) -> None:
        """End a step whose time is over: its own fails it, the job's cancels the job."""
        done.outcome = "failure" if step else "cancelled"
        done.log += f"Error: the {'step' if step else 'job'} has exceeded its maximum execution time\n"
        if not step:
            self.deadline = time.monotonic() + CEILING  # five minutes at GitHub, for steps with `always()`

    def _limit(self, body: dict[str, Any]) -> float:
        """Give the seconds that a job or step has; where none are written, no machine here is to be too slow."""
        minutes = body.get("timeout-minutes")
        return CEILING if minutes is None else float(minutes) * self.minute

    def _wanted(self, step: Step) -> bool:
        status = {word: self.status == word for word in ("success", "failure", "cancelled")}
        return self.engine.test(step.condition, self._contexts(), status, self.place.workspace)

    def _title(self, step: Step) -> str:
        return str(self._text(step.name))

    def _record(self, step: Step, done: StepRun, environment: dict[str, str]) -> None:
        """Note which secrets, and what power, a step's environment and inputs hold."""
        values = [*environment.values(), *(str(value) for value in self._text(step.body.get("with") or {}).values())]
        done.secrets = tuple(
            name
            for name, secret in self.contexts["secrets"].items()
            if name != "GITHUB_TOKEN" and any(secret in value for value in values)
        )
        if any(self.place.token in value for value in values):
            done.token = self.instance.permissions
        accounts = self.place.api.accounts if self.place.api else {}
        done.account = next((accounts[token] for token in accounts if any(token in value for value in values)), "")

    def _remember(self, step: Step, done: StepRun) -> None:
        if step.named:
            facts = {"outcome": done.outcome, "conclusion": done.conclusion, "outputs": done.outputs}
            self.steps[step.identity] = facts

    def _masked(self, log: str) -> str:
        for secret in [*self.contexts["secrets"].values(), *_MASK.findall(log)]:
            log = log.replace(secret, "***")
        return log

    def _contexts(self) -> dict[str, Any]:
        env = {"env": getattr(self, "environment", {})}
        return self.contexts | env | {"steps": self.steps, "job": {"status": self.status}}

    def _text(self, value: Any) -> Any:
        resolved = self.engine.resolve(value, self._contexts(), self.place.workspace, text=True)
        if isinstance(resolved, dict):
            return {name: _shown(item) for name, item in resolved.items()}
        return resolved

    def _resolved(self, value: Any) -> Any:
        return self.engine.resolve(value, self._contexts(), self.place.workspace)

    def _machine(self) -> dict[str, str]:
        """Give what a runner's environment holds; of this machine's only the PATH."""
        github = self.contexts["github"]
        event = self.folder / "event.json"
        event.write_text(json.dumps(github["event"]))
        names = "api_url base_ref head_ref event_name job ref ref_name repository repository_owner run_id run_number"
        own = {f"GITHUB_{name.upper()}": str(github[name]) for name in f"{names} server_url sha actor".split()}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        tools = self.place.tools
        reach = {"PYTHONPATH": str(ROOT)} if tools is None else {}
        path = os.environ["PATH"] if tools is None else f"{tools}:{os.defpath}"
        return own | {
            "PATH": ":".join([*self.paths, path]),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.place.workspace),
            "GITHUB_EVENT_PATH": str(event),
            "RUNNER_TEMP": str(self.folder),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            **reach,  # by default the framework under test, whichever one the environment was made for
        }


def _shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
