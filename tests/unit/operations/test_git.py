from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.operations.git import changed_between, changed_files, commit_of, files_at
from tests.builders.repositories import commit

NOWHERE = "0" * 40


def test_several_files_of_a_commit_are_read_at_once(tmp_path: Path) -> None:
    contents = {"a": b"x\n", "folder/b c": b"", "binary": bytes(range(256)), "n": b"no newline", "\udcff": b"no UTF-8"}
    for path, data in contents.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    found = files_at(tmp_path, commit(tmp_path), ["nowhere", *contents, "folder", "a\nb"])
    assert found == contents


def test_what_git_cannot_compare_is_no_silence(tmp_path: Path) -> None:
    known = commit(tmp_path)
    with pytest.raises(InfrastructureError, match="git cannot compare 00000000 with the working tree"):
        changed_files(tmp_path, NOWHERE, ".")
    with pytest.raises(InfrastructureError, match=f"git cannot compare {known[:8]} with 00000000"):
        changed_between(tmp_path, known, NOWHERE, ["a"])


@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8"])
def test_a_folder_of_somebody_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    folder = tmp_path / "a shared folder"
    folder.mkdir()
    commit(folder)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("LC_ALL", language)
    with pytest.raises(InfrastructureError) as caught:
        commit_of(folder, "HEAD")
    assert (caught.value.exit_code, caught.value.message, caught.value.hint) == (
        6,
        "git refuses this folder: it belongs to somebody else",
        f"if you trust it: git config --global --add safe.directory '{folder}'",
    )
