"""What other repositories name: the action and the hooks for pre-commit, held to what compiled workflows are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from mlops.cli.main import VERBS, cli
from mlops.compiler.github.rendering import ACTIONS
from mlops.plan.shell import INSTALL
from tests.unit.compiler.github.test_github import tool

ROOT = Path(__file__).parents[4]
ACTION = ROOT / ".github/actions/mlops/action.yml"
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
CHECKS = {
    "zizmor": ("zizmor", "--offline", "--persona=auditor", "--no-progress"),
    "schema": ("check-jsonschema", "--builtin-schema", "vendor.github-actions"),
}
FAULTS = {"zizmor": ('"${words[@]}"', "${{ inputs.verb }}"), "schema": ("using: composite", "usage: composite")}


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in yaml.safe_load(ACTION.read_text())["runs"]["steps"]}


def test_actions_are_those_that_workflows_pin_and_the_lock_is_installed_as_theirs_is() -> None:
    pinned = {f"{name}@{commit} # {version}" for name, (commit, version) in ACTIONS.items()}
    used = [line.split("uses: ")[1] for line in ACTION.read_text().splitlines() if "uses:" in line]
    assert used
    assert set(used) <= pinned
    assert steps()["Install"]["run"].strip() == INSTALL["lock"].strip()


def test_no_script_holds_an_input() -> None:
    assert not [step for step in steps().values() if "${{" in step.get("run", "")]


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_a_linter_finds_nothing_and_finds_a_fault(name: str, tmp_path: Path) -> None:
    file = tmp_path / ".github/actions/mlops/action.yml"
    file.parent.mkdir(parents=True)
    file.write_text(ACTION.read_text())
    done = tool(*CHECKS[name], str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    file.write_text(ACTION.read_text().replace(*FAULTS[name]))
    assert tool(*CHECKS[name], str(file)).returncode != 0


@pytest.mark.slow
def test_actionlint_holds_a_workflow_to_the_inputs_of_the_action(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for path in (".github/actions/mlops/action.yml", ".github/workflows/plan.yml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / ".github/actions/mlops/action.yml").write_text(ACTION.read_text())
    workflow = tmp_path / ".github/workflows/plan.yml"
    text = (
        "on: push\njobs:\n  plan:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - uses: ./.github/actions/mlops\n        with: {verb: plan}\n"
    )
    workflow.write_text(text)
    done = tool("actionlint", "-no-color", str(workflow))
    assert done.returncode == 0, done.stdout + done.stderr
    workflow.write_text(text.replace("verb: plan", "vreb: plan"))
    done = tool("actionlint", "-no-color", str(workflow))
    assert 'missing input "verb"' in done.stdout
    assert 'input "vreb" is not defined' in done.stdout


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("plan\n-o\njson\n", ["plan", "-o", "json"]),
        ("waive\n--reason\na b; $(id) `id` * 'c'\n", ["waive", "--reason", "a b; $(id) `id` * 'c'"]),
    ],
)
def test_an_input_is_words_and_no_shell_reads_it(verb: str, words: list[str], tmp_path: Path) -> None:
    program = tmp_path / ".venv/bin/mlops"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps()["Run"]["run"]]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "VERB": verb}
    )
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, words, "")


def test_hooks_name_verbs_and_options_that_there_are_and_keys_that_pre_commit_knows() -> None:
    known = {
        "id",
        "name",
        "description",
        "entry",
        "language",
        "files",
        "always_run",
        "pass_filenames",
        "require_serial",
    }
    assert [hook["id"] for hook in HOOKS] == ["mlops-validate", "mlops-compile-check"]
    for hook in HOOKS:
        program, verb, *options = hook["entry"].split()
        assert set(hook) <= known
        assert {"id", "name", "entry", "language"} <= set(hook)
        assert (program, hook["language"], hook["pass_filenames"]) == ("mlops", "python", False)
        assert verb in VERBS
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        assert set(options) <= {text for parameter in command.params for text in parameter.opts}
