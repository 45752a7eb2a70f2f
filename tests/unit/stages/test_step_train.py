from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mlops.errors import ConfigurationError, DataError
from mlops.files.canonical import digest_file
from mlops.files.intervals import number
from mlops.ml.training import export
from mlops.ml.training.problem import Examples, Task
from mlops.stages import train
from mlops.stages.context import StageContext, Tracking
from tests.builders.exporting import one_table_of_operators
from tests.builders.stores import make_store
from tests.builders.training import binary, images, regression, write_features

pytestmark = pytest.mark.slow

OUTPUTS = ("artifacts/model/model.onnx", "artifacts/model/model.json", "reports/training.json", "reports/history.csv")
NET = {"kind": "mlp", "hidden": [8], "dropout": 0.3, "lr": 0.01}


@pytest.fixture(scope="module", autouse=True)
def _quick_exports() -> Iterator[None]:
    with one_table_of_operators():
        yield


def digests(context: StageContext) -> dict[str, str]:
    return {name: digest_file(context.path(name)) for name in OUTPUTS}


def document(context: StageContext, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(context.path(name).read_bytes())
    return found


def test_the_better_candidate_is_written_with_its_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = write_features(tmp_path, binary())
    train.run(context)
    training = document(context, "reports/training.json")
    flattered = training.pop("optimism")
    assert {**training, "candidates": None} == {
        "schema_version": 1,
        "select_by": "auroc",
        "chosen": "linear",
        "reproducible": "anywhere",
        "candidates": None,
        "learnt": {"train": 300},
    }
    linear, net = training["candidates"]["linear"], training["candidates"]["net"]
    assert (linear["kind"], linear["epochs"], linear["best_epoch"]) == ("linear", None, None)
    assert (net["kind"], net["epochs"], net["best_epoch"]) == ("mlp", 4, 4)
    assert linear["validation"]["auroc"] > net["validation"]["auroc"] > 0.8
    assert set(net["validation"]) >= {"auroc", "accuracy", "log_loss", "brier"}
    assert document(context, "artifacts/model/model.json") == {
        "schema_version": 1,
        "candidate": "linear",
        "kind": "linear",
        "task": "binary",
        "input": [6],
        "outputs": 1,
        "parameters": {"l2": 1.0},
    }
    header, *rows = context.path("reports/history.csv").read_text(encoding="utf-8").splitlines()
    assert header == "candidate,epoch,metric,value"
    assert [row.rsplit(",", 1)[0] for row in rows] == [
        f"net,{epoch},{metric}"
        for epoch in (1, 2, 3, 4)
        for metric in ("train_loss", "validation_loss", "validation_auroc")
    ]
    course = context.path("reports/courses/train_loss/net.csv").read_text(encoding="utf-8").splitlines()
    assert course == ["epoch,train_loss", *(row.removeprefix("net,").replace("train_loss,", "") for row in rows[::3])]
    assert context.path("reports/courses/train_loss/linear.csv").read_text(encoding="utf-8") == "epoch,train_loss\n,\n"
    assert not (tmp_path / ".mlops" / "checkpoints" / "churn").exists()
    assert capsys.readouterr().err.splitlines() == [
        f"train: linear: validation auroc {linear['validation']['auroc']:.4f}",
        f"train: net: validation auroc {net['validation']['auroc']:.4f}, kept epoch 4 of 4; "
        "it was still improving: raise `trainer.max_epochs`",
        "train: writing linear as ONNX",
        f"train: the best of 2 candidates, linear, has auroc {number(flattered['value'], flattered['apart'])} where it "
        f"was chosen and about {number(flattered['apart'], flattered['value'])} on rows that had no say",
        "train: chose linear of 2 by auroc",
    ]


@pytest.mark.parametrize(
    ("task", "select_by", "data", "shape"),
    [("regression", "rmse", regression(), ()), ("multiclass", "accuracy", images(), (3,))],
)
def test_the_model_answers_as_the_convention_says(
    task: Task, select_by: str, data: Examples, shape: tuple[int, ...], tmp_path: Path
) -> None:
    kind = "cnn" if task == "multiclass" else "gradient_boosting"
    small = {"channels": [4], "hidden": 8} if kind == "cnn" else {"trees": 20}
    context = write_features(
        tmp_path, data, task=task, select_by=select_by, candidates={"one": {"kind": kind, **small}}
    )
    train.run(context)
    answer = export.run(context.path(OUTPUTS[0]).read_bytes(), data.validation_x)
    assert answer.shape == (len(data.validation_x), *shape)


def test_two_folders_agree_on_every_byte(tmp_path: Path) -> None:
    contexts = [write_features(tmp_path / name, binary(), candidates={"net": NET}) for name in ("one", "other")]
    for context in contexts:
        train.run(context)
    assert digests(contexts[0]) == digests(contexts[1])


def test_a_candidates_result_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    alone = write_features(tmp_path / "one", binary(), candidates={"net": NET})
    together = write_features(
        tmp_path / "other", binary(), candidates={"trees": {"kind": "random_forest", "trees": 5}, "net": NET}
    )
    for context in (alone, together):
        train.run(context)
    one, other = (document(context, "reports/training.json")["candidates"]["net"] for context in (alone, together))
    assert one == other


SCRIPT = """
import json, os, signal, sys
from pathlib import Path
from mlops.stages import train
from mlops.stages.context import StageContext

folder, params, epochs, further = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
saved = 0

def count(event, arguments):
    global saved
    if event == "os.rename" and str(arguments[1]).endswith("/net/last.ckpt"):
        saved += 1
        if saved == epochs:
            sys.setprofile(call)

def call(*_):
    global further
    further -= 1
    if further == 0:
        os.kill(os.getpid(), signal.SIGKILL if saved == epochs else signal.SIGTERM)  # not in that epoch any more

sys.addaudithook(count)
train.run(StageContext(folder, "churn", "train", params))
"""


def killed_in_an_epoch(context: StageContext, epochs: int, further: int) -> Path:
    """Run the stage in a process of its own that is killed when it has saved epochs and made `further` calls.

    The process kills itself: only so does it end there and nowhere else, whatever the machine does meanwhile.
    """
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(context.folder), json.dumps(context.params)]
    done = subprocess.run([*command, str(epochs), str(further)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (found,) = (context.root / ".mlops").glob("checkpoints/churn/*/net/last.ckpt")
    return found


def test_a_run_killed_twice_in_an_epoch_ends_with_the_same_digests(tmp_path: Path) -> None:
    changes = {"candidates": {"net": NET}, "trainer": {"max_epochs": 8, "batch_size": 16, "patience": None}}
    undisturbed = write_features(tmp_path / "one", binary(), **changes)
    train.run(undisturbed)
    killed = write_features(tmp_path / "other", binary(), **changes)
    first = killed_in_an_epoch(killed, 2, 50)
    assert first == killed_in_an_epoch(killed, 4, 2000)
    assert not killed.path("artifacts/model").exists()
    train.run(killed)
    assert digests(killed) == digests(undisturbed)
    assert not first.exists()


def test_torch_computes_here_by_the_instructions_of_a_stage() -> None:
    """Those beyond AVX2 round otherwise: training would end with other bits than one begun in a process of its own."""
    assert torch.backends.cpu.get_cpu_capability() in {"AVX2", "DEFAULT"}


def test_a_checkpoint_of_other_inputs_is_not_used(tmp_path: Path) -> None:
    changes = {"candidates": {"net": NET}, "trainer": {"max_epochs": 5, "batch_size": 16, "patience": None}}
    killed = write_features(tmp_path / "one", binary(), **changes)
    left = killed_in_an_epoch(killed, 2, 2000)
    changes["seed"] = 1
    fresh = write_features(tmp_path / "other", binary(), **changes)
    changed = write_features(tmp_path / "one", binary(), **changes)
    for context in (fresh, changed):
        train.run(context)
    assert digests(fresh) == digests(changed)
    assert not left.exists()


def test_runs_are_tracked_once_and_change_nothing(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    uri = make_store(tmp_path / "mlflow.db")
    plain = write_features(tmp_path / "one", binary())
    tracked = write_features(tmp_path / "other", binary(), Tracking(uri, "fleet"))
    train.run(plain)
    for _ in range(2):
        train.run(tracked)
    assert digests(plain) == digests(tracked)
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("fleet")
    assert experiment is not None
    runs = {run.data.tags.get("mlops.candidate", ""): run for run in client.search_runs([experiment.experiment_id])}
    assert sorted(runs) == ["", "linear", "net"]
    assert runs[""].data.tags["mlops.model"] == digest_file(tracked.path("artifacts/model/model.onnx"))
    assert {runs[name].data.tags["mlflow.parentRunId"] for name in ("linear", "net")} == {runs[""].info.run_id}
    net = runs["net"]
    assert net.info.status == "FINISHED"
    assert net.data.params["hidden"] == "[8]"
    assert net.data.params["trainer.batch_size"] == "32"
    digest = {name: value[:7] for name, value in net.data.tags.items() if value.startswith("sha256:")}
    assert sorted(digest) == ["mlops.code", "mlops.configuration", "mlops.data", "mlops.run_key"]
    points = client.get_metric_history(net.info.run_id, "validation/auroc")
    assert [point.step for point in points] == [1, 2, 3, 4, 5], "and of the epoch that was kept"
    assert len(client.search_runs([experiment.experiment_id])) == 3


def test_a_lost_tracking_server_does_not_change_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = write_features(tmp_path / "one", binary())
    lost = write_features(tmp_path / "other", binary(), Tracking("http://127.0.0.1:9", "fleet"))
    for context in (plain, lost):
        train.run(context)
    assert digests(plain) == digests(lost)
    assert capsys.readouterr().err.count("warning: MLflow at http://127.0.0.1:9 failed") == 1


def test_a_candidate_that_diverges_stops_the_stage_and_leaves_no_model(tmp_path: Path) -> None:
    context = write_features(tmp_path, binary(), candidates={"net": {**NET, "lr": 1e30}})
    with pytest.raises(DataError) as caught:
        train.run(context)
    assert caught.value.message == "candidate net diverged at epoch 1: loss is NaN"
    assert not context.path("artifacts/model").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"select_by": "rmse"}, "train.select_by: `rmse` is not a metric of a binary task"),
        ({"candidates": {}}, "train.candidates: Dictionary should have at least 1 item after validation, not 0"),
        (
            {"extra": 1, "task": "ranking"},
            "train.task: Input should be 'binary', 'multiclass' or 'regression'\n"
            "train.extra: Extra inputs are not permitted",
        ),
        (
            {"candidates": {"a": {"kind": "linear"}, "b": {"kind": "linear", "l1": 1}}},
            "candidate b: unknown parameter `l1`; one of: l2",
        ),
    ],
)
def test_a_wrong_section_is_refused_before_anything_is_trained(
    changes: dict[str, Any], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        train.run(write_features(tmp_path, binary(), **changes))
    assert caught.value.message == message
    assert capsys.readouterr().err == ""


def test_features_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    data = binary()
    data.train_x[3, 2] = np.nan
    with pytest.raises(DataError) as caught:
        train.run(write_features(tmp_path, data))
    assert caught.value.message == "train_x has 1 numbers that are not finite"


def test_a_class_that_is_never_seen_in_training_is_refused(tmp_path: Path) -> None:
    data = images()
    data.train_y[data.train_y == 1] = 2
    with pytest.raises(DataError) as caught:
        train.run(write_features(tmp_path, data, task="multiclass", select_by="accuracy"))
    assert caught.value.message == "the training rows have no row of class index 1"


def test_a_learning_curve_is_drawn_where_it_is_asked_for(tmp_path: Path) -> None:
    context = write_features(tmp_path, binary(), learning_curve=True, candidates={"linear": {"kind": "linear"}})
    train.run(context)
    lines = context.path("reports/learning_curve.csv").read_text().splitlines()
    assert lines[0] == "share,rows,value,low,high"
    assert [line.split(",")[0] for line in lines[1:]] == ["0.1", "0.25", "0.5", "0.75", "1"]
    chosen = json.loads(context.path("reports/training.json").read_bytes())["candidates"]["linear"]["validation"]
    assert float(lines[-1].split(",")[2]) == pytest.approx(chosen[context.params["select_by"]], rel=1e-4)


def test_a_network_has_a_learning_curve_without_points(tmp_path: Path) -> None:
    mlp = {"mlp": {"kind": "mlp", "hidden": [4]}}
    context = write_features(tmp_path, binary(60), learning_curve=True, candidates=mlp, trainer={"max_epochs": 1})
    train.run(context)
    assert context.path("reports/learning_curve.csv").read_text() == "share,rows,value,low,high\n"
