from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.compiler.github.pull_request import lower_pull_request
from mlops.compiler.github.rendering import texts
from mlops.configuration.ci import Continuous
from mlops.files.canonical import digest_file
from mlops.operations.reviewing.artifacts import digest
from tests.builders.repositories import commit

BIN = Path(sys.executable).parent


def compiled(**settings: Any) -> str:
    workflow = lower_pull_request(Continuous(**settings))
    (text,) = texts((workflow,)).values()
    return text


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    path = tmp_path / ".github" / "workflows" / "mlops-pr.yml"
    path.parent.mkdir(parents=True)
    path.write_text(compiled(install="make"))
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


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_a_linter_finds_nothing(name: str, workflow: Path) -> None:
    done = tool(*CHECKS[name], str(workflow))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
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


def test_each_job_has_the_privileges_it_needs_and_no_more() -> None:
    value = yaml.safe_load(compiled())
    assert value["permissions"] == {}
    assert {name: (job["permissions"], job["cache-mode"]) for name, job in value["jobs"].items()} == {
        "check": ({"contents": "read"}, "read"),
        "affected": ({"contents": "read"}, "read"),
        "pipeline": ({"contents": "read"}, "read"),
        "judge": ({"contents": "read", "pull-requests": "read"}, "none"),
        "judged": ({}, "none"),
        "comment": ({"contents": "read", "pull-requests": "write"}, "none"),
        "verdict": ({}, "none"),
    }


def test_every_permission_says_why() -> None:
    lines = re.findall(r"^      (?:contents|pull-requests): (.*)$", compiled(), re.MULTILINE)
    assert len(lines) == 7
    assert all(re.fullmatch(r"(read|write) # to [a-z ]+", line) for line in lines)


def test_the_job_that_may_write_runs_the_code_of_the_base_commit_only() -> None:
    jobs = yaml.safe_load(compiled())["jobs"].values()
    (job,) = [job for job in jobs if "write" in job["permissions"].values()]
    checkouts = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    base = "${{ github.event.pull_request.base.sha }}"
    assert checkouts == [{"ref": base, "persist-credentials": False}]


def test_only_the_steps_that_look_up_and_post_see_the_token() -> None:
    steps = [step for job in yaml.safe_load(compiled())["jobs"].values() for step in job["steps"]]
    with_token = [step for step in steps if "github.token" in str(step) or "secrets." in str(step)]
    assert [step["name"] for step in with_token] == ["Look up who approved the waivers", "Post it as a comment"]
    assert with_token[1]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


def test_no_expression_reaches_a_shell() -> None:
    steps = [step for job in yaml.safe_load(compiled())["jobs"].values() for step in job["steps"]]
    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]


def test_every_job_has_a_time_limit() -> None:
    assert all(job["timeout-minutes"] <= 60 for job in yaml.safe_load(compiled())["jobs"].values())


def batches(tmp_path: Path, names: list[str], jobs: int) -> tuple[str, list[dict[str, Any]]]:
    """Run the step that finds the affected pipelines, over a plan that names these."""
    value = yaml.safe_load(compiled(jobs=jobs))
    (step,) = [step for step in value["jobs"]["affected"]["steps"] if step.get("id") == "find"]
    commit(tmp_path)
    fake = tmp_path / ".venv" / "bin" / "mlops"
    fake.parent.mkdir(parents=True)
    fake.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({'affected': names})}\nEND\n")
    fake.chmod(0o755)
    output = tmp_path / "output"
    environment = {**os.environ, "GITHUB_OUTPUT": str(output), "BASE": "main"}
    subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=tmp_path, env=environment, check=True, text=True
    )
    found = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return found["count"], json.loads(found["batches"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; GitHub's runners have it")
@pytest.mark.parametrize("jobs", [1, 32, 256])
@pytest.mark.parametrize("number", [0, 1, 3, 256, 257, 1000, 3000])
def test_a_matrix_has_at_most_so_many_jobs_and_every_affected_pipeline_once(
    number: int, jobs: int, tmp_path: Path
) -> None:
    names = [f"p{index:04}" for index in range(number)]
    count, found = batches(tmp_path, names, jobs)
    assert count == str(number)
    assert len(found) <= jobs
    assert [batch["index"] for batch in found] == list(range(len(found)))
    assert [name for batch in found for name in batch["pipelines"].split()] == names
    assert len({batch["name"] for batch in found}) == len(found)
    if number <= jobs:  # a matrix cannot be empty: the judge looks whether nothing had to be judged
        assert [batch["name"] for batch in found] == (names or ["none"])


def test_the_verdict_depends_on_every_job_that_judges() -> None:
    jobs = yaml.safe_load(compiled())["jobs"]
    assert jobs["pipeline"]["strategy"]["matrix"] == {"batch": "${{ fromJSON(needs.affected.outputs.batches) }}"}
    assert jobs["verdict"]["needs"] == ["check", "affected", "pipeline", "judge"]
    assert set(jobs) == {*jobs["verdict"]["needs"], "judged", "comment", "verdict"}


def test_a_superseded_run_of_a_pull_request_is_cancelled_and_one_of_the_queue_is_not() -> None:
    concurrency = yaml.safe_load(compiled())["concurrency"]
    assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    assert "github.event.pull_request.number || github.run_id" in concurrency["group"]


def test_nothing_but_pull_requests_and_the_merge_queue_starts_it() -> None:
    value = yaml.safe_load(compiled())
    assert value.get("on", value.get(True)) == {
        "pull_request": {"branches": ["main"]},
        "merge_group": {"branches": ["main"]},
    }


def test_the_evidence_says_how_each_pipeline_of_a_batch_ended(tmp_path: Path) -> None:
    (tmp_path / "pipelines" / "good" / "reports" / "plots").mkdir(parents=True)
    (tmp_path / "pipelines" / "good" / "reports" / "gate.json").write_text('{"verdict": "pass"}')
    fake = tmp_path / ".venv" / "bin" / "mlops"
    fake.parent.mkdir(parents=True)
    fake.write_text('#!/bin/sh\necho "$@" >> calls\ncase "$1 $2" in "run bad") exit 4 ;; esac\n')
    fake.chmod(0o755)
    steps = {step["name"]: step for step in yaml.safe_load(compiled())["jobs"]["pipeline"]["steps"]}
    codes = {}
    for name in ("Run", "Collect the reports"):
        environment = {**os.environ, "PIPELINES": "bad good", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
        environment |= {"INDEX": "3", "GITHUB_OUTPUT": str(tmp_path / "output")}
        command = ["bash", "-e", "-o", "pipefail", "-c", steps[name]["run"]]
        codes[name] = subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode
    assert codes == {"Run": 4, "Collect the reports": 0}
    assert (tmp_path / "calls").read_text().splitlines()[:2] == ["run bad", "run good"]
    found = {path.relative_to(tmp_path / "evidence").as_posix() for path in (tmp_path / "evidence").rglob("*.json")}
    assert found == {"good/gate.json"}
    assert [(tmp_path / "evidence" / name / "exit-code").read_text() for name in ("bad", "good")] == ["4\n", "0\n"]
    assert all((tmp_path / "evidence" / name / "seconds").read_text().strip().isdigit() for name in ("bad", "good"))
    assert (tmp_path / "output").read_text() == f"evidence-3={digest(tmp_path / 'evidence')}\n"


def _collecting(**keys: Any) -> str:
    steps = yaml.safe_load(compiled(**keys))["jobs"]["pipeline"]["steps"]
    (step,) = [step for step in steps if step.get("id") == "collect"]
    return str(step["run"])


def collect(folder: Path, names: str, **codes: str) -> tuple[set[str], dict[str, str]]:
    """Collect what the runs of pipelines left, and give the files and the outputs."""
    for name, code in codes.items():
        made = ("artifacts/bundle/manifest.json", "artifacts/raw.parquet")
        for path in ("reports/gate.json", "reports/bundle.json", "dvc.lock", *made):
            (folder / "pipelines" / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "pipelines" / name / path).write_text(f"{name} {path}")
        (folder / "evidence" / name).mkdir(parents=True)
        (folder / "evidence" / name / "exit-code").write_text(f"{code}\n")
    environment = {**os.environ, "PIPELINES": names, "INDEX": "3", "GITHUB_OUTPUT": str(folder / "output")}
    subprocess.run(["bash", "-e", "-c", _collecting()], cwd=folder, env=environment, check=True)
    found = {path.relative_to(folder / "evidence").as_posix() for path in (folder / "evidence").rglob("*.*")}
    return found, dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())


def test_what_passed_is_kept_whole_enough_to_be_taken_over_and_its_bundle_is_told(tmp_path: Path) -> None:
    found, told = collect(tmp_path, "good", good="0")
    assert found == {"good/dvc.lock", "good/gate.json", "good/bundle.json", "good/bundle/manifest.json"}
    files = ("artifacts/bundle/manifest.json", "reports/bundle.json")
    both = " ".join(digest_file(tmp_path / "pipelines/good" / file) for file in files)
    assert told == {"bundle-3": both, "evidence-3": digest(tmp_path / "evidence")}


def test_a_public_repository_with_a_cloud_leaves_no_bundle_for_anybody_to_download() -> None:
    cloud = {"kind": "aws", "role": "arn:aws:iam::123456789012:role/mlops", "region": "eu-central-1"}
    for keys, kept in (({"public": True}, True), ({"cloud": cloud}, True), ({"public": True, "cloud": cloud}, False)):
        assert ('cp -RL "$here/dvc.lock" "$here/artifacts/bundle"' in _collecting(**keys)) == kept


def test_what_did_not_pass_is_kept_to_be_judged_and_a_job_of_several_tells_no_bundle(tmp_path: Path) -> None:
    found, told = collect(tmp_path, "bad good", bad="2", good="0")
    kept = ("bundle.json", "gate.json", "dvc.lock", "bundle/manifest.json")
    assert found == {f"{name}/{path}" for name in ("bad", "good") for path in kept}
    assert set(told) == {"evidence-3"}
