"""The ledger as a change writes it: after what the main line had, whatever the branch, and never twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.diagnostics import Diagnostic
from mlops.ledger.decided import retraining
from mlops.operations.auditing.check import unentered
from mlops.operations.auditing.enter import due, enter, enter_verdict
from mlops.operations.auditing.start import start_of
from mlops.operations.project import open_project
from tests.builders.kept import GATE, bundle, files, judge, line, live, make_kept, merge, waive
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kept(tmp_path_factory.mktemp("kept") / "shop")


@pytest.fixture
def root(tmp_path: Path, _kept: Path) -> Path:
    return shutil.copytree(_kept, tmp_path / "shop")


def wrong(root: Path, base: str | None = None) -> list[Diagnostic]:
    return list(unentered(root, open_project(root)[1], ["churn"], base))


def test_a_verdict_has_one_entry_however_often_it_is_entered(root: Path) -> None:
    before = files(root)
    assert len(before) == 1
    assert enter(root, "churn") == enter_verdict(root, "churn") == ()
    assert files(root) == before
    assert wrong(root) == wrong(root, "main") == []


def test_another_verdict_comes_after_it_and_takes_the_place_of_one_that_is_not_merged(root: Path) -> None:
    git(root, "switch", "-q", "-c", "change")
    first = set(files(root))
    for seed in (2, 3):
        judge(root, seed)
        commit(root)
    (entry,) = line(root).newest({"verdict"})
    assert set(files(root)) == {*first, f"{entry.name}.json"}
    assert entry.parents == tuple(name.removesuffix(".json") for name in first)
    assert entry.subject == bundle(3)
    assert wrong(root, "main") == []


def test_two_branches_touch_no_file_twice_and_the_next_joins_them(root: Path) -> None:
    for branch, decide in (("one", lambda: judge(root, 2)), ("other", lambda: waive(root))):
        git(root, "switch", "-q", "-c", branch, "main")
        decide()
        commit(root, branch)
        assert wrong(root, "main") == []
    git(root, "switch", "-q", "main")
    merge(root, "one")
    assert wrong(root, "HEAD^") == []
    merge(root, "other")
    assert wrong(root, "HEAD^") == []
    assert len(line(root).tips) == 2
    git(root, "switch", "-q", "-c", "next")
    judge(root, 3)
    (entry,) = line(root).newest({"verdict"})
    assert len(entry.parents) == 2
    assert line(root).tips == (entry.name,)


def test_a_release_a_rollback_and_a_removal_each_have_theirs(root: Path) -> None:
    for seed in (1, 2, 1, None):
        live(root, seed)
        assert wrong(root, "main") == []
        commit(root)
    kinds = {}
    found = line(root, "prod")
    for entry in found.entries.values():
        kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
    assert kinds == {"release": 2, "rollback": 1, "removal": 1}
    assert [found.entries[name].kind for name in found.tips] == ["removal"]


def test_what_was_edited_by_hand_is_told_and_entered(root: Path) -> None:
    commit(root)
    git(root, "switch", "-q", "-c", "change")
    waive(root, entered=False)
    live(root, 2, entered=False)
    enter(root, "churn", "prod")  # which begins that line, and not what is of the model
    (found,) = wrong(root)
    assert (found.message, found.position.file, found.rule) == (
        "pipelines/churn/ledger/model has no entry of the waiver of auroc",
        "pipelines/churn/ledger/model",
        "ledger",
    )
    assert found.hint == "mlops enter churn, then git add -A pipelines/churn/ledger, and commit it"
    assert len(enter(root, "churn")) == 1
    assert wrong(root) == wrong(root, "main") == []


def test_while_a_branch_is_merged_in_its_entries_stay(root: Path) -> None:
    """In the middle of a merge HEAD still grew from an old commit; what main has by now is no superseded entry."""
    git(root, "switch", "-q", "-c", "change")
    judge(root, 2)
    commit(root)
    git(root, "switch", "-q", "main")
    judge(root, 3)
    commit(root)
    theirs = set(files(root))
    git(root, "switch", "-q", "change")
    git(root, "merge", "-q", "--no-commit", "-s", "ours", "main")
    git(root, "checkout", "-q", "main", "--", "pipelines/churn/ledger")
    judge(root, 4)
    assert theirs <= set(files(root))
    commit(root)
    assert wrong(root, "main") == []
    (entry,) = line(root).newest({"verdict"})
    (parent,) = entry.parents
    assert f"{parent}.json" in theirs


def test_on_the_main_branch_each_commit_comes_after_the_one_before(root: Path) -> None:
    assert start_of(root, "main")[0] == git(root, "rev-parse", "HEAD").strip()
    for seed in (2, 3):
        judge(root, seed)
        commit(root)
    assert len(files(root)) == 3
    assert len(line(root).tips) == 1


def test_without_a_commit_and_without_git_a_line_begins(tmp_path: Path) -> None:
    root = make_kept(tmp_path)
    shutil.rmtree(root / ".git")
    judge(root, 2)
    assert [entry.parents for entry in line(root).entries.values()] == [(), ()] or len(files(root)) == 1
    assert start_of(root, "main") == (None, ())


def test_a_retraining_names_its_rows(root: Path) -> None:
    file = "pipelines/churn/data/rows/2026-01-01.csv"
    text = "age,left\n40,yes\n"
    planned = due(root, "churn", "model", more=[retraining(file, text.encode(), "drift")])
    for path, data in {**planned, file: text.encode()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data or b"")
    assert len(planned) == 1
    assert wrong(root, "main") == []
    (root / file).write_text(text + "41,no\n")
    (found,) = wrong(root, "main")
    assert found.message.endswith(".json is of a retraining that no file says")


@pytest.mark.parametrize("begun", [True, False], ids=["with a ledger of its model", "without any ledger"])
def test_what_a_change_decides_has_its_entry_also_the_first_of_its_folder(root: Path, begun: bool) -> None:
    if not begun:
        shutil.rmtree(root / "pipelines/churn/ledger")
        commit(root, "As an older release left it")
    git(root, "switch", "-q", "-c", "change")
    live(root, 1, entered=False)
    waive(root, entered=False)
    judge(root, 2, entered=False)
    assert {found.message.partition("ledger/")[2] for found in wrong(root, "main")} == {
        f"prod has no entry of the release of {bundle(1)[:19]}",
        "model has no entry of the waiver of auroc",
        f"model has no entry of the verdict of {bundle(2)[:19]}",
    }
    enter(root, "churn")
    assert wrong(root, "main") == []


def test_a_pipeline_without_a_ledger_is_asked_for_none(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(root / "pipelines/churn/ledger")
    live(root, 1, entered=False)
    commit(root)
    monkeypatch.chdir(root)
    assert wrong(root, "HEAD") == []
    (root / "conf/release/prod/churn.yaml").unlink()  # what never had an entry is taken away with one
    (found,) = wrong(root, "HEAD")
    assert found.message == "pipelines/churn/ledger/prod has no entry of the removal"
    assert run(["enter", "churn"]) == 0
    (name,), (gone,) = files(root), files(root, "prod")
    out = capsys.readouterr()
    assert out.out == f"pipelines/churn/ledger/model/{name}\npipelines/churn/ledger/prod/{gone}\n"
    assert out.err == "churn: commit them with what they are about: git add -A pipelines/churn/ledger\n"
    assert run(["enter"]) == 0
    assert capsys.readouterr().err == "churn: nothing to enter\n"
    (root / GATE).unlink()
    assert wrong(root) == []  # of what no file says nothing is asked: a report may be gone
