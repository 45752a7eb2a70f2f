"""The metrics a gate may name: tasks, direction, range. Their formulas are in `mlops.ml.evaluation.metrics`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator


@dataclass(frozen=True)
class MetricInfo:
    """What is known of a metric before anything runs; `needs` names the block of YAML without which it has no value."""

    name: str
    tasks: frozenset[str]
    higher_is_better: bool
    low: float
    high: float
    needs: str | None = None


def _info(
    name: str, tasks: str, *, higher: bool, low: float = 0.0, high: float = 1.0, needs: str | None = None
) -> MetricInfo:
    return MetricInfo(name, frozenset(tasks.split()), higher, low, high, needs)


METRICS: dict[str, MetricInfo] = {
    info.name: info
    for info in (
        _info("auroc", "binary", higher=True),
        _info("average_precision", "binary", higher=True),
        _info("f1", "binary", higher=True),
        _info("precision", "binary", higher=True),
        _info("recall", "binary", higher=True),
        _info("specificity", "binary", higher=True),
        _info("brier", "binary", higher=False),
        _info("accuracy", "binary multiclass", higher=True),
        _info("balanced_accuracy", "binary multiclass", higher=True),
        _info("cohen_kappa", "binary multiclass", higher=True, low=-1.0),
        _info("matthews_corrcoef", "binary multiclass", higher=True, low=-1.0),
        _info("macro_auroc", "multiclass", higher=True),
        _info("macro_f1", "multiclass", higher=True),
        _info("macro_precision", "multiclass", higher=True),
        _info("macro_recall", "multiclass", higher=True),
        _info("weighted_f1", "multiclass", higher=True),
        _info("weighted_precision", "multiclass", higher=True),
        _info("weighted_recall", "multiclass", higher=True),
        _info("top_2_accuracy", "multiclass", higher=True),
        _info("top_3_accuracy", "multiclass", higher=True),
        _info("top_5_accuracy", "multiclass", higher=True),
        _info("log_loss", "binary multiclass", higher=False, high=math.inf),
        _info("ece", "binary multiclass", higher=False),
        _info("value", "binary multiclass", higher=True, low=-math.inf, high=math.inf, needs="evaluate.cost"),
        _info("rmse", "regression forecasting", higher=False, high=math.inf),
        _info("mse", "regression forecasting", higher=False, high=math.inf),
        _info("mae", "regression forecasting", higher=False, high=math.inf),
        _info("median_ae", "regression forecasting", higher=False, high=math.inf),
        _info("mape", "regression forecasting", higher=False, high=math.inf),
        _info("smape", "regression forecasting", higher=False, high=2.0),
        _info("wape", "regression forecasting", higher=False, high=math.inf),
        _info("pinball_10", "regression forecasting", higher=False, high=math.inf),
        _info("pinball_50", "regression forecasting", higher=False, high=math.inf),
        _info("pinball_90", "regression forecasting", higher=False, high=math.inf),
        _info("mase", "forecasting", higher=False, high=math.inf),
        _info("r2", "regression forecasting", higher=True, low=-math.inf),
        _info("explained_variance", "regression forecasting", higher=True, low=-math.inf),
    )
}

# What scikit-learn, torchmetrics and people call them.
_ALSO = {
    "accuracy_score": "accuracy",
    "average_precision_score": "average_precision",
    "balanced_accuracy_score": "balanced_accuracy",
    "brier_score": "brier",
    "brier_score_loss": "brier",
    "calibration_error": "ece",
    "cohen_kappa_score": "cohen_kappa",
    "cross_entropy": "log_loss",
    "expected_calibration_error": "ece",
    "explained_variance_score": "explained_variance",
    "f1_macro": "macro_f1",
    "f1_score": "f1",
    "f1_weighted": "weighted_f1",
    "matthews_corr_coef": "matthews_corrcoef",
    "mcc": "matthews_corrcoef",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mean_absolute_scaled_error": "mase",
    "mean_squared_error": "mse",
    "median_absolute_error": "median_ae",
    "precision_macro": "macro_precision",
    "precision_score": "precision",
    "precision_weighted": "weighted_precision",
    "r2_score": "r2",
    "recall_macro": "macro_recall",
    "recall_score": "recall",
    "recall_weighted": "weighted_recall",
    "roc_auc": "auroc",
    "roc_auc_ovr": "macro_auroc",
    "roc_auc_score": "auroc",
    "root_mean_squared_error": "rmse",
    "sensitivity": "recall",
    "symmetric_mean_absolute_percentage_error": "smape",
    "true_negative_rate": "specificity",
    "true_positive_rate": "recall",
    "weighted_mean_absolute_percentage_error": "wape",
}


def canonical(name: str) -> str:
    """Give a metric's name here for its name in scikit-learn or torchmetrics; leave any other as it is."""
    return _ALSO.get(name, name)


MetricName = Annotated[str, AfterValidator(canonical)]


def metrics_for(task: str, declared: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Name the metrics that make sense for a task, sorted; those that need a block of YAML only if it is declared."""
    return tuple(
        sorted(
            name
            for name, info in METRICS.items()
            if task in info.tasks and (info.needs is None or info.needs in declared)
        )
    )
