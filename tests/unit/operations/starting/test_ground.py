"""Where a repository may begin, and what is said where it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.operations.starting.ground import look
from tests.builders.repositories import commit, git


def refused(folder: Path) -> tuple[str, str, int]:
    with pytest.raises(MlopsError) as caught:
        look(folder)
    return caught.value.message, caught.value.hint, caught.value.exit_code


def test_an_absent_or_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert look(tmp_path / "a" / "b") is False
    assert look(tmp_path) is False


def test_a_clone_of_an_empty_repository_with_an_environment_and_a_licence_will_do(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "LICENSE.md").write_text("")
    (tmp_path / ".mlops" / "cache").mkdir(parents=True)
    assert look(tmp_path) is True


def test_a_registry_that_somebody_left_is_not_built_upon(tmp_path: Path) -> None:
    (tmp_path / ".mlops").mkdir()
    (tmp_path / ".mlops" / "mlflow.db").write_text("")
    assert refused(tmp_path)[0] == f"{tmp_path} is in use: .mlops/"


def test_a_folder_in_use_is_refused_by_what_is_in_it(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py", "d.py", "e.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "conf").mkdir()
    assert refused(tmp_path) == (
        f"{tmp_path} is in use: a.py, b.py, c.py, conf/, d.py and 1 more",
        "name another folder, or move them away and back afterwards",
        4,
    )


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")
    message = f"{tmp_path / 'shop'} is not a folder"
    assert refused(tmp_path / "shop") == (message, "name a folder, or one that is not there yet", 4)


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare")
    message = f"{tmp_path} is a bare Git repository: it has no files to work on"
    assert refused(tmp_path) == (message, "clone it, and run mlops init in the clone", 4)
    assert refused(tmp_path / "shop")[0] == message


def test_a_shallow_clone_lacks_what_changes_are_judged_by(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    commit(tmp_path / "old", "one")
    commit(tmp_path / "old", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", (tmp_path / "old").as_uri(), "new")
    message = f"{tmp_path / 'new'} is a shallow clone: what changes are judged by is in the history that it lacks"
    assert refused(tmp_path / "new") == (message, "git fetch --unshallow", 4)


def test_a_folder_inside_a_repository_is_not_its_top(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    message = f"{tmp_path / 'shop'} is inside the Git repository {tmp_path}"
    assert refused(tmp_path / "shop") == (message, "name a folder outside, or the top of a repository that is empty", 4)


def test_a_repository_of_somebody_else_is_refused_by_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert refused(tmp_path) == (
        "git refuses this folder: it belongs to somebody else",
        f"if you trust it: git config --global --add safe.directory {tmp_path}",
        6,
    )


def test_a_damaged_repository_is_told_in_gits_words(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "config").write_text("[core\n")
    message, hint, code = refused(tmp_path)
    assert message == f"git cannot read {tmp_path}: fatal: bad config line 1 in file .git/config"
    assert (hint, code) == ("git status says more", 6)


def test_without_git_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused(tmp_path / "shop") == ("git is not installed", "install git", 6)


def test_the_kinds_of_refusal_are_told_apart() -> None:
    assert (ConfigurationError.exit_code, InfrastructureError.exit_code) == (4, 6)
