"""A merge that left both versions in what is compiled or recorded: every verb that goes by it says the same."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlops.cli.main import VERBS, run
from tests.builders.comments import gate, rule
from tests.builders.repositories import commit, edit, git, make_repository, record

pytestmark = pytest.mark.slow

LOCK = "pipelines/churn/dvc.lock"
PARAMS = "pipelines/churn/params.yaml"
GATE = "pipelines/churn/reports/gate.json"
BUNDLE = "pipelines/churn/reports/bundle.json"
METRICS = "pipelines/churn/reports/metrics.json"
OWNERS = ".github/CODEOWNERS"
FILES = {LOCK: "seed: ", PARAMS: "seed: ", GATE: '"value": ', BUNDLE: '"seed": ', METRICS: '"seed": ', OWNERS: "@seed-"}
GOES_BY = {
    "compile": ["compile", "--check"],
    "plan": ["plan"],
    "fetch": ["fetch", "churn"],
    "run": ["run", "churn", "--frozen"],
    "try": ["try", "churn", "model.linear.l2=2"],
    "tune": ["tune", "churn"],
    "compare": ["compare", "churn", "HEAD", "HEAD"],
    "gate": ["gate", "churn"],
    "judge": ["judge", "churn", "--change", "change"],
    "comment": ["comment", "evidence"],
    "enter": ["enter", "churn"],
    "verify": ["verify"],
    "adopt": ["adopt", "churn"],
    "register": ["register", "churn"],
    "sign": ["sign", "churn"],
    "record": ["record", "churn"],
    "release": ["release", "churn", "--env", "staging"],
    "rollback": ["rollback", "churn", "--env", "staging"],
    "reconcile": ["reconcile", "--env", "staging"],
    "gc": ["gc"],
    "repair": ["repair", "churn", "--remote"],
    "show": ["show"],
    "catalogue": ["catalogue"],
    "history": ["history", "churn"],
    "why": ["why", "sha256:000000000000"],
    "monitor": ["monitor", "churn"],
    "retrain": ["retrain", "churn"],
    "image": ["image", "churn"],
}
INDEPENDENT = {
    *(
        "init",
        "upgrade",
        "new",
        "validate",
        "render",
        "explain",
        "waive",
        "serve",
        "score",
        "identity",
        "doctor",
        "schema",
    ),
    *("data", "kinds", "stage"),
}
"""They read what people write, or a file that is named; a stage is asked for by DVC, which reads the lock first."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose pipeline was recorded on two branches."""
    monkeypatch.delenv("CI", raising=False)
    record(make_repository(tmp_path))
    (tmp_path / GATE).write_text(json.dumps(gate("pass", rule("auroc", 0.8, 0.7, 0.9)), indent=1))
    for path in (BUNDLE, METRICS):
        (tmp_path / path).write_text('{\n "seed": 0\n}\n')
    (tmp_path / OWNERS).write_text((tmp_path / OWNERS).read_text() + "/x @seed-0\n")
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def conflict(root: Path, *paths: str) -> dict[str, int]:
    """Change files on two branches, merge them, and give the line of the first marker by path."""
    git(root, "switch", "-q", "-c", "other")
    for branch, seed in (("other", 1), ("main", 2)):
        git(root, "switch", "-q", branch)
        for path in paths:
            edit(root, path, f"{FILES[path]}0", f"{FILES[path]}{seed}")
        commit(root, branch)
    merged = subprocess.run(["git", "merge", "-q", "other"], cwd=root, capture_output=True, check=False)
    assert merged.returncode != 0
    return {path: (root / path).read_text().splitlines().index("<<<<<<< HEAD") + 1 for path in paths}


def told(places: dict[str, int], hint: str) -> str:
    return (
        "".join(f"{path}:{places[path]}: conflict markers of a merge\n" for path in sorted(places)) + f"hint: {hint}\n"
    )


HINTS = {
    LOCK: f"git checkout --ours -- {LOCK} (or --theirs), then mlops compile, then mlops run churn, then "
    "git add -A pipelines/churn",
    PARAMS: "mlops compile, then mlops run churn, then git add -A pipelines/churn",
    GATE: "mlops compile, then mlops run churn, then git add -A pipelines/churn",
    BUNDLE: "mlops compile, then mlops run churn, then git add -A pipelines/churn",
    METRICS: "mlops compile, then mlops run churn, then git add -A pipelines/churn",
    OWNERS: f"mlops compile, then git add -A {OWNERS}",
}


@pytest.mark.parametrize("path", FILES)
def test_every_verb_that_goes_by_the_file_says_the_same(
    root: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(conflict(root, path), HINTS[path])
    for verb, arguments in GOES_BY.items():
        ended = run(arguments)
        assert (verb, ended, capsys.readouterr().err) == (verb, 5, said)


def test_every_verb_is_looked_at() -> None:
    assert GOES_BY.keys() | INDEPENDENT == VERBS.keys()
    assert not GOES_BY.keys() & INDEPENDENT


def test_all_files_are_told_at_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = conflict(root, LOCK, PARAMS, GATE, OWNERS)
    assert run(["run", "churn"]) == 5  # of the pipeline that was asked for
    del places[OWNERS]
    del places[PARAMS]  # which is made anew on the way
    assert capsys.readouterr().err == f"compiled: {PARAMS}\n" + told(places, HINTS[LOCK])
    assert run(["plan"]) == 5
    assert f"{OWNERS}:" in capsys.readouterr().err


@pytest.mark.parametrize("path", [path for path in FILES if path != METRICS])  # which only `verify` reads, as bytes
def test_markers_that_were_committed_are_found_too(root: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    places = conflict(root, path)
    commit(root, "both")
    readers = {LOCK: ["plan"], GATE: ["gate", "churn"], BUNDLE: ["release", "churn", "--env", "staging"]}
    readers |= {PARAMS: ["compile", "--check"], OWNERS: ["compile", "--check"]}
    assert run(readers[path]) == 5
    hint = HINTS[path].replace(f"git checkout --ours -- {LOCK} (or --theirs)", f"rm {LOCK}")
    assert capsys.readouterr().err == told(places, hint)


@pytest.mark.parametrize("path", [PARAMS, OWNERS])
def test_a_compile_makes_compiled_files_anew(root: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    conflict(root, path)
    assert run(["compile"]) == 0
    assert path in capsys.readouterr().out.splitlines()
    git(root, "add", "-A", path)
    assert run(["compile", "--check"]) == 0


def test_verbs_that_do_not_go_by_them_work_on(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conflict(root, LOCK, GATE)
    for arguments in (["validate"], ["render", "churn"], ["explain", "churn", "model"], ["schema"]):
        assert run(arguments) == 0


def test_a_merge_in_a_work_tree_of_its_own_is_seen(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "switch", "-q", "-c", "elsewhere")
    place = tmp_path_factory.mktemp("trees") / "tree"
    git(root, "worktree", "add", "-q", str(place), "main")
    conflict(place, METRICS)
    monkeypatch.chdir(place)
    assert run(["show"]) == 5


def test_the_cure_is_one_that_git_takes(root: Path) -> None:
    conflict(root, LOCK)
    git(root, "checkout", "--ours", "--", LOCK)
    assert "<<<<<<<" not in (root / LOCK).read_text()
    git(root, "add", "-A", "pipelines/churn")
    git(root, "commit", "-q", "-m", "merged")
    assert run(["plan"]) == 0


def test_a_text_that_speaks_of_markers_is_no_conflict(root: Path) -> None:
    edit(root, LOCK, "schema: '2.0'", "# <<<<<<< HEAD is how a conflict begins\nschema: '2.0'")
    from mlops.operations.dvc.lock import read_lock

    assert "train" in read_lock(root, "pipelines/churn")
