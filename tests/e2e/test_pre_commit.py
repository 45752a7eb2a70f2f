"""The hooks that other repositories name, and those that `mlops init` writes, run by pre-commit itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.builders.begun import Shell, begin
from tests.builders.repositories import commit, edit, git
from tests.conftest import ROOT

pytest.importorskip("pre_commit")
pytestmark = [pytest.mark.slow, pytest.mark.tools]

PARTS = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "mlops")
HELD = ["the configuration holds", "compiled files match the YAML"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put what pre-commit clones and installs into a repository of its own."""
    folder = tmp_path_factory.mktemp("hooks") / "source"
    folder.mkdir()
    for part in PARTS:
        there = ROOT / part
        copy = shutil.copytree if there.is_dir() else shutil.copy
        copy(there, folder / part, **({"ignore": shutil.ignore_patterns("__pycache__")} if there.is_dir() else {}))
    commit(folder, "Hooks")
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Shell:
    return begin("new", tmp_path)


def asked(shop: Shell, source: Path) -> None:
    """Name our hooks, as docs/install.md shows."""
    hooks = [{"id": "mlops-validate"}, {"id": "mlops-compile-check"}]
    config = {"repos": [{"repo": str(source), "rev": git(source, "rev-parse", "HEAD").strip(), "hooks": hooks}]}
    (shop.here / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))


def run(shop: Shell) -> subprocess.CompletedProcess[str]:
    """Run all hooks. What ours need is here already, so that pip installs our package alone, and asks no index."""
    environment = {
        **os.environ,
        "HOME": str(shop.home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(shop.home / "pre-commit"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("site-packages")),
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say that there is none
        "VIRTUALENV_NO_DOWNLOAD": "1",
        "COLUMNS": "120",
    }
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    return subprocess.run(command, cwd=shop.here, env=environment, capture_output=True, text=True, check=False)


def passed(text: str) -> dict[str, bool]:
    lines = [line for line in text.splitlines() if line.endswith(("Passed", "Failed"))]
    return {line.split("...")[0]: line.endswith("Passed") for line in lines}


def test_hooks_of_a_commit_of_ours_pass_and_say_file_line_and_column(shop: Shell, source: Path) -> None:
    asked(shop, source)
    commit(shop.here, "Hooks")
    done = run(shop)
    assert passed(done.stdout) == dict.fromkeys(HELD, True), done.stdout + done.stderr
    edit(shop.here, "conf/pipeline/churn.yaml", "target: left", "target: lefd")
    done = run(shop)
    assert passed(done.stdout) == dict.fromkeys(HELD, False), done.stdout + done.stderr
    assert "conf/pipeline/churn.yaml:13:16: `lefd` is not a column of data/churn.csv [unknown-column]" in done.stdout
    edit(shop.here, "conf/pipeline/churn.yaml", "target: lefd", "target: left, drop_null_target: true")
    done = run(shop)
    assert passed(done.stdout) == dict(zip(HELD, (True, False), strict=True)), done.stdout + done.stderr
    assert "hint: run `mlops compile` and commit what it writes" in done.stdout


def test_what_init_writes_is_run_too(shop: Shell) -> None:
    done = run(shop)
    assert passed(done.stdout) == {"mlops validate": True, "mlops compile --check": True}, done.stdout + done.stderr
