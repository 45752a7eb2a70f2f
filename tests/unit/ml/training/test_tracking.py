from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mlops.files.tracked import Data, Source
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
    assert found.data.metrics == {"validation/loss": 0.4, "validation/auroc": 0.9}
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
    assert [step for step, _ in history(uri, first, "validation/loss")] == [1, 2, 3]
    assert len(history(uri, first, "validation/auroc")) == 1
    assert len({run.info.run_id for run in stored(uri) if run.data.tags[RUN_KEY] == key}) == 1


def test_a_metric_has_one_name_in_its_epochs_and_at_the_end(uri: str) -> None:
    run = opened(uri, "sha256:" + "4" * 64)
    for epoch in (1, 2, 3):
        run.log({"validation_auroc": epoch / 10}, epoch)
    run.finish({"validation/auroc": 0.2})
    assert history(uri, run, "validation/auroc") == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.2)], (
        "the last is what was kept"
    )


def test_what_hundreds_of_epochs_measured_is_sent_in_a_few_calls(uri: str) -> None:
    run = opened(uri, "sha256:" + "5" * 64)
    calls, client = [], run._client

    class Counting:
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return getattr(client, name)

    run._client = Counting()
    for epoch in range(1, 401):
        run.log({"train_loss": 1.0, "validation_loss": 0.5, "validation_auroc": 0.9}, epoch)
    run.finish({"validation/auroc": 0.9})
    assert calls.count("log_batch") <= 3, "one at once, and 1,200 values at the end"
    assert len(history(uri, run, "train/loss")) == 400


def test_candidates_are_nested_and_each_says_who_made_it_of_what(uri: str) -> None:
    from mlflow.data import get_source

    by = Source("mlops run churn", "ada", "c" * 40)
    data = Data("churn", "sha256:" + "d" * 64, "data/churn.csv", 9, (("age", "int"), ("plan", "category")))
    parent = Run(uri, "nested", name="churn", key="sha256:6", tags=by.tags, data=data)
    child = Run(uri, "nested", name="churn/mlp", key="sha256:7", tags=by.tags, data=data, parent=parent)
    child.finish({"validation/auroc": 0.9})
    parent.finish({}, chosen="mlp, by auroc")
    client = parent._client
    experiment = client.get_experiment_by_name("nested")
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    (found,) = client.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.id}'")
    assert (found.info.run_id, found.info.status) == (child.id, "FINISHED")
    assert client.get_run(parent.id).data.tags["chosen"] == "mlp, by auroc"
    for run in (found, client.get_run(parent.id)):
        assert run.info.user_id == "ada"
        said = {name: run.data.tags[f"mlflow.source.{name}"] for name in ("name", "type", "git.commit")}
        assert said == {"name": "mlops run churn", "type": "LOCAL", "git.commit": "c" * 40}
        (shown,) = run.inputs.dataset_inputs
        assert (shown.dataset.name, shown.dataset.digest) == ("churn", "d" * 32)
        assert (get_source(shown).uri, shown.dataset.profile) == ("data/churn.csv", '{"num_rows": 9}')
        columns = [(item["name"], item["type"]) for item in json.loads(shown.dataset.schema)["mlflow_colspec"]]
        assert columns == [("age", "long"), ("plan", "string")]


def test_a_candidate_of_a_lost_run_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    parent = opened("http://127.0.0.1:9")
    child = Run("http://127.0.0.1:9", "churn", name="churn/mlp", key="sha256:8", tags={}, parent=parent)
    child.finish({"validation/auroc": 0.9})
    assert (child.id, capsys.readouterr().err.count("\n")) == ("", 1)


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
