"""Completion: names of pipelines and environments, as a shell asks for them; quickly, and never with an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from mlops.cli.main import cli
from tests.unit.cli.test_main import HEAVY


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in ("conf/pipeline/churn.yaml", "conf/pipeline/fraud.yaml", "pipelines/shop-1/dvc.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "conf/release/prod").mkdir(parents=True)
    (tmp_path / "conf/project.yaml").write_text("name: shop\nenvironments:\n  staging: {}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(words: list[str], incomplete: str, shell: type[ShellComplete] = BashComplete) -> list[str]:
    found = shell(cli, {}, "mlops", "_MLOPS_COMPLETE").get_completions(words, incomplete)
    return [item.value for item in found]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("words", "incomplete", "found"),
    [
        (["run"], "", ["churn", "fraud", "shop-1"]),
        (["run", "churn"], "", ["fraud", "shop-1"]),
        (["serve"], "fr", ["fraud"]),
        (["register"], "x", []),
        (["new"], "", []),
        (["release", "churn", "--env"], "", ["prod", "staging"]),
        (["show", "--env"], "p", ["prod"]),
        (["gate", "-o"], "", ["text", "json", "md"]),
        ([], "ret", ["retrain"]),
    ],
)
def test_what_a_shell_completes(words: list[str], incomplete: str, found: list[str]) -> None:
    assert completed(words, incomplete) == found


@pytest.mark.parametrize("text", ["environments: [", "- a", "environments: 3", "\x00"])
def test_yaml_that_is_wrong_completes_nothing_and_says_nothing(
    text: str, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (root / "conf/project.yaml").write_text(text)
    assert completed(["show", "--env"], "") in ([], ["prod"])
    assert capfd.readouterr() == ("", "")


def test_outside_of_a_repository_nothing_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert completed(["run"], "") == []


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(("shell", "said"), [("zsh", "plain\nchurn\n_"), ("fish", "plain,churn")])
def test_a_shell_that_asks_is_answered_without_what_learns(shell: str, said: str) -> None:
    code = (
        "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr));"
        "from mlops.__main__ import main; sys.argv = ['mlops']; main()"
    )
    asked = {"_MLOPS_COMPLETE": f"{shell}_complete", "COMP_WORDS": "mlops run ch", "COMP_CWORD": "2"}
    if shell == "fish":
        asked["COMP_CWORD"] = "ch"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert (done.returncode, done.stdout.strip()) == (0, said)
    modules = json.loads(done.stderr)
    assert not HEAVY & set(modules)
    assert "pydantic" not in modules


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_each_shell_has_a_script_to_run(shell: type[ShellComplete]) -> None:
    script = shell(cli, {}, "mlops", "_MLOPS_COMPLETE").source_template % {
        "complete_func": "_mlops", "complete_var": "_MLOPS_COMPLETE", "prog_name": "mlops"
    }  # fmt: skip
    assert "_MLOPS_COMPLETE=" in script
