"""What the plays of compiled workflows share: a team, and how it trains at home."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.repositories import commit, edit, git
from tests.conftest import ROOT
from tests.runner.api import Api
from tests.runner.engine import missing
from tests.runner.event import Event
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import ENVIRONMENT, Runner

MARKS = [pytest.mark.slow, pytest.mark.tools, pytest.mark.skipif(bool(missing()), reason=missing() or "can run")]
REGISTERED = {"before": "success", "take": "success", "make": "skipped", "register": "success"}
"""How the jobs after a merge end where nothing had to be made."""
REFUSED = {**REGISTERED, "register": "failure"}
KEY = "private-key-of-the-app"
_REMOTE = """\
[core]
    analytics = false
    remote = storage
['remote "storage"']
    url = {folder}
    verify = true
"""
_PROJECT = """\
name: shop
tracking: {{uri: "sqlite:///{database}"}}
ci: {{install: make, runner: shop-machine, app: {{id: Iv1shop}}, secrets: {{{secrets}}}}}
"""


@dataclass
class Team:
    """A working repository, its origin, and the machine that plays its workflows."""

    work: Path
    origin: Origin
    runner: Runner
    api: Api

    def play(self, event: Event, workflow: str) -> Run | None:
        return self.runner.event(event, f".github/workflows/mlops-{workflow}.yml")

    def pull(self) -> None:
        git(self.work, "fetch", "-q", "origin", "main")
        git(self.work, "reset", "-q", "--hard", "FETCH_HEAD")


def keep_registry(work: Path, database: Path, *environments: str, secrets: str = "") -> None:
    """Give the shop a registry, jobs that run on its own machine, a bot that opens pull requests, and environments.

    `secrets` says which secrets of GitHub environments there are, and for what.
    """
    lines = ["environments:", *(f"  {line}" for line in environments), ""] if environments else []
    (work / "conf/project.yaml").write_text(_PROJECT.format(database=database, secrets=secrets) + "\n".join(lines))


def own_program(work: Path, *, copied: bool = False) -> None:
    """Let the repository bring its own `mlops`, as one does that has the framework's code in it.

    With `copied` each job has a copy of the whole package too, as one has that installs it.
    """
    with (work / "Makefile").open("a") as file:
        file.write("\t@rm .venv && mkdir -p .venv/bin && ln -s $(ENVIRONMENT)/bin/* .venv/bin/\n")
        file.write("\t@cp --remove-destination bin/mlops .venv/bin/\n")
        file.write(f"\t@mkdir .venv/lib && cp -Rp {ROOT / 'mlops'} .venv/lib/\n" if copied else "")
    edit(work, "Makefile", "setup:", f"ENVIRONMENT := {ENVIRONMENT}\n\nsetup:")
    (work / "bin").mkdir()
    here = 'PYTHONPATH=$(cd "$(dirname "$0")/../lib" && pwd) ' if copied else ""
    (work / "bin/mlops").write_text(f'#!/bin/sh\n{here}exec {sys.executable} -m mlops "$@"\n')
    (work / "bin/mlops").chmod(0o755)


def versions(team: Team) -> int:
    """Count the registered versions."""
    database = team.work.parent / "mlflow.db"
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as registry:
        return int(registry.execute("SELECT count(*) FROM model_versions").fetchone()[0])


def settle(work: Path, remote: Path) -> None:
    """Give a working repository this environment as its own, and a remote for what DVC keeps."""
    (work / ".dvc/config").write_text(_REMOTE.format(folder=remote))
    (work / ".git/info/exclude").write_text("/.venv\n")
    (work / ".venv").symlink_to(ENVIRONMENT)


def watch(work: Path, monitor: str) -> None:
    """Have the pipeline `churn` watched as `monitor` says, and its rows in a folder that takes new files."""
    pipeline = work / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text() + monitor)
    edit(work, "conf/data/churn.yaml", "path: data/table.csv", "path: data/rows")
    (work / "pipelines/churn/data/rows").mkdir()
    git(work, "mv", "pipelines/churn/data/table.csv", "pipelines/churn/data/rows/table.csv")


def say(work: Path, *words: str) -> str:
    """Have a verb of mlops speak at home; it must end with 0."""
    command = [sys.executable, "-m", "mlops", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=work, env=environment, check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def learn(work: Path, message: str, *names: str) -> None:
    """Train pipelines at home, push what DVC keeps, and commit locks and reports."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": ""}  # nobody reads it there
    for command in (("mlops", "run", *(names or ("churn",))), ("dvc", "push", "-q")):
        subprocess.run([sys.executable, "-m", *command], cwd=work, env=environment, check=True, capture_output=True)
    commit(work, message)
