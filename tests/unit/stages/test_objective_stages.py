"""What `objective:` asks for, from training to the bundle that answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.objective import Objective
from mlops.bundle.predictor import Predictor
from mlops.errors import ConfigurationError, DataError
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.training import candidates, export, shaping
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.session import Session
from mlops.stages.calibrating import refuse_few
from mlops.stages.tables import scored
from tests.builders.staged import Staged, staged
from tests.builders.training import AUROC, NOWHERE, RMSE, binary, regression, session

pytestmark = pytest.mark.slow


def rare(rows: int = 6000) -> pl.DataFrame:
    """Two classes, one in eight rows of the second, told apart by two columns."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 2))
    odds = 1.5 * x[:, 0] - 2.6
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": (draw.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)})


def priced(rows: int = 1500) -> pl.DataFrame:
    """Prices, whose logarithms are a sum."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 2))
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.exp(2 + x[:, 0] + 0.5 * draw.normal(size=rows))})


def predictions(done: Staged) -> Predictions:
    return Predictions.read(done.folder / "artifacts/evaluation/predictions.parquet")


def run(folder: Path, table: pl.DataFrame, task: str, **objective: Any) -> Staged:
    forest = {"forest": {"kind": "random_forest", "trees": 15, "min_leaf": 2, "depth": None}}
    chosen = {} if task == "regression" else {"candidates": forest}
    return staged(folder, table, task, train={"objective": objective, **chosen})


def test_a_forest_is_calibrated_inside_its_graph_and_the_report_says_what_that_brought(tmp_path: Path) -> None:
    done = run(tmp_path, rare(), "binary", calibrate="isotonic")
    said = done.report("training")["calibration"]
    assert (said["method"], said["rows"]) == ("isotonic", 1200)
    assert said["ece_after"] < said["ece_before"]
    assert said["log_loss_after"] < said["log_loss_before"]
    plain = run(tmp_path / "plain", rare(), "binary")
    found, before = predictions(done), predictions(plain)
    assert compute("log_loss", found.target, found.score) < compute("log_loss", before.target, before.score)
    order = np.argsort(before.score, kind="stable")
    assert (np.diff(found.score[order]) >= -1e-6).all()
    assert "calibration" not in plain.report("training")


def test_weights_of_classes_are_for_training_alone(tmp_path: Path) -> None:
    logistic = {"linear": {"kind": "linear", "l2": 1e-3}}
    for weights in ("balanced", {"1": 7.0}):
        objective = {"class_weight": weights}
        done = staged(
            tmp_path / str(weights)[:3], rare(), "binary", train={"objective": objective, "candidates": logistic}
        )
        found = predictions(done)
        assert found.score.mean() == pytest.approx(found.target.mean(), abs=0.025)
        assert done.report("metrics")["models"]["candidate"]["ece"]["value"] < 0.03


def test_a_target_is_learnt_as_its_logarithm_and_answered_in_its_units(tmp_path: Path) -> None:
    done, plain = (
        run(tmp_path / name, priced(), "regression", **asked)
        for name, asked in (("log", {"transform": "log"}), ("no", {}))
    )
    ours, theirs = (compute("mae", each.target, each.score) for each in map(predictions, (done, plain)))
    assert ours < 0.8 * theirs
    assert (predictions(done).score > 0).all()


def test_a_forest_keeps_to_its_way_and_a_quantile_to_its_figures(tmp_path: Path) -> None:
    forest = {"forest": {"kind": "random_forest", "trees": 10, "min_leaf": 2, "depth": None, "monotone": {"a": "up"}}}
    done = staged(tmp_path, priced(), "regression", train={"candidates": forest})
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    rows = pl.DataFrame({"a": np.linspace(-2, 2, 100), "b": np.zeros(100)})
    assert (np.diff(scored(predictor, rows)) >= -1e-3).all()
    asked = {"objective": {"quantile": 0.9}, "select_by": "pinball_90"}
    figures = {"metrics": ["pinball_90", "coverage_error_90"], "quantile": 0.9}
    found = staged(tmp_path / "q", priced(), "regression", train=asked, evaluate=figures).report("metrics")["models"]
    assert found["candidate"]["coverage_error_90"]["value"] < 0.06
    assert found["dummy"]["coverage_error_90"]["value"] < 0.06
    assert found["candidate"]["pinball_90"]["value"] < found["dummy"]["pinball_90"]["value"]


def fitted(data: Examples, kind: str, objective: Objective, task: Any, **parameters: Any) -> Any:
    problem = shaping.problem(task, data, objective)
    made = candidates.build("a", Asked(kind=kind, **parameters), problem, NOWHERE)
    return shaping.shaped(made, objective, ("0", "1")).fit(data, session(RMSE if task == "regression" else AUROC))


@pytest.mark.parametrize("kind", ["linear", "gradient_boosting", "mlp"])
def test_a_quantile_lies_above_so_many_truths_and_is_the_same_in_onnx(kind: str) -> None:
    few = {"gradient_boosting": {"trees": 60, "min_leaf": 10}, "mlp": {"hidden": [8], "lr": 0.03, "dropout": 0.0}}
    data = regression(600)
    models = [fitted(data, kind, Objective(quantile=q), "regression", **few.get(kind, {})) for q in (0.9, 0.1)]
    high, low = (model.predict(data.validation_x) for model in models)
    below = [(data.validation_y <= each).mean() for each in (high, low)]
    assert below[0] > 0.72
    assert below[1] < 0.28
    assert export.check_parity("a", models[0].export(), data.validation_x, high, Scale(deviation=200.0)) < 1e-4


def test_a_forest_learns_no_quantile() -> None:
    with pytest.raises(ConfigurationError) as error:
        fitted(regression(60), "random_forest", Objective(quantile=0.9), "regression")
    assert error.value.message == "candidate a: the kind `random_forest` learns no quantile"
    kinds = "catboost, cnn, dlinear, gradient_boosting, keras, lightgbm, linear, mlp, nlinear, realmlp, resnet, tabm"
    assert error.value.hint == f"kinds that do: {kinds}, xgboost"


@pytest.mark.parametrize(("name", "off"), [("log", 0.0), ("log1p", 1.0), ("sqrt", 0.0)])
def test_smearing_makes_a_mean_of_a_median(name: Any, off: float) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(4000, 1)).astype(np.float32)
    y = np.maximum(np.exp(0.5 * x[:, 0] + 0.8 * draw.normal(size=4000)) - off / 2, 0.01).astype(np.float32)
    data = Examples(x[:2000], y[:2000], x[2000:], y[2000:])
    median, mean = (
        fitted(data, "linear", Objective(transform=name, smearing=smearing), "regression") for smearing in (False, True)
    )
    truth = float(data.validation_y.mean())
    ours, theirs = (float(each.predict(data.validation_x).mean()) for each in (mean, median))
    assert abs(ours - truth) < abs(theirs - truth)
    answer = mean.predict(data.validation_x)
    assert export.check_parity("a", mean.export(), data.validation_x, answer, Scale(deviation=float(y.std()))) < 1e-5


def test_early_stopping_judges_what_is_answered() -> None:
    data, seen = regression(300), []

    def watched(y: Any, score: Any, *by: Any) -> float:
        seen.append((y, score))
        return RMSE.compute(y, score)

    problem = Problem.of("regression", data)
    made = candidates.build("a", Asked(kind="gradient_boosting", trees=20), problem, NOWHERE)
    judge = type(RMSE)("rmse", False, watched)
    shaping.shaped(made, Objective(transform="log")).fit(data, Session("a", 1, judge))
    assert all((y == data.validation_y).all() for y, _ in seen)
    assert all(score.mean() > 500 for _, score in seen)


@pytest.mark.parametrize(
    ("name", "y", "said"),
    [("log", [0.0, 1.0, -2.0], "2 of 6"), ("sqrt", [0.0, 1.0, -2.0], "1 of 6"), ("log1p", [0.0, -1.0, -2.0], "2 of 6")],
)
def test_a_target_without_a_logarithm_is_refused_before_training(name: Any, y: list[float], said: str) -> None:
    x, numbers = np.zeros((3, 1), dtype=np.float32), np.array(y, dtype=np.float32)
    with pytest.raises(DataError) as error:
        shaping.problem("regression", Examples(x, numbers, x, np.ones(3, dtype=np.float32)), Objective(transform=name))
    least = {"log": "above 0", "sqrt": "of 0 and more", "log1p": "above -1"}[name]
    assert error.value.message == (
        f"objective.transform: {said} targets of training and validation have no {name}, which is of numbers {least}"
    )


def test_a_weight_of_a_truth_is_spelt_as_in_yaml_in_the_file_or_as_its_label() -> None:
    for name in ("true", "True", "yes", "1"):
        made = shaping.shaped(None, Objective(class_weight={name: 3.0}), ("False", "True"))  # type: ignore[arg-type]
        assert isinstance(made, shaping.Shaped)
        assert made.objective.class_weight == {"True": 3.0}


def test_a_weight_of_no_class_is_refused() -> None:
    with pytest.raises(ConfigurationError) as error:
        shaping.shaped(None, Objective(class_weight={"2": 3.0}), ("0", "1"))  # type: ignore[arg-type]
    assert error.value.message == "objective.class_weight names 2, which the target never is"
    assert error.value.hint == "classes: 0, 1"


def test_too_few_rows_to_calibrate_by_are_refused() -> None:
    data = binary(150)
    few = {
        "isotonic": "objective.calibrate: isotonic needs 1,000 rows of validation, and there are 150",
        "platt": "objective.calibrate: platt needs 100 rows of its rarest class of validation, and there are 70",
    }
    for how, message in few.items():
        with pytest.raises(DataError) as error:
            refuse_few(Objective(calibrate=how), data)  # type: ignore[arg-type]
        assert error.value.message == message
    refuse_few(Objective(calibrate="temperature"), data)
    heavy = Examples(**{**vars(data), "validation_w": np.where(np.arange(150) < 10, 100.0, 1.0)})
    with pytest.raises(DataError) as error:
        refuse_few(Objective(calibrate="temperature"), heavy)
    assert error.value.message == "objective.calibrate: temperature needs 100 rows of validation, and there are 12"
    refuse_few(Objective(), heavy)
