"""The YAML of a pipeline is gone: what it made is neither committed by accident nor passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.app.compiling.compile import check_files, compile_files
from mlops.app.compiling.gone import hide
from mlops.app.workspace import open_workspace
from mlops.cli.main import run
from tests.builders.repositories import BASE, commit, git, make_repository, record

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


def test_what_it_made_is_left_and_git_does_not_see_it(root: Path) -> None:
    done = compile_files(open_workspace(root))
    assert done.left == ("pipelines/rain",)
    assert not (root / "pipelines/rain/.gitignore").exists()
    assert (root / MADE).exists()
    git(root, "add", "-A")
    added = git(root, "diff", "--cached", "--name-only", "--diff-filter=A").splitlines()
    assert [name for name in added if name.startswith("pipelines/rain/")] == []


def test_a_clone_of_what_is_then_committed_has_nothing_left_over(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    compile_files(open_workspace(root))
    commit(root)
    place = tmp_path_factory.mktemp("clone")
    git(place, "clone", "-q", str(root), "there")
    assert check_files(open_workspace(place / "there")) == ()
    assert compile_files(open_workspace(place / "there")).left == ()


def test_it_is_said_once(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(root)
    assert run(["compile"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == [
        "pipelines/rain is left: no YAML asks for it any more",
        "hint: if nothing needs it: git rm -rq pipelines/rain && rm -rf pipelines/rain",
    ]
    assert run(["compile"]) == 0
    assert "is left" not in capsys.readouterr().err


def test_a_pipeline_that_is_described_again_runs_as_before(root: Path) -> None:
    compile_files(open_workspace(root))
    (root / "conf/pipeline/rain.yaml").write_text(RAIN)
    compile_files(open_workspace(root))
    assert git(root, "status", "--porcelain", "--", "pipelines/rain") == ""


def test_nothing_is_written_where_its_gitignore_leads_out(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines/rain"
    (folder / "artifacts").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "artifacts/.gitignore").write_text("mine\n")
    (folder / ".gitignore").write_text("# x\n/../../elsewhere\n/linked\n/linked/more\n/artifacts\n/.git\n\n/\n")
    before = sorted(path for path in tmp_path.rglob("*"))
    hide(folder)
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert (folder / "artifacts/.gitignore").read_text() == "mine\n"
