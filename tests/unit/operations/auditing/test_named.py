"""What files decide is asked for, whether or not a pipeline or an environment of the name is declared."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.operations.auditing.named import asked, named_at, named_here, places_here
from tests.builders.kept import bundle, line, live, make_kept, waive
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow
PROD = "pipelines/churn/ledger/prod"


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_kept(tmp_path_factory.mktemp("kept") / "shop")
    (root / ".gitignore").write_text(".mlops/\n")
    live(root, 1, entered=False)
    commit(root, "Live since before there was a ledger of what is")
    git(root, "switch", "-q", "-c", "change")
    return root


@pytest.fixture
def root(tmp_path: Path, _kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = shutil.copytree(_kept, tmp_path / "shop")
    monkeypatch.chdir(made)
    return made


def test_releases_waivers_and_acceptances_name_pipelines_and_places(root: Path) -> None:
    waive(root, entered=False)
    for file in (
        "conf/release/qa/rain.yaml",
        "conf/accept/snow.yaml",
        "conf/release/Odd/churn.yaml",
        "conf/accept/a/b.yaml",
    ):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("")
    model, prod = frozenset({"model"}), frozenset({"prod"})
    assert named_here(root) == {"churn": model | prod, "rain": frozenset({"qa"}), "snow": model}
    assert named_at(root, "HEAD") == {"churn": prod}
    assert (places_here(root, "churn"), places_here(root, "rain")) == (("prod",), ("qa",))
    shutil.rmtree(root / "conf/release")
    shutil.rmtree(root / "conf/waiver")
    assert asked(root, ["other"], "main") == ("churn", "other", "snow")
    assert asked(root, ["other"], None) == ("other", "snow")


def test_taking_away_what_was_live_before_there_was_a_ledger_is_entered(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live(root, None, entered=False)
    (root / "conf/release/prod").rmdir()  # as a checkout leaves it
    assert run(["validate", "--base", "main"]) == 4
    assert f"{PROD} has no entry of the removal" in capsys.readouterr().err
    assert run(["enter", "churn"]) == 0
    assert [(entry.kind, entry.subject) for entry in line(root, "prod").entries.values()] == [("removal", None)]
    assert run(["validate", "--base", "main"]) == 0
    assert run(["enter", "churn"]) == 0
    assert capsys.readouterr().err.endswith("churn: nothing to enter\n")


def test_what_a_pipeline_that_is_declared_no_more_decides_can_be_entered(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live(root, None, entered=False)
    (root / "conf/pipeline/churn.yaml").unlink()
    assert run(["validate", "--base", "main"]) == 4
    assert f"{PROD} has no entry of the removal" in capsys.readouterr().err
    assert run(["enter", "churn"]) == 0
    assert run(["validate", "--base", "main"]) == 0
    assert run(["enter", "snow"]) == 4
    assert "snow" in capsys.readouterr().err


def test_a_release_to_an_environment_that_is_not_declared_is_entered(root: Path) -> None:
    live(root, 1, "qa")
    assert [entry.subject for entry in line(root, "qa").entries.values()] == [bundle(1)]
