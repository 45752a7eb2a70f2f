"""What the judge asks of a ledger before it makes anything again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.errors import IntegrityError
from mlops.operations.auditing.enter import enter
from mlops.operations.auditing.held import hold_entered
from tests.builders.kept import FOLDER, bundle, judge, line, make_kept, waive
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow
HINT = "mlops enter churn, then git add -A pipelines/churn/ledger, and commit it"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_kept(tmp_path)
    git(root, "switch", "-q", "-c", "change")
    return root


def refused(root: Path, base: str = "main") -> tuple[list[str], str]:
    with pytest.raises(IntegrityError) as caught:
        hold_entered(root, "churn", base)
    first, *found = str(caught.value).splitlines()
    assert first == "churn: the ledger does not hold"
    return found, caught.value.hint


def test_a_verdict_that_was_not_entered_is_refused(root: Path) -> None:
    judge(root, 2, entered=False)
    commit(root)
    assert refused(root) == ([f"  {FOLDER} has no entry of the verdict of {bundle(2)[:19]}"], HINT)
    enter(root, "churn")
    hold_entered(root, "churn", "main")


def test_without_a_ledger_a_verdict_that_moved_is_refused_and_one_that_did_not_is_let_through(root: Path) -> None:
    git(root, "switch", "-q", "main")
    shutil.rmtree(root / "pipelines/churn/ledger")
    commit(root, "An old repository")
    hold_entered(root, "churn", "HEAD")
    judge(root, 2, entered=False)
    assert refused(root, "HEAD") == ([f"  {FOLDER} has no entry of the verdict of {bundle(2)[:19]}"], HINT)


def test_a_ledger_that_a_change_takes_away_is_refused(root: Path) -> None:
    name = line(root).tips[0]
    shutil.rmtree(root / "pipelines/churn/ledger")
    commit(root)
    assert refused(root) == ([f"  {FOLDER}/{name}.json is gone, and the main line has it"], HINT)


def test_on_the_main_branch_several_merges_may_lie_between(root: Path) -> None:
    """Main judges by what came before the push: entries of all its merges stand one after another."""
    git(root, "switch", "-q", "main")
    before = commit(root)
    for seed in (2, 3):
        judge(root, seed)
        commit(root)
    waive(root)
    judge(root, 4)  # what a run of CI's left, in no commit yet
    hold_entered(root, "churn", before)


def test_the_verb_says_it(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(root)
    judge(root, 2, entered=False)
    assert run(["gate", "churn", "--base", "main"]) == 5
    assert capsys.readouterr().err == (
        f"churn: the ledger does not hold\n  {FOLDER} has no entry of the verdict of {bundle(2)[:19]}\nhint: {HINT}\n"
    )
