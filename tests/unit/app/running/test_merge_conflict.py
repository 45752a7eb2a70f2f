"""A merge that left both versions of a lock in it: every verb that reads it says the same, and what to type."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.repositories import commit, edit, git, make_repository, record

LOCK = "pipelines/churn/dvc.lock"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in the middle of a merge of two branches that both ran the pipeline."""
    record(make_repository(tmp_path))
    commit(tmp_path)
    git(tmp_path, "switch", "-q", "-c", "other")
    edit(tmp_path, LOCK, "seed: 0", "seed: 1")
    commit(tmp_path, "theirs")
    git(tmp_path, "switch", "-q", "main")
    edit(tmp_path, LOCK, "seed: 0", "seed: 2")
    commit(tmp_path, "ours")
    merged = subprocess.run(["git", "merge", "-q", "other"], cwd=tmp_path, capture_output=True, check=False)
    assert merged.returncode != 0
    return tmp_path


@pytest.mark.parametrize("arguments", [["plan"], ["verify"], ["run", "churn"]], ids=" ".join)
def test_the_markers_are_named_with_a_cure_that_git_takes(
    root: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = (root / LOCK).read_text().splitlines().index("<<<<<<< HEAD") + 1
    monkeypatch.chdir(root)
    assert run(arguments) == 5
    assert capsys.readouterr().err == (
        f"{LOCK} holds the conflict markers of a merge (line {line})\n"
        f"hint: take one: git checkout --ours -- {LOCK}, or --theirs, or delete it; then mlops run churn\n"
    )
    git(root, "checkout", "--ours", "--", LOCK)
    assert "<<<<<<<" not in (root / LOCK).read_text()


def test_a_text_that_speaks_of_markers_is_no_conflict(root: Path) -> None:
    git(root, "checkout", "--ours", "--", LOCK)
    edit(root, LOCK, "schema: '2.0'", "# <<<<<<< HEAD is how a conflict begins\nschema: '2.0'")
    from mlops.app.planning.lock import read_lock

    assert "train" in read_lock(root, "pipelines/churn")
