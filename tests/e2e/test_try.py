"""`mlops try` and `mlops compare` on a model that was trained for real: docs/howto/try.md, of a smaller one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from mlops.cli.main import run
from mlops.operations.trying.combinations import combinations
from mlops.operations.trying.folder import Copies, last_run
from mlops.operations.trying.process import TEST, main
from mlops.operations.trying.stages import TRAIN, work
from tests.builders.once import once
from tests.builders.repositories import git
from tests.builders.trained import trained_shop

pytestmark = pytest.mark.slow

VALUES = "model.linear.l2=0.1,10"


def _tried(folder: Path) -> None:
    """Two trials of a trained model, and the output of the verb."""
    root = shutil.copytree(trained_shop(), folder / "shop", symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("MLFLOW_TRACKING_URI", "")
        assert run(["try", "churn", VALUES, "--jobs", "2", "-o", "json"]) == 0


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = shutil.copytree(once("tried", _tried) / "shop", tmp_path / "shop", symlinks=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    return root


def test_trials_leave_no_trace_but_their_own(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert git(shop, "status", "--porcelain") == ""
    assert run(["verify", "churn", "--bytes"]) == 0
    capsys.readouterr()
    assert run(["try", "churn", VALUES, "-o", "json"]) == 0  # known from before
    out, err = capsys.readouterr()
    assert err.splitlines()[0] == "2 trials, known from before: nothing to run"
    found = json.loads(out)
    assert [row["overrides"] for row in found["rows"]] == [{"model.linear.l2": 0.1}, {"model.linear.l2": 10}]
    assert found["recorded"]["overrides"] == {"model.linear.l2": 1.0}
    assert all(row["figures"]["auroc"]["recorded"] in ("better", "worse", "same") for row in found["rows"])
    kept = sorted(path.name for path in (shop / ".mlops/trials/churn").iterdir())
    assert kept == sorted(f"{row['id']}.{ending}" for row in found["rows"] for ending in ("csv", "json", "parquet"))


def test_test_rows_are_thrown_away_as_soon_as_they_are_divided(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = combinations(shop, "churn", ["data.split.seed=5"])
    now = asked.now.pipeline("churn")
    made = work(asked.combinations[0].workspace.pipeline("churn"), frozenset(), last_run(shop, now))
    assert made.before == ("split", "features")
    copies = Copies(shop, now)
    folder = copies.prepare(made)
    monkeypatch.chdir(folder)
    assert main(*made.before) == 0
    assert (folder / "artifacts/split/validation.parquet").is_file()
    assert not (folder / TEST).exists()
    monkeypatch.chdir(copies.copy(made))
    section = {**made.train, "explain": {"sample": 50, "key": None, "rows": []}}  # a study that reads every part
    text = (Path.cwd() / "params.yaml").read_text()
    Path("params.yaml").write_text(yaml.safe_dump({**yaml.safe_load(text), TRAIN: section}))
    capfd.readouterr()
    assert main(TRAIN) == 6  # the guard: what looks for a test row finds no file
    assert capfd.readouterr().err.splitlines()[-2:] == [
        "train: explaining the scores of linear",
        "No such file or directory",
    ]


def test_two_trials_and_a_commit_are_compared(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = sorted(path.stem for path in (shop / ".mlops/trials/churn").glob("*.json"))
    assert run(["compare", "churn", first, second, "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["part"], found["paired"], found["code"]) == ("validation", True, [])
    assert [(key["key"], {key["first"], key["second"]}) for key in found["keys"]] == [("model.linear.l2", {0.1, 10})]
    assert {metric["second_is"] for metric in found["metrics"].values()} <= {"better", "worse", "same", "cannot tell"}
    assert run(["compare", "churn", "HEAD", first]) == 0
    text = capsys.readouterr().out
    assert f"→ trial {first}" in text.splitlines()[0]
    assert "validation rows, the same for both: paired, intervals of 95%" in text
    assert run(["compare", "churn", "HEAD", "HEAD", "-o", "json"]) == 0
    same = json.loads(capsys.readouterr().out)
    assert (same["part"], same["paired"], same["keys"]) == ("test", True, [])
    assert {metric["second_is"] for metric in same["metrics"].values()} == {"same"}
    assert run(["compare", "churn", "HEAD", "HEAD~1"]) == 4
    assert "churn has no recorded run at HEAD~1" in capsys.readouterr().err


def test_one_is_saved_and_says_what_to_type_next(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["try", "churn", VALUES, "--save", "2"]) == 0
    assert git(shop, "diff", "--unified=0").splitlines()[-1] == "+model: {linear: {l2: 10}}"
    assert git(shop, "status", "--porcelain").split() == ["M", "conf/pipeline/churn.yaml"]
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "written: conf/pipeline/churn.yaml, trial 2",
        "next: mlops run churn",
    ]
    assert run(["try", "churn", VALUES, "--save", "3"]) == 4


@pytest.mark.long
def test_what_is_saved_and_run_scores_as_it_was_tried_and_mlflow_knows_each(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert run(["try", "churn", "model.linear.l2=3,30", "seed=1", "--save", "1"]) == 0
    key = capfd.readouterr().out.splitlines()[2].split()[-1]
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{shop}/.mlops/mlflow.db")
    experiment = client.get_experiment_by_name("churn-trials")
    assert experiment is not None
    logged = {each.data.tags["mlops.trial"]: each for each in client.search_runs([experiment.experiment_id])}
    assert len(logged) == 2
    tried = json.loads((shop / f".mlops/trials/churn/{key}.json").read_text())
    assert logged[key].data.params["model.linear.l2"] == "3"
    scores = tried["candidates"]["linear"]["validation"]
    assert {name: logged[key].data.metrics[f"validation/{name}"] for name in scores} == scores
    assert logged[key].data.tags["mlflow.source.name"] == "mlops try churn"
    (read,) = logged[key].inputs.dataset_inputs
    assert (read.dataset.name, f"sha256:{read.dataset.digest}") == ("churn", tried["data"][:39])
    assert run(["run", "churn"]) in (0, 2, 7)
    recorded = json.loads((shop / "pipelines/churn/reports/training.json").read_text())
    assert recorded["candidates"]["linear"]["validation"] == scores
