"""Every workflow that settings can give, under the linters that GitHub's own users run, and each rule seen to fire."""

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
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.backends import dependabot, github
from mlops.lower.workflows.pull_request import lower_pull_request
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Stage
from mlops.spec.project import Continuous

BIN = Path(sys.executable).parent
RUNNERS: tuple[Any, ...] = (
    "ubuntu-24.04",
    "ubuntu-24.04-arm",
    "ubuntu-latest",
    ["self-hosted", "linux", "x64"],
    ["self-hosted", "linux", "gpu-a100"],
    ["self-hosted", "Linux", "team_ml.large"],
    ["acme-16-cores"],
)
PYTHONS = ("3.11", "3.14")
BRANCHES = ("main", "release/2026.11", "on")
TIMEOUTS = (1, 360)
CORPUS = list(itertools.product(RUNNERS, PYTHONS, BRANCHES, TIMEOUTS))
LABELS = "self-hosted-runner: {labels: [gpu-a100, team_ml.large, acme-16-cores]}\n"


def compiled(**keys: Any) -> str:
    plan = Plan("p", (), Stage("catalogue", "", (), ()), (lower_pull_request(Continuous(**keys)),))
    (text,) = github.render(plan).values()
    return text


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}  # actionlint calls shellcheck
    command = (str(BIN / command[0]), *command[1:])
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def rules_of_zizmor(folder: Path) -> list[str]:
    done = tool("zizmor", "--offline", "--persona=auditor", "--no-progress", "--format=json", str(folder))
    return sorted({finding["ident"] for finding in json.loads(done.stdout)})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / ".github"
    (folder / "workflows").mkdir(parents=True)
    for index, (runner, python, branch, timeout) in enumerate(CORPUS):
        text = compiled(runner=runner, python=python, branch=branch, timeout=timeout)
        (folder / "workflows" / f"pr-{index:03}.yml").write_text(text)
    plan = Plan("p", (), Stage("catalogue", "", (), ()), (lower_pull_request(Continuous()),))
    (folder / "dependabot.yml").write_text(dependabot.render(plan)[dependabot.PATH])
    (folder / "actionlint.yaml").write_text(LABELS)
    return folder


def test_the_corpus_is_large_enough_and_each_of_its_workflows_different(corpus: Path) -> None:
    texts = {path.read_text() for path in (corpus / "workflows").iterdir()}
    assert len(texts) == len(CORPUS) >= 30


def test_actionlint_and_shellcheck_find_nothing_in_the_corpus(corpus: Path) -> None:
    files = [str(path) for path in sorted((corpus / "workflows").iterdir())]
    done = tool("actionlint", "-no-color", "-config-file", str(corpus / "actionlint.yaml"), *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing_in_the_corpus(corpus: Path) -> None:
    assert rules_of_zizmor(corpus) == []


def test_the_schemas_of_github_hold_for_the_corpus(corpus: Path) -> None:
    for schema, files in (
        ("vendor.github-workflows", sorted((corpus / "workflows").iterdir())),
        ("vendor.dependabot", [corpus / "dependabot.yml"]),
    ):
        done = tool("check-jsonschema", "--builtin-schema", schema, *map(str, files))
        assert done.returncode == 0, done.stdout + done.stderr


STEP = "    - name: Compare the compiled files\n"
JOB = "  check:\n    name: Configuration and compiled files\n"
PIN = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
DIGEST = "sha256:" + "0" * 64
SEEDED = {
    "adhoc-packages": ("run: make setup", "run: npm install -g prettier"),
    "anonymous-definition": ("name: Pull request\n", ""),
    "artipacked": ("persist-credentials: false", "persist-credentials: true"),
    "bot-conditions": ("if: always()", "if: github.actor == 'dependabot[bot]'"),
    "cache-poisoning": (
        re.compile(r"  pull_request:\n((?s:.*?))        python-version: '3.11'\n"),
        "  release:\n    types: [published]\n  pull_request:\n\\1        python-version: '3.11'\n        cache: pip\n",
    ),
    "concurrency-limits": (re.compile(r"concurrency:\n.*\n.*\n"), ""),
    "dangerous-triggers": ("  pull_request:\n", "  pull_request_target:\n"),
    "excessive-permissions": ("permissions: {}\nconcurrency", "permissions: write-all\nconcurrency"),
    "github-env": (
        re.compile(r"  pull_request:\n((?s:.*?))run: .venv/bin/mlops validate"),
        '  pull_request_target:\n\\1run: echo "X=$GITHUB_HEAD_REF" >> "$GITHUB_ENV"',
    ),
    "hardcoded-container-credentials": (
        JOB,
        JOB + f"    container:\n      image: ghcr.io/a/b@{DIGEST}\n      credentials: {{username: u, password: p}}\n",
    ),
    "insecure-commands": (STEP, STEP + "      env:\n        ACTIONS_ALLOW_UNSECURE_COMMANDS: 'true'\n"),
    "overprovisioned-secrets": (STEP, STEP + "      env:\n        ALL: ${{ toJSON(secrets) }}\n"),
    "secrets-inherit": (
        "jobs:\n",
        f"jobs:\n  other:\n    name: other\n    permissions: {{}}\n    uses: a/b/.github/workflows/c.yml@{'0' * 40}\n"
        "    secrets: inherit\n",
    ),
    "secrets-outside-env": (STEP, STEP + "      env:\n        KEY: ${{ secrets.KEY }}\n"),
    "self-hosted-runner": ("runs-on: ubuntu-24.04", "runs-on: [self-hosted]"),
    "template-injection": ("run: .venv/bin/mlops validate", "run: echo ${{ github.event.pull_request.title }}"),
    "undocumented-permissions": ("pull-requests: write # to keep the one comment up to date", "pull-requests: write"),
    "unpinned-images": (JOB, JOB + "    container:\n      image: python:latest\n"),
    "unpinned-uses": (PIN, "actions/checkout@v7"),
    "unredacted-secrets": (STEP, STEP + "      env:\n        KEY: ${{ fromJSON(secrets.ALL).key }}\n"),
    "unsound-condition": ("    if: always()\n", "    if: |\n      ${{ github.event_name == 'push' }}\n"),
    "unsound-contains": ("if: always()", "if: contains('main release', github.head_ref)"),
}
SEEDED_UPDATES = {
    "dependabot-cooldown": ("  cooldown:\n    default-days: 7\n", ""),
    "dependabot-execution": ("  directory: /\n", "  directory: /\n  insecure-external-code-execution: allow\n"),
}


def seed(text: str, fault: tuple[str | re.Pattern[str], str]) -> str:
    before, after = fault
    found = re.sub(before, after, text, count=1) if isinstance(before, re.Pattern) else text.replace(before, after)
    assert found != text, "nothing to spoil"
    return found


@pytest.mark.parametrize("rule", SEEDED)
def test_zizmor_reports_a_seeded_defect(rule: str, tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / "mlops-pr.yml"
    path.parent.mkdir(parents=True)
    path.write_text(seed(compiled(), SEEDED[rule]))
    assert rule in rules_of_zizmor(tmp_path)


@pytest.mark.parametrize("rule", SEEDED_UPDATES)
def test_zizmor_reports_a_seeded_defect_of_the_updates(rule: str, corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / ".github" / "dependabot.yml"
    path.parent.mkdir(parents=True)
    path.write_text(seed((corpus / "dependabot.yml").read_text(), SEEDED_UPDATES[rule]))
    assert rule in rules_of_zizmor(tmp_path)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


PLAIN = compiled()
HOSTILE = (
    *("main\n    steps: []", "${{ secrets.X }}", "ubuntu ${{ github.token }}", "self-hosted\n", "read # to check out"),
    *(
        "a'b",
        'a"b',
        "# x",
        "x # y",
        "*",
        "!x",
        "&a",
        "- x",
        "x: y",
        "~",
        "on",
        "../..",
        "a\u202eb",
        "a\u2028b",
        "\u00a0",
    ),
)
hostile = st.text(max_size=40) | st.sampled_from(HOSTILE)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["runner", "python", "branch", "labels"]), hostile)
def test_hostile_text_in_a_setting_is_refused_or_changes_nothing_else(key: str, text: str) -> None:
    keys: dict[str, Any] = {"runner": ["linux", text]} if key == "labels" else {key: text}
    try:
        found = compiled(**keys)
    except ValidationError:
        return
    assert found.count("${{") == PLAIN.count("${{")
    if key != "labels" and text != "self-hosted":
        assert shape(yaml.safe_load(found)) == shape(yaml.safe_load(PLAIN))
    jobs = yaml.safe_load(found)["jobs"]
    assert {job: value["permissions"] for job, value in jobs.items()} == {
        job: value["permissions"] for job, value in yaml.safe_load(PLAIN)["jobs"].items()
    }
    assert all(set(value) == set(yaml.safe_load(PLAIN)["jobs"][job]) for job, value in jobs.items())


def test_a_list_of_labels_is_compiled_as_a_list() -> None:
    job = yaml.safe_load(compiled(runner=["self-hosted", "linux", "gpu"]))["jobs"]["pipeline"]
    assert job["runs-on"] == ["self-hosted", "linux", "gpu"]
    with pytest.raises(ValidationError):
        Continuous(runner=[])  # type: ignore[arg-type]
