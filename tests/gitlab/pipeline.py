"""A merge request's pipeline, played by gitlab-ci-local: each job in a checkout of its own, artifacts between them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.builders.repositories import git

PROGRAM = Path(__file__).parent / "node_modules/.bin/gitlab-ci-local"
_ENDED = re.compile(r"^ (PASS|FAIL)  (.+?) *$", re.MULTILINE)


def missing() -> str:
    """Say why it cannot run here; empty where it can."""
    if absent := [name for name in ("node", "rsync", "jq") if shutil.which(name) is None]:
        return f"{absent[0]} is not installed"
    return "" if PROGRAM.exists() else "gitlab-ci-local is not installed: `make gitlab` installs it from npm"


@dataclass(frozen=True)
class Played:
    """How the jobs of a pipeline ended, by name; one that is not there did not run."""

    code: int
    jobs: dict[str, str]
    log: str

    def of(self, job: str) -> str:
        """Give what a job printed."""
        return "\n".join(line for line in self.log.splitlines() if line.startswith(f"{job} "))


def play(work: Path) -> Played:
    """Play what is checked out as a merge request into `main`, with merged results."""
    variables = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": git(work, "rev-parse", "main").strip(),
        "GITLAB_USER_LOGIN": "ada",
    }
    given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    command = [str(PROGRAM), "--force-shell-executor", "--shell-isolation", "--no-color", "--concurrency", "2"]
    command += ["--home", str(work.parent / "home"), "--ignore-predefined-vars", ",".join(variables), *given]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": ""}
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False, env=environment)
    log = done.stdout + done.stderr
    return Played(done.returncode, {job: ended for ended, job in _ENDED.findall(log)}, log)
