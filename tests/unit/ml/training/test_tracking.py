from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mlops.ml.training.tracking import RUN_KEY, Run
from tests.builders.meeting import meet
from tests.builders.stores import make_store

pytestmark = pytest.mark.slow

KEY = "sha256:" + "1" * 64


def opened(uri: str, key: str = KEY) -> Run:
    return Run(uri, "churn", name="churn/mlp", key=key, tags={"mlops.candidate": "mlp"})


def stored(uri: str) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("churn")
    return list(client.search_runs([experiment.experiment_id]))


def history(uri: str, run: Run, metric: str) -> list[tuple[int, float]]:
    from mlflow import MlflowClient

    return [(point.step, point.value) for point in MlflowClient(uri).get_metric_history(run.id, metric)]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_store(tmp_path_factory.mktemp("mlflow") / "mlflow.db")


def test_a_run_holds_parameters_tags_epochs_and_results(uri: str) -> None:
    run = opened(uri)
    run.parameters({"hidden": [8, 8], "trainer": {"max_epochs": 2}})
    run.log({"validation_loss": 0.5}, 1)
    run.log({"validation_loss": 0.4}, 2)
    run.finish({"validation/auroc": 0.9})
    (found,) = stored(uri)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "churn/mlp"
    assert found.data.params == {"hidden": "[8, 8]", "trainer.max_epochs": "2"}
    assert found.data.metrics == {"validation_loss": 0.4, "validation/auroc": 0.9}
    assert {name: found.data.tags[name] for name in (RUN_KEY, "mlops.candidate")} == {
        RUN_KEY: KEY,
        "mlops.candidate": "mlp",
    }


def test_the_same_key_is_the_same_run_and_nothing_is_logged_twice(uri: str) -> None:
    key = "sha256:" + "2" * 64
    first = opened(uri, key)
    first.log({"validation_loss": 0.5}, 1)
    again = opened(uri, key)
    again.parameters({"lr": 0.1})
    for epoch in (1, 2, 3):
        again.log({"validation_loss": 0.5 / epoch}, epoch)
    again.finish({"validation/auroc": 0.9})
    third = opened(uri, key)
    third.parameters({"lr": 0.1})
    third.log({"validation_loss": 0.1}, 3)
    third.finish({"validation/auroc": 0.9})
    assert first.id == again.id == third.id != ""
    assert [step for step, _ in history(uri, first, "validation_loss")] == [1, 2, 3]
    assert len(history(uri, first, "validation/auroc")) == 1
    assert len({run.info.run_id for run in stored(uri) if run.data.tags[RUN_KEY] == key}) == 1


def test_a_server_that_is_down_costs_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    run = opened("http://user:secret@127.0.0.1:9")
    run.parameters({"lr": 0.1})
    run.log({"validation_loss": 0.5}, 1)
    run.finish({"validation/auroc": 0.9})
    said = capsys.readouterr().err
    assert run.id == ""
    assert said.startswith("warning: MLflow at http://127.0.0.1:9 failed, training goes on without it: ")
    assert said.count("\n") == 1
    assert "secret" not in said


def test_training_goes_on_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    run = opened("sqlite:///nowhere.db")
    run.parameters({"lr": 0.1})
    run.log({"validation_loss": 0.5}, 1)
    run.finish({"validation/auroc": 0.9})
    assert run.id == ""
    assert capsys.readouterr().err == (
        "warning: MLflow at sqlite:///nowhere.db failed, training goes on without it: tracking needs mlflow, "
        "which is not installed: it comes with the extra `registry`\n"
    )


SCRIPT = """
import mlflow.store.tracking.sqlalchemy_store
from mlops.ml.training.tracking import Run

def act(uri):
    run = Run(uri, "churn", name="churn/mlp", key="sha256:3", tags={})
    run.log({"validation_loss": 0.5}, 1)
    print(run.id)
"""


def test_processes_that_meet_at_a_new_store_share_one_run(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/new/mlflow.db"
    said, errors = meet(3, SCRIPT, uri)
    assert errors == ""
    assert (len(said), len(set(said))) == (3, 1)
    assert len(stored(uri)) == 1
