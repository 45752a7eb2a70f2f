from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from mlops.metrics import METRICS, canonical, metrics_for, validated
from mlops.metrics.probabilities import decisions
from mlops.ml.evaluation.metrics import compute, statistic
from tests.builders.evaluations import binary, multiclass, regression

BINARY = {
    "accuracy": lambda y, s: reference.accuracy_score(y, decisions(s)),
    "auroc": reference.roc_auc_score,
    "average_precision": reference.average_precision_score,
    "balanced_accuracy": lambda y, s: reference.balanced_accuracy_score(y, decisions(s)),
    "brier": reference.brier_score_loss,
    "f1": lambda y, s: reference.f1_score(y, decisions(s)),
    "cohen_kappa": lambda y, s: reference.cohen_kappa_score(y, decisions(s)),
    "log_loss": reference.log_loss,
    "matthews_corrcoef": lambda y, s: reference.matthews_corrcoef(y, decisions(s)),
    "precision": lambda y, s: reference.precision_score(y, decisions(s)),
    "recall": lambda y, s: reference.recall_score(y, decisions(s)),
    "specificity": lambda y, s: reference.recall_score(y, decisions(s), pos_label=0),
}
MULTICLASS = {
    "accuracy": lambda y, s: reference.accuracy_score(y, decisions(s)),
    "balanced_accuracy": lambda y, s: reference.balanced_accuracy_score(y, decisions(s)),
    "cohen_kappa": lambda y, s: reference.cohen_kappa_score(y, decisions(s)),
    "log_loss": reference.log_loss,
    "macro_auroc": lambda y, s: reference.roc_auc_score(y, s, multi_class="ovr"),
    "macro_f1": lambda y, s: reference.f1_score(y, decisions(s), average="macro"),
    "macro_precision": lambda y, s: reference.precision_score(y, decisions(s), average="macro"),
    "macro_recall": lambda y, s: reference.recall_score(y, decisions(s), average="macro"),
    "matthews_corrcoef": lambda y, s: reference.matthews_corrcoef(y, decisions(s)),
    "top_2_accuracy": lambda y, s: reference.top_k_accuracy_score(y, s, k=2),
    "weighted_f1": lambda y, s: reference.f1_score(y, decisions(s), average="weighted"),
    "weighted_precision": lambda y, s: reference.precision_score(y, decisions(s), average="weighted"),
    "weighted_recall": lambda y, s: reference.recall_score(y, decisions(s), average="weighted"),
}
CLASSES = 8  # more than the five likeliest can cover
REGRESSION = {
    "explained_variance": reference.explained_variance_score,
    "mae": reference.mean_absolute_error,
    "mape": reference.mean_absolute_percentage_error,
    "max_error": reference.max_error,
    "median_ae": reference.median_absolute_error,
    "mse": reference.mean_squared_error,
    "pinball_10": lambda y, s: reference.mean_pinball_loss(y, s, alpha=0.1),
    "pinball_50": lambda y, s: reference.mean_pinball_loss(y, s, alpha=0.5),
    "pinball_90": lambda y, s: reference.mean_pinball_loss(y, s, alpha=0.9),
    "r2": reference.r2_score,
    "rmse": reference.root_mean_squared_error,
    "rmsle": reference.root_mean_squared_log_error,
    **{
        f"pinball_{percent}": lambda y, s, q=percent / 100: reference.mean_pinball_loss(y, s, alpha=q)
        for percent in (5, 25, 75, 95, 99)
    },
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


def test_every_metric_says_what_it_is_and_no_two_share_a_name() -> None:
    assert all(known.title.endswith(".") for known in METRICS.values())
    also = [name for known in METRICS.values() for name in known.also]
    assert sorted({*also, *METRICS}) == sorted([*also, *METRICS])


def test_metrics_that_are_rates_or_made_of_rates_are_known() -> None:
    rest = {name for name, known in METRICS.items() if not known.share}
    numbers = {name for name, known in METRICS.items() if "forecasting" in known.tasks}
    assert rest - numbers == {"brier", "ece", "log_loss", "value"}


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_keeps_to_its_declared_range_and_direction(name: str) -> None:
    info = METRICS[name]
    task = sorted(info.tasks - {"forecasting"} or {"regression"})[0]
    data = {"binary": binary, "multiclass": lambda rows: multiclass(rows, CLASSES), "regression": regression}[task](300)
    values = np.array([[0.0, -1.0, -2.0], [-5.0, 0.0, -1.0], [-1.0, -1.0, 0.0]])
    perfect = data.target.astype(float) if task != "multiclass" else np.eye(CLASSES)[data.target]
    if name.startswith("coverage_error"):  # which is best where so many truths lie below, and not all of them
        perfect = np.full(300, np.quantile(data.target, int(name.rpartition("_")[2]) / 100, method="inverted_cdf"))
    good, fair = (compute(name, data.target, s, None, values) for s in (perfect, data.scores["candidate"]))
    assert info.low <= fair <= info.high
    assert good > fair if info.higher_is_better else good < fair


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.parametrize(
    "score",
    [np.array([np.nan, 0.5, 0.5]), np.array([np.inf, 0.5, 0.5]), np.array([0.5])],
    ids=["nan", "infinite", "another length"],
)
def test_an_unusable_score_is_undefined(name: str, score: np.ndarray) -> None:
    assert math.isnan(compute(name, np.array([0, 1, 1]), score))


@pytest.mark.parametrize("name", sorted(METRICS))
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
@given(st.sampled_from(sorted(METRICS)), st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_a_weight_is_a_number_of_copies(name: str, copies: list[int]) -> None:
    random = np.random.default_rng(3)
    y, score = np.array([0, 1] * 6), random.random(12).round(1)
    if METRICS[name].tasks == {"multiclass"}:
        score = np.column_stack([1 - score, score])
    values = np.array([[0.0, -1.0], [-5.0, 2.0]])
    weighted = float(statistic(name, y, score, None, values)(np.array([copies], dtype=float))[0])
    repeated = compute(name, np.repeat(y, copies), np.repeat(score, copies, axis=0), None, values)
    assert weighted == pytest.approx(repeated, nan_ok=True)


@pytest.mark.slow
def test_torchmetrics_agrees_where_scikit_learn_has_no_such_metric() -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional")
    data = regression(400)
    y, score = data.target, data.scores["candidate"]
    pair = (torch.tensor(score), torch.tensor(y))
    expected = {
        "smape": functional.symmetric_mean_absolute_percentage_error(*pair),
        "wape": functional.weighted_mean_absolute_percentage_error(*pair),
    }
    for name, value in expected.items():
        assert compute(name, y, score) == pytest.approx(float(value), rel=1e-6)
    two = binary(400)
    score, y = two.scores["candidate"], two.target
    found = functional.calibration_error(torch.tensor(score), torch.tensor(y), task="binary", n_bins=15)
    assert compute("ece", y, score) == pytest.approx(float(found), rel=1e-5)


def test_decided_classes_may_be_other_than_the_likeliest() -> None:
    y, score = np.array([0, 1, 1, 0]), np.array([0.1, 0.3, 0.9, 0.4])
    assert compute("recall", y, score) == 0.5
    assert compute("recall", y, score, (score > 0.2).astype(np.int64)) == 1.0
    assert compute("auroc", y, score, (score > 0.2).astype(np.int64)) == compute("auroc", y, score)


def test_value_is_the_mean_worth_of_a_decision() -> None:
    y, score = np.array([0, 1, 1, 0]), np.array([0.1, 0.3, 0.9, 0.7])
    values = np.array([[0.0, -1.0], [-10.0, 4.0]])
    assert compute("value", y, score, None, values) == (0 - 10 + 4 - 1) / 4
    assert math.isnan(compute("value", y, score))


def test_one_class_decided_for_all_agrees_with_nothing() -> None:
    y, score = np.array([0, 1, 1, 0]), np.full(4, 0.1)
    assert compute("matthews_corrcoef", y, score) == 0
    assert compute("cohen_kappa", y, score) == 0


@pytest.mark.parametrize(
    ("given", "meant"), [("roc_auc", "auroc"), ("mean_absolute_error", "mae"), ("brier_score_loss", "brier")]
)
def test_a_metric_may_be_named_as_the_libraries_name_it(given: str, meant: str) -> None:
    assert canonical(given) == meant
    assert canonical("nonsense") == "nonsense"


def test_the_value_needs_costs() -> None:
    assert "value" not in metrics_for("binary")
    assert "value" in metrics_for("binary", frozenset({"evaluate.cost"}))


def test_training_measures_the_standard_ones_and_what_chooses() -> None:
    standard = {name for name, known in METRICS.items() if known.standard}
    assert {"rmse", "r2", "pinball_50"} <= set(validated("regression", "")) == standard & set(metrics_for("regression"))


def test_the_logarithmic_error_is_unknown_below_minus_one() -> None:
    y = np.array([1.0, 2.0])
    assert np.isnan(compute("rmsle", y, np.array([1.0, -1.0])))
    assert np.isnan(compute("rmsle", np.array([-3.0, 2.0]), y))
    assert compute("rmsle", y, y) == 0


def test_the_largest_error_is_that_of_the_rows_that_are_there() -> None:
    y, score = np.array([0.0, 0.0, 0.0]), np.array([1.0, 3.0, -2.0])
    apply = statistic("max_error", y, score)
    found = apply(np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found[:3].tolist() == [3.0, 2.0, 1.0]
    assert np.isnan(found[3])


def test_the_error_of_coverage_counts_truths_at_or_below() -> None:
    y = np.arange(10.0)
    assert compute("coverage_error_90", y, np.full(10, 8.0)) == pytest.approx(0)
    assert compute("coverage_error_90", y, np.full(10, 4.5)) == pytest.approx(0.4)
