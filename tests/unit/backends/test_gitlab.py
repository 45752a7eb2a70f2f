"""`.gitlab-ci.yml`: its shape, and its lines as a runner's shell runs them; `tests/gitlab` executes the whole of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from mlops.compiler.files import render
from mlops.compiler.lower.owners import protected
from mlops.configuration.ci import Continuous
from mlops.errors import IntegrityError
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.compiling.findings import findings
from mlops.operations.reviewing.artifacts import left, told
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, edit, git, make_repository
from tests.builders.scripts import needs_jq

pytestmark = pytest.mark.slow

FILE = ".gitlab-ci.yml"
IMAGE = f"python@sha256:{'a' * 64}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "shop")
    (root / "conf/project.yaml").write_text("name: shop\nci: {kind: gitlab, jobs: 3}\n")
    return root


@pytest.fixture
def jobs(root: Path) -> dict[str, Any]:
    value = yaml.safe_load(render(open_workspace(root).plan)[FILE])
    assert isinstance(value, dict)
    return value


def shell(folder: Path, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run lines as a runner of GitLab's does."""
    command = ["bash", "-eo", "pipefail", "-c", text]
    values = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(command, cwd=folder, env=values, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", ", image: " + IMAGE, ", runner: [docker, big], install: make"])
def test_the_file_is_what_gitlabs_schema_says(more: str, root: Path) -> None:
    (root / "conf/project.yaml").write_text(f"name: shop\nci: {{kind: gitlab{more}}}\n")
    compile_files(open_workspace(root))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run([*command, FILE], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    edit(root, FILE, "  script:\n", "  scrpt:\n")
    assert subprocess.run([*command, FILE], cwd=root, capture_output=True, check=False).returncode == 1


def test_nothing_of_githubs_is_compiled_and_the_owners_are_where_gitlab_looks(root: Path) -> None:
    (root / "conf/policy.yaml").write_text('owners: ["@platform"]\nrisk: {limited: {own_gates: false}}\n')
    files = render(open_workspace(root).plan)
    assert [path for path in files if path.startswith(".git")] == [
        ".gitlab-ci.yml",
        ".gitlab/CODEOWNERS",
        ".gitlab/gates/churn.yaml",
    ]
    assert "\n/.gitlab-ci.yml @platform\n/.gitlab/ @platform\n" in files[".gitlab/CODEOWNERS"]
    assert "::error" not in files[FILE]
    assert "github" not in files[FILE].lower()


def test_what_is_compiled_is_held_to_the_yaml_and_goes_with_it(root: Path) -> None:
    compile_files(open_workspace(root))
    edit(root, FILE, "mlops judge --change change --place", "true")
    assert [difference.path for difference in check_files(open_workspace(root))] == [FILE]
    (root / "conf/project.yaml").write_text("name: shop\n")
    compile_files(open_workspace(root))
    assert not (root / FILE).exists()
    assert not (root / ".gitlab/CODEOWNERS").exists()
    assert (root / ".github/CODEOWNERS").exists()


def test_the_policys_owners_review_it_where_there_is_one(root: Path) -> None:
    project = open_workspace(root).project
    assert project.engines == ("gitlab",)
    assert set(protected("lock", project.engines)) - set(protected("lock")) == {"/.gitlab-ci.yml", "/.gitlab/"}


def test_it_is_the_same_whatever_pipelines_there_are(root: Path) -> None:
    before = render(open_workspace(root).plan)[FILE]
    text = (root / "conf/pipeline/churn.yaml").read_text()
    (root / "conf/pipeline/visits.yaml").write_text(text)
    shutil.copytree(root / "pipelines/churn", root / "pipelines/visits")
    assert render(open_workspace(root).plan)[FILE] == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"public": False}, "`public` means nothing to `kind: gitlab`: leave it out"),
        ({"secrets": {}}, "`secrets` means nothing to `kind: gitlab`: leave it out"),
        ({"python": "3.12"}, "`python` means nothing to `kind: gitlab`: leave it out"),
        ({"jobs": 201}, "GitLab runs at most 200 jobs side by side: write `jobs: 200` or less"),
        ({"image": "python:3.11"}, "String should match pattern"),
        ({"kind": "github", "image": IMAGE}, "`image` means nothing to `kind: github`: leave it out"),
    ],
)
def test_what_the_engine_does_not_do_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Continuous.model_validate({"kind": "gitlab", **given})


def test_what_no_job_does_there_is_said(root: Path) -> None:
    (root / "conf/project.yaml").write_text("name: shop\nci: {kind: gitlab}\nenvironments: {prod: {}}\n")
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write("monitor: {every: day}\n")
    why = "`ci: {kind: gitlab}` compiles the jobs of a merge request alone"
    found = findings(open_workspace(root))
    assert [(str(one.position), one.message, one.severity) for one in found if one.rule == "engine-without-jobs"] == [
        ("conf/pipeline/churn.yaml:17:10", f"no job watches: {why}", "warning"),
        ("conf/project.yaml:3:1", f"no job registers or releases: {why}", "warning"),
    ]


def test_jobs_wait_for_each_other_and_hand_on_only_what_is_named(jobs: dict[str, Any]) -> None:
    names = ("check", "run", "judge", "verdict")
    listed = {name: jobs[name].get("needs", []) for name in names}
    needs = {name: [item if isinstance(item, str) else item["job"] for item in listed[name]] for name in names}
    assert needs == {"check": [], "run": ["check"], "judge": ["check", "run"], "verdict": ["check", "run", "judge"]}
    assert {name: jobs[name].get("artifacts", {}).get("paths") for name in names} == {
        "check": ["plan.json"],
        "run": ["left/$CI_NODE_INDEX/"],
        "judge": ["judge/verdicts/"],
        "verdict": None,
    }
    assert [name for name in names if jobs[name].get("when") == "always"] == ["judge"]
    text = yaml.safe_dump(jobs)
    # a variable that own code chose would be one of the judge's; a job that may fail would not count
    assert "dotenv" not in text
    assert "allow_failure" not in text
    assert jobs["variables"] == {"GIT_DEPTH": "0", "GIT_STRATEGY": "clone"}


@needs_jq
@pytest.mark.parametrize("many", [0, 1, 3, 7])
def test_every_pipeline_has_one_job(many: int, jobs: dict[str, Any], tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(many)]
    (tmp_path / "plan.json").write_text(json.dumps({"affected": names, "recorded": names[:1]}))
    found: list[str] = []
    for index in ("1", "2", "3"):
        lines = jobs["run"]["script"][0] + 'echo "$PIPELINES"\necho "$RECORDED"\n'
        done = shell(tmp_path, lines, CI_NODE_INDEX=index, CI_NODE_TOTAL="3")
        assert done.returncode == 0, done.stderr
        mine, *recorded = done.stdout.splitlines() or [""]
        found += mine.split()
        assert recorded == ([" ".join(names[:1])] if mine else [])
    assert sorted(found) == names


@needs_jq
def test_what_jobs_left_is_told_to_the_judge_by_job(jobs: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({"affected": ["a", "b", "c", "d"]}))
    for job, names in (("1", "ad"), ("2", "bc")):  # the second forges the work of the third, which left nothing
        for name in names:
            place = tmp_path / "left" / job / name / "bundle"
            place.mkdir(parents=True)
            (place / "manifest.json").write_text(name)
    (tmp_path / "judge").mkdir()
    done = shell(tmp_path / "judge", jobs["judge"]["script"][3] + 'printf "%s" "$MLOPS_NEEDS"')
    assert done.returncode == 0, done.stderr
    found, folder = told(done.stdout), tmp_path / "judge/left"
    assert {name: item.artifact for name, item in found.items()} == {
        "a": "report-1",
        "b": "report-2",
        "c": "report-3",
        "d": "report-1",
    }
    assert left(folder, "d", done.stdout) == folder / "report-1/d"
    with pytest.raises(IntegrityError, match="report-3: not the folder of an artifact"):
        left(folder, "c", done.stdout)


@pytest.mark.slow
def test_a_branch_that_lacks_what_it_is_compared_with_is_refused(jobs: dict[str, Any], root: Path) -> None:
    base = commit(root)
    git(root, "clone", "-q", "--bare", str(root), str(root.parent / "origin"))
    git(root, "remote", "add", "origin", str(root.parent / "origin"))
    git(root, "checkout", "-q", "-b", "change")
    commit(root, "a change")
    lines = jobs["check"]["script"][0] + 'echo "$BASE"'
    assert shell(root, lines).stdout.strip() == base
    git(root, "checkout", "-q", "main")
    newer = commit(root, "meanwhile")
    git(root, "push", "-q", "origin", "main")
    git(root, "checkout", "-q", "change")
    done = shell(root, lines)
    assert (done.returncode, done.stdout) == (
        3,
        "the branch has not all that main has: rebase it, or turn merged results pipelines on\n",
    )
    git(root, "merge", "-q", "main", "-m", "merged results")
    assert shell(root, lines, CI_MERGE_REQUEST_TARGET_BRANCH_SHA=newer).stdout.strip() == newer


def test_whatever_ran_is_collected_and_its_exit_code_is_the_jobs(jobs: dict[str, Any], tmp_path: Path) -> None:
    here = tmp_path / "pipelines/a"
    for path in ("reports/gate.json", "artifacts/bundle/manifest.json", "dvc.lock"):
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_text(path)
    mlops = tmp_path / ".venv/bin/mlops"
    mlops.parent.mkdir(parents=True)
    mlops.write_text('#!/bin/sh\n[ "$2" = a ] && exit 2\nexit 6\n')
    mlops.chmod(0o755)
    done = shell(tmp_path, "".join(jobs["run"]["script"][3:]), PIPELINES="a b", RECORDED="", CI_NODE_INDEX="2")
    assert done.returncode == 6, done.stderr
    left_here = tmp_path / "left/2"
    found = {path.relative_to(left_here).as_posix() for path in left_here.rglob("*") if path.is_file()}
    assert found == {
        *("a/exit-code", "a/seconds", "a/gate.json", "a/dvc.lock", "a/bundle/manifest.json"),
        *("b/exit-code", "b/seconds"),
    }
