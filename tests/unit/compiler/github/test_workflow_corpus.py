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
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.compiler.github.dependabot import updates
from mlops.compiler.github.pull_request import lower_pull_request
from mlops.compiler.github.rendering import ACTIONS, texts
from mlops.configuration.ci import Continuous
from mlops.configuration.runner import own
from tests.builders.quick_yaml import load
from tests.builders.workflows import CLOUDS, jobs, project, workflows

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
RUNNERS: tuple[Any, ...] = (
    "ubuntu-24.04",
    "ubuntu-24.04-arm",
    "ubuntu-latest",
    ["self-hosted", "linux", "x64"],
    ["self-hosted", "linux", "gpu-a100"],
    ["self-hosted", "Linux", "team_ml.large"],
    ["ubuntu-24.04", "acme-16-cores"],
    "acme-16-cores",
)
PYTHONS = ("3.11", "3.14")
BRANCHES = ("main", "release/2026.11", "on")
TIMEOUTS = (1, 360)
APPS = (None, {"id": "Iv23liABC"})
SECRETS = {"MLFLOW_TRACKING_USERNAME": "tracking", "MLFLOW_TRACKING_PASSWORD": ["tracking"]}
LABELS = "self-hosted-runner: {labels: [gpu-a100, team_ml.large, acme-16-cores]}\n"
CORPUS = list(itertools.product(RUNNERS, CLOUDS, APPS))
NAMES = ("pr", "dependencies", "main", "release", "monitor", "retrain", "rollback", "settings", "score")
FOLDER = ".github/workflows"


def compiled(**keys: Any) -> str:
    (text,) = texts((lower_pull_request(Continuous(**keys)),)).values()
    return text


def tool(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}  # actionlint calls shellcheck
    command = (str(BIN / command[0]), *command[1:])
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)


def rules_of_zizmor(folder: Path) -> dict[str, set[str]]:
    """Give the rules that zizmor reports, by the file's name, in one run over everything."""
    options = ("--offline", "--persona=auditor", "--no-progress", "--collect=all", "--format=json")
    (folder / "zizmor.yml").write_text(FORBIDDEN)
    done = tool("zizmor", *options, "--config=zizmor.yml", ".", folder=folder)
    found: dict[str, set[str]] = {}
    for finding in json.loads(done.stdout):
        for location in finding["locations"]:
            (place,) = location["symbolic"]["key"].values()
            found.setdefault(Path(place["verbatim_path"]).stem, set()).add(finding["ident"])
    return found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every workflow of every configuration once, and all of them again with tags for commits."""
    folder = tmp_path_factory.mktemp("corpus")
    for place in (FOLDER, "tags"):
        (folder / place).mkdir(parents=True)
    texts: dict[str, str] = {}
    for index, (runner, cloud, app) in enumerate(CORPUS):
        python, branch, timeout = PYTHONS[index % 2], BRANCHES[index % 3], TIMEOUTS[index // 2 % 2]
        reader = {"cloud": CLOUDS[cloud]} if app and CLOUDS[cloud] else None
        keys = {"runner": runner, "app": app, "reader": reader, "python": python, "branch": branch, "timeout": timeout}
        keys["secrets"] = SECRETS if index % 3 else {}
        for path, text in workflows(project(cloud, environment_runner=RUNNERS[-index % 8], **keys)).items():
            texts.setdefault(text, f"{index:03}-{Path(path).stem}")
    for text, name in texts.items():
        (folder / FOLDER / f"{name}.yml").write_text(text)
        (folder / "tags" / f"{name}.yml").write_text(tagged(text))
    (folder / ".github" / "dependabot.yml").write_text(updates((lower_pull_request(Continuous()),)))
    (folder / "actionlint.yaml").write_text(LABELS)
    return folder


def tagged(text: str) -> str:
    """Name actions by their major version: actionlint knows the inputs of a tag and not those of a commit."""
    return re.sub(r"@[0-9a-f]{40} # (v\d+)\S*", r"@\1", text)


def files(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.iterdir())]


def test_the_corpus_has_every_workflow_for_every_cloud_and_kind_of_runner(corpus: Path) -> None:
    names = [Path(path).stem.split("-", 1)[1] for path in files(corpus / FOLDER)]
    assert len(CORPUS) >= 30
    assert set(names) == {f"mlops-{name}" for name in NAMES}
    # a release has no App, a change under judgement none either, and a cloud only where it may read
    wide, narrow = len(CORPUS), len(RUNNERS) * 2
    for name in ("mlops-main", "mlops-monitor", "mlops-retrain", "mlops-rollback", "mlops-score"):
        assert names.count(name) == wide, name
    assert names.count("mlops-pr") >= narrow
    assert names.count("mlops-dependencies") >= len(RUNNERS)


def test_actionlint_and_shellcheck_find_nothing_in_the_corpus(corpus: Path) -> None:
    # the scripts are the same whatever the runner: shellcheck takes one of each
    shown = [path for path in files(corpus / FOLDER) if Path(path).name < "008"]
    config = ("-no-color", "-config-file", str(corpus / "actionlint.yaml"))
    for options in (("-shellcheck=", *files(corpus / FOLDER)), shown, ("-shellcheck=", *files(corpus / "tags"))):
        done = tool("actionlint", *config, *options)
        assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_an_input_that_an_action_does_not_have(corpus: Path, tmp_path: Path) -> None:
    text = "".join(Path(path).read_text() for path in files(corpus / "tags")[:12])
    used = set(re.findall(r"uses: (\S+)", text))
    assert {use.split("@")[0] for use in used} == set(ACTIONS)
    for use in sorted(used):
        path = tmp_path / "w.yml"
        step = f"    - uses: {use}\n      with: {{no-such-input: x}}\n"
        path.write_text(f"on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{step}")
        assert 'input "no-such-input" is not defined in action' in tool("actionlint", "-no-color", str(path)).stdout


def test_zizmor_finds_nothing_in_the_corpus(corpus: Path) -> None:
    assert {name: found for name, found in rules_of_zizmor(corpus).items() if found} == {}


def test_the_schemas_of_github_hold_for_the_corpus(corpus: Path) -> None:
    for schema, checked in (
        ("vendor.github-workflows", files(corpus / FOLDER)),
        ("vendor.dependabot", [str(corpus / ".github" / "dependabot.yml")]),
    ):
        done = tool("check-jsonschema", "--builtin-schema", schema, *checked)
        assert done.returncode == 0, done.stdout + done.stderr


FORBIDDEN = "rules: {forbidden-uses: {config: {allow: ['actions/*', 'github/*']}}}\n"
STEP = "    - name: Compare the compiled files\n"
JOB = "  check:\n    name: Configuration and compiled files\n"
PIN = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
DIGEST = "sha256:" + "0" * 64
COMMIT = "0" * 40


def using(action: str, version: str, **inputs: str) -> tuple[str, str]:
    """Put a step that uses an action before a step of the compiled workflow."""
    given = "".join(f"        {name.replace('_', '-')}: {value}\n" for name, value in inputs.items())
    step = f"    - name: other\n      uses: {action}@{COMMIT} # {version}\n" + (
        f"      with:\n{given}" if given else ""
    )
    return STEP, step + STEP


SEEDED: dict[str, tuple[str | re.Pattern[str], str]] = {
    "archived-uses": using("actions-rs/toolchain", "v1.0.0"),
    "forbidden-uses": using("someone/else", "v1.0.0"),
    "github-app": using("actions/create-github-app-token", "v3.1.1", client_id="a", private_key="b"),
    "misfeature": using("actions/setup-python", "v7.0.0", pip_install="x"),
    "obfuscation": using("actions/checkout/.", "v7.0.1"),
    "self-repository": (STEP, "    - name: other\n      uses: ./.github/actions/x\n" + STEP),
    "superfluous-actions": using("softprops/action-gh-release", "v1.0.0"),
    "typosquat-uses": using("action/checkout", "v7.0.1"),
    "unpinned-tools": using("extractions/setup-just", "v2.0.0"),
    "unsound-ternary": (STEP, STEP + "      env:\n        KEY: ${{ github.ref == 'x' && '' || 'y' }}\n"),
    "use-trusted-publishing": using("pypa/gh-action-pypi-publish", "v1.0.0", password="x"),
    "adhoc-packages": ("run: .venv/bin/mlops compile --check", "run: npm install -g prettier"),
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


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Spoil a workflow once for every rule, and let zizmor see all of them in one run."""
    folder = tmp_path_factory.mktemp("seeded")
    (folder / FOLDER).mkdir(parents=True)
    for rule, fault in SEEDED.items():
        (folder / FOLDER / f"{rule}.yml").write_text(seed(compiled(), fault))
    hooks = "repos:\n- repo: http://github.com/a/b\n  rev: v1\n  hooks: [{id: x}]\n"
    (folder / ".pre-commit-config.yaml").write_text(hooks)
    return rules_of_zizmor(folder)


@pytest.mark.parametrize("rule", SEEDED)
def test_zizmor_reports_a_seeded_defect(rule: str, seeded: dict[str, set[str]]) -> None:
    assert rule in seeded[rule]


def test_zizmor_reports_an_address_that_is_not_encrypted(seeded: dict[str, set[str]]) -> None:
    assert "insecure-url-scheme" in seeded[".pre-commit-config"]


@pytest.mark.parametrize("rule", SEEDED_UPDATES)
def test_zizmor_reports_a_seeded_defect_of_the_updates(rule: str, corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / ".github" / "dependabot.yml"
    path.parent.mkdir(parents=True)
    path.write_text(seed((corpus / ".github" / "dependabot.yml").read_text(), SEEDED_UPDATES[rule]))
    assert rule in rules_of_zizmor(tmp_path)["dependabot"]


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


PLAIN = compiled()
OWN = compiled(runner="acme-16-cores")
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
    plain = OWN if own(Continuous(**keys).runner) else PLAIN
    assert found.count("${{") == plain.count("${{")
    if key != "labels" and text != "self-hosted":
        assert shape(load(found)) == shape(load(plain))
    made, expected = load(found)["jobs"], load(plain)["jobs"]
    assert {job: value["permissions"] for job, value in made.items()} == {
        job: value["permissions"] for job, value in expected.items()
    }
    assert all(set(value) == set(expected[job]) for job, value in made.items())


def expressions(texts: dict[str, str]) -> set[str]:
    return {found for text in texts.values() for found in re.findall(r"\$\{\{.*?\}\}", text)}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["id", "key", "environment", "reader", "branch", "role", "region", "provider", "tenant", "secret", "use"]
    ),
    hostile,
)
def test_hostile_text_in_a_cloud_or_an_app_is_refused_or_brings_no_expression(key: str, text: str) -> None:
    cloud = {"role": "aws", "region": "aws", "provider": "gcp", "tenant": "azure"}.get(key, "none")
    app = {"id": "a"} | ({key: text} if key in ("id", "key") else {})
    reads: dict[str, Any] = {"cloud": CLOUDS["gcp"]}
    keys: dict[str, Any] = {"app": app, "reader": reads | ({"environment": text} if key == "reader" else {})}
    keys |= {key: text} if key in ("environment", "branch") else {}
    secret = {"secret": {text: "tracking"}, "use": {"MLFLOW_TRACKING_TOKEN": text}}
    keys |= {"secrets": secret[key]} if key in secret else {}
    plain = workflows(project(cloud, app={"id": "a"}, reader=reads))
    described = CLOUDS[cloud]
    try:
        found = workflows(project({**described, key: text} if described else cloud, **keys))
    except ValidationError:
        return
    new = expressions(found) - expressions(plain)
    assert new <= {f"${{{{ secrets.{text} }}}}"} if key == "key" else not new
    assert {name: job["permissions"] for name, job in jobs(found).items()} == {
        name: job["permissions"] for name, job in jobs(plain).items()
    }


def test_a_list_of_labels_is_compiled_as_a_list() -> None:
    job = load(compiled(runner=["self-hosted", "linux", "gpu"]))["jobs"]["pipeline"]
    assert job["runs-on"] == ["self-hosted", "linux", "gpu"]
    with pytest.raises(ValidationError):
        Continuous(runner=[])  # type: ignore[arg-type]
