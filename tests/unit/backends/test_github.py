from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.backends import github
from mlops.lower.workflow import lower_pull_request
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Stage
from mlops.spec.project import Continuous

BIN = Path(sys.executable).parent


def compiled(**settings: Any) -> str:
    workflow = lower_pull_request(Continuous(**settings))
    (text,) = github.render(Plan("p", (), Stage("catalogue", "", (), ()), (workflow,))).values()
    return text


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    path = tmp_path / ".github" / "workflows" / "mlops-pr.yml"
    path.parent.mkdir(parents=True)
    path.write_text(compiled())
    return path


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False, env=environment
    )


CHECKS = {
    "actionlint": ("actionlint", "-no-color"),
    "zizmor": ("zizmor", "--offline", "--persona=auditor", "--no-progress"),
    "schema": ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
}
FAULTS = {
    "actionlint": ("needs.check.result", "needs.chekc.result"),
    "zizmor": ("persist-credentials: false", "persist-credentials: true"),
    "schema": ("timeout-minutes: 15", "timeout-minute: 15"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_linter_finds_nothing(name: str, workflow: Path) -> None:
    done = tool(*CHECKS[name], str(workflow))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", CHECKS)
def test_a_linter_finds_a_planted_fault(name: str, workflow: Path) -> None:
    before, after = FAULTS[name]
    text = workflow.read_text()
    assert before in text
    workflow.write_text(text.replace(before, after))
    assert tool(*CHECKS[name], str(workflow)).returncode != 0


def test_actions_are_pinned_by_commit_with_their_version() -> None:
    uses = re.findall(r"uses: (.*)", compiled())
    assert uses
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in uses)


def test_nothing_is_granted_but_reading() -> None:
    value = yaml.safe_load(compiled())
    assert value["permissions"] == {}
    assert {name: job["permissions"] for name, job in value["jobs"].items()} == {
        "check": {"contents": "read"},
        "affected": {"contents": "read"},
        "pipeline": {"contents": "read"},
        "verdict": {},
    }


def test_no_expression_reaches_a_shell() -> None:
    steps = [step for job in yaml.safe_load(compiled())["jobs"].values() for step in job["steps"]]
    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]


def test_every_job_has_a_time_limit() -> None:
    assert all(job["timeout-minutes"] <= 60 for job in yaml.safe_load(compiled())["jobs"].values())


RESULTS = ("success", "failure", "cancelled", "skipped")


@pytest.mark.parametrize("pipelines", ['["a"]', "[]", ""])
def test_the_verdict_is_green_only_when_every_expected_job_succeeded(pipelines: str) -> None:
    (step,) = yaml.safe_load(compiled())["jobs"]["verdict"]["steps"]
    green = []
    for check, affected, pipeline in itertools.product(RESULTS, repeat=3):
        values = {"CHECK": check, "AFFECTED": affected, "PIPELINE": pipeline, "PIPELINES": pipelines}
        # GitHub runs a step's script with these options
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]], env={**os.environ, **values}, check=False
        )
        if done.returncode == 0:
            green.append((check, affected, pipeline))
    assert green == [("success", "success", "skipped" if pipelines == "[]" else "success")]


def test_the_matrix_is_the_affected_pipelines() -> None:
    jobs = yaml.safe_load(compiled())["jobs"]
    assert jobs["pipeline"]["strategy"]["matrix"] == {"pipeline": "${{ fromJSON(needs.affected.outputs.pipelines) }}"}
    assert json.dumps(jobs["verdict"]["needs"]) == '["check", "affected", "pipeline"]'
