"""`mlops history NAME --verify`: the main line held to its own ledger, without a network."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.ledger.course import course
from mlops.ledger.entry import Entry
from mlops.operations.auditing.past import steps_of
from mlops.operations.auditing.repair import repair
from mlops.operations.tracing.grades import linear
from tests.builders.kept import FOLDER, judge, line, live, make_kept, merge, waive
from tests.builders.repositories import commit, git
from tests.builders.work import calls

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_kept(tmp_path_factory.mktemp("kept") / "shop")
    for seed in (2, 3):
        judge(root, seed)
        live(root, seed)
        commit(root, f"Another, {seed}")
    return root


@pytest.fixture
def root(tmp_path: Path, _kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = shutil.copytree(_kept, tmp_path / "shop")
    monkeypatch.chdir(root)
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    return root


def lines(root: Path) -> list[str]:
    """Say what is not as it should be, or was mended, place by place."""
    return [
        f"{grade.place}: {grade.state}: {grade.said}"
        for place, steps in sorted(steps_of(root, "churn").items())
        for grade in linear("churn", course("churn", place, steps))
        if not grade.said.endswith((" entries", " entry"))
    ]


def graded(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["history", "churn", "--verify", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_what_holds_and_what_nobody_looked_at_is_said_line_by_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = graded(capsys)
    assert code == 0, out + err
    rows = [(row.split()[0], row.split()[1]) for row in out.splitlines()[1:]]
    assert rows == [
        ("linear", "model"),
        ("linear", "prod"),
        ("approved", "prod"),
        ("signed", "prod"),
        ("replayed", "model"),
    ]
    assert "model  holds          3 entries" in out
    assert "prod   holds          2 entries" in out
    assert "approval: not looked at" in out
    assert "conf/policy.yaml names no signers" in out
    assert json.loads(graded(capsys, "-o", "json")[1])[0] == {
        "grade": "linear", "place": "model", "state": "holds", "said": "3 entries", "code": 0, "hint": "",
    }  # fmt: skip


def test_a_line_of_git_that_was_cut_off_says_what_to_fetch(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "short")
    monkeypatch.chdir(tmp_path / "short")
    assert graded(capsys) == (6, "", "the history before was not fetched\nhint: git fetch --unshallow\n")


def test_an_environment_that_nobody_knows_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = graded(capsys, "--env", "Prod")
    assert (code, err.splitlines()[0]) == (4, "there is no environment `Prod`")


def oldest(root: Path) -> Path:
    (entry,) = (entry for entry in line(root).entries.values() if not entry.parents)
    return root / FOLDER / f"{entry.name}.json"


def newest(root: Path) -> Path:
    return root / FOLDER / f"{line(root).tips[0]}.json"


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"pass"', b'"fail"'))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "edited": (lambda root: edit(oldest(root)), "edited"),
    "cut": (lambda root: oldest(root).unlink(), "took away"),
    "the newest cut": (lambda root: (newest(root).unlink(), judge(root, 2, entered=False)), "took away"),
    "a link": (lambda root: (oldest(root).unlink(), oldest_link(root)), "edited"),
    "released without an entry": (lambda root: live(root, 9, entered=False), "has no entry of the release of"),
    "released elsewhere for the first time without an entry": (
        lambda root: live(root, 9, "staging", entered=False),
        "has no entry of the release of",
    ),
    "gone back without an entry": (lambda root: live(root, 2, entered=False), "has no entry of the release of"),
    "judged without an entry": (lambda root: judge(root, 9, entered=False), "has no entry of the verdict of"),
    "waived without an entry": (lambda root: waive(root, entered=False), "has no entry of the waiver of auroc"),
    "with a name of any bytes": (lambda root: (root / FOLDER / "x\n\x01:y\\.json").write_text(""), "brought x\n"),
}


def oldest_link(root: Path) -> None:
    made = git(root, "show", "--name-only", "--format=", "HEAD~2", "--", FOLDER).split()
    (root / made[0]).symlink_to("/dev/null")


@pytest.mark.parametrize("how", SPOILT)
def test_what_was_merged_past_every_check_is_named_by_its_commit_and_mended_by_a_change(
    how: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, what = SPOILT[how]
    spoil(root)
    bad = commit(root, "Merge something")
    if not how.endswith("without an entry"):
        judge(root, 10)  # others work on, and come after what is left
        commit(root, "Another")
    assert any(f": does not hold: {bad[:8]} {what}" in found for found in lines(root))
    code, out, err = graded(capsys)
    assert (code, f"{bad[:8]} " in out) == (5, True)
    assert "hint: mlops enter churn --repair, then git add -A pipelines/churn/ledger, and commit it\n" in err
    git(root, "switch", "-q", "-c", "mend")
    repair(root, "churn")
    commit(root, "Mend the ledger")
    assert run(["validate", "churn", "--base", "main"]) in (0, 7)
    git(root, "switch", "-q", "main")
    merge(root, "mend")
    assert [text for text in lines(root) if "; mended by " not in text and " forks it, " not in text] == []
    capsys.readouterr()
    assert graded(capsys)[0] == 0


def test_forks_are_named_and_joined(root: Path) -> None:
    for branch, decide in (("one", lambda: judge(root, 5)), ("other", lambda: waive(root))):
        git(root, "switch", "-q", "-c", branch, "main")
        decide()
        commit(root, branch)
    git(root, "switch", "-q", "main")
    merge(root, "one")
    merge(root, "other")
    fork = git(root, "rev-parse", "--short=8", "HEAD").strip()
    assert lines(root) == [f"model: holds: {fork} forks it, not joined yet"]
    judge(root, 6)
    joined = commit(root)[:8]
    assert lines(root) == [f"model: holds: {fork} forks it, joined by {joined}"]


def test_a_line_twice_as_long_takes_twice_the_work(tmp_path: Path) -> None:
    """Two processes of Git, however long the line is."""
    tips: tuple[str, ...] = ()
    stream: list[bytes] = []
    for number in range(400):
        documents = {"conf/release/prod/churn.yaml": f"sha256:{number:064x}"}
        entry = Entry(kind="release", pipeline="churn", place="prod", documents=documents, parents=tips)
        tips = (entry.name,)
        path = f"pipelines/churn/ledger/prod/{entry.name}.json"
        stream.append(
            b"commit refs/heads/main\ncommitter t <t@example.org> %d +0000\ndata 1\n.\nM 644 inline %s\ndata %d\n%s\n"
            % (number, path.encode(), len(entry.data), entry.data)
        )
    git(tmp_path, "init", "-q", "-b", "main", ".")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=tmp_path, input=b"".join(stream), check=True)

    def follow(reference: str, length: int) -> None:
        followed = course("churn", "prod", steps_of(tmp_path, "churn", reference)["prod"])
        assert (followed.entries, followed.wrong, followed.forks) == (length, (), ())

    follow("main~398", 2)  # whatever is made once
    assert calls(lambda: follow("main", 400)) < 2.2 * calls(lambda: follow("main~200", 200))
