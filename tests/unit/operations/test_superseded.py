"""A repository of the release before: its catalogue and the root lock leave Git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.operations.compiling.compile import check_files
from mlops.operations.starting.upgrade import Wanted, upgrade
from mlops.operations.starting.upgraded import Upgraded
from mlops.operations.superseded import superseded
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, git, make_repository

pytestmark = pytest.mark.slow

LOCK = """\
schema: '2.0'
stages:
  catalogue:
    cmd: PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage catalogue
    deps:
    - path: pipelines/churn/reports/gate.json
      hash: md5
      md5: 6a74e09d8f49c7e96c2ac9f827117799
      size: 1
    outs:
    - path: pipelines/catalogue.json
      hash: md5
      md5: d45aafcfc769e984a2acc62658254499
      size: 1
"""
CATALOGUE = json.dumps({"schema_version": 1, "pipelines": {"churn": {"bundle": "sha256:1", "verdict": "pass"}}})
BOTH = ("dvc.lock", "pipelines/catalogue.json")
SAID = """\
dvc.lock and pipelines/catalogue.json: an earlier release made this, and nothing does any more
hint: git rm -q --force --ignore-unmatch dvc.lock pipelines/catalogue.json && rm -f dvc.lock pipelines/catalogue.json
"""


def leave(root: Path) -> Path:
    """Leave what that release's runs wrote."""
    (root / "dvc.lock").write_text(LOCK)
    (root / "pipelines/catalogue.json").write_text(CATALOGUE)
    commit(root, "Recorded by an earlier release")
    return root


def typed(root: Path, command: str) -> None:
    """Type what was said."""
    subprocess.run(["/bin/sh", "-c", command], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_repository(tmp_path)
    monkeypatch.chdir(root)
    assert run(["compile"]) == 0
    return leave(root)


def test_a_compile_says_what_to_type_every_time_and_that_ends_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["compile"], ["compile"], ["compile", "--check"]):
        capsys.readouterr()
        assert run(arguments) == 0
        assert capsys.readouterr().err.startswith(SAID)
    typed(root, SAID.splitlines()[1].removeprefix("hint: "))
    assert not [path for path in BOTH if (root / path).exists()]
    assert git(root, "status", "--porcelain").split() == ["D", "dvc.lock", "D", "pipelines/catalogue.json"]
    assert run(["compile"]) == 0
    assert "earlier release" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        LOCK.replace("mlops stage catalogue", "python catalogue.py"),
        LOCK.replace("catalogue:", "a: {cmd: x}\n  b:"),
        "[",
    ],
)
def test_a_lock_of_somebody_elses_is_not_spoken_of(root: Path, text: str) -> None:
    (root / "dvc.lock").write_text(text)
    assert superseded(root) == ("pipelines/catalogue.json",)


@pytest.mark.parametrize("text", ["[]", "{", '{"schema_version": 1}', '{"schema_version": 2, "pipelines": []}'])
def test_a_file_of_that_name_of_somebody_elses_is_not_spoken_of(root: Path, text: str) -> None:
    (root / "pipelines/catalogue.json").write_text(text)
    assert superseded(root) == ("dvc.lock",)


def test_a_merge_of_two_such_locks_is_ended_by_what_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(root, "switch", "-q", "-c", "other")
    for branch, size in (("other", "size: 2"), ("main", "size: 3")):
        git(root, "switch", "-q", branch)
        (root / "dvc.lock").write_text(LOCK.replace("size: 1", size))
        commit(root, branch)
    assert subprocess.run(["git", "merge", "-q", "other"], cwd=root, capture_output=True, check=False).returncode == 1
    capsys.readouterr()
    assert run(["plan"]) == 5
    line = (root / "dvc.lock").read_text().splitlines().index("<<<<<<< HEAD") + 1
    hint = "git rm -q --force dvc.lock"
    assert capsys.readouterr().err == f"dvc.lock:{line}: conflict markers of a merge\nhint: {hint}\n"
    typed(root, hint)
    git(root, "commit", "-q", "-m", "Merge")
    assert run(["plan"]) == 0


def test_an_upgrade_removes_them(earlier_shop: Path, wheel: Path) -> None:
    leave(earlier_shop)

    def nobody(*_: object) -> int:
        raise AssertionError("another release was called")

    done = upgrade(earlier_shop, Wanted(str(wheel)), None, nobody)
    assert isinstance(done, Upgraded)
    assert set(BOTH) < set(done.files)
    assert not [path for path in BOTH if (earlier_shop / path).exists()]
    assert check_files(open_workspace(earlier_shop)) == ()
