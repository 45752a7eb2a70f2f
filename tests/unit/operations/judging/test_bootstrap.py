"""A base from before the repository began judges nothing; saying so is no pass."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlops.cli.main as cli
from tests.builders.repositories import commit, edit, make_repository


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the commit before the configuration came."""
    before = commit(tmp_path, "nothing")
    make_repository(tmp_path)
    monkeypatch.chdir(tmp_path)
    return before


def test_nothing_judged_it_but_itself(empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["validate", "--base", empty]) == 7
    assert capsys.readouterr().err == (
        "bootstrap: nothing here judged this but itself\n"
        f"hint: {empty[:8]} has no conf/project.yaml: push the commit after `mlops init` to main by hand, "
        "then open pull requests against it\n"
    )
    begun = commit(tmp_path, "begin")
    assert cli.run(["validate", "--base", begun]) == 0


def test_what_is_wrong_is_told_first(empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(tmp_path, "conf/project.yaml", "name: ", "nam: ")
    assert cli.run(["validate", "--base", empty]) == 4
    assert "bootstrap" not in capsys.readouterr().err
