"""A disk that is full, read-only or another's: every verb ends with 6, the path and the reason, and no traceback."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.cli.main import VERBS, run
from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.bundles import make_bundle
from tests.builders.disk import refusing
from tests.builders.released import run_of
from tests.builders.repositories import BASE, commit, make_repository

pytestmark = pytest.mark.slow

CHURN = (BASE / "conf/pipeline/churn.yaml").read_text()
TABLE = "age,left\n" + "".join(f"{20 + row % 40},{'yes' if row % 3 else 'no'}\n" for row in range(120))
WRITES: dict[str, tuple[list[str], str]] = {
    "compile": (["compile"], ".github/CODEOWNERS"),
    "run": (["run", "tiny"], "pipelines/tiny/.gitignore"),
    "run --smoke": (["run", "tiny", "--smoke"], ".mlops/smoke/pipelines/tiny"),
    "try": (["try", "tiny", "model.linear.l2=2"], ".mlops/locks"),
    "waive": (
        ["waive", "tiny", "auroc", "--reason", "a long one", "--owner", "@a", "--approver", "@b"],
        "conf/waiver",
    ),
    "adopt": (["adopt", "tiny"], ".mlops/judged"),
    "register": (["register", "tiny"], ".mlops/bundles"),
    "release": (["release", "tiny", "--env", "staging"], ".mlops"),
    "reconcile": (["reconcile", "--env", "staging"], ".mlops"),
    "schema": (["schema", "--write"], "conf/README.md"),
}
"""Verbs that write, by what is typed, and the first path that the system refuses to them."""
REASONS = {
    errno.ENOSPC: ("No space left on device", "make room on the disk"),
    errno.EROFS: ("Read-only file system", "the disk is mounted read-only: work on one that can be written"),
    errno.EACCES: ("Permission denied", "give yourself the right to it"),
}
READS = {
    "validate": ["validate"],
    "render": ["render", "tiny"],
    "explain": ["explain", "tiny", "model"],
    "plan": ["plan"],
    "compare": ["compare", "tiny", "HEAD", "HEAD"],
    "gate": ["gate", "tiny"],
    "verify": ["verify"],
    "show": ["show"],
    "catalogue": ["catalogue"],
    "history": ["history", "tiny"],
    "why": ["why", "sha256:000000000000"],
    "comment": ["comment", "evidence"],
    "doctor": ["doctor"],
    "kinds": ["kinds"],
    "schema": ["schema"],
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which `tiny` has a bundle that may be released."""
    root = make_repository(tmp_path / "shop", tiny=CHURN)
    run_of(root, "tiny", make_bundle(tmp_path / "bundle"))
    (root / "table.csv").write_text(TABLE)
    (root / "pipelines/tiny/data").mkdir()
    (root / "pipelines/tiny/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    commit(root)
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("number", REASONS, ids=errno.errorcode.get)
def test_a_verb_that_writes(verb: str, number: int, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, path = WRITES[verb]
    with refusing(root, number):
        assert run(arguments) == 6
    reason, cure = REASONS[number]
    assert capsys.readouterr().err == f"{path}: {reason}\nhint: {cure}, then run this again\n"


def test_a_new_model_and_a_log_say_more(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with refusing(root, errno.EROFS):
        assert run(["new", "rain", "--data", "table.csv", "--target", "left"]) == 6
        assert run(["serve", "pipelines/tiny/artifacts/bundle", "--log", "log"]) == 6
    assert [line for line in capsys.readouterr().err.splitlines() if "cannot be written" in line] == [
        "pipelines/rain/data/table.csv cannot be written: Read-only file system",
        "the prediction log cannot be written to log: Read-only file system",
    ]


def test_a_stage_says_it_and_leaves_it_to_the_run_as_its_cause(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_files(open_workspace(root))
    monkeypatch.chdir(root / "pipelines/tiny")
    with refusing(root / "pipelines/tiny", errno.ENOSPC):
        assert run(["stage", "ingest"]) == 6
    assert capsys.readouterr().err.splitlines()[1:] == [
        "artifacts/raw.parquet: No space left on device",
        "hint: make room on the disk, then run this again",
    ]
    recorded = json.loads((root / ".mlops/results/tiny.json").read_bytes())
    assert (recorded["code"], recorded["cause"]) == (6, "artifacts/raw.parquet: No space left on device")
    with refusing(root, errno.ENOSPC):  # then it cannot be recorded either, and nothing else is told for that
        assert run(["stage", "ingest"]) == 6
    assert capsys.readouterr().err.splitlines()[1:2] == ["artifacts/raw.parquet: No space left on device"]


@pytest.mark.parametrize("verb", READS)
def test_a_verb_that_only_reads_does_not_mind(verb: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = run(READS[verb])
    before = capsys.readouterr()
    with refusing(root, errno.EROFS):
        assert run(READS[verb]) == ended
    assert capsys.readouterr() == before


def test_every_verb_is_looked_at() -> None:
    elsewhere = {
        "init": "tests/unit/operations/starting/test_laying.py",
        "upgrade": "tests/unit/files/test_exchange.py",
        "fetch": "tests/unit/operations/running/test_fetch.py",
        "gc": "deletes",
        "repair": "writes to the remote and the registry alone",
        "record": "writes as any proposal does",
        "sign": "writes into the registry, and beside a bundle as register does",
        "rollback": "writes as release does",
        "judge": "needs the checkout of a change; writes as gate does",
        "enter": "writes as release does",
        "monitor": "needs a log",
        "retrain": "needs a log",
        "identity": "needs a job",
        "image": "tests/unit/operations/containers/test_context.py",
        "data": "only reads two files that are named",
        "new": "above",
        "serve": "above",
        "score": "tests/unit/operations/scoring/test_score.py",
        "stage": "above",
        "tune": "writes as run does",
    }
    assert {verb.split()[0] for verb in (*WRITES, *READS, *elsewhere)} == set(VERBS)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
def test_output_that_cannot_be_written_is_told_and_no_success(root: Path) -> None:
    command = [sys.executable, "-m", "mlops", "render", "tiny"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=root, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        6,
        "standard output: No space left on device\nhint: make room on the disk, then run this again\n",
    )


def test_a_registry_on_a_disk_that_is_read_only_is_not_said_to_be_silent(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".mlops").mkdir()
    (root / ".mlops/mlflow.db").write_bytes(b"SQLite format 3\0")
    with refusing(root / ".mlops", errno.EROFS):
        assert run(["show"]) == 0
        assert run(["reconcile", "--env", "staging"]) == 6
    assert capsys.readouterr().err.splitlines()[-2] == ".mlops/mlflow.db.lock: Read-only file system"
