from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from mlops.ml.evaluation.metrics import STATISTICS, TASKS, compute, decisions, statistic
from mlops.spec.metrics import METRICS
from tests.builders.evaluations import binary, multiclass, regression

BINARY = {
    "accuracy": lambda y, s: reference.accuracy_score(y, decisions(s)),
    "auroc": reference.roc_auc_score,
    "average_precision": reference.average_precision_score,
    "balanced_accuracy": lambda y, s: reference.balanced_accuracy_score(y, decisions(s)),
    "brier": reference.brier_score_loss,
    "f1": lambda y, s: reference.f1_score(y, decisions(s)),
    "log_loss": reference.log_loss,
    "precision": lambda y, s: reference.precision_score(y, decisions(s)),
    "recall": lambda y, s: reference.recall_score(y, decisions(s)),
}
MULTICLASS = {
    "accuracy": lambda y, s: reference.accuracy_score(y, decisions(s)),
    "balanced_accuracy": lambda y, s: reference.balanced_accuracy_score(y, decisions(s)),
    "log_loss": reference.log_loss,
    "macro_f1": lambda y, s: reference.f1_score(y, decisions(s), average="macro"),
}
REGRESSION = {
    "mae": reference.mean_absolute_error,
    "mape": reference.mean_absolute_percentage_error,
    "median_ae": reference.median_absolute_error,
    "r2": reference.r2_score,
    "rmse": reference.root_mean_squared_error,
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("digits", [17, 1], ids=["distinct", "tied"])
def test_binary_metrics_equal_scikit_learn(name: str, digits: int) -> None:
    data = binary(777)
    score = data.scores["candidate"].round(digits)
    assert compute(name, data.target, score) == pytest.approx(BINARY[name](data.target, score), rel=1e-12)


@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass_metrics_equal_scikit_learn(name: str) -> None:
    data = multiclass()
    score = data.scores["candidate"]
    assert compute(name, data.target, score) == pytest.approx(MULTICLASS[name](data.target, score), rel=1e-12)


@pytest.mark.parametrize("name", REGRESSION)
@pytest.mark.parametrize("rows", [500, 501])
def test_regression_metrics_equal_scikit_learn(name: str, rows: int) -> None:
    data = regression(rows)
    score = data.scores["candidate"]
    assert compute(name, data.target, score) == pytest.approx(REGRESSION[name](data.target, score), rel=1e-10)


def test_calibration_error_is_the_weighted_gap_of_fifteen_bins() -> None:
    y, score = np.array([0, 1, 1, 0]), np.array([0.01, 0.02, 0.97, 1.0])
    assert compute("ece", y, score) == pytest.approx((abs(1 - 0.03) + abs(1 - 1.97)) / 4)


def test_calibration_error_of_classes_is_about_the_chosen_one() -> None:
    y, score = np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])
    assert compute("ece", y, score) == pytest.approx(0.4)


def test_both_rooms_know_the_same_metrics_for_the_same_tasks() -> None:
    known = {task: {info.name for info in METRICS.values() if task in info.tasks} for task in TASKS}
    assert known == TASKS
    assert set(STATISTICS) == set(METRICS)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_keeps_to_its_declared_range_and_direction(name: str) -> None:
    info = METRICS[name]
    task = sorted(info.tasks)[0]
    data = {"binary": binary, "multiclass": multiclass, "regression": regression}[task](300)
    perfect = data.target.astype(float) if task != "multiclass" else np.eye(3)[data.target]
    good, fair = compute(name, data.target, perfect), compute(name, data.target, data.scores["candidate"])
    assert info.low <= fair <= info.high
    assert good > fair if info.higher_is_better else good < fair


@pytest.mark.parametrize("name", sorted(STATISTICS))
@pytest.mark.parametrize(
    "score",
    [np.array([np.nan, 0.5, 0.5]), np.array([np.inf, 0.5, 0.5]), np.array([0.5])],
    ids=["nan", "infinite", "another length"],
)
def test_an_unusable_score_is_undefined(name: str, score: np.ndarray) -> None:
    assert math.isnan(compute(name, np.array([0, 1, 1]), score))


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_no_rows_are_undefined(name: str) -> None:
    assert math.isnan(compute(name, np.array([]), np.array([])))


@pytest.mark.parametrize("name", ["auroc", "average_precision", "balanced_accuracy"])
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_undefined_where_two_are_compared(name: str, label: int) -> None:
    assert math.isnan(compute(name, np.full(4, label), np.array([0.1, 0.9, 0.6, 0.4])))


@pytest.mark.parametrize("name", ["brier", "ece", "log_loss"])
def test_a_score_that_is_no_probability_is_undefined(name: str) -> None:
    assert math.isnan(compute(name, np.array([0, 1]), np.array([0.5, 1.5])))


def test_precision_without_a_positive_decision_is_undefined() -> None:
    assert math.isnan(compute("precision", np.array([0, 1]), np.array([0.1, 0.2])))


def test_an_unknown_metric_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="auc"):
        compute("auc", np.array([0, 1]), np.array([0.0, 1.0]))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(STATISTICS)), st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_a_weight_is_a_number_of_copies(name: str, copies: list[int]) -> None:
    random = np.random.default_rng(3)
    y, score = np.array([0, 1] * 6), random.random(12).round(1)
    if name == "macro_f1":
        score = np.column_stack([1 - score, score])
    weighted = float(statistic(name, y, score)(np.array([copies], dtype=float))[0])
    repeated = compute(name, np.repeat(y, copies), np.repeat(score, copies, axis=0))
    assert weighted == pytest.approx(repeated, nan_ok=True)
