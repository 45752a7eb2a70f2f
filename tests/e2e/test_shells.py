"""What docs/install.md tells bash, zsh and fish, told to them: each completes pipelines, environments and options."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders.clones import BIN
from tests.builders.waiting import CEILING
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

ROWS = re.findall(r"^\| (bash|zsh|fish)\b.*?\| .*? \| `(.*)` \|$", (ROOT / "docs/install.md").read_text(), re.M)
LINES = {shell: line.replace("\\|", "|") for shell, line in ROWS}
# How each is asked without a terminal: by the variables that it gives its function, or by a command of its own. What
# zsh would show goes through `compadd`, which only a terminal has.
ASKED = {
    "bash": "COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _mlops_completion mlops\n"
    'printf "%s\\n" "${{COMPREPLY[@]}}"\n',
    "zsh": "compadd() {{ print -l -- $completions }}\n"
    "_describe() {{ print -l -- ${{completions_with_descriptions%%:*}} }}\n"
    "words=({words}); CURRENT=${{#words}}; _mlops_completion\n",
    "fish": "complete --do-complete '{line}' | string replace --regex '\\t.*' ''\n",
}
ALONE = {"bash": ("--norc", "--noprofile"), "zsh": ("-f",), "fish": ("--no-config",)}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for path in ("conf/pipeline/churn.yaml", "conf/pipeline/fraud.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "conf/project.yaml").write_text("name: shop\nenvironments: {staging: {}, prod: {}}\n")
    return tmp_path


def completed(shell: str, line: str, folder: Path) -> list[str]:
    words = " ".join(f"'{word}'" for word in line.split(" "))
    script = f"{LINES[shell]}\n{ASKED[shell].format(words=words, line=line)}"
    environment = {**os.environ, "HOME": str(folder), "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        [shell, *ALONE[shell], "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING,
    )
    assert done.stderr == ""
    return sorted(filter(None, done.stdout.splitlines()))


def test_the_page_tells_all_three() -> None:
    assert sorted(LINES) == sorted(ASKED)


@pytest.mark.parametrize("shell", sorted(ASKED))
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("mlops run ch", ["churn"]),
        ("mlops release churn --env ", ["prod", "staging"]),
        ("mlops gate churn --exp", ["--explain"]),
    ],
    ids=["pipeline", "environment", "option"],
)
def test_a_shell_completes(shell: str, line: str, found: list[str], shop: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert completed(shell, line, shop) == found
