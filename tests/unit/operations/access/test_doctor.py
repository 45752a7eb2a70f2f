from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops.operations.access.doctor import Check, examine
from tests.builders.repositories import git, make_repository

if TYPE_CHECKING:
    import pytest


def verdicts(root: Path) -> dict[str, str]:
    return {check.name: check.verdict for check in examine(root)}


def test_a_folder_without_git_and_dvc_fails(tmp_path: Path) -> None:
    found = verdicts(make_repository(tmp_path))
    assert (found[".git"], found[".dvc"], found["dvc remote"]) == ("fail", "fail", "inconclusive")
    assert (found["python"], found["hydra-core"], found["tracking"]) == ("pass", "pass", "pass")


def test_a_remote_that_does_not_verify_fails(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text("['remote \"storage\"']\n    url = /data\n")
    assert verdicts(root)["dvc remote storage"] == "fail"
    (root / ".dvc" / "config").write_text("['remote \"storage\"']\n    url = /data\n    verify = true\n")
    assert verdicts(root)["dvc remote storage"] == "pass"


def test_a_broken_project_file_is_named(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "conf" / "project.yaml").write_text("name: [")
    assert verdicts(root)["tracking"] == "fail"


def of_git(root: Path) -> Check:
    return next(check for check in examine(root) if check.name == ".git")


def test_git_itself_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path)
    git(root, "init", "-q")
    assert of_git(root) == Check(".git", "pass", "found")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # Git's own switch, as in a container of another user
    assert of_git(root) == Check(
        ".git",
        "fail",
        "git refuses this folder: it belongs to somebody else",
        f"if you trust it: git config --global --add safe.directory {root}",
    )


def test_a_folder_of_that_name_is_no_repository(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / ".git").mkdir()
    assert of_git(root) == Check(".git", "fail", "is no repository of Git's", "move it away, then git init")
