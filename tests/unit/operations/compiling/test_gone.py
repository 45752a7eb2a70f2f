"""The YAML of a pipeline is gone: what it made is neither committed by accident nor passed over in silence."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.compiling.gone import Left
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import BASE, commit, git, make_repository, record

pytestmark = pytest.mark.slow

RAIN = (BASE / "conf/pipeline/churn.yaml").read_text()
MADE = "pipelines/rain/artifacts/raw.parquet"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two pipelines that ran, one of which nobody describes any more."""
    root = make_repository(tmp_path, rain=RAIN)
    (root / "pipelines/rain/data").mkdir(parents=True)
    (root / "pipelines/rain/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    (root / ".gitignore").write_text(".mlops/\n")
    record(root)
    (root / "pipelines/rain/reports/report.html").write_text("<p>")
    commit(root)
    git(root, "rm", "-q", "conf/pipeline/rain.yaml")
    return root


LEFT = Left("pipelines/rain", (".gitignore", "artifacts", "data", "dvc.lock", "reports"))


def test_what_it_made_is_left_and_git_does_not_see_it(root: Path) -> None:
    done = compile_files(open_workspace(root))
    assert done.left == (LEFT,)
    assert (root / MADE).exists()
    git(root, "add", "-A")
    added = git(root, "diff", "--cached", "--name-only", "--diff-filter=A").splitlines()
    assert [name for name in added if name.startswith("pipelines/rain/")] == []


def test_whoever_pulls_that_and_has_run_it_does_not_see_it_either(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("clone") / "there"
    git(root, "clone", "-q", str(root), str(place))
    (place / MADE).parent.mkdir(parents=True)
    (place / MADE).write_text("their own run")
    compile_files(open_workspace(root))
    commit(root)
    git(place, "pull", "-q")
    assert git(place, "status", "--porcelain") == ""


def test_a_clone_has_nothing_to_compile(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    compile_files(open_workspace(root))
    commit(root)
    place = tmp_path_factory.mktemp("clone")
    git(place, "clone", "-q", str(root), "there")
    assert check_files(open_workspace(place / "there")) == ()
    assert compile_files(open_workspace(place / "there")).touched == ()


def test_it_is_said_with_what_to_type(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert run(["compile"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == [
        "pipelines/rain is left, with .gitignore, artifacts, data, dvc.lock, reports: no YAML asks for it any more",
        f"hint: if nothing needs it: {LEFT.hint}",
    ]
    subprocess.run(["/bin/sh", "-c", LEFT.hint], cwd=root, check=True)
    assert not (root / "pipelines/rain").exists()
    assert run(["compile"]) == 0
    assert "is left" not in capsys.readouterr().err
    assert [line for line in git(root, "status", "--porcelain").splitlines() if line.startswith("??")] == []


def test_artifacts_are_told_where_git_took_the_rest(root: Path) -> None:
    git(root, "rm", "-rq", "pipelines/rain")
    assert compile_files(open_workspace(root)).left == (Left("pipelines/rain", ("artifacts", "reports")),)


def test_a_pipeline_that_never_ran_leaves_nothing(root: Path) -> None:
    (root / "conf/pipeline/snow.yaml").write_text(RAIN)
    (root / "pipelines/snow/data").mkdir(parents=True)
    (root / "pipelines/snow/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    compile_files(open_workspace(root))
    shutil.rmtree(root / "pipelines/snow/data")
    (root / "conf/pipeline/snow.yaml").unlink()
    done = compile_files(open_workspace(root))
    assert [path for path in done.touched if "snow" in path] == [
        f"pipelines/snow/{name}" for name in (".gitignore", "dvc.yaml", "params.yaml")
    ]
    assert [each.folder for each in done.left] == ["pipelines/rain"]


def test_a_pipeline_that_is_described_again_runs_as_before(root: Path) -> None:
    compile_files(open_workspace(root))
    (root / "conf/pipeline/rain.yaml").write_text(RAIN)
    compile_files(open_workspace(root))
    assert git(root, "status", "--porcelain", "--", "pipelines/rain") == ""


def test_what_a_model_of_another_branch_made_is_not_seen_on_this_one(root: Path) -> None:
    compile_files(open_workspace(root))
    commit(root)
    (root / "pipelines/elsewhere/artifacts").mkdir(parents=True)
    (root / "pipelines/elsewhere/artifacts/model.onnx").write_bytes(b"large")
    (root / "pipelines/elsewhere/notes.md").write_text("not made by a run")
    assert git(root, "status", "--porcelain", "-uall").splitlines() == ["?? pipelines/elsewhere/notes.md"]
